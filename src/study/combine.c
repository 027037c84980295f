#include "study/combine.h"

#include <string.h>

#include "base/json.h"
#include "core/kind.h"

enum { KEYS_MAX = 64, DIGITS_SHOWN = 8 };
static const char imatrix_key[] = "imatrix";

struct keys {
    int n;
    const char *key[KEYS_MAX], *value[KEYS_MAX];
};

struct entry { /* a cell */
    const struct cell_row *cell;
    enum kind kind;
    struct keys keys;
    bool is_placed;
};

struct row {
    struct combination *out;
    struct keys keys; /* of all its cells */
};

/* --- keys -------------------------------------------------------------------------------------- */

static const char *find(const struct keys *k, const char *key)
{
    for (int i = 0; i < k->n; i++)
        if (strcmp(k->key[i], key) == 0)
            return k->value[i];
    return NULL;
}

static void add(struct keys *k, const char *key, const char *value)
{
    if (k->n == KEYS_MAX || find(k, key))
        return;
    k->key[k->n] = key;
    k->value[k->n++] = value;
}

static void add_digest(struct keys *k, struct arena *a, const char *key, const char *digest)
{
    if (digest && *digest)
        add(k, key, arena_printf(a, "%.*s", DIGITS_SHOWN, digest));
}

static const char *value_text(struct arena *a, yyjson_val *v)
{
    if (yyjson_is_str(v))
        return arena_strdup(a, yyjson_get_str(v));
    struct buf b = BUF_INIT;
    struct jw w;
    jw_init(&w, &b);
    jw_val(&w, v);
    const char *text = arena_strdup(a, b.data);
    buf_release(&b);
    return text;
}

static void add_settings(struct keys *k, struct arena *a, const char *text)
{
    struct json *j;
    size_t i, n;
    yyjson_val *key, *value;
    if (json_parse(&j, text, strlen(text), "settings", NULL) < 0)
        return;
    yyjson_obj_foreach(json_root(j), i, n, key, value)
        add(k, arena_strdup(a, yyjson_get_str(key)), value_text(a, value));
    json_close(j);
}

/* "level:BF16" is a level's name, "sha256:..." a file. */
static void add_base(struct keys *k, struct arena *a, const char *base)
{
    const char *colon = strchr(base, ':');
    if (colon && strncmp(base, "sha256:", 7) == 0)
        add_digest(k, a, "base", colon + 1);
    else if (colon)
        add(k, "base", colon + 1);
}

static void add_measured_with(struct keys *out, struct arena *a, const struct cell_row *c, enum kind kind)
{
    add_settings(out, a, c->settings);
    if (kind_info(kind)->needs_text)
        add_digest(out, a, "text", c->data_sha256);
    if (kind_info(kind)->needs_base)
        add_base(out, a, c->base);
    if (kind_info(kind)->on_machine)
        add_digest(out, a, "machine", c->machine_id);
    add(out, "engine", c->engine);
}

/* Tasks have rows of their own (study/analyse_tasks.h): here they only say that the level is there. */
static void read_keys(struct keys *out, struct arena *a, const struct cell_row *c, enum kind kind)
{
    out->n = 0;
    if (kind != KIND_TASK)
        add_measured_with(out, a, c, kind);
    if (c->imatrix_sha256[0])
        add_digest(out, a, imatrix_key, c->imatrix_sha256);
    else
        add(out, imatrix_key, "none");
}

static bool agree(const struct keys *a, const struct keys *b)
{
    for (int i = 0; i < a->n; i++) {
        const char *other = find(b, a->key[i]);
        if (other && strcmp(other, a->value[i]) != 0)
            return false;
    }
    return true;
}

/* --- rows -------------------------------------------------------------------------------------- */

static bool same_level(const struct cell_row *a, const struct cell_row *b)
{
    return strcmp(a->model_sha256, b->model_sha256) == 0 && strcmp(a->level, b->level) == 0 && query_same_adapter(a, b);
}

static bool has_slot(const struct row *r, const struct cell_row *c)
{
    const bool is_task = kind_find(c->kind) == KIND_TASK;
    for (int i = 0; i < r->out->n_cells; i++) {
        const struct cell_row *has = r->out->cells[i];
        if (is_task ? has == c : strcmp(has->kind, c->kind) == 0 && strcmp(has->data_sha256, c->data_sha256) == 0)
            return true;
    }
    return false;
}

static void place(struct row *r, struct entry *e)
{
    r->out->cells[r->out->n_cells++] = e->cell;
    for (int i = 0; i < e->keys.n; i++)
        add(&r->keys, e->keys.key[i], e->keys.value[i]);
    e->is_placed = true;
}

/* A row for this cell, and what else of its level goes with it. */
static void make_row(struct row *r, struct arena *a, struct entry *e, int n, int seed, bool is_alone)
{
    int n_level = 0;
    for (int i = 0; i < n; i++)
        n_level += same_level(e[i].cell, e[seed].cell);
    r->out->cells = arena_alloc(a, (size_t)n_level * sizeof *r->out->cells);
    place(r, &e[seed]);
    for (int i = 0; i < n && !is_alone; i++)
        if (same_level(e[i].cell, e[seed].cell) && !has_slot(r, e[i].cell) && agree(&r->keys, &e[i].keys))
            place(r, &e[i]);
}

/* --- what differs ------------------------------------------------------------------------------- */

static bool rows_differ(const struct row *a, const struct row *b, const char *key)
{
    const char *x = find(&a->keys, key), *y = find(&b->keys, key);
    return x && y && strcmp(x, y) != 0;
}

/* Levels of one model differ in their imatrix by nature, so only rows of one level are compared. */
static bool imatrix_differs(const struct row *rows, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (same_level(rows[i].out->cells[0], rows[k].out->cells[0]) && rows_differ(&rows[i], &rows[k], imatrix_key))
                return true;
    return false;
}

static bool differs(const struct row *rows, int n, const char *key)
{
    int first = 0;
    while (first < n && !find(&rows[first].keys, key))
        first++;
    for (int i = first + 1; i < n; i++)
        if (rows_differ(&rows[i], &rows[first], key))
            return true;
    return false;
}

static void name_differences(struct arena *a, struct row *rows, int n)
{
    struct keys seen = { 0 };
    for (int i = 0; i < n; i++)
        for (int k = 0; k < rows[i].keys.n; k++) {
            const char *key = rows[i].keys.key[k];
            if (find(&seen, key))
                continue;
            add(&seen, key, "");
            if (!(strcmp(key, imatrix_key) == 0 ? imatrix_differs(rows, n) : differs(rows, n, key)))
                continue;
            for (int r = 0; r < n; r++) {
                const char *value = find(&rows[r].keys, key), *before = rows[r].out->settings;
                if (value)
                    rows[r].out->settings = arena_printf(a, "%s%s%s %s", before, *before ? ", " : "", key, value);
            }
        }
}

static struct combination *combine(struct arena *a, const struct cell_row *cells, int n, bool is_alone, int *out_n)
{
    struct combination *out = arena_alloc(a, (size_t)(n + 1) * sizeof *out);
    struct arena scratch;
    arena_init(&scratch);
    struct entry *e = arena_alloc(&scratch, (size_t)(n + 1) * sizeof *e);
    struct row *rows = arena_alloc(&scratch, (size_t)(n + 1) * sizeof *rows);
    int n_rows = 0, n_entries = 0;
    for (int i = 0; i < n; i++) {
        enum kind kind = kind_find(cells[i].kind);
        if (kind == KIND_COUNT) /* of a newer perbit */
            continue;
        e[n_entries] = (struct entry){ .cell = &cells[i], .kind = kind };
        read_keys(&e[n_entries++].keys, &scratch, &cells[i], kind);
    }
    for (int i = 0; i < n_entries; i++) {
        if (e[i].is_placed)
            continue;
        out[n_rows] = (struct combination){ .settings = "" };
        rows[n_rows] = (struct row){ .out = &out[n_rows] };
        make_row(&rows[n_rows++], a, e, n_entries, i, is_alone);
    }
    name_differences(a, rows, n_rows);
    arena_release(&scratch);
    *out_n = n_rows;
    return out;
}

struct combination *combine_cells(struct arena *a, const struct cell_row *cells, int n, int *out_n)
{
    return combine(a, cells, n, false, out_n);
}

struct combination *combine_none(struct arena *a, const struct cell_row *cells, int n, int *out_n)
{
    return combine(a, cells, n, true, out_n);
}
