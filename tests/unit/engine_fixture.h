/*
 * engine_fixture: fake models in a folder of their own, for tests of what decodes many sequences: a plain one, one that
 * adds a BOS, and the plain one opened for a naive evaluation of one token a call.
 *
 *   struct fixture *f = *state;      of setup()
 */
#ifndef PERBIT_TESTS_ENGINE_FIXTURE_H
#define PERBIT_TESTS_ENGINE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/rand.h"
#include "base/xalloc.h"
#include "engine/backend.h"

enum { LONGEST = 400 }; /* tokens that the naive evaluation can hold */

struct fixture {
    char dir[64];
    struct arena arena;
    struct rand_mt rng;
    const char *model, *bos_model;
    struct backend *naive; /* of model */
    struct err err;
};

static inline const char *put_model(struct fixture *f, const char *name, const char *keys)
{
    const char *path = arena_printf(&f->arena, "%s/%s.json", f->dir, name);
    const char *json = arena_printf(&f->arena, "{\"perbit_fake_model\": 1, \"seed\": 5, \"n_vocab\": 270%s}", keys);
    if (fs_write(path, json, strlen(json), &f->err))
        fail_msg("%s", f->err.msg);
    return path;
}

static inline struct backend *open_model(struct fixture *f, const char *path, const struct backend_params *p)
{
    struct backend *b;
    if (backend_open(&b, path, p, &f->err))
        fail_msg("%s", f->err.msg);
    return b;
}

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const struct backend_params p = { .n_ctx = LONGEST, .n_batch = 1, .n_ubatch = 1, .n_seq_max = 1 };
    snprintf(f->dir, sizeof f->dir, "/tmp/perbit-engine.XXXXXX");
    arena_init(&f->arena);
    rand_seed(&f->rng, 3);
    if (!mkdtemp(f->dir))
        return -1;
    f->model = put_model(f, "plain", "");
    f->bos_model = put_model(f, "bos", ", \"add_bos\": true");
    f->naive = open_model(f, f->model, &p);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    backend_close(f->naive);
    arena_release(&f->arena);
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    free(f);
    return system(command);
}

#endif
