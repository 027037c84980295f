/*
 * reference: llama.cpp's own programs, run by the model tests, and the models and the text that they share.
 *
 * Environment: PERBIT the program; PERBIT_ENGINE_BIN folder with llama-quantize and the others; PERBIT_TEST_MODEL a small real
 * model; PERBIT_BUILD folder with mkmodel; PERBIT_SHARED folder with data/wikitext2/wiki.test.raw, without
 * it the text is made of the sources in PERBIT_SRC. What is missing skips the test (exit status 77).
 */
#ifndef PERBIT_TESTS_REFERENCE_H
#define PERBIT_TESTS_REFERENCE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "engine/backend.h"

struct reference {
    struct arena arena;
    const char *dir;      /* of this test, removed at the end */
    const char *bin;      /* the engine's programs */
    const char *perbit;   /* our program */
    const char *real;     /* small real model, BF16 */
    const char *random;   /* width 512: every K-quant is a true one */
    const char *bos;      /* the same with a vocabulary that adds a BOS */
    const char *text;     /* file */
};

/* Runs a command line; its standard output and error are put into out (may be NULL). */
static inline void reference_run(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void reference_run(struct buf *out, const char *fmt, ...)
{
    struct buf command = BUF_INIT, text = BUF_INIT;
    char piece[4096];
    size_t n;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&command, fmt, ap);
    va_end(ap);
    buf_puts(&command, " 2>&1");
    FILE *f = popen(command.data, "r");
    if (!f) {
        fprintf(stderr, "%s: cannot run\n", command.data);
        exit(1);
    }
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_append(&text, piece, n);
    if (pclose(f) != 0) {
        fprintf(stderr, "%s: failed\n%s\n", command.data, text.data);
        exit(1);
    }
    if (out) {
        buf_clear(out);
        buf_append(out, text.data, text.len);
    }
    buf_release(&text);
    buf_release(&command);
}

static inline const char *reference_env(const char *name)
{
    const char *value = getenv(name);
    if (!value || !value[0]) {
        fprintf(stderr, "skipped: %s is not set\n", name);
        exit(77);
    }
    return value;
}

static inline const char *reference_text(struct reference *r)
{
    const char *shared = getenv("PERBIT_SHARED");
    const char *wiki = shared ? arena_printf(&r->arena, "%s/data/wikitext2/wiki.test.raw", shared) : "";
    const char *text = fs_join(&r->arena, r->dir, "text.txt");
    if (fs_exists(wiki))
        reference_run(NULL, "head -c 120000 '%s' > '%s'", wiki, text);
    else
        reference_run(NULL, "cat '%s'/src/*/*.h | head -c 120000 > '%s'", reference_env("PERBIT_SRC"), text);
    return text;
}

/* Two, or PERBIT_TEST_THREADS: the engine's threads wait for each other in a loop, which a busy machine makes long. */
static inline int reference_threads(void)
{
    const char *n = getenv("PERBIT_TEST_THREADS");
    return n && atoi(n) > 0 ? atoi(n) : 2;
}

/* All of the WikiText-2 test set, where PERBIT_SHARED has it; it must when it is set. Without it the shorter text. */
static inline const char *reference_whole_text(struct reference *r)
{
    const char *shared = getenv("PERBIT_SHARED");
    if (!shared || !shared[0])
        return r->text;
    const char *wiki = arena_printf(&r->arena, "%s/data/wikitext2/wiki.test.raw", shared);
    if (!fs_exists(wiki)) {
        fprintf(stderr, "%s: no such file\n", wiki);
        exit(1);
    }
    return wiki;
}

static inline void reference_open(struct reference *r)
{
    struct modelfile m;
    struct err err;
    const char *model = reference_env("PERBIT_TEST_MODEL"), *build = reference_env("PERBIT_BUILD");
    const char *tmp = getenv("TMPDIR");
    arena_init(&r->arena);
    r->bin = reference_env("PERBIT_ENGINE_BIN");
    r->perbit = reference_env("PERBIT");
    char *dir = arena_printf(&r->arena, "%s/perbit-model-test.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) {
        perror(dir);
        exit(1);
    }
    r->dir = dir;
    if (modelfile_inspect(&m, &r->arena, model, &err)) {
        fprintf(stderr, "skipped: %s\n", err.msg);
        exit(77);
    }
    r->real = model;
    if (strcmp(m.label, "BF16") != 0) {
        r->real = fs_join(&r->arena, dir, "real.gguf");
        reference_run(NULL, "'%s/llama-quantize' --allow-requantize '%s' '%s' BF16", r->bin, model, r->real);
    }
    const char *mkmodel = arena_printf(&r->arena, "%s/tests/mkmodel", build);
    if (!fs_exists(mkmodel))
        mkmodel = arena_printf(&r->arena, "%s/mkmodel", build);
    r->random = fs_join(&r->arena, dir, "random.gguf");
    r->bos = fs_join(&r->arena, dir, "bos.gguf");
    reference_run(NULL, "'%s' '%s' '%s' llama 3 512 8 4 1024", mkmodel, r->real, r->random);
    reference_run(NULL, "'%s' --add-bos '%s' '%s' llama 3 512 8 4 1024", mkmodel, r->real, r->bos);
    r->text = reference_text(r);
}

static inline void reference_close(struct reference *r)
{
    reference_run(NULL, "rm -r '%s'", r->dir);
    arena_release(&r->arena);
}

static inline bool reference_same_bytes(const char *a, const char *b)
{
    char command[2048];
    snprintf(command, sizeof(command), "cmp '%s' '%s' >&2", a, b);
    return system(command) == 0;
}

#endif
