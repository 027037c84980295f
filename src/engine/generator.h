/*
 * generator: texts that a model writes after prompts, as lm-evaluation-harness defines them, several at a time.
 *
 *   struct generator_params gp = { .share = true, .n_slots = 8 };
 *   struct backend_params bp = ...;
 *   generator_backend_params(&bp, &gp);
 *   backend_open(&b, path, &bp, err);
 *   generator_open(&g, b, &gp, err);
 *   generator_run(g, in, n, out, NULL, err);   ... out[i].text; generated_release(&out[i])
 *   generator_close(g);
 *
 * Each of n_slots slots holds a generation; one that ends makes place for the next of the run at once. A decode call
 * carries the next token of every slot that generates, and beside them at most n_piece tokens of prompts of others, so
 * that a long prompt does not hold the others up. What all prompts of a run begin with (few-shot examples, a system
 * prompt) is computed once and stays for the next run (resident.h).
 *
 * A cache a slot (and one for the common prefix) is faster: attention passes over a slot's own cells only. One cache for
 * all (kv_unified, and always with one slot) takes less memory: who may take cells is decided so that all who have begun
 * can end (banker.h), so any n_ctx that holds the longest item is enough. docs/GENERATOR.md: why so, what was measured.
 *
 * A text ends at an end-of-generation token, after max_tokens tokens, or when a stop text (or the text of the
 * vocabulary's EOS, which is put at the end of `until`) stands in what was generated, special tokens written out. Then
 * it is decoded without special tokens and cut at the first occurrence of each stop text in order; nothing is stripped.
 * text is valid UTF-8: each maximal part of a sequence that is not becomes one U+FFFD, as Rust and Python replace it.
 * A prompt is cut from the left to max_length - max_tokens ids; an empty one is the prefix token (encode.h).
 *
 * With one slot the tokens are those of one sequence decoded in pieces of n_piece tokens and then token by token, share
 * or not. With more they may differ: the engine's sums depend in their last bits on what else stands in a batch, and
 * where two tokens are nearly equally probable that decides. Draws (temperature above 0) come from a stream of the
 * item's own seed.
 *
 * An item that cannot be generated gets GENERATED_ERROR and a problem; the others go on: no room for its prompt within
 * max_length, more cells than n_ctx, max_tokens below 1, a text that the engine does not tokenize.
 *
 * Units    tokens; seconds of wall time from the start of an item's prompt to its last token
 * Errors   ERR_USAGE params out of range; ERR_MODEL, ERR_MEMORY of decode, ERR_CANCELLED: items that had ended stay,
 *          the others are GENERATED_NOTHING; the generator may be used again
 * Memory   beside the engine's: the tokens of a run; 3 KB and its text a slot
 * Threads  one caller; encodes on info.n_threads threads
 * Source   lm_eval 0.4.13, models/huggingface.py generate_until, models/utils_hf.py stop criteria
 * Tests    unit/test_generator.c, model/test_generator_llama.c; bench/generator.c
 */
#ifndef PERBIT_ENGINE_GENERATOR_H
#define PERBIT_ENGINE_GENERATOR_H

#include "core/item.h"
#include "engine/backend.h"
#include "engine/encode.h"
#include "engine/picker.h"

/* 0 = the default in brackets. */
struct generator_params {
    int n_slots;         /* generations at a time [8] */
    bool kv_unified;     /* one cache for all slots; else one a slot, see below */
    int n_ctx;           /* cells of a cache; prompt and max_tokens of the longest item must fit [4096] */
    int n_batch;         /* tokens a decode call may carry [512] */
    int n_piece;         /* prompt tokens in a call that also generates, and of one prompt in any call [128] */
    int max_length;      /* prompt and max_tokens together; a longer prompt is cut [the model's n_ctx_train] */
    enum encode_bos bos; /* [what the model file says] */
    bool share;          /* the common prefix of a run is computed once; never in a recurrent model */
    struct picker_params pick; /* [greedy] */
};

struct generation {
    struct text prompt;
    const char *const *until; /* [n_until] stop texts */
    int n_until;
    int max_tokens;
    uint64_t seed;            /* of its draws: generation_seed(); unused when greedy */
};

enum generated_why {
    GENERATED_NOTHING, /* the run ended before it */
    GENERATED_STOP,    /* a stop text */
    GENERATED_EOG,     /* an end-of-generation token */
    GENERATED_LIMIT,   /* max_tokens */
    GENERATED_ERROR    /* see problem */
};

struct generated {
    char *text;          /* [n_bytes], and a NUL; NULL for GENERATED_NOTHING and GENERATED_ERROR */
    size_t n_bytes;
    int n_tokens;        /* generated, the end-of-generation token and what was cut off included */
    int n_prompt_tokens; /* fed, those of the common prefix included */
    int n_cut;           /* prompt tokens that were cut off at the left */
    enum generated_why why;
    double seconds;
    char *problem;       /* one line, or NULL */
};

/* What a caller may want to hear of a run. */
struct generator_turn {
    int n_done, n;         /* items */
    int64_t n_tokens;      /* generated so far */
};

struct generator_watch {
    void *ctx;
    void (*item)(void *ctx, int i, const struct generated *g);        /* item i has ended; in any order; or NULL */
    bool (*turn)(void *ctx, const struct generator_turn *turn);       /* after a decode call; false: stop; or NULL */
};

struct generator_stats {
    int64_t n_items, n_bad, n_cut;  /* n_cut: items whose prompt was cut */
    int64_t prompt_tokens;          /* asked for */
    int64_t prompt_tokens_decoded;  /* computed: a common prefix once */
    int64_t tokens;                 /* generated */
    int64_t n_decodes;
    int64_t n_waits;                /* times that a slot waited for cells */
    double run_s, encode_s, decode_s;
};

struct generator;

/* A seed of item `index` of a task: the same whatever else is generated with it, and after a stop. */
uint64_t generation_seed(uint64_t seed, int64_t index);
/* n_ctx, n_seq_max, n_batch, n_ubatch, n_outputs_max and kv_unified of p; other fields are kept. */
void generator_backend_params(struct backend_params *p, const struct generator_params *gp);
/* Cells that an item takes at the most, as generator_run will cut its prompt; 0 for one that it will refuse. */
int generator_n_cells(struct backend *b, const struct generator_params *gp, const struct generation *in);
/* b stays the caller's; the generator alone decodes with it until generator_close. */
int generator_open(struct generator **out, struct backend *b, const struct generator_params *gp, struct err *err);
void generator_close(struct generator *g); /* accepts NULL */
/* out [n], of which each is to be released whatever is returned. watch may be NULL. */
int generator_run(struct generator *g, const struct generation *in, int n, struct generated *out,
                  const struct generator_watch *watch, struct err *err);
void generated_release(struct generated *g);
void generator_stats(const struct generator *g, struct generator_stats *out); /* since generator_open */

#endif
