/* The running simulator: what its parts share. */
#ifndef FLEETSIM_SIM_H
#define FLEETSIM_SIM_H

#include <pthread.h>
#include <stdatomic.h>

#include "fleet.h"
#include "reqlog.h"
#include "tokens.h"

struct sim {
    struct fleet fleet;
    struct tokens tokens;
    struct reqlog *log;
    int stop_fd; /* an eventfd that is readable once the simulator ends */
    atomic_ulong connections;
    atomic_long token_faults_served;
};

#endif
