/*
 * tokenizerjson: tokenizer.json of the tokenizers library: its vocabulary and added tokens, checked; the rest as JSON.
 *
 * Errors  ERR_IO, ERR_FORMAT "PATH: ..." (an id that is none)
 * Owns    *out until tokenizerjson_close; texts are borrowed from it
 * Source  tokenizers 0.22 (its serialization)      Tests  unit/test_bpe.c, fuzz/fuzz_tokenizerjson.c
 */
#ifndef PERBIT_CONVERT_TOKENIZERJSON_H
#define PERBIT_CONVERT_TOKENIZERJSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/pystr.h"

enum { TOKEN_IDS_MAX = 1 << 24 };

struct added_token {
    struct pystr content;
    int32_t id;
    bool is_special, is_normalized;
};

struct tokenizerjson;

int tokenizerjson_load(struct tokenizerjson **out, const char *path, struct err *err);
int tokenizerjson_parse(struct tokenizerjson **out, const char *text, size_t len, const char *name, struct err *err);
void tokenizerjson_close(struct tokenizerjson *t); /* accepts NULL */

const char *tokenizerjson_name(const struct tokenizerjson *t); /* for messages */
yyjson_val *tokenizerjson_root(const struct tokenizerjson *t);
yyjson_val *tokenizerjson_model(const struct tokenizerjson *t); /* an object */
yyjson_val *tokenizerjson_vocab(const struct tokenizerjson *t); /* {text: id}, an object of valid ids; NULL: a list or none */
int tokenizerjson_n_added(const struct tokenizerjson *t);
const struct added_token *tokenizerjson_added(const struct tokenizerjson *t, int i);
const struct added_token *tokenizerjson_find_added(const struct tokenizerjson *t, struct pystr content); /* the first */

#endif
