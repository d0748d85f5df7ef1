#include "decode_internal.h"

#include <stdlib.h>
#include <string.h>

#include "normalize.h"

#define PROJECT_NAME_MAX 1024

enum job_field {
    JOB_ID = DECODE_FIELDS,
    JOB_PROJECT,
    JOB_NAME,
    JOB_USER,
    JOB_STATUS,
    JOB_TYPE,
    JOB_NODES,
    JOB_NODE,
    JOB_CREATED_AT,
    JOB_IMAGES,
    JOB_IMAGE,
    JOB_GPUS,
};

struct jobs_decoder {
    struct decoder decoder;
    const char *asked; /* borrowed; NULL: any project */
    decode_workload_fn *fn;
    void *arg;
    struct decode_list list;
    struct decode_record record;
    struct workload workload;
    struct decode_texts nodes;
    struct decode_texts images;
};

static void clear_texts(struct decode_texts *list)
{
    list->count = 0;
    list->is_present = false;
}

static void begin_job(struct jobs_decoder *jobs)
{
    decode_record_reset(&jobs->record);
    workload_init(&jobs->workload);
    clear_texts(&jobs->nodes);
    clear_texts(&jobs->images);
}

static struct str_list list_of(const struct decode_texts *texts)
{
    return (struct str_list){
        .items = texts->items, .count = texts->count, .is_present = texts->is_present};
}

static bool end_job(struct jobs_decoder *jobs, struct error *error)
{
    struct workload *workload = &jobs->workload;
    if (jobs->asked != NULL && workload->project.data != NULL &&
        !str_equals(workload->project, str_of(jobs->asked))) {
        decoder_drop_other(&jobs->decoder, workload->project);
        return true;
    }
    jobs->decoder.repaired += jobs->record.repaired;
    workload->phase = normalize_phase(workload->raw_phase);
    workload->type = normalize_type(workload->raw_type);
    if (workload->type == TYPE_INTERACTIVE && normalize_is_preemptible(workload->raw_type))
        workload->preemptible = TRI_TRUE;
    workload->nodes = list_of(&jobs->nodes);
    workload->images = list_of(&jobs->images);
    return jobs->fn(jobs->arg, workload, error);
}

static bool set_job_field(struct jobs_decoder *jobs, int id, enum json_event event,
                          const struct json_value *value, struct error *error)
{
    struct decode_record *record = &jobs->record;
    struct workload *workload = &jobs->workload;
    switch ((enum job_field)id) {
    case JOB_ID:
        return decode_id(record, &workload->id, event, value, error);
    case JOB_PROJECT:
        return decode_text(record, &workload->project, event, value, error);
    case JOB_NAME:
        return decode_text(record, &workload->name, event, value, error);
    case JOB_USER:
        return decode_text(record, &workload->user, event, value, error);
    case JOB_STATUS:
        return decode_text(record, &workload->raw_phase, event, value, error);
    case JOB_TYPE:
        return decode_text(record, &workload->raw_type, event, value, error);
    case JOB_NODES:
        return decode_texts(record, &jobs->nodes, true, event, value, error);
    case JOB_NODE:
        return decode_texts_element(record, &jobs->nodes, event, value, error);
    case JOB_CREATED_AT:
        decode_time_ms(record, &workload->created_at, event, value);
        return true;
    case JOB_IMAGES:
        return decode_texts(record, &jobs->images, true, event, value, error);
    case JOB_IMAGE:
        return decode_texts_element(record, &jobs->images, event, value, error);
    case JOB_GPUS:
        decode_amount(record, &workload->gpus_allocated, event, value);
        return true;
    }
    return true;
}

static bool on_job_event(void *arg, int id, enum json_event event, const struct json_value *value,
                         struct error *error)
{
    struct jobs_decoder *jobs = arg;
    if (id >= DECODE_FIELDS)
        return set_job_field(jobs, id, event, value, error);
    enum decode_step step = decode_list_event(&jobs->list, id, event, error);
    if (step == STEP_BEGIN)
        begin_job(jobs);
    else if (step == STEP_END)
        return end_job(jobs, error);
    return step != STEP_FAILED;
}

static bool finish_jobs(struct decoder *decoder, struct error *error)
{
    return decode_list_finish(&((struct jobs_decoder *)decoder)->list, error);
}

static void free_jobs(struct decoder *decoder)
{
    struct jobs_decoder *jobs = (struct jobs_decoder *)decoder;
    decode_record_free(&jobs->record);
    free(jobs->nodes.items);
    free(jobs->images.items);
}

/* A job's command, arguments and environment are secrets to us and never rows here. */
static const struct json_path job_rows[] = {
    {"", DECODE_DOCUMENT},
    {"data", DECODE_LIST},
    {"data[]", DECODE_ITEM},
    {"data[].id", JOB_ID},
    {"data[].project", JOB_PROJECT},
    {"data[].name", JOB_NAME},
    {"data[].user", JOB_USER},
    {"data[].status", JOB_STATUS},
    {"data[].type", JOB_TYPE},
    {"data[].nodes", JOB_NODES},
    {"data[].nodes[]", JOB_NODE},
    {"data[].createdAt", JOB_CREATED_AT},
    {"data[].images", JOB_IMAGES},
    {"data[].images[]", JOB_IMAGE},
    {"data[].currentAllocatedGPUs", JOB_GPUS},
};

static const struct decode_kind jobs_kind = {
    .rows = job_rows,
    .row_count = sizeof job_rows / sizeof *job_rows,
    .handler = on_job_event,
    .finish = finish_jobs,
    .free = free_jobs,
};

struct decoder *decoder_new_researcher_jobs(const char *project, decode_workload_fn *fn, void *arg)
{
    struct jobs_decoder *jobs = mem_new(1, sizeof *jobs);
    decoder_init(&jobs->decoder, &jobs_kind);
    decode_record_init(&jobs->record);
    jobs->list.name = "data";
    jobs->asked = project;
    jobs->fn = fn;
    jobs->arg = arg;
    return &jobs->decoder;
}

enum project_field {
    PROJECT_NAME = DECODE_FIELDS,
    PROJECT_QUOTA,
};

struct projects_decoder {
    struct decoder decoder;
    decode_project_fn *fn;
    void *arg;
    struct decode_list list;
    struct decode_record record;
    struct project_info project;
};

static bool end_project(struct projects_decoder *projects, struct error *error)
{
    struct str name = projects->project.name;
    if (name.len == 0 || name.len > PROJECT_NAME_MAX || memchr(name.data, '\0', name.len) != NULL) {
        projects->decoder.dropped++;
        return true;
    }
    projects->decoder.repaired += projects->record.repaired;
    return projects->fn(projects->arg, &projects->project, error);
}

static bool on_project_event(void *arg, int id, enum json_event event,
                             const struct json_value *value, struct error *error)
{
    struct projects_decoder *projects = arg;
    if (id == PROJECT_NAME)
        return decode_text(&projects->record, &projects->project.name, event, value, error);
    if (id == PROJECT_QUOTA) {
        decode_amount(&projects->record, &projects->project.gpus_quota, event, value);
        return true;
    }
    enum decode_step step = decode_list_event(&projects->list, id, event, error);
    if (step == STEP_BEGIN) {
        decode_record_reset(&projects->record);
        projects->project = (struct project_info){.gpus_quota = AMOUNT_NULL};
    } else if (step == STEP_END) {
        return end_project(projects, error);
    }
    return step != STEP_FAILED;
}

static bool finish_projects(struct decoder *decoder, struct error *error)
{
    return decode_list_finish(&((struct projects_decoder *)decoder)->list, error);
}

static void free_projects(struct decoder *decoder)
{
    decode_record_free(&((struct projects_decoder *)decoder)->record);
}

static const struct json_path project_rows[] = {
    {"", DECODE_DOCUMENT},
    {"data", DECODE_LIST},
    {"data[]", DECODE_ITEM},
    {"data[].name", PROJECT_NAME},
    {"data[].deservedGpus", PROJECT_QUOTA},
};

static const struct decode_kind projects_kind = {
    .rows = project_rows,
    .row_count = sizeof project_rows / sizeof *project_rows,
    .handler = on_project_event,
    .finish = finish_projects,
    .free = free_projects,
};

struct decoder *decoder_new_researcher_projects(decode_project_fn *fn, void *arg)
{
    struct projects_decoder *projects = mem_new(1, sizeof *projects);
    decoder_init(&projects->decoder, &projects_kind);
    decode_record_init(&projects->record);
    projects->list.name = "data";
    projects->fn = fn;
    projects->arg = arg;
    return &projects->decoder;
}
