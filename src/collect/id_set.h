/*
 * The ids a paged list has shown, so that one that pages shift under is counted once. Ids are kept
 * as keyed 126-bit hashes, in a table of 16-byte slots that is at most three quarters full and
 * doubles then. An attempt's ids count only once it is committed, so that a page that is asked
 * again is not taken for a repetition.
 */
#ifndef ROLLCALL_ID_SET_H
#define ROLLCALL_ID_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/str.h"

struct id_set;

struct id_set *id_set_new(void);
void id_set_free(struct id_set *set); /* accepts NULL */

/* An attempt begins: forgets what an uncommitted one added. */
void id_set_begin(struct id_set *set);
/* Adds an id; false when the attempt, or a committed one, had it already. "No value" is never a
 * repetition. */
bool id_set_add(struct id_set *set, struct str id);
void id_set_commit(struct id_set *set);
/* Forgets everything. */
void id_set_clear(struct id_set *set);
/* Committed ids. */
uint64_t id_set_count(const struct id_set *set);

#endif
