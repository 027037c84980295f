#include "study/pages.h"

#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "report/chart.h"
#include "report/svg.h"
#include "study/analyse.h"

struct pages {
    struct arena *a;
    const char *dir;
    struct frame levels;
    struct buf html;
};

static void put_escaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '&')
            buf_puts(out, "&amp;");
        else if (*s == '<')
            buf_puts(out, "&lt;");
        else if (*s == '>')
            buf_puts(out, "&gt;");
        else
            buf_putc(out, *s);
    }
}

static bool is_drawable(const struct chart *chart, const struct frame *f)
{
    const char *wanted = strcmp(chart->name, "speed_size") == 0 ? "gen_tps" : "loss_pct";
    int column = frame_column(f, wanted);
    for (int r = 0; r < f->n_rows; r++)
        if (frame_at(f, r, column)->is_set)
            return true;
    return false;
}

static int put_chart(struct pages *p, const struct chart *chart, struct err *err)
{
    struct buf spec = BUF_INIT, svg = BUF_INIT;
    int ret = -1;
    if (chart_spec(&spec, chart, &p->levels, NULL, err) < 0 || svg_render(&svg, spec.data, spec.len, NULL, err) < 0)
        goto done;
    const char *path = fs_join(p->a, p->dir, arena_printf(p->a, "%s.svg", chart->name));
    if (fs_write(path, svg.data, svg.len, err) < 0)
        goto done;
    buf_printf(&p->html, "<h2>%s</h2>\n<figure>", chart->title);
    buf_append(&p->html, svg.data, svg.len);
    buf_puts(&p->html, "</figure>\n");
    ret = 0;
done:
    buf_release(&spec);
    buf_release(&svg);
    return ret;
}

static void put_table_row(struct pages *p, int row)
{
    struct buf cell = BUF_INIT;
    buf_puts(&p->html, "<tr>");
    for (int c = 0; c < p->levels.n_columns; c++) {
        buf_clear(&cell);
        if (row < 0)
            buf_printf(&cell, "%s %s", p->levels.columns[c].label, p->levels.columns[c].unit);
        else
            frame_format_cell(&cell, &p->levels, row, c, false);
        buf_puts(&p->html, row < 0 ? "<th>" : "<td>");
        put_escaped(&p->html, cell.data);
    }
    buf_puts(&p->html, "\n");
    buf_release(&cell);
}

static void put_table(struct pages *p)
{
    buf_puts(&p->html, "<h2>All figures</h2>\n<div class=table><table>\n");
    for (int r = -1; r < p->levels.n_rows; r++)
        put_table_row(p, r);
    buf_puts(&p->html, "</table></div>\n");
}

static const char *const page_head =
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<title>perbit</title><style>body{font:16px sans-serif;max-width:72rem;margin:auto;padding:1rem}"
    "svg{max-width:100%;height:auto}.table{overflow:auto}td,th{padding:.2rem .5rem;text-align:right;white-space:nowrap}"
    ".synthetic{background:#c00;color:#fff;padding:1rem;font-weight:bold;position:sticky;top:0}</style>\n"
    "<h1>What quantization costs</h1>\n";

static int build(struct pages *p, struct err *err)
{
    buf_puts(&p->html, page_head);
    if (p->levels.is_synthetic)
        buf_puts(&p->html, "<p class=synthetic>SYNTHETIC: made with a fake engine; no number here was measured</p>\n");
    for (int i = 0; i < chart_n(); i++)
        if (is_drawable(chart_at(i), &p->levels) && put_chart(p, chart_at(i), err) < 0)
            return -1;
    put_table(p);
    buf_puts(&p->html, "<p>Made by perbit. Every number was measured; intervals are 95 %. docs/METHODS.md has the formulas."
                       "</html>\n");
    return 0;
}

int pages_write(struct store *s, const char *dir, struct arena *a, const char **out_page, struct err *err)
{
    struct pages p = { .a = a, .dir = dir, .html = BUF_INIT };
    int ret = -1;
    if (analyse_levels(&p.levels, s, err) < 0 || fs_mkdirs(dir, err) < 0)
        goto done;
    if (p.levels.n_rows == 0) {
        err_set(err, ERR_RANGE, "%s: nothing was measured yet", store_path(s));
        goto done;
    }
    *out_page = fs_join(a, dir, "index.html");
    if (build(&p, err) < 0 || fs_write(*out_page, p.html.data, p.html.len, err) < 0)
        goto done;
    ret = 0;
done:
    buf_release(&p.html);
    frame_release(&p.levels);
    return ret;
}
