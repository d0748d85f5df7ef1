/*
 * The control plane read once beside the clusters: all its workloads, by cluster, if they are
 * wanted, and its projects' quotas. What enriching and reconciling need.
 */
#ifndef ROLLCALL_CONTROL_H
#define ROLLCALL_CONTROL_H

#include "collect_internal.h"

struct control;

/* Borrows the collector; needs its spool and shared token. Never NULL. */
struct control *control_new(struct collector *collector, bool reads_workloads);
void control_free(struct control *control); /* accepts NULL */

/* Starts reading; works while the engine runs. */
void control_start(struct control *control);

/* Says that it could not be started. */
void control_fail(struct control *control, const struct error *error);

/* Why the workloads could not be read whole; ERR_NONE: they were, or were not wanted. */
const struct error *control_error(const struct control *control);
unsigned control_attempts(const struct control *control);

/* What the control plane knows of a cluster (by its place in the plan): in the spool's order; NULL:
 * it says nothing of it. Borrowed. */
struct spool_set *control_workloads(const struct control *control, size_t cluster);

/* Gives the entries' projects the quotas that they lack; a failure becomes a warning of each. */
void control_fill_quotas(struct control *control);

#endif
