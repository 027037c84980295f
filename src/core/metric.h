/*
 * metric: the one table of what is measured: name, unit, label, direction. No numbers, no I/O.
 *
 * Add a metric: one enum value here, one row in metric.c. A name is what the store and every file show.
 */
#ifndef PERBIT_CORE_METRIC_H
#define PERBIT_CORE_METRIC_H

#include <stdbool.h>

enum metric {
    /* perplexity and divergence: one series a chunk, values [n_ctx - 1 - n_ctx/2], one a scored token */
    METRIC_NLL,          /* -ln p(token) of this model */
    METRIC_NLL_BASE,     /* the same of the base model, same decode layout */
    METRIC_KL,           /* sum over the vocabulary of p_base ln(p_base / p) */
    METRIC_SAME_TOP,     /* 1 if both models' most probable token is the same, else 0 */
    METRIC_SCORED_BYTES, /* scalar a chunk: bytes of text of its scored tokens */
    /* speed: scalar a repetition */
    METRIC_PROMPT_S,     /* seconds of prompt processing, n_prompt tokens */
    METRIC_GEN_S,        /* seconds of generation, n_gen tokens */
    METRIC_TTFT_S,       /* tokenize + prompt + first sampled token */
    METRIC_TOKEN_S,      /* series a repetition: seconds of each generated token */
    METRIC_LOAD_S,       /* loading the model */
    METRIC_BANDWIDTH,    /* measured memory read bandwidth, bytes a second */
    METRIC_LOADAVG,      /* 1-minute load average before a repetition */
    METRIC_THROTTLE,     /* 1 if the CPU clock was cut during a repetition, else 0 */
    METRIC_CPU_MHZ,      /* mean clock of the cores during a repetition */
    METRIC_STEAL_PCT,    /* share of CPU time taken by the hypervisor during a repetition */
    METRIC_ENERGY_J,     /* RAPL package energy of a repetition, when readable */
    METRIC_DECODE_S,     /* seconds inside the engine's decode calls, a chunk or repetition */
    METRIC_JOB_S,        /* wall seconds of the whole job in the worker, without loading */
    METRIC_CELL_S,       /* wall seconds of a cell from start to end, its share where several ran together */
    /* memory: scalar */
    METRIC_PEAK_RSS,     /* VmHWM, bytes */
    METRIC_RSS_ANON,     /* RssAnon at the end of the work, bytes */
    METRIC_RSS_FILE,     /* RssFile at the end of the work, bytes */
    METRIC_PRED_WEIGHTS, /* predicted: tensor data, bytes */
    METRIC_PRED_KV,      /* predicted: KV cache, bytes */
    METRIC_PRED_COMPUTE, /* predicted: compute and output buffers, bytes */
    METRIC_PRED_RUNTIME, /* predicted: program, vocabulary and graph, bytes (measured without weights) */
    METRIC_VRAM_PEAK,    /* device memory, bytes, when there is a GPU */
    /* tasks: index = document of the evaluation split */
    METRIC_LOGPROB,      /* series [n_requests]: sum over the continuation's tokens */
    METRIC_GREEDY,       /* series [n_requests]: 1 if each of them was the most probable one */
    METRIC_ACC,          /* 1 right, 0 wrong; mc2: probability mass of the right choices */
    METRIC_ACC_NORM,     /* the same by log-probability a character */
    METRIC_ACC_BYTES,    /* the same by log-probability a byte */
    METRIC_EXACT_MATCH,  /* 1 if the answer is the target */
    METRIC_F1,           /* series [2]: class, chosen class */
    METRIC_MCC,          /* the same */
    METRIC_WORD_LOGPROB, /* log-probability of a single continuation; its mean gives a perplexity */
    METRIC_PROMPT_STRICT, /* IFEval: 1 if all instructions of a prompt are followed, by the letter */
    METRIC_INST_STRICT,  /* series [instructions]: 1 if followed */
    METRIC_PROMPT_LOOSE, /* the same, also without asterisks, first or last line */
    METRIC_INST_LOOSE,
    METRIC_BLEU_MAX, METRIC_BLEU_ACC, METRIC_BLEU_DIFF, /* TruthfulQA: tasks/truthfulqa.h */
    METRIC_ROUGE1_MAX, METRIC_ROUGE1_ACC, METRIC_ROUGE1_DIFF,
    METRIC_ROUGE2_MAX, METRIC_ROUGE2_ACC, METRIC_ROUGE2_DIFF,
    METRIC_ROUGEL_MAX, METRIC_ROUGEL_ACC, METRIC_ROUGEL_DIFF,
    METRIC_RATING,       /* series [2]: the human's score and the model's by a rubric; NaN: unreadable */
    METRIC_CHOICE,       /* series [metrics of the task]: the option that the metric takes as the model's; NaN: it takes none */
    METRIC_SOURCE,       /* documents with the same number are of one source (source_id of the row), so not independent */
    METRIC_N_CUT,        /* tokens cut from the left of a document's requests; stored when there are any */
    METRIC_TOKENS_ASKED, /* a chunk of documents, index = its first: tokens without any sharing */
    METRIC_TOKENS_DECODED, /* the same: tokens that the engine computed */
    METRIC_COUNT
};

struct metric_info {
    const char *name;  /* "nll" */
    const char *unit;  /* "nat", "s", "bytes", "" */
    const char *label; /* "negative log-likelihood" */
    bool is_series;    /* many values an index */
    bool higher_is_better;
};

const struct metric_info *metric_info(enum metric m);
/* METRIC_COUNT when the name is unknown. */
enum metric metric_find(const char *name);

#endif
