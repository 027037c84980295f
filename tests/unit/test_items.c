/* test_items: prompts, requests, gold; draws over documents that are not asked; what a bad row says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "taskcase.h"
#include "tasks/items.h"

#define CHOICE "task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\nfewshot_split: train\n" \
               "doc_to_text: 'Q: {{q}}\n\n  A:'\ndoc_to_target: gold\ndoc_to_choice: [yes it is, 'no']\n"

static const char test_rows[] = "[{\"q\":\"a?\",\"gold\":0},{\"q\":\"b?\",\"gold\":1},{\"q\":\"c?\",\"gold\":0}]";
static const char train_rows[] = "[{\"q\":\"t0\",\"gold\":0},{\"q\":\"t1\",\"gold\":1},{\"q\":\"t2\",\"gold\":0},"
                                 "{\"q\":\"t3\",\"gold\":1},{\"q\":\"t4\",\"gold\":0}]";

/* A task file with its rows, and a stream over them. */
struct fixture {
    struct taskcase c;
    struct rowset *eval, *pool;
    struct items *it;
    struct arena a;
};

static int open_items(struct fixture *f, const struct items_options *o)
{
    items_close(f->it);
    f->it = NULL;
    f->c.err = (struct err){0};
    return items_open(&f->it, f->c.suite->tasks[0], f->eval, f->pool, o, &f->c.err);
}

static void begin(struct fixture *f, const char *task, const char *eval, const char *pool)
{
    *f = (struct fixture){0};
    taskcase_begin(&f->c);
    taskcase_file(&f->c, "x.yaml", task);
    if (taskcase_open(&f->c, "x"))
        fail_msg("%s", f->c.err.msg);
    f->eval = taskcase_rows(&f->c, "test", eval);
    f->pool = pool ? taskcase_rows(&f->c, "train", pool) : NULL;
}

static void end(struct fixture *f)
{
    items_close(f->it);
    arena_release(&f->a);
    rowset_close(f->eval);
    rowset_close(f->pool);
    taskcase_end(&f->c);
}

static struct item next(struct fixture *f)
{
    struct item item = {0};
    int ret = items_next(&item, f->it, &f->a, &f->c.err);
    if (ret != 1)
        fail_msg("%d: %s", ret, f->c.err.msg);
    return item;
}

static void expect_text(struct text t, const char *expected)
{
    assert_string_equal(t.s, expected);
    assert_int_equal(t.n_bytes, strlen(expected));
}

/* ---- prompts */

static void choices_share_one_context(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    begin(&f, CHOICE "description: 'About {{q}}: '\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    assert_int_equal(items_n(f.it), 3);
    struct item item = next(&f);
    assert_int_equal(item.n_requests, 2);
    expect_text(item.requests[0].context, "About a?: Q: a?\nA:");
    expect_text(item.requests[0].continuation, " yes it is");
    expect_text(item.requests[1].continuation, " no");
    assert_ptr_equal(item.requests[0].context.s, item.requests[1].context.s);
    expect_text(item.choices[1], "no");
    assert_int_equal(item.n_gold, 1);
    assert_int_equal(item.gold[0], 0);
    expect_text(item.target, "0");
    assert_int_equal(next(&f).gold[0], 1);
    assert_int_equal(next(&f).doc_id, 2);
    assert_int_equal(items_next(&item, f.it, &f.a, NULL), 0);
    assert_int_equal(items_next(&item, f.it, &f.a, NULL), 0);
    end(&f);
}

/* random.Random(1234).sample(range(5), 2): 3 0, then 0 4, then 4 0 (Python 3.11) */
static const char *const contexts[3] = {"Q: t3\nA: no\n\nQ: t0\nA: yes it is\n\nQ: a?\nA:",
                                        "Q: t0\nA: yes it is\n\nQ: t4\nA: yes it is\n\nQ: b?\nA:",
                                        "Q: t4\nA: yes it is\n\nQ: t0\nA: yes it is\n\nQ: c?\nA:"};

static void examples_follow_one_stream(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 2;
    begin(&f, CHOICE, test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    for (int i = 0; i < 3; i++)
        expect_text(next(&f).requests[0].context, contexts[i]);
    end(&f);
}

static void documents_not_asked_are_drawn_for(void **state)
{
    (void)state;
    struct fixture f;
    static const int64_t ids[] = {2, 1};
    struct items_options o = ITEMS_OPTIONS, chosen;
    o.num_fewshot = 2;
    begin(&f, CHOICE, test_rows, train_rows);
    chosen = o;
    chosen.doc_ids = ids;
    chosen.n_doc_ids = 2;
    assert_int_equal(open_items(&f, &chosen), 0);
    assert_int_equal(items_n(f.it), 2);
    expect_text(next(&f).requests[0].context, contexts[1]);
    expect_text(next(&f).requests[0].context, contexts[2]);
    chosen = o;
    chosen.first_doc = 2;
    assert_int_equal(open_items(&f, &chosen), 0);
    expect_text(next(&f).requests[0].context, contexts[2]);
    chosen = o;
    chosen.limit = 0.4; /* 1.2 of 3 rows, rounded up */
    assert_int_equal(open_items(&f, &chosen), 0);
    assert_int_equal(items_n(f.it), 2);
    chosen.limit = 1;
    assert_int_equal(open_items(&f, &chosen), 0);
    assert_int_equal(items_n(f.it), 1);
    chosen = o;
    chosen.sample = 1;
    chosen.sample_seed = 3;
    assert_int_equal(open_items(&f, &chosen), 0);
    assert_int_equal(items_n(f.it), 1);
    struct item item = next(&f);
    expect_text(item.requests[0].context, contexts[item.doc_id]);
    chosen = o;
    chosen.is_fixed_fewshot = true;
    assert_int_equal(open_items(&f, &chosen), 0);
    expect_text(next(&f).requests[0].context, contexts[0]);
    expect_text(next(&f).requests[0].context, "Q: t3\nA: no\n\nQ: t0\nA: yes it is\n\nQ: b?\nA:");
    end(&f);
}

/* fewshot_split is the split that is asked: n + 1 are drawn, and rows equal to the document dropped. */
static void a_document_is_not_its_own_example(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 4;
    begin(&f, CHOICE "fewshot_config: {split: test}\n", train_rows, train_rows);
    for (int fixed = 0; fixed < 2; fixed++) {
        o.is_fixed_fewshot = fixed;
        assert_int_equal(open_items(&f, &o), 0);
        for (int i = 0; i < 5; i++) {
            char own[32];
            snprintf(own, sizeof own, "Q: t%d\nA:", i);
            const char *context = next(&f).requests[0].context.s;
            const char *found = strstr(context, own);
            assert_non_null(found);
            assert_null(strstr(found + 1, own));
        }
    }
    o.num_fewshot = 5;
    o.is_fixed_fewshot = false;
    assert_int_equal(open_items(&f, &o), 0);
    struct item item;
    assert_int_equal(items_next(&item, f.it, &f.a, &f.c.err), -1);
    assert_string_equal(f.c.err.msg, "x: doc 0 of test: split test: 6 few-shot examples are to be drawn from a pool of 5 rows");
    end(&f);
}

/* Copies of the document in the pool: once more, from the rows that are left. */
static void copies_are_drawn_again(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    static const char rows[] = "[{\"q\":\"same\",\"gold\":1},{\"q\":\"same\",\"gold\":1.0},{\"gold\":true,\"q\":\"same\"},"
                               "{\"q\":\"o1\",\"gold\":0},{\"q\":\"o2\",\"gold\":0}]";
    o.num_fewshot = 2;
    o.limit = 1;
    begin(&f, CHOICE "fewshot_config: {split: test}\n", rows, rows);
    for (uint64_t seed = 0; seed < 20; seed++) {
        o.fewshot_seed = seed;
        assert_int_equal(open_items(&f, &o), 0);
        const char *context = next(&f).requests[0].context.s;
        assert_non_null(strstr(context, "o1"));
        assert_non_null(strstr(context, "o2"));
    }
    end(&f);
}

static void the_first_n_and_samples_of_the_file(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 1;
    begin(&f, CHOICE "fewshot_config: {sampler: first_n}\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Q: t0\nA: yes it is\n\nQ: a?\nA:");
    o.num_fewshot = 6;
    assert_int_equal(open_items(&f, &o), 0);
    struct item item;
    assert_int_equal(items_next(&item, f.it, &f.a, &f.c.err), -1);
    assert_string_equal(f.c.err.msg, "x: doc 0 of test: 6 few-shot examples are asked for, and split train has 5 rows for them");
    end(&f);
    begin(&f, "task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: '{{q}}'\n"
              "doc_to_target: gold\ndoc_to_choice: {a: A, b: B}\nnum_fewshot: 2\nfewshot_config:\n  sampler: first_n\n"
              "  samples:\n    - {q: s0, gold: 1}\n    - {q: s1, gold: 0}\n  doc_to_text: '<{{q}}>'\n  target_delimiter: '='\n"
              "  fewshot_delimiter: ';'\n  doc_to_choice: [C, D]\n", test_rows, NULL);
    o.num_fewshot = -1;
    assert_int_equal(open_items(&f, &o), 0);
    item = next(&f);
    expect_text(item.requests[1].context, "<s0>=D;<s1>=C;a?");
    expect_text(item.requests[1].continuation, " B");
    end(&f);
}

static void zero_in_the_file_is_not_overridden(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 2;
    begin(&f, CHOICE "num_fewshot: 0\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    assert_int_equal(items_num_fewshot(f.it), 0);
    expect_text(next(&f).requests[0].context, "Q: a?\nA:");
    end(&f);
}

static void prefix_of_the_answer(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 1;
    o.limit = 1;
    begin(&f, CHOICE "gen_prefix: 'It is'\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Q: t3\nA: It is no\n\nQ: a?\nA: It is");
    end(&f);
}

static void instruction_joins_the_description(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.system_instruction = "Be good.";
    begin(&f, CHOICE "description: 'D. '\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Be good.\n\nD. Q: a?\nA:");
    o.system_instruction = "Be good.\n";
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Be good.\nD. Q: a?\nA:");
    end(&f);
}

static const char chat[] = "{% for m in messages %}<{{m.role}}>{{m.content}}</>{% endfor %}"
                           "{% if add_generation_prompt %}<assistant>{% endif %}";

static void chat_with_turns_and_in_one(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 1;
    o.limit = 1;
    o.chat_template = chat;
    begin(&f, CHOICE "description: \"D\\n\\n\"\n", test_rows, train_rows);
    assert_int_equal(open_items(&f, &o), 0);
    struct item item = next(&f);
    expect_text(item.requests[0].context, "<system>D\n\n</><user>Q: t3\nA:</><assistant>no</><user>Q: a?\nA:</><assistant>");
    expect_text(item.requests[0].continuation, "yes it is");
    o.is_single_turn = true;
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "<system>D\n\n</><user>Q: t3\nA: no\n\nQ: a?\nA:</><assistant>");
    o.chat_template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{{messages[0].content}}";
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Q: t3\nA: no\n\nQ: a?\nA:");
    o.chat_template = "{{ raise_exception('never') }}";
    assert_int_equal(open_items(&f, &o), 0);
    assert_int_equal(items_next(&item, f.it, &f.a, &f.c.err), -1);
    assert_non_null(strstr(f.c.err.msg, "x: doc 0 of test: chat template: "));
    assert_non_null(strstr(f.c.err.msg, "never"));
    end(&f);
}

/* ---- other kinds of tasks */

/* A task by its name, its rows, and the first item. */
struct named {
    struct taskcase c;
    struct rowset *rows;
    struct items *it;
    struct arena a;
    struct item item;
};

/* The case was begun; has_pool: the rows are the examples' too. */
static void named_open(struct named *k, const char *name, const char *json, bool has_pool, const struct items_options *o)
{
    assert_int_equal(taskcase_open(&k->c, name), 0);
    k->rows = taskcase_rows(&k->c, "validation", json);
    assert_int_equal(items_open(&k->it, k->c.suite->tasks[0], k->rows, has_pool ? k->rows : NULL, o, &k->c.err), 0);
    assert_int_equal(items_next(&k->item, k->it, &k->a, &k->c.err), 1);
}

static void named_end(struct named *k)
{
    items_close(k->it);
    arena_release(&k->a);
    rowset_close(k->rows);
    taskcase_end(&k->c);
}

static void hellaswag_cleans_its_rows(void **state)
{
    (void)state;
    struct named k = {0};
    struct items_options o = ITEMS_OPTIONS;
    taskcase_begin(&k.c);
    named_open(&k, "hellaswag",
               "[{\"activity_label\":\"How to x\",\"ctx_a\":\" [header] Do [title] it\",\"ctx_b\":\"\xc3\x89T\xc3\x89 now\","
               "\"endings\":[\"[substeps] a  b\",\" c [x\\ny] \"],\"label\":\"1\"}]", false, &o);
    expect_text(k.item.requests[0].context, "How to x:  Do. it \xc3\x89t\xc3\xa9 now");
    expect_text(k.item.requests[0].continuation, "  a b");
    expect_text(k.item.requests[1].continuation, " c [x\ny]");
    assert_int_equal(k.item.gold[0], 1);
    assert_string_equal(yyjson_get_str(yyjson_arr_get_first(yyjson_obj_get((yyjson_val *)k.item.doc, "choices"))), " a b");
    named_end(&k);
}

static void winogrande_has_a_context_a_choice(void **state)
{
    (void)state;
    struct named k = {0};
    struct items_options o = ITEMS_OPTIONS;
    static const char json[] = "[{\"sentence\":\"The cat saw _ and ran. \",\"option1\":\"Ann\",\"option2\":\"Bo\",\"answer\":\"2\"}]";
    o.num_fewshot = 1;
    taskcase_begin(&k.c);
    taskcase_file(&k.c, "w.yaml", "group: w\ntask: [{task: winogrande, fewshot_split: train}]\n");
    named_open(&k, "w", json, true, &o);
    expect_text(k.item.requests[0].context, "The cat saw Bo and ran.\n\nThe cat saw Ann");
    expect_text(k.item.requests[1].context, "The cat saw Bo and ran.\n\nThe cat saw Bo");
    expect_text(k.item.requests[0].continuation, " and ran.");
    expect_text(k.item.choices[0], "The cat saw Ann");
    assert_int_equal(k.item.gold[0], 1);
    named_end(&k);
}

static void mc2_has_labels(void **state)
{
    (void)state;
    struct named k = {0};
    struct items_options o = ITEMS_OPTIONS;
    taskcase_begin(&k.c);
    named_open(&k, "truthfulqa_mc2",
               "[{\"question\":\"Q?\",\"mc2_targets\":{\"choices\":[\"it's\",\"b\",\"c\"],\"labels\":[1,1,0]}},"
               "{\"question\":\"Q?\",\"mc2_targets\":{\"choices\":[\"a\",\"b\",\"c\"],\"labels\":[1,0]}}]", false, &o);
    assert_true(k.item.labels[0] == 1 && k.item.labels[1] == 1 && k.item.labels[2] == 0);
    expect_text(k.item.requests[0].continuation, " it's");
    assert_int_equal(items_next(&k.item, k.it, &k.a, &k.c.err), -1);
    assert_string_equal(k.c.err.msg, "truthfulqa_mc2: doc 1 of validation: expected 3 numbers in mc2_targets.labels, one a choice");
    named_end(&k);
}

static void a_target_is_scored_as_it_is(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    begin(&f, "task: x\ndataset_path: d\noutput_type: loglikelihood\ntest_split: test\ndoc_to_text: \"{{q.split(' ')[:-1]|join(' ')}}\"\n"
              "doc_to_target: \"{{' '+q.split(' ')[-1]}}\"\n", "[{\"q\":\"one two three\"}]", NULL);
    assert_int_equal(open_items(&f, &o), 0);
    struct item item = next(&f);
    expect_text(item.requests[0].context, "one two");
    expect_text(item.requests[0].continuation, " three");
    assert_int_equal(item.n_choices, 0);
    assert_string_equal(f.c.suite->tasks[0]->metrics[0].name, "perplexity");
    end(&f);
}

static void generation_has_targets(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    begin(&f, "task: x\ndataset_path: d\noutput_type: generate_until\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n",
          "[{\"q\":\"Q\",\"a\":[\"x\",\"y\"]},{\"q\":\"R\",\"a\":\"z\"}]", NULL);
    assert_int_equal(open_items(&f, &o), 0);
    struct item item = next(&f);
    expect_text(item.requests[0].context, "Q");
    assert_int_equal(item.requests[0].continuation.n_bytes, 0);
    assert_int_equal(item.n_choices, 2);
    expect_text(item.choices[1], "y");
    expect_text(item.target, "['x', 'y']");
    assert_int_equal(next(&f).n_choices, 0);
    end(&f);
}

static void text_targets_are_looked_up_and_several_are_right(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    begin(&f, "task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: q\ndoc_to_target: '{{t}}'\n"
              "doc_to_choice: c\n", "[{\"q\":\"Q\",\"t\":\"b\",\"c\":[\"a\",\"b\",\"b\"]},{\"q\":\"Q\",\"t\":\"2\",\"c\":[\"a\",\"b\",\"c\"]}]", NULL);
    assert_int_equal(open_items(&f, &o), 0);
    assert_int_equal(next(&f).gold[0], 1);
    assert_int_equal(next(&f).gold[0], 2);
    end(&f);
    begin(&f, "task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\ndoc_to_text: q\ndoc_to_target: '[0, {{t}}]'\n"
              "doc_to_choice: [a, b, c]\n", "[{\"q\":\"Q\",\"t\":2}]", NULL);
    assert_int_equal(open_items(&f, &o), 0);
    struct item item = next(&f);
    assert_int_equal(item.n_gold, 2);
    assert_int_equal(item.gold[1], 2);
    end(&f);
}

/* Jinja2 has two kinds of undefined: this one prints as nothing. */
static void a_missing_else_is_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct items_options o = ITEMS_OPTIONS;
    begin(&f, "task: x\ndataset_path: d\noutput_type: generate_until\ntest_split: test\ndoc_to_text: \"{{q}}{{'!' if n}}\"\n"
              "doc_to_target: a\n", "[{\"q\":\"Q\",\"a\":\"\",\"n\":0},{\"q\":\"Q\",\"a\":\"\",\"n\":1}]", NULL);
    assert_int_equal(open_items(&f, &o), 0);
    expect_text(next(&f).requests[0].context, "Q");
    expect_text(next(&f).requests[0].context, "Q!");
    end(&f);
}

/* ---- bad rows */

static const struct {
    const char *more; /* of the task file, behind q and t */
    const char *rows;
    const char *message;
} bad[] = {
    {"doc_to_text: '{{nothing}}'\ndoc_to_target: 0\ndoc_to_choice: [a]\n", "[{\"q\":1}]",
     "x: doc 0 of test: x.yaml:5: doc_to_text: line 1: 'nothing' is undefined"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: 0\ndoc_to_choice: c\n", "[{\"q\":\"a\",\"c\":[\"x\"]},{\"q\":\"b\"}]",
     "x: doc 1 of test: x.yaml:7: doc_to_choice: the row has no column 'c'"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: 0\ndoc_to_choice: c\n", "[{\"q\":\"a\",\"c\":[\"x\"]},{\"q\":\"b\",\"c\":[]}]",
     "x: doc 1 of test: x.yaml:7: doc_to_choice: the row has no choices"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: 0\ndoc_to_choice: c\n", "[{\"q\":\"a\",\"c\":\"text\"}]",
     "x: doc 0 of test: x.yaml:7: doc_to_choice: expected a list of texts, found str"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: 0\ndoc_to_choice: c\n", "[{\"q\":\"a\",\"c\":[\"\"]}]",
     "x: doc 0 of test: x.yaml:7: doc_to_choice: choice 0 (from 0) is empty"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: q\ndoc_to_choice: [a, b]\n", "[{\"q\":\"a\"},{\"q\":\"d\"}]",
     "x: doc 1 of test: x.yaml:6: doc_to_target: the target 'd' is not among the 2 choices"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: g\ndoc_to_choice: [a, b]\n", "[{\"q\":\"a\",\"g\":2}]",
     "x: doc 0 of test: x.yaml:6: doc_to_target: the target is choice 2 (from 0), but there are 2 choices"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: g\ndoc_to_choice: [a, b]\n", "[{\"q\":\"a\",\"g\":-1}]",
     "x: doc 0 of test: x.yaml:6: doc_to_target: the target is choice -1 (from 0), but there are 2 choices"},
    {"doc_to_text: '{{q}}'\ndoc_to_target: g\ndoc_to_choice: [a, b]\n", "[{\"q\":\"a\",\"g\":0.5}]",
     "x: doc 0 of test: x.yaml:6: doc_to_target: expected the number or the text of a choice, found float"},
    {"doc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: [a, b]\n", "[{\"q\":\"a\"},{\"q\":7}]",
     "x: doc 1 of test: x.yaml:5: doc_to_text: expected a text, found int"},
    {"doc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: [a, b]\n", "[]", "x: split test has no rows"},
    {"doc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: '{{c}}'\n", "[{\"q\":\"a\",\"c\":\"[nothing]\"}]",
     "x: doc 0 of test: x.yaml:7: doc_to_choice: '[nothing]' is read as a Python literal: "},
    {"doc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: [a, b]\nnum_fewshot: 1\n", "[{\"q\":\"a\"}]",
     "x: 1 few-shot examples are asked for, and there are no rows of split test"},
};

static void a_bad_row_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture f;
        struct item item;
        struct items_options o = ITEMS_OPTIONS;
        char *text = xasprintf("task: x\ndataset_path: d\noutput_type: multiple_choice\ntest_split: test\n%s", bad[i].more);
        begin(&f, text, bad[i].rows, NULL);
        int ret = open_items(&f, &o);
        while (!ret)
            ret = items_next(&item, f.it, &f.a, &f.c.err) - 1;
        assert_true(f.c.err.code != ERR_NONE);
        taskcase_message(&f.c);
        f.c.err.msg[strlen(bad[i].message)] = '\0';
        assert_string_equal(f.c.err.msg, bad[i].message);
        end(&f);
        free(text);
    }
}

static void a_bad_example_is_named(void **state)
{
    (void)state;
    struct fixture f;
    struct item item;
    struct items_options o = ITEMS_OPTIONS;
    o.num_fewshot = 2;
    begin(&f, CHOICE, test_rows, "[{\"q\":\"t\",\"gold\":0},{\"q\":\"u\",\"gold\":5}]");
    assert_int_equal(open_items(&f, &o), 0);
    assert_int_equal(items_next(&item, f.it, &f.a, &f.c.err), -1);
    assert_string_equal(taskcase_message(&f.c),
                        "x: doc 0 of test: few-shot doc 1 of train: x.yaml:9: doc_to_target: the answer is choice 5 (from 0), "
                        "but there are 2 choices");
    static const int64_t ids[] = {0, 3};
    o.doc_ids = ids;
    o.n_doc_ids = 2;
    assert_int_equal(open_items(&f, &o), -1);
    assert_string_equal(f.c.err.msg, "x: document 3 is asked for, and split test has 3 rows (from 0)");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_share_one_context),
        cmocka_unit_test(examples_follow_one_stream),
        cmocka_unit_test(documents_not_asked_are_drawn_for),
        cmocka_unit_test(a_document_is_not_its_own_example),
        cmocka_unit_test(copies_are_drawn_again),
        cmocka_unit_test(the_first_n_and_samples_of_the_file),
        cmocka_unit_test(zero_in_the_file_is_not_overridden),
        cmocka_unit_test(prefix_of_the_answer),
        cmocka_unit_test(instruction_joins_the_description),
        cmocka_unit_test(chat_with_turns_and_in_one),
        cmocka_unit_test(hellaswag_cleans_its_rows),
        cmocka_unit_test(winogrande_has_a_context_a_choice),
        cmocka_unit_test(mc2_has_labels),
        cmocka_unit_test(a_target_is_scored_as_it_is),
        cmocka_unit_test(generation_has_targets),
        cmocka_unit_test(text_targets_are_looked_up_and_several_are_right),
        cmocka_unit_test(a_missing_else_is_nothing),
        cmocka_unit_test(a_bad_row_is_named),
        cmocka_unit_test(a_bad_example_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
