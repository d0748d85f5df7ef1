/*
 * Workloads as the Kubernetes API of a cluster shows them. In a rich cluster they use all that the
 * API has: more kinds, templates, deletions, conditions, annotations, several pods.
 */
#include <stdio.h>
#include <string.h>

#include "data_internal.h"

static const struct {
    const char *name, *word, *type, *version;
} kinds[KIND_COUNT] = {
    {"trainingworkloads", "TrainingWorkload", "training", "v2alpha1"},
    {"interactiveworkloads", "InteractiveWorkload", "interactive", "v2alpha1"},
    {"inferenceworkloads", "InferenceWorkload", "inference", "v2alpha1"},
    {"distributedworkloads", "DistributedWorkload", "distributed", "v2alpha1"},
    {"distributedinferenceworkloads", "DistributedInferenceWorkload", "inference", "v2alpha1"},
    {"externalworkloads", "ExternalWorkload", "other", "v2alpha1"},
    {"runaijobs", "RunaiJob", "training", "v1"},
};

enum { TRAINING, INTERACTIVE, INFERENCE, DISTRIBUTED, DISTRIBUTED_INFERENCE, EXTERNAL, JOBS };

int kind_find(const char *name, size_t len)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, name, len) == 0)
            return i;
    return -1;
}

const char *kind_name(int kind)
{
    return kinds[kind].name;
}

const char *kind_word(int kind)
{
    return kind == KIND_POD_GROUPS ? "PodGroup" : kinds[kind].word;
}

const char *kind_version(int kind)
{
    return kinds[kind].version;
}

bool kind_is_in(const struct cluster *cluster, int kind, const char *version)
{
    bool is_in_both = kind == INTERACTIVE && cluster->is_rich;
    return kind_is_served(cluster, kind) && (strcmp(version, kinds[kind].version) == 0 ||
                                             (is_in_both && strcmp(version, "v1") == 0));
}

bool kind_is_served(const struct cluster *cluster, int kind)
{
    bool is_known = kind < KIND_BASE || (cluster->is_rich && cluster->has_discovery);
    return is_known && (cluster->missing_kinds & (1u << kind)) == 0;
}

int item_kind(const struct cluster *cluster, size_t index, const struct plain *plain)
{
    int kind = TRAINING, special = -1;
    for (int i = 0; i < KIND_BASE; i++)
        if (strcmp(plain->type, kinds[i].type) == 0)
            kind = i;
    if (strcmp(plain->type, "other") == 0)
        special = EXTERNAL;
    else if (kind == INFERENCE && index % 2 == 1)
        special = DISTRIBUTED_INFERENCE;
    else if (kind == TRAINING && index % 5 == 0)
        special = JOBS;
    if (special >= 0 && kind_is_served(cluster, special))
        return special;
    for (int i = 0; i < KIND_BASE; i++, kind = (kind + 1) % KIND_BASE)
        if (kind_is_served(cluster, kind))
            return kind;
    return -1;
}

/* Where an item's phase stands. */
enum phase_place { IN_PHASE, IN_ANNOTATION, IN_CONDITIONS };

/* How an item shows its workload. */
struct view {
    int kind;
    unsigned pods;        /* each requests as much; 0: not said */
    const char *pods_key; /* NULL: there is nothing to say */
    bool has_memory;      /* its GPUs are requested by their memory */
    bool has_leader;      /* a master requests one GPU more */
    bool is_deleted;
    enum phase_place phase;
    bool has_annotations; /* of the scheduler's */
};

static struct view make_view(const struct cluster *cluster, size_t index, const struct plain *plain)
{
    struct view view = {.kind = item_kind(cluster, index, plain), .pods = 1};
    if (view.kind == DISTRIBUTED) {
        view.pods = 1 + (unsigned)index % 4;
        view.pods_key = "workers";
    }
    if (view.kind == DISTRIBUTED_INFERENCE || view.kind == EXTERNAL || view.kind == JOBS)
        view.pods = 0;
    if (!cluster->is_rich)
        return view;
    view.has_leader = view.kind == DISTRIBUTED && index % 3 == 0;
    view.is_deleted = index % 9 == 4;
    view.has_annotations = index % 4 != 3;
    if (strcmp(plain->phase, "unknown") != 0)
        view.phase = (enum phase_place)(index % 5 < 3 ? index % 5 : 0);
    if (view.kind == TRAINING && index % 6 == 4) {
        view.pods = 2;
        view.pods_key = "parallelism";
    } else if (view.kind == INFERENCE && index % 4 == 0) {
        view.pods = 3;
        view.pods_key = "minScale";
    } else if (view.kind == INFERENCE) {
        view.pods = 0;
        view.pods_key = "maxScale";
    }
    view.has_memory = (view.kind == TRAINING || view.kind == INTERACTIVE) && index % 6 == 5;
    return view;
}

/* What the spec alone says. */
static int64_t spec_requests(const struct view *view, const struct plain *plain)
{
    if (view->has_memory || view->pods == 0 || plain->requested_micro == MICRO_NONE)
        return MICRO_NONE;
    return plain->requested_micro * view->pods + (view->has_leader ? 1000000 : 0);
}

/* ---- PodGroups ---- */

/* Up to two of a workload, which share its GPUs. */
struct groups {
    unsigned count;
    int64_t allocated[2]; /* or MICRO_NONE */
    int64_t requested[2];
    bool is_odd; /* what the second has allocated is not to be understood */
};

static struct groups make_groups(const struct cluster *cluster, size_t index,
                                 const struct view *view, const struct plain *plain)
{
    struct groups groups = {0};
    int64_t requested = spec_requests(view, plain);
    if (cluster->pod_groups != 200 || index % 4 == 2 || view->kind < 0)
        return groups;
    requested = requested == MICRO_NONE ? 2500000 : requested;
    groups.count = index % 8 == 1 ? 2 : 1;
    groups.allocated[0] = plain->micro;
    groups.requested[0] = requested;
    if (groups.count == 2) {
        groups.is_odd = index % 16 == 9;
        bool has_none = plain->micro == MICRO_NONE || groups.is_odd;
        groups.allocated[0] = plain->micro == MICRO_NONE ? MICRO_NONE : plain->micro / 2;
        groups.allocated[1] = has_none ? MICRO_NONE : plain->micro - plain->micro / 2;
        groups.requested[0] = requested / 4;
        groups.requested[1] = requested - requested / 4;
    }
    return groups;
}

static int64_t sum_groups(const struct groups *groups, const int64_t amounts[2])
{
    int64_t sum = groups->count == 0 ? MICRO_NONE : 0;
    for (unsigned i = 0; i < groups->count; i++)
        sum = sum == MICRO_NONE || amounts[i] == MICRO_NONE ? MICRO_NONE : sum + amounts[i];
    return sum;
}

static void put_resources(struct text *out, const char *key, int64_t micro, size_t index)
{
    text_printf(out, "\"%s\":{\"cpu\":\"4\",\"memory\":\"16Gi\"", key);
    if (micro == MICRO_NONE)
        text_puts(out, "}");
    else if (micro % 1000000 == 0 && index % 2 == 0)
        text_printf(out, ",\"nvidia.com/gpu\":%lld}", (long long)(micro / 1000000));
    else if (micro % 1000000 == 0)
        text_printf(out, ",\"nvidia.com/gpu\":\"%lld\"}", (long long)(micro / 1000000));
    else if (micro % 1000 == 0)
        text_printf(out, ",\"nvidia.com/gpu\":\"%lldm\"}", (long long)(micro / 1000));
    else
        text_printf(out, ",\"nvidia.com/gpu\":\"%lldu\"}", (long long)micro);
}

/* One in three has no uid, and one in seven says no namespace. */
static void put_group_names(const struct cluster *cluster, unsigned project, size_t index,
                            unsigned which, struct text *out)
{
    struct text namespace = {0};
    text_printf(&namespace, "runai-%s", cluster->projects[project]);
    text_printf(out, "\"name\":\"pg-%zu-%u\"", index, which);
    if (index % 7 != 0) {
        text_puts(out, ",\"namespace\":");
        text_json(out, namespace.data, namespace.len);
    }
    if (index % 3 != 1)
        text_printf(out, ",\"uid\":\"%u-%zu-%u\"", project, index, which);
    text_free(&namespace);
}

static void serve_group(const struct groups *groups, unsigned which, int kind, size_t index,
                        const struct plain *plain, struct text *out)
{
    text_puts(out, ",\"ownerReferences\":[");
    if (index % 3 == 0)
        text_puts(out, "{\"kind\":\"Service\",\"uid\":\"00000000-0000\",\"controller\":false},");
    text_printf(out, "{\"apiVersion\":\"run.ai/%s\",\"kind\":\"%s\",\"uid\":%s%s}]},",
                kinds[kind].version, kinds[kind].word, plain->id,
                index % 3 == 0 ? ",\"controller\":true" : "");
    text_puts(out, "\"spec\":{\"minMember\":1},\"status\":{\"resourcesStatus\":{");
    if (groups->is_odd && which == 1)
        text_puts(out, "\"allocated\":{\"nvidia.com/gpu\":\"many\"}");
    else
        put_resources(out, "allocated", groups->allocated[which], index);
    text_puts(out, ",");
    put_resources(out, "requested", groups->requested[which], index);
    text_puts(out, "}}}");
}

/* ---- items ---- */

/* `,"key":{"value":VALUE}`, or nothing for what is null, or null itself: all are the same. */
static void put_spec(struct text *out, const char *key, const char *value, size_t index)
{
    bool is_null = strcmp(value, "null") == 0;
    if (is_null && index % 3 == 0)
        return;
    if (is_null && index % 3 == 1)
        text_printf(out, "\"%s\":null,", key);
    else
        text_printf(out, "\"%s\":{\"value\":%s},", key, value);
}

/* The only image there can be: the first one. */
static void first_image(const struct plain *plain, char image[160])
{
    snprintf(image, 160, "null");
    if (plain->images[0] != '[' || plain->images[1] == ']')
        return;
    size_t len = strcspn(plain->images + 2, "\"") + 2;
    snprintf(image, 160, "%.*s", (int)len, plain->images + 1);
}

/* An item holds its GPUs as a text, when it has any. */
static void put_gpu(struct text *out, const struct plain *plain, size_t index)
{
    char quoted[24] = "null";
    if (plain->requested_micro != MICRO_NONE)
        snprintf(quoted, sizeof quoted, "\"%s\"", plain->requested);
    put_spec(out, "gpu", quoted, index);
}

static bool is_single_pool(const struct plain *plain)
{
    return strchr(plain->pools, ',') == NULL && plain->pools[0] == '[';
}

static void put_pools(struct text *out, const struct plain *plain, size_t index)
{
    char single[48];
    if (!is_single_pool(plain) || index % 2 == 0) {
        put_spec(out, "nodePools", plain->pools, index);
        return;
    }
    snprintf(single, sizeof single, "%.*s", (int)(strlen(plain->pools) - 2), plain->pools + 1);
    put_spec(out, "nodePool", single, index);
}

static void put_pods(struct text *out, const struct view *view, size_t index)
{
    if (view->pods_key == NULL)
        return;
    if (strcmp(view->pods_key, "minScale") == 0)
        text_printf(out, "\"minScale\":{\"value\":%u},\"maxScale\":{\"value\":\"%u\"},", view->pods,
                    view->pods);
    else if (strcmp(view->pods_key, "maxScale") == 0)
        text_puts(out, "\"minScale\":{\"value\":1},\"maxScale\":{\"value\":4},");
    else if (index % 2 == 0)
        text_printf(out, "\"%s\":{\"value\":%u},", view->pods_key, view->pods);
    else
        text_printf(out, "\"%s\":{\"value\":\"%u\"},", view->pods_key, view->pods);
}

/* ["a","b"] as the scheduler writes it, "a, b", or as it is. */
static void put_nodes(struct text *out, const struct plain *plain, size_t index)
{
    struct text names = {0};
    text_add(&names, "", 0);
    for (const char *p = plain->nodes; *p != '\0'; p++)
        if (index % 3 == 0)
            text_add(&names, p, 1);
        else if (*p == ',')
            text_puts(&names, ", ");
        else if (strchr("[]\"", *p) == NULL)
            text_add(&names, p, 1);
    text_puts(out, ",\"runai-used-nodes\":");
    text_json(out, names.data, names.len);
    text_free(&names);
}

static void put_annotations(struct text *out, const struct view *view, size_t index,
                            const struct plain *plain)
{
    text_puts(out, ",\"annotations\":{\"note\":\"NEVER-REPORT\"");
    if (view->phase == IN_ANNOTATION)
        text_printf(out, ",\"runai-calculated-status\":\"%s\"", plain->status);
    if (view->has_annotations && plain->micro != MICRO_NONE) {
        text_puts(out, ",\"runai-current-allocated-gpus\":\"");
        text_micro(out, plain->micro);
        text_puts(out, "\"");
    }
    if (view->has_annotations && strcmp(plain->nodes, "null") != 0)
        put_nodes(out, plain, index);
    text_puts(out, "}");
}

static void put_status(struct text *out, const struct view *view, size_t index,
                       const struct plain *plain)
{
    static const char format[] = "{\"type\":\"%s\",\"status\":\"%s\","
                                 "\"lastTransitionTime\":\"2026-01-%02dT00:00:00Z\"}";
    if (view->phase == IN_PHASE) {
        text_printf(out, "\"status\":{\"conditions\":[{\"type\":\"phase\"}],\"phase\":\"%s\"}",
                    plain->status);
        return;
    }
    text_puts(out, index % 2 == 0 ? "\"status\":{\"phase\":null" : "\"status\":{\"x\":1");
    if (view->phase == IN_CONDITIONS) {
        text_puts(out, ",\"conditions\":[");
        text_printf(out, format, "Created", "True", 1);
        text_puts(out, ",");
        text_printf(out, format, plain->status, "True", 3);
        text_puts(out, ",");
        text_printf(out, format, "Failed", "False", 4);
        text_puts(out, ",");
        text_printf(out, format, "Suspended", "True", 2);
        text_puts(out, "]");
    }
    text_puts(out, "}");
}

static void put_metadata(struct text *out, const struct cluster *cluster, unsigned project,
                         size_t index, const struct view *view, const struct plain *plain)
{
    const char *name = cluster->projects[project];
    char created[32];
    struct text namespace = {0}, label = {0};
    text_printf(&namespace, "runai-%s", name);
    plain_time(plain->created_ms, created);
    text_printf(out, "\"metadata\":{\"name\":%s,\"namespace\":", plain->name);
    text_json(out, namespace.data, namespace.len);
    text_printf(out, ",\"uid\":%s,\"creationTimestamp\":%s", plain->id, created);
    if (view->is_deleted)
        text_puts(out, ",\"deletionTimestamp\":\"2026-11-24T00:00:00Z\"");
    else if (index % 4 == 0)
        text_puts(out, ",\"deletionTimestamp\":null");
    if (index % 2 == 0) {
        record_project(cluster, name, &label);
        text_printf(out, ",\"labels\":{\"app\":\"x\",\"project\":%s}", label.data);
    }
    put_annotations(out, view, index, plain);
    text_puts(out, "},");
    text_free(&namespace);
    text_free(&label);
}

static const char *job_class(size_t index)
{
    return index % 3 == 0 ? "build" : "train-high";
}

/* A RunaiJob is much like a batch Job, and has nothing of the other kinds' spec. */
static void put_job_spec(struct text *out, size_t index)
{
    text_printf(
        out,
        "\"spec\":{\"parallelism\":2,\"template\":{\"metadata\":{\"name\":\"x\"},\"spec\":{"
        "\"priorityClassName\":\"%s\",\"containers\":[{\"command\":[\"NEVER-REPORT\"]}]}}},",
        job_class(index));
}

static void put_item_spec(struct text *out, const struct view *view, bool is_template, size_t index,
                          const struct plain *plain)
{
    char image[160];
    first_image(plain, image);
    text_puts(out, "\"spec\":{");
    put_spec(out, "image", image, index);
    put_gpu(out, plain, index);
    put_pods(out, view, index);
    if (view->has_memory)
        text_puts(out, "\"gpuMemory\":{\"value\":\"8G\"},");
    put_spec(out, "username", plain->user, index);
    put_pools(out, plain, index);
    put_spec(out, "command", "\"run --key NEVER-REPORT\"", index);
    text_printf(out, "\"usage\":\"%s\",", is_template ? "Template" : "Submit");
    text_puts(out, "\"environment\":{\"items\":{\"K\":{\"value\":\"NEVER-REPORT\"}}}},");
    if (view->has_leader)
        text_puts(out, "\"masterSpec\":{\"gpu\":{\"value\":\"1\"}},");
}

static void serve_item(const struct cluster *cluster, unsigned project, size_t index,
                       const struct view *view, bool is_template, const struct plain *plain,
                       struct text *out)
{
    struct plain shown = *plain;
    if (is_template)
        memcpy(shown.id + 1, "7e", 2);
    text_puts(out, "{");
    put_metadata(out, cluster, project, index, view, &shown);
    if (view->kind == JOBS)
        put_job_spec(out, index);
    else
        put_item_spec(out, view, is_template, index, &shown);
    put_status(out, view, index, &shown);
    text_puts(out, "}");
}

/* The RunaiJob that a TrainingWorkload has made. */
static void serve_part(const struct plain *plain, struct text *out)
{
    text_printf(
        out,
        "{\"metadata\":{\"name\":%s,\"uid\":\"part\",\"ownerReferences\":[{\"apiVersion\":"
        "\"run.ai/v2alpha1\",\"kind\":\"TrainingWorkload\",\"uid\":%s,\"controller\":true}]},"
        "\"status\":{\"phase\":\"%s\"}}",
        plain->name, plain->id, plain->status);
}

unsigned item_count(const struct cluster *cluster, unsigned project, size_t index, int kind)
{
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    struct view view = make_view(cluster, index, &plain);
    if (kind == KIND_POD_GROUPS)
        return make_groups(cluster, index, &view, &plain).count;
    if (kind == JOBS && view.kind == TRAINING)
        return index % 6 == 0;
    if (kind != view.kind)
        return 0;
    return cluster->is_rich && kind != JOBS && index % 7 == 3 ? 2 : 1;
}

void item_serve(const struct cluster *cluster, unsigned project, size_t index, int kind,
                unsigned which, struct text *out)
{
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    struct view view = make_view(cluster, index, &plain);
    struct groups groups = make_groups(cluster, index, &view, &plain);
    if (kind == KIND_POD_GROUPS) {
        text_puts(out, "{\"metadata\":{");
        put_group_names(cluster, project, index, which, out);
        serve_group(&groups, which, view.kind, index, &plain, out);
    } else if (kind != view.kind) {
        serve_part(&plain, out);
    } else {
        serve_item(cluster, project, index, &view, which > 0, &plain, out);
    }
}

static void tell_spec(const struct plain *plain, struct job *job)
{
    char image[160], images[168];
    first_image(plain, image);
    snprintf(images, sizeof images, "[%s]", image);
    job->images = strcmp(image, "null") == 0 ? "null" : plain_keep(job, images, "");
    job->node_pools = plain_keep(job, plain->pools, "");
}

void item_tell(const struct cluster *cluster, unsigned project, size_t index,
               const struct plain *plain, struct job *job)
{
    struct view view = make_view(cluster, index, plain);
    struct groups groups = make_groups(cluster, index, &view, plain);
    int kind = view.kind < 0 ? TRAINING : view.kind;
    plain_tell(cluster->projects[project], plain, job);
    bool is_build = kind == JOBS && strcmp(job_class(index), "build") == 0;
    job->type = plain_keep(job, is_build ? "interactive" : kinds[kind].type, "\"");
    job->raw_type = plain_keep(job, kinds[kind].word, "\"");
    if (kind == JOBS) {
        job->user = job->images = "null";
    } else {
        tell_spec(plain, job);
    }
    if (view.is_deleted)
        job->phase = "\"terminating\"";
    job->requested_micro = spec_requests(&view, plain);
    if (job->requested_micro == MICRO_NONE && !view.has_memory)
        job->requested_micro = sum_groups(&groups, groups.requested);
    job->gpus_micro = sum_groups(&groups, groups.allocated);
    if (job->gpus_micro == MICRO_NONE && view.has_annotations)
        job->gpus_micro = plain->micro;
    job->repaired += groups.is_odd;
    if (view.has_annotations)
        job->nodes = plain_keep(job, plain->nodes, "");
}
