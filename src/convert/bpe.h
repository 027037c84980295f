/*
 * bpe: token ids of one text by a byte-level BPE tokenizer.json, as the tokenizers library encodes it.
 *
 * Only for the check string that tells pre-tokenizers apart (pretokenizer.h): the models' own tokenization is the
 * engine's work. The pre-tokenizers Sequence, Split (of a regex), Digits and ByteLevel are done; added tokens and
 * normalizers are not, since the check string has none of the former and no normalizer that stays (NFC) changes it.
 * Errors  ERR_UNSUPPORTED what is none of these, named; ERR_FORMAT a byte that has no token
 * Cost    the whole vocabulary and its merges go into a hash table: some 0.2 s for 280,000 merges
 * Source  tokenizers 0.22 models/bpe, pre_tokenizers      Tests  unit/test_bpe.c; against Python's: tests/convert
 */
#ifndef PERBIT_CONVERT_BPE_H
#define PERBIT_CONVERT_BPE_H

#include "convert/tokenizerjson.h"

struct bpe_ids {
    int32_t *ids; /* [n], the caller frees */
    int n;
};

int bpe_encode(struct bpe_ids *out, const struct tokenizerjson *t, struct pystr text, struct err *err);

#endif
