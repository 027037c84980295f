#include "core/quant.h"

#include <limits.h>
#include <stddef.h>
#include <strings.h>

#include "base/buf.h"
#include "base/opt.h"

#include "base/banned.h"

/*
 * The rows are the levels that llama-quantize knows (QUANT_OPTIONS in its source). needs_imatrix follows
 * tensor_requires_imatrix() in llama-quant.cpp, over the types of all tensors that a level mixes; on a narrow
 * model a fallback type may lift the demand.
 */
static const struct quant_info quants[] = {
    { .name = "BF16", .family = "float", .in_study = true, .note = "brain float: the study's base" },
    { .name = "Q8_0", .family = "legacy", .in_study = true, .note = "8 bits, one scale for 32 weights" },
    { .name = "Q6_K", .family = "k", .in_study = true, .note = "6-bit K-quant" },
    { .name = "Q5_K_M", .family = "k", .in_study = true, .note = "5-bit K-quant, some tensors at 6 bits" },
    { .name = "Q4_K_M", .family = "k", .in_study = true, .note = "4-bit K-quant, some tensors at 6 bits" },
    { .name = "Q4_0", .family = "legacy", .in_study = true, .note = "4 bits, one scale for 32 weights" },
    { .name = "Q3_K_M", .family = "k", .in_study = true, .note = "3-bit K-quant, some tensors at 4 and 5 bits" },
    { .name = "Q2_K", .family = "k", .in_study = true, .note = "2-bit K-quant, some tensors at 3 and 4 bits" },

    { .name = "F32", .family = "float", .note = "32-bit float" },
    { .name = "F16", .family = "float", .note = "16-bit float" },
    { .name = "Q5_1", .family = "legacy", .note = "5 bits, scale and minimum for 32 weights" },
    { .name = "Q5_K_S", .family = "k", .note = "5-bit K-quant throughout" },
    { .name = "Q5_0", .family = "legacy", .note = "5 bits, one scale for 32 weights" },
    { .name = "Q4_1", .family = "legacy", .note = "4 bits, scale and minimum for 32 weights" },
    { .name = "Q4_K_S", .family = "k", .note = "4-bit K-quant, few tensors at 5 bits" },
    { .name = "IQ4_NL", .family = "i", .note = "4.5 bits, non-linear steps, blocks of 32" },
    { .name = "MXFP4_MOE", .family = "mx", .note = "4-bit microscaling floats for expert tensors" },
    { .name = "IQ4_XS", .family = "i", .note = "4.25 bits, non-linear steps" },
    { .name = "Q3_K_L", .family = "k", .note = "3-bit K-quant, more tensors at 5 bits" },
    { .name = "IQ3_M", .family = "i", .note = "3.66 bits, a mix around IQ3_S" },
    { .name = "Q3_K_S", .family = "k", .note = "3-bit K-quant throughout" },
    { .name = "IQ3_S", .family = "i", .note = "3.44 bits" },
    { .name = "IQ3_XS", .family = "i", .needs_imatrix = true, .note = "3.3 bits, some tensors as IQ3_XXS" },
    { .name = "IQ3_XXS", .family = "i", .needs_imatrix = true, .note = "3.06 bits" },
    { .name = "Q2_K_S", .family = "k", .needs_imatrix = true, .note = "2-bit K-quant throughout" },
    { .name = "IQ2_M", .family = "i", .needs_imatrix = true, .note = "2.7 bits" },
    { .name = "IQ2_S", .family = "i", .needs_imatrix = true, .note = "2.5 bits" },
    { .name = "IQ2_XS", .family = "i", .needs_imatrix = true, .note = "2.31 bits" },
    { .name = "Q2_0", .family = "legacy", .note = "2 bits, one scale for 64 weights" },
    { .name = "TQ2_0", .family = "ternary", .note = "2.06 bits, for ternary models" },
    { .name = "IQ2_XXS", .family = "i", .needs_imatrix = true, .note = "2.06 bits" },
    { .name = "IQ1_M", .family = "i", .needs_imatrix = true, .note = "1.75 bits" },
    { .name = "TQ1_0", .family = "ternary", .note = "1.69 bits, for ternary models" },
    { .name = "IQ1_S", .family = "i", .needs_imatrix = true, .note = "1.56 bits" },
    { .name = "Q1_0", .family = "legacy", .note = "1 bit and a scale" },
};
enum { N_QUANTS = sizeof(quants) / sizeof(*quants) };

/* An alias is found as the level that it stands for, so that no result carries two names. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    { "Q3_K", "Q3_K_M" },
    { "Q4_K", "Q4_K_M" },
    { "Q5_K", "Q5_K_M" },
};

int quant_n(void)
{
    return N_QUANTS;
}

const struct quant_info *quant_at(int i)
{
    return i >= 0 && i < N_QUANTS ? &quants[i] : NULL;
}

const struct quant_info *quant_find(const char *name)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
        if (strcasecmp(aliases[i].alias, name) == 0)
            name = aliases[i].name;
    }
    for (int i = 0; i < N_QUANTS; i++) {
        if (strcasecmp(quants[i].name, name) == 0)
            return &quants[i];
    }
    return NULL;
}

int quant_parse(const struct quant_info **out, const char *name, struct err *err)
{
    const char *names[N_QUANTS];
    struct buf hint = BUF_INIT;
    if ((*out = quant_find(name)))
        return 0;
    for (int i = 0; i < N_QUANTS; i++)
        names[i] = quants[i].name;
    opt_suggest(&hint, name, names, N_QUANTS);
    err_set(err, ERR_USAGE, "unknown level '%s'%s", name, hint.data);
    buf_release(&hint);
    return -1;
}

int quant_order(const char *name)
{
    const struct quant_info *q = quant_find(name);
    return q ? (int)(q - quants) : INT_MAX;
}
