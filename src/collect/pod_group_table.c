#include "pod_group_table.h"

#include <stdlib.h>

#include "rollcall/hash.h"
#include "rollcall/mem.h"

enum { SLOTS_FIRST = 256 };

struct slot {
    struct pod_group_row row;
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
           (table->slots[i].row.owner[0] != owner[0] || table->slots[i].row.owner[1] != owner[1]))
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
            *find(table, old[i].row.owner) = old[i];
    free(old);
}

static struct pod_group_row hash_owner(const struct pod_group_table *table, struct str owner)
{
    return (struct pod_group_row){
        .owner = {hash_str(&table->keys[0], owner), hash_str(&table->keys[1], owner)}};
}

struct pod_group_row pod_group_table_row(const struct pod_group_table *table,
                                         const struct pod_group *group)
{
    struct pod_group_row row = hash_owner(table, group->owner);
    row.gpus = group->gpus;
    return row;
}

static void add_amount(int64_t *sum, int64_t amount)
{
    bool is_known = *sum != AMOUNT_NULL && amount != AMOUNT_NULL && amount <= AMOUNT_MAX - *sum;
    *sum = is_known ? *sum + amount : AMOUNT_NULL;
}

void pod_group_table_add(struct pod_group_table *table, const struct pod_group_row *row)
{
    struct slot *slot = find(table, row->owner);
    if (slot->is_used) {
        add_amount(&slot->row.gpus.allocated, row->gpus.allocated);
        add_amount(&slot->row.gpus.requested, row->gpus.requested);
        return;
    }
    *slot = (struct slot){*row, true};
    if (++table->used >= table->slot_count / 2)
        grow(table);
}

bool pod_group_table_find(const void *arg, struct str uid, struct pod_group_gpus *gpus)
{
    const struct pod_group_table *table = arg;
    const struct pod_group_row row = hash_owner(table, uid);
    const struct slot *slot = find(table, row.owner);
    if (slot->is_used)
        *gpus = slot->row.gpus;
    return slot->is_used;
}
