/*
 * log: what the program says while it works, to stderr, one line each. Results never go here.
 * Levels: error, warn, info (default), debug. The level is the one global variable of the program.
 * log_set_hook() lets a progress line clear itself before a message is written.
 */
#ifndef PERBIT_BASE_LOG_H
#define PERBIT_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
enum log_level log_level(void);
void log_set_hook(void (*before)(void *ctx), void *ctx);
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
