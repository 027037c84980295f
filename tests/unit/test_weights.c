/* weights: every half and bfloat16 there is, rounding at the halves, Q8_0 by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert/weights.h"

static float scratch[64];

static float half_by_definition(uint16_t h)
{
    const int e = h >> 10 & 31, m = h & 1023;
    const float s = h & 0x8000 ? -1.0f : 1.0f;
    if (e == 31)
        return m ? NAN : s * INFINITY;
    return s * (e ? ldexpf(1 + (float)m / 1024, e - 15) : ldexpf((float)m / 1024, -14));
}

static void test_half(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const float f = weights_from_half((uint16_t)h), want = half_by_definition((uint16_t)h);
        if (isnan(want)) {
            assert_true(isnan(f));
            continue;
        }
        assert_memory_equal(&f, &want, sizeof f);
        assert_int_equal(weights_to_half(f), h);
        if ((h & 0x7fff) < 0x7bff) { /* halfway to the next: to the even one; a little more: to the next */
            const float next = half_by_definition((uint16_t)(h + 1)), mid = (f + next) / 2;
            assert_int_equal(weights_to_half(mid), h % 2 ? h + 1 : h);
            assert_int_equal(weights_to_half(nextafterf(mid, next)), h + 1);
            assert_int_equal(weights_to_half(nextafterf(mid, f)), h);
        }
    }
    assert_int_equal(weights_to_half(65519.0f), 0x7bff);
    assert_int_equal(weights_to_half(65520.0f), 0x7c00);
    assert_int_equal(weights_to_half(-INFINITY), 0xfc00);
    assert_int_equal(weights_to_half(ldexpf(1, -25)), 0);
}

static uint16_t bf16_of(float f)
{
    uint16_t h;
    weights_convert(&h, W_BF16, &f, ST_F32, 1, 0, scratch);
    return h;
}

static void test_bf16(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 65536; h++) {
        const uint16_t in = (uint16_t)h;
        uint16_t out;
        float f;
        weights_convert(&out, W_BF16, &in, ST_BF16, 1, 0, scratch);
        weights_convert(&f, W_F32, &in, ST_BF16, 1, 0, scratch);
        assert_int_equal(out, bf16_of(f)); /* the short way and the long way */
        if (!isnan(f))
            assert_int_equal(out, in);
        else
            assert_true(out & 64);
    }
    assert_int_equal(bf16_of(1.00390625f), 0x3f80);       /* halfway, to even */
    assert_int_equal(bf16_of(1.01171875f), 0x3f82);
    assert_int_equal(bf16_of(3.4e38f), 0x7f80);           /* rounds over the largest */
}

static void test_q8_0(void **state)
{
    float x[32] = { 127.0f, -63.5f, 0.5f, -0.5f, 0.49f, 1.5f, 2.5f };
    unsigned char out[34];
    (void)state;
    weights_convert(out, W_Q8_0, x, ST_F32, 32, 0, scratch);
    assert_int_equal(out[0] | out[1] << 8, 0x3c00); /* scale 1 */
    const signed char want[] = { 127, -64, 1, -1, 0, 2, 3 };
    assert_memory_equal(out + 2, want, sizeof want);
    memset(x, 0, sizeof x);
    weights_convert(out, W_Q8_0, x, ST_F32, 32, 0, scratch);
    for (int i = 0; i < 34; i++)
        assert_int_equal(out[i], 0);
}

static void test_plus(void **state)
{
    const float one = 0.1f;
    const uint16_t half = weights_to_half(0.0004883f); /* 1 + it is no half: torch rounds the sum */
    float out;
    (void)state;
    weights_convert(&out, W_F32, &one, ST_F32, 1, 1.0f, scratch);
    assert_true(out == 1.1f);
    weights_convert(&out, W_F32, &half, ST_F16, 1, 1.0f, scratch);
    assert_true(out == weights_from_half(weights_to_half(1.0f + weights_from_half(half))));
    assert_true(out != 1.0f + weights_from_half(half));
}

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(wtype_bytes(W_Q8_0, 64), 68);
    assert_int_equal(wtype_bytes(W_BF16, 64), 128);
    assert_int_equal(wtype_bytes(W_F32, 3), 12);
    assert_int_equal(st_dtype_bytes(ST_F16, 3), 6);
    assert_string_equal(wtype_name(W_Q8_0), "Q8_0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half), cmocka_unit_test(test_bf16), cmocka_unit_test(test_q8_0),
        cmocka_unit_test(test_plus), cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
