#include "data/unpack.h"

#include <limits.h>
#include <zlib.h>
#include <zstd.h>

#include "base/banned.h"

enum { STEP_BYTES = 256 * 1024, GZIP_WINDOW = 15 + 16 };

static unsigned at_most_uint(size_t n)
{
    return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

/* One gzip member; ret as zlib's. */
static int inflate_member(z_stream *z, const char *end, struct buf *out)
{
    int ret = Z_OK;
    while (ret == Z_OK) {
        buf_reserve(out, STEP_BYTES);
        size_t room = out->cap - out->len - 1;
        z->next_out = (Bytef *)out->data + out->len;
        z->avail_out = at_most_uint(room);
        z->avail_in = at_most_uint((size_t)(end - (const char *)z->next_in));
        unsigned had = z->avail_out;
        ret = inflate(z, Z_NO_FLUSH);
        out->len += had - z->avail_out;
    }
    return ret;
}

static int inflate_all(const struct buf *in, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)in->data};
    const char *end = in->data + in->len;
    int ret = inflateInit2(&z, GZIP_WINDOW);
    if (ret != Z_OK)
        return ret;
    do
        ret = inflate_member(&z, end, out);
    while (ret == Z_STREAM_END && (const char *)z.next_in < end && inflateReset(&z) == Z_OK);
    inflateEnd(&z);
    out->data[out->len] = '\0';
    return ret;
}

static void replace(struct buf *text, struct buf *by)
{
    buf_release(text);
    *text = *by;
    buf_init(by);
}

int unpack_gzip(struct buf *text, const char *name, struct err *err)
{
    struct buf out = BUF_INIT;
    int ret = inflate_all(text, &out);
    if (ret == Z_STREAM_END)
        replace(text, &out);
    buf_release(&out);
    if (ret == Z_STREAM_END)
        return 0;
    if (ret == Z_MEM_ERROR)
        return err_set(err, ERR_MEMORY, "%s: out of memory", name);
    return err_set(err, ERR_FORMAT, "%s: %s", name,
                   ret == Z_BUF_ERROR ? "the gzip data ends early" : "the gzip data is damaged");
}

/* 0, or what zstd said; *out_open: the last frame has not ended. */
static size_t decompress_all(ZSTD_DStream *z, const struct buf *text, struct buf *out, size_t *out_open)
{
    ZSTD_inBuffer in = {text->data, text->len, 0};
    *out_open = text->len == 0;
    for (;;) {
        buf_reserve(out, STEP_BYTES);
        ZSTD_outBuffer to = {out->data + out->len, out->cap - out->len - 1, 0};
        size_t before = in.pos;
        size_t ret = ZSTD_decompressStream(z, &to, &in);
        if (ZSTD_isError(ret))
            return ret;
        out->len += to.pos;
        out->data[out->len] = '\0';
        if (ret != 0 || to.pos || in.pos != before)
            *out_open = ret;
        if (in.pos == in.size && to.pos < to.size)
            return 0;
    }
}

int unpack_zstd(struct buf *text, const char *name, struct err *err)
{
    struct buf out = BUF_INIT;
    size_t open = 0;
    ZSTD_DStream *z = ZSTD_createDStream();
    if (!z)
        return err_set(err, ERR_MEMORY, "%s: out of memory", name);
    size_t failed = decompress_all(z, text, &out, &open);
    ZSTD_freeDStream(z);
    if (!failed && !open)
        replace(text, &out);
    buf_release(&out);
    if (failed)
        return err_set(err, ERR_FORMAT, "%s: the zstd data is damaged: %s", name, ZSTD_getErrorName(failed));
    return open ? err_set(err, ERR_FORMAT, "%s: the zstd data ends early", name) : 0;
}
