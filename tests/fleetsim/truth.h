/*
 * What a report on this fleet must say, as DIR/truth.jsonl: one line per cluster, one line per
 * workload in the report's order, and last one line with the totals. Workload lines are spelled as
 * text_json() spells, with the report's keys in the report's order.
 */
#ifndef FLEETSIM_TRUTH_H
#define FLEETSIM_TRUTH_H

#include "fleet.h"

void truth_write(const struct fleet *fleet, const char *dir);

/* "ok", "partial" or "failed"; *class gets the error's class or NULL. */
const char *truth_status(const struct cluster *cluster, const char **class);

#endif
