#include "base/units.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/banned.h"

static const struct {
    const char *name;
    int64_t factor;
} byte_units[] = {
    {"", 1},
    {"k", 1000},
    {"m", 1000000},
    {"g", 1000000000},
    {"t", 1000000000000},
    {"ki", INT64_C(1) << 10},
    {"mi", INT64_C(1) << 20},
    {"gi", INT64_C(1) << 30},
    {"ti", INT64_C(1) << 40},
};

/* The factor of "GiB", "gb", "G" or ""; 0 when it is none of ours. */
static int64_t find_factor(const char *name, size_t len)
{
    if (len && tolower((unsigned char)name[len - 1]) == 'b')
        len--;
    for (size_t i = 0; i < sizeof(byte_units) / sizeof(*byte_units); i++) {
        if (strlen(byte_units[i].name) == len && !strncasecmp(name, byte_units[i].name, len))
            return byte_units[i].factor;
    }
    return 0;
}

/* Whole and fractional part apart, so that a plain count of bytes stays exact above 2^53. */
static const char *parse_decimal(const char *s, int64_t *whole, double *fraction, bool *fits)
{
    *whole = 0;
    *fraction = 0;
    *fits = true;
    for (; isdigit((unsigned char)*s); s++) {
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, *s - '0', whole))
            *fits = false;
    }
    if (*s != '.')
        return s;
    double place = 0.1;
    for (s++; isdigit((unsigned char)*s); s++, place /= 10)
        *fraction += place * (*s - '0');
    return s;
}

static size_t trimmed_len(const char *s)
{
    size_t len = strlen(s);
    while (len && isspace((unsigned char)s[len - 1]))
        len--;
    return len;
}

int units_parse_bytes(int64_t *out_bytes, const char *text, struct err *err)
{
    int64_t whole, n_bytes;
    double fraction;
    bool fits;
    const char *s = text + strspn(text, " \t");
    bool has_digit = isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]));
    s = parse_decimal(s, &whole, &fraction, &fits);
    s += strspn(s, " \t");
    int64_t factor = find_factor(s, trimmed_len(s));
    if (!has_digit || !factor)
        return err_set(err, ERR_FORMAT, "expected a size such as 8GiB, 500MB or 4096, found '%s'",
                       text);
    int64_t rest = (int64_t)llround(fraction * (double)factor);
    if (!fits || __builtin_mul_overflow(whole, factor, &n_bytes) ||
        __builtin_add_overflow(n_bytes, rest, &n_bytes))
        return err_set(err, ERR_RANGE, "the size '%s' is too large", text);
    *out_bytes = n_bytes;
    return 0;
}

/* Three significant digits; four from 1000 to 1023, below the next unit. */
static void format_three_digits(char *out, size_t out_bytes, const char *sign, double v,
                                const char *unit)
{
    int decimals = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
    snprintf(out, out_bytes, "%s%.*f %s", sign, decimals, v, unit);
}

void units_format_bytes(char *out, size_t out_bytes, int64_t n_bytes)
{
    static const char *const names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    const char *sign = n_bytes < 0 ? "-" : "";
    double v = fabs((double)n_bytes);
    if (v < 1024) {
        snprintf(out, out_bytes, "%s%.0f B", sign, v);
        return;
    }
    int i = 0;
    for (v /= 1024; v >= 1023.5 && i < 5; v /= 1024)
        i++;
    format_three_digits(out, out_bytes, sign, v, names[i]);
}

/* "4 min 10 s" from the count of the small unit; the small part is left out when it is 0. */
static void format_pair(char *out, size_t out_bytes, int64_t n_small, int ratio, const char *big,
                        const char *small)
{
    int64_t n_big = n_small / ratio, rest = n_small % ratio;
    if (rest)
        snprintf(out, out_bytes, "%lld %s %lld %s", (long long)n_big, big, (long long)rest, small);
    else
        snprintf(out, out_bytes, "%lld %s", (long long)n_big, big);
}

void units_format_duration(char *out, size_t out_bytes, double s)
{
    if (!(s >= 0 && s < 1e15))
        snprintf(out, out_bytes, "unknown");
    else if (s > 0 && s < 0.9995)
        snprintf(out, out_bytes, "%.0f ms", s * 1000);
    else if (s < 59.5)
        snprintf(out, out_bytes, "%.0f s", s);
    else if (s < 3599.5)
        format_pair(out, out_bytes, llround(s), 60, "min", "s");
    else if (s < 86400 - 30)
        format_pair(out, out_bytes, llround(s / 60), 60, "h", "min");
    else
        format_pair(out, out_bytes, llround(s / 3600), 24, "d", "h");
}
