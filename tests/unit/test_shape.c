/*
 * shape, madevocab: the shapes of the study's models have the published number of parameters; a file of a shape is as long as
 * it says and empty; what is no shape is refused by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "convert/madevocab.h"
#include "convert/shape.h"

struct fixture {
    char dir[64];
    struct arena a;
    struct err err;
    const char *out;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_shape.XXXXXX");
    arena_init(&f->a);
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    f->out = fs_join(&f->a, f->dir, "out.gguf");
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    arena_release(&f->a);
    free(f);
    return system(command);
}

static const char *source_dir(void)
{
    const char *src = getenv("PERBIT_SRC");
    if (!src)
        fail_msg("PERBIT_SRC is not set: it names the source tree");
    return src;
}

/* Published count by file; what a shape gives is computed from its tensors. */
static void check_count(struct fixture *f, const char *path)
{
    struct json *j;
    int64_t n;
    assert_int_equal(json_load(&j, path, &f->err), 0);
    yyjson_val *own = yyjson_obj_get(json_root(j), "perbit");
    const int64_t published = json_int_or(own, "parameters", 0);
    assert_true(shape_is_config(path));
    if (shape_n_params(&n, path, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    print_message("%-36s %13lld parameters, published %13lld (%s)\n", json_str_or(own, "repository", "?"), (long long)n,
                  (long long)published, json_str_or(own, "parameters_source", "?"));
    assert_int_equal(n, published);
    json_close(j);
}

static void the_models_of_the_study(void **state)
{
    struct fixture *f = *state;
    const char *dir = fs_join(&f->a, source_dir(), "shapes");
    struct dirent **names;
    int n_shapes = 0;
    const int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (strstr(names[i]->d_name, ".json")) {
            check_count(f, fs_join(&f->a, dir, names[i]->d_name));
            n_shapes++;
        }
        free(names[i]);
    }
    free(names);
    assert_int_equal(n_shapes, 11);
}

static const char *put(struct fixture *f, const char *text)
{
    const char *path = fs_join(&f->a, f->dir, "config.json");
    assert_int_equal(fs_write(path, text, strlen(text), &f->err), 0);
    return path;
}

#define LLAMA(more)                                                                                                          \
    "{\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":2,"         \
    "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"vocab_size\":300,\"rms_norm_eps\":1e-5" more "}"

static int64_t count(struct fixture *f, const char *text)
{
    int64_t n = -1;
    if (shape_n_params(&n, put(f, text), &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return n;
}

/* By hand: 2 layers of 64 x (64 + 32 + 32 + 64) + 3 x 64 x 96 + 2 x 64, norms, embedding. */
static void what_is_counted(void **state)
{
    struct fixture *f = *state;
    const int64_t layers = 2 * (64 * 192 + 3 * 64 * 96 + 128), embedding = 300 * 64;
    assert_int_equal(count(f, LLAMA(",\"tie_word_embeddings\":true")), layers + embedding + 64);
    assert_int_equal(count(f, LLAMA("")), layers + 2 * embedding + 64);
    assert_int_equal(count(f, LLAMA(",\"tie_word_embeddings\":true,\"perbit\":{\"lm_head_is_stored\":true}")), layers + 2 * embedding + 64);
    /* rope factors are in the file, and no parameters */
    assert_int_equal(count(f, LLAMA(",\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":32.0,\"low_freq_factor\":1.0,"
                                    "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192}")),
                     layers + 2 * embedding + 64);
}

static void a_file_of_a_shape(void **state)
{
    struct fixture *f = *state;
    struct buf bytes = BUF_INIT;
    struct stat st;
    assert_int_equal(shape_write(put(f, LLAMA("")), f->out, &f->err), 0);
    assert_int_equal(stat(f->out, &st), 0);
    assert_int_equal(fs_read(&bytes, f->out, &f->err), 0);
    const int64_t n_params = count(f, LLAMA(""));
    assert_true((int64_t)bytes.len > 2 * n_params && (int64_t)bytes.len < 2 * n_params + 65536);
    assert_memory_equal(bytes.data, "GGUF", 4);
    for (size_t i = bytes.len - (size_t)n_params; i < bytes.len; i++)
        assert_int_equal(bytes.data[i], 0);
    const char *const wanted[] = { "perbit.synthetic_weights", "(synthetic weights)", "blk.1.attn_q.weight", "output.weight" };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_non_null(memmem(bytes.data, bytes.len, wanted[i], strlen(wanted[i])));
    assert_null(memmem(bytes.data, bytes.len, "blk.2.", 6));
    buf_release(&bytes);
}

static void what_is_no_shape(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        { "{}", "'architectures' does not say what model this is" },
        { "[1", "config.json:" },
        { "{\"architectures\":[\"MambaForCausalLM\"]}", "architecture MambaForCausalLM" },
        { LLAMA(",\"head_dim\":\"x\""), "'head_dim' is not a whole number" },
        { LLAMA(",\"attention_bias\":true"), "'attention_bias': no shape is made of a llama with it" },
        { LLAMA(",\"quantization_config\":{\"quant_method\":\"fp8\"}"), "quantized already (fp8)" },
        { LLAMA(",\"perbit\":{\"tokenizer\":\"wordpiece\"}"), "tokenizer 'wordpiece': is bpe or sentencepiece" },
        { LLAMA(",\"perbit\":{\"merges\":99999}"), "99999 merges for 300 tokens" },
        { "{\"architectures\":[\"LlamaForCausalLM\"],\"num_hidden_layers\":1000}", "'num_hidden_layers' is 1000, expected 1 to 512" },
        { "{\"architectures\":[\"LlamaForCausalLM\"],\"vocab_size\":100}", "a vocabulary of 100 tokens: made ones have 287 to 1048576" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = put(f, rows[i].text);
        f->err = (struct err){ 0 };
        assert_int_equal(shape_write(path, f->out, &f->err), -1);
        if (!strstr(f->err.msg, rows[i].message) || strncmp(f->err.msg, path, strlen(path)) != 0)
            fail_msg("%s\n  not   %s: ... %s", f->err.msg, path, rows[i].message);
    }
    assert_int_equal(shape_write("/no/such.json", f->out, &f->err), -1);
    assert_int_equal(f->err.code, ERR_IO);
    assert_false(shape_is_config("/no/such.json"));
    assert_false(shape_is_config(put(f, "{\"perbit_fake_model\": 1}")));
    assert_false(fs_exists(f->out));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_models_of_the_study), TEST(what_is_counted), TEST(a_file_of_a_shape), TEST(what_is_no_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
