/*
 * specials: merges, ids of special tokens, which of them are added to a text, and the chat template: what gguf-py's
 * SpecialVocab reads from tokenizer.json, tokenizer_config.json, config.json and chat_template.jinja.
 *
 * Errors  ERR_IO, ERR_FORMAT          Source  gguf-py/gguf/vocab.py, class SpecialVocab
 * Tests   unit/test_convertkeys.c, tests/convert
 */
#ifndef PERBIT_CONVERT_SPECIALS_H
#define PERBIT_CONVERT_SPECIALS_H

#include "convert/ggufout.h"
#include "convert/hfconfig.h"
#include "convert/tokenizerjson.h"

/*
 * tokenizer and tokenizer_config (an object) may be NULL: such a file is not there. n_vocab: ids from there on are
 * left out; 0: none are. with_merges: puts tokenizer.ggml.merges too.
 */
int specials_put(struct ggufout *g, const struct hfconfig *c, const struct tokenizerjson *tokenizer,
                 yyjson_val *tokenizer_config, int n_vocab, bool with_merges, struct err *err);

#endif
