#include "study/pages.h"

#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/svg.h"
#include "report/writer.h"
#include "store/query.h"
#include "study/adapter.h"
#include "study/analyse.h"
#include "study/analyse_tasks.h"
#include "study/overview.h"
#include "study/questions.h"

enum { TABLE_ROWS_MAX = 1500, CHARTS_MAX = 12, FACTS_MAX = 16, RAW_MAX = 8 };

struct pages {
    struct store *store;
    struct arena *a;
    const char *dir; /* NULL: only the page, and no pictures in it */
    const struct pages_options *options;
    struct overview overview;
    struct questions questions;
    struct frame levels, lines, tasks, tasks_shown, speed, speed_shown, text, cells, failures;
    struct html_section sections[CHARTS_MAX + 6];
    int n_sections;
    struct html_fact facts[FACTS_MAX];
    int n_facts;
    const char *raw[RAW_MAX];
    int n_raw;
};

static const char *const notes =
    "Every number on this page was measured by perbit; intervals are 95 %. Losses are against the base level of the same "
    "model on the same text. Bits per weight are 8 x tensor bytes / parameters of the file, not the level's label: where a "
    "model's width is no multiple of 256, K-quants fall back to larger types.\n\n"
    "Perplexity and KL divergence on one text say how much a level changes a model, not how well it does a task. "
    "Speed and memory hold for the machine named above.";

/* A chart is drawn when the column that it is about has a value. */
static const struct {
    const char *chart, *column, *heading, *text;
} charts[] = {
    { "accuracy_size", "composite_pct", "Quality against size",
      "The composite of all tasks against the size of the file, and against peak memory where it was measured." },
    { "score_bpw", "score_pct", "Scores against bits per weight", "A panel a task: which tasks suffer first, and where each model breaks." },
    { "speed_quality", "composite_pct", "Speed against size, with quality", "What can be had at a quality: how small, and how fast." },
    { "recovery", "score_pct", "What adapters recover", "Each level without and with an adapter: a flatter line recovers what quantization loses." },
    { "retained", "retained_pct", "Share of the base's score", "What is left of the base's composite at each level." },
    { "flips", "flips_pct", "Answers that flipped", "A score can stay while its answers change: what was lost and gained on the same questions." },
    { "kl_flips", "kl_nat", "Divergence and flipped answers", "Whether divergence on a text foretells flipped answers." },
    { "perplexity_bpw", "loss_pct", "Loss against bits per weight",
      "Perplexity above the base, and KL divergence from it, against the measured bits per weight." },
    { "speed_size", "gen_tps", "Speed against file size",
      "Median tokens a second, generation and prompt, against the file's size." },
};

/* The levels as charts draw them: a line a model, and one more for each of its adapters. */
static void make_lines(struct pages *p)
{
    const struct frame *f = &p->levels;
    const int model = frame_column(f, "model"), adapter = frame_column(f, "adapter"), scale = frame_column(f, "adapter_scale");
    frame_init(&p->lines, f->name);
    p->lines.is_synthetic = f->is_synthetic;
    for (int c = 0; c < f->n_columns; c++)
        frame_set_label(&p->lines, frame_add_column(&p->lines, f->columns[c].name, f->columns[c].unit, f->columns[c].kind),
                        f->columns[c].label, f->columns[c].decimals);
    for (int r = 0; r < f->n_rows; r++) {
        frame_copy_row(&p->lines, f, r);
        if (frame_at(f, r, adapter)->is_set)
            frame_set_text(&p->lines, r, model,
                           arena_printf(p->a, "%s + %s", frame_at(f, r, model)->text,
                                        adapter_label(p->a, frame_at(f, r, adapter)->text, frame_at(f, r, scale)->num)));
    }
}

static bool has_values(const struct frame *f, const char *name)
{
    int column = frame_column(f, name);
    for (int r = 0; r < f->n_rows; r++)
        if (frame_at(f, r, column)->is_set)
            return true;
    return false;
}

static const struct frame *chart_frame(const struct pages *p, const char *chart)
{
    const struct frame *f = overview_frame(&p->overview, chart);
    return f ? f : &p->lines;
}

/* 1 and the spec; 0 when there is nothing to draw. */
static int make_spec(struct buf *spec, const struct pages *p, int i, struct err *err)
{
    const struct frame *f = chart_frame(p, charts[i].chart);
    if (f->n_rows == 0 || !has_values(f, charts[i].column))
        return 0;
    struct err why = {0};
    if (chart_spec(spec, chart_find(charts[i].chart), f, NULL, &why) == 0)
        return 1;
    if (why.code == ERR_RANGE) /* no row has both values of a point */
        return 0;
    *err = why;
    return -1;
}

static int save_file(const struct pages *p, const char *name, const struct buf *b, struct err *err)
{
    return fs_write(fs_join(p->a, p->dir, name), b->data, b->len, err);
}

static int add_chart(struct pages *p, int i, struct err *err)
{
    struct buf spec = BUF_INIT, svg = BUF_INIT;
    int ret = -1, rc = make_spec(&spec, p, i, err);
    if (rc < 0 || (rc > 0 && p->dir && (svg_render(&svg, spec.data, spec.len, NULL, err) < 0 ||
                                        save_file(p, arena_printf(p->a, "%s.svg", charts[i].chart), &svg, err) < 0)))
        goto done;
    if (rc > 0)
        p->sections[p->n_sections++] = (struct html_section){
            .heading = charts[i].heading, .text = charts[i].text, .chart = arena_strdup(p->a, spec.data),
            .chart_name = charts[i].chart, .svg = svg.len ? arena_strdup(p->a, svg.data) : NULL,
        };
    ret = 0;
done:
    buf_release(&spec);
    buf_release(&svg);
    return ret;
}

/* A table as CSV beside the page: what the page's numbers can be checked with. */
static int add_raw(struct pages *p, const char *name, const struct frame *f, struct err *err)
{
    struct buf csv = BUF_INIT;
    int rc = 0;
    if (!p->dir || f->n_rows == 0)
        return 0;
    const char *path = arena_printf(p->a, "data/%s.csv", name);
    writer_find("csv")->write(&csv, f);
    rc = save_file(p, path, &csv, err);
    buf_release(&csv);
    p->raw[p->n_raw++] = path;
    return rc;
}

static int add_all_raw(struct pages *p, struct err *err)
{
    if (p->dir && fs_mkdirs(fs_join(p->a, p->dir, "data"), err) < 0)
        return -1;
    return add_raw(p, "variants", &p->overview.variants, err) < 0 || add_raw(p, "scores", &p->overview.scores, err) < 0 ||
           add_raw(p, "levels", &p->levels, err) < 0 || add_raw(p, "tasks", &p->tasks, err) < 0 ||
           add_raw(p, "speed", &p->speed, err) < 0 || add_raw(p, "text", &p->text, err) < 0 || add_raw(p, "cells", &p->cells, err) < 0
               ? -1 : 0;
}

/* A very long table would be most of the page: it says where else it is. */
static void add_table(struct pages *p, const char *heading, const char *text, const struct frame *f)
{
    if (f->n_rows > TABLE_ROWS_MAX) {
        text = arena_printf(p->a, "%s\n\n%d rows, too many for this page: %s%s.csv, or perbit show.", text, f->n_rows,
                            p->dir ? "data/" : "", f->name);
        f = NULL;
    }
    if (!f || f->n_rows > 0)
        p->sections[p->n_sections++] = (struct html_section){ .heading = heading, .text = text, .frame = f, .is_folded = true };
}

static void add_fact(struct pages *p, const char *key, const char *value)
{
    if (value && *value && p->n_facts < FACTS_MAX)
        p->facts[p->n_facts++] = (struct html_fact){ key, value };
}

static const char *first_text(const struct frame *f, const char *column)
{
    const struct frame_cell *c = f->n_rows > 0 ? frame_at(f, 0, frame_column(f, column)) : NULL;
    return c && c->is_set ? c->text : NULL;
}

static void add_machine_facts(struct pages *p, const char *info)
{
    struct json *j;
    if (!info || json_parse(&j, info, strlen(info), "machine", NULL) < 0)
        return;
    yyjson_val *cpu = yyjson_obj_get(json_root(j), "cpu");
    add_fact(p, "Processor", arena_strdup(p->a, json_str_or(cpu, "model", NULL)));
    add_fact(p, "System", arena_strdup(p->a, json_str_or(json_root(j), "os_name", NULL)));
    json_close(j);
}

/* {"n_ctx":512,"repack":true} as "n_ctx 512, repack true". */
static const char *settings_text(struct arena *a, const char *settings)
{
    struct json *j;
    struct buf out = BUF_INIT;
    size_t i, n;
    yyjson_val *key, *value;
    if (json_parse(&j, settings, strlen(settings), "settings", NULL) < 0)
        return settings;
    yyjson_obj_foreach(json_root(j), i, n, key, value) {
        struct buf text = BUF_INIT;
        struct jw w;
        jw_init(&w, &text);
        jw_val(&w, value);
        buf_printf(&out, "%s%s %s", out.len ? ", " : "", yyjson_get_str(key),
                   yyjson_is_str(value) ? yyjson_get_str(value) : text.data);
        buf_release(&text);
    }
    json_close(j);
    const char *copy = arena_strdup(a, out.data);
    buf_release(&out);
    return copy;
}

/* The settings of the first measurement: the making of a file has next to none. */
static const char *measured_settings(struct arena *a, const struct frame *cells)
{
    int kind = frame_column(cells, "kind"), settings = frame_column(cells, "settings");
    for (int r = 0; r < cells->n_rows; r++)
        if (strcmp(frame_at(cells, r, kind)->text, "quantize") != 0)
            return settings_text(a, frame_at(cells, r, settings)->text);
    return NULL;
}

/* The commands that measured, each once. */
static int add_commands(struct pages *p, struct err *err)
{
    struct run_row *runs;
    struct buf text = BUF_INIT;
    int n;
    if (query_runs(p->store, p->a, &runs, &n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        bool is_known = false;
        for (int k = 0; k < i && !is_known; k++)
            is_known = strcmp(runs[k].command, runs[i].command) == 0 && strcmp(runs[k].study, runs[i].study) == 0;
        if (!is_known)
            buf_printf(&text, "%s%s%s%s", text.len ? "\n" : "", runs[i].command, runs[i].study[0] ? " " : "", runs[i].study);
    }
    if (text.len)
        add_fact(p, "Commands", arena_strdup(p->a, text.data));
    buf_release(&text);
    return 0;
}

static int add_facts(struct pages *p, struct err *err)
{
    const char *machine = first_text(&p->cells, "machine"), *info = NULL;
    if (machine && query_machine(p->store, p->a, machine, &info, err) < 0)
        return -1;
    add_machine_facts(p, info);
    add_fact(p, "perbit", PERBIT_VERSION);
    add_fact(p, "Engine", first_text(&p->cells, "engine"));
    add_fact(p, "First measured (UTC)", first_text(&p->cells, "started"));
    add_fact(p, "Settings", measured_settings(p->a, &p->cells));
    return add_commands(p, err);
}

/* Failed cells have a table of their own: a hole in a figure is explained, never silent. */
static void collect_failures(struct pages *p)
{
    static const char *const columns[] = { "model", "level", "adapter", "kind", "reason" };
    frame_init(&p->failures, "failures");
    p->failures.is_synthetic = p->cells.is_synthetic;
    for (int i = 0; i < 5; i++)
        frame_add_column(&p->failures, columns[i], "", FRAME_TEXT);
    for (int r = 0; r < p->cells.n_rows; r++) {
        if (strcmp(frame_at(&p->cells, r, frame_column(&p->cells, "status"))->text, "failed") != 0)
            continue;
        int row = frame_add_row(&p->failures);
        for (int i = 0; i < 5; i++)
            frame_set_text(&p->failures, row, i, frame_at(&p->cells, r, frame_column(&p->cells, columns[i]))->text);
    }
}

static void read_questions(struct pages *p)
{
    if (!p->options->rows)
        return;
    questions_read(&p->questions, p->overview.matrix, p->store, p->options->rows, QUESTIONS_BYTES);
    overview_set_questions(&p->overview, p->questions.of_task, p->questions.why);
}

static int read_frames(struct pages *p, struct err *err)
{
    if (overview_load(&p->overview, p->store, &p->options->matrix, p->options->margin_pct, err) < 0 ||
        analyse_levels(&p->levels, p->store, err) < 0 || analyse_tasks(&p->tasks, p->store, err) < 0 ||
        analyse_speed(&p->speed, p->store, err) < 0 ||
        analyse_text(&p->text, p->store, err) < 0 || analyse_cells(&p->cells, p->store, err) < 0)
        return -1;
    read_questions(p);
    make_lines(p);
    frame_select(&p->tasks_shown, &p->tasks, analyse_tasks_shown);
    frame_select(&p->speed_shown, &p->speed, analyse_speed_shown);
    collect_failures(p);
    if (p->levels.n_rows == 0)
        return err_set(err, ERR_RANGE, "%s: nothing was measured yet", store_path(p->store));
    return 0;
}

static void release(struct pages *p)
{
    overview_release(&p->overview);
    questions_release(&p->questions);
    frame_release(&p->levels);
    frame_release(&p->lines);
    frame_release(&p->tasks);
    frame_release(&p->tasks_shown);
    frame_release(&p->speed);
    frame_release(&p->speed_shown);
    frame_release(&p->text);
    frame_release(&p->cells);
    frame_release(&p->failures);
}

static void add_tables(struct pages *p)
{
    add_table(p, "Failed", "What could not be measured, and why.", &p->failures);
    add_table(p, "Levels",
              "One row a level of a model; where something was measured with several settings, a row for each of them. Loss and "
              "KL divergence are against the base level; \"95% low\" and \"95% high\" are the ends of a 95 % interval.",
              &p->levels);
    p->tasks_shown.name = "tasks";
    add_table(p, "Tasks",
              "Scores as lm-evaluation-harness defines them. Groups count every document alike, rows (macro) every task alike. "
              "SE is the standard error; \"95% low\" and \"95% high\" are Wilson's interval for right-or-wrong scores.",
              &p->tasks_shown);
    add_table(p, "Perplexity and KL divergence",
              "kl_self is the base against itself, kl_runtime the base against itself at a quarter of n_ubatch: what is below "
              "these says nothing about quantization. SE is a standard error, of single tokens or of chunks; percentiles are of "
              "the KL divergence of single tokens.", &p->text);
    p->speed_shown.name = "speed";
    add_table(p, "Speed",
              "pp512 processes a prompt of 512 tokens, tg128 generates 128 tokens. Mean, SD and median are of the runs; token p50 "
              "and p95 are times of single generated tokens. Bandwidth used: bytes of weights read a second, as a share of the "
              "memory bandwidth measured here.", &p->speed_shown);
}

static int build(struct pages *p, struct buf *out, const char *live_version, struct err *err)
{
    struct buf json = BUF_INIT;
    int ret = -1;
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++)
        if (add_chart(p, (int)i, err) < 0)
            goto done;
    add_tables(p);
    if (add_facts(p, err) < 0 || add_all_raw(p, err) < 0)
        goto done;
    dashboard_json(&json, &p->overview.dashboard);
    const struct html_page page = {
        .title = "What quantization costs", .subtitle = "perbit: bang per bit", .facts = p->facts, .n_facts = p->n_facts,
        .sections = p->sections, .n_sections = p->n_sections, .notes = notes, .version = PERBIT_VERSION,
        .dashboard = json.data, .provenance = &p->overview.provenance, .raw_data = p->raw, .n_raw_data = p->n_raw,
        .live_version = live_version, .is_synthetic = p->levels.is_synthetic, .is_upcast = p->overview.is_upcast,
    };
    ret = html_write(out, &page, err);
done:
    buf_release(&json);
    return ret;
}

int pages_write(struct store *s, const char *dir, const struct pages_options *options, struct arena *a, const char **out_page,
                struct err *err)
{
    struct pages p = { .store = s, .a = a, .dir = dir, .options = options };
    struct buf html = BUF_INIT;
    *out_page = fs_join(a, dir, "index.html");
    int rc = read_frames(&p, err) < 0 || fs_mkdirs(dir, err) < 0 || build(&p, &html, NULL, err) < 0 ||
                     fs_write(*out_page, html.data, html.len, err) < 0 ? -1 : 0;
    buf_release(&html);
    release(&p);
    return rc;
}

int pages_live_html(struct buf *out, struct store *s, const struct pages_options *options, const char *version, struct err *err)
{
    struct arena a;
    arena_init(&a);
    struct pages p = { .store = s, .a = &a, .options = options };
    int rc = read_frames(&p, err) < 0 ? -1 : build(&p, out, version, err);
    release(&p);
    arena_release(&a);
    return rc;
}

static int put_live_charts(struct jw *w, const struct pages *p, struct err *err)
{
    jw_key(w, "charts");
    jw_object(w);
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
        struct buf spec = BUF_INIT;
        int rc = make_spec(&spec, p, (int)i, err);
        if (rc > 0) {
            jw_key(w, charts[i].chart);
            jw_raw(w, spec.data);
        }
        buf_release(&spec);
        if (rc < 0)
            return -1;
    }
    jw_end(w);
    return 0;
}

int pages_live_json(struct buf *out, struct store *s, const struct pages_options *options, struct err *err)
{
    struct arena a;
    struct buf data = BUF_INIT;
    struct jw w;
    arena_init(&a);
    struct pages p = { .store = s, .a = &a, .options = options };
    int rc = read_frames(&p, err);
    if (rc == 0) {
        dashboard_json(&data, &p.overview.dashboard);
        jw_init(&w, out);
        jw_object(&w);
        jw_key(&w, "data");
        jw_raw(&w, data.data);
        rc = put_live_charts(&w, &p, err);
        jw_end(&w);
    }
    buf_release(&data);
    release(&p);
    arena_release(&a);
    return rc;
}
