/*
 * What the scheduler's PodGroups say of workloads, by the workloads' uids: the sum over all
 * PodGroups of one. Uids are kept as keyed 128-bit hashes.
 */
#ifndef ROLLCALL_POD_GROUP_TABLE_H
#define ROLLCALL_POD_GROUP_TABLE_H

#include "rollcall/decode.h"

struct pod_group_table;

struct pod_group_row {
    uint64_t owner[2]; /* hashed with the keys of a table */
    struct pod_group_gpus gpus;
};

struct pod_group_table *pod_group_table_new(void);
void pod_group_table_free(struct pod_group_table *table); /* accepts NULL */

/* A PodGroup as the table will keep it. */
struct pod_group_row pod_group_table_row(const struct pod_group_table *table,
                                         const struct pod_group *group);
/* One without a figure leaves none for its owner, and so does a sum above AMOUNT_MAX. */
void pod_group_table_add(struct pod_group_table *table, const struct pod_group_row *row);
/* For decoders; `table` is a struct pod_group_table. */
bool pod_group_table_find(const void *table, struct str uid, struct pod_group_gpus *gpus);

#endif
