#include "study/synthetic.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "convert/shape.h"
#include "engine/madeup.h"

#include "base/banned.h"

enum { SEED = 1234 };

static const char prefix[] = "preview:";
const char synthetic_refusal[] = "the weights are synthetic (perbit preview): only speed and memory can be measured";

bool synthetic_is(const char *path)
{
    return path && strncmp(path, prefix, strlen(prefix)) == 0;
}

static const char *source_of(const char *path)
{
    return path + strlen(prefix);
}

const char *synthetic_path(struct arena *a, const char *file)
{
    return arena_printf(a, "%s%s", prefix, file);
}

const char *synthetic_name(struct arena *a, const char *name)
{
    static const char suffix[] = MODELFILE_MADE_SUFFIX;
    const size_t n = strlen(name), k = strlen(suffix);
    return n >= k && strcmp(name + n - k, suffix) == 0 ? name : arena_printf(a, "%s%s", name, suffix);
}

int synthetic_sha256(char out[SHA256_HEX_BYTES], const char *path, struct err *err)
{
    char hex[SHA256_HEX_BYTES], text[sizeof prefix + SHA256_HEX_BYTES];
    if (sha256_file_cached(hex, source_of(path), err) < 0)
        return -1;
    memcpy(text, prefix, strlen(prefix));
    memcpy(text + strlen(prefix), hex, SHA256_HEX_BYTES);
    sha256_bytes(out, text, strlen(text));
    return 0;
}

/* The source as a GGUF file: itself, or one that is written for the time being (*is_made) from its config.json. */
static int open_source(const char **gguf, bool *is_made, struct arena *a, const char *path, struct err *err)
{
    const char *tmp = getenv("TMPDIR"), *file = source_of(path);
    *is_made = false;
    *gguf = file;
    if (!fs_exists(file))
        return err_set(err, ERR_IO, "%s: no such file", file);
    if (!shape_is_config(file))
        return 0;
    char *name = arena_printf(a, "%s/perbit-shape.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    const int fd = mkstemp(name);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s", name);
    close(fd);
    *gguf = name;
    *is_made = true;
    return shape_write(file, name, err);
}

static void close_source(const char *gguf, bool is_made)
{
    if (is_made)
        fs_remove(gguf, NULL);
}

int synthetic_inspect(struct modelfile *out, struct arena *a, const char *path, const char *level, struct err *err)
{
    const char *gguf;
    bool is_made;
    const int ret = open_source(&gguf, &is_made, a, path, err) < 0
                        ? -1
                        : madeup_inspect(out, a, gguf, level ? level : "BF16", err);
    if (ret == 0) {
        out->path = path;
        out->name = synthetic_name(a, out->name);
        out->label = level ? out->label : "";
    }
    close_source(gguf, is_made);
    return ret;
}

int synthetic_make(const char *path, const char *out, const char *level, const struct sink *sink, struct err *err)
{
    struct arena a;
    const char *gguf;
    bool is_made;
    int ret = -1;
    arena_init(&a);
    if (open_source(&gguf, &is_made, &a, path, err) == 0) {
        const struct madeup_params p = { .in = gguf, .out = out, .level = level, .seed = SEED };
        ret = madeup_write(&p, sink, err);
    }
    close_source(gguf, is_made);
    arena_release(&a);
    return ret;
}
