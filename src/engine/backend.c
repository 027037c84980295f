#include "engine/backend.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include "base/clock.h"
#include "base/map.h"
#include "base/xalloc.h"

#include "base/banned.h"

static const struct backend_ops *const backends[] = { &backend_llama_ops, &backend_fake_ops };

enum { HEAD_BYTES = 256 };

/* batches */

void batch_init(struct batch *b, int cap)
{
    assert(cap > 0);
    *b = (struct batch){
        .cap = cap,
        .token = xcalloc((size_t)cap, sizeof(*b->token)),
        .pos = xcalloc((size_t)cap, sizeof(*b->pos)),
        .seq = xcalloc((size_t)cap, sizeof(*b->seq)),
        .want_logits = xcalloc((size_t)cap, sizeof(*b->want_logits)),
    };
}

void batch_release(struct batch *b)
{
    free(b->token);
    free(b->pos);
    free(b->seq);
    free(b->want_logits);
    *b = (struct batch){ 0 };
}

void batch_clear(struct batch *b)
{
    b->n = 0;
}

void batch_add(struct batch *b, int32_t token, int32_t pos, int32_t seq, bool want_logits)
{
    assert(b->n < b->cap);
    b->token[b->n] = token;
    b->pos[b->n] = pos;
    b->seq[b->n] = seq;
    b->want_logits[b->n] = want_logits;
    b->n++;
}

/*
 * llama.cpp aborts the process on too many tokens or outputs, and accepts one position twice; so every
 * batch is checked here. last [n_seq_max]: position of the sequence's last token in this batch, or -1.
 */
static int check_batch(const struct backend *b, const struct batch *batch, int32_t *last, struct err *err)
{
    const struct backend_info *info = &b->info;
    if (batch->n < 1)
        return err_set(err, ERR_MODEL, "cannot decode an empty batch");
    if (batch->n > info->n_batch)
        return err_set(err, ERR_MODEL, "a batch of %d tokens is larger than n_batch = %d", batch->n,
                       info->n_batch);
    for (int s = 0; s < info->n_seq_max; s++)
        last[s] = -1;
    int n_outputs = 0;
    for (int i = 0; i < batch->n; i++) {
        int32_t token = batch->token[i], pos = batch->pos[i], seq = batch->seq[i];
        if (token < 0 || token >= info->n_vocab)
            return err_set(err, ERR_MODEL, "batch[%d]: token %d is not in the vocabulary of %d", i, token,
                           info->n_vocab);
        if (seq < 0 || seq >= info->n_seq_max)
            return err_set(err, ERR_MODEL, "batch[%d]: sequence %d is not below n_seq_max = %d", i, seq,
                           info->n_seq_max);
        if (pos < 0 || (last[seq] >= 0 && pos != last[seq] + 1))
            return err_set(err, ERR_MODEL, "batch[%d]: position %d of sequence %d does not follow %d", i, pos,
                           seq, last[seq]);
        if (pos >= info->n_ctx_seq && !info->is_recurrent)
            return err_set(err, ERR_MODEL,
                           "batch[%d]: the context is full: position %d of sequence %d, room for %d tokens", i,
                           pos, seq, info->n_ctx_seq);
        last[seq] = pos;
        n_outputs += batch->want_logits[i];
    }
    if (n_outputs > info->n_outputs_max)
        return err_set(err, ERR_MODEL, "a batch with logits at %d positions is larger than n_outputs_max = %d",
                       n_outputs, info->n_outputs_max);
    return 0;
}

/* files */

static int read_head(unsigned char head[HEAD_BYTES], size_t *out_n, const char *path, struct err *err)
{
    int fd = -1, ret = -1;
    struct stat st;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_IO, "%s: no such file", path);
    if (fd < 0)
        return err_errno(err, ERR_IO, "%s: cannot open", path);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        err_set(err, ERR_IO, "%s: is a folder, expected a model file", path);
        goto done;
    }
    ssize_t n = read(fd, head, HEAD_BYTES);
    if (n < 0) {
        err_errno(err, ERR_IO, "%s: cannot read", path);
        goto done;
    }
    *out_n = (size_t)n;
    ret = 0;
done:
    close(fd);
    return ret;
}

int backend_find(const struct backend_ops **out, const char *path, struct err *err)
{
    unsigned char head[HEAD_BYTES];
    size_t n = 0;
    if (read_head(head, &n, path, err) < 0)
        return -1;
    for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
        if (backends[i]->claims(head, n)) {
            *out = backends[i];
            return 0;
        }
    }
    if (n == 0)
        return err_set(err, ERR_FORMAT, "%s: empty file, expected a GGUF model", path);
    if (n >= 9 && memcmp(head + 8, "{", 1) == 0 && head[7] == 0 && head[6] == 0)
        return err_set(err, ERR_FORMAT, "%s: a safetensors file; convert it to GGUF first", path);
    char start[5] = { 0 };
    for (size_t i = 0; i < 4 && i < n; i++)
        start[i] = (char)(isprint(head[i]) ? head[i] : '.');
    return err_set(err, ERR_FORMAT, "%s: not a GGUF file (begins with '%s')", path, start);
}

int modelfile_inspect(struct modelfile *out, struct arena *a, const char *path, struct err *err)
{
    const struct backend_ops *ops = NULL;
    if (backend_find(&ops, path, err) < 0)
        return -1;
    return ops->inspect(out, a, path, err);
}

/* verbs */

int backend_open(struct backend **out, const char *path, const struct backend_params *p, struct err *err)
{
    const struct backend_ops *ops = NULL;
    *out = NULL;
    if (backend_find(&ops, path, err) < 0)
        return -1;
    struct backend *b = xcalloc(1, sizeof(*b));
    b->ops = ops;
    if (ops->open(b, path, p, err) < 0) {
        free(b);
        return -1;
    }
    *out = b;
    return 0;
}

void backend_close(struct backend *b)
{
    if (!b)
        return;
    b->ops->close(b);
    free(b);
}

int backend_tokenize(struct backend *b, const char *text, size_t n_bytes, bool add_special, bool parse_special,
                     int32_t **out, int *out_n, struct err *err)
{
    *out = NULL;
    *out_n = 0;
    return b->ops->tokenize(b, text, n_bytes, add_special, parse_special, out, out_n, err);
}

int backend_piece(struct backend *b, int32_t token, char *out, int out_bytes)
{
    return b->ops->piece(b, token, out, out_bytes);
}

int backend_detokenize(struct backend *b, const int32_t *tokens, int n, char **out, size_t *out_bytes, struct err *err)
{
    const int guess = 64 + 8 * n;
    *out_bytes = 0;
    *out = xmalloc((size_t)guess + 1);
    int n_bytes = b->ops->detokenize(b, tokens, n, *out, guess);
    if (n_bytes < 0 && n_bytes != INT32_MIN) {
        const int need = -n_bytes;
        *out = xrealloc(*out, (size_t)need + 1);
        n_bytes = b->ops->detokenize(b, tokens, n, *out, need);
    }
    if (n_bytes < 0) {
        free(*out);
        *out = NULL;
        return err_set(err, ERR_MODEL, "the engine could not make text of %d tokens", n);
    }
    (*out)[n_bytes] = '\0';
    *out_bytes = (size_t)n_bytes;
    return 0;
}

bool backend_is_eog(struct backend *b, int32_t token)
{
    return b->ops->is_eog(b, token);
}

int backend_submit(struct backend *b, const struct batch *batch, struct err *err)
{
    int32_t *last = xmalloc((size_t)b->info.n_seq_max * sizeof(*last));
    int ret = check_batch(b, batch, last, err);
    free(last);
    if (ret < 0)
        return -1;
    double start_s = clock_s();
    ret = b->ops->decode(b, batch, err);
    b->decode_s += clock_s() - start_s;
    return ret;
}

void backend_synchronize(struct backend *b)
{
    double start_s = clock_s();
    b->ops->synchronize(b);
    b->decode_s += clock_s() - start_s;
}

int backend_decode(struct backend *b, const struct batch *batch, struct err *err)
{
    if (backend_submit(b, batch, err) < 0)
        return -1;
    backend_synchronize(b);
    return 0;
}

const float *backend_logits(struct backend *b, int i_batch)
{
    return b->ops->logits(b, i_batch);
}

void backend_clear(struct backend *b)
{
    b->ops->clear(b);
}

static int check_seq(const struct backend *b, int seq, struct err *err)
{
    if (seq < 0 || seq >= b->info.n_seq_max)
        return err_set(err, ERR_MODEL, "sequence %d is not below n_seq_max = %d", seq, b->info.n_seq_max);
    return 0;
}

int backend_seq_copy(struct backend *b, int from, int to, struct err *err)
{
    if (check_seq(b, from, err) < 0 || check_seq(b, to, err) < 0)
        return -1;
    return from == to ? 0 : b->ops->seq_copy(b, from, to, err);
}

int backend_seq_remove(struct backend *b, int seq, int from_pos, struct err *err)
{
    if (check_seq(b, seq, err) < 0)
        return -1;
    return b->ops->seq_remove(b, seq, from_pos, err);
}

/* threads */

#ifdef __linux__
static bool read_line(char *out, size_t out_bytes, const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool ok = fgets(out, (int)out_bytes, f) != NULL;
    fclose(f);
    return ok;
}

/* True if cpu is in a kernel list such as "0-7,16". */
static bool in_cpu_list(const char *list, int cpu)
{
    while (*list) {
        char *end;
        long first = strtol(list, &end, 10), last = first;
        if (end == list)
            return false;
        if (*end == '-')
            last = strtol(end + 1, &end, 10);
        if (cpu >= first && cpu <= last)
            return true;
        list = *end == ',' ? end + 1 : "";
    }
    return false;
}

/*
 * Physical cores as common_cpu_get_num_math() of llama.cpp counts them: distinct sets of thread siblings,
 * on a hybrid processor only those of the performance cores (which Linux lists as cpu_core).
 */
static int count_cores(void)
{
    char siblings[4096], p_cores[4096], path[128];
    bool is_hybrid = read_line(p_cores, sizeof(p_cores), "/sys/devices/cpu_core/cpus");
    struct map seen = MAP_INIT;
    for (int cpu = 0;; cpu++) {
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings", cpu);
        if (!read_line(siblings, sizeof(siblings), path))
            break;
        if (!is_hybrid || in_cpu_list(p_cores, cpu))
            map_put(&seen, siblings, NULL);
    }
    int n = seen.n;
    map_release(&seen);
    return n;
}
#elif defined(__APPLE__)
static int count_cores(void)
{
    int n = 0;
    size_t len = sizeof(n);
    if (sysctlbyname("hw.perflevel0.physicalcpu", &n, &len, NULL, 0) == 0)
        return n;
    return sysctlbyname("hw.physicalcpu", &n, &len, NULL, 0) == 0 ? n : 0;
}
#else
static int count_cores(void)
{
    return 0;
}
#endif

int backend_default_threads(void)
{
    int n = count_cores();
    if (n > 0)
        return n;
    n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        return 4;
    return n <= 4 ? n : n / 2;
}
