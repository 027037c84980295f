/*
 * madeup: files of every architecture's shape at several levels load, decode, and give finite logits; what is said of a
 * file before it is made is what it is; the same seed makes the same bytes.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/sha256.h"
#include "base/xalloc.h"
#include "convert/shape.h"
#include "engine/backend.h"
#include "engine/madeup.h"

#define SIZES(embd, ff, layers, heads, kv, vocab)                                                                   \
    "\"hidden_size\":" #embd ",\"intermediate_size\":" #ff ",\"num_hidden_layers\":" #layers                        \
    ",\"num_attention_heads\":" #heads ",\"num_key_value_heads\":" #kv ",\"vocab_size\":" #vocab                    \
    ",\"rms_norm_eps\":1e-6,\"max_position_embeddings\":2048"
#define FACTORS "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"

static const struct {
    const char *name, *config;
} shapes[] = {
    { "llama", "{\"architectures\":[\"LlamaForCausalLM\"]," SIZES(512, 1024, 9, 8, 2, 2000) ",\"tie_word_embeddings\":true,"
               "\"rope_theta\":500000.0,\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":32.0,\"low_freq_factor\":1.0,"
               "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192}}" },
    { "qwen2", "{\"architectures\":[\"Qwen2ForCausalLM\"]," SIZES(576, 1536, 8, 9, 3, 2000) "}" }, /* K-quants do not fit 576 */
    { "qwen3", "{\"architectures\":[\"Qwen3ForCausalLM\"]," SIZES(512, 1280, 8, 8, 8, 2000) ",\"head_dim\":128,\"tie_word_embeddings\":true}" },
    { "phi3", "{\"architectures\":[\"Phi3ForCausalLM\"]," SIZES(512, 1024, 8, 8, 4, 2000) ",\"tie_word_embeddings\":true,"
              "\"original_max_position_embeddings\":1024,\"partial_rotary_factor\":0.75,\"sliding_window\":4096,"
              "\"rope_scaling\":{\"type\":\"longrope\",\"long_factor\":" FACTORS ",\"short_factor\":" FACTORS "}}" },
    { "gemma3", "{\"architectures\":[\"Gemma3ForCausalLM\"]," SIZES(640, 1024, 7, 4, 1, 2000) ",\"head_dim\":256,\"sliding_window\":512}" },
    { "mistral3", "{\"architectures\":[\"Mistral3ForConditionalGeneration\"],\"text_config\":{\"model_type\":\"ministral3\","
                  SIZES(512, 1024, 8, 8, 2, 2000) ",\"head_dim\":128,\"tie_word_embeddings\":true,\"rope_parameters\":{"
                  "\"rope_type\":\"yarn\",\"rope_theta\":1000000.0,\"factor\":16.0,\"original_max_position_embeddings\":1024,"
                  "\"beta_fast\":32.0,\"beta_slow\":1.0,\"mscale\":1.0,\"mscale_all_dim\":1.0,\"llama_4_scaling_beta\":0.1}}}" },
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

struct fixture {
    char dir[64];
    struct arena a;
    struct err err;
    const char *shape[N_SHAPES];
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_madeup.XXXXXX");
    arena_init(&f->a);
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    for (int i = 0; i < N_SHAPES; i++) {
        const char *config = arena_printf(&f->a, "%s/%s.json", f->dir, shapes[i].name);
        f->shape[i] = arena_printf(&f->a, "%s/%s.shape.gguf", f->dir, shapes[i].name);
        if (fs_write(config, shapes[i].config, strlen(shapes[i].config), &f->err) < 0 ||
            shape_write(config, f->shape[i], &f->err) < 0) {
            fprintf(stderr, "%s\n", f->err.msg);
            return -1;
        }
    }
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

static const char *make(struct fixture *f, int i, const char *level, uint64_t seed)
{
    const char *out = arena_printf(&f->a, "%s/%s-%s-%d.gguf", f->dir, shapes[i].name, level, (int)seed);
    const struct madeup_params p = { .in = f->shape[i], .out = out, .level = level, .seed = seed };
    if (madeup_write(&p, NULL, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return out;
}

static void decode(struct fixture *f, const char *path)
{
    enum { N = 40 };
    const struct backend_params p = { .n_ctx = 256, .n_batch = 64, .n_ubatch = 64, .n_seq_max = 1, .n_threads = 1, .flash_attn = "auto",
                                      .type_k = "f16", .type_v = "f16", .load_mode = "mmap", .repack = true };
    struct backend *b;
    struct batch batch;
    int32_t *tokens = NULL;
    int n_tokens;
    if (backend_open(&b, path, &p, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(backend_tokenize(b, "to be or not\n", 13, true, false, &tokens, &n_tokens, &f->err), 0);
    assert_true(n_tokens > 2 && n_tokens < 20);
    batch_init(&batch, N);
    for (int i = 0; i < N; i++)
        batch_add(&batch, i * 37 % b->info.n_vocab, i, 0, i == N - 1);
    if (backend_decode(b, &batch, &f->err) < 0)
        fail_msg("%s: %s", path, f->err.msg);
    const float *logits = backend_logits(b, N - 1);
    float low = logits[0], high = logits[0];
    for (int i = 0; i < b->info.n_vocab; i++) {
        assert_true(isfinite(logits[i]));
        low = logits[i] < low ? logits[i] : low;
        high = logits[i] > high ? logits[i] : high;
    }
    assert_true(high > low);
    free(tokens);
    batch_release(&batch);
    backend_close(b);
}

static void check_facts(struct fixture *f, int i, const char *level, const char *path)
{
    struct modelfile said, is;
    struct buf said_types = BUF_INIT, is_types = BUF_INIT;
    assert_int_equal(madeup_inspect(&said, &f->a, f->shape[i], level, &f->err), 0);
    assert_int_equal(modelfile_inspect(&is, &f->a, path, &f->err), 0);
    assert_int_equal(said.file_bytes, is.file_bytes);
    assert_int_equal(said.tensor_bytes, is.tensor_bytes);
    assert_int_equal(said.n_params, is.n_params);
    assert_string_equal(said.label, is.label);
    assert_true(said.has_synthetic_weights && is.has_synthetic_weights && !is.is_synthetic);
    assert_non_null(strstr(is.name, " (synthetic weights)"));
    modelfile_format_types(&said_types, &said);
    modelfile_format_types(&is_types, &is);
    assert_string_equal(said_types.data, is_types.data);
    print_message("%-10s %-7s %s\n", shapes[i].name, level, is_types.data);
    buf_release(&said_types);
    buf_release(&is_types);
}

static void every_shape_decodes(void **state)
{
    struct fixture *f = *state;
    static const char *const levels[] = { "BF16", "Q8_0", "Q4_K_M", "Q4_0", "Q2_K" };
    for (int i = 0; i < N_SHAPES; i++)
        for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
            const char *path = make(f, i, levels[k], 1);
            check_facts(f, i, levels[k], path);
            decode(f, path);
            fs_remove(path, NULL);
        }
}

static void the_same_seed(void **state)
{
    struct fixture *f = *state;
    char one[SHA256_HEX_BYTES], again[SHA256_HEX_BYTES], other[SHA256_HEX_BYTES];
    const char *path = make(f, 0, "Q4_K_M", 7);
    assert_int_equal(sha256_file(one, path, NULL), 0);
    fs_remove(path, NULL);
    assert_int_equal(sha256_file(again, make(f, 0, "Q4_K_M", 7), NULL), 0);
    assert_int_equal(sha256_file(other, make(f, 0, "Q4_K_M", 8), NULL), 0);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

/* A made file is a shape too, whatever its level; levels that want an importance matrix are made without one. */
static void from_a_made_file(void **state)
{
    struct fixture *f = *state;
    const char *q2 = make(f, 0, "Q2_K", 3), *q4 = arena_printf(&f->a, "%s/again.gguf", f->dir);
    const struct madeup_params p = { .in = q2, .out = q4, .level = "IQ2_XXS", .seed = 3 };
    if (madeup_write(&p, NULL, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    decode(f, q4);
    assert_int_equal(madeup_write(&p, NULL, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "again.gguf: exists already"));
    const struct madeup_params bad = { .in = q2, .out = "/no/such/dir.gguf", .level = "Q4_K_N" };
    assert_int_equal(madeup_write(&bad, NULL, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "unknown level 'Q4_K_N'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_decodes), cmocka_unit_test(the_same_seed), cmocka_unit_test(from_a_made_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
