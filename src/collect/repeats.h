/*
 * Ids are unique within a cluster: of several records that have one id the first in the report's
 * order remains, so that it does not depend on whose answer came first.
 */
#ifndef ROLLCALL_REPEATS_H
#define ROLLCALL_REPEATS_H

#include "collect_internal.h"

/* Drops the others from the cluster's workloads, says how many those were, and adds up what
 * remains. False after filling `error` when the spool fails. */
bool repeats_drop(struct cluster *cluster, struct error *error);

#endif
