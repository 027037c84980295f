/*
 * quant: facts about the quantization levels: name, family, order in tables, and what others call it.
 * The level of a file is a label; its bits per weight are measured (core/modelfile.h), never read here.
 *
 * quant_find is case-insensitive. engine/quantize_llama.c maps names to llama_ftype; a test holds both together.
 */
#ifndef PERBIT_CORE_QUANT_H
#define PERBIT_CORE_QUANT_H

#include <stdbool.h>

#include "base/err.h"

struct quant_info {
    const char *name;      /* "Q4_K_M" */
    const char *family;    /* "float", "legacy", "k", "i", "ternary", "mx" */
    bool needs_imatrix;    /* llama.cpp refuses it without an importance matrix */
    bool in_study;         /* one of the eight levels of the guide */
    const char *note;      /* one line for people */
};

int quant_n(void);
const struct quant_info *quant_at(int i);              /* study levels first, from most to fewest bits */
const struct quant_info *quant_find(const char *name); /* NULL when unknown */
/* The same; an unknown name is ERR_USAGE "unknown level 'Q4_K_N'; did you mean 'Q4_K_M'?". */
int quant_parse(const struct quant_info **out, const char *name, struct err *err);
int quant_order(const char *name);                     /* position in the table; a large number when unknown */

#endif
