#include <string.h>

#include "base/units.h"
#include "cli/verdicts.h"
#include "study/recommend.h"

static const char *const groups[] = { "recommend", "verdicts", "store", "output", NULL };
static const char *const shown[] = { "model", "level", "standing", "quality", "lo", "hi", "behind", "memory_gib", "memory_is", "gen_tps", "speed_is",
                                     "pareto", "why_not", NULL };

static int read_options(struct recommend_options *out, const struct settings *s, struct err *err)
{
    int64_t reserve = -1;
    struct err why = { 0 };
    if (strcmp(s->reserve, "auto") != 0 && units_parse_bytes(&reserve, s->reserve, &why) < 0)
        return err_set(err, ERR_USAGE, "--reserve: %s, or auto", why.msg);
    *out = (struct recommend_options){ .ram_bytes = (double)s->ram, .reserve_bytes = (double)reserve, .min_tps = s->min_tps,
                                       .task_weights = s->task_weights, .confidence = 0.95, .margin = s->margin / 100,
                                       .tolerance = s->tolerance / 100 };
    return 0;
}

static int print_rows(const struct recommend *r, const struct settings *s, bool has_heading, struct err *err)
{
    struct frame f;
    recommend_frame(&f, r);
    int rc = has_heading ? verdicts_table("All variants", &f, s, shown, err) : print_frame(&f, s, shown, err);
    frame_release(&f);
    return rc;
}

static int print_matched(const struct recommend *r, const struct settings *s, bool has_heading, struct err *err)
{
    struct frame f;
    recommend_matched_frame(&f, r);
    int rc = has_heading ? verdicts_table("A bigger model at fewer bits, or a smaller one at more?", &f, s, NULL, err) : print_frame(&f, s, NULL, err);
    frame_release(&f);
    return rc;
}

static int print_all(const struct recommend *r, const struct settings *s, bool only_matched, struct err *err)
{
    if (only_matched)
        return print_matched(r, s, false, err);
    if (!verdicts_for_people(s))
        return print_rows(r, s, false, err);
    verdicts_say(s, r->sentences, r->n_sentences, r->matrix->is_synthetic);
    return print_rows(r, s, true, err) < 0 ? -1 : print_matched(r, s, true, err);
}

static int print_table(const struct matrix *m, const struct recommend_options *o, const struct settings *s, struct err *err)
{
    static const double ram[] = { 4.0 * (1 << 30), 8.0 * (1 << 30), 16.0 * (1 << 30) };
    struct frame f;
    int rc = recommend_table(&f, m, o, ram, 3, err);
    if (rc == 0)
        rc = print_frame(&f, s, NULL, err);
    frame_release(&f);
    return rc;
}

static int recommend(const struct matrix *m, const struct settings *s, bool only_matched, struct err *err)
{
    struct recommend_options o;
    struct recommend *r;
    if (read_options(&o, s, err) < 0)
        return -1;
    if (s->table)
        return print_table(m, &o, s, err);
    if (recommend_of(&r, m, &o, err) < 0)
        return -1;
    int rc = print_all(r, s, only_matched, err);
    recommend_close(r);
    return rc;
}

static int run(struct invocation *in, struct err *err)
{
    struct matrix *m;
    const bool only_matched = in->n_args > 0 && strcmp(in->args[0], "matched") == 0;
    const char *path = in->n_args > only_matched ? in->args[only_matched] : NULL;
    if (verdicts_load(&m, in, path, false, err) < 0)
        return EXIT_FAILED;
    int rc = recommend(m, &in->settings, only_matched, err);
    matrix_close(m);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_recommend = {
    .name = "recommend", .synopsis = "[matched] [STORE|STUDY.yaml] [--ram 8GiB] [--min_tps N]",
    .summary = "the best model and level that fit a memory and are fast enough",
    .details = "By the lower end of the interval of quality, under measured (else predicted, which is said) memory and speed;\n"
               "with the runner-up, what these questions cannot tell from it, what does not fit and by how much, and whether a\n"
               "bigger model at fewer bits beats a smaller one at more (matched: that table alone).\n",
    .max_args = 2, .groups = groups, .run = run,
};
