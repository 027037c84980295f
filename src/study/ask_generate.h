/*
 * ask_generate: the documents of a generation task: answers are written, stored and scored. A part of the job of kind
 * task, as study/job_eval.c is for tasks of log-probabilities.
 *
 *   struct ask_generate k = { .sink = ..., .task = ..., .items = ..., ... };
 *   if (ask_generate(&k, err) < 0)
 *
 * Slots are never idle while documents are left; a document is stored and committed when it and all before it are
 * written, whatever was written beside it: a stop loses those after the first that was still being written.
 * Nothing that a model writes ends a task: an empty answer, a very long one, one that is not UTF-8 (U+FFFD, see
 * engine/generator.h), one that runs into the limit; a document whose prompt the chat template refuses, or that has no
 * room, is stored with the reason and scored as an empty answer.
 *
 * Reasoning (--think): where the prompt ends in <think>, or the model begins with it, and --think is on or a number of
 * tokens, it is written first: to </think>, not to the task's stop texts, and to so many tokens (on: as many as the
 * answer may have). Then it is closed, and the answer is written after it. With auto and off all is one text.
 *
 * Errors  those of the engine, of items_next and of the sink; a row that cannot be scored      Threads  one
 * Tests   cli/generate.sh, tests/reference/files.py
 */
#ifndef PERBIT_STUDY_ASK_GENERATE_H
#define PERBIT_STUDY_ASK_GENERATE_H

#include "core/event.h"
#include "engine/generator.h"
#include "study/evaluation.h"
#include "tasks/grader.h"

struct ask_generate {
    const struct sink *sink;
    int slot;
    const struct task *task;
    const struct gen_options *options;
    enum think_mode think;
    int64_t think_tokens;  /* of THINK_BUDGET */
    uint64_t seed;
    struct items *items;
    struct grader *grader;
    struct backend *backend; /* of the generator: counts tokens of reasoning */
    struct generator *generator;
};

int ask_generate(const struct ask_generate *k, struct err *err);

#endif
