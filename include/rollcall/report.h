/*
 * The report, `rollcall.report/1`: plain data plus the workloads in the spool. Filled by the
 * collector, read by the renderers. report_finish() derives everything that can be derived (order,
 * coverage, totals' basis), so that no two places compute the same figure.
 */
#ifndef ROLLCALL_REPORT_H
#define ROLLCALL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/error.h"
#include "rollcall/mem.h"
#include "rollcall/record.h"
#include "rollcall/spool.h"
#include "rollcall/tally.h"

enum entry_status { STATUS_OK, STATUS_PARTIAL, STATUS_FAILED, STATUS_SKIPPED };

struct report_error {
    enum error_class class; /* ERR_NONE: no error, printed as null */
    const char *message;
    int http_status; /* 0: null */
    unsigned attempts;
};

struct project_entry {
    const char *name;
    enum entry_status status; /* STATUS_OK or STATUS_FAILED */
    struct report_error error;
    struct count count; /* meaningful when STATUS_OK */
    int64_t gpus_quota; /* an amount, or AMOUNT_NULL */
};

struct cluster_entry {
    const char *name;
    const char *url;
    const char *api;
    const char *const *labels; /* NULL-terminated */
    bool is_optional;
    enum entry_status status;
    const char *reason; /* why skipped; else NULL */
    struct report_error error;
    const char **warnings; /* `warning_count` texts, sorted */
    size_t warning_count;
    uint64_t repaired;
    int64_t certificate_expires_at; /* seconds since 1970, or TIME_NULL */
    uint64_t requests;
    uint64_t retries;
    int64_t bytes;
    int64_t duration_ms;
    struct count count; /* meaningful when ok or partial */
    struct project_entry *projects;
    size_t project_count;
    struct spool_set *workloads; /* NULL: none, or not wanted */
};

struct coverage {
    unsigned selected, ok, partial, failed, skipped, stale;
    unsigned optional; /* failed or skipped, and excused because they are optional */
    int64_t ratio;     /* an amount: ok / selected; 1 when none was selected */
    bool is_complete;  /* every selected cluster answered in full, or is excused */
};

struct report {
    struct arena *arena; /* owns the texts and arrays of the entries */
    char run_id[37];
    int64_t started_at; /* seconds since 1970 */
    int64_t finished_at;
    int64_t duration_ms;
    char host[256];
    unsigned shard_index;
    unsigned shard_count;
    const char *interrupted_by; /* "SIGTERM"; NULL: it was not */
    bool has_workloads;         /* false: the list is left out (--no-workloads) */

    struct cluster_entry *clusters; /* sorted by name once finished */
    size_t cluster_count;

    struct tally totals; /* over ok and partial clusters */
    unsigned totals_clusters;
    uint64_t totals_repaired;
    struct coverage coverage;
};

/* An empty report with a fresh run id and this host's name; owned by the caller. */
struct report *report_new(void);
/* Frees it and the sets of its clusters (not the spool). Accepts NULL. */
void report_free(struct report *report);

/* Sorts the clusters, and projects and warnings of each, and derives coverage, totals_clusters and
 * totals_repaired (over ok and partial clusters). `totals` has been filled by the collector. */
void report_finish(struct report *report);

/* "complete", "partial" or "failed" (clusters were selected and none answered). */
const char *report_outcome(const struct report *report);

const char *entry_status_name(enum entry_status status);

/* Calls `fn` for each workload in the report's order; as spool_set_each(). */
typedef bool report_workload_fn(void *arg, const struct cluster_entry *cluster,
                                const struct workload *workload);
bool report_each_workload(const struct report *report, report_workload_fn *fn, void *arg,
                          struct error *error);

#endif
