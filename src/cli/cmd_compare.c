#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "cli/verdicts.h"
#include "core/kind.h"
#include "study/compare.h"

static const char *const groups[] = { "compare", "verdicts", "task files", "tasks", "engine", "store", "output", NULL };
static const char *const shown[] = { "task", "metric", "n", "value_a", "value_b", "difference", "lo", "hi", "lost", "gained", "flips", "changed", "p",
                                     "p_holm", "verdict", NULL };

/* What a side is. */
enum side_kind { SIDE_VARIANT, SIDE_SAMPLES, SIDE_MODEL };

struct side {
    enum side_kind kind;
    const char *text;    /* as given */
    const char *store;   /* of a variant: its file */
    const char *variant; /* "" for the only one */
};

/* --- what A and B are -------------------------------------------------------------------------- */

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool is_store(const char *path)
{
    char head[16] = "";
    FILE *f = fopen(path, "rb");
    const bool is_one = f && fread(head, 1, 15, f) == 15 && strncmp(head, "SQLite format 3", 15) == 0;
    if (f)
        fclose(f);
    return is_one;
}

/* STORE:VARIANT, STORE, or VARIANT of --store (perbit.db). */
static bool read_variant(struct side *out, struct invocation *in)
{
    const char *colon = strrchr(out->text, ':');
    if (is_store(out->text)) {
        out->store = out->text;
        out->variant = "";
        return true;
    }
    const char *path = colon ? arena_strndup(&in->arena, out->text, (size_t)(colon - out->text)) : NULL;
    if (path && is_store(path)) {
        out->store = path;
        out->variant = colon + 1;
        return true;
    }
    out->store = settings_store(&in->settings);
    out->variant = out->text;
    return !fs_exists(out->text) && is_store(out->store);
}

static int read_side(struct side *out, struct invocation *in, const char *text, struct err *err)
{
    *out = (struct side){ .text = text };
    if (read_variant(out, in)) {
        out->kind = SIDE_VARIANT;
        return 0;
    }
    if (!fs_exists(text))
        return err_set(err, ERR_USAGE, "%s: no such file, and no variant of a store (STORE:MODEL@LEVEL)", text);
    out->kind = fs_is_dir(text) || ends_with(text, ".jsonl") || ends_with(text, ".json") ? SIDE_SAMPLES : SIDE_MODEL;
    return 0;
}

/* --- output ------------------------------------------------------------------------------------ */

static int print_items(const struct compare *c, const struct settings *s, struct err *err)
{
    struct frame f;
    compare_items_frame(&f, c);
    int rc = verdicts_for_people(s) ? verdicts_table("Flipped questions", &f, s, NULL, err) : print_frame(&f, s, NULL, err);
    frame_release(&f);
    return rc;
}

static int print_tasks(const struct compare *c, const struct settings *s, struct err *err)
{
    struct frame f;
    compare_frame(&f, c);
    int rc = verdicts_for_people(s) ? verdicts_table("Task by task, A the first and B the second", &f, s, shown, err) : print_frame(&f, s, NULL, err);
    frame_release(&f);
    return rc;
}

static void say(const struct compare *c, const struct settings *s)
{
    verdicts_say(s, &c->sentence, *c->sentence ? 1 : 0, c->is_synthetic);
    for (int i = 0; i < c->n_tasks; i++)
        verdicts_say(s, &c->tasks[i].sentence, 1, false);
}

static int print(const struct compare *c, const struct settings *s, struct err *err)
{
    for (int i = 0; i < c->n_notes; i++)
        log_info("%s", c->notes[i]);
    if (!verdicts_for_people(s))
        return s->items ? print_items(c, s, err) : print_tasks(c, s, err);
    say(c, s);
    if (print_tasks(c, s, err) < 0)
        return -1;
    return s->items ? print_items(c, s, err) : 0;
}

static struct compare_options options_of(const struct settings *s)
{
    struct compare_options o = COMPARE_DEFAULT;
    o.margin = s->margin / 100;
    o.n_resamples = (int)s->resamples;
    return o;
}

/* --- the three ways ---------------------------------------------------------------------------- */

/* Variants of two stores, or of one that is given twice. */
static int compare_stores(struct invocation *in, const struct side side[2], struct store *const *stores, int n_stores, const char *where,
                          struct err *err)
{
    const struct compare_options o = options_of(&in->settings);
    struct matrix_options mo = verdicts_options(&in->settings, true);
    struct matrix *m;
    struct compare *c = NULL;
    int v[2], rc = 0;
    mo.bootstrap.n_resamples = 0;
    mo.has_text = false;
    mo.where = where;
    if (matrix_load(&m, stores, n_stores, &mo, err) < 0)
        return -1;
    verdicts_notes(m);
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = matrix_find(&v[i], m, n_stores > 1 ? i : 0, side[i].variant, err);
    if (rc == 0)
        rc = compare_variants(&c, m, v[0], v[1], &o, err);
    if (rc == 0 && in->settings.items)
        compare_read_texts(c, m, v[0], v[1], stores, &in->settings);
    if (rc == 0)
        rc = print(c, &in->settings, err);
    compare_close(c);
    matrix_close(m);
    return rc;
}

static int compare_given_variants(struct invocation *in, const struct side side[2], struct err *err)
{
    struct store *stores[2] = { NULL, NULL };
    const int n = fs_same_file(side[0].store, side[1].store) ? 1 : 2;
    int rc = 0;
    for (int i = 0; rc == 0 && i < n; i++)
        rc = store_open(&stores[i], side[i].store, STORE_READ, err);
    if (rc == 0)
        rc = compare_stores(in, side, stores, n, in->settings.where, err);
    for (int i = 0; i < 2; i++)
        store_close(stores[i]);
    return rc;
}

static int compare_given_samples(struct invocation *in, const struct side side[2], struct err *err)
{
    const struct compare_options o = options_of(&in->settings);
    struct compare *c;
    if (compare_samples(&c, side[0].text, side[1].text, &o, err) < 0)
        return -1;
    int rc = print(c, &in->settings, err);
    compare_close(c);
    return rc;
}

/* What was measured just now: settings with a comma in their value are not told from others. */
static const char *measured_now(struct invocation *in)
{
    struct json *j;
    struct buf b = BUF_INIT;
    size_t i, n;
    yyjson_val *key, *value;
    const char *text = settings_json(&in->arena, &in->settings, kind_info(KIND_TASK)->groups, true);
    if (json_parse(&j, text, strlen(text), "settings", NULL) < 0)
        return NULL;
    yyjson_obj_foreach(json_root(j), i, n, key, value) {
        struct buf v = BUF_INIT;
        struct jw w;
        jw_init(&w, &v);
        jw_val(&w, value);
        const char *shown_value = yyjson_is_str(value) ? yyjson_get_str(value) : v.data;
        if (!strchr(shown_value, ','))
            buf_printf(&b, "%s%s=%s", b.len ? "," : "", yyjson_get_str(key), shown_value);
        buf_release(&v);
    }
    json_close(j);
    const char *out = arena_strdup(&in->arena, b.data);
    buf_release(&b);
    return out;
}

/* Both files are measured first: the guide's quick start. */
static int compare_models(struct invocation *in, const struct side side[2], int *out_status, struct err *err)
{
    struct study study;
    struct store *store;
    const char *const paths[2] = { side[0].text, side[1].text };
    struct side both[2] = { side[0], side[1] };
    if (!in->settings.tasks)
        return err_set(err, ERR_USAGE, "missing option --tasks: two model files are measured first (perbit tasks lists tasks)");
    if (strcmp(paths[0], paths[1]) == 0)
        return err_set(err, ERR_USAGE, "%s against itself: nothing to compare", paths[0]);
    measure_files(&study, in, paths, 2, KIND_TASK);
    study.n_measures = 0;
    if (store_open(&store, in->settings.store ? in->settings.store : ":memory:", STORE_WRITE, err) < 0)
        return -1;
    *out_status = measure_study(&study, store, "compare", err);
    int rc = *out_status == EXIT_DONE || *out_status == EXIT_SOME_FAILED ? 0 : -1;
    for (int i = 0; i < 2; i++)
        both[i].variant = paths[i];
    if (rc == 0)
        rc = compare_stores(in, both, &store, 1, measured_now(in), err);
    store_close(store);
    return rc;
}

static int run(struct invocation *in, struct err *err)
{
    struct side side[2];
    int status = EXIT_DONE, rc = 0;
    for (int i = 0; i < 2; i++)
        if (read_side(&side[i], in, in->args[i], err) < 0)
            return EXIT_FAILED;
    if (side[0].kind != side[1].kind) {
        err_set(err, ERR_USAGE, "%s and %s: expected two variants of stores, two results of lm-eval, or two model files", side[0].text, side[1].text);
        return EXIT_FAILED;
    }
    if (side[0].kind == SIDE_VARIANT)
        rc = compare_given_variants(in, side, err);
    else if (side[0].kind == SIDE_SAMPLES)
        rc = compare_given_samples(in, side, err);
    else
        rc = compare_models(in, side, &status, err);
    return rc < 0 ? EXIT_FAILED : status;
}

const struct command cmd_compare = {
    .name = "compare", .synopsis = "A B [--margin POINTS] [--items]",
    .summary = "two variants on the same questions: what changed, and is it more than chance?",
    .details = "A and B are two variants of stores (STORE:MODEL@LEVEL, or MODEL@LEVEL of --store), two folders or files that\n"
               "lm-evaluation-harness or perbit wrote (--log_samples), or two model files, which are then measured first (--tasks,\n"
               "--limit ...). Task by task: both scores, the paired difference with its interval, right answers lost and gained,\n"
               "answers changed, McNemar's test, Holm over the tasks, and a verdict with its margin.\n",
    .min_args = 2, .max_args = 2, .groups = groups, .run = run,
};
