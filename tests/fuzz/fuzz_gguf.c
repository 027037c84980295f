/*
 * model files: any bytes are a model with figures that can be, or are refused in one line. The header's parser is the
 * engine's; a file that crashes it must be refused before it comes there.
 */
#include "base/arena.h"
#include "engine/backend.h"
#include "fuzz/fuzz.h"

static void check_figures(const struct modelfile *f, size_t size)
{
    struct buf b = BUF_INIT;
    int64_t n_params = 0, n_bytes = 0;
    FUZZ_CHECK(f->file_bytes == (int64_t)size, "%lld", (long long)f->file_bytes);
    FUZZ_CHECK(f->n_tensors > 0 && f->n_params > 0, "%d tensors", f->n_tensors);
    FUZZ_CHECK(f->is_synthetic || f->tensor_bytes <= f->file_bytes, "%lld", (long long)f->tensor_bytes);
    FUZZ_CHECK(f->n_layer >= 0 && f->n_embd >= 0 && f->n_vocab >= 0 && f->kv_bytes_per_token >= 0, "negative");
    for (int i = 0; i < f->n_types; i++) {
        n_params += f->types[i].n_params;
        n_bytes += f->types[i].n_bytes;
    }
    FUZZ_CHECK(n_params == f->n_params && n_bytes == f->tensor_bytes, "the types do not add up");
    modelfile_json(&b, f);
    modelfile_format_types(&b, f);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct modelfile f;
    struct fuzz_file file;
    struct err err = { 0 };
    arena_init(&a);
    fuzz_file_open(&file, data, size);
    int rc = modelfile_inspect(&f, &a, file.path, &err);
    if (rc < 0)
        fuzz_check_failed(rc, &err);
    else
        check_figures(&f, size);
    fuzz_file_close(&file);
    arena_release(&a);
    return 0;
}
