/* The results file: keys and their order as in lm-evaluation-harness's result_schema.py; perbit's own stand under "perbit". */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend.h"
#include "store/query.h"
#include "study/lmeval.h"
#include "tasks/pyvalue.h"

#include "base/banned.h"

/* --- numbers of tasks and groups ---------------------------------------------------------------- */

static void write_se(struct jw *w, double se)
{
    if (isnan(se))
        jw_str(w, "N/A");
    else
        jw_num(w, se);
}

static void write_total(struct jw *w, const struct lmeval *r, const char *metric, const char *filter,
                        const struct total *t)
{
    jw_key(w, lmeval_key(r, metric, "", filter));
    jw_num(w, t->value);
    jw_key(w, lmeval_key(r, metric, "_stderr", filter));
    write_se(w, t->se);
}

static void write_task(struct jw *w, const struct lmeval *r, const struct lmeval_task *t)
{
    jw_key(w, t->task->name);
    jw_object(w);
    jw_kstr(w, "name", t->task->name);
    jw_kstr(w, "alias", t->task->alias);
    jw_kint(w, "sample_len", t->n);
    for (int k = 0; k < t->task->n_metrics; k++) {
        int m = t->order[k];
        write_total(w, r, t->task->metrics[m].name, lmeval_filter(t->task), &t->total[m]);
    }
    jw_end(w);
}

static int64_t documents_of(const struct lmeval *r, const struct lmeval_group *g)
{
    int64_t n = 0;
    for (int i = 0; i < g->n_tasks; i++)
        n += r->tasks[g->tasks[i]].n;
    return n;
}

static void write_counts(struct jw *w, const struct lmeval *r, const struct lmeval_group *g)
{
    bool is_open = false;
    for (int k = 0; k < g->group->n_metrics; k++) {
        const char *filter = lmeval_group_filter(r, g, g->group->metrics[k].name);
        if (!filter)
            continue;
        if (!is_open) {
            jw_key(w, "sample_count");
            jw_object(w);
        }
        is_open = true;
        jw_kint(w, lmeval_key(r, g->group->metrics[k].name, "", filter), g->total[k].n);
    }
    if (is_open)
        jw_end(w);
}

static void write_group(struct jw *w, const struct lmeval *r, const struct lmeval_group *g)
{
    jw_key(w, g->group->name);
    jw_object(w);
    jw_kstr(w, "alias", g->group->alias);
    jw_kstr(w, "name", g->group->name);
    if (g->group->n_metrics > 0)
        jw_kint(w, "sample_len", documents_of(r, g));
    for (int k = 0; k < g->group->n_metrics; k++) {
        const char *name = g->group->metrics[k].name, *filter = lmeval_group_filter(r, g, name);
        if (filter)
            write_total(w, r, name, filter, &g->total[k]);
    }
    write_counts(w, r, g);
    jw_end(w);
}

/* Inner groups before those that hold them. */
static void write_inside(struct jw *w, const struct lmeval *r, const struct suite_group *parent, bool only_with_metrics)
{
    const struct suite *s = evaluation_suite(r->evaluation);
    for (int i = 0; i < r->n_groups; i++) {
        const struct lmeval_group *g = &r->groups[i];
        if ((g->group->parent < 0 ? NULL : &s->groups[g->group->parent]) != parent)
            continue;
        write_inside(w, r, g->group, only_with_metrics);
        if (!only_with_metrics || g->group->n_metrics > 0)
            write_group(w, r, g);
    }
}

static void write_scores(struct jw *w, const struct lmeval *r)
{
    bool has_groups = false;
    jw_key(w, "results");
    jw_object(w);
    for (int i = 0; i < r->n_tasks; i++)
        write_task(w, r, &r->tasks[i]);
    write_inside(w, r, NULL, false);
    jw_end(w);
    for (int i = 0; i < r->n_groups; i++)
        has_groups |= r->groups[i].group->n_metrics > 0;
    if (!has_groups)
        return;
    jw_key(w, "groups");
    jw_object(w);
    write_inside(w, r, NULL, true);
    jw_end(w);
}

static void write_subtasks(struct jw *w, const struct lmeval *r)
{
    jw_key(w, "group_subtasks");
    jw_object(w);
    for (int i = 0; i < r->n_groups; i++) {
        jw_key(w, r->groups[i].group->name);
        jw_array(w);
        for (int k = 0; k < r->groups[i].n_children; k++)
            jw_str(w, r->groups[i].children[k]);
        jw_end(w);
    }
    jw_end(w);
}

/* --- what is listed by name, sorted -------------------------------------------------------------- */

/* A task or a group with its value: of n-shot a number, of higher_is_better three-valued flags. */
struct named {
    const char *name;
    const struct lmeval_task *task;
    const struct lmeval_group *group;
    int n_shots; /* -1: nothing is said */
    int n_flags;
    const char *flag[TASK_METRICS_MAX];
    int is_higher[TASK_METRICS_MAX]; /* 0, 1; -1: its members differ */
};

struct names {
    struct named *v;
    int n;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static struct named *find_named(struct names *all, const char *name)
{
    for (int i = 0; i < all->n; i++)
        if (strcmp(all->v[i].name, name) == 0)
            return &all->v[i];
    return NULL;
}

static void add_flag(struct named *n, const char *flag, int is_higher)
{
    for (int i = 0; i < n->n_flags; i++)
        if (strcmp(n->flag[i], flag) == 0) {
            n->is_higher[i] = n->is_higher[i] == is_higher ? is_higher : -1;
            return;
        }
    if (n->n_flags == TASK_METRICS_MAX)
        return;
    n->flag[n->n_flags] = flag;
    n->is_higher[n->n_flags++] = is_higher;
}

static void add_task(struct names *all, const struct lmeval *r, const struct lmeval_task *t)
{
    struct named *n = &all->v[all->n++];
    *n = (struct named){ .name = t->task->name, .task = t,
                         .n_shots = evaluation_num_fewshot(r->evaluation, t->i_task) };
    for (int m = 0; m < t->task->n_metrics; m++)
        add_flag(n, t->task->metrics[m].name, t->task->metrics[m].higher_is_better);
}

/* What all children that stand in the list so far agree on. Outer groups come first, as in the reference: of a group
   of groups it then says nothing. */
static void add_group(struct names *all, const struct lmeval_group *g)
{
    struct named n = { .name = g->group->name, .group = g, .n_shots = -1 };
    bool is_first = true;
    for (int i = 0; i < g->n_children; i++) {
        const struct named *child = find_named(all, g->children[i]);
        if (!child)
            continue;
        if (child->n_shots >= 0) {
            n.n_shots = is_first || n.n_shots == child->n_shots ? child->n_shots : -2;
            is_first = false;
        }
        for (int k = 0; k < child->n_flags; k++)
            add_flag(&n, child->flag[k], child->is_higher[k]);
    }
    all->v[all->n++] = n;
}

static void list_names(struct names *out, const struct lmeval *r)
{
    *out = (struct names){ .v = arena_alloc(r->a, (size_t)(r->n_tasks + r->n_groups + 1) * sizeof *out->v) };
    for (int i = 0; i < r->n_tasks; i++)
        add_task(out, r, &r->tasks[i]);
    for (int i = 0; i < r->n_groups; i++)
        add_group(out, &r->groups[i]);
    qsort(out->v, (size_t)out->n, sizeof *out->v, by_name);
}

static int write_version(struct jw *w, const struct named *n, struct err *err)
{
    jw_key(w, n->name);
    if (n->group) {
        jw_str(w, *n->group->group->version ? n->group->group->version : "N/A");
        return 0;
    }
    const struct yaml_node *metadata = yaml_find(n->task->task->config, "metadata");
    const struct yaml_node *version = metadata && metadata->kind == YAML_MAPPING ? yaml_find(metadata, "version") : NULL;
    if (version)
        return lmeval_yaml(w, version, err);
    jw_str(w, "Yaml");
    return 0;
}

static void write_flags(struct jw *w, const struct named *n)
{
    jw_key(w, n->name);
    jw_object(w);
    for (int i = 0; i < n->n_flags; i++) {
        jw_key(w, n->flag[i]);
        if (n->is_higher[i] < 0)
            jw_null(w);
        else
            jw_bool(w, n->is_higher[i]);
    }
    jw_end(w);
}

static int write_names(struct jw *w, const struct lmeval *r, struct err *err)
{
    struct names all;
    list_names(&all, r);
    jw_key(w, "configs");
    jw_object(w);
    for (int i = 0; i < all.n; i++) {
        if (!all.v[i].task)
            continue;
        jw_key(w, all.v[i].name);
        if (lmeval_config(w, r, all.v[i].task, err) < 0)
            return -1;
    }
    jw_end(w);
    jw_key(w, "versions");
    jw_object(w);
    for (int i = 0; i < all.n; i++)
        if (write_version(w, &all.v[i], err) < 0)
            return -1;
    jw_end(w);
    jw_key(w, "n-shot");
    jw_object(w);
    for (int i = 0; i < all.n; i++)
        if (all.v[i].n_shots >= 0)
            jw_kint(w, all.v[i].name, all.v[i].n_shots);
    jw_end(w);
    jw_key(w, "higher_is_better");
    jw_object(w);
    for (int i = 0; i < all.n; i++)
        if (all.v[i].task || all.v[i].n_flags > 0)
            write_flags(w, &all.v[i]);
    jw_end(w);
    return 0;
}

static void write_n_samples(struct jw *w, const struct lmeval *r)
{
    jw_key(w, "n-samples");
    jw_object(w);
    for (int i = 0; i < r->n_tasks; i++) {
        jw_key(w, r->tasks[i].task->name);
        jw_object(w);
        jw_kint(w, "original", r->tasks[i].n_rows);
        jw_kint(w, "effective", r->tasks[i].n);
        jw_end(w);
    }
    jw_end(w);
}

/* --- how it was run ----------------------------------------------------------------------------- */

static void write_nulls(struct jw *w, const char *const *names)
{
    for (; *names; names++) {
        jw_key(w, *names);
        jw_null(w);
    }
}

/* "--seed 5" stands for all four. */
static void write_seeds(struct jw *w, const struct lmeval *r)
{
    static const char *const names[] = { "random_seed", "numpy_seed", "torch_seed", "fewshot_seed" };
    int n;
    const char *const *parts = opt_split(r->a, r->plan->study->settings.seed, &n);
    for (int i = 0; i < 4; i++) {
        jw_key(w, names[i]);
        jw_int(w, strtoll(parts[n == 4 ? i : 0], NULL, 10));
    }
}

static void write_config(struct jw *w, const struct lmeval *r)
{
    const struct settings *s = &r->plan->study->settings;
    jw_key(w, "config");
    jw_object(w);
    jw_kstr(w, "model", "perbit");
    jw_key(w, "model_args");
    jw_object(w);
    jw_kstr(w, "path", r->variant->path);
    jw_end(w);
    jw_kint(w, "model_num_parameters", r->variant->model->file.n_params);
    jw_kstr(w, "model_dtype", r->variant->level);
    jw_kstr(w, "model_revision", NULL);
    jw_kstr(w, "model_sha", r->variant->is_source ? r->variant->model->sha256 : NULL);
    write_nulls(w, (const char *const[]){ "batch_size", NULL });
    jw_key(w, "batch_sizes");
    jw_array(w);
    jw_end(w);
    jw_kstr(w, "device", s->n_gpu_layers == 0 ? "cpu" : "gpu");
    write_nulls(w, (const char *const[]){ "use_cache", NULL });
    jw_key(w, "limit");
    if (s->limit > 0)
        jw_num(w, s->limit);
    else
        jw_null(w);
    jw_kint(w, "bootstrap_iters", 0); /* no error is made by resampling */
    write_nulls(w, (const char *const[]){ "gen_kwargs", NULL });
    write_seeds(w, r);
    jw_end(w);
}

static void write_hashes(struct jw *w, const struct lmeval *r)
{
    jw_key(w, "task_hashes");
    jw_object(w);
    for (int i = 0; i < r->n_tasks; i++)
        if (r->tasks[i].hash[0])
            jw_kstr(w, r->tasks[i].task->name, r->tasks[i].hash);
    jw_end(w);
}

static void write_hash_of(struct jw *w, const char *key, const char *text)
{
    char hex[SHA256_HEX_BYTES];
    if (text)
        sha256_bytes(hex, text, strlen(text));
    jw_kstr(w, key, text ? hex : NULL);
}

static void write_python_float(struct jw *w, const char *key, double v)
{
    struct buf text = BUF_INIT;
    py_print_float(&text, v);
    jw_kstr(w, key, text.data);
    buf_release(&text);
}

static int write_prompting(struct jw *w, const struct lmeval *r, struct err *err)
{
    const struct settings *s = &r->plan->study->settings;
    const char *chat = NULL, *system = s->system_instruction && *s->system_instruction ? s->system_instruction : NULL;
    if (r->n_tasks > 0 && query_fact(r->store, r->a, r->tasks[0].cell->id, "chat_template", &chat, err) < 0)
        return -1;
    jw_kstr(w, "model_source", "perbit");
    jw_kstr(w, "model_name", r->name);
    jw_kstr(w, "model_name_sanitized", r->sanitized);
    jw_kstr(w, "system_instruction", s->system_instruction);
    write_hash_of(w, "system_instruction_sha", system);
    jw_kbool(w, "fewshot_as_multiturn", s->fewshot_as_multiturn);
    jw_kstr(w, "chat_template", chat);
    write_hash_of(w, "chat_template_sha", chat);
    write_python_float(w, "total_evaluation_time_seconds", r->elapsed_s);
    return 0;
}

/* --- perbit's own ------------------------------------------------------------------------------- */

static void write_own_task(struct jw *w, const struct lmeval_task *t)
{
    jw_key(w, t->task->name);
    jw_object(w);
    jw_kstr(w, "definition", t->cell->task->identity);
    jw_kstr(w, "data_sha256", t->cell->task->data_sha256);
    jw_kint(w, "tokens_cut", t->n_cut);
    jw_key(w, "interval_95");
    jw_object(w);
    for (int k = 0; k < t->task->n_metrics; k++) {
        int m = t->order[k];
        jw_key(w, t->task->metrics[m].name);
        jw_object(w);
        jw_knum(w, "low", t->ci[m].low);
        jw_knum(w, "high", t->ci[m].high);
        jw_kstr(w, "method", t->is_wilson[m] ? "wilson" : "normal");
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

static void write_own_group(struct jw *w, const struct lmeval_group *g)
{
    jw_key(w, g->group->name);
    jw_object(w);
    jw_kint(w, "tasks", g->n_tasks);
    jw_kint(w, "tasks_missing", g->n_missing);
    for (int k = 0; k < g->group->n_metrics; k++) {
        jw_key(w, g->group->metrics[k].name);
        jw_object(w);
        jw_knum(w, "macro_mean", g->macro[k].value);
        jw_knum(w, "macro_stderr", g->macro[k].se);
        jw_end(w);
    }
    jw_end(w);
}

static void write_failed(struct jw *w, const struct lmeval *r)
{
    jw_key(w, "failed");
    jw_object(w);
    for (int i = 0; i < r->plan->n_cells; i++) {
        const struct plan_cell *c = &r->plan->cells[i];
        if (c->variant == r->variant && c->task && c->status != STORE_DONE)
            jw_kstr(w, c->task->name, c->reason ? c->reason : "not measured");
    }
    jw_end(w);
}

static void write_own(struct jw *w, const struct lmeval *r)
{
    static const char *const groups[] = { "task files", "tasks", "engine", NULL };
    struct buf file = BUF_INIT;
    modelfile_json(&file, r->variant->file.n_params ? &r->variant->file : &r->variant->model->file);
    jw_key(w, "perbit");
    jw_object(w);
    jw_kstr(w, "version", PERBIT_VERSION);
    jw_kstr(w, "engine", backend_build());
    jw_kstr(w, "results_as_of", "lm-evaluation-harness 0.4.13");
    jw_kbool(w, "synthetic", r->is_synthetic);
    jw_kstr(w, "model", r->variant->model->name);
    jw_kstr(w, "level", r->variant->level);
    jw_kstr(w, "source_sha256", r->variant->model->sha256);
    jw_key(w, "file");
    jw_raw(w, file.data);
    jw_key(w, "settings");
    jw_raw(w, settings_json(r->a, &r->plan->study->settings, groups, false));
    jw_kstr(w, "machine_id", r->plan->machine_id);
    jw_key(w, "machine");
    jw_raw(w, r->plan->machine_info);
    jw_key(w, "tasks");
    jw_object(w);
    for (int i = 0; i < r->n_tasks; i++)
        write_own_task(w, &r->tasks[i]);
    jw_end(w);
    jw_key(w, "groups");
    jw_object(w);
    for (int i = 0; i < r->n_groups; i++)
        write_own_group(w, &r->groups[i]);
    jw_end(w);
    write_failed(w, r);
    jw_end(w);
    buf_release(&file);
}

/* --- all ----------------------------------------------------------------------------------------- */

int lmeval_results(struct buf *out, const struct lmeval *r, struct err *err)
{
    struct jw w;
    jw_init(&w, out);
    jw_pretty(&w);
    jw_object(&w);
    if (r->is_synthetic)
        jw_kbool(&w, "synthetic", true);
    write_scores(&w, r);
    write_subtasks(&w, r);
    if (write_names(&w, r, err) < 0)
        return -1;
    write_n_samples(&w, r);
    write_config(&w, r);
    write_nulls(&w, (const char *const[]){ "git_hash", NULL });
    jw_knum(&w, "date", r->start_s);
    write_nulls(&w, (const char *const[]){ "pretty_env_info", "transformers_version", "lm_eval_version",
                                           "upper_git_hash", NULL });
    write_hashes(&w, r);
    if (write_prompting(&w, r, err) < 0)
        return -1;
    write_own(&w, r);
    jw_end(&w);
    return 0;
}
