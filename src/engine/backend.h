/*
 * backend: the few verbs that perplexity, scorer, generator and speed need of an engine. Two of them:
 * backend_llama.c over libllama, and backend_fake.c, whose logits depend on the whole history of a
 * sequence, so that everything above is tested in milliseconds without a model.
 *
 * The backend of a file is found by its first bytes: a fake model is a small JSON file
 *   {"perbit_fake_model": 1, "seed": 7, "n_vocab": 300, "add_bos": false, "level": "BF16", "noise": 0.0, ...}
 * and everything made from it is marked synthetic (all keys: backend_fake.c).
 *
 * A LoRA adapter (backend_params) changes the logits of the model that it is opened with: a GGUF file of type adapter for
 * the same architecture, as llama.cpp's converter makes it; for the fake model {"perbit_fake_adapter": 1, ...}.
 *
 * logits [n_vocab] f32: the backend's, valid until its next decode.
 * Errors  ERR_MODEL, ERR_MEMORY, ERR_FORMAT, ERR_IO          Threads  one caller a backend
 * Source  llama.h of the pinned llama.cpp
 */
#ifndef PERBIT_ENGINE_BACKEND_H
#define PERBIT_ENGINE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/modelfile.h"

/* Everything that moves logits or memory; stored with each result. */
struct backend_params {
    int n_ctx;            /* tokens in all, over all sequences */
    int n_batch;          /* tokens a decode call may carry */
    int n_ubatch;         /* tokens computed at once */
    int n_seq_max;        /* sequences */
    int n_outputs_max;    /* positions with logits in a batch; 0 = n_batch */
    int n_threads;        /* generation; 0 = number of physical cores */
    int n_threads_batch;  /* prompt; 0 = n_threads */
    int n_gpu_layers;     /* -1 = all */
    const char *flash_attn; /* "on" "off" "auto" */
    const char *type_k;   /* "f16" ... */
    const char *type_v;
    const char *load_mode;/* "none" "mmap" "mlock" */
    bool repack;
    bool kv_unified;
    bool no_alloc;        /* load metadata only: for predicting memory */
    const char *adapter;  /* file of a LoRA adapter, or NULL */
    double adapter_scale; /* what its product is multiplied by; 0 leaves the model as it is */
};

/* What the engine did with them. */
struct backend_info {
    const char *backend;  /* "llama" or "fake" */
    const char *build;    /* llama.cpp version and commit, compiler flags that matter */
    const char *system;   /* llama_print_system_info: CPU features used */
    const char *devices;  /* "CPU", "CUDA0 (NVIDIA ...)" */
    int n_vocab;
    int n_ctx_train;
    int n_ctx_seq;        /* tokens a sequence may hold */
    int n_threads;
    int n_batch;          /* tokens a decode call may carry, as the engine limits it */
    int n_seq_max;        /* sequences */
    int n_outputs_max;    /* positions with logits in a batch */
    int32_t bos, eos;     /* -1 when there is none */
    bool add_bos, add_eos;
    bool is_left_to_right;/* tokens of a text do not depend on what comes after the next line break (BPE) */
    bool is_recurrent;    /* recurrent or hybrid: a sequence's tail cannot be removed */
    bool is_synthetic;
    int n_swa;            /* tokens of its sliding attention window, 0 = none */
    int64_t kv_bytes;     /* KV cache as allocated */
    int64_t compute_bytes;/* compute and output buffers as allocated */
    int64_t weights_bytes;/* weights as allocated, repacked copies included */
    int64_t adapter_bytes;/* tensor data of the adapter; 0 without one */
    const char *model_desc; /* llama_model_desc */
    int64_t model_bytes;  /* llama_model_size: tensor data as stored in the file */
    int64_t n_params;     /* llama_model_n_params */
    /* as llama-bench prints them */
    const char *build_commit; /* "0c1e57098" */
    int build_number;     /* 0 where the engine was built outside of git */
    const char *cpu_info, *gpu_info; /* descriptions of the devices, ", " between; "" when there are none */
    const char *backends; /* "CPU", or all others: "CUDA" */
    const char *chat_template; /* the file's own, or NULL */
};

struct batch {
    int n;                /* tokens used */
    int cap;              /* tokens allocated */
    int32_t *token;       /* [cap] */
    int32_t *pos;         /* [cap] position in its sequence */
    int32_t *seq;         /* [cap] */
    bool *want_logits;    /* [cap] */
};

void batch_init(struct batch *b, int cap);
void batch_release(struct batch *b);
void batch_clear(struct batch *b);
void batch_add(struct batch *b, int32_t token, int32_t pos, int32_t seq, bool want_logits);

struct backend {
    const struct backend_ops *ops;
    struct backend_info info;
    double decode_s;      /* seconds spent inside decode and synchronize so far */
    void *impl;
};

struct backend_ops {
    const char *name;
    bool (*claims)(const unsigned char *head, size_t n); /* by the file's first bytes */
    int (*open)(struct backend *b, const char *path, const struct backend_params *p, struct err *err);
    void (*close)(struct backend *b);
    int (*tokenize)(struct backend *b, const char *text, size_t n_bytes, bool add_special, bool parse_special,
                    int32_t **out, int *out_n, struct err *err);
    int (*piece)(struct backend *b, int32_t token, char *out, int out_bytes); /* bytes written, or -needed */
    int (*detokenize)(struct backend *b, const int32_t *tokens, int n, char *out, int out_bytes); /* as piece */
    bool (*is_eog)(struct backend *b, int32_t token); /* ends a generation: EOS, end of turn ... */
    int (*decode)(struct backend *b, const struct batch *batch, struct err *err); /* does not wait */
    const float *(*logits)(struct backend *b, int i_batch);
    void (*clear)(struct backend *b);
    int (*seq_copy)(struct backend *b, int from, int to, struct err *err);
    int (*seq_remove)(struct backend *b, int seq, int from_pos, struct err *err);
    void (*synchronize)(struct backend *b);
    int (*inspect)(struct modelfile *out, struct arena *a, const char *path, struct err *err);
};

extern const struct backend_ops backend_llama_ops, backend_fake_ops;

/* Knows the kinds of file; ERR_FORMAT "PATH: not a GGUF file", ERR_IO for a missing one. */
int backend_find(const struct backend_ops **out, const char *path, struct err *err);

int backend_open(struct backend **out, const char *path, const struct backend_params *p, struct err *err);
void backend_close(struct backend *b); /* accepts NULL */
/* *out [n]: free() */
int backend_tokenize(struct backend *b, const char *text, size_t n_bytes, bool add_special, bool parse_special,
                     int32_t **out, int *out_n, struct err *err);
int backend_piece(struct backend *b, int32_t token, char *out, int out_bytes);
/* Text of tokens [n] without the special ones (control, unknown), and without the space that the tokenizer puts before
 * a text. Bytes, maybe not UTF-8. *out: free(). */
int backend_detokenize(struct backend *b, const int32_t *tokens, int n, char **out, size_t *out_bytes, struct err *err);
bool backend_is_eog(struct backend *b, int32_t token);
/*
 * Checks the batch (sizes, tokens, sequences, positions that follow each other), computes it and waits; timed
 * into decode_s. A batch that is refused changes nothing; after ERR_MEMORY or a fatal ERR_MODEL call backend_clear.
 */
int backend_decode(struct backend *b, const struct batch *batch, struct err *err);
/* The same without waiting: speed times it itself. */
int backend_submit(struct backend *b, const struct batch *batch, struct err *err);
void backend_synchronize(struct backend *b);
/* NULL if that position of the last batch asked for none. */
const float *backend_logits(struct backend *b, int i_batch);
void backend_clear(struct backend *b); /* forgets every sequence */
/* Makes to hold what from holds; what to held before is gone. */
int backend_seq_copy(struct backend *b, int from, int to, struct err *err);
/* Forgets positions from_pos and later; from_pos <= 0 the whole sequence. ERR_UNSUPPORTED for a recurrent tail. */
int backend_seq_remove(struct backend *b, int seq, int from_pos, struct err *err);

/* What the file says of itself; checks that the tensor data is all there. Lives in a. */
int modelfile_inspect(struct modelfile *out, struct arena *a, const char *path, struct err *err);

/* Number of physical cores: the default of n_threads, as llama.cpp counts them. */
int backend_default_threads(void);
/* The engine's build, without opening a model; part of a cell's identity. Borrowed, static. */
const char *backend_build(void);

#endif
