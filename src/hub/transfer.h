/*
 * transfer: what single requests (http.c) and parallel downloads (fetch.c) have in common: a libcurl handle with perbit's
 * rules, headers of a reply, and when to try again. Not for other folders.
 */
#ifndef PERBIT_HUB_TRANSFER_H
#define PERBIT_HUB_TRANSFER_H

#include <curl/curl.h>

#include "hub/http.h"

enum { TRANSFER_TRIES = 5 };

/* A new handle: http and https only, never from https to http; the token to the endpoint's own host and port alone. */
CURL *transfer_new(const struct hub *h, const char *url, bool has_token);
/* Reads headers into r; for CURLOPT_HEADERDATA. A new status line forgets those of a redirect before it. */
size_t transfer_header(char *line, size_t size, size_t n, void *reply);
bool transfer_is_transient(CURLcode code, long status);
/* Seconds to wait before try number i_try (1 is the second one); -1: the server asks for more than anybody waits. */
double transfer_wait_s(const struct http_reply *r, int i_try);
/* Message for a connection that failed. -1 always. */
int transfer_fail(struct err *err, const char *url, CURLcode code);

#endif
