#include "kubernetes_gpus.h"

#include "decode_internal.h"

static bool is_amount(int64_t amount)
{
    return amount != AMOUNT_NULL && amount != AMOUNT_BAD;
}

static bool is_counted(const struct gpu_spec *spec)
{
    return !spec->has_memory && !spec->has_mig && !spec->has_devices;
}

/* The number of pods, as an amount; AMOUNT_NULL: not known. */
static int64_t count_pods(const struct gpu_request *request, enum kubernetes_pods pods)
{
    bool is_mpi = request->has_mpi && request->mpi != TRI_FALSE;
    if (pods == PODS_UNKNOWN)
        return AMOUNT_NULL;
    if (pods == PODS_WORKERS || is_mpi || request->workers != AMOUNT_NULL)
        return request->workers;
    if (request->parallelism != AMOUNT_NULL)
        return request->parallelism;
    if (request->min_scale != request->max_scale)
        return AMOUNT_NULL;
    return request->min_scale == AMOUNT_NULL ? AMOUNT_ONE : request->min_scale;
}

/* Adds what a master or launcher has of its own, which is nothing unless it is said. */
static bool add_leader(int64_t *total, const struct gpu_spec *leader)
{
    if (!is_counted(leader) || leader->gpu == AMOUNT_BAD)
        return false;
    if (leader->gpu != AMOUNT_NULL)
        *total += leader->gpu;
    return true;
}

int64_t gpu_request_total(const struct gpu_request *request, enum kubernetes_pods pods,
                          uint64_t *repaired)
{
    int64_t total, count = count_pods(request, pods);
    if (!is_counted(&request->pod) || !is_amount(request->pod.gpu) || !is_amount(count))
        return AMOUNT_NULL;
    bool is_there = amount_multiply(request->pod.gpu, count, &total);
    for (int i = 0; is_there && i < GPU_LEADERS; i++)
        if (!add_leader(&total, &request->leaders[i]))
            return AMOUNT_NULL;
    if (is_there && total <= AMOUNT_MAX)
        return total;
    ++*repaired;
    return AMOUNT_NULL;
}
