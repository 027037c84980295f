#include "data/valbuf.h"

#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

void valbuf_release(struct valbuf *v)
{
    free(v->values);
    *v = (struct valbuf)VALBUF_INIT;
}

void valbuf_clear(struct valbuf *v)
{
    v->n = 0;
}

static yyjson_val *next(struct valbuf *v)
{
    if (v->n == v->cap) {
        v->cap = v->cap ? v->cap * 2 : 64;
        v->values = xrealloc(v->values, v->cap * sizeof(*v->values));
    }
    return &v->values[v->n++];
}

void value_set_int(yyjson_val *v, int64_t i)
{
    if (i < 0)
        unsafe_yyjson_set_sint(v, i);
    else
        unsafe_yyjson_set_uint(v, (uint64_t)i);
}

void value_set_str(yyjson_val *v, const char *s, size_t n_bytes)
{
    unsafe_yyjson_set_tag(v, YYJSON_TYPE_STR, YYJSON_SUBTYPE_NONE, n_bytes);
    v->uni.str = s;
}

/* The unused half of null and bool values is set too: rows are compared and copied as bytes. */
void valbuf_null(struct valbuf *v)
{
    *next(v) = (yyjson_val){.tag = YYJSON_TYPE_NULL};
}

void valbuf_bool(struct valbuf *v, bool b)
{
    yyjson_val *to = next(v);
    *to = (yyjson_val){0};
    unsafe_yyjson_set_bool(to, b);
}

void valbuf_int(struct valbuf *v, int64_t i)
{
    value_set_int(next(v), i);
}

void valbuf_uint(struct valbuf *v, uint64_t u)
{
    unsafe_yyjson_set_uint(next(v), u);
}

void valbuf_real(struct valbuf *v, double d)
{
    yyjson_val *to = next(v);
    unsafe_yyjson_set_tag(to, YYJSON_TYPE_NUM, YYJSON_SUBTYPE_REAL, 0);
    to->uni.f64 = d;
}

void valbuf_str(struct valbuf *v, const char *s, size_t n_bytes)
{
    value_set_str(next(v), s, n_bytes);
}

size_t valbuf_open(struct valbuf *v, yyjson_type type)
{
    yyjson_val *to = next(v);
    unsafe_yyjson_set_tag(to, type, YYJSON_SUBTYPE_NONE, 0);
    to->uni.ofs = 0;
    return v->n - 1;
}

void valbuf_close(struct valbuf *v, size_t place, size_t n_items)
{
    yyjson_val *container = &v->values[place];
    unsafe_yyjson_set_len(container, n_items);
    container->uni.ofs = (v->n - place) * sizeof(yyjson_val);
}
