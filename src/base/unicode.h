/*
 * unicode: classes of one code point as Python's `re` and the `regex` module have them, and the case folding of
 * re.IGNORECASE. For scanners that walk a text with utf8_next; patterns are base/regex.h's, str methods pystr.h's.
 *
 * Source   CPython 3.11 Lib/re/_casefix.py, Modules/_sre
 * Differs  properties are those of the utf8proc in use (Unicode 15 for 2.8; Python 3.11 has 14)
 * Tests    unit/test_unicode.c, every code point against python3
 */
#ifndef PERBIT_BASE_UNICODE_H
#define PERBIT_BASE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

bool unicode_is_word(int32_t c);    /* \w of re: letters, numbers, _ */
bool unicode_is_decimal(int32_t c); /* \d of both */
/* \w and \s of the regex module (Unicode's TR18): marks and joiners are of words, fractions are not; no U+001C-001F */
bool unicode_is_word_tr18(int32_t c);
bool unicode_is_space_tr18(int32_t c);
bool unicode_is_upper(int32_t c);   /* str.isupper of the one code point */
bool unicode_is_lower(int32_t c);
/* First letter of the general category: 'L' letter, 'N' number, 'P' punctuation, 'S' symbol, 'Z', 'M', 'C'. */
char unicode_major(int32_t c);
/* Two code points match each other under re.IGNORECASE when their folds are the same. */
int32_t unicode_fold(int32_t c);

#endif
