/*
 * punkt_table: the English model of NLTK's punkt_tab, inside the program (tools/make_tables.py made it at set-up).
 * 156 abbreviations, 39 frequent sentence starters, 37 collocations, the contexts of 20 366 words.
 *
 * Owns    nothing: all is constant     Cost  O(log n)
 */
#ifndef PERBIT_TASKS_PUNKT_TABLE_H
#define PERBIT_TASKS_PUNKT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* What is known of a word type; the PUNKT_ORTHO flags say where it was seen, with which first letter. */
enum punkt_flags {
    PUNKT_ABBREVIATION = 1,
    PUNKT_BEG_UC = 2,  /* at the beginning of a sentence, upper case */
    PUNKT_MID_UC = 4,  /* inside */
    PUNKT_UNK_UC = 8,  /* unknown place */
    PUNKT_BEG_LC = 16,
    PUNKT_MID_LC = 32,
    PUNKT_UNK_LC = 64,
    PUNKT_STARTER = 128,
    PUNKT_UC = PUNKT_BEG_UC | PUNKT_MID_UC | PUNKT_UNK_UC,
    PUNKT_LC = PUNKT_BEG_LC | PUNKT_MID_LC | PUNKT_UNK_LC
};

unsigned punkt_flags_of(const char *type, size_t n_bytes); /* 0: nothing is known */
/* Of two types with a tab between them. */
bool punkt_is_collocation(const char *pair, size_t n_bytes);

#endif
