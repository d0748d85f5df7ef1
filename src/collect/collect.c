#include "rollcall/collect.h"

#include <stdlib.h>

#include "collect_internal.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"

/* The entry as it stands before its cluster was asked. */
static void entry_init(struct cluster_entry *entry, const struct cluster_config *config,
                       struct spool *spool)
{
    entry->name = config->name;
    entry->url = config->url;
    entry->api = config_api_name(config->api);
    entry->labels = config->labels;
    entry->is_optional = config->is_optional;
    entry->certificate_expires_at = TIME_NULL;
    if (spool != NULL)
        entry->workloads = spool_set_new(spool);
}

static void make_clusters(struct collector *collector)
{
    const struct plan *plan = collector->context->plan;
    struct report *report = collector->report;
    report->cluster_count = plan->cluster_count;
    report->clusters = arena_alloc(report->arena, plan->cluster_count * sizeof(*report->clusters));
    collector->clusters = mem_new(plan->cluster_count, sizeof(*collector->clusters));
    collector->progress.total = plan->cluster_count;
    for (size_t i = 0; i < plan->cluster_count; i++) {
        struct cluster *cluster = &collector->clusters[i];
        cluster->collector = collector;
        cluster->config = plan->clusters[i];
        cluster->entry = &report->clusters[i];
        cluster->generation = GENERATION_UNKNOWN;
        entry_init(cluster->entry, cluster->config, collector->context->spool);
    }
}

/* The token is there: every cluster may be asked. */
static void on_first_token(void *arg, bool is_there)
{
    struct collector *collector = arg;
    for (size_t i = 0; is_there && i < collector->progress.total; i++)
        cluster_start(&collector->clusters[i]);
}

static void on_tick(void *arg)
{
    struct collector *collector = arg;
    const struct collect_context *context = collector->context;
    collector->progress.running = engine_running(context->engine);
    context->tick(context->tick_arg, &collector->progress);
}

/* Without a token no cluster was asked. An interruption is still a report of its own. */
static enum collect_result judge_token(struct collector *collector, struct error *error)
{
    const struct error *why = token_error(collector->context->token);
    if (token_generation(collector->context->token) > 0)
        return COLLECT_DONE;
    *error = *why;
    if (why->class != ERR_INTERRUPTED)
        return COLLECT_NO_TOKEN;
    for (size_t i = 0; i < collector->progress.total; i++)
        cluster_fail(&collector->clusters[i], why);
    return COLLECT_DONE;
}

enum collect_result collect_run(const struct collect_context *context, struct report *report,
                                struct error *error)
{
    struct collector collector = {.context = context, .report = report};
    make_clusters(&collector);
    enum collect_result result = COLLECT_DONE;
    if (collector.progress.total > 0) {
        struct token_waiter waiter = {.fn = on_first_token, .arg = &collector};
        token_obtain(context->token, &waiter);
        if (!engine_run(context->engine, context->tick == NULL ? NULL : on_tick, &collector, error))
            result = COLLECT_BROKEN;
        else
            result = judge_token(&collector, error);
    }
    if (context->spool != NULL && spool_has_failed(context->spool, error))
        result = COLLECT_BROKEN;
    report->has_workloads = context->spool != NULL;
    report->interrupted_by = stop_signal_name(stop_signal());
    free(collector.clusters);
    return result;
}
