/*
 * bench_make_store: a store as large as the guide's whole study, of made scores marked synthetic (tests/madestore.h says
 * which truths are planted): what pages, ranks and recommendations are tried and timed on.
 *
 *   bench_make_store STORE [--models N] [--levels N] [--tasks N] [--scale X] [--seed N] [--no-choices] [--fail TASK]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "madestore.h"

#include "base/banned.h"

static int usage(void)
{
    fprintf(stderr, "usage: bench_make_store STORE [--models N] [--levels N] [--tasks N] [--scale X] [--seed N] [--no-choices] [--fail TASK]\n");
    return 2;
}

static bool read_int(int *out, const char *option, const char *name, const char *value, int max)
{
    const int n = atoi(value);
    if (strcmp(option, name) != 0)
        return false;
    *out = n < 1 ? 1 : n > max ? max : n;
    return true;
}

int main(int argc, char **argv)
{
    struct made m = MADE_DEFAULT;
    struct store *s;
    struct err err = { 0 };
    if (argc < 2)
        return usage();
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--no-choices") == 0)
            m.has_choices = false;
        else if (strcmp(argv[i], "--scale") == 0)
            m.scale = atof(value), i++;
        else if (strcmp(argv[i], "--seed") == 0)
            m.seed = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--fail") == 0)
            m.fails = value, i++;
        else if (read_int(&m.n_models, argv[i], "--models", value, MADE_MODELS) || read_int(&m.n_levels, argv[i], "--levels", value, MADE_LEVELS) ||
                 read_int(&m.n_tasks, argv[i], "--tasks", value, MADE_TASKS))
            i++;
        else
            return usage();
    }
    int rc = store_open(&s, argv[1], STORE_WRITE, &err);
    if (rc == 0) {
        rc = made_write(s, &m, &err);
        store_close(s);
    }
    if (rc < 0)
        fprintf(stderr, "bench_make_store: %s\n", err.msg);
    return rc < 0;
}
