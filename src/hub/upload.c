#include "hub/upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/fs.h"
#include "base/gitblob.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "hub/http.h"
#include "hub/lfs.h"

#include "base/banned.h"

enum { PREUPLOAD_MAX = 256, SAMPLE_BYTES = 512, CREATE_TRIES = 5 };

struct file {
    const char *path, *local;
    int64_t n_bytes;
    bool is_lfs, is_ignored, is_same;
    char oid[SHA256_HEX_BYTES]; /* as the hub compares it */
};

struct sending {
    struct hub *h;
    const struct upload *u;
    struct hub_spec spec;
    struct file *files; /* [n] */
    int n;
    char parent[41];    /* "" a repository without commits */
};

/* --- requests ---------------------------------------------------------------------------------- */

static char *api(const struct sending *s, const char *what)
{
    return xasprintf("%s/api/%s/%s/%s", s->h->endpoint, hub_kind_plural(s->spec.kind), s->spec.repo, what);
}

/* POSTs (or GETs without a body); the reply may have any status below 500. */
static int ask(struct http_reply *reply, struct sending *s, const char *url, const struct buf *body, const char *type,
               bool is_once, struct err *err)
{
    const struct http_request r = { .method = body ? "POST" : "GET", .url = url, .is_ours = true, .is_write = true,
                                    .is_once = is_once, .content_type = body ? type : NULL,
                                    .body = body ? body->data : NULL, .n_body = body ? body->len : 0 };
    return http_send(reply, s->h, &r, err);
}

/* 1 the repository is there, with its newest commit in s->parent; 0 it is not. */
static int look(struct sending *s, struct err *err)
{
    struct http_reply reply = { 0 };
    struct json *j;
    char *url = api(s, "revision/main");
    int rc = ask(&reply, s, url, NULL, NULL, false, err);
    if (rc == 0 && reply.status == 200 && (rc = json_parse(&j, reply.body.data, reply.body.len, url, err)) == 0) {
        const char *sha = json_str_or(json_root(j), "sha", "");
        if (hub_is_commit(sha))
            memcpy(s->parent, sha, sizeof s->parent);
        json_close(j);
        rc = 1;
    }
    http_reply_release(&reply);
    free(url);
    return rc;
}

/* --- create ------------------------------------------------------------------------------------ */

static void write_create(struct buf *out, const struct sending *s)
{
    struct jw w;
    const char *slash = strchr(s->spec.repo, '/');
    char *owner = slash ? xstrndup(s->spec.repo, (size_t)(slash - s->spec.repo)) : NULL;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "name", slash ? slash + 1 : s->spec.repo);
    jw_kstr(&w, "organization", owner);
    if (s->u->is_private)
        jw_kstr(&w, "visibility", "private");
    jw_kstr(&w, "type", hub_kind_name(s->spec.kind));
    if (s->spec.kind == HUB_SPACE)
        jw_kstr(&w, "sdk", "static");
    jw_end(&w);
    free(owner);
}

static int create(struct sending *s, struct err *err)
{
    struct http_reply reply = { 0 };
    struct buf body = BUF_INIT;
    int rc = 0;
    bool is_busy = true;
    char *url = xasprintf("%s/api/repos/create", s->h->endpoint);
    write_create(&body, s);
    for (int i = 0; i < CREATE_TRIES && rc == 0 && is_busy; i++) { /* one at a time for an account */
        rc = ask(&reply, s, url, &body, "application/json", false, err);
        is_busy = rc == 0 && reply.status == 409 && strstr(reply.body.data, "conflicting operation");
        if (is_busy)
            sleep(1);
    }
    if (rc == 0 && reply.status / 100 != 2 && reply.status != 409)
        rc = http_refuse(err, s->h, &s->spec, &reply, "making the repository");
    http_reply_release(&reply);
    buf_release(&body);
    free(url);
    return rc;
}

/* --- preupload --------------------------------------------------------------------------------- */

static int write_sample(struct buf *out, const struct file *f, struct err *err)
{
    char sample[SAMPLE_BYTES];
    FILE *in = fopen(f->local, "rb");
    if (!in)
        return err_errno(err, ERR_IO, "%s", f->local);
    base64_append(out, sample, fread(sample, 1, sizeof sample, in));
    fclose(in);
    return 0;
}

static int write_preupload(struct buf *out, const struct file *files, int n, struct err *err)
{
    struct jw w;
    int rc = 0;
    jw_init(&w, out);
    jw_object(&w);
    jw_key(&w, "files");
    jw_array(&w);
    for (int i = 0; i < n && rc == 0; i++) {
        struct buf sample = BUF_INIT;
        rc = write_sample(&sample, &files[i], err);
        jw_object(&w);
        jw_kstr(&w, "path", files[i].path);
        jw_kstr(&w, "sample", sample.data);
        jw_kint(&w, "size", files[i].n_bytes);
        jw_end(&w);
        buf_release(&sample);
    }
    jw_end(&w);
    jw_end(&w);
    return rc;
}

static int digest(struct file *f, struct err *err)
{
    return f->is_lfs ? sha256_file(f->oid, f->local, err) : gitblob_file(f->oid, f->local, err);
}

static int read_mode(struct file *f, yyjson_val *row, struct err *err)
{
    const char *mode = json_str_or(row, "uploadMode", ""), *there = json_str_or(row, "oid", "");
    f->is_lfs = strcmp(mode, "lfs") == 0 && f->n_bytes > 0; /* the storage takes no empty files */
    f->is_ignored = json_bool_or(row, "shouldIgnore", false);
    if (digest(f, err) < 0)
        return -1;
    f->is_same = strcmp(f->oid, there) == 0;
    return 0;
}

static int read_preupload(struct sending *s, const struct http_reply *reply, struct file *files, int n, struct err *err)
{
    struct json *j;
    size_t i, n_rows;
    yyjson_val *row;
    int rc = 0, n_read = 0;
    if (json_parse(&j, reply->body.data, reply->body.len, s->spec.repo, err) < 0)
        return -1;
    yyjson_arr_foreach(yyjson_obj_get(json_root(j), "files"), i, n_rows, row)
        for (int k = 0; k < n && rc == 0; k++)
            if (strcmp(files[k].path, json_str_or(row, "path", "")) == 0) {
                rc = read_mode(&files[k], row, err);
                n_read++;
            }
    if (rc == 0 && n_read != n)
        rc = err_set(err, ERR_FORMAT, "%s: the hub says of %d of %d files how they are to be sent", s->spec.repo, n_read, n);
    json_close(j);
    return rc;
}

static int preupload_some(struct sending *s, struct file *files, int n, struct err *err)
{
    struct http_reply reply = { 0 };
    struct buf body = BUF_INIT;
    char *url = api(s, "preupload/main");
    int rc = write_preupload(&body, files, n, err);
    if (rc == 0)
        rc = ask(&reply, s, url, &body, "application/json", false, err);
    if (rc == 0 && reply.status != 200)
        rc = http_refuse(err, s->h, &s->spec, &reply, "asking how to send files");
    if (rc == 0)
        rc = read_preupload(s, &reply, files, n, err);
    http_reply_release(&reply);
    buf_release(&body);
    free(url);
    return rc;
}

static int preupload(struct sending *s, struct err *err)
{
    for (int i = 0; i < s->n; i += PREUPLOAD_MAX)
        if (preupload_some(s, s->files + i, s->n - i < PREUPLOAD_MAX ? s->n - i : PREUPLOAD_MAX, err) < 0)
            return -1;
    return 0;
}

static bool is_to_send(const struct file *f)
{
    return !f->is_same && !f->is_ignored;
}

static int n_to_send(const struct sending *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++)
        n += is_to_send(&s->files[i]);
    return n;
}

/* --- contents, commit -------------------------------------------------------------------------- */

static int send_lfs(struct sending *s, struct err *err)
{
    struct lfs_object *objects = xcalloc((size_t)s->n + 1, sizeof *objects);
    int n = 0;
    for (int i = 0; i < s->n; i++)
        if (is_to_send(&s->files[i]) && s->files[i].is_lfs)
            objects[n++] = (struct lfs_object){ s->files[i].path, s->files[i].local, s->files[i].oid, s->files[i].n_bytes };
    int rc = n ? lfs_upload(s->h, &s->spec, objects, n, err) : 0;
    free(objects);
    return rc;
}

static void begin_line(struct jw *w, struct buf *out, const char *key)
{
    jw_init(w, out);
    jw_object(w);
    jw_kstr(w, "key", key);
    jw_key(w, "value");
    jw_object(w);
}

static void end_line(struct jw *w, struct buf *out)
{
    jw_end(w);
    jw_end(w);
    buf_putc(out, '\n');
}

static int write_file_line(struct buf *out, const struct file *f, struct err *err)
{
    struct buf data = BUF_INIT, text = BUF_INIT;
    struct jw w;
    int rc = fs_read(&data, f->local, err);
    if (rc == 0) {
        base64_append(&text, data.data, data.len);
        begin_line(&w, out, "file");
        jw_kstr(&w, "content", text.data);
        jw_kstr(&w, "path", f->path);
        jw_kstr(&w, "encoding", "base64");
        end_line(&w, out);
    }
    buf_release(&data);
    buf_release(&text);
    return rc;
}

static void write_lfs_line(struct buf *out, const struct file *f)
{
    struct jw w;
    begin_line(&w, out, "lfsFile");
    jw_kstr(&w, "path", f->path);
    jw_kstr(&w, "algo", "sha256");
    jw_kstr(&w, "oid", f->oid);
    jw_kint(&w, "size", f->n_bytes);
    end_line(&w, out);
}

static int write_commit(struct buf *out, const struct sending *s, struct err *err)
{
    struct jw w;
    int rc = 0;
    begin_line(&w, out, "header");
    jw_kstr(&w, "summary", s->u->summary);
    jw_kstr(&w, "description", s->u->description ? s->u->description : "");
    if (s->parent[0])
        jw_kstr(&w, "parentCommit", s->parent);
    end_line(&w, out);
    for (int i = 0; i < s->n && rc == 0; i++) {
        const struct file *f = &s->files[i];
        if (is_to_send(f) && f->is_lfs)
            write_lfs_line(out, f);
        else if (is_to_send(f))
            rc = write_file_line(out, f, err);
    }
    return rc;
}

static int refuse_commit(struct sending *s, const struct http_reply *reply, struct err *err)
{
    if (reply->status == 412 || reply->status == 409)
        return err_set(err, ERR_IO, "%s: somebody else has committed meanwhile; nothing was committed: run it again", s->spec.repo);
    return http_refuse(err, s->h, &s->spec, reply, "the commit");
}

/* After a reply that was lost: is everything there now? */
static bool is_committed(struct sending *s)
{
    struct sending after = *s;
    after.files = xcalloc((size_t)s->n + 1, sizeof *after.files);
    memcpy(after.files, s->files, (size_t)s->n * sizeof *after.files);
    bool is_there = look(&after, NULL) == 1 && strcmp(after.parent, s->parent) != 0 && preupload(&after, NULL) == 0 &&
                    n_to_send(&after) == 0;
    if (is_there)
        memcpy(s->parent, after.parent, sizeof s->parent);
    free(after.files);
    return is_there;
}

/* s->parent becomes the new commit. */
static int commit(struct sending *s, struct err *err)
{
    struct http_reply reply = { 0 };
    struct buf body = BUF_INIT;
    struct json *j;
    char *url = api(s, "commit/main");
    int rc = write_commit(&body, s, err);
    if (rc == 0 && (rc = ask(&reply, s, url, &body, "application/x-ndjson", true, err)) < 0) {
        if (err->code != ERR_CANCELLED && is_committed(s))
            rc = 0;
    } else if (rc == 0 && reply.status / 100 != 2) {
        rc = refuse_commit(s, &reply, err);
    } else if (rc == 0 && (rc = json_parse(&j, reply.body.data, reply.body.len, url, err)) == 0) {
        const char *sha = json_str_or(json_root(j), "commitOid", "");
        s->parent[0] = '\0';
        if (hub_is_commit(sha))
            memcpy(s->parent, sha, sizeof s->parent);
        json_close(j);
    }
    http_reply_release(&reply);
    buf_release(&body);
    free(url);
    return rc;
}

/* --- all of it --------------------------------------------------------------------------------- */

static int read_files(struct sending *s, const struct upload_file *files, int n, struct err *err)
{
    s->files = xcalloc((size_t)n + 1, sizeof *s->files);
    s->n = n;
    for (int i = 0; i < n; i++) {
        s->files[i] = (struct file){ .path = files[i].path, .local = files[i].local };
        if (!hub_path_is_safe(files[i].path))
            return err_set(err, ERR_USAGE, "'%s' is no name of a file inside a repository", files[i].path);
        if (fs_size(&s->files[i].n_bytes, files[i].local, err) < 0)
            return -1;
    }
    return 0;
}

static void tell(struct upload_result *out, const struct sending *s, struct arena *a)
{
    const char **sent = arena_alloc(a, (size_t)(s->n + 1) * sizeof(char *));
    for (int i = 0; i < s->n; i++) {
        const struct file *f = &s->files[i];
        out->n_ignored += f->is_ignored;
        out->n_same += f->is_same && !f->is_ignored;
        if (is_to_send(f)) {
            sent[out->n_sent++] = arena_strdup(a, f->path);
            out->n_bytes += f->n_bytes;
        }
    }
    out->sent = sent;
    out->commit = "";
    out->url = arena_printf(a, "%s/%s%s", s->h->endpoint, hub_kind_prefix(s->spec.kind), s->spec.repo);
}

static int check(const struct sending *s, struct err *err)
{
    if (!hub_repo_is_valid(s->spec.repo) || !strchr(s->spec.repo, '/'))
        return err_set(err, ERR_USAGE, "'%s': expected a repository, ORG/NAME", s->spec.repo);
    if (s->h->is_offline)
        return err_set(err, ERR_UNSUPPORTED, "HF_HUB_OFFLINE is set: nothing can be published");
    if (!s->h->token)
        return err_set(err, ERR_USAGE, "publishing needs a token that may write: make one at %s/settings/tokens and set HF_TOKEN",
                       s->h->endpoint);
    return 0;
}

static int send_all(struct upload_result *out, struct sending *s, struct arena *a, struct err *err)
{
    int is_there = look(s, err);
    if (is_there < 0)
        return -1;
    out->is_new = is_there == 0;
    if (out->is_new && !s->u->is_dry && (create(s, err) < 0 || look(s, err) < 0))
        return -1;
    if ((!out->is_new || !s->u->is_dry) && preupload(s, err) < 0)
        return -1;
    tell(out, s, a);
    if (s->u->is_dry || out->n_sent == 0)
        return 0;
    if (send_lfs(s, err) < 0 || commit(s, err) < 0)
        return -1;
    out->commit = arena_strdup(a, s->parent);
    return 0;
}

int hub_upload(struct upload_result *out, struct hub *h, const struct upload *u, const struct upload_file *files, int n,
               struct arena *a, struct err *err)
{
    struct sending s = { .h = h, .u = u, .spec = { u->kind, u->repo, "main", NULL } };
    *out = (struct upload_result){ 0 };
    int rc = check(&s, err);
    if (rc == 0)
        rc = read_files(&s, files, n, err);
    if (rc == 0)
        rc = send_all(out, &s, a, err);
    free(s.files);
    return rc;
}
