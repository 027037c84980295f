/*
 * live: what perbit serve answers about a store that grows.
 *
 *   /            the page (pages.h), which asks for the next two
 *   /version     text that changes when there are new numbers
 *   /data.json   the numbers
 * Anything else is 404. A page is made anew at most every REST_S seconds, and not more often than a fifth of the time: reading
 * a large store takes seconds, and the run that writes it has better things to do with the processor.
 *
 * Errors  none: what goes wrong is said in the answer (500), a store without numbers gets a page that says so
 * Owns    live_release     Threads  one     Tests  cli/serve.sh
 */
#ifndef PERBIT_STUDY_LIVE_H
#define PERBIT_STUDY_LIVE_H

#include "study/pages.h"

struct live {
    struct store *store;
    struct pages_options options;
    struct buf json; /* of `made` */
    int64_t made;    /* version of the store that json is of; -1: none */
    double made_s, took_s;
};

void live_init(struct live *l, struct store *s, const struct pages_options *options);
void live_release(struct live *l);
/* An answer of report/httpd.h: arg is a struct live. */
int live_answer(struct buf *body, const char **type, const char *path, void *arg);

#endif
