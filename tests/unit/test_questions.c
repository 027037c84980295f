/* test_questions: which questions flipped, by how many variants, against a count of its own on a made store. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "madestore.h"
#include "study/item_text.h"
#include "study/questions.h"

static int flips_of_item(const struct matrix *m, const struct matrix_task *t, int i)
{
    int n = 0;
    for (int v = 0; v < m->n_variants; v++)
        n += t->score[v] && t->score[v][i] != t->score[m->variants[v].base][i];
    return n;
}

static void most_flips_first(void **state)
{
    (void)state;
    struct made made = MADE_DEFAULT;
    struct store *s;
    struct matrix *m;
    const struct matrix_options o = { .bootstrap = { 0, 0.95, 1 } };
    made.n_models = 2;
    made.scale = 0.05;
    assert_int_equal(store_open(&s, ":memory:", STORE_WRITE, NULL), 0);
    assert_int_equal(made_write(s, &made, NULL), 0);
    assert_int_equal(matrix_load(&m, &s, 1, &o, NULL), 0);
    const struct matrix_task *t = &m->tasks[0];
    int *order = xcalloc((size_t)t->n_items + 1, sizeof *order), *n = xcalloc((size_t)t->n_items + 1, sizeof *n);
    const int n_flipped = questions_flipped(order, n, m, 0);
    int n_want = 0;
    for (int i = 0; i < t->n_items; i++) {
        assert_int_equal(n[i], flips_of_item(m, t, i));
        n_want += n[i] > 0;
    }
    assert_int_equal(n_flipped, n_want);
    assert_true(n_flipped > 10 && n_flipped < t->n_items);
    for (int k = 1; k < n_flipped; k++)
        assert_true(n[order[k]] < n[order[k - 1]] || (n[order[k]] == n[order[k - 1]] && order[k] > order[k - 1]));
    free(order);
    free(n);
    matrix_close(m);
    store_close(s);
}

static void texts_are_one_line_and_cut_between_characters(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char text[400];
    size_t n = 0;
    assert_string_equal(item_text_short(&a, "  a\n\n b\t", 8), "a b");
    text[n++] = 'x';
    while (n < 200) { /* two bytes each, from an odd place */
        text[n++] = '\xc3';
        text[n++] = '\xa9';
    }
    const char *cut = item_text_short(&a, text, n);
    assert_int_equal(strlen(cut), 159 + 3);
    assert_string_equal(cut + 157, "\xc3\xa9...");
    assert_null(item_text_question(&a, NULL, NULL, 0));
    assert_string_equal(item_text_question(&a, NULL, "examples, then the question", 27), "examples, then the question");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(most_flips_first),
                                        cmocka_unit_test(texts_are_one_line_and_cut_between_characters) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
