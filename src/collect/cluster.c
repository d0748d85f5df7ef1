#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "unknown_words.h"

void cluster_set_error(struct cluster *cluster, struct report_error *to, const struct error *error,
                       unsigned attempts)
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
    return plan_wants_project(plan, project);
}

static int compare_to_project(const void *key, const void *item)
{
    return str_compare(*(const struct str *)key,
                       str_of(((const struct project_entry *)item)->name));
}

struct project_entry *cluster_find_project(const struct cluster *cluster, struct str name)
{
    const struct cluster_entry *entry = cluster->entry;
    if (entry->project_count == 0)
        return NULL;
    return bsearch(&name, entry->projects, entry->project_count, sizeof(*entry->projects),
                   compare_to_project);
}

bool cluster_was_asked(const struct cluster *cluster, struct str project)
{
    return cluster->lists_per_project == 0 || cluster_find_project(cluster, project) != NULL;
}

static void warn(void *arg, const char *text)
{
    cluster_warn(arg, text);
}

static void finish(struct cluster *cluster)
{
    struct collector *collector = cluster->collector;
    struct cluster_entry *entry = cluster->entry;
    cluster_judge(cluster);
    unknown_words_tell(cluster->unknown_words, warn, cluster);
    unknown_words_clear(&cluster->unknown_words);
    if (cluster->started_at_ms != 0)
        entry->duration_ms = clock_mono_ms() - cluster->started_at_ms;
    *(entry->status == STATUS_FAILED ? &collector->progress->failed
                                     : &collector->progress->answered) += 1;
    free(cluster->results);
    cluster->results = NULL;
    if (cluster->flavour->forget != NULL)
        cluster->flavour->forget(cluster);
    cluster->may_repeat = id_prints_may_repeat(&cluster->prints);
    id_prints_free(&cluster->prints);
    if (cluster->may_repeat)
        tally_free(&cluster->tally);
    else
        cluster_add_up(cluster);
}

/* --- The lists of a cluster --- */

static void fail_parked(struct cluster *cluster, const struct report_error *error)
{
    for (size_t i = 0; cluster->parked > 0 && i < cluster->list_count; i++)
        if (cluster->results[i].state == LIST_PARKED) {
            cluster->results[i] = (struct list_result){LIST_FAILED, *error};
            cluster->parked--;
        }
}

/* The list to start next: those that were not asked yet, then the parked ones, once it has shown
 * how to ask them; false when there is none. */
static bool next_to_start(struct cluster *cluster, size_t *index)
{
    *index = cluster->next_list;
    if (cluster->next_list < cluster->list_count)
        cluster->next_list++;
    else if (cluster->parked == 0 || !cluster->flavour->is_settled(cluster))
        return false;
    else
        for (*index = 0; cluster->results[*index].state != LIST_PARKED;)
            ++*index;
    if (cluster->results[*index].state == LIST_PARKED)
        cluster->parked--;
    cluster->results[*index].state = LIST_WAITING;
    return true;
}

/* Lists that were not asked yet share the fate of the whole cluster. */
static void fail_the_rest(struct cluster *cluster)
{
    for (; cluster->next_list < cluster->list_count; cluster->next_list++)
        cluster->results[cluster->next_list] = (struct list_result){LIST_FAILED, cluster->fatal};
    fail_parked(cluster, &cluster->fatal);
}

/* Nothing has settled how to ask: whether the projects of the parked lists exist is for the cluster
 * to say, which it has done where it was asked for its projects. */
static void name_parked(struct cluster *cluster)
{
    const char *const *projects = cluster->config->projects;
    if (projects != NULL && *projects != NULL) {
        cluster->is_naming_parked = true;
        names_ask(cluster);
        return;
    }
    for (size_t i = 0; i < cluster->list_count; i++)
        if (cluster->results[i].state == LIST_PARKED)
            cluster->results[i].state = LIST_OK;
    cluster->parked = 0;
    finish(cluster);
}

/* The cluster's projects, asked for on account of the parked lists: those that it names are empty.
 */
static void judge_parked(struct cluster *cluster, const char *const *names, size_t count,
                         const struct error *error, unsigned attempts)
{
    struct error why = *error;
    struct report_error verdict;
    for (size_t i = 0; i < count && error->class == ERR_NONE; i++) {
        const struct project_entry *project = cluster_find_project(cluster, str_of(names[i]));
        struct list_result *result =
            project == NULL ? NULL : &cluster->results[project - cluster->entry->projects];
        if (result != NULL && result->state == LIST_PARKED) {
            result->state = LIST_OK;
            cluster->parked--;
        }
    }
    if (error->class == ERR_NONE)
        error_set(&why, ERR_NOT_FOUND,
                  "no known path lists a job of it, and the cluster does not name it among its "
                  "projects (if it has the project, set jobs_path)");
    else if (error->http_status != 0)
        error_set(&why, ERR_NOT_FOUND,
                  "no known path lists a job of it (if the cluster has the project, set "
                  "jobs_path), and its projects could not be read: %s",
                  error->text);
    why.http_status = error->http_status;
    cluster_set_error(cluster, &verdict, &why, attempts);
    fail_parked(cluster, &verdict);
    finish(cluster);
}

/* Whether something of the cluster has answered, be it with an error. */
static bool has_answered(struct cluster *cluster)
{
    return cluster_peer(cluster)->was_answered;
}

/* Starts what may start. Until something has answered, and until the flavour knows how to ask, one
 * list probes for all. */
static void advance(struct cluster *cluster)
{
    const struct run_config *run = &cluster->collector->context->plan->config->run;
    if (cluster->fatal.class != ERR_NONE)
        fail_the_rest(cluster);
    bool is_probing = !has_answered(cluster) || !cluster->flavour->is_settled(cluster);
    unsigned limit = is_probing ? 1 : run->per_host;
    size_t index;
    while (cluster->list_count_running < limit && next_to_start(cluster, &index))
        list_start(cluster, index);
    if (cluster->list_count_running > 0)
        return;
    if (cluster->parked > 0)
        name_parked(cluster);
    else
        finish(cluster);
}

/* Begins with the lists, of which each project, or the cluster, has so many. */
static void begin_lists(struct cluster *cluster, size_t count)
{
    cluster->lists_per_project = cluster->is_by_project ? count : 0;
    cluster->list_count = cluster->is_by_project ? cluster->entry->project_count * count : count;
    cluster->results = mem_new(cluster->list_count, sizeof(*cluster->results));
    advance(cluster);
}

/* Begins with what comes before the lists, if there are any. */
static void prepare(struct cluster *cluster)
{
    const struct flavour *flavour = cluster->flavour;
    bool is_empty = cluster->is_by_project && cluster->entry->project_count == 0;
    if (flavour->prepare != NULL && !is_empty)
        flavour->prepare(cluster);
    else
        begin_lists(cluster, cluster->is_by_project ? flavour->lists_per_project
                                                    : flavour->lists_per_cluster);
}

void cluster_prepared(struct cluster *cluster, size_t list_count, const struct error *error,
                      unsigned attempts)
{
    if (error->class != ERR_NONE)
        cluster_set_error(cluster, &cluster->fatal, error, attempts);
    begin_lists(cluster, list_count);
}

/* By name; of one name those without a quota come first, then the smallest. */
static int compare_projects(const void *a, const void *b)
{
    const struct project_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->gpus_quota > y->gpus_quota) - (x->gpus_quota < y->gpus_quota);
}

size_t cluster_unite_projects(struct project_entry *projects, size_t count)
{
    size_t kept = 0;
    qsort(projects, count, sizeof(*projects), compare_projects);
    for (size_t i = 0, end; i < count; i = end) {
        int64_t least = AMOUNT_NULL;
        for (end = i; end < count && strcmp(projects[end].name, projects[i].name) == 0; end++)
            if (least == AMOUNT_NULL)
                least = projects[end].gpus_quota;
        bool is_known = projects[end - 1].gpus_quota == least;
        projects[kept] = projects[i];
        projects[kept++].gpus_quota = is_known ? least : AMOUNT_NULL;
    }
    return kept;
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
        if (plan_wants_project(plan, str_of(names[i]))) {
            entry->projects[wanted].name = names[i];
            entry->projects[wanted++].gpus_quota = quotas == NULL ? AMOUNT_NULL : quotas[i];
        }
    entry->project_count = cluster_unite_projects(entry->projects, wanted);
    if (count > 0 && entry->project_count == 0)
        cluster_warn(cluster, "none of its projects was selected");
    cluster->is_by_project = true;
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
    }
    prepare(cluster);
}

void cluster_names_done(struct cluster *cluster, const char *const *names, const int64_t *quotas,
                        size_t count, const struct error *error, unsigned attempts)
{
    if (cluster->is_naming_parked) {
        judge_parked(cluster, names, count, error, attempts);
        return;
    }
    if (error->class != ERR_NONE) {
        cluster_set_error(cluster, &cluster->fatal, error, attempts);
        finish(cluster);
        return;
    }
    if (cluster->shows_no_project && cluster->config->allows_empty)
        cluster_warn(cluster, "the cluster shows no project to this token");
    set_projects(cluster, names, quotas, count);
    prepare(cluster);
}

/* A failure is the cluster's if nothing of it has answered, or nothing but a refusal of the token:
 * asking for its other lists would only spend the run's time. As no other list is under way then,
 * this depends on the order of the lists, not on that of answers. */
static bool is_fatal(struct cluster *cluster, const struct list *list, const struct error *error)
{
    return list->is_first && (!has_answered(cluster) || error->http_status == 401);
}

void cluster_list_done(struct cluster *cluster, const struct list *list, enum list_state state,
                       const struct error *error)
{
    struct list_result *result = &cluster->results[list->index];
    result->state = state;
    cluster->parked += state == LIST_PARKED;
    if (state != LIST_OK)
        cluster_set_error(cluster, &result->error, error, list->fetch.request.attempts);
    if (state == LIST_FAILED && is_fatal(cluster, list, error))
        cluster->fatal = result->error;
    advance(cluster);
}

void cluster_fail(struct cluster *cluster, const struct error *error)
{
    cluster_set_error(cluster, &cluster->fatal, error, 0);
    finish(cluster);
}

void cluster_skip(struct cluster *cluster, const char *reason)
{
    cluster->entry->status = STATUS_SKIPPED;
    cluster->entry->reason = reason;
    cluster->collector->progress->answered++;
}
