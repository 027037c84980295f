/* bpe, bytelevel, pretokenizer: small vocabularies by hand; the real ones are tests/convert's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "convert/bpe.h"
#include "convert/bytelevel.h"
#include "convert/pretokenizer.h"
#include "convert/pretokenizer_table.h"

static void test_alphabet(void **state)
{
    struct buf text = BUF_INIT, back = BUF_INIT;
    char bytes[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    bytelevel_encode(&text, bytes, sizeof bytes);
    assert_int_equal(utf8_count(text.data, text.len), 256);
    assert_true(bytelevel_decode(&back, pystr_of(text.data, text.len)));
    assert_int_equal(back.len, 256);
    assert_memory_equal(back.data, bytes, 256);
    buf_clear(&text);
    bytelevel_encode(&text, " a\n\xc3\xa9", 5);
    assert_string_equal(text.data, "\xc4\xa0" "a" "\xc4\x8a" "\xc3\x83\xc2\xa9"); /* Ġ a Ċ Ã © */
    buf_clear(&back);
    buf_puts(&back, "x");
    assert_false(bytelevel_decode(&back, pystr_z("a b"))); /* the space is not of the alphabet */
    assert_string_equal(back.data, "x");
    buf_release(&text);
    buf_release(&back);
}

#define SPLIT(re) "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" re "\"},\"behavior\":\"Isolated\",\"invert\":false}"
#define BYTES(regex) "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":" regex "}"
#define SEQUENCE(a, b) "{\"type\":\"Sequence\",\"pretokenizers\":[" a "," b "]}"
#define MODEL(more) "\"model\":{\"type\":\"BPE\"," more "}"
#define LETTERS "\"a\":0,\"b\":1,\"c\":2,\"1\":3,\"2\":4,\"\\u0120\":5"

static struct tokenizerjson *parse(const char *pre, const char *model)
{
    struct buf text = BUF_INIT;
    struct tokenizerjson *t;
    struct err err;
    buf_printf(&text, "{\"pre_tokenizer\":%s,%s}", pre, model);
    if (tokenizerjson_parse(&t, text.data, text.len, "tokenizer.json", &err))
        fail_msg("%s", err.msg);
    buf_release(&text);
    return t;
}

static void encodes(const char *pre, const char *model, const char *text, const int32_t *want, int n)
{
    struct tokenizerjson *t = parse(pre, model);
    struct bpe_ids ids;
    struct err err;
    if (bpe_encode(&ids, t, pystr_z(text), &err))
        fail_msg("%s: %s", text, err.msg);
    assert_int_equal(ids.n, n);
    assert_memory_equal(ids.ids, want, (size_t)n * sizeof *want);
    free(ids.ids);
    tokenizerjson_close(t);
}

static void test_merges(void **state)
{
    const char *model = MODEL("\"merges\":[[\"b\",\"c\"],\"a b\",[\"a\",\"bc\"]],"
                              "\"vocab\":{" LETTERS ",\"bc\":6,\"ab\":7,\"abc\":8,\"abca\":9}");
    const char *ignoring = MODEL("\"ignore_merges\":true,\"merges\":[],\"vocab\":{" LETTERS ",\"abc\":8}");
    (void)state;
    encodes(BYTES("false"), model, "abc", (const int32_t[]){ 8 }, 1);    /* b c before a b, by rank */
    encodes(BYTES("false"), model, "ab", (const int32_t[]){ 7 }, 1);
    encodes(BYTES("false"), model, "abca", (const int32_t[]){ 8, 0 }, 2); /* a word of the vocabulary, no merge makes it */
    encodes(BYTES("false"), model, "bcbc", (const int32_t[]){ 6, 6 }, 2);
    encodes(BYTES("false"), MODEL("\"merges\":[[\"a\",\"a\"]],\"vocab\":{" LETTERS ",\"aa\":6}"), "aaa",
            (const int32_t[]){ 6, 0 }, 2); /* the leftmost of equals */
    encodes(BYTES("false"), ignoring, "abc", (const int32_t[]){ 8 }, 1);
    encodes(BYTES("false"), ignoring, "abcb", (const int32_t[]){ 0, 1, 2, 1 }, 4);
}

static void test_cuts(void **state)
{
    const char *model = MODEL("\"merges\":[[\"a\",\"b\"],[\"1\",\"2\"],[\"\\u0120\",\"a\"],[\"a\",\"1\"]],"
                              "\"vocab\":{" LETTERS ",\"ab\":6,\"12\":7,\"\\u0120a\":8,\"a1\":9}");
    (void)state;
    encodes(BYTES("false"), model, "a12", (const int32_t[]){ 0, 7 }, 2);
    encodes(SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":true}", BYTES("true")), model, "ab12",
            (const int32_t[]){ 6, 3, 4 }, 3);
    encodes(SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":false}", BYTES("false")), model, "ab12",
            (const int32_t[]){ 6, 7 }, 2);
    encodes(SEQUENCE(SPLIT("b|1"), BYTES("false")), model, "ab12", (const int32_t[]){ 0, 1, 3, 4 }, 4);
    encodes(BYTES("true"), model, "a a1", (const int32_t[]){ 0, 8, 3 }, 3); /* GPT-2's own cut */
    encodes("{\"type\":\"ByteLevel\",\"use_regex\":false}", model, "a", (const int32_t[]){ 8 }, 1); /* a space before */
}

static void not_encoded(const char *pre, const char *model, const char *text, const char *words)
{
    struct tokenizerjson *t = parse(pre, model);
    struct bpe_ids ids;
    struct err err = { 0 };
    assert_int_equal(bpe_encode(&ids, t, pystr_z(text), &err), -1);
    if (!strstr(err.msg, words))
        fail_msg("'%s' is not in: %s", words, err.msg);
    assert_null(ids.ids);
    tokenizerjson_close(t);
}

static void test_refused(void **state)
{
    const char *model = MODEL("\"merges\":[],\"vocab\":{" LETTERS "}");
    (void)state;
    not_encoded(BYTES("false"), model, "ax", "no token for 'x'");
    not_encoded("null", model, "a", "pre-tokenizer 'none'");
    not_encoded("{\"type\":\"Metaspace\"}", model, "a", "pre-tokenizer 'Metaspace'");
    not_encoded("{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},\"behavior\":\"Isolated\"}", model, "a", "without a regex");
    not_encoded("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\"}", model, "a", "(");
    not_encoded("{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"MergedWithNext\"}", model, "a", "MergedWithNext");
    not_encoded(BYTES("false"), MODEL("\"merges\":[[\"a\"]],\"vocab\":{" LETTERS "}"), "a", "merge 0 is no pair");
    not_encoded(BYTES("false"), "\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",0]]}", "a", "model 'Unigram'");
}

static void test_unknown(void **state)
{
    /* every byte has a token, so the check string can be encoded; the cut is nobody's */
    struct buf model = BUF_INIT, letter = BUF_INIT;
    struct jw w;
    struct err err;
    const char *pre;
    bool is_guessed;
    (void)state;
    buf_puts(&model, "\"model\":");
    jw_init(&w, &model);
    jw_object(&w);
    jw_kstr(&w, "type", "BPE");
    jw_key(&w, "vocab");
    jw_object(&w);
    for (int i = 0; i < 256; i++) {
        const char byte = (char)i;
        buf_clear(&letter);
        bytelevel_encode(&letter, &byte, 1);
        jw_kint(&w, letter.data, i);
    }
    jw_end(&w);
    jw_end(&w);
    struct tokenizerjson *t = parse(SEQUENCE(SPLIT("x"), BYTES("false")), model.data);
    assert_int_equal(pretokenizer_find(&pre, &is_guessed, t, pystr_z(""), &err), -1);
    assert_non_null(strstr(err.msg, "check sum "));
    tokenizerjson_close(t);
    t = parse(BYTES("true"), model.data);
    assert_int_equal(pretokenizer_find(&pre, &is_guessed, t, pystr_z(""), &err), 0);
    assert_true(is_guessed);
    assert_string_equal(pre, "gpt-2");
    tokenizerjson_close(t);
    t = parse(SEQUENCE("{\"type\":\"Digits\",\"individual_digits\":true}", BYTES("true")), model.data);
    assert_int_equal(pretokenizer_find(&pre, &is_guessed, t, pystr_z(""), &err), 0);
    assert_string_equal(pre, "smollm");
    tokenizerjson_close(t);
    assert_int_equal(pretokenizer_n_rows, 95);
    buf_release(&model);
    buf_release(&letter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alphabet), cmocka_unit_test(test_merges),  cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
