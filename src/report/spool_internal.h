/*
 * What the two halves of the spool share: spool.c owns the file, the stages and the sets;
 * spool_merge.c reads sorted runs back in order.
 */
#ifndef SPOOL_INTERNAL_H
#define SPOOL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/spool.h"

#define SPOOL_BLOCK_BYTES  ((size_t)64 << 10)  /* gathered before it is written */
#define SPOOL_STAGE_FIRST  ((size_t)8 << 10)   /* a stage begins with so much ... */
#define SPOOL_STAGE_MAX    ((size_t)128 << 10) /* ... and grows to this */
#define SPOOL_WINDOW_BYTES ((size_t)16 << 10)  /* of each run that is being read */
#define SPOOL_FAN_IN       ((size_t)128)       /* runs read at the same time */
#define SPOOL_MERGE_BYTES  ((size_t)4 << 20)   /* all their windows, unless two need more */

/* Sorted records that lie one behind the other in the file. */
struct spool_run {
    uint64_t offset;
    uint64_t bytes;
    size_t record_max; /* the longest record's length */
};

struct run_list {
    struct spool_run *items; /* owned */
    uint32_t count;
    uint32_t cap;
};

struct spool {
    int fd;
    char *directory;
    uint64_t end;         /* where the next run begins */
    struct error failure; /* the first one; nothing is written or read after it */
    struct spool_run writing;
    size_t used;
    unsigned char block[SPOOL_BLOCK_BYTES];
};

struct spool_set {
    struct spool *spool;
    struct run_list runs;
    uint64_t record_count;
};

void run_list_add(struct run_list *list, struct spool_run run);

/* Keeps a failure with its cause (an errno, or 0 for a damaged file); always false. */
bool spool_fail(struct spool *spool, const char *action, int cause);
/* False after filling `error` when the spool has failed. */
bool spool_is_usable(const struct spool *spool, struct error *error);

/* One run at a time is written: begin, its records in order, end. A failure shows at the end. */
void spool_run_begin(struct spool *spool);
void spool_run_put(struct spool *spool, const unsigned char *record, size_t len);
bool spool_run_end(struct spool *spool, struct spool_run *run);

bool spool_read(struct spool *spool, uint64_t offset, void *data, size_t len);
/* Gives the run's disk space back where the file system can. */
void spool_run_drop(struct spool *spool, const struct spool_run *run);

#endif
