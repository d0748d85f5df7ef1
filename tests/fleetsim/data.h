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
    const char *id, *name, *project, *department, *user, *type, *raw_type, *raw_category, *phase,
        *raw_phase, *created_at, *images, *nodes, *node_pools, *preemptible;
    int64_t gpus_micro, requested_micro, idle_micro; /* or MICRO_NONE */
    int64_t pending_s, running_s;                    /* likewise */
    unsigned repaired; /* wrong types, and ill-formed pieces that became U+FFFD */
    struct text memory;
};

void job_free(struct job *job);

/* How many jobs one project has. */
size_t data_job_count(const struct cluster *cluster);

/*
 * The job at this index, as the cluster's own API shows it. `served` gets the JSON the server sends
 * for it (of a kubernetes cluster: item_serve() does), `job` what is to be made of it; either may
 * be NULL. Index order is the report's order but in a messy cluster.
 */
void data_job(const struct cluster *cluster, unsigned project, size_t index, struct text *served,
              struct job *job);

/* The kind under which a kubernetes cluster has the job; -1: it has no kinds at all. */
int data_kind(const struct cluster *cluster, unsigned project, size_t index);

/* How many items a kubernetes cluster's list of this kind (or KIND_POD_GROUPS) has of the job: not
 * all are workloads of their own. */
unsigned item_count(const struct cluster *cluster, unsigned project, size_t index, int kind);
/* One of them, which is below item_count(). */
void item_serve(const struct cluster *cluster, unsigned project, size_t index, int kind,
                unsigned which, struct text *out);

/* The same job as the control plane shows it, with what is planted. Indexes from `workloads` on are
 * workloads that only the control plane has. */
void data_control_job(const struct cluster *cluster, unsigned project, size_t index,
                      enum plant plant, struct text *served, struct job *job);

/* When it was created, in ms since 1970 (0: never), by index as above; whether its name is its own
 * in its project, and whether it has a figure of GPUs. */
int64_t data_created_ms(const struct cluster *cluster, unsigned project, size_t index);
bool data_is_name_unique(size_t index);
bool data_is_first_of_twins(size_t index);
bool data_has_gpus(const struct cluster *cluster, unsigned project, size_t index);

/* The index that is served at a place in the answer: a permutation, so that order is never given.
 */
size_t data_served_index(const struct cluster *cluster, size_t place);

/* A project's quota, in quarters of a GPU. */
unsigned data_quota_quarters(const struct cluster *cluster, unsigned project);

/* The element of the list of projects, and of the control plane's. */
void data_project(const struct cluster *cluster, unsigned project, struct text *served);
void data_control_project(const struct cluster *cluster, unsigned project, struct text *served);

/* A record of a project that nobody asked for. */
void data_other_project_job(const struct cluster *cluster, size_t index, struct text *served);

/* The records of a messy cluster's projects, which come after the ordinary ones. */
size_t messy_count(void);
void messy_job(const char *project, size_t index, struct text *served, struct job *job);

#endif
