/* What the outcomes of a cluster's lists mean for its projects and for the cluster, and what its
 * records add up to. */
#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"

/* What the lists of one project, or of the whole cluster, come to. */
struct fold {
    size_t ok, absent, incomplete, failed;
    const struct report_error *first; /* the first error in the lists' order */
    unsigned attempts;                /* of the first list, whatever became of it */
    size_t first_index;
    bool is_alike; /* all failures say the same */
};

static struct fold fold_results(const struct cluster *cluster, size_t begin, size_t end)
{
    struct fold fold = {.is_alike = true};
    if (begin < end)
        fold.attempts = cluster->results[begin].error.attempts;
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
    return (struct report_error){.class = ERR_NOT_FOUND,
                                 .message = "none of its lists exists",
                                 .http_status = 404,
                                 .attempts = fold->attempts};
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
}

/* What the list of its projects leaves out; false when nothing is missing there. */
static bool find_lack(const struct cluster *cluster, struct error *error)
{
    unsigned long long count = cluster->nameless_projects;
    if (cluster->is_names_partial) {
        fetch_set_partial(error);
        error_prefix(error, "its projects");
        return true;
    }
    if (count > 0)
        error_set(error, ERR_BAD_SHAPE, "%llu of its projects %s no usable name and %s not asked",
                  count, count == 1 ? "has" : "have", count == 1 ? "was" : "were");
    else if (cluster->shows_no_project && !cluster->config->allows_empty)
        error_set(error, ERR_NOT_FOUND,
                  "the cluster shows no project to this token (allow_empty = true accepts that)");
    error->http_status = cluster->names_status;
    return error->class != ERR_NONE;
}

/* A project that cannot be asked is missing, and a cluster that has none else has not answered. One
 * that shows none at all may have some that the token may not see. */
static void judge_names(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    struct error error = {0};
    if (entry->status != STATUS_OK || !find_lack(cluster, &error))
        return;
    cluster_set_error(cluster, &entry->error, &error, cluster->names_attempts);
    bool has_answered = entry->project_count > 0 || error.class == ERR_NOT_FOUND;
    entry->status = has_answered ? STATUS_PARTIAL : STATUS_FAILED;
}

void cluster_judge(struct cluster *cluster)
{
    struct cluster_entry *entry = cluster->entry;
    if (cluster->lists_per_project > 0)
        derive_from_projects(cluster);
    else if (cluster->list_count > 0)
        derive_from_lists(cluster);
    if (cluster->fatal.class != ERR_NONE && entry->status != STATUS_PARTIAL) {
        entry->status = STATUS_FAILED;
        entry->error = cluster->fatal;
    }
    judge_names(cluster);
}

void cluster_add_up(struct cluster *cluster)
{
    cluster->entry->count = cluster->tally.all;
    if (cluster->lists_per_project == 0 && cluster->entry->status != STATUS_FAILED)
        list_projects_seen(cluster);
    tally_merge(&cluster->collector->report->totals, &cluster->tally);
    tally_free(&cluster->tally);
}
