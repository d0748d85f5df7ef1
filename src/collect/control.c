#include "control.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "id_set.h"
#include "rollcall/mem.h"

#define QUOTAS_MAX 1000000

enum { STEP_COUNT_BEFORE, STEP_WORKLOADS, STEP_COUNT_AFTER, STEP_PROJECTS, STEP_OVER };

struct quota {
    size_t cluster;
    struct str project; /* in `names` */
    int64_t gpus;
};

struct control {
    struct fetch fetch;
    struct collector *collector;
    int step;
    struct paging paging;
    struct paging workload_paging; /* as it stood when the workloads were read */
    unsigned pages;
    int64_t count, count_before; /* -1: unknown */
    struct id_set *ids;          /* owned */
    size_t *by_uuid;             /* owned: the clusters that have a UUID, sorted by it */
    size_t by_uuid_count;
    struct spool_set **sets;     /* owned; by cluster, made when needed */
    struct spool_stage **stages; /* owned; likewise, of the page at hand */
    size_t *touched;             /* owned; the clusters the page at hand has records of */
    size_t touched_count;
    struct arena *names;  /* owned; of the quotas' projects */
    struct quota *quotas; /* owned */
    size_t quota_count, quota_room, quota_kept;
    struct error error; /* of the workloads */
    struct error quota_error;
};

static const char *uuid_of(const struct control *control, size_t cluster)
{
    return control->collector->clusters[cluster].config->uuid;
}

static int compare_uuids(const void *a, const void *b, void *arg)
{
    const struct control *control = arg;
    return strcasecmp(uuid_of(control, *(const size_t *)a), uuid_of(control, *(const size_t *)b));
}

/* The cluster that a record names; false when it is none of ours. */
static bool find_cluster(const struct control *control, struct str uuid, size_t *cluster)
{
    size_t low = 0, high = control->by_uuid_count;
    if (uuid.data == NULL || memchr(uuid.data, '\0', uuid.len) != NULL)
        return false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *candidate = uuid_of(control, control->by_uuid[middle]);
        int order = strncasecmp(uuid.data, candidate, uuid.len);
        if (order == 0 && candidate[uuid.len] != '\0')
            order = -1;
        if (order == 0) {
            *cluster = control->by_uuid[middle];
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool on_workload(void *arg, struct str cluster_id, bool is_deleted,
                        const struct workload *workload, struct error *error)
{
    struct control *control = arg;
    size_t cluster;
    bool is_new = id_set_add(control->ids, workload->id);
    paging_note(&control->paging, workload->id.data != NULL, is_new);
    if (is_new)
        paging_count(&control->paging, is_deleted);
    if (!is_new || is_deleted || !find_cluster(control, cluster_id, &cluster) ||
        !cluster_wants_project(&control->collector->clusters[cluster], workload->project))
        return true;
    if (control->stages[cluster] == NULL) {
        control->stages[cluster] = spool_stage_new(control->collector->context->spool);
        control->touched[control->touched_count++] = cluster;
    }
    return spool_stage_add(control->stages[cluster], workload, error);
}

static bool on_project(void *arg, struct str cluster_id, const struct project_info *project,
                       struct error *error)
{
    struct control *control = arg;
    size_t cluster;
    paging_note(&control->paging, false, true);
    if (project->gpus_quota == AMOUNT_NULL || !find_cluster(control, cluster_id, &cluster))
        return true;
    if (control->quota_count >= QUOTAS_MAX)
        return error_set(error, ERR_TOO_LARGE, "the control plane names more than %d projects",
                         QUOTAS_MAX);
    if (control->quota_count == control->quota_room) {
        control->quota_room = control->quota_room == 0 ? 64 : control->quota_room * 2;
        control->quotas =
            mem_resize(control->quotas, control->quota_room, sizeof(*control->quotas));
    }
    const struct str name = {arena_copy(control->names, project->name.data, project->name.len),
                             project->name.len};
    control->quotas[control->quota_count++] = (struct quota){cluster, name, project->gpus_quota};
    return true;
}

/* Ends the page's stages: into their clusters' sets, or forgotten. */
static bool end_stages(struct control *control, bool is_kept, struct error *error)
{
    bool is_ok = true;
    for (size_t i = 0; i < control->touched_count; i++) {
        size_t cluster = control->touched[i];
        if (is_kept && control->sets[cluster] == NULL)
            control->sets[cluster] = spool_set_new(control->collector->context->spool);
        if (is_kept && is_ok)
            is_ok = spool_stage_commit(control->stages[cluster], control->sets[cluster], error);
        spool_stage_free(control->stages[cluster]);
        control->stages[cluster] = NULL;
    }
    control->touched_count = 0;
    return is_ok;
}

static struct decoder *on_begin(void *arg)
{
    struct control *control = arg;
    switch (control->step) {
    case STEP_WORKLOADS:
        end_stages(control, false, NULL);
        id_set_begin(control->ids);
        paging_begin(&control->paging);
        return decoder_new_control_workloads(on_workload, control);
    case STEP_PROJECTS:
        control->quota_count = control->quota_kept;
        paging_begin(&control->paging);
        return decoder_new_control_projects(on_project, control);
    default:
        return decoder_new_control_count(&control->count);
    }
}

static void ask(struct control *control)
{
    const struct control_plane_config *config =
        &control->collector->context->plan->config->control_plane;
    char *url;
    if (control->step == STEP_WORKLOADS)
        url = control_workloads_url(config->url, NULL, control->paging.offset);
    else if (control->step == STEP_PROJECTS)
        url = mem_printf("%s/api/v1/org-unit/projects?offset=%lld&limit=%d", config->url,
                         (long long)control->paging.offset, PAGE_LIMIT);
    else
        url = control_count_url(config->url, NULL);
    fetch_start(&control->fetch, url, &config->endpoint);
}

static void begin_step(struct control *control, int step)
{
    control->step = step;
    if (step == STEP_PROJECTS) /* no workload comes any more */
        id_set_clear(control->ids);
    control->paging = (struct paging){0};
    control->pages = 0;
}

/* A page of a list is whole: where it leaves the list. */
static enum paging_verdict end_page(struct control *control, struct error *error)
{
    if (++control->pages >= PAGES_MAX) {
        error_set(error, ERR_TOO_LARGE, "the list does not end after %d pages", PAGES_MAX);
        return PAGING_BAD;
    }
    return paging_end(&control->paging, decoder_next_offset(control->fetch.decoder), error);
}

static void end_workloads_page(struct control *control, struct error *error)
{
    enum paging_verdict verdict = end_page(control, error);
    if (verdict == PAGING_DISCARD || verdict == PAGING_BAD)
        return;
    id_set_commit(control->ids);
    if (!end_stages(control, true, error) || verdict == PAGING_MORE)
        return;
    control->workload_paging = control->paging;
    begin_step(control, control->count_before < 0 ? STEP_PROJECTS : STEP_COUNT_AFTER);
}

/* A page or count is whole: what comes next. */
static void step_on(struct control *control, struct error *error)
{
    switch (control->step) {
    case STEP_COUNT_BEFORE:
        control->count_before = control->count;
        begin_step(control, STEP_WORKLOADS);
        return;
    case STEP_WORKLOADS:
        end_workloads_page(control, error);
        return;
    case STEP_COUNT_AFTER:
        if (!paging_agrees(&control->workload_paging, control->count_before, control->count,
                           &control->error))
            control->error.http_status = error->http_status;
        begin_step(control, STEP_PROJECTS);
        return;
    default:
        control->quota_kept = control->quota_count;
        if (end_page(control, error) == PAGING_LAST)
            control->step = STEP_OVER;
    }
}

/* A control plane that does not count cannot vouch for its pages, but they are what there is. */
static void skip_count(struct control *control, struct error *error)
{
    *error = (struct error){0};
    begin_step(control, STEP_WORKLOADS);
}

/* Data of a step that is only a part of it: kept, and nothing is held against it. */
static void note_partial(struct control *control)
{
    struct error *error = control->step == STEP_PROJECTS ? &control->quota_error : &control->error;
    if (error->class == ERR_NONE)
        fetch_set_partial(error);
}

static void on_done(void *arg, struct error *error)
{
    struct control *control = arg;
    const int http_status = error->http_status;
    if (fetch_is_partial(error))
        note_partial(control);
    if (error->class == ERR_NONE)
        step_on(control, error);
    else if (control->step == STEP_COUNT_BEFORE && error->http_status == 404)
        skip_count(control, error);
    if (error->http_status == 0)
        error->http_status = http_status;
    if (error->class != ERR_NONE && control->step != STEP_PROJECTS && control->step != STEP_OVER) {
        end_stages(control, false, NULL);
        control->error = *error;
        begin_step(control, STEP_PROJECTS);
    } else if (error->class != ERR_NONE) {
        control->quota_error = *error;
        control->step = STEP_OVER;
    }
    if (control->step != STEP_OVER)
        ask(control);
}

static void describe(const void *arg, struct buf *out)
{
    const struct control *control = arg;
    if (control->step == STEP_COUNT_BEFORE || control->step == STEP_COUNT_AFTER)
        buf_append_str(out, "control plane: how many workloads there are");
    else
        buf_printf(out, "control plane: all %s, page %u",
                   control->step == STEP_WORKLOADS ? "workloads" : "projects", control->pages + 1);
}

struct control *control_new(struct collector *collector, bool reads_workloads)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    const struct collect_context *context = collector->context;
    size_t count = context->plan->cluster_count;
    struct control *control = mem_new(1, sizeof(*control));
    control->collector = collector;
    control->step = reads_workloads ? STEP_COUNT_BEFORE : STEP_PROJECTS;
    control->count = control->count_before = -1;
    control->ids = id_set_new();
    control->names = arena_new();
    control->sets = mem_new(count, sizeof(*control->sets));
    control->stages = mem_new(count, sizeof(*control->stages));
    control->touched = mem_new(count, sizeof(*control->touched));
    control->by_uuid = mem_new(count, sizeof(*control->by_uuid));
    for (size_t i = 0; i < count; i++)
        if (context->plan->clusters[i]->uuid != NULL)
            control->by_uuid[control->by_uuid_count++] = i;
    qsort_r(control->by_uuid, control->by_uuid_count, sizeof(*control->by_uuid), compare_uuids,
            control);
    fetch_init(&control->fetch, context->engine, context->token, &collector->control_peer, &ops,
               control);
    control->fetch.name = "control plane";
    return control;
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    end_stages(control, false, NULL);
    for (size_t i = 0; i < control->collector->context->plan->cluster_count; i++)
        spool_set_free(control->sets[i]);
    fetch_free(&control->fetch);
    id_set_free(control->ids);
    arena_free(control->names);
    free(control->sets);
    free(control->stages);
    free(control->touched);
    free(control->by_uuid);
    free(control->quotas);
    free(control);
}

void control_start(struct control *control)
{
    ask(control);
}

void control_fail(struct control *control, const struct error *error)
{
    control->error = control->quota_error = *error;
    control->step = STEP_OVER;
}

const struct error *control_error(const struct control *control)
{
    return &control->error;
}

unsigned control_attempts(const struct control *control)
{
    return control->fetch.request.attempts;
}

struct spool_set *control_workloads(const struct control *control, size_t cluster)
{
    return control->sets[cluster];
}

static int compare_owners(const struct quota *x, const struct quota *y)
{
    int order = (x->cluster > y->cluster) - (x->cluster < y->cluster);
    return order != 0 ? order : str_compare(x->project, y->project);
}

static int compare_quotas(const void *a, const void *b)
{
    const struct quota *x = a, *y = b;
    int order = compare_owners(x, y);
    return order != 0 ? order : (x->gpus > y->gpus) - (x->gpus < y->gpus);
}

/* A cluster has one project of a name: where several figures are said, none of them is known. */
void control_fill_quotas(struct control *control)
{
    const struct collector *collector = control->collector;
    if (control->quota_kept > 1)
        qsort(control->quotas, control->quota_kept, sizeof(*control->quotas), compare_quotas);
    for (size_t i = 0, end; i < control->quota_kept; i = end) {
        const struct quota *quota = &control->quotas[i];
        end = i + 1;
        while (end < control->quota_kept && compare_owners(quota, &control->quotas[end]) == 0)
            end++;
        if (control->quotas[end - 1].gpus != quota->gpus)
            continue;
        struct project_entry *project =
            cluster_find_project(&collector->clusters[quota->cluster], quota->project);
        if (project != NULL && project->gpus_quota == AMOUNT_NULL)
            project->gpus_quota = quota->gpus;
    }
    if (control->quota_error.class == ERR_NONE || control->quota_error.http_status == 404)
        return;
    char *text =
        mem_printf("the control plane's quotas could not be read: %s", control->quota_error.text);
    for (size_t i = 0; i < collector->progress->total; i++)
        if (collector->clusters[i].entry->project_count > 0)
            cluster_warn(&collector->clusters[i], text);
    free(text);
}
