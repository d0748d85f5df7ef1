#include "rollcall/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *wipe_malloc(size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

void *wipe_calloc(size_t count, size_t size)
{
    return count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);
}

/* realloc() may move the block and leave its bytes where they were. */
void *wipe_realloc(void *old, size_t size)
{
    size_t old_size = old == NULL ? 0 : malloc_usable_size(old);
    if (old != NULL && size <= old_size && size >= old_size / 2)
        return old;
    void *memory = wipe_malloc(size);
    if (memory == NULL || old == NULL)
        return memory;
    memcpy(memory, old, old_size < size ? old_size : size);
    wipe_free(old);
    return memory;
}

char *wipe_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = wipe_malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

void wipe_free(void *memory)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}
