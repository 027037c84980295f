/*
 * backend over libllama, with the real small model that PERBIT_TEST_MODEL names: what the scorer and
 * perplexity rely on, and that every broken file ends in one clear line instead of an abort.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "core/quant.h"
#include "engine/backend.h"
#include "engine/enginelog.h"

static const char *const text =
    "The weights of a language model are numbers, and every number can be rounded. What is lost by it?";

struct fixture {
    const char *model;
    char dir[64];
    struct arena arena;
    struct buf head;  /* the file's first 32 MiB: header and some tensor data */
    int64_t n_bytes;  /* size of the model file */
    struct err err;
};

static int setup(void **state)
{
    static struct fixture f;
    f.model = getenv("PERBIT_TEST_MODEL");
    snprintf(f.dir, sizeof(f.dir), "/tmp/test_backend_llama.XXXXXX");
    arena_init(&f.arena);
    buf_init(&f.head);
    *state = &f;
    if (!mkdtemp(f.dir) || fs_size(&f.n_bytes, f.model, &f.err) < 0)
        return -1;
    enum { HEAD_BYTES = 32 << 20 };
    FILE *file = fopen(f.model, "rb");
    if (!file)
        return -1;
    buf_reserve(&f.head, HEAD_BYTES);
    f.head.len = fread(f.head.data, 1, HEAD_BYTES, file);
    fclose(file);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    buf_release(&f->head);
    arena_release(&f->arena);
    snprintf(command, sizeof(command), "rm -r '%s'", f->dir);
    return system(command);
}

static struct backend_params params(int n_ctx, int n_seq_max)
{
    return (struct backend_params){
        .n_ctx = n_ctx, .n_batch = 256, .n_ubatch = 256, .n_seq_max = n_seq_max, .n_gpu_layers = 0,
        .flash_attn = "auto", .type_k = "f16", .type_v = "f16", .load_mode = "mmap", .repack = true,
    };
}

static struct backend *open_model(struct fixture *f, struct backend_params p)
{
    struct backend *b = NULL;
    if (backend_open(&b, f->model, &p, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return b;
}

static void assert_decodes(struct fixture *f, struct backend *b, const struct batch *batch)
{
    if (backend_decode(b, batch, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

static int32_t *tokens_of(struct fixture *f, struct backend *b, const char *s, int *out_n)
{
    int32_t *tokens = NULL;
    if (backend_tokenize(b, s, strlen(s), true, false, &tokens, out_n, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_true(*out_n > 0);
    return tokens;
}

/* Mean over positions of KL(p_a || p_b), in nats. a, b [n][n_vocab] */
static double mean_kl(const float *a, const float *b, int n, int n_vocab)
{
    double total = 0.0;
    for (int i = 0; i < n; i++) {
        const float *p = a + (size_t)i * (size_t)n_vocab, *q = b + (size_t)i * (size_t)n_vocab;
        double max_p = p[0], max_q = q[0], sum_p = 0.0, sum_q = 0.0;
        for (int v = 1; v < n_vocab; v++) {
            max_p = p[v] > max_p ? p[v] : max_p;
            max_q = q[v] > max_q ? q[v] : max_q;
        }
        for (int v = 0; v < n_vocab; v++) {
            sum_p += exp(p[v] - max_p);
            sum_q += exp(q[v] - max_q);
        }
        for (int v = 0; v < n_vocab; v++) {
            double log_p = p[v] - max_p - log(sum_p), log_q = q[v] - max_q - log(sum_q);
            total += exp(log_p) * (log_p - log_q) / n;
        }
    }
    return total;
}

/* Logits of every position of tokens, step tokens a decode. [n][n_vocab], free() */
static float *all_logits(struct fixture *f, struct backend *b, const int32_t *tokens, int n, int step)
{
    size_t n_vocab = (size_t)b->info.n_vocab;
    float *out = malloc((size_t)n * n_vocab * sizeof(*out));
    assert_non_null(out);
    struct batch batch;
    batch_init(&batch, step);
    backend_clear(b);
    for (int at = 0; at < n; at += step) {
        batch_clear(&batch);
        for (int i = at; i < n && i < at + step; i++)
            batch_add(&batch, tokens[i], i, 0, true);
        assert_decodes(f, b, &batch);
        for (int i = 0; i < batch.n; i++) {
            const float *row = backend_logits(b, i);
            assert_non_null(row);
            memcpy(out + (size_t)(at + i) * n_vocab, row, n_vocab * sizeof(*row));
        }
    }
    batch_release(&batch);
    return out;
}

static void info_is_filled(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    struct backend_params p = params(512, 2);
    p.n_outputs_max = 1; /* below n_seq_max, where the engine would abort */
    struct backend *b = open_model(f, p);
    assert_int_equal(modelfile_inspect(&m, &f->arena, f->model, &f->err), 0);
    assert_string_equal(b->info.backend, "llama");
    assert_non_null(strstr(b->info.build, "llama.cpp"));
    assert_non_null(strstr(b->info.devices, "CPU"));
    assert_true(strlen(b->info.system) > 0 && strlen(b->info.model_desc) > 0);
    assert_int_equal(b->info.n_vocab, m.n_vocab);
    assert_int_equal(b->info.n_ctx_train, m.n_ctx_train);
    assert_int_equal(b->info.n_ctx_seq, 256);
    assert_int_equal(b->info.n_batch, 256);
    assert_int_equal(b->info.n_seq_max, 2);
    assert_int_equal(b->info.n_outputs_max, 2);
    assert_int_equal(b->info.n_threads, backend_default_threads());
    assert_false(b->info.is_synthetic);
    assert_true(b->info.compute_bytes > 0);
    /* sizes come from log lines with two decimals of a MiB */
    assert_true(llabs(b->info.kv_bytes - 512 * m.kv_bytes_per_token) < 20000);
    assert_true(b->info.weights_bytes > m.tensor_bytes - 20000);
    backend_close(b);
}

static void planning_without_memory(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(512, 1);
    struct backend *b = open_model(f, p);
    int64_t kv_bytes = b->info.kv_bytes, compute_bytes = b->info.compute_bytes;
    backend_close(b);
    p.no_alloc = true;
    b = open_model(f, p);
    assert_int_equal(b->info.kv_bytes, kv_bytes);
    assert_int_equal(b->info.compute_bytes, compute_bytes);
    assert_true(b->info.weights_bytes > 0);
    struct batch batch;
    batch_init(&batch, 1);
    batch_add(&batch, 1, 0, 0, true);
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    batch_release(&batch);
    backend_close(b);
}

static void tokens_read_back_as_the_text(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_model(f, params(256, 1));
    static const char *const texts[] = {
        "plain words", " a leading space",
        "Gr\xc3\xbc\xc3\x9f" "e, \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x98\x80",
        "tabs\tand\n\nlines\r\n", "<|im_start|>user", "x = [1, 2.5e-3]; // 12345678901234567890",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int32_t *tokens = NULL;
        int n = 0;
        struct buf back = BUF_INIT;
        assert_int_equal(backend_tokenize(b, texts[i], strlen(texts[i]), false, false, &tokens, &n, &f->err), 0);
        for (int k = 0; k < n; k++) {
            char piece[64];
            int n_bytes = backend_piece(b, tokens[k], piece, sizeof(piece));
            assert_in_range(n_bytes, 0, sizeof(piece));
            buf_append(&back, piece, (size_t)n_bytes);
        }
        assert_string_equal(back.data, texts[i]);
        buf_release(&back);
        free(tokens);
    }
    int32_t *tokens = NULL;
    int n = 0;
    char c;
    assert_int_equal(backend_tokenize(b, "", 0, false, false, &tokens, &n, &f->err), 0);
    assert_int_equal(n, 0);
    free(tokens);
    assert_int_equal(backend_tokenize(b, "\xff\xfe\x80 not UTF-8", 13, false, false, &tokens, &n, &f->err), 0);
    free(tokens);
    assert_int_equal(backend_piece(b, b->info.n_vocab, &c, 1), 0);
    assert_int_equal(backend_piece(b, -1, &c, 1), 0);
    assert_true(backend_is_eog(b, b->info.eos));
    assert_false(backend_is_eog(b, -1));
    backend_close(b);
}

/* The engine takes other kernels for other numbers of rows, so across batch sizes there is a bound only. */
static void batch_size_moves_logits_a_little_at_most(void **state)
{
    struct fixture *f = *state;
    struct backend *b = open_model(f, params(256, 1));
    int n = 0;
    int32_t *tokens = tokens_of(f, b, text, &n);
    float *whole = all_logits(f, b, tokens, n, n), *again = all_logits(f, b, tokens, n, n);
    float *single = all_logits(f, b, tokens, n, 1);
    assert_memory_equal(whole, again, (size_t)n * (size_t)b->info.n_vocab * sizeof(*whole));
    double kl = mean_kl(whole, single, n, b->info.n_vocab);
    if (!(kl < 0.01))
        fail_msg("KL between one batch and single tokens is %g", kl);
    free(whole);
    free(again);
    free(single);
    free(tokens);
    backend_close(b);
}

static void a_copied_sequence_goes_on_like_the_first(void **state)
{
    struct fixture *f = *state;
    for (int unified = 0; unified < 2; unified++) {
        struct backend_params p = params(768, 3);
        p.kv_unified = unified;
        struct backend *b = open_model(f, p);
        int n = 0;
        int32_t *tokens = tokens_of(f, b, text, &n);
        size_t row_bytes = (size_t)b->info.n_vocab * sizeof(float);
        float *rows[2] = { malloc(row_bytes), malloc(row_bytes) };
        struct batch batch;
        batch_init(&batch, n);
        for (int i = 0; i < 5; i++) /* something that the copy must replace */
            batch_add(&batch, tokens[n - 1 - i], i, 2, false);
        assert_decodes(f, b, &batch);
        batch_clear(&batch);
        for (int i = 0; i < n - 1; i++)
            batch_add(&batch, tokens[i], i, 0, false);
        assert_decodes(f, b, &batch);
        assert_null(backend_logits(b, 0));
        assert_int_equal(backend_seq_copy(b, 0, 2, &f->err), 0);
        for (int k = 0; k < 2; k++) {
            batch_clear(&batch);
            batch_add(&batch, tokens[n - 1], n - 1, 2 * k, true);
            assert_decodes(f, b, &batch);
            memcpy(rows[k], backend_logits(b, 0), row_bytes);
        }
        assert_memory_equal(rows[0], rows[1], row_bytes);
        /* and the end can be taken away and put back */
        assert_int_equal(backend_seq_remove(b, 2, n - 1, &f->err), 0);
        assert_decodes(f, b, &batch);
        assert_memory_equal(rows[0], backend_logits(b, 0), row_bytes);
        batch_release(&batch);
        free(rows[0]);
        free(rows[1]);
        free(tokens);
        backend_close(b);
    }
}

static void bad_batches_do_not_abort(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(256, 1);
    p.n_batch = p.n_ubatch = 32;
    p.n_outputs_max = 4;
    struct backend *b = open_model(f, p);
    struct batch batch;
    batch_init(&batch, 300);
    static const struct { const char *words; int n, step, token, seq, want; } cases[] = {
        { "n_batch = 32", 33, 1, 5, 0, 0 },     { "n_outputs_max = 4", 5, 1, 5, 0, 1 },
        { "vocabulary", 1, 1, 1 << 30, 0, 0 },  { "vocabulary", 1, 1, -1, 0, 0 },
        { "n_seq_max = 1", 1, 1, 5, 1, 0 },     { "does not follow", 3, 2, 5, 0, 0 },
        { "does not follow", 3, 0, 5, 0, 0 },   { "empty", 0, 1, 5, 0, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        batch_clear(&batch);
        for (int k = 0; k < cases[i].n; k++)
            batch_add(&batch, cases[i].token, k * cases[i].step, cases[i].seq, cases[i].want);
        f->err = (struct err){ 0 };
        if (backend_decode(b, &batch, &f->err) == 0)
            fail_msg("case %zu was accepted", i);
        assert_int_equal(f->err.code, ERR_MODEL);
        if (!strstr(f->err.msg, cases[i].words))
            fail_msg("case %zu: %s", i, f->err.msg);
    }
    batch_clear(&batch);
    batch_add(&batch, 5, 0, 0, true);
    assert_decodes(f, b, &batch);
    batch.pos[0] = 2; /* a gap to what is stored: the engine itself refuses, with its reason */
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "refused the batch"));
    assert_null(backend_logits(b, 0));
    for (int i = 1; i < 256; i++) {
        batch.pos[0] = i;
        assert_decodes(f, b, &batch);
    }
    batch.pos[0] = 256;
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    assert_non_null(strstr(f->err.msg, "the context is full"));
    batch_release(&batch);
    backend_close(b);
}

/* A unified cache: no sequence is over its limit, yet together they are. */
static void a_full_cache_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(256, 2);
    p.kv_unified = true;
    struct backend *b = open_model(f, p);
    struct batch batch;
    batch_init(&batch, 256);
    for (int seq = 0; seq < 2; seq++) {
        batch_clear(&batch);
        for (int i = 0; i < 200; i++)
            batch_add(&batch, 5, i, seq, false);
        if (seq == 0)
            assert_decodes(f, b, &batch);
    }
    assert_int_equal(backend_decode(b, &batch, &f->err), -1);
    assert_int_equal(f->err.code, ERR_MODEL);
    assert_non_null(strstr(f->err.msg, "the context is full"));
    backend_clear(b);
    assert_decodes(f, b, &batch);
    batch_release(&batch);
    backend_close(b);
}

static void refused(struct fixture *f, const char *path, struct backend_params p, enum err_code code, const char *words)
{
    struct backend *b = NULL;
    struct err err = { 0 };
    assert_int_equal(backend_open(&b, path, &p, &err), -1);
    assert_null(b);
    if (err.code != code || !strstr(err.msg, words) || strchr(err.msg, '\n'))
        fail_msg("%s: '%s' does not say '%s'", err_code_name(err.code), err.msg, words);
    (void)f;
}

static void bad_settings(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(256, 257);
    refused(f, f->model, p, ERR_RANGE, "1 to 256");
    refused(f, f->model, params(256, 0), ERR_RANGE, "n_seq_max is 0");
    p = params(256, 1);
    p.flash_attn = "maybe";
    refused(f, f->model, p, ERR_RANGE, "flash_attn: unknown value 'maybe'");
    p = params(256, 1);
    p.load_mode = "magic";
    refused(f, f->model, p, ERR_RANGE, "load_mode: unknown value 'magic'");
    p = params(256, 1);
    p.type_v = "q2_K";
    refused(f, f->model, p, ERR_RANGE, "type_v: unknown type 'q2_K'");
    p = params(256, 1);
    p.type_v = "q8_0";
    p.flash_attn = "off";
    refused(f, f->model, p, ERR_MODEL, "quantized V cache");
    p = params(256, 1);
    p.n_ubatch = 0;
    refused(f, f->model, p, ERR_RANGE, "out of range");
}

/* In a child with little address space; the sanitizer's allocator would end the process instead of failing. */
static void a_context_that_cannot_be_had(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    (void)state;
    skip();
#else
    struct fixture *f = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct backend *b = NULL;
        struct backend_params p = params(1 << 20, 1);
        rlim_t room = (rlim_t)f->n_bytes + ((rlim_t)2 << 30);
        p.n_threads = 1;
        if (setrlimit(RLIMIT_AS, &(struct rlimit){ room, room }) < 0)
            _exit(2);
        int ret = backend_open(&b, f->model, &p, &f->err);
        _exit(ret < 0 && f->err.code == ERR_MEMORY && strstr(f->err.msg, "not enough memory for a context") ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
#endif
}

/* The model's first n_bytes; behind the header a hole stands for the data. */
static const char *put_copy(struct fixture *f, const char *name, int64_t n_bytes)
{
    const char *path = fs_join(&f->arena, f->dir, name);
    size_t n_head = (size_t)n_bytes < f->head.len ? (size_t)n_bytes : f->head.len;
    if (fs_write(path, f->head.data, n_head, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(truncate(path, n_bytes), 0);
    return path;
}

static void broken_files(void **state)
{
    struct fixture *f = *state;
    struct backend_params p = params(256, 1);
    struct modelfile m;
    refused(f, fs_join(&f->arena, f->dir, "none.gguf"), p, ERR_IO, "no such file");

    const char *path = put_copy(f, "short.gguf", f->n_bytes - 1000000);
    refused(f, path, p, ERR_FORMAT, "truncated: tensor data ends at byte ");
    assert_int_equal(modelfile_inspect(&m, &f->arena, path, &f->err), -1);
    assert_non_null(strstr(f->err.msg, arena_printf(&f->arena, "the file has %lld", (long long)f->n_bytes - 1000000)));
    refused(f, put_copy(f, "header.gguf", 4000), p, ERR_FORMAT, "damaged or truncated GGUF header");
    refused(f, put_copy(f, "start.gguf", 10), p, ERR_FORMAT, "truncated: a GGUF header has 24 bytes");

    path = fs_join(&f->arena, f->dir, "garbage.gguf");
    char garbage[5000] = "GGUF\x03";
    for (size_t i = 8; i < sizeof(garbage); i++)
        garbage[i] = (char)(i * i * 31 + i / 7);
    assert_int_equal(fs_write(path, garbage, sizeof(garbage), &f->err), 0);
    refused(f, path, p, ERR_FORMAT, "damaged or truncated GGUF header");
}

/* Every byte of the header's start damaged in turn: an error or a model, never an abort. */
static void damaged_headers_do_not_abort(void **state)
{
    struct fixture *f = *state;
    static const unsigned char values[] = { 0x00, 0x7f, 0xff };
    enum { HEAD = 400 };
    const char *path = put_copy(f, "damaged.gguf", f->n_bytes); /* patched in place */
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    for (long at = 4; at < HEAD; at += 3) {
        for (size_t v = 0; v < sizeof(values); v++) {
            struct modelfile m;
            struct err err = { 0 };
            struct arena a;
            fseek(file, at, SEEK_SET);
            fputc(values[v], file);
            fflush(file);
            arena_init(&a);
            if (modelfile_inspect(&m, &a, path, &err) < 0)
                assert_true(err.code == ERR_FORMAT && err.msg[0]);
            arena_release(&a);
        }
        fseek(file, at, SEEK_SET);
        fputc((unsigned char)f->head.data[at], file);
        fflush(file);
    }
    fclose(file);
}

static void unknown_architecture(void **state)
{
    struct fixture *f = *state;
    static const char key[] = "general.architecture";
    char *at = memmem(f->head.data, f->head.len, key, strlen(key));
    assert_non_null(at);
    at += strlen(key) + 4 + 8; /* type and length of the value */
    char before = *at;
    *at = 'X';
    const char *path = put_copy(f, "other.gguf", f->n_bytes);
    *at = before;
    refused(f, path, params(256, 1), ERR_MODEL, "the engine does not know the architecture 'X");
}

static void inspected(void **state)
{
    struct fixture *f = *state;
    struct modelfile m;
    assert_int_equal(modelfile_inspect(&m, &f->arena, f->model, &f->err), 0);
    assert_string_equal(m.path, f->model);
    assert_int_equal(m.file_bytes, f->n_bytes);
    assert_true(m.tensor_bytes > 0 && m.tensor_bytes < m.file_bytes);
    assert_true(m.n_params > 0 && m.n_layer > 0 && m.n_embd > 0 && m.n_vocab > 0 && m.n_ctx_train > 0);
    assert_true(strlen(m.name) > 0 && strlen(m.arch) > 0);
    assert_non_null(quant_find(m.label));
    assert_true(modelfile_bpw(&m) > 1.0 && modelfile_bpw(&m) <= 32.0);
    int64_t n_bytes = 0, n_params = 0;
    int n_tensors = 0;
    for (int i = 0; i < m.n_types; i++) {
        assert_true(i == 0 || m.types[i].n_bytes <= m.types[i - 1].n_bytes);
        n_bytes += m.types[i].n_bytes;
        n_params += m.types[i].n_params;
        n_tensors += m.types[i].n_tensors;
    }
    assert_true(n_bytes == m.tensor_bytes && n_params == m.n_params && n_tensors == m.n_tensors);
}

/* The engine's log: pieces, prefixes, sizes, and which of several lines is the reason. */
static void log_lines(void **state)
{
    (void)state;
    struct enginelog log;
    enginelog_start(&log);
    enginelog_feed(&log, 2, "load_tensors:   CPU_Mapped model buffer size =    10.00 MiB\n");
    enginelog_feed(&log, 2, "load_tensors:   CPU_REPACK model buffer size =     5.50 MiB\n");
    enginelog_feed(&log, 2, "llama_context:        CPU  output buffer size =     0.25 MiB\n");
    enginelog_feed(&log, 2, "llama_kv_cache:        CPU KV buffer size =     2.00 MiB\n");
    enginelog_feed(&log, 2, "llama_kv_cache: size =    3.00 MiB (   256 cells,  30 layers,  1/1 seqs), K (f16): ...\n");
    enginelog_feed(&log, 2, "sched_reserve:        CPU compute buffer size =     1.00 MiB\n");
    enginelog_feed(&log, 1, "~llama_context: CPU compute buffer size is 1.0000 MiB, matches expectation of 1.0000 MiB\n");
    enginelog_feed(&log, 3, "print_info: a warning in ");
    enginelog_feed(&log, 5, "two pieces\n");
    enginelog_feed(&log, 4, "llama_model_load: error loading model: llama_model_loader: failed to load model from x\n");
    enginelog_feed(&log, 4, "llama_model_load: error loading model: unable to allocate CPU buffer\nsecond line\n");
    enginelog_feed(&log, 4, "llama_model_load_from_file_impl: failed to load model");
    enginelog_stop(&log);
    const int64_t mib = 1024 * 1024;
    assert_int_equal(log.weights_bytes, 15 * mib + mib / 2);
    assert_int_equal(log.kv_bytes, 2 * mib);
    assert_int_equal(log.kv_planned_bytes, 3 * mib);
    assert_int_equal(log.compute_bytes, mib);
    assert_int_equal(log.output_bytes, mib / 4);
    assert_string_equal(log.warnings.data, "a warning in two pieces\n");
    assert_true(enginelog_is_memory(&log));
    assert_string_equal(enginelog_reason(&log), "unable to allocate CPU buffer");
    enginelog_release(&log);
    enginelog_start(&log);
    enginelog_stop(&log);
    assert_false(enginelog_is_memory(&log));
    assert_non_null(strstr(enginelog_reason(&log), "no reason"));
    enginelog_release(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_lines),
        cmocka_unit_test(inspected),
        cmocka_unit_test(info_is_filled),
        cmocka_unit_test(planning_without_memory),
        cmocka_unit_test(tokens_read_back_as_the_text),
        cmocka_unit_test(batch_size_moves_logits_a_little_at_most),
        cmocka_unit_test(a_copied_sequence_goes_on_like_the_first),
        cmocka_unit_test(bad_batches_do_not_abort),
        cmocka_unit_test(a_full_cache_is_an_error),
        cmocka_unit_test(bad_settings),
        cmocka_unit_test(a_context_that_cannot_be_had),
        cmocka_unit_test(broken_files),
        cmocka_unit_test(damaged_headers_do_not_abort),
        cmocka_unit_test(unknown_architecture),
    };
    if (!getenv("PERBIT_TEST_MODEL")) {
        fprintf(stderr, "PERBIT_TEST_MODEL is not set: skipped\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, setup, teardown);
}
