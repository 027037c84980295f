#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "data/card.h"

enum { PATHS_MAX = 32 };

/* "split:path split:path ..." of the files that card_files finds. */
static void expect(const char *readme, const char *const *paths, const char *config, const char *want)
{
    struct arena a;
    struct card_file *files;
    struct buf text = BUF_INIT;
    int n_paths = 0;
    arena_init(&a);
    while (paths[n_paths])
        n_paths++;
    int n = card_files(&files, &a, readme, paths, n_paths, config);
    for (int i = 0; i < n; i++)
        buf_printf(&text, "%s%s:%s", i ? " " : "", files[i].split, files[i].path);
    assert_string_equal(text.data, want);
    buf_release(&text);
    arena_release(&a);
}

static const char arc_card[] = "---\n"
                               "license: cc-by-sa-4.0\n"
                               "configs:\n"
                               "- config_name: ARC-Challenge\n"
                               "  data_files:\n"
                               "  - split: train\n"
                               "    path: ARC-Challenge/train-*\n"
                               "  - split: test\n"
                               "    path: ARC-Challenge/test-*\n"
                               "- config_name: ARC-Easy\n"
                               "  data_files:\n"
                               "  - {split: train, path: ARC-Easy/train-*}\n"
                               "  - {split: test, path: [ARC-Easy/test-*]}\n"
                               "---\n"
                               "# ARC\n";

static const char *const arc_paths[] = { ".gitattributes", "ARC-Challenge/test-00000-of-00001.parquet",
                                         "ARC-Challenge/train-00000-of-00001.parquet",
                                         "ARC-Easy/test-00001-of-00002.parquet", "ARC-Easy/test-00000-of-00002.parquet",
                                         "ARC-Easy/train-00000-of-00001.parquet", "README.md", NULL };

static void test_front_matter(void **state)
{
    (void)state;
    expect(arc_card, arc_paths, "ARC-Challenge",
           "train:ARC-Challenge/train-00000-of-00001.parquet test:ARC-Challenge/test-00000-of-00001.parquet");
    expect(arc_card, arc_paths, "ARC-Easy",
           "train:ARC-Easy/train-00000-of-00001.parquet test:ARC-Easy/test-00000-of-00002.parquet "
           "test:ARC-Easy/test-00001-of-00002.parquet");
    expect(arc_card, arc_paths, NULL, ""); /* two of them, and none is the default */
    expect(arc_card, arc_paths, "ARC", "");
}

static void test_forms_of_data_files(void **state)
{
    static const char *const paths[] = { "a/x.jsonl", "a/y.jsonl", "b/z.csv", "b/deep/w.csv", NULL };
    (void)state;
    expect("---\nconfigs:\n- config_name: c\n  data_files: a/x.jsonl\n---\n", paths, "c", "train:a/x.jsonl");
    expect("---\nconfigs:\n- config_name: c\n  data_files: [a/*.jsonl, b/*.csv]\n---\n", paths, "c",
           "train:a/x.jsonl train:a/y.jsonl train:b/z.csv");
    expect("---\nconfigs:\n- config_name: c\n  data_files: {dev: a, test: ./b/**}\n---\n", paths, "c",
           "dev:a/x.jsonl dev:a/y.jsonl test:b/deep/w.csv test:b/z.csv");
    expect("---\nconfigs:\n- config_name: c\n  data_dir: b\n  data_files: '*.csv'\n---\n", paths, "c", "train:b/z.csv");
    expect("---\nconfigs:\n- config_name: c\n  data_dir: b\n---\n", paths, NULL, "train:b/deep/w.csv train:b/z.csv");
    expect("---\nconfigs:\n- config_name: a\n  data_files: a/x.jsonl\n- config_name: b\n  default: true\n"
           "  data_files: b/z.csv\n---\n", paths, "", "train:b/z.csv");
}

static void test_names(void **state)
{
    static const char *const hellaswag[] = { "README.md", "data/test-00000-of-00001.parquet",
                                             "data/train-00000-of-00001.parquet",
                                             "data/validation-00000-of-00001.parquet", NULL };
    static const char *const mmlu[] = { "all/auxiliary_train-00000-of-00001.parquet", "all/dev-00000-of-00001.parquet",
                                        "anatomy/dev-00000-of-00001.parquet", "anatomy/test-00000-of-00001.parquet",
                                        "dataset_infos.json", NULL };
    static const char *const ifeval[] = { ".gitattributes", "README.md", "ifeval_input_data.jsonl", NULL };
    static const char *const converted[] = { "default/test/0000.parquet", "default/test/0001.parquet",
                                             "default/train/0000.parquet", "other/test/0000.parquet", NULL };
    static const char *const plain[] = { "my_eval_set.jsonl", "Training/part1.csv", "notes.txt", "valid.json.gz", NULL };
    (void)state;
    expect(NULL, hellaswag, NULL,
           "test:data/test-00000-of-00001.parquet train:data/train-00000-of-00001.parquet "
           "validation:data/validation-00000-of-00001.parquet");
    expect("# no front matter", mmlu, "anatomy",
           "dev:anatomy/dev-00000-of-00001.parquet test:anatomy/test-00000-of-00001.parquet");
    expect(NULL, mmlu, "all", "auxiliary_train:all/auxiliary_train-00000-of-00001.parquet dev:all/dev-00000-of-00001.parquet");
    expect("---\nlicense: apache-2.0\n---\n", ifeval, NULL, "train:ifeval_input_data.jsonl");
    expect(NULL, converted, "default",
           "test:default/test/0000.parquet test:default/test/0001.parquet train:default/train/0000.parquet");
    expect(NULL, plain, NULL, "train:Training/part1.csv test:my_eval_set.jsonl validation:valid.json.gz");
}

static void test_odd_cards(void **state)
{
    static const char *const cards[] = { "---", "---\n", "---\n---\n", "---\n- a\n---\n", "---\na: [\n---\n",
                                         "---\nconfigs: x\n---\n", "---\nconfigs: []\n---\n", "---\nconfigs: [1, {a: b}]\n---\n",
                                         "---\nconfigs:\n- config_name: c\n  data_files: [{split: x}, 3]\n---\n" };
    struct arena a;
    struct card_file *files;
    (void)state;
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        arena_init(&a);
        card_files(&files, &a, cards[i], arc_paths, 7, i % 2 ? "c" : NULL); /* does not fall over */
        arena_release(&a);
    }
    arena_init(&a);
    assert_int_equal(card_files(&files, &a, NULL, NULL, 0, NULL), 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_front_matter),
        cmocka_unit_test(test_forms_of_data_files),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_odd_cards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
