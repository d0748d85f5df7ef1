/*
 * Fingerprints of the ids that lists have shown: 8 bytes an id, enough to learn that no id came
 * twice without keeping any. Two ids may share a fingerprint, so a repetition is only a suspicion.
 * An attempt's fingerprints count only once it is kept, so that a page that is asked again is not
 * taken for a repetition. Zeroed memory is an empty set.
 */
#ifndef ROLLCALL_ID_PRINTS_H
#define ROLLCALL_ID_PRINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_prints {
    uint64_t *items; /* owned */
    size_t count, kept, room;
};

void id_prints_free(struct id_prints *prints); /* leaves it empty and usable */

/* An attempt begins: forgets what was not kept. */
void id_prints_begin(struct id_prints *prints);
void id_prints_reserve(struct id_prints *prints, size_t more);
/* Adds an id's hash_quick(). */
static inline void id_prints_add(struct id_prints *prints, uint64_t print)
{
    if (prints->count == prints->room)
        id_prints_reserve(prints, 1);
    prints->items[prints->count++] = print;
}

void id_prints_keep(struct id_prints *prints);
/* Moves what `from` has kept to `into`, which keeps it; `from` is left empty. */
void id_prints_move(struct id_prints *from, struct id_prints *into);

/* Whether any fingerprint may have been kept more than once: always true if one was, and seldom
 * else. Linear; holds as much again for the time being. */
bool id_prints_may_repeat(const struct id_prints *prints);
/* Leaves those that were kept more than once, each once, for id_prints_have(); their number. */
size_t id_prints_take_repeated(struct id_prints *prints);
/* Whether it is among those that id_prints_take_repeated() left. */
bool id_prints_have(const struct id_prints *prints, uint64_t print);

#endif
