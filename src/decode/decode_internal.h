/*
 * What a decoder is made of. Each kind embeds `struct decoder` as its first member, has a table of
 * paths and a handler, and uses the helpers below for what all documents share: a list of records
 * in an object, and fields that must have a type.
 */
#ifndef DECODE_INTERNAL_H
#define DECODE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/decode.h"
#include "rollcall/json_read.h"
#include "rollcall/mem.h"

/* Text and list entries of one record, those that a repeated field replaced included. A record may
 * be as large as its answer otherwise, and all of it would be held in memory. */
#define DECODE_RECORD_MAX ((size_t)4 << 20)

struct decode_kind {
    const struct json_path *rows;
    size_t row_count;
    json_handler *handler; /* its `arg` is the decoder */
    /* What must have been seen by the end; false after filling `error`. */
    bool (*finish)(struct decoder *decoder, struct error *error);
    /* Frees what the kind added, not the decoder itself; may be NULL. */
    void (*free)(struct decoder *decoder);
};

struct decoder {
    const struct decode_kind *kind;
    struct json_paths *paths;
    struct json_reader *reader;
    uint64_t repaired;
    uint64_t dropped;
    uint64_t left_out;
    struct project_sample other_project;
    bool is_disowned;          /* see decoder_disown_record() */
    struct buf continue_token; /* what leads to the next page, of the kinds that have pages */
    int64_t next_offset;
};

/* Drops a record of another project than the one that was asked for. */
void decoder_drop_other(struct decoder *decoder, struct str project);

/* `decoder` is zeroed memory from mem_new(); decoder_free() frees it. */
void decoder_init(struct decoder *decoder, const struct decode_kind *kind);
/* With rows that are made for the occasion, instead of the kind's. */
void decoder_init_rows(struct decoder *decoder, const struct decode_kind *kind,
                       const struct json_path *rows, size_t row_count);

/* The ids that a list document's table gives to "", to the list and to the list's items. */
enum { DECODE_DOCUMENT, DECODE_LIST, DECODE_ITEM, DECODE_FIELDS };

struct decode_list {
    const char *name; /* as in messages: data; "" when the document is the list itself */
    bool is_seen;
};

enum decode_step {
    STEP_FAILED, /* `error` is filled */
    STEP_NONE,
    STEP_BEGIN, /* a record begins */
    STEP_END,   /* a record is complete */
};

/* Judges an event of one of the three ids. */
enum decode_step decode_list_event(struct decode_list *list, int id, enum json_event event,
                                   struct error *error);
bool decode_list_finish(const struct decode_list *list, struct error *error);

/* A list of texts that is being read. The entries are owned, the text is the record's. */
struct decode_texts {
    struct str *items;
    size_t count;
    size_t cap;
    bool is_present;
};

/* Where a record's text lives until the next one begins. */
struct decode_record {
    struct arena *arena; /* owned */
    size_t used;         /* see DECODE_RECORD_MAX */
    uint64_t repaired;   /* in the record at hand */
};

void decode_record_init(struct decode_record *record);
void decode_record_free(struct decode_record *record);
/* Forgets the record at hand. */
void decode_record_reset(struct decode_record *record);

/*
 * Setters: each takes whatever event a field's path yields and leaves the value or "no value". What
 * has the wrong type is counted. False after filling `error` when the record gets too large.
 */
bool decode_text(struct decode_record *record, struct str *field, enum json_event event,
                 const struct json_value *value, struct error *error);
/* As decode_text(), and takes a number as its literal text. An empty text is no id. */
bool decode_id(struct decode_record *record, struct str *field, enum json_event event,
               const struct json_value *value, struct error *error);
void decode_amount(struct decode_record *record, int64_t *field, enum json_event event,
                   const struct json_value *value);
/* Milliseconds since 1970 as a number, or a text in RFC 3339; digits in a text are none of both. */
void decode_time_ms(struct decode_record *record, int64_t *field, enum json_event event,
                    const struct json_value *value);
/* As decode_amount(), and takes a text that is a number. */
void decode_amount_text(struct decode_record *record, int64_t *field, enum json_event event,
                        const struct json_value *value);
/* What the source says and is no amount, where that differs from saying nothing. */
#define AMOUNT_BAD (AMOUNT_NULL + 1)
/* As decode_amount_text(), and leaves AMOUNT_BAD for what is neither an amount nor null. */
void decode_amount_said(struct decode_record *record, int64_t *field, enum json_event event,
                        const struct json_value *value);
/* As decode_amount_text(), for quantities of the Kubernetes API. */
void decode_quantity(struct decode_record *record, int64_t *field, enum json_event event,
                     const struct json_value *value);
/* A text in RFC 3339. */
void decode_time(struct decode_record *record, int64_t *field, enum json_event event,
                 const struct json_value *value);
/* A whole number of seconds. */
void decode_seconds(struct decode_record *record, int64_t *field, enum json_event event,
                    const struct json_value *value);
void decode_bool(struct decode_record *record, enum tristate *field, enum json_event event);
/* An object whose members have paths of their own: only its type is judged. */
void decode_object(struct decode_record *record, enum json_event event);
/* The array itself; with `takes_string`, a single text is a list of one. */
bool decode_texts(struct decode_record *record, struct decode_texts *list, bool takes_string,
                  enum json_event event, const struct json_value *value, struct error *error);
/* A text that is a list of names: "a, b", or JSON's ["a","b"]. */
bool decode_names(struct decode_record *record, struct decode_texts *list, enum json_event event,
                  const struct json_value *value, struct error *error);
/* An element of it: what is no text is left out and counted. */
bool decode_texts_element(struct decode_record *record, struct decode_texts *list,
                          enum json_event event, const struct json_value *value,
                          struct error *error);

#endif
