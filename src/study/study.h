/*
 * study: a study file: models x levels x measures, and settings. One YAML mapping, flat:
 *
 *   name: laptop
 *   models:
 *     - name: SmolLM2-135M-Instruct      # shown in tables; the file's own name when left out
 *       path: smollm2-bf16.gguf          # the source, relative to the study file; or a folder of safetensors (study/source.h)
 *       hub: org/SmolLM2-135M-GGUF       # or instead of path: a repository of the hub, with
 *       revision: main                   #   a branch, tag or commit
 *       file: SmolLM2-135M-BF16.gguf     #   and a file; the BF16 (F16, F32) or only GGUF when left out, or its safetensors
 *       imatrix: smollm2.imatrix.gguf    # optional
 *       config: shapes/smollm2.json      # optional: its config.json, for plan and preview while the model is not here
 *       files: { Q4_K_M: ready.gguf }    # optional: levels that somebody made already; hub:REPO:FILE as everywhere
 *       adapters:                        # optional: LoRA adapters; every level is measured without and with each of them
 *         - maths.gguf                   # or FILE:SCALE, or
 *         - { path: maths.gguf, scale: 0.5, name: maths at half }
 *   levels: [BF16, Q8_0, Q4_K_M]         # all eight of the guide when left out
 *   base: BF16                           # the first level when left out
 *   measures: [kl, speed, memory]        # rows of core/kind.c
 *   tasks: [mmlu, hellaswag]            # none when left out; measures then has no default
 *   file: wiki.test.raw                  # and every other setting of study/settings.c, by its key
 *   tiers:                               # optional: parts of the study that are run one by one, in this order (--tier 2)
 *     - name: core                       # a number counts too, from 1
 *       models: [SmolLM2-135M-Instruct]  # names of the study's models; all when left out
 *       levels: [BF16, Q4_K_M]           # and base, measures, tasks and settings, as above: a tier's own go before the study's
 *       tasks: [mmlu]                    # measures or tasks in a tier are all that it does
 *
 *   profiles:                            # optional: computers that plan can answer for (study_profile)
 *     - { name: laptop, ram: 8GB, vram: 0, n_gpu_layers: 0, price_per_hour: 0.5, note: the one under the desk }
 *
 * A tier is a whole study of its own; what two of them measure with equal settings is one cell in the store. Tiers that follow
 * each other under one name are one tier in parts, run and counted as one: settings hold for a whole part.
 *
 * Errors  ERR_USAGE "FILE:LINE:COL: what was expected; did you mean ...?"; with several mistakes err counts them and
 *         out->mistakes [n_mistakes] has one line for each, so that one reading shows them all
 * Owns    everything lives in the arena        Tests  unit/test_study.c, cli/bad_input.sh
 */
#ifndef PERBIT_STUDY_STUDY_H
#define PERBIT_STUDY_STUDY_H

#include "base/arena.h"
#include "base/err.h"
#include "core/kind.h"
#include "study/adapter.h"
#include "study/settings.h"

struct study_file {
    const char *level, *path;
};

struct study_model {
    const char *name;     /* NULL: as the file says */
    const char *path;     /* or "hub:REPO@REVISION:FILE", until pull_study was here */
    const char *imatrix;  /* NULL: none */
    const char *config;   /* a config.json of its shape; NULL: none was named */
    const struct study_file *files;
    int n_files;
    const struct adapter *adapters; /* [n_adapters], beside none at all */
    int n_adapters;
    bool has_adapters;    /* the list was given; if not, the settings' adapter counts */
    const char *reason;   /* why a file of the hub is not here, or NULL */
};

/* A computer; 0 or NaN (price): the study does not say. */
struct study_profile {
    const char *name;
    int64_t ram_bytes, vram_bytes;
    int64_t n_gpu_layers; /* -1: not said */
    double price_per_hour;
    const char *note;     /* NULL: none */
};

struct study {
    const char *name;
    const char *path;     /* of the study file; NULL for a study made by a command */
    const struct study_model *models;
    int n_models;
    const char *const *levels; /* [n_levels]; names of core/quant.c. n_levels 0: each model's file as it is */
    int n_levels;
    const char *base;     /* level */
    const char *base_path;/* a base of a command: a file, or NULL */
    enum kind measures[KIND_COUNT];
    int n_measures;
    struct settings settings;
    const char *tier;     /* name or number of a tier; NULL for a study as a whole */
    const struct study *tiers; /* [n_tiers] */
    int n_tiers;
    const struct study_profile *profiles; /* [n_profiles] */
    int n_profiles;
    const char *const *mistakes; /* [n_mistakes], after study_load failed; NULL otherwise */
    int n_mistakes;
};

/* settings: values from the command line, used where the file says nothing. */
int study_load(struct study *out, struct arena *a, const char *path, const struct settings *defaults,
               struct err *err);
/* What is to be run, *out [*out_n]: the tier of that name or number with all its parts, all tiers (tier NULL), or the study
   itself, which has none. ERR_USAGE no such tier. */
int study_parts(const struct study **out, int *out_n, const struct study *s, const char *tier, struct err *err);

/* Where files of levels go: settings.out_dir, else models beside the study file. */
const char *study_out_dir(const struct study *s, struct arena *a);
/* Models' names become file names: anything that a file system or a shell dislikes becomes '-'. */
char *study_file_stem(struct arena *a, const char *name);

#endif
