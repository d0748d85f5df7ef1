#include <string.h>

#include "control_internal.h"
#include "normalize.h"

#define COUNT_MAX 1000000000000000 /* more records than there will ever be */

bool control_set_next(struct decoder *decoder, enum json_event event,
                      const struct json_value *value, struct error *error)
{
    uint64_t next = 0;
    if (event != JSON_NULL &&
        (event != JSON_NUMBER || !normalize_integer(value->text, COUNT_MAX, &next)))
        return error_set(error, ERR_BAD_SHAPE, "\"next\" in the answer is not an offset");
    decoder->next_offset = next == 0 ? -1 : (int64_t)next;
    return true;
}

enum { WORKLOADS_NEXT = RECORDS_ROWS };

struct workloads_decoder {
    struct records_decoder records;
    decode_control_workload_fn *fn;
    void *arg;
    struct workload workload;
    struct str cluster_id;
    bool is_deleted;
    int64_t idle_older; /* what older control planes call idleGpus */
    struct decode_texts images;
    struct decode_texts node_pools;
};

static bool on_workload(struct records_decoder *records, struct error *error)
{
    struct workloads_decoder *workloads = (struct workloads_decoder *)records;
    struct workload *workload = &workloads->workload;
    if (workloads->is_deleted)
        records_ignore(records);
    if (workload->gpus_idle == AMOUNT_NULL)
        workload->gpus_idle = workloads->idle_older;
    workload->type = normalize_control_type(workload->raw_type, workload->raw_category);
    if (workload->preemptible == TRI_NULL && normalize_is_preemptible(workload->raw_type))
        workload->preemptible = TRI_TRUE;
    workload->phase = normalize_phase(workload->raw_phase);
    workload->images = records_list(&workloads->images);
    workload->node_pools = records_list(&workloads->node_pools);
    return workloads->fn(workloads->arg, workloads->cluster_id, workloads->is_deleted, workload,
                         error);
}

static bool on_row(struct records_decoder *records, int id, enum json_event event,
                   const struct json_value *value, struct error *error)
{
    (void)id;
    return control_set_next(&records->decoder, event, value, error);
}

#define AT(member) offsetof(struct workloads_decoder, member)

/* A workload's command, arguments and environment are secrets to us and never rows here. */
static const struct record_field workload_fields[] = {
    {"id", FIELD_ID, AT(workload.id)},
    {"name", FIELD_TEXT, AT(workload.name)},
    {"projectName", FIELD_TEXT, AT(workload.project)},
    {"departmentName", FIELD_TEXT, AT(workload.department)},
    {"submittedBy", FIELD_TEXT, AT(workload.user)},
    {"type", FIELD_TEXT, AT(workload.raw_type)},
    {"category", FIELD_TEXT, AT(workload.raw_category)},
    {"phase", FIELD_TEXT, AT(workload.raw_phase)},
    {"clusterId", FIELD_TEXT, AT(cluster_id)},
    {"createdAt", FIELD_TIME, AT(workload.created_at)},
    {"deletedAt", FIELD_PRESENT, AT(is_deleted)},
    {"allocatedResources", FIELD_OBJECT, 0},
    {"allocatedResources.gpu", FIELD_AMOUNT, AT(workload.gpus_allocated)},
    {"workloadRequestedResources", FIELD_OBJECT, 0},
    {"workloadRequestedResources.gpu", FIELD_OBJECT, 0},
    {"workloadRequestedResources.gpu.request", FIELD_AMOUNT, AT(workload.gpus_requested)},
    {"idleAllocatedGpus", FIELD_AMOUNT, AT(workload.gpus_idle)},
    {"idleGpus", FIELD_AMOUNT, AT(idle_older)},
    {"images", FIELD_TEXTS, AT(images)},
    {"images[]", FIELD_ELEMENT, AT(images)},
    {"currentNodePools", FIELD_TEXTS, AT(node_pools)},
    {"currentNodePools[]", FIELD_ELEMENT, AT(node_pools)},
    {"preemptible", FIELD_BOOL, AT(workload.preemptible)},
    {"totalPendingTimeSeconds", FIELD_SECONDS, AT(workload.pending_s)},
    {"totalRunningTimeSeconds", FIELD_SECONDS, AT(workload.running_s)},
};

static const struct json_path workload_rows[] = {{"next", WORKLOADS_NEXT}};

static const struct records_kind workloads_kind = {
    .list = "workloads",
    .fields = workload_fields,
    .field_count = sizeof workload_fields / sizeof *workload_fields,
    .rows = workload_rows,
    .row_count = sizeof workload_rows / sizeof *workload_rows,
    .on_row = on_row,
    .on_record = on_workload,
};

struct decoder *decoder_new_control_workloads(decode_control_workload_fn *fn, void *arg)
{
    struct workloads_decoder *workloads = mem_new(1, sizeof *workloads);
    records_init(&workloads->records, &workloads_kind);
    workload_init(&workloads->workload);
    workloads->fn = fn;
    workloads->arg = arg;
    return &workloads->records.decoder;
}

enum { COUNT_DOCUMENT, COUNT_COUNT };

struct count_decoder {
    struct decoder decoder;
    int64_t *count; /* borrowed */
    bool is_present;
};

static bool on_count_event(void *arg, int id, enum json_event event, const struct json_value *value,
                           struct error *error)
{
    struct count_decoder *decoder = arg;
    if (id == COUNT_DOCUMENT)
        return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END ||
               error_set(error, ERR_BAD_SHAPE, "the answer is not an object");
    uint64_t count = 0;
    if (event != JSON_NUMBER || !normalize_integer(value->text, COUNT_MAX, &count))
        return error_set(error, ERR_BAD_SHAPE, "\"count\" in the answer is not a count");
    *decoder->count = (int64_t)count;
    decoder->is_present = true;
    return true;
}

static bool finish_count(struct decoder *decoder, struct error *error)
{
    return ((struct count_decoder *)decoder)->is_present ||
           error_set(error, ERR_BAD_SHAPE, "the answer has no \"count\"");
}

static const struct json_path count_rows[] = {{"", COUNT_DOCUMENT}, {"count", COUNT_COUNT}};

static const struct decode_kind count_kind = {
    .rows = count_rows,
    .row_count = sizeof count_rows / sizeof *count_rows,
    .handler = on_count_event,
    .finish = finish_count,
};

struct decoder *decoder_new_control_count(int64_t *count)
{
    struct count_decoder *decoder = mem_new(1, sizeof *decoder);
    decoder_init(&decoder->decoder, &count_kind);
    decoder->count = count;
    return &decoder->decoder;
}
