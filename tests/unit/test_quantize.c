/*
 * quantize: the level table against core/quant, and the way of one file with fake models: refusals, what is
 * written, what is left behind. The engine's own part is model/test_quantize_llama.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "core/quant.h"
#include "engine/backend.h"
#include "engine/quantize.h"
#include "recorder.h"

static const char BASE[] =
    "{\"name\": \"tiny\", \"perbit_fake_model\": 1, \"level\": \"BF16\", \"seed\": 9, \"noise\": 0.0, \"extra\": [1, {\"a\": 2.5}]}";

struct fixture {
    char dir[64];
    const char *in, *out;
    struct arena arena;
    struct recorder rec;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "/tmp/test_quantize.XXXXXX");
    arena_init(&f->arena);
    recorder_init(&f->rec);
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    f->in = fs_join(&f->arena, f->dir, "base.json");
    f->out = fs_join(&f->arena, f->dir, "out.json");
    return fs_write(f->in, BASE, strlen(BASE), &f->err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    recorder_release(&f->rec);
    arena_release(&f->arena);
    free(f);
    return system(command);
}

static int quantize(struct fixture *f, struct quantize_params p)
{
    p.in = p.in ? p.in : f->in;
    p.out = p.out ? p.out : f->out;
    f->err = (struct err){ 0 };
    return quantize_file(&p, &f->rec.sink, &f->err);
}

static void assert_refused(struct fixture *f, struct quantize_params p, enum err_code code, const char *message)
{
    assert_int_equal(quantize(f, p), -1);
    if (f->err.code != code || !strstr(f->err.msg, message))
        fail_msg("%s: %s", err_code_name(f->err.code), f->err.msg);
    assert_false(fs_exists(arena_printf(&f->arena, "%s.part.%ld", p.out ? p.out : f->out, (long)getpid())));
}

static void every_level_has_a_file_type(void **state)
{
    (void)state;
    for (int i = 0; i < quant_n(); i++)
        if (!quantize_knows(quant_at(i)->name))
            fail_msg("%s: no llama_ftype", quant_at(i)->name);
    assert_true(quantize_knows("q4_k_m"));
    assert_true(quantize_knows("Q3_K") && quantize_knows("Q4_K") && quantize_knows("Q5_K"));
    assert_false(quantize_knows("COPY"));
    assert_false(quantize_knows("Q4"));
    assert_false(quantize_knows(""));
}

static void a_fake_model_gets_its_level(void **state)
{
    struct fixture *f = *state;
    double bpw_before = 100, noise_before = -1;
    for (int i = 0; i < quant_n(); i++) {
        const struct quant_info *q = quant_at(i);
        struct quantize_params p = { .level = q->name, .overwrite = true, .imatrix = q->needs_imatrix ? "any" : NULL };
        struct json *j = NULL;
        double bpw, noise;
        if (quantize(f, p))
            fail_msg("%s", f->err.msg);
        assert_int_equal(json_load(&j, f->out, &f->err), 0);
        yyjson_val *root = json_root(j);
        assert_string_equal(json_str_or(root, "level", ""), q->name);
        assert_string_equal(json_str_or(root, "name", ""), "tiny");
        assert_int_equal(json_int_or(root, "seed", 0), 9);
        assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "extra")), 2);
        assert_int_equal(json_get_num(j, root, "bpw", &bpw, &f->err), 0);
        assert_int_equal(json_get_num(j, root, "noise", &noise, &f->err), 0);
        if (q->in_study) { /* from most to fewest bits */
            assert_true(bpw < bpw_before && noise > noise_before);
            bpw_before = bpw;
            noise_before = noise;
        }
        json_close(j);
        struct modelfile m;
        if (modelfile_inspect(&m, &f->arena, f->out, &f->err))
            fail_msg("%s", f->err.msg);
        assert_string_equal(m.label, q->name);
        assert_true(m.is_synthetic);
    }
    const struct event *last = recorder_last(&f->rec, EVENT_PROGRESS);
    assert_int_equal(last->done, last->total);
    assert_string_equal(last->text, "tensor");
}

static void aliases_are_written_in_full(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    assert_int_equal(quantize(f, (struct quantize_params){ .level = "q5_k" }), 0);
    assert_int_equal(modelfile_inspect(&m, &f->arena, f->out, &f->err), 0);
    assert_string_equal(m.label, "Q5_K_M");
}

static void predicted_bytes_are_written_bytes(void **state)
{
    struct fixture *f = *state;
    struct quantize_params p = { .in = f->in, .out = f->out, .level = "Q6_K" };
    int64_t predicted, written;
    assert_int_equal(quantize_predict_bytes(&predicted, &p, &f->err), 0);
    assert_false(fs_exists(f->out));
    assert_int_equal(quantize(f, p), 0);
    assert_int_equal(fs_size(&written, f->out, &f->err), 0);
    assert_int_equal(predicted, written);
    p.level = "Q6";
    assert_int_equal(quantize_predict_bytes(&predicted, &p, &f->err), -1);
    assert_int_equal(predicted, -1);
}

static void the_input_is_never_the_output(void **state)
{
    struct fixture *f = *state;
    const char *hard = fs_join(&f->arena, f->dir, "hard.json"), *soft = fs_join(&f->arena, f->dir, "soft.json");
    assert_int_equal(link(f->in, hard), 0);
    assert_int_equal(symlink("base.json", soft), 0);
    const char *const outs[] = { f->in, hard, soft, arena_printf(&f->arena, "%s/./base.json", f->dir) };
    for (size_t i = 0; i < sizeof(outs) / sizeof(*outs); i++)
        assert_refused(f, (struct quantize_params){ .level = "Q8_0", .out = outs[i], .overwrite = true }, ERR_USAGE,
                       "input and output are the same file");
    struct buf bytes = BUF_INIT;
    assert_int_equal(fs_read(&bytes, f->in, &f->err), 0);
    assert_string_equal(bytes.data, BASE);
    buf_release(&bytes);
}

static void what_exists_stays(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fs_write(f->out, "old", 3, &f->err), 0);
    assert_refused(f, (struct quantize_params){ .level = "Q8_0" }, ERR_USAGE, "out.json: exists already");
    f->rec.refuse_at = 1; /* fails on the way: the old file stays */
    assert_refused(f, (struct quantize_params){ .level = "Q8_0", .overwrite = true }, ERR_CANCELLED, "refused");
    struct buf bytes = BUF_INIT;
    assert_int_equal(fs_read(&bytes, f->out, &f->err), 0);
    assert_string_equal(bytes.data, "old");
    buf_release(&bytes);
    f->rec.refuse_at = -1;
    assert_int_equal(quantize(f, (struct quantize_params){ .level = "Q8_0", .overwrite = true }), 0);
    assert_refused(f, (struct quantize_params){ .level = "Q8_0", .out = f->dir, .overwrite = true }, ERR_USAGE,
                   "is a folder");
}

static void wrong_wishes_are_refused(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, (struct quantize_params){ .level = "Q4_K_X" }, ERR_USAGE, "Q4_K_X: not a level");
    assert_refused(f, (struct quantize_params){ .level = "COPY" }, ERR_USAGE, "COPY: not a level");
    assert_refused(f, (struct quantize_params){ .level = "IQ1_S" }, ERR_USAGE, "IQ1_S needs an importance matrix: --imatrix FILE");
    assert_refused(f, (struct quantize_params){ .level = "Q8_0", .in = "/tmp/no such file.gguf" }, ERR_IO,
                   "/tmp/no such file.gguf");
    assert_refused(f, (struct quantize_params){ .level = "Q8_0", .out = "/proc/out.json" }, ERR_IO, "/proc");
    const char *broken = fs_join(&f->arena, f->dir, "broken.json");
    assert_int_equal(fs_write(broken, "{\"perbit_fake_model\": 1, ", 24, &f->err), 0);
    assert_refused(f, (struct quantize_params){ .level = "Q8_0", .in = broken }, ERR_FORMAT, "broken.json");
    assert_false(fs_exists(f->out));
}

static void a_new_folder_is_made(void **state)
{
    struct fixture *f = *state;
    const char *out = arena_printf(&f->arena, "%s/a/b/out.json", f->dir);
    assert_int_equal(quantize(f, (struct quantize_params){ .level = "Q8_0", .out = out }), 0);
    assert_true(fs_exists(out));
}

static void requantizing_must_be_allowed(void **state)
{
    struct fixture *f = *state;
    const char *again = fs_join(&f->arena, f->dir, "again.json");
    assert_int_equal(quantize(f, (struct quantize_params){ .level = "Q4_0" }), 0);
    static const char *const levels[] = { "Q2_K", "BF16", "F32" };
    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        struct quantize_params p = { .in = f->out, .out = again, .level = levels[i], .overwrite = true };
        assert_refused(f, p, ERR_USAGE, "out.json: is quantized already (Q4_0)");
        assert_non_null(strstr(f->err.msg, "--allow_requantize"));
        p.allow_requantize = true;
        assert_int_equal(quantize(f, p), 0);
    }
    struct quantize_params same = { .in = f->out, .out = again, .level = "q4_0", .overwrite = true };
    assert_int_equal(quantize(f, same), 0); /* nothing to lose, as in the engine */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_level_has_a_file_type),
        TEST(a_fake_model_gets_its_level),
        TEST(aliases_are_written_in_full),
        TEST(predicted_bytes_are_written_bytes),
        TEST(the_input_is_never_the_output),
        TEST(what_exists_stays),
        TEST(wrong_wishes_are_refused),
        TEST(a_new_folder_is_made),
        TEST(requantizing_must_be_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
