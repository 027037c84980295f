/* The data set's card: a front matter that the Hub reads (configs, license, tags, size), then what a reader must know. */
#include <string.h>

#include "base/json.h"
#include "report/markup.h"
#include "study/export_internal.h"

#include "base/banned.h"

/* "n<1K" ... of the rows of all files, as the Hub counts them. */
static const char *size_category(int64_t n)
{
    static const struct {
        int64_t below;
        const char *name;
    } sizes[] = { { 1000, "n<1K" }, { 10000, "1K<n<10K" }, { 100000, "10K<n<100K" }, { 1000000, "100K<n<1M" },
                  { 10000000, "1M<n<10M" }, { 100000000, "10M<n<100M" } };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (n < sizes[i].below)
            return sizes[i].name;
    return "100M<n<1B";
}

/* A double-quoted YAML scalar is JSON's string, but for what JSON does not escape and YAML may not hold. */
static void yaml_str(struct buf *out, const char *key, const char *value)
{
    struct jw w;
    buf_printf(out, "%s: ", key);
    jw_init(&w, out);
    jw_str(&w, value);
    buf_putc(out, '\n');
}

static void write_head(struct buf *out, const struct exporter *x)
{
    int64_t n = 0;
    buf_puts(out, "---\n");
    yaml_str(out, "pretty_name", x->is_synthetic ? "SYNTHETIC: what quantization costs" : "What quantization costs: bang per bit");
    yaml_str(out, "license", x->license);
    buf_puts(out, "language:\n- en\ntask_categories:\n- text-generation\n- multiple-choice\ntags:\n- quantization\n- gguf\n- llama.cpp\n"
                  "- benchmark\n- perbit\n");
    if (x->is_synthetic)
        buf_puts(out, "- synthetic\n");
    for (int i = 0; i < EXPORT_CONFIGS; i++)
        n += x->configs[i].n_rows;
    buf_printf(out, "size_categories:\n- %s\n", size_category(n));
    bool is_first = true;
    for (int i = 0; i < EXPORT_CONFIGS; i++) {
        if (x->configs[i].n_rows == 0)
            continue;
        if (is_first)
            buf_puts(out, "configs:\n");
        buf_printf(out, "- config_name: %s\n  data_files: \"%s\"\n", x->configs[i].name, x->configs[i].files);
        if (is_first)
            buf_puts(out, "  default: true\n");
        is_first = false;
    }
    buf_puts(out, "---\n\n");
}

static const struct frame_cell *at(const struct frame *f, int row, const char *column)
{
    return frame_at(f, row, frame_column(f, column));
}

static void md_cell(struct buf *out, const struct frame *f, int row, const char *column)
{
    struct buf text = BUF_INIT;
    buf_puts(out, " | ");
    if (at(f, row, column)->is_set)
        frame_format_cell(&text, f, row, frame_column(f, column), false);
    markup_md(out, text.data);
    buf_release(&text);
}

static void write_levels(struct buf *out, const struct frame *f)
{
    static const char *const columns[] = { "level", "settings", "bpw", "size_gb", "loss_pct", "loss_lo_pct", "loss_hi_pct", "kl_nat",
                                           "prompt_tps", "gen_tps", "peak_gb", NULL };
    buf_puts(out, "## Levels\n\nLoss is of perplexity against the base level of the same model; the two columns after it are the ends "
                  "of its 95 % interval. An empty cell was not measured, or failed.\n\n| model");
    for (const char *const *c = columns; *c; c++) {
        const struct frame_column *k = &f->columns[frame_column(f, *c)];
        buf_printf(out, " | %s%s%s%s", k->label, *k->unit ? " (" : "", k->unit, *k->unit ? ")" : "");
    }
    buf_puts(out, " |\n|---");
    for (const char *const *c = columns; *c; c++)
        buf_puts(out, f->columns[frame_column(f, *c)].kind == FRAME_TEXT ? "|---" : "|---:");
    buf_puts(out, "|\n");
    for (int r = 0; r < f->n_rows; r++) {
        buf_puts(out, "| ");
        markup_md(out, at(f, r, "model")->text);
        for (const char *const *c = columns; *c; c++)
            md_cell(out, f, r, *c);
        buf_puts(out, " |\n");
    }
    buf_puts(out, "\n");
}

static void write_config(struct buf *out, const struct exporter *x, const struct export_config *c)
{
    if (c->n_rows == 0)
        return;
    buf_printf(out, "### %s\n\n%s %lld rows in `%s`.\n\n| column | is | unit | meaning |\n|---|---|---|---|\n", c->name, c->about,
               (long long)c->n_rows, c->files);
    if (x->is_synthetic)
        buf_puts(out, "| `data` | text |  | SYNTHETIC |\n");
    buf_printf(out, "%s\n", c->columns.data);
}

/* Machines and engines: each once, in the order of the cells. */
static void write_names(struct buf *out, struct exporter *x, const char *what, bool is_machine)
{
    const char *last = "";
    buf_printf(out, "- %s:", what);
    for (int i = 0; i < x->n_rows; i++) {
        const char *name = is_machine ? x->rows[i].machine_id : x->rows[i].engine;
        bool is_new = strcmp(name, last) != 0;
        for (int k = 0; is_new && k < i; k++)
            is_new = strcmp(is_machine ? x->rows[k].machine_id : x->rows[k].engine, name) != 0;
        if (is_new)
            buf_printf(out, " `%s`", name);
        last = name;
    }
    buf_puts(out, "\n");
}

static void write_provenance(struct buf *out, struct exporter *x)
{
    int n_failed = 0, n_done = 0;
    bool has_synthetic_weights = false;
    for (int i = 0; i < x->n_rows; i++) {
        has_synthetic_weights |= x->rows[i].has_synthetic_weights;
        n_failed += strcmp(x->rows[i].status, "failed") == 0;
        n_done += strcmp(x->rows[i].status, "done") == 0;
    }
    buf_printf(out, "## Where it comes from\n\n- program: perbit %s\n", PERBIT_VERSION);
    write_names(out, x, "engine", false);
    write_names(out, x, "machine (`metadata.json` describes it)", true);
    buf_printf(out, "- measured: %s to %s (UTC)\n- measurements: %d done, %d failed (with their reasons in `tables/cells.parquet`)\n\n",
               x->first, x->last, n_done, n_failed);
    if (has_synthetic_weights)
        buf_puts(out, "Models named \"(synthetic weights)\" have random weights in the shape of the real model: their speed and memory "
                      "were measured, nothing else of them says anything.\n\n");
    buf_puts(out, "Each file is named by its SHA-256, each measurement by the SHA-256 of everything that moves its result. Intervals are "
                  "computed from the stored values when the data set is written. Questions and reference answers of the tasks are not "
                  "part of it; `doc` is the number of a document in its own data set.\n\n"
                  "`results/<model>/<level>.json` holds the same figures a level, `speed/<machine>.csv` the speed of one machine, "
                  "`every_eval_ever/` the scores as records of Every Eval Ever, schema 0.3.0.\n");
}

int export_card(struct exporter *x, struct err *err)
{
    struct buf out = BUF_INIT;
    write_head(&out, x);
    buf_puts(&out, "# What quantization costs\n\n");
    if (x->is_synthetic)
        buf_puts(&out, "**SYNTHETIC DATA: made up to test the program. Nothing here was measured.**\n\n");
    buf_puts(&out, "Measured with perbit: models at several quantization levels, what each level loses against its base, how fast it is, "
                   "and how much memory it takes.\n\n");
    write_levels(&out, &x->levels);
    write_provenance(&out, x);
    buf_puts(&out, "\n## Columns\n\n");
    for (int i = 0; i < EXPORT_CONFIGS; i++)
        write_config(&out, x, &x->configs[i]);
    int rc = export_save(x, NULL, "README.md", &out, err);
    buf_release(&out);
    return rc;
}
