/* fuzz_task: any text as a task file, and three rows through what it asks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "core/rowset.h"
#include "tasks/items.h"
#include "tasks/score.h"

static const char rows_json[] = "[{\"q\":\"a\",\"c\":[\"x\",\"y\"],\"l\":0,\"t\":\"x\",\"d\":{\"e\":[\"1\"]}},"
                                "{\"q\":\"b\",\"c\":[\"x\",\"y\"],\"l\":1,\"t\":\"y\",\"d\":{\"e\":[]}},"
                                "{\"q\":\"\",\"c\":[\"z\"],\"l\":0,\"t\":\"12\",\"d\":{\"e\":[\"a\",\"b\"]}}]";

static struct rowset *make_rows(yyjson_doc **doc)
{
    struct rowset *rs = rowset_new("test", "rows.jsonl");
    size_t i, n;
    yyjson_val *row;
    *doc = yyjson_read(rows_json, sizeof rows_json - 1, 0);
    yyjson_arr_foreach(yyjson_doc_get_root(*doc), i, n, row)
        rowset_add_borrowed(rs, row);
    return rs;
}

static void score(const struct task *t, const struct item *item)
{
    struct score s[64];
    struct answer *answers = calloc((size_t)item->n_requests + 1, sizeof(*answers));
    if (t->n_metrics <= 64)
        score_item(s, t, item, answers, NULL);
    free(answers);
}

static void ask(const struct task *t)
{
    yyjson_doc *doc;
    struct item item;
    struct arena a = {0};
    struct items *it = NULL;
    struct rowset *rs = make_rows(&doc);
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 1;
    if (!items_open(&it, t, rs, rs, &o, NULL)) {
        while (items_next(&item, it, &a, NULL) > 0)
            score(t, &item);
    }
    items_close(it);
    arena_release(&a);
    rowset_close(rs);
    yyjson_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct task *t = NULL;
    struct yaml_node *config;
    if (!yaml_parse(&config, &a, (const char *)data, size, "fuzz.yaml", NULL) && config->kind == YAML_MAPPING &&
        !task_open(&t, config, NULL))
        ask(t);
    task_close(t);
    arena_release(&a);
    return 0;
}
