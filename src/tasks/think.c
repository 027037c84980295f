#include "tasks/think.h"

#include <stdio.h>
#include <string.h>

#include "base/pystr.h"

#include "base/banned.h"

static struct text view(struct pystr s)
{
    return (struct text){s.s, s.n_bytes};
}

static struct pystr after(struct pystr s, size_t n_bytes)
{
    return pystr_of(s.s + n_bytes, s.n_bytes - n_bytes);
}

struct think think_split(struct text text, bool is_open)
{
    const struct pystr open = pystr_z("<think>"), close = pystr_z("</think>"), all = pystr_of(text.s, text.n_bytes);
    struct pystr inside = pystr_lstrip(all, NULL);
    bool is_tagged = pystr_startswith(inside, open);
    int64_t end = pystr_rfind_bytes(all, close);
    inside = is_tagged ? after(inside, open.n_bytes) : all;
    if (end < 0 && !is_tagged && !is_open)
        return (struct think){{text.s, 0}, text};
    if (end < 0)
        return (struct think){view(inside), {text.s + text.n_bytes, 0}};
    size_t start = (size_t)(inside.s - all.s);
    struct pystr answer = pystr_lstrip(after(all, (size_t)end + close.n_bytes), NULL);
    return (struct think){{inside.s, (size_t)end > start ? (size_t)end - start : 0}, view(answer)};
}

bool think_is_open(struct text prompt)
{
    return pystr_endswith(pystr_rstrip(pystr_of(prompt.s, prompt.n_bytes), NULL), pystr_z("<think>"));
}

const char *think_closing(struct text prompt)
{
    return think_is_open(prompt) ? "\n</think>\n\n" : "<think>\n\n</think>\n\n";
}

/* A question with variable = value (NULL: without); false when the template refuses it. */
static bool render(struct buf *out, const char *template, const struct chat_options *given, const char *variable, bool value)
{
    const struct chat_message question = {"user", "?"};
    struct chat_options o = *given;
    struct err ignored = {0};
    char text[64];
    yyjson_doc *doc = NULL;
    o.adds_prompt = true;
    o.continues_last = o.closes_thinking = false;
    if (variable) {
        snprintf(text, sizeof text, "{\"%s\":%s}", variable, value ? "true" : "false");
        doc = yyjson_read(text, strlen(text), 0);
    }
    o.arguments = yyjson_doc_get_root(doc);
    const bool is_done = chat_render(out, template, &question, 1, &o, &ignored) == 0;
    yyjson_doc_free(doc);
    return is_done;
}

static bool depends_on(const char *template, const struct chat_options *o, const char *variable)
{
    struct buf on = BUF_INIT, off = BUF_INIT;
    const bool is_other = render(&on, template, o, variable, true) && render(&off, template, o, variable, false) &&
                          (on.len != off.len || (on.len > 0 && memcmp(on.data, off.data, on.len) != 0));
    buf_release(&on);
    buf_release(&off);
    return is_other;
}

void think_probe(struct think_template *out, const char *template, const struct chat_options *o)
{
    static const char *const variables[] = {"enable_thinking", "thinking"};
    struct buf plain = BUF_INIT;
    *out = (struct think_template){.has_tags = strstr(template, "</think>") != NULL};
    for (size_t i = 0; i < sizeof variables / sizeof *variables && !out->variable; i++)
        if (strstr(template, variables[i]) && depends_on(template, o, variables[i]))
            out->variable = variables[i];
    if (render(&plain, template, o, NULL, false) && think_is_open((struct text){plain.data, plain.len}))
        out->has_tags = true;
    buf_release(&plain);
}
