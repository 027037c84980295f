#include "hub/listing.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "hub/cache.h"
#include "hub/http.h"

#include "base/banned.h"

enum { PAGES_MAX = 10000, FILES_MAX = 1000000, DEPTH_MAX = 32 };

static void listing_init(struct hub_listing *l)
{
    *l = (struct hub_listing){ .is_whole = true };
    arena_init(&l->arena);
}

void hub_listing_release(struct hub_listing *l)
{
    free(l->files);
    arena_release(&l->arena);
    *l = (struct hub_listing){ 0 };
}

const char *hub_file_etag(const struct hub_file *f)
{
    return f->sha256 ? f->sha256 : f->oid;
}

/* --- entries ----------------------------------------------------------------------------------- */

static void push(struct hub_listing *l, const struct hub_file *f)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->files = xrealloc(l->files, (size_t)l->cap * sizeof *l->files);
    }
    l->files[l->n++] = *f;
}

/* A text without a NUL inside, or NULL. */
static const char *text_at(yyjson_val *obj, const char *key)
{
    yyjson_val *v = yyjson_obj_get(obj, key);
    const char *s = yyjson_get_str(v);
    return s && strlen(s) == yyjson_get_len(v) ? s : NULL;
}

static int refuse_name(const char *name, const char *path, struct err *err)
{
    char shown[80];
    size_t n = 0;
    for (const char *c = path ? path : ""; *c && n < sizeof shown - 1; c++)
        shown[n++] = (unsigned char)*c < 32 || *c == 127 ? '?' : *c;
    shown[n] = '\0';
    return err_set(err, ERR_FORMAT, "%s: the list of files has the name '%s', which is no safe name of a file; nothing is pulled",
                   name, shown);
}

static int add_file(struct hub_listing *l, const char *path, int64_t n_bytes, const char *oid, const char *sha256,
                    const char *name, struct err *err)
{
    if (!path || !hub_path_is_safe(path))
        return refuse_name(name, path, err);
    if (n_bytes < 0 || !oid || !hub_is_commit(oid) || (sha256 && !hub_is_hex(sha256, 64)))
        return err_set(err, ERR_FORMAT, "%s: %s: expected a size and hexadecimal digests in the list of files", name, path);
    if (l->n >= FILES_MAX)
        return err_set(err, ERR_FORMAT, "%s: more than %d files", name, FILES_MAX);
    push(l, &(struct hub_file){ arena_strdup(&l->arena, path), n_bytes, arena_strdup(&l->arena, oid),
                                arena_strdup(&l->arena, sha256) });
    return 0;
}

static int add_entry(struct hub_listing *l, yyjson_val *entry, const char *name, struct err *err)
{
    const char *type = text_at(entry, "type"), *path = text_at(entry, "path");
    yyjson_val *lfs = yyjson_obj_get(entry, "lfs");
    if (type && strcmp(type, "directory") == 0)
        return path && hub_path_is_safe(path) ? 0 : refuse_name(name, path, err);
    if (!type || strcmp(type, "file") != 0)
        return err_set(err, ERR_FORMAT, "%s: expected files and directories in the list of files", name);
    bool is_lfs = yyjson_is_obj(lfs);
    const char *sha256 = is_lfs ? text_at(lfs, "oid") : NULL;
    if (is_lfs && !sha256)
        return err_set(err, ERR_FORMAT, "%s: %.200s: no digest in the list of files", name, path ? path : "");
    return add_file(l, path, json_int_or(is_lfs ? lfs : entry, "size", -1), text_at(entry, "oid"), sha256, name, err);
}

int hub_listing_add_page(struct hub_listing *l, const char *text, size_t len, const char *name, struct err *err)
{
    struct json *j;
    size_t i, n;
    yyjson_val *entry;
    int ret = -1;
    if (json_parse(&j, text, len, name, err) < 0)
        return -1;
    if (!yyjson_is_arr(json_root(j))) {
        err_set(err, ERR_FORMAT, "%s: expected a list of files, found %s", name, json_type_name(json_root(j)));
        goto done;
    }
    yyjson_arr_foreach(json_root(j), i, n, entry)
        if (add_entry(l, entry, name, err) < 0)
            goto done;
    ret = 0;
done:
    json_close(j);
    return ret;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct hub_file *)a)->path, ((const struct hub_file *)b)->path);
}

/* "a" a file and "a/b" too. What begins with "a/" need not follow "a" at once ("a-b" stands between). */
static bool is_folder_too(const struct hub_listing *l, const char *path)
{
    const char *slash = strchr(path, '/');
    for (; slash; slash = strchr(slash + 1, '/')) {
        char *folder = xstrndup(path, (size_t)(slash - path));
        bool is_file = hub_listing_find(l, folder) != NULL;
        free(folder);
        if (is_file)
            return true;
    }
    return false;
}

int hub_listing_finish(struct hub_listing *l, const char *name, struct err *err)
{
    if (l->n > 0)
        qsort(l->files, (size_t)l->n, sizeof *l->files, compare_paths);
    for (int i = 0; i < l->n; i++) {
        const char *path = l->files[i].path;
        if ((i > 0 && strcmp(path, l->files[i - 1].path) == 0) || is_folder_too(l, path))
            return err_set(err, ERR_FORMAT, "%s: the name '%s' stands in the list of files for more than one thing", name, path);
    }
    return 0;
}

const struct hub_file *hub_listing_find(const struct hub_listing *l, const char *path)
{
    const struct hub_file key = { .path = path };
    return l->n ? bsearch(&key, l->files, (size_t)l->n, sizeof key, compare_paths) : NULL;
}

/* --- from the hub ------------------------------------------------------------------------------ */

static const char *api_url(struct arena *a, const struct hub *h, const struct hub_spec *s, const char *what, const char *rev)
{
    struct buf url = BUF_INIT;
    buf_printf(&url, "%s/api/%s/%s/%s/", h->endpoint, hub_kind_plural(s->kind), s->repo, what);
    hub_quote(&url, rev, false);
    const char *text = arena_strdup(a, url.data);
    buf_release(&url);
    return text;
}

static int read_commit(struct hub_listing *l, const struct http_reply *reply, const char *name, struct err *err)
{
    struct json *j;
    if (json_parse(&j, reply->body.data, reply->body.len, name, err) < 0)
        return -1;
    const char *sha = text_at(json_root(j), "sha");
    if (sha && hub_is_commit(sha))
        l->commit = arena_strdup(&l->arena, sha);
    json_close(j);
    return l->commit ? 0 : err_set(err, ERR_FORMAT, "%s: the hub names no commit of the revision", name);
}

static int ask_commit(struct hub_listing *l, struct hub *h, const struct hub_spec *s, const char *name, struct err *err)
{
    struct http_reply reply = { 0 };
    const struct http_request get = { .method = "GET", .url = api_url(&l->arena, h, s, "revision", s->revision),
                                      .is_ours = true };
    int rc = http_send(&reply, h, &get, err);
    if (rc == 0 && reply.status != 200)
        rc = http_refuse(err, h, s, &reply, "asking for the revision");
    if (rc == 0)
        rc = read_commit(l, &reply, name, err);
    http_reply_release(&reply);
    return rc;
}

/* The next page's address. With a mirror as endpoint, the hub's own name in it means the mirror. */
static const char *next_page(struct hub_listing *l, const struct hub *h, const char *link, const char *name, struct err *err)
{
    static const char hub_host[] = "https://huggingface.co/";
    if (http_is_ours(h, link))
        return arena_strdup(&l->arena, link);
    if (strncmp(link, hub_host, sizeof hub_host - 1) == 0)
        return arena_printf(&l->arena, "%s/%s", h->endpoint, link + sizeof hub_host - 1);
    err_set(err, ERR_FORMAT, "%s: the list of files goes on at another server (%.200s): refused", name, link);
    return NULL;
}

static int ask_pages(struct hub_listing *l, struct hub *h, const struct hub_spec *s, const char *name, struct err *err)
{
    const char *url = arena_printf(&l->arena, "%s?recursive=true&expand=false", api_url(&l->arena, h, s, "tree", l->commit));
    int rc = 0;
    for (int i = 0; url && rc == 0; i++) {
        struct http_reply reply = { 0 };
        const struct http_request get = { .method = "GET", .url = url, .is_ours = true };
        rc = i < PAGES_MAX ? http_send(&reply, h, &get, err) : err_set(err, ERR_FORMAT, "%s: the list of files does not end", name);
        if (rc == 0 && reply.status != 200)
            rc = http_refuse(err, h, s, &reply, "the list of files");
        if (rc == 0)
            rc = hub_listing_add_page(l, reply.body.data, reply.body.len, name, err);
        url = NULL;
        if (rc == 0 && reply.link_next && !(url = next_page(l, h, reply.link_next, name, err)))
            rc = -1;
        http_reply_release(&reply);
    }
    return rc < 0 ? -1 : hub_listing_finish(l, name, err);
}

int hub_list(struct hub_listing *out, struct hub *h, const struct hub_spec *s, struct err *err)
{
    listing_init(out);
    const char *name = hub_spec_label(&out->arena, s);
    int rc = 0;
    if (hub_is_commit(s->revision))
        out->commit = arena_strdup(&out->arena, s->revision);
    else
        rc = ask_commit(out, h, s, name, err);
    if (rc == 0 && cache_read_tree(out, h, s) == 0)
        return 0;
    if (rc == 0)
        rc = ask_pages(out, h, s, name, err);
    if (rc == 0)
        cache_write_tree(out, h, s);
    if (rc < 0)
        hub_listing_release(out);
    return rc;
}

/* --- from the cache ---------------------------------------------------------------------------- */

int hub_listing_read_tree(struct hub_listing *l, const char *text, size_t len, const char *name, struct err *err)
{
    struct json *j;
    size_t i, n;
    yyjson_val *key, *v;
    int ret = -1;
    if (json_parse(&j, text, len, name, err) < 0)
        return -1;
    yyjson_val *files = yyjson_obj_get(json_root(j), "files");
    if (json_int_or(json_root(j), "format_version", 0) != 1 || !yyjson_is_obj(files)) {
        err_set(err, ERR_FORMAT, "%s: expected a list of files, format 1", name);
        goto done;
    }
    yyjson_obj_foreach(files, i, n, key, v) {
        const char *path = yyjson_get_str(key), *sha256 = text_at(v, "lfs_sha256");
        if (strlen(path) != yyjson_get_len(key))
            path = NULL;
        if (add_file(l, path, json_int_or(v, sha256 ? "lfs_size" : "size", -1), text_at(v, "blob_id"), sha256, name, err) < 0)
            goto done;
    }
    ret = hub_listing_finish(l, name, err);
done:
    json_close(j);
    return ret;
}

static void add_folder(struct hub_listing *l, const char *dir, const char *prefix, int depth)
{
    struct dirent *entry;
    struct stat st;
    DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
    while (d && (entry = readdir(d))) {
        const char *path = arena_printf(&l->arena, "%s%s", prefix, entry->d_name);
        const char *full = fs_join(&l->arena, dir, entry->d_name);
        if (!hub_path_is_safe(path) || stat(full, &st))
            continue;
        if (S_ISREG(st.st_mode))
            push(l, &(struct hub_file){ path, st.st_size, "", NULL });
        else if (S_ISDIR(st.st_mode))
            add_folder(l, full, arena_printf(&l->arena, "%s/", path), depth + 1);
    }
    if (d)
        closedir(d);
}

int hub_list_cached(struct hub_listing *out, const struct hub *h, const struct hub_spec *s, struct err *err)
{
    char commit[41];
    listing_init(out);
    const char *name = hub_spec_label(&out->arena, s);
    if (cache_read_ref(commit, h, s) < 0) {
        err_set(err, ERR_IO, "%s is not in the hub's cache (%s)", name, h->cache_dir);
        hub_listing_release(out);
        return -1;
    }
    out->commit = arena_strdup(&out->arena, commit);
    if (cache_read_tree(out, h, s) == 0)
        return 0;
    out->is_whole = false;
    add_folder(out, cache_snapshot_dir(&out->arena, h, s, commit), "", 0);
    return hub_listing_finish(out, name, err);
}
