#include "tasks/think.h"

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
