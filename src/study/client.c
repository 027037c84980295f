#include "study/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "machine/cgroup.h"

struct client {
    struct proc *proc;
    struct arena arena; /* of the current event */
    struct cgroup *limit; /* NULL when there is none */
    bool is_ended;
};

static int start(struct client *c, const struct job *job, struct err *err)
{
    /* Linux: the running program itself, also when its file was replaced meanwhile */
    const char *exe = fs_exists("/proc/self/exe") ? "/proc/self/exe" : fs_self_exe(&c->arena);
    if (!exe)
        return err_set(err, ERR_CHILD, "cannot find this program's own file to start a worker");
    const char *const argv[] = { exe, "worker", NULL };
    if (proc_open(&c->proc, argv, err) < 0)
        return -1;
    if (job->settings.ram_limit > 0 &&
        cgroup_run_limited(&c->limit, proc_pid(c->proc), job->settings.ram_limit, err) < 0)
        return -1;
    struct buf line = BUF_INIT;
    job_format(&line, job);
    log_debug("worker %d: %s", (int)proc_pid(c->proc), line.data);
    int rc = proc_write_line(c->proc, line.data, err);
    buf_release(&line);
    return rc;
}

int client_open(struct client **out, const struct job *job, struct err *err)
{
    struct client *c = xcalloc(1, sizeof *c);
    arena_init(&c->arena);
    *out = NULL;
    if (start(c, job, err) < 0) {
        client_close(c);
        return -1;
    }
    *out = c;
    return 0;
}

/* The last line that a dead child wrote to stderr often names the assertion. */
static const char *last_line(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    while (n > 0 && text[n - 1] != '\n')
        n--;
    return text + n;
}

/* GGML_ASSERT's own line, if it stands in the text; it says more than the backtrace after it. */
static const char *assertion(const char *text)
{
    const char *found = strstr(text, "GGML_ASSERT(");
    return found ? found : last_line(text);
}

static int died(struct client *c, struct err *err)
{
    struct proc_exit e;
    char how[128];
    c->is_ended = true;
    if (proc_wait(c->proc, &e, err) < 0)
        return -1;
    proc_describe_exit(how, sizeof how, &e);
    const char *said = assertion(proc_stderr(c->proc));
    int len = (int)strcspn(said, "\n");
    return err_set(err, ERR_CHILD, "the worker ended early: %s%s%.*s", how, len ? "; it said: " : "",
                   len > 300 ? 300 : len, said);
}

int client_next(struct client *c, struct event *out, struct err *err)
{
    const char *line;
    if (c->is_ended)
        return 0;
    int rc = proc_read_line(c->proc, &line, -1, err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return died(c, err);
    arena_release(&c->arena);
    if (event_parse(out, &c->arena, line, err) < 0)
        return -1;
    c->is_ended = out->kind == EVENT_DONE || out->kind == EVENT_ERROR;
    if (out->kind == EVENT_ERROR)
        return err_set(err, out->code, "%s", out->text);
    return out->kind == EVENT_DONE ? 0 : 1;
}

int client_command(struct client *c, const char *word, struct err *err)
{
    return proc_write_line(c->proc, word, err);
}

void client_close(struct client *c)
{
    if (!c)
        return;
    proc_close(c->proc);
    cgroup_close(c->limit);
    arena_release(&c->arena);
    free(c);
}

int client_run(const struct job *job, const struct sink *sink, struct err *err)
{
    struct client *c;
    struct event e;
    int rc;
    if (client_open(&c, job, err) < 0)
        return -1;
    while ((rc = client_next(c, &e, err)) == 1)
        if (sink && sink->put(sink->ctx, &e, err) < 0) {
            rc = -1;
            break;
        }
    client_close(c);
    return rc;
}

struct wanted {
    const char *key;
    struct arena *a;
    const char **out;
};

static int keep_fact(void *ctx, const struct event *e, struct err *err)
{
    struct wanted *w = ctx;
    (void)err;
    if (e->kind == EVENT_FACT && strcmp(e->key, w->key) == 0)
        *w->out = arena_strdup(w->a, e->text);
    return 0;
}

int client_ask(const struct job *job, const char *key, struct arena *a, const char **out, struct err *err)
{
    struct wanted w = { key, a, out };
    const struct sink sink = { keep_fact, &w };
    *out = NULL;
    if (client_run(job, &sink, err) < 0)
        return -1;
    return *out ? 0 : err_set(err, ERR_CHILD, "the worker's '%s' job gave no '%s'", job->name, key);
}
