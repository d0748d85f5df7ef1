/* The running simulator: what its parts share. */
#ifndef FLEETSIM_SIM_H
#define FLEETSIM_SIM_H

#include <pthread.h>
#include <stdatomic.h>

#include "fleet.h"
#include "reqlog.h"
#include "tokens.h"

struct recorder;

struct sim {
    struct fleet fleet;
    struct tokens tokens;
    struct reqlog *log;
    struct recorder *recorder;  /* answers.log; NULL: nobody asked for it */
    int token_log_fd;           /* token-requests.log */
    int issued_log_fd;          /* issued-tokens.log */
    int churn_log_fd;           /* churn.log */
    pthread_mutex_t lists_lock; /* guards the clusters' `known` */
    int stop_fd;                /* an eventfd that is readable once the simulator ends */
    atomic_ulong connections;
    atomic_long token_requests;
    atomic_long token_faults_served;
    atomic_ulong refreshed; /* refresh tokens that were issued */
    atomic_long list_faults_served[LIST_KINDS];
};

#endif
