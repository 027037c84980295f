#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/gitblob.h"

/* As git hash-object prints them. */
static void test_names(void **state)
{
    static const char *const cases[][2] = {
        { "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" },
        { "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a" },
        { "what is up, doc?", "bd9dbf5aae1a3862dd1526723246b20206e5fc37" },
    };
    char path[] = "/tmp/perbit-gitblob-XXXXXX", hex[GITBLOB_HEX_BYTES];
    struct err err = { 0 };
    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *f = fopen(path, "wb");
        fputs(cases[i][0], f);
        fclose(f);
        assert_int_equal(gitblob_file(hex, path, &err), 0);
        assert_string_equal(hex, cases[i][1]);
    }
    unlink(path);
    assert_int_equal(gitblob_file(hex, path, &err), -1);
    assert_non_null(strstr(err.msg, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
