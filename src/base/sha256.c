#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/xalloc.h"

#include "base/banned.h"

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

enum { DIGEST_BYTES = 32, PIECE_BYTES = 1 << 20 };

static void to_hex(char out[SHA256_HEX_BYTES], const unsigned char digest[DIGEST_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * DIGEST_BYTES] = '\0';
}

/* OpenSSL fails here only without memory, or where SHA-256 is switched off. */
static void check_evp(int is_ok)
{
    if (!is_ok) {
        fputs("error: OpenSSL refused SHA-256\n", stderr);
        exit(1);
    }
}

void sha256_bytes(char out[SHA256_HEX_BYTES], const void *data, size_t n_bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    check_evp(EVP_Digest(data, n_bytes, digest, NULL, EVP_sha256(), NULL));
    to_hex(out, digest);
}

static int digest_fd(EVP_MD_CTX *ctx, int fd)
{
    int ret = -1;
    unsigned char *piece = xmalloc(PIECE_BYTES);
    for (;;) {
        ssize_t n = read(fd, piece, PIECE_BYTES);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            goto done;
        if (n > 0)
            check_evp(EVP_DigestUpdate(ctx, piece, (size_t)n));
    }
    ret = 0;
done:
    free(piece);
    return ret;
}

int sha256_file(char out[SHA256_HEX_BYTES], const char *path, struct err *err)
{
    int ret = -1;
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check_evp(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
    if (fd < 0 || digest_fd(ctx, fd)) {
        err_errno(err, ERR_IO, "%s", path);
        goto done;
    }
    check_evp(EVP_DigestFinal_ex(ctx, digest, NULL));
    to_hex(out, digest);
    ret = 0;
done:
    if (fd >= 0)
        close(fd);
    EVP_MD_CTX_free(ctx);
    return ret;
}

/* What a cached line begins with: "path\tsize\tmtime_ns\tinode\t". */
static char *cache_key(struct arena *a, const char *real, const struct stat *st)
{
    int64_t mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    return arena_printf(a, "%s\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t", real,
                        (int64_t)st->st_size, mtime_ns, (uint64_t)st->st_ino);
}

/* A file changed in the last second may change again within one tick of its time stamp. */
static bool is_settled(const struct stat *st)
{
    return time(NULL) - st->st_mtim.tv_sec > 1;
}

static bool is_digest(const char *s, size_t n)
{
    return n == SHA256_HEX_BYTES - 1 && strspn(s, "0123456789abcdef") >= n;
}

/* The last match wins: a later line was written by someone who knew better. */
static bool find_cached(char out[SHA256_HEX_BYTES], const char *cache, const char *key)
{
    bool found = false;
    size_t key_len = strlen(key);
    struct buf text = BUF_INIT;
    if (fs_read(&text, cache, NULL))
        goto done;
    for (const char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
        size_t len = (size_t)(end - line);
        if (len < key_len || memcmp(line, key, key_len) ||
            !is_digest(line + key_len, len - key_len))
            continue;
        memcpy(out, line + key_len, SHA256_HEX_BYTES - 1);
        out[SHA256_HEX_BYTES - 1] = '\0';
        found = true;
    }
done:
    buf_release(&text);
    return found;
}

/* One write of one line, so that processes may append at once. A failure only costs time. */
static void add_cached(const char *dir, const char *cache, const char *key, const char *digest)
{
    if (fs_mkdirs(dir, NULL))
        return;
    int fd = open(cache, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return;
    char *line = xasprintf("%s%s\n", key, digest);
    ssize_t n = write(fd, line, strlen(line));
    (void)n;
    free(line);
    close(fd);
}

int sha256_file_cached(char out[SHA256_HEX_BYTES], const char *path, struct err *err)
{
    int ret = 0;
    struct stat st, after;
    struct arena a;
    arena_init(&a);
    char *real = realpath(path, NULL);
    if (!real || stat(real, &st) || !S_ISREG(st.st_mode) || strpbrk(real, "\t\n")) {
        ret = sha256_file(out, path, err);
        goto done;
    }
    const char *dir = fs_cache_dir(&a);
    const char *cache = fs_join(&a, dir, "digests");
    const char *key = cache_key(&a, real, &st);
    bool may_cache = is_settled(&st);
    if (find_cached(out, cache, key))
        goto done;
    ret = sha256_file(out, path, err);
    if (!ret && may_cache && !stat(real, &after) && !strcmp(key, cache_key(&a, real, &after)))
        add_cached(dir, cache, key, out);
done:
    free(real);
    arena_release(&a);
    return ret;
}
