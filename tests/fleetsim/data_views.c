/* Workloads as the control plane shows them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "data_internal.h"

/* What it calls a phase of the report's vocabulary. */
static const char *control_phase(const char *phase, size_t index)
{
    static const struct {
        const char *phase, *words[4];
    } rows[] = {
        {"pending", {"Pending", "Creating", "Initializing", "Resuming"}},
        {"running", {"Running", "Updating", "Degraded", "Running"}},
        {"succeeded", {"Completed", "Completed", "Completed", "Completed"}},
        {"failed", {"Failed", "Failed", "Failed", "Failed"}},
        {"stopped", {"Stopped", "Stopping", "Stopped", "Stopping"}},
        {"terminating", {"Terminating", "Deleting", "Terminating", "Deleting"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].phase, phase) == 0)
            return rows[i].words[index % 4];
    return "Unknown";
}

/* Kinds of Kubernetes among them, of which the category says what they are for. */
static const struct control_type {
    const char *type, *word, *category;
} control_types[] = {
    {"training", "Training", "Train"},
    {"training", "RayJob", "Train"},
    {"training", "Deployment", "Train"},
    {"interactive", "Workspace", "Build"},
    {"interactive", "Notebook", "Build"},
    {"interactive", "StatefulSet", "Build"},
    {"inference", "Inference", "Deploy"},
    {"inference", "Deployment", "Deploy"},
    {"inference", "DynamoGraphDeployment", "Deploy"},
    {"distributed", "Distributed", "Train"},
    {"distributed", "PyTorchJob", "Train"},
    {"distributed", "MPIJob", "Train"},
    {"other", "Deployment", NULL},
    {"other", "CronJob", NULL},
    {"other", "Pod", NULL},
};

/* What only the control plane knows is of a kind of third parties if it is planted so, and else of
 * none. */
static const struct control_type *control_type(const struct plain *plain, size_t index,
                                               enum plant plant)
{
    static const struct control_type no_kind = {"other", "Custom", NULL};
    size_t i = 0;
    while (strcmp(control_types[i].type, plain->type) != 0)
        i++;
    if (plant == PLANT_THIRD_PARTY)
        return &control_types[i + 1 + index % 2];
    if (plant < PLANT_ONLY_CONTROL)
        return &control_types[i + index % 3];
    return strcmp(plain->type, "other") == 0 ? &no_kind : &control_types[i];
}

/* The workload with what is planted in the control plane's view of it. */
static void make_control(const struct cluster *cluster, unsigned project, size_t index,
                         enum plant plant, struct plain *plain)
{
    plain_make(cluster, project, index, plain);
    if (plant == PLANT_PHASE)
        plain->phase = strcmp(plain->phase, "running") == 0 ? "succeeded" : "running";
    if (plant == PLANT_GPUS)
        plain->control_micro += 1000000;
    if (plant == PLANT_ID)
        memcpy(plain->id + 1, "0000", 4);
    plain->status = control_phase(plain->phase, index);
    if (plant == PLANT_NULL_PHASE)
        plain->status = plain->phase = NULL;
}

static const char *control_project(const struct cluster *cluster, unsigned project,
                                   enum plant plant)
{
    return plant == PLANT_ELSEWHERE ? ELSEWHERE : cluster->projects[project];
}

static void put_micro(struct text *out, const char *before, int64_t micro, const char *after)
{
    text_puts(out, before);
    if (micro == MICRO_NONE)
        text_puts(out, "null");
    else
        text_micro(out, micro);
    text_puts(out, after);
}

/* RFC 3339 has more than one way to say it. */
static void put_created(struct text *out, int64_t ms, size_t index)
{
    char text[40];
    time_t seconds = (time_t)(ms / 1000) + (index % 3 == 2 ? 7200 : 0);
    struct tm utc;
    if (ms == 0 || gmtime_r(&seconds, &utc) == NULL) {
        text_puts(out, "null");
        return;
    }
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (index % 3 == 0)
        text_printf(out, "\"%sZ\"", text);
    else if (index % 3 == 1)
        text_printf(out, "\"%s.%03dZ\"", text, (int)(ms % 1000));
    else
        text_printf(out, "\"%s+02:00\"", text);
}

static void put_seconds(struct text *out, const char *key, int64_t seconds)
{
    if (seconds == MICRO_NONE)
        text_printf(out, ",\"%s\":null", key);
    else
        text_printf(out, ",\"%s\":%lld", key, (long long)seconds);
}

/* No id, in one of the ways of having none. */
static const char *no_id(size_t index)
{
    static const char *const ids[] = {"null", "\"\""};
    return ids[index % 2];
}

/* When it was deleted; null is the only value that says that it was not. */
static const char *deleted_at(size_t index, enum plant plant)
{
    static const char *const times[] = {"\"2026-11-20T06:30:00Z\"", "\"\"", "0", "{\"at\":null}"};
    if (plant == PLANT_DELETED)
        return times[index % 4];
    return index % 5 == 0 ? "null" : NULL;
}

static void serve_control(const struct cluster *cluster, unsigned project, size_t index,
                          enum plant plant, const struct plain *plain, struct text *out)
{
    const char *name = control_project(cluster, project, plant);
    const struct control_type *type = control_type(plain, index, plant);
    text_puts(out, "{\"tenantId\":1001,\"clusterId\":");
    text_json(out, cluster->uuid, strlen(cluster->uuid));
    text_printf(out, ",\"id\":%s,\"name\":%s,\"projectName\":",
                cluster->has_control_ids ? plain->id : no_id(index), plain->name);
    text_json(out, name, strlen(name));
    text_printf(out, ",\"projectId\":\"%u\",\"departmentName\":%s,\"submittedBy\":%s", project,
                plain->department, plain->user);
    text_printf(out, ",\"type\":\"%s\",\"category\":", type->word);
    if (type->category == NULL)
        text_puts(out, "null");
    else
        text_printf(out, "\"%s\"", type->category);
    text_printf(out, plain->status == NULL ? ",\"phase\":null" : ",\"phase\":\"%s\"",
                plain->status);
    text_puts(out, ",\"phaseMessage\":null,\"createdAt\":");
    put_created(out, plain->created_ms, index);
    text_printf(out, ",\"images\":%s,\"currentNodePools\":%s", plain->images, plain->pools);
    if (index % 2 == 0 || strcmp(plain->preemptible, "null") != 0)
        text_printf(out, ",\"preemptible\":%s", plain->preemptible);
    put_micro(out, ",\"allocatedResources\":{\"gpu\":", plain->control_micro, ",\"cpu\":2}");
    put_micro(out, ",\"workloadRequestedResources\":{\"gpu\":{\"request\":", plain->requested_micro,
              ",\"limit\":9}}");
    put_micro(out, index % 4 == 1 ? ",\"idleGpus\":" : ",\"idleAllocatedGpus\":", plain->idle_micro,
              index % 4 == 2 && plain->idle_micro != MICRO_NONE ? ",\"idleGpus\":77" : "");
    put_seconds(out, "totalPendingTimeSeconds", plain->pending_s);
    put_seconds(out, "totalRunningTimeSeconds", plain->running_s);
    if (deleted_at(index, plant) != NULL)
        text_printf(out, ",\"deletedAt\":%s", deleted_at(index, plant));
    text_puts(out, ",\"command\":\"NEVER-REPORT\",\"arguments\":\"NEVER-REPORT\","
                   "\"environmentVariables\":{\"K\":\"NEVER-REPORT\"}}");
}

void data_control_job(const struct cluster *cluster, unsigned project, size_t index,
                      enum plant plant, struct text *served, struct job *job)
{
    struct plain plain;
    make_control(cluster, project, index, plant, &plain);
    if (served != NULL)
        serve_control(cluster, project, index, plant, &plain, served);
    if (job == NULL)
        return;
    plain_tell(control_project(cluster, project, plant), &plain, job);
    if (!cluster->has_control_ids)
        job->id = "null";
    const struct control_type *type = control_type(&plain, index, plant);
    job->raw_type = plain_keep(job, type->word, "\"");
    job->raw_category = type->category == NULL ? "null" : plain_keep(job, type->category, "\"");
    job->department = plain_keep(job, plain.department, "");
    job->node_pools = plain_keep(job, plain.pools, "");
    job->preemptible = plain.preemptible;
    job->gpus_micro = plain.control_micro;
    job->requested_micro = plain.requested_micro;
    job->idle_micro = plain.idle_micro;
    job->pending_s = plain.pending_s;
    job->running_s = plain.running_s;
}

/* The quota is the sum over the node pools. */
void data_control_project(const struct cluster *cluster, unsigned project, struct text *served)
{
    const char *name = cluster->projects[project];
    int64_t quota =
        data_quota_quarters(cluster, project) * 250000ll + cluster->quota_off * 1000000ll;
    text_puts(served, "{\"id\":\"7\",\"name\":");
    text_json(served, name, strlen(name));
    text_puts(served, ",\"clusterId\":");
    text_json(served, cluster->uuid, strlen(cluster->uuid));
    put_micro(served, ",\"resources\":[{\"nodePool\":{\"name\":\"default\"},\"gpu\":{\"deserved\":",
              quota / 2, ",\"limit\":null},\"cpu\":{\"deserved\":1000}}");
    put_micro(served,
              ",{\"nodePool\":{\"name\":\"a100\"},\"gpu\":{\"deserved\":", quota - quota / 2,
              "}}],\"status\":{\"allocatedGpu\":3}}");
}
