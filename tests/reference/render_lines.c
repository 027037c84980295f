/*
 * render_lines: renders JSON lines, for comparison with Python.
 *
 * A line in: {"template": text, "doc": object, "options": 0}. A line out: {"text": ...} or {"error": ..., "code": ...}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "tasks/template.h"

static void render(struct json *j, struct buf *line)
{
    struct template *t = NULL;
    struct buf text = BUF_INIT;
    struct err err = {0};
    yyjson_val *root = json_root(j);
    unsigned options = (unsigned)json_int_or(root, "options", 0);
    int ret = template_compile_as(&t, json_str_or(root, "template", ""), "line", options, &err);
    if (!ret)
        ret = template_render_at(t, yyjson_obj_get(root, "doc"), 1750000000, &text, &err);
    struct jw w;
    jw_init(&w, line);
    jw_object(&w);
    if (ret) {
        jw_kstr(&w, "error", err.msg);
        jw_kstr(&w, "code", err_code_name(err.code));
    } else
        jw_kstr(&w, "text", text.data);
    jw_end(&w);
    buf_release(&text);
    template_close(t);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct json *j;
        struct err err = {0};
        struct buf out = BUF_INIT;
        if (json_parse(&j, line, (size_t)n, "stdin", &err)) {
            fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
        render(j, &out);
        puts(out.data);
        json_close(j);
        buf_release(&out);
    }
    free(line);
    return 0;
}
