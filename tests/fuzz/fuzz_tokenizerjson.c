/*
 * fuzz_tokenizerjson: any bytes as tokenizer.json: read, the check string encoded, its pre-tokenizer named, or an
 * error with a message.
 */
#include "base/arena.h"
#include "convert/pretokenizer.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct tokenizerjson *t;
    struct err err = { 0 };
    const char *pre;
    bool is_guessed;
    int rc = tokenizerjson_parse(&t, (const char *)data, n_bytes, "tokenizer.json", &err);
    if (rc) {
        fuzz_check_failed(rc, &err);
        return 0;
    }
    for (int i = 0; i < tokenizerjson_n_added(t); i++)
        FUZZ_CHECK(tokenizerjson_added(t, i)->id >= 0 && tokenizerjson_added(t, i)->id < TOKEN_IDS_MAX, "%d", i);
    rc = pretokenizer_find(&pre, &is_guessed, t, pystr_z("<s>"), &err);
    if (rc)
        fuzz_check_failed(rc, &err);
    tokenizerjson_close(t);
    return 0;
}
