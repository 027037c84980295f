/*
 * pretokenizer: what the engine calls the pre-tokenizer of a tokenizer.json ("llama-bpe", "qwen2").
 *
 * As the reference converter finds it: the check string is encoded, and the sha256 of its token ids stands in a table.
 * Ids are tried with the special tokens that the file's post-processor adds, without any, and with bos_token before
 * them: classes of transformers add it over what the file says. A vocabulary that the table does not know (a
 * fine-tune with words of its own) is known by its parts when they are exactly those of a family of the table.
 * Errors  ERR_UNSUPPORTED neither finds it, with the sum        Owns  *out is static
 * Source  conversion/base.py, get_vocab_base_pre; llama-vocab.cpp       Tests  unit/test_bpe.c, tests/convert
 */
#ifndef PERBIT_CONVERT_PRETOKENIZER_H
#define PERBIT_CONVERT_PRETOKENIZER_H

#include "convert/tokenizerjson.h"

/* bos: text of the beginning token, or empty. *is_guessed: known by its parts alone. */
int pretokenizer_find(const char **out, bool *is_guessed, const struct tokenizerjson *t, struct pystr bos,
                      struct err *err);

#endif
