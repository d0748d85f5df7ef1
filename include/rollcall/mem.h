/*
 * Memory. Running out of it ends the program here, in one place, with a message and exit status 1:
 * handling it at every call would be code that no test ever ran. Every function returns memory that
 * the caller owns and gives to free(), and never returns NULL.
 */
#ifndef ROLLCALL_MEM_H
#define ROLLCALL_MEM_H

#include <stddef.h>

/* Zeroed memory for `count` items of `size` bytes (a product that overflows ends the program too).
 */
void *mem_new(size_t count, size_t size) __attribute__((returns_nonnull));

/* Like realloc() for `count` items of `size` bytes; what is new is not zeroed. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

/* Memory from elsewhere as it is; the end of the program when it is NULL. */
void *mem_need(void *memory);

/* A NUL-terminated copy of `len` bytes. */
char *mem_copy(const void *data, size_t len) __attribute__((returns_nonnull));

/* A copy of a C string. */
char *mem_strdup(const char *text) __attribute__((returns_nonnull));

/* A formatted C string. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* What is done before a lack of memory ends the program: `fn` takes away what nobody else will. It
 * may neither allocate nor end the program itself. There is one such function; NULL: none. */
void mem_before_end(void (*fn)(void));

/*
 * An arena: many small pieces with one lifetime and one free. Pieces are aligned for any type and
 * zeroed. Not for growing things.
 */
struct arena;
struct arena *arena_new(void) __attribute__((returns_nonnull));
/* Frees the arena and all its pieces; accepts NULL. */
void arena_free(struct arena *arena);
/* Forgets all pieces and keeps one block for the next use. */
void arena_reset(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
char *arena_copy(struct arena *arena, const void *data, size_t len)
    __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text) __attribute__((returns_nonnull));

#endif
