#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "known.h"

struct count {
    uint64_t workloads;
    uint64_t without_gpus;
    int64_t micro; /* enough for nine thousand records of the largest amount */
};

struct keyed {
    char *key; /* canonical JSON */
    struct count count;
};

struct tally {
    struct keyed *entries;
    size_t used;
    size_t last; /* found last: keys come in runs */
};

enum { BY_PHASE, BY_TYPE, BY_PROJECT, BY_USER, BY_COUNT };
static const char *const by_names[BY_COUNT] = {"by_phase", "by_type", "by_project", "by_user"};

struct totals {
    unsigned clusters;
    uint64_t repaired;
    struct count all;
    struct tally by[BY_COUNT];
};

static bool project_answers(const struct cluster *cluster, const char *status, unsigned project)
{
    return strcmp(status, "ok") == 0 ||
           (strcmp(status, "partial") == 0 && project >= cluster->upper_projects &&
            (cluster->fault_project == NULL ||
             !fault_is_of_project(cluster, cluster->projects[project])));
}

/* Of a partial cluster, a kind may be missing everywhere. */
static bool kind_answers(const struct cluster *cluster, const char *status, unsigned project,
                         size_t index)
{
    return cluster->api != API_KUBERNETES || cluster->fault_kind < 0 ||
           strcmp(status, "partial") != 0 ||
           data_kind(cluster, project, index) != cluster->fault_kind;
}

static void count_job(struct count *count, const struct job *job)
{
    count->workloads++;
    if (job->gpus_micro == MICRO_NONE)
        count->without_gpus++;
    else
        count->micro += job->gpus_micro;
}

static void add_count(struct count *into, const struct count *from)
{
    into->workloads += from->workloads;
    into->without_gpus += from->without_gpus;
    into->micro += from->micro;
}

static void tally_job(struct tally *tally, const char *key, const struct job *job)
{
    size_t i = tally->last;
    if (i >= tally->used || strcmp(tally->entries[i].key, key) != 0)
        for (i = 0; i < tally->used && strcmp(tally->entries[i].key, key) != 0;)
            i++;
    if (i == tally->used) {
        tally->entries = sim_grow(tally->entries, ++tally->used, sizeof *tally->entries);
        tally->entries[i] = (struct keyed){.key = sim_dup(key)};
    }
    tally->last = i;
    count_job(&tally->entries[i].count, job);
}

/* A sum over workloads of which none has a figure is null. */
static void put_gpus(struct text *out, const struct count *count)
{
    if (count->workloads > 0 && count->workloads == count->without_gpus)
        text_puts(out, "null");
    else
        text_micro(out, count->micro);
}

static void put_count(struct text *out, const struct count *count)
{
    text_printf(out,
                "\"workloads\":%llu,\"gpus_allocated\":", (unsigned long long)count->workloads);
    put_gpus(out, count);
    text_printf(out, ",\"workloads_without_gpus\":%llu", (unsigned long long)count->without_gpus);
}

static void put_amount(struct text *out, const char *key, int64_t micro)
{
    text_printf(out, ",\"%s\":", key);
    if (micro == MICRO_NONE)
        text_puts(out, "null");
    else
        text_micro(out, micro);
}

static void put_seconds(struct text *out, const char *key, int64_t seconds)
{
    text_printf(out, ",\"%s\":", key);
    if (seconds == MICRO_NONE)
        text_puts(out, "null");
    else
        text_printf(out, "%lld", (long long)seconds);
}

static void put_fields(struct text *out, const char *const fields[], size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        text_puts(out, ",\"");
        text_puts(out, fields[i]);
        text_puts(out, "\":");
        text_puts(out, fields[i + 1]);
    }
}

static void put_job(struct text *out, const struct cluster *cluster, const struct job *job,
                    bool has_times)
{
    text_puts(out, "{\"cluster\":");
    text_json(out, cluster->name, strlen(cluster->name));
    const char *const first[] = {"id",       job->id,       "name",         job->name,
                                 "project",  job->project,  "department",   job->department,
                                 "user",     job->user,     "type",         job->type,
                                 "raw_type", job->raw_type, "raw_category", job->raw_category,
                                 "phase",    job->phase,    "raw_phase",    job->raw_phase};
    put_fields(out, first, sizeof first / sizeof first[0]);
    put_amount(out, "gpus_allocated", job->gpus_micro);
    put_amount(out, "gpus_requested", job->requested_micro);
    put_amount(out, "gpus_idle", job->idle_micro);
    const char *const last[] = {"created_at",  job->created_at, "images",     job->images,
                                "nodes",       job->nodes,      "node_pools", job->node_pools,
                                "preemptible", job->preemptible};
    put_fields(out, last, sizeof last / sizeof last[0]);
    if (has_times) {
        put_seconds(out, "pending_seconds", job->pending_s);
        put_seconds(out, "running_seconds", job->running_s);
    }
    text_puts(out, "}\n");
}

static bool is_null(const char *json)
{
    return strcmp(json, "null") == 0;
}

/* Fills what the cluster's answer lacks with what the control plane says. */
static void enrich(struct job *job, const struct job *from)
{
    if (job->idle_micro == MICRO_NONE)
        job->idle_micro = from->idle_micro;
    if (job->requested_micro == MICRO_NONE)
        job->requested_micro = from->requested_micro;
    if (is_null(job->department))
        job->department = from->department;
    if (is_null(job->node_pools))
        job->node_pools = from->node_pools;
    if (is_null(job->preemptible))
        job->preemptible = from->preemptible;
    job->pending_s = from->pending_s;
    job->running_s = from->running_s;
}

/* A messy cluster's jobs are few and come in no order, not even that of its projects; and jobs that
 * do not name their projects are not in the order of these. */
struct sortable {
    struct text line;
    char *project, *name, *id;
};

struct sorter {
    struct sortable *lines;
    size_t count;
};

static int compare_sortable(const void *a, const void *b)
{
    const struct sortable *x = a, *y = b;
    int order = json_compare(x->project, y->project);
    if (order == 0)
        order = json_compare(x->name, y->name);
    if (order == 0)
        order = json_compare(x->id, y->id);
    return order != 0 ? order : strcmp(x->line.data, y->line.data);
}

static void sorter_add(struct sorter *sorter, const struct cluster *cluster, const struct job *job,
                       bool has_times)
{
    sorter->lines = sim_grow(sorter->lines, sorter->count + 1, sizeof *sorter->lines);
    struct sortable *sortable = &sorter->lines[sorter->count++];
    *sortable = (struct sortable){
        .project = sim_dup(job->project), .name = sim_dup(job->name), .id = sim_dup(job->id)};
    put_job(&sortable->line, cluster, job, has_times);
}

static void sorter_flush(struct sorter *sorter, FILE *file)
{
    if (sorter->count > 1)
        qsort(sorter->lines, sorter->count, sizeof *sorter->lines, compare_sortable);
    for (size_t i = 0; i < sorter->count; i++) {
        struct sortable *sortable = &sorter->lines[i];
        fwrite(sortable->line.data, 1, sortable->line.len, file);
        text_free(&sortable->line);
        free(sortable->project);
        free(sortable->name);
        free(sortable->id);
    }
    free(sorter->lines);
}

/* What is told of one cluster, and where it goes. */
struct telling {
    const struct fleet *fleet;
    const struct cluster *cluster;
    const char *status, *class;
    FILE *workloads;
    struct sorter sorter;
    struct totals *totals;
    uint64_t repaired;
    struct job job, other;
    struct text line;
};

/* Loads the job as the report has it; false when it is in no answer. */
static bool load_job(struct telling *telling, unsigned project, size_t index)
{
    const struct cluster *cluster = telling->cluster;
    size_t jobs = data_job_count(cluster);
    if (index >= jobs && (index - jobs) % cluster->project_count != project)
        return false;
    if (index < jobs && !kind_answers(cluster, telling->status, project, index))
        return false;
    /* Of several with one id the first in the report's order remains. */
    if (project > 0 && index < cluster->shared_ids)
        return false;
    data_job(cluster, project, index, NULL, &telling->job);
    enum plant plant = known_plant(cluster, project, index);
    if (!telling->fleet->enriches || !cluster->is_discovered || known_hides_at_first(plant) ||
        (index >= cluster->workloads && cluster->is_messy))
        return true;
    data_control_job(cluster, project, index, plant, NULL, &telling->other);
    enrich(&telling->job, &telling->other);
    return true;
}

/* Whether the jobs come in another order than that of their indexes. */
static bool needs_sorting(const struct cluster *cluster)
{
    return cluster->is_messy || cluster->omits_project;
}

/* Counts a project's jobs and writes their lines, or has them sorted. */
static struct count tell_jobs(struct telling *telling, unsigned project)
{
    const struct cluster *cluster = telling->cluster;
    struct count count = {0};
    size_t jobs = data_job_count(cluster);
    if (cluster->api == API_CONTROL_PLANE)
        jobs += cluster->plants[PLANT_ONLY_CONTROL];
    for (size_t i = 0; i < jobs; i++) {
        if (!load_job(telling, project, i))
            continue;
        const struct job *job = &telling->job;
        count_job(&count, job);
        telling->repaired += job->repaired;
        const char *const keys[BY_COUNT] = {job->phase, job->type, job->project, job->user};
        for (int by = 0; by < BY_COUNT; by++)
            tally_job(&telling->totals->by[by], keys[by], job);
        if (needs_sorting(cluster)) {
            sorter_add(&telling->sorter, cluster, job, telling->fleet->enriches);
        } else {
            telling->line.len = 0;
            put_job(&telling->line, cluster, job, telling->fleet->enriches);
            fwrite(telling->line.data, 1, telling->line.len, telling->workloads);
        }
    }
    return count;
}

/* Where every list holds all jobs and none says its project, those of the first list remain. */
static struct count tell_project(struct telling *telling, unsigned project)
{
    const struct cluster *cluster = telling->cluster;
    struct count all = {0};
    if (!cluster->ignores_project || !cluster->omits_project)
        return tell_jobs(telling, project);
    for (unsigned i = 0; project == 0 && i < cluster->project_count; i++) {
        struct count count = tell_jobs(telling, i);
        add_count(&all, &count);
    }
    return all;
}

/* The project's quota: what the cluster says, else what the control plane says, else nothing. */
static void put_quota(struct text *out, const struct fleet *fleet, const struct cluster *cluster,
                      unsigned project)
{
    int64_t quota = data_quota_quarters(cluster, project) * 250000ll;
    if (cluster->api == API_RESEARCHER && !cluster->is_listed)
        text_micro(out, quota);
    else if ((fleet->enriches || fleet->reconciles) && cluster->is_discovered)
        text_micro(out, quota + cluster->quota_off * 1000000ll);
    else
        text_puts(out, "null");
}

static void put_project(struct text *out, const struct telling *telling, unsigned project,
                        bool answers, const struct count *count)
{
    const struct cluster *cluster = telling->cluster;
    text_puts(out, project == 0 ? "{\"name\":" : ",{\"name\":");
    text_json(out, cluster->projects[project], strlen(cluster->projects[project]));
    text_printf(out, ",\"status\":\"%s\",\"class\":", answers ? "ok" : "failed");
    if (answers)
        text_printf(out, "null,\"workloads\":%llu", (unsigned long long)count->workloads);
    else
        text_printf(out, "\"%s\",\"workloads\":null", telling->class);
    text_puts(out, ",\"gpus_allocated\":");
    if (answers)
        put_gpus(out, count);
    else
        text_puts(out, "null");
    text_puts(out, ",\"gpus_quota\":");
    put_quota(out, telling->fleet, cluster, project);
    text_puts(out, "}");
}

/* Whether it can be said which projects the cluster's entry has: those of records that came are all
 * that some flavours know. */
static bool has_projects(const struct telling *telling)
{
    const struct cluster *cluster = telling->cluster;
    if (cluster->api == API_RESEARCHER || cluster->is_listed)
        return cluster->fault_kind < 0;
    return strcmp(telling->status, "ok") == 0 && cluster->workloads > 0;
}

static void put_cluster(FILE *clusters, const struct telling *telling, const struct count *all,
                        const char *projects)
{
    const struct cluster *cluster = telling->cluster;
    struct text line = {0};
    text_puts(&line, "{\"cluster\":");
    text_json(&line, cluster->name, strlen(cluster->name));
    text_printf(&line, ",\"status\":\"%s\",\"class\":", telling->status);
    text_printf(&line, telling->class == NULL ? "null" : "\"%s\"", telling->class);
    text_puts(&line, ",");
    if (all != NULL)
        put_count(&line, all);
    else
        text_puts(&line,
                  "\"workloads\":null,\"gpus_allocated\":null,\"workloads_without_gpus\":null");
    text_printf(&line, ",\"repaired\":%llu,\"projects\":", (unsigned long long)telling->repaired);
    text_printf(&line, has_projects(telling) ? "[%s]}\n" : "null}\n", projects);
    fwrite(line.data, 1, line.len, clusters);
    text_free(&line);
}

static void tell_cluster(FILE *clusters, FILE *workloads, const struct fleet *fleet,
                         const struct cluster *cluster, struct totals *totals)
{
    struct telling telling = {
        .fleet = fleet, .cluster = cluster, .workloads = workloads, .totals = totals};
    telling.status = truth_status(fleet, cluster, &telling.class);
    struct count all = {0};
    struct text projects = {0};
    text_add(&projects, "", 0);
    bool has_answer = strcmp(telling.status, "ok") == 0 || strcmp(telling.status, "partial") == 0;
    for (unsigned i = 0; has_answer && i < cluster->project_count; i++) {
        bool answers = project_answers(cluster, telling.status, i);
        struct count count = {0};
        if (answers)
            count = tell_project(&telling, i);
        put_project(&projects, &telling, i, answers, &count);
        add_count(&all, &count);
    }
    sorter_flush(&telling.sorter, workloads);
    put_cluster(clusters, &telling, has_answer ? &all : NULL, projects.data);
    totals->clusters += has_answer ? 1 : 0;
    totals->repaired += telling.repaired;
    add_count(&totals->all, &all);
    text_free(&projects);
    text_free(&telling.line);
    job_free(&telling.job);
    job_free(&telling.other);
}

static int compare_keyed(const void *a, const void *b)
{
    return json_compare(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

static void put_totals(FILE *file, struct totals *totals)
{
    struct text line = {0};
    text_printf(&line, "{\"totals\":{\"clusters\":%u,", totals->clusters);
    put_count(&line, &totals->all);
    text_printf(&line, ",\"repaired\":%llu,\"stale\":null", (unsigned long long)totals->repaired);
    for (int by = 0; by < BY_COUNT; by++) {
        struct tally *tally = &totals->by[by];
        if (tally->used > 1)
            qsort(tally->entries, tally->used, sizeof *tally->entries, compare_keyed);
        text_printf(&line, ",\"%s\":[", by_names[by]);
        for (size_t i = 0; i < tally->used; i++) {
            text_printf(&line, "%s{\"key\":%s,", i == 0 ? "" : ",", tally->entries[i].key);
            put_count(&line, &tally->entries[i].count);
            text_puts(&line, "}");
        }
        text_puts(&line, "]");
    }
    text_puts(&line, "}}\n");
    fwrite(line.data, 1, line.len, file);
    text_free(&line);
}

static void free_totals(struct totals *totals)
{
    for (int by = 0; by < BY_COUNT; by++) {
        for (size_t i = 0; i < totals->by[by].used; i++)
            free(totals->by[by].entries[i].key);
        free(totals->by[by].entries);
    }
}

static void append(FILE *to, FILE *from)
{
    char block[65536];
    size_t count;
    rewind(from);
    while ((count = fread(block, 1, sizeof block, from)) > 0)
        fwrite(block, 1, count, to);
    if (ferror(from))
        die("cannot read back a temporary file: %s", strerror(errno));
}

void truth_write(const struct fleet *fleet, const char *dir)
{
    struct text path = {0};
    text_printf(&path, "%s/truth.jsonl", dir);
    FILE *file = fopen(path.data, "we");
    FILE *workloads = tmpfile();
    if (file == NULL || workloads == NULL)
        die("%s: %s", path.data, strerror(errno));
    struct totals totals = {0};
    bool is_whole = true;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!truth_has(fleet, &fleet->clusters[i]))
            continue;
        if (fleet->clusters[i].has_truth)
            tell_cluster(file, workloads, fleet, &fleet->clusters[i], &totals);
        else
            is_whole = false;
    }
    append(file, workloads);
    if (fleet->reconciles)
        truth_put_reconciliation(file, fleet);
    if (is_whole) {
        truth_put_coverage(file, fleet);
        put_totals(file, &totals);
    }
    free_totals(&totals);
    int failed = ferror(workloads) | fclose(workloads) | ferror(file) | fclose(file);
    if (failed != 0)
        die("%s: cannot write it", path.data);
    text_free(&path);
}
