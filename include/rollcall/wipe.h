/*
 * malloc() and its kin for memory that may hold secrets: what is given back, or left behind in
 * growing, is wiped in its whole usable size. For libraries that copy what they are given (libcurl,
 * yajl). The memory is the system's, so that one that free() gets instead is only not wiped. NULL
 * when there is none; a size of 0 is a size of 1.
 */
#ifndef ROLLCALL_WIPE_H
#define ROLLCALL_WIPE_H

#include <stddef.h>

void *wipe_malloc(size_t size);
void *wipe_calloc(size_t count, size_t size);
void *wipe_realloc(void *old, size_t size);
char *wipe_strdup(const char *text);
void wipe_free(void *memory); /* accepts NULL */

#endif
