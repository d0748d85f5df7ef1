#include "reread.h"

#include <stdlib.h>
#include <string.h>

#include "differences.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

/*
 * The second reading is a collection of its own, into a report that is thrown away: each cluster is
 * there twice, once as it is asked itself and once as the control plane is asked for it.
 */
struct reread {
    struct collector *first; /* of the first reading */
    size_t *picked; /* owned; the clusters that are read again, by their place in the plan */
    size_t picked_count;
    struct cluster_config *configs; /* owned; of each picked one: itself, the control plane's */
    const struct cluster_config **config_list; /* owned; the same for the plan */
    struct plan plan;
    struct collect_progress progress;
    struct collect_context context;
    struct collector collector;
};

static struct reconciled_cluster *result_of(const struct reread *reread, size_t index)
{
    return &reread->first->report->reconciliation->clusters[index];
}

static void pick(struct reread *reread)
{
    size_t count = reread->first->progress->total;
    reread->picked = mem_new(count, sizeof(*reread->picked));
    for (size_t i = 0; i < count; i++)
        if (differences_count(result_of(reread, i)) > 0)
            reread->picked[reread->picked_count++] = i;
}

/* Marks the entry's projects that a list names; a row without a project may be of any. */
static void mark_projects(const struct cluster *cluster, const struct difference_list *list,
                          bool *marks)
{
    const struct cluster_entry *entry = cluster->entry;
    for (size_t i = 0; i < list->count; i++) {
        struct str name = list->items[i].project;
        const struct project_entry *project = cluster_find_project(cluster, name);
        if (name.data == NULL) {
            memset(marks, true, entry->project_count * sizeof(*marks));
            return;
        }
        if (project != NULL)
            marks[project - entry->projects] = true;
    }
}

/* The projects to ask for again, in the throw-away report's arena. */
static const char *const *pick_projects(const struct reread *reread, size_t index)
{
    const struct cluster *cluster = &reread->first->clusters[index];
    const struct cluster_entry *entry = cluster->entry;
    const struct reconciled_cluster *result = result_of(reread, index);
    struct arena *arena = reread->collector.report->arena;
    const char **names = arena_alloc(arena, (entry->project_count + 1) * sizeof(*names));
    bool *marks = arena_alloc(arena, entry->project_count * sizeof(*marks));
    size_t count = 0;
    mark_projects(cluster, &result->only_control_plane, marks);
    mark_projects(cluster, &result->only_cluster, marks);
    mark_projects(cluster, &result->differing, marks);
    for (size_t i = 0; i < entry->project_count; i++)
        if (marks[i])
            names[count++] = entry->projects[i].name;
    return names;
}

static void make_configs(struct reread *reread)
{
    const struct control_plane_config *control =
        &reread->first->context->plan->config->control_plane;
    size_t count = 2 * reread->picked_count;
    reread->configs = mem_new(count, sizeof(*reread->configs));
    reread->config_list = mem_new(count, sizeof(struct cluster_config *));
    for (size_t i = 0; i < reread->picked_count; i++) {
        const struct cluster *cluster = &reread->first->clusters[reread->picked[i]];
        struct cluster_config *own = &reread->configs[2 * i], *known = own + 1;
        *own = *known = *cluster->config;
        if (cluster->lists_per_project > 0)
            own->projects = pick_projects(reread, reread->picked[i]);
        known->api = API_CONTROL_PLANE;
        known->url = control->url;
        known->endpoint = &control->endpoint;
    }
    for (size_t i = 0; i < count; i++)
        reread->config_list[i] = &reread->configs[i];
}

/* The clusters go on with what the first reading found out about their endpoints. */
static void make_clusters(struct reread *reread)
{
    collector_make_clusters(&reread->collector);
    for (size_t i = 0; i < reread->picked_count; i++) {
        const struct cluster *first = &reread->first->clusters[reread->picked[i]];
        struct cluster *own = &reread->collector.clusters[2 * i];
        own->token = first->token;
        own->own_peer = first->own_peer;
        own->path = first->path;
    }
}

static void prepare(struct reread *reread)
{
    const struct collect_context *context = reread->first->context;
    reread->collector = (struct collector){
        .context = &reread->context,
        .report = report_new(),
        .progress = &reread->progress,
        .control_peer = reread->first->control_peer,
        .id_key = reread->first->id_key,
    };
    make_configs(reread);
    reread->plan = *context->plan;
    reread->plan.clusters = reread->config_list;
    reread->plan.cluster_count = 2 * reread->picked_count;
    reread->context = *context;
    reread->context.plan = &reread->plan;
    reread->context.own_tokens = NULL;
    reread->context.progress = &reread->progress;
    make_clusters(reread);
}

/* What it cost is the cluster's; what the control plane was asked for is nobody's, as before. */
static void account(struct cluster_entry *entry, const struct cluster_entry *again)
{
    entry->requests += again->requests;
    entry->retries += again->retries;
    entry->bytes += again->bytes;
}

static bool confirm_all(struct reread *reread, struct error *error)
{
    for (size_t i = 0; i < reread->picked_count; i++) {
        struct cluster_entry *own = reread->collector.clusters[2 * i].entry;
        struct cluster_entry *known = reread->collector.clusters[2 * i + 1].entry;
        struct reconciled_cluster *result = result_of(reread, reread->picked[i]);
        const struct join_request request = {
            .spool = reread->context.spool, .own = own->workloads, .control = known->workloads};
        account(reread->first->clusters[reread->picked[i]].entry, own);
        if (own->status != STATUS_OK || known->status != STATUS_OK)
            differences_leave(result, differences_count(result));
        else if (!differences_confirm(&request, result, error))
            return false;
    }
    return true;
}

static bool read_again(struct reread *reread, struct error *error)
{
    prepare(reread);
    for (size_t i = 0; i < reread->plan.cluster_count; i++)
        cluster_start(&reread->collector.clusters[i]);
    bool is_ok = collector_run_engine(reread->first, error);
    reread->first->report->reconciliation->read_ms[1] = clock_mono_ms();
    is_ok =
        is_ok && collector_drop_repeats(&reread->collector, error) && confirm_all(reread, error);
    report_free(reread->collector.report);
    free(reread->collector.clusters);
    free(reread->configs);
    free(reread->config_list);
    return is_ok;
}

bool reread_differences(struct collector *collector, struct error *error)
{
    struct reread reread = {.first = collector};
    pick(&reread);
    bool is_ok = reread.picked_count == 0 || read_again(&reread, error);
    free(reread.picked);
    return is_ok;
}
