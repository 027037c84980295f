/* stops: cutting as Python's split does it, finding in what is new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "engine/stops.h"

static struct text text_of(const char *s)
{
    return (struct text){ .s = s, .n_bytes = strlen(s) };
}

/* expected: for term in until + [eos]: text = text.split(term)[0], Python 3 */
static const struct {
    const char *text, *until[3], *eos, *expected;
} cases[] = {
    { " 42\n\nQ: next", { "\n\n", "Q:" }, "</s>", " 42" },
    { " 42 Q: next\n\n", { "\n\n", "Q:" }, "</s>", " 42 " },
    { "abcbd", { "bd", "b" }, "", "a" },
    { "abc", { "bcd", "" }, "", "abc" },
    { "one</s>two", { NULL }, "</s>", "one" },
    { "stop", { "stop" }, "", "" },
    { "", { "a" }, "b", "" },
    { "aXbYc", { "Yc", "Xb", "XbY" }, "", "a" },
};

static void cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stops s;
        int n = 0;
        while (n < 3 && cases[i].until[n])
            n++;
        stops_init(&s, cases[i].until, n, text_of(cases[i].eos));
        const size_t n_bytes = strlen(cases[i].text);
        assert_int_equal(stops_cut(&s, cases[i].text, n_bytes), strlen(cases[i].expected));
        assert_int_equal(stops_found(&s, cases[i].text, n_bytes, n_bytes), strcmp(cases[i].text, cases[i].expected) != 0);
        stops_release(&s);
    }
}

static void the_end_token_is_there_once(void **state)
{
    const char *const until[] = { "</s>", "x", "x", "" };
    struct stops s;
    (void)state;
    stops_init(&s, until, 4, text_of("</s>"));
    assert_int_equal(s.n, 2);
    stops_release(&s);
    stops_init(&s, NULL, 0, (struct text){ 0 });
    assert_int_equal(s.n, 0);
    assert_false(stops_found(&s, "abc", 3, 3));
    assert_int_equal(stops_cut(&s, "a\0c", 3), 3);
    stops_release(&s);
}

/* Whatever pieces a text comes in, a stop is found with the piece that completes it. */
static void pieces(void **state)
{
    const char *const until[] = { "abab", "bb", "\n\n" };
    struct stops s;
    struct rand_mt rng;
    char text[64];
    (void)state;
    rand_seed(&rng, 2);
    stops_init(&s, until, 3, (struct text){ 0 });
    for (int round = 0; round < 3000; round++) {
        size_t n = 0, whole;
        bool found = false;
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = "aab\n"[rand_below(&rng, 4)];
        for (whole = 1; whole <= sizeof text && stops_cut(&s, text, whole) == whole;)
            whole++; /* shortest beginning that holds one */
        while (!found && n < sizeof text) {
            size_t n_new = 1 + rand_below(&rng, 5);
            n_new = n + n_new > sizeof text ? sizeof text - n : n_new;
            n += n_new;
            found = stops_found(&s, text, n, n_new);
            assert_int_equal(found, n >= whole);
        }
    }
    stops_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut),
        cmocka_unit_test(the_end_token_is_there_once),
        cmocka_unit_test(pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
