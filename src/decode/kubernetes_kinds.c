#include "rollcall/decode.h"

/* In the order in which a cluster is asked for them and its errors are told. */
const struct kubernetes_kind kubernetes_kinds[KUBERNETES_KINDS] = {
    {"trainingworkloads", "TrainingWorkload", TYPE_TRAINING, PODS_ONE, false},
    {"interactiveworkloads", "InteractiveWorkload", TYPE_INTERACTIVE, PODS_ONE, false},
    {"inferenceworkloads", "InferenceWorkload", TYPE_INFERENCE, PODS_ONE, false},
    {"distributedworkloads", "DistributedWorkload", TYPE_DISTRIBUTED, PODS_WORKERS, false},
    {"distributedinferenceworkloads", "DistributedInferenceWorkload", TYPE_INFERENCE, PODS_UNKNOWN,
     false},
    {"externalworkloads", "ExternalWorkload", TYPE_OTHER, PODS_UNKNOWN, false},
    {"runaijobs", "RunaiJob", TYPE_TRAINING, PODS_UNKNOWN, true},
};
