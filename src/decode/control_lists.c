#include <string.h>

#include "control_internal.h"
#include "rollcall/text.h"

#define CLUSTER_NAME_MAX 253 /* as in the configuration */
#define PROJECT_NAME_MAX 1024

struct clusters_decoder {
    struct records_decoder records;
    decode_cluster_fn *fn;
    void *arg;
    struct discovered_cluster cluster;
    bool is_deleted;
};

/* Whether the configuration could hold a cluster of that name. */
static bool is_cluster_name(struct str name)
{
    if (name.len == 0 || name.len > CLUSTER_NAME_MAX)
        return false;
    struct buf printable;
    buf_init(&printable, 16 * CLUSTER_NAME_MAX);
    text_printable(name.data, name.len, &printable);
    bool is_same = str_equals(name, (struct str){printable.data, printable.len});
    buf_free(&printable);
    return is_same;
}

static bool on_cluster(struct records_decoder *records, struct error *error)
{
    struct clusters_decoder *clusters = (struct clusters_decoder *)records;
    if (clusters->is_deleted)
        return records_drop(records);
    if (!is_cluster_name(clusters->cluster.name))
        clusters->cluster.name = (struct str){0};
    return clusters->fn(clusters->arg, &clusters->cluster, error);
}

#define AT(member) offsetof(struct clusters_decoder, member)

static const struct record_field cluster_fields[] = {
    {"uuid", FIELD_TEXT, AT(cluster.uuid)},
    {"name", FIELD_TEXT, AT(cluster.name)},
    {"domain", FIELD_TEXT, AT(cluster.domain)},
    {"version", FIELD_TEXT, AT(cluster.version)},
    {"lastLiveness", FIELD_TEXT, AT(cluster.last_liveness)},
    {"deletedAt", FIELD_PRESENT, AT(is_deleted)},
    {"status", FIELD_OBJECT, 0},
    {"status.state", FIELD_TEXT, AT(cluster.state)},
};

static const struct records_kind clusters_kind = {
    .list = "",
    .fields = cluster_fields,
    .field_count = sizeof cluster_fields / sizeof *cluster_fields,
    .on_record = on_cluster,
};

struct decoder *decoder_new_control_clusters(decode_cluster_fn *fn, void *arg)
{
    struct clusters_decoder *clusters = mem_new(1, sizeof *clusters);
    records_init(&clusters->records, &clusters_kind);
    clusters->fn = fn;
    clusters->arg = arg;
    return &clusters->records.decoder;
}

enum { PROJECTS_NEXT = RECORDS_ROWS, PROJECT_POOLS, PROJECT_POOL };

struct projects_decoder {
    struct records_decoder records;
    decode_control_project_fn *fn;
    void *arg;
    struct str name;
    struct str cluster_id;
    /* What is deserved in the node pool at hand, and in those before it. */
    int64_t deserved;
    amount_sum sum;
    bool has_sum;
    bool is_broken;         /* some pool's figure was not understood: a sum would be too small */
    uint64_t repaired_then; /* when the pool began */
};

static void begin_pools(struct projects_decoder *projects)
{
    projects->sum = 0;
    projects->has_sum = false;
    projects->is_broken = false;
}

static void end_pool(struct projects_decoder *projects)
{
    if (projects->deserved != AMOUNT_NULL) {
        projects->sum += projects->deserved;
        projects->has_sum = true;
    } else if (projects->records.record.repaired > projects->repaired_then) {
        projects->is_broken = true;
    }
}

static void on_pool(struct projects_decoder *projects, enum json_event event)
{
    struct decode_record *record = &projects->records.record;
    if (event == JSON_OBJECT_END) {
        end_pool(projects);
    } else if (event == JSON_OBJECT_BEGIN) {
        projects->deserved = AMOUNT_NULL;
        projects->repaired_then = record->repaired;
    } else if (event != JSON_ARRAY_END) {
        record->repaired++;
        projects->is_broken = true;
    }
}

static bool on_project_row(struct records_decoder *records, int id, enum json_event event,
                           const struct json_value *value, struct error *error)
{
    struct projects_decoder *projects = (struct projects_decoder *)records;
    if (id == PROJECTS_NEXT)
        return control_set_next(&records->decoder, event, value, error);
    if (id == PROJECT_POOL) {
        on_pool(projects, event);
    } else if (event != JSON_ARRAY_END && event != JSON_OBJECT_END) {
        begin_pools(projects);
        if (event != JSON_ARRAY_BEGIN && event != JSON_NULL)
            records->record.repaired++;
    }
    return true;
}

static int64_t quota_of(struct projects_decoder *projects)
{
    if (!projects->has_sum || projects->is_broken)
        return AMOUNT_NULL;
    if (projects->sum <= AMOUNT_MAX)
        return (int64_t)projects->sum;
    projects->records.record.repaired++;
    return AMOUNT_NULL;
}

static bool on_project(struct records_decoder *records, struct error *error)
{
    struct projects_decoder *projects = (struct projects_decoder *)records;
    struct project_info project = {.name = projects->name, .gpus_quota = quota_of(projects)};
    begin_pools(projects); /* the next project may have none */
    if (project.name.len == 0 || project.name.len > PROJECT_NAME_MAX ||
        memchr(project.name.data, '\0', project.name.len) != NULL)
        return records_drop(records);
    return projects->fn(projects->arg, projects->cluster_id, &project, error);
}

#undef AT
#define AT(member) offsetof(struct projects_decoder, member)

static const struct record_field project_fields[] = {
    {"name", FIELD_TEXT, AT(name)},
    {"clusterId", FIELD_TEXT, AT(cluster_id)},
    {"resources[].gpu", FIELD_OBJECT, 0},
    {"resources[].gpu.deserved", FIELD_AMOUNT, AT(deserved)},
};

static const struct json_path project_rows[] = {
    {"next", PROJECTS_NEXT},
    {"projects[].resources", PROJECT_POOLS},
    {"projects[].resources[]", PROJECT_POOL},
};

static const struct records_kind projects_kind = {
    .list = "projects",
    .fields = project_fields,
    .field_count = sizeof project_fields / sizeof *project_fields,
    .rows = project_rows,
    .row_count = sizeof project_rows / sizeof *project_rows,
    .on_row = on_project_row,
    .on_record = on_project,
};

struct decoder *decoder_new_control_projects(decode_control_project_fn *fn, void *arg)
{
    struct projects_decoder *projects = mem_new(1, sizeof *projects);
    records_init(&projects->records, &projects_kind);
    projects->fn = fn;
    projects->arg = arg;
    return &projects->records.decoder;
}
