#include "base/proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/clock.h"
#include "base/xalloc.h"

#include "base/banned.h"

enum {
    STDERR_KEEP_BYTES = 64 * 1024,
    READ_BYTES = 64 * 1024,
    READS_MAX = 64, /* in a row; more than a pipe holds */
    SLICE_MS = 200, /* how late a stop may be noticed when its signal went elsewhere */
    LINE_MAX_BYTES = 1 << 30,
    FD_LIMIT = 4096 /* looked at one by one where close_range is missing */
};

struct proc {
    pid_t pid;
    int in_fd, out_fd, err_fd; /* ours; -1 once closed */
    struct buf out;            /* read and not yet handed out from out_start on */
    size_t out_start;
    size_t out_scanned; /* no line feed between out_start and here */
    struct buf err;
    char *name;
    bool is_reaped;
    struct proc_exit exit;
};

static volatile sig_atomic_t stop_flag;

/* ---- starting ---- */

static void set_flags(int fd, bool nonblock)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (nonblock)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Above 2, so that dup2 onto 0, 1 and 2 cannot hit a pipe when the parent runs without them. */
static int lift_fd(int fd)
{
    if (fd > STDERR_FILENO)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return high;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int open_pipe(int fds[2])
{
#ifdef __linux__
    int ret = pipe2(fds, O_CLOEXEC);
#else
    int ret = pipe(fds);
#endif
    if (ret)
        return -1;
    for (int i = 0; i < 2; i++) {
        fds[i] = lift_fd(fds[i]);
        set_flags(fds[i], false);
    }
    return fds[0] < 0 || fds[1] < 0 ? -1 : 0;
}

enum { PIPE_IN, PIPE_OUT, PIPE_ERR, PIPE_EXEC, PIPE_COUNT };

static void close_pipes(int pipes[PIPE_COUNT][2])
{
    for (int i = 0; i < PIPE_COUNT; i++) {
        close_fd(&pipes[i][0]);
        close_fd(&pipes[i][1]);
    }
}

static int open_pipes(int pipes[PIPE_COUNT][2])
{
    memset(pipes, -1, sizeof(int[PIPE_COUNT][2]));
    for (int i = 0; i < PIPE_COUNT; i++) {
        if (open_pipe(pipes[i])) {
            int saved = errno;
            close_pipes(pipes);
            errno = saved;
            return -1;
        }
    }
    return 0;
}

/* Libraries open files without O_CLOEXEC: a GPU driver's must not live on in the child. */
static void close_others_on_exec(void)
{
#ifdef CLOSE_RANGE_CLOEXEC
    if (!close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC))
        return;
#endif
    for (int fd = STDERR_FILENO + 1; fd < FD_LIMIT; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void reset_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGPIPE, SIGHUP};
    sigset_t none;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        signal(numbers[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The kernel kills the child when the thread that forked it ends: start children from a thread that
   outlives them. The parent may have died before the request was made. */
static void die_with_parent(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(127);
}

/* Between fork and exec: async-signal-safe calls only. Its errno travels through the exec pipe. */
static _Noreturn void run_child(int pipes[PIPE_COUNT][2], const char *const argv[], pid_t parent)
{
    int exec_fd = pipes[PIPE_EXEC][1];
    setpgid(0, 0);
    die_with_parent(parent);
    reset_signals();
    if (dup2(pipes[PIPE_IN][0], STDIN_FILENO) >= 0 &&
        dup2(pipes[PIPE_OUT][1], STDOUT_FILENO) >= 0 &&
        dup2(pipes[PIPE_ERR][1], STDERR_FILENO) >= 0) {
        close_others_on_exec();
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    int why = errno;
    ssize_t n = write(exec_fd, &why, sizeof(why));
    (void)n;
    _exit(127);
}

/* 0 when exec worked (the pipe closed empty), else the child's errno. */
static int read_exec_errno(int fd)
{
    int why = 0;
    ssize_t n;
    do
        n = read(fd, &why, sizeof(why));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(why) ? why : 0;
}

static void reap_quietly(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* A child that ended early must give EPIPE from write, not end this program. */
static void ignore_sigpipe(void)
{
    struct sigaction sa;
    if (!sigaction(SIGPIPE, NULL, &sa) && sa.sa_handler == SIG_DFL) {
        sa.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &sa, NULL);
    }
}

static struct proc *new_proc(pid_t pid, int pipes[PIPE_COUNT][2], const char *name)
{
    struct proc *p = xmalloc(sizeof(*p));
    *p = (struct proc){
        .pid = pid,
        .in_fd = pipes[PIPE_IN][1],
        .out_fd = pipes[PIPE_OUT][0],
        .err_fd = pipes[PIPE_ERR][0],
        .out = BUF_INIT,
        .err = BUF_INIT,
        .name = xstrdup(name),
    };
    set_flags(p->in_fd, true);
    set_flags(p->out_fd, true);
    set_flags(p->err_fd, true);
    pipes[PIPE_IN][1] = pipes[PIPE_OUT][0] = pipes[PIPE_ERR][0] = -1;
    return p;
}

int proc_open(struct proc **out, const char *const argv[], struct err *err)
{
    int ret = -1, pipes[PIPE_COUNT][2];
    pid_t parent = getpid();
    if (open_pipes(pipes))
        return err_errno(err, ERR_IO, "cannot start %s", argv[0]);
    ignore_sigpipe();
    pid_t pid = fork();
    if (pid == 0)
        run_child(pipes, argv, parent);
    if (pid < 0) {
        err_errno(err, ERR_IO, "cannot start %s", argv[0]);
        goto done;
    }
    setpgid(pid, pid); /* also here: whoever comes first; fails once the child has run exec */
    close_fd(&pipes[PIPE_EXEC][1]);
    int why = read_exec_errno(pipes[PIPE_EXEC][0]);
    if (why) {
        reap_quietly(pid);
        errno = why;
        err_errno(err, ERR_IO, "cannot start %s", argv[0]);
        goto done;
    }
    *out = new_proc(pid, pipes, argv[0]);
    ret = 0;
done:
    close_pipes(pipes);
    return ret;
}

/* ---- moving bytes ---- */

/* 1 something came, 0 nothing now, -1 the end (the descriptor is then closed). */
static int read_some(struct buf *out, int *fd)
{
    buf_reserve(out, READ_BYTES);
    ssize_t n = read(*fd, out->data + out->len, READ_BYTES);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        close_fd(fd);
        return -1;
    }
    out->len += (size_t)n;
    out->data[out->len] = '\0';
    return 1;
}

static void drop_front(struct buf *b, size_t n)
{
    b->len -= n;
    memmove(b->data, b->data + n, b->len + 1);
}

/* A bounded number of reads: whoever writes without end must not keep us from noticing a stop. */
static void pump_stderr(struct proc *p)
{
    for (int i = 0; i < READS_MAX && p->err_fd >= 0 && read_some(&p->err, &p->err_fd) > 0; i++) {
        if (p->err.len > 4 * STDERR_KEEP_BYTES)
            drop_front(&p->err, p->err.len - STDERR_KEEP_BYTES);
    }
}

/* Bytes handed out are dropped once they are the larger part, so that each is moved about once. */
static void pump_stdout(struct proc *p)
{
    if (p->out_start > p->out.len / 2) {
        drop_front(&p->out, p->out_start);
        p->out_scanned -= p->out_start;
        p->out_start = 0;
    }
    if (p->out_fd >= 0)
        read_some(&p->out, &p->out_fd);
}

/* Waits for either output, and for room in the input when asked; then reads what is there. */
static void pump(struct proc *p, bool want_write, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = p->out_fd, .events = POLLIN}, /* a negative fd is passed over */
        {.fd = p->err_fd, .events = POLLIN},
        {.fd = want_write ? p->in_fd : -1, .events = POLLOUT},
    };
    if (poll(fds, 3, timeout_ms) <= 0)
        return;
    if (fds[1].revents)
        pump_stderr(p);
    if (fds[0].revents)
        pump_stdout(p);
}

static int write_error(struct proc *p, struct err *err)
{
    if (errno != EPIPE)
        return err_errno(err, ERR_IO, "cannot write to %s", p->name);
    return err_set(err, ERR_CHILD, "%s no longer reads its input", p->name);
}

static int stopped(struct err *err)
{
    return err_set(err, ERR_CANCELLED, "stopped by the user");
}

/* Reads while it writes: a child blocked on a full output pipe would never read its input. */
static int write_all(struct proc *p, const char *s, size_t n, struct err *err)
{
    while (n > 0) {
        ssize_t done = write(p->in_fd, s, n);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return write_error(p, err);
        if (done > 0) {
            s += done;
            n -= (size_t)done;
        } else if (proc_stop_requested()) {
            return stopped(err);
        } else {
            pump(p, true, SLICE_MS);
        }
    }
    return 0;
}

int proc_write_line(struct proc *p, const char *line, struct err *err)
{
    if (p->in_fd < 0)
        return err_set(err, ERR_CHILD, "%s: its input is closed", p->name);
    struct buf text = BUF_INIT;
    buf_puts(&text, line);
    buf_putc(&text, '\n');
    int ret = write_all(p, text.data, text.len, err);
    buf_release(&text);
    return ret;
}

void proc_close_stdin(struct proc *p)
{
    close_fd(&p->in_fd);
}

static bool find_feed(struct proc *p)
{
    char *feed = memchr(p->out.data + p->out_scanned, '\n', p->out.len - p->out_scanned);
    p->out_scanned = feed ? (size_t)(feed - p->out.data) : p->out.len;
    return feed != NULL;
}

/* A complete line, or what is left when the output has ended. */
static bool take_line(struct proc *p, const char **line)
{
    bool has_feed = find_feed(p);
    if (!has_feed && (p->out_fd >= 0 || p->out_start == p->out.len))
        return false;
    *line = p->out.data + p->out_start;
    if (has_feed)
        p->out.data[p->out_scanned++] = '\0';
    p->out_start = p->out_scanned;
    return true;
}

/* Milliseconds to wait now: at most a slice; 0 when the time is up. */
static int slice_until(int64_t end_ns)
{
    if (end_ns < 0)
        return SLICE_MS;
    int64_t left_ms = (end_ns - clock_ns() + 999999) / 1000000;
    return left_ms < 0 ? 0 : left_ms < SLICE_MS ? (int)left_ms : SLICE_MS;
}

static int64_t deadline_ns(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : clock_ns() + (int64_t)timeout_ms * 1000000;
}

int proc_read_line(struct proc *p, const char **line, int timeout_ms, struct err *err)
{
    int64_t end_ns = deadline_ns(timeout_ms);
    for (bool is_last = false;;) {
        if (take_line(p, line))
            return 1;
        if (p->out_fd < 0)
            return 0;
        if (proc_stop_requested())
            return stopped(err);
        if (p->out.len - p->out_start > LINE_MAX_BYTES)
            return err_set(err, ERR_CHILD, "%s wrote a line longer than 1 GiB", p->name);
        if (is_last)
            return 2;
        int wait_ms = slice_until(end_ns);
        is_last = end_ns >= 0 && wait_ms == 0;
        pump(p, false, wait_ms);
    }
}

static bool has_news(struct proc *p)
{
    return find_feed(p) || p->out_fd < 0;
}

static void poll_slice(struct proc *const *procs, int n, int wait_ms)
{
    struct pollfd *fds = xcalloc((size_t)n * 2, sizeof(*fds));
    for (int i = 0; i < n; i++) {
        fds[2 * i] = (struct pollfd){.fd = procs[i]->out_fd, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = procs[i]->err_fd, .events = POLLIN};
    }
    if (poll(fds, (nfds_t)n * 2, wait_ms) > 0) {
        for (int i = 0; i < n; i++)
            pump(procs[i], false, 0);
    }
    free(fds);
}

int proc_poll(struct proc *const *procs, int n, int timeout_ms)
{
    int64_t end_ns = deadline_ns(timeout_ms);
    for (bool is_last = false;;) {
        for (int i = 0; i < n; i++) {
            if (has_news(procs[i]))
                return i;
        }
        if (is_last || proc_stop_requested())
            return -1;
        int wait_ms = slice_until(end_ns);
        is_last = end_ns >= 0 && wait_ms == 0;
        poll_slice(procs, n, wait_ms);
    }
}

/* ---- the end ---- */

static int64_t rss_bytes(const struct rusage *use)
{
#ifdef __APPLE__
    return use->ru_maxrss;
#else
    return (int64_t)use->ru_maxrss * 1024;
#endif
}

/* 1 reaped, 0 still running, -1 error. */
static int try_reap(struct proc *p, int options)
{
    int status = 0;
    struct rusage use = {0};
    pid_t pid = wait4(p->pid, &status, options, &use);
    if (pid < 0)
        return errno == EINTR ? 0 : -1;
    if (pid == 0)
        return 0;
    p->is_reaped = true;
    p->exit.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    p->exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    p->exit.max_rss_bytes = rss_bytes(&use);
    return 1;
}

/* Output is read meanwhile, or the child could block on a full pipe. Its own end is what counts: a
   grandchild may hold the pipes open for ever. */
int proc_wait(struct proc *p, struct proc_exit *out, struct err *err)
{
    proc_close_stdin(p);
    while (!p->is_reaped) {
        bool has_pipe = p->out_fd >= 0 || p->err_fd >= 0;
        int ret = try_reap(p, has_pipe ? WNOHANG : 0);
        if (ret < 0)
            return err_errno(err, ERR_CHILD, "cannot wait for %s", p->name);
        if (!ret && has_pipe)
            pump(p, false, 20);
    }
    for (int i = 0; i < READS_MAX && p->out_fd >= 0; i++) {
        if (read_some(&p->out, &p->out_fd) <= 0)
            break;
    }
    close_fd(&p->out_fd);
    pump_stderr(p);
    if (out)
        *out = p->exit;
    return 0;
}

/* The whole group: a shell's children end with it. */
void proc_kill(struct proc *p, int signal_number)
{
    if (p->is_reaped)
        return;
    if (kill(-p->pid, signal_number))
        kill(p->pid, signal_number);
}

const char *proc_stderr(struct proc *p)
{
    pump_stderr(p);
    size_t len = p->err.len;
    return p->err.data + (len > STDERR_KEEP_BYTES ? len - STDERR_KEEP_BYTES : 0);
}

pid_t proc_pid(const struct proc *p)
{
    return p->pid;
}

void proc_close(struct proc *p)
{
    if (!p)
        return;
    proc_kill(p, SIGKILL);
    close_fd(&p->in_fd);
    close_fd(&p->out_fd);
    close_fd(&p->err_fd);
    if (!p->is_reaped)
        reap_quietly(p->pid);
    buf_release(&p->out);
    buf_release(&p->err);
    free(p->name);
    free(p);
}

void proc_describe_exit(char *out, size_t out_bytes, const struct proc_exit *e)
{
    if (e->signal)
        snprintf(out, out_bytes, "killed by signal %d (%s)%s", e->signal, strsignal(e->signal),
                 e->signal == SIGKILL ? ": out of memory?" : "");
    else
        snprintf(out, out_bytes, "exit status %d", e->status);
}

/* ---- stopping ---- */

static void on_stop(int signal_number)
{
    (void)signal_number;
    stop_flag = 1;
}

/* Without SA_RESTART, so that poll and read return at once. */
void proc_catch_stop(void)
{
    struct sigaction sa = {.sa_handler = on_stop};
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}

bool proc_stop_requested(void)
{
    return stop_flag != 0;
}
