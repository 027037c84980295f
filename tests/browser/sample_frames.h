/*
 * sample_frames: made-up frames for tests and for looking at charts; flagged synthetic.
 * n_models up to 11, n_levels up to 8. The caller releases f.
 */
#ifndef PERBIT_TESTS_SAMPLE_FRAMES_H
#define PERBIT_TESTS_SAMPLE_FRAMES_H

#include <math.h>

#include "core/frame.h"

enum { SAMPLE_MODELS = 11, SAMPLE_LEVELS = 8 };

static const char *const sample_models[SAMPLE_MODELS] = {
    "Made-up-135M", "Made-up-360M", "Made-up-0.6B", "Made-up-1B-Instruct", "Made-up-1.5B", "Made-up-1.7B",
    "Made-up-2B-it", "Made-up-3B", "Made-up-3B-Coder", "Made-up-mini-3.8B", "Made-up-4B"};
static const double sample_params[SAMPLE_MODELS] = {0.135e9, 0.362e9, 0.6e9, 1.24e9, 1.54e9, 1.72e9,
                                                    2.6e9,   3.21e9,  3.1e9, 3.84e9, 4.02e9};
static const char *const sample_levels[SAMPLE_LEVELS] = {"BF16",   "Q8_0",   "Q6_K",   "Q5_K_M",
                                                         "Q4_K_M", "Q4_K_S", "Q3_K_M", "Q2_K"};
static const double sample_level_bpw[SAMPLE_LEVELS] = {16, 8.5, 6.56, 5.67, 4.83, 4.57, 3.89, 2.96};

static inline double sample_bpw(int model, int level)
{
    double small = level == 0 ? 0 : 0.9 * 0.135e9 / sample_params[model]; /* embeddings weigh more */
    return sample_level_bpw[level] * (1 + 0.02 * ((model * 7) % 5 - 2) * (level > 1)) + small;
}

static inline int sample_column(struct frame *f, const char *name, const char *unit, const char *label,
                                int decimals)
{
    int c = frame_add_column(f, name, unit, decimals < -1 ? FRAME_TEXT : FRAME_NUM);
    frame_set_label(f, c, label, decimals < -1 ? -1 : decimals);
    return c;
}

static inline void sample_perplexity(struct frame *f, int n_models, int n_levels)
{
    frame_init(f, "perplexity");
    f->is_synthetic = true;
    int model = sample_column(f, "model", "", "Model", -2), level = sample_column(f, "level", "", "Level", -2);
    int bpw = sample_column(f, "bpw", "bit", "Bits per weight", 2);
    int ppl = sample_column(f, "ppl", "", "Perplexity", 3);
    int loss = sample_column(f, "loss_pct", "%", "Increase over base", 2);
    int lo = sample_column(f, "loss_lo_pct", "%", "Increase, 95 % low", 2);
    int hi = sample_column(f, "loss_hi_pct", "%", "Increase, 95 % high", 2);
    int kl = sample_column(f, "kl_nat", "nat", "Mean KL", 5);
    int kl_lo = sample_column(f, "kl_lo_nat", "nat", "Mean KL, 95 % low", 5);
    int kl_hi = sample_column(f, "kl_hi_nat", "nat", "Mean KL, 95 % high", 5);
    for (int m = 0; m < n_models; m++)
        for (int l = 0; l < n_levels; l++) {
            int r = frame_add_row(f);
            double b = sample_bpw(m, l), size = pow(1e9 / sample_params[m], 0.5);
            double k = l == 0 ? 0 : 0.9 * size * exp(-1.25 * (b - 2.2)) + 0.0004 * size;
            double p = 100 * (exp(k * (0.9 + 0.05 * (m % 4))) - 1) + (l ? 0.03 * ((m + l) % 3 - 1.2) : 0);
            frame_set_text(f, r, model, sample_models[m]);
            frame_set_text(f, r, level, sample_levels[l]);
            frame_set_num(f, r, bpw, b);
            frame_set_num(f, r, ppl, (9 + 4 * size) * (1 + p / 100));
            frame_set_num(f, r, loss, p);
            frame_set_num(f, r, lo, l ? p - 0.1 - 0.06 * fabs(p) : 0);
            frame_set_num(f, r, hi, l ? p + 0.1 + 0.06 * fabs(p) : 0);
            frame_set_num(f, r, kl, k);
            frame_set_num(f, r, kl_lo, k * 0.93);
            frame_set_num(f, r, kl_hi, k * 1.07);
        }
}

static inline void sample_speed(struct frame *f, int n_models, int n_levels)
{
    frame_init(f, "speed");
    f->is_synthetic = true;
    int model = sample_column(f, "model", "", "Model", -2), level = sample_column(f, "level", "", "Level", -2);
    int size = sample_column(f, "size_gb", "GB", "File size", 3);
    int gen = sample_column(f, "gen_tps", "tokens/s", "Generation", 1);
    int gen_lo = sample_column(f, "gen_lo_tps", "tokens/s", "Generation, 95 % low", 1);
    int gen_hi = sample_column(f, "gen_hi_tps", "tokens/s", "Generation, 95 % high", 1);
    int prompt = sample_column(f, "prompt_tps", "tokens/s", "Prompt", 1);
    int prompt_lo = sample_column(f, "prompt_lo_tps", "tokens/s", "Prompt, 95 % low", 1);
    int prompt_hi = sample_column(f, "prompt_hi_tps", "tokens/s", "Prompt, 95 % high", 1);
    for (int m = 0; m < n_models; m++)
        for (int l = 0; l < n_levels; l++) {
            int r = frame_add_row(f);
            double gb = sample_params[m] * sample_bpw(m, l) / 8e9;
            double g = 30 / (gb + 0.12) * (1 + 0.04 * ((m + 3 * l) % 5 - 2));
            double p = 160e9 / sample_params[m] * (l == 0 ? 0.5 : 1 - 0.05 * ((l * 3) % 7));
            frame_set_text(f, r, model, sample_models[m]);
            frame_set_text(f, r, level, sample_levels[l]);
            frame_set_num(f, r, size, gb);
            frame_set_num(f, r, gen, g);
            frame_set_num(f, r, gen_lo, g * 0.96);
            frame_set_num(f, r, gen_hi, g * 1.03);
            frame_set_num(f, r, prompt, p);
            frame_set_num(f, r, prompt_lo, p * 0.92);
            frame_set_num(f, r, prompt_hi, p * 1.05);
        }
}

#endif
