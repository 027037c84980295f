/*
 * vocab: everything tokenizer.* of a model's folder, from tokenizer.json (byte-level BPE) or tokenizer.model
 * (SentencePiece), as the family's row in arch.c says.
 *
 * Errors  ERR_IO; ERR_FORMAT; ERR_UNSUPPORTED (a tokenizer of another kind, an unknown pre-tokenizer)
 * Source  conversion/base.py: _set_vocab_gpt2, _set_vocab_sentencepiece; conversion/{llama,qwen,phi,gemma}.py
 * Tests   tests/convert
 */
#ifndef PERBIT_CONVERT_VOCAB_H
#define PERBIT_CONVERT_VOCAB_H

#include "convert/ggufout.h"
#include "convert/hfconfig.h"
#include "core/event.h"

/* What is worth a word to the user goes to sink as EVENT_LOG. */
int vocab_put(struct ggufout *g, const struct hfconfig *c, const struct sink *sink, struct err *err);

#endif
