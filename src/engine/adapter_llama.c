#include "engine/adapter_gguf.h"

#include <inttypes.h>
#include <llama.h>
#include <string.h>

#include "engine/modelfile_gguf.h"

#include "base/banned.h"

/* The value of a text key; "" when there is none, NULL when it is no text. */
static const char *text_of(const struct gguf_context *g, const char *key)
{
    int64_t id = gguf_find_key(g, key);
    if (id < 0)
        return "";
    return gguf_get_kv_type(g, id) == GGUF_TYPE_STRING ? gguf_get_val_str(g, id) : NULL;
}

static bool is_text(const char *text, const char *want)
{
    return text && strcmp(text, want) == 0;
}

static int check_keys(const struct gguf_context *g, const char *path, const char *arch, struct err *err)
{
    const char *type = text_of(g, "general.type"), *kind = text_of(g, "adapter.type");
    const char *own = text_of(g, "general.architecture");
    const int64_t alpha = gguf_find_key(g, "adapter.lora.alpha");
    if (!is_text(type, "adapter"))
        return err_set(err, ERR_MODEL, "%s: not an adapter (general.type is '%s')", path, type ? type : "no text");
    if (!is_text(kind, "lora"))
        return err_set(err, ERR_MODEL, "%s: not a LoRA adapter (adapter.type is '%s')", path, kind ? kind : "no text");
    if (!is_text(own, arch))
        return err_set(err, ERR_MODEL, "%s: an adapter for models of architecture %s, this one is %s", path,
                       own && *own ? own : "unknown", arch);
    if (alpha >= 0 && gguf_get_kv_type(g, alpha) != GGUF_TYPE_FLOAT32)
        return err_set(err, ERR_FORMAT, "%s: adapter.lora.alpha is not a 32-bit float", path);
    if (gguf_find_key(g, "adapter.alora.invocation_tokens") >= 0)
        return err_set(err, ERR_UNSUPPORTED, "%s: an activated LoRA (aLoRA), which acts only after certain tokens", path);
    return 0;
}

static int check_tensors(int64_t *out_bytes, const struct gguf_context *g, const char *path, int64_t file_bytes,
                         struct err *err)
{
    const uint64_t data_at = gguf_get_data_offset(g);
    *out_bytes = 0;
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        const uint64_t n_bytes = gguf_get_tensor_size(g, i), end = data_at + gguf_get_tensor_offset(g, i) + n_bytes;
        if (n_bytes > (uint64_t)file_bytes || end > (uint64_t)file_bytes)
            return err_set(err, ERR_FORMAT, "%s: truncated: tensor '%s' ends at byte %" PRIu64 ", the file has %" PRId64, path,
                           gguf_get_tensor_name(g, i), end, file_bytes);
        *out_bytes += (int64_t)n_bytes;
    }
    return *out_bytes > 0 ? 0 : err_set(err, ERR_FORMAT, "%s: an adapter without tensors", path);
}

int adapter_check_gguf(int64_t *out_bytes, const char *path, const char *arch, struct err *err)
{
    struct gguf_context *g = NULL;
    int64_t file_bytes;
    int ret = -1;
    *out_bytes = 0;
    if (modelfile_open_gguf(&g, &file_bytes, path, err) < 0)
        return -1;
    if (check_keys(g, path, arch, err) == 0 && check_tensors(out_bytes, g, path, file_bytes, err) == 0)
        ret = 0;
    gguf_free(g);
    return ret;
}
