#include "rollcall/json_write.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "rollcall/swar.h"
#include "rollcall/text.h"

static void flush(struct json_writer *writer)
{
    if (!writer->has_failed && writer->used > 0 &&
        !writer->sink(writer->arg, writer->block, writer->used))
        writer->has_failed = true;
    writer->used = 0;
}

static void put_long(struct json_writer *writer, const char *data, size_t len)
{
    while (len > 0 && !writer->has_failed) {
        size_t room = writer->block_size - writer->used;
        size_t part = len < room ? len : room;
        memcpy(writer->block + writer->used, data, part);
        writer->used += part;
        data += part;
        len -= part;
        if (writer->used == writer->block_size)
            flush(writer);
    }
}

static inline void put(struct json_writer *writer, const char *data, size_t len)
{
    if (len < writer->block_size - writer->used) {
        memcpy(writer->block + writer->used, data, len);
        writer->used += len;
    } else {
        put_long(writer, data, len);
    }
}

static inline void put_char(struct json_writer *writer, char c)
{
    if (writer->used == writer->block_size)
        flush(writer);
    writer->block[writer->used++] = c;
}

static inline void put_text(struct json_writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static void put_line(struct json_writer *writer)
{
    put_char(writer, '\n');
    for (size_t i = 0; i < writer->depth; i++)
        put(writer, "  ", 2);
}

/* What stands in front of a member: a comma after another one, then the layout's space. */
static inline void begin_member(struct json_writer *writer)
{
    struct json_frame *frame = &writer->stack[writer->depth - 1];
    if (frame->has_members)
        put_char(writer, ',');
    frame->has_members = true;
    if (frame->is_inline)
        put_char(writer, ' ');
    else
        put_line(writer);
}

static inline void begin_value(struct json_writer *writer)
{
    if (writer->depth > 0 && writer->stack[writer->depth - 1].close == ']')
        begin_member(writer);
    else
        assert(writer->depth == 0 || writer->is_after_key);
    writer->is_after_key = false;
}

/* The letter of the two-character escape that JSON has for `c`, or 0. */
static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

/* Writes the escape of the character at `data` and returns its length; 0: it needs none. Besides
 * what JSON demands, that is what a reader of lines may take for the end of one. */
static size_t escape_at(const char *data, size_t left, char out[8])
{
    unsigned char c = (unsigned char)data[0];
    if (c == 0xE2 && left >= 3 && data[1] == '\x80' && (data[2] == '\xA8' || data[2] == '\xA9')) {
        memcpy(out, data[2] == '\xA8' ? "\\u2028" : "\\u2029", 7);
        return 3;
    }
    if (short_escape(c) != 0)
        snprintf(out, 8, "\\%c", short_escape(c));
    else if (c < 0x20 || c == 0x7F)
        snprintf(out, 8, "\\u%04x", c);
    else
        return 0;
    return 1;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c < 0x7F;
}

/* Marks (swar.h) bytes for which is_plain() may not hold. */
static inline uint64_t find_special(uint64_t word)
{
    return word | swar_find_below(word, 0x20) | swar_find(word, '"') | swar_find(word, '\\') |
           swar_find(word, 0x7F);
}

static inline bool copy_short(char *out, const char *data, size_t len)
{
    if (len >= sizeof(uint32_t)) {
        uint32_t first, last;
        memcpy(&first, data, sizeof first);
        memcpy(&last, data + len - sizeof last, sizeof last);
        memcpy(out, &first, sizeof first);
        memcpy(out + len - sizeof last, &last, sizeof last);
        return !swar_has(find_special(first | (uint64_t)last << 32));
    }
    bool is_all_plain = true;
    for (size_t i = 0; i < len; i++) {
        out[i] = data[i];
        is_all_plain = is_all_plain && is_plain((unsigned char)data[i]);
    }
    return is_all_plain;
}

/* Sixteen bytes at a time, where the processor can. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));

/* Copies sixteen bytes; those for which is_plain() does not hold are not 0 in what it returns. */
static inline bytes16 copy_16(char *out, const char *data)
{
    bytes16 bytes;
    memcpy(&bytes, data, sizeof bytes);
    memcpy(out, &bytes, sizeof bytes);
    return (bytes16)((bytes - 0x20 > 0x7E - 0x20) | (bytes == '"') | (bytes == '\\'));
}

/* Copies a text and tells whether it is printable ASCII that needs no escape, as almost all are.
 * What is at the end is copied together with some of what is in front of it. */
static inline bool copy_plain(char *out, const char *data, size_t len)
{
    if (len < SWAR_BYTES)
        return copy_short(out, data, len);
    if (len < sizeof(bytes16)) {
        uint64_t first = swar_load(data), last = swar_load(data + len - SWAR_BYTES);
        memcpy(out, &first, sizeof first);
        memcpy(out + len - SWAR_BYTES, &last, sizeof last);
        return !swar_has(find_special(first) | find_special(last));
    }
    bytes16 special = copy_16(out + len - sizeof special, data + len - sizeof special);
    for (size_t at = 0; at + sizeof special < len; at += sizeof special)
        special |= copy_16(out + at, data + at);
    uint64_t halves[2];
    memcpy(halves, &special, sizeof halves);
    return (halves[0] | halves[1]) == 0;
}

static void put_escaped(struct json_writer *writer, const char *data, size_t len)
{
    size_t start = 0, at = 0;
    while (at < len) {
        char escape[8];
        while (at < len && is_plain((unsigned char)data[at]))
            at++;
        size_t taken = at < len ? escape_at(data + at, len - at, escape) : 0;
        if (taken == 0) {
            at += at < len ? 1 : 0;
            continue;
        }
        put(writer, data + start, at - start);
        put_text(writer, escape);
        at += taken;
        start = at;
    }
    put(writer, data + start, len - start);
}

static void put_repaired(struct json_writer *writer, const char *data, size_t len)
{
    struct buf repaired;
    buf_init(&repaired, 3 * len + 1);
    text_repair_utf8(data, len, &repaired);
    put_escaped(writer, repaired.data, repaired.len);
    buf_free(&repaired);
}

static void put_special_string(struct json_writer *writer, const char *data, size_t len)
{
    put_char(writer, '"');
    if (text_is_utf8(data, len))
        put_escaped(writer, data, len);
    else
        put_repaired(writer, data, len);
    put_char(writer, '"');
}

static inline void put_string(struct json_writer *writer, const char *data, size_t len)
{
    char *out = writer->block + writer->used;
    if (len + 2 >= writer->block_size - writer->used || !copy_plain(out + 1, data, len)) {
        put_special_string(writer, data, len);
        return;
    }
    out[0] = '"';
    out[len + 1] = '"';
    writer->used += len + 2;
}

void json_writer_init(struct json_writer *writer, json_sink *sink, void *arg)
{
    json_writer_init_block(writer, sink, arg, writer->own, sizeof writer->own);
}

void json_writer_init_block(struct json_writer *writer, json_sink *sink, void *arg, char *block,
                            size_t size)
{
    writer->block = block;
    writer->block_size = size;
    writer->sink = sink;
    writer->arg = arg;
    writer->depth = 0;
    writer->is_after_key = false;
    writer->has_failed = false;
    writer->used = 0;
}

bool json_sink_buf(void *arg, const void *data, size_t len)
{
    return buf_append(arg, data, len);
}

static void begin(struct json_writer *writer, enum json_layout layout, char open, char close)
{
    begin_value(writer);
    assert(writer->depth < JSON_WRITER_DEPTH);
    bool is_inline =
        layout == JSON_INLINE || (writer->depth > 0 && writer->stack[writer->depth - 1].is_inline);
    writer->stack[writer->depth].close = close;
    writer->stack[writer->depth].is_inline = is_inline;
    writer->stack[writer->depth].has_members = false;
    writer->depth++;
    put_char(writer, open);
}

void json_begin_object(struct json_writer *writer, enum json_layout layout)
{
    begin(writer, layout, '{', '}');
}

void json_begin_array(struct json_writer *writer, enum json_layout layout)
{
    begin(writer, layout, '[', ']');
}

void json_end(struct json_writer *writer)
{
    assert(writer->depth > 0 && !writer->is_after_key);
    writer->depth--;
    if (writer->stack[writer->depth].has_members) {
        if (writer->stack[writer->depth].is_inline)
            put_char(writer, ' ');
        else
            put_line(writer);
    }
    put_char(writer, writer->stack[writer->depth].close);
}

void json_key(struct json_writer *writer, const char *key)
{
    assert(writer->depth > 0 && writer->stack[writer->depth - 1].close == '}');
    assert(!writer->is_after_key);
    begin_member(writer);
    put_string(writer, key, strlen(key));
    put(writer, ": ", 2);
    writer->is_after_key = true;
}

void json_long_key(struct json_writer *writer, const char *key, size_t len)
{
    begin_member(writer);
    put_char(writer, '"');
    put(writer, key, len);
    put(writer, "\": ", 3);
    writer->is_after_key = true;
}

void json_null(struct json_writer *writer)
{
    begin_value(writer);
    put_text(writer, "null");
}

void json_bool(struct json_writer *writer, bool value)
{
    begin_value(writer);
    put_text(writer, value ? "true" : "false");
}

void json_int(struct json_writer *writer, int64_t value)
{
    char text[TEXT_INT_SIZE];
    size_t len = text_format_int(value, text);
    begin_value(writer);
    put(writer, text, len);
}

void json_string(struct json_writer *writer, const char *text)
{
    json_str(writer, str_of(text));
}

void json_str(struct json_writer *writer, struct str text)
{
    if (text.data == NULL) {
        json_null(writer);
        return;
    }
    begin_value(writer);
    put_string(writer, text.data, text.len);
}

void json_amount(struct json_writer *writer, int64_t amount)
{
    if (amount == AMOUNT_NULL)
        json_null(writer);
    else
        json_amount_sum(writer, amount);
}

void json_amount_sum(struct json_writer *writer, amount_sum sum)
{
    char text[AMOUNT_SIZE];
    size_t len = amount_format(sum, text);
    begin_value(writer);
    put(writer, text, len);
}

void json_time(struct json_writer *writer, int64_t seconds)
{
    char text[TEXT_TIME_SIZE];
    if (seconds == INT64_MIN || !text_format_time(seconds, text)) {
        json_null(writer);
        return;
    }
    begin_value(writer);
    put_char(writer, '"');
    put(writer, text, TEXT_TIME_LEN);
    put_char(writer, '"');
}

bool json_finish(struct json_writer *writer)
{
    assert(writer->depth == 0);
    put_char(writer, '\n');
    flush(writer);
    return !writer->has_failed;
}
