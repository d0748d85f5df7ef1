/*
 * Messages for people, to stderr. Not for data, not for progress, never for secrets (struct secret
 * has no accessor that fits here). Messages have no newline in the format; what they hold is made
 * printable. In JSON form each is one object: time, level, message.
 */
#ifndef ROLLCALL_LOG_H
#define ROLLCALL_LOG_H

#include <stdbool.h>

/* A notice is the answer to a question, and printed at any level. */
enum log_level { LOG_NOTICE, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log {
    enum log_level level; /* what is printed: this level and the more important ones */
    bool is_json;
    bool has_color;
    int fd;                    /* 2, but for tests */
    void (*before)(void *arg); /* called before a message is written, to clear a progress line */
    void *before_arg;
};

/* A logger at LOG_WARNING, text, no colour, to stderr. */
void log_init(struct log *log);

void log_notice(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_error(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warning(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_trace(const struct log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether anything would come of log_trace(). */
bool log_has_trace(const struct log *log);

#endif
