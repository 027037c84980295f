#include "tasks/measures.h"

#include <assert.h>

#include "base/banned.h"

void measures_add_parts(struct measures *m, const char *name, double sum, int n)
{
    assert(m->n < MEASURES_MAX);
    m->v[m->n++] = (struct measure){name, sum, n};
}

void measures_add(struct measures *m, const char *name, double value)
{
    measures_add_parts(m, name, value, 1);
}
