#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

/* More projects than any cluster has; a hostile one may not fill the memory with names. */
#define PROJECTS_MAX 100000

static void set_report_error(struct cluster *cluster, struct report_error *to,
                             const struct error *error, unsigned attempts)
{
    to->class = error->class;
    to->message = arena_strdup(cluster->collector->report->arena, error->text);
    to->http_status = error->http_status;
    to->attempts = attempts;
}

static bool is_known(const struct cluster *cluster)
{
    return cluster->generation != GENERATION_UNKNOWN || cluster->config->jobs_path != NULL;
}

/* The cluster's error from its projects': the first by name, which no order of answers changes. */
static void derive_error(struct cluster *cluster, size_t failed)
{
    struct cluster_entry *entry = cluster->entry;
    const struct project_entry *first = entry->projects;
    while (first->status == STATUS_OK)
        first++;
    bool is_alike = failed == entry->project_count;
    for (size_t i = 0; is_alike && i < entry->project_count; i++)
        is_alike = entry->projects[i].error.class == first->error.class &&
                   strcmp(entry->projects[i].error.message, first->error.message) == 0;
    entry->error = first->error;
    if (is_alike && failed > 1)
        return;
    struct error text;
    if (failed == 1)
        error_set(&text, first->error.class, "project \"%s\": %s", first->name,
                  first->error.message);
    else
        error_set(&text, first->error.class, "project \"%s\": %s (and %zu more)", first->name,
                  first->error.message, failed - 1);
    entry->error.message = arena_strdup(cluster->collector->report->arena, text.text);
}

static void finish(struct cluster *cluster)
{
    struct collector *collector = cluster->collector;
    struct cluster_entry *entry = cluster->entry;
    size_t failed = 0;
    for (size_t i = 0; i < entry->project_count; i++)
        failed += entry->projects[i].status != STATUS_OK;
    entry->status = failed == 0                     ? STATUS_OK
                    : failed < entry->project_count ? STATUS_PARTIAL
                                                    : STATUS_FAILED;
    if (cluster->fatal.class != ERR_NONE && entry->status != STATUS_PARTIAL) {
        entry->status = STATUS_FAILED;
        entry->error = cluster->fatal;
    } else if (failed > 0) {
        derive_error(cluster, failed);
    }
    if (cluster->started_at_ms != 0)
        entry->duration_ms = clock_mono_ms() - cluster->started_at_ms;
    if (entry->status != STATUS_FAILED)
        collector->report->totals_clusters++;
    *(entry->status == STATUS_FAILED ? &collector->progress.failed
                                     : &collector->progress.answered) += 1;
}

/* Projects that were not asked yet share the fate of the whole cluster. */
static void fail_the_rest(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    for (; cluster->next_project < entry->project_count; cluster->next_project++) {
        struct project_entry *project = &entry->projects[cluster->next_project];
        project->status = STATUS_FAILED;
        project->error = cluster->fatal;
    }
}

/* Starts what may start. While no path generation has worked, one project probes for all. */
static void advance(struct cluster *cluster)
{
    const struct run_config *run = &cluster->collector->context->plan->config->run;
    struct cluster_entry *entry = cluster->entry;
    if (cluster->fatal.class != ERR_NONE)
        fail_the_rest(cluster);
    unsigned limit = is_known(cluster) ? run->per_host : 1;
    while (cluster->next_project < entry->project_count && cluster->fetch_count < limit) {
        size_t project = cluster->next_project++;
        int generation = cluster->generation;
        if (generation == GENERATION_UNKNOWN && cluster->config->jobs_path == NULL)
            generation = 0;
        fetch_start(cluster, FETCH_JOBS, project, generation);
    }
    if (cluster->fetch_count == 0)
        finish(cluster);
}

static int compare_projects(const void *a, const void *b)
{
    return strcmp(((const struct project_entry *)a)->name, ((const struct project_entry *)b)->name);
}

/* Makes the cluster's project entries of `count` names: those that are wanted, sorted, each once.
 */
static void set_projects(struct cluster *cluster, const char *const *names, const int64_t *quotas,
                         size_t count)
{
    struct cluster_entry *entry = cluster->entry;
    const struct plan *plan = cluster->collector->context->plan;
    struct arena *arena = cluster->collector->report->arena;
    entry->projects = arena_alloc(arena, count * sizeof(*entry->projects));
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (plan_wants_project(plan, names[i])) {
            entry->projects[wanted].name = names[i];
            entry->projects[wanted++].gpus_quota = quotas == NULL ? AMOUNT_NULL : quotas[i];
        }
    qsort(entry->projects, wanted, sizeof(*entry->projects), compare_projects);
    for (size_t i = 0; i < wanted; i++)
        if (i == 0 ||
            strcmp(entry->projects[entry->project_count - 1].name, entry->projects[i].name) != 0)
            entry->projects[entry->project_count++] = entry->projects[i];
}

void cluster_warn(struct cluster *cluster, const char *text)
{
    struct cluster_entry *entry = cluster->entry;
    struct arena *arena = cluster->collector->report->arena;
    size_t count = entry->warning_count;
    /* The room is always a power of two, so a count that is one means that it is full. */
    if ((count & (count - 1)) == 0) {
        const char **warnings =
            arena_alloc(arena, (count == 0 ? 1 : 2 * count) * sizeof(*warnings));
        for (size_t i = 0; i < count; i++)
            warnings[i] = entry->warnings[i];
        entry->warnings = warnings;
    }
    entry->warnings[entry->warning_count++] = arena_strdup(arena, text);
}

void cluster_start(struct cluster *cluster)
{
    const char *const *projects = cluster->config->projects;
    if (projects == NULL || *projects == NULL) {
        fetch_start(cluster, FETCH_PROJECTS, 0, GENERATION_UNKNOWN);
        return;
    }
    size_t count = 0;
    while (projects[count] != NULL)
        count++;
    set_projects(cluster, projects, NULL, count);
    if (cluster->entry->project_count == 0)
        cluster_warn(cluster, "none of its projects was selected");
    advance(cluster);
}

bool cluster_add_name(struct cluster *cluster, const struct project_info *project,
                      struct error *error)
{
    struct name_list *names = &cluster->names;
    if (names->count >= PROJECTS_MAX)
        return error_set(error, ERR_TOO_LARGE, "the cluster names more than %d projects",
                         PROJECTS_MAX);
    if (names->count == names->room) {
        names->room = names->room == 0 ? 16 : names->room * 2;
        names->items = mem_resize(names->items, names->room, sizeof(*names->items));
        names->quotas = mem_resize(names->quotas, names->room, sizeof(*names->quotas));
    }
    names->items[names->count] =
        arena_copy(cluster->collector->report->arena, project->name.data, project->name.len);
    names->quotas[names->count++] = project->gpus_quota;
    return true;
}

void cluster_forget_names(struct cluster *cluster)
{
    free(cluster->names.items);
    free(cluster->names.quotas);
    cluster->names = (struct name_list){0};
}

/* What failed the host fails its other projects too: asking on would only spend the run's time. */
static bool is_fatal(const struct cluster *cluster, const struct error *error)
{
    switch (error->class) {
    case ERR_DNS:
    case ERR_CONNECT:
    case ERR_TLS:
    case ERR_PROXY:
    case ERR_DEADLINE:
    case ERR_INTERRUPTED:
    case ERR_INTERNAL:
        return true;
    case ERR_AUTH:
        return error->http_status == 401;
    default:
        return !cluster->was_answered;
    }
}

static void projects_done(struct cluster *cluster, const struct fetch *fetch,
                          const struct error *error)
{
    if (error->class != ERR_NONE) {
        set_report_error(cluster, &cluster->fatal, error, fetch->request.attempts);
        cluster_forget_names(cluster);
        return;
    }
    size_t count = cluster->names.count;
    set_projects(cluster, cluster->names.items, cluster->names.quotas, count);
    cluster_forget_names(cluster);
    if (count == 0)
        cluster_warn(cluster, "the cluster shows no project to this token");
    else if (cluster->entry->project_count == 0)
        cluster_warn(cluster, "none of its projects was selected");
}

/* 404 and 405 on the way to a generation that works are no failures: true when the next is asked.
 */
static bool probe_on(struct cluster *cluster, const struct fetch *fetch, const struct error *error)
{
    if (is_known(cluster) || fetch->generation + 1 >= paths_generation_count() ||
        (error->http_status != 404 && error->http_status != 405))
        return false;
    fetch_start(cluster, FETCH_JOBS, fetch->project, fetch->generation + 1);
    return true;
}

static void jobs_done(struct cluster *cluster, const struct fetch *fetch, const struct error *error)
{
    struct project_entry *project = &cluster->entry->projects[fetch->project];
    if (error->class == ERR_NONE) {
        project->status = STATUS_OK;
        cluster->generation = fetch->generation;
        return;
    }
    /* A path that began a good answer is the right one, whatever became of the answer. */
    if (error->http_status == 200)
        cluster->generation = fetch->generation;
    struct error own = *error;
    /* 405 from the last path is as good as 404: there is no such list here. */
    if (!is_known(cluster) && (own.http_status == 404 || own.http_status == 405)) {
        error_set(&own, ERR_NOT_FOUND, "no known path lists its jobs (set jobs_path): %s",
                  error->text);
        own.http_status = error->http_status;
    }
    project->status = STATUS_FAILED;
    set_report_error(cluster, &project->error, &own, fetch->request.attempts);
    if (is_fatal(cluster, error) && cluster->fatal.class == ERR_NONE)
        cluster->fatal = project->error;
}

void cluster_fetch_done(struct cluster *cluster, const struct fetch *fetch,
                        const struct error *error)
{
    if (fetch->kind == FETCH_PROJECTS) {
        projects_done(cluster, fetch, error);
    } else {
        if (error->class != ERR_NONE && probe_on(cluster, fetch, error))
            return;
        jobs_done(cluster, fetch, error);
    }
    advance(cluster);
}

void cluster_fail(struct cluster *cluster, const struct error *error)
{
    set_report_error(cluster, &cluster->fatal, error, 0);
    finish(cluster);
}
