/*
 * test_proc: lines there and back, ends of every kind, much data both ways, stopping. Children are
 * /bin/sh and this program itself ("test_proc child WHAT").
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"

static const char *self;

static struct proc *start(const char *const argv[])
{
    struct proc *p = NULL;
    struct err e = {0};
    if (proc_open(&p, argv, &e))
        fail_msg("%s", e.msg);
    return p;
}

static struct proc *start_sh(const char *script)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    return start(argv);
}

static struct proc_exit finish(struct proc *p)
{
    struct proc_exit ended = {0};
    struct err e = {0};
    if (proc_wait(p, &ended, &e))
        fail_msg("%s", e.msg);
    return ended;
}

static void lines_go_there_and_back(void **state)
{
    (void)state;
    const char *argv[] = {"cat", NULL}, *line = NULL;
    struct proc *p = start(argv);
    static const char *const lines[] = {"one", "", "{\"n\":3}", "caf\xc3\xa9"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(proc_write_line(p, lines[i], NULL), 0);
        assert_int_equal(proc_read_line(p, &line, 5000, NULL), 1);
        assert_string_equal(line, lines[i]);
    }
    proc_close_stdin(p);
    proc_close_stdin(p);
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 0);
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 0);
    assert_int_equal(finish(p).status, 0);
    assert_int_equal(proc_write_line(p, "late", NULL), -1);
    proc_close(p);
    proc_close(NULL);
}

static void the_last_line_may_lack_its_newline(void **state)
{
    (void)state;
    const char *line = NULL;
    struct proc *p = start_sh("printf 'a\\n\\nb'");
    static const char *const expected[] = {"a", "", "b"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(proc_read_line(p, &line, 5000, NULL), 1);
        assert_string_equal(line, expected[i]);
    }
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 0);
    proc_close(p);
}

static void a_line_longer_than_a_mebibyte(void **state)
{
    (void)state;
    enum { N = 3 << 20 };
    const char *argv[] = {"cat", NULL}, *line = NULL;
    struct proc *p = start(argv);
    char *text = malloc(N + 1);
    for (int i = 0; i < N; i++)
        text[i] = (char)('a' + i % 26);
    text[N] = '\0';
    assert_int_equal(proc_write_line(p, text, NULL), 0); /* cat's output is read meanwhile */
    assert_int_equal(proc_write_line(p, "next", NULL), 0);
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
    assert_int_equal(strlen(line), N);
    assert_true(!strcmp(line, text));
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
    assert_string_equal(line, "next");
    proc_close(p);
    free(text);
}

static void many_lines_in_order(void **state)
{
    (void)state;
    const char *line = NULL;
    struct proc *p = start_sh("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    for (int i = 0; i < 20000; i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "line %d", i);
        assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
        assert_string_equal(line, expected);
    }
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 0);
    proc_close(p);
}

static void a_timeout_is_no_error(void **state)
{
    (void)state;
    const char *argv[] = {"cat", NULL}, *line = NULL;
    struct proc *p = start(argv);
    double before = clock_s();
    assert_int_equal(proc_read_line(p, &line, 50, NULL), 2);
    assert_int_equal(proc_read_line(p, &line, 0, NULL), 2);
    double took_s = clock_s() - before;
    assert_true(took_s > 0.045 && took_s < 2);
    assert_int_equal(proc_write_line(p, "x", NULL), 0);
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 1);
    proc_close(p);
}

static void ends_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int status, signal;
        const char *text;
    } cases[] = {
        {"exit 0", 0, 0, "exit status 0"},
        {"exit 134", 134, 0, "exit status 134"},
        {"kill -9 $$", -1, SIGKILL, "killed by signal 9 (Killed): out of memory?"},
        {"kill -11 $$", -1, SIGSEGV, "killed by signal 11 (Segmentation fault)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[100];
        const char *line = NULL;
        struct proc *p = start_sh(cases[i].script);
        assert_int_equal(proc_read_line(p, &line, 5000, NULL), 0);
        struct proc_exit ended = finish(p), again = finish(p);
        assert_int_equal(ended.status, cases[i].status);
        assert_int_equal(ended.signal, cases[i].signal);
        assert_int_equal(again.status, cases[i].status);
        assert_true(ended.max_rss_bytes > 64 * 1024);
        proc_describe_exit(text, sizeof(text), &ended);
        assert_string_equal(text, cases[i].text);
        proc_close(p);
    }
}

static void a_program_that_is_not_there(void **state)
{
    (void)state;
    const char *argv[] = {"/nonexistent/perbit-worker", NULL};
    struct proc *p = NULL;
    struct err e = {0};
    assert_int_equal(proc_open(&p, argv, &e), -1);
    assert_null(p);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(e.msg,
                        "cannot start /nonexistent/perbit-worker: No such file or directory");
    argv[0] = "/tmp";
    assert_int_equal(proc_open(&p, argv, &e), -1);
    assert_string_equal(e.msg, "cannot start /tmp: Permission denied");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
    assert_int_equal(errno, ECHILD);
}

static void a_dead_child_is_noticed_when_writing(void **state)
{
    (void)state;
    struct err e = {0};
    const char *line = NULL;
    struct proc *p = start_sh("exit 3");
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 0);
    while (!e.code && !proc_write_line(p, "hello", &e))
        ;
    assert_int_equal(e.code, ERR_CHILD);
    assert_string_equal(e.msg, "sh no longer reads its input");
    assert_int_equal(finish(p).status, 3);
    proc_close(p);
}

static void the_end_of_stderr_is_kept(void **state)
{
    (void)state;
    const char *line = NULL;
    struct proc *p = start_sh("i=0; while [ $i -lt 12000 ]; do echo \"message number $i\" >&2; "
                              "i=$((i+1)); done; echo last words >&2; echo done");
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1); /* stderr did not fill up */
    assert_string_equal(line, "done");
    finish(p);
    const char *text = proc_stderr(p);
    size_t len = strlen(text);
    assert_int_equal(len, 64 * 1024);
    assert_string_equal(text + len - 11, "last words\n");
    proc_close(p);
}

static void waiting_reads_what_the_child_still_writes(void **state)
{
    (void)state;
    const char *line = NULL;
    struct proc *p = start_sh("i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done; exit 5");
    assert_int_equal(finish(p).status, 5);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(proc_read_line(p, &line, 0, NULL), 1);
    assert_string_equal(line, "19999");
    assert_int_equal(proc_read_line(p, &line, 0, NULL), 0);
    proc_close(p);
}

/* The grandchild keeps both pipes open; only the child's own end counts. */
static void a_grandchild_does_not_hold_up_the_wait(void **state)
{
    (void)state;
    double before = clock_s();
    struct proc *p = start_sh("sleep 5 & exit 4");
    assert_int_equal(finish(p).status, 4);
    assert_true(clock_s() - before < 3);
    kill(-proc_pid(p), SIGKILL);
    proc_close(p);
}

static bool is_alive(pid_t pid)
{
    char path[64], state_char = 'Z';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    int n = fscanf(f, "%*d %*s %c", &state_char);
    fclose(f);
    return n == 1 && state_char != 'Z' && state_char != 'X';
}

static bool dies_soon(pid_t pid)
{
    for (int i = 0; i < 300 && is_alive(pid); i++)
        poll(NULL, 0, 10);
    return !is_alive(pid);
}

static void closing_kills_the_whole_group(void **state)
{
    (void)state;
    const char *line = NULL;
    struct proc *p = start_sh("sleep 60 & echo $!; wait");
    assert_int_equal(proc_read_line(p, &line, 5000, NULL), 1);
    pid_t grandchild = atoi(line), child = proc_pid(p);
    assert_true(grandchild > 1 && is_alive(child));
    assert_int_equal(getpgid(child), child);
    proc_close(p);
    assert_true(dies_soon(child));
    assert_true(dies_soon(grandchild));
}

static void a_child_is_killed_with_a_signal(void **state)
{
    (void)state;
    const char *argv[] = {"sleep", "60", NULL};
    struct proc *p = start(argv);
    proc_kill(p, SIGTERM);
    assert_int_equal(finish(p).signal, SIGTERM);
    proc_kill(p, SIGTERM); /* reaped: its number may be another's by now */
    proc_close(p);
}

/* A parent killed in between leaves no worker behind. */
static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
#ifndef __linux__
    skip();
#endif
    const char *argv[] = {self, "child", "parent", NULL}, *line = NULL;
    struct proc *p = start(argv);
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
    pid_t grandchild = atoi(line);
    assert_true(grandchild > 1 && is_alive(grandchild));
    kill(proc_pid(p), SIGKILL); /* only it, not its group */
    finish(p);
    assert_true(dies_soon(grandchild));
    proc_close(p);
}

static void descriptors_and_signals_are_not_inherited(void **state)
{
    (void)state;
    const char *line = NULL;
    int fd = open("/dev/null", O_RDONLY); /* no O_CLOEXEC, as a library would */
    int high = fcntl(fd, F_DUPFD, 50);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    signal(SIGINT, SIG_IGN);
    const char *argv[] = {self, "child", "inherited", NULL};
    struct proc *p = start(argv);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
    assert_string_equal(line, "0 open, 0 blocked, 0 ignored");
    close(fd);
    close(high);
    proc_close(p);
}

static void poll_finds_the_child_with_a_line(void **state)
{
    (void)state;
    const char *argv[] = {"cat", NULL}, *line = NULL;
    struct proc *p[3];
    for (int i = 0; i < 3; i++)
        p[i] = start(argv);
    assert_int_equal(proc_poll(p, 3, 30), -1);
    assert_int_equal(proc_poll(p, 3, 0), -1);
    proc_write_line(p[1], "x", NULL);
    assert_int_equal(proc_poll(p, 3, 5000), 1);
    assert_int_equal(proc_poll(p, 3, 5000), 1); /* still unread */
    assert_int_equal(proc_read_line(p[1], &line, 0, NULL), 1);
    proc_close_stdin(p[2]);
    assert_int_equal(proc_poll(p, 3, 5000), 2);
    assert_int_equal(proc_read_line(p[2], &line, 0, NULL), 0);
    for (int i = 0; i < 3; i++)
        proc_close(p[i]);
}

/* In a child program, since the flag of a stop is never taken back. */
static void a_stop_ends_the_reading(void **state)
{
    (void)state;
    static const char *const ways[] = {"stop-read", "stop-write", "stop-poll"};
    for (int i = 0; i < 3; i++) {
        const char *argv[] = {self, "child", ways[i], NULL}, *line = NULL;
        struct proc *p = start(argv);
        assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
        assert_string_equal(line, "ready");
        double before = clock_s();
        kill(proc_pid(p), i == 1 ? SIGTERM : SIGINT);
        assert_int_equal(proc_read_line(p, &line, 10000, NULL), 1);
        assert_string_equal(line, "cancelled: stopped by the user");
        assert_true(clock_s() - before < 2);
        assert_int_equal(finish(p).status, 0);
        proc_close(p);
    }
}

/* ---- what the children do ---- */

static int run_parent(void)
{
    const char *argv[] = {"sleep", "60", NULL};
    struct proc *p = start(argv);
    printf("%d\n", (int)proc_pid(p));
    fflush(stdout);
    pause();
    return 1;
}

static int run_inherited(void)
{
    int n_open = 0, n_blocked = 0;
    sigset_t mask;
    struct sigaction sa;
    for (int fd = 3; fd < 100; fd++)
        n_open += fcntl(fd, F_GETFD) >= 0;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int i = 1; i < 32; i++)
        n_blocked += sigismember(&mask, i) == 1;
    sigaction(SIGINT, NULL, &sa);
    printf("%d open, %d blocked, %d ignored\n", n_open, n_blocked, sa.sa_handler == SIG_IGN);
    return 0;
}

static int run_stop(const char *way)
{
    const char *argv[] = {"sleep", "60", NULL}, *line = NULL;
    struct err e = {0};
    proc_catch_stop();
    struct proc *p = start(argv);
    char *much = calloc(1, 1 << 20);
    memset(much, 'x', (1 << 20) - 1);
    puts("ready");
    fflush(stdout);
    if (!strcmp(way, "stop-write"))
        proc_write_line(p, much, &e); /* sleep reads nothing */
    else if (!strcmp(way, "stop-poll"))
        proc_poll(&p, 1, -1);
    if (!e.code)
        proc_read_line(p, &line, -1, &e);
    printf("%s: %s\n", err_code_name(e.code), e.msg);
    proc_close(p);
    free(much);
    return !proc_stop_requested();
}

static int run_child(const char *what)
{
    if (!strcmp(what, "parent"))
        return run_parent();
    if (!strcmp(what, "inherited"))
        return run_inherited();
    return run_stop(what);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc == 3 && !strcmp(argv[1], "child"))
        return run_child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_there_and_back),
        cmocka_unit_test(the_last_line_may_lack_its_newline),
        cmocka_unit_test(a_line_longer_than_a_mebibyte),
        cmocka_unit_test(many_lines_in_order),
        cmocka_unit_test(a_timeout_is_no_error),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(a_program_that_is_not_there),
        cmocka_unit_test(a_dead_child_is_noticed_when_writing),
        cmocka_unit_test(the_end_of_stderr_is_kept),
        cmocka_unit_test(waiting_reads_what_the_child_still_writes),
        cmocka_unit_test(a_grandchild_does_not_hold_up_the_wait),
        cmocka_unit_test(closing_kills_the_whole_group),
        cmocka_unit_test(a_child_is_killed_with_a_signal),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(descriptors_and_signals_are_not_inherited),
        cmocka_unit_test(poll_finds_the_child_with_a_line),
        cmocka_unit_test(a_stop_ends_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
