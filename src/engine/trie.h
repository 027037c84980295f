/*
 * trie: token sequences by their common prefixes; each node is a run of tokens that is decoded once.
 *
 *   struct trie t;
 *   trie_init(&t, prefix, n_prefix, max_depth, min_share);
 *   int end = trie_add(&t, tokens, n);   ... for every sequence; all begin with prefix
 *   trie_finish(&t);
 *   for (int i = 0; i < t.n; i++) use(&t.nodes[t.order[i]]);   parents come before their children
 *
 * Node 0 is the root and holds the prefix. The path from the root down to trie_find(end, pos) holds the sequence's
 * token at pos: trie_add gives a node at or below its last token, also after later splits.
 * A common run of fewer than min_share tokens, or one below max_depth nodes, is not shared: its sequence stands
 * beside the other.
 *
 * tokens    borrowed until trie_release: nodes point into them
 * need      cells that the node and the deepest way below it take: what its subtree needs when nothing else runs
 * height    nodes on the longest way down from it, itself included
 * Owns      its arrays        Cost  O(tokens) a sequence, times the children that share its first tokens
 * Tests     unit/test_trie.c
 */
#ifndef PERBIT_ENGINE_TRIE_H
#define PERBIT_ENGINE_TRIE_H

#include <stdint.h>

struct trie_node {
    const int32_t *tokens; /* [n] */
    int n;
    int pos;               /* of its first token */
    int parent;            /* -1: the root */
    int first_child, last_child, next_sibling; /* -1: none; children in the order of their first sequence */
    int n_children;
    int need, height;      /* by trie_finish */
};

struct trie {
    struct trie_node *nodes; /* [n] */
    int n;
    int cap;                 /* private */
    int *order;              /* [n] preorder, by trie_finish */
    int max_depth;           /* nodes below the root on any way */
    int min_share;           /* tokens, >= 1 */
};

void trie_init(struct trie *t, const int32_t *prefix, int n_prefix, int max_depth, int min_share);
void trie_release(struct trie *t); /* accepts a zeroed one */
/* n >= n_prefix. Node at or below the sequence's last token. */
int trie_add(struct trie *t, const int32_t *tokens, int n);
/* A sequence that shares nothing but the prefix with others. */
int trie_add_apart(struct trie *t, const int32_t *tokens, int n);
void trie_finish(struct trie *t);
/* The node on the way from the root to node that holds pos. */
int trie_find(const struct trie *t, int node, int pos);
int64_t trie_n_tokens(const struct trie *t); /* of all nodes, the root's too */

#endif
