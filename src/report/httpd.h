/*
 * httpd: answers GET on one port, one request after the other, in the thread that calls httpd_run().
 *
 *   struct httpd *h;
 *   if (httpd_open(&h, "127.0.0.1", 8000, answer, &pages, err) < 0) ...
 *   while (!proc_stop_requested())
 *       httpd_run(h, 500);
 *   httpd_close(h);
 *
 * answer    fills body and returns a status (200, 404, 500); type is "text/plain; charset=utf-8" unless it sets it.
 *           path is without the query; arg is httpd_open's
 * Refused   405 other methods than GET and HEAD. On a loopback address, 403 a Host that is not this computer's: a page on the web
 *           that lets its own name point here reads nothing
 * Errors    ERR_USAGE no such address; ERR_IO the port is taken, or not allowed
 * Owns      *out, httpd_close     Threads  one     Tests  cli/serve.sh
 */
#ifndef PERBIT_REPORT_HTTPD_H
#define PERBIT_REPORT_HTTPD_H

#include "base/buf.h"
#include "base/err.h"

struct httpd;
typedef int httpd_answer(struct buf *body, const char **type, const char *path, void *arg);

/* port 0: any that is free; httpd_port() says which. */
int httpd_open(struct httpd **out, const char *host, int port, httpd_answer *answer, void *arg, struct err *err);
int httpd_port(const struct httpd *h);
void httpd_run(struct httpd *h, int timeout_ms);
void httpd_close(struct httpd *h); /* accepts NULL */

#endif
