/*
 * A cluster's answer joined with what the control plane knows of it: enriched, and held against it.
 * Workloads are matched by id, else by project and name.
 */
#ifndef ROLLCALL_JOIN_H
#define ROLLCALL_JOIN_H

#include "collect_internal.h"

struct join_request {
    struct cluster *cluster;
    struct spool_set *control;         /* NULL: the control plane knows no workload of it */
    bool is_enriching;                 /* replaces entry->workloads */
    struct reconciled_cluster *result; /* to be filled; NULL: not wanted */
};

/* Memory: what the control plane knows of this one cluster. False after filling `error` when the
 * spool fails. */
bool join_cluster(const struct join_request *request, struct error *error);

#endif
