/* test_template: texts that lm_eval 0.4.13's apply_template() printed, and what is refused with which message. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "tasks/template.h"

static const char row[] =
    "{\"q\": \"Wie groß?\", \"choices\": {\"text\": [\"a\", \"b\"], \"label\": [\"A\", \"B\"]}, "
    "\"xs\": [\"x\", \"it's\", \"é\\\"\"], \"n\": 2, \"f\": 0.30000000000000004, \"none\": null, "
    "\"t\": \"İstanbul ΣΑΣ\", \"answer\": \"B\", \"rows\": [{\"k\": \"v1\"}, {\"k\": \"v2\"}], "
    "\"名\": \"y\"}";

/* template, text: from Python */
static const char *const cases[][2] = {
    {"Q: {{q}}\n{% for i in range(choices.text|length) %}{{choices.label[i]}}. "
     "{{choices['text'][i]}}\n{% endfor %}A:\n",
     "Q: Wie groß?\nA. a\nB. b\nA:\n"},
    {"{{choices.label.index(answer)}}", "1"},
    {"{{xs}}", "['x', \"it's\", 'é\"']"},
    {"{{[xs[0], n, f, none, true, {'k': (1,)}]}}",
     "['x', 2, 0.30000000000000004, None, True, {'k': (1,)}]"},
    {"{{t.lower()}}|{{t|length}}|{{t[:3]}}|{{t|title}}", "i̇stanbul σας|12|İst|İstanbul Σας"},
    {"{{7 // 2}} {{-7 // 2}} {{-7 % 3}} {{2 ** 10}} {{7 / 2}} {{1e16}} {{f}}",
     "331 1024 3.5 1e+16 0.30000000000000004"},
    {"{{', '.join(xs)}}", "x, it's, é\""},
    {"{% raw %}{{ x }}{% endraw %}{# c #} {{- 名 }}", "{{ x }}y"},
    {"{{ rows|map(attribute='k')|join('+') }}", "v1+v2"},
    {"{%- if n > 1 and q is string -%} yes {%- else -%} no {%- endif %}\n", "yes\n"},
    {"{% set ns = namespace(c=0) %}{% for x in xs if x != 'x' %}{% set ns.c = ns.c + loop.index "
     "%}{{ loop.last }}{% endfor %}{{ ns.c }}",
     "FalseTrue3"},
    {"{{ 'a b c'.split(' ')|reverse|list }}{{ xs|sort(reverse=true)|first }}",
     "['c', 'b', 'a']é\""},
    {"{% macro m(p, o='D') %}<{{p}}{{o}}>{% endmacro %}{{ m(1) }}{{ m(n, o=q) }}",
     "<1D><2Wie groß?>"},
    {"{{ not 1 == 2 }} {{ 1 < 2 < 3 }} {{ 'a' ~ 1 ~ 2 + '3' }} {{ -2|abs }} {{ n is divisibleby 2 "
     "}}",
     "True True a123 2 True"},
    {"{{ none or 'x' }}{{ 'b' in xs }}{{ '' and q }}", "xFalse"},
    {" {{ q|regex_replace('([a-z])o', '<\\\\1>') }}", " Wie g<r>ß?"},
    {"{{ '%s' }}{{ \"\\u00e9\\n\\x41\\q\" }}", "%sé\nA\\q"},
};

static int render(const char *text, unsigned options, const char *doc, struct buf *out,
                  struct err *err)
{
    struct json *j;
    struct template *t = NULL;
    assert_int_equal(json_parse(&j, doc, strlen(doc), "doc", err), 0);
    int ret = template_compile_as(&t, text, "t.yaml:7:15", options, err);
    if (!ret)
        ret = template_render(t, json_root(j), out, err);
    template_close(t);
    json_close(j);
    return ret;
}

static void as_python(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        if (render(cases[i][0], 0, row, &out, &err))
            fail_msg("%s: %s", cases[i][0], err.msg);
        assert_string_equal(out.data, cases[i][1]);
        buf_release(&out);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
        enum err_code code;
    } rows[] = {
        {"Q: {{questoin}}", "t.yaml:7:15: line 1: 'questoin' is undefined; the row has: a, b",
         ERR_FORMAT},
        {"a\n{{ a.c }}", "line 2: 'dict object' has no attribute 'c'", ERR_FORMAT},
        {"{{ a.c is defined }}{{ [x] }}", "'x' is undefined", ERR_FORMAT},
        {"{{ b + 1 }}", "'+' between str and int", ERR_UNSUPPORTED},
        {"{{ b|wordcount }}", "t.yaml:7:15: line 1: the filter 'wordcount' is not supported",
         ERR_UNSUPPORTED},
        {"{{ b.swapcase() }}", "not supported", ERR_UNSUPPORTED},
        {"{% include 'x' %}", "a tag that is not known", ERR_UNSUPPORTED},
        {"{{ b", "'{{' without '}}'", ERR_FORMAT},
        {"{% if b %}", "a block without its end", ERR_FORMAT},
        {"{{ '\\N{DASH}' }}", "not supported", ERR_FORMAT},
        {"{{ 9223372036854775807 + 1 }}", "beyond 64 bits", ERR_UNSUPPORTED},
        {"{{ range(3) }}", "no text", ERR_UNSUPPORTED},
        {"{{ b.__class__ }}", "not for templates", ERR_FORMAT},
        {"{{ raise_exception('x') }}", "'raise_exception' is undefined", ERR_FORMAT},
        {"{% for i in range(100000) %}{% for k in range(100000) %}{{ i + k }}{% endfor %}{% endfor "
         "%}",
         "too much memory", ERR_UNSUPPORTED},
        {"{{ 'x' * 1000000000 }}", "too much memory", ERR_UNSUPPORTED},
        {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nests too deeply", ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out = BUF_INIT;
        struct err err = {0};
        buf_puts(&out, "before");
        assert_int_equal(render(rows[i].text, 0, "{\"a\": {}, \"b\": \"s\"}", &out, &err), -1);
        if (!strstr(err.msg, rows[i].part))
            fail_msg("%s: '%s' has no '%s'", rows[i].text, err.msg, rows[i].part);
        assert_int_equal(err.code, rows[i].code);
        assert_string_equal(out.data, "before");
        buf_release(&out);
    }
}

static void nesting_is_limited(void **state)
{
    (void)state;
    struct buf text = BUF_INIT, out = BUF_INIT;
    struct err err = {0};
    buf_puts(&text, "{{ ");
    for (int i = 0; i < 10000; i++)
        buf_puts(&text, "not ");
    buf_puts(&text, "b }}");
    assert_int_equal(render(text.data, 0, "{}", &out, &err), -1);
    buf_clear(&text);
    buf_puts(&text, "{{ b");
    for (int i = 0; i < 10000; i++)
        buf_puts(&text, " + b");
    buf_puts(&text, " }}");
    assert_int_equal(render(text.data, 0, "{\"b\": 1}", &out, &err), -1);
    buf_release(&text);
    buf_release(&out);
}

/* As jinja2 prints them: undefined as nothing, blocks without their lines. */
static void lax_and_trimmed(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct err err = {0};
    const char *text = "  {% if a is defined %}\n  {{ nothing }}!\n  {% endif %}\nend\n";
    assert_int_equal(render(text, TEMPLATE_LAX | TEMPLATE_TRIM, "{\"a\": 1}", &out, &err), 0);
    assert_string_equal(out.data, "  !\nend");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_python),
        cmocka_unit_test(refused),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(lax_and_trimmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
