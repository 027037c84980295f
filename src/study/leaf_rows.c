#include "study/leaf_rows.h"

#include <string.h>

#include "base/json.h"
#include "study/cell_settings.h"

#include "base/banned.h"

void leaf_rows_init(struct leaf_rows *r, const struct settings *given)
{
    *r = (struct leaf_rows){ .given = given };
    arena_init(&r->arena);
}

void leaf_rows_release(struct leaf_rows *r)
{
    evaluation_close(r->e);
    arena_release(&r->arena);
}

static int open_evaluation(struct leaf_rows *r, const struct cell_row *row, yyjson_val *fact, struct err *err)
{
    struct settings *s = arena_alloc(&r->arena, sizeof *s); /* the evaluation borrows them */
    if (cell_settings(s, &r->arena, row, fact, r->given, err) < 0)
        return -1;
    const char *key = arena_printf(&r->arena, "%s|%s", row->settings, s->tasks);
    if (r->key && strcmp(key, r->key) == 0)
        return 0;
    evaluation_close(r->e);
    r->e = NULL;
    r->key = NULL;
    if (evaluation_open(&r->e, s, err) < 0)
        return -1;
    r->key = key;
    return 0;
}

int leaf_rows_find(struct evaluation **out, int *out_task, struct leaf_rows *r, struct store *store, const struct cell_row *row,
                   const char *leaf, struct err *err)
{
    const char *text;
    struct json *fact = NULL;
    if (query_fact(store, &r->arena, row->id, "task", &text, err) < 0 ||
        (text && json_parse(&fact, text, strlen(text), "task", err) < 0))
        return -1;
    const int rc = open_evaluation(r, row, fact ? json_root(fact) : NULL, err);
    json_close(fact);
    if (rc < 0)
        return -1;
    *out_task = evaluation_find(r->e, leaf);
    if (*out_task < 0)
        return err_set(err, ERR_USAGE, "%s: the task is not known", leaf);
    *out = r->e;
    return 0;
}
