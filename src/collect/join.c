#include "join.h"

#include <stdlib.h>

#include "partners.h"
#include "rollcall/mem.h"

/* What a comparison needs of a workload that the control plane knows. */
struct known {
    int64_t gpus_allocated;
    enum workload_phase phase;
};

/* What the cluster's own answer may lack. */
struct extra {
    int64_t gpus_requested, gpus_idle;
    int64_t pending_s, running_s;
    enum tristate preemptible;
    struct str department;      /* in the join's arena, like the next */
    struct str_list node_pools; /* shared with the one before where they are the same */
};

struct join {
    const struct join_request *request;
    struct partners *partners; /* owned; numbered like the next two */
    struct known *known;       /* owned; in the spool's order */
    struct extra *extras;      /* owned; NULL: not enriching */
    size_t count, room;
    size_t number;             /* of the next one when they are read again */
    struct arena *arena;       /* owned: the extras' texts */
    struct spool_stage *stage; /* owned; of the enriched workloads; NULL: not enriching */
    struct error *error;
};

static bool same_lists(struct str_list a, struct str_list b)
{
    if (a.is_present != b.is_present || a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!str_equals(a.items[i], b.items[i]))
            return false;
    return true;
}

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

/* Neighbours are of one project, and mostly have the same department and node pools. */
static void keep_extra(struct join *join, const struct workload *workload)
{
    static const struct extra none;
    const struct extra *before = join->count == 0 ? &none : &join->extras[join->count - 1];
    struct extra extra = {
        .gpus_requested = workload->gpus_requested,
        .gpus_idle = workload->gpus_idle,
        .pending_s = workload->pending_s,
        .running_s = workload->running_s,
        .preemptible = workload->preemptible,
        .department = before->department,
        .node_pools = before->node_pools,
    };
    if (!str_equals(extra.department, workload->department))
        extra.department = copy(join->arena, workload->department);
    if (!same_lists(extra.node_pools, workload->node_pools))
        extra.node_pools = copy_list(join->arena, workload->node_pools);
    join->extras[join->count] = extra;
}

static bool load(void *arg, const struct workload *workload)
{
    struct join *join = arg;
    if (join->count == join->room) {
        join->room = join->room == 0 ? 64 : join->room * 2;
        join->known = mem_resize(join->known, join->room, sizeof(*join->known));
        if (join->request->is_enriching)
            join->extras = mem_resize(join->extras, join->room, sizeof(*join->extras));
    }
    join->known[join->count] = (struct known){workload->gpus_allocated, workload->phase};
    if (join->request->is_enriching)
        keep_extra(join, workload);
    partners_add(join->partners, workload);
    join->count++;
    return true;
}

static bool claim(void *arg, const struct workload *workload)
{
    const struct join *join = arg;
    partners_claim(join->partners, workload);
    return true;
}

static void fill(struct workload *workload, const struct extra *from)
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

static void tell_own(const struct join_sink *sink, const struct workload *workload, size_t number,
                     const struct known *known)
{
    const struct join_partner partner = {number, known->phase, known->gpus_allocated};
    sink->own(sink->arg, workload, &partner);
}

static bool match(void *arg, const struct workload *workload)
{
    struct join *join = arg;
    const struct join_sink *sink = join->request->sink;
    size_t number = partners_take(join->partners, workload);
    if (sink != NULL && number == PARTNER_NONE)
        sink->own(sink->arg, workload, NULL);
    else if (sink != NULL)
        tell_own(sink, workload, number, &join->known[number]);
    if (join->stage == NULL)
        return true;
    struct workload enriched = *workload;
    if (number != PARTNER_NONE)
        fill(&enriched, &join->extras[number]);
    return spool_stage_add(join->stage, &enriched, join->error);
}

static bool tell_control(void *arg, const struct workload *workload)
{
    struct join *join = arg;
    const struct join_sink *sink = join->request->sink;
    size_t number = join->number++;
    sink->control(sink->arg, workload, number, partners_is_taken(join->partners, number));
    return true;
}

static bool each_control(struct join *join, spool_fn *fn)
{
    struct spool_set *control = join->request->control;
    return control == NULL || spool_set_each(control, fn, join, join->error);
}

static bool each_own(struct join *join, spool_fn *fn)
{
    return spool_set_each(join->request->own, fn, join, join->error);
}

/* The enriched workloads take the place of the cluster's. */
static bool replace(struct join *join)
{
    spool_set_clear(join->request->own);
    return spool_stage_commit(join->stage, join->request->own, join->error);
}

bool join_run(const struct join_request *request, struct error *error)
{
    struct join join = {
        .request = request,
        .partners = partners_new(),
        .arena = arena_new(),
        .error = error,
    };
    if (request->is_enriching)
        join.stage = spool_stage_new(request->spool);
    bool is_ok = each_control(&join, load);
    partners_index(join.partners);
    is_ok = is_ok && each_own(&join, claim) && each_own(&join, match) &&
            (request->sink == NULL || each_control(&join, tell_control)) &&
            (!request->is_enriching || replace(&join));
    spool_stage_free(join.stage);
    partners_free(join.partners);
    free(join.known);
    free(join.extras);
    arena_free(join.arena);
    return is_ok;
}
