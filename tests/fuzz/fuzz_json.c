/*
 * json and what is read from JSON lines: any bytes give a document or one line that says what is wrong. A document
 * that was read is written back and reads the same; so do an event and a model file's facts.
 */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "core/event.h"
#include "core/modelfile.h"
#include "fuzz/fuzz.h"

static void write_value(struct buf *out, yyjson_val *v)
{
    struct jw w;
    jw_init(&w, out);
    jw_val(&w, v);
}

static void check_document(const char *text, size_t size)
{
    struct json *j = NULL, *again = NULL;
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct err err = { 0 };
    int rc = json_parse(&j, text, size, "fuzz", &err);
    if (rc < 0) {
        fuzz_check_failed(rc, &err);
        return;
    }
    yyjson_val *root = json_root(j);
    const char *str;
    json_get_str(j, root, "n", &str, &err);
    write_value(&once, root);
    FUZZ_CHECK(json_parse(&again, once.data, once.len, "again", &err) == 0, "%s", err.msg);
    write_value(&twice, json_root(again));
    FUZZ_CHECK(strcmp(once.data, twice.data) == 0, "%s\n%s", once.data, twice.data);
    json_close(again);
    json_close(j);
    buf_release(&once);
    buf_release(&twice);
}

static void check_event(const char *line)
{
    struct arena a;
    struct event e, again;
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct err err = { 0 };
    arena_init(&a);
    int rc = event_parse(&e, &a, line, &err);
    if (rc < 0) {
        fuzz_check_failed(rc, &err);
    } else {
        event_format(&once, &e);
        FUZZ_CHECK(event_parse(&again, &a, once.data, &err) == 0, "%s", err.msg);
        event_format(&twice, &again);
        FUZZ_CHECK(strcmp(once.data, twice.data) == 0, "%s\n%s", once.data, twice.data);
    }
    buf_release(&once);
    buf_release(&twice);
    arena_release(&a);
}

static void check_modelfile(const char *text)
{
    struct arena a;
    struct modelfile f;
    struct buf b = BUF_INIT;
    struct err err = { 0 };
    arena_init(&a);
    int rc = modelfile_parse(&f, &a, text, &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    else
        modelfile_json(&b, &f);
    buf_release(&b);
    arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_document(text, size);
    check_modelfile(text);
    text[strcspn(text, "\n")] = '\0'; /* events are lines */
    check_event(text);
    free(text);
    return 0;
}
