/*
 * Streaming JSON: bytes in as they arrive, events out for the paths one asks for, everything else
 * skipped. The only user of yajl's parser.
 *
 * It holds to what the contract says of untrusted documents: nesting at most 64, one string or
 * number at most 1 MiB (of its text in the document), a leading byte-order mark skipped, exactly
 * one value and nothing behind it, strings repaired to valid UTF-8 (a lone surrogate escape is one
 * repair), numbers handed over as text. The outcome does not depend on how the bytes are cut.
 */
#ifndef ROLLCALL_JSON_READ_H
#define ROLLCALL_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/error.h"
#include "rollcall/str.h"

/*
 * One path of interest. Steps are object keys joined by "."; "[]" stands for the elements of an
 * array; "" is the document itself: "data", "data[]", "data[].nodes[]". A key that holds "." or "["
 * stands in quotes: limits."nvidia.com/gpu". Keys are matched bytewise. Each prefix of a path is
 * reported only if it is a row of its own.
 */
struct json_path {
    const char *path;
    int id; /* handed to the handler; not negative */
};

enum json_event {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,       /* text: the number as written */
    JSON_STRING,       /* text: unescaped, valid UTF-8, may hold NUL */
    JSON_OBJECT_BEGIN, /* its members follow if their paths are rows, then JSON_OBJECT_END */
    JSON_OBJECT_END,
    JSON_ARRAY_BEGIN, /* likewise */
    JSON_ARRAY_END,
};

struct json_value {
    struct str text;   /* for numbers and strings; borrowed until the handler returns */
    unsigned repaired; /* for strings: how many ill-formed pieces became U+FFFD */
};

/* Returns false after filling `error` to end the parse with that error. */
typedef bool json_handler(void *arg, int id, enum json_event event, const struct json_value *value,
                          struct error *error);

/* Rows compiled for matching; immutable, may serve many readers at once. */
struct json_paths;
struct json_paths *json_paths_new(const struct json_path *rows, size_t count);
void json_paths_free(struct json_paths *paths);

struct json_reader;

/* `paths` is borrowed until json_reader_free(). Never NULL. */
struct json_reader *json_reader_new(const struct json_paths *paths, json_handler *handler,
                                    void *arg);
void json_reader_free(struct json_reader *reader);

/*
 * Parses some more bytes. False after filling `error`: ERR_NOT_JSON when the document does not even
 * begin as JSON, ERR_BAD_JSON, ERR_TOO_LARGE (nesting is ERR_BAD_JSON), or what the handler said.
 * After a failure every further call fails the same way. Bytes are gathered into pieces, so events
 * and failures may come some KiB after their bytes, at the latest from json_reader_finish().
 */
bool json_reader_feed(struct json_reader *reader, const void *data, size_t len,
                      struct error *error);

/* Says that there are no more bytes: false when the document is not whole (ERR_BAD_JSON) or there
 * was none (ERR_NOT_JSON). */
bool json_reader_finish(struct json_reader *reader, struct error *error);

#endif
