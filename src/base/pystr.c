#include "base/pystr.h"

#include <string.h>
#include <utf8proc.h>

#include "base/pystr_table.h"
#include "base/utf8.h"

#include "base/banned.h"

enum { LETTER_SIGMA = 0x3a3, LETTER_FINAL_SIGMA = 0x3c2, LETTER_I_WITH_DOT = 0x130 };

struct range {
    int32_t first, last;
};

#define IN(table, c) in_ranges(table, sizeof(table) / sizeof(*(table)), c)

static bool in_ranges(const struct range *table, size_t n, int32_t c)
{
    for (size_t i = 0; i < n && table[i].first <= c; i++)
        if (c <= table[i].last)
            return true;
    return false;
}

/* ---- classes of a code point: categories from utf8proc, the exceptions from Python 3.11 */

static const struct range spaces[] = {
    {0x9, 0xd},       {0x1c, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};
/* Other_Lowercase, Other_Uppercase: cased without being a cased letter */
static const struct range other_lower[] = {
    {0xaa, 0xaa},       {0xba, 0xba},       {0x2b0, 0x2b8},     {0x2c0, 0x2c1},
    {0x2e0, 0x2e4},     {0x345, 0x345},     {0x37a, 0x37a},     {0x1d2c, 0x1d6a},
    {0x1d78, 0x1d78},   {0x1d9b, 0x1dbf},   {0x2071, 0x2071},   {0x207f, 0x207f},
    {0x2090, 0x209c},   {0x2170, 0x217f},   {0x24d0, 0x24e9},   {0x2c7c, 0x2c7d},
    {0xa69c, 0xa69d},   {0xa770, 0xa770},   {0xa7f8, 0xa7f9},   {0xab5c, 0xab5f},
    {0x10780, 0x10780}, {0x10783, 0x10785}, {0x10787, 0x107b0}, {0x107b2, 0x107ba},
};
static const struct range other_upper[] = {
    {0x2160, 0x216f}, {0x24b6, 0x24cf}, {0x1f130, 0x1f149}, {0x1f150, 0x1f169}, {0x1f170, 0x1f189},
};
/* Numeric_Type=Digit: digits that are no decimals */
static const struct range other_digit[] = {
    {0xb2, 0xb3},       {0xb9, 0xb9},       {0x1369, 0x1371},   {0x19da, 0x19da},
    {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2460, 0x2468},
    {0x2474, 0x247c},   {0x2488, 0x2490},   {0x24ea, 0x24ea},   {0x24f5, 0x24fd},
    {0x24ff, 0x24ff},   {0x2776, 0x277e},   {0x2780, 0x2788},   {0x278a, 0x2792},
    {0x10a40, 0x10a43}, {0x10e60, 0x10e68}, {0x11052, 0x1105a}, {0x1f100, 0x1f10a},
};
/* Case_Ignorable beyond the categories Mn Me Cf Lm Sk */
static const struct range other_ignorable[] = {
    {0x27, 0x27},     {0x2e, 0x2e},     {0x3a, 0x3a},     {0xb7, 0xb7},
    {0x387, 0x387},   {0x55f, 0x55f},   {0x5f4, 0x5f4},   {0x2018, 0x2019},
    {0x2024, 0x2024}, {0x2027, 0x2027}, {0xfe13, 0xfe13}, {0xfe52, 0xfe52},
    {0xfe55, 0xfe55}, {0xff07, 0xff07}, {0xff0e, 0xff0e}, {0xff1a, 0xff1a},
};

/* Assigned by Unicode 15, which Python 3.11 does not know. */
static const struct range newer[] = {
    {0xcf3, 0xcf3},     {0xece, 0xece},     {0x10efd, 0x10eff}, {0x1123f, 0x11241},
    {0x11b00, 0x11b09}, {0x11f00, 0x11f10}, {0x11f12, 0x11f3a}, {0x11f3e, 0x11f59},
    {0x1342f, 0x1342f}, {0x13439, 0x13455}, {0x1b132, 0x1b132}, {0x1b155, 0x1b155},
    {0x1d2c0, 0x1d2d3}, {0x1df25, 0x1df2a}, {0x1e030, 0x1e06d}, {0x1e08f, 0x1e08f},
    {0x1e4d0, 0x1e4f9}, {0x1f6dc, 0x1f6dc}, {0x1f774, 0x1f776}, {0x1f77b, 0x1f77f},
    {0x1f7d9, 0x1f7d9}, {0x1fa75, 0x1fa77}, {0x1fa87, 0x1fa88}, {0x1faad, 0x1faaf},
    {0x1fabb, 0x1fabd}, {0x1fabf, 0x1fabf}, {0x1face, 0x1facf}, {0x1fada, 0x1fadb},
    {0x1fae8, 0x1fae8}, {0x1faf7, 0x1faf8}, {0x2b739, 0x2b739}, {0x31350, 0x323af}};

static utf8proc_category_t category(int32_t c)
{
    return IN(newer, c) ? UTF8PROC_CATEGORY_CN : utf8proc_category(c);
}

bool pystr_is_space_code(int32_t c)
{
    return IN(spaces, c);
}

static bool is_lower(int32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_LL || IN(other_lower, c);
}

static bool is_upper(int32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_LU || IN(other_upper, c);
}

static bool is_title(int32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_LT;
}

static bool is_cased(int32_t c)
{
    return is_lower(c) || is_upper(c) || is_title(c);
}

static bool is_decimal(int32_t c)
{
    return category(c) == UTF8PROC_CATEGORY_ND;
}

static bool is_digit(int32_t c)
{
    return is_decimal(c) || IN(other_digit, c);
}

static bool is_alpha(int32_t c)
{
    utf8proc_category_t k = category(c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

static bool is_alnum(int32_t c)
{
    utf8proc_category_t k = category(c);
    return is_alpha(c) || (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO);
}

bool pystr_is_word_code(int32_t c)
{
    utf8proc_category_t k = category(c);
    return is_alnum(c) || k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC ||
           k == UTF8PROC_CATEGORY_PC;
}

/* str.isprintable */
static bool is_printable(int32_t c)
{
    utf8proc_category_t k = category(c);
    return c == ' ' || (k != UTF8PROC_CATEGORY_CN && k < UTF8PROC_CATEGORY_ZS);
}

static bool is_ignorable(int32_t c)
{
    switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return IN(other_ignorable, c);
    }
}

/* ---- views */

struct pystr pystr_of(const char *s, size_t n_bytes)
{
    return (struct pystr){s, n_bytes};
}

struct pystr pystr_z(const char *z)
{
    return (struct pystr){z, strlen(z)};
}

int pystr_compare(struct pystr a, struct pystr b)
{
    /* UTF-8 sorts by code point */
    size_t n = a.n_bytes < b.n_bytes ? a.n_bytes : b.n_bytes;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n_bytes > b.n_bytes) - (a.n_bytes < b.n_bytes);
}

bool pystr_equal(struct pystr a, struct pystr b)
{
    return a.n_bytes == b.n_bytes && !pystr_compare(a, b);
}

size_t pystr_len(struct pystr s)
{
    return utf8_count(s.s, s.n_bytes);
}

/* The part from byte `from` to byte `to`. */
static struct pystr part_of(struct pystr s, size_t from, size_t to)
{
    return (struct pystr){s.s + from, to - from};
}

/* Where the code point begins that ends before byte `end` (> 0). */
static size_t before(struct pystr s, size_t end)
{
    size_t at = end - 1, next;
    while (at > 0 && end - at < 4 && ((unsigned char)s.s[at] & 0xc0) == 0x80)
        at--;
    next = at;
    utf8_next(s.s, end, &next);
    return next == end ? at : end - 1; /* else bytes that are no UTF-8: one at a time */
}

static int32_t code_at(struct pystr s, size_t at)
{
    return utf8_next(s.s, s.n_bytes, &at);
}

/* ---- classes of a text */

static bool all(struct pystr s, bool (*is)(int32_t))
{
    for (size_t i = 0; i < s.n_bytes;)
        if (!is(utf8_next(s.s, s.n_bytes, &i)))
            return false;
    return s.n_bytes > 0;
}

bool pystr_isspace(struct pystr s)
{
    return all(s, pystr_is_space_code);
}

bool pystr_isdigit(struct pystr s)
{
    return all(s, is_digit);
}

bool pystr_isdecimal(struct pystr s)
{
    return all(s, is_decimal);
}

bool pystr_isalpha(struct pystr s)
{
    return all(s, is_alpha);
}

bool pystr_isalnum(struct pystr s)
{
    return all(s, is_alnum);
}

/* At least one code point of the wanted case, none of the other or of title case. */
static bool is_case(struct pystr s, bool (*wanted)(int32_t), bool (*other)(int32_t))
{
    bool has = false;
    for (size_t i = 0; i < s.n_bytes;) {
        int32_t c = utf8_next(s.s, s.n_bytes, &i);
        if (other(c) || is_title(c))
            return false;
        has |= wanted(c);
    }
    return has;
}

bool pystr_isupper(struct pystr s)
{
    return is_case(s, is_upper, is_lower);
}

bool pystr_islower(struct pystr s)
{
    return is_case(s, is_lower, is_upper);
}

/* ---- strip */

static bool strips(int32_t c, const struct pystr *chars)
{
    if (!chars)
        return pystr_is_space_code(c);
    for (size_t i = 0; i < chars->n_bytes;)
        if (utf8_next(chars->s, chars->n_bytes, &i) == c)
            return true;
    return false;
}

struct pystr pystr_lstrip(struct pystr s, const struct pystr *chars)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n_bytes && strips(utf8_next(s.s, s.n_bytes, &i), chars);)
        from = i;
    return part_of(s, from, s.n_bytes);
}

struct pystr pystr_rstrip(struct pystr s, const struct pystr *chars)
{
    while (s.n_bytes) {
        size_t at = before(s, s.n_bytes);
        if (!strips(code_at(s, at), chars))
            break;
        s.n_bytes = at;
    }
    return s;
}

struct pystr pystr_strip(struct pystr s, const struct pystr *chars)
{
    return pystr_rstrip(pystr_lstrip(s, chars), chars);
}

size_t pystr_n_trailing_space(struct pystr s)
{
    size_t n_kept = pystr_rstrip(s, NULL).n_bytes;
    return pystr_len(part_of(s, n_kept, s.n_bytes));
}

/* ---- case */

static void put_code(struct buf *out, int32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);
    buf_append(out, bytes, (size_t)n);
}

static const struct pystr_special *special_find(int32_t c)
{
    int low = 0, high = pystr_n_specials;
    while (low < high) {
        int mid = (low + high) / 2;
        if (pystr_specials[mid].code < c)
            low = mid + 1;
        else
            high = mid;
    }
    return low < pystr_n_specials && pystr_specials[low].code == c ? &pystr_specials[low] : NULL;
}

/* A sigma is final after a cased letter and before none, ignorables between them not counted. */
static bool is_final_sigma(struct pystr s, size_t at, size_t end)
{
    int32_t c = 0;
    size_t i = at;
    while (i > 0 && is_ignorable(c = code_at(s, i = before(s, i))))
        c = 0;
    if (!is_cased(c))
        return false;
    for (c = 0, i = end; i < s.n_bytes && is_ignorable(c = utf8_next(s.s, s.n_bytes, &i));)
        c = 0;
    return !is_cased(c);
}

/* Each of these appends the mapping of the code point c, which is s[at:end] in bytes. */
static void put_lower(struct buf *out, struct pystr s, size_t at, size_t end, int32_t c)
{
    if (c == LETTER_SIGMA && is_final_sigma(s, at, end))
        put_code(out, LETTER_FINAL_SIGMA);
    else if (c == LETTER_I_WITH_DOT)
        buf_puts(out, "i\xcc\x87");
    else
        put_code(out, utf8proc_tolower(c));
}

static void put_upper(struct buf *out, int32_t c)
{
    const struct pystr_special *special = special_find(c);
    if (special)
        buf_puts(out, special->upper);
    else
        put_code(out, utf8proc_toupper(c));
}

static void put_title(struct buf *out, int32_t c)
{
    const struct pystr_special *special = special_find(c);
    if (special && special->title)
        buf_puts(out, special->title);
    else
        put_code(out, utf8proc_totitle(c));
}

enum letter_case { CASE_LOWER, CASE_UPPER, CASE_CAPITAL, CASE_TITLE };

static void map_case(struct buf *out, struct pystr s, enum letter_case how)
{
    bool after_cased = false;
    for (size_t at = 0, end = 0; at < s.n_bytes; at = end) {
        int32_t c = utf8_next(s.s, s.n_bytes, &end);
        if (!utf8_is_valid(s.s + at, end - at))
            buf_append(out, s.s + at, end - at);
        else if (how == CASE_UPPER)
            put_upper(out, c);
        else if ((how == CASE_CAPITAL && at == 0) || (how == CASE_TITLE && !after_cased))
            put_title(out, c);
        else
            put_lower(out, s, at, end, c);
        after_cased = is_cased(c);
    }
}

void pystr_lower(struct buf *out, struct pystr s)
{
    map_case(out, s, CASE_LOWER);
}

void pystr_upper(struct buf *out, struct pystr s)
{
    map_case(out, s, CASE_UPPER);
}

void pystr_capitalize(struct buf *out, struct pystr s)
{
    map_case(out, s, CASE_CAPITAL);
}

void pystr_title(struct buf *out, struct pystr s)
{
    map_case(out, s, CASE_TITLE);
}

/* ---- repr */

static void put_escaped(struct buf *out, int32_t c, char quote)
{
    static const char letters[] = "tnr\\", codes[] = "\t\n\r\\";
    const char *known = c && c < 0x80 ? strchr(codes, (int)c) : NULL;
    if (known || c == quote)
        buf_printf(out, "\\%c", known ? letters[known - codes] : quote);
    else if (is_printable(c))
        put_code(out, c);
    else if (c < 0x100)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else
        buf_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
}

void pystr_repr(struct buf *out, struct pystr s)
{
    bool has_single = s.n_bytes && memchr(s.s, '\'', s.n_bytes),
         has_double = s.n_bytes && memchr(s.s, '"', s.n_bytes);
    char quote = has_single && !has_double ? '"' : '\'';
    buf_putc(out, quote);
    for (size_t i = 0; i < s.n_bytes;)
        put_escaped(out, utf8_next(s.s, s.n_bytes, &i), quote);
    buf_putc(out, quote);
}

/* ---- parts */

struct pystr pystr_slice(struct pystr s, size_t start, size_t stop)
{
    size_t from = 0, i = 0, n = 0;
    for (; i < s.n_bytes && n < stop; n++) {
        if (n == start)
            from = i;
        utf8_next(s.s, s.n_bytes, &i);
    }
    return n > start ? part_of(s, from, i) : part_of(s, i, i);
}

bool pystr_startswith(struct pystr s, struct pystr prefix)
{
    return s.n_bytes >= prefix.n_bytes && pystr_equal(part_of(s, 0, prefix.n_bytes), prefix);
}

bool pystr_endswith(struct pystr s, struct pystr suffix)
{
    return s.n_bytes >= suffix.n_bytes &&
           pystr_equal(part_of(s, s.n_bytes - suffix.n_bytes, s.n_bytes), suffix);
}

int64_t pystr_find_bytes(struct pystr s, struct pystr part, size_t from_bytes)
{
    if (from_bytes > s.n_bytes)
        return -1;
    if (!part.n_bytes)
        return (int64_t)from_bytes;
    const char *at = memmem(s.s + from_bytes, s.n_bytes - from_bytes, part.s, part.n_bytes);
    return at ? at - s.s : -1;
}

int64_t pystr_rfind_bytes(struct pystr s, struct pystr part)
{
    for (size_t n = s.n_bytes; n >= part.n_bytes; n--) {
        if (pystr_endswith(part_of(s, 0, n), part))
            return (int64_t)(n - part.n_bytes);
        if (!n)
            break;
    }
    return -1;
}

static int64_t in_codes(struct pystr s, int64_t n_bytes)
{
    return n_bytes < 0 ? -1 : (int64_t)pystr_len(part_of(s, 0, (size_t)n_bytes));
}

int64_t pystr_find(struct pystr s, struct pystr part)
{
    return in_codes(s, pystr_find_bytes(s, part, 0));
}

int64_t pystr_rfind(struct pystr s, struct pystr part)
{
    return in_codes(s, pystr_rfind_bytes(s, part));
}

int64_t pystr_count(struct pystr s, struct pystr part)
{
    if (!part.n_bytes)
        return (int64_t)pystr_len(s) + 1;
    int64_t n = 0;
    for (int64_t at; (at = pystr_find_bytes(s, part, 0)) >= 0; n++)
        s = part_of(s, (size_t)at + part.n_bytes, s.n_bytes);
    return n;
}

static void spread(struct buf *out, struct pystr s, struct pystr with, int64_t max)
{
    size_t i = 0;
    for (int64_t n = 0; n != max; n++) {
        size_t at = i;
        buf_append(out, with.s, with.n_bytes);
        if (at == s.n_bytes)
            return;
        utf8_next(s.s, s.n_bytes, &i);
        buf_append(out, s.s + at, i - at);
    }
    buf_append(out, s.s + i, s.n_bytes - i);
}

void pystr_replace(struct buf *out, struct pystr s, struct pystr old, struct pystr with,
                   int64_t max)
{
    if (!old.n_bytes) {
        spread(out, s, with, max);
        return;
    }
    for (int64_t at, n = 0; n != max && (at = pystr_find_bytes(s, old, 0)) >= 0; n++) {
        buf_append(out, s.s, (size_t)at);
        buf_append(out, with.s, with.n_bytes);
        s = part_of(s, (size_t)at + old.n_bytes, s.n_bytes);
    }
    buf_append(out, s.s, s.n_bytes);
}

/* ---- split */

struct pystr_split pystr_split(struct pystr s, const struct pystr *separator, int64_t max)
{
    struct pystr_split it = {.rest = s, .is_space = !separator, .max = max};
    if (separator)
        it.separator = *separator;
    return it;
}

static size_t next_space(struct pystr s)
{
    size_t at = 0;
    for (size_t i = 0; i < s.n_bytes && !pystr_is_space_code(utf8_next(s.s, s.n_bytes, &i));)
        at = i;
    return at;
}

static bool next_word(struct pystr_split *it, struct pystr *part)
{
    it->rest = pystr_lstrip(it->rest, NULL);
    if (!it->rest.n_bytes)
        return false;
    *part = part_of(it->rest, 0, it->max == 0 ? it->rest.n_bytes : next_space(it->rest));
    it->rest = part_of(it->rest, part->n_bytes, it->rest.n_bytes);
    it->max -= it->max > 0;
    return true;
}

bool pystr_next(struct pystr_split *it, struct pystr *part)
{
    if (it->is_space)
        return next_word(it, part);
    if (it->is_done)
        return false;
    int64_t at =
        it->max == 0 || !it->separator.n_bytes ? -1 : pystr_find_bytes(it->rest, it->separator, 0);
    it->is_done = at < 0;
    *part = part_of(it->rest, 0, at < 0 ? it->rest.n_bytes : (size_t)at);
    if (at >= 0)
        it->rest = part_of(it->rest, (size_t)at + it->separator.n_bytes, it->rest.n_bytes);
    it->max -= it->max > 0;
    return true;
}
