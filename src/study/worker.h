/*
 * worker: the child's side: one job from standard input, events to standard output, as JSON lines.
 * client: the parent's side of the same pipe is study/client.h.
 */
#ifndef PERBIT_STUDY_WORKER_H
#define PERBIT_STUDY_WORKER_H

/* Runs until the job ends; returns the exit status (0 also for a failed job: its last event says so). */
int worker_main(void);

#endif
