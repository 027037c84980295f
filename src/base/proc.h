/*
 * proc: a child process with pipes on its standard input and output; its standard error is kept.
 *
 * The child gets its own process group, dies with its parent (Linux: PR_SET_PDEATHSIG, which means
 * with the thread that opened it), and is reaped by proc_wait. proc_read_line blocks; proc_poll
 * waits for any of several children.
 *
 * Errors  ERR_IO, ERR_CHILD        Owns  *out until proc_close (kills what still runs)
 */
#ifndef PERBIT_BASE_PROC_H
#define PERBIT_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct proc;

struct proc_exit {
    int status;         /* exit status, or -1 when a signal ended it */
    int signal;         /* the signal, or 0 */
    int64_t max_rss_bytes; /* peak resident memory of the child; on Linux at least the parent's at
                              the start, since the kernel counts the copy that fork made */
};

/* argv is NULL-terminated; argv[0] is looked up in PATH. */
int proc_open(struct proc **out, const char *const argv[], struct err *err);
int proc_write_line(struct proc *p, const char *line, struct err *err);      /* adds the newline */
void proc_close_stdin(struct proc *p);
/* One line without its newline into *line (borrowed until the next call with p). 1 a line, 0 end,
   2 timeout, -1 error. timeout_ms < 0 waits for ever. Once proc_stop_requested(), lines that were
   read already are still given, then ERR_CANCELLED. */
int proc_read_line(struct proc *p, const char **line, int timeout_ms, struct err *err);
/* Waits until one of n children has a line or has ended its output: its index; -1 for a timeout
   or a stop. */
int proc_poll(struct proc *const *procs, int n, int timeout_ms);
/* Closes the child's input and waits for its end; lines still unread stay readable. Does not look
   at proc_stop_requested(): who wants to stop calls proc_kill first. May be called again. */
int proc_wait(struct proc *p, struct proc_exit *out, struct err *err);
void proc_kill(struct proc *p, int signal_number);
const char *proc_stderr(struct proc *p); /* the last 64 KiB that it wrote there; borrowed */
pid_t proc_pid(const struct proc *p);
void proc_close(struct proc *p);         /* accepts NULL */

/* "killed by signal 9 (Killed): out of memory?", "exit status 134": for messages. */
void proc_describe_exit(char *out, size_t out_bytes, const struct proc_exit *e);

/* Ctrl-C: after proc_catch_stop(), SIGINT and SIGTERM set a flag instead of ending the program. */
void proc_catch_stop(void);
bool proc_stop_requested(void);

#endif
