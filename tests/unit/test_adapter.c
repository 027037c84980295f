/* adapter: FILE or FILE:SCALE, and the name and text that results show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "study/adapter.h"

static struct arena arena;

static void files_and_scales(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *name;
        double scale;
    } cases[] = {
        { "maths.gguf", "maths.gguf", "maths", 1 },
        { "a/b.c/maths.v2.gguf:0.5", "a/b.c/maths.v2.gguf", "maths.v2", 0.5 },
        { "maths.gguf:-2", "maths.gguf", "maths", -2 },
        { "maths:0", "maths", "maths", 0 },
        { "c:/maths.gguf", "c:/maths.gguf", "maths", 1 },
        { ".hidden", ".hidden", ".hidden", 1 },
        { "x.gguf:0.1", "x.gguf", "x", (double)0.1f }, /* as the engine has it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct adapter got;
        struct err err;
        if (adapter_parse(&got, &arena, cases[i].text, "--adapter", &err) < 0)
            fail_msg("%s: %s", cases[i].text, err.msg);
        assert_string_equal(got.path, cases[i].path);
        assert_string_equal(got.name, cases[i].name);
        assert_true(got.scale == cases[i].scale);
    }
}

static void scales_that_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = { "m.gguf:", "m.gguf:much", "m.gguf:nan", "m.gguf:inf", "m.gguf:1x", "m.gguf: 1", "m.gguf:1e99" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct adapter got;
        struct err err = { 0 };
        if (adapter_parse(&got, &arena, texts[i], "--adapter", &err) == 0)
            fail_msg("%s was taken", texts[i]);
        assert_int_equal(err.code, ERR_USAGE);
        assert_memory_equal(err.msg, "--adapter: expected a number", 28);
    }
}

static void a_file_with_a_colon(void **state)
{
    (void)state;
    char dir[] = "/tmp/perbit-adapter.XXXXXX";
    struct adapter got;
    struct err err;
    assert_non_null(mkdtemp(dir));
    const char *path = fs_join(&arena, dir, "m:0.5");
    assert_int_equal(fs_write(path, "x", 1, &err), 0);
    assert_int_equal(adapter_parse(&got, &arena, path, "--adapter", &err), 0);
    assert_string_equal(got.path, path);
    assert_true(got.scale == 1);
    unlink(path);
    rmdir(dir);
}

static void texts(void **state)
{
    (void)state;
    assert_string_equal(adapter_scale_text(&arena, 1), "1");
    assert_string_equal(adapter_scale_text(&arena, (double)0.1f), "0.1");
    assert_string_equal(adapter_scale_text(&arena, (double)0.123456789f), "0.12345679");
    assert_string_equal(adapter_label(&arena, "maths", 1), "maths");
    assert_string_equal(adapter_label(&arena, "maths", 0.5), "maths:0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_scales),
        cmocka_unit_test(scales_that_are_none),
        cmocka_unit_test(a_file_with_a_colon),
        cmocka_unit_test(texts),
    };
    arena_init(&arena);
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return rc;
}
