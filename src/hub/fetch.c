#include "hub/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/gitblob.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "hub/cache.h"
#include "hub/transfer.h"

#include "base/banned.h"

enum { PARALLEL = 8, ERROR_BODY_MAX = 4096, POLL_MS = 200 };
static const double LOCK_POLL_S = 0.2, RATE_OVER_S = 2;

enum state { WAITS, WANTS_LOCK, RUNS, DONE };

struct item {
    const struct hub_file *file;
    const char *url, *blob, *incomplete, *lock_path;
    enum state state;
    double not_before_s;       /* WAITS: after an error; WANTS_LOCK: next look */
    int i_try;                 /* without a byte in between */
    int lock_fd, fd;
    int64_t n_bytes;           /* on disk */
    int64_t n_best;            /* most that was ever there: only more than that is progress */
    bool is_pieced;            /* put together by more than one request */
    CURL *easy;
    struct http_reply reply;   /* headers; body of an error */
    struct err err;            /* of the callbacks: disk, range */
};

struct fetch {
    struct hub *h;
    const struct hub_spec *spec;
    struct arena arena;
    const char *label;
    struct item *items; /* [n] */
    int n, n_running, n_done;
    CURLM *multi;
    const struct hub_view *view;
    const char *waits_for;
    double rate_from_s;
    int64_t rate_from_bytes;
    double bytes_per_s;
};

/* --- what curl calls --------------------------------------------------------------------------- */

/* "bytes 100-199/200" begins at 100? */
static bool begins_at(CURL *easy, int64_t offset)
{
    struct curl_header *h;
    long long from = -1;
    if (curl_easy_header(easy, "Content-Range", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
        return false;
    return sscanf(h->value, "bytes %lld-", &from) == 1 && from == offset;
}

/* The first bytes of an answer: 206 goes on where we are, 200 is the file from its beginning. */
static int begin_body(struct item *it, long status)
{
    if (status == 206)
        return begins_at(it->easy, it->n_bytes)
                   ? 0 : err_set(&it->err, ERR_IO, "%s: the server sends another part than it was asked for", it->file->path);
    if (it->n_bytes > 0 && ftruncate(it->fd, 0) < 0)
        return err_errno(&it->err, ERR_IO, "%s", it->incomplete);
    it->n_bytes = 0;
    it->is_pieced = false;
    return 0;
}

static int write_at(struct item *it, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = pwrite(it->fd, data, n, it->n_bytes);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_errno(&it->err, ERR_IO, "%s: %s", it->incomplete, it->file->path);
        data += done;
        n -= (size_t)done;
        it->n_bytes += done;
    }
    return 0;
}

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
    struct item *it = ctx;
    long status = 0;
    n *= size;
    curl_easy_getinfo(it->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) {
        if (it->reply.body.len < ERROR_BODY_MAX)
            buf_append(&it->reply.body, data, n);
        return n;
    }
    if (it->reply.status == 0 && begin_body(it, status) < 0)
        return 0;
    it->reply.status = status;
    if (it->n_bytes + (int64_t)n > it->file->n_bytes) {
        err_set(&it->err, ERR_IO, "%s: the server sends more than the %" PRId64 " bytes that the list of files names",
                it->file->path, it->file->n_bytes);
        return 0;
    }
    return write_at(it, data, n) < 0 ? 0 : n;
}

/* --- one file ---------------------------------------------------------------------------------- */

static void release(struct fetch *f, struct item *it)
{
    if (it->easy) {
        curl_multi_remove_handle(f->multi, it->easy);
        curl_easy_cleanup(it->easy);
        it->easy = NULL;
        f->n_running--;
    }
    if (it->fd >= 0)
        close(it->fd);
    it->fd = -1;
    http_reply_release(&it->reply);
    cache_unlock(it->lock_fd);
    it->lock_fd = -1;
}

static void finish(struct fetch *f, struct item *it)
{
    it->state = DONE;
    it->n_bytes = it->file->n_bytes;
    f->n_done++;
    release(f, it);
}

static bool is_there(const struct item *it)
{
    struct stat st;
    return !stat(it->blob, &st) && S_ISREG(st.st_mode) && st.st_size == it->file->n_bytes;
}

static int open_incomplete(struct item *it, struct err *err)
{
    struct stat st;
    it->fd = open(it->incomplete, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (it->fd < 0 || fstat(it->fd, &st) < 0)
        return err_errno(err, ERR_IO, "%s", it->incomplete);
    it->n_bytes = st.st_size;
    if (it->n_bytes > it->file->n_bytes) { /* not what it says it is */
        it->n_bytes = 0;
        if (ftruncate(it->fd, 0) < 0)
            return err_errno(err, ERR_IO, "%s", it->incomplete);
    }
    it->is_pieced = it->n_bytes > 0;
    it->n_best = it->n_bytes;
    return 0;
}

static void request(struct fetch *f, struct item *it)
{
    const struct hub *h = f->h;
    it->easy = transfer_new(h, it->url, h->is_token_implicit);
    it->err = (struct err){ 0 };
    http_reply_release(&it->reply);
    buf_init(&it->reply.body);
    if (it->n_bytes > 0)
        curl_easy_setopt(it->easy, CURLOPT_RANGE, arena_printf(&f->arena, "%" PRId64 "-", it->n_bytes));
    curl_easy_setopt(it->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(it->easy, CURLOPT_WRITEDATA, it);
    curl_easy_setopt(it->easy, CURLOPT_HEADERFUNCTION, transfer_header);
    curl_easy_setopt(it->easy, CURLOPT_HEADERDATA, &it->reply);
    curl_easy_setopt(it->easy, CURLOPT_PRIVATE, it);
    curl_multi_add_handle(f->multi, it->easy);
    f->n_running++;
    it->state = RUNS;
}

/* "" when the content is what the list of files says, else what it is. */
static int check_digest(char found[SHA256_HEX_BYTES], const struct item *it, struct err *err)
{
    const struct hub_file *file = it->file;
    int rc = file->sha256 ? sha256_file(found, it->incomplete, err) : gitblob_file(found, it->incomplete, err);
    if (rc == 0 && strcmp(found, hub_file_etag(file)) == 0)
        found[0] = '\0';
    return rc;
}

static int keep(struct item *it, struct err *err)
{
    if (fsync(it->fd) < 0 && errno != EINVAL && errno != ENOTSUP)
        return err_errno(err, ERR_IO, "%s", it->incomplete);
    return fs_rename(it->incomplete, it->blob, err);
}

/* All bytes are there. */
static int complete(struct fetch *f, struct item *it, struct err *err)
{
    char found[SHA256_HEX_BYTES];
    if (check_digest(found, it, err) < 0)
        return -1;
    if (!found[0]) {
        if (keep(it, err) < 0)
            return -1;
        finish(f, it);
        return 0;
    }
    if (it->is_pieced) { /* the pieces may be of different files: once more, in one */
        log_warn("%s: %s: the pieces do not make the file that was asked for; loading it again", f->label, it->file->path);
        if (ftruncate(it->fd, 0) < 0)
            return err_errno(err, ERR_IO, "%s", it->incomplete);
        it->n_bytes = 0;
        it->is_pieced = false;
        request(f, it);
        return 0;
    }
    fs_remove(it->incomplete, NULL);
    return err_set(err, ERR_FORMAT, "%s: %s: what the server sent has the %s %s, expected %s; it was deleted", f->label,
                   it->file->path, it->file->sha256 ? "SHA-256" : "git digest", found, hub_file_etag(it->file));
}

static int start(struct fetch *f, struct item *it, struct err *err)
{
    int rc = it->lock_fd >= 0 ? 1 : cache_lock(&it->lock_fd, it->lock_path, err);
    if (rc < 0)
        return -1;
    if (rc == 0) {
        it->state = WANTS_LOCK;
        it->not_before_s = clock_s() + LOCK_POLL_S;
        f->waits_for = "another puller";
        return 0;
    }
    if (is_there(it)) {
        finish(f, it);
        return 0;
    }
    if (it->fd < 0 && open_incomplete(it, err) < 0)
        return -1;
    if (it->n_bytes == it->file->n_bytes)
        return complete(f, it, err);
    request(f, it);
    return 0;
}

/* A request ended without the whole file. */
static int try_again(struct fetch *f, struct item *it, CURLcode code, long status, struct err *err)
{
    if (it->err.msg[0]) {
        *err = it->err;
        return -1;
    }
    bool is_cut = (code == CURLE_OK && (status == 200 || status == 206)) || code == CURLE_PARTIAL_FILE;
    bool is_empty = it->n_bytes <= it->n_best;
    it->i_try = is_empty ? it->i_try + 1 : 1;
    it->n_best = is_empty ? it->n_best : it->n_bytes;
    double pause_s = is_empty ? transfer_wait_s(&it->reply, it->i_try) : 0;
    if (code == CURLE_OK && status == 416) { /* the rest that we want is not there: from the beginning */
        if (it->n_bytes == 0 || ftruncate(it->fd, 0) < 0)
            return err_set(err, ERR_IO, "%s: %s: the server has no such part", f->label, it->file->path);
        it->n_bytes = 0;
    } else if (!is_cut && !transfer_is_transient(code, status) && code == CURLE_OK) {
        it->reply.status = status;
        return http_refuse(err, f->h, f->spec, &it->reply, it->file->path);
    } else if (pause_s < 0 || it->i_try >= TRANSFER_TRIES || (!is_cut && !transfer_is_transient(code, status))) {
        return is_cut ? err_set(err, ERR_IO, "%s: %s: the server stops after %" PRId64 " of %" PRId64 " bytes", f->label,
                                it->file->path, it->n_bytes, it->file->n_bytes)
               : code != CURLE_OK ? transfer_fail(err, it->url, code)
                                  : err_set(err, ERR_IO, "%s: %s: the server answers %ld", f->label, it->file->path, status);
    }
    log_debug("%s: %s after %" PRId64 " bytes, status %ld; again in %.0f s", it->file->path, curl_easy_strerror(code),
              it->n_bytes, status, pause_s);
    it->is_pieced = it->n_bytes > 0;
    it->state = WAITS;
    it->not_before_s = clock_s() + pause_s;
    f->waits_for = "the server";
    return 0;
}

static int ended(struct fetch *f, struct item *it, CURLcode code, struct err *err)
{
    long status = 0;
    curl_off_t after_s = 0;
    curl_easy_getinfo(it->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(it->easy, CURLINFO_RETRY_AFTER, &after_s);
    it->reply.retry_after_s = (double)after_s;
    curl_multi_remove_handle(f->multi, it->easy);
    curl_easy_cleanup(it->easy);
    it->easy = NULL;
    f->n_running--;
    f->waits_for = NULL;
    bool is_good = code == CURLE_OK && (status == 200 || status == 206);
    if (is_good && it->file->n_bytes == 0)
        it->n_bytes = 0;
    return is_good && it->n_bytes == it->file->n_bytes ? complete(f, it, err) : try_again(f, it, code, status, err);
}

/* --- all of them ------------------------------------------------------------------------------- */

static void make_item(struct fetch *f, struct item *it, const struct hub_file *file, const char *commit)
{
    struct arena *a = &f->arena;
    struct buf url = BUF_INIT;
    const char *etag = hub_file_etag(file);
    buf_printf(&url, "%s/%s%s/resolve/%s/", f->h->endpoint, hub_kind_prefix(f->spec->kind), f->spec->repo, commit);
    hub_quote(&url, file->path, true);
    *it = (struct item){ .file = file, .lock_fd = -1, .fd = -1, .url = arena_strdup(a, url.data) };
    it->blob = cache_blob_path(a, f->h, f->spec, etag);
    it->incomplete = arena_printf(a, "%s.incomplete", it->blob);
    it->lock_path = cache_lock_path(a, f->h, f->spec, etag);
    buf_release(&url);
}

static bool is_listed(const struct fetch *f, const struct hub_file *file)
{
    for (int i = 0; i < f->n; i++)
        if (strcmp(hub_file_etag(f->items[i].file), hub_file_etag(file)) == 0)
            return true;
    return false;
}

static int64_t on_disk(const struct item *it)
{
    struct stat st;
    return stat(it->incomplete, &st) ? 0 : st.st_size;
}

static int check_space(const struct fetch *f, struct err *err)
{
    int64_t needed = 0, free_bytes;
    char needs[32], has[32];
    struct arena a;
    for (int i = 0; i < f->n; i++)
        if (f->items[i].file->n_bytes > on_disk(&f->items[i]))
            needed += f->items[i].file->n_bytes - on_disk(&f->items[i]);
    arena_init(&a);
    const char *dir = cache_repo_dir(&a, f->h, f->spec);
    int rc = fs_free_bytes(&free_bytes, dir, err);
    units_format_bytes(needs, sizeof needs, needed);
    if (rc == 0 && needed > free_bytes) {
        units_format_bytes(has, sizeof has, free_bytes);
        rc = err_set(err, ERR_IO, "%s: needs %s for %s, %s free", dir, needs, f->label, has);
    }
    arena_release(&a);
    return rc;
}

static void measure_rate(struct fetch *f, int64_t done_bytes)
{
    double now_s = clock_s();
    if (f->rate_from_s == 0 || now_s - f->rate_from_s >= RATE_OVER_S) {
        if (f->rate_from_s > 0)
            f->bytes_per_s = (double)(done_bytes - f->rate_from_bytes) / (now_s - f->rate_from_s);
        f->rate_from_s = now_s;
        f->rate_from_bytes = done_bytes;
    }
}

static void show(struct fetch *f)
{
    struct hub_progress p = { .what = f->label, .n_done = f->n_done, .n_files = f->n,
                              .waits_for = f->n_running ? NULL : f->waits_for };
    for (int i = 0; i < f->n; i++) {
        p.done_bytes += f->items[i].n_bytes;
        p.total_bytes += f->items[i].file->n_bytes;
    }
    measure_rate(f, p.done_bytes);
    p.bytes_per_s = f->bytes_per_s > 0 ? f->bytes_per_s : 0;
    if (f->view && f->view->progress)
        f->view->progress(f->view->ctx, &p);
}

static int start_some(struct fetch *f, struct err *err)
{
    double now_s = clock_s();
    for (int i = 0; i < f->n && f->n_running < PARALLEL; i++) {
        struct item *it = &f->items[i];
        if ((it->state == WAITS || it->state == WANTS_LOCK) && it->not_before_s <= now_s && start(f, it, err) < 0)
            return -1;
    }
    return 0;
}

static int take_ended(struct fetch *f, struct err *err)
{
    CURLMsg *m;
    int n_left;
    while ((m = curl_multi_info_read(f->multi, &n_left))) {
        struct item *it;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&it);
        if (ended(f, it, code, err) < 0)
            return -1;
    }
    return 0;
}

static int run(struct fetch *f, struct err *err)
{
    while (f->n_done < f->n) {
        int n_running, n_events;
        if (proc_stop_requested())
            return err_set(err, ERR_CANCELLED, "stopped; perbit pull goes on where it was");
        if (start_some(f, err) < 0)
            return -1;
        curl_multi_perform(f->multi, &n_running);
        if (take_ended(f, err) < 0)
            return -1;
        show(f);
        if (f->n_done < f->n)
            curl_multi_poll(f->multi, NULL, 0, f->n_running ? POLL_MS : POLL_MS / 4, &n_events);
    }
    return 0;
}

int fetch_blobs(struct hub *h, const struct hub_spec *s, const char *commit, const struct hub_file *const *files, int n,
                const struct hub_view *view, struct err *err)
{
    struct fetch f = { .h = h, .spec = s, .view = view };
    int rc;
    arena_init(&f.arena);
    f.label = hub_spec_label(&f.arena, s);
    f.items = xcalloc((size_t)n + 1, sizeof *f.items);
    for (int i = 0; i < n; i++)
        if (!is_listed(&f, files[i])) { /* two names of one content are one blob */
            make_item(&f, &f.items[f.n], files[i], commit);
            f.n += !is_there(&f.items[f.n]);
        }
    f.multi = curl_multi_init();
    curl_multi_setopt(f.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PARALLEL);
    rc = f.n ? check_space(&f, err) : 0;
    if (rc == 0)
        rc = run(&f, err);
    for (int i = 0; i < f.n; i++)
        if (f.items[i].state != DONE)
            release(&f, &f.items[i]);
    curl_multi_cleanup(f.multi);
    free(f.items);
    arena_release(&f.arena);
    return rc;
}
