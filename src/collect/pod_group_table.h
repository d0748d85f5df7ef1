/*
 * What the scheduler's PodGroups say of workloads, by the workloads' uids: the sum over all
 * PodGroups of one. Uids and names are kept as keyed 128-bit hashes.
 */
#ifndef ROLLCALL_POD_GROUP_TABLE_H
#define ROLLCALL_POD_GROUP_TABLE_H

#include "rollcall/decode.h"

struct pod_group_table;

/* Hashed with the keys of a table. */
struct pod_group_row {
    uint64_t identity[2]; /* which PodGroup it is */
    uint64_t owner[2];
    struct pod_group_gpus gpus;
    uint64_t repaired;
    bool is_anonymous; /* others of its owner, which are not it, have this identity too */
};

struct pod_group_table *pod_group_table_new(void);
void pod_group_table_free(struct pod_group_table *table); /* accepts NULL */

/*
 * A PodGroup as the table will read it. It is the same as another one with its uid, else with its
 * name in its namespace, else (its name is all it says) with its name and owner. One that does not
 * even have a name may be any such one of its owner.
 */
struct pod_group_row pod_group_table_row(const struct pod_group_table *table,
                                         const struct pod_group *group);
/*
 * Adds all PodGroups there are, in any order, which it changes. One that comes several times counts
 * once; where it does not say the same each time, or it may be either one or several, its owners
 * are left without a figure. So does one without a figure, and a sum above AMOUNT_MAX. Returns how
 * many values were repaired in those that count.
 */
uint64_t pod_group_table_add(struct pod_group_table *table, struct pod_group_row *rows,
                             size_t count);
/* For decoders; `table` is a struct pod_group_table. */
bool pod_group_table_find(const void *table, struct str uid, struct pod_group_gpus *gpus);

#endif
