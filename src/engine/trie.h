/*
 * trie: token sequences by their common prefixes; each node is a run of tokens that is decoded once.
 *
 *   struct trie t;
 *   trie_init(&t, prefix, n_prefix, rule);
 *   int end = trie_add(&t, tokens, n);   ... for every sequence; all begin with prefix
 *   trie_finish(&t);
 *   for (int i = 0; i < t.n_order; i++) use(&t.nodes[t.order[i]]);   parents come before their children
 *
 * Node 0 is the root and holds the prefix. The path from the root down to trie_find(end, pos) holds the sequence's
 * token at pos: trie_add gives a node at or below its last token, also after later splits.
 * A node costs a decode call, because what is below it must wait. Runs that are not worth it, or stand too deep, are
 * not shared: their sequences stand beside each other (trie_finish takes the nodes out again).
 *
 * tokens    borrowed until trie_release: nodes point into them
 * need      cells that the node and the deepest way below it take: what its subtree needs when nothing else runs
 * height    nodes on the longest way down from it, itself included
 * Owns      its arrays        Cost  O(tokens) a sequence, times the children that share its first tokens
 * Tests     unit/test_trie.c
 */
#ifndef PERBIT_ENGINE_TRIE_H
#define PERBIT_ENGINE_TRIE_H

#include <stdbool.h>
#include <stdint.h>

struct trie_node {
    const int32_t *tokens; /* [n] */
    int n;
    int pos;               /* of its first token */
    int parent;            /* -1: the root */
    int first_child, last_child, next_sibling; /* -1: none; children in the order of their first sequence */
    int n_children;
    int need, height;      /* by trie_finish */
    bool is_gone;          /* taken out by trie_finish: its children hold its tokens */
};

struct trie_rule {
    int max_depth; /* nodes below the root on any way, >= 1 */
    int min_saved; /* tokens that a shared run must save, over all that share it ... */
    int far_pos;   /* ... when it ends behind this position */
};

struct trie {
    struct trie_node *nodes; /* [n] */
    int n;
    int cap;                 /* private */
    int *order;              /* [n_order] preorder, by trie_finish */
    int n_order;
    struct trie_rule rule;
};

void trie_init(struct trie *t, const int32_t *prefix, int n_prefix, struct trie_rule rule);
void trie_release(struct trie *t); /* accepts a zeroed one */
/* n >= n_prefix. Node at or below the sequence's last token. */
int trie_add(struct trie *t, const int32_t *tokens, int n);
/* A sequence that shares nothing but the prefix with others. */
int trie_add_apart(struct trie *t, const int32_t *tokens, int n);
void trie_finish(struct trie *t);
/* The node on the way from the root to an end that holds pos; after trie_finish. */
int trie_find(const struct trie *t, int node, int pos);
int64_t trie_n_tokens(const struct trie *t); /* of all nodes, the root's too; after trie_finish */

#endif
