/*
 * What the tests of the decoders share: what a decoder did with a document, as text; documents cut
 * in every way; and documents generated from a schema, with each of its values missing, null and of
 * each wrong type.
 */
#ifndef DECODE_FIXTURE_H
#define DECODE_FIXTURE_H

#include <inttypes.h>
#include <stdlib.h>

#include "../check.h"
#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/mem.h"

#define OK "ok repaired=0 dropped=0"

static inline void log_text(struct buf *log, const char *name, struct str text)
{
    if (text.data != NULL)
        buf_printf(log, " %s='%.*s'", name, (int)text.len, text.data);
}

static inline void log_number(struct buf *log, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        buf_printf(log, " %s=%" PRId64, name, value);
}

static inline void log_list(struct buf *log, const char *name, struct str_list list)
{
    if (!list.is_present)
        return;
    buf_printf(log, " %s=[", name);
    for (size_t i = 0; i < list.count; i++)
        buf_printf(log, "%s%.*s", i == 0 ? "" : " ", (int)list.items[i].len, list.items[i].data);
    buf_append_char(log, ']');
}

/* " id='1' phase=running requested=500000": what has no value is not there. */
static inline void log_workload(struct buf *log, const struct workload *workload)
{
    log_text(log, "id", workload->id);
    log_text(log, "name", workload->name);
    log_text(log, "project", workload->project);
    log_text(log, "department", workload->department);
    log_text(log, "user", workload->user);
    log_text(log, "status", workload->raw_phase);
    log_text(log, "phase", str_of(workload_phase_name(workload->phase)));
    log_text(log, "type", str_of(workload_type_name(workload->type)));
    log_text(log, "word", workload->raw_type);
    log_text(log, "category", workload->raw_category);
    log_number(log, "allocated", workload->gpus_allocated);
    log_number(log, "requested", workload->gpus_requested);
    log_number(log, "idle", workload->gpus_idle);
    log_number(log, "created", workload->created_at);
    log_number(log, "pending", workload->pending_s);
    log_number(log, "running", workload->running_s);
    log_list(log, "images", workload->images);
    log_list(log, "nodes", workload->nodes);
    log_list(log, "pools", workload->node_pools);
    if (workload->preemptible != TRI_NULL)
        buf_printf(log, " preemptible=%s", workload->preemptible == TRI_TRUE ? "yes" : "no");
}

/* Makes a decoder of the test's own kind that writes to `log`. */
typedef struct decoder *fixture_new_fn(int kind, struct buf *log);

/* Says what else the decoder knows at the end, may be NULL. */
typedef void fixture_end_fn(const struct decoder *decoder, struct buf *log);

struct fixture {
    fixture_new_fn *new_decoder;
    fixture_end_fn *log_end;
};

/* Decodes the document, cut at `cut`, in chunks of `chunk` bytes: the records, then "ok", then what
 * was repaired and dropped; or the records, then the error. */
static inline char *fixture_decode_cut(const struct fixture *fixture, int kind, const char *doc,
                                       size_t len, size_t cut, size_t chunk)
{
    struct buf log;
    buf_init(&log, (size_t)1 << 24);
    struct decoder *decoder = fixture->new_decoder(kind, &log);
    struct error error = {0};
    bool is_ok = true;
    size_t at = 0;
    while (is_ok && at < len) {
        size_t end = at < cut ? cut : len;
        size_t part = end - at < chunk ? end - at : chunk;
        is_ok = decoder_feed(decoder, doc + at, part, &error);
        at += part;
    }
    is_ok = is_ok && decoder_finish(decoder, &error);
    if (!is_ok)
        buf_printf(&log, "%s: %s", error_class_name(error.class), error.text);
    else
        buf_printf(&log, "ok repaired=%" PRIu64 " dropped=%" PRIu64, decoder_repaired(decoder),
                   decoder_dropped(decoder));
    if (is_ok && fixture->log_end != NULL)
        fixture->log_end(decoder, &log);
    decoder_free(decoder);
    return buf_take(&log);
}

static inline char *fixture_decode(const struct fixture *fixture, int kind, const char *doc)
{
    size_t len = strlen(doc);
    return fixture_decode_cut(fixture, kind, doc, len, 0, len + 1);
}

struct answer {
    int kind;
    const char *doc;
    const char *log;
};

/* Whole, byte by byte, and cut at every offset. */
static inline void fixture_check_answer(const struct fixture *fixture, const struct answer *answer)
{
    size_t len = strlen(answer->doc);
    for (size_t cut = 0; cut <= len + 1; cut++) {
        size_t chunk = cut == 0 ? 1 : len + 1;
        char *log = fixture_decode_cut(fixture, answer->kind, answer->doc, len,
                                       cut > len ? len : cut, chunk);
        CHECK_STR(log, answer->log);
        free(log);
    }
}

/* A document that ends at every offset is an error, the same however it arrives. */
static inline void fixture_check_truncated(const struct fixture *fixture,
                                           const struct answer *answer)
{
    for (size_t len = 0; len < strlen(answer->doc); len++) {
        char *whole = fixture_decode_cut(fixture, answer->kind, answer->doc, len, 0, len + 1);
        char *bytes = fixture_decode_cut(fixture, answer->kind, answer->doc, len, 0, 1);
        CHECK_STR(bytes, whole);
        CU_ASSERT_PTR_NOT_NULL(strstr(whole, len == 0 ? "not_json: " : "bad_json: "));
        free(whole);
        free(bytes);
    }
}

/*
 * A record's schema, as its members in order. An object or a list of objects is a row with the
 * brackets that open it, the rows of its members, and a row without a name that closes it.
 */
struct schema_row {
    const char *name;  /* NULL: closes */
    const char *json;  /* a good value; or the brackets */
    const char *takes; /* the types that are not wrong, as in the table below; "*": never read;
                          NULL: kept */
    const char *log;   /* what a good value puts into the log; NULL: nothing to be seen */
};

static const struct {
    char type;
    const char *json;
} schema_values[] = {
    {'0', "null"},
    {'b', "true"},
    {'b', "false"},
    {'n', "7"},
    {'n', "0"},
    {'f', "7.5"},
    {'r', "-1"},
    {'r', "1e400"},
    {'s', "\"7\""},
    {'t', "\"x\""},
    {'t', "\"\""},
    {'a', "[]"},
    {'x', "[[\"x\"]]"},
    {'o', "{}"},
    {'o', "{\"name\":\"x\",\"value\":[\"x\"],\"gpu\":{\"x\":[]}}"},
};

static inline bool schema_opens(const struct schema_row *row)
{
    return row->name != NULL && (row->json[0] == '{' || strcmp(row->json, "[{") == 0) &&
           strchr(row->json, '}') == NULL;
}

/* The row behind the value that begins at `row`. */
static inline const struct schema_row *schema_next(const struct schema_row *row)
{
    int depth = 0;
    do {
        depth += schema_opens(row) ? 1 : row->name == NULL ? -1 : 0;
        row++;
    } while (depth > 0);
    return row;
}

/* The record, with the row's value replaced by `json`, or left out when that is NULL. With `twice`,
 * the good value is there too, in front. */
static inline void schema_write(struct buf *out, const struct schema_row *rows, size_t count,
                                const struct schema_row *changed, const char *json, bool twice)
{
    bool is_first = true;
    buf_append_char(out, '{');
    for (const struct schema_row *row = rows; row < rows + count;) {
        if (row == changed && !twice) {
            if (json != NULL)
                buf_printf(out, "%s\"%s\":%s", is_first ? "" : ",", row->name, json);
            is_first = is_first && json == NULL;
            row = schema_next(row);
            continue;
        }
        if (row->name == NULL)
            buf_append_str(out, row->json);
        else
            buf_printf(out, "%s\"%s\":%s", is_first ? "" : ",", row->name, row->json);
        is_first = row->name != NULL && schema_opens(row);
        row++;
        if (changed != NULL && twice && row == schema_next(changed))
            buf_printf(out, ",\"%s\":%s", changed->name, json);
    }
    buf_append_char(out, '}');
}

struct schema {
    const struct fixture *fixture;
    int kind;
    const char *before; /* the document around the record */
    const char *after;
    const struct schema_row *rows;
    size_t count;
};

static inline char *schema_decode(const struct schema *schema, const struct schema_row *changed,
                                  const char *json, bool twice)
{
    struct buf doc;
    buf_init(&doc, (size_t)1 << 16);
    buf_append_str(&doc, schema->before);
    schema_write(&doc, schema->rows, schema->count, changed, json, twice);
    buf_append_str(&doc, schema->after);
    char *log = fixture_decode(schema->fixture, schema->kind, doc.data);
    if (strstr(log, "ok repaired=") == NULL)
        fprintf(stderr, "    %s\n", doc.data);
    CU_ASSERT_PTR_NOT_NULL(strstr(log, "ok repaired="));
    buf_free(&doc);
    return log;
}

/* All of the record is in the log, but for what the rows from `from` to `to` put there. */
static inline void schema_check_log(const struct schema *schema, const struct schema_row *from,
                                    const struct schema_row *to, const char *json, const char *log)
{
    for (const struct schema_row *row = schema->rows; row < schema->rows + schema->count; row++) {
        if (row->log == NULL)
            continue;
        bool is_expected = row < from || row >= to;
        if ((strstr(log, row->log) != NULL) != is_expected)
            fprintf(stderr, "    \"%s\" as %s, \"%s\": %s\n", from->name,
                    json == NULL ? "missing" : json, row->log, log);
        CU_ASSERT_EQUAL(strstr(log, row->log) != NULL, is_expected);
    }
    /* Nothing takes the place of what is not there. */
    size_t record_len = strcspn(log, "}");
    CU_ASSERT_PTR_NULL(memmem(log, record_len, "=0 ", 3));
    CU_ASSERT_PTR_NULL(memmem(log, record_len, "=''", 3));
}

static inline void schema_check_value(const struct schema *schema, const struct schema_row *row,
                                      char type, const char *json, bool twice)
{
    char *log = schema_decode(schema, row, json, twice);
    bool is_read = strcmp(row->takes, "*") != 0;
    if (!is_read || type == '0') {
        schema_check_log(schema, row, is_read ? schema_next(row) : row, json, log);
        CU_ASSERT_PTR_NOT_NULL(strstr(log, "repaired=0"));
    } else if (strchr(row->takes, type) == NULL) {
        schema_check_log(schema, row, schema_next(row), json, log);
        if (strstr(log, "repaired=1 ") == NULL)
            fprintf(stderr, "    \"%s\" as %s: %s\n", row->name, json, log);
        CU_ASSERT_PTR_NOT_NULL(strstr(log, "repaired=1 "));
    }
    free(log);
}

/* Each value of the schema missing, null and of each other type, once alone and once repeated. */
static inline void schema_check(const struct schema *schema)
{
    char *good = schema_decode(schema, NULL, NULL, false);
    CU_ASSERT_PTR_NOT_NULL(strstr(good, OK));
    schema_check_log(schema, schema->rows, schema->rows, "whole", good);
    free(good);
    for (const struct schema_row *row = schema->rows; row < schema->rows + schema->count; row++) {
        if (row->name == NULL || row->takes == NULL)
            continue;
        char *log = schema_decode(schema, row, NULL, false);
        bool is_read = strcmp(row->takes, "*") != 0;
        schema_check_log(schema, row, is_read ? schema_next(row) : row, NULL, log);
        CU_ASSERT_PTR_NOT_NULL(strstr(log, OK));
        free(log);
        for (size_t i = 0; i < sizeof schema_values / sizeof *schema_values; i++)
            for (int twice = 0; twice < 2; twice++)
                schema_check_value(schema, row, schema_values[i].type, schema_values[i].json,
                                   twice != 0);
    }
}

#endif
