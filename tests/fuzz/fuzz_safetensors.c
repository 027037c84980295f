/* fuzz_safetensors: any bytes as a .safetensors file: tensors that lie within it, or an error with a message. */
#include <string.h>

#include "convert/safetensors.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    struct fuzz_file f;
    struct st_file file;
    struct arena a;
    struct err err = { 0 };
    fuzz_file_open(&f, data, n_bytes);
    arena_init(&a);
    const int rc = safetensors_read(&file, &a, f.fd, "x.safetensors", &err);
    if (rc)
        fuzz_check_failed(rc, &err);
    for (int i = 0; rc == 0 && i < file.n; i++) {
        const struct st_tensor *t = &file.tensors[i];
        FUZZ_CHECK(t->offset >= 8 && t->n_bytes >= 0 && t->offset + t->n_bytes <= (int64_t)n_bytes, "%s", t->name);
        FUZZ_CHECK(i == 0 || strcmp(file.tensors[i - 1].name, t->name) < 0, "%s", t->name);
    }
    arena_release(&a);
    fuzz_file_close(&f);
    return 0;
}
