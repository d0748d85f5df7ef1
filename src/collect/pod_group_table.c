#include "pod_group_table.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

enum { SLOTS_FIRST = 256 };

struct slot {
    uint64_t owner[2];
    struct pod_group_gpus gpus;
    bool is_used;
};

struct pod_group_table {
    struct hash_key keys[2];
    struct slot *slots; /* owned */
    size_t slot_count;  /* a power of two */
    size_t used;
};

struct pod_group_table *pod_group_table_new(void)
{
    struct pod_group_table *table = mem_new(1, sizeof(*table));
    table->keys[0] = hash_key_new();
    table->keys[1] = hash_key_new();
    table->slot_count = SLOTS_FIRST;
    table->slots = mem_new(table->slot_count, sizeof(*table->slots));
    return table;
}

void pod_group_table_free(struct pod_group_table *table)
{
    if (table == NULL)
        return;
    free(table->slots);
    free(table);
}

/* The slot of an owner, or the unused one where it belongs. */
static struct slot *find(const struct pod_group_table *table, const uint64_t owner[2])
{
    size_t i = (size_t)owner[0] & (table->slot_count - 1);
    while (table->slots[i].is_used &&
           (table->slots[i].owner[0] != owner[0] || table->slots[i].owner[1] != owner[1]))
        i = (i + 1) & (table->slot_count - 1);
    return &table->slots[i];
}

static void grow(struct pod_group_table *table)
{
    struct slot *old = table->slots;
    size_t old_count = table->slot_count;
    table->slot_count = old_count * 2;
    table->slots = mem_new(table->slot_count, sizeof(*table->slots));
    for (size_t i = 0; i < old_count; i++)
        if (old[i].is_used)
            *find(table, old[i].owner) = old[i];
    free(old);
}

static void hash_text(const struct pod_group_table *table, struct str text, uint64_t hash[2])
{
    for (int i = 0; i < 2; i++)
        hash[i] = hash_str(&table->keys[i], text);
}

/* By what a PodGroup is known, and the two texts that say it. */
enum identity { BY_UID, BY_NAMESPACE, BY_OWNER };

static void identify(const struct pod_group_table *table, enum identity by, struct str scope,
                     struct str name, uint64_t identity[2])
{
    for (int i = 0; i < 2; i++) {
        const struct hash_key *key = &table->keys[i];
        const uint64_t parts[] = {by, hash_str(key, scope), hash_str(key, name)};
        identity[i] = hash_str(key, (struct str){(const char *)parts, sizeof parts});
    }
}

struct pod_group_row pod_group_table_row(const struct pod_group_table *table,
                                         const struct pod_group *group)
{
    struct pod_group_row row = {.gpus = group->gpus, .repaired = group->repaired};
    hash_text(table, group->owner, row.owner);
    if (group->uid.len > 0)
        identify(table, BY_UID, group->uid, (struct str){0}, row.identity);
    else if (group->name.len > 0 && group->namespace.len > 0)
        identify(table, BY_NAMESPACE, group->namespace, group->name, row.identity);
    else
        identify(table, BY_OWNER, group->owner, group->name, row.identity);
    row.is_anonymous = group->uid.len == 0 && group->name.len == 0;
    return row;
}

static void add_amount(int64_t *sum, int64_t amount)
{
    bool is_known = *sum != AMOUNT_NULL && amount != AMOUNT_NULL && amount <= AMOUNT_MAX - *sum;
    *sum = is_known ? *sum + amount : AMOUNT_NULL;
}

static void add(struct pod_group_table *table, const struct pod_group_row *row)
{
    struct slot *slot = find(table, row->owner);
    if (slot->is_used) {
        add_amount(&slot->gpus.allocated, row->gpus.allocated);
        add_amount(&slot->gpus.requested, row->gpus.requested);
        return;
    }
    *slot = (struct slot){{row->owner[0], row->owner[1]}, row->gpus, true};
    if (++table->used >= table->slot_count / 2)
        grow(table);
}

/* Any order will do that has the same ones together and does not depend on where they came from. */
static int compare(const void *a, const void *b)
{
    return memcmp(a, b, offsetof(struct pod_group_row, is_anonymous));
}

static bool is_same_group(const struct pod_group_row *a, const struct pod_group_row *b)
{
    return memcmp(a->identity, b->identity, sizeof a->identity) == 0;
}

static bool says_the_same(const struct pod_group_row *a, const struct pod_group_row *b)
{
    return !a->is_anonymous && memcmp(a->owner, b->owner, sizeof a->owner) == 0 &&
           a->gpus.allocated == b->gpus.allocated && a->gpus.requested == b->gpus.requested;
}

uint64_t pod_group_table_add(struct pod_group_table *table, struct pod_group_row *rows,
                             size_t count)
{
    uint64_t repaired = 0;
    if (count > 0) /* `rows` may be NULL, which qsort() does not take */
        qsort(rows, count, sizeof(*rows), compare);
    for (size_t i = 0, end; i < count; i = end) {
        bool is_clear = true;
        for (end = i + 1; end < count && is_same_group(&rows[i], &rows[end]); end++)
            is_clear = is_clear && says_the_same(&rows[i], &rows[end]);
        for (size_t j = i; j < (is_clear ? i + 1 : end); j++) {
            if (!is_clear)
                rows[j].gpus = (struct pod_group_gpus){AMOUNT_NULL, AMOUNT_NULL};
            add(table, &rows[j]);
            repaired += rows[j].repaired;
        }
    }
    return repaired;
}

bool pod_group_table_find(const void *arg, struct str uid, struct pod_group_gpus *gpus)
{
    const struct pod_group_table *table = arg;
    uint64_t owner[2];
    hash_text(table, uid, owner);
    const struct slot *slot = find(table, owner);
    if (slot->is_used)
        *gpus = slot->gpus;
    return slot->is_used;
}
