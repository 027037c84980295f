#include "engine/enginelog.h"

#include <llama.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#include "base/banned.h"

/* "llama_model_load: error loading model: ..." -> "error loading model: ..." */
static const char *skip_function(const char *line)
{
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:~");
    if (n > 1 && line[n - 1] == ':' && line[n] == ' ' && memchr(line, '_', n))
        return line + n + 1;
    return line;
}

/* Names out of a damaged file stand in the log too: what no machine has is no size. */
static int64_t read_mib(const char *text)
{
    const double mib = strtod(text, NULL);
    return mib > 0 && mib < 1e9 ? (int64_t)(mib * 1024.0 * 1024.0 + 0.5) : 0;
}

/* The lines that llama.cpp writes once a buffer: src/llama-{model,context,kv-cache,memory-recurrent}.cpp */
static void read_sizes(struct enginelog *log, const char *line)
{
    static const char size_of[] = " buffer size = ";
    const char *at = strstr(line, size_of);
    if (!at) {
        at = strstr(line, ": size = ");
        if (at && strstr(at, " cells,"))
            log->kv_planned_bytes += read_mib(at + strlen(": size = "));
        return;
    }
    int64_t n_bytes = read_mib(at + strlen(size_of));
    size_t n = (size_t)(at - line);
    if (n >= 6 && memcmp(at - 6, " model", 6) == 0)
        log->weights_bytes += n_bytes;
    else if (n >= 3 && (memcmp(at - 3, " KV", 3) == 0 || memcmp(at - 3, " RS", 3) == 0))
        log->kv_bytes += n_bytes;
    else if (n >= 8 && memcmp(at - 8, " compute", 8) == 0)
        log->compute_bytes += n_bytes;
    else if (n >= 7 && memcmp(at - 7, " output", 7) == 0)
        log->output_bytes += n_bytes;
}

static void take_line(struct enginelog *log, int level, const char *line)
{
    log_debug("engine: %s", line);
    read_sizes(log, line);
    const char *text = skip_function(line);
    text += strspn(text, " ");
    if (*text == '\0')
        return;
    struct buf *to = level == GGML_LOG_LEVEL_ERROR ? &log->errors : &log->warnings;
    if (level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN) {
        buf_puts(to, text);
        buf_putc(to, '\n');
    }
}

/* Text comes in pieces; a piece of level CONT goes on with the line before. */
void enginelog_feed(struct enginelog *log, int level, const char *text)
{
    if (level != GGML_LOG_LEVEL_CONT)
        log->part_level = level;
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        buf_append(&log->part, text, (size_t)(end - text));
        take_line(log, log->part_level, log->part.data);
        buf_clear(&log->part);
    }
    buf_puts(&log->part, text);
}

static void on_log(enum ggml_log_level level, const char *text, void *user_data)
{
    enginelog_feed(user_data, (int)level, text);
}

static void drop(enum ggml_log_level level, const char *text, void *user_data)
{
    (void)user_data;
    if (level == GGML_LOG_LEVEL_ERROR || level == GGML_LOG_LEVEL_WARN)
        log_debug("engine: %.*s", (int)strcspn(text, "\n"), text);
}

void enginelog_start(struct enginelog *log)
{
    *log = (struct enginelog){ .part = BUF_INIT, .errors = BUF_INIT, .warnings = BUF_INIT };
    llama_log_set(on_log, log);
}

void enginelog_stop(struct enginelog *log)
{
    llama_log_set(drop, NULL);
    if (log->part.len > 0)
        enginelog_feed(log, GGML_LOG_LEVEL_CONT, "\n");
}

void enginelog_release(struct enginelog *log)
{
    buf_release(&log->part);
    buf_release(&log->errors);
    buf_release(&log->warnings);
}

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

static bool says_nothing(const char *line)
{
    return starts_with(line, "failed to load model") || starts_with(line, "failed to decode") ||
           starts_with(line, "error loading model: llama_model_loader: failed to load") ||
           starts_with(line, "failed to initialize batch");
}

const char *enginelog_reason(struct enginelog *log)
{
    static const char *const heads[] = {
        "error loading model: ", "failed to initialize the context: ", "error loading model vocabulary: ",
        "error loading model hyperparameters: ",
    };
    char *best = NULL;
    for (char *line = log->errors.data; *line; ) {
        char *end = line + strcspn(line, "\n");
        if (!best && !says_nothing(line))
            best = line;
        line = *end ? end + 1 : end;
    }
    if (!best)
        return "the engine refused it and gave no reason";
    best[strcspn(best, "\n")] = '\0'; /* nothing is read from errors after this */
    for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
        if (starts_with(best, heads[i]))
            best += strlen(heads[i]);
    }
    return best;
}

bool enginelog_is_memory(const struct enginelog *log)
{
    const char *text = log->errors.data;
    return strstr(text, "allocate") || strstr(text, "Cannot allocate memory") || strstr(text, "out of memory") ||
           strstr(text, "bad_alloc") || strstr(text, "failed to reserve");
}
