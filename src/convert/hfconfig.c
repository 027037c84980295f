#include "convert/hfconfig.h"

#include <string.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/xalloc.h"
#include "convert/arch.h"

#include <stdlib.h>

#include "base/banned.h"

struct hfconfig {
    struct arena a;
    const char *dir;
    struct json *json, *defaults;
    yyjson_val *text;
    const struct arch *arch;
};

static const char *first_of(yyjson_val *list)
{
    return list && yyjson_is_arr(list) ? yyjson_get_str(yyjson_arr_get_first(list)) : NULL;
}

static int find_arch(struct hfconfig *c, struct err *err)
{
    const char *own = c->text ? first_of(yyjson_obj_get(c->text, "architectures")) : NULL;
    const char *name = own ? own : first_of(yyjson_obj_get(hfconfig_root(c), "architectures"));
    if (!name)
        return err_set(err, ERR_FORMAT, "%s: 'architectures' does not say what model this is", json_name(c->json));
    c->arch = arch_find(name);
    if (!c->arch)
        return err_set(err, ERR_UNSUPPORTED, "%s: architecture %.100s: perbit converts %s", json_name(c->json), name,
                       arch_names(&c->a));
    return json_parse(&c->defaults, c->arch->defaults, strlen(c->arch->defaults), c->arch->hf, err);
}

/* What would be read as plain weights and is not. */
static int refuse_others(const struct hfconfig *c, struct err *err)
{
    static const char *const experts[] = { "num_local_experts", "num_experts", "n_routed_experts" };
    yyjson_val *q = hfconfig_get(c, "quantization_config");
    if (q)
        return err_set(err, ERR_UNSUPPORTED, "%s: these weights are quantized already (%.40s): convert the model's BF16 "
                       "or F16 release", json_name(c->json), json_str_or(q, "quant_method", "unknown method"));
    for (size_t i = 0; i < sizeof experts / sizeof experts[0]; i++)
        if (hfconfig_get(c, experts[i]))
            return err_set(err, ERR_UNSUPPORTED, "%s: '%s': mixtures of experts are not converted", json_name(c->json),
                           experts[i]);
    return 0;
}

static int load(struct hfconfig *c, const char *path, struct err *err)
{
    if (json_load(&c->json, path, err))
        return -1;
    if (!yyjson_is_obj(hfconfig_root(c)))
        return err_set(err, ERR_FORMAT, "%s: is no JSON object", path);
    yyjson_val *text = yyjson_obj_get(hfconfig_root(c), "text_config");
    c->text = yyjson_is_obj(text) ? text : NULL;
    return find_arch(c, err) ? -1 : refuse_others(c, err);
}

static int open_as(struct hfconfig **out, const char *dir, const char *path, struct err *err)
{
    struct hfconfig *c = xcalloc(1, sizeof *c);
    arena_init(&c->a);
    c->dir = dir ? arena_strdup(&c->a, dir) : fs_dirname(&c->a, path);
    *out = c;
    if (load(c, path ? path : fs_join(&c->a, dir, "config.json"), err) == 0)
        return 0;
    hfconfig_close(c);
    *out = NULL;
    return -1;
}

int hfconfig_open(struct hfconfig **out, const char *dir, struct err *err)
{
    *out = NULL;
    return fs_is_dir(dir) ? open_as(out, dir, NULL, err) : err_set(err, ERR_IO, "%s: no such folder", dir);
}

int hfconfig_open_file(struct hfconfig **out, const char *path, struct err *err)
{
    return open_as(out, NULL, path, err);
}

void hfconfig_close(struct hfconfig *c)
{
    if (!c)
        return;
    json_close(c->json);
    json_close(c->defaults);
    arena_release(&c->a);
    free(c);
}

const struct arch *hfconfig_arch(const struct hfconfig *c)
{
    return c->arch;
}

const char *hfconfig_dir(const struct hfconfig *c)
{
    return c->dir;
}

yyjson_val *hfconfig_root(const struct hfconfig *c)
{
    return json_root(c->json);
}

yyjson_val *hfconfig_text(const struct hfconfig *c)
{
    return c->text;
}

static yyjson_val *not_null(yyjson_val *v)
{
    return v && !yyjson_is_null(v) ? v : NULL;
}

yyjson_val *hfconfig_get(const struct hfconfig *c, const char *key)
{
    yyjson_val *v = c->text ? yyjson_obj_get(c->text, key) : NULL;
    if (!v)
        v = yyjson_obj_get(hfconfig_root(c), key);
    if (!v)
        v = yyjson_obj_get(json_root(c->defaults), key);
    return not_null(v);
}

/* ---- rope ---- */

static yyjson_val *rope_of(const struct hfconfig *c)
{
    yyjson_val *v = hfconfig_get(c, "rope_parameters");
    if (!v)
        v = hfconfig_get(c, "rope_scaling");
    return v && yyjson_is_obj(v) ? v : NULL;
}

static bool is_split(yyjson_val *rope)
{
    return yyjson_obj_get(rope, "full_attention") || yyjson_obj_get(rope, "sliding_attention");
}

yyjson_val *hfconfig_rope(const struct hfconfig *c, const char *key)
{
    static const char *const at_top[] = { "rope_theta", "partial_rotary_factor", "original_max_position_embeddings" };
    yyjson_val *rope = rope_of(c), *full = yyjson_obj_get(rope, "full_attention");
    yyjson_val *v = not_null(yyjson_obj_get(full ? full : rope, key));
    for (size_t i = 0; !v && !is_split(rope) && i < sizeof at_top / sizeof at_top[0]; i++)
        if (strcmp(key, at_top[i]) == 0)
            v = hfconfig_get(c, key);
    return v;
}

yyjson_val *hfconfig_rope_local(const struct hfconfig *c)
{
    yyjson_val *rope = rope_of(c);
    if (is_split(rope))
        return not_null(yyjson_obj_get(yyjson_obj_get(rope, "sliding_attention"), "rope_theta"));
    return hfconfig_get(c, "rope_local_base_freq");
}

const char *hfconfig_rope_type(const struct hfconfig *c)
{
    yyjson_val *v = hfconfig_rope(c, "rope_type");
    return yyjson_get_str(v ? v : hfconfig_rope(c, "type"));
}

/* ---- numbers ---- */

static int as_int(const struct hfconfig *c, const char *key, yyjson_val *v, int64_t *out, struct err *err)
{
    if (!yyjson_is_uint(v) || yyjson_get_uint(v) > UINT32_MAX)
        return err_set(err, ERR_FORMAT, "%s: '%s' is not a whole number from 0 to 4294967295", json_name(c->json), key);
    *out = (int64_t)yyjson_get_uint(v);
    return 1;
}

/* What the configuration classes compute when the file leaves it out. */
static int derived_int(const struct hfconfig *c, const char *key, int64_t *out, struct err *err)
{
    int64_t n_embd, n_head;
    if (strcmp(key, "num_key_value_heads") == 0)
        return hfconfig_int(c, "num_attention_heads", out, err);
    if (strcmp(key, "head_dim") != 0 || !c->arch->derives_head_dim)
        return 0;
    if (hfconfig_need_int(c, "hidden_size", &n_embd, err) || hfconfig_need_int(c, "num_attention_heads", &n_head, err))
        return -1;
    *out = n_head > 0 ? n_embd / n_head : 0;
    return 1;
}

int hfconfig_int(const struct hfconfig *c, const char *key, int64_t *out, struct err *err)
{
    yyjson_val *v = hfconfig_get(c, key);
    return v ? as_int(c, key, v, out, err) : derived_int(c, key, out, err);
}

int hfconfig_num(const struct hfconfig *c, const char *key, double *out, struct err *err)
{
    yyjson_val *v = hfconfig_get(c, key);
    if (!v)
        return 0;
    if (!yyjson_is_num(v))
        return err_set(err, ERR_FORMAT, "%s: '%s' is not a number", json_name(c->json), key);
    *out = yyjson_get_num(v);
    return 1;
}

int hfconfig_need_int(const struct hfconfig *c, const char *key, int64_t *out, struct err *err)
{
    const int rc = hfconfig_int(c, key, out, err);
    if (rc == 0)
        return err_set(err, ERR_FORMAT, "%s: '%s' is missing", json_name(c->json), key);
    return rc < 0 ? -1 : 0;
}
