/* test_mustache: values, sections, inverted ones, lines that disappear, and every mistake. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "report/mustache.h"

static void shout(struct buf *out, const char *text)
{
    buf_printf(out, "!%s!", text);
}

static int render(struct buf *out, const char *template, const char *json, mustache_escape *escape, struct err *err)
{
    struct json *j;
    if (json_parse(&j, json, strlen(json), "data", err) < 0)
        fail_msg("%s", err->msg);
    int rc = mustache_render(out, template, "t.md", json_root(j), escape, err);
    json_close(j);
    return rc;
}

static void assert_renders(const char *template, const char *json, const char *want)
{
    struct buf out = BUF_INIT;
    struct err err = {0};
    if (render(&out, template, json, NULL, &err) < 0)
        fail_msg("%s", err.msg);
    assert_string_equal(out.data, want);
    buf_release(&out);
}

static void assert_fails(const char *template, const char *json, const char *want)
{
    struct buf out = BUF_INIT;
    struct err err = {0};
    assert_int_equal(render(&out, template, json, NULL, &err), -1);
    assert_string_equal(err.msg, want);
    buf_release(&out);
}

static void values(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct err err = {0};
    assert_renders("a <<x>>-<<x>> b", "{\"x\":\"1 % {}\"}", "a 1 % {}-1 % {} b");
    assert_renders("no tag {{x}} > < at all", "{}", "no tag {{x}} > < at all");
    assert_int_equal(render(&out, "<<x>> <<&x>> <<#x>><<.>><</x>>", "{\"x\":\"a\"}", shout, &err), 0);
    assert_string_equal(out.data, "!a! a !a!");
    buf_release(&out);
}

static void sections(void **state)
{
    (void)state;
    assert_renders("<<#l>>[<<a>><<b>>]<</l>>", "{\"b\":\"out\",\"l\":[{\"a\":\"1\"},{\"a\":\"2\",\"b\":\"in\"}]}", "[1out][2in]");
    assert_renders("<<#l>><<.>>,<</l>>", "{\"l\":[\"x\",\"y\"]}", "x,y,");
    assert_renders("<<#t>>yes<</t>><<^t>>no<</t>> <<#f>>yes<</f>><<^f>>no<</f>> <<#none>>yes<</none>><<^none>>no<</none>>",
                   "{\"t\":true,\"f\":false}", "yes no no");
    assert_renders("<<#e>>x<</e>><<^e>>empty<</e>><<#l>>x<</l>><<^l>>empty<</l>>", "{\"e\":\"\",\"l\":[]}", "emptyempty");
    assert_renders("<<#o>><<a>><<#o>>deep<</o>><</o>>", "{\"o\":{\"a\":\"1\"}}", "1deep");
}

static void lines_of_their_own_disappear(void **state)
{
    (void)state;
    assert_renders("a\n<<#l>>\n- <<.>>\n<</l>>\nb\n", "{\"l\":[\"x\",\"y\"]}", "a\n- x\n- y\nb\n");
    assert_renders("a\n  <<! a note\nof two lines >>  \nb <<! in a line >>c\n", "{}", "a\nb c\n");
    assert_renders("<<#t>>\nx\n<</t>>", "{\"t\":true}", "x\n");
    assert_renders("x <<#t>>y<</t>>\n", "{\"t\":true}", "x y\n"); /* not alone: the line stays */
}

static void mistakes(void **state)
{
    (void)state;
    assert_fails("a\nb <<x>>", "{}", "t.md:2: no value 'x'");
    assert_fails("<<x>>", "{\"x\":3}", "t.md:1: no value 'x'");
    assert_fails("\n\n<<#x>>a", "{}", "t.md:3: a section that is not closed: 'x'");
    assert_fails("<<#x>><<#y>><</x>><</y>>", "{\"x\":true}", "t.md:1: a section that is not closed: 'x'");
    assert_fails("a<</x>>", "{}", "t.md:1: a section that was not opened: 'x'");
    assert_fails("<<x", "{}", "t.md:1: a tag that is not closed: '<<'");
    assert_fails("<<>>", "{}", "t.md:1: no name of a value: '<<>>'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values), cmocka_unit_test(sections), cmocka_unit_test(lines_of_their_own_disappear), cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
