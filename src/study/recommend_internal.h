/* recommend internals: recommend.c decides, recommend_words.c says it. */
#ifndef PERBIT_STUDY_RECOMMEND_INTERNAL_H
#define PERBIT_STUDY_RECOMMEND_INTERNAL_H

#include "study/recommend.h"

void recommend_say(struct recommend *r);

#endif
