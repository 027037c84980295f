#include "convert/modelcard.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/regex.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "convert/modelid.h"

#include "base/banned.h"

enum { F_NAME, F_AUTHOR, F_VERSION, F_ORGANIZATION, F_FINETUNE, F_BASENAME, F_DESCRIPTION, F_SIZE_LABEL, F_LICENSE,
       F_LICENSE_NAME, F_LICENSE_LINK, F_SOURCE_URL, F_SOURCE_DOI, F_SOURCE_UUID, F_SOURCE_REPO_URL, N_FIELDS };

static const char *const field_keys[N_FIELDS] = {
    [F_NAME] = "general.name", [F_AUTHOR] = "general.author", [F_VERSION] = "general.version",
    [F_ORGANIZATION] = "general.organization", [F_FINETUNE] = "general.finetune", [F_BASENAME] = "general.basename",
    [F_DESCRIPTION] = "general.description", [F_SIZE_LABEL] = "general.size_label", [F_LICENSE] = "general.license",
    [F_LICENSE_NAME] = "general.license.name", [F_LICENSE_LINK] = "general.license.link",
    [F_SOURCE_URL] = "general.source.url", [F_SOURCE_DOI] = "general.source.doi",
    [F_SOURCE_UUID] = "general.source.uuid", [F_SOURCE_REPO_URL] = "general.source.repo_url",
};

/* Where README.md says them: the first that is there wins. */
static const struct {
    int field;
    const char *key;
} card_rows[] = {
    { F_NAME, "name" }, { F_AUTHOR, "author" }, { F_VERSION, "version" }, { F_ORGANIZATION, "organization" },
    { F_DESCRIPTION, "description" }, { F_FINETUNE, "finetune" }, { F_BASENAME, "basename" },
    { F_SIZE_LABEL, "size_label" }, { F_SOURCE_URL, "url" }, { F_SOURCE_DOI, "doi" }, { F_SOURCE_UUID, "uuid" },
    { F_SOURCE_REPO_URL, "repo_url" },
    { F_NAME, "model_name" }, { F_AUTHOR, "model_author" }, { F_VERSION, "model_version" },
    { F_ORGANIZATION, "model_organization" }, { F_DESCRIPTION, "model_description" },
    { F_FINETUNE, "model_finetune" }, { F_BASENAME, "model_basename" }, { F_SIZE_LABEL, "model_size_label" },
    { F_SOURCE_URL, "model_url" }, { F_SOURCE_DOI, "model_doi" }, { F_SOURCE_UUID, "model_uuid" },
    { F_SOURCE_REPO_URL, "model_repo_url" },
    { F_AUTHOR, "model_creator" }, { F_BASENAME, "model_type" },
    { F_LICENSE, "license" }, { F_LICENSE_NAME, "license_name" }, { F_LICENSE_LINK, "license_link" },
};

struct card {
    struct arena a;
    struct ggufout *g;
    const struct hfconfig *c;
    const struct sink *sink;
    int64_t n_params;
    const struct yaml_node *head; /* of README.md, a mapping, or NULL */
    const char *fields[N_FIELDS];
};

/* ---- README.md ---- */

static bool is_line(struct pystr line, const char *text)
{
    return pystr_equal(pystr_rstrip(line, &(struct pystr){ "\r", 1 }), pystr_z(text));
}

/* What stands between the first line "---" and the next, as YAML that parses. */
static bool front_matter(struct buf *out, const struct buf *readme)
{
    struct buf raw = BUF_INIT;
    struct pystr line;
    struct pystr_split it = pystr_split(pystr_of(readme->data, readme->len), &(struct pystr){ "\n", 1 }, -1);
    const bool has_head = pystr_next(&it, &line) && is_line(line, "---");
    while (has_head && pystr_next(&it, &line) && !is_line(line, "---")) {
        line = pystr_rstrip(line, &(struct pystr){ "\r", 1 });
        buf_append(&raw, line.s, line.n_bytes);
        buf_putc(&raw, '\n');
    }
    struct buf quoted = BUF_INIT; /* a list item "no" is Norwegian */
    pystr_replace(&quoted, pystr_of(raw.data, raw.len), pystr_z("- no\n"), pystr_z("- \"no\"\n"), -1);
    pystr_replace(out, pystr_of(quoted.data, quoted.len), pystr_z("\t"), pystr_z("  "), -1);
    buf_release(&quoted);
    buf_release(&raw);
    return out->len > 0;
}

static int read_head(struct card *card, struct err *err)
{
    const char *path = fs_join(&card->a, hfconfig_dir(card->c), "README.md");
    struct buf readme = BUF_INIT, text = BUF_INIT;
    struct yaml_node *node = NULL;
    struct err why = { 0 };
    int ret = 0;
    if (!fs_exists(path))
        return 0;
    if (fs_read(&readme, path, err))
        return -1;
    if (front_matter(&text, &readme)) {
        const char *copy = arena_strndup(&card->a, text.data, text.len);
        if (yaml_parse(&node, &card->a, copy, text.len, path, &why) == 0)
            card->head = node && node->kind == YAML_MAPPING ? node : NULL;
        else if (card->sink)
            ret = sink_log(card->sink, arena_printf(&card->a, "%s; its metadata is left out", why.msg), err);
    }
    buf_release(&text);
    buf_release(&readme);
    return ret;
}

static const struct yaml_node *head_find(const struct card *card, const char *key)
{
    const struct yaml_node *n = card->head ? yaml_find(card->head, key) : NULL;
    return n && !yaml_is_null(n) ? n : NULL;
}

/* A list joined with commas (several licenses), or the scalar. */
static const char *head_text(struct card *card, const char *key)
{
    const struct yaml_node *n = head_find(card, key);
    const char *out = NULL;
    if (!n || n->kind == YAML_SCALAR)
        return n ? n->text : NULL;
    for (int i = 0; n->kind == YAML_SEQUENCE && i < n->n; i++)
        if (n->items[i]->kind == YAML_SCALAR)
            out = out ? arena_printf(&card->a, "%s,%s", out, n->items[i]->text) : n->items[i]->text;
    return out;
}

/* ---- lists: tags, languages ---- */

struct list {
    struct pystr *v;
    int n;
};

static void list_add(struct list *l, const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR) {
        l->v = xrealloc(l->v, (size_t)(l->n + 1) * sizeof *l->v);
        l->v[l->n++] = pystr_z(n->text);
    }
    for (int i = 0; n->kind == YAML_SEQUENCE && i < n->n; i++)
        if (n->items[i]->kind == YAML_SCALAR)
            list_add(l, n->items[i]);
}

static void put_list(struct card *card, const char *key, const char *first, const char *second)
{
    const struct yaml_node *a = head_find(card, first), *b = head_find(card, second);
    struct list l = { 0 };
    if (a)
        list_add(&l, a);
    if (b)
        list_add(&l, b);
    ggufout_strs(card->g, key, l.v, l.n);
    free(l.v);
}

/* ---- base models and data sets ---- */

static const char *const entry_keys[] = { "name", "author", "version", "organization", "description", "url", "doi",
                                          "uuid", "repo_url" };
enum { E_NAME, E_AUTHOR, E_VERSION, E_ORGANIZATION, E_DESCRIPTION, E_URL, E_DOI, E_UUID, E_REPO_URL, N_ENTRY };

static void entry_of_id(struct card *card, const char *e[N_ENTRY], const char *id, bool is_hub_id)
{
    struct modelid m;
    modelid_parse(&m, &card->a, id, card->n_params);
    e[E_NAME] = modelid_title(&card->a, m.full);
    e[E_ORGANIZATION] = m.org ? modelid_title(&card->a, m.org) : NULL;
    e[E_VERSION] = m.version;
    if (is_hub_id && m.org)
        e[E_REPO_URL] = arena_printf(&card->a, "https://huggingface.co/%s/%s", m.org, m.full);
}

static void entry_of_url(struct card *card, const char *e[N_ENTRY], const char *url)
{
    static const char *const hubs[] = { "https://huggingface.co/", "http://huggingface.co/" };
    e[E_REPO_URL] = url;
    for (size_t i = 0; i < 2; i++) {
        const size_t n = strlen(hubs[i]);
        const char *id = strncmp(url, hubs[i], n) == 0 ? url + n : NULL, *slash = id ? strchr(id, '/') : NULL;
        if (slash && slash > id && slash[1] && !strchr(slash + 1, '/'))
            entry_of_id(card, e, id, false);
    }
}

static bool is_url(const char *s)
{
    return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0 || strncmp(s, "ssh://", 6) == 0;
}

static void put_entry(struct card *card, const char *what, int i, const struct yaml_node *n)
{
    const char *e[N_ENTRY] = { 0 };
    if (n->kind == YAML_SCALAR && is_url(n->text))
        entry_of_url(card, e, n->text);
    else if (n->kind == YAML_SCALAR)
        entry_of_id(card, e, n->text, true);
    for (int k = 0; n->kind == YAML_MAPPING && k < N_ENTRY; k++) {
        const struct yaml_node *v = yaml_find(n, entry_keys[k]);
        e[k] = v && v->kind == YAML_SCALAR ? v->text : NULL;
    }
    for (int k = 0; k < N_ENTRY; k++)
        ggufout_str(card->g, arena_printf(&card->a, "general.%s.%d.%s", what, i, entry_keys[k]), e[k]);
}

static void put_entries(struct card *card, const char *what, const char *const *keys)
{
    const struct yaml_node *n = NULL;
    int i;
    for (i = 0; !n && i < 3 && card->head; i++)
        n = yaml_find(card->head, keys[i]);
    if (!n)
        return;
    const bool is_list = n->kind == YAML_SEQUENCE, is_one = n->kind == YAML_SCALAR && !yaml_is_null(n);
    ggufout_u32(card->g, arena_printf(&card->a, "general.%s.count", what), is_list ? n->n : is_one);
    for (i = 0; is_list && i < n->n; i++)
        put_entry(card, what, i, n->items[i]);
    if (is_one)
        put_entry(card, what, 0, n);
}

/* ---- names ---- */

static void default_to(struct card *card, int field, const char *text)
{
    if (!card->fields[field] && text)
        card->fields[field] = text;
}

static void fields_of_id(struct card *card, const char *id)
{
    struct modelid m;
    modelid_parse(&m, &card->a, id, card->n_params);
    default_to(card, F_NAME, modelid_title(&card->a, m.full));
    default_to(card, F_ORGANIZATION, m.org ? modelid_title(&card->a, m.org) : NULL);
    default_to(card, F_BASENAME, m.basename);
    default_to(card, F_FINETUNE, m.finetune);
    default_to(card, F_VERSION, m.version);
    default_to(card, F_SIZE_LABEL, m.size_label);
}

const char *modelcard_dir_name(struct arena *a, const char *dir)
{
    static const char models[] = "models--";
    char *real = realpath(dir, NULL); /* "." and links have the name of what they are */
    char *path = arena_strdup(a, real ? real : dir);
    free(real);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    const char *up = fs_dirname(a, path), *top = fs_basename(fs_dirname(a, up));
    if (strcmp(fs_basename(up), "snapshots") == 0 && strncmp(top, models, strlen(models)) == 0) {
        const char *dashes = strstr(top + strlen(models), "--");
        return arena_strdup(a, dashes ? dashes + 2 : top + strlen(models));
    }
    return arena_strdup(a, fs_basename(path));
}

static void find_names(struct card *card)
{
    const char *id = json_str_or(hfconfig_root(card->c), "_name_or_path", NULL);
    const char *slash = id ? strchr(id, '/') : NULL;
    for (size_t i = 0; i < sizeof card_rows / sizeof card_rows[0]; i++)
        default_to(card, card_rows[i].field, head_text(card, card_rows[i].key));
    if (id && !(slash && strchr(slash + 1, '/'))) /* not some computer's path */
        fields_of_id(card, id);
    fields_of_id(card, modelcard_dir_name(&card->a, hfconfig_dir(card->c)));
    if (card->n_params > 0)
        default_to(card, F_SIZE_LABEL, modelid_size_label(&card->a, card->n_params));
}

/* ---- generation_config.json ---- */

enum { G_STR, G_I32, G_F32 };
static const struct {
    const char *key, *other, *gguf;
    int type;
} sampling[] = {
    { "sequence", NULL, "sequence", G_STR },
    { "top_k", NULL, "top_k", G_I32 },
    { "top_p", NULL, "top_p", G_F32 },
    { "min_p", NULL, "min_p", G_F32 },
    { "xtc_probability", NULL, "xtc_probability", G_F32 },
    { "xtc_threshold", NULL, "xtc_threshold", G_F32 },
    { "temperature", NULL, "temp", G_F32 },
    { "penalty_last_n", NULL, "penalty_last_n", G_I32 },
    { "penalty_repeat", "repetition_penalty", "penalty_repeat", G_F32 },
    { "mirostat", NULL, "mirostat", G_I32 },
    { "mirostat_tau", NULL, "mirostat_tau", G_F32 },
    { "mirostat_eta", NULL, "mirostat_eta", G_F32 },
};

static void put_sampling(struct card *card)
{
    const char *path = fs_join(&card->a, hfconfig_dir(card->c), "generation_config.json");
    struct json *j;
    if (!fs_exists(path) || json_load(&j, path, NULL)) /* not every model has a valid one: no error there either */
        return;
    for (size_t i = 0; i < sizeof sampling / sizeof sampling[0]; i++) {
        const char *key = arena_printf(&card->a, "general.sampling.%s", sampling[i].gguf);
        yyjson_val *v = yyjson_obj_get(json_root(j), sampling[i].key);
        if (!v && sampling[i].other)
            v = yyjson_obj_get(json_root(j), sampling[i].other);
        if (sampling[i].type == G_STR && yyjson_is_str(v))
            ggufout_str(card->g, key, yyjson_get_str(v));
        else if (sampling[i].type == G_I32 && yyjson_is_int(v))
            ggufout_i32(card->g, key, yyjson_get_sint(v));
        else if (sampling[i].type == G_F32 && yyjson_is_num(v))
            ggufout_f32(card->g, key, yyjson_get_num(v));
    }
    json_close(j);
}

int modelcard_put(struct ggufout *g, const struct hfconfig *c, int64_t n_params, const struct sink *sink,
                  struct err *err)
{
    static const char *const base_keys[] = { "base_model", "base_models", "base_model_sources" };
    static const char *const data_keys[] = { "datasets", "dataset", "dataset_sources" };
    struct card card = { .g = g, .c = c, .n_params = n_params, .sink = sink };
    arena_init(&card.a);
    const int ret = read_head(&card, err);
    if (ret == 0) {
        find_names(&card);
        put_sampling(&card);
        for (int i = 0; i < N_FIELDS; i++)
            ggufout_str(g, field_keys[i], card.fields[i]);
        put_entries(&card, "base_model", base_keys);
        put_entries(&card, "dataset", data_keys);
        put_list(&card, "general.tags", "tags", "pipeline_tag");
        put_list(&card, "general.languages", "languages", "language");
    }
    arena_release(&card.a);
    return ret;
}
