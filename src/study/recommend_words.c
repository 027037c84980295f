/* A recommendation in sentences; declared in recommend.h. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/units.h"
#include "study/recommend_internal.h"

#include "base/banned.h"

enum { LISTED_MAX = 6 };

static void say(struct recommend *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct recommend *r, const char *fmt, ...)
{
    struct buf b = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    const char **more = arena_alloc(&r->arena, (size_t)(r->n_sentences + 1) * sizeof *more);
    if (r->n_sentences)
        memcpy(more, r->sentences, (size_t)r->n_sentences * sizeof *more);
    more[r->n_sentences++] = arena_strdup(&r->arena, b.data);
    r->sentences = more;
    buf_release(&b);
}

static const char *bytes(struct recommend *r, double n)
{
    char text[32];
    units_format_bytes(text, sizeof text, (int64_t)n);
    return arena_strdup(&r->arena, text);
}

static const struct matrix_variant *variant_of(const struct recommend *r, const struct recommend_row *row)
{
    return &r->matrix->variants[row->variant];
}

static const char *how_known(const struct recommend *r, const struct matrix_variant *v)
{
    static const char *const names[] = { [MATRIX_MEMORY_NONE] = "unknown", [MATRIX_MEMORY_MEASURED] = "measured",
                                         [MATRIX_MEMORY_PREDICTED] = "predicted",
                                         [MATRIX_MEMORY_FILE] = "weights and cache by the file alone, without buffers" };
    (void)r;
    return names[v->memory];
}

static int pct(const struct recommend *r)
{
    return (int)lround(100 * r->options.confidence);
}

/* --- what was chosen --------------------------------------------------------------------------- */

static void say_best(struct recommend *r, const struct recommend_row *best)
{
    const struct matrix_variant *v = variant_of(r, best);
    say(r, "%s of memory, %s of it kept for the system and other programs: %s.", bytes(r, r->options.ram_bytes), bytes(r, r->reserve_bytes), v->name);
    say(r, "Its quality (%s) is %.1f %% (%d %% %.1f to %.1f): the highest lower end of the %d variant%s that fit%s%s.", r->quality_name,
        100 * best->quality.value, pct(r), 100 * best->quality.low, 100 * best->quality.high, r->n_fit, r->n_fit == 1 ? "" : "s",
        r->n_fit == 1 ? "s" : "", r->options.min_tps > 0 ? arena_printf(&r->arena, " and generate %g tokens a second", r->options.min_tps) : "");
    say(r, "It needs %s (%s%s) and its file has %s.", bytes(r, v->memory_bytes), how_known(r, v),
        v->memory_ctx > 0 ? arena_printf(&r->arena, ", at %lld tokens of context", (long long)v->memory_ctx) : "", bytes(r, v->file_bytes));
    if (isfinite(best->tps))
        say(r, best->is_tps_predicted ? "It was not timed: about %.1f tokens a second, predicted from the bandwidth that others reached."
                                      : "It generates %.1f tokens a second or more (lower end of what was measured).", best->tps);
    if (isfinite(best->pareto))
        say(r, "It is on the frontier of quality against file size in %.0f %% of resamples.", 100 * best->pareto);
    if (v->is_upcast)
        say(r, "Its file has more bits than the source it was made from, so it cannot be better than that.");
}

static const char *behind_text(struct recommend *r, const struct recommend_row *row)
{
    const struct bootstrap *b = &row->behind;
    return arena_printf(&r->arena, "%.1f points %s (%d %% %.1f to %.1f)", fabs(100 * b->value), b->value > 0 ? "ahead" : "behind", pct(r), 100 * b->low,
                        100 * b->high);
}

static void say_runner_up(struct recommend *r)
{
    if (r->runner_up < 0) {
        say(r, "Nothing else fits: there is no runner-up.");
        return;
    }
    const struct recommend_row *row = &r->rows[r->runner_up];
    say(r, "Runner-up: %s, %s: %s.", variant_of(r, row)->name, behind_text(r, row),
        row->is_alike ? "these questions cannot tell the two apart" : "surely worse");
}

static void say_alike(struct recommend *r)
{
    struct buf b = BUF_INIT;
    const struct recommend_row *smallest = NULL;
    int n = 0;
    for (int i = 1; i < r->n_fit; i++) {
        const struct recommend_row *row = &r->rows[i];
        if (!row->is_alike)
            continue;
        if (n++ < LISTED_MAX)
            buf_printf(&b, "%s%s", b.len ? ", " : "", variant_of(r, row)->name);
        if (!smallest || variant_of(r, row)->memory_bytes < variant_of(r, smallest)->memory_bytes)
            smallest = row;
    }
    if (n > LISTED_MAX)
        buf_printf(&b, " and %d more", n - LISTED_MAX);
    if (n > 0)
        say(r, "Of those that fit, these questions cannot tell it apart from %s.", b.data);
    if (smallest && variant_of(r, smallest)->memory_bytes < variant_of(r, &r->rows[0])->memory_bytes)
        say(r, "The smallest of these is %s: %s of memory, %s.", variant_of(r, smallest)->name, bytes(r, variant_of(r, smallest)->memory_bytes),
            behind_text(r, smallest));
    buf_release(&b);
}

/* --- what was not ------------------------------------------------------------------------------ */

/* Those that would have been chosen. */
static void say_out_of_reach(struct recommend *r)
{
    const double best = r->best >= 0 ? r->rows[0].quality.low : -INFINITY;
    struct buf b = BUF_INIT;
    int n = 0;
    for (int i = r->n_fit; i < r->n_rows; i++)
        if (r->rows[i].has_quality && r->rows[i].quality.low > best && n++ < LISTED_MAX)
            buf_printf(&b, "%s%s (%.1f %%; %s)", b.len ? ", " : "", variant_of(r, &r->rows[i])->name, 100 * r->rows[i].quality.value, r->rows[i].why_not);
    if (n > LISTED_MAX)
        buf_printf(&b, " and %d more", n - LISTED_MAX);
    if (n > 0)
        say(r, "%s: %s.", r->best >= 0 ? "Better, but out of reach" : "Out of reach", b.data);
    buf_release(&b);
}

static void say_counts(struct recommend *r)
{
    int n_large = 0, n_slow = 0, n_unknown = 0;
    for (int i = 0; i < r->n_rows; i++) {
        const struct recommend_row *row = &r->rows[i];
        n_unknown += !row->has_quality;
        n_large += row->has_quality && !row->fits_memory;
        n_slow += row->has_quality && row->fits_memory && !row->fits_speed;
    }
    if (n_large + n_slow + n_unknown > 0)
        say(r, "Of %d variants %d fit, %d need too much memory, %d are too slow, and of %d the quality was not measured.", r->n_rows, r->n_fit, n_large,
            n_slow, n_unknown);
}

static void say_nothing_fits(struct recommend *r)
{
    const struct recommend_row *nearest = NULL;
    for (int i = 0; i < r->n_rows; i++)
        if (r->rows[i].has_quality && isfinite(r->rows[i].over_bytes) && (!nearest || r->rows[i].over_bytes < nearest->over_bytes))
            nearest = &r->rows[i];
    say(r, "%s of memory, %s of it kept for the system and other programs: nothing that was measured can be recommended.",
        bytes(r, r->options.ram_bytes), bytes(r, r->reserve_bytes));
    if (nearest && !nearest->fits_memory)
        say(r, "The smallest, %s, needs %s (%s), %s more than there is.", variant_of(r, nearest)->name, bytes(r, variant_of(r, nearest)->memory_bytes),
            how_known(r, variant_of(r, nearest)), bytes(r, nearest->over_bytes));
}

static void say_matched(struct recommend *r)
{
    int n[VERDICT_COUNT] = { 0 };
    for (int i = 0; i < r->n_matched; i++)
        n[r->matched[i].verdict]++;
    if (r->n_matched > 0)
        say(r, "A bigger model at fewer bits against a smaller one at more, files within %.0f %% of each other: %d pair%s; the bigger is better by more "
            "than %.1f points in %d, worse in %d, the same within that in %d, undecided in %d.", 100 * r->options.tolerance, r->n_matched,
            r->n_matched == 1 ? "" : "s", 100 * r->options.margin, n[VERDICT_BETTER], n[VERDICT_WORSE], n[VERDICT_SAME], n[VERDICT_UNDECIDED]);
}

void recommend_say(struct recommend *r)
{
    if (r->best >= 0) {
        say_best(r, &r->rows[r->best]);
        say_runner_up(r);
        say_alike(r);
    } else {
        say_nothing_fits(r);
    }
    say_out_of_reach(r);
    say_counts(r);
    say_matched(r);
}
