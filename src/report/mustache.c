#include "report/mustache.h"

#include <stdbool.h>
#include <string.h>

#include "base/banned.h"

enum { DEPTH_MAX = 16, NAME_MAX_BYTES = 64 };

struct renderer {
    struct buf *out;
    const char *text, *name;
    mustache_escape *escape;
    yyjson_val *stack[DEPTH_MAX]; /* [depth], the innermost last */
    int depth;
    struct err *err;
};

struct tag {
    char kind;                 /* # ^ / & ! or 0 for a value */
    char name[NAME_MAX_BYTES];
    const char *begin, *end;   /* of <<...>>, with the whole line where the tag stands alone on it */
};

static int fail(const struct renderer *r, const char *at, const char *what, const char *name)
{
    int line = 1;
    for (const char *c = r->text; c < at; c++)
        line += *c == '\n';
    return err_set(r->err, ERR_FORMAT, "%s:%d: %s '%s'", r->name, line, what, name);
}

/* --- tags -------------------------------------------------------------------------------------- */

static void widen_to_line(struct tag *t, const char *start)
{
    const char *begin = t->begin, *end = t->end;
    if (!strchr("#^/!", t->kind) || !t->kind)
        return;
    while (begin > start && (begin[-1] == ' ' || begin[-1] == '\t'))
        begin--;
    while (*end == ' ' || *end == '\t')
        end++;
    if ((begin > start && begin[-1] != '\n') || (*end && *end != '\n'))
        return;
    t->begin = begin;
    t->end = *end ? end + 1 : end;
}

/* The first tag from `from` on: 1, 0 when there is none, -1. */
static int next_tag(struct tag *t, const struct renderer *r, const char *from)
{
    const char *begin = strstr(from, "<<"), *end = begin ? strstr(begin, ">>") : NULL;
    if (!begin)
        return 0;
    if (!end)
        return fail(r, begin, "a tag that is not closed:", "<<");
    *t = (struct tag){ .begin = begin, .end = end + 2 };
    begin += 2;
    if (strchr("#^/&!", *begin))
        t->kind = *begin++;
    size_t n = (size_t)(end - begin);
    if (t->kind != '!' && (n == 0 || n >= sizeof t->name))
        return fail(r, begin, "no name of a value:", "<<>>");
    if (t->kind != '!')
        memcpy(t->name, begin, n);
    widen_to_line(t, r->text);
    return 1;
}

/* The tag that closes `open`. */
static int find_end(struct tag *close, const struct renderer *r, const struct tag *open)
{
    int depth = 1, rc;
    const char *from = open->end;
    while ((rc = next_tag(close, r, from)) == 1) {
        depth += close->kind == '#' || close->kind == '^' ? 1 : close->kind == '/' ? -1 : 0;
        if (depth == 0)
            break;
        from = close->end;
    }
    if (rc < 0)
        return -1;
    return rc == 1 && strcmp(close->name, open->name) == 0 ? 0 : fail(r, open->begin, "a section that is not closed:", open->name);
}

/* --- values ------------------------------------------------------------------------------------ */

static yyjson_val *look_up(const struct renderer *r, const char *name)
{
    if (strcmp(name, ".") == 0)
        return r->stack[r->depth - 1];
    for (int i = r->depth - 1; i >= 0; i--) {
        yyjson_val *v = yyjson_obj_get(r->stack[i], name);
        if (v)
            return v;
    }
    return NULL;
}

static bool is_written(yyjson_val *v)
{
    if (yyjson_is_str(v))
        return yyjson_get_len(v) > 0;
    return yyjson_is_true(v) || yyjson_is_obj(v) || yyjson_arr_size(v) > 0;
}

static int put_value(struct renderer *r, const struct tag *t)
{
    yyjson_val *v = look_up(r, t->name);
    if (!yyjson_is_str(v))
        return fail(r, t->begin, "no value", t->name);
    if (t->kind == '&' || !r->escape)
        buf_puts(r->out, yyjson_get_str(v));
    else
        r->escape(r->out, yyjson_get_str(v));
    return 0;
}

static int render(struct renderer *r, const char *from, const char *to);

static int render_in(struct renderer *r, yyjson_val *v, const char *from, const char *to)
{
    if (r->depth == DEPTH_MAX)
        return fail(r, from, "sections too deep:", "<<#");
    r->stack[r->depth++] = v;
    int rc = render(r, from, to);
    r->depth--;
    return rc;
}

static int put_section(struct renderer *r, const struct tag *open, const struct tag *close)
{
    yyjson_val *v = look_up(r, open->name), *one;
    size_t i, n;
    if (open->kind == '^')
        return is_written(v) ? 0 : render(r, open->end, close->begin);
    if (!is_written(v))
        return 0;
    if (!yyjson_is_arr(v))
        return yyjson_is_true(v) ? render(r, open->end, close->begin) : render_in(r, v, open->end, close->begin);
    yyjson_arr_foreach(v, i, n, one)
        if (render_in(r, one, open->end, close->begin) < 0)
            return -1;
    return 0;
}

static int render(struct renderer *r, const char *from, const char *to)
{
    struct tag tag, close;
    int rc;
    while ((rc = next_tag(&tag, r, from)) == 1 && tag.begin < to) {
        buf_append(r->out, from, (size_t)(tag.begin - from));
        from = tag.end;
        if (tag.kind == '/')
            return fail(r, tag.begin, "a section that was not opened:", tag.name);
        if (tag.kind == '#' || tag.kind == '^') {
            if (find_end(&close, r, &tag) < 0 || put_section(r, &tag, &close) < 0)
                return -1;
            from = close.end;
        } else if (tag.kind != '!' && put_value(r, &tag) < 0) {
            return -1;
        }
    }
    if (rc < 0)
        return -1;
    if (from < to)
        buf_append(r->out, from, (size_t)(to - from));
    return 0;
}

int mustache_render(struct buf *out, const char *text, const char *name, yyjson_val *data, mustache_escape *escape,
                    struct err *err)
{
    struct renderer r = { .out = out, .text = text, .name = name, .escape = escape, .stack = { data }, .depth = 1, .err = err };
    return render(&r, text, text + strlen(text));
}
