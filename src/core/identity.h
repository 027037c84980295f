/*
 * identity: what makes two measurements the same. A cell is run once for each identity; the key is the
 * sha256 of the fields below, in this order, as a JSON array (a task stands last, and only if there is one; an adapter's scale
 * behind its digest), so any difference gives another cell.
 *
 * Fields are text, borrowed; NULL counts as "".        Tests  unit/test_identity.c
 */
#ifndef PERBIT_CORE_IDENTITY_H
#define PERBIT_CORE_IDENTITY_H

#include "base/sha256.h"

struct identity {
    const char *model_sha256;   /* of the source model file (the base, not the quantized file) */
    const char *adapter_sha256; /* LoRA adapter; "" for none */
    const char *adapter_scale;  /* "0.5", of an adapter */
    const char *level;          /* "Q4_K_M" */
    const char *imatrix_sha256;
    const char *kind;           /* "kl": a row of core/kind.c */
    const char *task;           /* "arc_challenge:1.0:<sha256 of its definition>"; "" for kinds without one */
    const char *data_sha256;    /* of the text or data set read */
    const char *base;           /* level, file or digest that it is compared with; "" when there is none */
    const char *settings;       /* JSON of the settings that move results (opt_json, only_moving) */
    const char *engine;         /* engine build */
    const char *machine;        /* machine id for kinds that depend on it, else "" */
};

void identity_key(char out[SHA256_HEX_BYTES], const struct identity *id);

#endif
