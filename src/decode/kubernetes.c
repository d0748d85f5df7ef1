#include <string.h>

#include "normalize.h"
#include "records.h"

/* Projects live in namespaces of their name behind this. */
#define NAMESPACE_PREFIX "runai-"

enum { LIST_METADATA = RECORDS_ROWS, LIST_CONTINUE };

struct items_decoder {
    struct records_decoder records;
    enum workload_type type;
    const char *kind;  /* borrowed: the items' kind, as the API spells it */
    const char *asked; /* borrowed; NULL: any project */
    decode_workload_fn *fn;
    void *arg;
    /* The item at hand: what is the report's as it is, and what has to be chosen from. */
    struct workload workload;
    struct str label;
    struct str namespace;
    struct str spec_name;
    struct str spec_project;
    struct decode_texts images;
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

static bool on_item(struct records_decoder *records, struct error *error)
{
    struct items_decoder *items = (struct items_decoder *)records;
    struct workload *workload = &items->workload;
    workload->project = choose_project(items);
    if (items->asked != NULL && workload->project.data != NULL &&
        !str_equals(workload->project, str_of(items->asked)))
        return records_drop(records);
    if (workload->name.data == NULL)
        workload->name = items->spec_name;
    workload->type = items->type;
    workload->raw_type = str_of(items->kind);
    workload->phase = normalize_phase(workload->raw_phase);
    workload->images = records_list(&items->images);
    workload->node_pools =
        records_list(items->node_pools.is_present ? &items->node_pools : &items->node_pool);
    return items->fn(items->arg, workload, error);
}

/* A token that is not understood would end the list early and nobody would know. */
static bool set_continue(struct buf *token, enum json_event event, const struct json_value *value,
                         struct error *error)
{
    buf_clear(token);
    if (event == JSON_NULL)
        return true;
    struct str text = value->text;
    if (event != JSON_STRING || value->repaired > 0 || memchr(text.data, '\0', text.len) != NULL)
        return error_set(error, ERR_BAD_SHAPE, "\"metadata.continue\" in the answer is not a text");
    return buf_append(token, text.data, text.len) ||
           error_set(error, ERR_TOO_LARGE, "the continue token is too long");
}

static bool on_row(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error)
{
    struct buf *token = &records->decoder.continue_token;
    if (id == LIST_CONTINUE)
        return set_continue(token, event, value, error);
    if (event == JSON_OBJECT_END)
        return true;
    buf_clear(token);
    return event == JSON_OBJECT_BEGIN || event == JSON_NULL ||
           error_set(error, ERR_BAD_SHAPE, "\"metadata\" in the answer is not an object");
}

#define AT(member) offsetof(struct items_decoder, member)

/* An item's command, arguments and environment are secrets to us and never rows here. */
static const struct record_field fields[] = {
    {"metadata", FIELD_OBJECT, 0},
    {"metadata.uid", FIELD_ID, AT(workload.id)},
    {"metadata.name", FIELD_TEXT, AT(workload.name)},
    {"metadata.namespace", FIELD_TEXT, AT(namespace)},
    {"metadata.creationTimestamp", FIELD_TIME, AT(workload.created_at)},
    {"metadata.labels", FIELD_OBJECT, 0},
    {"metadata.labels.project", FIELD_TEXT, AT(label)},
    {"spec", FIELD_OBJECT, 0},
    {"spec.name", FIELD_OBJECT, 0},
    {"spec.name.value", FIELD_TEXT, AT(spec_name)},
    {"spec.image", FIELD_OBJECT, 0},
    {"spec.image.value", FIELD_TEXTS_OR_ONE, AT(images)},
    {"spec.image.value[]", FIELD_ELEMENT, AT(images)},
    {"spec.gpu", FIELD_OBJECT, 0},
    {"spec.gpu.value", FIELD_AMOUNT_TEXT, AT(workload.gpus_requested)},
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
    {"status", FIELD_OBJECT, 0},
    {"status.phase", FIELD_TEXT, AT(workload.raw_phase)},
};

static const struct json_path rows[] = {
    {"metadata", LIST_METADATA},
    {"metadata.continue", LIST_CONTINUE},
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

struct decoder *decoder_new_kubernetes_list(enum workload_type type, const char *item_kind,
                                            const char *project, decode_workload_fn *fn, void *arg)
{
    struct items_decoder *items = mem_new(1, sizeof *items);
    records_init(&items->records, &kind);
    workload_init(&items->workload);
    items->type = type;
    items->kind = item_kind;
    items->asked = project;
    items->fn = fn;
    items->arg = arg;
    return &items->records.decoder;
}
