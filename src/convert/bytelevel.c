#include "convert/bytelevel.h"

#include "base/utf8.h"

#include "base/banned.h"

/* Printable Latin-1 stands for itself; the other 68 bytes are U+0100 and on, in their order. */
static bool is_itself(int b)
{
    return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
}

static int32_t code_of(int b)
{
    int32_t next = 0x100;
    if (is_itself(b))
        return b;
    for (int i = 0; i < b; i++)
        next += !is_itself(i);
    return next;
}

static int byte_of(int32_t code)
{
    if (code < 0x100)
        return is_itself(code) ? code : -1;
    for (int b = 0; b < 256; b++)
        if (!is_itself(b) && code_of(b) == code)
            return b;
    return -1;
}

void bytelevel_encode(struct buf *out, const char *bytes, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        const int32_t c = code_of((unsigned char)bytes[i]);
        if (c < 0x80) {
            buf_putc(out, (char)c);
        } else { /* all below U+0800 */
            buf_putc(out, (char)(0xc0 | c >> 6));
            buf_putc(out, (char)(0x80 | (c & 0x3f)));
        }
    }
}

bool bytelevel_decode(struct buf *out, struct pystr s)
{
    const size_t before = out->len;
    for (size_t i = 0; i < s.n_bytes;) {
        const int b = byte_of(utf8_next(s.s, s.n_bytes, &i));
        if (b < 0) {
            out->len = before;
            if (out->cap)
                out->data[before] = '\0';
            return false;
        }
        buf_putc(out, (char)b);
    }
    return true;
}
