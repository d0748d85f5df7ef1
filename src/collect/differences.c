#include "differences.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

/* A differing workload whose partner's texts are yet to be read. */
struct pending {
    size_t number; /* of the partner */
    size_t index;  /* in `differing` */
};

struct finding {
    const struct cluster *cluster;
    struct reconciled_cluster *result;
    struct arena *arena;     /* the report's */
    struct pending *pending; /* owned */
    size_t pending_count, pending_room;
    size_t next;    /* the first pending one whose partner was not read yet */
    bool is_sorted; /* by number */
};

static struct str copy(struct arena *arena, struct str text)
{
    if (text.data == NULL)
        return text;
    return (struct str){arena_copy(arena, text.data, text.len), text.len};
}

/* The lists are the report's arena's: one that grows leaves its smaller self there. */
static void add_difference(struct arena *arena, struct difference_list *list,
                           const struct difference *difference)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 16 : list->room * 2;
        struct difference *items = arena_alloc(arena, room * sizeof(*items));
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = *difference;
}

static struct workload_view view_of(struct arena *arena, const struct workload *workload)
{
    return (struct workload_view){
        .id = copy(arena, workload->id),
        .phase = workload->phase,
        .raw_phase = copy(arena, workload->raw_phase),
        .gpus_allocated = workload->gpus_allocated,
    };
}

static struct difference difference_of(struct arena *arena, const struct workload *workload)
{
    return (struct difference){.project = copy(arena, workload->project),
                               .name = copy(arena, workload->name)};
}

/* What one side does not say does not contradict the other one. */
static bool differ(const struct workload *workload, const struct join_partner *partner)
{
    return (workload->phase != PHASE_NULL && partner->phase != PHASE_NULL &&
            workload->phase != partner->phase) ||
           (workload->gpus_allocated != AMOUNT_NULL && partner->gpus_allocated != AMOUNT_NULL &&
            workload->gpus_allocated != partner->gpus_allocated);
}

static void add_pending(struct finding *finding, size_t number, size_t index)
{
    if (finding->pending_count == finding->pending_room) {
        finding->pending_room = finding->pending_room == 0 ? 16 : finding->pending_room * 2;
        finding->pending =
            mem_resize(finding->pending, finding->pending_room, sizeof(*finding->pending));
    }
    finding->pending[finding->pending_count++] = (struct pending){number, index};
}

static void find_own(void *arg, const struct workload *workload, const struct join_partner *partner)
{
    struct finding *finding = arg;
    struct reconciled_cluster *result = finding->result;
    result->matched += partner != NULL;
    if (partner != NULL && !differ(workload, partner))
        return;
    struct difference difference = difference_of(finding->arena, workload);
    difference.cluster = view_of(finding->arena, workload);
    if (partner != NULL)
        add_pending(finding, partner->number, result->differing.count);
    add_difference(finding->arena, partner == NULL ? &result->only_cluster : &result->differing,
                   &difference);
}

static int compare_pending(const void *a, const void *b)
{
    size_t left = ((const struct pending *)a)->number, right = ((const struct pending *)b)->number;
    return (left > right) - (left < right);
}

/* The partners come by number. */
static void fill_pending(struct finding *finding, const struct workload *workload, size_t number)
{
    if (!finding->is_sorted && finding->pending_count > 1)
        qsort(finding->pending, finding->pending_count, sizeof(*finding->pending), compare_pending);
    finding->is_sorted = true;
    if (finding->next == finding->pending_count || finding->pending[finding->next].number != number)
        return;
    size_t index = finding->pending[finding->next++].index;
    finding->result->differing.items[index].control_plane = view_of(finding->arena, workload);
}

static void find_control(void *arg, const struct workload *workload, size_t number,
                         bool has_partner)
{
    struct finding *finding = arg;
    if (has_partner) {
        fill_pending(finding, workload, number);
    } else if (!cluster_was_asked(finding->cluster, workload->project)) {
        return;
    } else if (decode_is_third_party(workload->raw_type)) {
        finding->result->third_party++;
    } else {
        struct difference difference = difference_of(finding->arena, workload);
        difference.control_plane = view_of(finding->arena, workload);
        add_difference(finding->arena, &finding->result->only_control_plane, &difference);
    }
}

bool differences_find(const struct cluster *cluster, struct join_request *request,
                      struct reconciled_cluster *result, struct error *error)
{
    struct finding finding = {
        .cluster = cluster,
        .result = result,
        .arena = cluster->collector->report->arena,
    };
    const struct join_sink sink = {find_own, find_control, &finding};
    request->sink = &sink;
    bool is_ok = join_run(request, error);
    request->sink = NULL;
    free(finding.pending);
    return is_ok;
}
