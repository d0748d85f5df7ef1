/*
 * What the simulator's files share: memory that never fails, growing text, JSON strings, a hash,
 * and the monotonic clock. The simulator is rollcall's oracle, so nothing here comes from rollcall.
 */
#ifndef FLEETSIM_UTIL_H
#define FLEETSIM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints "fleetsim: ..." and ends the process with status 1. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* These end the process when memory runs out. */
void *sim_alloc(size_t size); /* zeroed */
void *sim_array(size_t count, size_t size);
void *sim_grow(void *array, size_t count, size_t size);
char *sim_dup(const char *text);

/* Growing bytes; zeroed is empty. `data` is NUL-terminated once anything was added. */
struct text {
    char *data;
    size_t len;
    size_t cap;
};

void text_add(struct text *text, const void *data, size_t len);
void text_puts(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_free(struct text *text);

/* Appends a JSON string in its one canonical form: only '"', '\' and control characters (as \u00xx)
 * are escaped. */
void text_json(struct text *text, const char *data, size_t len);

/* Undoes text_json() for a whole string with its quotes; "null" gives false. */
bool json_decode(const char *json, struct text *out);

/* Bytewise order of two canonical JSON strings by what they say, null first. */
int json_compare(const char *a, const char *b);

/* Appends millionths as the shortest decimal text. */
void text_micro(struct text *text, int64_t micro);

/* Base64 in either alphabet, the one for URLs without padding; and back. */
void text_base64(struct text *text, const char *data, size_t len, bool is_url);
bool base64_decode(const char *text, size_t len, struct text *out);

/* Undoes percent-encoding; whether it was well-formed. `has_plus`: '+' is a blank, as in forms. */
bool percent_decode(const char *text, size_t len, bool has_plus, struct text *out);

/* The decoded value of a key in "a=b&c=d"; false when there is none, or it is not well-formed. */
bool form_get(const char *form, size_t len, const char *key, struct text *out);

uint64_t hash_text(const char *text, uint64_t seed);
uint64_t hash_mix(uint64_t value); /* splitmix64's finaliser */

int64_t now_ms(void); /* CLOCK_MONOTONIC */

/* Writes `text` to a new file DIR/NAME and dies when it cannot. */
void write_file(const char *dir, const char *name, unsigned mode, const struct text *text);

#endif
