#include "study/pages.h"

#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/svg.h"
#include "store/query.h"
#include "study/adapter.h"
#include "study/analyse.h"
#include "study/analyse_tasks.h"

enum { CHARTS_MAX = 8, FACTS_MAX = 16 };

struct pages {
    struct store *store;
    struct arena *a;
    const char *dir;
    struct frame levels, lines, tasks, tasks_shown, speed, speed_shown, text, cells, failures;
    struct html_section sections[CHARTS_MAX + 4];
    int n_sections;
    struct html_fact facts[FACTS_MAX];
    int n_facts;
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

static int add_chart(struct pages *p, int i, struct err *err)
{
    struct buf spec = BUF_INIT, svg = BUF_INIT;
    int ret = -1;
    if (chart_spec(&spec, chart_find(charts[i].chart), &p->lines, NULL, err) < 0 ||
        svg_render(&svg, spec.data, spec.len, NULL, err) < 0)
        goto done;
    const char *path = fs_join(p->a, p->dir, arena_printf(p->a, "%s.svg", charts[i].chart));
    if (fs_write(path, svg.data, svg.len, err) < 0)
        goto done;
    p->sections[p->n_sections++] = (struct html_section){
        .heading = charts[i].heading, .text = charts[i].text, .chart = arena_strdup(p->a, spec.data),
        .svg = arena_strdup(p->a, svg.data),
    };
    ret = 0;
done:
    buf_release(&spec);
    buf_release(&svg);
    return ret;
}

static void add_table(struct pages *p, const char *heading, const char *text, const struct frame *f)
{
    if (f->n_rows > 0)
        p->sections[p->n_sections++] = (struct html_section){ .heading = heading, .text = text, .frame = f };
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

static int add_facts(struct pages *p, struct err *err)
{
    const char *machine = first_text(&p->cells, "machine"), *info = NULL;
    if (machine && query_machine(p->store, p->a, machine, &info, err) < 0)
        return -1;
    add_machine_facts(p, info);
    add_fact(p, "Engine", first_text(&p->cells, "engine"));
    add_fact(p, "First measured (UTC)", first_text(&p->cells, "started"));
    add_fact(p, "Settings", measured_settings(p->a, &p->cells));
    return 0;
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

static int read_frames(struct pages *p, struct err *err)
{
    if (analyse_levels(&p->levels, p->store, err) < 0 || analyse_tasks(&p->tasks, p->store, err) < 0 ||
        analyse_speed(&p->speed, p->store, err) < 0 ||
        analyse_text(&p->text, p->store, err) < 0 || analyse_cells(&p->cells, p->store, err) < 0)
        return -1;
    make_lines(p);
    frame_select(&p->tasks_shown, &p->tasks, analyse_tasks_shown);
    frame_select(&p->speed_shown, &p->speed, analyse_speed_shown);
    collect_failures(p);
    if (p->levels.n_rows == 0)
        return err_set(err, ERR_RANGE, "%s: nothing was measured yet", store_path(p->store));
    return 0;
}

static int build(struct pages *p, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++)
        if (has_values(&p->levels, charts[i].column) && add_chart(p, (int)i, err) < 0)
            return -1;
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
    add_table(p, "Failed", "What could not be measured, and why.", &p->failures);
    if (add_facts(p, err) < 0)
        return -1;
    const struct html_page page = {
        .title = "What quantization costs", .subtitle = "perbit: bang per bit", .facts = p->facts, .n_facts = p->n_facts,
        .sections = p->sections, .n_sections = p->n_sections, .notes = notes, .version = PERBIT_VERSION,
        .is_synthetic = p->levels.is_synthetic,
    };
    return html_write(out, &page, err);
}

int pages_write(struct store *s, const char *dir, struct arena *a, const char **out_page, struct err *err)
{
    struct pages p = { .store = s, .a = a, .dir = dir };
    struct buf html = BUF_INIT;
    int ret = -1;
    *out_page = fs_join(a, dir, "index.html");
    if (read_frames(&p, err) < 0 || fs_mkdirs(dir, err) < 0 || build(&p, &html, err) < 0 ||
        fs_write(*out_page, html.data, html.len, err) < 0)
        goto done;
    ret = 0;
done:
    buf_release(&html);
    frame_release(&p.levels);
    frame_release(&p.lines);
    frame_release(&p.tasks);
    frame_release(&p.tasks_shown);
    frame_release(&p.speed);
    frame_release(&p.speed_shown);
    frame_release(&p.text);
    frame_release(&p.cells);
    frame_release(&p.failures);
    return ret;
}
