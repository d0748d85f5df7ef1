/*
 * A cluster's answer joined with what the control plane knows of it, workload by workload (see
 * partners.h for which is which): to enrich it, and to find where the two differ.
 */
#ifndef ROLLCALL_JOIN_H
#define ROLLCALL_JOIN_H

#include "rollcall/error.h"
#include "rollcall/record.h"
#include "rollcall/spool.h"

/* A workload of the control plane that has a partner. */
struct join_partner {
    size_t number; /* in the order of the control plane's, from 0 */
    enum workload_phase phase;
    int64_t gpus_allocated;
};

/* Who is told what a join finds. The records are borrowed until the function returns. */
struct join_sink {
    /* Each workload of the cluster, in order; its partner or NULL. */
    void (*own)(void *arg, const struct workload *workload, const struct join_partner *partner);
    /* Then each of the control plane's, in order. */
    void (*control)(void *arg, const struct workload *workload, size_t number, bool has_partner);
    void *arg;
};

struct join_request {
    struct spool *spool;
    struct spool_set *own;        /* the cluster's */
    struct spool_set *control;    /* NULL: the control plane knows none */
    bool is_enriching;            /* puts the enriched ones into `own` instead */
    const struct join_sink *sink; /* NULL: nobody */
};

/* Memory: 64 bytes for each workload that the control plane knows of this cluster, and 80 more
 * when enriching. False after filling `error` when the spool fails. */
bool join_run(const struct join_request *request, struct error *error);

#endif
