#include "data_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DATA_SEED       20261124u
#define FIRST_CREATED_S 1700000000

/* Sorted, and none begins another, so that word and index together sort like the index. */
static const char *const name_words[] = {"batch-eval",   "bert-finetune", "data-prep", "embed",
                                         "gpt-pretrain", "infer-llm",     "jupyter",   "notebook",
                                         "resnet",       "sweep",         "train-llm", "whisper"};

/* Every word of the report's vocabulary, in assorted case. */
static const struct {
    const char *word, *phase;
} phases[] = {
    {"Pending", "pending"},
    {"Creating", "pending"},
    {"Initializing", "pending"},
    {"Resuming", "pending"},
    {"ContainerCreating", "pending"},
    {"PodInitializing", "pending"},
    {"Init:0/2", "pending"},
    {"ImagePullBackOff", "pending"},
    {"ErrImagePull", "pending"},
    {"Unschedulable", "pending"},
    {"NotReady", "pending"},
    {"Init:1/3", "pending"},
    {"CreateContainerConfigError", "pending"},
    {"CreateContainerError", "pending"},
    {"InvalidImageName", "pending"},
    {"pending", "pending"},
    {"Running", "running"},
    {"Updating", "running"},
    {"Degraded", "running"},
    {"running", "running"},
    {"RUNNING", "running"},
    {"Running", "running"},
    {"Succeeded", "succeeded"},
    {"Completed", "succeeded"},
    {"COMPLETED", "succeeded"},
    {"Failed", "failed"},
    {"Error", "failed"},
    {"CrashLoopBackOff", "failed"},
    {"Init:Error", "failed"},
    {"Init:CrashLoopBackOff", "failed"},
    {"ContainerCannotRun", "failed"},
    {"crashloopbackoff", "failed"},
    {"Fail", "failed"},
    {"OOMKilled", "failed"},
    {"Evicted", "failed"},
    {"DeadlineExceeded", "failed"},
    {"ExitCode:137", "failed"},
    {"Signal:9", "failed"},
    {"Init:ExitCode:1", "failed"},
    {"Init:Signal:15", "failed"},
    {"Init:OOMKilled", "failed"},
    {"Stopped", "stopped"},
    {"Stopping", "stopped"},
    {"Suspended", "stopped"},
    {"Preempted", "stopped"},
    {"TimedOut", "stopped"},
    {"Terminating", "terminating"},
    {"Deleting", "terminating"},
    {"Deleted", "terminating"},
    {"Unknown", "unknown"},
    {"UNKNOWN", "unknown"},
};

static const struct {
    const char *word, *type;
} types[] = {
    {"Train", "training"},
    {"training", "training"},
    {"Training", "training"},
    {"TrainingWorkload", "training"},
    {"Interactive", "interactive"},
    {"Interactive-Preemptible", "interactive"},
    {"interactive", "interactive"},
    {"Workspace", "interactive"},
    {"Build", "interactive"},
    {"Inference", "inference"},
    {"inference", "inference"},
    {"Deployment", "inference"},
    {"InferenceWorkload", "inference"},
    {"DistributedInference", "inference"},
    {"NIMService", "inference"},
    {"Distributed", "distributed"},
    {"DistributedWorkload", "distributed"},
    {"MPI", "distributed"},
    {"PyTorch", "distributed"},
    {"InteractiveWorkload", "interactive"},
    {"CronJob", "other"},
};

static const struct {
    const char *text;
    int64_t micro;
} gpus[] = {
    {"0", 0},          {"1", 1000000},   {"2", 2000000},   {"4", 4000000},       {"8", 8000000},
    {"0.5", 500000},   {"0.25", 250000}, {"0.1", 100000},  {"0.333333", 333333}, {"1.5", 1500000},
    {"0.125", 125000}, {"1.0", 1000000}, {"3e-1", 300000}, {"null", MICRO_NONE}, {NULL, MICRO_NONE},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

void job_free(struct job *job)
{
    text_free(&job->memory);
}

size_t data_job_count(const struct cluster *cluster)
{
    return cluster->workloads + (cluster->is_messy ? messy_count() : 0);
}

static uint64_t random_of(const struct cluster *cluster, unsigned project, size_t index)
{
    return hash_mix(hash_text(cluster->name, DATA_SEED + project) + index);
}

static uint64_t next(uint64_t *state)
{
    return *state = hash_mix(*state);
}

static size_t pick(uint64_t *state, size_t count)
{
    return (size_t)((next(state) >> 16) % count);
}

static void make_id(struct plain *plain, size_t index, uint64_t *state)
{
    uint64_t a = next(state), b = next(state);
    /* A pair that shares its name is told apart by id: the first one's is the smaller. */
    if (index % 16 == 14)
        a &= ~(1ull << 63);
    if (index % 16 == 15)
        a |= 1ull << 63;
    snprintf(plain->id, sizeof plain->id, "\"%08x-%04x-4%03x-%04x-%012llx\"", (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
             (unsigned)((b >> 48) & 0x3fff) | 0x8000, (unsigned long long)(b & 0xffffffffffff));
}

static void make_lists(struct plain *plain, uint64_t *state)
{
    static const char *const repos[] = {"registry.acme.example/llm",
                                        "gcr.io/run-ai-demo/quickstart", "jupyter/base-notebook",
                                        "nvcr.io/nvidia/pytorch"};
    size_t dice = pick(state, 16);
    plain->is_image_text = dice < 9;
    if (dice == 15)
        snprintf(plain->images, sizeof plain->images, "null");
    else if (dice >= 13)
        snprintf(plain->images, sizeof plain->images, "[\"%s:%zu\",\"busybox\"]",
                 repos[pick(state, 4)], pick(state, 30));
    else
        snprintf(plain->images, sizeof plain->images, "[\"%s:%zu\"]", repos[pick(state, 4)],
                 pick(state, 30));
    dice = pick(state, 8);
    if (dice == 0)
        snprintf(plain->nodes, sizeof plain->nodes, "null");
    else if (dice == 1)
        snprintf(plain->nodes, sizeof plain->nodes, "[]");
    else if (dice == 2)
        snprintf(plain->nodes, sizeof plain->nodes, "[\"gpu-%zu\",\"gpu-%zu\"]", pick(state, 50),
                 pick(state, 50));
    else
        snprintf(plain->nodes, sizeof plain->nodes, "[\"gpu-%zu\"]", pick(state, 50));
}

/* What only some APIs tell; from a state of its own, so that it changes nothing of the rest. */
static void make_extras(struct plain *plain, uint64_t state)
{
    static const char *const pools[] = {"[\"default\"]", "[\"a100\"]", "[\"a100\",\"h100\"]",
                                        "null"};
    size_t dice = pick(&state, 10);
    if (dice == 0)
        snprintf(plain->department, sizeof plain->department, "null");
    else
        snprintf(plain->department, sizeof plain->department, "\"dept-%zu\"", dice);
    snprintf(plain->pools, sizeof plain->pools, "%s", pools[pick(&state, 4)]);
    dice = pick(&state, 5);
    plain->preemptible = dice == 0 ? "null" : dice < 3 ? "false" : "true";
    size_t i = pick(&state, COUNT(gpus));
    plain->requested = gpus[i].text;
    plain->requested_micro = gpus[i].micro;
    plain->idle_micro = gpus[pick(&state, COUNT(gpus))].micro;
    plain->control_micro = plain->micro;
    if (plain->micro == MICRO_NONE)
        plain->control_micro = gpus[pick(&state, COUNT(gpus))].micro;
    plain->pending_s = pick(&state, 12) == 0 ? MICRO_NONE : (int64_t)pick(&state, 100000);
    plain->running_s = pick(&state, 12) == 0 ? MICRO_NONE : (int64_t)pick(&state, 10000000);
}

static void make_name(const struct cluster *cluster, size_t index, struct plain *plain)
{
    size_t named = index % 16 == 15 ? index - 1 : index;
    size_t word = named * COUNT(name_words) / (cluster->workloads + 1u);
    if (index >= cluster->workloads)
        snprintf(plain->name, sizeof plain->name, "\"zz-ghost-%06zu\"", index);
    else
        snprintf(plain->name, sizeof plain->name, "\"%s-%06zu\"", name_words[word], named);
}

bool data_is_name_unique(size_t index)
{
    return index % 16 < 14;
}

bool data_is_first_of_twins(size_t index)
{
    return index % 16 == 14;
}

void plain_make(const struct cluster *cluster, unsigned project, size_t index, struct plain *plain)
{
    uint64_t state = random_of(cluster, project, index);
    uint64_t extras = hash_mix(state ^ 0x5eed);
    make_name(cluster, index, plain);
    make_id(plain, index, &state);
    if (project > 0 && index < cluster->shared_ids) {
        uint64_t first = random_of(cluster, 0, index);
        make_id(plain, index, &first);
    }
    size_t user = pick(&state, 40);
    if (index < cluster->odd_users)
        snprintf(plain->user, sizeof plain->user, "%zu", user);
    else if (user == 0)
        snprintf(plain->user, sizeof plain->user, "null");
    else
        snprintf(plain->user, sizeof plain->user,
                 user < 30 ? "\"user-%zu\"" : "\"u%zu@acme.example\"", user);
    size_t i = pick(&state, COUNT(phases));
    plain->status = phases[i].word;
    plain->phase = phases[i].phase;
    i = pick(&state, COUNT(types));
    plain->type_word = types[i].word;
    plain->type = types[i].type;
    i = pick(&state, COUNT(gpus));
    plain->gpus = gpus[i].text;
    plain->micro = gpus[i].micro;
    plain->created_ms = pick(&state, 50) == 0
                            ? 0
                            : FIRST_CREATED_S * 1000ll + (int64_t)pick(&state, 90000000) * 999;
    make_lists(plain, &state);
    make_extras(plain, extras);
}

/* Content that reports must skip; what might hold secrets must never be seen again. */
static void serve_extras(const struct cluster *cluster, size_t index, struct text *out)
{
    if (index % 8 == 3)
        text_puts(out, ",\"template\":null,\"isJupyter\":false,\"isMpi\":true,\"connectionUrl\":"
                       "\"https://x.example/?a=b\",\"deep\":{\"id\":7,\"name\":[{\"user\":1}]}");
    if (index % 8 == 5)
        text_puts(out, ",\"command\":\"run --key NEVER-REPORT\",\"arguments\":[\"NEVER-REPORT\"],"
                       "\"environmentVariables\":[{\"name\":\"K\",\"value\":\"NEVER-REPORT\"}]");
    if (cluster->padding == 0)
        return;
    text_puts(out, ",\"annotations\":\"");
    for (unsigned i = 0; i < cluster->padding; i += 32)
        text_add(out, "................................",
                 cluster->padding - i < 32 ? cluster->padding - i : 32);
    text_puts(out, "\"");
}

/* The oldest servers say a single node as a text. */
static void put_nodes(const struct cluster *cluster, const struct plain *plain, struct text *out)
{
    size_t len = strlen(plain->nodes);
    if (cluster->generation == 4 && len > 4 && strchr(plain->nodes, ',') == NULL)
        text_add(out, plain->nodes + 1, len - 2);
    else
        text_puts(out, plain->nodes);
}

void record_project(const struct cluster *cluster, const char *project, struct text *out)
{
    int index = cluster_find_project(cluster, project);
    char *spelled = sim_dup(project);
    for (char *c = spelled; index >= 0 && (unsigned)index < cluster->upper_projects && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    text_json(out, spelled, strlen(spelled));
    free(spelled);
}

static void serve_plain(const struct cluster *cluster, const char *project, size_t index,
                        const struct plain *plain, struct text *out)
{
    text_puts(out, "{\"id\":");
    text_puts(out, plain->id);
    if (!cluster->omits_project) {
        text_puts(out, ",\"project\":");
        record_project(cluster, project, out);
    }
    text_puts(out, ",\"name\":");
    text_puts(out, plain->name);
    text_puts(out, ",\"user\":");
    text_puts(out, plain->user);
    text_puts(out, ",\"status\":\"");
    text_puts(out, plain->status);
    text_puts(out, "\",\"type\":\"");
    text_puts(out, plain->type_word);
    text_puts(out, "\",\"nodes\":");
    put_nodes(cluster, plain, out);
    char created[32];
    plain_time(plain->created_ms, created);
    if (plain->created_ms == 0 || cluster->generation == 4)
        text_printf(out, ",\"createdAt\":%s", created);
    else
        text_printf(out, ",\"createdAt\":%lld", (long long)plain->created_ms);
    text_puts(out, ",\"images\":");
    size_t len = strlen(plain->images);
    if (plain->is_image_text)
        text_add(out, plain->images + 1, len - 2);
    else
        text_puts(out, plain->images);
    if (plain->gpus != NULL) {
        text_puts(out, ",\"currentAllocatedGPUs\":");
        text_puts(out, plain->gpus);
    }
    serve_extras(cluster, index, out);
    text_puts(out, "}");
}

const char *plain_keep(struct job *job, const char *value, const char *quote)
{
    char *place = job->memory.data + job->memory.len;
    int len = snprintf(place, job->memory.cap - job->memory.len, "%s%s%s", quote, value, quote);
    job->memory.len += (size_t)len + 1;
    return place;
}

void plain_time(int64_t ms, char text[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    snprintf(text, 32, "null");
    if (ms != 0 && gmtime_r(&seconds, &utc) != NULL)
        strftime(text, 32, "\"%Y-%m-%dT%H:%M:%SZ\"", &utc);
}

/* Room for all texts of a job is made first, so that pointers into it stay good. */
void plain_tell(const char *project, const struct plain *plain, struct job *job)
{
    struct text quoted = {0};
    char created[32];
    text_json(&quoted, project, strlen(project));
    job->memory.len = 0;
    while (job->memory.cap < 1024 + quoted.len)
        text_add(&job->memory, &(char[256]){0}, 256);
    job->memory.len = 0;
    plain_time(plain->created_ms, created);
    job->id = plain_keep(job, plain->id, "");
    job->name = plain_keep(job, plain->name, "");
    job->project = plain_keep(job, quoted.data, "");
    bool has_odd_user = plain->user[0] >= '0' && plain->user[0] <= '9';
    job->user = has_odd_user ? "null" : plain_keep(job, plain->user, "");
    job->type = plain_keep(job, plain->type, "\"");
    job->raw_type = plain_keep(job, plain->type_word, "\"");
    job->raw_category = "null";
    job->phase = plain->phase == NULL ? "null" : plain_keep(job, plain->phase, "\"");
    job->raw_phase = plain->status == NULL ? "null" : plain_keep(job, plain->status, "\"");
    job->created_at = plain_keep(job, created, "");
    job->images = plain_keep(job, plain->images, "");
    job->nodes = job->node_pools = job->department = job->preemptible = "null";
    job->gpus_micro = job->requested_micro = job->idle_micro = MICRO_NONE;
    job->pending_s = job->running_s = MICRO_NONE;
    job->repaired = has_odd_user ? 1 : 0;
    text_free(&quoted);
}

static void job_of_researcher(const struct cluster *cluster, const char *project,
                              const struct plain *plain, struct job *job)
{
    plain_tell(project, plain, job);
    if (cluster->omits_project)
        job->project = "null";
    job->nodes = plain_keep(job, plain->nodes, "");
    job->gpus_micro = plain->micro;
    if (strcmp(plain->type_word, "Interactive-Preemptible") == 0)
        job->preemptible = "true";
}

void data_job(const struct cluster *cluster, unsigned project, size_t index, struct text *served,
              struct job *job)
{
    const char *name = cluster->projects[project];
    if (cluster->api == API_CONTROL_PLANE) {
        enum plant plant = index < cluster->workloads ? PLANT_NONE : PLANT_ONLY_CONTROL;
        data_control_job(cluster, project, index, plant, served, job);
        return;
    }
    if (index >= cluster->workloads) {
        messy_job(name, index - cluster->workloads, served, job);
        return;
    }
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    bool is_item = cluster->api == API_KUBERNETES;
    if (served != NULL && !is_item)
        serve_plain(cluster, name, index, &plain, served);
    if (job != NULL && is_item)
        item_tell(cluster, project, index, &plain, job);
    else if (job != NULL)
        job_of_researcher(cluster, name, &plain, job);
}

int data_kind(const struct cluster *cluster, unsigned project, size_t index)
{
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    return item_kind(cluster, index, &plain);
}

int64_t data_created_ms(const struct cluster *cluster, unsigned project, size_t index)
{
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    return plain.created_ms;
}

bool data_has_gpus(const struct cluster *cluster, unsigned project, size_t index)
{
    struct plain plain;
    plain_make(cluster, project, index, &plain);
    return plain.micro != MICRO_NONE;
}

size_t data_served_index(const struct cluster *cluster, size_t place)
{
    size_t count = data_job_count(cluster);
    /* A prime above any count has no common divisor with it. */
    return (size_t)(((uint64_t)place * 2147483647u + 12345u) % count);
}

unsigned data_quota_quarters(const struct cluster *cluster, unsigned project)
{
    return (unsigned)(random_of(cluster, project, SIZE_MAX) % 130);
}

void data_project(const struct cluster *cluster, unsigned project, struct text *served)
{
    struct text quota = {0};
    text_micro(&quota, data_quota_quarters(cluster, project) * 250000ll);
    text_puts(served, "{\"name\":");
    text_json(served, cluster->projects[project], strlen(cluster->projects[project]));
    text_printf(served,
                ",\"createdAt\":1600000000000,\"deservedGpus\":%s,\"departmentName\":\"default\","
                "\"trainNodeAffinity\":null,\"interactiveNodeAffinity\":[\"name\"],"
                "\"managedNamespace\":true}",
                quota.data);
    text_free(&quota);
}

void data_other_project_job(const struct cluster *cluster, size_t index, struct text *served)
{
    struct plain plain;
    plain_make(cluster, 9999, index, &plain);
    serve_plain(cluster, "zz-other", index, &plain, served);
}
