#include "study/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "core/quant.h"
#include "engine/backend.h"
#include "machine/machine.h"
#include "study/client.h"
#include "study/evaluation.h"
#include "study/synthetic.h"

int plan_inspect(struct modelfile *out, struct arena *a, const char *path, struct err *err)
{
    struct job job = { .name = "inspect", .models = { { path, 0 } }, .n_models = 1 };
    const char *text;
    opt_defaults(&settings_table, &job.settings, a);
    if (client_ask(&job, "modelfile", a, &text, err) < 0)
        return -1;
    return modelfile_parse(out, a, text, err);
}

/* --- models ------------------------------------------------------------------------------------ */

static const char *digest(struct arena *a, const char *path, struct err *err)
{
    char hex[SHA256_HEX_BYTES];
    const int rc = synthetic_is(path) ? synthetic_sha256(hex, path, err) : sha256_file_cached(hex, path, err);
    return rc < 0 ? NULL : arena_strdup(a, hex);
}

static void give_up(struct plan *p, struct plan_model *m, const struct err *err)
{
    m->reason = arena_strdup(&p->arena, err->msg);
}

static void read_adapter(struct plan *p, struct plan_adapter *out, const struct adapter *from)
{
    struct err err = { 0 };
    *out = (struct plan_adapter){ .name = from->name, .path = from->path, .scale = from->scale,
                                  .scale_text = adapter_scale_text(&p->arena, from->scale) };
    if (!fs_exists(from->path))
        err_set(&err, ERR_IO, "%s: no such file", from->path);
    else
        out->sha256 = digest(&p->arena, from->path, &err);
    if (out->sha256)
        return;
    char hex[SHA256_HEX_BYTES];
    sha256_bytes(hex, from->path, strlen(from->path));
    out->sha256 = arena_printf(&p->arena, "unreadable-%.32s", hex);
    out->reason = arena_strdup(&p->arena, err.msg);
}

/* A command measures files with the adapter that it was given, a study with it and without. */
static void read_adapters(struct plan *p, struct plan_model *m, const struct study_model *from, const struct adapter *given)
{
    const struct adapter *list = from->has_adapters ? from->adapters : given;
    m->n_adapters = from->has_adapters ? from->n_adapters : given->path != NULL;
    m->is_bare = p->study->n_levels > 0 || m->n_adapters == 0;
    m->adapters = arena_alloc(&p->arena, (size_t)(m->n_adapters + 1) * sizeof *m->adapters);
    for (int i = 0; i < m->n_adapters; i++)
        read_adapter(p, &m->adapters[i], &list[i]);
}

static void read_model(struct plan *p, struct plan_model *m, const struct study_model *from)
{
    struct err err = { 0 };
    m->path = from->path;
    m->name = from->name ? from->name : fs_basename(from->path);
    m->sha256 = "";
    m->imatrix_sha256 = "";
    m->imatrix = from->imatrix;
    m->file = (struct modelfile){ .path = from->path, .name = m->name };
    if (from->reason)
        err_set(&err, ERR_IO, "%s", from->reason);
    if (from->reason || plan_inspect(&m->file, &p->arena, from->path, &err) < 0 ||
        !(m->sha256 = digest(&p->arena, from->path, &err)) ||
        (from->imatrix && !(m->imatrix_sha256 = digest(&p->arena, from->imatrix, &err)))) {
        give_up(p, m, &err);
        /* a model that cannot be read still has a row: its path stands for its digest */
        char hex[SHA256_HEX_BYTES];
        sha256_bytes(hex, from->path, strlen(from->path));
        m->sha256 = arena_printf(&p->arena, "unreadable-%.32s", hex);
        m->imatrix_sha256 = m->imatrix_sha256 ? m->imatrix_sha256 : "";
    }
    if (!from->name && !m->reason)
        m->name = m->file.name;
    m->file.name = m->name;
    p->is_synthetic |= m->file.is_synthetic;
}

static int check_names(const struct plan *p, struct err *err)
{
    for (int i = 0; i < p->n_models; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(p->models[i].name, p->models[k].name) == 0)
                return err_set(err, ERR_USAGE, "two models are named '%s': give one of them a name", p->models[i].name);
    return 0;
}

static int check_adapters(const struct plan_model *m, int n_levels, struct err *err)
{
    if ((m->n_adapters + 1) * n_levels > PLAN_VARIANTS_MAX)
        return err_set(err, ERR_USAGE, "%s: %d levels with %d adapters and without: at most %d in one study", m->name, n_levels,
                       m->n_adapters, PLAN_VARIANTS_MAX);
    for (int i = 0; i < m->n_adapters; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(m->adapters[i].name, m->adapters[k].name) == 0 &&
                strcmp(m->adapters[i].scale_text, m->adapters[k].scale_text) == 0)
                return err_set(err, ERR_USAGE, "%s: two adapters are named '%s': give one of them a name", m->name,
                               m->adapters[i].name);
    return 0;
}

static int read_models(struct plan *p, struct err *err)
{
    struct adapter given = { 0 };
    if (p->study->settings.adapter && adapter_parse(&given, &p->arena, p->study->settings.adapter, "--adapter", err) < 0)
        return -1;
    p->n_models = p->study->n_models;
    p->models = arena_alloc(&p->arena, (size_t)(p->n_models + 1) * sizeof *p->models);
    for (int i = 0; i < p->n_models; i++) {
        read_model(p, &p->models[i], &p->study->models[i]);
        read_adapters(p, &p->models[i], &p->study->models[i], &given);
        if (check_adapters(&p->models[i], p->study->n_levels, err) < 0)
            return -1;
    }
    return check_names(p, err);
}

/* --- variants ---------------------------------------------------------------------------------- */

static const char *given_file(const struct study_model *m, const char *level)
{
    for (int i = 0; i < m->n_files; i++)
        if (strcmp(m->files[i].level, level) == 0)
            return m->files[i].path;
    return NULL;
}

static void plan_file(struct plan *p, struct plan_variant *v, const struct study_model *from)
{
    const char *given = given_file(from, v->level);
    v->is_given = given != NULL;
    v->is_source = !given && strcmp(v->level, v->model->file.label ? v->model->file.label : "") == 0;
    if (given || v->is_source)
        v->path = given ? given : v->model->path;
    else
        v->path = fs_join(&p->arena, study_out_dir(p->study, &p->arena),
                          arena_printf(&p->arena, "%s-%s%s.gguf", study_file_stem(&p->arena, v->model->name), v->level,
                                       v->imatrix_sha256[0] ? "-imat" : ""));
}

static bool uses_imatrix(const char *level)
{
    const struct quant_info *q = quant_find(level);
    return q && strcmp(q->family, "float") != 0;
}

static void set_adapter(struct plan *p, struct plan_variant *v, const struct plan_adapter *adapter)
{
    v->adapter = adapter;
    v->label = arena_printf(&p->arena, "%s+%s", v->level, adapter_label(&p->arena, adapter->name, adapter->scale));
    v->reason = v->reason ? v->reason : adapter->reason;
}

/* The same file with each of the model's adapters from first on. */
static void add_adapters(struct plan *p, struct plan_variant *bare, int first)
{
    for (int i = first; i < bare->model->n_adapters; i++) {
        struct plan_variant *v = &p->variants[p->n_variants++];
        *v = *bare;
        v->file_of = bare;
        set_adapter(p, v, &bare->model->adapters[i]);
    }
}

static void add_variant(struct plan *p, struct plan_model *m, const struct study_model *from, const char *level)
{
    struct plan_variant *v = &p->variants[p->n_variants++];
    v->model = m;
    v->level = v->label = level;
    v->reason = m->reason;
    v->imatrix_sha256 = uses_imatrix(level) ? m->imatrix_sha256 : "";
    v->is_base = p->study->base && strcmp(level, p->study->base) == 0;
    v->base_path = p->study->base_path;
    plan_file(p, v, from);
    add_adapters(p, v, 0);
}

/* n_levels 0: a command measures a file as it is. */
static void add_file_variant(struct plan *p, struct plan_model *m)
{
    struct plan_variant *v = &p->variants[p->n_variants++];
    const char *level = m->file.label ? m->file.label : "unknown";
    *v = (struct plan_variant){ .model = m, .level = level, .label = level, .imatrix_sha256 = "", .path = m->path,
                                .is_source = true, .reason = m->reason, .file = m->file,
                                .base_path = p->study->base_path };
    if (m->is_bare) {
        add_adapters(p, v, 0);
        return;
    }
    set_adapter(p, v, &m->adapters[0]);
    add_adapters(p, v, 1);
}

static void make_variants(struct plan *p)
{
    const struct study *s = p->study;
    int per_model = s->n_levels ? s->n_levels : 1;
    int n = 0;
    for (int i = 0; i < p->n_models; i++)
        n += per_model * (p->models[i].n_adapters + 1);
    p->variants = arena_alloc(&p->arena, (size_t)(n + 1) * sizeof *p->variants);
    for (int i = 0; i < p->n_models; i++) {
        if (s->n_levels == 0)
            add_file_variant(p, &p->models[i]);
        for (int k = 0; k < s->n_levels; k++)
            add_variant(p, &p->models[i], &s->models[i], s->levels[k]);
    }
}

struct plan_variant *plan_base(struct plan *p, const struct plan_model *m, const struct plan_adapter *adapter)
{
    for (int i = 0; i < p->n_variants; i++)
        if (p->variants[i].model == m && p->variants[i].is_base && p->variants[i].adapter == adapter)
            return &p->variants[i];
    return NULL;
}

/* --- tasks ------------------------------------------------------------------------------------- */

/* A task whose data cannot be read fails with the reason, for every level; others are asked. */
static void read_task(struct plan *p, struct evaluation *e, int i)
{
    struct plan_task *t = &p->tasks[i];
    struct err err = { 0 };
    char hex[SHA256_HEX_BYTES];
    t->name = arena_strdup(&p->arena, evaluation_task(e, i)->name);
    t->identity = evaluation_identity(e, i, &p->arena);
    t->writes = evaluation_task(e, i)->kind == ITEM_GENERATE;
    t->fact = evaluation_fact(e, i, &p->arena);
    if (evaluation_check(e, i, &err) < 0 || evaluation_data_sha256(hex, e, i, &err) < 0)
        t->reason = arena_strdup(&p->arena, err.msg);
    t->data_sha256 = t->reason ? "unreadable" : arena_strdup(&p->arena, hex);
}

static int read_tasks(struct plan *p, struct err *err)
{
    struct evaluation *e;
    if (!p->study->settings.tasks)
        return 0;
    if (evaluation_open(&e, &p->study->settings, err) < 0)
        return -1;
    p->n_tasks = evaluation_n(e);
    p->tasks = arena_alloc(&p->arena, (size_t)(p->n_tasks + 1) * sizeof *p->tasks);
    for (int i = 0; i < p->n_tasks; i++)
        read_task(p, e, i);
    evaluation_close(e);
    return 0;
}

/* --- cells ------------------------------------------------------------------------------------- */

static const char *base_identity(struct plan *p, const struct plan_variant *v, enum kind k)
{
    char hex[SHA256_HEX_BYTES];
    if (!kind_info(k)->needs_base)
        return "";
    if (!v->base_path)
        return arena_printf(&p->arena, "level:%s", p->study->base ? p->study->base : "");
    return sha256_file_cached(hex, v->base_path, NULL) < 0 ? "unreadable" : arena_printf(&p->arena, "sha256:%s", hex);
}

static struct plan_cell *add_cell(struct plan *p, struct plan_variant *v, enum kind k)
{
    const struct kind_info *info = kind_info(k);
    struct plan_cell *c = &p->cells[p->n_cells++];
    c->variant = v;
    c->kind = k;
    c->n_bytes = v->file.file_bytes ? v->file.file_bytes : v->model->file.file_bytes;
    c->identity = (struct identity){
        .model_sha256 = v->model->sha256, .adapter_sha256 = v->adapter ? v->adapter->sha256 : "",
        .adapter_scale = v->adapter ? v->adapter->scale_text : "", .level = v->level, .imatrix_sha256 = v->imatrix_sha256, .kind = info->name,
        .data_sha256 = info->needs_text ? p->text_sha256 : "", .base = base_identity(p, v, k),
        .settings = settings_json(&p->arena, &p->study->settings, info->groups, true), .engine = backend_build(),
        .machine = info->on_machine ? p->machine_id : "",
    };
    return c;
}

static void add_tasks(struct plan *p, struct plan_variant *v)
{
    for (int i = 0; i < p->n_tasks; i++) {
        struct plan_cell *c = add_cell(p, v, KIND_TASK);
        const struct settings *s = &p->study->settings;
        c->task = &p->tasks[i];
        c->identity.settings = settings_json(&p->arena, s, kind_task_groups(c->task->writes, s->apply_chat_template), true);
        c->identity.task = p->tasks[i].identity;
        c->identity.data_sha256 = p->tasks[i].data_sha256;
    }
}

static void add_measures(struct plan *p, struct plan_variant *v)
{
    for (int i = 0; i < p->study->n_measures; i++) {
        enum kind k = p->study->measures[i];
        add_cell(p, v, k);
        if (k == KIND_KL && v->is_base) {
            add_cell(p, v, KIND_KL_SELF);
            add_cell(p, v, KIND_KL_RUNTIME);
        }
    }
}

enum { CELLS_PER_VARIANT = KIND_COUNT + 2 };

static void make_cells(struct plan *p)
{
    p->cells = arena_alloc(&p->arena, (size_t)(p->n_variants * (CELLS_PER_VARIANT + p->n_tasks) + 1) * sizeof *p->cells);
    for (int i = 0; i < p->n_variants; i++) {
        if (p->study->n_levels && !p->variants[i].adapter && !synthetic_is(p->variants[i].model->path))
            add_cell(p, &p->variants[i], KIND_QUANTIZE);
        add_measures(p, &p->variants[i]);
        add_tasks(p, &p->variants[i]);
    }
}

static int read_status(struct plan *p, struct store *store, struct err *err)
{
    for (int i = 0; store && i < p->n_cells; i++) {
        struct store_cell found;
        int rc = store_cell_find(store, &p->cells[i].identity, &found, err);
        if (rc < 0)
            return -1;
        if (rc == 1) {
            p->cells[i].id = found.id;
            p->cells[i].status = found.status;
            p->cells[i].next_index = found.next_index;
        }
    }
    return 0;
}

static void read_text(struct plan *p)
{
    const char *path = p->study->settings.file;
    struct err err = { 0 };
    p->text_sha256 = path ? digest(&p->arena, path, &err) : "";
    if (p->text_sha256)
        return;
    p->text_sha256 = "unreadable";
    p->text_reason = arena_strdup(&p->arena, err.msg);
}

int plan_check_text(const struct plan *p, struct err *err)
{
    for (int i = 0; p->text_reason && i < p->n_cells; i++)
        if (kind_info(p->cells[i].kind)->needs_text)
            return err_set(err, ERR_IO, "%s", p->text_reason);
    return 0;
}

static int read_machine(struct plan *p, struct err *err)
{
    struct machine m;
    struct buf info = BUF_INIT;
    if (machine_load(&m, &p->arena, NULL, err) < 0)
        return -1;
    machine_json(&info, &m);
    p->machine_id = arena_strdup(&p->arena, m.id);
    p->machine_info = arena_strdup(&p->arena, info.data);
    buf_release(&info);
    return 0;
}

int plan_build(struct plan *out, const struct study *study, struct store *store, struct err *err)
{
    *out = (struct plan){ .study = study };
    arena_init(&out->arena);
    read_text(out);
    if (read_machine(out, err) < 0 || read_tasks(out, err) < 0 || read_models(out, err) < 0) {
        plan_release(out);
        return -1;
    }
    make_variants(out);
    make_cells(out);
    if (read_status(out, store, err) < 0) {
        plan_release(out);
        return -1;
    }
    return 0;
}

void plan_release(struct plan *p)
{
    arena_release(&p->arena);
}
