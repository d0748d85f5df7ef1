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
#include "rollcall/judgement.h"
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
    enum entry_status status; /* not STATUS_SKIPPED; partial: some of its kinds answered */
    struct report_error error;
    struct count count; /* meaningful when ok or partial */
    int64_t gpus_quota; /* an amount, or AMOUNT_NULL */
};

struct cluster_entry {
    const char *name;
    const char *url; /* NULL: it was skipped, for it has none */
    const char *api;
    const char *const *labels; /* NULL-terminated */
    bool is_optional;
    enum entry_status status;
    const char *reason; /* why skipped; else NULL */
    struct report_error error;
    const char **warnings; /* `warning_count` texts, sorted */
    size_t warning_count;
    uint64_t repaired;
    uint64_t dropped;               /* records of its answers that are no workloads of the report */
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

/* What discovery found and how it differs from the report before. Texts and arrays: the arena's. */
struct discovery_section {
    struct report_error error; /* class ERR_NONE: it worked */
    unsigned found;            /* clusters the control plane named */
    unsigned selected;         /* of those, by include and exclude */
    const char *compared_to;   /* the file name of the report before; NULL: there was none */
    const char **appeared;     /* names that it did not have, sorted */
    size_t appeared_count;
    const char **vanished; /* names that only it has, sorted */
    size_t vanished_count;
};

/* One side's view of a workload. */
struct workload_view {
    struct str id;
    enum workload_phase phase;
    struct str raw_phase;
    int64_t gpus_allocated; /* an amount, or AMOUNT_NULL */
};

struct difference {
    struct str project, name;
    struct workload_view cluster;       /* not meaningful if only the control plane knows it */
    struct workload_view control_plane; /* not meaningful if only the cluster knows it */
};

struct difference_list {
    struct difference *items; /* by project, name, then id */
    size_t count, room;
};

struct reconciled_cluster {
    const char *name;
    const char *excluded; /* why it was not compared; NULL: it was */
    uint64_t matched;     /* workloads that both know, the differing ones included */
    uint64_t unconfirmed; /* differences that were seen once, and could not be looked for again */
    uint64_t third_party; /* the control plane's alone, of kinds that no cluster's list shows */
    struct difference_list only_control_plane, only_cluster, differing;
};

/* The clusters' answers held against the control plane's; one entry for each cluster, by name. */
struct reconciliation {
    struct report_error error; /* class ERR_NONE: the control plane could be read */
    struct reconciled_cluster *clusters;
    size_t cluster_count;
    int64_t read_ms[2]; /* clock_mono_ms() when the first and the second reading was over; 0: there
                           was no second one, for nothing differed */
    int64_t
        read_at[2]; /* the same as seconds since 1970, by the run's clock: the caller's to fill */
};

struct coverage {
    unsigned selected, ok, partial, failed, skipped, stale;
    unsigned optional; /* failed or skipped, and excused because they are optional */
};

/* What the command line narrowed the run to: its own words in their order, NULL-terminated lists in
 * the arena; NULL where it says nothing. */
struct report_selection {
    const char *const *clusters, *const *excludes, *const *labels, *const *projects;
    const char *const *unmatched; /* those of `projects` that match no project anywhere */
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
    const char *interrupted_by;            /* "SIGTERM"; NULL: it was not */
    struct report_selection *selection;    /* NULL: the whole fleet was selected */
    struct discovery_section *discovery;   /* NULL: not asked for */
    struct reconciliation *reconciliation; /* NULL: not asked for */
    bool has_times;     /* workloads carry pending_seconds and running_seconds (enriched) */
    bool has_workloads; /* false: the list is left out (--no-workloads) */

    struct cluster_entry *clusters; /* sorted by name once finished */
    size_t cluster_count;

    struct tally totals; /* over ok and partial clusters */
    unsigned totals_clusters;
    uint64_t totals_repaired;
    struct coverage coverage;
    struct judgement judgement;
};

/* An empty report with a fresh run id and this host's name; owned by the caller. */
struct report *report_new(void);
/* Frees it and the sets of its clusters (not the spool). Accepts NULL. */
void report_free(struct report *report);

/* Sorts the clusters, and projects and warnings of each, and derives coverage, judgement,
 * totals_clusters and totals_repaired (over ok and partial clusters). All else has been filled. */
void report_finish(struct report *report);

/* The names of a written report's clusters, in its order, as texts in `arena`. False when the file
 * cannot be read as a report; then *count is 0. */
bool report_read_names(const char *path, struct arena *arena, const char ***names, size_t *count);

const char *entry_status_name(enum entry_status status);

/* Calls `fn` for each workload in the report's order; as spool_set_each(). */
typedef bool report_workload_fn(void *arg, const struct cluster_entry *cluster,
                                const struct workload *workload);
bool report_each_workload(const struct report *report, report_workload_fn *fn, void *arg,
                          struct error *error);

#endif
