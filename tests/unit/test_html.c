/* html: text stays text, nothing is loaded from outside, synthetic is said, a bad chart is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "browser/sample_frames.h"
#include "report/assets.h"
#include "report/chart.h"
#include "report/html.h"

static const char picture[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><defs><clipPath id=\"clip0\"/></defs>"
    "<g clip-path=\"url(#clip0)\"><text>x id=\"no\"</text></g></svg>";

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static void write_page(struct buf *out, const struct html_page *page)
{
    struct err err = {0};
    buf_clear(out);
    if (html_write(out, page, &err) < 0)
        fail_msg("%s", err.msg);
}

/* The page without the scripts of others: what this module wrote itself. */
static void drop_asset(struct buf *html, const char *name)
{
    const struct asset *a = asset_find(name);
    char *found = memmem(html->data, html->len, a->data, asset_size(a));
    assert_non_null(found);
    size_t n_after = html->len - (size_t)(found - html->data) - asset_size(a);
    memmove(found, found + asset_size(a), n_after + 1);
    html->len -= asset_size(a);
}

/* Our own scripts and styles; Vega stays. */
static void drop_page_scripts(struct buf *html)
{
    for (int i = 0; i < asset_n(); i++) {
        const char *name = asset_at(i)->name, *end = strrchr(name, '.');
        if (strcmp(end, ".js") == 0 && !strstr(name, ".min.js") && strcmp(name, "svg.js") != 0)
            drop_asset(html, name);
    }
}

static void an_empty_page(void **state)
{
    (void)state;
    struct buf html = BUF_INIT;
    write_page(&html, &(struct html_page){0});
    assert_memory_equal(html.data, "<!DOCTYPE html>", 15);
    assert_non_null(strstr(html.data, "made by perbit"));
    assert_null(strstr(html.data, "<h1>"));
    assert_null(strstr(html.data, "class=\"banner\""));
    assert_true(html.len < 80000); /* without a chart, without Vega */
    buf_release(&html);
}

static void text_stays_text(void **state)
{
    (void)state;
    static const char evil[] =
        "</script><script>alert(1)</script><img src=x onerror='a'>\"&\x01\xff";
    struct frame f;
    struct buf html = BUF_INIT;
    frame_init(&f, evil);
    int c = frame_add_column(&f, evil, evil, FRAME_TEXT);
    frame_set_text(&f, frame_add_row(&f), c, evil);
    struct html_fact fact = {evil, evil};
    struct html_section s = {.heading = evil, .text = evil, .frame = &f};
    struct html_page page = {.title = evil,
                             .subtitle = evil,
                             .facts = &fact,
                             .n_facts = 1,
                             .sections = &s,
                             .n_sections = 1,
                             .notes = evil,
                             .version = evil};
    write_page(&html, &page);
    drop_page_scripts(&html);
    assert_null(strstr(html.data, "<script>alert"));
    assert_null(strstr(html.data, "<img"));
    assert_null(strstr(html.data, "onerror='"));
    assert_int_equal(count(html.data, "<script"), 1);
    assert_int_equal(count(html.data, "</script"), 1);
    assert_true(count(html.data, "&lt;/script&gt;&lt;script&gt;alert(1)") >= 12);
    assert_true(count(html.data, "\"&amp; ") == 0 &&
                count(html.data, "&quot;&amp; \xef\xbf\xbd") >= 12);
    frame_release(&f);
    buf_release(&html);
}

static void a_spec_cannot_end_its_script(void **state)
{
    (void)state;
    struct frame f;
    struct buf html = BUF_INIT, spec = BUF_INIT;
    struct err err = {0};
    sample_perplexity(&f, 1, 2);
    frame_set_text(&f, 0, frame_column(&f, "model"), "</SCRIPT><script>alert(1)</script><!--");
    assert_int_equal(chart_spec(&spec, chart_find("perplexity_bpw"), &f, NULL, &err), 0);
    struct html_section s = {.chart = spec.data};
    write_page(&html, &(struct html_page){.sections = &s, .n_sections = 1});
    for (int i = 0; i < asset_n(); i++)
        if (strstr(asset_at(i)->name, ".min.js"))
            drop_asset(&html, asset_at(i)->name);
    drop_page_scripts(&html);
    assert_int_equal(count(html.data, "<script"), 6); /* the spec, the dark colours, three of Vega, the page's */
    assert_int_equal(count(html.data, "</script"), 6);
    assert_null(strstr(html.data, "</SCRIPT"));
    assert_null(strstr(html.data, "<!--"));
    assert_non_null(strstr(html.data, "\\u003c/SCRIPT"));
    buf_release(&html);
    buf_release(&spec);
    frame_release(&f);
}

static void nothing_is_loaded_from_outside(void **state)
{
    (void)state;
    static const char *const loads[] = {"src=",    "<link",   "@import", "url(",
                                        "<iframe", "<object", "<base"};
    struct frame f;
    struct buf html = BUF_INIT, spec = BUF_INIT;
    struct err err = {0};
    sample_speed(&f, 2, 3);
    assert_int_equal(chart_spec(&spec, chart_find("speed_size"), &f, NULL, &err), 0);
    struct html_section s = {.chart = spec.data, .frame = &f};
    write_page(&html, &(struct html_page){.title = "t", .sections = &s, .n_sections = 1});
    assert_non_null(strstr(html.data, "default-src 'none'"));
    for (int i = 0; i < asset_n(); i++)
        if (strstr(asset_at(i)->name, ".min.js"))
            drop_asset(&html, asset_at(i)->name);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        assert_int_equal(count(html.data, loads[i]),
                         count(html.data, "url(#watermark)") * (strcmp(loads[i], "url(") == 0));
    buf_release(&html);
    buf_release(&spec);
    frame_release(&f);
}

static void pictures_do_not_share_ids(void **state)
{
    (void)state;
    struct buf html = BUF_INIT;
    struct html_section s[] = {{.svg = picture}, {.svg = picture}};
    write_page(&html, &(struct html_page){.sections = s, .n_sections = 2});
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(count(html.data, i == 1 ? "id=\"s1-clip0\"" : "id=\"s2-clip0\""), 1);
        assert_int_equal(count(html.data, i == 1 ? "url(#s1-clip0)" : "url(#s2-clip0)"), 1);
    }
    assert_int_equal(count(html.data, "x id=\"no\""), 2); /* text between tags is left alone */
    buf_release(&html);
}

static void tables_keep_full_precision_for_sorting(void **state)
{
    (void)state;
    struct frame f;
    struct buf html = BUF_INIT;
    frame_init(&f, "t");
    int a = frame_add_column(&f, "a", "", FRAME_TEXT),
        b = frame_add_column(&f, "b_s", "s", FRAME_NUM);
    frame_set_label(&f, b, "Time", 1);
    int r = frame_add_row(&f);
    frame_set_text(&f, r, a, "x");
    frame_set_num(&f, r, b, 1.23456);
    frame_add_row(&f); /* all missing */
    struct html_section s = {.frame = &f};
    write_page(&html, &(struct html_page){.sections = &s, .n_sections = 1});
    assert_non_null(strstr(html.data, "<td class=\"num\" data-v=\"1.23456\">1.2</td>"));
    assert_non_null(strstr(html.data, "data-name=\"b_s\">Time <small>(s)</small></th>"));
    drop_page_scripts(&html);
    assert_int_equal(count(html.data, "not measured"), 2);
    assert_non_null(strstr(html.data, "t, 2 rows</caption>"));
    frame_release(&f);
    buf_release(&html);
}

/* One flag anywhere marks the whole page. */
static void synthetic_from_any_side(void **state)
{
    (void)state;
    struct frame f;
    struct buf html = BUF_INIT;
    frame_init(&f, "t");
    frame_add_column(&f, "a", "", FRAME_TEXT);
    struct html_section s[] = {{.heading = "first"}, {.frame = &f}};
    struct html_page page = {.title = "T", .sections = s, .n_sections = 2};
    for (int side = 0; side < 4; side++) {
        page.is_synthetic = side == 1;
        f.is_synthetic = side == 2;
        s[0].chart = side == 3 ? "{\"usermeta\":{\"perbit\":{\"synthetic\":true}}}" : NULL;
        write_page(&html, &page);
        int is_marked = side > 0;
        assert_int_equal(count(html.data, "<title>SYNTHETIC: T</title>"), is_marked);
        assert_int_equal(count(html.data, "class=\"banner\""), is_marked);
        assert_int_equal(count(html.data, "class=\"watermark\""), is_marked);
        assert_int_equal(count(html.data, "<caption>SYNTHETIC: t"), side == 2);
    }
    frame_release(&f);
    buf_release(&html);
}

static void bad_parts_are_errors(void **state)
{
    (void)state;
    static const struct html_section bad[] = {
        {.chart = "{\"mark\":"},
        {.chart = "[1]"},
        {.svg = "<p>no</p>"},
        {.svg = "<svg><script>alert(1)</script></svg>"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct html_section s[] = {{.heading = "good"}, bad[i]};
        struct buf html = BUF_INIT;
        struct err err = {0};
        assert_int_equal(
            html_write(&html, &(struct html_page){.sections = s, .n_sections = 2}, &err), -1);
        assert_int_equal(err.code, ERR_FORMAT);
        assert_non_null(strstr(err.msg, "section 2"));
        assert_int_equal(html.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_page),
        cmocka_unit_test(text_stays_text),
        cmocka_unit_test(a_spec_cannot_end_its_script),
        cmocka_unit_test(nothing_is_loaded_from_outside),
        cmocka_unit_test(pictures_do_not_share_ids),
        cmocka_unit_test(tables_keep_full_precision_for_sorting),
        cmocka_unit_test(synthetic_from_any_side),
        cmocka_unit_test(bad_parts_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
