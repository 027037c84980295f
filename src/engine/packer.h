/*
 * packer: a trie of token sequences as batches for one unified KV cache.
 *
 *   packer_open(&p, backend, &trie, targets, n_targets, has_root);
 *   while (packer_fill(p, &batch, err) == 0 && batch.n > 0) {
 *       backend_decode(backend, &batch, err);
 *       ... score packer_rows(p, &n) ...
 *       packer_commit(p, err);
 *   }
 *   packer_close(p);
 *
 * Every batch takes tokens of the nodes that can be computed now (their parents were computed in an earlier batch),
 * first in preorder: the branches of the items begun go before the next items' contexts, so that few items are in the
 * cache at once, and yet a batch is full. A node starts in a sequence of its own, a copy of its parent's; the last
 * child takes the parent's over. Its cells are free again when the last branch below is done.
 *
 * A node starts only if afterwards all nodes begun can still be ended within the cells and sequences that are left
 * (the banker's rule, in reverse preorder). So any trie runs whose longest way fits info.n_ctx_seq cells and has at
 * most info.n_seq_max nodes below the root (one less with has_root): it is never stuck.
 *
 * has_root   the root's tokens are in sequence 0 already; else the root must be empty
 * targets    [n_targets] sorted by trie_find's node and by pos; borrowed
 * Limits     a batch holds at most info.n_batch tokens and asks for at most info.n_outputs_max rows
 * Errors     ERR_MODEL of the backend's sequence calls
 * Tests      unit/test_scorer.c, thousands of random tries
 */
#ifndef PERBIT_ENGINE_PACKER_H
#define PERBIT_ENGINE_PACKER_H

#include <stdbool.h>

#include "engine/backend.h"
#include "engine/trie.h"

/* A token whose probability is asked: given the sequence up to and with pos. */
struct target {
    int32_t node, pos;
    int32_t token;
    int32_t slot; /* where the answer goes: the caller's */
};

/* A position of the batch at hand with logits, and the targets that they answer. */
struct packer_row {
    int i_batch;
    int begin, end; /* targets */
};

struct packer;

void packer_open(struct packer **out, struct backend *b, const struct trie *t, const struct target *targets,
                 int n_targets, bool has_root);
void packer_close(struct packer *p); /* accepts NULL */
/* Refills the batch (cap >= info.n_batch); it stays empty when all is done. */
int packer_fill(struct packer *p, struct batch *batch, struct err *err);
const struct packer_row *packer_rows(const struct packer *p, int *n);
/* The batch was decoded: ends nodes and frees what is not needed any more. */
int packer_commit(struct packer *p, struct err *err);

#endif
