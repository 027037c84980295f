/* What a results file says under "perbit": intervals, digests, settings, the machine. */
#include <string.h>

#include "engine/backend.h"
#include "study/lmeval.h"

#include "base/banned.h"

static void write_own_task(struct jw *w, const struct lmeval *r, const struct lmeval_task *t)
{
    jw_key(w, t->task->name);
    jw_object(w);
    jw_kstr(w, "definition", t->cell->task->identity);
    jw_kstr(w, "data_sha256", t->cell->task->data_sha256);
    jw_kint(w, "tokens_cut", t->n_cut);
    if (t->task->kind == ITEM_GENERATE) {
        jw_kint(w, "ended_at_token_limit", t->n_limit);
        jw_kint(w, "without_answer", t->n_error);
        jw_knum(w, "reasoning_tokens_mean", t->reasoning.value);
        jw_knum(w, "reasoning_tokens_stderr", t->reasoning.se);
    }
    if (t->task->rubric)
        jw_kint(w, "unreadable_scores", t->n - t->total[0].n);
    jw_key(w, "interval_95");
    jw_object(w);
    for (int k = 0; k < t->n_filters * t->task->n_metrics; k++) {
        int m = t->order[k % t->task->n_metrics], f = k / t->task->n_metrics, at = lmeval_at(t, f, m);
        const char *name = t->task->metrics[m].name;
        jw_key(w, t->n_filters > 1 ? lmeval_key(r, name, "", t->filters[f]) : name);
        jw_object(w);
        jw_knum(w, "low", t->ci[at].low);
        jw_knum(w, "high", t->ci[at].high);
        jw_kstr(w, "method", t->is_wilson[at] ? "wilson" : "normal");
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

static void write_own_group(struct jw *w, const struct lmeval *r, const struct lmeval_group *g)
{
    jw_key(w, g->group->name);
    jw_object(w);
    jw_kint(w, "tasks", g->n_tasks);
    jw_kint(w, "tasks_missing", g->n_missing);
    for (int k = 0; k < g->n_pooled; k++) {
        const struct lmeval_pooled *p = &g->pooled[k];
        bool has_filter = strcmp(p->filter, "none") != 0;
        jw_key(w, has_filter ? lmeval_key(r, p->metric, "", p->filter) : p->metric);
        jw_object(w);
        jw_knum(w, "macro_mean", p->macro.value);
        jw_knum(w, "macro_stderr", p->macro.se);
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

void lmeval_own(struct jw *w, const struct lmeval *r)
{
    static const char *const groups[] = { "task files", "tasks", "generation", "thinking", "engine", NULL };
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
    if (r->variant->adapter) {
        jw_kstr(w, "adapter", r->variant->adapter->name);
        jw_kstr(w, "adapter_sha256", r->variant->adapter->sha256);
        jw_knum(w, "adapter_scale", r->variant->adapter->scale);
    }
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
        write_own_task(w, r, &r->tasks[i]);
    jw_end(w);
    jw_key(w, "groups");
    jw_object(w);
    for (int i = 0; i < r->n_groups; i++)
        write_own_group(w, r, &r->groups[i]);
    jw_end(w);
    write_failed(w, r);
    jw_end(w);
    buf_release(&file);
}
