/*
 * How many GPUs a workload of the Cluster API requests. The fields are those of `kubectl explain
 * trainingworkload.spec` and its like, which the Cluster API's reference repeats.
 */
#ifndef DECODE_KUBERNETES_GPUS_H
#define DECODE_KUBERNETES_GPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/decode.h"

/* What one pod requests. What is no number of GPUs is only noted: then the number is not known. */
struct gpu_spec {
    int64_t gpu; /* an amount, AMOUNT_NULL or AMOUNT_BAD; so are those below */
    bool has_memory;
    bool has_mig;
    bool has_devices; /* whole ones, or those that a portion is of, which is not said here */
};

#define GPU_LEADERS 3

struct gpu_request {
    struct gpu_spec pod;
    struct gpu_spec leaders[GPU_LEADERS]; /* the master or launcher, by its name in the API */
    int64_t workers;
    int64_t parallelism;
    int64_t min_scale;
    int64_t max_scale;
    bool has_mpi;
    enum tristate mpi; /* whether it produces an MPI job, where that is said so */
};

/* The sum over all pods; AMOUNT_NULL when some part of it is not known, and counted in `repaired`
 * when numbers that are well by themselves give none. */
int64_t gpu_request_total(const struct gpu_request *request, enum kubernetes_pods pods,
                          uint64_t *repaired);

#endif
