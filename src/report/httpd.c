#include "report/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { TIMEOUT_S = 30 };

struct httpd {
    struct MHD_Daemon *daemon;
    httpd_answer *answer;
    void *arg;
    bool is_loopback;
};

static bool is_loopback(const struct sockaddr *a)
{
    static const struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
    if (a->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) == 127;
    return a->sa_family == AF_INET6 && memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &loopback6, sizeof loopback6) == 0;
}

/* "localhost:8000", "127.0.0.1", "[::1]:8000": names that mean this computer wherever they are read. */
static bool names_this_computer(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; host && i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':'))
            return true;
    }
    return false;
}

static enum MHD_Result respond(struct MHD_Connection *c, int status, const char *type, const char *body, size_t n)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (status == 405)
        MHD_add_response_header(r, "Allow", "GET, HEAD");
    enum MHD_Result rc = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result respond_text(struct MHD_Connection *c, int status, const char *text)
{
    return respond(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path, const char *method, const char *version,
                                  const char *data, size_t *n_data, void **state)
{
    struct httpd *h = arg;
    (void)version, (void)data;
    if (!*state) { /* first call: only the headers are there; the answer comes at the second */
        *state = h;
        return MHD_YES;
    }
    if (*n_data) { /* a body nobody asked for */
        *n_data = 0;
        return MHD_YES;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return respond_text(c, 405, "only GET\n");
    if (h->is_loopback && !names_this_computer(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host")))
        return respond_text(c, 403, "ask for localhost\n");
    struct buf body = BUF_INIT;
    const char *type = "text/plain; charset=utf-8";
    int status = h->answer(&body, &type, path, h->arg);
    enum MHD_Result rc = respond(c, status, type, body.data ? body.data : "", body.len);
    buf_release(&body);
    return rc;
}

/* The address of a host and port, of the first kind that the computer knows it as. */
static int resolve(struct addrinfo **out, const char *host, int port, struct err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    int rc = getaddrinfo(host, service, &hints, out);
    return rc == 0 ? 0 : err_set(err, ERR_USAGE, "host '%s': %s", host, gai_strerror(rc));
}

int httpd_open(struct httpd **out, const char *host, int port, httpd_answer *answer, void *arg, struct err *err)
{
    struct addrinfo *address;
    *out = NULL;
    if (resolve(&address, host, port, err) < 0)
        return -1;
    struct httpd *h = xcalloc(1, sizeof *h);
    h->answer = answer;
    h->arg = arg;
    h->is_loopback = is_loopback(address->ai_addr);
    unsigned flags = address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0;
    errno = 0;
    h->daemon = MHD_start_daemon(flags, (uint16_t)port, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, address->ai_addr,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_END);
    freeaddrinfo(address);
    if (!h->daemon) {
        err_set(err, ERR_IO, "cannot listen on %s port %d: %s", host, port, errno ? strerror(errno) : "refused");
        free(h);
        return -1;
    }
    *out = h;
    return 0;
}

int httpd_port(const struct httpd *h)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void httpd_run(struct httpd *h, int timeout_ms)
{
    MHD_run_wait(h->daemon, timeout_ms);
}

void httpd_close(struct httpd *h)
{
    if (!h)
        return;
    MHD_stop_daemon(h->daemon);
    free(h);
}
