/* trie: what it shares, against a count of distinct prefixes; its shape under limits; random sequences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "engine/trie.h"

enum { N_MAX = 24, LEN_MAX = 20 };

struct sequences {
    int32_t tokens[N_MAX][LEN_MAX];
    int n[N_MAX];
    int end[N_MAX];
    int count;
};

static void add(struct trie *t, struct sequences *q, const char *letters)
{
    const int i = q->count++;
    q->n[i] = (int)strlen(letters);
    for (int k = 0; k < q->n[i]; k++)
        q->tokens[i][k] = letters[k];
    q->end[i] = trie_add(t, q->tokens[i], q->n[i]);
}

/* Every token of every sequence stands on the way from the root to its end. */
static void check_paths(const struct trie *t, const struct sequences *q)
{
    for (int i = 0; i < q->count; i++)
        for (int pos = 0; pos < q->n[i]; pos++) {
            const struct trie_node *v = &t->nodes[trie_find(t, q->end[i], pos)];
            assert_in_range(pos, v->pos, v->pos + v->n - 1);
            assert_int_equal(v->tokens[pos - v->pos], q->tokens[i][pos]);
        }
}

static int depth_of(const struct trie *t, int node)
{
    int depth = 0;
    while ((node = t->nodes[node].parent) >= 0)
        depth++;
    return depth;
}

static void check_node(const struct trie *t, int node, const int *rank)
{
    const struct trie_node *v = &t->nodes[node];
    int n_children = 0, need = 0, height = 0;
    for (int c = v->first_child; c >= 0; c = t->nodes[c].next_sibling) {
        const struct trie_node *child = &t->nodes[c];
        n_children++;
        assert_int_equal(child->parent, node);
        assert_int_equal(child->pos, v->pos + v->n);
        assert_true(rank[c] > rank[node]);
        need = child->need > need ? child->need : need;
        height = child->height > height ? child->height : height;
        if (child->next_sibling < 0)
            assert_int_equal(v->last_child, c);
    }
    assert_int_equal(v->n_children, n_children);
    assert_int_equal(v->need, v->n + need);
    assert_int_equal(v->height, height + 1);
    assert_true(node == 0 || v->n > 0);
    assert_in_range(depth_of(t, node), 0, t->rule.max_depth);
    if (node > 0 && n_children > 0 && v->pos + v->n > t->rule.far_pos)
        assert_true(v->n * (n_children - 1) >= t->rule.min_saved);
}

static void check_shape(struct trie *t)
{
    int *rank = malloc((size_t)t->n * sizeof *rank);
    for (int i = 0; i < t->n; i++)
        rank[i] = -1;
    for (int i = 0; i < t->n_order; i++) {
        assert_int_equal(rank[t->order[i]], -1);
        rank[t->order[i]] = i;
    }
    for (int i = 0; i < t->n_order; i++)
        check_node(t, t->order[i], rank);
    /* preorder: what stands between a node and its next sibling is below it */
    for (int v = 0; v < t->n; v++)
        if (!t->nodes[v].is_gone && t->nodes[v].next_sibling >= 0)
            for (int i = rank[v] + 1; i < rank[t->nodes[v].next_sibling]; i++) {
                int u = t->order[i];
                while (u >= 0 && u != v)
                    u = t->nodes[u].parent;
                assert_int_equal(u, v);
            }
    free(rank);
}

static int64_t count_prefixes(const struct sequences *q)
{
    int64_t n = 0;
    for (int i = 0; i < q->count; i++)
        for (int len = 1; len <= q->n[i]; len++) {
            int k = 0;
            while (k < i && (q->n[k] < len || memcmp(q->tokens[k], q->tokens[i], (size_t)len * sizeof(int32_t)) != 0))
                k++;
            n += k == i;
        }
    return n;
}

static void shares_what_is_common(void **state)
{
    (void)state;
    struct trie t;
    struct sequences q = { .count = 0 };
    trie_init(&t, NULL, 0, (struct trie_rule){ .max_depth = 8 });
    add(&t, &q, "the cat sat");
    add(&t, &q, "the cat ran");
    add(&t, &q, "the dog");
    add(&t, &q, "the cat");    /* ends where two part */
    add(&t, &q, "the c");      /* ends inside */
    add(&t, &q, "the cat sat still");
    trie_finish(&t);
    assert_int_equal(trie_n_tokens(&t), (int64_t)strlen("the cat sat still" "ran" "dog"));
    assert_int_equal(t.n, 7);
    assert_int_equal(t.nodes[t.order[1]].n, 4);
    check_paths(&t, &q);
    check_shape(&t);
    trie_release(&t);
}

static void short_runs_and_depth(void **state)
{
    (void)state;
    struct trie t;
    struct sequences q = { .count = 0 };
    trie_init(&t, NULL, 0, (struct trie_rule){ .max_depth = 8, .min_saved = 4, .far_pos = 3 });
    add(&t, &q, "abcdef");
    add(&t, &q, "abcxyz"); /* "abc" saves three letters, but ends near */
    add(&t, &q, "abcdxx"); /* "d" saves one */
    add(&t, &q, "abcd");   /* ends in the node that is taken out */
    trie_finish(&t);
    assert_int_equal(trie_n_tokens(&t), 3 + 3 + 3 + 3);
    check_paths(&t, &q);
    check_shape(&t);
    trie_release(&t);

    q.count = 0;
    trie_init(&t, NULL, 0, (struct trie_rule){ .max_depth = 2 });
    add(&t, &q, "aaaaaa");
    add(&t, &q, "aaab");
    add(&t, &q, "aab");  /* a third level */
    add(&t, &q, "aabcd");
    trie_finish(&t);
    check_paths(&t, &q);
    check_shape(&t);
    trie_release(&t);
}

static void starts_behind_a_prefix(void **state)
{
    (void)state;
    struct trie t;
    struct sequences q = { .count = 0 };
    const int32_t prefix[] = { 'a', 'b' };
    trie_init(&t, prefix, 2, (struct trie_rule){ .max_depth = 4 });
    add(&t, &q, "abc");
    add(&t, &q, "abd");
    add(&t, &q, "ab");
    assert_int_equal(q.end[2], 0);
    assert_int_equal(trie_add_apart(&t, q.tokens[2], 2), 0);
    const int apart = trie_add_apart(&t, q.tokens[0], 3);
    trie_finish(&t);
    assert_int_equal(t.nodes[apart].n, 1);
    assert_int_equal(trie_n_tokens(&t), 2 + 3);
    assert_int_equal(t.nodes[0].need, 3);
    check_paths(&t, &q);
    check_shape(&t);
    trie_release(&t);
}

static void random_sequences(void **state)
{
    (void)state;
    struct rand_mt r;
    rand_seed(&r, 11);
    for (int round = 0; round < 3000; round++) {
        struct trie t;
        struct sequences q = { .count = 0 };
        const int n_letters = 1 + (int)rand_below(&r, 3), n = 1 + (int)rand_below(&r, N_MAX);
        const bool is_free = round % 2 == 0; /* nothing limits sharing */
        const struct trie_rule rule = {
            .max_depth = is_free ? LEN_MAX : 1 + (int)rand_below(&r, 5),
            .min_saved = is_free ? 0 : (int)rand_below(&r, 8), .far_pos = (int)rand_below(&r, 10),
        };
        trie_init(&t, NULL, 0, rule);
        for (int i = 0; i < n; i++) {
            char letters[LEN_MAX + 1] = { 0 };
            const int len = 1 + (int)rand_below(&r, LEN_MAX);
            for (int k = 0; k < len; k++)
                letters[k] = (char)('a' + rand_below(&r, (uint64_t)n_letters));
            add(&t, &q, letters);
        }
        trie_finish(&t);
        check_paths(&t, &q);
        check_shape(&t);
        if (is_free)
            assert_int_equal(trie_n_tokens(&t), count_prefixes(&q));
        else
            assert_true(trie_n_tokens(&t) >= count_prefixes(&q));
        trie_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_what_is_common),
        cmocka_unit_test(short_runs_and_depth),
        cmocka_unit_test(starts_behind_a_prefix),
        cmocka_unit_test(random_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
