/* modelfile: bits per weight, histogram text, similarity, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "core/modelfile.h"

static const struct modelfile_type q4_types[] = {
    { "q4_K", 100, 1000000, 562500 }, { "q6_K", 20, 50000, 41015 }, { "f32", 60, 500, 2000 },
};
static const struct modelfile q4 = {
    .path = "/models/a \"b\".gguf", .name = "tiny", .arch = "llama", .label = "Q4_K_M", .file_bytes = 700000,
    .tensor_bytes = 605515, .n_params = 1050500, .n_tensors = 180, .n_layer = 20, .n_embd = 256,
    .n_ctx_train = 2048, .n_vocab = 3000, .kv_bytes_per_token = 20480, .n_types = 3, .types = q4_types,
};
static const struct modelfile_type q8_types[] = { { "q8_0", 120, 1050000, 1115625 }, { "f32", 60, 500, 2000 } };
static const struct modelfile q8 = { .label = "Q8_0", .tensor_bytes = 1117625, .n_params = 1050500, .n_types = 2,
                                     .types = q8_types };
static const struct modelfile nothing = { .label = "unknown" };

static void bits_per_weight(void **state)
{
    (void)state;
    assert_true(modelfile_bpw(&q4) == 8.0 * 605515.0 / 1050500.0);
    assert_true(modelfile_bpw(&nothing) == 0.0);
}

static void histogram_as_text(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    modelfile_format_types(&b, &q4);
    assert_string_equal(b.data, "q4_K 93 %, q6_K 7 %, f32 0 %");
    buf_clear(&b);
    modelfile_format_types(&b, &nothing);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void similarity(void **state)
{
    (void)state;
    double self = modelfile_similarity(&q4, &q4), other = modelfile_similarity(&q4, &q8);
    assert_true(self > 0.9999999 && self < 1.0000001);
    assert_true(other == 2000.0 / 1117625.0); /* f32, the smaller share */
    assert_true(modelfile_similarity(&q8, &q4) == other);
    assert_true(modelfile_similarity(&q4, &nothing) == 0.0);
}

static void json_has_every_field(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    struct json *j = NULL;
    struct err err;
    modelfile_json(&b, &q4);
    assert_int_equal(json_parse(&j, b.data, b.len, "test", &err), 0);
    yyjson_val *root = json_root(j);
    assert_string_equal(json_str_or(root, "path", NULL), q4.path);
    assert_string_equal(json_str_or(root, "name", NULL), "tiny");
    assert_string_equal(json_str_or(root, "arch", NULL), "llama");
    assert_string_equal(json_str_or(root, "label", NULL), "Q4_K_M");
    static const struct { const char *key; int64_t value; } ints[] = {
        { "file_bytes", 700000 }, { "tensor_bytes", 605515 }, { "n_params", 1050500 }, { "n_tensors", 180 },
        { "n_layer", 20 }, { "n_embd", 256 }, { "n_ctx_train", 2048 }, { "n_vocab", 3000 },
        { "kv_bytes_per_token", 20480 },
    };
    for (size_t i = 0; i < sizeof(ints) / sizeof(*ints); i++)
        assert_int_equal(json_int_or(root, ints[i].key, -1), ints[i].value);
    assert_true(json_num_or(root, "bits_per_weight", 0.0) == modelfile_bpw(&q4));
    assert_false(json_bool_or(root, "is_synthetic", true));
    yyjson_val *types = yyjson_obj_get(root, "types"), *q6 = yyjson_arr_get(types, 1);
    assert_int_equal(yyjson_arr_size(types), 3);
    assert_string_equal(json_str_or(q6, "name", NULL), "q6_K");
    assert_int_equal(json_int_or(q6, "n_tensors", -1), 20);
    assert_int_equal(json_int_or(q6, "n_params", -1), 50000);
    assert_int_equal(json_int_or(q6, "n_bytes", -1), 41015);
    json_close(j);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_per_weight),
        cmocka_unit_test(histogram_as_text),
        cmocka_unit_test(similarity),
        cmocka_unit_test(json_has_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
