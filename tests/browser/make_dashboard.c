/*
 * make_dashboard: dashboards of made-up studies for tests/browser/dashboard.sh, and every chart as a picture to look at.
 *
 *   make_dashboard DIR    full.html (11 models, 8 levels, 7 tasks, 27,000 questions), one.html (one model), level.html (one
 *                         level), gaps.html, ties.html, none.html (no task), hostile.html; NAME.svg, NAME.png, NAME.pdf
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/raster.h"
#include "report/svg.h"

#include "sample_study.h"

static void check(int result, const struct err *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_dashboard: %s\n", err->msg);
    exit(1);
}

static void save(const char *dir, const char *name, const char *extension, const struct buf *b)
{
    struct err err = {0};
    char *path = xasprintf("%s/%s.%s", dir, name, extension);
    check(fs_write(path, b->data, b->len, &err), &err);
    free(path);
}

static void save_pictures(const char *dir, const char *name, const struct buf *svg)
{
    struct err err = {0};
    struct buf png = BUF_INIT, pdf = BUF_INIT;
    check(raster_png(&png, svg->data, svg->len, 2, &err), &err);
    check(raster_pdf(&pdf, svg->data, svg->len, name, NULL, &err), &err);
    save(dir, name, "svg", svg);
    save(dir, name, "png", &png);
    save(dir, name, "pdf", &pdf);
    buf_release(&png);
    buf_release(&pdf);
}

enum { CHARTS_MAX = 8 };

struct page {
    struct html_section sections[CHARTS_MAX];
    struct buf spec[CHARTS_MAX], svg[CHARTS_MAX];
    int n;
};

static const struct frame *frame_of(const struct sample_study *s, const struct chart *c)
{
    return strcmp(c->name, "recovery") == 0 ? &s->recovery : c->panel_by ? &s->tasks : &s->levels;
}

static void add_chart(struct page *p, const struct sample_study *s, const struct chart *c)
{
    struct err err = {0};
    struct buf *spec = &p->spec[p->n], *svg = &p->svg[p->n];
    buf_init(spec);
    buf_init(svg);
    if (chart_spec(spec, c, frame_of(s, c), NULL, &err) < 0) {
        if (err.code != ERR_RANGE) /* else there is nothing to draw */
            check(-1, &err);
        buf_release(spec);
        return;
    }
    struct buf notes = BUF_INIT;
    check(svg_render(svg, spec->data, spec->len, &(struct svg_limits){.notes = &notes}, &err), &err);
    if (notes.len)
        fprintf(stderr, "make_dashboard: %s: %s", c->name, notes.data);
    buf_release(&notes);
    p->sections[p->n++] = (struct html_section){.heading = c->title, .chart = spec->data, .chart_name = c->name, .svg = svg->data};
}

static void put_provenance(struct frame *f)
{
    static const struct frame_spec columns[] = {{"model", "", "Model", FRAME_TEXT, 0}, {"sha256", "", "SHA-256 of the source", FRAME_TEXT, 0},
        {"engine", "", "Engine", FRAME_TEXT, 0}, {"machine", "", "Machine", FRAME_TEXT, 0}, {"command", "", "Command", FRAME_TEXT, 0}};
    frame_init(f, "provenance");
    f->is_synthetic = true;
    frame_add_columns(f, columns, 5);
    int row = frame_add_row(f);
    for (int c = 0; c < 5; c++)
        frame_set_text(f, row, c, c == 1 ? "0123456789abcdef (made up)" : "made up");
}

static void write_page(const char *dir, const char *name, struct sample_shape shape)
{
    static const struct html_fact facts[] = {{"Processor", "Made-up CPU, 8 cores"}, {"Commit", "0000000 (made up)"}, {"Command", "perbit run study.yaml\nperbit report out"}};
    static const char *const notes[] = {"A made-up note: two cells of other settings were left out."};
    static const char *const raw[] = {"data/variants.csv"};
    struct err err = {0};
    struct sample_study s;
    struct page p = {0};
    struct buf json = BUF_INIT, html = BUF_INIT;
    struct frame provenance;
    sample_study_make(&s, shape);
    put_provenance(&provenance);
    for (int i = 0; i < chart_n(); i++)
        if (strcmp(chart_at(i)->name, "perplexity_bpw") != 0 && strcmp(chart_at(i)->name, "speed_size") != 0)
            add_chart(&p, &s, chart_at(i));
    dashboard_json(&json, &(struct dashboard){.variants = &s.variants, .scores = &s.scores, .items = s.items, .n_items = shape.n_tasks,
                                              .margin_pct = 1, .notes = notes, .n_notes = shape.has_gaps});
    struct html_page page = {.title = "Bang per bit", .subtitle = "Made-up models", .facts = facts, .n_facts = 3, .sections = p.sections,
                             .n_sections = p.n, .version = "0.0.0", .dashboard = json.data, .provenance = &provenance,
                             .raw_data = raw, .n_raw_data = 1, .is_upcast = shape.n_models > 1};
    check(html_write(&html, &page, &err), &err);
    save(dir, name, "html", &html);
    if (strcmp(name, "full") == 0 || strcmp(name, "one") == 0)
        for (int i = 0; i < p.n; i++) {
            char *file = xasprintf("%s%s", p.sections[i].chart_name, strcmp(name, "full") == 0 ? "" : "_one");
            save_pictures(dir, file, &p.svg[i]);
            free(file);
        }
    for (int i = 0; i < p.n; i++) {
        buf_release(&p.spec[i]);
        buf_release(&p.svg[i]);
    }
    frame_release(&provenance);
    buf_release(&json);
    buf_release(&html);
    sample_study_release(&s);
}

int main(int n_args, char **args)
{
    struct err err = {0};
    if (n_args != 2) {
        fprintf(stderr, "usage: make_dashboard DIR\n");
        return 2;
    }
    check(fs_mkdirs(args[1], &err), &err);
    static const char evil[] = "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">'\"&";
    write_page(args[1], "full", (struct sample_shape){.n_models = 11, .n_levels = 8, .n_tasks = 7, .n_items = 27000, .has_adapters = true});
    write_page(args[1], "one", (struct sample_shape){.n_models = 1, .n_levels = 8, .n_tasks = 3, .n_items = 2000, .has_adapters = true});
    write_page(args[1], "level", (struct sample_shape){.n_models = 5, .n_levels = 1, .n_tasks = 3, .n_items = 2000});
    write_page(args[1], "gaps", (struct sample_shape){.n_models = 4, .n_levels = 4, .n_tasks = 3, .n_items = 2000, .has_gaps = true});
    write_page(args[1], "ties", (struct sample_shape){.n_models = 4, .n_levels = 4, .n_tasks = 3, .n_items = 2000, .has_ties = true});
    write_page(args[1], "none", (struct sample_shape){.n_models = 2, .n_levels = 3, .n_tasks = 0, .n_items = 0});
    write_page(args[1], "hostile", (struct sample_shape){.n_models = 2, .n_levels = 3, .n_tasks = 2, .n_items = 500, .evil = evil});
    return 0;
}
