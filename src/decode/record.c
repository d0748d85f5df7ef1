#include "rollcall/record.h"

void workload_init(struct workload *workload)
{
    *workload = (struct workload){
        .gpus_allocated = AMOUNT_NULL,
        .gpus_requested = AMOUNT_NULL,
        .gpus_idle = AMOUNT_NULL,
        .created_at = TIME_NULL,
        .pending_s = SECONDS_NULL,
        .running_s = SECONDS_NULL,
    };
}

const char *workload_phase_name(enum workload_phase phase)
{
    static const char *const names[PHASE_COUNT] = {
        [PHASE_FAILED] = "failed",       [PHASE_PENDING] = "pending",
        [PHASE_RUNNING] = "running",     [PHASE_STOPPED] = "stopped",
        [PHASE_SUCCEEDED] = "succeeded", [PHASE_TERMINATING] = "terminating",
        [PHASE_UNKNOWN] = "unknown",
    };
    return names[phase];
}

const char *workload_type_name(enum workload_type type)
{
    static const char *const names[TYPE_COUNT] = {
        [TYPE_DISTRIBUTED] = "distributed", [TYPE_INFERENCE] = "inference",
        [TYPE_INTERACTIVE] = "interactive", [TYPE_OTHER] = "other",
        [TYPE_TRAINING] = "training",
    };
    return names[type];
}
