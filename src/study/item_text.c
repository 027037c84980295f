#include "study/item_text.h"

#include "base/buf.h"

#include "base/banned.h"

enum { SHORT_BYTES = 160 };

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Bytes of s, at most n, that end between two characters. */
static size_t whole_utf8(const char *s, size_t n)
{
    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return n;
}

const char *item_text_short(struct arena *a, const char *text, size_t n_bytes)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < n_bytes && text[i]; i++) {
        const bool is_gap = is_space(text[i]);
        if (!is_gap)
            buf_putc(&b, text[i]);
        else if (b.len > 0 && b.data[b.len - 1] != ' ')
            buf_putc(&b, ' ');
    }
    while (b.len > 0 && b.data[b.len - 1] == ' ')
        b.data[--b.len] = '\0';
    const char *out = b.len <= SHORT_BYTES ? arena_strdup(a, b.data)
                                           : arena_printf(a, "%.*s...", (int)whole_utf8(b.data, SHORT_BYTES), b.data);
    buf_release(&b);
    return out;
}

const char *item_text_question(struct arena *a, yyjson_val *doc, const char *context, size_t n_bytes)
{
    static const char *const columns[] = { "question", "query", "ctx", "prompt", "goal", "sentence", "problem", "text", "input" };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        yyjson_val *v = yyjson_is_obj(doc) ? yyjson_obj_get(doc, columns[i]) : NULL;
        if (yyjson_is_str(v))
            return item_text_short(a, yyjson_get_str(v), yyjson_get_len(v));
    }
    if (!context)
        return NULL;
    const size_t from = n_bytes > SHORT_BYTES ? n_bytes - SHORT_BYTES : 0; /* examples come first, the question last */
    size_t start = from;
    while (start < n_bytes && ((unsigned char)context[start] & 0xc0) == 0x80)
        start++;
    return item_text_short(a, context + start, n_bytes - start);
}

const char *item_text_asked(struct arena *a, const struct item *item)
{
    const struct text *context = item->n_requests > 0 ? &item->requests[0].context : NULL;
    return item_text_question(a, (yyjson_val *)(uintptr_t)item->doc, context ? context->s : NULL, context ? context->n_bytes : 0);
}

const char *item_text_choice(struct arena *a, const struct item *item, int i)
{
    return i >= 0 && i < item->n_choices ? item_text_short(a, item->choices[i].s, item->choices[i].n_bytes) : NULL;
}

const char *item_text_gold(struct arena *a, const struct item *item)
{
    if (item->kind == ITEM_MULTIPLE_CHOICE && item->n_gold > 0)
        return item_text_choice(a, item, item->gold[0]);
    return item_text_short(a, item->target.s, item->target.n_bytes);
}
