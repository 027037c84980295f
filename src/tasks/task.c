#include "tasks/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tasks/yamlvalue.h"

#include "base/banned.h"

/* A task while it is read. */
struct reading {
    struct task *t;
    const struct yaml_node *config;
    struct err *err;
};

static int refuse(const struct yaml_node *node, struct err *err, const char *key, const char *why)
{
    return err_set(err, ERR_UNSUPPORTED, "%s:%d: %s: %s", node->file, node->line, key, why);
}

static int expected(const struct yaml_node *node, struct err *err, const char *key, const char *what)
{
    const char *found = node->kind == YAML_SCALAR ? node->text : yaml_kind_name(node);
    return err_set(err, ERR_FORMAT, "%s:%d: %s: expected %s, found '%s'", node->file, node->line, key, what, found);
}

/* The value of a key; NULL when absent or null. */
static const struct yaml_node *find(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_find(map, key);
    return node && !yaml_is_null(node) ? node : NULL;
}

/* ---- keys */

enum key_rule { KEY_KNOWN, KEY_IGNORED, KEY_REFUSED };

static const struct key {
    const char *name;
    enum key_rule rule;
    const char *why;
} keys[] = {
    {"task", KEY_KNOWN, NULL},
    {"task_alias", KEY_KNOWN, NULL},
    {"dataset_path", KEY_KNOWN, NULL},
    {"dataset_name", KEY_KNOWN, NULL},
    {"dataset_kwargs", KEY_KNOWN, NULL},
    {"training_split", KEY_KNOWN, NULL},
    {"validation_split", KEY_KNOWN, NULL},
    {"test_split", KEY_KNOWN, NULL},
    {"fewshot_split", KEY_KNOWN, NULL},
    {"process_docs", KEY_KNOWN, NULL},
    {"doc_to_text", KEY_KNOWN, NULL},
    {"doc_to_target", KEY_KNOWN, NULL},
    {"doc_to_choice", KEY_KNOWN, NULL},
    {"process_results", KEY_KNOWN, NULL},
    {"description", KEY_KNOWN, NULL},
    {"target_delimiter", KEY_KNOWN, NULL},
    {"fewshot_delimiter", KEY_KNOWN, NULL},
    {"fewshot_config", KEY_KNOWN, NULL},
    {"num_fewshot", KEY_KNOWN, NULL},
    {"metric_list", KEY_KNOWN, NULL},
    {"output_type", KEY_KNOWN, NULL},
    {"generation_kwargs", KEY_KNOWN, NULL},
    {"repeats", KEY_KNOWN, NULL},
    {"filter_list", KEY_KNOWN, NULL},
    {"gen_prefix", KEY_KNOWN, NULL},
    {"metadata", KEY_KNOWN, NULL},
    {"perbit_rubric", KEY_KNOWN, NULL}, /* perbit's own */
    {"tag", KEY_IGNORED, NULL},       /* the catalog reads it */
    {"group", KEY_IGNORED, NULL},     /* the same */
    {"task_list", KEY_IGNORED, NULL}, /* the same */
    {"should_decontaminate", KEY_IGNORED, NULL}, /* lm-evaluation-harness acts on it only when it is given n-gram files */
    {"doc_to_decontamination_query", KEY_IGNORED, NULL},
    {"class", KEY_REFUSED, "a task written in Python; perbit reads task files only"},
    {"custom_dataset", KEY_REFUSED, "the rows come from Python code; perbit reads data files only"},
    {"use_prompt", KEY_REFUSED, "prompts of promptsource are not supported"},
    {"doc_to_image", KEY_REFUSED, "images are not supported"},
    {"doc_to_audio", KEY_REFUSED, "audio is not supported"},
    {"unsafe_code", KEY_REFUSED, "the task runs generated code, which perbit does not"},
};

static const struct key *find_key(const char *name)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (!strcmp(keys[i].name, name))
            return &keys[i];
    }
    return NULL;
}

static int check_keys(struct reading *r)
{
    for (int i = 0; i < r->config->n; i++) {
        const struct yaml_node *at = r->config->keys[i], *item = r->config->items[i];
        const struct key *key = find_key(at->text);
        if (!key)
            return refuse(at, r->err, at->text, "no key of a task file of lm-evaluation-harness 0.4.13");
        if (key->rule == KEY_REFUSED && yamlvalue_truth(item))
            return refuse(at, r->err, at->text, key->why);
    }
    return 0;
}

/* ---- scalars */

/* A text, or NULL when absent or null; numbers are taken as they are written. */
static int read_text(const char **out, struct reading *r, const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = find(map, key);
    *out = NULL;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR || node->tag)
        return expected(node, r->err, key, "a text");
    *out = node->text;
    return 0;
}

static int read_int(int64_t *out, struct reading *r, const char *key, int64_t fallback)
{
    const struct yaml_node *node = find(r->config, key);
    *out = fallback;
    if (node && (!yamlvalue_int(out, node) || *out < 0 || *out > 1000000))
        return expected(node, r->err, key, "a number from 0 to 1000000");
    return 0;
}

static int read_delimiter(struct pystr *out, struct reading *r, const struct yaml_node *map, const char *key,
                          struct pystr fallback)
{
    const char *text;
    if (read_text(&text, r, map, key))
        return -1;
    *out = text ? pystr_z(text) : fallback;
    return 0;
}

static int read_names(struct reading *r)
{
    struct task *t = r->t;
    if (read_text(&t->name, r, r->config, "task") || read_text(&t->alias, r, r->config, "task_alias") ||
        read_text(&t->dataset_path, r, r->config, "dataset_path") ||
        read_text(&t->dataset_name, r, r->config, "dataset_name"))
        return -1;
    if (!t->name)
        return err_set(r->err, ERR_FORMAT, "%s:%d: expected a key 'task' with the name of the task", r->config->file,
                       r->config->line);
    if (!t->dataset_path)
        return err_set(r->err, ERR_FORMAT, "%s:%d: task %s: expected a key 'dataset_path'", r->config->file,
                       r->config->line, t->name);
    t->alias = t->alias ? t->alias : t->name;
    t->dataset_kwargs = find(r->config, "dataset_kwargs");
    return 0;
}

/* metadata may be a list or a text in old files: then there is no version. */
static void read_version(struct reading *r)
{
    const struct yaml_node *version = yaml_find(find(r->config, "metadata"), "version");
    r->t->version = version && version->kind == YAML_SCALAR ? version->text : "";
}

static int read_output_type(struct reading *r)
{
    static const struct {
        const char *name;
        enum item_kind kind;
    } types[] = {
        {"multiple_choice", ITEM_MULTIPLE_CHOICE},
        {"loglikelihood", ITEM_LOGLIKELIHOOD},
        {"generate_until", ITEM_GENERATE},
    };
    const char *type;
    if (read_text(&type, r, r->config, "output_type"))
        return -1;
    type = type ? type : "generate_until";
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (!strcmp(types[i].name, type)) {
            r->t->kind = types[i].kind;
            return 0;
        }
    }
    const struct yaml_node *node = yaml_find(r->config, "output_type");
    if (!strcmp(type, "loglikelihood_rolling"))
        return refuse(node, r->err, "output_type",
                      "loglikelihood_rolling is the perplexity of whole texts: use perbit perplexity");
    return expected(node, r->err, "output_type", "multiple_choice, loglikelihood or generate_until");
}

/* ---- fields */

static int read_field(struct field *out, struct reading *r, const struct yaml_node *map, const char *key)
{
    return field_open(out, &r->t->a, key, yaml_find(map, key), r->err);
}

/* Examples of a rubric show the human's score. */
static int default_rubric_target(struct reading *r)
{
    const struct yaml_node *map = find(r->config, "perbit_rubric");
    const struct yaml_node *human = map && map->kind == YAML_MAPPING ? find(map, "human") : NULL;
    if (r->t->target.kind != FIELD_NONE || !human)
        return 0;
    return field_open(&r->t->target, &r->t->a, "perbit_rubric.human", human, r->err);
}

static int read_fields(struct reading *r)
{
    struct task *t = r->t;
    if (read_field(&t->text, r, r->config, "doc_to_text") || read_field(&t->target, r, r->config, "doc_to_target") ||
        read_field(&t->choice, r, r->config, "doc_to_choice") ||
        read_field(&t->description, r, r->config, "description") ||
        read_field(&t->gen_prefix, r, r->config, "gen_prefix") || default_rubric_target(r))
        return -1;
    if (t->text.kind == FIELD_NONE || t->target.kind == FIELD_NONE)
        return err_set(r->err, ERR_FORMAT, "%s:%d: task %s: expected a key '%s'", r->config->file, r->config->line, t->name,
                       t->text.kind == FIELD_NONE ? "doc_to_text" : "doc_to_target");
    if (t->kind == ITEM_MULTIPLE_CHOICE && t->choice.kind == FIELD_NONE)
        return err_set(r->err, ERR_FORMAT, "%s:%d: task %s: multiple_choice expects a key 'doc_to_choice'",
                       r->config->file, r->config->line, t->name);
    return read_delimiter(&t->target_delimiter, r, r->config, "target_delimiter", pystr_z(" ")) ||
           read_delimiter(&t->fewshot_delimiter, r, r->config, "fewshot_delimiter", pystr_z("\n\n"));
}

static int read_func(const struct func **out, struct reading *r, const struct yaml_node *map, const char *key,
                     enum func_kind kind)
{
    const struct yaml_node *node = find(map, key);
    *out = NULL;
    if (!node)
        return 0;
    if (!node->tag || strcmp(node->tag, "!function"))
        return expected(node, r->err, key, "!function NAME");
    return func_find(out, node, kind, key, r->err);
}

/* ---- few-shot */

/* A field of fewshot_config, or the task's own; a null there leaves the examples without one. */
static int read_shot_field(const struct field **out, struct reading *r, const struct yaml_node *map, const char *key,
                           const struct field *own, struct field *room, bool null_is_own)
{
    const struct yaml_node *node = yaml_find(map, key);
    *out = own;
    if (!node || (yaml_is_null(node) && null_is_own))
        return 0;
    *out = room;
    return read_field(room, r, map, key);
}

/* Rows in the file itself become a JSON array, as rows of any data set. */
static int read_samples(struct reading *r, const struct yaml_node *node)
{
    struct pyval list;
    if (node->kind != YAML_SEQUENCE)
        return refuse(node, r->err, "fewshot_config.samples", "perbit takes a list of rows here, no code");
    if (yamlvalue(&list, &r->t->a, node, r->err))
        return -1;
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_doc_set_root(doc, py_to_json(doc, list));
    r->t->samples_doc = yyjson_mut_doc_imut_copy(doc, NULL);
    yyjson_mut_doc_free(doc);
    yyjson_val *root = yyjson_doc_get_root(r->t->samples_doc);
    yyjson_val **rows = arena_alloc(&r->t->a, sizeof(*rows) * (size_t)(node->n + 1));
    for (int i = 0; i < node->n; i++) {
        rows[i] = yyjson_arr_get(root, (size_t)i);
        if (!yyjson_is_obj(rows[i]))
            return expected(node->items[i], r->err, "fewshot_config.samples", "a mapping for each row");
    }
    r->t->samples = rows;
    r->t->n_samples = node->n;
    return 0;
}

static bool is_same_split(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* lm-evaluation-harness: the named split, else the samples, else the first of training, validation and test. */
static int read_pool(struct reading *r, const struct yaml_node *map)
{
    struct task *t = r->t;
    const char *split;
    bool has_own = yaml_find(map, "split") != NULL;
    if (read_text(&split, r, has_own ? map : r->config, has_own ? "split" : "fewshot_split"))
        return -1;
    t->excludes_own = is_same_split(split, t->test_split);
    t->pool_split = split;
    if (split)
        return yaml_find(map, "process_docs") ? read_func(&t->pool_process_docs, r, map, "process_docs", FUNC_ROW)
                                              : (t->pool_process_docs = t->process_docs, 0);
    if (find(map, "samples"))
        return read_samples(r, find(map, "samples"));
    t->pool_process_docs = t->process_docs;
    t->pool_split = t->training_split ? t->training_split : t->validation_split ? t->validation_split : t->test_split;
    return 0;
}

static int read_sampler(struct reading *r, const struct yaml_node *map)
{
    const char *name;
    if (read_text(&name, r, map, "sampler"))
        return -1;
    r->t->sampler = name && !strcmp(name, "first_n") ? SAMPLER_FIRST_N : SAMPLER_DEFAULT;
    if (name && strcmp(name, "first_n") && strcmp(name, "default"))
        return expected(find(map, "sampler"), r->err, "fewshot_config.sampler", "default or first_n");
    return 0;
}

static int check_fewshot_keys(struct reading *r, const struct yaml_node *map)
{
    /* fewshot_indices: 0.4.13 reads it and never uses it */
    static const char *const names[] = {"sampler",          "split",           "process_docs",  "fewshot_indices",
                                        "samples",          "doc_to_text",     "doc_to_choice", "doc_to_target",
                                        "gen_prefix",       "fewshot_delimiter", "target_delimiter"};
    if (map && map->kind != YAML_MAPPING)
        return expected(map, r->err, "fewshot_config", "a mapping");
    for (int i = 0; map && i < map->n; i++) {
        size_t k = 0, n = sizeof names / sizeof names[0];
        while (k < n && strcmp(names[k], map->keys[i]->text))
            k++;
        if (k == n)
            return refuse(map->keys[i], r->err, map->keys[i]->text, "no key of fewshot_config");
    }
    return 0;
}

static int read_fewshot(struct reading *r)
{
    struct task *t = r->t;
    int64_t n;
    const struct yaml_node *map = find(r->config, "fewshot_config");
    if (check_fewshot_keys(r, map) || read_sampler(r, map) || read_pool(r, map) || read_int(&n, r, "num_fewshot", -1))
        return -1;
    t->num_fewshot = (int)n;
    if (read_shot_field(&t->shot_text, r, map, "doc_to_text", &t->text, &t->overrides[0], true) ||
        read_shot_field(&t->shot_target, r, map, "doc_to_target", &t->target, &t->overrides[1], true) ||
        read_shot_field(&t->shot_choice, r, map, "doc_to_choice", &t->choice, &t->overrides[2], false) ||
        read_shot_field(&t->shot_gen_prefix, r, map, "gen_prefix", &t->gen_prefix, &t->overrides[3], false))
        return -1;
    return read_delimiter(&t->shot_target_delimiter, r, map, "target_delimiter", t->target_delimiter) ||
           read_delimiter(&t->shot_fewshot_delimiter, r, map, "fewshot_delimiter", t->fewshot_delimiter);
}

static int read_splits(struct reading *r)
{
    struct task *t = r->t;
    if (read_text(&t->training_split, r, r->config, "training_split") ||
        read_text(&t->validation_split, r, r->config, "validation_split") ||
        read_text(&t->test_split, r, r->config, "test_split") ||
        read_func(&t->process_docs, r, r->config, "process_docs", FUNC_ROW))
        return -1;
    t->eval_split = t->test_split ? t->test_split : t->validation_split;
    if (!t->eval_split)
        return err_set(r->err, ERR_FORMAT, "%s:%d: task %s: expected a key 'test_split' or 'validation_split'",
                       r->config->file, r->config->line, t->name);
    return 0;
}

/* ---- metrics */

enum { OF_CHOICE = 1 << ITEM_MULTIPLE_CHOICE, OF_LOGLIKELIHOOD = 1 << ITEM_LOGLIKELIHOOD, OF_GENERATE = 1 << ITEM_GENERATE };

static const struct known_metric {
    const char *name;
    enum task_measure measure;
    unsigned kinds; /* OF_* or'ed */
    enum task_aggregation aggregation;
    const char *aggregation_name;
    bool lower_is_better;
} known_metrics[] = {
    {"acc", MEASURE_ACC, OF_CHOICE | OF_LOGLIKELIHOOD, AGGREGATE_MEAN, "mean", false},
    {"acc_norm", MEASURE_ACC_NORM, OF_CHOICE, AGGREGATE_MEAN, "mean", false},
    {"acc_bytes", MEASURE_ACC_BYTES, OF_CHOICE, AGGREGATE_MEAN, "mean", false},
    {"exact_match", MEASURE_EXACT_MATCH, OF_CHOICE | OF_GENERATE, AGGREGATE_MEAN, "mean", false},
    {"f1", MEASURE_F1, OF_CHOICE, AGGREGATE_F1, "f1", false},
    {"mcc", MEASURE_MCC, OF_CHOICE, AGGREGATE_MCC, "matthews_corrcoef", false},
    {"perplexity", MEASURE_PERPLEXITY, OF_LOGLIKELIHOOD, AGGREGATE_PERPLEXITY, "perplexity", true},
};

static const struct known_metric *find_metric(const char *name, enum item_kind kind)
{
    for (size_t i = 0; i < sizeof known_metrics / sizeof known_metrics[0]; i++) {
        if (!strcmp(known_metrics[i].name, name) && (known_metrics[i].kinds & (1u << kind)))
            return &known_metrics[i];
    }
    return NULL;
}

static int set_aggregation(struct task_metric *m, struct reading *r, const struct known_metric *known)
{
    const struct func *func;
    const struct yaml_node *node = find(m->node, "aggregation");
    if (node && node->tag) {
        if (func_find(&func, node, FUNC_AGGREGATE, "aggregation", r->err))
            return -1;
        m->aggregation = AGGREGATE_FLAT_MEAN;
        return 0;
    }
    m->aggregation = known ? known->aggregation : AGGREGATE_MEAN;
    const char *name = known ? known->aggregation_name : "mean";
    if (node && (node->kind != YAML_SCALAR || strcmp(node->text, name)))
        return expected(node, r->err, "aggregation", name);
    return 0;
}

static int read_metric(struct task_metric *m, struct reading *r, const struct yaml_node *node)
{
    if (node->kind != YAML_MAPPING)
        return expected(node, r->err, "metric_list", "a mapping for each metric");
    m->node = node;
    if (read_text(&m->name, r, node, "metric"))
        return -1;
    if (!m->name)
        return expected(node, r->err, "metric_list", "a key 'metric'");
    bool is_own = r->t->results != RESULTS_DEFAULT;
    const struct known_metric *known = is_own ? NULL : find_metric(m->name, r->t->kind);
    if (!known && !is_own)
        return err_set(r->err, ERR_UNSUPPORTED, "%s:%d: metric_list: perbit does not measure '%s' for this output_type",
                       find(node, "metric")->file, find(node, "metric")->line, m->name);
    m->measure = known ? known->measure : MEASURE_OWN;
    m->higher_is_better = !known || !known->lower_is_better;
    const struct yaml_node *says = find(node, "higher_is_better");
    if (says)
        m->higher_is_better = yamlvalue_truth(says);
    return set_aggregation(m, r, known);
}

/* Without a metric_list: those that lm-evaluation-harness registers for the output type. */
static int default_metrics(struct reading *r)
{
    static const char *const names[][2] = {
        [ITEM_MULTIPLE_CHOICE] = {"acc", "acc_norm"},
        [ITEM_LOGLIKELIHOOD] = {"perplexity", "acc"},
        [ITEM_GENERATE] = {"exact_match", NULL},
    };
    struct task_metric *m = arena_alloc(&r->t->a, 2 * sizeof(*m));
    for (int i = 0; i < 2 && names[r->t->kind][i]; i++) {
        const struct known_metric *known = find_metric(names[r->t->kind][i], r->t->kind);
        m[i] = (struct task_metric){known->name, known->measure, known->aggregation, !known->lower_is_better, NULL};
        r->t->n_metrics++;
    }
    r->t->metrics = m;
    return 0;
}

static int read_rubric(struct reading *r, const struct yaml_node *node)
{
    static const struct task_metric metrics[] = {
        {"quadratic_weighted_kappa", MEASURE_RUBRIC, AGGREGATE_KAPPA, true, NULL},
        {"exact_agreement", MEASURE_RUBRIC, AGGREGATE_EXACT, true, NULL},
        {"adjacent_agreement", MEASURE_RUBRIC, AGGREGATE_ADJACENT, true, NULL},
        {"mean_absolute_error", MEASURE_RUBRIC, AGGREGATE_MAE, false, NULL},
    };
    struct rubric *rubric = arena_alloc(&r->t->a, sizeof(*rubric));
    if (find(r->config, "metric_list"))
        return refuse(find(r->config, "metric_list"), r->err, "metric_list", "perbit_rubric has metrics of its own");
    if (find(r->config, "process_results"))
        return refuse(find(r->config, "process_results"), r->err, "process_results", "perbit_rubric has metrics of its own");
    if (rubric_parse(rubric, node, r->t->kind, r->err))
        return -1;
    r->t->rubric = rubric;
    r->t->metrics = metrics;
    r->t->n_metrics = sizeof metrics / sizeof metrics[0];
    return 0;
}

static int read_metrics(struct reading *r)
{
    if (find(r->config, "perbit_rubric"))
        return read_rubric(r, find(r->config, "perbit_rubric"));
    const struct func *results;
    const struct yaml_node *list = find(r->config, "metric_list");
    if (read_func(&results, r, r->config, "process_results", FUNC_RESULTS))
        return -1;
    r->t->results = results ? results->results : RESULTS_DEFAULT;
    if (!list)
        return default_metrics(r);
    if (list->kind != YAML_SEQUENCE)
        return expected(list, r->err, "metric_list", "a list");
    struct task_metric *m = arena_alloc(&r->t->a, sizeof(*m) * (size_t)(list->n + 1));
    for (int i = 0; i < list->n; i++) {
        if (read_metric(&m[i], r, list->items[i]))
            return -1;
    }
    r->t->metrics = m;
    r->t->n_metrics = list->n;
    return 0;
}

/* ---- generation */

static int read_until(struct reading *r, const struct yaml_node *node)
{
    struct task_generation *g = &r->t->generation;
    bool is_list = node->kind == YAML_SEQUENCE;
    const char **until = arena_alloc(&r->t->a, sizeof(*until) * (size_t)(node->n + 1));
    g->n_until = is_list ? node->n : 1;
    for (int i = 0; i < g->n_until; i++) {
        const struct yaml_node *item = is_list ? node->items[i] : node;
        if (item->kind != YAML_SCALAR || yaml_is_null(item))
            return expected(item, r->err, "generation_kwargs.until", "a text or a list of texts");
        until[i] = item->text;
    }
    g->until = until;
    return 0;
}

static int read_max_tokens(struct reading *r, const struct yaml_node *map)
{
    static const char *const names[] = {"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"};
    r->t->generation.max_gen_toks = 256;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct yaml_node *node = find(map, names[i]);
        if (!node)
            continue;
        if (!yamlvalue_int(&r->t->generation.max_gen_toks, node) || r->t->generation.max_gen_toks <= 0)
            return expected(node, r->err, names[i], "a number of tokens");
        return 0;
    }
    return 0;
}

/* Greedy: do_sample false, or no temperature above 0. */
static int check_greedy(struct reading *r, const struct yaml_node *map)
{
    const struct yaml_node *sample = find(map, "do_sample"), *temperature = find(map, "temperature");
    if (sample && !yamlvalue_truth(sample))
        return 0;
    if (sample)
        return refuse(sample, r->err, "generation_kwargs.do_sample", "perbit generates greedily only");
    if (temperature && yamlvalue_truth(temperature))
        return refuse(temperature, r->err, "generation_kwargs.temperature", "perbit generates greedily only");
    return 0;
}

static int read_generation(struct reading *r)
{
    struct task *t = r->t;
    const struct yaml_node *map = find(r->config, "generation_kwargs");
    if (t->kind != ITEM_GENERATE)
        return 0;
    if (map && map->kind != YAML_MAPPING)
        return expected(map, r->err, "generation_kwargs", "a mapping");
    t->generation.node = map;
    if (check_greedy(r, map) || read_max_tokens(r, map))
        return -1;
    if (find(map, "until"))
        return read_until(r, find(map, "until"));
    const char **until = arena_alloc(&t->a, sizeof(*until));
    until[0] = t->fewshot_delimiter.s;
    t->generation.until = until;
    t->generation.n_until = 1;
    return 0;
}

/* ---- the task */

static int read_all(struct reading *r)
{
    if (check_keys(r) || read_names(r) || read_output_type(r) || read_splits(r) || read_fields(r) || read_fewshot(r) ||
        read_metrics(r) || read_generation(r) || read_int(&r->t->repeats, r, "repeats", 1))
        return -1;
    read_version(r);
    r->t->filter_list = find(r->config, "filter_list");
    return 0;
}

int task_open(struct task **out, const struct yaml_node *config, struct err *err)
{
    struct task *t = xcalloc(1, sizeof(*t));
    t->file = config->file;
    t->config = config;
    struct reading r = {t, config, err};
    if (read_all(&r)) {
        task_close(t);
        return -1;
    }
    *out = t;
    return 0;
}

void task_close(struct task *t)
{
    if (!t)
        return;
    struct field *const own[] = {&t->text, &t->target, &t->choice, &t->description, &t->gen_prefix};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        field_close(own[i]);
    for (size_t i = 0; i < sizeof t->overrides / sizeof t->overrides[0]; i++)
        field_close(&t->overrides[i]);
    yyjson_doc_free(t->samples_doc);
    arena_release(&t->a);
    free(t);
}
