/* What the control plane knows of the workloads, and in what it differs from the clusters. */
#ifndef FLEETSIM_KNOWN_H
#define FLEETSIM_KNOWN_H

#include "fleet.h"

/* Fills plant_of and known of every cluster that the control plane knows, if anything is going to
 * ask for them. */
void known_build(struct fleet *fleet);

/* What is planted for a workload that the cluster has. */
enum plant known_plant(const struct cluster *cluster, unsigned project, size_t index);

/* Workloads that only the control plane has are numbered behind the cluster's own. */
struct known known_extra(const struct cluster *cluster, size_t number);

#endif
