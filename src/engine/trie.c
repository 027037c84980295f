#include "engine/trie.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"

#include "base/banned.h"

static int new_node(struct trie *t, const int32_t *tokens, int n, int pos, int parent)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 64;
        t->nodes = xrealloc(t->nodes, (size_t)t->cap * sizeof *t->nodes);
    }
    t->nodes[t->n] = (struct trie_node){
        .tokens = tokens, .n = n, .pos = pos, .parent = parent,
        .first_child = -1, .last_child = -1, .next_sibling = -1, .height = 1,
    };
    return t->n++;
}

void trie_init(struct trie *t, const int32_t *prefix, int n_prefix, struct trie_rule rule)
{
    assert(rule.max_depth >= 1);
    *t = (struct trie){ .rule = rule };
    new_node(t, prefix, n_prefix, 0, -1);
}

void trie_release(struct trie *t)
{
    free(t->nodes);
    free(t->order);
    *t = (struct trie){ 0 };
}

static void append_child(struct trie *t, int parent, int child)
{
    struct trie_node *p = &t->nodes[parent];
    if (p->last_child < 0)
        p->first_child = child;
    else
        t->nodes[p->last_child].next_sibling = child;
    p->last_child = child;
    p->n_children++;
}

static void update_heights(struct trie *t, int node)
{
    for (int v = node; t->nodes[v].parent >= 0; v = t->nodes[v].parent) {
        struct trie_node *p = &t->nodes[t->nodes[v].parent];
        if (p->height < t->nodes[v].height + 1)
            p->height = t->nodes[v].height + 1;
    }
}

static int add_leaf(struct trie *t, int parent, const int32_t *tokens, int n, int pos)
{
    const int leaf = new_node(t, tokens + pos, n - pos, pos, parent);
    append_child(t, parent, leaf);
    update_heights(t, leaf);
    return leaf;
}

static int n_common(const int32_t *a, int n_a, const int32_t *b, int n_b)
{
    const int n = n_a < n_b ? n_a : n_b;
    int i = 0;
    while (i < n && a[i] == b[i])
        i++;
    return i;
}

/* The child that shares most with tokens [n]; -1 when none shares its first. */
static int best_child(const struct trie *t, int node, const int32_t *tokens, int n, int *out_common)
{
    int best = -1, best_common = 0;
    for (int c = t->nodes[node].first_child; c >= 0; c = t->nodes[c].next_sibling) {
        const int m = n_common(t->nodes[c].tokens, t->nodes[c].n, tokens, n);
        if (m > best_common) {
            best = c;
            best_common = m;
        }
    }
    *out_common = best_common;
    return best;
}

/*
 * Puts a new node with the child's first n tokens in its place, and the child below it. The child keeps its number,
 * so that ends that trie_add gave stay at or below their sequence's last token.
 */
static int split(struct trie *t, int child, int n)
{
    const int upper = new_node(t, t->nodes[child].tokens, n, t->nodes[child].pos, t->nodes[child].parent);
    struct trie_node *u = &t->nodes[upper], *c = &t->nodes[child], *p = &t->nodes[u->parent];
    u->next_sibling = c->next_sibling;
    c->next_sibling = -1;
    if (p->first_child == child) {
        p->first_child = upper;
    } else {
        int before = p->first_child;
        while (t->nodes[before].next_sibling != child)
            before = t->nodes[before].next_sibling;
        t->nodes[before].next_sibling = upper;
    }
    if (p->last_child == child)
        p->last_child = upper;
    c->tokens += n;
    c->n -= n;
    c->pos += n;
    c->parent = upper;
    append_child(t, upper, child);
    update_heights(t, child);
    return upper;
}

int trie_add(struct trie *t, const int32_t *tokens, int n)
{
    int node = 0, pos = t->nodes[0].n;
    assert(n >= pos);
    for (int depth = 0; pos < n; depth++) {
        int m;
        const int child = best_child(t, node, tokens + pos, n - pos, &m);
        if (child < 0)
            return add_leaf(t, node, tokens, n, pos);
        if (pos + m == n)
            return child;
        const struct trie_node *c = &t->nodes[child];
        const bool is_whole = m == c->n;
        /* depth + 1 is the child's; a leaf or the child's rest comes one below */
        const int deepest = depth + 1 + (is_whole ? 1 : c->height);
        if (deepest > t->rule.max_depth)
            return add_leaf(t, node, tokens, n, pos);
        node = is_whole ? child : split(t, child, m);
        pos += m;
    }
    return node;
}

int trie_add_apart(struct trie *t, const int32_t *tokens, int n)
{
    assert(n >= t->nodes[0].n);
    return n == t->nodes[0].n ? 0 : add_leaf(t, 0, tokens, n, t->nodes[0].n);
}

/* Preorder without a stack: down, else right, else up until right. */
static int next_in_preorder(const struct trie *t, int v)
{
    if (t->nodes[v].first_child >= 0)
        return t->nodes[v].first_child;
    while (v >= 0 && t->nodes[v].next_sibling < 0)
        v = t->nodes[v].parent;
    return v < 0 ? -1 : t->nodes[v].next_sibling;
}

static void make_order(struct trie *t)
{
    t->order = xrealloc(t->order, (size_t)t->n * sizeof *t->order);
    t->n_order = 0;
    for (int v = 0; v >= 0; v = next_in_preorder(t, v))
        t->order[t->n_order++] = v;
}

static bool is_worth_it(const struct trie *t, const struct trie_node *v)
{
    return v->n_children == 0 || v->n * (v->n_children - 1) >= t->rule.min_saved || v->pos + v->n <= t->rule.far_pos;
}

/*
 * The node's children take its place and its tokens, which stand before their own in the sequences that they point
 * into. It keeps its first child, so that ends that lie in it are found.
 */
static void take_out(struct trie *t, int node)
{
    struct trie_node *v = &t->nodes[node], *p = &t->nodes[v->parent];
    int last = -1;
    for (int c = v->first_child; c >= 0; c = t->nodes[c].next_sibling) {
        struct trie_node *child = &t->nodes[c];
        child->tokens -= v->n;
        child->pos -= v->n;
        child->n += v->n;
        child->parent = v->parent;
        last = c;
    }
    t->nodes[last].next_sibling = v->next_sibling;
    if (p->first_child == node) {
        p->first_child = v->first_child;
    } else {
        int before = p->first_child;
        while (t->nodes[before].next_sibling != node)
            before = t->nodes[before].next_sibling;
        t->nodes[before].next_sibling = v->first_child;
    }
    if (p->last_child == node)
        p->last_child = last;
    p->n_children += v->n_children - 1;
    v->is_gone = true;
}

/* What the way down from each node takes; children come before their parents. */
static void sum_up(struct trie *t)
{
    for (int v = 0; v < t->n; v++) {
        t->nodes[v].need = t->nodes[v].n;
        t->nodes[v].height = 1;
    }
    for (int k = t->n_order - 1; k > 0; k--) {
        const struct trie_node *v = &t->nodes[t->order[k]];
        struct trie_node *p = &t->nodes[v->parent];
        if (p->need < p->n + v->need)
            p->need = p->n + v->need;
        if (p->height < 1 + v->height)
            p->height = 1 + v->height;
    }
}

void trie_finish(struct trie *t)
{
    make_order(t);
    for (int k = t->n_order - 1; k > 0; k--)
        if (!is_worth_it(t, &t->nodes[t->order[k]]))
            take_out(t, t->order[k]);
    make_order(t);
    sum_up(t);
}

int trie_find(const struct trie *t, int node, int pos)
{
    while (t->nodes[node].is_gone)
        node = t->nodes[node].first_child;
    while (t->nodes[node].pos > pos)
        node = t->nodes[node].parent;
    return node;
}

int64_t trie_n_tokens(const struct trie *t)
{
    int64_t n = 0;
    for (int k = 0; k < t->n_order; k++)
        n += t->nodes[t->order[k]].n;
    return n;
}
