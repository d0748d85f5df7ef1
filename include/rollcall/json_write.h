/*
 * Writes JSON: one document at a time into a sink, with commas, indentation and escaping done here
 * and nowhere else. The bytes depend on the calls only (no locale, no double).
 *
 *     json_writer_init(&w, sink, arg);
 *     json_begin_object(&w, JSON_LINES);      {
 *     json_key(&w, "name");                     "name": "eu-1",
 *     json_string(&w, "eu-1");                  "counts": { "ok": 3 }
 *     json_key(&w, "counts");                 }
 *     json_begin_object(&w, JSON_INLINE);
 *     json_key(&w, "ok"); json_int(&w, 3);
 *     json_end(&w); json_end(&w);
 *     if (!json_finish(&w)) ...
 *
 * Inside an inline container everything is inline. A value without a key inside an object, or a key
 * outside one, is a bug and asserted. A failure of the sink is kept: later calls do nothing, and
 * json_finish() returns false.
 */
#ifndef ROLLCALL_JSON_WRITE_H
#define ROLLCALL_JSON_WRITE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rollcall/amount.h"
#include "rollcall/buf.h"
#include "rollcall/str.h"

#define JSON_WRITER_DEPTH 16

enum json_layout {
    JSON_LINES,  /* each member on a line of its own, two spaces a level */
    JSON_INLINE, /* { "a": 1, "b": [ 2, 3 ] } on one line, as the example report shows */
};

/* Takes the bytes; false when they could not be written. */
typedef bool json_sink(void *arg, const void *data, size_t len);

struct json_writer {
    json_sink *sink;
    void *arg;
    size_t depth;
    struct json_frame {
        char close; /* '}' or ']' */
        bool is_inline;
        bool has_members;
    } stack[JSON_WRITER_DEPTH];
    bool is_after_key;
    bool has_failed;
    char *block; /* borrowed, or `own` */
    size_t block_size;
    size_t used;
    char own[16384];
};

void json_writer_init(struct json_writer *writer, json_sink *sink, void *arg);
/* The same with a block of the caller's, borrowed until json_finish(): the sink gets that much at a
 * time. */
void json_writer_init_block(struct json_writer *writer, json_sink *sink, void *arg, char *block,
                            size_t size);
/* A sink that appends to a struct buf (`arg`). */
bool json_sink_buf(void *arg, const void *data, size_t len);

void json_begin_object(struct json_writer *writer, enum json_layout layout);
void json_begin_array(struct json_writer *writer, enum json_layout layout);
void json_end(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);
/* What json_plain_key() has no short way for. */
void json_long_key(struct json_writer *writer, const char *key, size_t len);
/* The same as json_key() for a key without anything that JSON escapes, as ours are: it is not
 * looked at. Inline, so that a literal of known length costs a few instructions. */
static inline void json_plain_key(struct json_writer *writer, const char *key, size_t len)
{
    static const char behind[3] = {'"', ':', ' '};
    assert(writer->depth > 0 && !writer->is_after_key);
    struct json_frame *frame = &writer->stack[writer->depth - 1];
    size_t used = writer->used;
    assert(frame->close == '}');
    if (!frame->is_inline || len + 6 >= writer->block_size - used) {
        json_long_key(writer, key, len);
        return;
    }
    char *out = writer->block + used;
    out[0] = ',';
    out[frame->has_members] = ' ';
    out += 1 + frame->has_members;
    out[0] = '"';
    memcpy(out + 1, key, len); /* NOLINT(bugprone-not-null-terminated-result): no C string */
    memcpy(out + 1 + len, behind, sizeof behind);
    writer->used = used + 5 + len + frame->has_members;
    frame->has_members = true;
    writer->is_after_key = true;
}
void json_null(struct json_writer *writer);
/* The same behind a key, inline. */
static inline void json_plain_null(struct json_writer *writer)
{
    assert(writer->is_after_key);
    if (writer->used + 4 >= writer->block_size) {
        json_null(writer);
        return;
    }
    memcpy(writer->block + writer->used, "null", 4); /* NOLINT: no C string */
    writer->used += 4;
    writer->is_after_key = false;
}
void json_bool(struct json_writer *writer, bool value);
void json_int(struct json_writer *writer, int64_t value);
/* NULL writes null. The bytes are repaired if they are no valid UTF-8. */
void json_string(struct json_writer *writer, const char *text);
void json_str(struct json_writer *writer, struct str text);
/* An amount (AMOUNT_NULL writes null), or a sum of them. */
void json_amount(struct json_writer *writer, int64_t amount);
void json_amount_sum(struct json_writer *writer, amount_sum sum);
/* A time as RFC 3339 UTC; INT64_MIN, or one outside the years 0001 to 9999, writes null. */
void json_time(struct json_writer *writer, int64_t seconds);

/* Ends the document with a newline and hands the rest to the sink; false when anything failed. */
bool json_finish(struct json_writer *writer);

#endif
