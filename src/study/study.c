#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/units.h"
#include "base/yaml.h"
#include "core/quant.h"
#include "hub/spec.h"

/* Collects every mistake of a file, so that one reading shows them all. */
struct reader {
    struct arena *a;
    struct study *study;
    const char *dir;   /* of the study file: paths are relative to it */
    const char **mistakes; /* [n_mistakes], in the arena; at most MISTAKES_MAX */
    int n_mistakes;
    const struct yaml_node *tiers; /* or NULL */
};
enum { MISTAKES_MAX = 100 };

static void add_mistake(struct reader *r, const char *text)
{
    if (r->n_mistakes < MISTAKES_MAX)
        r->mistakes[r->n_mistakes++] = arena_strdup(r->a, text);
}

static void complain(struct reader *r, const struct yaml_node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(struct reader *r, const struct yaml_node *at, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;
    buf_printf(&text, "%s:%d:%d: ", at->file, at->line, at->col);
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    add_mistake(r, text.data);
    buf_release(&text);
}

static const char *text_of(struct reader *r, const struct yaml_node *node, const char *key)
{
    if (node->kind == YAML_SCALAR && !yaml_is_null(node) && *node->text)
        return node->text;
    complain(r, node, "%s: expected a text, found %s", key,
             node->kind == YAML_SCALAR ? "nothing" : yaml_kind_name(node));
    return NULL;
}

static const char *hub_text(struct reader *r, const struct yaml_node *node, const char *key, const char *text)
{
    struct hub_spec spec;
    struct err err = { 0 };
    if (hub_spec_parse(&spec, r->a, text, &err) < 0)
        complain(r, node, "%s: %s", key, err.msg);
    return text;
}

static const char *path_of(struct reader *r, const struct yaml_node *node, const char *key)
{
    const char *text = text_of(r, node, key);
    if (text && hub_spec_is(text))
        return hub_text(r, node, key, text);
    return text && text[0] != '/' ? fs_join(r->a, r->dir, text) : text;
}

static const char *level_of(struct reader *r, const struct yaml_node *node, const char *key)
{
    const char *text = text_of(r, node, key);
    const struct quant_info *q = NULL;
    struct err err = { 0 };
    if (text && quant_parse(&q, text, &err) < 0)
        complain(r, node, "%s: %s", key, err.msg);
    return q ? q->name : NULL;
}

/* A list; anything else stands for a list of one, which *node itself then is. */
static int items_of(const struct yaml_node *const *node, const struct yaml_node *const **out)
{
    bool is_list = (*node)->kind == YAML_SEQUENCE;
    *out = is_list ? (const struct yaml_node *const *)(*node)->items : node;
    return is_list ? (*node)->n : 1;
}

static void read_levels(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = items_of(&node, &items);
    const char **levels = arena_alloc(r->a, (size_t)(n + 1) * sizeof *levels);
    int n_levels = 0;
    for (int i = 0; i < n; i++) {
        const char *level = level_of(r, items[i], "levels");
        for (int k = 0; level && k < n_levels; k++)
            if (strcmp(levels[k], level) == 0) {
                complain(r, items[i], "levels: '%s' stands twice", level);
                level = NULL;
            }
        if (level)
            levels[n_levels++] = level;
    }
    r->study->levels = levels;
    r->study->n_levels = n_levels;
}

static void complain_measure(struct reader *r, const struct yaml_node *node, const char *text)
{
    const char *names[KIND_COUNT];
    struct buf all = BUF_INIT;
    int n = 0;
    for (int k = 0; k < KIND_COUNT; k++)
        if (kind_info((enum kind)k)->in_measures) {
            names[n++] = kind_info((enum kind)k)->name;
            buf_printf(&all, "%s%s", n > 1 ? ", " : "", names[n - 1]);
        }
    const char *near = opt_nearest(text, names, n);
    if (near)
        complain(r, node, "measures: unknown measure '%s'; did you mean '%s'?", text, near);
    else
        complain(r, node, "measures: '%s' is not one of: %s", text, all.data);
    buf_release(&all);
}

static void read_measures(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = items_of(&node, &items);
    r->study->n_measures = 0;
    for (int i = 0; i < n; i++) {
        const char *text = text_of(r, items[i], "measures");
        enum kind k = text ? kind_find(text) : KIND_COUNT;
        if (text && (k == KIND_COUNT || !kind_info(k)->in_measures))
            complain_measure(r, items[i], text);
        else if (text && r->study->n_measures < KIND_COUNT)
            r->study->measures[r->study->n_measures++] = k;
    }
}

static void read_files(struct reader *r, struct study_model *m, const struct yaml_node *node)
{
    if (node->kind != YAML_MAPPING) {
        complain(r, node, "files: expected a mapping from level to path, found %s", yaml_kind_name(node));
        return;
    }
    struct study_file *files = arena_alloc(r->a, (size_t)(node->n + 1) * sizeof *files);
    for (int i = 0; i < node->n; i++) {
        files[i].level = level_of(r, node->keys[i], "files");
        files[i].path = path_of(r, node->items[i], "files");
    }
    m->files = files;
    m->n_files = node->n;
}

static const char *const adapter_keys[] = { "name", "path", "scale" };
static const char *const model_keys[] = { "name", "path", "hub", "revision", "file", "imatrix", "files", "adapters", "config" };
enum { N_MODEL_KEYS = sizeof model_keys / sizeof model_keys[0] };

static void complain_key(struct reader *r, const struct yaml_node *key, const char *where, const char *const *known,
                         int n)
{
    struct buf hint = BUF_INIT;
    opt_suggest(&hint, key->text, known, n);
    complain(r, key, "%sunknown key '%s'%s", where, key->text, hint.data);
    buf_release(&hint);
}

static void read_adapter_text(struct reader *r, struct adapter *out, const struct yaml_node *node)
{
    const char *path = path_of(r, node, "adapters");
    struct err err = { 0 };
    if (path && adapter_parse(out, r->a, path, "adapters", &err) < 0)
        complain(r, node, "%s", err.msg);
}

/* Keys of a mapping in any order: the path first, whose name and scale the others replace. */
static void read_adapter(struct reader *r, struct adapter *out, const struct yaml_node *node)
{
    const struct yaml_node *path = node->kind == YAML_MAPPING ? yaml_find(node, "path") : node;
    struct err err = { 0 };
    *out = (struct adapter){ .name = "", .scale = 1 };
    if (!path || path->kind != YAML_SCALAR) {
        complain(r, node, "adapters: expected FILE, FILE:SCALE or a mapping with path, scale and name");
        return;
    }
    read_adapter_text(r, out, path);
    for (int i = 0; node != path && i < node->n; i++) {
        const char *key = node->keys[i]->text, *text = text_of(r, node->items[i], key);
        if (strcmp(key, "name") == 0)
            out->name = text ? text : "";
        else if (strcmp(key, "scale") == 0 && text && adapter_scale(&out->scale, text, "adapters", &err) < 0)
            complain(r, node->items[i], "%s", err.msg);
        else if (strcmp(key, "scale") != 0 && strcmp(key, "path") != 0)
            complain_key(r, node->keys[i], "adapters: ", adapter_keys, 3);
    }
}

static void read_adapters(struct reader *r, struct study_model *m, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = yaml_is_null(node) ? 0 : items_of(&node, &items);
    struct adapter *adapters = arena_alloc(r->a, (size_t)(n + 1) * sizeof *adapters);
    for (int i = 0; i < n; i++)
        read_adapter(r, &adapters[i], items[i]);
    m->adapters = adapters;
    m->n_adapters = n;
    m->has_adapters = true;
}

/* hub, revision and file as one: hub:REPO@REVISION:FILE */
static void read_hub(struct reader *r, struct study_model *m, const struct yaml_node *node)
{
    const struct yaml_node *repo = yaml_find(node, "hub"), *revision = yaml_find(node, "revision"),
                           *file = yaml_find(node, "file");
    const char *name = repo ? text_of(r, repo, "hub") : NULL;
    const char *of = revision ? text_of(r, revision, "revision") : NULL, *path = file ? text_of(r, file, "file") : NULL;
    if (!repo && (revision || file))
        complain(r, revision ? revision : file, "models: revision and file belong to hub (a repository)");
    if (repo && yaml_find(node, "path"))
        complain(r, repo, "models: path and hub name two files; expected one of them");
    if (name)
        m->path = hub_text(r, repo, "hub", arena_printf(r->a, "%s%s%s%s%s%s", hub_spec_is(name) ? "" : "hub:", name,
                                                        of ? "@" : "", of ? of : "", path ? ":" : "", path ? path : ""));
}

static void read_model(struct reader *r, struct study_model *m, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) { /* a bare path */
        m->path = path_of(r, node, "models");
        return;
    }
    if (node->kind != YAML_MAPPING) {
        complain(r, node, "models: expected a path or a mapping, found %s", yaml_kind_name(node));
        return;
    }
    for (int i = 0; i < node->n; i++) {
        const char *key = node->keys[i]->text;
        const struct yaml_node *v = node->items[i];
        if (strcmp(key, "name") == 0)
            m->name = text_of(r, v, key);
        else if (strcmp(key, "path") == 0)
            m->path = path_of(r, v, key);
        else if (strcmp(key, "imatrix") == 0)
            m->imatrix = path_of(r, v, key);
        else if (strcmp(key, "files") == 0)
            read_files(r, m, v);
        else if (strcmp(key, "adapters") == 0)
            read_adapters(r, m, v);
        else if (strcmp(key, "config") == 0)
            m->config = path_of(r, v, key);
        else if (strcmp(key, "hub") != 0 && strcmp(key, "revision") != 0 && strcmp(key, "file") != 0)
            complain_key(r, node->keys[i], "models: ", model_keys, N_MODEL_KEYS);
    }
    read_hub(r, m, node);
    if (!yaml_find(node, "path") && !yaml_find(node, "hub"))
        complain(r, node, "models: missing key 'path' (a GGUF file)");
}

static void read_models(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = items_of(&node, &items);
    struct study_model *models = arena_alloc(r->a, (size_t)(n + 1) * sizeof *models);
    for (int i = 0; i < n; i++)
        read_model(r, &models[i], items[i]);
    if (n == 0)
        complain(r, node, "models: expected at least one model");
    r->study->models = models;
    r->study->n_models = n;
}

static void read_name(struct reader *r, const struct yaml_node *node)
{
    r->study->name = text_of(r, node, "name");
}

static void read_base(struct reader *r, const struct yaml_node *node)
{
    r->study->base = level_of(r, node, "base");
}

/* A list, or a text with commas as on the command line. */
static void read_tasks(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    struct buf all = BUF_INIT;
    int n = items_of(&node, &items);
    for (int i = 0; i < n; i++) {
        const char *text = text_of(r, items[i], "tasks");
        if (text)
            buf_printf(&all, "%s%s", all.len ? "," : "", text);
    }
    r->study->settings.tasks = arena_strdup(r->a, all.len ? all.data : NULL);
    buf_release(&all);
}

static bool is_model(const struct study_model *m, const char *name)
{
    return m->name ? strcmp(m->name, name) == 0 : strcmp(m->path, name) == 0 || strcmp(fs_basename(m->path), name) == 0;
}

/* A tier's models: names of the study's. */
static void pick_model(struct reader *r, struct study_model *to, int *n, const struct yaml_node *node)
{
    const struct study *s = r->study;
    const char *text = text_of(r, node, "models"), *names[64];
    struct buf hint = BUF_INIT;
    int n_names = 0;
    for (int i = 0; text && i < s->n_models; i++) {
        if (s->models[i].path && is_model(&s->models[i], text)) {
            to[(*n)++] = s->models[i];
            return;
        }
        if (s->models[i].name && n_names < 64)
            names[n_names++] = s->models[i].name;
    }
    if (!text)
        return;
    opt_suggest(&hint, text, names, n_names);
    complain(r, node, "models: '%s' is not one of the study's models%s", text, hint.data);
    buf_release(&hint);
}

static void pick_models(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = items_of(&node, &items), n_models = 0;
    struct study_model *models = arena_alloc(r->a, (size_t)(n + 1) * sizeof *models);
    for (int i = 0; i < n; i++)
        pick_model(r, models, &n_models, items[i]);
    r->study->models = models;
    r->study->n_models = n_models;
}

static void read_tier_name(struct reader *r, const struct yaml_node *node)
{
    r->study->tier = text_of(r, node, "name");
}

/* --- profiles ---------------------------------------------------------------------------------- */

static void read_bytes(struct reader *r, const struct yaml_node *node, const char *key, int64_t *out)
{
    const char *text = text_of(r, node, key);
    struct err err = { 0 };
    if (text && units_parse_bytes(out, text, &err) < 0)
        complain(r, node, "profiles: %s: %s", key, err.msg);
}

static void read_number(struct reader *r, const struct yaml_node *node, const char *key, double *out)
{
    const char *text = text_of(r, node, key);
    char *end = NULL;
    const double v = text ? strtod(text, &end) : 0;
    if (text && (end == text || *end || !isfinite(v) || v < -1))
        complain(r, node, "profiles: %s: expected a number, found '%s'", key, text);
    else if (text)
        *out = v;
}

static void read_profile_key(struct reader *r, struct study_profile *p, const struct yaml_node *key,
                             const struct yaml_node *v)
{
    static const char *const known[] = { "name", "ram", "vram", "n_gpu_layers", "price_per_hour", "note" };
    double layers;
    if (strcmp(key->text, "name") == 0)
        p->name = text_of(r, v, "name");
    else if (strcmp(key->text, "note") == 0)
        p->note = text_of(r, v, "note");
    else if (strcmp(key->text, "ram") == 0)
        read_bytes(r, v, "ram", &p->ram_bytes);
    else if (strcmp(key->text, "vram") == 0)
        read_bytes(r, v, "vram", &p->vram_bytes);
    else if (strcmp(key->text, "price_per_hour") == 0)
        read_number(r, v, "price_per_hour", &p->price_per_hour);
    else if (strcmp(key->text, "n_gpu_layers") == 0) {
        layers = (double)p->n_gpu_layers;
        read_number(r, v, "n_gpu_layers", &layers);
        p->n_gpu_layers = (int64_t)layers;
    } else
        complain_key(r, key, "profiles: ", known, 6);
}

static void read_profile(struct reader *r, struct study_profile *list, int i, const struct yaml_node *node)
{
    list[i] = (struct study_profile){ .name = "", .n_gpu_layers = -1, .price_per_hour = NAN };
    if (node->kind != YAML_MAPPING || !yaml_find(node, "name")) {
        complain(r, node, "profiles: expected a mapping with a name (and ram, vram, n_gpu_layers, price_per_hour, note)");
        return;
    }
    for (int k = 0; k < node->n; k++)
        read_profile_key(r, &list[i], node->keys[k], node->items[k]);
    for (int k = 0; k < i && list[i].name; k++)
        if (list[k].name && strcmp(list[k].name, list[i].name) == 0)
            complain(r, node, "profiles: '%s' stands twice", list[i].name);
}

static void read_profiles(struct reader *r, const struct yaml_node *node)
{
    const struct yaml_node *const *items;
    int n = items_of(&node, &items);
    struct study_profile *list = arena_alloc(r->a, (size_t)(n + 1) * sizeof *list);
    for (int i = 0; i < n; i++)
        read_profile(r, list, i, items[i]);
    r->study->profiles = list;
    r->study->n_profiles = n;
}

/* Read at the end: a tier builds on all other keys. */
static void keep_tiers(struct reader *r, const struct yaml_node *node)
{
    r->tiers = node;
}

struct study_key {
    const char *key;
    void (*read)(struct reader *r, const struct yaml_node *node);
};
static const struct study_key study_keys[] = {
    { "name", read_name }, { "models", read_models }, { "levels", read_levels },
    { "base", read_base }, { "measures", read_measures }, { "tasks", read_tasks }, { "tiers", keep_tiers },
    { "profiles", read_profiles },
};
static const struct study_key tier_keys[] = {
    { "name", read_tier_name }, { "models", pick_models }, { "levels", read_levels },
    { "base", read_base }, { "measures", read_measures }, { "tasks", read_tasks },
};
enum { N_STUDY_KEYS = sizeof study_keys / sizeof study_keys[0], N_TIER_KEYS = sizeof tier_keys / sizeof tier_keys[0] };

static const char *const study_groups[] = { "engine", "text", "perplexity", "task files", "tasks", "generation", "thinking", "evaluation", "speed", "memory", "quantize", "store", "hub",
                                            "run", NULL };

static bool is_path_setting(const struct opt_row *row)
{
    static const char *const keys[] = { "file", "imatrix", "store", "out_dir", "data", "include_path", "adapter" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(row->key, keys[i]) == 0)
            return true;
    return false;
}

static void read_setting(struct reader *r, const struct opt_row *row, const struct yaml_node *key,
                         const struct yaml_node *node)
{
    const char *text = is_path_setting(row) ? path_of(r, node, key->text) : text_of(r, node, key->text);
    struct err err = { 0 };
    const char *where = arena_printf(r->a, "%s:%d:%d", node->file, node->line, node->col);
    if (text && opt_set(row, &r->study->settings, text, where, r->a, &err) < 0)
        add_mistake(r, err.msg);
}

static void unknown_key(struct reader *r, const struct yaml_node *key, const struct study_key *keys, int n_keys)
{
    const char *names[128];
    int n = 0;
    for (; n < n_keys; n++)
        names[n] = keys[n].key;
    for (int i = 0; i < settings_table.n && n < 128; i++)
        if (opt_in_groups(&settings_table.rows[i], study_groups))
            names[n++] = settings_table.rows[i].key;
    complain_key(r, key, keys == tier_keys ? "tiers: " : "", names, n);
}

static void read_key(struct reader *r, const struct yaml_node *key, const struct yaml_node *value, const struct study_key *keys,
                     int n_keys)
{
    for (int i = 0; i < n_keys; i++)
        if (strcmp(keys[i].key, key->text) == 0) {
            keys[i].read(r, value);
            return;
        }
    const struct opt_row *row = opt_find(&settings_table, key->text);
    if (row && keys == tier_keys && strcmp(row->key, "store") == 0)
        complain(r, key, "store: belongs to the study, not to a tier: what tiers share is measured once");
    else if (row && opt_in_groups(row, study_groups))
        read_setting(r, row, key, value);
    else
        unknown_key(r, key, keys, n_keys);
}

static void default_levels(struct study *s, struct arena *a)
{
    const char **levels = arena_alloc(a, (size_t)quant_n() * sizeof *levels);
    s->n_levels = 0;
    for (int i = 0; i < quant_n(); i++)
        if (quant_at(i)->in_study)
            levels[s->n_levels++] = quant_at(i)->name;
    s->levels = levels;
}

static bool has_level(const struct study *s, const char *level)
{
    for (int i = 0; i < s->n_levels; i++)
        if (strcmp(s->levels[i], level) == 0)
            return true;
    return false;
}

static bool needs_text(const struct study *s)
{
    for (int i = 0; i < s->n_measures; i++)
        if (kind_info(s->measures[i])->needs_text)
            return true;
    return false;
}

static const enum kind default_measures[] = { KIND_KL, KIND_SPEED, KIND_MEMORY };

static bool needs_base(const struct study *s)
{
    for (int i = 0; i < s->n_measures; i++)
        if (kind_info(s->measures[i])->needs_base)
            return true;
    return false;
}

/* The base of the study is no level of a tier that does not compare with it. */
static void finish_base(struct reader *r, const struct yaml_node *root, const struct yaml_node *tier)
{
    struct study *s = r->study;
    const struct yaml_node *own = yaml_find(tier ? tier : root, "base");
    if (s->base && tier && !own && !has_level(s, s->base) && !needs_base(s))
        s->base = NULL;
    if (!s->base && s->n_levels)
        s->base = s->levels[0];
    if (s->base && s->n_levels && !has_level(s, s->base))
        complain(r, own ? own : tier ? tier : root, "base: '%s' is not one of the %s's levels", s->base, tier ? "tier" : "study");
}

/* What both the study and the tier (or NULL) leave out. */
static void finish(struct reader *r, const struct yaml_node *root, const struct yaml_node *tier)
{
    struct study *s = r->study;
    bool has_measures = yaml_find(root, "measures") || (tier && (yaml_find(tier, "measures") || yaml_find(tier, "tasks")));
    if (!yaml_find(root, "models"))
        complain(r, root, "missing key 'models' (a list of GGUF files)");
    if (!yaml_find(root, "levels") && !(tier && yaml_find(tier, "levels")))
        default_levels(s, r->a);
    if (!has_measures && !s->settings.tasks && (tier || !r->tiers)) {
        s->n_measures = sizeof default_measures / sizeof default_measures[0];
        memcpy(s->measures, default_measures, sizeof default_measures);
    }
    finish_base(r, root, tier);
    if (needs_text(s) && !s->settings.file && (tier || !r->tiers))
        complain(r, tier ? tier : root, "missing key 'file' (the text for perplexity and kl)");
    if (!s->name) {
        char *stem = arena_strdup(r->a, fs_basename(s->path));
        stem[strcspn(stem, ".")] = '\0';
        s->name = stem;
    }
}

/* --- tiers ------------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == '\0';
}

static bool is_same_tier(const struct study *a, const struct study *b)
{
    return a->tier && b->tier && !is_number(a->tier) && strcmp(a->tier, b->tier) == 0;
}

/* Tiers of one name that follow each other are one. */
static int tier_number(const struct study *tiers, int i)
{
    int number = 1;
    for (int k = 1; k <= i; k++)
        number += !is_same_tier(&tiers[k - 1], &tiers[k]);
    return number;
}

static void read_tier(struct reader *r, const struct yaml_node *root, const struct yaml_node *node, int i)
{
    struct study *s = r->study;
    s->tier = arena_printf(r->a, "%d", i == 0 ? 1 : tier_number(s - i, i - 1) + 1);
    if (node->kind != YAML_MAPPING) {
        complain(r, node, "tiers: expected a mapping (name, models, levels, measures, tasks, settings), found %s",
                 yaml_kind_name(node));
        return;
    }
    if (yaml_find(node, "measures") || yaml_find(node, "tasks")) {
        s->n_measures = 0;
        s->settings.tasks = NULL;
    }
    for (int k = 0; k < node->n; k++)
        read_key(r, node->keys[k], node->items[k], tier_keys, N_TIER_KEYS);
    finish(r, root, node);
}

static void check_tier_name(struct reader *r, const struct study *tiers, int i, const struct yaml_node *node)
{
    const char *name = tiers[i].tier ? tiers[i].tier : "";
    if (is_number(name) && atoi(name) != tier_number(tiers, i))
        complain(r, node, "tiers: the name '%s' is the number of another tier", name);
    for (int k = 0; k + 1 < i && !is_number(name); k++)
        if (is_same_tier(&tiers[k], &tiers[i]) && !is_same_tier(&tiers[i - 1], &tiers[i])) {
            complain(r, node, "tiers: '%s' stands twice", name);
            return;
        }
}

static void read_tiers(struct reader *r, const struct yaml_node *root)
{
    const struct yaml_node *const *items;
    struct study *whole = r->study;
    int n = items_of(&r->tiers, &items);
    struct study *tiers = arena_alloc(r->a, (size_t)(n + 1) * sizeof *tiers);
    for (int i = 0; i < n; i++) {
        tiers[i] = *whole;
        r->study = &tiers[i];
        read_tier(r, root, items[i], i);
        check_tier_name(r, tiers, i, items[i]);
    }
    r->study = whole;
    whole->tiers = tiers;
    whole->n_tiers = n;
    if (n == 0)
        complain(r, r->tiers, "tiers: expected at least one");
}

int study_parts(const struct study **out, int *out_n, const struct study *s, const char *tier, struct err *err)
{
    const char *all = "";
    struct arena a;
    *out = s->n_tiers ? s->tiers : s;
    *out_n = s->n_tiers ? s->n_tiers : 1;
    if (!tier)
        return 0;
    if (s->n_tiers == 0)
        return err_set(err, ERR_USAGE, "--tier: the study has no tiers");
    *out_n = 0;
    for (int i = 0; i < s->n_tiers; i++)
        if (strcmp(s->tiers[i].tier, tier) == 0 || (is_number(tier) && atoi(tier) == tier_number(s->tiers, i))) {
            *out = *out_n ? *out : &s->tiers[i];
            ++*out_n;
        }
    if (*out_n > 0)
        return 0;
    arena_init(&a);
    for (int i = 0; i < s->n_tiers; i++)
        if (i == 0 || !is_same_tier(&s->tiers[i - 1], &s->tiers[i]))
            all = arena_printf(&a, "%s%s%d%s", all, i ? ", " : "", tier_number(s->tiers, i),
                           is_number(s->tiers[i].tier) ? "" : arena_printf(&a, " (%s)", s->tiers[i].tier));
    err_set(err, ERR_USAGE, "--tier: '%s' is not one of: %s", tier, all);
    arena_release(&a);
    return -1;
}

static int report_mistakes(const struct reader *r, const char *path, struct err *err)
{
    if (r->n_mistakes == 0)
        return 0;
    if (r->n_mistakes == 1)
        return err_set(err, ERR_USAGE, "%s", r->mistakes[0]);
    r->study->mistakes = r->mistakes;
    r->study->n_mistakes = r->n_mistakes;
    return err_set(err, ERR_USAGE, "%s: %d mistakes, nothing was run", path, r->n_mistakes);
}

int study_load(struct study *out, struct arena *a, const char *path, const struct settings *defaults,
               struct err *err)
{
    struct yaml_node *root;
    struct reader r = { .a = a, .study = out, .dir = fs_dirname(a, path) };
    r.mistakes = arena_alloc(a, MISTAKES_MAX * sizeof *r.mistakes);
    *out = (struct study){ .path = path, .settings = *defaults };
    if (yaml_load(&root, a, path, err) < 0)
        return -1;
    if (root->kind != YAML_MAPPING)
        return err_set(err, ERR_USAGE, "%s:%d:%d: expected a mapping (name: ..., models: ...), found %s", path,
                       root->line, root->col, yaml_kind_name(root));
    for (int i = 0; i < root->n; i++)
        read_key(&r, root->keys[i], root->items[i], study_keys, N_STUDY_KEYS);
    finish(&r, root, NULL);
    if (r.tiers)
        read_tiers(&r, root);
    return report_mistakes(&r, path, err);
}

/* --- places ------------------------------------------------------------------------------------ */

const char *study_out_dir(const struct study *s, struct arena *a)
{
    if (s->settings.out_dir)
        return s->settings.out_dir;
    return fs_join(a, s->path ? fs_dirname(a, s->path) : ".", "models");
}

char *study_file_stem(struct arena *a, const char *name)
{
    char *stem = arena_strdup(a, name);
    for (char *c = stem; *c; c++)
        if (strchr("/\\:*?\"<>| \t", *c))
            *c = '-';
    return stem;
}
