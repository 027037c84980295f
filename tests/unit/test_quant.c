/* quant: the study's levels come first and in order; every name of llama-quantize is known. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/quant.h"

static void study_levels_come_first(void **state)
{
    (void)state;
    static const char *const levels[] = { "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0", "Q3_K_M", "Q2_K" };
    for (int i = 0; i < 8; i++) {
        assert_string_equal(quant_at(i)->name, levels[i]);
        assert_true(quant_at(i)->in_study);
        assert_int_equal(quant_order(levels[i]), i);
    }
    for (int i = 8; i < quant_n(); i++)
        assert_false(quant_at(i)->in_study);
}

static void every_row_is_complete_and_unique(void **state)
{
    (void)state;
    static const char *const families[] = { "float", "legacy", "k", "i", "ternary", "mx" };
    for (int i = 0; i < quant_n(); i++) {
        const struct quant_info *q = quant_at(i);
        int known = 0;
        for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++)
            known += strcmp(families[f], q->family) == 0;
        assert_int_equal(known, 1);
        assert_true(strlen(q->note) > 0);
        assert_ptr_equal(quant_find(q->name), q);
    }
    assert_null(quant_at(-1));
    assert_null(quant_at(quant_n()));
}

/* QUANT_OPTIONS of tools/quantize/quantize.cpp; COPY is no level. */
static void knows_every_level_of_llama_quantize(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Q1_0", "Q2_0", "Q4_0", "Q4_1", "MXFP4_MOE", "Q5_0", "Q5_1", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M",
        "IQ1_S", "IQ1_M", "TQ1_0", "TQ2_0", "Q2_K", "Q2_K_S", "IQ3_XXS", "IQ3_S", "IQ3_M", "Q3_K", "IQ3_XS",
        "Q3_K_S", "Q3_K_M", "Q3_K_L", "IQ4_NL", "IQ4_XS", "Q4_K", "Q4_K_S", "Q4_K_M", "Q5_K", "Q5_K_S",
        "Q5_K_M", "Q6_K", "Q8_0", "F16", "BF16", "F32",
    };
    int n_aliases = 3;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        assert_non_null(quant_find(names[i]));
    assert_int_equal(quant_n() + n_aliases, sizeof(names) / sizeof(*names));
}

static void finds_any_case_and_aliases(void **state)
{
    (void)state;
    assert_string_equal(quant_find("q4_k_m")->name, "Q4_K_M");
    assert_string_equal(quant_find("Q4_K")->name, "Q4_K_M");
    assert_string_equal(quant_find("q3_k")->name, "Q3_K_M");
    assert_string_equal(quant_find("Q5_k")->name, "Q5_K_M");
    assert_null(quant_find("Q4"));
    assert_null(quant_find(""));
    assert_int_equal(quant_order("no such"), INT_MAX);
    assert_int_equal(quant_order("q8_0"), 1);
}

/* The levels for which llama-quantize --dry-run says so, on a model with rows of 512 weights. */
static void imatrix_demand(void **state)
{
    (void)state;
    static const char *const need[] = { "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ2_M", "IQ3_XXS", "IQ3_XS",
                                        "Q2_K_S" };
    int n = 0;
    for (int i = 0; i < quant_n(); i++)
        n += quant_at(i)->needs_imatrix;
    assert_int_equal(n, 9);
    for (int i = 0; i < 9; i++)
        assert_true(quant_find(need[i])->needs_imatrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(study_levels_come_first),
        cmocka_unit_test(every_row_is_complete_and_unique),
        cmocka_unit_test(knows_every_level_of_llama_quantize),
        cmocka_unit_test(finds_any_case_and_aliases),
        cmocka_unit_test(imatrix_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
