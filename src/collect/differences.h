/* What a cluster and the control plane do not agree on. */
#ifndef DIFFERENCES_H
#define DIFFERENCES_H

#include "collect_internal.h"
#include "join.h"

/* Two sides that differ in more describe different things: it would be read twice for nothing. */
#define DIFFERENCES_MAX 10000

/* Runs the join, whose sink it sets, and fills `result` with what differs. The texts are copied
 * into the report's arena. Workloads of projects that the cluster was not asked for are left out.
 * Of more than DIFFERENCES_MAX none is kept: they are unconfirmed. False after filling `error` when
 * the spool fails. */
bool differences_find(const struct cluster *cluster, const struct join_request *request,
                      struct reconciled_cluster *result, struct error *error);

/* Joins a second reading, whose sink it sets, and leaves of the differences in `result` those that
 * it has too: the same workload (by project, name and id) in the same list, and in the same
 * respect. One that turns out to have a partner after all is counted as matched. As above. */
bool differences_confirm(const struct join_request *request, struct reconciled_cluster *result,
                         struct error *error);

/* How many are in the lists. */
size_t differences_count(const struct reconciled_cluster *result);
/* Empties the lists: so many differences are unconfirmed. */
void differences_leave(struct reconciled_cluster *result, uint64_t count);

#endif
