#include "kubernetes_page.h"

enum { GROUP_OWNER = PAGE_ROWS };

struct groups_decoder {
    struct records_decoder records;
    const char *project;
    decode_pod_group_fn *fn;
    void *arg;
    struct pod_group group;
    struct str owner; /* the one at hand */
    enum tristate is_controller;
    bool has_controller; /* what was chosen is one */
};

static bool on_owner(struct groups_decoder *groups, enum json_event event)
{
    struct pod_group *group = &groups->group;
    bool is_controller = groups->is_controller == TRI_TRUE;
    if (event == JSON_OBJECT_BEGIN) {
        groups->owner = (struct str){0};
        groups->is_controller = TRI_NULL;
        return true;
    }
    bool is_better = group->owner.data == NULL || (is_controller && !groups->has_controller);
    if (event == JSON_OBJECT_END && groups->owner.data != NULL && is_better) {
        group->owner = groups->owner;
        groups->has_controller = is_controller;
    }
    return true;
}

static bool on_row(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error)
{
    if (id == GROUP_OWNER)
        return on_owner((struct groups_decoder *)records, event);
    return page_on_row(records, id, event, value, error);
}

/* A server may ignore the namespace that it was asked for. */
static bool on_group(struct records_decoder *records, struct error *error)
{
    struct groups_decoder *groups = (struct groups_decoder *)records;
    struct pod_group *group = &groups->group;
    bool is_elsewhere = groups->project != NULL && group->namespace.len > 0 &&
                        !page_is_namespace_of(group->namespace, groups->project);
    if (group->owner.data == NULL || is_elsewhere)
        return records_ignore(records);
    group->repaired = records->record.repaired;
    return groups->fn(groups->arg, group, error);
}

#define AT(member) offsetof(struct groups_decoder, member)

/* Fractions of GPUs are in the same resource, and other devices in others: a list of resources
 * without this one does not say that there are none. */
#define GPU "\"nvidia.com/gpu\""

static const struct record_field fields[] = {
    {"metadata", FIELD_OBJECT, 0},
    {"metadata.uid", FIELD_ID, AT(group.uid)},
    {"metadata.namespace", FIELD_TEXT, AT(group.namespace)},
    {"metadata.name", FIELD_TEXT, AT(group.name)},
    {"metadata.ownerReferences", FIELD_CHOSEN, AT(group.owner)},
    {"metadata.ownerReferences[].uid", FIELD_ID, AT(owner)},
    {"metadata.ownerReferences[].controller", FIELD_BOOL, AT(is_controller)},
    {"status", FIELD_OBJECT, 0},
    {"status.resourcesStatus", FIELD_OBJECT, 0},
    {"status.resourcesStatus.allocated", FIELD_OBJECT, 0},
    {"status.resourcesStatus.allocated." GPU, FIELD_QUANTITY, AT(group.gpus.allocated)},
    {"status.resourcesStatus.requested", FIELD_OBJECT, 0},
    {"status.resourcesStatus.requested." GPU, FIELD_QUANTITY, AT(group.gpus.requested)},
};

static const struct json_path rows[] = {
    PAGE_PATHS,
    {"items[].metadata.ownerReferences[]", GROUP_OWNER},
};

static const struct records_kind kind = {
    .list = "items",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .on_row = on_row,
    .on_record = on_group,
};

struct decoder *decoder_new_pod_groups(const char *project, decode_pod_group_fn *fn, void *arg)
{
    struct groups_decoder *groups = mem_new(1, sizeof *groups);
    records_init(&groups->records, &kind);
    groups->project = project;
    groups->fn = fn;
    groups->arg = arg;
    return &groups->records.decoder;
}
