/*
 * Errors as values. An error has a class, which programs act on and the report publishes, and a
 * text, which a stranger can act on. Functions that can fail for a reason outside this program take
 * a `struct error *` and return false (or NULL) after filling it. It is classified once, where the
 * cause is known; callers may add context in front.
 *
 * The text never holds a measured time, a byte count or a local port, so that the same fleet gives
 * the same report.
 */
#ifndef ROLLCALL_ERROR_H
#define ROLLCALL_ERROR_H

#include <stdbool.h>

enum error_class {
    ERR_NONE = 0,
    ERR_DNS,
    ERR_CONNECT,
    ERR_TLS,
    ERR_TIMEOUT,
    ERR_DEADLINE,
    ERR_AUTH,
    ERR_NOT_FOUND,
    ERR_RATE_LIMITED,
    ERR_HTTP,
    ERR_REDIRECT,
    ERR_PROXY,
    ERR_NOT_JSON,
    ERR_BAD_JSON,
    ERR_BAD_SHAPE,
    ERR_TOO_LARGE,
    ERR_TRUNCATED,
    ERR_INCOMPLETE,
    ERR_PROTOCOL,
    ERR_INTERRUPTED,
    ERR_INTERNAL,
    ERR_CLASS_COUNT
};

struct error {
    enum error_class class; /* ERR_NONE: no error; a zeroed struct is one */
    int http_status;        /* 0: no HTTP answer was seen */
    char text[320];         /* printable, valid UTF-8, NUL-terminated */
};

/* The class as the report spells it ("not_json"); "none" for ERR_NONE. Never NULL. */
const char *error_class_name(enum error_class class);

/*
 * Fills `error` (http_status becomes 0). Whatever the arguments hold is made printable as
 * text_printable() does and cut to fit at a character's boundary. Always returns false, so that
 * `return error_set(...)` reads well. `error` may be NULL.
 */
bool error_set(struct error *error, enum error_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the text and keeps class and status; always returns false. */
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
