/*
 * svg, raster, textwidth: marks are counted, bytes repeat, bad specs are errors and not crashes.
 * valgrind: no, QuickJS under it takes minutes
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "browser/sample_frames.h"
#include "report/chart.h"
#include "report/raster.h"
#include "report/svg.h"
#include "report/textwidth.h"

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

/* Every tag is closed by its own name, attributes are quoted, and & starts an entity. */
static bool is_well_formed(const char *s)
{
    enum { DEPTH = 64 };
    const char *open[DEPTH];
    int depth = 0, n_roots = 0;
    while (*s) {
        if (*s == '&' && !memchr(s, ';', strnlen(s, 8)))
            return false;
        if (*s++ != '<')
            continue;
        bool is_end = *s == '/';
        const char *name = s + is_end;
        size_t n = strcspn(name, " />");
        const char *p = name + n;
        while (*p && *p != '>') {
            if (*p == '<')
                return false;
            if (*p == '"' && !(p = strchr(p + 1, '"')))
                return false;
            p++;
        }
        if (!*p)
            return false;
        if (is_end) {
            if (depth == 0 || strncmp(open[--depth], name, n) != 0)
                return false;
        } else if (p[-1] != '/') {
            n_roots += depth == 0;
            if (depth == DEPTH)
                return false;
            open[depth++] = name;
        }
        s = p + 1;
    }
    return depth == 0 && n_roots == 1;
}

static void render(struct buf *svg, struct buf *notes, const char *chart, struct frame *f)
{
    struct err err = {0};
    struct buf spec = BUF_INIT;
    struct svg_limits limits = {.notes = notes};
    if (chart_spec(&spec, chart_find(chart), f, "Made-up <corpus> & \"machine\"", &err) < 0 ||
        svg_render(svg, spec.data, spec.len, &limits, &err) < 0)
        fail_msg("%s", err.msg);
    buf_release(&spec);
}

static void full_charts_hold_every_mark(void **state)
{
    (void)state;
    static const struct {
        const char *chart;
        int n_points;
    } cases[] = {{"perplexity_bpw", 88 + 77},
                 {"speed_size", 88 + 88}}; /* the base has no KL point */
    for (int i = 0; i < 2; i++) {
        struct frame f;
        struct buf svg = BUF_INIT, notes = BUF_INIT;
        if (i == 0)
            sample_perplexity(&f, SAMPLE_MODELS, SAMPLE_LEVELS);
        else
            sample_speed(&f, SAMPLE_MODELS, SAMPLE_LEVELS);
        render(&svg, &notes, cases[i].chart, &f);
        assert_string_equal(notes.data, ""); /* Vega-Lite has nothing to complain about */
        assert_true(is_well_formed(svg.data));
        assert_int_equal(count(svg.data, "aria-roledescription=\"point\""), cases[i].n_points);
        assert_int_equal(count(svg.data, "aria-roledescription=\"line mark\""), 22);
        assert_int_equal(count(svg.data, ">SYNTHETIC</text>"), 2);
        assert_int_equal(count(svg.data, "NaN"), 0);
        assert_int_equal(count(svg.data, "undefined"), 0);
        for (int m = 0; m < SAMPLE_MODELS; m++)
            assert_true(count(svg.data, sample_models[m]) > 0); /* no name is cut in the legend */
        assert_non_null(strstr(svg.data, "&lt;corpus&gt; &amp; "));
        buf_release(&svg);
        buf_release(&notes);
        frame_release(&f);
    }
}

static void one_model_one_level_and_gaps(void **state)
{
    (void)state;
    for (int n = 0; n < 4; n++) {
        struct frame f;
        struct buf svg = BUF_INIT, notes = BUF_INIT;
        sample_speed(&f, n == 2 ? 5 : 1, n == 0 || n == 2 ? 1 : 8);
        int expected = 2 * f.n_rows;
        if (n == 3) { /* one point without a speed, one without an interval */
            f.cells[2 * f.n_columns + frame_column(&f, "gen_tps")].is_set = false;
            f.cells[3 * f.n_columns + frame_column(&f, "gen_lo_tps")].is_set = false;
            expected--;
        }
        render(&svg, &notes, "speed_size", &f);
        assert_string_equal(notes.data, "");
        assert_true(is_well_formed(svg.data));
        assert_int_equal(count(svg.data, "aria-roledescription=\"point\""), expected);
        assert_int_equal(count(svg.data, "NaN"), 0);
        buf_release(&svg);
        buf_release(&notes);
        frame_release(&f);
    }
}

static void the_same_spec_gives_the_same_bytes(void **state)
{
    (void)state;
    struct frame f;
    struct buf a = BUF_INIT, b = BUF_INIT, pdf_a = BUF_INIT, pdf_b = BUF_INIT;
    struct err err = {0};
    sample_perplexity(&f, 4, 5);
    render(&a, NULL, "perplexity_bpw", &f);
    render(&b, NULL, "perplexity_bpw", &f);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    assert_int_equal(raster_pdf(&pdf_a, a.data, a.len, "Title", NULL, &err), 0);
    assert_int_equal(raster_pdf(&pdf_b, a.data, a.len, "Title", NULL, &err), 0);
    assert_int_equal(pdf_a.len, pdf_b.len);
    assert_memory_equal(pdf_a.data, pdf_b.data, pdf_a.len);
    buf_release(&a);
    buf_release(&b);
    buf_release(&pdf_a);
    buf_release(&pdf_b);
    frame_release(&f);
}

static void bad_specs_are_errors(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {"", "JSON"},
        {"{\"mark\":", "JSON"},
        {"{}", "specification"},
        {"{\"mark\":\"no_such_mark\",\"data\":{\"values\":[{\"a\":1}]},"
         "\"encoding\":{\"x\":{\"field\":\"a\",\"type\":\"quantitative\"}}}",
         ""},
        {"{\"mark\":\"point\",\"data\":{\"values\":[{\"a\":1}]},\"transform\":[{\"filter\":\"((\"}]"
         "}",
         ""},
        {"{\"mark\":\"point\",\"data\":{\"url\":\"https://example.org/a.json\"},"
         "\"encoding\":{\"x\":{\"field\":\"a\"}}}",
         "example.org"},
        {"{\"mark\":\"point\",\"data\":{\"url\":\"/etc/"
         "hostname\"},\"encoding\":{\"x\":{\"field\":\"a\"}}}",
         "/etc/hostname"},
        {"{\"mark\":\"point\",\"data\":{\"sequence\":{\"start\":0,\"stop\":1e12}},"
         "\"encoding\":{\"x\":{\"field\":\"data\",\"type\":\"quantitative\"}}}",
         "array length"}, /* Vega only logs it */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf svg = BUF_INIT;
        struct err err = {0};
        assert_int_equal(svg_render(&svg, cases[i].spec, strlen(cases[i].spec), NULL, &err), -1);
        assert_int_equal(err.code, ERR_FORMAT);
        if (!strstr(err.msg, cases[i].message))
            fail_msg("'%s' is not in '%s'", cases[i].message, err.msg);
        assert_null(strchr(err.msg, '\n'));
        assert_int_equal(svg.len, 0);
    }
}

static void an_image_mark_reads_nothing(void **state)
{
    (void)state;
    static const char spec[] =
        "{\"mark\":{\"type\":\"image\",\"url\":\"file:///etc/hostname\",\"width\":9,"
        "\"height\":9},\"data\":{\"values\":[{}]}}";
    struct buf svg = BUF_INIT;
    struct err err = {0};
    if (svg_render(&svg, spec, sizeof(spec) - 1, NULL, &err) == 0)
        assert_null(strstr(svg.data, "/etc/hostname"));
    buf_release(&svg);
}

static void limits_hold(void **state)
{
    (void)state;
    /* twenty million points: minutes, and gigabytes */
    static const char huge[] =
        "{\"mark\":\"point\",\"data\":{\"sequence\":{\"start\":0,\"stop\":2e7}},"
        "\"encoding\":{\"x\":{\"field\":\"data\",\"type\":\"quantitative\"}}}";
    struct buf svg = BUF_INIT;
    struct err err = {0};
    struct svg_limits short_time = {.time_s = 0.5};
    assert_int_equal(svg_render(&svg, huge, sizeof(huge) - 1, &short_time, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_non_null(strstr(err.msg, "0.5 s"));
    struct svg_limits small_memory = {.memory_bytes = 24 << 20};
    assert_int_equal(svg_render(&svg, huge, sizeof(huge) - 1, &small_memory, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_non_null(strstr(err.msg, "memory"));
    small_memory.memory_bytes = 100000; /* not even enough to start */
    assert_int_equal(svg_render(&svg, huge, sizeof(huge) - 1, &small_memory, &err), -1);
    assert_int_equal(svg.len, 0);
}

static uint32_t big_endian(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static void pictures(void **state)
{
    (void)state;
    static const char svg[] =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\">"
        "<rect width=\"10\" height=\"10\" fill=\"red\"/></svg>";
    struct buf png = BUF_INIT, pdf = BUF_INIT;
    struct err err = {0};
    assert_int_equal(raster_png(&png, svg, sizeof(svg) - 1, 2, &err), 0);
    assert_memory_equal(png.data, "\x89PNG", 4);
    assert_int_equal(big_endian(png.data + 16), 60);
    assert_int_equal(big_endian(png.data + 20), 40);
    assert_int_equal(raster_pdf(&pdf, svg, sizeof(svg) - 1, "t", "2026-11-24T08:00:00Z", &err), 0);
    assert_memory_equal(pdf.data, "%PDF", 4);
    size_t n_before = png.len;
    assert_int_equal(raster_png(&png, "<html/>", 7, 2, &err), -1);
    assert_int_equal(raster_png(&png, svg, sizeof(svg) - 1, 1e9, &err), -1);
    assert_int_equal(err.code, ERR_RANGE);
    assert_int_equal(raster_png(&png, svg, sizeof(svg) - 1, NAN, &err), -1);
    assert_int_equal(raster_pdf(&pdf, "", 0, NULL, NULL, &err), -1);
    assert_int_equal(png.len, n_before);
    buf_release(&png);
    buf_release(&pdf);
}

/* Widths as printed in the font's metrics: H 722, e 556, l 222, o 556. */
static void text_has_the_width_of_helvetica(void **state)
{
    (void)state;
    assert_true(fabs(textwidth_px("Hello", 10, false) - 22.78) < 1e-9);
    assert_true(fabs(textwidth_px("Hello", 10, true) - 24.45) < 1e-9);
    assert_true(textwidth_px("", 12, false) == 0);
    assert_true(fabs(textwidth_px("\xe6\xbc\xa2", 12, false) - 12) < 1e-9); /* wide: one em */
    assert_true(textwidth_px("\xff\xfe", 12, false) > 0); /* not UTF-8: still a width */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_charts_hold_every_mark),
        cmocka_unit_test(one_model_one_level_and_gaps),
        cmocka_unit_test(the_same_spec_gives_the_same_bytes),
        cmocka_unit_test(bad_specs_are_errors),
        cmocka_unit_test(an_image_mark_reads_nothing),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(pictures),
        cmocka_unit_test(text_has_the_width_of_helvetica),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
