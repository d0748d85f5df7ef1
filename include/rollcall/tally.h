/*
 * Exact counts over workloads, in all and by phase, type, project and user. Adding and merging
 * commute, so any order and any split into shards give the same result.
 */
#ifndef ROLLCALL_TALLY_H
#define ROLLCALL_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/amount.h"
#include "rollcall/record.h"

struct count {
    int64_t workloads;
    int64_t workloads_without_gpus;
    amount_sum gpus_allocated; /* of those that have a figure */
};

struct key_count {
    struct str key; /* owned by its map */
    struct count count;
};

struct count_map; /* str -> count; "no value" is a key like any other; NULL: empty */

struct tally {
    struct count all;
    struct count by_phase[PHASE_COUNT];
    struct count by_type[TYPE_COUNT];
    struct count_map *by_project;
    struct count_map *by_user;
};

void tally_init(struct tally *tally);
void tally_free(struct tally *tally);  /* leaves it empty and usable */
void tally_clear(struct tally *tally); /* back to nothing, memory kept */
void tally_add(struct tally *tally, const struct workload *workload);
void tally_merge(struct tally *into, const struct tally *from);
/* The same, and leaves `from` as tally_clear() does. */
void tally_move(struct tally *from, struct tally *into);

/* What one workload counts for. */
static inline struct count count_of_workload(const struct workload *workload)
{
    bool has_gpus = workload->gpus_allocated != AMOUNT_NULL;
    return (struct count){
        .workloads = 1,
        .workloads_without_gpus = has_gpus ? 0 : 1,
        .gpus_allocated = has_gpus ? workload->gpus_allocated : 0,
    };
}

void count_add(struct count *into, const struct count *from);

/* Whether the sum of GPUs means something: over no workloads it is 0, over workloads of which none
 * has a figure it is null. Whoever prints a count asks here. */
bool count_has_gpus(const struct count *count);

/* The map's entries sorted by key, no value first: an array the caller frees, never NULL; keys are
 * borrowed from the map until it changes. A NULL map is empty. */
struct key_count *count_map_sorted(const struct count_map *map, size_t *count);

#endif
