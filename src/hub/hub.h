/*
 * hub: who talks to the Hugging Face hub: endpoint, token, cache folder, all from the environment that huggingface_hub
 * reads, so that both find each other's files:
 *
 *   HF_ENDPOINT          https://huggingface.co
 *   HF_TOKEN             then HUGGING_FACE_HUB_TOKEN, then the file HF_TOKEN_PATH, which is HF_HOME/token
 *   HF_HUB_CACHE         then HUGGINGFACE_HUB_CACHE, then HF_HOME/hub
 *   HF_HOME              XDG_CACHE_HOME/huggingface, ~/.cache/huggingface
 *   HF_HUB_OFFLINE       1: nothing but the cache (also TRANSFORMERS_OFFLINE)
 *   HF_HUB_DOWNLOAD_TIMEOUT  seconds without a byte after which a connection counts as dead (30)
 *   HF_HUB_DISABLE_IMPLICIT_TOKEN  1: the token is for publishing only
 *
 *   struct hub *h;
 *   hub_open(&h, err);
 *   hub_pull(&path, h, &spec, &view, &arena, err);       pull.h
 *   hub_close(h);
 *
 * The token is sent to the endpoint alone: a redirect to another host or port goes without it. It stands in no message.
 *
 * Owns    *out until hub_close        Threads  one      Errors  ERR_USAGE a setting of the environment makes no sense
 * Tests   unit/test_hub.c, hub/ (against a server of its own)
 */
#ifndef PERBIT_HUB_HUB_H
#define PERBIT_HUB_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct hub {
    struct arena arena;
    const char *endpoint;  /* no slash at its end */
    const char *token;     /* NULL: none */
    const char *cache_dir;
    bool is_offline;
    bool is_token_implicit; /* false: only for writing */
    int timeout_s;
};

int hub_open(struct hub **out, struct err *err);
void hub_close(struct hub *h); /* accepts NULL */

/* How far a transfer is. */
struct hub_progress {
    const char *what;      /* "org/name" */
    int64_t done_bytes, total_bytes;
    int n_done, n_files;
    double bytes_per_s;    /* of the last seconds; 0 unknown */
    const char *waits_for; /* "the server (429)", "another puller", or NULL */
};

struct hub_view {
    void (*progress)(void *ctx, const struct hub_progress *p); /* NULL: nobody looks */
    void *ctx;
};

#endif
