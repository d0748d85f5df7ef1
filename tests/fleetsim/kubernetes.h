/* The answers of a cluster that is asked through its Kubernetes API. */
#ifndef FLEETSIM_KUBERNETES_H
#define FLEETSIM_KUBERNETES_H

#include "answer.h"

/* Whether the cluster's fault is what was served. */
bool kubernetes_answer(struct cluster *cluster, const struct question *question,
                       struct answer *answer);

/* A Status object. */
void kubernetes_error(struct answer *answer, int status, const char *reason, const char *message);

#endif
