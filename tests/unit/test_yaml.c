/* test_yaml: the tree and its places; errors; anchors, aliases and merges; hostile input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/yaml.h"

static const struct yaml_node *parse(struct arena *a, const char *text)
{
    struct yaml_node *root = NULL;
    struct err e = {0};
    if (yaml_parse(&root, a, text, strlen(text), "f.yaml", &e))
        fail_msg("%s", e.msg);
    return root;
}

static const char study[] = "name: first\n"
                            "levels: [Q4_K_M, \"Q8_0\"]\n"
                            "tasks:\n"
                            "  - task: arc\n"
                            "    n_shot: 5\n"
                            "  - hellaswag\n"
                            "filter: !function utils.strip\n"
                            "text: |\n"
                            "  two\n"
                            "  lines\n"
                            "nothing:\n";

static void the_tree_of_a_study(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct yaml_node *root = parse(&a, study);
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->n, 6);
    assert_string_equal(root->keys[0]->text, "name");
    assert_string_equal(yaml_find(root, "name")->text, "first");
    const struct yaml_node *levels = yaml_find(root, "levels");
    assert_int_equal(levels->kind, YAML_SEQUENCE);
    assert_true(levels->items[0]->is_plain);
    assert_false(levels->items[1]->is_plain);
    assert_null(levels->items[1]->tag);
    const struct yaml_node *tasks = yaml_find(root, "tasks");
    assert_string_equal(yaml_find(tasks->items[0], "n_shot")->text, "5");
    assert_string_equal(tasks->items[1]->text, "hellaswag");
    assert_string_equal(yaml_find(root, "filter")->tag, "!function");
    assert_string_equal(yaml_find(root, "filter")->text, "utils.strip");
    assert_string_equal(yaml_find(root, "text")->text, "two\nlines\n");
    assert_true(yaml_is_null(yaml_find(root, "nothing")));
    assert_null(yaml_find(root, "absent"));
    assert_null(yaml_find(levels, "name"));
    assert_null(yaml_find(NULL, "name"));
    arena_release(&a);
}

static void nodes_know_their_place(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct yaml_node *root = parse(&a, study);
    const struct yaml_node *shot = yaml_find(yaml_find(root, "tasks")->items[0], "n_shot");
    assert_string_equal(shot->file, "f.yaml");
    assert_int_equal(shot->line, 5);
    assert_int_equal(shot->col, 13);
    const struct yaml_node *second = yaml_find(root, "levels")->items[1];
    assert_int_equal(second->line, 2);
    assert_int_equal(second->col, 18);
    assert_int_equal(yaml_find(root, "tasks")->items[0]->line, 4);
    assert_int_equal(yaml_find(root, "tasks")->items[0]->col, 5);
    arena_release(&a);
}

static void errors_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *begin;
    } cases[] = {
        {"a: 1\nb: [1, 2\nc: 3\n", "f.yaml:3:2: "},
        {"a: 1\n\tb: 2\n", "f.yaml:2:1: a tab cannot"},
        {"a:\n  b: 1\n c: 2\n", "f.yaml:3:2: "},
        {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key 'a' (first in line 1)"},
        {"x: {k: 1, k: 2}\n", "f.yaml:1:11: duplicate key 'k'"},
        {"x: 1\n'x': 2\n", "f.yaml:2:1: duplicate key 'x'"},
        {"? [1, 2]\n: 3\n", "f.yaml:1:3: a key must be a text, found a list"},
        {"a: 1\nb: \"\xff\"\n", "f.yaml:2:5: "},
        {"a: \"x\\0y\"\n", "f.yaml:1:4: a NUL"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:1: expected one document"},
        {"a: *nowhere\n", "f.yaml:1:4: '*nowhere' names no anchor"},
        {"a: &x [*x]\n", "f.yaml:1:8: '*x' names no anchor"}, /* a node inside itself */
        {"a:\n  <<: 3\n", "f.yaml:2:7: '<<' expects a mapping, found a scalar"},
        {"a: 'x\n", "f.yaml:2:1: "},
        {"a: @x\n", "f.yaml:1:4: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena a = {0};
        struct yaml_node *root = NULL;
        struct err e = {0};
        int ret = yaml_parse(&root, &a, cases[i].text, strlen(cases[i].text), "f.yaml", &e);
        if (ret != -1 || strncmp(e.msg, cases[i].begin, strlen(cases[i].begin)))
            fail_msg("case %zu: '%s' does not begin with '%s'", i, e.msg, cases[i].begin);
        assert_int_equal(e.code, ERR_FORMAT);
        assert_int_equal(yaml_parse(&root, &a, cases[i].text, strlen(cases[i].text), "f", NULL),
                         -1);
        arena_release(&a);
    }
}

static void null_is_plain_only(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct yaml_node *n = parse(&a, "[~, null, Null, NULL, '', \"null\", !t null, 0, []]");
    for (int i = 0; i < 4; i++)
        assert_true(yaml_is_null(n->items[i]));
    for (int i = 4; i < n->n; i++)
        assert_false(yaml_is_null(n->items[i]));
    arena_release(&a);
}

static void an_empty_document_is_null(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n"};
    for (int i = 0; i < 4; i++) {
        struct arena a = {0};
        assert_true(yaml_is_null(parse(&a, texts[i])));
        arena_release(&a);
    }
}

static void aliases_and_merges(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct yaml_node *root = parse(&a, "base: &b {x: 1, y: 2}\n"
                                             "other: &o {y: 5, z: 6}\n"
                                             "same: *b\n"
                                             "one:\n"
                                             "  <<: *b\n"
                                             "  y: 3\n"
                                             "two:\n"
                                             "  <<: [*b, *o]\n"
                                             "quoted: {\"<<\": 7}\n");
    assert_ptr_equal(yaml_find(root, "same"), yaml_find(root, "base"));
    const struct yaml_node *one = yaml_find(root, "one"), *two = yaml_find(root, "two");
    assert_int_equal(one->n, 2);
    assert_string_equal(yaml_find(one, "x")->text, "1");
    assert_string_equal(yaml_find(one, "y")->text, "3"); /* its own key wins */
    assert_string_equal(yaml_find(two, "y")->text, "2"); /* then the first */
    assert_string_equal(yaml_find(two, "z")->text, "6");
    assert_string_equal(yaml_find(yaml_find(root, "quoted"), "<<")->text, "7");
    arena_release(&a);
}

/* Nine lists of nine aliases each would be walked 3.9e8 times. */
static void alias_bombs_are_refused(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    buf_puts(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++)
            buf_printf(&b, "%s*a%d", k ? "," : "", i - 1);
        buf_puts(&b, "]\n");
    }
    struct arena a = {0};
    struct yaml_node *root = NULL;
    struct err e = {0};
    assert_int_equal(yaml_parse(&root, &a, b.data, b.len, "f.yaml", &e), -1);
    assert_non_null(strstr(e.msg, "too large once every alias is expanded"));
    arena_release(&a);
    buf_release(&b);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[5001];
    memset(text, '[', 5000);
    text[5000] = '\0';
    struct arena a = {0};
    struct yaml_node *root = NULL;
    struct err e = {0};
    assert_int_equal(yaml_parse(&root, &a, text, 5000, "f.yaml", &e), -1);
    assert_string_equal(e.msg, "f.yaml:1:201: nested too deeply");
    arena_release(&a);
}

static void a_large_mapping_is_fast(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct buf b = BUF_INIT;
    for (int i = 0; i < N; i++)
        buf_printf(&b, "k%d: %d\n", i, i);
    struct arena a = {0};
    const struct yaml_node *root = parse(&a, b.data);
    assert_int_equal(root->n, N);
    assert_string_equal(yaml_find(root, "k19999")->text, "19999");
    arena_release(&a);
    buf_release(&b);
}

static void a_file_is_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/perbit-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: [1\n", 6), 6);
    close(fd);
    struct arena a = {0};
    struct yaml_node *root = NULL;
    struct err e = {0};
    assert_int_equal(yaml_load(&root, &a, path, &e), -1);
    assert_int_equal(e.code, ERR_FORMAT);
    assert_memory_equal(e.msg, path, strlen(path));
    unlink(path);
    assert_int_equal(yaml_load(&root, &a, path, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_of_a_study),         cmocka_unit_test(nodes_know_their_place),
        cmocka_unit_test(errors_name_line_and_column), cmocka_unit_test(null_is_plain_only),
        cmocka_unit_test(an_empty_document_is_null),   cmocka_unit_test(aliases_and_merges),
        cmocka_unit_test(alias_bombs_are_refused),     cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_large_mapping_is_fast),     cmocka_unit_test(a_file_is_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
