/* modelid: names and what gguf-py's own test (tests/test_metadata.py) expects of them, and titles and size labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert/modelid.h"

static const struct {
    const char *id;
    int64_t n_params;
    struct modelid want;
} cases[] = {
    { "Mixtral-8x7B-Instruct-v0.1", 0, { "Mixtral-8x7B-Instruct-v0.1", NULL, "Mixtral", "Instruct", "v0.1", "8x7B" } },
    { "Mistral", 0, { "Mistral", NULL, NULL, NULL, NULL, NULL } },
    { "meta-llama/Llama-2-7b-hf", 0, { "Llama-2-7b-hf", "meta-llama", "Llama-2", "hf", NULL, "7B" } },
    { "Hermes-2-Pro-Llama-3-8B", 0, { "Hermes-2-Pro-Llama-3-8B", NULL, "Hermes-2-Pro-Llama-3", NULL, NULL, "8B" } },
    { "NousResearch/Meta-Llama-3-8B", 0, { "Meta-Llama-3-8B", "NousResearch", "Meta-Llama-3", NULL, NULL, "8B" } },
    { "microsoft/Phi-3-mini-4k-instruct", 4LL * 1000000000, { "Phi-3-mini-4k-instruct", "microsoft", "Phi-3", "4k-instruct", NULL, "mini" } },
    { "Qwen1.5-MoE-A2.7B-Chat", 0, { "Qwen1.5-MoE-A2.7B-Chat", NULL, "Qwen1.5-MoE", "Chat", NULL, "A2.7B" } },
    { "Qwen2-57B-A14B-Instruct", 0, { "Qwen2-57B-A14B-Instruct", NULL, "Qwen2", "Instruct", NULL, "57B-A14B" } },
    { "bigscience/bloom-7b1-petals", 0, { "bloom-7b1-petals", "bigscience", "bloom", "petals", NULL, "7.1B" } },
    { "WizardLM/WizardCoder-Python-34B-V1.0", 0, { "WizardCoder-Python-34B-V1.0", "WizardLM", "WizardCoder-Python", NULL, "V1.0", "34B" } },
    { "PowerInfer/SmallThinker-3B", 0, { "SmallThinker-3B", "PowerInfer", "SmallThinker", NULL, NULL, "3B" } },
    { "a model with spaces", 0, { "a model with spaces", NULL, NULL, NULL, NULL, NULL } },
    { "./folder-7B", 0, { "folder-7B", NULL, "folder", NULL, NULL, "7B" } },
};

static void same(const char *id, const char *got, const char *want)
{
    if (!got != !want || (got && strcmp(got, want) != 0))
        fail_msg("%s: %s, not %s", id, got ? got : "nothing", want ? want : "nothing");
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct modelid m;
        struct arena a;
        arena_init(&a);
        modelid_parse(&m, &a, cases[i].id, cases[i].n_params);
        same(cases[i].id, m.full, cases[i].want.full);
        same(cases[i].id, m.org, cases[i].want.org);
        same(cases[i].id, m.basename, cases[i].want.basename);
        same(cases[i].id, m.finetune, cases[i].want.finetune);
        same(cases[i].id, m.version, cases[i].want.version);
        same(cases[i].id, m.size_label, cases[i].want.size_label);
        arena_release(&a);
    }
}

static void test_texts(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    assert_string_equal(modelid_title(&a, "my-model v2 7b Qwen"), "My Model v2 7b Qwen");
    assert_string_equal(modelid_title(&a, " smol  lm "), "Smol Lm");
    assert_string_equal(modelid_size_label(&a, 1720574976), "1.7B");
    assert_string_equal(modelid_size_label(&a, 134515008), "135M");
    assert_string_equal(modelid_size_label(&a, 12345), "12K");
    assert_string_equal(modelid_size_label(&a, 345), "0.35K");
    assert_string_equal(modelid_size_label(&a, 14770033664), "15B");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_texts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
