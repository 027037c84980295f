/*
 * langdetect.bin, little-endian, one part after the other:
 *   "PBLANG1\0", u32 n_langs, n_grams, n_pairs, n_kanji
 *   u64 keys[n_grams]           code points of 21 bits, ascending
 *   u32 starts[n_grams + 1]     first pair of each gram
 *   u32 freqs[n_pairs]
 *   u32 n_words[n_langs][3]     by length of the gram
 *   char names[n_langs][8]
 *   u16 kanji[n_kanji][2]       from, to; ascending
 *   u16 letters[24], marks[5], composed[5][24]
 *   u8  langs[n_pairs]
 */
#include "tasks/langdetect_table.h"

#include <stddef.h>
#include <string.h>

#include "base/banned.h"

extern const unsigned char langdetect_bin[];

enum { HEAD = 24, N_LETTERS = 24, N_MARKS = 5 };

static uint32_t u32_at(size_t at)
{
    const unsigned char *p = langdetect_bin + at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t u64_at(size_t at)
{
    return u32_at(at) | (uint64_t)u32_at(at + 4) << 32;
}

static int32_t u16_at(size_t at)
{
    return langdetect_bin[at] | langdetect_bin[at + 1] << 8;
}

static size_t n_grams(void)
{
    return u32_at(12);
}

static size_t n_pairs(void)
{
    return u32_at(16);
}

static size_t n_kanji(void)
{
    return u32_at(20);
}

int langdetect_n_langs(void)
{
    return (int)u32_at(8);
}

static size_t starts_at(void)
{
    return HEAD + 8 * n_grams();
}

static size_t freqs_at(void)
{
    return starts_at() + 4 * (n_grams() + 1);
}

static size_t n_words_at(void)
{
    return freqs_at() + 4 * n_pairs();
}

static size_t names_at(void)
{
    return n_words_at() + 12 * (size_t)langdetect_n_langs();
}

static size_t kanji_at(void)
{
    return names_at() + 8 * (size_t)langdetect_n_langs();
}

static size_t letters_at(void)
{
    return kanji_at() + 4 * n_kanji();
}

static size_t langs_at(void)
{
    return letters_at() + 2 * (N_LETTERS + N_MARKS + N_MARKS * N_LETTERS);
}

const char *langdetect_lang(int lang)
{
    return (const char *)langdetect_bin + names_at() + 8 * (size_t)lang;
}

int langdetect_gram_find(const int32_t *codes, int n_codes)
{
    uint64_t key = 0;
    for (int i = 0; i < n_codes; i++)
        key = key << 21 | (uint64_t)codes[i];
    size_t low = 0, high = n_grams();
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (u64_at(HEAD + 8 * middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n_grams() && u64_at(HEAD + 8 * low) == key ? (int)low : -1;
}

static int gram_len(int gram)
{
    uint64_t key = u64_at(HEAD + 8 * (size_t)gram);
    return key >> 42 ? 3 : key >> 21 ? 2 : 1;
}

void langdetect_gram_probs(int gram, double prob[LANGDETECT_LANGS_MAX])
{
    memset(prob, 0, LANGDETECT_LANGS_MAX * sizeof(*prob));
    size_t at = starts_at() + 4 * (size_t)gram;
    size_t column = (size_t)gram_len(gram) - 1;
    for (size_t i = u32_at(at); i < u32_at(at + 4); i++) {
        size_t lang = langdetect_bin[langs_at() + i];
        prob[lang] = (double)u32_at(freqs_at() + 4 * i) / u32_at(n_words_at() + 4 * (3 * lang + column));
    }
}

int32_t langdetect_kanji(int32_t c)
{
    size_t low = 0, high = n_kanji();
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (u16_at(kanji_at() + 4 * middle) < c)
            low = middle + 1;
        else
            high = middle;
    }
    size_t at = kanji_at() + 4 * low;
    return low < n_kanji() && u16_at(at) == c ? u16_at(at + 2) : c;
}

static int place_of(int32_t c, size_t at, int n)
{
    for (int i = 0; i < n; i++)
        if (u16_at(at + 2 * (size_t)i) == c)
            return i;
    return -1;
}

int32_t langdetect_compose(int32_t letter, int32_t mark)
{
    size_t marks_at = letters_at() + 2 * N_LETTERS;
    int row = place_of(mark, marks_at, N_MARKS);
    if (row < 0)
        return 0;
    int column = place_of(letter, letters_at(), N_LETTERS);
    return column < 0 ? 0 : u16_at(marks_at + 2 * (size_t)(N_MARKS + row * N_LETTERS + column));
}
