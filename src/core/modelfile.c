#include "core/modelfile.h"

#include <string.h>

#include "base/json.h"

#include "base/banned.h"

double modelfile_bpw(const struct modelfile *f)
{
    return f->n_params > 0 ? 8.0 * (double)f->tensor_bytes / (double)f->n_params : 0.0;
}

static int64_t total_bytes(const struct modelfile *f)
{
    int64_t sum = 0;
    for (int i = 0; i < f->n_types; i++)
        sum += f->types[i].n_bytes;
    return sum;
}

void modelfile_format_types(struct buf *out, const struct modelfile *f)
{
    int64_t total = total_bytes(f);
    for (int i = 0; i < f->n_types; i++) {
        double share = total > 0 ? (double)f->types[i].n_bytes / (double)total : 0.0;
        buf_printf(out, "%s%s %.0f %%", i > 0 ? ", " : "", f->types[i].name, 100.0 * share);
    }
}

void modelfile_json(struct buf *out, const struct modelfile *f)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "path", f->path);
    jw_kstr(&w, "name", f->name);
    jw_kstr(&w, "arch", f->arch);
    jw_kstr(&w, "label", f->label);
    jw_kint(&w, "file_bytes", f->file_bytes);
    jw_kint(&w, "tensor_bytes", f->tensor_bytes);
    jw_kint(&w, "n_params", f->n_params);
    jw_knum(&w, "bits_per_weight", modelfile_bpw(f));
    jw_kint(&w, "n_tensors", f->n_tensors);
    jw_kint(&w, "n_layer", f->n_layer);
    jw_kint(&w, "n_embd", f->n_embd);
    jw_kint(&w, "n_ctx_train", f->n_ctx_train);
    jw_kint(&w, "n_vocab", f->n_vocab);
    jw_kint(&w, "kv_bytes_per_token", f->kv_bytes_per_token);
    jw_kbool(&w, "is_synthetic", f->is_synthetic);
    if (f->has_synthetic_weights)
        jw_kbool(&w, "has_synthetic_weights", true);
    jw_key(&w, "types");
    jw_array(&w);
    for (int i = 0; i < f->n_types; i++) {
        const struct modelfile_type *t = &f->types[i];
        jw_object(&w);
        jw_kstr(&w, "name", t->name);
        jw_kint(&w, "n_tensors", t->n_tensors);
        jw_kint(&w, "n_params", t->n_params);
        jw_kint(&w, "n_bytes", t->n_bytes);
        jw_end(&w);
    }
    jw_end(&w);
    jw_end(&w);
}

static void parse_types(struct modelfile *f, struct arena *a, yyjson_val *types)
{
    struct modelfile_type *t = arena_alloc(a, (yyjson_arr_size(types) + 1) * sizeof *t);
    size_t i, n;
    yyjson_val *v;
    yyjson_arr_foreach(types, i, n, v) {
        t[i] = (struct modelfile_type){ arena_strdup(a, json_str_or(v, "name", "")), (int)json_int_or(v, "n_tensors", 0),
                                        json_int_or(v, "n_params", 0), json_int_or(v, "n_bytes", 0) };
        f->n_types++;
    }
    f->types = t;
}

int modelfile_parse(struct modelfile *out, struct arena *a, const char *json_text, struct err *err)
{
    struct json *j;
    if (json_parse(&j, json_text, strlen(json_text), "modelfile", err) < 0)
        return -1;
    yyjson_val *o = json_root(j);
    *out = (struct modelfile){
        .path = arena_strdup(a, json_str_or(o, "path", "")),
        .name = arena_strdup(a, json_str_or(o, "name", "")),
        .arch = arena_strdup(a, json_str_or(o, "arch", "")),
        .label = arena_strdup(a, json_str_or(o, "label", "unknown")),
        .file_bytes = json_int_or(o, "file_bytes", 0),
        .tensor_bytes = json_int_or(o, "tensor_bytes", 0),
        .n_params = json_int_or(o, "n_params", 0),
        .n_tensors = (int)json_int_or(o, "n_tensors", 0),
        .n_layer = (int)json_int_or(o, "n_layer", 0),
        .n_embd = (int)json_int_or(o, "n_embd", 0),
        .n_ctx_train = (int)json_int_or(o, "n_ctx_train", 0),
        .n_vocab = (int)json_int_or(o, "n_vocab", 0),
        .kv_bytes_per_token = json_int_or(o, "kv_bytes_per_token", 0),
        .is_synthetic = json_bool_or(o, "is_synthetic", false),
        .has_synthetic_weights = json_bool_or(o, "has_synthetic_weights", false),
    };
    parse_types(out, a, yyjson_obj_get(o, "types"));
    json_close(j);
    return 0;
}

static double share_of(const struct modelfile *f, const char *type)
{
    int64_t total = total_bytes(f);
    for (int i = 0; i < f->n_types; i++) {
        if (total > 0 && strcmp(f->types[i].name, type) == 0)
            return (double)f->types[i].n_bytes / (double)total;
    }
    return 0.0;
}

double modelfile_similarity(const struct modelfile *a, const struct modelfile *b)
{
    double sum = 0.0;
    for (int i = 0; i < a->n_types; i++) {
        double in_a = share_of(a, a->types[i].name);
        double in_b = share_of(b, a->types[i].name);
        sum += in_a < in_b ? in_a : in_b;
    }
    return sum;
}
