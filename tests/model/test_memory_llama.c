/*
 * memory: what `perbit memory` predicts (weights, KV cache, compute buffers, runtime) is within 5 % of the peak that
 * the kernel counted in a fresh process, for models of two shapes: the real one, and a larger random one with other
 * width, heads and vocabulary.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "model/reference.h"

static const double TOLERANCE = 0.05;

struct fixture {
    struct reference ref;
    const char *other; /* qwen3, 1024 wide, 16 heads over 8, 32000 tokens: 265 MB as BF16 */
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    reference_open(&f->ref);
    f->other = fs_join(&f->ref.arena, f->ref.dir, "other.gguf");
    reference_run(NULL, "'%s/tests/mkmodel' --n-vocab 32000 '%s' '%s' qwen3 8 1024 16 8 3072", reference_env("PERBIT_BUILD"),
                  f->ref.real, f->other);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    reference_close(&f->ref);
    free(f);
    return 0;
}

static void assert_predicted(struct fixture *f, const char *model, const char *options)
{
    struct buf printed = BUF_INIT;
    struct json *j;
    struct err err;
    reference_run(&printed, "'%s' memory -q -t %d -ngl 0 %s --json '%s'", f->ref.perbit, reference_threads(), options, model);
    if (json_parse(&j, printed.data, printed.len, "perbit memory", &err))
        fail_msg("%s: %s", err.msg, printed.data);
    yyjson_val *row = yyjson_arr_get_first(json_root(j));
    const double peak = json_num_or(row, "peak_gb", 0), predicted = json_num_or(row, "predicted_gb", 0);
    print_message("%s %s: predicted %.4f GB, peak %.4f GB (%+.2f %%)\n", fs_basename(model), options, predicted, peak,
                  100 * (predicted / peak - 1));
    assert_true(peak > 0.1);
    assert_true(fabs(predicted / peak - 1) <= TOLERANCE);
    json_close(j);
    buf_release(&printed);
}

static const char *level_of(struct fixture *f, const char *model, const char *level)
{
    struct buf printed = BUF_INIT;
    reference_run(&printed, "'%s' quantize -q '%s' '%s' %s", f->ref.perbit, model, f->ref.dir, level);
    const char *path = arena_strndup(&f->ref.arena, printed.data, strcspn(printed.data, "\t"));
    buf_release(&printed);
    return path;
}

static void assert_levels(struct fixture *f, const char *model)
{
    assert_predicted(f, model, "");
    assert_predicted(f, level_of(f, model, "Q8_0"), "");
    assert_predicted(f, level_of(f, model, "Q4_K_M"), "");
}

static void real_model(void **state)
{
    struct fixture *f = *state;
    assert_levels(f, f->ref.real);
}

static void another_shape(void **state)
{
    struct fixture *f = *state;
    int64_t n_bytes;
    struct err err;
    assert_int_equal(fs_size(&n_bytes, f->other, &err), 0);
    assert_true(n_bytes > 200000000);
    assert_levels(f, f->other);
}

static void other_contexts(void **state)
{
    struct fixture *f = *state;
    assert_predicted(f, f->other, "--memory_ctx 1024");
    assert_predicted(f, f->other, "--memory_ctx 16384");
    assert_predicted(f, f->ref.real, "--memory_ctx 8192");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_model),
        cmocka_unit_test(another_shape),
        cmocka_unit_test(other_contexts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
