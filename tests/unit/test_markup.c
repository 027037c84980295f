/* test_markup: every ASCII character and awkward ones as LaTeX and Markdown. tests/reference/texts.sh compiles them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "report/markup.h"

static void assert_text(void (*markup)(struct buf *, const char *), const char *text, const char *want)
{
    struct buf out = BUF_INIT;
    markup(&out, text);
    assert_string_equal(out.data, want);
    buf_release(&out);
}

static void latex(void **state)
{
    (void)state;
    assert_text(markup_latex, "Q4_K_M 100% & #1 $x^2$ ~ {a}", "Q4\\_K\\_M 100\\% \\& \\#1 \\$x\\textasciicircum{}2\\$ \\textasciitilde{} \\{a\\}");
    assert_text(markup_latex, "\\x <b> a|b \"q\" `t`", "\\textbackslash{}x \\textless{}b\\textgreater{} a\\textbar{}b \\textquotedbl{}q\\textquotedbl{} "
                                                      "\\textasciigrave{}t\\textasciigrave{}");
    assert_text(markup_latex, "[0.1, 0.2] *", "{[}0.1, 0.2{]} {*}");
    assert_text(markup_latex, "a--b '' ?", "a-{}-b '{}' ?");
    assert_text(markup_latex, "Ünï é ß ŁŹ", "Ünï é ß ŁŹ");
    assert_text(markup_latex, "模型 Ж Ħ", "{[}U+6A21{]}{[}U+578B{]} {[}U+0416{]} {[}U+0126{]}");
    assert_text(markup_latex, "1 ± 2 × 3 – 4 … “a” ≤", "1 \\ensuremath{\\pm} 2 \\ensuremath{\\times} 3 -- 4 \\dots{} ``a'' \\ensuremath{\\le}");
    assert_text(markup_latex, "a\nb\tc\x01", "a b c ");
    assert_text(markup_latex, "", "");
    assert_text(markup_latex, "\xff-\xff", "{[}U+FFFD{]}-{[}U+FFFD{]}"); /* not UTF-8 */
}

static void markdown(void **state)
{
    (void)state;
    assert_text(markup_md, "Q4_K_M 100% & #1 $x^2$ ~ {a}", "Q4\\_K\\_M 100% &amp; \\#1 \\$x^2\\$ \\~ \\{a\\}");
    assert_text(markup_md, "\\x <b> a|b `t` *e* [l](u)", "\\\\x &lt;b&gt; a\\|b \\`t\\` \\*e\\* \\[l\\](u)");
    assert_text(markup_md, "a\nb 模型", "a b 模型");
}

/* No ASCII character is lost, and none that is special stays bare. */
static void all_of_ascii(void **state)
{
    (void)state;
    for (int c = 0x20; c < 0x7f; c++) {
        const char text[] = {(char)c, '\0'};
        struct buf tex = BUF_INIT, md = BUF_INIT;
        markup_latex(&tex, text);
        markup_md(&md, text);
        assert_true(tex.len > 0 && md.len > 0);
        if (c == '\\' || c == '{' || c == '}' || c == '$' || c == '&' || c == '#' || c == '_' || c == '%' || c == '^' || c == '~')
            assert_int_equal(tex.data[0], '\\');
        buf_release(&tex);
        buf_release(&md);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(latex), cmocka_unit_test(markdown), cmocka_unit_test(all_of_ascii)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
