/* test_catalog: names, groups, includes, overrides; the built-in tasks; what is refused and how it is said. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "taskcase.h"
#include "tasks/items.h"

#define CHOICE "dataset_path: d\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{q}}'\ndoc_to_target: 0\n" \
               "doc_to_choice: [a, b]\nmetric_list: [{metric: acc}]\n"

/* ---- built in */

static void the_guides_tasks_are_there(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    assert_int_equal(taskcase_open(&c, "openllm"), 0);
    assert_int_equal(catalog_n_skipped(c.catalog), 0);
    assert_int_equal(c.suite->n_tasks, 64);
    static const struct {
        const char *name, *pool;
        int num_fewshot;
        bool excludes_own;
    } expected[] = {
        {"arc_challenge", "train", 25, false}, {"hellaswag", "train", 10, false}, {"truthfulqa_gen", "validation", 0, true},
        {"truthfulqa_mc1", "validation", 0, true}, {"mmlu_anatomy", "dev", 5, false}, {"winogrande", "train", 5, false},
        {"gsm8k", "train", 5, false},
    };
    for (size_t i = 0, k = 0; i < sizeof expected / sizeof expected[0]; i++) {
        while (k < 64 && strcmp(c.suite->tasks[k]->name, expected[i].name))
            k++;
        assert_true(k < 64);
        assert_string_equal(c.suite->tasks[k]->pool_split, expected[i].pool);
        assert_int_equal(c.suite->tasks[k]->num_fewshot, expected[i].num_fewshot);
        assert_int_equal(c.suite->tasks[k]->excludes_own, expected[i].excludes_own);
    }
    taskcase_end(&c);
}

static const struct suite_group *find_group(const struct suite *s, const char *name)
{
    for (int i = 0; i < s->n_groups; i++) {
        if (!strcmp(s->groups[i].name, name))
            return &s->groups[i];
    }
    return NULL;
}

static void mmlu_is_four_groups_of_57(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    assert_int_equal(taskcase_open(&c, "mmlu"), 0);
    assert_int_equal(c.suite->n_tasks, 57);
    assert_int_equal(find_group(c.suite, "mmlu")->n_tasks, 57);
    assert_int_equal(find_group(c.suite, "mmlu_stem")->n_tasks, 19);
    assert_int_equal(find_group(c.suite, "mmlu_other")->n_tasks, 13);
    assert_int_equal(find_group(c.suite, "mmlu_social_sciences")->n_tasks, 12);
    assert_int_equal(find_group(c.suite, "mmlu_humanities")->n_tasks, 13);
    assert_string_equal(find_group(c.suite, "mmlu_social_sciences")->alias, "social sciences");
    assert_string_equal(find_group(c.suite, "mmlu")->version, "2");
    assert_string_equal(find_group(c.suite, "mmlu")->metrics[0].name, "acc");
    assert_true(find_group(c.suite, "mmlu")->metrics[0].weight_by_size);
    assert_int_equal(c.suite->tasks[0]->sampler, SAMPLER_FIRST_N);
    assert_int_equal(c.suite->tasks[0]->num_fewshot, -1);
    taskcase_end(&c);
}

static void names_lists_and_patterns(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    assert_int_equal(taskcase_open(&c, "arc_*, truthfulqa ,arc_easy"), 0);
    assert_int_equal(c.suite->n_tasks, 5);
    assert_int_equal(taskcase_open(&c, "mmlu_*"), 0);
    assert_int_equal(c.suite->n_tasks, 57);
    assert_int_equal(c.suite->n_groups, 0);
    assert_int_equal(taskcase_open(&c, "mmlu_high_school_[bc]*"), 0);
    assert_int_equal(c.suite->n_tasks, 3);
    assert_int_equal(taskcase_open(&c, "hella*swagg"), -1);
    assert_string_equal(c.err.msg, "no task, group or tag matches 'hella*swagg'");
    assert_int_equal(taskcase_open(&c, "helaswag"), -1);
    assert_string_equal(c.err.msg, "there is no task, group or tag 'helaswag'; did you mean 'hellaswag'?");
    assert_int_equal(taskcase_open(&c, " , "), -1);
    assert_int_equal(c.err.code, ERR_USAGE);
    taskcase_end(&c);
}

/* ---- files */

static void include_tag_and_own_keys(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "base/_template_yaml", CHOICE "target_delimiter: ''\nmetadata: {version: 1.5}\n");
    taskcase_file(&c, "x.yaml", "include: base/_template_yaml\ntask: x\ntag: [mine, other]\ndescription: hello\n");
    taskcase_file(&c, "y.yaml", "include: x.yaml\ntask: y\ntag: mine\ntarget_delimiter: ':'\nfewshot_config:\n"
                                "  doc_to_target: '{{q}}!'\n  fewshot_delimiter: '|'\n");
    assert_int_equal(taskcase_open(&c, "mine"), 0);
    assert_int_equal(c.suite->n_tasks, 2);
    const struct task *x = c.suite->tasks[0], *y = c.suite->tasks[1];
    assert_string_equal(x->name, "x");
    assert_int_equal(x->target_delimiter.n_bytes, 0);
    assert_string_equal(x->version, "1.5");
    assert_string_equal(y->description.source, "hello");
    assert_string_equal(y->target_delimiter.s, ":");
    assert_string_equal(y->shot_fewshot_delimiter.s, "|");
    assert_string_equal(y->fewshot_delimiter.s, "\n\n");
    assert_string_equal(y->shot_target->source, "{{q}}!");
    assert_ptr_equal(y->shot_text, &y->text);
    char *path = xasprintf("%s/y.yaml", c.dir);
    assert_int_equal(taskcase_open(&c, path), 0);
    assert_string_equal(c.suite->tasks[0]->name, "y");
    free(path);
    taskcase_end(&c);
}

static void a_folder_stands_in_for_what_is_built_in(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "a.yaml", "task: hellaswag\n" CHOICE);
    taskcase_file(&c, "b.yaml", "task: hellaswag\nnum_fewshot: 3\n" CHOICE); /* the first file keeps the name */
    taskcase_file(&c, "c.yaml", "task: z\nbad: [\n");
    assert_int_equal(taskcase_open(&c, "hellaswag"), 0);
    assert_string_equal(c.suite->tasks[0]->dataset_path, "d");
    assert_int_equal(c.suite->tasks[0]->num_fewshot, -1);
    assert_int_equal(catalog_n_skipped(c.catalog), 2);
    assert_int_equal(taskcase_open(&c, "z"), -1);
    assert_non_null(strstr(c.err.msg, "2 files could not be read, the first: "));
    taskcase_end(&c);
}

static void groups_nest_and_override(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "x.yaml", "task: x\ntag: both\n" CHOICE);
    taskcase_file(&c, "y.yaml", "task: y\ntag: both\nnum_fewshot: 1\n" CHOICE);
    taskcase_file(&c, "g.yaml",
                  "group: g\nnum_fewshot: 4\ntask:\n"
                  "  - {task: both, description: hi}\n"
                  "  - group: inner\n    task: [{task: own, dataset_path: e, output_type: generate_until, test_split: t,"
                  " doc_to_text: q, doc_to_target: a}]\n"
                  "aggregate_metric_list: {metric: acc, weight_by_size: false}\nmetadata: {version: 3}\n");
    assert_int_equal(taskcase_open(&c, "g"), 0);
    assert_int_equal(c.suite->n_tasks, 3);
    assert_string_equal(c.suite->tasks[0]->name, "x"); /* the entry's `task` key renames nothing */
    assert_string_equal(c.suite->tasks[1]->name, "y");
    assert_string_equal(c.suite->tasks[2]->name, "g::inner::own");
    assert_int_equal(c.suite->tasks[1]->num_fewshot, 4);
    assert_string_equal(c.suite->tasks[1]->description.source, "hi");
    assert_int_equal(c.suite->n_groups, 2);
    assert_int_equal(c.suite->groups[0].n_tasks, 3);
    assert_int_equal(c.suite->groups[1].n_tasks, 1);
    assert_int_equal(c.suite->groups[1].parent, 0);
    assert_false(c.suite->groups[0].metrics[0].weight_by_size);
    assert_int_equal(taskcase_open(&c, "x,g"), -1);
    assert_string_equal(c.err.msg, "task x is asked for twice, with different settings");
    taskcase_file(&c, "h.yaml", "group: h\ntask: [h2]\n");
    taskcase_file(&c, "h2.yaml", "group: h2\ntask: [h]\n");
    assert_int_equal(taskcase_open(&c, "h"), -1);
    taskcase_file(&c, "k.yaml", "group: k\ntask:\n  - x\n  - nothing_such\n");
    assert_int_equal(taskcase_open(&c, "k"), -1);
    assert_string_equal(taskcase_message(&c), "k.yaml:4: there is no task, group or tag 'nothing_such'");
    taskcase_end(&c);
}

static void tasks_of_a_list(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "l.yaml", CHOICE "task_list:\n  - {task: l1, tag: l}\n  - {task: l2, tag: l, num_fewshot: 2}\n");
    assert_int_equal(taskcase_open(&c, "l"), 0);
    assert_int_equal(c.suite->n_tasks, 2);
    assert_int_equal(c.suite->tasks[1]->num_fewshot, 2);
    taskcase_end(&c);
}

/* ---- values */

static void yaml_is_read_as_python_reads_it(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "x.yaml", "task: x\n" CHOICE
                                "fewshot_config:\n  samples:\n    - {a: yes, b: 0x1F, c: 1e3, d: 2.5, e: [1, '1'], f: 010, g: ~}\n");
    assert_int_equal(taskcase_open(&c, "x"), 0);
    assert_int_equal(c.suite->tasks[0]->n_samples, 1);
    char *json = yyjson_val_write(c.suite->tasks[0]->samples[0], 0, NULL);
    assert_string_equal(json, "{\"a\":true,\"b\":31,\"c\":\"1e3\",\"d\":2.5,\"e\":[1,\"1\"],\"f\":8,\"g\":null}");
    free(json);
    taskcase_file(&c, "y.yaml", "task: y\n" CHOICE "fewshot_config:\n  samples:\n    - {a: 2024-01-02}\n");
    assert_int_equal(taskcase_open(&c, "y"), -1);
    assert_string_equal(taskcase_message(&c), "y.yaml:11: '2024-01-02' is no text in YAML 1.1; put it in quotes");
    taskcase_end(&c);
}

/* ---- refusals */

#define NO_METRIC "task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{q}}'\n" \
                  "doc_to_target: 0\ndoc_to_choice: [a, b]\n"
#define GENERATE "task: x\ndataset_path: d\noutput_type: generate_until\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"

static const struct {
    const char *text, *message;
} refusals[] = {
    {"task: x\nfrobnicate: 1\n" CHOICE, "x.yaml:2: frobnicate: no key of a task file of lm-evaluation-harness 0.4.13"},
    {"task: x\nclass: !function task.X\n", "x.yaml:2: class: a task written in Python; perbit reads task files only"},
    {"task: x\nuse_prompt: p\n" CHOICE, "x.yaml:2: use_prompt: prompts of promptsource are not supported"},
    {"task: x\nprocess_docs: !function utils.process_docs\n" CHOICE,
     "x.yaml:2: process_docs: perbit has no !function utils.process_docs; there are: hellaswag.process_docs, "
     "truthfulqa.process_docs_gen, truthfulqa.process_results_mc2, truthfulqa.process_results_gen, ifeval.process_results, "
     "ifeval.agg_inst_level_acc, winogrande.doc_to_text, winogrande.doc_to_target, winogrande.doc_to_choice"},
    {"task: x\ndataset_path: d\noutput_type: loglikelihood_rolling\n",
     "x.yaml:3: output_type: loglikelihood_rolling is the perplexity of whole texts: use perbit perplexity"},
    {"task: x\ndataset_path: d\noutput_type: guess\n",
     "x.yaml:3: output_type: expected multiple_choice, loglikelihood or generate_until, found 'guess'"},
    {"task: x\noutput_type: multiple_choice\n", "x.yaml:1: task x: expected a key 'dataset_path'"},
    {"task: x\ndataset_path: d\n", "x.yaml:1: task x: expected a key 'test_split' or 'validation_split'"},
    {"task: x\ndataset_path: d\ntest_split: t\ndoc_to_text: q\n", "x.yaml:1: task x: expected a key 'doc_to_target'"},
    {"task: x\ndataset_path: d\ntest_split: t\ndoc_to_text: q\ndoc_to_target: a\noutput_type: multiple_choice\n",
     "x.yaml:1: task x: multiple_choice expects a key 'doc_to_choice'"},
    {NO_METRIC "metric_list: [{metric: acc_mutual_info}]\n",
     "x.yaml:8: metric_list: perbit does not measure 'acc_mutual_info' for this output_type"},
    {NO_METRIC "metric_list: [{metric: acc, aggregation: median}]\n", "x.yaml:8: aggregation: expected mean, found 'median'"},
    {NO_METRIC "num_fewshot: many\n", "x.yaml:8: num_fewshot: expected a number from 0 to 1000000, found 'many'"},
    {NO_METRIC "fewshot_config: {sampler: random}\n",
     "x.yaml:8: fewshot_config.sampler: expected default or first_n, found 'random'"},
    {NO_METRIC "fewshot_config: {samples: !function utils.list}\n",
     "x.yaml:8: fewshot_config.samples: perbit takes a list of rows here, no code"},
    {NO_METRIC "fewshot_config: {shots: 1}\n", "x.yaml:8: shots: no key of fewshot_config"},
    {NO_METRIC "doc_to_image: pic\n", "x.yaml:8: doc_to_image: images are not supported"},
    {"task: x\ndataset_path: d\ntest_split: t\ndoc_to_text: 1.5\ndoc_to_target: a\n",
     "x.yaml:4: doc_to_text: expected a text, an integer, a list of texts or !function, found float"},
    {GENERATE "generation_kwargs: {do_sample: true}\n",
     "x.yaml:7: generation_kwargs.do_sample: perbit generates greedily only"},
    {GENERATE "generation_kwargs: {temperature: 0.7}\n",
     "x.yaml:7: generation_kwargs.temperature: perbit generates greedily only"},
    {GENERATE "generation_kwargs: {max_gen_toks: 0}\n", "x.yaml:7: max_gen_toks: expected a number of tokens, found '0'"},
    {GENERATE "metric_list: [{metric: bleu}]\n", "x.yaml:7: metric_list: perbit does not measure 'bleu' for this output_type"},
};

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct taskcase c;
        taskcase_begin(&c);
        taskcase_file(&c, "x.yaml", refusals[i].text);
        assert_int_equal(taskcase_open(&c, "x"), -1);
        assert_string_equal(taskcase_message(&c), refusals[i].message);
        taskcase_end(&c);
    }
}

static void unknown_python_is_refused_even_under_a_known_name(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "utils.py", "def process_docs(d): return d\n");
    taskcase_file(&c, "x.yaml", "task: x\nprocess_docs: !function utils.process_docs\n" CHOICE);
    assert_int_equal(taskcase_open(&c, "x"), -1);
    assert_string_equal(taskcase_message(&c),
                        "x.yaml:2: process_docs: !function utils.process_docs is Python (utils.py), which perbit does not run; "
                        "it knows only some files of lm-evaluation-harness, by their digest");
    taskcase_end(&c);
}

static void bad_templates_name_their_place(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "x.yaml", "task: x\ndescription: 'a {{ b'\n" CHOICE);
    assert_int_equal(taskcase_open(&c, "x"), -1);
    assert_non_null(strstr(c.err.msg, "x.yaml:2: description"));
    taskcase_end(&c);
}

static void generation_settings(void **state)
{
    (void)state;
    struct taskcase c;
    taskcase_begin(&c);
    taskcase_file(&c, "x.yaml", GENERATE "fewshot_delimiter: '##'\n");
    assert_int_equal(taskcase_open(&c, "x,gsm8k,ifeval"), 0);
    const struct task_generation *own = &c.suite->tasks[0]->generation, *gsm8k = &c.suite->tasks[1]->generation;
    assert_int_equal(own->n_until, 1);
    assert_string_equal(own->until[0], "##");
    assert_int_equal(own->max_gen_toks, 256);
    assert_int_equal(gsm8k->n_until, 3);
    assert_string_equal(gsm8k->until[1], "</s>");
    assert_int_equal(c.suite->tasks[2]->generation.n_until, 0);
    assert_int_equal(c.suite->tasks[2]->generation.max_gen_toks, 1280);
    assert_int_equal(c.suite->tasks[2]->metrics[1].aggregation, AGGREGATE_FLAT_MEAN);
    assert_string_equal(c.suite->tasks[0]->metrics[0].name, "exact_match");
    taskcase_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guides_tasks_are_there),
        cmocka_unit_test(mmlu_is_four_groups_of_57),
        cmocka_unit_test(names_lists_and_patterns),
        cmocka_unit_test(include_tag_and_own_keys),
        cmocka_unit_test(a_folder_stands_in_for_what_is_built_in),
        cmocka_unit_test(groups_nest_and_override),
        cmocka_unit_test(tasks_of_a_list),
        cmocka_unit_test(yaml_is_read_as_python_reads_it),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(unknown_python_is_refused_even_under_a_known_name),
        cmocka_unit_test(bad_templates_name_their_place),
        cmocka_unit_test(generation_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
