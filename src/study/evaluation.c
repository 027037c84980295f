#include "study/evaluation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "base/fs.h"
#include "data/dataset.h"
#include "study/hubdata.h"
#include "tasks/grader.h"
#include "tasks/think.h"

struct evaluation {
    const struct settings *settings;
    struct arena arena;
    struct catalog *catalog;
    struct suite *suite;
    struct datasets *datasets;
    struct dataset **dataset; /* [suite->n_tasks], NULL before it was opened */
    uint64_t fewshot_seed, torch_seed;
    yyjson_doc **chat_arguments; /* [n_chat_arguments]: items read them */
    int n_chat_arguments;
};

/* --- opening ----------------------------------------------------------------------------------- */

static int read_number(uint64_t *out, const char *text, const char *what, struct err *err)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno || *end || text[0] == '-')
        return err_set(err, ERR_USAGE, "--seed: expected a number from 0 on for %s, found '%s'", what, text);
    return 0;
}

/* lm-eval's --seed: one number for all, or four with commas of which the last draws the examples and the third, Torch's, the
   tokens of an answer. Only that of what is drawn must be a number: lm-eval's own may be None. */
static int read_seed(struct evaluation *e, const char *text, struct err *err)
{
    int n;
    const char *const *parts = opt_split(&e->arena, text, &n);
    if (n != 1 && n != 4)
        return err_set(err, ERR_USAGE, "--seed: expected one number or four with commas, found '%s'", text);
    if (read_number(&e->fewshot_seed, parts[n - 1], "the examples", err) < 0)
        return -1;
    if (n == 1 || read_number(&e->torch_seed, parts[2], "Torch", NULL) < 0)
        e->torch_seed = e->fewshot_seed;
    return 0;
}

/* NULL: nobody named one, and there is no folder "data". */
static const char *data_dir(const struct settings *s)
{
    const char *from_env = getenv("PERBIT_DATA");
    return s->data ? s->data : from_env && *from_env ? from_env : fs_is_dir("data") ? "data" : NULL;
}

static int open_parts(struct evaluation *e, struct err *err)
{
    const struct settings *s = e->settings;
    int n_folders = s->include_path != NULL;
    if (!s->tasks || !*s->tasks)
        return err_set(err, ERR_USAGE, "missing option --tasks: names with commas (perbit tasks lists them)");
    if (read_seed(e, s->seed, err) < 0 ||
        catalog_open(&e->catalog, &s->include_path, n_folders, err) < 0 ||
        suite_open(&e->suite, e->catalog, s->tasks, err) < 0)
        return -1;
    e->dataset = xcalloc((size_t)e->suite->n_tasks + 1, sizeof *e->dataset);
    return 0;
}

int evaluation_open_tasks(struct evaluation **out, const struct settings *s, struct err *err)
{
    struct evaluation *e = xcalloc(1, sizeof *e);
    *out = NULL;
    e->settings = s;
    arena_init(&e->arena);
    if (open_parts(e, err) < 0) {
        evaluation_close(e);
        return -1;
    }
    *out = e;
    return 0;
}

static int open_folder(struct evaluation *e, struct err *err)
{
    return e->datasets ? 0 : datasets_open(&e->datasets, data_dir(e->settings), err);
}

int evaluation_open(struct evaluation **out, const struct settings *s, struct err *err)
{
    if (evaluation_open_tasks(out, s, err) < 0)
        return -1;
    if (open_folder(*out, err) == 0)
        return 0;
    evaluation_close(*out);
    *out = NULL;
    return -1;
}

void evaluation_close(struct evaluation *e)
{
    if (!e)
        return;
    for (int i = 0; e->dataset && i < e->suite->n_tasks; i++)
        dataset_close(e->dataset[i]);
    free(e->dataset);
    for (int i = 0; i < e->n_chat_arguments; i++)
        yyjson_doc_free(e->chat_arguments[i]);
    free(e->chat_arguments);
    datasets_close(e->datasets);
    suite_close(e->suite);
    catalog_close(e->catalog);
    arena_release(&e->arena);
    free(e);
}

int evaluation_n(const struct evaluation *e)
{
    return e->suite->n_tasks;
}

const struct task *evaluation_task(const struct evaluation *e, int i)
{
    return e->suite->tasks[i];
}

const struct suite *evaluation_suite(const struct evaluation *e)
{
    return e->suite;
}

int evaluation_find(const struct evaluation *e, const char *name)
{
    for (int i = 0; i < e->suite->n_tasks; i++)
        if (strcmp(e->suite->tasks[i]->name, name) == 0)
            return i;
    return -1;
}

int evaluation_num_fewshot(const struct evaluation *e, int i)
{
    return items_effective_fewshot(e->suite->tasks[i], (int)e->settings->num_fewshot);
}

/* --- data -------------------------------------------------------------------------------------- */

static void add_files(struct dataset_file *files, int *n, int max, const char *split, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR && *n < max)
        files[(*n)++] = (struct dataset_file){ split, node->text };
    for (int i = 0; node->kind == YAML_SEQUENCE && i < node->n; i++)
        add_files(files, n, max, split, node->items[i]);
}

/* dataset_path: json with dataset_kwargs: { data_files: ... } */
static int open_files(struct dataset **out, struct evaluation *e, const struct yaml_node *node, struct err *err)
{
    enum { FILES_MAX = 256 };
    struct dataset_file files[FILES_MAX];
    int n = 0;
    for (int i = 0; node->kind == YAML_MAPPING && i < node->n; i++)
        add_files(files, &n, FILES_MAX, node->keys[i]->text, node->items[i]);
    if (node->kind != YAML_MAPPING) /* no split named: train, as the hub's library has it */
        add_files(files, &n, FILES_MAX, "train", node);
    return dataset_open_files(out, e->datasets, files, n, err);
}

static int open_from_cache(struct evaluation *e, int i, const struct dataset_key *key, struct err *err)
{
    struct arena a;
    struct dataset_file *files;
    const char *splits[2];
    int n, n_splits = evaluation_splits(e, i, splits);
    arena_init(&a);
    int rc = hubdata_find(&files, &n, &a, key, splits, n_splits, err);
    if (rc == 0)
        rc = dataset_open_named(&e->dataset[i], e->datasets, key, files, n, err);
    arena_release(&a);
    return rc;
}

/* The data folder, then the hub's cache. */
static int open_named(struct evaluation *e, int i, struct err *err)
{
    const struct dataset_key key = evaluation_key(e, i);
    struct err in_folder = { 0 }, in_cache = { 0 };
    bool has_folder = data_dir(e->settings) != NULL;
    if ((has_folder && dataset_open(&e->dataset[i], e->datasets, &key, &in_folder) == 0) ||
        open_from_cache(e, i, &key, &in_cache) == 0)
        return 0;
    if (has_folder)
        return err_set(err, in_folder.code, "%.700s; %.280s", in_folder.msg, in_cache.msg);
    return err_set(err, in_cache.code, "%s", in_cache.msg);
}

static int open_dataset(struct evaluation *e, int i, struct err *err)
{
    const struct task *t = e->suite->tasks[i];
    const struct yaml_node *files = t->dataset_kwargs ? yaml_find(t->dataset_kwargs, "data_files") : NULL;
    if (e->dataset[i])
        return 0;
    if (open_folder(e, err) < 0)
        return -1;
    if (files)
        return open_files(&e->dataset[i], e, files, err);
    return open_named(e, i, err);
}

struct dataset_key evaluation_key(const struct evaluation *e, int i)
{
    const struct task *t = e->suite->tasks[i];
    bool has_files = t->dataset_kwargs && yaml_find(t->dataset_kwargs, "data_files");
    return (struct dataset_key){ has_files ? NULL : t->dataset_path, t->dataset_name, t->name };
}

bool evaluation_is_in_folder(struct evaluation *e, int i)
{
    const struct dataset_key key = evaluation_key(e, i);
    struct dataset *ds;
    if (!key.path)
        return true;
    if (!data_dir(e->settings) || open_folder(e, NULL) < 0 || dataset_open(&ds, e->datasets, &key, NULL) < 0)
        return false;
    dataset_close(ds);
    return true;
}

static bool needs_pool(const struct evaluation *e, int i)
{
    return evaluation_num_fewshot(e, i) > 0 && e->suite->tasks[i]->pool_split;
}

int evaluation_splits(const struct evaluation *e, int i, const char *out[2])
{
    const struct task *t = e->suite->tasks[i];
    out[0] = t->eval_split;
    out[1] = t->pool_split;
    return needs_pool(e, i) && strcmp(t->pool_split, t->eval_split) != 0 ? 2 : 1;
}

static int open_rows(const struct rowset **eval, const struct rowset **pool, struct evaluation *e, int i, struct err *err)
{
    const struct task *t = e->suite->tasks[i];
    *pool = NULL;
    if (open_dataset(e, i, err) < 0 || dataset_split(eval, e->dataset[i], t->eval_split, err) < 0)
        return -1;
    return needs_pool(e, i) ? dataset_split(pool, e->dataset[i], t->pool_split, err) : 0;
}

int evaluation_n_rows(int64_t *out, struct evaluation *e, int i, struct err *err)
{
    const struct rowset *eval, *pool;
    if (open_rows(&eval, &pool, e, i, err) < 0)
        return -1;
    *out = eval->n;
    return 0;
}

int evaluation_data_sha256(char out[65], struct evaluation *e, int i, struct err *err)
{
    const struct rowset *eval, *pool;
    if (open_rows(&eval, &pool, e, i, err) < 0)
        return -1;
    dataset_sha256(out, e->dataset[i]);
    return 0;
}

/* The day that Llama 3's own template falls back to, at noon UTC. */
static const int64_t CHAT_TIME_S = 1721995200;

static yyjson_val *chat_argument(struct evaluation *e, const char *variable, bool value)
{
    const char *text = arena_printf(&e->arena, "{\"%s\":%s}", variable, value ? "true" : "false");
    e->chat_arguments = xrealloc(e->chat_arguments, (size_t)(e->n_chat_arguments + 1) * sizeof *e->chat_arguments);
    e->chat_arguments[e->n_chat_arguments] = yyjson_read(text, strlen(text), 0);
    return yyjson_doc_get_root(e->chat_arguments[e->n_chat_arguments++]);
}

/* What --think asks of the chat template: its own switch where it has one; else off closes the reasoning at once, if the template
   has tags for it. What it cannot do is refused: an answer would say something else than its settings. */
static int set_thinking(struct chat_options *o, struct evaluation *e, const char *template, struct err *err)
{
    struct think_template t;
    enum think_mode mode;
    int64_t budget;
    if (gen_options_think(&mode, &budget, e->settings, err) < 0)
        return -1;
    if (mode == THINK_AUTO)
        return 0;
    think_probe(&t, template, o);
    if (mode == THINK_OFF && !t.variable && !t.has_tags)
        return err_set(err, ERR_UNSUPPORTED, "--think off: the model's chat template knows nothing of thinking; leave the option out");
    if (mode == THINK_BUDGET && !t.has_tags)
        return err_set(err, ERR_UNSUPPORTED, "--think %s: the model's chat template has no </think> to end the reasoning with",
                       e->settings->think);
    if (t.variable)
        o->arguments = chat_argument(e, t.variable, mode != THINK_OFF);
    o->closes_thinking = mode == THINK_OFF && !t.variable;
    return 0;
}

int evaluation_items(struct items **out, struct evaluation *e, int i, int64_t first_doc,
                     const struct evaluation_chat *chat, struct err *err)
{
    const struct settings *s = e->settings;
    const struct rowset *eval, *pool;
    struct items_options o = {
        .num_fewshot = (int)s->num_fewshot, .fewshot_seed = e->fewshot_seed,
        .is_fixed_fewshot = strcmp(s->fewshot, "fixed") == 0, .limit = s->limit, .sample = s->n_sample,
        .sample_seed = (uint64_t)s->sample_seed, .first_doc = first_doc, .system_instruction = s->system_instruction,
        .is_single_turn = !s->fewshot_as_multiturn,
    };
    if (chat) {
        o.chat_template = chat->template;
        o.chat = (struct chat_options){ .bos = chat->bos, .eos = chat->eos, .now_s = CHAT_TIME_S };
        if (set_thinking(&o.chat, e, chat->template, err) < 0)
            return -1;
    }
    if (open_rows(&eval, &pool, e, i, err) < 0)
        return -1;
    return items_open(out, e->suite->tasks[i], eval, pool, &o, err);
}

/* --- what a task is ---------------------------------------------------------------------------- */

/* Keys of a task file that change no request and no score. */
static const char *const decoration[] = { "tag", "task_alias", "group", "group_alias", "include", "task_list", NULL };
/* Keys that say what answers are worth, not what is asked; NULL-terminated. */
static const char *const scoring[] = { "metric_list", "process_results", "filter_list", "metadata", "perbit_rubric",
                                       "should_decontaminate", "doc_to_decontamination_query", NULL };
static const char *const nothing[] = { NULL };

static bool has_name(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void write_node(struct jw *w, const struct yaml_node *node);

/* The first key after `last` in order of names, or -1. */
static int next_key(const struct yaml_node *map, const char *last)
{
    int best = -1;
    for (int i = 0; i < map->n; i++)
        if ((!last || strcmp(map->keys[i]->text, last) > 0) &&
            (best < 0 || strcmp(map->keys[i]->text, map->keys[best]->text) < 0))
            best = i;
    return best;
}

/* Keys in order of their names: where a key stands, in the file or in one that it includes, means nothing. */
static void write_mapping(struct jw *w, const struct yaml_node *map, const char *const *left_out,
                          const char *const *left_out_too)
{
    jw_object(w);
    for (int i = next_key(map, NULL); i >= 0; i = next_key(map, map->keys[i]->text)) {
        if (has_name(left_out, map->keys[i]->text) || has_name(left_out_too, map->keys[i]->text))
            continue;
        jw_key(w, map->keys[i]->text);
        write_node(w, map->items[i]);
    }
    jw_end(w);
}

static void write_node(struct jw *w, const struct yaml_node *node)
{
    if (node->kind == YAML_MAPPING) {
        write_mapping(w, node, nothing, nothing);
        return;
    }
    jw_array(w);
    jw_str(w, node->tag);
    if (node->kind == YAML_SEQUENCE)
        for (int i = 0; i < node->n; i++)
            write_node(w, node->items[i]);
    else
        jw_str(w, node->text);
    if (node->kind == YAML_SCALAR)
        jw_bool(w, node->is_plain);
    jw_end(w);
}

static void digest_task(char hex[SHA256_HEX_BYTES], const struct task *t, const char *const *left_out)
{
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    write_mapping(&w, t->config, decoration, left_out);
    sha256_bytes(hex, text.data, text.len);
    buf_release(&text);
}

const char *evaluation_identity(const struct evaluation *e, int i, struct arena *a)
{
    const struct task *t = e->suite->tasks[i];
    char hex[SHA256_HEX_BYTES];
    digest_task(hex, t, nothing);
    return arena_printf(a, "%s:%s:%s", t->name, t->version, hex);
}

const char *evaluation_asks(const struct evaluation *e, int i, struct arena *a)
{
    char hex[SHA256_HEX_BYTES];
    digest_task(hex, e->suite->tasks[i], scoring);
    return arena_strdup(a, hex);
}

static void write_metrics(struct jw *w, const struct task *t)
{
    jw_key(w, "metrics");
    jw_array(w);
    for (int m = 0; m < t->n_metrics; m++) {
        jw_object(w);
        jw_kstr(w, "name", t->metrics[m].name);
        jw_kint(w, "aggregation", t->metrics[m].aggregation);
        jw_end(w);
    }
    jw_end(w);
}

/* Their numbers are slots of the stored measures. */
static void write_filters(struct jw *w, const struct task *t)
{
    struct grader *g;
    struct err ignored = { 0 }; /* such a task is never asked: evaluation_check() */
    if (t->kind != ITEM_GENERATE || grader_open(&g, t, &ignored) < 0)
        return;
    jw_key(w, "filters");
    jw_array(w);
    for (int i = 0; i < grader_n_filters(g); i++)
        jw_str(w, grader_filter(g, i));
    jw_end(w);
    grader_close(g);
}

int evaluation_gen_options(struct gen_options *out, const struct evaluation *e, int i, struct arena *a, struct err *err)
{
    return gen_options_of(out, a, e->suite->tasks[i], e->settings, err);
}

uint64_t evaluation_seed(const struct evaluation *e)
{
    return e->settings->gen_seed >= 0 ? (uint64_t)e->settings->gen_seed : e->torch_seed;
}

static int check_generation(const struct evaluation *e, int i, struct err *err)
{
    struct arena a;
    struct gen_options o;
    enum think_mode mode;
    int64_t budget;
    arena_init(&a);
    int rc = gen_options_of(&o, &a, e->suite->tasks[i], e->settings, err);
    arena_release(&a);
    if (rc < 0 || gen_options_think(&mode, &budget, e->settings, err) < 0)
        return -1;
    if (mode == THINK_OFF && !e->settings->apply_chat_template)
        return err_set(err, ERR_USAGE, "--think off needs --apply_chat_template: plain text has no switch for it");
    return 0;
}

int evaluation_check(const struct evaluation *e, int i, struct err *err)
{
    struct grader *g;
    if (e->suite->tasks[i]->kind == ITEM_GENERATE && check_generation(e, i, err) < 0)
        return -1;
    if (grader_open(&g, e->suite->tasks[i], err) < 0)
        return -1;
    grader_close(g);
    return 0;
}

static bool has_task(const struct suite_group *g, int i)
{
    for (int k = 0; k < g->n_tasks; k++)
        if (g->tasks[k] == i)
            return true;
    return false;
}

static void write_groups(struct jw *w, const struct suite *s, int i)
{
    jw_key(w, "groups");
    jw_array(w);
    for (int g = 0; g < s->n_groups; g++) {
        if (s->groups[g].n_metrics == 0 || !has_task(&s->groups[g], i))
            continue;
        jw_object(w);
        jw_kstr(w, "name", s->groups[g].name);
        jw_key(w, "metrics");
        jw_array(w);
        for (int m = 0; m < s->groups[g].n_metrics; m++)
            jw_str(w, s->groups[g].metrics[m].name);
        jw_end(w);
        jw_end(w);
    }
    jw_end(w);
}

const char *evaluation_fact(const struct evaluation *e, int i, struct arena *a)
{
    const struct task *t = e->suite->tasks[i];
    struct buf text = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_object(&w);
    jw_kstr(&w, "name", t->name);
    jw_kstr(&w, "alias", t->alias);
    jw_kstr(&w, "version", t->version);
    jw_kint(&w, "num_fewshot", evaluation_num_fewshot(e, i));
    write_metrics(&w, t);
    write_filters(&w, t);
    if (t->rubric)
        jw_knum(&w, "step", t->rubric->step);
    write_groups(&w, e->suite, i);
    jw_kstr(&w, "asks", evaluation_asks(e, i, a));
    jw_kstr(&w, "tasks", e->settings->tasks);
    jw_end(&w);
    const char *copy = arena_strdup(a, text.data);
    buf_release(&text);
    return copy;
}
