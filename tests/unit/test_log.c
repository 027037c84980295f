/* test_log: prefixes, levels, the hook, one write a line. Standard error is a pipe meanwhile. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char captured[8192];

/* Runs f with standard error in a pipe and keeps what came. */
static const char *capture(void (*f)(void))
{
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    f();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fds[1]);
    ssize_t n = read(fds[0], captured, sizeof(captured) - 1);
    captured[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    return captured;
}

static void one_of_each(void)
{
    log_error("e %d", 1);
    log_warn("w");
    log_info("i");
    log_debug("d");
}

static void levels_and_prefixes(void **state)
{
    (void)state;
    assert_int_equal(log_level(), LOG_INFO);
    assert_string_equal(capture(one_of_each), "error: e 1\nwarning: w\ni\n");
    log_set_level(LOG_ERROR);
    assert_string_equal(capture(one_of_each), "error: e 1\n");
    log_set_level(LOG_DEBUG);
    assert_string_equal(capture(one_of_each), "error: e 1\nwarning: w\ni\ndebug: d\n");
    log_set_level(LOG_INFO);
}

static void count_call(void *ctx)
{
    ++*(int *)ctx;
    ssize_t n = write(STDERR_FILENO, "[clear]", 7);
    assert_int_equal(n, 7);
}

static void hook_comes_before_each_written_line(void **state)
{
    (void)state;
    int n_calls = 0;
    log_set_hook(count_call, &n_calls);
    assert_string_equal(capture(one_of_each), "[clear]error: e 1\n[clear]warning: w\n[clear]i\n");
    log_set_hook(NULL, NULL);
    assert_int_equal(n_calls, 3);
}

/* A pipe in packet mode keeps the writes apart. */
static void a_line_is_one_write(void **state)
{
    (void)state;
#ifdef O_DIRECT
    int fds[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe2(fds, O_DIRECT), 0);
    dup2(fds[1], STDERR_FILENO);
    errno = EDOM;
    log_warn("%0500d", 7);
    int after = errno;
    log_info("second");
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(after, EDOM);
    assert_int_equal(read(fds[0], captured, sizeof(captured)), 9 + 500 + 1);
    assert_int_equal(read(fds[0], captured, sizeof(captured)), 7);
    close(fds[0]);
    close(fds[1]);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_and_prefixes),
        cmocka_unit_test(hook_comes_before_each_written_line),
        cmocka_unit_test(a_line_is_one_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
