/*
 * Where a pattern would take quadratic time on a run of one character (a model that repeats itself), the scan is
 * written out; the pattern it stands for is in the comment.
 */
#include <string.h>

#include "base/buf.h"
#include "base/regex.h"
#include "base/utf8.h"
#include "tasks/ifeval_check.h"
#include "tasks/pyjson_valid.h"

#include "base/banned.h"

static struct pystr from_to(struct pystr s, size_t from, size_t to)
{
    return pystr_of(s.s + from, to - from);
}

/* The first of chars at or after i, or the end. */
static size_t find_any(struct pystr s, size_t i, const char *chars)
{
    while (i < s.n_bytes && !(s.s[i] && strchr(chars, s.s[i])))
        i++;
    return i;
}

/* \[.*?\] */
static size_t count_placeholders(struct pystr s)
{
    size_t n = 0;
    for (size_t i = find_any(s, 0, "["); i < s.n_bytes; i = find_any(s, i, "[")) {
        i = find_any(s, i, "]\n"); /* no bracket before a newline: none for those between either */
        n += i < s.n_bytes && s.s[i] == ']';
    }
    return n;
}

int ifeval_placeholders(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double wanted;
    if (ifeval_number(&wanted, kwargs, "num_placeholders", err))
        return -1;
    *out = (double)count_placeholders(text) >= wanted;
    return 0;
}

static size_t skip_space(struct pystr s, size_t i)
{
    while (i < s.n_bytes) {
        size_t next = i;
        if (!pystr_is_space_code(utf8_next(s.s, s.n_bytes, &next)))
            break;
        i = next;
    }
    return i;
}

/* Is there a bullet at i, the first character of a line that is no space? *after: where its text begins. */
typedef bool is_bullet_fn(struct pystr s, size_t i, size_t *after);

static bool is_star(struct pystr s, size_t i, size_t *after)
{
    *after = i + 1;
    if (i + 1 >= s.n_bytes || s.s[i] != '*' || s.s[i + 1] == '*')
        return false;
    utf8_next(s.s, s.n_bytes, after); /* any character, a newline too */
    return true;
}

static bool is_dash(struct pystr s, size_t i, size_t *after)
{
    *after = i + 1;
    return i < s.n_bytes && s.s[i] == '-';
}

/* ^\s*BULLET.*$ with re.MULTILINE. All lines that the spaces cross have the same first character. */
static size_t count_bullets(struct pystr s, is_bullet_fn *is_bullet)
{
    size_t n = 0, line = 0, end;
    while (line < s.n_bytes) {
        size_t first = skip_space(s, line);
        bool is = is_bullet(s, first, &end);
        n += is;
        line = find_any(s, is ? end : first, "\n") + 1;
    }
    return n;
}

int ifeval_bullets(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double wanted;
    if (ifeval_number(&wanted, kwargs, "num_bullets", err))
        return -1;
    *out = (double)(count_bullets(text, is_star) + count_bullets(text, is_dash)) == wanted;
    return 0;
}

/* \*[^\n\*]*\* with something between */
static size_t count_single(struct pystr s)
{
    size_t n = 0;
    for (size_t i = find_any(s, 0, "*"); i < s.n_bytes; i = find_any(s, i, "*")) {
        size_t end = find_any(s, i + 1, "*\n");
        bool is = end < s.n_bytes && s.s[end] == '*';
        n += is && !ifeval_is_blank(from_to(s, i + 1, end));
        i = end + is;
    }
    return n;
}

static bool is_two_stars(struct pystr s, size_t i)
{
    return i + 1 < s.n_bytes && s.s[i] == '*' && s.s[i + 1] == '*';
}

/* \*\*[^\n\*]*\*\* with something between */
static size_t count_double(struct pystr s)
{
    size_t n = 0;
    for (size_t i = find_any(s, 0, "*"); i < s.n_bytes; i = find_any(s, i, "*")) {
        size_t end = is_two_stars(s, i) ? find_any(s, i + 2, "*\n") : s.n_bytes;
        bool is = is_two_stars(s, end);
        n += is && !ifeval_is_blank(from_to(s, i + 2, end));
        i = is ? end + 2 : i + 1;
    }
    return n;
}

int ifeval_highlights(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double wanted;
    if (ifeval_number(&wanted, kwargs, "num_highlights", err))
        return -1;
    *out = (double)(count_single(text) + count_double(text)) >= wanted;
    return 0;
}

static int count_matches(size_t *out, const char *pattern, unsigned flags, struct pystr s, struct err *err)
{
    struct regex *re;
    if (regex_compile(&re, pattern, flags, err))
        return -1;
    int ret = regex_count(re, s.s, s.n_bytes, out, err);
    *out *= 1 + (size_t)regex_n_groups(re); /* re.split gives each group of the pattern too */
    regex_close(re);
    return ret;
}

int ifeval_sections(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    double wanted;
    struct pystr splitter;
    size_t n = 0;
    if (ifeval_number(&wanted, kwargs, "num_sections", err) ||
        ifeval_text(&splitter, kwargs, "section_spliter", err))
        return -1;
    struct buf pattern = BUF_INIT;
    splitter = ifeval_strip(splitter);
    buf_puts(&pattern, "\\s?");
    buf_append(&pattern, splitter.s, splitter.n_bytes);
    buf_puts(&pattern, "\\s?\\d+\\s?");
    int ret = count_matches(&n, pattern.data, 0, text, err);
    buf_release(&pattern);
    *out = (double)n >= wanted;
    return ret;
}

/* Any other marker is a regular expression; spaces before the two known ones and what follows them match always. */
static void put_postscript_pattern(struct buf *out, struct pystr marker)
{
    if (pystr_equal(marker, pystr_z("P.P.S")))
        buf_puts(out, "p\\.\\s?p\\.\\s?s");
    else if (pystr_equal(marker, pystr_z("P.S.")))
        buf_puts(out, "p\\.\\s?s\\.");
    else {
        buf_puts(out, "\\s*");
        pystr_lower(out, marker);
        buf_puts(out, ".*$");
    }
}

int ifeval_postscript(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr marker;
    size_t n = 0;
    if (ifeval_text(&marker, kwargs, "postscript_marker", err))
        return -1;
    struct buf pattern = BUF_INIT, lower = BUF_INIT;
    put_postscript_pattern(&pattern, ifeval_strip(marker));
    pystr_lower(&lower, text);
    int ret = count_matches(&n, pattern.data, REGEX_MULTILINE, pystr_of(lower.data, lower.len), err);
    buf_release(&pattern);
    buf_release(&lower);
    *out = n > 0;
    return ret;
}

int ifeval_constrained(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    static const char *const options[] = {"My answer is yes.", "My answer is no.", "My answer is maybe."};
    (void)kwargs;
    (void)err;
    *out = false;
    for (int i = 0; i < 3; i++)
        if (pystr_find_bytes(text, pystr_z(options[i]), 0) >= 0)
            *out = true;
    return 0;
}

static struct pystr without_prefix(struct pystr s, const char *prefix)
{
    return pystr_startswith(s, pystr_z(prefix)) ? from_to(s, strlen(prefix), s.n_bytes) : s;
}

int ifeval_json(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    static const char *const fences[] = {"```json", "```Json", "```JSON", "```"};
    (void)kwargs;
    (void)err;
    text = ifeval_strip(text);
    for (int i = 0; i < 4; i++)
        text = without_prefix(text, fences[i]);
    if (pystr_endswith(text, pystr_z("```")))
        text.n_bytes -= 3;
    text = ifeval_strip(text);
    *out = pyjson_is_valid(text.s, text.n_bytes);
    return 0;
}

/* Of one line: <<[^\n]+>>, greedy, so from the first << to the last >>; with something inside. */
static bool has_title(struct pystr line)
{
    struct pystr left = pystr_z("<"), right = pystr_z(">");
    int64_t from = pystr_find_bytes(line, pystr_z("<<"), 0), to = pystr_rfind_bytes(line, pystr_z(">>"));
    if (from < 0 || to < from + 3)
        return false;
    struct pystr title = from_to(line, (size_t)from, (size_t)to + 2);
    return !ifeval_is_blank(pystr_rstrip(pystr_lstrip(title, &left), &right));
}

int ifeval_title(bool *out, yyjson_val *kwargs, struct pystr text, struct err *err)
{
    struct pystr line, newline = pystr_z("\n");
    struct pystr_split it = pystr_split(text, &newline, -1);
    (void)kwargs;
    (void)err;
    *out = false;
    while (pystr_next(&it, &line))
        *out = *out || has_title(line);
    return 0;
}
