#include "rollcall/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rollcall/buf.h"
#include "rollcall/clock.h"
#include "rollcall/text.h"

/* With its prefix a message stays below PIPE_BUF, so that lines of several writers do not mix. */
#define MESSAGE_MAX_BYTES 3584
#define LINE_MAX_BYTES    (2 * MESSAGE_MAX_BYTES + 256)

static const struct {
    const char *name;
    const char *color;
} levels[] = {
    [LOG_NOTICE] = {"notice", "\033[1m"},      [LOG_ERROR] = {"error", "\033[1;31m"},
    [LOG_WARNING] = {"warning", "\033[1;33m"}, [LOG_INFO] = {"info", "\033[1m"},
    [LOG_DEBUG] = {"debug", "\033[2m"},        [LOG_TRACE] = {"trace", "\033[2m"},
};

void log_init(struct log *log)
{
    *log = (struct log){.level = LOG_WARNING, .fd = STDERR_FILENO};
}

/* A minimal JSON string: what is printable needs no other escape than these two. */
static void append_json_string(struct buf *line, const struct buf *message)
{
    buf_append_char(line, '"');
    for (size_t i = 0; i < message->len; i++) {
        if (message->data[i] == '"' || message->data[i] == '\\')
            buf_append_char(line, '\\');
        buf_append_char(line, message->data[i]);
    }
    buf_append_char(line, '"');
}

static void append_line(const struct log *log, enum log_level level, const struct buf *message,
                        struct buf *line)
{
    const char *name = levels[level].name;
    if (log->is_json) {
        char now[TEXT_TIME_SIZE] = "";
        text_format_time(clock_real_ms() / 1000, now);
        buf_printf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", now, name);
        append_json_string(line, message);
        buf_append_char(line, '}');
    } else {
        const char *on = log->has_color ? levels[level].color : "";
        const char *off = log->has_color ? "\033[0m" : "";
        buf_printf(line, "rollcall: %s%s:%s ", on, name, off);
        if (message->len > 0)
            buf_append(line, message->data, message->len);
    }
    buf_append_char(line, '\n');
}

/* A log that cannot be written has nobody to tell it to. */
static void write_line(int fd, const struct buf *line)
{
    for (size_t done = 0; done < line->len;) {
        ssize_t n = write(fd, line->data + done, line->len - done);
        if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (size_t)n : 0;
    }
}

__attribute__((format(printf, 3, 0))) static void
log_message(const struct log *log, enum log_level level, const char *format, va_list args)
{
    if (level > log->level)
        return;
    int saved_errno = errno;
    char raw[MESSAGE_MAX_BYTES + 8] = "";
    vsnprintf(raw, sizeof raw, format, args);
    struct buf message, line;
    buf_init(&message, MESSAGE_MAX_BYTES);
    buf_init(&line, LINE_MAX_BYTES);
    text_printable(raw, strlen(raw), &message);
    append_line(log, level, &message, &line);
    if (log->before != NULL)
        log->before(log->before_arg);
    write_line(log->fd, &line);
    buf_free(&line);
    buf_free(&message);
    errno = saved_errno;
}

void log_notice(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_NOTICE, format, args);
    va_end(args);
}

void log_error(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_ERROR, format, args);
    va_end(args);
}

void log_warning(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_WARNING, format, args);
    va_end(args);
}

void log_info(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_INFO, format, args);
    va_end(args);
}

void log_debug(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_DEBUG, format, args);
    va_end(args);
}

void log_trace(const struct log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_message(log, LOG_TRACE, format, args);
    va_end(args);
}

bool log_has_trace(const struct log *log)
{
    return log->level >= LOG_TRACE;
}
