#include "id_prints.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

/* Fingerprints are looked at in groups that a small table holds, mostly a quarter of it. */
enum { GROUP_MEAN = 512, GROUP_MAX = 1024, SLOTS = 2048 };

void id_prints_free(struct id_prints *prints)
{
    free(prints->items);
    *prints = (struct id_prints){0};
}

void id_prints_begin(struct id_prints *prints)
{
    prints->count = prints->kept;
}

void id_prints_reserve(struct id_prints *prints, size_t more)
{
    size_t needed = prints->count + more;
    if (needed <= prints->room)
        return;
    prints->room = prints->room * 2 > needed ? prints->room * 2 : needed + 32;
    prints->items = mem_resize(prints->items, prints->room, sizeof(*prints->items));
}

void id_prints_keep(struct id_prints *prints)
{
    prints->kept = prints->count;
}

void id_prints_move(struct id_prints *from, struct id_prints *into)
{
    id_prints_begin(from);
    id_prints_begin(into);
    if (into->count == 0) {
        struct id_prints empty = *into;
        *into = *from;
        *from = empty;
    } else if (from->count > 0) {
        id_prints_reserve(into, from->count);
        memcpy(into->items + into->count, from->items, from->count * sizeof(*from->items));
        into->count += from->count;
        id_prints_keep(into);
    }
    id_prints_free(from);
}

/* The group of a fingerprint: its highest `bits` bits. */
static inline size_t group_of(uint64_t print, unsigned bits)
{
    return bits == 0 ? 0 : (size_t)(print >> (64 - bits));
}

/* Copies the fingerprints to `out`, group by group; ends[i] is where group i ends there. */
static void put_in_groups(const struct id_prints *prints, unsigned bits, uint64_t *out,
                          size_t *ends)
{
    size_t begin = 0;
    for (size_t i = 0; i < prints->kept; i++)
        ends[group_of(prints->items[i], bits)]++;
    for (size_t i = 0; i < (size_t)1 << bits; i++) {
        size_t count = ends[i];
        ends[i] = begin;
        begin += count;
    }
    for (size_t i = 0; i < prints->kept; i++)
        out[ends[group_of(prints->items[i], bits)]++] = prints->items[i];
}

/* Whether two of a group may be the same. */
static bool group_may_repeat(const uint64_t *prints, size_t count)
{
    uint32_t slots[SLOTS] = {0}; /* half a fingerprint, or 0 */
    bool may_repeat = count > GROUP_MAX;
    for (size_t i = 0; i < count && !may_repeat; i++) {
        uint32_t half = (uint32_t)prints[i] | 1;
        size_t slot = (size_t)(prints[i] >> 32) % SLOTS;
        while (slots[slot] != 0 && slots[slot] != half)
            slot = (slot + 1) % SLOTS;
        may_repeat = slots[slot] == half;
        slots[slot] = half;
    }
    return may_repeat;
}

bool id_prints_may_repeat(const struct id_prints *prints)
{
    unsigned bits = 0;
    while (prints->kept >> bits > GROUP_MEAN)
        bits++;
    if (prints->kept < 2)
        return false;
    uint64_t *grouped = mem_new(prints->kept, sizeof(*grouped));
    size_t *ends = mem_new((size_t)1 << bits, sizeof(*ends));
    put_in_groups(prints, bits, grouped, ends);
    bool may_repeat = false;
    for (size_t i = 0, begin = 0; i < (size_t)1 << bits && !may_repeat; begin = ends[i++])
        may_repeat = group_may_repeat(grouped + begin, ends[i] - begin);
    free(grouped);
    free(ends);
    return may_repeat;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

size_t id_prints_take_repeated(struct id_prints *prints)
{
    uint64_t *items = prints->items;
    size_t found = 0;
    if (prints->kept > 1)
        qsort(items, prints->kept, sizeof(*items), compare);
    for (size_t i = 1; i < prints->kept; i++)
        if (items[i] == items[i - 1] && (found == 0 || items[found - 1] != items[i]))
            items[found++] = items[i];
    prints->count = prints->kept = found;
    return found;
}

bool id_prints_have(const struct id_prints *prints, uint64_t print)
{
    return prints->kept > 0 &&
           bsearch(&print, prints->items, prints->kept, sizeof(print), compare) != NULL;
}
