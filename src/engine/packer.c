#include "engine/packer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#include "base/banned.h"

/*
 * Cells of others from which on a node is not put into a batch beside them. The engine's attention looks at the
 * mask of every cell below the highest used one: on one core 1000 cells of others made a batch 6 % slower, while a batch
 * of 64 tokens cost no more a token than one of 512.
 */
enum { MAX_OTHER_CELLS = 512 };

struct state {
    int seq;          /* -1: none (not begun, or the last child took it) */
    int rank;         /* place in preorder */
    int n_given;      /* tokens that batches took */
    int n_unstarted;  /* children */
    int n_unfinished; /* children whose subtree is not done */
    int next_target;
    bool is_started;
    bool is_complete; /* all its tokens are in the cache */
};

struct packer {
    struct backend *backend;
    const struct trie *trie;
    const struct target *targets; /* [n_targets] */
    int n_targets;
    struct state *states; /* [trie->n] */
    int *live;            /* [n_live] begun and not done, by rank; the root first */
    int n_live;
    int *ending;          /* [n_ending] nodes whose last token is in the batch at hand */
    int n_ending;
    int *free_seqs;       /* [n_free_seqs] */
    int n_free_seqs;
    int n_free_cells;
    int n_live_cells;     /* held by nodes below the root */
    int first;            /* rank of the first node that still has tokens to give */
    struct packer_row *rows; /* [info.n_outputs_max] */
    int n_rows;
};

/* Places where the targets of each node begin; nodes without any never look at it. */
static void find_targets(struct packer *p)
{
    for (int v = 0; v < p->trie->n; v++)
        p->states[v].next_target = p->n_targets;
    for (int i = p->n_targets - 1; i >= 0; i--)
        p->states[p->targets[i].node].next_target = i;
}

void packer_open(struct packer **out, struct backend *b, const struct trie *t, const struct target *targets,
                 int n_targets, bool has_root)
{
    struct packer *p = xcalloc(1, sizeof *p);
    assert(has_root || t->nodes[0].n == 0);
    *p = (struct packer){
        .backend = b, .trie = t, .targets = targets, .n_targets = n_targets,
        .states = xcalloc((size_t)t->n, sizeof *p->states),
        .live = xcalloc((size_t)t->n, sizeof *p->live),
        .ending = xcalloc((size_t)t->n, sizeof *p->ending),
        .free_seqs = xcalloc((size_t)b->info.n_seq_max, sizeof *p->free_seqs),
        .rows = xcalloc((size_t)b->info.n_outputs_max, sizeof *p->rows),
        .n_free_cells = b->info.n_ctx_seq - t->nodes[0].n,
    };
    for (int i = 0; i < t->n_order; i++) {
        struct state *s = &p->states[t->order[i]];
        *s = (struct state){ .seq = -1, .rank = i };
        s->n_unstarted = s->n_unfinished = t->nodes[t->order[i]].n_children;
    }
    find_targets(p);
    for (int seq = b->info.n_seq_max - 1; seq >= (has_root ? 1 : 0); seq--)
        p->free_seqs[p->n_free_seqs++] = seq;
    struct state *root = &p->states[0];
    root->seq = has_root ? 0 : -1;
    root->n_given = t->nodes[0].n;
    root->is_started = root->is_complete = true;
    p->live[p->n_live++] = 0;
    *out = p;
}

void packer_close(struct packer *p)
{
    if (!p)
        return;
    free(p->states);
    free(p->live);
    free(p->ending);
    free(p->free_seqs);
    free(p->rows);
    free(p);
}

static bool takes_over(const struct packer *p, int node)
{
    const int parent = p->trie->nodes[node].parent;
    return parent != 0 && p->states[parent].n_unstarted == 1;
}

/* Counts back what live node x holds, if its children that have not begun can be run with what is there. */
static bool can_end(const struct packer *p, int x, int n_unstarted, int *cells, int *seqs)
{
    const struct trie_node *node = &p->trie->nodes[x];
    if (n_unstarted > 0 && (node->need - node->n > *cells || node->height - 1 > *seqs))
        return false;
    *cells += node->n;
    *seqs += node->n_children == 0 || n_unstarted > 0;
    return true;
}

/* The banker's rule. Live nodes are ended in reverse preorder: what is below a node goes before it. */
static bool may_start(const struct packer *p, int node)
{
    const int parent = p->trie->nodes[node].parent, rank = p->states[node].rank;
    int cells = p->n_free_cells - p->trie->nodes[node].n, seqs = p->n_free_seqs - !takes_over(p, node);
    if (cells < 0 || seqs < 0)
        return false;
    bool is_counted = false;
    for (int i = p->n_live - 1; i >= 0; i--) {
        const int x = p->live[i];
        if (!is_counted && p->states[x].rank < rank) {
            is_counted = true;
            if (!can_end(p, node, p->states[node].n_unstarted, &cells, &seqs))
                return false;
        }
        if (!can_end(p, x, p->states[x].n_unstarted - (x == parent), &cells, &seqs))
            return false;
    }
    return true;
}

static void hold_cells(struct packer *p, int n)
{
    p->n_free_cells -= n;
    p->n_live_cells += n;
}

/* Cells off the node's way from the root are so many that it had better wait until they are free. */
static bool is_crowded(const struct packer *p, int node)
{
    const struct trie_node *v = &p->trie->nodes[node];
    const int n_own = v->pos - p->trie->nodes[0].n + (p->states[node].is_started ? v->n : 0);
    return p->n_live_cells - n_own > MAX_OTHER_CELLS;
}

static void add_live(struct packer *p, int node)
{
    int i = p->n_live++;
    for (; i > 0 && p->states[p->live[i - 1]].rank > p->states[node].rank; i--)
        p->live[i] = p->live[i - 1];
    p->live[i] = node;
}

static void remove_live(struct packer *p, int node)
{
    int i = 0;
    while (p->live[i] != node)
        i++;
    p->n_live--;
    memmove(p->live + i, p->live + i + 1, (size_t)(p->n_live - i) * sizeof *p->live);
}

static int start(struct packer *p, int node, struct err *err)
{
    struct state *s = &p->states[node], *parent = &p->states[p->trie->nodes[node].parent];
    if (takes_over(p, node)) {
        s->seq = parent->seq;
        parent->seq = -1;
    } else {
        s->seq = p->free_seqs[--p->n_free_seqs];
        if (parent->seq >= 0 && backend_seq_copy(p->backend, parent->seq, s->seq, err))
            return -1;
    }
    parent->n_unstarted--;
    hold_cells(p, p->trie->nodes[node].n);
    s->is_started = true;
    add_live(p, node);
    return 0;
}

/* Tokens of one position that is asked for; 0 when it is not. */
static int n_targets_at(const struct packer *p, int node, int pos)
{
    const struct state *s = &p->states[node];
    int i = s->next_target;
    while (i < p->n_targets && p->targets[i].node == node && p->targets[i].pos == pos)
        i++;
    return i - s->next_target;
}

/* A long run is cut into equal pieces: no small rest, which would cost more a token. */
static int n_to_take(const struct packer *p, int n_left)
{
    const int n_batch = p->backend->info.n_batch, n_pieces = (n_left + n_batch - 1) / n_batch;
    return (n_left + n_pieces - 1) / n_pieces;
}

/* As many tokens as the batch and its rows can hold. */
static void take(struct packer *p, int node, struct batch *batch)
{
    const struct trie_node *v = &p->trie->nodes[node];
    struct state *s = &p->states[node];
    const int end = s->n_given + n_to_take(p, v->n - s->n_given);
    while (s->n_given < end) {
        const int pos = v->pos + s->n_given, n = n_targets_at(p, node, pos);
        if (batch->n == p->backend->info.n_batch || (n > 0 && p->n_rows == p->backend->info.n_outputs_max))
            return;
        if (n > 0) {
            p->rows[p->n_rows++] = (struct packer_row){
                .i_batch = batch->n, .begin = s->next_target, .end = s->next_target + n,
            };
            s->next_target += n;
        }
        batch_add(batch, v->tokens[s->n_given], pos, s->seq, n > 0);
        s->n_given++;
    }
    if (s->n_given == v->n)
        p->ending[p->n_ending++] = node;
}

int packer_fill(struct packer *p, struct batch *batch, struct err *err)
{
    enum { MAX_REFUSED = 16 }; /* later nodes that are tried when one cannot start */
    const struct trie *t = p->trie;
    int n_refused = 0;
    batch_clear(batch);
    p->n_rows = p->n_ending = 0;
    while (p->first < t->n_order && p->states[t->order[p->first]].n_given == t->nodes[t->order[p->first]].n)
        p->first++;
    for (int i = p->first; i < t->n_order && batch->n < p->backend->info.n_batch; i++) {
        if (n_refused >= MAX_REFUSED && batch->n > 0)
            break;
        const int node = t->order[i];
        struct state *s = &p->states[node];
        if (s->n_given == t->nodes[node].n || (batch->n > 0 && is_crowded(p, node)))
            continue;
        if (!s->is_started) {
            if (!p->states[t->nodes[node].parent].is_complete)
                continue;
            if (!may_start(p, node)) {
                n_refused++;
                continue;
            }
            if (start(p, node, err))
                return -1;
        }
        take(p, node, batch);
    }
    assert(batch->n > 0 || p->first == t->n_order);
    return 0;
}

const struct packer_row *packer_rows(const struct packer *p, int *n)
{
    *n = p->n_rows;
    return p->rows;
}

/* A leaf is done: its sequence is free, and its cells and those of all nodes above with nothing left below. */
static int finish(struct packer *p, int leaf, struct err *err)
{
    struct state *s = &p->states[leaf];
    if (backend_seq_remove(p->backend, s->seq, 0, err))
        return -1;
    p->free_seqs[p->n_free_seqs++] = s->seq;
    s->seq = -1;
    for (int v = leaf; v != 0 && p->states[v].n_unfinished == 0; v = p->trie->nodes[v].parent) {
        hold_cells(p, -p->trie->nodes[v].n);
        p->states[p->trie->nodes[v].parent].n_unfinished--;
        remove_live(p, v);
    }
    return 0;
}

int packer_commit(struct packer *p, struct err *err)
{
    for (int i = 0; i < p->n_ending; i++) {
        const int node = p->ending[i];
        p->states[node].is_complete = true;
        if (p->trie->nodes[node].n_children == 0 && finish(p, node, err))
            return -1;
    }
    p->n_ending = 0;
    return 0;
}
