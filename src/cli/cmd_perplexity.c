#include "cli/measure.h"
#include "study/analyse.h"

static const char *const groups[] = { "text", "perplexity", "divergence", "engine", "hub", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "adapter", "adapter_scale", "chunks", "ppl", "ppl_se", "bits_per_byte", "ln_ratio",
                                     "ln_ratio_se", "kl_mean", "kl_se", "kl_median", "kl_p90", "kl_p95", "kl_p99",
                                     "kl_p999", "kl_max", "delta_p_rms_pct", "same_top_pct", "same_top_se_pct", NULL };

static int run(struct invocation *in, struct err *err)
{
    struct study study;
    const struct settings *s = &in->settings;
    bool has_base = s->kl_divergence || s->kl_divergence_base;
    if (!s->file && !s->kl_divergence_base) {
        err_set(err, ERR_USAGE, "missing option -f FILE: the text to measure on");
        return EXIT_FAILED;
    }
    measure_files(&study, in, in->args, in->n_args, has_base ? KIND_KL : KIND_PERPLEXITY);
    study.base_path = s->kl_divergence;
    return measure_and_print(&study, "perplexity", analyse_text, shown, err);
}

const struct command cmd_perplexity = {
    .name = "perplexity", .synopsis = "MODEL... -f FILE [--kl_divergence BASE]",
    .summary = "perplexity of a text, and KL divergence from a base model", .min_args = 1, .max_args = 31,
    .groups = groups, .run = run,
};
