/*
 * The spool: records on disk until the report is put together, in a file that has no name. Memory
 * stays small whatever the fleet sends: a stage holds at most 128 KiB of records, then writes them
 * as a sorted run; reading merges the runs (at most 128 at a time, in several passes if there are
 * more).
 *
 * An attempt writes to a stage. spool_stage_commit() adds its records to a set (a cluster's),
 * spool_stage_rollback() forgets them and gives the disk space back.
 *
 * Order within a set: project, name, id, then the whole record, bytewise, no value first.
 */
#ifndef ROLLCALL_SPOOL_H
#define ROLLCALL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/error.h"
#include "rollcall/record.h"

struct spool;
struct spool_stage;
struct spool_set; /* an ordered bag of committed records */

/* Makes the file in `directory`, or in $TMPDIR, or in /var/tmp when it is NULL; NULL after filling
 * `error` (ERR_INTERNAL, names the directory and the cause). */
struct spool *spool_new(const char *directory, struct error *error);
/* All stages and sets must be freed before. Accepts NULL. */
void spool_free(struct spool *spool);

/* Never NULL. The stage borrows the spool. */
struct spool_stage *spool_stage_new(struct spool *spool);
void spool_stage_free(struct spool_stage *stage); /* rolls back; accepts NULL */
/* Copies the record. False after filling `error` when the disk refuses (a failure the spool keeps).
 */
bool spool_stage_add(struct spool_stage *stage, const struct workload *workload,
                     struct error *error);
void spool_stage_rollback(struct spool_stage *stage);
bool spool_stage_commit(struct spool_stage *stage, struct spool_set *set, struct error *error);

struct spool_set *spool_set_new(struct spool *spool); /* small; borrows the spool */
void spool_set_free(struct spool_set *set);           /* accepts NULL */
/* Forgets its records and gives the disk space back. */
void spool_set_clear(struct spool_set *set);
/* Moves all records of `from`, which is left empty, to `into`. */
void spool_set_move(struct spool_set *from, struct spool_set *into);
uint64_t spool_set_count(const struct spool_set *set);

/* Calls `fn` for each record in order; the record is borrowed until it returns. `fn` returns false
 * to stop. False when it was stopped, or after filling `error` when reading failed. Can be called
 * again. */
typedef bool spool_fn(void *arg, const struct workload *workload);
bool spool_set_each(struct spool_set *set, spool_fn *fn, void *arg, struct error *error);

/* Whether the disk refused something at any time, and what; such a run has no trustworthy report.
 */
bool spool_has_failed(const struct spool *spool, struct error *error);

#endif
