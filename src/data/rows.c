#include "data/rows.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "data/csv.h"
#include "data/jsonl.h"
#include "data/jsonlist.h"
#include "data/parquet.h"
#include "data/unpack.h"

#include "base/banned.h"

static const struct format {
    const char *suffix;
    int (*parse)(struct rowset *rs, struct buf *text, const char *name, struct err *err);
} formats[] = {
    {".jsonl", jsonl_parse}, {".ndjson", jsonl_parse}, {".json", jsonlist_parse},
    {".csv", csv_parse},     {".tsv", tsv_parse},      {".parquet", parquet_parse},
};

static const struct packing {
    const char *suffix;
    int (*unpack)(struct buf *text, const char *name, struct err *err);
} packings[] = {{".gz", unpack_gzip}, {".zst", unpack_zstd}};

enum { N_FORMATS = sizeof(formats) / sizeof(*formats), N_PACKINGS = sizeof(packings) / sizeof(*packings) };

static bool has_suffix(const char *name, size_t n_bytes, const char *suffix)
{
    size_t n = strlen(suffix);
    return n_bytes > n && !strncasecmp(name + n_bytes - n, suffix, n);
}

/* Takes the suffix of a packing off *n_bytes. */
static const struct packing *find_packing(const char *name, size_t *n_bytes)
{
    for (int i = 0; i < N_PACKINGS; i++)
        if (has_suffix(name, *n_bytes, packings[i].suffix)) {
            *n_bytes -= strlen(packings[i].suffix);
            return &packings[i];
        }
    return NULL;
}

int rows_format(const char *filename, size_t *out_stem_bytes)
{
    size_t n_bytes = strlen(filename);
    find_packing(filename, &n_bytes);
    for (int i = 0; i < N_FORMATS; i++)
        if (has_suffix(filename, n_bytes, formats[i].suffix)) {
            *out_stem_bytes = n_bytes - strlen(formats[i].suffix);
            return i;
        }
    return -1;
}

/* With room for what rowset_take() puts behind, so that a large file is not moved for it. */
static int read_file(struct buf *text, const char *path, struct err *err)
{
    int64_t n_bytes;
    if (fs_is_dir(path))
        return err_set(err, ERR_IO, "%s: expected a file, found a folder", path);
    if (fs_size(&n_bytes, path, err))
        return -1;
    buf_reserve(text, (size_t)n_bytes + 2 * YYJSON_PADDING_SIZE);
    return fs_read(text, path, err);
}

static int add_file(struct rowset *rs, const char *path, char digest[SHA256_HEX_BYTES], struct err *err)
{
    int ret = -1;
    struct buf text = BUF_INIT;
    size_t stem_bytes, n_bytes = strlen(path);
    int format = rows_format(path, &stem_bytes);
    const struct packing *packing = find_packing(path, &n_bytes);
    if (format < 0) {
        err_set(err, ERR_UNSUPPORTED,
                "%s: expected a name in .jsonl, .json, .csv, .tsv or .parquet (or these with .gz "
                "or .zst)",
                path);
        goto done;
    }
    if (read_file(&text, path, err))
        goto done;
    sha256_bytes(digest, text.data, text.len);
    if (packing && packing->unpack(&text, path, err))
        goto done;
    ret = formats[format].parse(rs, &text, path, err);
done:
    buf_release(&text);
    return ret;
}

int rows_load_files(struct rowset **out, const char *split, const char *const *paths, int n, struct err *err)
{
    struct buf digests = BUF_INIT;
    struct rowset *rs = rowset_new(split, paths[0]);
    int ret = 0;
    for (int i = 0; i < n && !ret; i++) {
        ret = add_file(rs, paths[i], rs->sha256, err);
        buf_printf(&digests, "%s  %s\n", rs->sha256, fs_basename(paths[i]));
    }
    if (n > 1)
        sha256_bytes(rs->sha256, digests.data, digests.len);
    buf_release(&digests);
    if (ret)
        rowset_close(rs);
    else
        *out = rs;
    return ret;
}

int rows_load(struct rowset **out, const char *path, struct err *err)
{
    return rows_load_files(out, "", &path, 1, err);
}
