#include "partners.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

struct print {
    uint64_t words[2];
};

struct partner {
    struct print id, name; /* `name`: of project and name */
    uint32_t next; /* of the first of a name: how many at its beginning are known not to be free */
    bool has_id, has_name;
    bool is_claimed, is_taken;
};

struct partners {
    struct hash_key id_keys[2], project_keys[2], name_keys[2];
    struct partner *items; /* owned */
    size_t count, room;
    uint32_t *by_id; /* owned; those that have an id, by its hash */
    size_t by_id_count;
    uint32_t *by_name; /* owned; those that have a name, by its hash, then as they were added */
    size_t by_name_count;
    uint64_t steps;
};

struct partners *partners_new(void)
{
    struct partners *partners = mem_new(1, sizeof(*partners));
    for (int i = 0; i < 2; i++) {
        partners->id_keys[i] = hash_key_new();
        partners->project_keys[i] = hash_key_new();
        partners->name_keys[i] = hash_key_new();
    }
    return partners;
}

void partners_free(struct partners *partners)
{
    if (partners == NULL)
        return;
    free(partners->items);
    free(partners->by_id);
    free(partners->by_name);
    free(partners);
}

struct str partners_project(const struct workload *workload)
{
    return workload->project.data != NULL ? workload->project : workload->project_asked;
}

static struct print print_id(const struct partners *partners, const struct workload *workload)
{
    struct print print;
    for (int i = 0; i < 2; i++)
        print.words[i] = hash_str(&partners->id_keys[i], workload->id);
    return print;
}

/* No project and one with an empty name are not the same. */
static struct print print_name(const struct partners *partners, const struct workload *workload)
{
    struct str project = partners_project(workload);
    struct print print;
    for (int i = 0; i < 2; i++) {
        print.words[i] = hash_str(&partners->name_keys[i], workload->name);
        if (project.data != NULL)
            print.words[i] ^= hash_str(&partners->project_keys[i], project);
    }
    return print;
}

static int compare_prints(const struct print *a, const struct print *b)
{
    int first = a->words[0] != b->words[0] ? 0 : 1;
    return (a->words[first] > b->words[first]) - (a->words[first] < b->words[first]);
}

void partners_add(struct partners *partners, const struct workload *workload)
{
    assert(partners->count < UINT32_MAX);
    if (partners->count == partners->room) {
        partners->room = partners->room == 0 ? 64 : partners->room * 2;
        partners->items = mem_resize(partners->items, partners->room, sizeof(*partners->items));
    }
    struct partner *item = &partners->items[partners->count++];
    *item = (struct partner){.has_id = workload->id.data != NULL,
                             .has_name = workload->name.data != NULL};
    if (item->has_id)
        item->id = print_id(partners, workload);
    if (item->has_name)
        item->name = print_name(partners, workload);
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_ids(const void *a, const void *b, void *arg)
{
    const struct partner *items = arg;
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = compare_prints(&items[left].id, &items[right].id);
    return order != 0 ? order : compare_numbers(left, right);
}

static int compare_names(const void *a, const void *b, void *arg)
{
    const struct partner *items = arg;
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = compare_prints(&items[left].name, &items[right].name);
    return order != 0 ? order : compare_numbers(left, right);
}

void partners_index(struct partners *partners)
{
    size_t count = partners->count;
    partners->by_id = mem_new(count, sizeof(*partners->by_id));
    partners->by_name = mem_new(count, sizeof(*partners->by_name));
    for (size_t i = 0; i < count; i++) {
        if (partners->items[i].has_id)
            partners->by_id[partners->by_id_count++] = (uint32_t)i;
        if (partners->items[i].has_name)
            partners->by_name[partners->by_name_count++] = (uint32_t)i;
    }
    qsort_r(partners->by_id, partners->by_id_count, sizeof(*partners->by_id), compare_ids,
            partners->items);
    qsort_r(partners->by_name, partners->by_name_count, sizeof(*partners->by_name), compare_names,
            partners->items);
}

static struct partner *find_id(const struct partners *partners, const struct workload *workload)
{
    size_t low = 0, high = partners->by_id_count;
    if (workload->id.data == NULL)
        return NULL;
    const struct print print = print_id(partners, workload);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_prints(&partners->items[partners->by_id[middle]].id, &print) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == partners->by_id_count)
        return NULL;
    struct partner *item = &partners->items[partners->by_id[low]];
    return compare_prints(&item->id, &print) == 0 ? item : NULL;
}

/* The first one of this print in by_name that is free. */
static struct partner *find_free(struct partners *partners, size_t first, const struct print *print)
{
    if (first == partners->by_name_count)
        return NULL;
    uint32_t *next = &partners->items[partners->by_name[first]].next;
    for (size_t at = first + *next; at < partners->by_name_count; at++, (*next)++) {
        struct partner *item = &partners->items[partners->by_name[at]];
        partners->steps++;
        if (compare_prints(&item->name, print) != 0)
            return NULL;
        if (!item->is_claimed && !item->is_taken)
            return item;
    }
    return NULL;
}

static struct partner *find_name(struct partners *partners, const struct workload *workload)
{
    size_t low = 0, high = partners->by_name_count;
    if (workload->name.data == NULL)
        return NULL;
    const struct print print = print_name(partners, workload);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_prints(&partners->items[partners->by_name[middle]].name, &print) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return find_free(partners, low, &print);
}

void partners_claim(struct partners *partners, const struct workload *workload)
{
    struct partner *item = find_id(partners, workload);
    if (item != NULL)
        item->is_claimed = true;
}

size_t partners_take(struct partners *partners, const struct workload *workload)
{
    struct partner *item = find_id(partners, workload);
    if (item == NULL || item->is_taken)
        item = find_name(partners, workload);
    if (item == NULL)
        return PARTNER_NONE;
    item->is_taken = true;
    return (size_t)(item - partners->items);
}

bool partners_is_taken(const struct partners *partners, size_t number)
{
    return partners->items[number].is_taken;
}

uint64_t partners_steps(const struct partners *partners)
{
    return partners->steps;
}
