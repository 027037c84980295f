/*
 * fuzz_template: any text as a template over a fixed row, as a task's and as a model's; and as a Python literal. It may
 * be refused; it may not crash, hang or leak.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tasks/pyliteral.h"
#include "tasks/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char row[] = "{\"a\": \"It's \\u00e9 \\u03a3\", \"n\": 3, \"x\": [1, \"b\", null, "
                          "2.5], \"d\": {\"k\": [true]},"
                          "\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}";

static void render(const char *text, unsigned options, yyjson_val *doc)
{
    struct template *t = NULL;
    struct buf out = BUF_INIT;
    struct err err = {0};
    if (!template_compile_as(&t, text, "fuzz", options, &err))
        template_render_at(t, doc, 0, &out, &err);
    template_close(t);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    yyjson_doc *doc = yyjson_read(row, strlen(row), 0), *literal = NULL;
    struct err err = {0};
    render(text, 0, yyjson_doc_get_root(doc));
    render(text, TEMPLATE_LAX | TEMPLATE_TRIM | TEMPLATE_CHAT, yyjson_doc_get_root(doc));
    pyliteral_parse(&literal, pystr_of((const char *)data, size), "fuzz", &err);
    yyjson_doc_free(literal);
    yyjson_doc_free(doc);
    free(text);
    return 0;
}
