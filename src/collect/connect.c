#include <stdlib.h>

#include "collect_internal.h"
#include "rollcall/mem.h"

/* One cluster's try: its flavour's cheap request, whose answer has to be one, and is forgotten. */
struct probe {
    struct fetch fetch;
    struct cluster *cluster;
    struct connect_result *result;
};

struct connect_run {
    struct collector *collector;
    struct probe *probes; /* owned; by the plan's order */
};

bool probe_ignore_workload(void *arg, const struct workload *workload, struct error *error)
{
    (void)arg, (void)workload, (void)error;
    return true;
}

bool probe_ignore_project(void *arg, const struct project_info *project, struct error *error)
{
    (void)arg, (void)project, (void)error;
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct probe *probe = arg;
    return probe->cluster->flavour->probe_decoder();
}

/* A kind of workload that the cluster does not have says as much of the way there as one it has. */
static void on_done(void *arg, struct error *error)
{
    struct probe *probe = arg;
    if (error->http_status != 404 || probe->cluster->flavour != &flavour_kubernetes)
        probe->result->error = *error;
    struct collect_progress *progress = probe->cluster->collector->progress;
    *(probe->result->error.class == ERR_NONE ? &progress->answered : &progress->failed) += 1;
}

static void describe(const void *arg, struct buf *out)
{
    const struct probe *probe = arg;
    buf_printf(out, "cluster %s: one request", probe->cluster->config->name);
}

static void start(struct probe *probe)
{
    struct cluster *cluster = probe->cluster;
    fetch_start(&probe->fetch, cluster->flavour->probe_url(cluster), cluster->config->endpoint);
}

static void on_token(void *arg, bool is_there)
{
    struct connect_run *run = arg;
    const struct error *why = token_error(run->collector->context->token);
    for (size_t i = 0; i < run->collector->progress->total; i++) {
        struct probe *probe = &run->probes[i];
        if (probe->cluster->config->skipped != NULL || !cluster_uses_shared_token(probe->cluster))
            continue;
        if (is_there)
            start(probe);
        else
            error_set(&probe->result->error, why->class, "no token: %s", why->text);
    }
}

/* Starts what has a token of its own; whether somebody needs the shared one. */
static bool start_own(struct connect_run *run, size_t *own)
{
    bool needs_shared = false;
    for (size_t i = 0; i < run->collector->progress->total; i++) {
        struct probe *probe = &run->probes[i];
        if (probe->cluster->config->skipped != NULL)
            continue;
        if (cluster_uses_shared_token(probe->cluster)) {
            needs_shared = true;
        } else {
            start(probe);
            ++*own;
        }
    }
    return needs_shared;
}

static enum collect_result run_probes(struct connect_run *run, struct error *error)
{
    const struct collect_context *context = run->collector->context;
    struct token_waiter waiter = {.fn = on_token, .arg = run};
    size_t own = 0;
    bool needs_shared = start_own(run, &own);
    if (needs_shared)
        token_obtain(context->token, &waiter);
    if (!engine_run(context->engine, NULL, NULL, error))
        return COLLECT_BROKEN;
    if (!needs_shared || token_generation(context->token) > 0 || own > 0)
        return COLLECT_DONE;
    *error = *token_error(context->token);
    return COLLECT_NO_TOKEN;
}

enum collect_result collect_connect(const struct collect_context *context,
                                    struct connect_result *results, struct error *error)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    struct collector collector = {
        .context = context, .report = report_new(), .progress = context->progress};
    collector_make_clusters(&collector);
    size_t count = collector.progress->total;
    struct connect_run run = {&collector, mem_new(count, sizeof(*run.probes))};
    for (size_t i = 0; i < count; i++) {
        struct cluster *cluster = &collector.clusters[i];
        results[i] = (struct connect_result){.cluster = cluster->config};
        run.probes[i].cluster = cluster;
        run.probes[i].result = &results[i];
        fetch_init(&run.probes[i].fetch, context->engine, cluster->token, cluster_peer(cluster),
                   &ops, &run.probes[i]);
        run.probes[i].fetch.name = cluster->config->name;
    }
    enum collect_result result = run_probes(&run, error);
    for (size_t i = 0; i < count; i++)
        fetch_free(&run.probes[i].fetch);
    free(run.probes);
    free(collector.clusters);
    report_free(collector.report);
    return result;
}
