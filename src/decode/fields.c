#include "decode_internal.h"

#include <stdlib.h>
#include <string.h>

#include "normalize.h"
#include "rollcall/text.h"

#define SECONDS_MAX 253402300799 /* as many as there are until the end of the year 9999 */

void decode_record_init(struct decode_record *record)
{
    record->arena = arena_new();
    record->used = 0;
    record->repaired = 0;
}

void decode_record_free(struct decode_record *record)
{
    arena_free(record->arena);
}

void decode_record_reset(struct decode_record *record)
{
    arena_reset(record->arena);
    record->used = 0;
    record->repaired = 0;
}

static bool is_end(enum json_event event)
{
    return event == JSON_OBJECT_END || event == JSON_ARRAY_END;
}

static bool charge(struct decode_record *record, size_t size, struct error *error)
{
    record->used += size;
    return record->used <= DECODE_RECORD_MAX ||
           error_set(error, ERR_TOO_LARGE, "a record is over 4 MiB");
}

static bool copy(struct decode_record *record, struct str *field, const struct json_value *value,
                 struct error *error)
{
    if (!charge(record, value->text.len, error))
        return false;
    record->repaired += value->repaired;
    field->data = arena_copy(record->arena, value->text.data, value->text.len);
    field->len = value->text.len;
    return true;
}

/* What is neither what was hoped for nor null has the wrong type. */
static void count_wrong(struct decode_record *record, enum json_event event)
{
    if (event != JSON_NULL)
        record->repaired++;
}

bool decode_text(struct decode_record *record, struct str *field, enum json_event event,
                 const struct json_value *value, struct error *error)
{
    if (is_end(event))
        return true;
    if (event == JSON_STRING)
        return copy(record, field, value, error);
    *field = (struct str){0};
    count_wrong(record, event);
    return true;
}

bool decode_id(struct decode_record *record, struct str *field, enum json_event event,
               const struct json_value *value, struct error *error)
{
    if (event == JSON_NUMBER)
        return copy(record, field, value, error);
    if (event == JSON_STRING && value->text.len == 0)
        event = JSON_NULL;
    return decode_text(record, field, event, value, error);
}

void decode_amount(struct decode_record *record, int64_t *field, enum json_event event,
                   const struct json_value *value)
{
    if (is_end(event))
        return;
    *field = AMOUNT_NULL;
    if (event != JSON_NUMBER || !amount_parse(value->text.data, value->text.len, field))
        count_wrong(record, event);
}

void decode_time_ms(struct decode_record *record, int64_t *field, enum json_event event,
                    const struct json_value *value)
{
    if (is_end(event))
        return;
    *field = TIME_NULL;
    bool is_time = event == JSON_NUMBER && normalize_time_ms(value->text, field);
    if (event == JSON_STRING)
        is_time = text_parse_time(value->text.data, value->text.len, field);
    if (!is_time)
        count_wrong(record, event);
}

void decode_amount_text(struct decode_record *record, int64_t *field, enum json_event event,
                        const struct json_value *value)
{
    decode_amount(record, field, event == JSON_STRING ? JSON_NUMBER : event, value);
}

void decode_amount_said(struct decode_record *record, int64_t *field, enum json_event event,
                        const struct json_value *value)
{
    if (is_end(event))
        return;
    decode_amount_text(record, field, event, value);
    if (*field == AMOUNT_NULL && event != JSON_NULL)
        *field = AMOUNT_BAD;
}

void decode_quantity(struct decode_record *record, int64_t *field, enum json_event event,
                     const struct json_value *value)
{
    if (is_end(event))
        return;
    *field = AMOUNT_NULL;
    bool is_text = event == JSON_STRING || event == JSON_NUMBER;
    if (!is_text || !amount_parse_quantity(value->text.data, value->text.len, field))
        count_wrong(record, event);
}

void decode_time(struct decode_record *record, int64_t *field, enum json_event event,
                 const struct json_value *value)
{
    if (is_end(event))
        return;
    *field = TIME_NULL;
    if (event != JSON_STRING || !text_parse_time(value->text.data, value->text.len, field))
        count_wrong(record, event);
}

void decode_seconds(struct decode_record *record, int64_t *field, enum json_event event,
                    const struct json_value *value)
{
    if (is_end(event))
        return;
    uint64_t seconds;
    *field = SECONDS_NULL;
    if (event == JSON_NUMBER && normalize_integer(value->text, SECONDS_MAX, &seconds))
        *field = (int64_t)seconds;
    else
        count_wrong(record, event);
}

void decode_bool(struct decode_record *record, enum tristate *field, enum json_event event)
{
    if (is_end(event))
        return;
    *field = event == JSON_TRUE ? TRI_TRUE : event == JSON_FALSE ? TRI_FALSE : TRI_NULL;
    if (*field == TRI_NULL)
        count_wrong(record, event);
}

void decode_object(struct decode_record *record, enum json_event event)
{
    if (!is_end(event) && event != JSON_OBJECT_BEGIN)
        count_wrong(record, event);
}

static bool is_among(const char *bytes, char c)
{
    return c != '\0' && strchr(bytes, c) != NULL;
}

static void add_item(struct decode_texts *list, struct str text)
{
    if (list->count == list->cap) {
        list->cap = list->cap == 0 ? 8 : list->cap * 2;
        list->items = mem_resize(list->items, list->cap, sizeof *list->items);
    }
    list->items[list->count++] = text;
}

static bool add_text(struct decode_record *record, struct decode_texts *list,
                     const struct json_value *value, struct error *error)
{
    struct str text;
    if (!charge(record, sizeof text, error) || !copy(record, &text, value, error))
        return false;
    add_item(list, text);
    return true;
}

bool decode_texts(struct decode_record *record, struct decode_texts *list, bool takes_string,
                  enum json_event event, const struct json_value *value, struct error *error)
{
    if (is_end(event))
        return true;
    bool is_single = takes_string && event == JSON_STRING;
    list->count = 0;
    list->is_present = is_single || event == JSON_ARRAY_BEGIN;
    if (is_single)
        return add_text(record, list, value, error);
    if (!list->is_present)
        count_wrong(record, event);
    return true;
}

bool decode_texts_element(struct decode_record *record, struct decode_texts *list,
                          enum json_event event, const struct json_value *value,
                          struct error *error)
{
    if (is_end(event))
        return true;
    if (event == JSON_STRING)
        return add_text(record, list, value, error);
    record->repaired++;
    return true;
}

bool decode_names(struct decode_record *record, struct decode_texts *list, enum json_event event,
                  const struct json_value *value, struct error *error)
{
    static const char around[] = " \t\r\n,;[]\"'";
    struct str text;
    if (is_end(event))
        return true;
    list->count = 0;
    list->is_present = event == JSON_STRING;
    if (!list->is_present) {
        count_wrong(record, event);
        return true;
    }
    if (!copy(record, &text, value, error))
        return false;
    for (size_t at = 0, len; at < text.len; at += len) {
        for (len = 0; at + len < text.len && !is_among(around, text.data[at + len]);)
            len++;
        if (len > 0 && !charge(record, sizeof text, error))
            return false;
        if (len > 0)
            add_item(list, (struct str){text.data + at, len});
        else
            len = 1;
    }
    return true;
}
