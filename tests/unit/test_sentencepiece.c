/* sentencepiece: pieces written by hand as protocol buffers, and each way to be none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert/sentencepiece.h"

static int parse(struct sp_model *m, struct arena *a, const char *bytes, size_t n, struct err *err)
{
    *err = (struct err){ 0 };
    return sentencepiece_parse(m, a, bytes, n, "tokenizer.model", err);
}

static void test_good(void **state)
{
    /* piece {"ab", 1.5, CONTROL}, an unknown field of each kind, piece {"c"} */
    static const char bytes[] = "\x0a\x0b\x0a\x02" "ab" "\x15\0\0\xc0\x3f\x18\x03"
                                "\x12\x02zz" "\x18\x96\x01" "\x21\1\2\3\4\5\6\7\x08" "\x2d\1\2\3\4"
                                "\x0a\x03\x0a\x01" "c";
    struct sp_model m;
    struct arena a;
    struct err err;
    (void)state;
    arena_init(&a);
    assert_int_equal(parse(&m, &a, bytes, sizeof bytes - 1, &err), 0);
    assert_int_equal(m.n, 2);
    assert_true(pystr_equal(m.pieces[0].text, pystr_z("ab")));
    assert_true(m.pieces[0].score == 1.5f);
    assert_int_equal(m.pieces[0].type, SP_CONTROL);
    assert_true(pystr_equal(m.pieces[1].text, pystr_z("c")));
    assert_int_equal(m.pieces[1].type, SP_NORMAL);
    arena_release(&a);
}

static void test_bad(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } cases[] = {
        { "", 0, "no pieces" },
        { "\x12\x00", 2, "no pieces" },
        { "\x0a", 1, "cut short" },
        { "\x0a\x7f" "ab", 4, "longer than the file" },
        { "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "more than 64 bits" },
        { "\x0b", 1, "no known kind" },
        { "\x02\x00", 2, "no field has such a number" },
        { "\x0d\1\2\3", 4, "cut short" },
        { "\x0a\x02\x18\x07", 4, "no known type" },
        { "\x0a\x02\x18\x00", 4, "no known type" },
        { "\x0a\x03\x0a\x01\xff", 5, "not UTF-8" },
        { "\x0a\x02\x0a\x05", 4, "longer than the file" },
    };
    struct sp_model m;
    struct arena a;
    struct err err;
    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(&m, &a, cases[i].bytes, cases[i].n, &err), -1);
        if (!strstr(err.msg, cases[i].words))
            fail_msg("%zu: '%s' is not in: %s", i, cases[i].words, err.msg);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
