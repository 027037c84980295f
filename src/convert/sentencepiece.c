#include "convert/sentencepiece.h"

#include <string.h>

#include "base/fs.h"
#include "base/utf8.h"

#include "base/banned.h"

enum { PIECES_MAX = 1 << 24 };

/* What is left of a message. */
struct wire {
    const unsigned char *at, *end;
    const unsigned char *start; /* of the file, for messages */
    const char *name;
};

/* One field: its bytes (length-delimited), or its number. */
struct field {
    unsigned number;
    int wire_type;
    uint64_t value;
    const unsigned char *bytes;
};

static int bad(const struct wire *w, const char *what, struct err *err)
{
    return err_set(err, ERR_FORMAT, "%s: byte %td: %s: no SentencePiece model, or a damaged one", w->name,
                   w->at - w->start, what);
}

static int read_varint(uint64_t *out, struct wire *w, struct err *err)
{
    *out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (w->at == w->end)
            return bad(w, "cut short", err);
        const unsigned char b = *w->at++;
        *out |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return 0;
    }
    return bad(w, "a number of more than 64 bits", err);
}

static int read_fixed(struct field *f, struct wire *w, int n_bytes, struct err *err)
{
    if (w->end - w->at < n_bytes)
        return bad(w, "cut short", err);
    f->value = 0;
    for (int i = n_bytes - 1; i >= 0; i--)
        f->value = f->value << 8 | w->at[i];
    w->at += n_bytes;
    return 0;
}

static int read_bytes(struct field *f, struct wire *w, struct err *err)
{
    if (read_varint(&f->value, w, err))
        return -1;
    if (f->value > (uint64_t)(w->end - w->at))
        return bad(w, "a field longer than the file", err);
    f->bytes = w->at;
    w->at += f->value;
    return 0;
}

static int read_field(struct field *f, struct wire *w, struct err *err)
{
    uint64_t key;
    if (read_varint(&key, w, err))
        return -1;
    *f = (struct field){ .number = (unsigned)(key >> 3), .wire_type = (int)(key & 7) };
    if (key >> 3 == 0 || key >> 3 > 0x1fffffff)
        return bad(w, "no field has such a number", err);
    switch (f->wire_type) {
    case 0: return read_varint(&f->value, w, err);
    case 1: return read_fixed(f, w, 8, err);
    case 2: return read_bytes(f, w, err);
    case 5: return read_fixed(f, w, 4, err);
    default: return bad(w, "a field of no known kind", err);
    }
}

/* SentencePiece { string piece = 1; float score = 2; Type type = 3 } */
static int read_piece(struct sp_piece *out, const struct wire *w, const struct field *of, struct err *err)
{
    struct wire in = { of->bytes, of->bytes + of->value, w->start, w->name };
    struct field f;
    *out = (struct sp_piece){ .text = pystr_z(""), .type = SP_NORMAL };
    while (in.at < in.end) {
        if (read_field(&f, &in, err))
            return -1;
        if (f.number == 1 && f.wire_type == 2) {
            out->text = pystr_of((const char *)f.bytes, f.value);
        } else if (f.number == 2 && f.wire_type == 5) {
            const uint32_t u = (uint32_t)f.value;
            memcpy(&out->score, &u, sizeof out->score);
        } else if (f.number == 3 && f.wire_type == 0) {
            if (f.value < SP_NORMAL || f.value > SP_BYTE)
                return bad(&in, "a piece of no known type", err);
            out->type = (enum sp_type)f.value;
        }
    }
    if (!utf8_is_valid(out->text.s, out->text.n_bytes))
        return bad(&in, "a piece that is not UTF-8", err);
    return 0;
}

static int count_pieces(int *out, struct wire w, struct err *err)
{
    struct field f;
    for (*out = 0; w.at < w.end;) {
        if (read_field(&f, &w, err))
            return -1;
        *out += f.number == 1 && f.wire_type == 2;
        if (*out > PIECES_MAX)
            return bad(&w, "too many pieces", err);
    }
    return *out ? 0 : bad(&w, "no pieces", err);
}

int sentencepiece_parse(struct sp_model *out, struct arena *a, const char *bytes, size_t n_bytes, const char *name,
                        struct err *err)
{
    const unsigned char *start = (const unsigned char *)bytes;
    struct wire w = { start, start + n_bytes, start, name };
    struct field f;
    int n;
    *out = (struct sp_model){ 0 };
    if (count_pieces(&n, w, err))
        return -1;
    out->pieces = arena_alloc(a, (size_t)n * sizeof *out->pieces);
    while (w.at < w.end) {
        if (read_field(&f, &w, err))
            return -1;
        if (f.number == 1 && f.wire_type == 2 && read_piece(&out->pieces[out->n++], &w, &f, err))
            return -1;
    }
    return 0;
}

int sentencepiece_load(struct sp_model *out, struct arena *a, const char *path, struct err *err)
{
    struct buf b = BUF_INIT;
    int ret = fs_read(&b, path, err);
    if (ret == 0)
        ret = sentencepiece_parse(out, a, arena_dup(a, b.data, b.len + 1), b.len, path, err);
    buf_release(&b);
    return ret;
}
