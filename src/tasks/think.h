/*
 * think: the reasoning that a model writes between <think> and </think> before its answer.
 *
 *   struct think t = think_split(text, is_open);      t.answer is what is scored
 *
 * is_open   the prompt ends in <think>: the model began inside of it
 * answer    what follows the last </think>, without whitespace at its beginning; all of the text where there is no
 *           reasoning (whitespace kept); nothing where the reasoning has no end
 * reasoning without the tags; empty for none
 *
 *   struct think_template s;
 *   think_probe(&s, template, &chat_options);         what a chat template knows of thinking
 *
 * variable  what switches it: a prompt is another with true than with false ("enable_thinking", "thinking"); NULL: nothing does
 * has_tags  it speaks of </think>: reasoning can be closed, and a budget forced
 * Found by rendering a question, as llama.cpp finds it, not by reading the template.
 *
 * Owns    nothing: views of text
 * Source  lm-evaluation-harness 0.4.13 models/utils.py (think_end_token): split at the token, last piece, lstrip
 * Differs reasoning without an end is no answer; there it is the answer
 * Tests   unit/test_think.c
 */
#ifndef PERBIT_TASKS_THINK_H
#define PERBIT_TASKS_THINK_H

#include <stdbool.h>

#include "core/item.h"
#include "tasks/chat.h"

struct think {
    struct text reasoning, answer;
};

struct think think_split(struct text text, bool is_open);
/* A prompt ends in <think>, whitespace aside. */
bool think_is_open(struct text prompt);
/* What makes a prompt go on with the answer: "</think>" where the prompt opened it, else an empty block; Qwen 3's form. */
const char *think_closing(struct text prompt);

struct think_template {
    const char *variable;
    bool has_tags;
};
void think_probe(struct think_template *out, const char *template, const struct chat_options *o);

#endif
