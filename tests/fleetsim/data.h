/*
 * The workloads of a fleet, and what a report must say of each. A job is a pure function of its
 * cluster's name, its project and its index, so that any number of requests, runs and seeds see the
 * same data without any of it being kept.
 */
#ifndef FLEETSIM_DATA_H
#define FLEETSIM_DATA_H

#include "fleet.h"

#define MICRO_NONE INT64_MIN

/* What the report must say; texts are canonical JSON ("null" included), borrowed until the next
 * call with the same struct. */
struct job {
    const char *id, *name, *project, *user, *type, *phase, *raw_phase, *created_at, *images, *nodes;
    int64_t gpus_micro; /* or MICRO_NONE */
    unsigned repaired;  /* wrong types, and ill-formed pieces that became U+FFFD */
    struct text memory;
};

void job_free(struct job *job);

/* How many jobs one project has. */
size_t data_job_count(const struct cluster *cluster);

/*
 * The job at this index. `served` gets the JSON the server sends for it, `job` what is to be made
 * of it; either may be NULL. Index order is the report's order but in a messy cluster.
 */
void data_job(const struct cluster *cluster, unsigned project, size_t index, struct text *served,
              struct job *job);

/* The index that is served at a place in the answer: a permutation, so that order is never given.
 */
size_t data_served_index(const struct cluster *cluster, size_t place);

/* A project's quota, in quarters of a GPU. */
unsigned data_quota_quarters(const struct cluster *cluster, unsigned project);

/* The element of the list of projects. */
void data_project(const struct cluster *cluster, unsigned project, struct text *served);

/* A record of a project that nobody asked for. */
void data_other_project_job(const struct cluster *cluster, size_t index, struct text *served);

/* The records of a messy cluster's projects, which come after the ordinary ones. */
size_t messy_count(void);
void messy_job(const char *project, size_t index, struct text *served, struct job *job);

#endif
