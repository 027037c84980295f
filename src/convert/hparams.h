/*
 * hparams: config.json to the architecture's keys: {arch}.block_count, rope, norms, general.file_type.
 *
 * arch.c's rows point at these functions; each puts every key of its family, in the reference converter's order.
 * hparams_extra_tensors computes the tensors that stand in no file: rope_freqs.weight of llama3 scaling, the long and
 * short factors of Phi's longrope.
 * Source  conversion/{base,llama,mistral3,phi,gemma}.py      Tests  unit/test_convertkeys.c
 */
#ifndef PERBIT_CONVERT_HPARAMS_H
#define PERBIT_CONVERT_HPARAMS_H

#include "base/arena.h"
#include "convert/ggufout.h"
#include "convert/hfconfig.h"

int hparams_common(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);
int hparams_llama(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);
int hparams_mistral3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);
int hparams_phi3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);
int hparams_gemma3(struct ggufout *g, const struct hfconfig *c, int file_type, struct err *err);

struct extra_tensor {
    const char *name;
    const float *values;
    int n;
};
enum { EXTRA_TENSORS_MAX = 2 };

/* Also puts the keys that belong to them. *n of out are set; values live in a. */
int hparams_extra_tensors(struct extra_tensor out[EXTRA_TENSORS_MAX], int *n, struct arena *a, struct ggufout *g,
                          const struct hfconfig *c, struct err *err);

#endif
