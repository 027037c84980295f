/*
 * chat: a list of messages as the text that a model was trained on, by the Jinja template of its model file.
 *
 *   struct chat_message messages[] = {{"system", "Be brief."}, {"user", "2+2?"}};
 *   struct chat_options options = {.bos = "<s>", .eos = "</s>", .adds_prompt = true};
 *   if (chat_render(&text, template_of_model, messages, 2, &options, err))
 *       ... err->code ERR_FORMAT: lm-evaluation-harness tries again without the system messages ...
 *
 * The text is what transformers' apply_chat_template(tokenize=False) makes, or there is an error.
 *
 * Errors   ERR_FORMAT what Python raises as a TemplateError, raise_exception() of the template included: its message;
 *          ERR_UNSUPPORTED other errors of Python, and what this engine does not know
 * Owns     out is appended to
 * Source   transformers 5.24 utils/chat_template_utils.py; lm_eval 0.4.13 models/huggingface.py apply_chat_template
 * Differs  strftime_now is the local time of options->now_s, so that a prompt can be repeated
 * Tests    unit/test_chat.c; tests/reference/chats.py: the templates of the engine's tree against Python
 */
#ifndef PERBIT_TASKS_CHAT_H
#define PERBIT_TASKS_CHAT_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/err.h"

struct chat_message {
    const char *role; /* system, user, assistant */
    const char *content;
};

struct chat_options {
    const char *bos, *eos, *unk,
        *pad;         /* texts of the special tokens; NULL: the tokenizer has none */
    bool adds_prompt; /* add_generation_prompt */
    bool
        continues_last; /* continue_final_message: the text ends in the last message, for a prefix of the answer */
    int64_t now_s;         /* seconds since 1970 */
    yyjson_val *arguments; /* an object of further variables, such as enable_thinking; or NULL */
    bool closes_thinking;  /* behind the generation prompt: an empty block of reasoning (tasks/think.h) */
};

int chat_render(struct buf *out, const char *template, const struct chat_message *messages,
                int n_messages, const struct chat_options *options, struct err *err);

#endif
