/*
 * client: a worker process and the events that come from it.
 *
 *   client_open(&c, &job, err);
 *   while ((rc = client_next(c, &event, err)) == 1) ...     0: done; -1: the job failed, or the child died
 *   client_close(c);
 *
 * The event and its texts are borrowed until the next call.
 * Errors  the job's own, with its code; ERR_CHILD with how the child ended; ERR_CANCELLED at Ctrl-C
 */
#ifndef PERBIT_STUDY_CLIENT_H
#define PERBIT_STUDY_CLIENT_H

#include "base/proc.h"
#include "study/job.h"

struct client;

int client_open(struct client **out, const struct job *job, struct err *err);
int client_next(struct client *c, struct event *out, struct err *err);
int client_command(struct client *c, const char *word, struct err *err); /* to an interactive job */
void client_close(struct client *c); /* kills what still runs; accepts NULL */

/* Runs a job to its end; every event goes to sink (which may be NULL). */
int client_run(const struct job *job, const struct sink *sink, struct err *err);
/* Runs a job whose answer is one fact; the text lives in a. */
int client_ask(const struct job *job, const char *key, struct arena *a, const char **out, struct err *err);

#endif
