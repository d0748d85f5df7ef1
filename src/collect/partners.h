/*
 * Which workload of one side is which of the other: by id, else by project and name, each once. One
 * side's are added, then each of the other side's takes its partner. Ids go before names: an added
 * workload whose id the other side has is never taken by name. Of several that share project and
 * name the first one added that is free is taken.
 *
 * Holds no texts but keyed 128-bit hashes of them: 48 bytes an added workload. Taking costs two
 * binary searches, however many share a name.
 */
#ifndef PARTNERS_H
#define PARTNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/record.h"

struct partners;

#define PARTNER_NONE SIZE_MAX

struct partners *partners_new(void);
void partners_free(struct partners *partners); /* accepts NULL */

/* Adds one; they are numbered from 0 in this order. Borrows nothing. */
void partners_add(struct partners *partners, const struct workload *workload);
/* All are added. Comes before any of the calls below. */
void partners_index(struct partners *partners);

/* First for all workloads of the other side: those of the added that have its id wait for it. */
void partners_claim(struct partners *partners, const struct workload *workload);
/* Then for each of them: the number of its partner, which is taken now, or PARTNER_NONE. */
size_t partners_take(struct partners *partners, const struct workload *workload);

bool partners_is_taken(const struct partners *partners, size_t number);

/* The project it counts as: the one it names, else the one it was asked for. */
struct str partners_project(const struct workload *workload);

/* How many added workloads were looked at for a free one of a name, for tests. */
uint64_t partners_steps(const struct partners *partners);

#endif
