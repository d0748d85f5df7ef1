/*
 * A borrowed piece of text: bytes with a length, which may hold NUL, or "no value" (data == NULL),
 * which is what a report prints as null. Plain data; who owns the bytes is said where it is used.
 */
#ifndef ROLLCALL_STR_H
#define ROLLCALL_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
    const char *data; /* NULL: no value */
    size_t len;
};

/* Wraps a C string, which may be NULL. */
struct str str_of(const char *text);

/* Bytewise order, no value first, a prefix before what it begins: -1, 0 or 1. */
int str_compare(struct str a, struct str b);

bool str_equals(struct str a, struct str b);

/* The same without regard to the case of ASCII letters. */
bool str_equals_case(struct str a, struct str b);

#endif
