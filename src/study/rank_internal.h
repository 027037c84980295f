/* rank internals: rank.c counts, rank_words.c puts it into sentences. */
#ifndef PERBIT_STUDY_RANK_INTERNAL_H
#define PERBIT_STUDY_RANK_INTERNAL_H

#include "study/rank.h"

void rank_say(struct rank *r);

#endif
