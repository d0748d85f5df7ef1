#include "rollcall/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

/*
 * Entries stand in the order they came; `slots` holds their index + 1, 0 for an empty slot, and has
 * a power of two of places of which at most half are taken. The hash is keyed, for servers choose
 * the keys.
 */
struct count_map {
    struct key_count *entries;
    uint64_t *hashes; /* of the entries' keys */
    size_t count;
    size_t cap;
    uint32_t *slots;
    size_t slot_count;
    struct arena *keys; /* owns the keys' bytes */
    size_t last;        /* the index of the entry that was asked for last */
    struct hash_key hash_key;
};

enum { MAP_FIRST_ENTRIES = 8 };

static struct count_map *map_new(void)
{
    struct count_map *map = mem_new(1, sizeof *map);
    map->hash_key = hash_key_new();
    map->keys = arena_new();
    return map;
}

static void map_free(struct count_map *map)
{
    if (map == NULL)
        return;
    free(map->entries);
    free(map->hashes);
    free(map->slots);
    arena_free(map->keys);
    free(map);
}

static void map_clear(struct count_map *map)
{
    if (map == NULL)
        return;
    map->count = 0;
    if (map->slots != NULL)
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    arena_reset(map->keys);
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t *map_slot(const struct count_map *map, struct str key, uint64_t hash)
{
    size_t i = (size_t)hash & (map->slot_count - 1);
    for (; map->slots[i] != 0; i = (i + 1) & (map->slot_count - 1)) {
        size_t index = map->slots[i] - 1;
        if (map->hashes[index] == hash && str_equals(map->entries[index].key, key))
            break;
    }
    return &map->slots[i];
}

static void map_grow(struct count_map *map)
{
    map->cap = map->cap == 0 ? MAP_FIRST_ENTRIES : map->cap * 2;
    assert(map->cap < UINT32_MAX);
    map->entries = mem_resize(map->entries, map->cap, sizeof *map->entries);
    map->hashes = mem_resize(map->hashes, map->cap, sizeof *map->hashes);
    free(map->slots);
    map->slot_count = map->cap * 2;
    map->slots = mem_new(map->slot_count, sizeof *map->slots);
    for (size_t i = 0; i < map->count; i++)
        *map_slot(map, map->entries[i].key, map->hashes[i]) = (uint32_t)(i + 1);
}

/* The count of a key, made when it is new. */
static struct count *map_get(struct count_map **map_at, struct str key)
{
    if (*map_at == NULL)
        *map_at = map_new();
    struct count_map *map = *map_at;
    /* A list names the same project again and again. */
    if (map->last < map->count && str_equals(map->entries[map->last].key, key))
        return &map->entries[map->last].count;
    uint64_t hash = hash_quick(&map->hash_key, key);
    uint32_t *slot = map->slots == NULL ? NULL : map_slot(map, key, hash);
    if (slot != NULL && *slot != 0) {
        map->last = *slot - 1;
        return &map->entries[map->last].count;
    }
    if (slot == NULL || map->count == map->cap) {
        map_grow(map);
        slot = map_slot(map, key, hash);
    }
    struct key_count *entry = &map->entries[map->count];
    *entry = (struct key_count){.key = key};
    if (key.data != NULL)
        entry->key.data = arena_copy(map->keys, key.data, key.len);
    map->hashes[map->count] = hash;
    map->last = map->count++;
    *slot = (uint32_t)map->count;
    return &entry->count;
}

static void map_merge(struct count_map **into, const struct count_map *from)
{
    for (size_t i = 0; from != NULL && i < from->count; i++)
        count_add(map_get(into, from->entries[i].key), &from->entries[i].count);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key_count *left = a, *right = b;
    return str_compare(left->key, right->key);
}

struct key_count *count_map_sorted(const struct count_map *map, size_t *count)
{
    *count = map == NULL ? 0 : map->count;
    struct key_count *sorted = mem_new(*count == 0 ? 1 : *count, sizeof *sorted);
    if (*count > 0) {
        memcpy(sorted, map->entries, *count * sizeof *sorted);
        qsort(sorted, *count, sizeof *sorted, compare_keys);
    }
    return sorted;
}

void count_add(struct count *into, const struct count *from)
{
    into->workloads += from->workloads;
    into->workloads_without_gpus += from->workloads_without_gpus;
    into->gpus_allocated += from->gpus_allocated;
}

bool count_has_gpus(const struct count *count)
{
    return count->workloads == 0 || count->workloads_without_gpus < count->workloads;
}

void tally_init(struct tally *tally)
{
    *tally = (struct tally){0};
}

void tally_free(struct tally *tally)
{
    map_free(tally->by_project);
    map_free(tally->by_user);
    tally_init(tally);
}

void tally_clear(struct tally *tally)
{
    struct count_map *by_project = tally->by_project, *by_user = tally->by_user;
    map_clear(by_project);
    map_clear(by_user);
    *tally = (struct tally){.by_project = by_project, .by_user = by_user};
}

void tally_add(struct tally *tally, const struct workload *workload)
{
    const struct count one = count_of_workload(workload);
    count_add(&tally->all, &one);
    count_add(&tally->by_phase[workload->phase], &one);
    count_add(&tally->by_type[workload->type], &one);
    count_add(map_get(&tally->by_project, workload->project), &one);
    count_add(map_get(&tally->by_user, workload->user), &one);
}

void tally_move(struct tally *from, struct tally *into)
{
    if (into->all.workloads == 0) {
        struct tally empty = *into;
        *into = *from;
        *from = empty;
    } else {
        tally_merge(into, from);
    }
    tally_clear(from);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    count_add(&into->all, &from->all);
    for (int i = 0; i < PHASE_COUNT; i++)
        count_add(&into->by_phase[i], &from->by_phase[i]);
    for (int i = 0; i < TYPE_COUNT; i++)
        count_add(&into->by_type[i], &from->by_type[i]);
    map_merge(&into->by_project, from->by_project);
    map_merge(&into->by_user, from->by_user);
}
