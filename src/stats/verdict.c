#include "stats/verdict.h"

#include "base/banned.h"

enum verdict verdict_of(struct interval ci, double margin)
{
    if (ci.low >= -margin && ci.high <= margin)
        return VERDICT_SAME;
    if (ci.high < -margin)
        return VERDICT_WORSE;
    return ci.low > margin ? VERDICT_BETTER : VERDICT_UNDECIDED;
}

const char *verdict_name(enum verdict v)
{
    static const char *const names[VERDICT_COUNT] = { "undecided", "same", "worse", "better" };
    return names[v];
}
