#include "base/unicode.h"

#include <stddef.h>
#include <utf8proc.h>

#include "base/pystr.h"

#include "base/banned.h"

/* Lower-case letters that re.IGNORECASE takes for another one, though neither is the other's lower case. */
static const int32_t same_letter[][2] = {
    {0x131, 0x69},   {0x17f, 0x73},   {0x345, 0x3b9},  {0x3bc, 0xb5},    {0x3c3, 0x3c2},   {0x3d0, 0x3b2},
    {0x3d1, 0x3b8},  {0x3d5, 0x3c6},  {0x3d6, 0x3c0},  {0x3f0, 0x3ba},   {0x3f1, 0x3c1},   {0x3f5, 0x3b5},
    {0x1c80, 0x432}, {0x1c81, 0x434}, {0x1c82, 0x43e}, {0x1c83, 0x441},  {0x1c84, 0x442},  {0x1c85, 0x442},
    {0x1c86, 0x44a}, {0x1c87, 0x463}, {0x1e9b, 0x1e61}, {0x1fbe, 0x3b9}, {0x1fd3, 0x390},  {0x1fe3, 0x3b0},
    {0xa64b, 0x1c88}, {0xfb06, 0xfb05}};

char unicode_major(int32_t c)
{
    return utf8proc_category_string(c)[0];
}

bool unicode_is_decimal(int32_t c)
{
    return c < 128 ? c >= '0' && c <= '9' : utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}

bool unicode_is_word(int32_t c)
{
    char major = unicode_major(c);
    return major == 'L' || major == 'N' || c == '_';
}

bool unicode_is_space_tr18(int32_t c)
{
    return pystr_is_space_code(c) && !(c >= 0x1c && c <= 0x1f);
}

/* Symbols that count as alphabetic. */
static bool is_letter_in_frame(int32_t c)
{
    return (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
           (c >= 0x1f170 && c <= 0x1f189);
}

bool unicode_is_word_tr18(int32_t c)
{
    char major = unicode_major(c);
    if (major == 'L' || major == 'M')
        return true;
    if (major == 'N')
        return utf8proc_category(c) != UTF8PROC_CATEGORY_NO;
    return utf8proc_category(c) == UTF8PROC_CATEGORY_PC || is_letter_in_frame(c) || c == 0x200c || c == 0x200d;
}

int32_t unicode_fold(int32_t c)
{
    if (c < 128)
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    int32_t lower = utf8proc_tolower(c);
    for (size_t i = 0; i < sizeof(same_letter) / sizeof(same_letter[0]); i++)
        if (same_letter[i][0] == lower)
            return same_letter[i][1];
    return lower;
}

static bool has_case(int32_t c, bool (*is)(struct pystr))
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
    return n > 0 && is(pystr_of((const char *)bytes, (size_t)n));
}

bool unicode_is_upper(int32_t c)
{
    return c < 128 ? c >= 'A' && c <= 'Z' : has_case(c, pystr_isupper);
}

bool unicode_is_lower(int32_t c)
{
    return c < 128 ? c >= 'a' && c <= 'z' : has_case(c, pystr_islower);
}
