/*
 * enginelog: what llama.cpp writes to its log while one call runs. Its functions say only NULL or a number;
 * the reason, and the sizes of its buffers, stand in the log.
 *
 *   struct enginelog log;
 *   enginelog_start(&log);
 *   model = llama_model_load_from_file(path, params);
 *   enginelog_stop(&log);
 *   if (!model) err_set(err, ERR_MODEL, "%s: %s", path, enginelog_reason(&log));
 *   enginelog_release(&log);
 *
 * llama.cpp has one log for the process: one call at a time between start and stop. After the first stop
 * nothing of it reaches stderr but debug lines of base/log.
 * Owns    its strings until enginelog_release        Threads  one caller in the process
 */
#ifndef PERBIT_ENGINE_ENGINELOG_H
#define PERBIT_ENGINE_ENGINELOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct enginelog {
    struct buf part;        /* private: a line that has not ended yet */
    int part_level;         /* private */
    struct buf errors;      /* error lines without "function: ", in order, '\n' after each */
    struct buf warnings;    /* the same for warnings */
    /* sums over the lines "... buffer size = N MiB" */
    int64_t weights_bytes;
    int64_t kv_bytes;       /* also recurrent states */
    int64_t kv_planned_bytes; /* KV cache by its shape: set also with no_alloc */
    int64_t compute_bytes;
    int64_t output_bytes;
};

void enginelog_start(struct enginelog *log);
void enginelog_stop(struct enginelog *log);
void enginelog_release(struct enginelog *log);

/* The first error line that says more than "failed to load"; a stock phrase if the engine said nothing. */
const char *enginelog_reason(struct enginelog *log);
/* True if an error line speaks of memory that could not be had. */
bool enginelog_is_memory(const struct enginelog *log);
/* One line into the log, as the engine would write it (for tests). level: ggml_log_level. */
void enginelog_feed(struct enginelog *log, int level, const char *text);

#endif
