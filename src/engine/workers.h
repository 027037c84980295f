/*
 * workers: a few threads that share a loop, for the arithmetic between two decode calls.
 *
 * workers_run() calls body(ctx, i, i_thread) once for each i in [0, n), on n_threads threads including the
 * caller's, and returns when all are done; i_thread < n_threads picks a scratch buffer. Which thread takes
 * which i is not determined, so bodies write only to places that belong to i or to i_thread.
 *
 * Owns  threads until workers_close        Threads  one caller        Cost  about 10 us a run
 */
#ifndef PERBIT_ENGINE_WORKERS_H
#define PERBIT_ENGINE_WORKERS_H

struct workers;

/* A thread that cannot be started is done without: the caller's alone is enough. */
void workers_open(struct workers **out, int n_threads);
void workers_close(struct workers *w); /* accepts NULL */
int workers_n(const struct workers *w);
void workers_run(struct workers *w, int n, void (*body)(void *ctx, int i, int i_thread), void *ctx);

#endif
