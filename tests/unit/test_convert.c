/*
 * convert: tiny models made by hand, through the whole of convert/: what is written, read back by the engine's own
 * reader and by hand; and what is refused. The comparison with the reference converter is tests/convert/.
 */
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
#include "base/json.h"
#include "convert/bytelevel.h"
#include "convert/convert.h"
#include "convert/weights.h"
#include "engine/modelfile_gguf.h"
#include "recorder.h"

struct fixture {
    char dir[64];
    const char *model, *out;
    struct arena a;
    struct recorder rec;
    struct err err;
    struct buf file; /* the output */
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "/tmp/test_convert.XXXXXX");
    arena_init(&f->a);
    recorder_init(&f->rec);
    buf_init(&f->file);
    *state = f;
    if (!mkdtemp(f->dir))
        return -1;
    f->model = fs_join(&f->a, f->dir, "tiny-2K-chat");
    f->out = fs_join(&f->a, f->dir, "out.gguf");
    return fs_mkdirs(f->model, &f->err);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", f->dir);
    recorder_release(&f->rec);
    buf_release(&f->file);
    arena_release(&f->a);
    free(f);
    return system(command);
}

static void put(struct fixture *f, const char *name, const char *text, size_t n)
{
    assert_int_equal(fs_write(fs_join(&f->a, f->model, name), text, n, &f->err), 0);
}

static void put_text(struct fixture *f, const char *name, const char *text)
{
    put(f, name, text, strlen(text));
}

/* ---- weights: number i of tensor t is 100 t + i ---- */

struct shape {
    const char *name;
    int n_dims, dims[2];
    const char *dtype; /* NULL: F32 */
};

static void put_weights(struct fixture *f, const struct shape *shapes, int n)
{
    struct buf header = BUF_INIT, data = BUF_INIT, file = BUF_INIT;
    struct jw w;
    jw_init(&w, &header);
    jw_object(&w);
    for (int t = 0; t < n; t++) {
        const size_t begin = data.len;
        const int count = shapes[t].dims[0] * (shapes[t].n_dims > 1 ? shapes[t].dims[1] : 1);
        for (int i = 0; i < count; i++) {
            const float x = (float)(100 * t + i);
            if (shapes[t].dtype)
                buf_putc(&data, (char)i); /* a byte each */
            else
                buf_append(&data, &x, 4);
        }
        jw_key(&w, shapes[t].name);
        jw_object(&w);
        jw_kstr(&w, "dtype", shapes[t].dtype ? shapes[t].dtype : "F32");
        jw_key(&w, "shape");
        jw_array(&w);
        for (int k = 0; k < shapes[t].n_dims; k++)
            jw_int(&w, shapes[t].dims[k]);
        jw_end(&w);
        jw_key(&w, "data_offsets");
        jw_array(&w);
        jw_int(&w, (int64_t)begin);
        jw_int(&w, (int64_t)data.len);
        jw_end(&w);
        jw_end(&w);
    }
    jw_end(&w);
    for (int i = 0; i < 8; i++)
        buf_putc(&file, (char)(header.len >> 8 * i));
    buf_append(&file, header.data, header.len);
    buf_append(&file, data.data, data.len);
    put(f, "model.safetensors", file.data, file.len);
    buf_release(&header);
    buf_release(&data);
    buf_release(&file);
}

/* ---- tokenizers ---- */

/* The 256 letters of the byte-level alphabet and one special token; GPT-2's cutting. */
static void put_tokenizer(struct fixture *f)
{
    struct buf text = BUF_INIT, letter = BUF_INIT;
    struct jw w;
    jw_init(&w, &text);
    jw_object(&w);
    jw_key(&w, "added_tokens");
    jw_raw(&w, "[{\"id\":256,\"content\":\"<s>\",\"special\":true,\"normalized\":false},"
               "{\"id\":257,\"content\":\"\\u2581word\",\"special\":false,\"normalized\":false}]");
    jw_key(&w, "pre_tokenizer");
    jw_raw(&w, "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}");
    jw_key(&w, "model");
    jw_object(&w);
    jw_kstr(&w, "type", "BPE");
    jw_key(&w, "merges");
    jw_raw(&w, "[[\"a\",\"b\"],[\"c d\",\"e\"]]");
    jw_key(&w, "vocab");
    jw_object(&w);
    for (int b = 0; b < 256; b++) {
        const char byte = (char)b;
        buf_clear(&letter);
        bytelevel_encode(&letter, &byte, 1);
        jw_kint(&w, letter.data, b);
    }
    jw_end(&w);
    jw_end(&w);
    jw_end(&w);
    put(f, "tokenizer.json", text.data, text.len);
    put_text(f, "tokenizer_config.json", "{\"bos_token\":\"<s>\",\"add_bos_token\":true,\"chat_template\":\"{{ x }}\"}");
    buf_release(&text);
    buf_release(&letter);
}

static void put_pieces(struct fixture *f, const char *const *pieces, int n)
{
    struct buf b = BUF_INIT;
    for (int i = 0; i < n; i++) {
        buf_putc(&b, 0x0a);
        buf_putc(&b, (char)(strlen(pieces[i]) + 2));
        buf_putc(&b, 0x0a);
        buf_putc(&b, (char)strlen(pieces[i]));
        buf_puts(&b, pieces[i]);
    }
    put(f, "tokenizer.model", b.data, b.len);
    buf_release(&b);
}

#define LLAMA_SIZES                                                                                                  \
    "\"hidden_size\":8,\"intermediate_size\":4,\"num_hidden_layers\":1,\"num_attention_heads\":2,"                 \
    "\"num_key_value_heads\":1,\"vocab_size\":258,\"rms_norm_eps\":1e-5,\"max_position_embeddings\":64"
#define LLAMA_CONFIG "{\"architectures\":[\"LlamaForCausalLM\"]," LLAMA_SIZES "}"

static const struct shape llama_shapes[] = {
    { "model.embed_tokens.weight", 2, { 258, 8 }, NULL },
    { "model.layers.0.input_layernorm.weight", 1, { 8 }, NULL },
    { "model.layers.0.self_attn.k_proj.weight", 2, { 4, 8 }, NULL },
    { "model.layers.0.self_attn.q_proj.weight", 2, { 8, 8 }, NULL },
    { "model.layers.0.self_attn.rotary_emb.inv_freq", 1, { 2 }, NULL },
    { "model.norm.weight", 1, { 8 }, NULL },
};
enum { N_LLAMA = sizeof llama_shapes / sizeof llama_shapes[0] };

static void put_llama(struct fixture *f)
{
    put_text(f, "config.json", LLAMA_CONFIG);
    put_weights(f, llama_shapes, N_LLAMA);
    put_tokenizer(f);
}

static int run(struct fixture *f, const char *outtype)
{
    const struct convert_params p = { .dir = f->model, .out = f->out, .outtype = outtype };
    f->err = (struct err){ 0 };
    unlink(f->out);
    return convert_model(&p, &f->rec.sink, &f->err);
}

static void good(struct fixture *f, const char *outtype)
{
    if (run(f, outtype))
        fail_msg("%s", f->err.msg);
    buf_clear(&f->file);
    assert_int_equal(fs_read(&f->file, f->out, &f->err), 0);
}

static void refused(struct fixture *f, const char *words)
{
    char command[160];
    assert_int_equal(run(f, "f32"), -1);
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' is not in: %s", words, f->err.msg);
    assert_null(strchr(f->err.msg, '\n'));
    snprintf(command, sizeof command, "ls %s | grep -q part", f->dir); /* nothing is left behind */
    assert_int_not_equal(system(command), 0);
    assert_false(fs_exists(f->out));
}

/* Where a key or a name stands in the file: past its text. */
static const char *after(struct fixture *f, const char *text)
{
    const char *at = memmem(f->file.data, f->file.len, text, strlen(text));
    if (!at)
        fail_msg("%s is not in the file", text);
    return at + strlen(text);
}

static const float *data_of(struct fixture *f, int64_t from_end)
{
    return (const float *)(const void *)(f->file.data + f->file.len - from_end);
}

/* ---- tests ---- */

static void test_llama(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    put_llama(f);
    good(f, "f32");
    assert_int_equal(modelfile_inspect_gguf(&m, &f->a, f->out, &f->err), 0);
    assert_string_equal(m.arch, "llama");
    assert_string_equal(m.label, "F32");
    assert_int_equal(m.n_tensors, 5); /* without the table of frequencies */
    assert_int_equal(m.n_params, 258 * 8 + 8 + 32 + 64 + 8);
    assert_int_equal(m.n_vocab, 258);
    assert_string_equal(m.name, "Tiny 2K Chat");
    after(f, "blk.0.attn_q.weight");
    assert_memory_equal(after(f, "tokenizer.ggml.pre"), "\x08\0\0\0\x05\0\0\0\0\0\0\0gpt-2", 17);
    after(f, "c\xc4\xa0" "d e");   /* a space inside a part of a merge */
    after(f, "\x05\0\0\0\0\0\0\0 word"); /* U+2581 of what users added */
    /* from the end: norm 32 bytes, q 256, k 128: rows of a head of four are 0 2 1 3 */
    const float *q = data_of(f, 32 + 256), *k = data_of(f, 32 + 256 + 128), *norm = data_of(f, 32);
    static const int order[] = { 0, 2, 1, 3, 4, 6, 5, 7 };
    for (int row = 0; row < 8; row++)
        for (int i = 0; i < 8; i++) {
            assert_true(q[8 * row + i] == (float)(300 + 8 * order[row] + i));
            if (row < 4)
                assert_true(k[8 * row + i] == (float)(200 + 8 * order[row] + i));
        }
    assert_true(norm[7] == 507.0f);
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    put_llama(f);
    good(f, "f32");
    const struct event *last = &f->rec.events[f->rec.n - 1], *first = &f->rec.events[0];
    assert_int_equal(first->kind, EVENT_LOG); /* a vocabulary of no table */
    assert_non_null(strstr(first->text, "gpt-2"));
    assert_int_equal(last->kind, EVENT_PROGRESS);
    assert_int_equal(last->done, last->total);
    assert_int_equal(last->total, f->file.len);
}

static void test_types(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    static const struct shape shapes[] = { { "model.embed_tokens.weight", 2, { 258, 8 }, NULL },
                                           { "model.layers.0.mlp.down_proj.weight", 2, { 4, 64 }, NULL },
                                           { "model.norm.weight", 1, { 8 }, NULL } };
    put_llama(f);
    put_weights(f, shapes, 3);
    good(f, "q8_0"); /* rows of 8 are F16, rows of 64 Q8_0, vectors F32 */
    assert_int_equal(modelfile_inspect_gguf(&m, &f->a, f->out, &f->err), 0);
    assert_int_equal(m.n_types, 3);
    assert_string_equal(m.types[0].name, "f16");
    assert_string_equal(m.types[1].name, "q8_0");
    assert_int_equal(m.types[1].n_bytes, 4 * 2 * 34);
    good(f, "auto"); /* no 16-bit matrix: F16 */
    assert_int_equal(modelfile_inspect_gguf(&m, &f->a, f->out, &f->err), 0);
    assert_string_equal(m.label, "F16");
}

static void test_gemma(void **state)
{
    struct fixture *f = *state;
    static const char *const pieces[] = { "<pad>", "a", "b" };
    static const struct shape shapes[] = {
        { "language_model.model.embed_tokens.weight", 2, { 8, 4 }, NULL },
        { "language_model.model.layers.0.post_attention_layernorm.weight", 1, { 8 }, NULL },
        { "vision_tower.x.weight", 2, { 2, 2 }, NULL },
    };
    struct modelfile m;
    put_text(f, "config.json",
             "{\"architectures\":[\"Gemma3ForConditionalGeneration\"],\"text_config\":{\"hidden_size\":4,"
             "\"num_hidden_layers\":1,\"vocab_size\":6,\"num_attention_heads\":2}}");
    put_weights(f, shapes, 3);
    put_pieces(f, pieces, 3);
    good(f, "f32");
    assert_int_equal(modelfile_inspect_gguf(&m, &f->a, f->out, &f->err), 0);
    assert_string_equal(m.arch, "gemma3");
    assert_int_equal(m.n_tensors, 2);
    assert_int_equal(m.n_params, 6 * 4 + 8); /* rows beyond the vocabulary go */
    assert_true(data_of(f, 32)[0] == 101.0f); /* one more */
    after(f, "blk.0.post_attention_norm.weight");
    after(f, "[PAD5]");
    assert_memory_equal(after(f, "gemma3.attention.head_count_kv"), "\x04\0\0\0\x04\0\0\0", 8); /* the class's own */
}

static void config_refused(struct fixture *f, const char *config, const char *words)
{
    put_text(f, "config.json", config);
    refused(f, words);
}

static void test_configs(void **state)
{
    struct fixture *f = *state;
    put_llama(f);
    config_refused(f, "[]", "no JSON object");
    config_refused(f, "{}", "'architectures'");
    config_refused(f, "{\"architectures\":[\"BertModel\"]}", "perbit converts LlamaForCausalLM, ");
    config_refused(f, "{\"architectures\":[\"LlamaForCausalLM\"]," LLAMA_SIZES
                      ",\"quantization_config\":{\"quant_method\":\"fp8\"}}", "quantized already (fp8)");
    config_refused(f, "{\"architectures\":[\"LlamaForCausalLM\"]," LLAMA_SIZES ",\"num_local_experts\":8}", "experts");
    config_refused(f, "{\"architectures\":[\"LlamaForCausalLM\"],\"num_hidden_layers\":-1}", "'num_hidden_layers'");
    config_refused(f, "{\"architectures\":[\"LlamaForCausalLM\"]," LLAMA_SIZES ",\"head_dim\":\"x\"}", "'head_dim'");
    unlink(fs_join(&f->a, f->model, "config.json"));
    refused(f, "config.json");
}

static void one_refused(struct fixture *f, struct shape shape, const char *words)
{
    put_weights(f, &shape, 1);
    refused(f, words);
}

static void test_tensors(void **state)
{
    struct fixture *f = *state;
    put_llama(f);
    one_refused(f, (struct shape){ "model.layers.0.self_attn.q_proj.weight", 2, { 8, 8 }, "F8_E4M3" }, "is F8_E4M3");
    one_refused(f, (struct shape){ "model.layers.0.mlp.experts.0.w1.weight", 2, { 8, 8 }, NULL }, "is none that");
    one_refused(f, (struct shape){ "model.layers.1.mlp.up_proj.weight", 2, { 8, 8 }, NULL }, "is none that"); /* of one layer */
    one_refused(f, (struct shape){ "model.layers.x.mlp.up_proj.weight", 2, { 8, 8 }, NULL }, "is none that");
    one_refused(f, (struct shape){ "model.layers.0.self_attn.q_proj.weight", 2, { 6, 8 }, NULL }, "whole number of heads");
    one_refused(f, (struct shape){ "model.norm.weight", 1, { 0 }, NULL }, "has a shape");
}

static void test_tokenizers(void **state)
{
    struct fixture *f = *state;
    put_llama(f);
    put_text(f, "tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}");
    refused(f, "model 'WordPiece'");
    put_text(f, "tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1}}}");
    refused(f, "has no id");
    put_text(f, "tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":{}}}");
    refused(f, "tokenizer.model is not there");
    put_text(f, "tokenizer.json", "{}");
    refused(f, "has no 'model'");
    unlink(fs_join(&f->a, f->model, "tokenizer.json"));
    refused(f, "neither tokenizer.json nor tokenizer.model");
    put_text(f, "tekken.json", "{}");
    refused(f, "tekken.json alone");
    put_text(f, "tokenizer.model", "\x0a\x7f");
    refused(f, "no SentencePiece model");
}

static void test_paths(void **state)
{
    struct fixture *f = *state;
    const char *source = fs_join(&f->a, f->model, "model.safetensors");
    struct convert_params p = { .dir = f->model, .out = source, .outtype = "f32", .overwrite = true };
    put_llama(f);
    assert_int_equal(convert_model(&p, &f->rec.sink, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "is one of the files to read"));
    good(f, "f32");
    p.out = f->out;
    p.overwrite = false;
    assert_int_equal(convert_model(&p, &f->rec.sink, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "exists already"));
    p.overwrite = true;
    assert_int_equal(convert_model(&p, &f->rec.sink, &f->err), 0);
    p.out = f->dir;
    assert_int_equal(convert_model(&p, &f->rec.sink, &f->err), -1);
    f->rec.refuse_at = f->rec.n + 2; /* a sink that stops it */
    unlink(f->out);
    refused(f, "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_llama, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gemma, setup, teardown),
        cmocka_unit_test_setup_teardown(test_configs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tensors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tokenizers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
