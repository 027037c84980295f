/*
 * ggufout, hfconfig, hparams, specials, modelcard: which keys a folder's JSON files give, read back from the header's
 * bytes. The families' whole files are compared with the reference's in tests/convert.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/xalloc.h"
#include "convert/arch.h"
#include "convert/hparams.h"
#include "convert/modelcard.h"
#include "convert/specials.h"
#include "recorder.h"

struct fixture {
    char dir[64];
    struct arena a;
    struct recorder rec;
    struct err err;
    struct ggufout *g;
    struct hfconfig *c;
    struct buf header;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_convertkeys.XXXXXX");
    arena_init(&f->a);
    recorder_init(&f->rec);
    buf_init(&f->header);
    f->g = ggufout_open();
    *state = f;
    return mkdtemp(f->dir) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    recorder_release(&f->rec);
    buf_release(&f->header);
    ggufout_close(f->g);
    hfconfig_close(f->c);
    arena_release(&f->a);
    free(f);
    return system(command);
}

static void put(struct fixture *f, const char *name, const char *text)
{
    assert_int_equal(fs_write(fs_join(&f->a, f->dir, name), text, strlen(text), &f->err), 0);
}

static void config(struct fixture *f, const char *text)
{
    hfconfig_close(f->c);
    put(f, "config.json", text);
    if (hfconfig_open(&f->c, f->dir, &f->err))
        fail_msg("%s", f->err.msg);
}

/* ---- reading back ---- */

static void fresh(struct fixture *f)
{
    ggufout_close(f->g);
    f->g = ggufout_open();
}

static const char *value_of(struct fixture *f, const char *key, uint32_t type)
{
    struct buf want = BUF_INIT;
    const uint64_t n = strlen(key);
    uint32_t found;
    buf_clear(&f->header);
    ggufout_header(f->g, &f->header);
    buf_append(&want, &n, 8);
    buf_puts(&want, key);
    const char *at = memmem(f->header.data, f->header.len, want.data, want.len);
    if (!at)
        fail_msg("no key %s", key);
    at += want.len;
    buf_release(&want);
    memcpy(&found, at, 4);
    assert_int_equal(found, type);
    return at + 4;
}

static void is_u32(struct fixture *f, const char *key, uint32_t want)
{
    uint32_t v;
    memcpy(&v, value_of(f, key, 4), 4);
    assert_int_equal(v, want);
}

static void is_f32(struct fixture *f, const char *key, float want)
{
    float v;
    memcpy(&v, value_of(f, key, 6), 4);
    if (v != want)
        fail_msg("%s is %.9g, not %.9g", key, (double)v, (double)want);
}

static void is_bool(struct fixture *f, const char *key, bool want)
{
    assert_int_equal(*value_of(f, key, 7), want);
}

static void is_str(struct fixture *f, const char *key, const char *want)
{
    uint64_t n;
    const char *at = value_of(f, key, 8);
    memcpy(&n, at, 8);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(at + 8, want, n);
}

/* ---- tests ---- */

static void test_header(void **state)
{
    struct fixture *f = *state;
    const int64_t dims[] = { 3, 5 };
    ggufout_u32(f->g, "a", 1);
    ggufout_str(f->g, "empty", "");
    ggufout_strs(f->g, "none", NULL, 0);
    ggufout_str(f->g, "b", "text");
    ggufout_u32(f->g, "a", 2); /* in its old place */
    ggufout_tensor(f->g, "t", W_F32, dims, 2);
    ggufout_tensor(f->g, "u", W_BF16, dims, 1);
    ggufout_header(f->g, &f->header);
    static const char want[] = "GGUF\3\0\0\0\2\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"
                               "\1\0\0\0\0\0\0\0a\4\0\0\0\2\0\0\0"
                               "\1\0\0\0\0\0\0\0b\x08\0\0\0\4\0\0\0\0\0\0\0text"
                               "\1\0\0\0\0\0\0\0t\2\0\0\0\5\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\1\0\0\0\0\0\0\0u\1\0\0\0\3\0\0\0\0\0\0\0\x1e\0\0\0\x40\0\0\0\0\0\0\0";
    assert_memory_equal(f->header.data, want, sizeof want - 1);
    assert_int_equal(f->header.len % 32, 0);
    assert_int_equal(ggufout_n_params(f->g), 18);
    assert_int_equal(ggufout_data_bytes(f->g), 64 + 32);
    assert_true(ggufout_has(f->g, "a"));
    ggufout_drop(f->g, "a");
    assert_false(ggufout_has(f->g, "a"));
}

#define SIZES "\"hidden_size\":64,\"intermediate_size\":96,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"vocab_size\":9"

static void keys(struct fixture *f, const char *text)
{
    fresh(f);
    config(f, text);
    if (hfconfig_arch(f->c)->put_keys(f->g, f->c, 32, &f->err))
        fail_msg("%s", f->err.msg);
}

static void test_keys(void **state)
{
    struct fixture *f = *state;
    keys(f, "{\"architectures\":[\"LlamaForCausalLM\"]," SIZES ",\"num_key_value_heads\":null}");
    is_u32(f, "llama.attention.head_count_kv", 4); /* as many as heads */
    is_u32(f, "llama.attention.key_length", 16);
    is_u32(f, "llama.context_length", 2048);       /* the class's own */
    is_u32(f, "general.file_type", 32);
    is_f32(f, "llama.rope.freq_base", 10000.0f);
    assert_false(ggufout_has(f->g, "llama.rope.scaling.type"));
    keys(f, "{\"architectures\":[\"MistralForCausalLM\"]," SIZES "}");
    assert_false(ggufout_has(f->g, "llama.attention.key_length"));
    is_u32(f, "llama.rope.dimension_count", 16);
    keys(f, "{\"architectures\":[\"Qwen2ForCausalLM\"]," SIZES ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,"
            "\"original_max_position_embeddings\":32768}}");
    is_str(f, "qwen2.rope.scaling.type", "yarn");
    is_f32(f, "qwen2.rope.scaling.factor", 4.0f);
    is_u32(f, "qwen2.rope.scaling.original_context_length", 32768);
    keys(f, "{\"architectures\":[\"Gemma3ForConditionalGeneration\"],\"text_config\":{" SIZES ",\"rope_parameters\":{"
            "\"full_attention\":{\"rope_type\":\"linear\",\"factor\":8.0,\"rope_theta\":1e6},"
            "\"sliding_attention\":{\"rope_type\":\"default\",\"rope_theta\":20000.0}}},\"hidden_size\":7}");
    is_str(f, "gemma3.rope.scaling.type", "linear");
    is_f32(f, "gemma3.rope.freq_base", 1e6f);
    is_f32(f, "gemma3.rope.freq_base_swa", 20000.0f);
    is_u32(f, "gemma3.embedding_length", 64); /* text_config's */
    is_u32(f, "gemma3.attention.sliding_window", 4096);
}

static void test_rope_tensors(void **state)
{
    struct fixture *f = *state;
    struct extra_tensor t[EXTRA_TENSORS_MAX];
    int n;
    config(f, "{\"architectures\":[\"LlamaForCausalLM\"]," SIZES ",\"head_dim\":64,\"rope_theta\":500000.0,\"rope_scaling\":{"
              "\"rope_type\":\"llama3\",\"factor\":32.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
              "\"original_max_position_embeddings\":8192}}");
    assert_int_equal(hparams_extra_tensors(t, &n, &f->a, f->g, f->c, &f->err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(t[0].name, "rope_freqs.weight");
    assert_int_equal(t[0].n, 32);
    assert_true(t[0].values[0] == 1.0f && t[0].values[31] == 32.0f);
    assert_true(t[0].values[15] > 1.0f && t[0].values[15] < 32.0f); /* a wave of 2951: between 2048 and 8192 */
    config(f, "{\"architectures\":[\"Phi3ForCausalLM\"]," SIZES ",\"max_position_embeddings\":131072,\"rope_scaling\":{"
              "\"type\":\"longrope\",\"long_factor\":[1,2,3,4,5,6,7,8],\"short_factor\":[1,1,1,1,1,1,1,1.5]}}");
    assert_int_equal(hparams_extra_tensors(t, &n, &f->a, f->g, f->c, &f->err), 0);
    assert_int_equal(n, 2);
    assert_true(t[0].values[7] == 8.0f && t[1].values[7] == 1.5f);
    is_f32(f, "phi3.rope.scaling.attn_factor", 1.19023807f); /* sqrt(1 + log 32 / log 4096) */
    config(f, "{\"architectures\":[\"Phi3ForCausalLM\"]," SIZES ",\"rope_scaling\":{\"type\":\"longrope\","
              "\"long_factor\":[1,2],\"short_factor\":[1,1]}}");
    assert_int_equal(hparams_extra_tensors(t, &n, &f->a, f->g, f->c, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "'long_factor' must be 8 factors"));
}

static void specials(struct fixture *f, const char *tokenizer, const char *tokenizer_config, int n_vocab)
{
    struct tokenizerjson *t;
    struct json *j;
    fresh(f);
    assert_int_equal(tokenizerjson_parse(&t, tokenizer, strlen(tokenizer), "tokenizer.json", &f->err), 0);
    assert_int_equal(json_parse(&j, tokenizer_config, strlen(tokenizer_config), "c", &f->err), 0);
    assert_int_equal(specials_put(f->g, f->c, t, json_root(j), n_vocab, true, &f->err), 0);
    tokenizerjson_close(t);
    json_close(j);
}

#define ADDED "\"added_tokens\":[{\"id\":5,\"content\":\"<s>\"},{\"id\":6,\"content\":\"</s>\"},{\"id\":7,\"content\":\"<x>\"}]"

static void test_specials(void **state)
{
    struct fixture *f = *state;
    config(f, "{\"architectures\":[\"LlamaForCausalLM\"]," SIZES ",\"eos_token_id\":[1,2],\"pad_token_id\":8}");
    specials(f, "{\"model\":{}," ADDED "}",
             "{\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\",\"add_bos_token\":false,\"chat_template\":\"t\"}", 0);
    is_u32(f, "tokenizer.ggml.bos_token_id", 5);
    is_u32(f, "tokenizer.ggml.eos_token_id", 6);
    is_u32(f, "tokenizer.ggml.padding_token_id", 8); /* config.json's, where the tokenizer says none */
    is_bool(f, "tokenizer.ggml.add_bos_token", false);
    is_str(f, "tokenizer.chat_template", "t");
    assert_false(ggufout_has(f->g, "tokenizer.ggml.add_eos_token"));
    /* the post-processor goes before add_bos_token; an end of its own makes eos_token the end of a turn */
    specials(f, "{\"model\":{}," ADDED ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":["
                "{\"SpecialToken\":{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}},{\"SpecialToken\":{\"id\":\"<x>\"}}]}}",
             "{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"add_bos_token\":false}", 0);
    is_bool(f, "tokenizer.ggml.add_bos_token", true);
    is_bool(f, "tokenizer.ggml.add_eos_token", true);
    is_u32(f, "tokenizer.ggml.eos_token_id", 7);
    is_u32(f, "tokenizer.ggml.eot_token_id", 6);
    specials(f, "{\"model\":{}," ADDED "}", "{\"bos_token\":\"<s>\"}", 5); /* an id that the vocabulary has not */
    assert_false(ggufout_has(f->g, "tokenizer.ggml.bos_token_id"));
    put(f, "chat_template.jinja", "from a file");
    specials(f, "{\"model\":{}}", "{}", 0);
    is_str(f, "tokenizer.chat_template", "from a file");
    specials(f, "{\"model\":{}}", "{\"chat_template\":[{\"name\":\"default\",\"template\":\"d\"},"
                                  "{\"name\":\"tool-use\",\"template\":\"u\"}]}", 0);
    is_str(f, "tokenizer.chat_template", "d");
    is_str(f, "tokenizer.chat_template.tool_use", "u");
}

static void test_card(void **state)
{
    struct fixture *f = *state;
    config(f, "{\"architectures\":[\"LlamaForCausalLM\"]," SIZES ",\"_name_or_path\":\"org/Some-Model-1.5B-chat\"}");
    put(f, "README.md", "---\nlicense: [mit, apache-2.0]\nlanguage: no\ntags:\n- a\n- no\nbase_model: x/Base-7B\n---\n# text\n");
    put(f, "generation_config.json", "{\"temperature\":0.7,\"top_k\":20,\"repetition_penalty\":1.1}");
    assert_int_equal(modelcard_put(f->g, f->c, 1500000000, &f->rec.sink, &f->err), 0);
    is_str(f, "general.name", "Some Model 1.5B Chat");
    is_str(f, "general.organization", "Org");
    is_str(f, "general.size_label", "1.5B");
    is_str(f, "general.license", "mit,apache-2.0");
    is_u32(f, "general.base_model.count", 1);
    is_str(f, "general.base_model.0.repo_url", "https://huggingface.co/x/Base-7B");
    is_f32(f, "general.sampling.temp", 0.7f);
    is_f32(f, "general.sampling.penalty_repeat", 1.1f);
    value_of(f, "general.tags", 9);
    fresh(f);
    put(f, "README.md", "---\na: [\n---\n");
    put(f, "generation_config.json", "not JSON");
    assert_int_equal(modelcard_put(f->g, f->c, 0, &f->rec.sink, &f->err), 0);
    assert_int_equal(f->rec.n, 1);
    assert_non_null(strstr(f->rec.events[0].text, "its metadata is left out"));
    assert_false(ggufout_has(f->g, "general.sampling.temp"));
}

static void test_dir_name(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(modelcard_dir_name(&f->a, "/x/models--Org--Name-1B/snapshots/0123abc/"), "Name-1B");
    assert_string_equal(modelcard_dir_name(&f->a, "/x/Name-1B/"), "Name-1B");
    assert_string_equal(modelcard_dir_name(&f->a, "Name"), "Name");
}

static void tensor_name(struct fixture *f, const char *arch, const char *hf, const char *want, bool want_skipped)
{
    bool is_skipped;
    const char *got = arch_tensor_name(arch_find(arch), &f->a, hf, 2, &is_skipped);
    assert_int_equal(is_skipped, want_skipped);
    if (!want != !got || (want && strcmp(want, got) != 0))
        fail_msg("%s: %s", hf, got ? got : "nothing");
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    tensor_name(f, "LlamaForCausalLM", "model.layers.1.post_attention_layernorm.weight", "blk.1.ffn_norm.weight", false);
    tensor_name(f, "Gemma3ForCausalLM", "model.layers.1.post_attention_layernorm.weight", "blk.1.post_attention_norm.weight", false);
    tensor_name(f, "Qwen2ForCausalLM", "model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias", false);
    tensor_name(f, "LlamaForCausalLM", "model.layers.0.self_attn.q_norm.weight", NULL, false);
    tensor_name(f, "Qwen3ForCausalLM", "model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight", false);
    tensor_name(f, "Gemma3ForConditionalGeneration", "model.language_model.norm.weight", "output_norm.weight", false);
    tensor_name(f, "Gemma3ForConditionalGeneration", "model.vision_tower.x.weight", NULL, true);
    tensor_name(f, "LlamaForCausalLM", "model.layers.2.mlp.up_proj.weight", NULL, false);
    tensor_name(f, "LlamaForCausalLM", "model.layers.-1.mlp.up_proj.weight", NULL, false);
    tensor_name(f, "LlamaForCausalLM", "model.layers.0.mlp.up_proj.scale", NULL, false);
    tensor_name(f, "LlamaForCausalLM", "model.layers.0.weight", NULL, false);
    tensor_name(f, "LlamaForCausalLM", "lm_head.weight", "output.weight", false);
    assert_null(arch_find("NoSuchForCausalLM"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rope_tensors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_specials, setup, teardown),
        cmocka_unit_test_setup_teardown(test_card, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dir_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
