#include "study/answer_room.h"

#include "machine/memory.h"

#include "base/banned.h"

/* Cells of the probe; what a cell takes does not depend on it. Of what is free, the caches of the slots may take a part. */
enum { PROBE_CELLS = 512, FREE_PARTS = 4, CELLS_MIN = 256 };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int longest_item(int64_t *out, const struct answer_room_task *t, const struct generator_params *gp,
                        struct backend *b, struct items *items, struct err *err)
{
    struct arena a;
    struct item item;
    int rc;
    arena_init(&a);
    while ((rc = items_next(&item, items, &a, err)) == 1) {
        const struct generation in = { .prompt = item.problem ? (struct text){ "", 0 } : item.requests[0].context,
                                       .max_tokens = (int)(t->options->max_tokens + t->extra_tokens) };
        *out = larger(*out, generator_n_cells(b, gp, &in));
        arena_release(&a);
    }
    arena_release(&a);
    return rc;
}

static int64_t free_bytes(void)
{
    struct memory_info m;
    return memory_info_load(&m, NULL, NULL) < 0 ? 0 : m.available_bytes / FREE_PARTS;
}

static void cut(struct answer_room *out, const struct generator_params *gp, const struct answer_room_task *t,
                int64_t longest, int64_t cell_bytes)
{
    out->kv_unified = gp->n_slots == 1 || longest * (gp->n_slots + 1) * cell_bytes > free_bytes();
    out->n_ctx = (int)larger(longest, out->kv_unified ? t->settings->request_ctx : CELLS_MIN);
}

int answer_room_find(struct answer_room *out, const struct generator_params *gp, const struct answer_room_task *t,
                     struct err *err)
{
    struct backend_params p;
    struct backend *b = NULL;
    struct items *items = NULL;
    int64_t longest = 1;
    int rc = -1;
    settings_backend_params(t->settings, &p);
    p.no_alloc = true;
    p.n_ctx = p.n_batch = p.n_ubatch = PROBE_CELLS;
    if (backend_open(&b, t->model_path, &p, err) < 0 ||
        evaluation_items(&items, t->evaluation, t->i_task, 0, t->chat, err) < 0 ||
        longest_item(&longest, t, gp, b, items, err) < 0)
        goto done;
    cut(out, gp, t, longest, b->info.kv_bytes / PROBE_CELLS);
    rc = 0;
done:
    items_close(items);
    backend_close(b);
    return rc;
}
