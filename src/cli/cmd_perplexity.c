#include <stdio.h>

#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "text", "perplexity", "divergence", "engine", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "chunks", "ppl", "ppl_se", "bits_per_byte", "ln_ratio",
                                     "ln_ratio_se", "kl_mean", "kl_se", "kl_median", "kl_p90", "kl_p95", "kl_p99",
                                     "kl_p999", "kl_max", "delta_p_rms_pct", "same_top_pct", "same_top_se_pct", NULL };

static int print_result(struct store *store, const struct settings *s, struct err *err)
{
    struct frame f;
    int rc = analyse_text(&f, store, err) < 0 ? -1 : print_frame(&f, s, shown, err);
    frame_release(&f);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    struct store *store;
    struct settings *s = &in->settings;
    bool has_base = s->kl_divergence || s->kl_divergence_base;
    if (!s->file && !s->kl_divergence_base) {
        err_set(err, ERR_USAGE, "missing option -f FILE: the text to measure on");
        return EXIT_USAGE;
    }
    measure_files(&study, in, in->args, in->n_args, has_base ? KIND_KL : KIND_PERPLEXITY);
    study.base_path = s->kl_divergence;
    if (measure_open_store(&store, s, err) < 0)
        return EXIT_FAILED;
    int status = measure_study(&study, store, "perplexity", err);
    if (status == EXIT_DONE)
        status = print_result(store, s, err);
    store_close(store);
    return status;
}

const struct command cmd_perplexity = {
    .name = "perplexity", .synopsis = "MODEL... -f FILE [--kl_divergence BASE]",
    .summary = "perplexity of a text, and KL divergence from a base model", .min_args = 1, .max_args = 31,
    .groups = groups, .run = run,
};
