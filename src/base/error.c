#include "rollcall/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rollcall/buf.h"
#include "rollcall/text.h"

/* What a context keeps when the text behind it is long: the cause matters more. */
#define CONTEXT_MIN_BYTES 120

static const char *const class_names[ERR_CLASS_COUNT] = {
    [ERR_NONE] = "none",
    [ERR_DNS] = "dns",
    [ERR_CONNECT] = "connect",
    [ERR_TLS] = "tls",
    [ERR_TIMEOUT] = "timeout",
    [ERR_DEADLINE] = "deadline",
    [ERR_AUTH] = "auth",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_RATE_LIMITED] = "rate_limited",
    [ERR_HTTP] = "http",
    [ERR_REDIRECT] = "redirect",
    [ERR_PROXY] = "proxy",
    [ERR_NOT_JSON] = "not_json",
    [ERR_BAD_JSON] = "bad_json",
    [ERR_BAD_SHAPE] = "bad_shape",
    [ERR_TOO_LARGE] = "too_large",
    [ERR_TRUNCATED] = "truncated",
    [ERR_INCOMPLETE] = "incomplete",
    [ERR_PROTOCOL] = "protocol",
    [ERR_INTERRUPTED] = "interrupted",
    [ERR_INTERNAL] = "internal",
};

const char *error_class_name(enum error_class class)
{
    if ((int)class < 0 || class >= ERR_CLASS_COUNT)
        return class_names[ERR_INTERNAL];
    return class_names[class];
}

/*
 * Formats and makes printable what fits into `out`. The raw text may be cut in the middle of a
 * character by vsnprintf(), but being printable never shortens it, so that `out` is full before.
 */
__attribute__((format(printf, 2, 0))) static void format_printable(struct buf *out,
                                                                   const char *format, va_list args)
{
    char raw[sizeof(((struct error *)NULL)->text) + 8] = "";
    vsnprintf(raw, sizeof raw, format, args);
    text_printable(raw, strlen(raw), out);
}

bool error_set(struct error *error, enum error_class class, const char *format, ...)
{
    if (error == NULL)
        return false;
    struct buf text;
    buf_init(&text, sizeof error->text - 1);
    va_list args;
    va_start(args, format);
    format_printable(&text, format, args);
    va_end(args);

    error->class = class;
    error->http_status = 0;
    memset(error->text, 0, sizeof error->text);
    if (text.len > 0)
        memcpy(error->text, text.data, text.len);
    buf_free(&text);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    if (error == NULL)
        return false;
    size_t len = strlen(error->text);
    size_t room = sizeof error->text - 1 - 2;
    struct buf context;
    buf_init(&context, len + CONTEXT_MIN_BYTES > room ? CONTEXT_MIN_BYTES : room - len);
    va_list args;
    va_start(args, format);
    format_printable(&context, format, args);
    va_end(args);

    struct buf text;
    buf_init(&text, sizeof error->text - 1);
    buf_append(&text, context.data, context.len);
    buf_append_str(&text, ": ");
    text_printable(error->text, len, &text);
    memset(error->text, 0, sizeof error->text);
    memcpy(error->text, text.data, text.len);
    buf_free(&text);
    buf_free(&context);
    return false;
}
