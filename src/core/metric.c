#include "core/metric.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/banned.h"

static const struct metric_info metrics[] = {
    [METRIC_NLL] = { .name = "nll", .unit = "nat", .label = "negative log-likelihood", .is_series = true },
    [METRIC_NLL_BASE] = { .name = "nll_base", .unit = "nat", .label = "negative log-likelihood of the base",
                          .is_series = true },
    [METRIC_KL] = { .name = "kl", .unit = "nat", .label = "KL divergence from the base", .is_series = true },
    [METRIC_SAME_TOP] = { .name = "same_top", .unit = "", .label = "same most probable token",
                          .is_series = true, .higher_is_better = true },
    [METRIC_SCORED_BYTES] = { .name = "scored_bytes", .unit = "bytes", .label = "bytes of scored text" },
    [METRIC_PROMPT_S] = { .name = "prompt_s", .unit = "s", .label = "prompt processing" },
    [METRIC_GEN_S] = { .name = "gen_s", .unit = "s", .label = "generation" },
    [METRIC_TTFT_S] = { .name = "ttft_s", .unit = "s", .label = "time to first token" },
    [METRIC_TOKEN_S] = { .name = "token_s", .unit = "s", .label = "time of a generated token",
                         .is_series = true },
    [METRIC_LOAD_S] = { .name = "load_s", .unit = "s", .label = "loading the model" },
    [METRIC_BANDWIDTH] = { .name = "bandwidth", .unit = "bytes/s", .label = "memory read bandwidth",
                           .higher_is_better = true },
    [METRIC_LOADAVG] = { .name = "loadavg", .unit = "", .label = "load average" },
    [METRIC_THROTTLE] = { .name = "throttle", .unit = "", .label = "CPU clock was cut" },
    [METRIC_CPU_MHZ] = { .name = "cpu_mhz", .unit = "MHz", .label = "CPU clock", .higher_is_better = true },
    [METRIC_STEAL_PCT] = { .name = "steal_pct", .unit = "%", .label = "CPU time taken by the hypervisor" },
    [METRIC_ENERGY_J] = { .name = "energy_j", .unit = "J", .label = "energy of the CPU package" },
    [METRIC_DECODE_S] = { .name = "decode_s", .unit = "s", .label = "time inside decode calls" },
    [METRIC_JOB_S] = { .name = "job_s", .unit = "s", .label = "wall time of the job" },
    [METRIC_CELL_S] = { .name = "cell_s", .unit = "s", .label = "wall time of the cell" },
    [METRIC_PEAK_RSS] = { .name = "peak_rss", .unit = "bytes", .label = "peak resident memory" },
    [METRIC_RSS_ANON] = { .name = "rss_anon", .unit = "bytes", .label = "anonymous resident memory" },
    [METRIC_RSS_FILE] = { .name = "rss_file", .unit = "bytes", .label = "file-backed resident memory" },
    [METRIC_PRED_WEIGHTS] = { .name = "pred_weights", .unit = "bytes", .label = "predicted weights" },
    [METRIC_PRED_KV] = { .name = "pred_kv", .unit = "bytes", .label = "predicted KV cache" },
    [METRIC_PRED_COMPUTE] = { .name = "pred_compute", .unit = "bytes", .label = "predicted compute buffers" },
    [METRIC_PRED_RUNTIME] = { .name = "pred_runtime", .unit = "bytes", .label = "predicted runtime" },
    [METRIC_VRAM_PEAK] = { .name = "vram_peak", .unit = "bytes", .label = "peak device memory" },
    [METRIC_LOGPROB] = { .name = "logprob", .unit = "nat", .label = "log-probability", .is_series = true,
                         .higher_is_better = true },
    [METRIC_GREEDY] = { .name = "greedy", .unit = "", .label = "most probable continuation", .is_series = true,
                        .higher_is_better = true },
    [METRIC_ACC] = { .name = "acc", .unit = "", .label = "accuracy", .higher_is_better = true },
    [METRIC_ACC_NORM] = { .name = "acc_norm", .unit = "", .label = "accuracy, by characters", .higher_is_better = true },
    [METRIC_ACC_BYTES] = { .name = "acc_bytes", .unit = "", .label = "accuracy, by bytes", .higher_is_better = true },
    [METRIC_EXACT_MATCH] = { .name = "exact_match", .unit = "", .label = "exact match", .higher_is_better = true },
    [METRIC_F1] = { .name = "f1", .unit = "", .label = "F1", .is_series = true, .higher_is_better = true },
    [METRIC_MCC] = { .name = "mcc", .unit = "", .label = "Matthews correlation", .is_series = true,
                     .higher_is_better = true },
    [METRIC_WORD_LOGPROB] = { .name = "perplexity", .unit = "nat", .label = "perplexity of the continuation" },
    [METRIC_PROMPT_STRICT] = { .name = "prompt_level_strict_acc", .unit = "", .label = "prompts followed, strict",
                               .higher_is_better = true },
    [METRIC_INST_STRICT] = { .name = "inst_level_strict_acc", .unit = "", .label = "instructions followed, strict",
                             .is_series = true, .higher_is_better = true },
    [METRIC_PROMPT_LOOSE] = { .name = "prompt_level_loose_acc", .unit = "", .label = "prompts followed, loose",
                              .higher_is_better = true },
    [METRIC_INST_LOOSE] = { .name = "inst_level_loose_acc", .unit = "", .label = "instructions followed, loose",
                            .is_series = true, .higher_is_better = true },
    [METRIC_BLEU_MAX] = { .name = "bleu_max", .unit = "", .label = "BLEU of the best right answer", .higher_is_better = true },
    [METRIC_BLEU_ACC] = { .name = "bleu_acc", .unit = "", .label = "nearer a right answer by BLEU", .higher_is_better = true },
    [METRIC_BLEU_DIFF] = { .name = "bleu_diff", .unit = "", .label = "BLEU, right less wrong", .higher_is_better = true },
    [METRIC_ROUGE1_MAX] = { .name = "rouge1_max", .unit = "", .label = "ROUGE-1 of the best right answer", .higher_is_better = true },
    [METRIC_ROUGE1_ACC] = { .name = "rouge1_acc", .unit = "", .label = "nearer a right answer by ROUGE-1", .higher_is_better = true },
    [METRIC_ROUGE1_DIFF] = { .name = "rouge1_diff", .unit = "", .label = "ROUGE-1, right less wrong", .higher_is_better = true },
    [METRIC_ROUGE2_MAX] = { .name = "rouge2_max", .unit = "", .label = "ROUGE-2 of the best right answer", .higher_is_better = true },
    [METRIC_ROUGE2_ACC] = { .name = "rouge2_acc", .unit = "", .label = "nearer a right answer by ROUGE-2", .higher_is_better = true },
    [METRIC_ROUGE2_DIFF] = { .name = "rouge2_diff", .unit = "", .label = "ROUGE-2, right less wrong", .higher_is_better = true },
    [METRIC_ROUGEL_MAX] = { .name = "rougeL_max", .unit = "", .label = "ROUGE-L of the best right answer", .higher_is_better = true },
    [METRIC_ROUGEL_ACC] = { .name = "rougeL_acc", .unit = "", .label = "nearer a right answer by ROUGE-L", .higher_is_better = true },
    [METRIC_ROUGEL_DIFF] = { .name = "rougeL_diff", .unit = "", .label = "ROUGE-L, right less wrong", .higher_is_better = true },
    [METRIC_RATING] = { .name = "rating", .unit = "points", .label = "scores by a rubric", .is_series = true },
    [METRIC_CHOICE] = { .name = "choice", .unit = "", .label = "option taken", .is_series = true },
    [METRIC_SOURCE] = { .name = "source", .unit = "", .label = "source of the document" },
    [METRIC_N_CUT] = { .name = "n_cut", .unit = "tokens", .label = "tokens cut from the left" },
    [METRIC_TOKENS_ASKED] = { .name = "tokens_asked", .unit = "tokens", .label = "tokens asked for" },
    [METRIC_TOKENS_DECODED] = { .name = "tokens_decoded", .unit = "tokens", .label = "tokens computed" },
};
_Static_assert(sizeof(metrics) / sizeof(*metrics) == METRIC_COUNT, "a row for every metric");

const struct metric_info *metric_info(enum metric m)
{
    assert((int)m >= 0 && m < METRIC_COUNT);
    return &metrics[m];
}

enum metric metric_find(const char *name)
{
    for (int m = 0; m < METRIC_COUNT; m++) {
        if (strcmp(metrics[m].name, name) == 0)
            return (enum metric)m;
    }
    return METRIC_COUNT;
}
