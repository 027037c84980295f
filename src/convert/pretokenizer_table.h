/*
 * pretokenizer_table: the reference converter's check string and the sha256 of what tokenizers make of it.
 *
 * A row stands for "the token ids of the check string, printed as Python prints a list of them, have this sha256".
 * Source  conversion/base.py of the pinned llama.cpp, get_vocab_base_pre; tests/convert/ compares all rows with it
 */
#ifndef PERBIT_CONVERT_PRETOKENIZER_TABLE_H
#define PERBIT_CONVERT_PRETOKENIZER_TABLE_H

struct pretokenizer_row {
    const char *sha256, *name;
};

extern const char pretokenizer_check_text[];
extern const struct pretokenizer_row pretokenizer_rows[]; /* [pretokenizer_n_rows] */
extern const int pretokenizer_n_rows;

#endif
