#include "convert/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "convert/jsoneach.h"

#include "base/banned.h"

enum { HEADER_BYTES_MAX = 100000000, TENSORS_MAX = 1000000 };

/* All types of the format: a file may hold some that we do not convert (masks), and their sizes must fit too. */
static const struct {
    const char *name;
    int n_bits;
    enum st_dtype dtype;
} dtypes[] = {
    { "F32", 32, ST_F32 },       { "F16", 16, ST_F16 },       { "BF16", 16, ST_BF16 },     { "F64", 64, ST_OTHER },
    { "I64", 64, ST_OTHER },     { "I32", 32, ST_OTHER },     { "I16", 16, ST_OTHER },     { "I8", 8, ST_OTHER },
    { "U64", 64, ST_OTHER },     { "U32", 32, ST_OTHER },     { "U16", 16, ST_OTHER },     { "U8", 8, ST_OTHER },
    { "BOOL", 8, ST_OTHER },     { "F8_E5M2", 8, ST_OTHER },  { "F8_E4M3", 8, ST_OTHER },  { "F8_E8M0", 8, ST_OTHER },
    { "F4", 4, ST_OTHER },       { "F6_E2M3", 6, ST_OTHER },  { "F6_E3M2", 6, ST_OTHER },  { "C64", 64, ST_OTHER },
    { "F8_E4M3FNUZ", 8, ST_OTHER }, { "F8_E5M2FNUZ", 8, ST_OTHER },
};

struct reader {
    struct arena *a;
    const char *path;
    int64_t data_start, file_bytes;
};

static int bad(const struct reader *r, const char *name, struct err *err, const char *what)
{
    return err_set(err, ERR_FORMAT, "%s: tensor '%.200s': %s", r->path, name, what);
}

static int read_dtype(struct st_tensor *t, int *n_bits, const struct reader *r, yyjson_val *entry, struct err *err)
{
    const char *text = json_str_or(entry, "dtype", NULL);
    if (!text)
        return bad(r, t->name, err, "has no dtype");
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(dtypes[i].name, text) == 0) {
            t->dtype = dtypes[i].dtype;
            t->dtype_name = dtypes[i].name;
            *n_bits = dtypes[i].n_bits;
            return 0;
        }
    return err_set(err, ERR_FORMAT, "%s: tensor '%.200s': unknown dtype '%.40s'", r->path, t->name, text);
}

/* A whole number >= 0 that fits int64_t. */
static int as_size(int64_t *out, yyjson_val *v)
{
    if (!v || !yyjson_is_uint(v) || yyjson_get_uint(v) > INT64_MAX)
        return -1;
    *out = (int64_t)yyjson_get_uint(v);
    return 0;
}

static int read_shape(struct st_tensor *t, const struct reader *r, yyjson_val *entry, struct err *err)
{
    yyjson_val *shape = yyjson_obj_get(entry, "shape"), *v;
    size_t i, n;
    if (!shape || !yyjson_is_arr(shape))
        return bad(r, t->name, err, "has no shape");
    if (yyjson_arr_size(shape) > ST_DIMS_MAX)
        return bad(r, t->name, err, "has more than 8 dimensions");
    t->n_elements = 1;
    json_each_item(shape, i, n, v) {
        if (as_size(&t->dims[i], v))
            return bad(r, t->name, err, "its shape has something that is no size");
        if (__builtin_mul_overflow(t->n_elements, t->dims[i], &t->n_elements))
            return bad(r, t->name, err, "its shape is too large to be one");
    }
    t->n_dims = (int)yyjson_arr_size(shape);
    return 0;
}

static int read_offsets(struct st_tensor *t, int n_bits, const struct reader *r, yyjson_val *entry, struct err *err)
{
    yyjson_val *pair = yyjson_obj_get(entry, "data_offsets");
    const int64_t data_bytes = r->file_bytes - r->data_start;
    int64_t begin, end, bits;
    if (!pair || yyjson_arr_size(pair) != 2 || as_size(&begin, yyjson_arr_get(pair, 0)) ||
        as_size(&end, yyjson_arr_get(pair, 1)))
        return bad(r, t->name, err, "its data_offsets are no pair of offsets");
    if (begin > end || end > data_bytes)
        return err_set(err, ERR_FORMAT, "%s: tensor '%.200s': its data ends at byte %lld of %lld: the file is cut short "
                       "or its header is wrong", r->path, t->name, (long long)end, (long long)data_bytes);
    if (__builtin_mul_overflow(t->n_elements, (int64_t)n_bits, &bits) || bits % 8 || bits / 8 != end - begin)
        return bad(r, t->name, err, "its shape and its data differ in size");
    t->offset = r->data_start + begin;
    t->n_bytes = end - begin;
    return 0;
}

static int read_tensor(struct st_tensor *t, const struct reader *r, yyjson_val *key, yyjson_val *entry, struct err *err)
{
    int n_bits = 0;
    *t = (struct st_tensor){ .name = arena_strndup(r->a, yyjson_get_str(key), yyjson_get_len(key)) };
    if (strlen(t->name) != yyjson_get_len(key))
        return bad(r, t->name, err, "a NUL in its name");
    if (!yyjson_is_obj(entry))
        return bad(r, t->name, err, "its entry is no object");
    if (read_dtype(t, &n_bits, r, entry, err) || read_shape(t, r, entry, err))
        return -1;
    return read_offsets(t, n_bits, r, entry, err);
}

static int by_offset(const void *a, const void *b)
{
    const struct st_tensor *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return (x->n_bytes > y->n_bytes) - (x->n_bytes < y->n_bytes);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct st_tensor *)a)->name, ((const struct st_tensor *)b)->name);
}

/* The data is filled from its first byte to its last, by one tensor after the other. */
static int check_layout(struct st_file *f, const struct reader *r, struct err *err)
{
    int64_t at = r->data_start;
    qsort(f->tensors, (size_t)f->n, sizeof *f->tensors, by_offset);
    for (int i = 0; i < f->n; i++) {
        const struct st_tensor *t = &f->tensors[i];
        if (t->offset < at)
            return bad(r, t->name, err, "its data overlaps another tensor's");
        if (t->offset > at)
            return bad(r, t->name, err, "there is a hole before its data");
        at += t->n_bytes;
    }
    if (at != r->file_bytes)
        return err_set(err, ERR_FORMAT, "%s: its tensors end at byte %lld, the file has %lld", r->path, (long long)at,
                       (long long)r->file_bytes);
    qsort(f->tensors, (size_t)f->n, sizeof *f->tensors, by_name);
    for (int i = 1; i < f->n; i++)
        if (strcmp(f->tensors[i - 1].name, f->tensors[i].name) == 0)
            return bad(r, f->tensors[i].name, err, "stands there twice");
    return 0;
}

static int read_entries(struct st_file *out, const struct reader *r, yyjson_val *root, struct err *err)
{
    size_t i, n;
    yyjson_val *key, *value;
    if (!yyjson_is_obj(root))
        return err_set(err, ERR_FORMAT, "%s: its header is no JSON object", r->path);
    if (yyjson_obj_size(root) > TENSORS_MAX)
        return err_set(err, ERR_FORMAT, "%s: more than a million tensors", r->path);
    out->tensors = arena_alloc(r->a, (yyjson_obj_size(root) + 1) * sizeof *out->tensors);
    json_each_key(root, i, n, key, value) {
        if (yyjson_equals_str(key, "__metadata__"))
            continue;
        if (read_tensor(&out->tensors[out->n], r, key, value, err))
            return -1;
        out->n++;
    }
    return check_layout(out, r, err);
}

int safetensors_parse(struct st_file *out, struct arena *a, const char *text, size_t len, int64_t data_start,
                      int64_t file_bytes, const char *path, struct err *err)
{
    const struct reader r = { a, path, data_start, file_bytes };
    struct json *j = NULL;
    *out = (struct st_file){ 0 };
    if (json_parse(&j, text, len, path, err))
        return -1;
    const int ret = read_entries(out, &r, json_root(j), err);
    json_close(j);
    return ret;
}

static int read_fully(int fd, void *to, size_t n_bytes, off_t at, const char *path, struct err *err)
{
    for (size_t done = 0; done < n_bytes;) {
        const ssize_t n = pread(fd, (char *)to + done, n_bytes - done, at + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, "%s: cannot read", path);
        if (n == 0)
            return err_set(err, ERR_FORMAT, "%s: is cut short", path);
        done += (size_t)n;
    }
    return 0;
}

int safetensors_read(struct st_file *out, struct arena *a, int fd, const char *path, struct err *err)
{
    struct stat st;
    unsigned char first[8];
    uint64_t n_header = 0;
    struct buf text = BUF_INIT;
    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_IO, "%s", path);
    if (st.st_size < 8)
        return err_set(err, ERR_FORMAT, "%s: %lld bytes are no safetensors file", path, (long long)st.st_size);
    if (read_fully(fd, first, sizeof first, 0, path, err))
        return -1;
    for (int i = 7; i >= 0; i--)
        n_header = n_header << 8 | first[i];
    if (n_header > HEADER_BYTES_MAX)
        return err_set(err, ERR_FORMAT, "%s: a header of %llu bytes: no safetensors file, or a damaged one", path,
                       (unsigned long long)n_header);
    if ((int64_t)n_header > st.st_size - 8)
        return err_set(err, ERR_FORMAT, "%s: its header of %llu bytes is cut short: the file has %lld", path,
                       (unsigned long long)n_header, (long long)st.st_size);
    buf_reserve(&text, n_header);
    int ret = read_fully(fd, text.data, n_header, 8, path, err);
    if (ret == 0)
        ret = safetensors_parse(out, a, text.data, n_header, 8 + (int64_t)n_header, st.st_size, path, err);
    buf_release(&text);
    return ret;
}
