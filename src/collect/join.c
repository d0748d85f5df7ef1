#include "join.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

/* A workload as the control plane knows it. */
struct item {
    struct workload workload; /* its texts are in the join's arena */
    bool has_partner;         /* a workload of the cluster has its id */
    bool is_used;
};

struct join {
    const struct join_request *request;
    struct spool *spool;
    struct arena *arena; /* owned: the items' texts */
    struct arena *kept;  /* the report's: the differences' texts */
    struct item *items;  /* owned; by project, name, id, as the spool gives them */
    size_t count, room;
    struct item **by_id; /* owned; those that have an id */
    size_t by_id_count;
    struct spool_stage *stage; /* of the enriched workloads; NULL: not enriching */
    struct error *error;
};

static struct str copy(struct arena *arena, struct str text)
{
    if (text.data == NULL)
        return text;
    return (struct str){arena_copy(arena, text.data, text.len), text.len};
}

static struct str_list copy_list(struct arena *arena, struct str_list list)
{
    if (list.count == 0)
        return list;
    struct str *items = arena_alloc(arena, list.count * sizeof(*items));
    for (size_t i = 0; i < list.count; i++)
        items[i] = copy(arena, list.items[i]);
    list.items = items;
    return list;
}

static bool load_item(void *arg, const struct workload *workload)
{
    struct join *join = arg;
    if (join->count == join->room) {
        join->room = join->room == 0 ? 64 : join->room * 2;
        join->items = mem_resize(join->items, join->room, sizeof(*join->items));
    }
    struct item *item = &join->items[join->count++];
    *item = (struct item){.workload = *workload};
    struct workload *own = &item->workload;
    own->id = copy(join->arena, workload->id);
    own->name = copy(join->arena, workload->name);
    own->project = copy(join->arena, workload->project);
    own->department = copy(join->arena, workload->department);
    own->raw_phase = copy(join->arena, workload->raw_phase);
    own->node_pools = copy_list(join->arena, workload->node_pools);
    /* Not needed here, and borrowed from a record that is gone. */
    own->user = (struct str){0};
    own->images = own->nodes = (struct str_list){0};
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    return str_compare((*(struct item *const *)a)->workload.id,
                       (*(struct item *const *)b)->workload.id);
}

static void index_ids(struct join *join)
{
    join->by_id = mem_new(join->count, sizeof(*join->by_id));
    for (size_t i = 0; i < join->count; i++)
        if (join->items[i].workload.id.data != NULL)
            join->by_id[join->by_id_count++] = &join->items[i];
    qsort(join->by_id, join->by_id_count, sizeof(*join->by_id), compare_ids);
}

static struct item *find_id(const struct join *join, struct str id)
{
    size_t low = 0, high = join->by_id_count;
    if (id.data == NULL)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(join->by_id[middle]->workload.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < join->by_id_count && str_equals(join->by_id[low]->workload.id, id)
               ? join->by_id[low]
               : NULL;
}

static int compare_names(const struct workload *a, const struct workload *b)
{
    int order = str_compare(a->project, b->project);
    return order != 0 ? order : str_compare(a->name, b->name);
}

/* The first workload of this project and name that no id claims. */
static struct item *find_name(const struct join *join, const struct workload *workload)
{
    size_t low = 0, high = join->count;
    if (workload->name.data == NULL)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_names(&join->items[middle].workload, workload) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < join->count && compare_names(&join->items[low].workload, workload) == 0; low++)
        if (!join->items[low].has_partner && !join->items[low].is_used)
            return &join->items[low];
    return NULL;
}

static struct item *find_partner(const struct join *join, const struct workload *workload)
{
    struct item *item = find_id(join, workload->id);
    if (item == NULL || item->is_used)
        item = find_name(join, workload);
    return item;
}

/* First pass: ids go before names, whatever comes first. */
static bool claim(void *arg, const struct workload *workload)
{
    struct item *item = find_id(arg, workload->id);
    if (item != NULL)
        item->has_partner = true;
    return true;
}

/* The lists are the report's arena's: one that grows leaves its smaller self there. */
static void add_difference(struct join *join, struct difference_list *list,
                           const struct difference *difference)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 16 : list->room * 2;
        struct difference *items = arena_alloc(join->kept, room * sizeof(*items));
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *difference;
}

static struct workload_view view_of(struct join *join, const struct workload *workload)
{
    return (struct workload_view){
        .id = copy(join->kept, workload->id),
        .phase = workload->phase,
        .raw_phase = copy(join->kept, workload->raw_phase),
        .gpus_allocated = workload->gpus_allocated,
    };
}

static struct difference difference_of(struct join *join, const struct workload *workload)
{
    return (struct difference){.project = copy(join->kept, workload->project),
                               .name = copy(join->kept, workload->name)};
}

/* GPUs are only compared where both sides have a figure. */
static bool differ(const struct workload *a, const struct workload *b)
{
    return a->phase != b->phase ||
           (a->gpus_allocated != AMOUNT_NULL && b->gpus_allocated != AMOUNT_NULL &&
            a->gpus_allocated != b->gpus_allocated);
}

static void compare(struct join *join, const struct workload *workload, const struct item *item)
{
    struct reconciled_cluster *result = join->request->result;
    result->matched += item != NULL;
    if (item != NULL && !differ(workload, &item->workload))
        return;
    struct difference difference = difference_of(join, workload);
    difference.cluster = view_of(join, workload);
    if (item != NULL)
        difference.control_plane = view_of(join, &item->workload);
    add_difference(join, item == NULL ? &result->only_cluster : &result->differing, &difference);
}

/* What the cluster's own answer lacks. */
static void fill(struct workload *workload, const struct workload *from)
{
    if (workload->gpus_idle == AMOUNT_NULL)
        workload->gpus_idle = from->gpus_idle;
    if (workload->gpus_requested == AMOUNT_NULL)
        workload->gpus_requested = from->gpus_requested;
    if (workload->department.data == NULL)
        workload->department = from->department;
    if (!workload->node_pools.is_present)
        workload->node_pools = from->node_pools;
    if (workload->preemptible == TRI_NULL)
        workload->preemptible = from->preemptible;
    if (workload->pending_s == SECONDS_NULL)
        workload->pending_s = from->pending_s;
    if (workload->running_s == SECONDS_NULL)
        workload->running_s = from->running_s;
}

/* Second pass. */
static bool match(void *arg, const struct workload *workload)
{
    struct join *join = arg;
    struct item *item = find_partner(join, workload);
    if (item != NULL)
        item->is_used = true;
    if (join->request->result != NULL)
        compare(join, workload, item);
    if (join->stage == NULL)
        return true;
    struct workload enriched = *workload;
    if (item != NULL)
        fill(&enriched, &item->workload);
    return spool_stage_add(join->stage, &enriched, join->error);
}

static void list_unmatched(struct join *join)
{
    for (size_t i = 0; i < join->count; i++)
        if (!join->items[i].is_used) {
            struct difference difference = difference_of(join, &join->items[i].workload);
            difference.control_plane = view_of(join, &join->items[i].workload);
            add_difference(join, &join->request->result->only_control_plane, &difference);
        }
}

/* The enriched workloads take the place of the cluster's. */
static bool replace(struct join *join)
{
    struct cluster_entry *entry = join->request->cluster->entry;
    spool_set_clear(entry->workloads);
    return spool_stage_commit(join->stage, entry->workloads, join->error);
}

bool join_cluster(const struct join_request *request, struct error *error)
{
    const struct collector *collector = request->cluster->collector;
    struct join join = {
        .request = request,
        .spool = collector->context->spool,
        .arena = arena_new(),
        .kept = collector->report->arena,
        .error = error,
    };
    struct spool_set *own = request->cluster->entry->workloads;
    bool is_ok =
        request->control == NULL || spool_set_each(request->control, load_item, &join, error);
    if (is_ok && request->is_enriching)
        join.stage = spool_stage_new(join.spool);
    index_ids(&join);
    is_ok = is_ok && spool_set_each(own, claim, &join, error) &&
            spool_set_each(own, match, &join, error);
    if (is_ok && request->result != NULL)
        list_unmatched(&join);
    if (is_ok && request->is_enriching)
        is_ok = replace(&join);
    spool_stage_free(join.stage);
    free(join.by_id);
    free(join.items);
    arena_free(join.arena);
    return is_ok;
}
