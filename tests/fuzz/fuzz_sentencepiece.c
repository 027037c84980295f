/* fuzz_sentencepiece: any bytes as tokenizer.model: pieces of valid UTF-8 and known types, or an error with a message. */
#include "base/utf8.h"
#include "convert/sentencepiece.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct sp_model m;
    struct arena a;
    struct err err = { 0 };
    arena_init(&a);
    const int rc = sentencepiece_parse(&m, &a, (const char *)data, n_bytes, "tokenizer.model", &err);
    if (rc)
        fuzz_check_failed(rc, &err);
    for (int i = 0; rc == 0 && i < m.n; i++) {
        FUZZ_CHECK(utf8_is_valid(m.pieces[i].text.s, m.pieces[i].text.n_bytes), "%d", i);
        FUZZ_CHECK(m.pieces[i].type >= SP_NORMAL && m.pieces[i].type <= SP_BYTE, "%d", i);
    }
    arena_release(&a);
    return 0;
}
