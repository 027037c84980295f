#include "core/identity.h"

#include "base/buf.h"
#include "base/json.h"

/* "<sha256>*0.5" */
static const char *adapter_of(struct buf *out, const struct identity *id)
{
    buf_puts(out, id->adapter_sha256 ? id->adapter_sha256 : "");
    if (id->adapter_scale && id->adapter_scale[0])
        buf_printf(out, "*%s", id->adapter_scale);
    return out->data;
}

void identity_key(char out[SHA256_HEX_BYTES], const struct identity *id)
{
    struct buf adapter = BUF_INIT;
    const char *const fields[] = {
        id->model_sha256, adapter_of(&adapter, id), id->level, id->imatrix_sha256, id->kind,
        id->data_sha256, id->base, id->settings, id->engine, id->machine,
    };
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_array(&w);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        jw_str(&w, fields[i] ? fields[i] : "");
    if (id->task && id->task[0]) /* stores had no tasks at first: their keys stay what they were */
        jw_str(&w, id->task);
    jw_end(&w);
    sha256_bytes(out, text.data, text.len);
    buf_release(&text);
    buf_release(&adapter);
}
