#include "records.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_FIELD 100 /* beyond the ids of any kind's own rows */

static void *place_of(struct records_decoder *records, const struct record_field *field)
{
    return (char *)records + field->offset;
}

static void clear_field(struct records_decoder *records, const struct record_field *field)
{
    void *place = place_of(records, field);
    struct decode_texts *texts;
    switch (field->type) {
    case FIELD_OBJECT:
    case FIELD_ELEMENT:
    case FIELD_WRAPPED:
        break;
    case FIELD_TEXT:
    case FIELD_ID:
    case FIELD_CHOSEN:
        *(struct str *)place = (struct str){0};
        break;
    /* NOLINTNEXTLINE(bugprone-branch-clone): what stands for null is each type's own affair */
    case FIELD_AMOUNT:
    case FIELD_AMOUNT_TEXT:
    case FIELD_AMOUNT_SAID:
    case FIELD_QUANTITY:
        *(int64_t *)place = AMOUNT_NULL;
        break;
    case FIELD_TIME:
        *(int64_t *)place = TIME_NULL;
        break;
    case FIELD_SECONDS:
        *(int64_t *)place = SECONDS_NULL;
        break;
    case FIELD_BOOL:
        *(enum tristate *)place = TRI_NULL;
        break;
    case FIELD_PRESENT:
        *(bool *)place = false;
        break;
    case FIELD_NAMES:
    case FIELD_TEXTS:
    case FIELD_TEXTS_OR_ONE:
        texts = place;
        texts->count = 0;
        texts->is_present = false;
        break;
    }
}

/* An object that begins again replaces the earlier one, with all that was in it. */
static void clear_below(struct records_decoder *records, const struct record_field *object)
{
    const struct record_field *end = records->kind->fields + records->kind->field_count;
    size_t len = strlen(object->path);
    for (const struct record_field *field = object + 1; field < end; field++) {
        if (strncmp(field->path, object->path, len) != 0 || field->path[len] != '.')
            break;
        clear_field(records, field);
    }
}

static bool is_end(enum json_event event)
{
    return event == JSON_OBJECT_END || event == JSON_ARRAY_END;
}

static void set_chosen(struct decode_record *record, struct str *place, enum json_event event)
{
    if (is_end(event))
        return;
    *place = (struct str){0};
    if (event != JSON_ARRAY_BEGIN && event != JSON_NULL)
        record->repaired++;
}

/* The row that an event of a wrapped value sets: none for the object around the value, and the next
 * row for a value that stands without that object. NULL: none. */
static const struct record_field *unwrap(struct records_decoder *records,
                                         const struct record_field *field, enum json_event event)
{
    if (field->type != FIELD_WRAPPED)
        return field;
    if (!is_end(event))
        clear_below(records, field);
    return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END ? NULL : field + 1;
}

static bool set_field(struct records_decoder *records, const struct record_field *field,
                      enum json_event event, const struct json_value *value, struct error *error)
{
    struct decode_record *record = &records->record;
    void *place = place_of(records, field);
    switch (field->type) {
    case FIELD_OBJECT:
        if (!is_end(event))
            clear_below(records, field);
        decode_object(record, event);
        return true;
    case FIELD_WRAPPED:
        break;
    case FIELD_PRESENT:
        if (!is_end(event)) {
            clear_below(records, field);
            *(bool *)place = event != JSON_NULL;
        }
        return true;
    case FIELD_CHOSEN:
        set_chosen(record, place, event);
        return true;
    case FIELD_AMOUNT_SAID:
        decode_amount_said(record, place, event, value);
        return true;
    case FIELD_QUANTITY:
        decode_quantity(record, place, event, value);
        return true;
    case FIELD_NAMES:
        return decode_names(record, place, event, value, error);
    case FIELD_TEXT:
        return decode_text(record, place, event, value, error);
    case FIELD_ID:
        return decode_id(record, place, event, value, error);
    case FIELD_AMOUNT:
        decode_amount(record, place, event, value);
        return true;
    case FIELD_AMOUNT_TEXT:
        decode_amount_text(record, place, event, value);
        return true;
    case FIELD_TIME:
        decode_time(record, place, event, value);
        return true;
    case FIELD_SECONDS:
        decode_seconds(record, place, event, value);
        return true;
    case FIELD_BOOL:
        decode_bool(record, place, event);
        return true;
    case FIELD_TEXTS:
        return decode_texts(record, place, false, event, value, error);
    case FIELD_TEXTS_OR_ONE:
        return decode_texts(record, place, true, event, value, error);
    case FIELD_ELEMENT:
        return decode_texts_element(record, place, event, value, error);
    }
    return true;
}

static void begin_record(struct records_decoder *records)
{
    decode_record_reset(&records->record);
    for (size_t i = 0; i < records->kind->field_count; i++)
        clear_field(records, &records->kind->fields[i]);
}

static bool end_record(struct records_decoder *records, struct error *error)
{
    records->decoder.is_disowned = false;
    bool is_ok = records->kind->on_record(records, error);
    if (!records->decoder.is_disowned)
        records->decoder.repaired += records->record.repaired;
    return is_ok;
}

static bool on_event(void *arg, int id, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    struct records_decoder *records = arg;
    const struct records_kind *kind = records->kind;
    if (id >= FIRST_FIELD) {
        const struct record_field *field = unwrap(records, &kind->fields[id - FIRST_FIELD], event);
        return field == NULL || set_field(records, field, event, value, error);
    }
    if (id >= RECORDS_ROWS)
        return kind->on_row(records, id, event, value, error);
    enum decode_step step = decode_list_event(&records->list, id, event, error);
    if (step == STEP_BEGIN)
        begin_record(records);
    else if (step == STEP_END)
        return end_record(records, error);
    return step != STEP_FAILED;
}

static bool finish(struct decoder *decoder, struct error *error)
{
    return decode_list_finish(&((struct records_decoder *)decoder)->list, error);
}

static void free_records(struct decoder *decoder)
{
    struct records_decoder *records = (struct records_decoder *)decoder;
    decode_record_free(&records->record);
    for (size_t i = 0; i < records->kind->field_count; i++) {
        const struct record_field *field = &records->kind->fields[i];
        if (field->type == FIELD_TEXTS || field->type == FIELD_TEXTS_OR_ONE ||
            field->type == FIELD_NAMES)
            free(((struct decode_texts *)place_of(records, field))->items);
    }
}

static const struct decode_kind records_decode_kind = {
    .handler = on_event,
    .finish = finish,
    .free = free_records,
};

void records_init(struct records_decoder *records, const struct records_kind *kind)
{
    records->kind = kind;
    records->list.name = kind->list;
    decode_record_init(&records->record);

    struct arena *arena = arena_new();
    size_t count = 0;
    struct json_path *rows = mem_new(3 + kind->row_count + kind->field_count, sizeof *rows);
    char *item = mem_printf("%s[]", kind->list);
    if (*kind->list != '\0')
        rows[count++] = (struct json_path){"", DECODE_DOCUMENT};
    rows[count++] = (struct json_path){kind->list, DECODE_LIST};
    rows[count++] = (struct json_path){item, DECODE_ITEM};
    for (size_t i = 0; i < kind->row_count; i++)
        rows[count++] = kind->rows[i];
    for (size_t i = 0; i < kind->field_count; i++) {
        char *path = mem_printf("%s.%s", item, kind->fields[i].path);
        rows[count++] = (struct json_path){arena_strdup(arena, path), FIRST_FIELD + (int)i};
        free(path);
    }
    decoder_init_rows(&records->decoder, &records_decode_kind, rows, count);
    free(item);
    free(rows);
    arena_free(arena);
}

bool records_ignore(struct records_decoder *records)
{
    records->record.repaired = 0;
    return true;
}

bool records_drop(struct records_decoder *records)
{
    records->decoder.dropped++;
    return records_ignore(records);
}

bool records_leave_out(struct records_decoder *records)
{
    records->decoder.left_out++;
    return records_ignore(records);
}

struct str_list records_list(const struct decode_texts *texts)
{
    return (struct str_list){
        .items = texts->items, .count = texts->count, .is_present = texts->is_present};
}
