#include "core/kind.h"

#include <string.h>

static const char *const quantize_groups[] = { "quantize", NULL };
static const char *const text_groups[] = { "engine", "perplexity", "quantize", NULL };
static const char *const task_groups[] = { "engine", "tasks", "quantize", NULL };
static const char *const chat_groups[] = { "engine", "tasks", "thinking", "quantize", NULL };
static const char *const writing_groups[] = { "engine", "tasks", "generation", "thinking", "quantize", NULL };
static const char *const speed_groups[] = { "engine", "speed", "quantize", NULL };
static const char *const memory_groups[] = { "engine", "memory", "quantize", NULL };

static const struct kind_info kinds[KIND_COUNT] = {
    [KIND_QUANTIZE] = { .name = "quantize", .job = "quantize", .groups = quantize_groups,
                        .help = "make the file of a level; its size, bits per weight and tensor types" },
    [KIND_PERPLEXITY] = { .name = "perplexity", .job = "perplexity", .groups = text_groups,
                          .needs_text = true, .in_measures = true,
                          .help = "perplexity of a text, as llama-perplexity computes it" },
    [KIND_KL] = { .name = "kl", .job = "perplexity", .groups = text_groups, .needs_text = true,
                  .needs_base = true, .in_measures = true,
                  .help = "perplexity and KL divergence from the base level, in lockstep" },
    [KIND_KL_SELF] = { .name = "kl_self", .job = "perplexity", .groups = text_groups,
                       .needs_text = true, .needs_base = true, .base_only = true,
                       .help = "KL divergence of the base from itself: the floor of every KL" },
    [KIND_KL_RUNTIME] = { .name = "kl_runtime", .job = "perplexity", .groups = text_groups,
                          .needs_text = true, .needs_base = true, .base_only = true,
                          .help = "KL divergence of the base from itself at a quarter of n_ubatch" },
    [KIND_TASK] = { .name = "task", .job = "eval", .groups = task_groups,
                    .help = "accuracy on the documents of a task" },
    [KIND_SPEED] = { .name = "speed", .job = "speed", .groups = speed_groups, .on_machine = true,
                     .in_measures = true,
                     .help = "prompt and generation speed, time to first token" },
    [KIND_MEMORY] = { .name = "memory", .job = "memory", .groups = memory_groups, .on_machine = true,
                      .in_measures = true, .help = "peak memory of a fresh process, and its prediction" },
};

const struct kind_info *kind_info(enum kind k)
{
    return &kinds[k];
}

const char *const *kind_task_groups(bool writes, bool has_chat_template)
{
    return writes ? writing_groups : has_chat_template ? chat_groups : task_groups;
}

enum kind kind_find(const char *name)
{
    int k = 0;
    while (k < KIND_COUNT && strcmp(kinds[k].name, name) != 0)
        k++;
    return (enum kind)k;
}
