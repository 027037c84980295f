/* test_dataset: which folder and which files a data set's name means; splits, subjects, shards, digests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "data/dataset.h"
#include "unit/fakeroot.h"

/* A data folder of its own for each test. */
static char dir[FAKEROOT_BYTES];

static int setup(void **state)
{
    (void)state;
    fakeroot_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fakeroot_remove(dir);
    return 0;
}

static void put(const char *name, const char *text)
{
    struct arena a;
    arena_init(&a);
    const char *path = fs_join(&a, dir, name);
    assert_int_equal(fs_mkdirs(fs_dirname(&a, path), NULL), 0);
    assert_int_equal(fs_write(path, text, strlen(text), NULL), 0);
    arena_release(&a);
}

static struct datasets *open_all(void)
{
    struct datasets *all = NULL;
    struct err err = {0};
    if (datasets_open(&all, dir, &err))
        fail_msg("%s", err.msg);
    return all;
}

static struct dataset *open_one(struct datasets *all, const char *path, const char *name, const char *task)
{
    struct dataset *ds = NULL;
    struct err err = {0};
    if (dataset_open(&ds, all, &(struct dataset_key){path, name, task}, &err))
        fail_msg("%s", err.msg);
    return ds;
}

static const struct rowset *split(struct dataset *ds, const char *name)
{
    const struct rowset *rs = NULL;
    struct err err = {0};
    if (dataset_split(&rs, ds, name, &err))
        fail_msg("%s", err.msg);
    return rs;
}

/* "from" of the first test row of what a name means; "" when it cannot be opened. */
static void expect_from(const char *path, const char *name, const char *task, const char *from)
{
    struct datasets *all = open_all();
    struct dataset *ds = NULL;
    struct err err = {0};
    if (dataset_open(&ds, all, &(struct dataset_key){path, name, task}, &err)) {
        assert_int_equal(err.code, ERR_IO);
        if (*from)
            fail_msg("%s", err.msg);
    } else {
        assert_string_equal(yyjson_get_str(yyjson_obj_get(split(ds, "test")->row[0], "from")), from);
    }
    dataset_close(ds);
    datasets_close(all);
}

static void put_from(const char *folder)
{
    char *name = xasprintf("%s/test.jsonl", folder), *text = xasprintf("{\"from\":\"%s\"}\n", folder);
    put(name, text);
    free(name);
    free(text);
}

static void folders_in_order(void **state)
{
    (void)state;
    expect_from("org/Set", "Some-Name", "the_task", "");
    put_from("the_task");
    expect_from("org/Set", "Some-Name", "the_task", "the_task");
    put_from("Set");
    expect_from("org/Set", "Some-Name", "the_task", "Set");
    put_from("some_name");
    expect_from("org/Set", "Some-Name", "the_task", "some_name");
    expect_from("org/Set", NULL, "the_task", "Set");
    expect_from("org/Set", "", "", "Set");
    put_from("Set/Some-Name");
    expect_from("org/Set", "Some-Name", "the_task", "Set/Some-Name");
    put_from("org__Set/Some-Name");
    expect_from("org/Set", "Some-Name", "the_task", "org__Set/Some-Name");
    put_from("org__Set");
    expect_from("org/Set", NULL, NULL, "org__Set");
    expect_from("org/Other", NULL, "", "");
}

static void known_names(void **state)
{
    (void)state;
    static const char *const sets[][3] = {
        {"Rowan/hellaswag", NULL, "hellaswag"},
        {"allenai/ai2_arc", "ARC-Challenge", "arc_challenge"},
        {"allenai/ai2_arc", "ARC-Easy", "arc_easy"},
        {"openai/gsm8k", "main", "gsm8k"},
        {"truthfulqa/truthful_qa", "multiple_choice", "truthfulqa_mc"},
        {"truthfulqa/truthful_qa", "generation", "truthfulqa_gen"},
        {"google/IFEval", NULL, "ifeval"},
        {"allenai/winogrande", "winogrande_xl", "winogrande"},
    };
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
        put_from(sets[i][2]);
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
        expect_from(sets[i][0], sets[i][1], NULL, sets[i][2]);
}

/* gsm8k/ is "main": the rows of another configuration must not be taken from it. */
static void known_folders_hold_one_configuration(void **state)
{
    (void)state;
    put_from("gsm8k");
    put_from("winogrande");
    put("mmlu/test.jsonl", "{\"from\":\"mmlu\",\"subject\":\"anatomy\"}\n");
    expect_from("openai/gsm8k", "socratic", "gsm8k_socratic", "");
    expect_from("allenai/winogrande", "winogrande_xs", "winogrande", "");
    expect_from("someone/mmlu", "anatomy", NULL, "");
    put_from("gsm8k/socratic");
    expect_from("openai/gsm8k", "socratic", NULL, "gsm8k/socratic");
}

static void nothing_found_says_where(void **state)
{
    (void)state;
    struct datasets *all = open_all();
    struct dataset *ds = NULL;
    struct err err = {0};
    put("Set/dataset_infos.json", "[{}]"); /* no rows */
    put("Set/README.md", "");
    assert_int_equal(dataset_open(&ds, all, &(struct dataset_key){"org/Set", "A-b", "task"}, &err), -1);
    char *expected =
        xasprintf("data set 'org/Set' (A-b): expected a folder with files such as test.jsonl or "
                  "test-00000-of-00001.parquet in %s under one of these names: org__Set/A-b, Set/A-b, a_b, "
                  "Set, task",
                  dir);
    assert_string_equal(err.msg, expected);
    free(expected);
    datasets_close(all);
    assert_int_equal(datasets_open(&all, "/nowhere", &err), -1);
    assert_string_equal(err.msg, "/nowhere: expected a folder of data sets");
}

static void splits_and_formats(void **state)
{
    (void)state;
    put("s/train.csv", "i\n1\n2\n");
    put("s/val.jsonl", "{\"i\":3}\n");
    put("s/test.parquet", "broken");
    put("s/test.jsonl", "{\"i\":4}\n"); /* comes before .parquet */
    struct datasets *all = open_all();
    struct dataset *ds = open_one(all, "s", NULL, NULL);
    assert_int_equal(split(ds, "train")->n, 2);
    assert_int_equal(split(ds, "validation")->n, 1);
    assert_string_equal(split(ds, "validation")->split, "validation");
    assert_int_equal(split(ds, "test")->n, 1);
    assert_ptr_equal(split(ds, "test"), split(ds, "test"));
    assert_true(dataset_has_split(ds, "train"));
    assert_true(dataset_has_split(ds, "validation"));
    assert_false(dataset_has_split(ds, "dev"));
    const struct rowset *rs = NULL;
    struct err err = {0};
    assert_int_equal(dataset_split(&rs, ds, "dev", &err), -1);
    char *expected =
        xasprintf("data set 's': no split 'dev' in %s/s; expected dev.jsonl, .json, .csv, .tsv, .parquet or "
                  "dev-00000-of-00001.parquet; there are: test, train, val",
                  dir);
    assert_string_equal(err.msg, expected);
    free(expected);
    dataset_close(ds);
    datasets_close(all);
}

static void shards(void **state)
{
    (void)state;
    put("s/data/train-00002-of-00003.jsonl", "{\"i\":2}\n");
    put("s/data/train-00000-of-00003.jsonl", "{\"i\":0}\n");
    put("s/data/train-00001-of-00003.jsonl", "{\"i\":1}\n");
    put("s/data/test-00000-of-00001-0123456789abcdef.jsonl", "{\"i\":9}\n");
    put("s/data/dev-00000-of-00002.jsonl", "{\"i\":9}\n");
    put("s/data/x-y-00000-of-00001.csv", "i\n7\n");
    struct datasets *all = open_all();
    struct dataset *ds = open_one(all, "s", NULL, NULL);
    const struct rowset *rs = split(ds, "train");
    assert_int_equal(rs->n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(yyjson_get_int(yyjson_obj_get(rs->row[i], "i")), i);
    assert_int_equal(split(ds, "test")->n, 1);
    assert_int_equal(split(ds, "x-y")->n, 1);
    struct err err = {0};
    assert_int_equal(dataset_split(&rs, ds, "dev", &err), -1);
    assert_non_null(strstr(err.msg, "dev-00000-of-00002.jsonl: shard 2 of 2 of the split 'dev' is missing"));
    dataset_close(ds);
    datasets_close(all);
}

static void subjects_share_one_file(void **state)
{
    (void)state;
    put("mmlu/test.jsonl", "{\"subject\":\"a\",\"answer\":\"B\"}\n{\"subject\":\"b\",\"answer\":3}\n{\"subject\":\"a\","
                           "\"answer\":\"D\"}\n");
    put("mmlu/dev.jsonl", "{\"subject\":\"b\",\"answer\":0}\n");
    struct datasets *all = open_all();
    struct dataset *a = open_one(all, "cais/mmlu", "a", "mmlu_a"), *b = open_one(all, "cais/mmlu", "b", "mmlu_b");
    struct dataset *every = open_one(all, "cais/mmlu", "all", NULL);
    const struct rowset *ra = split(a, "test"), *rb = split(b, "test"), *rall = split(every, "test");
    assert_int_equal(ra->n, 2);
    assert_int_equal(yyjson_get_int(yyjson_obj_get(ra->row[0], "answer")), 1);
    assert_int_equal(yyjson_get_int(yyjson_obj_get(ra->row[1], "answer")), 3);
    assert_int_equal(rb->n, 1);
    assert_int_equal(rall->n, 3);
    assert_ptr_equal(ra->row[1], rall->row[2]); /* read once */
    assert_string_equal(ra->sha256, rall->sha256);
    struct err err = {0};
    assert_int_equal(dataset_split(&ra, a, "dev", &err), -1);
    assert_non_null(strstr(err.msg, "/mmlu/dev.jsonl: no row has 'a' as its 'subject'"));
    dataset_close(a);
    dataset_close(b);
    dataset_close(every);
    datasets_close(all);
}

static void subjects_in_folders(void **state)
{
    (void)state;
    put("mmlu/a/test.csv", "question,answer\nx,C\n");
    put("mmlu/test.jsonl", "{\"subject\":\"b\",\"answer\":3}\n");
    struct datasets *all = open_all();
    struct dataset *a = open_one(all, "cais/mmlu", "a", NULL), *b = open_one(all, "cais/mmlu", "b", NULL);
    assert_int_equal(yyjson_get_int(yyjson_obj_get(split(a, "test")->row[0], "answer")), 2);
    assert_int_equal(split(b, "test")->n, 1);
    dataset_close(a);
    dataset_close(b);
    datasets_close(all);
}

static void named_files(void **state)
{
    (void)state;
    put("x/one.jsonl", "{\"i\":1}\n");
    put("x/two.csv", "i\n2\n");
    const struct dataset_file files[] = {{"train", "x/one.jsonl"}, {"test", "x/two.csv"}, {"train", "x/two.csv"}};
    struct datasets *all = open_all();
    struct dataset *ds = NULL;
    struct err err = {0};
    const struct rowset *rs = NULL;
    assert_int_equal(dataset_open_files(&ds, all, files, 3, &err), 0);
    assert_int_equal(split(ds, "train")->n, 2);
    assert_int_equal(split(ds, "test")->n, 1);
    assert_int_equal(dataset_split(&rs, ds, "dev", &err), -1);
    assert_string_equal(err.msg,
                        "data set 'data_files': no split 'dev'; expected dev.jsonl, .json, .csv, .tsv, .parquet or "
                        "dev-00000-of-00001.parquet; there are: train, test, train");
    dataset_close(ds);
    const struct dataset_file none = {"test", "x/none.jsonl"};
    assert_int_equal(dataset_open_files(&ds, all, &none, 1, &err), -1);
    assert_non_null(strstr(err.msg, "/x/none.jsonl: no such file (the split 'test')"));
    datasets_close(all);
}

static void digest(char out[65], const char *first, const char *second)
{
    struct datasets *all = open_all();
    struct dataset *ds = open_one(all, "s", NULL, NULL);
    split(ds, first);
    if (second)
        split(ds, second);
    dataset_sha256(out, ds);
    dataset_close(ds);
    datasets_close(all);
}

static void digest_of_what_was_read(void **state)
{
    (void)state;
    char ab[65], ba[65], a[65], changed[65], file[65], expected[65];
    put("s/a.jsonl", "{}\n");
    put("s/b.jsonl", "{\"i\":1}\n");
    digest(ab, "a", "b");
    digest(ba, "b", "a");
    digest(a, "a", NULL);
    assert_string_equal(ab, ba);
    assert_string_not_equal(ab, a);
    sha256_bytes(file, "{}\n", 3);
    char *line = xasprintf("a %s\n", file);
    sha256_bytes(expected, line, strlen(line));
    assert_string_equal(a, expected);
    free(line);
    put("s/b.jsonl", "{\"i\":2}\n");
    digest(changed, "a", "b");
    assert_string_not_equal(ab, changed);
}

static void broken_files_say_so(void **state)
{
    (void)state;
    put("s/test.jsonl", "{}\n{\n");
    struct datasets *all = open_all();
    struct dataset *ds = open_one(all, "s", NULL, NULL);
    const struct rowset *rs = NULL;
    struct err err = {0};
    assert_int_equal(dataset_split(&rs, ds, "test", &err), -1);
    assert_non_null(strstr(err.msg, "/s/test.jsonl: row 2 (2:2): not JSON: "));
    dataset_close(ds);
    datasets_close(all);
}

/* The real data sets by the names that lm-eval's tasks give. */
static void real_data_sets(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name, *split;
        int64_t n;
    } sets[] = {
        {"cais/mmlu", "abstract_algebra", "test", 100},
        {"cais/mmlu", "abstract_algebra", "dev", 5},
        {"cais/mmlu", "world_religions", "test", 171},
        {"Rowan/hellaswag", NULL, "validation", 10042},
        {"allenai/ai2_arc", "ARC-Challenge", "train", 1119},
        {"openai/gsm8k", "main", "test", 1319},
        {"truthfulqa/truthful_qa", "multiple_choice", "validation", 817},
        {"truthfulqa/truthful_qa", "generation", "validation", 817},
        {"google/IFEval", NULL, "train", 541},
    };
    const char *shared = getenv("PERBIT_SHARED");
    struct datasets *all = NULL;
    struct err err = {0};
    if (!shared)
        fail_msg("PERBIT_SHARED is not set");
    char *data = xasprintf("%s/data", shared);
    if (datasets_open(&all, data, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        struct dataset *ds = open_one(all, sets[i].path, sets[i].name, NULL);
        assert_int_equal(split(ds, sets[i].split)->n, sets[i].n);
        dataset_close(ds);
    }
    datasets_close(all);
    free(data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folders_in_order),         TEST(known_names),         TEST(known_folders_hold_one_configuration),
        TEST(nothing_found_says_where), TEST(splits_and_formats),  TEST(shards),
        TEST(subjects_share_one_file),  TEST(subjects_in_folders), TEST(named_files),
        TEST(digest_of_what_was_read),  TEST(broken_files_say_so), TEST(real_data_sets),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
