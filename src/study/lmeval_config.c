/* A task file as lm-evaluation-harness's TaskConfig.to_dict() prints it: its keys in their order, with defaults. */
#include <string.h>

#include "study/lmeval.h"
#include "study/task_list.h"
#include "tasks/yamlvalue.h"

#include "base/banned.h"

/* default_json NULL: a key that the file does not set is left out. */
struct config_key {
    const char *name, *default_json;
};

static const struct config_key keys[] = {
    { "task", NULL }, { "task_alias", NULL }, { "dataset_path", NULL }, { "dataset_name", NULL },
    { "dataset_kwargs", NULL }, { "training_split", NULL }, { "validation_split", NULL }, { "test_split", NULL },
    { "fewshot_split", NULL }, { "process_docs", NULL }, { "doc_to_text", NULL }, { "doc_to_target", NULL },
    { "unsafe_code", "false" }, { "doc_to_choice", NULL }, { "process_results", NULL }, { "description", "\"\"" },
    { "target_delimiter", "\" \"" }, { "fewshot_delimiter", "\"\\n\\n\"" }, { "fewshot_config", NULL },
    { "num_fewshot", NULL }, { "metric_list", NULL }, { "output_type", "\"generate_until\"" },
    { "generation_kwargs", NULL }, { "repeats", "1" }, { "filter_list", NULL }, { "should_decontaminate", "false" },
    { "doc_to_decontamination_query", NULL }, { "gen_prefix", NULL }, { "metadata", NULL },
};

/* from: the task's key that stands in when fewshot_config does not have one. */
static const struct {
    const char *name, *from, *default_json;
} shot_keys[] = {
    { "sampler", NULL, "\"default\"" }, { "split", "fewshot_split", "null" }, { "process_docs", "process_docs", "null" },
    { "fewshot_indices", NULL, "null" }, { "samples", NULL, "null" }, { "doc_to_text", "doc_to_text", "null" },
    { "doc_to_choice", "doc_to_choice", "null" }, { "doc_to_target", "doc_to_target", "null" },
    { "gen_prefix", "gen_prefix", "null" }, { "fewshot_delimiter", "fewshot_delimiter", "\"\\n\\n\"" },
    { "target_delimiter", "target_delimiter", "\" \"" },
};

/* --- YAML as JSON ------------------------------------------------------------------------------ */

static void write_scalar(struct jw *w, struct pyval v)
{
    if (v.type == PY_BOOL)
        jw_bool(w, v.i != 0);
    else if (v.type == PY_INT)
        jw_int(w, v.i);
    else if (v.type == PY_FLOAT)
        jw_num(w, v.f);
    else if (v.type == PY_STR)
        jw_str(w, v.s.s);
    else
        jw_null(w);
}

static int write_leaf(struct jw *w, const struct yaml_node *node, struct err *err)
{
    struct arena a;
    struct pyval v;
    arena_init(&a);
    int rc = 0;
    if (node->tag && strcmp(node->tag, "!function") == 0)
        jw_str(w, arena_printf(&a, "!function %s", node->text));
    else if ((rc = yamlvalue(&v, &a, node, err)) == 0)
        write_scalar(w, v);
    arena_release(&a);
    return rc;
}

int lmeval_yaml(struct jw *w, const struct yaml_node *node, struct err *err)
{
    if (node->kind == YAML_SCALAR)
        return write_leaf(w, node, err);
    if (node->kind == YAML_MAPPING)
        jw_object(w);
    else
        jw_array(w);
    for (int i = 0; i < node->n; i++) {
        if (node->kind == YAML_MAPPING)
            jw_key(w, node->keys[i]->text);
        if (lmeval_yaml(w, node->items[i], err) < 0)
            return -1;
    }
    jw_end(w);
    return 0;
}

/* --- parts ------------------------------------------------------------------------------------- */

static const struct yaml_node *find(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = map && map->kind == YAML_MAPPING ? yaml_find(map, key) : NULL;
    return node && !yaml_is_null(node) ? node : NULL;
}

static int write_shots(struct jw *w, const struct yaml_node *config, struct err *err)
{
    const struct yaml_node *own = find(config, "fewshot_config");
    jw_object(w);
    for (size_t i = 0; i < sizeof shot_keys / sizeof shot_keys[0]; i++) {
        bool is_set = own && yaml_find(own, shot_keys[i].name);
        const struct yaml_node *node = is_set ? find(own, shot_keys[i].name)
                                              : shot_keys[i].from ? find(config, shot_keys[i].from) : NULL;
        jw_key(w, shot_keys[i].name);
        if (!node)
            jw_raw(w, is_set ? "null" : shot_keys[i].default_json);
        else if (lmeval_yaml(w, node, err) < 0)
            return -1;
    }
    jw_end(w);
    return 0;
}

static int write_metadata(struct jw *w, const struct lmeval_task *t, const struct yaml_node *node, struct err *err)
{
    jw_object(w);
    for (int i = 0; node && node->kind == YAML_MAPPING && i < node->n; i++) {
        jw_key(w, node->keys[i]->text);
        if (lmeval_yaml(w, node->items[i], err) < 0)
            return -1;
    }
    jw_kstr(w, "config_source", task_source(t->task));
    jw_end(w);
    return 0;
}

static int write_key(struct jw *w, const struct lmeval *r, const struct lmeval_task *t, const struct config_key *key,
                     struct err *err)
{
    const struct yaml_node *config = t->task->config, *node = find(config, key->name);
    const bool is_shots = strcmp(key->name, "fewshot_config") == 0, is_metadata = strcmp(key->name, "metadata") == 0;
    const bool is_number = strcmp(key->name, "num_fewshot") == 0;
    const bool is_generation = strcmp(key->name, "generation_kwargs") == 0 && t->task->kind == ITEM_GENERATE;
    if (!node && !is_generation && !key->default_json && !is_shots && !is_metadata && !is_number)
        return 0;
    jw_key(w, key->name);
    if (is_shots)
        return write_shots(w, config, err);
    if (is_metadata)
        return write_metadata(w, t, node, err);
    if (is_generation) {
        struct gen_options o;
        if (evaluation_gen_options(&o, r->evaluation, t->i_task, r->a, err) < 0)
            return -1;
        jw_raw(w, o.kwargs);
        return 0;
    }
    if (node && !is_number)
        return lmeval_yaml(w, node, err);
    if (is_number)
        jw_int(w, evaluation_num_fewshot(r->evaluation, t->i_task));
    else
        jw_raw(w, key->default_json);
    return 0;
}

int lmeval_config(struct jw *w, const struct lmeval *r, const struct lmeval_task *t, struct err *err)
{
    jw_object(w);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (write_key(w, r, t, &keys[i], err) < 0)
            return -1;
    jw_end(w);
    return 0;
}
