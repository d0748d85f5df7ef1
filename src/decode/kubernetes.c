#include <string.h>

#include "kubernetes_gpus.h"
#include "kubernetes_page.h"
#include "normalize.h"

enum { ITEM_CONDITION = PAGE_ROWS };

/* An element of status.conditions. */
struct condition {
    struct str type;
    struct str status;
    int64_t at; /* of its last transition */
};

struct items_decoder {
    struct records_decoder records;
    struct kubernetes_list list;
    decode_workload_fn *fn;
    void *arg;
    /* The item at hand: what is the report's as it is, and what has to be chosen from. */
    struct workload workload;
    struct str label;
    struct str label_priority, pod_priority; /* its priority class, in two places */
    struct str namespace;
    struct str usage;
    struct str spec_name;
    struct str spec_project;
    struct str phase, calculated_status, chosen; /* words for the phase */
    struct condition condition;                  /* the one at hand */
    enum workload_phase chosen_phase;            /* what `chosen` means */
    int64_t chosen_at;
    struct gpu_request request;
    int64_t annotated_gpus;
    bool is_deleted;
    struct decode_texts owner_kinds;
    struct decode_texts images;
    struct decode_texts nodes;
    struct decode_texts node_pools;
    struct decode_texts node_pool;
};

/*
 * The label says it, else the namespace, where it has the prefix: a namespace that was made by hand
 * and given to a project has another name, which is no project's. The item's own word comes last,
 * because it is what was asked for and not where the workload came to be.
 */
static struct str choose_project(const struct items_decoder *items)
{
    const size_t prefix_len = sizeof NAMESPACE_PREFIX - 1;
    struct str namespace = items->namespace;
    if (items->label.len > 0)
        return items->label;
    if (namespace.len > prefix_len && memcmp(namespace.data, NAMESPACE_PREFIX, prefix_len) == 0)
        return (struct str){namespace.data + prefix_len, namespace.len - prefix_len};
    return items->spec_project;
}

/* A job whose owner is a workload of a kind that is asked for: that one is the workload. */
static bool is_part(const struct items_decoder *items)
{
    for (size_t i = 0; items->list.kind->is_job && i < items->owner_kinds.count; i++)
        for (size_t j = 0; j < KUBERNETES_KINDS; j++)
            if (!kubernetes_kinds[j].is_job &&
                str_equals(items->owner_kinds.items[i], str_of(kubernetes_kinds[j].kind)))
                return true;
    return false;
}

/* Priority classes of jobs are "build", "interactive-preemptible", "inference", "train" and more
 * of the last kind. */
static enum workload_type choose_type(const struct items_decoder *items)
{
    const struct kubernetes_kind *kind = items->list.kind;
    struct str word = items->pod_priority.len > 0 ? items->pod_priority : items->label_priority;
    enum workload_type type = normalize_type(word);
    if (!kind->is_job || type == TYPE_NULL || type == TYPE_OTHER)
        return kind->type;
    return type;
}

/* The phase's word and meaning: the status' own, else the scheduler's, else that of a condition. A
 * deletion is under way whatever they say. */
static void choose_phase(struct items_decoder *items)
{
    struct workload *workload = &items->workload;
    struct str word = items->phase.len > 0 ? items->phase : items->calculated_status;
    if (word.len > 0) {
        workload->raw_phase = word;
        workload->phase = normalize_phase(word);
    } else {
        workload->raw_phase = items->chosen;
        workload->phase = items->chosen.data == NULL ? PHASE_NULL : items->chosen_phase;
    }
    if (items->is_deleted)
        workload->phase = PHASE_TERMINATING;
}

/* The scheduler's PodGroups know best; a request that is made in other terms than GPUs has no
 * number of them, whatever they say. */
static void choose_gpus(struct items_decoder *items)
{
    struct workload *workload = &items->workload;
    const struct gpu_request *request = &items->request;
    struct pod_group_gpus gpus = {AMOUNT_NULL, AMOUNT_NULL};
    if (items->list.find_pod_groups != NULL && workload->id.data != NULL)
        items->list.find_pod_groups(items->list.find_arg, workload->id, &gpus);
    workload->gpus_allocated =
        gpus.allocated == AMOUNT_NULL ? items->annotated_gpus : gpus.allocated;
    workload->gpus_requested =
        gpu_request_total(request, items->list.kind->pods, &items->records.record.repaired);
    bool has_other_terms = request->pod.has_memory || request->pod.has_mig;
    for (int i = 0; i < GPU_LEADERS; i++)
        has_other_terms |= request->leaders[i].has_memory || request->leaders[i].has_mig;
    if (workload->gpus_requested == AMOUNT_NULL && !has_other_terms)
        workload->gpus_requested = gpus.requested;
}

static bool on_item(struct records_decoder *records, struct error *error)
{
    struct items_decoder *items = (struct items_decoder *)records;
    struct workload *workload = &items->workload;
    const char *asked = items->list.project;
    if (is_part(items))
        return records_ignore(records);
    if (str_equals_case(items->usage, str_of("Template")))
        return records_leave_out(records);
    workload->project = choose_project(items);
    if (asked != NULL && workload->project.data != NULL &&
        !str_equals(workload->project, str_of(asked))) {
        decoder_drop_other(&records->decoder, workload->project);
        return records_ignore(records);
    }
    if (workload->name.data == NULL)
        workload->name = items->spec_name;
    workload->type = choose_type(items);
    workload->raw_type = str_of(items->list.kind->kind);
    choose_phase(items);
    choose_gpus(items);
    workload->images = records_list(&items->images);
    workload->nodes = records_list(&items->nodes);
    workload->node_pools =
        records_list(items->node_pools.is_present ? &items->node_pools : &items->node_pool);
    return items->fn(items->arg, workload, error);
}

/* What a condition that is true says of the phase: its type is a word for it, or one of those that
 * Kubernetes' own conditions have. */
static enum workload_phase condition_phase(struct str type)
{
    static const struct {
        const char *type;
        enum workload_phase phase;
    } types[] = {
        {"Complete", PHASE_SUCCEEDED},
        {"Ready", PHASE_RUNNING},
        {"Available", PHASE_RUNNING},
        {"Created", PHASE_PENDING},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equals_case(type, str_of(types[i].type)))
            return types[i].phase;
    return normalize_phase(type);
}

/* Of the conditions that are true the latest decides, one that says something of the phase before
 * any other, and of equal ones the last. */
static void consider_condition(struct items_decoder *items)
{
    const struct condition *condition = &items->condition;
    if (condition->type.len == 0 || !str_equals_case(condition->status, str_of("True")))
        return;
    enum workload_phase phase = condition_phase(condition->type);
    bool is_known = phase != PHASE_UNKNOWN, was_known = items->chosen_phase != PHASE_UNKNOWN;
    if (items->chosen.data != NULL &&
        (is_known != was_known ? was_known : condition->at < items->chosen_at))
        return;
    items->chosen = condition->type;
    items->chosen_phase = phase;
    items->chosen_at = condition->at;
}

static bool on_condition(struct items_decoder *items, enum json_event event)
{
    if (event == JSON_OBJECT_BEGIN)
        items->condition = (struct condition){.at = TIME_NULL};
    else if (event == JSON_OBJECT_END)
        consider_condition(items);
    else if (event != JSON_ARRAY_END)
        items->records.record.repaired++;
    return true;
}

static bool on_row(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error)
{
    if (id == ITEM_CONDITION)
        return on_condition((struct items_decoder *)records, event);
    return page_on_row(records, id, event, value, error);
}

#define AT(member) offsetof(struct items_decoder, member)

/* The GPUs of a pod, below `path`. offsetof() takes no member in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define GPU_ROWS(path, member)                                                                     \
    {path ".gpu", FIELD_OBJECT, 0}, {path ".gpu.value", FIELD_AMOUNT_SAID, AT(member.gpu)},        \
        {path ".gpuMemory", FIELD_WRAPPED, 0},                                                     \
        {path ".gpuMemory.value", FIELD_PRESENT, AT(member.has_memory)},                           \
        {path ".migProfile", FIELD_WRAPPED, 0},                                                    \
        {path ".migProfile.value", FIELD_PRESENT, AT(member.has_mig)},                             \
        {path ".gpuDevices", FIELD_WRAPPED, 0},                                                    \
    {                                                                                              \
        path ".gpuDevices.value", FIELD_PRESENT, AT(member.has_devices)                            \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* An item's command, arguments and environment are secrets to us and never rows here. */
static const struct record_field fields[] = {
    {"metadata", FIELD_OBJECT, 0},
    {"metadata.uid", FIELD_ID, AT(workload.id)},
    {"metadata.name", FIELD_TEXT, AT(workload.name)},
    {"metadata.namespace", FIELD_TEXT, AT(namespace)},
    {"metadata.creationTimestamp", FIELD_TIME, AT(workload.created_at)},
    {"metadata.deletionTimestamp", FIELD_PRESENT, AT(is_deleted)},
    {"metadata.labels", FIELD_OBJECT, 0},
    {"metadata.labels.project", FIELD_TEXT, AT(label)},
    {"metadata.labels.priorityClassName", FIELD_TEXT, AT(label_priority)},
    {"metadata.annotations", FIELD_OBJECT, 0},
    {"metadata.annotations.runai-calculated-status", FIELD_TEXT, AT(calculated_status)},
    {"metadata.annotations.runai-current-allocated-gpus", FIELD_AMOUNT_TEXT, AT(annotated_gpus)},
    {"metadata.annotations.runai-used-nodes", FIELD_NAMES, AT(nodes)},
    {"metadata.ownerReferences", FIELD_TEXTS, AT(owner_kinds)},
    {"metadata.ownerReferences[].kind", FIELD_ELEMENT, AT(owner_kinds)},
    {"spec", FIELD_OBJECT, 0},
    {"spec.usage", FIELD_WRAPPED, 0},
    {"spec.usage.value", FIELD_TEXT, AT(usage)},
    {"spec.name", FIELD_OBJECT, 0},
    {"spec.name.value", FIELD_TEXT, AT(spec_name)},
    {"spec.image", FIELD_OBJECT, 0},
    {"spec.image.value", FIELD_TEXTS_OR_ONE, AT(images)},
    {"spec.image.value[]", FIELD_ELEMENT, AT(images)},
    {"spec.username", FIELD_OBJECT, 0},
    {"spec.username.value", FIELD_TEXT, AT(workload.user)},
    {"spec.project", FIELD_OBJECT, 0},
    {"spec.project.value", FIELD_TEXT, AT(spec_project)},
    {"spec.nodePool", FIELD_OBJECT, 0},
    {"spec.nodePool.value", FIELD_TEXTS_OR_ONE, AT(node_pool)},
    {"spec.nodePool.value[]", FIELD_ELEMENT, AT(node_pool)},
    {"spec.nodePools", FIELD_OBJECT, 0},
    {"spec.nodePools.value", FIELD_TEXTS_OR_ONE, AT(node_pools)},
    {"spec.nodePools.value[]", FIELD_ELEMENT, AT(node_pools)},
    {"spec.template", FIELD_OBJECT, 0},
    {"spec.template.spec", FIELD_OBJECT, 0},
    {"spec.template.spec.priorityClassName", FIELD_TEXT, AT(pod_priority)},
    GPU_ROWS("spec", request.pod),
    {"spec.workers", FIELD_WRAPPED, 0},
    {"spec.workers.value", FIELD_AMOUNT_SAID, AT(request.workers)},
    {"spec.parallelism", FIELD_WRAPPED, 0},
    {"spec.parallelism.value", FIELD_AMOUNT_SAID, AT(request.parallelism)},
    {"spec.minScale", FIELD_WRAPPED, 0},
    {"spec.minScale.value", FIELD_AMOUNT_SAID, AT(request.min_scale)},
    {"spec.maxScale", FIELD_WRAPPED, 0},
    {"spec.maxScale.value", FIELD_AMOUNT_SAID, AT(request.max_scale)},
    {"spec.mpi", FIELD_PRESENT, AT(request.has_mpi)},
    {"spec.mpi.value", FIELD_BOOL, AT(request.mpi)},
    {"spec.master", FIELD_OBJECT, 0},
    GPU_ROWS("spec.master", request.leaders[0]),
    {"spec.launcher", FIELD_OBJECT, 0},
    GPU_ROWS("spec.launcher", request.leaders[1]),
    {"masterSpec", FIELD_OBJECT, 0},
    GPU_ROWS("masterSpec", request.leaders[2]),
    {"status", FIELD_OBJECT, 0},
    {"status.phase", FIELD_TEXT, AT(phase)},
    {"status.conditions", FIELD_CHOSEN, AT(chosen)},
    {"status.conditions[].type", FIELD_TEXT, AT(condition.type)},
    {"status.conditions[].status", FIELD_TEXT, AT(condition.status)},
    {"status.conditions[].lastTransitionTime", FIELD_TIME, AT(condition.at)},
};

static const struct json_path rows[] = {
    PAGE_PATHS,
    {"items[].status.conditions[]", ITEM_CONDITION},
};

static const struct records_kind kind = {
    .list = "items",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .on_row = on_row,
    .on_record = on_item,
};

struct decoder *decoder_new_kubernetes_list(const struct kubernetes_list *list,
                                            decode_workload_fn *fn, void *arg)
{
    struct items_decoder *items = mem_new(1, sizeof *items);
    records_init(&items->records, &kind);
    workload_init(&items->workload);
    items->list = *list;
    items->fn = fn;
    items->arg = arg;
    return &items->records.decoder;
}
