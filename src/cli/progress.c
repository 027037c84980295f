#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "stats/binomial.h"

static const double REDRAW_S = 0.1;

void progress_clear(void *ctx)
{
    struct progress *p = ctx;
    if (p->is_drawn)
        fputs("\r\033[K", stderr);
    p->is_drawn = false;
}

/* The mean so far with Wilson's interval. */
static void draw_accuracy(const struct run_progress *r)
{
    struct interval ci = binomial_wilson((int64_t)(r->score_sum + 0.5), r->n_scored, 0.95);
    fprintf(stderr, ", acc %.3f (%.3f to %.3f)", r->score_sum / (double)r->n_scored, ci.low, ci.high);
}

/* "about 3 min to go"; "more than 3 min to go" where some kinds of cells were never timed. */
static void draw_eta(const struct run_progress *r)
{
    char eta[32];
    if (r->eta_is_partial && r->eta_s < 1) {
        fputs(", measuring", stderr);
        return;
    }
    if (r->eta_s <= 0)
        return;
    units_format_duration(eta, sizeof eta, r->eta_s);
    fprintf(stderr, ", %s %s to go", r->eta_is_partial ? "more than" : "about", eta);
}

static void draw(void *ctx, const struct run_progress *r)
{
    struct progress *p = ctx;
    double now_s = clock_s();
    if (!p->is_terminal || p->is_quiet || now_s - p->drawn_s < REDRAW_S)
        return;
    p->drawn_s = now_s;
    fprintf(stderr, "\r\033[K[%d/%d] %s %s %s", r->i_cell + 1, r->n_cells, r->model, r->level, r->kind);
    if (r->total > 0)
        fprintf(stderr, ": %s %" PRId64 "/%" PRId64, r->unit ? r->unit : "", r->done, r->total);
    if (r->tps > 0)
        fprintf(stderr, ", %.*f t/s", r->tps < 10 ? 1 : 0, r->tps);
    if (r->n_scored > 0)
        draw_accuracy(r);
    draw_eta(r);
    p->is_drawn = true;
}

static void finished(void *ctx, const struct plan_cell *c, const struct run_progress *r, double elapsed_s)
{
    struct progress *p = ctx;
    char took[32];
    units_format_duration(took, sizeof took, elapsed_s);
    if (c->reason)
        log_warn("[%d/%d] %s %s %s failed: %s", r->i_cell, r->n_cells, r->model, r->level, r->kind, c->reason);
    else if (!p->is_quiet)
        log_info("[%d/%d] %s %s %s: %s", r->i_cell, r->n_cells, r->model, r->level, r->kind, took);
}

/* "org/name: 2 of 5 files, 1.2 GiB of 3.0 GiB, 85 MiB/s" */
static void draw_transfer(void *ctx, const struct hub_progress *h)
{
    struct progress *p = ctx;
    char done[32], total[32], rate[32];
    double now_s = clock_s();
    if (!p->is_terminal || p->is_quiet || now_s - p->drawn_s < REDRAW_S)
        return;
    p->drawn_s = now_s;
    units_format_bytes(done, sizeof done, h->done_bytes);
    units_format_bytes(total, sizeof total, h->total_bytes);
    units_format_bytes(rate, sizeof rate, (int64_t)h->bytes_per_s);
    fprintf(stderr, "\r\033[K%s: %d of %d files, %s of %s", h->what, h->n_done, h->n_files, done, total);
    if (h->waits_for)
        fprintf(stderr, ", waiting for %s", h->waits_for);
    else if (h->bytes_per_s > 0)
        fprintf(stderr, ", %s/s", rate);
    p->is_drawn = true;
}

struct hub_view progress_hub_view(struct progress *p)
{
    return (struct hub_view){ .progress = draw_transfer, .ctx = p };
}

void progress_init(struct progress *p, bool is_quiet)
{
    *p = (struct progress){ .is_terminal = isatty(STDERR_FILENO), .is_quiet = is_quiet };
    log_set_hook(progress_clear, p);
}

struct run_view progress_view(struct progress *p)
{
    return (struct run_view){ .progress = draw, .finished = finished, .ctx = p };
}

void progress_release(struct progress *p)
{
    progress_clear(p);
    log_set_hook(NULL, NULL);
}
