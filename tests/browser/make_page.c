/*
 * make_page: writes report pages of made-up frames for tests/browser/test_report.sh, and for looking at.
 *
 *   make_page DIR      DIR/full.html, one.html, plain.html (no chart), hostile.html, and each chart as
 *                      NAME.svg, NAME.png, NAME.pdf
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

#include "sample_frames.h"

static void check(int result, const struct err *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "make_page: %s\n", err->msg);
    exit(1);
}

static void save(const char *dir, const char *name, const struct buf *b)
{
    struct err err = {0};
    char *path = xasprintf("%s/%s", dir, name);
    check(fs_write(path, b->data, b->len, &err), &err);
    free(path);
}

struct drawn {
    struct frame frame;
    struct buf spec, svg;
};

static void draw(struct drawn *d, const char *chart)
{
    struct err err = {0};
    buf_init(&d->spec);
    buf_init(&d->svg);
    check(chart_spec(&d->spec, chart_find(chart), &d->frame,
                     "Made-up corpus, n_ctx 512; made-up processor", &err),
          &err);
    check(svg_render(&d->svg, d->spec.data, d->spec.len, NULL, &err), &err);
}

static void drawn_release(struct drawn *d)
{
    frame_release(&d->frame);
    buf_release(&d->spec);
    buf_release(&d->svg);
}

static void save_pictures(const char *dir, const char *name, const struct drawn *d)
{
    struct err err = {0};
    struct buf png = BUF_INIT, pdf = BUF_INIT;
    char file[64];
    check(raster_png(&png, d->svg.data, d->svg.len, 2, &err), &err);
    check(raster_pdf(&pdf, d->svg.data, d->svg.len, name, NULL, &err), &err);
    snprintf(file, sizeof(file), "%s.svg", name);
    save(dir, file, &d->svg);
    snprintf(file, sizeof(file), "%s.png", name);
    save(dir, file, &png);
    snprintf(file, sizeof(file), "%s.pdf", name);
    save(dir, file, &pdf);
    buf_release(&png);
    buf_release(&pdf);
}

static const struct html_fact facts[] = {
    {"Processor", "Made-up CPU, 8 cores, 32 GiB"},
    {"Engine", "llama.cpp b0000 (made up)"},
    {"Corpus", "a made-up text, n_ctx 512"},
    {"Command", "perbit run study.yaml\nperbit report out"},
};

static const char notes[] =
    "Perplexities of models with different vocabularies cannot be compared; their losses can.\n\n"
    "Speeds hold for the machine above, with its load at that time.";

static void write_page(const char *dir, const char *file, int n_models, int n_levels)
{
    struct err err = {0};
    struct drawn text = {0}, speed = {0};
    sample_perplexity(&text.frame, n_models, n_levels);
    sample_speed(&speed.frame, n_models, n_levels);
    draw(&text, "perplexity_bpw");
    draw(&speed, "speed_size");
    save_pictures(dir, n_models > 1 ? "perplexity_bpw" : "perplexity_bpw_one", &text);
    save_pictures(dir, n_models > 1 ? "speed_size" : "speed_size_one", &speed);

    struct html_section sections[] = {
        {.heading = "What fewer bits cost",
         .text = "Loss against the unquantized base, on the same text.\n\nKL counts what "
                 "perplexity hides.",
         .chart = text.spec.data,
         .svg = text.svg.data,
         .frame = &text.frame},
        {.heading = "Speed",
         .chart = speed.spec.data,
         .svg = speed.svg.data,
         .frame = &speed.frame},
    };
    struct html_page page = {.title = "Bang per bit",
                             .subtitle = "Made-up models at eight levels, 2026-11-24",
                             .facts = facts,
                             .n_facts = 4,
                             .sections = sections,
                             .n_sections = 2,
                             .notes = notes,
                             .version = "0.0.0"};
    struct buf html = BUF_INIT;
    check(html_write(&html, &page, &err), &err);
    save(dir, file, &html);
    buf_release(&html);
    drawn_release(&text);
    drawn_release(&speed);
}

/* Tables only, and not synthetic: the frame's numbers are the row's own index. */
static void write_plain(const char *dir)
{
    struct err err = {0};
    struct frame f;
    frame_init(&f, "plain");
    int name = frame_add_column(&f, "name", "", FRAME_TEXT),
        n = frame_add_column(&f, "n", "", FRAME_INT);
    for (int i = 0; i < 3; i++) {
        int r = frame_add_row(&f);
        frame_set_text(&f, r, name, i == 0 ? "b" : i == 1 ? "a" : "c");
        if (i != 1)
            frame_set_int(&f, r, n, 10 - i);
    }
    struct html_section section = {.heading = "Plain", .frame = &f};
    struct html_page page = {.title = "Plain page", .sections = &section, .n_sections = 1};
    struct buf html = BUF_INIT;
    check(html_write(&html, &page, &err), &err);
    save(dir, "plain.html", &html);
    buf_release(&html);
    frame_release(&f);
}

/* Every name tries to become markup or a script; hacked = 1 would change the page's title. */
static void write_hostile(const char *dir)
{
    static const char evil[] =
        "</script><script>document.title='hacked'</script><img src=x onerror=\"document."
        "title='hacked'\">'\"&";
    struct err err = {0};
    struct drawn d = {0};
    sample_perplexity(&d.frame, 2, 4);
    for (int r = 0; r < 4; r++)
        frame_set_text(&d.frame, r, frame_column(&d.frame, "model"), evil);
    draw(&d, "perplexity_bpw");
    struct html_fact fact = {evil, evil};
    struct html_section section = {
        .heading = evil, .text = evil, .chart = d.spec.data, .svg = d.svg.data, .frame = &d.frame};
    struct html_page page = {.title = "unharmed",
                             .subtitle = evil,
                             .facts = &fact,
                             .n_facts = 1,
                             .sections = &section,
                             .n_sections = 1,
                             .notes = evil,
                             .version = evil};
    struct buf html = BUF_INIT;
    check(html_write(&html, &page, &err), &err);
    save(dir, "hostile.html", &html);
    buf_release(&html);
    drawn_release(&d);
}

int main(int n_args, char **args)
{
    struct err err = {0};
    if (n_args != 2) {
        fprintf(stderr, "usage: make_page DIR\n");
        return 2;
    }
    check(fs_mkdirs(args[1], &err), &err);
    write_page(args[1], "full.html", SAMPLE_MODELS, SAMPLE_LEVELS);
    write_page(args[1], "one.html", 1, 1);
    write_plain(args[1]);
    write_hostile(args[1]);
    return 0;
}
