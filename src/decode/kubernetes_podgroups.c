#include "kubernetes_page.h"

enum { GROUP_OWNER = PAGE_ROWS };

struct groups_decoder {
    struct records_decoder records;
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

static bool on_group(struct records_decoder *records, struct error *error)
{
    struct groups_decoder *groups = (struct groups_decoder *)records;
    return groups->group.owner.data == NULL || groups->fn(groups->arg, &groups->group, error);
}

#define AT(member) offsetof(struct groups_decoder, member)

/* Fractions of GPUs are in the same resource, and other devices in others: a list of resources
 * without this one does not say that there are none. */
#define GPU "\"nvidia.com/gpu\""

static const struct record_field fields[] = {
    {"metadata", FIELD_OBJECT, 0},
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

struct decoder *decoder_new_pod_groups(decode_pod_group_fn *fn, void *arg)
{
    struct groups_decoder *groups = mem_new(1, sizeof *groups);
    records_init(&groups->records, &kind);
    groups->fn = fn;
    groups->arg = arg;
    return &groups->records.decoder;
}
