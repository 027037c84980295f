/*
 * answer_room: how the cache of a generation task is cut: a cache for each slot, as long as the longest answer may become,
 * where the memory allows it; else one for all slots (engine/generator.h).
 *
 *   struct answer_room room;
 *   if (answer_room_find(&room, &gp, asked, err) < 0) ...
 *   gp.n_ctx = room.n_ctx;  gp.kv_unified = room.kv_unified;
 *
 * All documents of the task are rendered and tokenized; of the model only its description is loaded. So the answer is the
 * same when a run goes on after a stop, unless the computer's free memory has changed.
 *
 * extra_tokens  of reasoning, beside the answer's own
 * Units    cells (tokens of a cache)          Errors  those of the rows, of the templates and of the model file
 * Cost     a fraction of a second for a thousand documents         Tests  cli/generate.sh
 */
#ifndef PERBIT_STUDY_ANSWER_ROOM_H
#define PERBIT_STUDY_ANSWER_ROOM_H

#include "engine/generator.h"
#include "study/evaluation.h"
#include "study/gen_options.h"

struct answer_room_task {
    const char *model_path;
    const struct settings *settings;
    struct evaluation *evaluation;
    int i_task;
    const struct evaluation_chat *chat; /* or NULL */
    const struct gen_options *options;
    int64_t extra_tokens;
};

struct answer_room {
    int n_ctx; /* of each cache */
    bool kv_unified;
};

int answer_room_find(struct answer_room *out, const struct generator_params *gp, const struct answer_room_task *t,
                     struct err *err);

#endif
