#include "id_set.h"

#include <stdlib.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

enum { SLOTS_FIRST = 1024 };

/* An id's hash, and in a slot its state in the lowest bits of the second word. */
struct hashed {
    uint64_t words[2];
};

enum {
    SLOT_USED = 1, /* neither: an empty slot */
    SLOT_HELD = 2, /* without it: forgotten */
    SLOT_BITS = SLOT_USED | SLOT_HELD,
};

struct id_set {
    struct hash_key keys[2];
    struct hashed *slots; /* owned */
    size_t slot_count;    /* a power of two */
    size_t used;          /* held and forgotten */
    struct hashed *added; /* owned; by the attempt at hand */
    size_t added_count, added_room;
    uint64_t committed;
    uint64_t anonymous; /* ids made for those that have none */
};

struct id_set *id_set_new(void)
{
    struct id_set *set = mem_new(1, sizeof(*set));
    set->keys[0] = hash_key_new();
    set->keys[1] = hash_key_new();
    return set;
}

void id_set_free(struct id_set *set)
{
    if (set == NULL)
        return;
    free(set->slots);
    free(set->added);
    free(set);
}

static bool is_same(struct hashed a, struct hashed b)
{
    return a.words[0] == b.words[0] && (a.words[1] | SLOT_BITS) == (b.words[1] | SLOT_BITS);
}

/* The slot of an id, or the empty one where it belongs. */
static struct hashed *find(const struct id_set *set, struct hashed id)
{
    size_t i = (size_t)id.words[0] & (set->slot_count - 1);
    while ((set->slots[i].words[1] & SLOT_USED) != 0 && !is_same(set->slots[i], id))
        i = (i + 1) & (set->slot_count - 1);
    return &set->slots[i];
}

static void grow(struct id_set *set)
{
    struct hashed *old = set->slots;
    size_t old_count = set->slot_count;
    set->slot_count = old_count == 0 ? SLOTS_FIRST : old_count * 2;
    set->slots = mem_new(set->slot_count, sizeof(*set->slots));
    set->used = 0;
    for (size_t i = 0; i < old_count; i++)
        if ((old[i].words[1] & SLOT_HELD) != 0) {
            *find(set, old[i]) = old[i];
            set->used++;
        }
    free(old);
}

void id_set_begin(struct id_set *set)
{
    for (size_t i = 0; i < set->added_count; i++)
        find(set, set->added[i])->words[1] &= ~(uint64_t)SLOT_HELD;
    set->added_count = 0;
}

bool id_set_add(struct id_set *set, struct str id)
{
    if (set->used >= set->slot_count / 4 * 3)
        grow(set);
    struct hashed hashed = {{hash_str(&set->keys[0], id), hash_str(&set->keys[1], id)}};
    if (id.data == NULL)
        hashed = (struct hashed){{set->anonymous++, UINT64_MAX}};
    hashed.words[1] |= SLOT_BITS;
    struct hashed *slot = find(set, hashed);
    if ((slot->words[1] & SLOT_HELD) != 0)
        return false;
    set->used += (slot->words[1] & SLOT_USED) == 0;
    *slot = hashed;
    if (set->added_count == set->added_room) {
        set->added_room = set->added_room == 0 ? 512 : set->added_room * 2;
        set->added = mem_resize(set->added, set->added_room, sizeof(*set->added));
    }
    set->added[set->added_count++] = hashed;
    return true;
}

void id_set_commit(struct id_set *set)
{
    set->committed += set->added_count;
    set->added_count = 0;
}

void id_set_clear(struct id_set *set)
{
    free(set->slots);
    set->slots = NULL;
    set->slot_count = set->used = set->added_count = 0;
    set->committed = 0;
}

uint64_t id_set_count(const struct id_set *set)
{
    return set->committed;
}
