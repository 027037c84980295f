/* test_xalloc: never NULL, copies, and the end of the program when memory is out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/xalloc.h"

static void never_null(void **state)
{
    (void)state;
    void *p = xmalloc(0);
    assert_non_null(p);
    p = xrealloc(p, 0);
    assert_non_null(p);
    p = xrealloc(p, 100);
    free(p);
    unsigned char *z = xcalloc(10, 3);
    for (int i = 0; i < 30; i++)
        assert_int_equal(z[i], 0);
    free(z);
    p = xcalloc(0, 8);
    assert_non_null(p);
    free(p);
}

static void texts_are_copied(void **state)
{
    (void)state;
    char *a = xstrdup("abc"), *b = xstrndup("abcdef", 2), *c = xstrndup("x", 9);
    char *d = xasprintf("%s/%03d", "dir", 7);
    assert_string_equal(a, "abc");
    assert_string_equal(b, "ab");
    assert_string_equal(c, "x");
    assert_string_equal(d, "dir/007");
    free(a);
    free(b);
    free(c);
    free(d);
}

/* In a child, which asks for more than any address space has. */
static void out_of_memory_ends_the_program(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* ASan ends the program itself */
#else
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO);
        volatile size_t much = SIZE_MAX / 2;
        free(xmalloc(much));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_null),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(out_of_memory_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
