/*
 * regex: Python's `re` over PCRE2, for the patterns of lm-evaluation-harness's task files.
 *
 *   struct regex *re;
 *   if (regex_compile(&re, "#### (\\-?[0-9\\.\\,]+)", 0, err))
 *       return -1;
 *   struct regex_iter it = regex_each(re, text, len);
 *   struct regex_span span[2];
 *   while ((ret = regex_next(&it, span, 2, err)) > 0)
 *       ... text + span[1].start, span[1].end - span[1].start bytes ...
 *   regex_close(re);
 *
 * Matches come in the order and number of re.findall, empty ones included. Unicode classes are on,
 * as in Python; bytes that are not UTF-8 never match. Spellings of Python that are translated: \Z
 * (the very end), {,n} (0 to n), \s and \S (str.isspace; \S inside brackets is PCRE2's).
 *
 * Units   byte offsets into the text
 * Errors  ERR_FORMAT the pattern, with the place; ERR_RANGE the match limit was reached
 * Owns    *out until regex_close; the text is borrowed      Threads  one regex a thread
 * Source  CPython 3.11 re     Differs: flags inside a pattern such as (?a) are PCRE2's
 * Tests   unit/test_regex.c
 */
#ifndef PERBIT_BASE_REGEX_H
#define PERBIT_BASE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct regex;

enum regex_flags {
    REGEX_IGNORECASE = 1, /* re.I */
    REGEX_MULTILINE = 2,  /* re.M */
    REGEX_DOTALL = 4      /* re.S */
};

struct regex_span {
    size_t start, end; /* bytes; both SIZE_MAX for a group that took no part */
};

struct regex_iter {
    const struct regex *re;
    const char *text;
    size_t len;      /* bytes */
    size_t at;       /* where the next search begins */
    bool is_utf8;     /* all of text */
    bool after_empty; /* the last match was empty and ended at `at` */
};

/* flags: REGEX_* or'ed, or 0. */
int regex_compile(struct regex **out, const char *pattern, unsigned flags, struct err *err);
void regex_close(struct regex *re); /* accepts NULL */
int regex_n_groups(const struct regex *re); /* without group 0 */

struct regex_iter regex_each(const struct regex *re, const char *text, size_t len);
/*
 * The next match: 1 a match, 0 no more, -1 error. span[0] is the whole match, span[i] group i;
 * groups from n_span on are not reported, spans beyond the last group are set to "took no part".
 */
int regex_next(struct regex_iter *it, struct regex_span *span, int n_span, struct err *err);

/*
 * re.sub, appended to out: each match is replaced by `with`, where \1 to \9 are groups (nothing for one that
 * took no part) and \g<0> is the match. On an error out holds a part.
 */
int regex_sub(struct buf *out, const struct regex *re, const char *with, const char *text, size_t len,
              struct err *err);
/* len(re.findall): re.split would give one piece more. */
int regex_count(const struct regex *re, const char *text, size_t len, size_t *out_n, struct err *err);

#endif
