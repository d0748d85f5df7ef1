#include "record_codec.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/swar.h"

enum { LIST_COUNT = 3, KEY_TEXTS = 3, TEXT_COUNT = 6, ENUM_BYTES = 3, INTEGER_COUNT = 6 };

/*
 * A text of the key: KEY_NULL for no value; else KEY_TEXT, its bytes, KEY_END. The two lowest
 * bytes, which stand for something here, are written as two.
 */
enum { KEY_END = 0, KEY_NULL = 0, KEY_TEXT = 1, KEY_ESCAPE = 1 };

/* Bits of the byte behind the key: one for each integer that has a value, in their order, and: */
#define HAS_ESCAPES 0x80
_Static_assert(1 << INTEGER_COUNT <= HAS_ESCAPES, "each integer has a bit of its own");

/* A length is written in groups of seven bits, the lowest first; so many at most. */
#define LENGTH_BYTES 5

/* Reads with a limit, and remembers whether it was ever exceeded. */
struct cursor {
    const unsigned char *at;
    const unsigned char *end;
    bool is_broken;
};

static void break_off(struct cursor *cursor)
{
    cursor->is_broken = true;
    cursor->at = cursor->end;
}

static inline unsigned char *put_length(unsigned char *out, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        *out++ = (unsigned char)(value | 0x80);
    *out++ = (unsigned char)value;
    return out;
}

static size_t take_length(struct cursor *cursor)
{
    size_t value = 0;
    for (unsigned shift = 0; shift < 7 * LENGTH_BYTES && cursor->at < cursor->end; shift += 7) {
        unsigned char group = *cursor->at++;
        value |= (size_t)(group & 0x7F) << shift;
        if (group < 0x80)
            return value;
    }
    break_off(cursor);
    return 0;
}

/* Lengths are written plus one, so that 0 is no value. */
static inline unsigned char *put_str(unsigned char *out, struct str text)
{
    if (text.data == NULL)
        return put_length(out, 0);
    out = put_length(out, text.len + 1);
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    return out + text.len;
}

static inline struct str take_str(struct cursor *cursor)
{
    size_t marker = take_length(cursor);
    if (marker == 0)
        return (struct str){0};
    const unsigned char *data = cursor->at;
    if (marker - 1 > (size_t)(cursor->end - data)) {
        break_off(cursor);
        return (struct str){0};
    }
    cursor->at += marker - 1;
    return (struct str){.data = (const char *)data, .len = marker - 1};
}

static bool take_flag(struct cursor *cursor)
{
    if (cursor->at < cursor->end)
        return *cursor->at++ != 0;
    break_off(cursor);
    return false;
}

static unsigned char *put_list(unsigned char *out, const struct str_list *list)
{
    if (!list->is_present)
        return put_length(out, 0);
    out = put_length(out, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        out = put_str(out, list->items[i]);
    return out;
}

/* The items go behind the `used` that the decoder already holds; returns how many it holds then. */
static size_t take_list(struct cursor *cursor, struct record_decoder *decoder, size_t used,
                        struct str_list *list)
{
    size_t marker = take_length(cursor);
    list->is_present = marker > 0;
    list->count = marker > 0 ? marker - 1 : 0;
    if (list->count > (size_t)(cursor->end - cursor->at)) { /* an item has one byte at least */
        break_off(cursor);
        list->count = 0;
        return used;
    }
    if (used + list->count > decoder->cap) {
        decoder->cap = (used + list->count) * 2;
        decoder->items = mem_resize(decoder->items, decoder->cap, sizeof *decoder->items);
    }
    for (size_t i = 0; i < list->count; i++)
        decoder->items[used + i] = take_str(cursor);
    return used + list->count;
}

static bool needs_escape(struct str text)
{
    size_t i = 0;
    while (i + SWAR_BYTES <= text.len &&
           !swar_has(swar_find_below(swar_load(text.data + i), KEY_ESCAPE + 1)))
        i += SWAR_BYTES;
    for (; i < text.len; i++)
        if ((unsigned char)text.data[i] <= KEY_ESCAPE)
            return true;
    return false;
}

static unsigned char *put_key_text(unsigned char *out, struct str text, bool *has_escapes)
{
    if (text.data == NULL) {
        *out++ = KEY_NULL;
        return out;
    }
    *out++ = KEY_TEXT;
    if (!needs_escape(text)) {
        memcpy(out, text.data, text.len);
        out += text.len;
    } else {
        *has_escapes = true;
        for (size_t i = 0; i < text.len; i++) {
            unsigned char c = (unsigned char)text.data[i];
            if (c <= KEY_ESCAPE)
                *out++ = KEY_ESCAPE;
            *out++ = (unsigned char)(c <= KEY_ESCAPE ? c + 1 : c);
        }
    }
    *out++ = KEY_END;
    return out;
}

/* The text with its escapes. */
static struct str take_key_text(struct cursor *cursor)
{
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left == 0) {
        break_off(cursor);
        return (struct str){0};
    }
    if (*cursor->at++ == KEY_NULL)
        return (struct str){0};
    const unsigned char *text = cursor->at;
    const unsigned char *end = memchr(text, KEY_END, left - 1);
    if (end == NULL) {
        break_off(cursor);
        return (struct str){0};
    }
    cursor->at = end + 1;
    return (struct str){.data = (const char *)text, .len = (size_t)(end - text)};
}

/* Writes the text without its escapes at `out`, points it there, and returns what is behind it. */
static char *unescape(struct str *text, char *out)
{
    char *start = out;
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == KEY_ESCAPE && i + 1 < text->len)
            c = (char)(text->data[++i] - 1);
        *out++ = c;
    }
    if (text->data != NULL)
        *text = (struct str){.data = start, .len = (size_t)(out - start)};
    return out;
}

static size_t list_max(const struct str_list *list)
{
    size_t bytes = LENGTH_BYTES;
    for (size_t i = 0; list->is_present && i < list->count; i++)
        bytes += LENGTH_BYTES + list->items[i].len;
    return bytes;
}

size_t record_encoded_max(const struct workload *workload)
{
    size_t key =
        2 * KEY_TEXTS + 2 * (workload->project.len + workload->name.len + workload->id.len);
    size_t texts = TEXT_COUNT * LENGTH_BYTES + workload->department.len + workload->user.len +
                   workload->raw_type.len + workload->raw_category.len + workload->raw_phase.len +
                   workload->project_asked.len;
    return RECORD_PREFIX_BYTES + key + 1 + ENUM_BYTES + 1 + 8 * (size_t)INTEGER_COUNT + texts +
           list_max(&workload->images) + list_max(&workload->nodes) +
           list_max(&workload->node_pools);
}

/* No value is the lowest number for all of them. */
static unsigned char *put_integers(unsigned char *out, const struct workload *workload,
                                   unsigned char *present)
{
    const int64_t values[INTEGER_COUNT] = {workload->gpus_allocated, workload->gpus_requested,
                                           workload->gpus_idle,      workload->created_at,
                                           workload->pending_s,      workload->running_s};
    for (int i = 0; i < INTEGER_COUNT; i++)
        if (values[i] != INT64_MIN) {
            uint64_t bytes = htole64((uint64_t)values[i]);
            memcpy(out, &bytes, sizeof bytes);
            out += sizeof bytes;
            *present |= (unsigned char)(1 << i);
        }
    return out;
}

static void take_integers(struct cursor *cursor, unsigned char present, struct workload *workload)
{
    int64_t *const fields[INTEGER_COUNT] = {&workload->gpus_allocated, &workload->gpus_requested,
                                            &workload->gpus_idle,      &workload->created_at,
                                            &workload->pending_s,      &workload->running_s};
    for (int i = 0; i < INTEGER_COUNT; i++) {
        uint64_t bytes;
        *fields[i] = INT64_MIN;
        if ((present & (1 << i)) == 0)
            continue;
        if ((size_t)(cursor->end - cursor->at) < sizeof bytes) {
            break_off(cursor);
            return;
        }
        memcpy(&bytes, cursor->at, sizeof bytes);
        *fields[i] = (int64_t)le64toh(bytes);
        cursor->at += sizeof bytes;
    }
}

/* What many sources lack: one byte stands for all of it then. */
static bool has_rare_text(const struct workload *workload)
{
    return workload->department.data != NULL || workload->raw_category.data != NULL ||
           workload->project_asked.data != NULL;
}

size_t record_encode(const struct workload *workload, unsigned char *out)
{
    unsigned char *start = out;
    bool has_escapes = false;
    out += RECORD_PREFIX_BYTES;
    out = put_key_text(out, workload->project, &has_escapes);
    out = put_key_text(out, workload->name, &has_escapes);
    out = put_key_text(out, workload->id, &has_escapes);
    unsigned char *flags = out++;
    *flags = has_escapes ? HAS_ESCAPES : 0;
    *out++ = (unsigned char)workload->type;
    *out++ = (unsigned char)workload->phase;
    *out++ = (unsigned char)workload->preemptible;
    out = put_integers(out, workload, flags);
    out = put_str(out, workload->user);
    out = put_str(out, workload->raw_type);
    out = put_str(out, workload->raw_phase);
    out = put_list(out, &workload->images);
    out = put_list(out, &workload->nodes);
    out = put_list(out, &workload->node_pools);
    /* Last, so that it only orders what the report would show alike. */
    *out++ = has_rare_text(workload);
    if (out[-1] != 0) {
        out = put_str(out, workload->department);
        out = put_str(out, workload->raw_category);
        out = put_str(out, workload->project_asked);
    }
    uint32_t bytes = htobe32((uint32_t)(out - start - RECORD_PREFIX_BYTES));
    memcpy(start, &bytes, sizeof bytes);
    return (size_t)(out - start);
}

size_t record_bytes_at(const unsigned char *data)
{
    uint32_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    return RECORD_PREFIX_BYTES + be32toh(bytes);
}

int record_compare(const unsigned char *a, const unsigned char *b, size_t equal)
{
    size_t a_bytes = record_bytes_at(a), b_bytes = record_bytes_at(b);
    size_t skipped = RECORD_PREFIX_BYTES + equal;
    int order = memcmp(a + skipped, b + skipped, (a_bytes < b_bytes ? a_bytes : b_bytes) - skipped);
    return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

void record_decoder_free(struct record_decoder *decoder)
{
    free(decoder->items);
    free(decoder->texts);
    *decoder = (struct record_decoder){0};
}

static void take_lists(struct cursor *cursor, struct record_decoder *decoder,
                       struct workload *workload)
{
    struct str_list *lists[LIST_COUNT] = {&workload->images, &workload->nodes,
                                          &workload->node_pools};
    size_t used = 0;
    for (int i = 0; i < LIST_COUNT; i++)
        used = take_list(cursor, decoder, used, lists[i]);
    /* Only now, for the array may have moved. */
    used = 0;
    for (int i = 0; i < LIST_COUNT; i++) {
        lists[i]->items = lists[i]->count > 0 ? decoder->items + used : NULL;
        used += lists[i]->count;
    }
}

static void unescape_key(struct record_decoder *decoder, struct workload *workload)
{
    char *out = mem_resize(decoder->texts,
                           workload->project.len + workload->name.len + workload->id.len + 1, 1);
    decoder->texts = out;
    out = unescape(&workload->project, out);
    out = unescape(&workload->name, out);
    unescape(&workload->id, out);
}

bool record_decode(struct record_decoder *decoder, const unsigned char *data, size_t len,
                   struct workload *workload)
{
    static const struct str no_value = {0};
    struct cursor cursor = {.at = data + RECORD_PREFIX_BYTES, .end = data + len};
    workload->project = take_key_text(&cursor);
    workload->name = take_key_text(&cursor);
    workload->id = take_key_text(&cursor);
    if (cursor.end - cursor.at < 1 + ENUM_BYTES)
        return false;
    unsigned char flags = cursor.at[0];
    workload->type = (enum workload_type)cursor.at[1];
    workload->phase = (enum workload_phase)cursor.at[2];
    workload->preemptible = (enum tristate)cursor.at[3];
    if (cursor.at[1] >= TYPE_COUNT || cursor.at[2] >= PHASE_COUNT || cursor.at[3] > TRI_TRUE)
        return false;
    cursor.at += 1 + ENUM_BYTES;
    take_integers(&cursor, flags, workload);
    workload->user = take_str(&cursor);
    workload->raw_type = take_str(&cursor);
    workload->raw_phase = take_str(&cursor);
    take_lists(&cursor, decoder, workload);
    const bool has_rare = take_flag(&cursor);
    workload->department = has_rare ? take_str(&cursor) : no_value;
    workload->raw_category = has_rare ? take_str(&cursor) : no_value;
    workload->project_asked = has_rare ? take_str(&cursor) : no_value;
    if ((flags & HAS_ESCAPES) != 0)
        unescape_key(decoder, workload);
    return !cursor.is_broken && cursor.at == cursor.end;
}
