/*
 * token_lines: texts to token ids, for agree.py.
 *
 *   token_lines engine MODEL.gguf < lines      what the engine makes of each; engine_specials: special tokens too
 *   token_lines bpe tokenizer.json < lines     what convert/bpe.c makes of each: the encoder of the check string
 *
 * A line is a JSON string; the answer is a JSON list, or null when the text cannot be encoded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "convert/bpe.h"
#include "engine/backend.h"
#include "study/settings.h"

static void print_ids(const int32_t *ids, int n)
{
    putchar('[');
    for (int i = 0; i < n; i++)
        printf("%s%d", i ? ", " : "", (int)ids[i]);
    puts("]");
}

static int each_line(int (*encode)(void *ctx, struct pystr text), void *ctx)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        yyjson_doc *doc = yyjson_read(line, (size_t)n, 0);
        yyjson_val *v = yyjson_doc_get_root(doc);
        if (!yyjson_is_str(v) || encode(ctx, pystr_of(yyjson_get_str(v), yyjson_get_len(v))))
            puts("null");
        yyjson_doc_free(doc);
    }
    free(line);
    return 0;
}

struct reader {
    struct backend *b;
    bool parses_specials;
};

static int by_engine(void *ctx, struct pystr text)
{
    const struct reader *r = ctx;
    struct err err;
    int32_t *ids;
    int n;
    if (backend_tokenize(r->b, text.s, text.n_bytes, false, r->parses_specials, &ids, &n, &err))
        return -1;
    print_ids(ids, n);
    free(ids);
    return 0;
}

static int by_bpe(void *ctx, struct pystr text)
{
    struct err err;
    struct bpe_ids ids;
    if (bpe_encode(&ids, ctx, text, &err))
        return -1;
    print_ids(ids.ids, ids.n);
    free(ids.ids);
    return 0;
}

static int run_engine(const char *path, bool parses_specials, struct err *err)
{
    struct backend_params p = { .n_ctx = 64, .n_batch = 64, .n_ubatch = 64, .n_seq_max = 1, .n_threads = 1,
                                .flash_attn = "auto", .type_k = "f16", .type_v = "f16", .load_mode = "mmap" };
    struct backend *b;
    if (backend_open(&b, path, &p, err))
        return -1;
    each_line(by_engine, &(struct reader){ b, parses_specials });
    backend_close(b);
    return 0;
}

static int run_bpe(const char *path, struct err *err)
{
    struct tokenizerjson *t;
    if (tokenizerjson_load(&t, path, err))
        return -1;
    each_line(by_bpe, t);
    tokenizerjson_close(t);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc != 3)
        return 2;
    if (strcmp(argv[1], "bpe") == 0 ? !run_bpe(argv[2], &err) : !run_engine(argv[2], strcmp(argv[1], "engine"), &err))
        return 0;
    fprintf(stderr, "%s\n", err.msg);
    return 1;
}
