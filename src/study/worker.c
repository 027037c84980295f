#include "study/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "study/job.h"

static const struct {
    const char *name;
    int (*run)(const struct job *job, const struct job_io *io, struct err *err);
} jobs[] = {
    { "quantize", job_quantize },
    { "convert", job_convert },
    { "predict_bytes", job_predict_bytes },
    { "inspect", job_inspect },
    { "perplexity", job_perplexity },
    { "eval", job_eval },
    { "speed", job_speed },
    { "memory", job_memory },
    { "predict_memory", job_predict_memory },
    { "bandwidth", job_bandwidth },
};

struct pipe_end {
    FILE *out;
    struct buf line;   /* of the event being written */
    char *in;          /* of the last command */
    size_t in_cap;
};

static int write_event(void *ctx, const struct event *e, struct err *err)
{
    struct pipe_end *p = ctx;
    buf_clear(&p->line);
    event_format(&p->line, e);
    buf_putc(&p->line, '\n');
    if (fwrite(p->line.data, 1, p->line.len, p->out) != p->line.len || fflush(p->out) != 0)
        return err_set(err, ERR_IO, "the parent process is gone");
    return 0;
}

static int read_line(void *ctx, const char **line, struct err *err)
{
    struct pipe_end *p = ctx;
    ssize_t n = getline(&p->in, &p->in_cap, stdin);
    if (n < 0)
        return ferror(stdin) ? err_set(err, ERR_IO, "cannot read the next command") : 0;
    if (n > 0 && p->in[n - 1] == '\n')
        p->in[n - 1] = '\0';
    *line = p->in;
    return 1;
}

static int run_job(const struct job *job, const struct job_io *io, struct err *err)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        if (strcmp(jobs[i].name, job->name) == 0)
            return jobs[i].run(job, io, err);
    return err_set(err, ERR_USAGE, "unknown job '%s'", job->name);
}

static int read_and_run(struct pipe_end *p, const struct job_io *io, struct arena *a, struct err *err)
{
    const char *line;
    struct job job;
    int rc = read_line(p, &line, err);
    if (rc <= 0)
        return rc < 0 ? -1 : err_set(err, ERR_USAGE, "no job on standard input (perbit starts workers itself)");
    return job_parse(&job, a, line, err) < 0 ? -1 : run_job(&job, io, err);
}

/* Engines print to stdout at times; events get a descriptor of their own, and stdout becomes stderr. */
static FILE *own_stdout(void)
{
    int fd = dup(STDOUT_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

int worker_main(void)
{
    struct pipe_end p = { .out = own_stdout(), .line = BUF_INIT };
    if (!p.out)
        return 1;
    struct job_io io = { .sink = { write_event, &p }, .next = read_line, .ctx = &p };
    struct arena a;
    struct err err = { 0 };
    arena_init(&a);
    struct event last = { .kind = EVENT_DONE };
    if (read_and_run(&p, &io, &a, &err) < 0)
        last = (struct event){ .kind = EVENT_ERROR, .text = err.msg, .code = err.code };
    int status = write_event(&p, &last, &err) < 0;
    arena_release(&a);
    buf_release(&p.line);
    free(p.in);
    fclose(p.out);
    return status;
}
