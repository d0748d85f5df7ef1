#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

static void set_report_error(struct cluster *cluster, struct report_error *to,
                             const struct error *error, unsigned attempts)
{
    to->class = error->class;
    to->message = arena_strdup(cluster->collector->report->arena, error->text);
    to->http_status = error->http_status;
    to->attempts = attempts;
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

void cluster_account(struct cluster *cluster, const struct request *request)
{
    struct cluster_entry *entry = cluster->entry;
    entry->requests += request->attempts;
    entry->retries += request->retries;
    entry->bytes += request->bytes;
    /* Of several certificates the first to expire is the one to know of. */
    if (request->certificate_expires_at != 0 &&
        (entry->certificate_expires_at == TIME_NULL ||
         request->certificate_expires_at < entry->certificate_expires_at))
        entry->certificate_expires_at = request->certificate_expires_at;
}

struct peer *cluster_peer(struct cluster *cluster)
{
    return cluster->flavour->asks_control_plane ? &cluster->collector->control_peer
                                                : &cluster->own_peer;
}

bool cluster_uses_shared_token(const struct cluster *cluster)
{
    return cluster->token == cluster->collector->context->token;
}

static bool is_in(const char *const *names, struct str name)
{
    for (; *names != NULL; names++)
        if (str_equals(str_of(*names), name))
            return true;
    return false;
}

bool cluster_wants_project(const struct cluster *cluster, struct str project)
{
    const struct plan *plan = cluster->collector->context->plan;
    const char *const *projects = cluster->config->projects;
    if (projects != NULL && *projects != NULL && !is_in(projects, project))
        return false;
    return plan_wants_project(plan, project.data == NULL ? "" : project.data);
}

/* --- The end of a cluster --- */

/* What the lists of one project, or of the whole cluster, come to. */
struct fold {
    size_t ok, absent, incomplete, failed;
    const struct report_error *first; /* the first error in the lists' order */
    size_t first_index;
    bool is_alike; /* all failures say the same */
};

static struct fold fold_results(const struct cluster *cluster, size_t begin, size_t end)
{
    struct fold fold = {.is_alike = true};
    for (size_t i = begin; i < end; i++) {
        const struct list_result *result = &cluster->results[i];
        fold.ok += result->state == LIST_OK;
        fold.absent += result->state == LIST_ABSENT;
        fold.incomplete += result->state == LIST_INCOMPLETE;
        fold.failed += result->state == LIST_FAILED;
        if (result->state != LIST_INCOMPLETE && result->state != LIST_FAILED)
            continue;
        if (fold.first == NULL) {
            fold.first = &result->error;
            fold.first_index = i;
        }
        fold.is_alike = fold.is_alike && result->error.class == fold.first->class &&
                        strcmp(result->error.message, fold.first->message) == 0;
    }
    return fold;
}

/* An error with a name in front and the number of others behind. */
static struct report_error name_error(struct cluster *cluster, const struct report_error *error,
                                      const char *what, const char *name, size_t others)
{
    struct error text = {0};
    struct report_error named = *error;
    if (others > 0)
        error_set(&text, error->class, "%s \"%s\": %s (and %zu more)", what, name, error->message,
                  others);
    else
        error_set(&text, error->class, "%s \"%s\": %s", what, name, error->message);
    named.message = arena_strdup(cluster->collector->report->arena, text.text);
    return named;
}

static enum entry_status fold_status(const struct fold *fold)
{
    if (fold->failed == 0 && fold->incomplete == 0 && (fold->ok > 0 || fold->absent == 0))
        return STATUS_OK;
    return fold->ok + fold->incomplete > 0 ? STATUS_PARTIAL : STATUS_FAILED;
}

/* The error of a group of lists that are not all well. */
static struct report_error fold_error(const struct fold *fold)
{
    if (fold->first != NULL)
        return *fold->first;
    return (struct report_error){
        .class = ERR_NOT_FOUND, .message = "none of its lists exists", .http_status = 404};
}

/* Status and error of each project from its lists'; returns how many are not ok. */
static size_t judge_projects(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    size_t width = cluster->lists_per_project;
    size_t bad = 0;
    for (size_t i = 0; i < entry->project_count; i++) {
        struct project_entry *project = &entry->projects[i];
        struct fold fold = fold_results(cluster, i * width, (i + 1) * width);
        project->status = fold_status(&fold);
        if (project->status == STATUS_OK)
            continue;
        bad++;
        project->error = fold_error(&fold);
        size_t failures = fold.failed + fold.incomplete;
        if (width > 1 && fold.first != NULL && !(fold.is_alike && failures > 1)) {
            const struct list list = {.cluster = cluster, .index = fold.first_index};
            project->error = name_error(cluster, fold.first, "kind", cluster->flavour->label(&list),
                                        failures - 1);
        }
    }
    return bad;
}

/* The cluster's status and error from its projects': the first by name, which no order of answers
 * changes. */
static void derive_from_projects(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    size_t bad = judge_projects(cluster);
    size_t failed = 0;
    const struct project_entry *first = NULL;
    bool is_alike = true;
    for (size_t i = 0; i < entry->project_count; i++) {
        const struct project_entry *project = &entry->projects[i];
        failed += project->status == STATUS_FAILED;
        if (project->status == STATUS_OK)
            continue;
        first = first == NULL ? project : first;
        is_alike = is_alike && project->error.class == first->error.class &&
                   strcmp(project->error.message, first->error.message) == 0;
    }
    entry->status = bad == 0                        ? STATUS_OK
                    : failed < entry->project_count ? STATUS_PARTIAL
                                                    : STATUS_FAILED;
    if (first == NULL)
        return;
    entry->error = first->error;
    if (bad < 2 || bad < entry->project_count || !is_alike)
        entry->error = name_error(cluster, &first->error, "project", first->name, bad - 1);
}

/* The projects that the records of a whole-cluster list name. */
static void list_projects_seen(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    struct arena *arena = cluster->collector->report->arena;
    size_t count = 0;
    struct key_count *keys = count_map_sorted(cluster->tally.by_project, &count);
    entry->projects = arena_alloc(arena, count * sizeof(*entry->projects));
    for (size_t i = 0; i < count; i++) {
        /* A name with NUL in it is no name of a project; its records keep it. */
        if (keys[i].key.data == NULL || memchr(keys[i].key.data, '\0', keys[i].key.len) != NULL)
            continue;
        struct project_entry *project = &entry->projects[entry->project_count++];
        project->name = arena_copy(arena, keys[i].key.data, keys[i].key.len);
        project->status = entry->status;
        project->error = entry->error;
        project->count = keys[i].count;
        project->gpus_quota = AMOUNT_NULL;
    }
    free(keys);
}

static void derive_from_lists(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    struct fold fold = fold_results(cluster, 0, cluster->list_count);
    entry->status = fold_status(&fold);
    if (entry->status != STATUS_OK) {
        size_t failures = fold.failed + fold.incomplete;
        const struct list list = {.cluster = cluster, .index = fold.first_index};
        entry->error = fold_error(&fold);
        if (fold.first != NULL && cluster->flavour->label != NULL &&
            !(fold.is_alike && failures == cluster->list_count))
            entry->error = name_error(cluster, fold.first, "kind", cluster->flavour->label(&list),
                                      failures - 1);
    }
    if (entry->status != STATUS_FAILED)
        list_projects_seen(cluster);
}

/* A project that cannot be asked is missing, and a cluster that has none else has not answered. */
static void judge_nameless(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    struct error error = {0};
    unsigned long long count = cluster->nameless_projects;
    if (count == 0 || entry->status != STATUS_OK)
        return;
    error_set(&error, ERR_BAD_SHAPE, "%llu of its projects %s no usable name and %s not asked",
              count, count == 1 ? "has" : "have", count == 1 ? "was" : "were");
    set_report_error(cluster, &entry->error, &error, 0);
    entry->status = entry->project_count > 0 ? STATUS_PARTIAL : STATUS_FAILED;
}

static void finish(struct cluster *cluster)
{
    struct collector *collector = cluster->collector;
    struct cluster_entry *entry = cluster->entry;
    if (cluster->lists_per_project > 0)
        derive_from_projects(cluster);
    else if (cluster->list_count > 0)
        derive_from_lists(cluster);
    if (cluster->fatal.class != ERR_NONE && entry->status != STATUS_PARTIAL) {
        entry->status = STATUS_FAILED;
        entry->error = cluster->fatal;
    }
    judge_nameless(cluster);
    if (cluster->started_at_ms != 0)
        entry->duration_ms = clock_mono_ms() - cluster->started_at_ms;
    *(entry->status == STATUS_FAILED ? &collector->progress->failed
                                     : &collector->progress->answered) += 1;
    free(cluster->results);
    cluster->results = NULL;
    tally_free(&cluster->tally);
}

/* --- The lists of a cluster --- */

/* Lists that were not asked yet share the fate of the whole cluster. */
static void fail_the_rest(struct cluster *cluster)
{
    for (; cluster->next_list < cluster->list_count; cluster->next_list++)
        cluster->results[cluster->next_list] = (struct list_result){LIST_FAILED, cluster->fatal};
}

/* Starts what may start. Until the flavour knows how to ask, one list probes for all. */
static void advance(struct cluster *cluster)
{
    const struct run_config *run = &cluster->collector->context->plan->config->run;
    if (cluster->fatal.class != ERR_NONE)
        fail_the_rest(cluster);
    unsigned limit = cluster->flavour->is_settled(cluster) ? run->per_host : 1;
    while (cluster->next_list < cluster->list_count && cluster->list_count_running < limit)
        list_start(cluster, cluster->next_list++);
    if (cluster->list_count_running == 0)
        finish(cluster);
}

static void set_list_count(struct cluster *cluster, size_t lists_per_project, size_t count)
{
    cluster->lists_per_project = lists_per_project;
    cluster->list_count = count;
    cluster->results = mem_new(count, sizeof(*cluster->results));
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
    if (count > 0 && entry->project_count == 0)
        cluster_warn(cluster, "none of its projects was selected");
    set_list_count(cluster, cluster->flavour->lists_per_project,
                   entry->project_count * cluster->flavour->lists_per_project);
}

void cluster_start(struct cluster *cluster)
{
    const char *const *projects = cluster->config->projects;
    bool has_projects = projects != NULL && *projects != NULL;
    if (has_projects && cluster->flavour->lists_per_project > 0) {
        size_t count = 0;
        while (projects[count] != NULL)
            count++;
        set_projects(cluster, projects, NULL, count);
    } else if (cluster->flavour->names_projects) {
        names_ask(cluster);
        return;
    } else {
        set_list_count(cluster, 0, cluster->flavour->lists_per_cluster);
    }
    advance(cluster);
}

void cluster_names_done(struct cluster *cluster, const char *const *names, const int64_t *quotas,
                        size_t count, const struct error *error, unsigned attempts)
{
    if (error->class != ERR_NONE) {
        set_report_error(cluster, &cluster->fatal, error, attempts);
        finish(cluster);
        return;
    }
    if (count == 0 && cluster->nameless_projects == 0)
        cluster_warn(cluster, "the cluster shows no project to this token");
    set_projects(cluster, names, quotas, count);
    advance(cluster);
}

/* What failed the host fails its other lists too: asking on would only spend the run's time. */
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
        return !cluster->own_peer.was_answered && !cluster->flavour->asks_control_plane;
    }
}

void cluster_list_done(struct cluster *cluster, const struct list *list, enum list_state state,
                       const struct error *error)
{
    struct list_result *result = &cluster->results[list->index];
    result->state = state;
    if (state == LIST_INCOMPLETE || state == LIST_FAILED)
        set_report_error(cluster, &result->error, error, list->fetch.request.attempts);
    if (state == LIST_FAILED && is_fatal(cluster, error) && cluster->fatal.class == ERR_NONE)
        cluster->fatal = result->error;
    advance(cluster);
}

void cluster_fail(struct cluster *cluster, const struct error *error)
{
    set_report_error(cluster, &cluster->fatal, error, 0);
    finish(cluster);
}

void cluster_skip(struct cluster *cluster, const char *reason)
{
    cluster->entry->status = STATUS_SKIPPED;
    cluster->entry->reason = reason;
    cluster->collector->progress->answered++;
}
