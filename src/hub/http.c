#include "hub/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/xalloc.h"
#include "hub/transfer.h"

#include "base/banned.h"

enum { BODY_MAX_BYTES = 256 << 20, REDIRECTS_MAX = 10, WAIT_MAX_S = 30, ASKED_MAX_S = 600 };

bool http_is_ours(const struct hub *h, const char *url)
{
    size_t n = strlen(h->endpoint);
    return strncmp(url, h->endpoint, n) == 0 && (url[n] == '/' || url[n] == '?');
}

/* --- headers of a reply ------------------------------------------------------------------------ */

static void copy_value(char *out, size_t out_bytes, const char *value, size_t n)
{
    if (n >= out_bytes)
        n = out_bytes - 1;
    for (size_t i = 0; i < n; i++) /* it may stand in a message */
        out[i] = (unsigned char)value[i] < 32 ? ' ' : value[i];
    out[n] = '\0';
}

/* <https://...>; rel="next" */
static char *next_link(const char *value, size_t n)
{
    char *text = xstrndup(value, n), *url = NULL;
    for (char *p = text; (p = strchr(p, '<'));) {
        char *end = strchr(p, '>');
        if (!end)
            break;
        *end = '\0';
        if (strncmp(end + 1, "; rel=\"next\"", 12) == 0 || strncmp(end + 1, ";rel=\"next\"", 11) == 0)
            url = xstrdup(p + 1);
        if (url)
            break;
        p = end + 1;
    }
    free(text);
    return url;
}

/* RateLimit: "api";r=0;t=55: nothing left for 55 s */
static double rate_reset_s(const char *value, size_t n)
{
    char text[128];
    copy_value(text, sizeof text, value, n);
    const char *r = strstr(text, ";r="), *t = strstr(text, ";t=");
    return r && t && strtol(r + 3, NULL, 10) == 0 ? strtod(t + 3, NULL) : 0;
}

static void forget_headers(struct http_reply *r)
{
    free(r->link_next);
    r->link_next = NULL;
    r->etag[0] = r->error_code[0] = r->error_message[0] = r->commit[0] = '\0';
    r->rate_reset_s = 0;
}

static void read_header(struct http_reply *r, const char *name, size_t n_name, const char *value, size_t n)
{
    const struct {
        const char *name;
        char *to;
        size_t n_to;
    } texts[] = {
        { "etag", r->etag, sizeof r->etag },
        { "x-error-code", r->error_code, sizeof r->error_code },
        { "x-error-message", r->error_message, sizeof r->error_message },
        { "x-repo-commit", r->commit, sizeof r->commit },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strlen(texts[i].name) == n_name && strncasecmp(name, texts[i].name, n_name) == 0)
            copy_value(texts[i].to, texts[i].n_to, value, n);
    if (n_name == 4 && strncasecmp(name, "link", 4) == 0) {
        free(r->link_next);
        r->link_next = next_link(value, n);
    }
    if (n_name == 9 && strncasecmp(name, "ratelimit", 9) == 0)
        r->rate_reset_s = rate_reset_s(value, n);
}

size_t transfer_header(char *line, size_t size, size_t n, void *reply)
{
    size_t n_line = size * n, n_text = n_line;
    while (n_text > 0 && (line[n_text - 1] == '\r' || line[n_text - 1] == '\n'))
        n_text--;
    if (n_text > 5 && strncmp(line, "HTTP/", 5) == 0) {
        forget_headers(reply);
        return n_line;
    }
    const char *colon = memchr(line, ':', n_text);
    if (colon) {
        const char *value = colon + 1, *end = line + n_text;
        while (value < end && (*value == ' ' || *value == '\t'))
            value++;
        read_header(reply, line, (size_t)(colon - line), value, (size_t)(end - value));
    }
    return n_line;
}

void http_reply_release(struct http_reply *r)
{
    free(r->link_next);
    if (r->body.data)
        buf_release(&r->body);
    *r = (struct http_reply){ 0 };
}

/* --- a handle ---------------------------------------------------------------------------------- */

CURL *transfer_new(const struct hub *h, const char *url, bool has_token)
{
    CURL *c = curl_easy_init();
    if (!c) {
        log_error("libcurl: out of memory");
        exit(1);
    }
    bool is_https = strncmp(url, "https://", 8) == 0;
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "perbit/" PERBIT_VERSION "; libcurl/" LIBCURL_VERSION);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)h->timeout_s);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)h->timeout_s);
    /* libcurl keeps it from another host, port or scheme (CURLOPT_UNRESTRICTED_AUTH is off) */
    if (has_token && h->token && http_is_ours(h, url)) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, h->token);
    }
    return c;
}

bool transfer_is_transient(CURLcode code, long status)
{
    switch (code) {
    case CURLE_OK:
        return status == 408 || status == 429 || status >= 500;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

double transfer_wait_s(const struct http_reply *r, int i_try)
{
    double asked_s = r->retry_after_s > r->rate_reset_s ? r->retry_after_s : r->rate_reset_s;
    double own_s = i_try > 5 ? WAIT_MAX_S : (double)(1 << (i_try - 1));
    if (asked_s > ASKED_MAX_S)
        return -1;
    return asked_s > 0 ? asked_s : own_s;
}

int transfer_fail(struct err *err, const char *url, CURLcode code)
{
    return err_set(err, ERR_IO, "%.*s: %s", (int)strcspn(url, "?"), url, curl_easy_strerror(code));
}

/* --- one request ------------------------------------------------------------------------------- */

struct sending {
    const struct http_request *r;
    struct http_reply *reply;
    int64_t n_sent;
};

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct http_reply *reply = ctx;
    if (reply->body.len + size * n > BODY_MAX_BYTES)
        return 0;
    buf_append(&reply->body, data, size * n);
    return size * n;
}

static size_t give_body(char *out, size_t size, size_t n, void *ctx)
{
    struct sending *s = ctx;
    const struct http_request *r = s->r;
    int64_t total = r->n_fd_bytes ? r->n_fd_bytes : (int64_t)r->n_body, left = total - s->n_sent;
    size_t want = (int64_t)(size * n) < left ? size * n : (size_t)left;
    ssize_t got = (ssize_t)want;
    if (r->n_fd_bytes)
        got = want ? pread(r->fd, out, want, r->fd_offset + s->n_sent) : 0;
    else
        memcpy(out, (const char *)r->body + s->n_sent, want);
    if (got < 0 || (want > 0 && got == 0))
        return CURL_READFUNC_ABORT;
    s->n_sent += got;
    return (size_t)got;
}

/* A redirect that keeps the method starts the body again. */
static int rewind_body(void *ctx, curl_off_t offset, int origin)
{
    struct sending *s = ctx;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    s->n_sent = offset;
    return CURL_SEEKFUNC_OK;
}

static int stop_asked(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)ctx, (void)a, (void)b, (void)c, (void)d;
    return proc_stop_requested();
}

static void set_body(CURL *c, struct sending *s)
{
    const struct http_request *r = s->r;
    bool is_get = strcmp(r->method, "GET") == 0;
    curl_off_t n = r->n_fd_bytes ? r->n_fd_bytes : (curl_off_t)r->n_body;
    if (is_get)
        return;
    curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(c, CURLOPT_READDATA, s);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, s);
    if (strcmp(r->method, "PUT") == 0) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, n);
    } else {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, n);
        curl_easy_setopt(c, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
    }
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char *line = value ? xasprintf("%s: %s", name, value) : xasprintf("%s:", name);
    list = curl_slist_append(list, line);
    free(line);
    return list;
}

static CURLcode send_once(struct http_reply *reply, const struct hub *h, const struct http_request *r)
{
    struct sending s = { r, reply, 0 };
    struct curl_slist *headers = NULL;
    CURL *c = transfer_new(h, r->url, r->is_ours && (r->is_write || h->is_token_implicit));
    http_reply_release(reply);
    buf_init(&reply->body);
    headers = add_header(headers, "Expect", NULL);
    headers = add_header(headers, "Content-Type", r->content_type);
    if (r->accept)
        headers = add_header(headers, "Accept", r->accept);
    set_body(c, &s);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); /* whatever libcurl can read */
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, reply);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, transfer_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, reply);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, stop_asked);
    CURLcode code = curl_easy_perform(c);
    curl_off_t after_s = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &after_s);
    reply->retry_after_s = (double)after_s;
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
    return code;
}

/* False when somebody wants to stop. */
static bool wait_s(double s)
{
    double end_s = clock_s() + s;
    while (!proc_stop_requested() && clock_s() < end_s)
        usleep(50000);
    return !proc_stop_requested();
}

static int given_up(struct err *err, const char *url, CURLcode code, const struct http_reply *r)
{
    if (code != CURLE_OK)
        return transfer_fail(err, url, code);
    return err_set(err, ERR_IO, "%.*s: the server answers %ld%s%s", (int)strcspn(url, "?"), url, r->status,
                   r->error_message[0] ? ": " : "", r->error_message);
}

int http_send(struct http_reply *out, struct hub *h, const struct http_request *r, struct err *err)
{
    if (h->is_offline)
        return err_set(err, ERR_UNSUPPORTED, "HF_HUB_OFFLINE is set: %s is not asked", h->endpoint);
    for (int i_try = 1;; i_try++) {
        CURLcode code = send_once(out, h, r);
        if (proc_stop_requested())
            return err_set(err, ERR_CANCELLED, "stopped");
        if (code == CURLE_OK && !transfer_is_transient(code, out->status))
            return 0;
        double pause_s = transfer_wait_s(out, i_try);
        bool is_lost = code != CURLE_OK && code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST;
        if (!transfer_is_transient(code, out->status) || i_try == TRANSFER_TRIES || pause_s < 0 || (r->is_once && is_lost))
            return given_up(err, r->url, code, out);
        log_debug("%s: %s, status %ld; again in %.0f s", r->url, curl_easy_strerror(code), out->status, pause_s);
        if (!wait_s(pause_s))
            return err_set(err, ERR_CANCELLED, "stopped");
    }
}

/* --- a reply that is no success ---------------------------------------------------------------- */

/* {"error": "..."} of the body, else the header's text. */
static const char *said(struct arena *a, const struct http_reply *r)
{
    struct json *j;
    const char *text = r->error_message;
    if (r->body.len > 0 && json_parse(&j, r->body.data, r->body.len, "reply", NULL) == 0) {
        const char *from_body = json_str_or(json_root(j), "error", NULL);
        if (from_body && !*text)
            text = arena_printf(a, "%.300s", from_body);
        json_close(j);
    }
    return text;
}

static int refuse_gated(struct err *err, const struct hub *h, const char *label, const char *page)
{
    if (h->token)
        return err_set(err, ERR_IO,
                       "%s is gated: log in at %s with the account that your token belongs to, accept the conditions "
                       "there (some owners then look at the request first), and try again",
                       label, page);
    return err_set(err, ERR_IO,
                   "%s is gated: log in at %s and accept the conditions there, make a token that may read at "
                   "%s/settings/tokens, set HF_TOKEN to it, and try again",
                   label, page, h->endpoint);
}

static int refuse_unknown(struct err *err, const struct hub *h, const struct hub_spec *s, const char *label)
{
    return err_set(err, ERR_IO, "%s: the hub (%s) has no such %s%s", label, h->endpoint, hub_kind_name(s->kind),
                   h->token ? ", or your token may not see it" : ", or it is private: HF_TOKEN is not set");
}

int http_refuse(struct err *err, const struct hub *h, const struct hub_spec *s, const struct http_reply *r, const char *what)
{
    struct arena a;
    arena_init(&a);
    const char *label = hub_spec_label(&a, s), *text = said(&a, r);
    const char *page = arena_printf(&a, "%s/%s%s", h->endpoint, hub_kind_prefix(s->kind), s->repo);
    bool is_bad_token = r->status == 401 && h->token && strncmp(r->error_message, "Invalid", 7) == 0;
    if (strcmp(r->error_code, "GatedRepo") == 0)
        refuse_gated(err, h, label, page);
    else if (strcmp(r->error_code, "RevisionNotFound") == 0)
        err_set(err, ERR_IO, "%s: no revision '%s' (%s)", s->repo, s->revision, page);
    else if (is_bad_token)
        err_set(err, ERR_IO, "%s: the hub (%s) does not accept the token in HF_TOKEN or the token file", label, h->endpoint);
    else if (strcmp(r->error_code, "RepoNotFound") == 0 || r->status == 401 || (r->status == 404 && !r->error_code[0]))
        refuse_unknown(err, h, s, label);
    else
        err_set(err, ERR_IO, "%s: %s: the hub answers %ld%s%s", label, what, r->status, *text ? ": " : "", text);
    arena_release(&a);
    return -1;
}
