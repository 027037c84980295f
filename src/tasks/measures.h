/*
 * measures: the named figures of one item.
 *
 *   struct measures m = {0};
 *   measures_add(&m, "exact_match", 1);
 *   measures_add_parts(&m, "inst_level_strict_acc", 2, 3);      two of three instructions
 *
 * The figure of the item is sum / n. Over items: the mean of figures, or, for a measure in parts, the sum of sums over
 * the sum of n (lm-evaluation-harness's inst_level_acc).
 *
 * Owns    nothing: names are constant text
 */
#ifndef PERBIT_TASKS_MEASURES_H
#define PERBIT_TASKS_MEASURES_H

enum { MEASURES_MAX = 24 };

struct measure {
    const char *name;
    double sum;
    int n; /* parts; 1 for most */
};

struct measures {
    struct measure v[MEASURES_MAX];
    int n;
};

void measures_add(struct measures *m, const char *name, double value);
void measures_add_parts(struct measures *m, const char *name, double sum, int n);

#endif
