#include "tasks/template.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tasks/jinja.h"

#include "base/banned.h"

struct template
{
    struct arena arena; /* text, tokens, tree, place */
    const char *place;
    struct jinja_tree tree;
    unsigned options;
};

static int compile(struct template *t, const char *text, struct err *err)
{
    struct jinja_tokens tokens;
    if (!utf8_is_valid(text, strlen(text)))
        return err_set(err, ERR_FORMAT, "the template is not UTF-8");
    if (jinja_lex(&tokens, &t->arena, pystr_z(text), t->options, err))
        return -1;
    return jinja_parse(&t->tree, &t->arena, &tokens, t->options, err);
}

int template_compile_as(struct template **out, const char *text, const char *place,
                        unsigned options, struct err *err)
{
    struct template *t = xcalloc(1, sizeof(*t));
    arena_init(&t->arena);
    t->place = arena_strdup(&t->arena, place);
    t->options = options;
    *out = t;
    if (!compile(t, text, err))
        return 0;
    template_close(t);
    *out = NULL;
    return err_prefix(err, "%s: ", place);
}

int template_compile(struct template **out, const char *text, const char *place, struct err *err)
{
    return template_compile_as(out, text, place, 0, err);
}

void template_close(struct template *t)
{
    if (!t)
        return;
    arena_release(&t->arena);
    free(t);
}

int template_render_at(const struct template *t, yyjson_val *doc, int64_t now_s, struct buf *out,
                       struct err *err)
{
    if (jinja_render(&t->tree, t->options, doc, now_s, out, err))
        return err_prefix(err, "%s: ", t->place);
    return 0;
}

int template_render(const struct template *t, yyjson_val *doc, struct buf *out, struct err *err)
{
    return template_render_at(t, doc, (int64_t)time(NULL), out, err);
}
