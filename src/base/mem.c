#include "rollcall/mem.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enough for a record's texts in one block, small enough to have one per running cluster. */
#define BLOCK_BYTES ((size_t)16 * 1024)

struct block {
    struct block *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

struct arena {
    struct block *first; /* the one being filled */
};

/* A static, since every allocation can come to this. */
static void (*before_end)(void);

void mem_before_end(void (*fn)(void))
{
    before_end = fn;
}

/* Neither stdio nor atexit handlers: both may want memory. */
static _Noreturn void end_without_memory(void)
{
    static const char message[] = "rollcall: error: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    if (before_end != NULL)
        before_end();
    _exit(1);
}

void *mem_need(void *memory)
{
    if (memory == NULL)
        end_without_memory();
    return memory;
}

void *mem_new(size_t count, size_t size)
{
    return mem_need(count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size));
}

void *mem_resize(void *old, size_t count, size_t size)
{
    return mem_need(count == 0 || size == 0 ? realloc(old, 1) : reallocarray(old, count, size));
}

char *mem_copy(const void *data, size_t len)
{
    if (len == SIZE_MAX)
        end_without_memory();
    char *copy = mem_resize(NULL, len + 1, 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strdup(const char *text)
{
    return mem_copy(text, strlen(text));
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        end_without_memory();
    return text;
}

static struct block *block_new(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        end_without_memory();
    struct block *block = mem_resize(NULL, sizeof(struct block) + size, 1);
    block->next = NULL;
    block->used = 0;
    block->size = size;
    return block;
}

static void blocks_free(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

struct arena *arena_new(void)
{
    return mem_new(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena->first);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *kept = NULL;
    for (struct block **link = &arena->first; *link != NULL; link = &(*link)->next) {
        if ((*link)->size == BLOCK_BYTES) {
            kept = *link;
            *link = kept->next;
            break;
        }
    }
    blocks_free(arena->first);
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
    arena->first = kept;
}

/* The next bytes of the arena, whatever they hold. */
static void *take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        end_without_memory();
    size_t rounded = size == 0 ? align : (size + align - 1) / align * align;
    struct block *block = arena->first;
    if (block == NULL || block->size - block->used < rounded) {
        block = block_new(rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES);
        if (rounded > BLOCK_BYTES / 4 && arena->first != NULL) {
            /* Behind the first, whose free space is still good for many small pieces. */
            block->next = arena->first->next;
            arena->first->next = block;
        } else {
            block->next = arena->first;
            arena->first = block;
        }
    }
    char *piece = (char *)block->data + block->used;
    block->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

char *arena_copy(struct arena *arena, const void *data, size_t len)
{
    if (len == SIZE_MAX)
        end_without_memory();
    char *copy = take(arena, len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}
