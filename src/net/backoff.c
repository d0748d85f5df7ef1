#include "backoff.h"

#include <stdlib.h>

#include "rollcall/mem.h"

static void swap(struct backoff *b, size_t i, size_t j)
{
    struct request *item = b->items[i];
    b->items[i] = b->items[j];
    b->items[j] = item;
}

static bool is_before(const struct backoff *b, size_t i, size_t j)
{
    return b->items[i]->start_at_ms < b->items[j]->start_at_ms;
}

void backoff_push(struct backoff *b, struct request *request)
{
    if (b->count == b->room) {
        b->room = b->room == 0 ? 16 : b->room * 2;
        b->items = mem_resize(b->items, b->room, sizeof(*b->items));
    }
    size_t i = b->count++;
    b->items[i] = request;
    for (; i > 0 && is_before(b, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(b, i, (i - 1) / 2);
}

struct request *backoff_first(const struct backoff *b)
{
    return b->count == 0 ? NULL : b->items[0];
}

struct request *backoff_pop(struct backoff *b)
{
    if (b->count == 0)
        return NULL;
    struct request *first = b->items[0];
    b->items[0] = b->items[--b->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < b->count; child++)
            if (is_before(b, child, least))
                least = child;
        if (least == i)
            return first;
        swap(b, i, least);
        i = least;
    }
}

void backoff_free(struct backoff *b)
{
    free(b->items);
    *b = (struct backoff){0};
}
