#include "core/rowset.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { BLOCK_MIN_BYTES = 4 * 1024, BLOCK_MAX_BYTES = 1024 * 1024 };

/* Pieces grow from small (57 subjects of 100 rows) to large (40,000 rows). */
struct block {
    char *at;
    size_t left, size; /* bytes */
};

struct rowset_memory {
    void **owned; /* [n_owned] to free */
    size_t n_owned, owned_cap;
    struct block values, text;
    yyjson_val **row; /* what rowset.row points to */
    int64_t row_cap;
};

struct rowset *rowset_new(const char *split, const char *file)
{
    struct rowset *rs = xcalloc(1, sizeof(*rs));
    rs->memory = xcalloc(1, sizeof(*rs->memory));
    rs->split = rowset_text(rs, split, strlen(split));
    rs->file = rowset_text(rs, file, strlen(file));
    return rs;
}

void rowset_close(struct rowset *rs)
{
    if (!rs)
        return;
    for (size_t i = 0; i < rs->memory->n_owned; i++)
        free(rs->memory->owned[i]);
    free(rs->memory->owned);
    free(rs->memory->row);
    free(rs->memory);
    free(rs);
}

static void own(struct rowset_memory *m, void *p)
{
    if (m->n_owned == m->owned_cap) {
        m->owned_cap = m->owned_cap ? m->owned_cap * 2 : 8;
        m->owned = xrealloc(m->owned, m->owned_cap * sizeof(*m->owned));
    }
    m->owned[m->n_owned++] = p;
}

static void *block_alloc(struct rowset_memory *m, struct block *b, size_t n_bytes)
{
    if (b->left < n_bytes) {
        size_t size = b->size ? b->size * 2 : BLOCK_MIN_BYTES;
        if (size > BLOCK_MAX_BYTES)
            size = BLOCK_MAX_BYTES;
        b->size = size;
        b->left = size < n_bytes ? n_bytes : size;
        b->at = xmalloc(b->left);
        own(m, b->at);
    }
    void *p = b->at;
    b->at += n_bytes;
    b->left -= n_bytes;
    return p;
}

char *rowset_take(struct rowset *rs, struct buf *text)
{
    static const char padding[YYJSON_PADDING_SIZE] = {0};
    size_t len = text->len;
    if (text->cap - len < sizeof(padding)) /* who reserves no room pays a copy */
        buf_reserve(text, sizeof(padding));
    memcpy(text->data + len, padding, sizeof(padding));
    char *data = buf_detach(text);
    own(rs->memory, data);
    return data;
}

char *rowset_text(struct rowset *rs, const char *s, size_t n_bytes)
{
    char *copy = block_alloc(rs->memory, &rs->memory->text, n_bytes + 1);
    if (n_bytes)
        memcpy(copy, s, n_bytes);
    copy[n_bytes] = '\0';
    return copy;
}

void rowset_add_borrowed(struct rowset *rs, yyjson_val *row)
{
    struct rowset_memory *m = rs->memory;
    if (rs->n == m->row_cap) {
        m->row_cap = m->row_cap ? m->row_cap * 2 : 64;
        m->row = xrealloc(m->row, (size_t)m->row_cap * sizeof(*m->row));
        rs->row = m->row;
    }
    m->row[rs->n++] = row;
}

yyjson_val *rowset_add(struct rowset *rs, const yyjson_val *values, size_t n)
{
    yyjson_val *row = block_alloc(rs->memory, &rs->memory->values, n * sizeof(*row));
    memcpy(row, values, n * sizeof(*row));
    rowset_add_borrowed(rs, row);
    return row;
}
