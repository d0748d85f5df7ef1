/*
 * What a report on this fleet must say, as DIR/truth.jsonl: one line per cluster, one line per
 * workload in the report's order, then
 * one with the reconciliation, if it is asked for, one with the coverage, and last one with the
 * totals. Workload lines are spelled as text_json() spells, with the report's keys in the report's
 * order.
 */
#ifndef FLEETSIM_TRUTH_H
#define FLEETSIM_TRUTH_H

#include <stdio.h>

#include "fleet.h"

void truth_write(const struct fleet *fleet, const char *dir);

/* "ok", "partial", "failed" or "skipped"; *class gets the error's class or NULL. */
const char *truth_status(const struct fleet *fleet, const struct cluster *cluster,
                         const char **class);

/* Whether rollcall can know of the cluster at all. */
bool truth_has(const struct fleet *fleet, const struct cluster *cluster);

/* What the report must say of all of it together, if nothing ends the run early. */
void truth_put_coverage(FILE *file, const struct fleet *fleet);

/* truth_reconcile.c */
void truth_put_reconciliation(FILE *file, const struct fleet *fleet);

#endif
