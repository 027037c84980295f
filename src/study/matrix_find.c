/* Looking things up in a matrix; declared in matrix.h. */
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "study/matrix.h"

#include "base/banned.h"

static int n_whole_tasks(const struct matrix *m, int v)
{
    int n = 0;
    for (int t = 0; t < m->n_tasks; t++)
        n += m->tasks[t].whole[v] != NULL;
    return n;
}

/* Without an adapter rather than with one; then the one with more tasks. */
static bool is_better_at(const struct matrix *m, int v, int best)
{
    const bool plain = !m->variants[v].adapter[0], best_plain = best >= 0 && !m->variants[best].adapter[0];
    return best < 0 || (plain != best_plain ? plain : n_whole_tasks(m, v) > n_whole_tasks(m, best));
}

int matrix_at(const struct matrix *m, int i_model, const char *level)
{
    int best = -1;
    for (int v = 0; v < m->n_variants; v++)
        if (m->variants[v].i_model == i_model && strcmp(m->variants[v].level, level) == 0 && is_better_at(m, v, best))
            best = v;
    return best;
}

int matrix_find_task(const struct matrix *m, const char *name)
{
    for (int t = 0; t < m->n_tasks; t++)
        if (strcmp(m->tasks[t].name, name) == 0)
            return t;
    return -1;
}

bool matrix_has_composite(const struct matrix *m)
{
    int n = 0;
    for (int t = 0; t < m->n_tasks; t++)
        n += m->tasks[t].in_composite;
    return n > 1;
}

const char *matrix_column_name(const struct matrix *m, int column)
{
    return column < m->n_tasks ? m->tasks[column].name : "composite";
}

double matrix_value(const struct matrix *m, int variant, int column)
{
    return m->joint ? joint_value(m->joint, (size_t)variant, (size_t)column) : (double)NAN;
}

static bool holds(const char *text, const char *part, size_t n)
{
    for (; n > 0 && *text; text++)
        if (strncasecmp(text, part, n) == 0)
            return true;
    return n == 0;
}

struct wanted {
    const char *model, *level; /* level NULL: any */
    size_t n_model;
};

static struct wanted want(const char *text)
{
    const char *at = strrchr(text, '@');
    return at ? (struct wanted){ text, at[1] ? at + 1 : NULL, (size_t)(at - text) } : (struct wanted){ text, NULL, strlen(text) };
}

/* 3 by its own name, 2 by model and level whole, 1 by a part of the model's name, or by the level alone; 0 not meant. */
static int rank_match(const struct matrix_variant *v, const char *text)
{
    const struct wanted w = want(text);
    if (strcasecmp(v->name, text) == 0)
        return 3;
    if (!strchr(text, '@') && strcasecmp(v->level, text) == 0)
        return 2;
    if (w.level && strcasecmp(v->level, w.level) != 0)
        return 0;
    if (strlen(v->model) == w.n_model && strncasecmp(v->model, w.model, w.n_model) == 0)
        return 2;
    return holds(v->model, w.model, w.n_model) ? 1 : 0;
}

int matrix_find(int *out, const struct matrix *m, int i_store, const char *text, struct err *err)
{
    struct buf names = BUF_INIT;
    int best = 0, n = 0;
    for (int v = 0; v < m->n_variants; v++) {
        const int rank = i_store >= 0 && m->variants[v].i_store != i_store ? 0 : rank_match(&m->variants[v], text);
        if (rank > best) {
            best = rank;
            n = 0;
            buf_clear(&names);
        }
        if (rank == best && rank > 0) {
            *out = v;
            buf_printf(&names, "%s%s@%s", n++ ? ", " : "", m->variants[v].model, m->variants[v].level);
        }
    }
    for (int v = 0; n == 0 && v < m->n_variants; v++)
        if (i_store < 0 || m->variants[v].i_store == i_store)
            buf_printf(&names, "%s%s@%s", names.len ? ", " : "", m->variants[v].model, m->variants[v].level);
    int rc = n == 1 ? 0 : err_set(err, ERR_USAGE, n > 1 ? "'%s' is several variants: %s" : "no variant '%s'; there are: %s", text, names.data);
    buf_release(&names);
    return rc;
}
