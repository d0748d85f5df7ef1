#include "differences.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"

/* A differing workload whose partner's texts are yet to be read. */
struct pending {
    size_t number; /* of the partner */
    size_t index;  /* in `differing` */
};

struct pending_list {
    struct pending *items; /* owned */
    size_t count, room;
    size_t next;    /* the first one that did not come yet */
    bool is_sorted; /* by number */
};

struct finding {
    const struct cluster *cluster;
    struct reconciled_cluster *result;
    struct arena *arena; /* the report's */
    struct pending_list pending;
    uint64_t count; /* of differences, whether they are kept or not */
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

enum { DIFFER_PHASE = 1, DIFFER_GPUS = 2 };

/* In what two views differ. What one side does not say does not contradict the other one. */
static unsigned differ(enum workload_phase phase, int64_t gpus, enum workload_phase other_phase,
                       int64_t other_gpus)
{
    unsigned respects = 0;
    if (phase != PHASE_NULL && other_phase != PHASE_NULL && phase != other_phase)
        respects |= DIFFER_PHASE;
    if (gpus != AMOUNT_NULL && other_gpus != AMOUNT_NULL && gpus != other_gpus)
        respects |= DIFFER_GPUS;
    return respects;
}

static unsigned differ_from(const struct workload *workload, const struct join_partner *partner)
{
    return differ(workload->phase, workload->gpus_allocated, partner->phase,
                  partner->gpus_allocated);
}

static void pending_add(struct pending_list *list, size_t number, size_t index)
{
    if (list->count == list->room) {
        list->room = list->room == 0 ? 16 : list->room * 2;
        list->items = mem_resize(list->items, list->room, sizeof(*list->items));
    }
    list->items[list->count++] = (struct pending){number, index};
}

static int compare_pending(const void *a, const void *b)
{
    size_t left = ((const struct pending *)a)->number, right = ((const struct pending *)b)->number;
    return (left > right) - (left < right);
}

/* The one with this number, if there is one; all are added, and asked for by ascending numbers. */
static const struct pending *pending_take(struct pending_list *list, size_t number)
{
    if (!list->is_sorted && list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), compare_pending);
    list->is_sorted = true;
    if (list->next == list->count || list->items[list->next].number != number)
        return NULL;
    return &list->items[list->next++];
}

static void find_own(void *arg, const struct workload *workload, const struct join_partner *partner)
{
    struct finding *finding = arg;
    struct reconciled_cluster *result = finding->result;
    result->matched += partner != NULL;
    if ((partner != NULL && differ_from(workload, partner) == 0) ||
        ++finding->count > DIFFERENCES_MAX)
        return;
    struct difference difference = difference_of(finding->arena, workload);
    difference.cluster = view_of(finding->arena, workload);
    if (partner != NULL)
        pending_add(&finding->pending, partner->number, result->differing.count);
    add_difference(finding->arena, partner == NULL ? &result->only_cluster : &result->differing,
                   &difference);
}

static void find_control(void *arg, const struct workload *workload, size_t number,
                         bool has_partner)
{
    struct finding *finding = arg;
    if (has_partner) {
        const struct pending *pending = pending_take(&finding->pending, number);
        if (pending != NULL)
            finding->result->differing.items[pending->index].control_plane =
                view_of(finding->arena, workload);
    } else if (!cluster_was_asked(finding->cluster, workload->project)) {
        return;
    } else if (decode_is_third_party(workload->raw_type)) {
        finding->result->third_party++;
    } else if (++finding->count <= DIFFERENCES_MAX) {
        struct difference difference = difference_of(finding->arena, workload);
        difference.control_plane = view_of(finding->arena, workload);
        add_difference(finding->arena, &finding->result->only_control_plane, &difference);
    }
}

size_t differences_count(const struct reconciled_cluster *result)
{
    return result->only_control_plane.count + result->only_cluster.count + result->differing.count;
}

void differences_leave(struct reconciled_cluster *result, uint64_t count)
{
    result->unconfirmed = count;
    result->only_control_plane.count = result->only_cluster.count = result->differing.count = 0;
}

bool differences_find(const struct cluster *cluster, const struct join_request *request,
                      struct reconciled_cluster *result, struct error *error)
{
    struct finding finding = {
        .cluster = cluster,
        .result = result,
        .arena = cluster->collector->report->arena,
    };
    const struct join_sink sink = {find_own, find_control, &finding};
    struct join_request first = *request;
    first.sink = &sink;
    bool is_ok = join_run(&first, error);
    if (finding.count > DIFFERENCES_MAX)
        differences_leave(result, finding.count);
    free(finding.pending.items);
    return is_ok;
}

/* --- The second time --- */

/* Through one of the first reading's lists, in step with the second reading, which has its order.
 */
struct walk {
    struct difference_list *list;
    bool is_of_cluster; /* whose ids the list is in the order of */
    size_t next, kept;
    size_t matches; /* workloads with the key of the next entry that have a partner now */
};

struct confirmation {
    struct reconciled_cluster *result;
    struct walk only_control_plane, only_cluster, differing;
};

static int compare_keys(const struct walk *walk, const struct difference *item, struct str project,
                        struct str name, struct str id)
{
    int order = str_compare(item->project, project);
    if (order == 0)
        order = str_compare(item->name, name);
    if (order == 0)
        order = str_compare(walk->is_of_cluster ? item->cluster.id : item->control_plane.id, id);
    return order;
}

/* Goes to the next entry. Entries may share their key if they have no ids. */
static void step(struct walk *walk)
{
    const struct difference *passed = &walk->list->items[walk->next++];
    struct str id = walk->is_of_cluster ? passed->cluster.id : passed->control_plane.id;
    if (walk->next == walk->list->count ||
        compare_keys(walk, passed + 1, passed->project, passed->name, id) != 0)
        walk->matches = 0;
}

/* Leaves an entry that was not confirmed; what has a partner now is known to both. */
static void drop(struct walk *walk, struct reconciled_cluster *result)
{
    if (walk->matches > 0) {
        walk->matches--;
        result->matched++;
    }
    step(walk);
}

static void drop_rest(struct walk *walk, struct reconciled_cluster *result)
{
    while (walk->next < walk->list->count)
        drop(walk, result);
}

/* Whether the next entry is of this workload, once those before it are dropped. */
static bool walk_to(struct walk *walk, const struct workload *workload,
                    struct reconciled_cluster *result)
{
    while (walk->next < walk->list->count) {
        int order = compare_keys(walk, &walk->list->items[walk->next], workload->project,
                                 workload->name, workload->id);
        if (order >= 0)
            return order == 0;
        drop(walk, result);
    }
    return false;
}

static void keep(struct walk *walk)
{
    const struct difference item = walk->list->items[walk->next];
    step(walk);
    walk->list->items[walk->kept++] = item;
}

/* Whether the entry differed in a respect in which the two differ again. */
static bool differs_again(const struct difference *item, const struct workload *workload,
                          const struct join_partner *partner)
{
    unsigned first = differ(item->cluster.phase, item->cluster.gpus_allocated,
                            item->control_plane.phase, item->control_plane.gpus_allocated);
    return (first & differ_from(workload, partner)) != 0;
}

static void confirm_own(void *arg, const struct workload *workload,
                        const struct join_partner *partner)
{
    struct confirmation *confirmation = arg;
    struct walk *lone = &confirmation->only_cluster, *both = &confirmation->differing;
    bool was_lone = walk_to(lone, workload, confirmation->result);
    bool was_both = walk_to(both, workload, confirmation->result);
    if (was_lone && partner == NULL)
        keep(lone);
    else if (was_lone)
        lone->matches++;
    if (was_both && partner != NULL &&
        differs_again(&both->list->items[both->next], workload, partner))
        keep(both);
}

static void confirm_control(void *arg, const struct workload *workload, size_t number,
                            bool has_partner)
{
    (void)number;
    struct confirmation *confirmation = arg;
    struct walk *lone = &confirmation->only_control_plane;
    if (!walk_to(lone, workload, confirmation->result))
        return;
    if (!has_partner)
        keep(lone);
    else
        lone->matches++;
}

bool differences_confirm(const struct join_request *request, struct reconciled_cluster *result,
                         struct error *error)
{
    struct confirmation confirmation = {
        .result = result,
        .only_control_plane = {.list = &result->only_control_plane},
        .only_cluster = {.list = &result->only_cluster, .is_of_cluster = true},
        .differing = {.list = &result->differing, .is_of_cluster = true},
    };
    const struct join_sink sink = {confirm_own, confirm_control, &confirmation};
    struct join_request second = *request;
    second.sink = &sink;
    bool is_ok = join_run(&second, error);
    drop_rest(&confirmation.only_control_plane, result);
    drop_rest(&confirmation.only_cluster, result);
    result->only_control_plane.count = confirmation.only_control_plane.kept;
    result->only_cluster.count = confirmation.only_cluster.kept;
    result->differing.count = confirmation.differing.kept;
    return is_ok;
}
