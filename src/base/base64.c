#include "base/base64.h"

#include <openssl/evp.h>

#include "base/banned.h"

enum { PIECE_BYTES = 48 * 1024 }; /* a multiple of 3: no padding inside; EVP counts in int */

void base64_append(struct buf *out, const void *data, size_t n_bytes)
{
    const unsigned char *p = data;
    while (n_bytes > 0) {
        size_t n = n_bytes < PIECE_BYTES ? n_bytes : PIECE_BYTES;
        buf_reserve(out, (n + 2) / 3 * 4);
        int n_text = EVP_EncodeBlock((unsigned char *)out->data + out->len, p, (int)n);
        out->len += (size_t)n_text;
        p += n;
        n_bytes -= n;
    }
}
