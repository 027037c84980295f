/*
 * dashboard: what the interactive part of a page reads, as JSON: variants, their scores by task, and which questions they got
 * right (page/data.js reads it).
 *
 * variants  one row a variant; columns model and level, and any others: what the page knows by name is used as such
 *             score_pct score_lo_pct score_hi_pct   composite        rank rank_hi   shared ranks
 *             diff_pct diff_lo_pct diff_hi_pct verdict margin_pct    against the base
 *             size_gb ram_gb gen_tps                filters and advice
 *             family adapter settings is_upcast is_recommended (why, or empty) missing (what is, in words)
 *           the rest are columns to choose from. X_lo, X_hi (before the unit) are the ends of the interval of X
 * scores    one row a (variant, task): columns variant (row in variants), task, and columns named as in variants, which take
 *           the place of the composite's when a task is chosen
 * items     questions of each task
 *   score     [n_variants] pointers to [n]: more than one half is right, NaN not asked; NULL: has not run it
 *   leaf      [n] rising, of n_leaves named parts; doc [n] number in its part
 *   question  [n] what it asks, short, NULL: not said; or NULL
 *
 * JSON      {"synthetic", "margin_pct", "notes": [...], "variants": {"columns": [...], "rows": [[...]]}, "scores": the same,
 *           "items": [{"task", "n", "right": [base64 or null], "asked": [base64, or null: all], "leaves": [{"name", "at"}],
 *           "documents": [...], or null: 0, 1, 2 ... in each part,
 *           "questions": {"12": text}}], "no_questions": why some have no text, or null}; bit i of byte i / 8 is question i, lowest first
 * Cost      n / 6 characters a variant and task: 0.4 MB for 88 variants and 27,000 questions
 * Errors    none     Owns  nothing     Tests  unit/test_dashboard.c, browser/dashboard.sh
 */
#ifndef PERBIT_REPORT_DASHBOARD_H
#define PERBIT_REPORT_DASHBOARD_H

#include "base/buf.h"
#include "core/frame.h"

struct dashboard_items {
    const char *task;
    int n;
    const double *const *score;
    const char *const *leaves;
    int n_leaves;
    const int *leaf;
    const int64_t *doc;
    const char *const *question;
};

struct dashboard {
    const struct frame *variants, *scores;
    const struct dashboard_items *items;
    int n_items;
    double margin_pct;        /* of verdicts, in points */
    const char *const *notes; /* what was left out, and why */
    int n_notes;
    const char *no_questions; /* why texts of questions are not there; NULL */
};

void dashboard_json(struct buf *out, const struct dashboard *d);

#endif
