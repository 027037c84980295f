/*
 * langdetect: the language of a text, as the Python package langdetect 1.0.9 finds it with its seed set to 0.
 *
 *   const char *lang = langdetect(text, n_bytes);
 *   if (lang && !strcmp(lang, "en")) ...
 *
 * A naive Bayes classifier over 1- to 3-grams, 55 languages. It draws grams at random until it is sure, seven times:
 * lm-evaluation-harness never seeds it, so its own verdict on a text near the border changes from run to run. Here
 * the seed is 0 always, hence the same text has the same language.
 *
 * Source  langdetect 1.0.9 detector.py, utils/ngram.py (Nakatani Shuyo's algorithm)
 * Differs languages are added up in the order of their codes; the package takes the order of a folder, which can
 *         change the last bit of a probability
 * Cost    O(first 10 000 code points) plus at most 7 * 1001 draws of 55 multiplications
 * Tests   unit/test_langdetect.c, lmeval/langdetect.py (1 000 texts against the package)
 */
#ifndef PERBIT_TASKS_LANGDETECT_H
#define PERBIT_TASKS_LANGDETECT_H

#include <stddef.h>

struct langdetect_guess {
    const char *lang;   /* "en", "zh-cn"; constant */
    double probability; /* above 0.1 */
};

/* The most probable language, "unknown", or NULL: no letters that any language has (the package raises). */
const char *langdetect(const char *text, size_t n_bytes);

enum { LANGDETECT_GUESSES_MAX = 9 };
/* All above 0.1, the most probable first; returns their number, -1 where the package raises. */
int langdetect_guesses(struct langdetect_guess out[LANGDETECT_GUESSES_MAX], const char *text, size_t n_bytes);

#endif
