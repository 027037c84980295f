#include "convert/weights.h"

#include <math.h>
#include <string.h>

#include "base/banned.h"

static const struct {
    enum wtype type;
    const char *name;
    int block, block_bytes;
} types[] = {
    { W_F32, "F32", 1, 4 },
    { W_F16, "F16", 1, 2 },
    { W_BF16, "BF16", 1, 2 },
    { W_Q8_0, "Q8_0", W_Q8_0_BLOCK, 34 },
};

static int row_of(enum wtype type)
{
    int i = 0;
    while (types[i].type != type)
        i++;
    return i;
}

const char *wtype_name(enum wtype type)
{
    return types[row_of(type)].name;
}

int64_t wtype_bytes(enum wtype type, int64_t n_elements)
{
    const int i = row_of(type);
    return n_elements / types[i].block * types[i].block_bytes;
}

int64_t st_dtype_bytes(enum st_dtype dtype, int64_t n_elements)
{
    return n_elements * (dtype == ST_F32 ? 4 : 2);
}

static uint32_t bits_of(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float of_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

float weights_from_half(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 1023;
    if (exponent == 31)
        return of_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent == 0) { /* a subnormal: fraction times 2^-24, exact in float */
        const float f = (float)fraction * 0x1p-24f;
        return sign ? -f : f;
    }
    return of_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

/* numpy's npy_floatbits_to_halfbits: to nearest even; too large is infinity; a NaN stays one. */
uint16_t weights_to_half(float f)
{
    const uint32_t u = bits_of(f), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;
    if (a > 0x7f800000) {
        const uint32_t h = 0x7c00 + ((a & 0x7fffff) >> 13);
        return (uint16_t)(sign | (h == 0x7c00 ? h + 1 : h));
    }
    if (a >= 0x477ff000) /* 65520 and up */
        return (uint16_t)(sign | 0x7c00);
    if (a < 0x38800000)  /* below 2^-14: the sum rounds to a multiple of 2^-24 */
        return (uint16_t)(sign | (bits_of(of_bits(a) + 0.5f) - bits_of(0.5f)));
    return (uint16_t)(sign | ((a + 0xfff + (a >> 13 & 1) - 0x38000000) >> 13));
}

static uint16_t to_bf16(uint32_t u)
{
    if ((u & 0x7fffffff) > 0x7f800000)
        u = (u & 0xffff0000) | 64u << 16;
    return (uint16_t)(((uint64_t)u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* ---- to float ---- */

static void from_bf16(float *dst, const unsigned char *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, src + 2 * i, 2);
        dst[i] = of_bits((uint32_t)h << 16);
    }
}

static void from_f16(float *dst, const unsigned char *src, int64_t n, float plus)
{
    for (int64_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, src + 2 * i, 2);
        dst[i] = weights_from_half(h);
        if (plus != 0) /* torch adds in half precision */
            dst[i] = weights_from_half(weights_to_half(dst[i] + plus));
    }
}

static void to_float(float *dst, const void *src, enum st_dtype from, int64_t n, float plus)
{
    if (from == ST_F16) {
        from_f16(dst, src, n, plus);
        return;
    }
    if (from == ST_BF16)
        from_bf16(dst, src, n);
    else
        memcpy(dst, src, (size_t)n * 4);
    if (plus != 0)
        for (int64_t i = 0; i < n; i++)
            dst[i] += plus;
}

/* ---- from float ---- */

static void put_f16(unsigned char *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const uint16_t h = weights_to_half(src[i]);
        memcpy(dst + 2 * i, &h, 2);
    }
}

static void put_bf16(unsigned char *dst, const float *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const uint16_t h = to_bf16(bits_of(src[i]));
        memcpy(dst + 2 * i, &h, 2);
    }
}

/*
 * To the nearest, away from zero at one half. Beyond a byte only when 1 / d is infinite or a number is NaN: 0 then. The
 * fraction is exact, so this is floor(a) + floor(2 * (a - floor(a))) without a call, and the compiler can do several
 * at once.
 */
static unsigned char rounded(float x)
{
    const float a = fabsf(x) < 1e9f ? fabsf(x) : 0;
    const int whole = (int)a, away = whole + (a - (float)whole >= 0.5f);
    return (unsigned char)(x < 0 ? -away : away);
}

static void put_q8_0(unsigned char *dst, const float *src, int64_t n)
{
    for (int64_t at = 0; at < n; at += W_Q8_0_BLOCK, dst += 34) {
        float most = 0;
        for (int i = 0; i < W_Q8_0_BLOCK; i++)
            most = fabsf(src[at + i]) > most ? fabsf(src[at + i]) : most;
        const float d = most / 127, inverse = d == 0 ? 0 : 1 / d;
        const uint16_t h = weights_to_half(d);
        memcpy(dst, &h, 2);
        for (int i = 0; i < W_Q8_0_BLOCK; i++)
            dst[2 + i] = rounded(src[at + i] * inverse);
    }
}

static void put_f32(unsigned char *dst, const float *src, int64_t n)
{
    memcpy(dst, src, (size_t)n * 4);
}

/* The same type: a copy, but BF16's NaNs become quiet as on the way through float. */
static void copy_bf16(unsigned char *dst, const unsigned char *src, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, src + 2 * i, 2);
        h = (uint16_t)(h | ((h & 0x7fff) > 0x7f80 ? 64 : 0));
        memcpy(dst + 2 * i, &h, 2);
    }
}

void weights_convert(void *dst, enum wtype to, const void *src, enum st_dtype from, int64_t n, float plus, float *scratch)
{
    if (plus == 0 && from == ST_BF16 && to == W_BF16) {
        copy_bf16(dst, src, n);
        return;
    }
    if (plus == 0 && ((from == ST_F16 && to == W_F16) || (from == ST_F32 && to == W_F32))) {
        memcpy(dst, src, (size_t)wtype_bytes(to, n));
        return;
    }
    to_float(scratch, src, from, n, plus);
    switch (to) {
    case W_F32: put_f32(dst, scratch, n); break;
    case W_F16: put_f16(dst, scratch, n); break;
    case W_BF16: put_bf16(dst, scratch, n); break;
    case W_Q8_0: put_q8_0(dst, scratch, n); break;
    }
}
