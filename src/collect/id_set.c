#include "id_set.h"

#include <stdlib.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

enum { SLOTS_FIRST = 1024 };

struct hashed {
    uint64_t words[2];
};

struct slot {
    struct hashed id;
    enum { SLOT_EMPTY, SLOT_HELD, SLOT_FORGOTTEN } state;
};

struct id_set {
    struct hash_key keys[2];
    struct slot *slots;   /* owned */
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

/* The slot of an id, or the empty one where it belongs. */
static struct slot *find(const struct id_set *set, struct hashed id)
{
    size_t i = (size_t)id.words[0] & (set->slot_count - 1);
    while (set->slots[i].state != SLOT_EMPTY &&
           (set->slots[i].id.words[0] != id.words[0] || set->slots[i].id.words[1] != id.words[1]))
        i = (i + 1) & (set->slot_count - 1);
    return &set->slots[i];
}

static void grow(struct id_set *set)
{
    struct slot *old = set->slots;
    size_t old_count = set->slot_count;
    set->slot_count = old_count == 0 ? SLOTS_FIRST : old_count * 2;
    set->slots = mem_new(set->slot_count, sizeof(*set->slots));
    set->used = 0;
    for (size_t i = 0; i < old_count; i++)
        if (old[i].state == SLOT_HELD) {
            *find(set, old[i].id) = old[i];
            set->used++;
        }
    free(old);
}

void id_set_begin(struct id_set *set)
{
    for (size_t i = 0; i < set->added_count; i++)
        find(set, set->added[i])->state = SLOT_FORGOTTEN;
    set->added_count = 0;
}

bool id_set_add(struct id_set *set, struct str id)
{
    if (set->used >= set->slot_count / 2)
        grow(set);
    struct hashed hashed = {{hash_str(&set->keys[0], id), hash_str(&set->keys[1], id)}};
    if (id.data == NULL)
        hashed = (struct hashed){{set->anonymous++, UINT64_MAX}};
    struct slot *slot = find(set, hashed);
    if (slot->state == SLOT_HELD)
        return false;
    set->used += slot->state == SLOT_EMPTY;
    *slot = (struct slot){hashed, SLOT_HELD};
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
