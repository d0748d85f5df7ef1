/* A key and its value in one call, for those who write the report. */
#ifndef JSON_PUT_H
#define JSON_PUT_H

#include <string.h>

#include "rollcall/json_write.h"
#include "rollcall/report.h"

/* `key` is a literal, so that its length is known at once. */
static inline void put_key(struct json_writer *w, const char *key)
{
    json_plain_key(w, key, strlen(key));
}

static inline void put_string(struct json_writer *w, const char *key, const char *text)
{
    put_key(w, key);
    json_string(w, text);
}

static inline void put_str(struct json_writer *w, const char *key, struct str text)
{
    put_key(w, key);
    if (text.data == NULL)
        json_plain_null(w);
    else
        json_str(w, text);
}

static inline void put_int(struct json_writer *w, const char *key, int64_t value)
{
    put_key(w, key);
    json_int(w, value);
}

static inline void put_null(struct json_writer *w, const char *key)
{
    put_key(w, key);
    json_plain_null(w);
}

static inline void put_amount(struct json_writer *w, const char *key, int64_t amount)
{
    put_key(w, key);
    if (amount == AMOUNT_NULL)
        json_plain_null(w);
    else
        json_amount_sum(w, amount);
}

static inline void put_time(struct json_writer *w, const char *key, int64_t seconds)
{
    put_key(w, key);
    json_time(w, seconds);
}

static inline void put_error(struct json_writer *w, const struct report_error *error)
{
    put_key(w, "error");
    if (error->class == ERR_NONE) {
        json_null(w);
        return;
    }
    json_begin_object(w, JSON_INLINE);
    put_string(w, "class", error_class_name(error->class));
    put_string(w, "message",
               error->message != NULL ? error->message : error_class_name(error->class));
    put_key(w, "http_status");
    if (error->http_status != 0)
        json_int(w, error->http_status);
    else
        json_null(w);
    put_int(w, "attempts", error->attempts);
    json_end(w);
}

#endif
