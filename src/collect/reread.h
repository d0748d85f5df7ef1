/*
 * The second reading: what the clusters and the control plane differ in is read again on both
 * sides, because a workload that changes between the two answers of one reading differs for a
 * moment only.
 */
#ifndef REREAD_H
#define REREAD_H

#include "collect_internal.h"

/*
 * Reads the lists of the projects (or, where lists are not by project, of the clusters) in which
 * the reconciliation has differences, and the control plane's of the same clusters, and leaves in
 * the reconciliation what differs again. What cannot be read again in the network's time is
 * unconfirmed: counted, and in no list. Blocks. Of the entries only the costs (requests, retries,
 * bytes) change. False after filling `error` when the spool or libcurl fails.
 */
bool reread_differences(struct collector *collector, struct error *error);

#endif
