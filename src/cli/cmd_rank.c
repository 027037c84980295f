#include <string.h>

#include "cli/verdicts.h"
#include "study/rank.h"

static const char *const groups[] = { "verdicts", "store", "output", NULL };

static void inversions(struct frame *out, const struct rank *r)
{
    rank_inversions_frame(out, r, false);
}

static const char *const level_shown[] = { "column", "level", "models", "tau", "tau_lo", "tau_hi", "pairs", "inverted", "claimed", "open_base", "open", NULL };
static const char *const cliff_shown[] = { "column", "model", "outcome", "at_bpw", "lo_bpw", "hi_bpw", "slope", "p_holm", "claimed", NULL };

static const struct {
    const char *name, *heading;
    void (*make)(struct frame *out, const struct rank *r);
    const char *const *shown;
    bool with_words; /* stands under the sentences */
} views[] = {
    { "levels", "Does the order hold?", rank_frame, level_shown, true },
    { "inversions", "Pairs seen the other way round", inversions, NULL, false },
    { "places", "Places: models that cannot be told apart share one", rank_places_frame, NULL, false },
    { "cliffs", "Where losses begin", rank_cliffs_frame, cliff_shown, false },
    { "sensitivity", "Points lost for each bit per weight less", rank_sensitivity_frame, NULL, true },
};
enum { N_VIEWS = sizeof views / sizeof views[0] };

static int find_view(const char *name)
{
    for (int i = 0; i < N_VIEWS; i++)
        if (strcmp(views[i].name, name) == 0)
            return i;
    return -1;
}

static int print_view(const struct rank *r, int view, const struct settings *s, bool has_heading, struct err *err)
{
    struct frame f;
    views[view].make(&f, r);
    int rc = has_heading ? verdicts_table(views[view].heading, &f, s, views[view].shown, err) : print_frame(&f, s, views[view].shown, err);
    frame_release(&f);
    return rc;
}

static int print_words(const struct rank *r, const struct settings *s, struct err *err)
{
    verdicts_say(s, &r->answer, 1, r->matrix->is_synthetic);
    verdicts_say(s, r->sentences, r->n_sentences, false);
    for (int i = 0; i < N_VIEWS; i++)
        if (views[i].with_words && print_view(r, i, s, true, err) < 0)
            return -1;
    return 0;
}

static int run(struct invocation *in, struct err *err)
{
    struct matrix *m;
    int view = in->n_args > 0 ? find_view(in->args[0]) : -1;
    const char *path = view < 0 ? (in->n_args > 0 ? in->args[0] : NULL) : in->n_args > 1 ? in->args[1] : NULL;
    if (verdicts_load(&m, in, path, false, err) < 0)
        return EXIT_FAILED;
    struct rank *r = rank_of(m, &(struct rank_options)RANK_DEFAULT);
    int rc = view < 0 && verdicts_for_people(&in->settings) ? print_words(r, &in->settings, err)
                                                            : print_view(r, view < 0 ? 0 : view, &in->settings, false, err);
    rank_close(r);
    matrix_close(m);
    return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_rank = {
    .name = "rank", .synopsis = "[levels|inversions|places|cliffs|sensitivity] [STORE|STUDY.yaml]",
    .summary = "do the rankings of models at full precision hold at each level?",
    .details = "In words and tables: Kendall's tau-b between the order of the models at their bases and at each level, pairs\n"
               "that changed places beyond doubt (Holm over all pairs and levels), pairs that the questions cannot decide, how\n"
               "sensitive each task is, and where each model begins to lose.\n",
    .max_args = 2, .groups = groups, .run = run,
};
