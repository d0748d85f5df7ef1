#include "record_codec.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

enum { LIST_COUNT = 3, KEY_TEXTS = 3, TEXT_COUNT = 6, ENUM_BYTES = 3, INTEGER_COUNT = 6 };

/* Reads with a limit, and remembers whether it was ever exceeded. */
struct cursor {
    const unsigned char *at;
    size_t left;
    bool is_broken;
};

static unsigned char *put_u32(unsigned char *out, size_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *out++ = (unsigned char)(value >> shift);
    return out;
}

/* With the sign bit turned over, so that bytewise order is the numbers' order. */
static unsigned char *put_i64(unsigned char *out, int64_t value)
{
    uint64_t bits = (uint64_t)value ^ (UINT64_C(1) << 63);
    for (int shift = 56; shift >= 0; shift -= 8)
        *out++ = (unsigned char)(bits >> shift);
    return out;
}

static unsigned char *put_str(unsigned char *out, struct str text)
{
    if (text.data == NULL)
        return put_u32(out, 0);
    out = put_u32(out, text.len + 1);
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    return out + text.len;
}

static size_t get_u32(const unsigned char *data)
{
    return (size_t)data[0] << 24 | (size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3];
}

/* The next bytes, or NULL when there are not so many. */
static const unsigned char *take(struct cursor *cursor, size_t len)
{
    if (cursor->is_broken || len > cursor->left) {
        cursor->is_broken = true;
        return NULL;
    }
    const unsigned char *taken = cursor->at;
    cursor->at += len;
    cursor->left -= len;
    return taken;
}

static size_t take_u32(struct cursor *cursor)
{
    const unsigned char *data = take(cursor, 4);
    return data == NULL ? 0 : get_u32(data);
}

static int64_t take_i64(struct cursor *cursor)
{
    const unsigned char *data = take(cursor, 8);
    uint64_t bits = 0;
    for (size_t i = 0; data != NULL && i < 8; i++)
        bits = bits << 8 | data[i];
    return (int64_t)(bits ^ (UINT64_C(1) << 63));
}

/* An enumerator below `count`. */
static unsigned take_enum(struct cursor *cursor, unsigned count)
{
    const unsigned char *data = take(cursor, 1);
    if (data == NULL || *data >= count) {
        cursor->is_broken = true;
        return 0;
    }
    return *data;
}

static struct str take_str(struct cursor *cursor)
{
    size_t marker = take_u32(cursor);
    if (marker == 0)
        return (struct str){0};
    const unsigned char *data = take(cursor, marker - 1);
    if (data == NULL)
        return (struct str){0};
    return (struct str){.data = (const char *)data, .len = marker - 1};
}

static void list_texts(const struct workload *workload, struct str texts[TEXT_COUNT])
{
    texts[0] = workload->project;
    texts[1] = workload->name;
    texts[2] = workload->id;
    texts[3] = workload->department;
    texts[4] = workload->user;
    texts[5] = workload->raw_phase;
}

static size_t str_bytes(struct str text)
{
    return 4 + (text.data == NULL ? 0 : text.len);
}

static size_t list_bytes(const struct str_list *list)
{
    size_t bytes = 4;
    for (size_t i = 0; list->is_present && i < list->count; i++)
        bytes += str_bytes(list->items[i]);
    return bytes;
}

size_t record_encoded_bytes(const struct workload *workload)
{
    struct str texts[TEXT_COUNT];
    list_texts(workload, texts);
    size_t bytes = RECORD_PREFIX_BYTES + ENUM_BYTES + 8 * (size_t)INTEGER_COUNT;
    for (int i = 0; i < TEXT_COUNT; i++)
        bytes += str_bytes(texts[i]);
    return bytes + list_bytes(&workload->images) + list_bytes(&workload->nodes) +
           list_bytes(&workload->node_pools);
}

static unsigned char *put_list(unsigned char *out, const struct str_list *list)
{
    if (!list->is_present)
        return put_u32(out, 0);
    out = put_u32(out, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        out = put_str(out, list->items[i]);
    return out;
}

void record_encode(const struct workload *workload, unsigned char *out)
{
    struct str texts[TEXT_COUNT];
    list_texts(workload, texts);
    out = put_u32(out, record_encoded_bytes(workload) - RECORD_PREFIX_BYTES);
    for (int i = 0; i < TEXT_COUNT; i++)
        out = put_str(out, texts[i]);
    *out++ = (unsigned char)workload->type;
    *out++ = (unsigned char)workload->phase;
    *out++ = (unsigned char)workload->preemptible;
    out = put_i64(out, workload->gpus_allocated);
    out = put_i64(out, workload->gpus_requested);
    out = put_i64(out, workload->gpus_idle);
    out = put_i64(out, workload->created_at);
    out = put_i64(out, workload->pending_s);
    out = put_i64(out, workload->running_s);
    out = put_list(out, &workload->images);
    out = put_list(out, &workload->nodes);
    put_list(out, &workload->node_pools);
}

size_t record_bytes_at(const unsigned char *data)
{
    return RECORD_PREFIX_BYTES + get_u32(data);
}

bool record_is_comparable(const unsigned char *data, size_t len)
{
    struct cursor cursor = {.at = data, .left = len};
    take_u32(&cursor);
    for (int i = 0; i < KEY_TEXTS; i++)
        take_str(&cursor);
    return !cursor.is_broken;
}

int record_compare(const unsigned char *a, const unsigned char *b)
{
    struct cursor left = {.at = a, .left = record_bytes_at(a)};
    struct cursor right = {.at = b, .left = record_bytes_at(b)};
    take_u32(&left);
    take_u32(&right);
    for (int i = 0; i < KEY_TEXTS; i++) {
        int order = str_compare(take_str(&left), take_str(&right));
        if (order != 0)
            return order;
    }
    return str_compare((struct str){(const char *)left.at, left.left},
                       (struct str){(const char *)right.at, right.left});
}

void record_decoder_free(struct record_decoder *decoder)
{
    free(decoder->items);
    *decoder = (struct record_decoder){0};
}

/* The items go behind the `used` that the decoder already holds; returns how many it holds then. */
static size_t take_list(struct cursor *cursor, struct record_decoder *decoder, size_t used,
                        struct str_list *list)
{
    size_t marker = take_u32(cursor);
    list->is_present = marker > 0;
    list->count = marker > 0 ? marker - 1 : 0;
    if (list->count > cursor->left / 4) { /* each item has a marker of four bytes */
        cursor->is_broken = true;
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

bool record_decode(struct record_decoder *decoder, const unsigned char *data, size_t len,
                   struct workload *workload)
{
    struct cursor cursor = {.at = data, .left = len};
    *workload = (struct workload){0};
    take_u32(&cursor);
    workload->project = take_str(&cursor);
    workload->name = take_str(&cursor);
    workload->id = take_str(&cursor);
    workload->department = take_str(&cursor);
    workload->user = take_str(&cursor);
    workload->raw_phase = take_str(&cursor);
    workload->type = (enum workload_type)take_enum(&cursor, TYPE_COUNT);
    workload->phase = (enum workload_phase)take_enum(&cursor, PHASE_COUNT);
    workload->preemptible = (enum tristate)take_enum(&cursor, TRI_TRUE + 1);
    workload->gpus_allocated = take_i64(&cursor);
    workload->gpus_requested = take_i64(&cursor);
    workload->gpus_idle = take_i64(&cursor);
    workload->created_at = take_i64(&cursor);
    workload->pending_s = take_i64(&cursor);
    workload->running_s = take_i64(&cursor);

    struct str_list *lists[LIST_COUNT] = {&workload->images, &workload->nodes,
                                          &workload->node_pools};
    size_t used = 0;
    for (int i = 0; i < LIST_COUNT; i++)
        used = take_list(&cursor, decoder, used, lists[i]);
    /* Only now, for the array may have moved. */
    used = 0;
    for (int i = 0; i < LIST_COUNT; i++) {
        lists[i]->items = lists[i]->count > 0 ? decoder->items + used : NULL;
        used += lists[i]->count;
    }
    return !cursor.is_broken && cursor.left == 0;
}
