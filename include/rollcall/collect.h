/*
 * The collector: drives every cluster of a plan through its requests, stages what comes, and fills
 * the report. The only place that knows configuration, network, decoders and spool together.
 * Whatever a cluster does ends in its own entry; nothing a remote side does ends the run.
 */
#ifndef ROLLCALL_COLLECT_H
#define ROLLCALL_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/engine.h"
#include "rollcall/error.h"
#include "rollcall/plan.h"
#include "rollcall/report.h"
#include "rollcall/spool.h"
#include "rollcall/token.h"

struct collect_progress {
    size_t total;
    size_t answered; /* finished: ok, partial or skipped */
    size_t failed;
    unsigned running; /* requests at this moment */
};

struct collect_context {
    const struct plan *plan;
    struct engine *engine;
    struct token *token;               /* the control plane's; NULL: there is none */
    struct token *const *own_tokens;   /* by the plan's order; NULL entries use `token` */
    struct spool *spool;               /* not used by collect_connect() */
    struct collect_progress *progress; /* zeroed; kept up to date for whoever looks meanwhile */
    void (*tick)(void *arg, const struct collect_progress *progress); /* may be NULL */
    void *tick_arg;
};

enum collect_result {
    COLLECT_DONE,     /* every cluster has its entry */
    COLLECT_NO_TOKEN, /* no cluster was asked; the error says why */
    COLLECT_BROKEN,   /* the spool or libcurl failed: there is no trustworthy report */
};

/* Asks every cluster of the plan and fills `report` (entries, totals, reconciliation,
 * interrupted_by; the times are the caller's, and so is report_finish()). Blocks until all is
 * answered or the network part ends. An interruption before there was a token still gives entries.
 */
enum collect_result collect_run(const struct collect_context *context, struct report *report,
                                struct error *error);

/* What discovery found: plain data in `arena`. */
struct discovery {
    struct found_cluster *clusters;
    size_t count, room;
    size_t nameless;   /* clusters that have no usable name, and are not among them */
    unsigned attempts; /* of the request, also when it failed; 0: there was no token for it */
};

/* Asks the control plane for its clusters, after a token. False after filling `error`. */
bool collect_discover(const struct config *config, struct engine *engine, struct token *token,
                      struct arena *arena, struct discovery *discovery, struct error *error);

/* One line of `check --connect`. */
struct connect_result {
    const struct cluster_config *cluster;
    struct error error; /* ERR_NONE: name, TLS, token and access are fine */
};

/* Tries one cheap authenticated request against each cluster, at once, without reading workloads.
 * `results` has plan->cluster_count places, in the plan's order. As collect_run(). */
enum collect_result collect_connect(const struct collect_context *context,
                                    struct connect_result *results, struct error *error);

#endif
