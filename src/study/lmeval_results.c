/* The results file: keys and their order as in lm-evaluation-harness's result_schema.py; the last one, "perbit", is
   lmeval_own.c's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    for (int f = 0; f < t->n_filters; f++)
        for (int k = 0; k < t->task->n_metrics; k++)
            write_total(w, r, t->task->metrics[t->order[k]].name, t->filters[f], &t->total[lmeval_at(t, f, t->order[k])]);
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
    if (g->n_pooled == 0)
        return;
    jw_key(w, "sample_count");
    jw_object(w);
    for (int k = 0; k < g->n_pooled; k++)
        jw_kint(w, lmeval_key(r, g->pooled[k].metric, "", g->pooled[k].filter), g->pooled[k].total.n);
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
    for (int k = 0; k < g->n_pooled; k++)
        write_total(w, r, g->pooled[k].metric, g->pooled[k].filter, &g->pooled[k].total);
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

static int write_version(struct jw *w, const struct lmeval_named *n, struct err *err)
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

static void write_flags(struct jw *w, const struct lmeval_named *n)
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
    struct lmeval_names all;
    lmeval_list(&all, r);
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

/* What was given on the command line, not what it was merged into. */
static int write_gen_kwargs(struct jw *w, const struct lmeval *r, struct err *err)
{
    const char *given;
    if (gen_options_given(&given, r->a, &r->plan->study->settings, err) < 0)
        return -1;
    jw_key(w, "gen_kwargs");
    jw_raw(w, given ? given : "null");
    return 0;
}

static int write_config(struct jw *w, const struct lmeval *r, struct err *err)
{
    const struct settings *s = &r->plan->study->settings;
    jw_key(w, "config");
    jw_object(w);
    jw_kstr(w, "model", "perbit");
    jw_key(w, "model_args");
    jw_object(w);
    jw_kstr(w, "path", r->variant->path);
    if (r->variant->adapter) {
        jw_kstr(w, "adapter", r->variant->adapter->path);
        jw_knum(w, "adapter_scale", r->variant->adapter->scale);
    }
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
    if (write_gen_kwargs(w, r, err) < 0)
        return -1;
    write_seeds(w, r);
    jw_end(w);
    return 0;
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
    if (write_config(&w, r, err) < 0)
        return -1;
    write_nulls(&w, (const char *const[]){ "git_hash", NULL });
    jw_knum(&w, "date", r->start_s);
    write_nulls(&w, (const char *const[]){ "pretty_env_info", "transformers_version", "lm_eval_version",
                                           "upper_git_hash", NULL });
    write_hashes(&w, r);
    if (write_prompting(&w, r, err) < 0)
        return -1;
    lmeval_own(&w, r);
    jw_end(&w);
    return 0;
}
