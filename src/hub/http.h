/*
 * http: one request to the hub and its reply, tried again while that makes sense: 408, 429 and 5xx, broken and silent
 * connections, five times in all, after as many seconds as the server asks for (Retry-After, RateLimit) or else 1, 2, 4 ...
 *
 *   struct http_reply reply = { 0 };
 *   struct http_request get = { .method = "GET", .url = url, .is_ours = true };
 *   http_send(&reply, h, &get, err);            any status below 500 but 408 and 429 is a reply
 *   if (reply.status != 200) http_refuse(err, h, &spec, &reply, "the list of files");
 *   http_reply_release(&reply);
 *
 * Owns    reply until http_reply_release      Errors  ERR_IO with the address; ERR_UNSUPPORTED offline; ERR_CANCELLED
 * Tests   hub/
 */
#ifndef PERBIT_HUB_HTTP_H
#define PERBIT_HUB_HTTP_H

#include "base/buf.h"
#include "hub/hub.h"
#include "hub/spec.h"

struct http_request {
    const char *method, *url;
    bool is_ours;              /* goes to the hub itself: with the token, if there is one */
    bool is_write;             /* the token also where HF_HUB_DISABLE_IMPLICIT_TOKEN is set */
    bool is_once;              /* not tried again after a reply may have been lost */
    const char *content_type, *accept; /* NULL: none */
    const void *body;          /* [n_body] */
    size_t n_body;
    int fd;                    /* with n_fd_bytes > 0: the body is this part of a file */
    int64_t fd_offset, n_fd_bytes;
};

struct http_reply {
    long status;
    struct buf body;
    /* headers, "" when absent */
    char etag[256], error_code[64], error_message[256], commit[64];
    char *link_next;           /* address of the next page, or NULL */
    double retry_after_s;      /* 0: not said */
    double rate_reset_s;       /* of RateLimit, when nothing is left of it; 0 otherwise */
};

int http_send(struct http_reply *out, struct hub *h, const struct http_request *r, struct err *err);
void http_reply_release(struct http_reply *r);

/* Sets the message for a reply that is no success: what to accept and where, for a gated repository. -1 always. */
int http_refuse(struct err *err, const struct hub *h, const struct hub_spec *s, const struct http_reply *r, const char *what);
/* ENDPOINT/..., and no other host: where a server's own addresses may lead with our token. */
bool http_is_ours(const struct hub *h, const char *url);

#endif
