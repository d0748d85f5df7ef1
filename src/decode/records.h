/*
 * A document that is a list of records, read by tables: each field is a path, the type it must have
 * and the place it goes to. What all such documents share is here: the list, the limits, wrong
 * types, and that of fields and objects that are repeated the last one wins.
 */
#ifndef DECODE_RECORDS_H
#define DECODE_RECORDS_H

#include "decode_internal.h"

/* The comments say what is at the field's offset. */
enum field_type {
    FIELD_OBJECT,       /* nothing */
    FIELD_TEXT,         /* struct str */
    FIELD_ID,           /* struct str */
    FIELD_AMOUNT,       /* int64_t */
    FIELD_AMOUNT_TEXT,  /* int64_t */
    FIELD_AMOUNT_SAID,  /* int64_t, which may be AMOUNT_BAD */
    FIELD_QUANTITY,     /* int64_t */
    FIELD_TIME,         /* int64_t */
    FIELD_SECONDS,      /* int64_t */
    FIELD_BOOL,         /* enum tristate */
    FIELD_PRESENT,      /* bool: whether there is anything but null */
    FIELD_WRAPPED,      /* nothing: an object that holds the next row, or the value of that row */
    FIELD_CHOSEN,       /* struct str: an array, out of which the kind's own rows choose */
    FIELD_NAMES,        /* struct decode_texts: names in one text */
    FIELD_TEXTS,        /* struct decode_texts */
    FIELD_TEXTS_OR_ONE, /* struct decode_texts */
    FIELD_ELEMENT,      /* the struct decode_texts of the list it is an element of */
};

struct record_field {
    const char *path; /* below the record; what is below an object directly follows it */
    enum field_type type;
    size_t offset; /* in the decoder */
};

/* Ids of a kind's own rows, from here on. */
enum { RECORDS_ROWS = DECODE_FIELDS };

struct records_decoder;

struct records_kind {
    const char *list; /* the list's path; "" when the document is the list itself */
    const struct record_field *fields;
    size_t field_count;
    /* What is no field: rows with ids of their own, and their handler. */
    const struct json_path *rows;
    size_t row_count;
    bool (*on_row)(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error);
    /* The record is complete. */
    bool (*on_record)(struct records_decoder *records, struct error *error);
};

/* The first member of a kind's decoder. */
struct records_decoder {
    struct decoder decoder;
    const struct records_kind *kind;
    struct decode_list list;
    struct decode_record record;
};

/* `records` is the front of zeroed memory from mem_new(); decoder_free() frees it. */
void records_init(struct records_decoder *records, const struct records_kind *kind);

/* For on_record(): the record is not wanted, and its repairs do not count. Returns true. */
bool records_drop(struct records_decoder *records);
/* Likewise for a record that is no workload; it is not counted as dropped. */
bool records_leave_out(struct records_decoder *records);
/* Likewise for a record that is part of another one; it is not counted at all. */
bool records_ignore(struct records_decoder *records);

struct str_list records_list(const struct decode_texts *texts);

#endif
