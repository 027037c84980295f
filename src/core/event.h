/*
 * event: what a job says while it runs. Engine jobs put events into a sink; the worker writes them as
 * JSON lines; the runner reads them back and puts them into the store. One struct for the whole way.
 *
 *   EVENT_MEASURE   metric, index, value             a scalar
 *   EVENT_SERIES    metric, index, values [n]        many values of one index (a chunk, a repetition)
 *   EVENT_TEXT      index, sub, text, done, total, key  an answer that a model wrote: its tokens, those of its reasoning,
 *                                                    and why it ended: "stop", "eog", "limit"; "error": text is the reason
 *   EVENT_FACT      key, text                        text about the cell (tensor types, engine build ...)
 *   EVENT_COMMIT    index                            everything up to this unit of work is whole: store it
 *   EVENT_PROGRESS  done, total, text (unit), value (tokens a second, 0: not said)   for the progress line only, never stored
 *   EVENT_CELL_DONE -                                slot's cell is whole; the job goes on with others
 *   EVENT_CELL_ERROR text, code                      slot's cell failed; the job goes on with others
 *   EVENT_READY     -                                an interactive job waits for its next command
 *   EVENT_LOG       text                             a warning from the engine
 *   EVENT_DONE      -                                the job ended well
 *   EVENT_ERROR     text, code                       the job failed; last event
 *
 * slot says which model, or which task, of the job an event belongs to (0 when there is one). sub tells several values
 * of one index apart: the filter of a measure or series of a task, the repeat of a text; 0 for all others.
 * Texts are UTF-8 without NUL: what comes from a model goes through utf8_clean() before.
 * Pointers are borrowed for the time of the call.       Threads  one caller a sink
 */
#ifndef PERBIT_CORE_EVENT_H
#define PERBIT_CORE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/metric.h"

enum event_kind {
    EVENT_MEASURE, EVENT_SERIES, EVENT_TEXT, EVENT_FACT, EVENT_COMMIT, EVENT_PROGRESS,
    EVENT_CELL_DONE, EVENT_CELL_ERROR, EVENT_READY, EVENT_LOG, EVENT_DONE, EVENT_ERROR, EVENT_KIND_COUNT
};

struct event {
    enum event_kind kind;
    int slot, sub;
    enum metric metric;
    int64_t index;
    double value;
    const double *values; /* [n] */
    int n;
    int64_t done, total;
    const char *key;
    const char *text;
    enum err_code code;
};

struct sink {
    int (*put)(void *ctx, const struct event *e, struct err *err); /* -1 stops the job with err */
    void *ctx;
};

int sink_measure(const struct sink *s, int slot, enum metric m, int64_t index, double value, struct err *err);
int sink_series(const struct sink *s, int slot, enum metric m, int64_t index, const double *values, int n,
                struct err *err);
/* The same of one of several filters. */
int sink_measure_of(const struct sink *s, int slot, enum metric m, int64_t index, int sub, double value, struct err *err);
int sink_series_of(const struct sink *s, int slot, enum metric m, int64_t index, int sub, const double *values, int n,
                   struct err *err);
int sink_fact(const struct sink *s, int slot, const char *key, const char *text, struct err *err);
int sink_commit(const struct sink *s, int slot, int64_t index, struct err *err);
int sink_progress(const struct sink *s, int64_t done, int64_t total, const char *unit, struct err *err);
/* The same of one slot, in a job that does several cells one after the other. */
int sink_progress_of(const struct sink *s, int slot, int64_t done, int64_t total, const char *unit, struct err *err);
/* The same with the tokens a second that are generated. */
int sink_progress_at(const struct sink *s, int slot, int64_t done, int64_t total, const char *unit, double tps, struct err *err);
int sink_cell_done(const struct sink *s, int slot, struct err *err);
int sink_cell_error(const struct sink *s, int slot, const struct err *why, struct err *err);
int sink_log(const struct sink *s, const char *text, struct err *err);

/* One JSON object on one line, without the newline. */
void event_format(struct buf *out, const struct event *e);
/* Reads it back; strings and values live in a. ERR_FORMAT for anything that event_format did not write. */
int event_parse(struct event *out, struct arena *a, const char *line, struct err *err);

#endif
