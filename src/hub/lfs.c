#include "hub/lfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "hub/http.h"

#include "base/banned.h"

enum { BATCH_MAX = 256, PARTS_MAX = 10000 };
static const char lfs_type[] = "application/vnd.git-lfs+json";

struct sending {
    struct hub *h;
    const struct hub_spec *spec;
    const struct lfs_object *object;
    int fd;
};

/* With a mirror as endpoint, the hub's own name in an address means the mirror. */
static char *own_address(const struct hub *h, const char *href)
{
    static const char hub_host[] = "https://huggingface.co/";
    if (strncmp(href, hub_host, sizeof hub_host - 1) == 0)
        return xasprintf("%s/%s", h->endpoint, href + sizeof hub_host - 1);
    return xstrdup(href);
}

static int bad_answer(const struct sending *s, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: %s: the hub's large file storage answers %s", s->spec->repo,
                   s->object ? s->object->path : "", what);
}

/* A request whose reply has nothing but a status (and an ETag, kept in etag [256] unless NULL). */
static int send(struct sending *s, const struct http_request *r, char *etag, struct err *err)
{
    struct http_reply reply = { 0 };
    int rc = http_send(&reply, s->h, r, err);
    if (rc == 0 && reply.status / 100 != 2)
        rc = err_set(err, ERR_IO, "%s: %s: %.*s answers %ld%s%s", s->spec->repo, s->object->path, (int)strcspn(r->url, "?"),
                     r->url, reply.status, reply.error_message[0] ? ": " : "", reply.error_message);
    if (etag)
        memcpy(etag, reply.etag, sizeof reply.etag);
    http_reply_release(&reply);
    return rc;
}

static int put(struct sending *s, const char *url, int64_t offset, int64_t n_bytes, char *etag, struct err *err)
{
    const struct http_request r = { .method = "PUT", .url = url, .fd = s->fd, .fd_offset = offset, .n_fd_bytes = n_bytes };
    return send(s, &r, etag, err);
}

/* --- in parts ---------------------------------------------------------------------------------- */

static int64_t chunk_bytes(yyjson_val *header)
{
    yyjson_val *v = yyjson_obj_get(header, "chunk_size");
    if (yyjson_is_str(v))
        return strtoll(yyjson_get_str(v), NULL, 10);
    return yyjson_is_num(v) ? yyjson_get_sint(v) : 0;
}

static int put_part(struct sending *s, yyjson_val *header, int64_t chunk, int part, struct jw *w, struct err *err)
{
    char key[16], etag[256];
    int64_t offset = chunk * (part - 1), left = s->object->n_bytes - offset;
    snprintf(key, sizeof key, "%d", part);
    const char *url = json_str_or(header, key, NULL);
    if (!url)
        return bad_answer(s, "without an address for each part", err);
    if (put(s, url, offset, left < chunk ? left : chunk, etag, err) < 0)
        return -1;
    if (!etag[0])
        return bad_answer(s, "a part without an ETag", err);
    jw_object(w);
    jw_kint(w, "partNumber", part);
    jw_kstr(w, "etag", etag);
    jw_end(w);
    return 0;
}

static int put_parts(struct sending *s, const char *href, yyjson_val *header, int64_t chunk, struct err *err)
{
    struct buf text = BUF_INIT;
    struct jw w;
    int64_t n_parts = (s->object->n_bytes + chunk - 1) / chunk;
    int rc = n_parts > PARTS_MAX ? bad_answer(s, "with too many parts", err) : 0;
    jw_init(&w, &text);
    jw_object(&w);
    jw_kstr(&w, "oid", s->object->sha256);
    jw_key(&w, "parts");
    jw_array(&w);
    for (int part = 1; part <= n_parts && rc == 0; part++)
        rc = put_part(s, header, chunk, part, &w, err);
    jw_end(&w);
    jw_end(&w);
    const struct http_request r = { .method = "POST", .url = href, .body = text.data, .n_body = text.len,
                                    .content_type = lfs_type, .accept = lfs_type };
    if (rc == 0)
        rc = send(s, &r, NULL, err);
    buf_release(&text);
    return rc;
}

/* --- one object -------------------------------------------------------------------------------- */

static int verify(struct sending *s, yyjson_val *action, struct err *err)
{
    struct buf text = BUF_INIT;
    struct jw w;
    const char *href = json_str_or(action, "href", NULL);
    if (!action)
        return 0;
    if (!href)
        return bad_answer(s, "without an address to verify at", err);
    char *url = own_address(s->h, href);
    jw_init(&w, &text);
    jw_object(&w);
    jw_kstr(&w, "oid", s->object->sha256);
    jw_kint(&w, "size", s->object->n_bytes);
    jw_end(&w);
    const struct http_request r = { .method = "POST", .url = url, .is_ours = true, .is_write = true, .body = text.data,
                                    .n_body = text.len, .content_type = "application/json" };
    int rc = send(s, &r, NULL, err);
    free(url);
    buf_release(&text);
    return rc;
}

static int send_object(struct sending *s, yyjson_val *actions, struct err *err)
{
    yyjson_val *action = yyjson_obj_get(actions, "upload"), *header = yyjson_obj_get(action, "header");
    const char *href = json_str_or(action, "href", NULL);
    int64_t chunk = chunk_bytes(header);
    if (!href || chunk < 0)
        return bad_answer(s, "without an address", err);
    s->fd = open(s->object->local, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return err_errno(err, ERR_IO, "%s", s->object->local);
    char *url = own_address(s->h, href);
    int rc = chunk ? put_parts(s, url, header, chunk, err) : put(s, url, 0, s->object->n_bytes, NULL, err);
    close(s->fd);
    free(url);
    return rc < 0 ? -1 : verify(s, yyjson_obj_get(actions, "verify"), err);
}

/* --- all of them ------------------------------------------------------------------------------- */

static const struct lfs_object *find_object(const struct lfs_object *objects, int n, const char *sha256)
{
    for (int i = 0; sha256 && i < n; i++)
        if (strcmp(objects[i].sha256, sha256) == 0)
            return &objects[i];
    return NULL;
}

static void write_batch(struct buf *out, const struct hub_spec *spec, const struct lfs_object *objects, int n)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "operation", "upload");
    jw_key(&w, "transfers");
    jw_array(&w);
    jw_str(&w, "basic");
    jw_str(&w, "multipart");
    jw_end(&w);
    jw_key(&w, "objects");
    jw_array(&w);
    for (int i = 0; i < n; i++) {
        jw_object(&w);
        jw_kstr(&w, "oid", objects[i].sha256);
        jw_kint(&w, "size", objects[i].n_bytes);
        jw_end(&w);
    }
    jw_end(&w);
    jw_kstr(&w, "hash_algo", "sha256");
    jw_key(&w, "ref");
    jw_object(&w);
    jw_kstr(&w, "name", spec->revision);
    jw_end(&w);
    jw_end(&w);
}

static int send_listed(struct sending *s, yyjson_val *listed, const struct lfs_object *objects, int n, struct err *err)
{
    yyjson_val *actions = yyjson_obj_get(listed, "actions"), *error = yyjson_obj_get(listed, "error");
    s->object = find_object(objects, n, json_str_or(listed, "oid", NULL));
    if (!s->object)
        return bad_answer(s, "about something that it was not asked for", err);
    if (error)
        return err_set(err, ERR_IO, "%s: %s: the hub's large file storage: %.300s", s->spec->repo, s->object->path,
                       json_str_or(error, "message", "an error"));
    return actions ? send_object(s, actions, err) : 0; /* without actions it is there already */
}

static int read_batch(struct sending *s, const struct http_reply *reply, const struct lfs_object *objects, int n, struct err *err)
{
    struct json *j;
    size_t i, n_listed;
    yyjson_val *listed;
    int rc = 0;
    if (json_parse(&j, reply->body.data, reply->body.len, s->spec->repo, err) < 0)
        return -1;
    yyjson_val *list = yyjson_obj_get(json_root(j), "objects");
    if (!yyjson_is_arr(list))
        rc = bad_answer(s, "without a list of objects", err);
    yyjson_arr_foreach(list, i, n_listed, listed)
        if (rc == 0)
            rc = send_listed(s, listed, objects, n, err);
    json_close(j);
    return rc;
}

static int send_batch(struct hub *h, const struct hub_spec *spec, const struct lfs_object *objects, int n, struct err *err)
{
    struct sending s = { .h = h, .spec = spec };
    struct http_reply reply = { 0 };
    struct buf body = BUF_INIT;
    write_batch(&body, spec, objects, n);
    char *url = xasprintf("%s/%s%s.git/info/lfs/objects/batch", h->endpoint, hub_kind_prefix(spec->kind), spec->repo);
    const struct http_request r = { .method = "POST", .url = url, .is_ours = true, .is_write = true, .body = body.data,
                                    .n_body = body.len, .content_type = lfs_type, .accept = lfs_type };
    int rc = http_send(&reply, h, &r, err);
    if (rc == 0 && reply.status / 100 != 2)
        rc = http_refuse(err, h, spec, &reply, "large file storage");
    if (rc == 0)
        rc = read_batch(&s, &reply, objects, n, err);
    http_reply_release(&reply);
    buf_release(&body);
    free(url);
    return rc;
}

int lfs_upload(struct hub *h, const struct hub_spec *s, const struct lfs_object *objects, int n, struct err *err)
{
    for (int i = 0; i < n; i += BATCH_MAX)
        if (send_batch(h, s, objects + i, n - i < BATCH_MAX ? n - i : BATCH_MAX, err) < 0)
            return -1;
    return 0;
}
