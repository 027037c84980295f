/*
 * settings: the one table of everything that can be set. It feeds the command line, the study file, help,
 * the man page, and the settings stored with each result. A setting stands nowhere else.
 *
 * Add a setting: a field here, a row in settings.c. moves_results in its row makes it part of a cell's identity.
 * Texts live in the arena that opt_defaults and opt_parse were given.        Tests  unit/test_settings.c
 */
#ifndef PERBIT_STUDY_SETTINGS_H
#define PERBIT_STUDY_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/opt.h"
#include "engine/backend.h"

struct settings {
    /* engine: moves logits, speed or memory */
    int64_t n_ctx, n_batch, n_ubatch, n_threads, n_gpu_layers;
    const char *flash_attn, *type_k, *type_v, *load_mode, *adapter;
    bool repack;
    /* perplexity */
    const char *file, *kl_divergence, *kl_divergence_base, *save_all_logits;
    int64_t n_chunks;
    /* speed */
    int64_t n_prompt, n_gen, n_depth, repetitions, n_warmup;
    const char *workloads;
    bool ttft;
    /* tasks */
    const char *tasks, *data, *include_path, *seed, *fewshot, *system_instruction, *add_bos, *output_path;
    int64_t num_fewshot, n_sample, sample_seed, max_length, request_ctx;
    double limit;
    bool apply_chat_template, fewshot_as_multiturn, share_prefixes, log_samples;
    /* generation */
    int64_t slots, max_gen_toks, top_k, gen_seed;
    double temperature, top_p;
    const char *gen_kwargs;
    /* thinking */
    const char *think;
    /* memory */
    int64_t memory_ctx, ram_limit;
    /* convert */
    const char *outtype, *levels;
    /* quantize */
    const char *imatrix;
    bool allow_requantize, pure, overwrite;
    /* run */
    const char *store, *out_dir, *tier;
    bool keep_files, retry_failed;
    int64_t disk_budget, memory_budget;
    /* verdicts */
    const char *where, *composite;
    double margin;
    int64_t resamples;
    bool items;
    /* recommend */
    int64_t ram;
    const char *reserve, *task_weights;
    double min_tps, tolerance;
    /* serve */
    const char *host;
    int64_t port;
    bool table;
    /* hub */
    bool dataset, pull, dry_run, is_private;
    const char *space;
    /* output */
    const char *output;
    bool json, verbose, quiet;
    /* export */
    const char *license;
    /* preview */
    const char *measures;
    bool keep;
    /* help */
    bool man, licences;
};

extern const struct opt_table settings_table;

/* JSON object of the settings of the groups (NULL: all), in a; only_moving: those that are part of an identity. */
const char *settings_json(struct arena *a, const struct settings *s, const char *const *groups, bool only_moving);
/* A JSON object that settings_json made, without the settings of the groups; in a, or json itself when it is none. */
const char *settings_without(struct arena *a, const char *json, const char *const *groups);
/* The store file: as set, or perbit.db. Borrowed. */
const char *settings_store(const struct settings *s);
/* The engine settings as the backend wants them. */
void settings_backend_params(const struct settings *s, struct backend_params *out);

#endif
