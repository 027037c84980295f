#include "report/html.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "report/assets.h"

#include "base/banned.h"

enum { FILTER_MIN_ROWS = 8 }; /* a shorter table needs no filter */

void html_escape(struct buf *out, const char *s)
{
    size_t n = strlen(s);
    for (size_t i = 0; i < n;) {
        size_t start = i;
        int32_t c = utf8_next(s, n, &i);
        switch (c) {
        case '&': buf_puts(out, "&amp;"); break;
        case '<': buf_puts(out, "&lt;"); break;
        case '>': buf_puts(out, "&gt;"); break;
        case '"': buf_puts(out, "&quot;"); break;
        case '\'': buf_puts(out, "&#39;"); break;
        case 0xfffd: buf_puts(out, "\xef\xbf\xbd"); break;
        default:
            if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
                buf_putc(out, ' ');
            else
                buf_append(out, s + start, i - start);
        }
    }
}

static void element(struct buf *out, const char *tag, const char *text)
{
    if (!text || !text[0])
        return;
    buf_printf(out, "<%s>", tag);
    html_escape(out, text);
    buf_printf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

/* An empty line ends a paragraph. */
static void paragraphs(struct buf *out, const char *text)
{
    struct buf one = BUF_INIT;
    while (text && *text) {
        const char *end = strstr(text, "\n\n");
        size_t n = end ? (size_t)(end - text) : strlen(text);
        buf_clear(&one);
        buf_append(&one, text, n);
        element(out, "p", one.data);
        text += n;
        text += strspn(text, "\n");
    }
    buf_release(&one);
}

/* ---- what must not end early, or meet a namesake ---- */

/* JSON inside <script>: "<" is written as its escape, so neither </script nor <!-- can appear. */
static void put_script_json(struct buf *out, const char *json)
{
    for (; *json; json++) {
        if (*json == '<')
            buf_puts(out, "\\u003c");
        else
            buf_putc(out, *json);
    }
}

static bool contains_end_of(const char *text, const char *end, const char *tag)
{
    size_t n = strlen(tag);
    for (; text + n <= end; text++)
        if (text[0] == '<' && strncasecmp(text, tag, n) == 0)
            return true;
    return false;
}

/* tag NULL: the text of a script, without its tag. */
static int put_asset(struct buf *out, const char *name, const char *tag, struct err *err)
{
    char closing[16];
    snprintf(closing, sizeof closing, "</%s", tag ? tag : "script");
    const struct asset *a = asset_find(name);
    if (!a)
        return err_set(err, ERR_UNSUPPORTED, "page: this program was built without %s", name);
    if (contains_end_of(a->data, a->end, closing))
        return err_set(err, ERR_FORMAT, "page: %s contains %s> and cannot be put into a page", name,
                       closing);
    if (tag)
        buf_printf(out, "<%s>\n", tag);
    buf_append(out, a->data, asset_size(a));
    if (tag)
        buf_printf(out, "\n</%s>\n", tag);
    return 0;
}

/*
 * Each SVG of Vega names its clip paths clip0, clip1 ...; on one page the second chart would be cut by
 * the paths of the first. Inside tags, ids and references get the number of the section before them.
 */
static void put_svg(struct buf *out, const char *svg, int i_section)
{
    static const char id[] = " id=\"", ref[] = "url(#";
    bool in_tag = false;
    while (*svg) {
        in_tag = *svg == '<' ? true : *svg == '>' ? false : in_tag;
        const char *found = !in_tag                                  ? NULL
                            : strncmp(svg, id, sizeof id - 1) == 0   ? id
                            : strncmp(svg, ref, sizeof ref - 1) == 0 ? ref
                                                                     : NULL;
        if (found) {
            buf_printf(out, "%ss%d-", found, i_section);
            svg += strlen(found);
        } else {
            buf_putc(out, *svg++);
        }
    }
}

/* ---- synthetic ---- */

static bool chart_is_synthetic(const struct json *spec)
{
    yyjson_val *meta = yyjson_obj_get(yyjson_obj_get(json_root(spec), "usermeta"), "perbit");
    return json_bool_or(meta, "synthetic", false);
}

/* Checks every chart and SVG; finds out whether anything on the page is synthetic. */
static int inspect(bool *is_synthetic, bool *has_chart, const struct html_page *page,
                   struct err *err)
{
    *is_synthetic = page->is_synthetic;
    *has_chart = false;
    for (int i = 0; i < page->n_sections; i++) {
        const struct html_section *s = &page->sections[i];
        if (s->frame && s->frame->is_synthetic)
            *is_synthetic = true;
        if (s->svg && (strncmp(s->svg, "<svg", 4) != 0 ||
                       contains_end_of(s->svg, s->svg + strlen(s->svg), "<script")))
            return err_set(err, ERR_FORMAT,
                           "page: section %d: the picture is not an SVG without scripts", i + 1);
        if (!s->chart)
            continue;
        struct json *spec = NULL;
        if (json_parse(&spec, s->chart, strlen(s->chart), "chart", err) < 0)
            return err_prefix(err, "page: section %d: ", i + 1);
        bool is_object = yyjson_is_obj(json_root(spec));
        *is_synthetic = *is_synthetic || (is_object && chart_is_synthetic(spec));
        *has_chart = true;
        json_close(spec);
        if (!is_object)
            return err_set(err, ERR_FORMAT, "page: section %d: the chart is not a JSON object",
                           i + 1);
    }
    return 0;
}

/* A drawn pattern, and not a background of the style sheet: printers leave backgrounds out. */
static void put_watermark(struct buf *out)
{
    buf_puts(
        out,
        "<svg class=\"watermark\" aria-hidden=\"true\" width=\"100%\" height=\"100%\"><defs>"
        "<pattern id=\"watermark\" width=\"420\" height=\"260\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(-24)\"><text x=\"10\" y=\"150\" font-size=\"60\" "
        "font-weight=\"bold\" fill=\"#c00000\" fill-opacity=\"0.12\" "
        "font-family=\"Helvetica, Arial, sans-serif\">SYNTHETIC</text></pattern></defs>"
        "<rect width=\"100%\" height=\"100%\" fill=\"url(#watermark)\"/></svg>\n"
        "<div class=\"banner\" role=\"note\"><strong>SYNTHETIC DATA.</strong> Made up to test the "
        "program. Nothing on this page was measured.</div>\n");
}

/* ---- the parts ---- */

static void put_facts(struct buf *out, const struct html_page *page)
{
    buf_puts(out, "<dl class=\"facts\">\n");
    for (int i = 0; i < page->n_facts; i++) {
        const struct html_fact *fact = &page->facts[i];
        const char *v = fact->value ? fact->value : "";
        element(out, "dt", fact->key);
        buf_puts(out, "<dd>");
        element(out, strchr(v, '\n') ? "pre" : "span", v);
        buf_puts(out, "</dd>\n");
    }
    buf_puts(out, "</dl>\n");
}

static bool is_missing(const struct frame *f, int row, int column)
{
    const struct frame_cell *c = frame_at(f, row, column);
    return !c->is_set || (f->columns[column].kind == FRAME_NUM && !isfinite(c->num));
}

/* data-v is what the page sorts by and saves: the full precision; a missing cell has none. */
static void put_cell(struct buf *out, const struct frame *f, int row, int column, struct buf *value)
{
    bool is_text = f->columns[column].kind == FRAME_TEXT;
    const char *tag = column == 0 ? "th scope=\"row\"" : "td";
    if (is_missing(f, row, column)) {
        buf_printf(out,
                   "<%s class=\"missing\"><span title=\"not measured\">\xe2\x80\x93</span></%s>",
                   tag, column == 0 ? "th" : "td");
        return;
    }
    buf_printf(out, "<%s class=\"%s\" data-v=\"", tag, is_text ? "text" : "num");
    buf_clear(value);
    frame_format_cell(value, f, row, column, true);
    html_escape(out, value->data);
    buf_puts(out, "\">");
    buf_clear(value);
    frame_format_cell(value, f, row, column, false);
    html_escape(out, value->data);
    buf_puts(out, column == 0 ? "</th>" : "</td>");
}

static void put_table(struct buf *out, const struct frame *f)
{
    struct buf value = BUF_INIT;
    buf_printf(out, "<div class=\"table\" data-tools=\"%s\" data-name=\"",
               f->n_rows >= FILTER_MIN_ROWS ? "filter csv" : "csv");
    html_escape(out, f->name);
    buf_puts(out, "\">\n<div class=\"scroll\" tabindex=\"0\">\n<table>\n<caption>");
    buf_puts(out, f->is_synthetic ? "SYNTHETIC: " : "");
    html_escape(out, f->name);
    buf_printf(out, ", %d row%s</caption>\n<thead><tr>", f->n_rows, f->n_rows == 1 ? "" : "s");
    for (int c = 0; c < f->n_columns; c++) {
        const struct frame_column *col = &f->columns[c];
        buf_printf(out, "<th scope=\"col\" class=\"%s\" data-name=\"",
                   col->kind == FRAME_TEXT ? "text" : "num");
        html_escape(out, col->name);
        buf_puts(out, "\">");
        html_escape(out, col->label);
        if (col->unit[0]) {
            buf_puts(out, " <small>(");
            html_escape(out, col->unit);
            buf_puts(out, ")</small>");
        }
        buf_puts(out, "</th>");
    }
    buf_puts(out, "</tr></thead>\n<tbody>\n");
    for (int r = 0; r < f->n_rows; r++) {
        buf_puts(out, "<tr>");
        for (int c = 0; c < f->n_columns; c++)
            put_cell(out, f, r, c, &value);
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody>\n</table>\n</div>\n</div>\n");
    buf_release(&value);
}

static void put_figure(struct buf *out, const struct html_section *s, int i)
{
    buf_puts(out, "<figure data-chart=\"");
    html_escape(out, s->chart_name ? s->chart_name : "");
    buf_puts(out, "\">\n<div class=\"chart\">");
    if (s->svg)
        put_svg(out, s->svg, i + 1);
    buf_puts(out, "</div>\n");
    if (s->chart) {
        buf_puts(out, "<script type=\"application/json\" class=\"spec\">");
        put_script_json(out, s->chart);
        buf_puts(out, "</script>\n<figcaption hidden>Click a name in the legend to single it out, with Shift to add one, "
                      "twice to show all again. Point at a mark for its numbers.</figcaption>\n");
    }
    buf_puts(out, "</figure>\n");
}

static void put_section(struct buf *out, const struct html_page *page, int i)
{
    const struct html_section *s = &page->sections[i];
    buf_printf(out, "<section id=\"section-%d\">\n%s", i + 1, s->is_folded ? "<details><summary>" : "");
    element(out, "h2", s->heading);
    buf_puts(out, s->is_folded ? "</summary>\n" : "");
    paragraphs(out, s->text);
    if (s->chart || s->svg)
        put_figure(out, s, i);
    if (s->frame)
        put_table(out, s->frame);
    buf_printf(out, "%s</section>\n", s->is_folded ? "</details>\n" : "");
}

/* What the scripts of page fill; without scripts it stays hidden, and the tables further down have the numbers. */
static void put_dashboard(struct buf *out, const struct html_page *page)
{
    if (!page->dashboard)
        return;
    if (page->live_version) {
        buf_puts(out, "<p id=\"live\" role=\"status\" data-version=\"");
        html_escape(out, page->live_version);
        buf_puts(out, "\">Live: new numbers appear as they are measured.</p>\n");
    }
    buf_puts(out,
             "<noscript><p>The table of variants, the filters and the comparison need scripts; all numbers are in the tables "
             "below.</p></noscript>\n<div id=\"dashboard\" hidden>\n"
             "<section aria-labelledby=\"h-advise\"><h2 id=\"h-advise\">Which one for this machine?</h2>\n"
             "<p>The variant with the highest low end of its interval among those that fit: what can be counted on.</p>\n"
             "<div id=\"advise\"></div></section>\n"
             "<section aria-labelledby=\"h-variants\"><h2 id=\"h-variants\">Variants</h2>\n"
             "<p class=\"key\">Ranks are shared where intervals do not tell variants apart. Verdicts are about the difference "
             "from the base, with their margin in points. \xe2\x80\x93 is not measured.</p>\n"
             "<div id=\"filters\"></div>\n<div class=\"tools\"><span id=\"count\" role=\"status\"></span>"
             "<button type=\"button\" id=\"save-csv\">Save view as CSV</button>"
             "<button type=\"button\" id=\"save-json\">Save view as JSON</button></div>\n"
             "<div id=\"variants\" class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of variants\"></div>\n"
             "<div id=\"missing\"></div></section>\n"
             "<section aria-labelledby=\"h-compare\"><h2 id=\"h-compare\">Compare</h2>\n"
             "<p id=\"compare-note\" role=\"status\"></p><div id=\"compare\"></div></section>\n</div>\n"
             "<script type=\"application/json\" id=\"data\">");
    put_script_json(out, page->dashboard);
    buf_puts(out, "</script>\n");
}

static void put_raw_data(struct buf *out, const struct html_page *page)
{
    if (page->n_raw_data == 0)
        return;
    buf_puts(out, "<p>Raw data:");
    for (int i = 0; i < page->n_raw_data; i++) {
        buf_puts(out, " <a href=\"");
        html_escape(out, page->raw_data[i]);
        buf_puts(out, "\">");
        html_escape(out, page->raw_data[i]);
        buf_puts(out, "</a>");
    }
    buf_puts(out, "</p>\n");
}

static void put_provenance(struct buf *out, const struct html_page *page)
{
    if (page->n_facts == 0 && !page->provenance && page->n_raw_data == 0)
        return;
    buf_puts(out, page->dashboard ? "<section id=\"provenance\"><details open><summary><h2>Provenance</h2></summary>\n"
                                  : "<section aria-label=\"Facts\">\n");
    put_facts(out, page);
    put_raw_data(out, page);
    if (page->provenance)
        put_table(out, page->provenance);
    buf_puts(out, page->dashboard ? "</details></section>\n" : "</section>\n");
}

static int put_head(struct buf *out, const struct html_page *page, bool is_synthetic,
                    struct err *err)
{
    buf_puts(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
        "'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:");
    buf_puts(out, page->live_version ? "; connect-src 'self'" : "");
    buf_puts(
        out,
        "\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    buf_puts(out, is_synthetic ? "SYNTHETIC: " : "");
    html_escape(out, page->title ? page->title : "Report");
    buf_puts(out, "</title>\n");
    if (put_asset(out, "page.css", "style", err) < 0)
        return -1;
    buf_puts(out, "</head>\n<body>\n");
    return 0;
}

static void put_footer(struct buf *out, const struct html_page *page)
{
    buf_puts(out, "<footer>\n");
    if (page->notes && page->notes[0]) {
        element(out, "h2", "Notes");
        paragraphs(out, page->notes);
    }
    buf_puts(out, "<p class=\"made\">made by perbit");
    if (page->version && page->version[0]) {
        buf_putc(out, ' ');
        html_escape(out, page->version);
    }
    buf_puts(out, "</p>\n</footer>\n");
}

/* The files of page/ are one script: they share names among themselves and with nothing else. */
static int put_page_script(struct buf *out, struct err *err)
{
    static const char *const files[] = {"dom.js",     "plain.js",  "data.js",    "stats.js",  "state.js", "filters.js", "table.js",
                                        "compare.js", "advise.js", "missing.js", "charts.js", "live.js",  "main.js"};
    buf_puts(out, "<script>\n(function () {\n\"use strict\";\n");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (put_asset(out, files[i], NULL, err) < 0)
            return -1;
    buf_puts(out, "})();\n</script>\n");
    return 0;
}

/* Vega, and the colours of charts on a dark screen. */
static int put_chart_engine(struct buf *out, struct err *err)
{
    static const char *const engine[] = {"vega.min.js", "vega-lite.min.js", "vega-embed.min.js"};
    const struct asset *dark = asset_find("theme_dark.json");
    if (!dark)
        return err_set(err, ERR_UNSUPPORTED, "page: this program was built without theme_dark.json");
    buf_puts(out, "<script type=\"application/json\" id=\"theme-dark\">");
    put_script_json(out, dark->data);
    buf_puts(out, "</script>\n");
    for (size_t i = 0; i < sizeof engine / sizeof engine[0]; i++)
        if (put_asset(out, engine[i], "script", err) < 0)
            return -1;
    return 0;
}

static void put_header(struct buf *out, const struct html_page *page)
{
    if (page->is_upcast)
        buf_puts(out, "<div class=\"banner upcast\" role=\"note\"><strong>UPCAST.</strong> A base level here has more bits "
                      "than its model's source file: its weights are no better than the source, and losses against it are "
                      "losses against an already quantized model. Variants concerned are marked \"upcast\".</div>\n");
    buf_puts(out, "<main>\n<header>\n");
    element(out, "h1", page->title);
    element(out, "p class=\"subtitle\"", page->subtitle);
    buf_puts(out, "</header>\n");
}

int html_write(struct buf *out, const struct html_page *page, struct err *err)
{
    struct buf html = BUF_INIT;
    bool is_synthetic, has_chart;
    int ret = -1;

    if (inspect(&is_synthetic, &has_chart, page, err) < 0 ||
        put_head(&html, page, is_synthetic, err) < 0)
        goto done;
    if (is_synthetic)
        put_watermark(&html);
    put_header(&html, page);
    if (!page->dashboard)
        put_provenance(&html, page);
    put_dashboard(&html, page);
    for (int i = 0; i < page->n_sections; i++)
        put_section(&html, page, i);
    if (page->dashboard)
        put_provenance(&html, page);
    put_footer(&html, page);
    buf_puts(&html, "</main>\n");
    if ((has_chart && put_chart_engine(&html, err) < 0) || put_page_script(&html, err) < 0)
        goto done;
    buf_puts(&html, "</body>\n</html>\n");
    buf_append(out, html.data, html.len);
    ret = 0;
done:
    buf_release(&html);
    return ret;
}
