/* What the control plane knows of the workloads, and in what it differs from the clusters. */
#ifndef FLEETSIM_KNOWN_H
#define FLEETSIM_KNOWN_H

#include "fleet.h"

/* Fills plant_of and known of every cluster that the control plane knows, if anything is going to
 * ask for them. */
void known_build(struct fleet *fleet);

/* Whether the control plane does not know a workload of the cluster with this plant. */
bool known_hides(enum plant plant);
bool known_hides_at_first(enum plant plant); /* or does not yet */

/* What is planted for a workload that the cluster has. */
enum plant known_plant(const struct cluster *cluster, unsigned project, size_t index);

/* Workloads that only the control plane has are numbered behind the cluster's own: those of one
 * plant after those of the plants before it. PLANT_COUNT: how many there are in all. */
size_t known_extra_number(const struct cluster *cluster, enum plant plant);
struct known known_extra(const struct cluster *cluster, enum plant plant, size_t number);

#endif
