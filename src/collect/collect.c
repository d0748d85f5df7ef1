#include "rollcall/collect.h"

#include <stdlib.h>

#include "collect_internal.h"
#include "control.h"
#include "differences.h"
#include "join.h"
#include "repeats.h"
#include "reread.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"

static const struct flavour *find_flavour(enum api_flavour api)
{
    static const struct flavour *const flavours[] = {
        [API_RESEARCHER] = &flavour_researcher,
        [API_KUBERNETES] = &flavour_kubernetes,
        [API_CONTROL_PLANE] = &flavour_control_plane,
    };
    return flavours[api];
}

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

void collector_make_clusters(struct collector *collector)
{
    const struct collect_context *context = collector->context;
    const struct plan *plan = context->plan;
    struct report *report = collector->report;
    report->cluster_count = plan->cluster_count;
    report->clusters = arena_alloc(report->arena, plan->cluster_count * sizeof(*report->clusters));
    collector->clusters = mem_new(plan->cluster_count, sizeof(*collector->clusters));
    collector->progress->total = plan->cluster_count;
    for (size_t i = 0; i < plan->cluster_count; i++) {
        struct cluster *cluster = &collector->clusters[i];
        cluster->collector = collector;
        cluster->config = plan->clusters[i];
        cluster->flavour = find_flavour(cluster->config->api);
        cluster->entry = &report->clusters[i];
        cluster->token = context->token;
        if (context->own_tokens != NULL && context->own_tokens[i] != NULL)
            cluster->token = context->own_tokens[i];
        cluster->path = PATH_UNKNOWN;
        entry_init(cluster->entry, cluster->config, context->spool);
    }
}

/* The run's token is there, or will not be: its clusters are asked, or fail for that reason. */
struct shared_start {
    struct collector *collector;
    struct control *control; /* NULL: not wanted */
    struct token_waiter waiter;
    bool is_wanted;
};

static void on_shared_token(void *arg, bool is_there)
{
    struct shared_start *start = arg;
    struct collector *collector = start->collector;
    struct error error = *token_error(collector->context->token);
    if (!is_there && error.class != ERR_INTERRUPTED && error.class != ERR_DEADLINE)
        error_prefix(&error, "no token");
    for (size_t i = 0; i < collector->progress->total; i++) {
        struct cluster *cluster = &collector->clusters[i];
        if (cluster->config->skipped != NULL || !cluster_uses_shared_token(cluster))
            continue;
        if (is_there)
            cluster_start(cluster);
        else
            cluster_fail(cluster, &error);
    }
    if (start->control != NULL && is_there)
        control_start(start->control);
    else if (start->control != NULL)
        control_fail(start->control, &error);
}

/* Skips, starts what has a token of its own, and asks for the shared one if somebody needs it. */
static void start_all(struct collector *collector, struct shared_start *start)
{
    start->is_wanted = start->control != NULL;
    for (size_t i = 0; i < collector->progress->total; i++) {
        struct cluster *cluster = &collector->clusters[i];
        if (cluster->config->skipped != NULL)
            cluster_skip(cluster, cluster->config->skipped);
        else if (cluster_uses_shared_token(cluster))
            start->is_wanted = true;
        else
            cluster_start(cluster);
    }
    start->waiter = (struct token_waiter){.fn = on_shared_token, .arg = start};
    if (start->is_wanted)
        token_obtain(collector->context->token, &start->waiter);
}

static void on_tick(void *arg)
{
    struct collector *collector = arg;
    const struct collect_context *context = collector->context;
    collector->progress->running = engine_running(context->engine);
    context->tick(context->tick_arg, collector->progress);
}

bool collector_run_engine(struct collector *collector, struct error *error)
{
    const struct collect_context *context = collector->context;
    return engine_run(context->engine, context->tick == NULL ? NULL : on_tick, collector, error);
}

/* Without a token, and with no cluster that has its own, nobody was asked: there is no report. An
 * interruption is still a report. */
static bool has_no_token(const struct collector *collector, const struct shared_start *start,
                         struct error *error)
{
    const struct token *token = collector->context->token;
    if (!start->is_wanted || token_generation(token) > 0 ||
        token_error(token)->class == ERR_INTERRUPTED)
        return false;
    bool has_shared = false;
    for (size_t i = 0; i < collector->progress->total; i++) {
        const struct cluster *cluster = &collector->clusters[i];
        if (cluster->config->skipped == NULL && !cluster_uses_shared_token(cluster))
            return false;
        has_shared = has_shared || cluster->config->skipped == NULL;
    }
    *error = *token_error(token);
    return has_shared;
}

/* Why a cluster is not held against the control plane; NULL: it is. */
static const char *exclusion(const struct cluster *cluster, const struct control *control)
{
    static const char *const words[] = {
        [STATUS_PARTIAL] = "it did not answer in full",
        [STATUS_FAILED] = "it did not answer",
        [STATUS_SKIPPED] = "it was skipped",
    };
    if (cluster->flavour->asks_control_plane)
        return "the control plane is its only source";
    if (cluster->entry->status != STATUS_OK)
        return words[cluster->entry->status];
    if (control_error(control)->class != ERR_NONE)
        return "the control plane could not be read in full";
    return cluster->config->uuid == NULL ? "its uuid is not known" : NULL;
}

/* `error`, with its attempts, says why the control plane could not be read, if it could not. */
static struct reconciliation *make_reconciliation(struct collector *collector,
                                                  const struct error *error, unsigned attempts)
{
    struct arena *arena = collector->report->arena;
    struct reconciliation *r = arena_alloc(arena, sizeof(*r));
    r->read_ms[0] = clock_mono_ms();
    r->cluster_count = collector->progress->total;
    r->clusters = arena_alloc(arena, r->cluster_count * sizeof(*r->clusters));
    if (error->class != ERR_NONE)
        r->error = (struct report_error){error->class, arena_strdup(arena, error->text),
                                         error->http_status, attempts};
    return r;
}

/* Enriching fills the list of workloads; without it, only the quotas are left to read. */
static bool is_enriching(const struct collector *collector)
{
    const struct config *config = collector->context->plan->config;
    return config->run.is_enriching && config->report.has_workloads;
}

/* Says of which clusters the control plane did not tell, or not all. */
static void warn_not_enriched(struct collector *collector, const struct control *control)
{
    const struct error *error = control_error(control);
    for (size_t i = 0; i < collector->progress->total; i++) {
        struct cluster *cluster = &collector->clusters[i];
        if (cluster->entry->status > STATUS_PARTIAL)
            continue;
        if (cluster->config->uuid == NULL) {
            cluster_warn(cluster, "not enriched: its uuid is not known");
        } else if (error->class != ERR_NONE) {
            const char *extent =
                control_workloads(control, i) == NULL ? "not enriched" : "enriched in part";
            char *text = mem_printf("%s, the control plane could not be read in full: %s", extent,
                                    error->text);
            cluster_warn(cluster, text);
            free(text);
        }
    }
}

/* Joins a cluster's answer with the control plane's; false when the spool fails. */
static bool join_one(struct collector *collector, const struct control *control, size_t index,
                     struct error *error)
{
    const struct run_config *run = &collector->context->plan->config->run;
    const struct cluster *cluster = &collector->clusters[index];
    struct join_request request = {
        .spool = collector->context->spool,
        .own = cluster->entry->workloads,
        .control = control_workloads(control, index),
        .is_enriching = is_enriching(collector) && cluster->entry->status <= STATUS_PARTIAL,
    };
    if (run->is_reconciling) {
        struct reconciled_cluster *result = &collector->report->reconciliation->clusters[index];
        result->name = cluster->entry->name;
        result->excluded = exclusion(cluster, control);
        if (result->excluded == NULL)
            return differences_find(cluster, &request, result, error);
    }
    return !request.is_enriching || join_run(&request, error);
}

static bool join_all(struct collector *collector, struct control *control, struct error *error)
{
    const struct run_config *run = &collector->context->plan->config->run;
    struct report *report = collector->report;
    if (run->is_reconciling)
        report->reconciliation =
            make_reconciliation(collector, control_error(control), control_attempts(control));
    if (is_enriching(collector))
        warn_not_enriched(collector, control);
    report->has_times = is_enriching(collector);
    control_fill_quotas(control);
    for (size_t i = 0; i < collector->progress->total; i++)
        if (!join_one(collector, control, i, error))
            return false;
    return true;
}

static bool confirm_differences(struct collector *collector, struct error *error)
{
    return collector->report->reconciliation == NULL || reread_differences(collector, error);
}

bool collector_drop_repeats(struct collector *collector, struct error *error)
{
    for (size_t i = 0; i < collector->progress->total; i++)
        if (collector->clusters[i].may_repeat && !repeats_drop(&collector->clusters[i], error))
            return false;
    return true;
}

static enum collect_result collect_all(struct collector *collector, struct error *error)
{
    const struct run_config *run = &collector->context->plan->config->run;
    struct shared_start start = {.collector = collector};
    enum collect_result result = COLLECT_DONE;
    if (run->is_enriching || run->is_reconciling)
        start.control = control_new(collector, is_enriching(collector) || run->is_reconciling);
    start_all(collector, &start);
    if (!collector_run_engine(collector, error))
        /* NOLINTNEXTLINE(bugprone-branch-clone): what comes first decides */
        result = COLLECT_BROKEN;
    else if (has_no_token(collector, &start, error))
        result = COLLECT_NO_TOKEN;
    else if (!collector_drop_repeats(collector, error) ||
             (start.control != NULL && !(join_all(collector, start.control, error) &&
                                         confirm_differences(collector, error))))
        result = COLLECT_BROKEN;
    control_free(start.control);
    return result;
}

enum collect_result collect_run(const struct collect_context *context, struct report *report,
                                struct error *error)
{
    struct collector collector = {.context = context,
                                  .report = report,
                                  .progress = context->progress,
                                  .id_key = hash_key_new()};
    collector_make_clusters(&collector);
    enum collect_result result = COLLECT_DONE;
    if (collector.progress->total > 0)
        result = collect_all(&collector, error);
    else if (context->plan->config->run.is_reconciling)
        report->reconciliation = make_reconciliation(&collector, &(struct error){0}, 0);
    if (spool_has_failed(context->spool, error))
        result = COLLECT_BROKEN;
    report->has_workloads = context->plan->config->report.has_workloads;
    report->interrupted_by = stop_signal_name(stop_signal());
    free(collector.clusters);
    return result;
}
