/*
 * Text from strangers: repairing UTF-8, making bytes harmless to print, encoding for URLs, and the
 * few formats and parses that need no locale. Nothing here keeps state.
 */
#ifndef ROLLCALL_TEXT_H
#define ROLLCALL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/str.h"

/* Whether the bytes are valid UTF-8 (RFC 3629: no overlong form, no surrogate, at most U+10FFFF).
 */
bool text_is_utf8(const char *data, size_t len);

/*
 * Appends the bytes to `out` with each maximal ill-formed subpart replaced by U+FFFD (Unicode 15,
 * section 3.9, "U+FFFD Substitution of Maximal Subparts"). Returns how many were replaced. The
 * result depends on the whole input only: call it with a whole string.
 */
size_t text_repair_utf8(const char *data, size_t len, struct buf *out);

/*
 * Appends the bytes so that they are harmless on a terminal and in a log: control characters
 * (C0, DEL, C1), line and paragraph separators, bidirectional controls, zero-width and other
 * format characters, and invalid bytes become visible escapes (\n \t \r, \xNN, \u{NNNN}).
 * Everything else is kept. The result is valid UTF-8 on one line.
 */
void text_printable(const char *data, size_t len, struct buf *out);

/* Terminal columns of printable UTF-8 text (wide characters count two, combining ones none). */
size_t text_columns(const char *data, size_t len);

/* Percent-encodes everything but RFC 3986 "unreserved"; "." and ".." are encoded whole. */
void text_percent_encode(const char *data, size_t len, struct buf *out);

/* Whether `text` matches a shell glob (fnmatch(3) without flags). */
bool text_glob(const char *pattern, const char *text);

/* The name in the NULL-terminated list that is nearest to `word` (optimal string alignment distance
 * at most a third of the word's length, at least 1), or NULL. */
const char *text_nearest(const char *word, const char *const *names);

#define TEXT_TIME_SIZE 32
#define TEXT_TIME_LEN  20               /* of every time that is written */
#define TEXT_TIME_MIN  (-62135596800LL) /* 0001-01-01T00:00:00Z */
#define TEXT_TIME_MAX  253402300799LL   /* 9999-12-31T23:59:59Z */
/* Writes `seconds` since 1970 as RFC 3339 UTC ("2026-11-24T03:00:00Z"); returns false outside the
 * years 0001 to 9999. */
bool text_format_time(int64_t seconds, char out[TEXT_TIME_SIZE]);

/* Parses an RFC 3339 time with any offset and fraction (cut off); false when it is none. */
bool text_parse_time(const char *data, size_t len, int64_t *seconds);

#define TEXT_DURATION_SIZE 32
/* Writes a duration for people, in its two largest units: "12 s", "3 min 12 s", "2 h 5 min". */
void text_format_duration(int64_t seconds, char out[TEXT_DURATION_SIZE]);

#define TEXT_INT_SIZE 24
/* Writes an integer in decimal, NUL-terminated; returns its length. */
size_t text_format_int(int64_t value, char out[TEXT_INT_SIZE]);

/* Parses a whole decimal integer without sign; false when it is none or above `max`. */
bool text_parse_uint(const char *text, uint64_t max, uint64_t *value);

#endif
