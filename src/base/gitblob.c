#include "base/gitblob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

#include "base/banned.h"

enum { PIECE_BYTES = 1 << 18 };

static void check_evp(int is_ok)
{
    if (!is_ok) {
        fputs("error: OpenSSL refused SHA-1\n", stderr);
        exit(1);
    }
}

/* Bytes read, or -1. */
static int64_t digest_fd(EVP_MD_CTX *ctx, int fd)
{
    unsigned char *piece = xmalloc(PIECE_BYTES);
    int64_t n_read = 0;
    for (;;) {
        ssize_t n = read(fd, piece, PIECE_BYTES);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            n_read = -1;
            break;
        }
        check_evp(EVP_DigestUpdate(ctx, piece, (size_t)n));
        n_read += n;
    }
    free(piece);
    return n_read;
}

static int digest_blob(EVP_MD_CTX *ctx, int fd, const char *path, struct err *err)
{
    struct stat st;
    char head[40];
    if (fstat(fd, &st))
        return err_errno(err, ERR_IO, "%s", path);
    int n = snprintf(head, sizeof head, "blob %" PRId64, (int64_t)st.st_size);
    check_evp(EVP_DigestUpdate(ctx, head, (size_t)n + 1)); /* with the NUL */
    int64_t n_read = digest_fd(ctx, fd);
    if (n_read < 0)
        return err_errno(err, ERR_IO, "%s", path);
    if (n_read != st.st_size)
        return err_set(err, ERR_IO, "%s: changed its size while it was read", path);
    return 0;
}

int gitblob_file(char out[GITBLOB_HEX_BYTES], const char *path, struct err *err)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check_evp(ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL));
    int ret = fd < 0 ? err_errno(err, ERR_IO, "%s", path) : digest_blob(ctx, fd, path, err);
    if (ret == 0) {
        check_evp(EVP_DigestFinal_ex(ctx, digest, NULL));
        for (int i = 0; i < 20; i++)
            snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    if (fd >= 0)
        close(fd);
    EVP_MD_CTX_free(ctx);
    return ret;
}
