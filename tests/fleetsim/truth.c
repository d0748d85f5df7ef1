#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

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

const char *truth_status(const struct cluster *cluster, const char **class)
{
    *class = cluster->expect_class;
    if (cluster->expect_status != NULL)
        return cluster->expect_status;
    *class = cluster->fault.class;
    bool asks_projects = !cluster->is_listed;
    bool is_connection = cluster->fault.kind == FAULT_REFUSE ||
                         cluster->fault.kind == FAULT_BLACKHOLE ||
                         fault_is_of_handshake(&cluster->fault);
    bool has_no_target = (cluster->scope == SCOPE_PROJECTS && !asks_projects) ||
                         (cluster->scope == SCOPE_JOBS && cluster->project_count == 0);
    if (cluster->fault.class == NULL || cluster->fault_times >= 0 ||
        (has_no_target && !is_connection)) {
        *class = NULL;
        return "ok";
    }
    bool is_partial = cluster->fault_project != NULL && cluster->project_count > 1;
    return is_partial ? "partial" : "failed";
}

static bool project_answers(const struct cluster *cluster, const char *status, unsigned project)
{
    return strcmp(status, "ok") == 0 ||
           (strcmp(status, "partial") == 0 &&
            (cluster->fault_project == NULL ||
             strcmp(cluster->fault_project, cluster->projects[project]) != 0));
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

static void put_job(struct text *out, const struct cluster *cluster, const struct job *job)
{
    text_puts(out, "{\"cluster\":");
    text_json(out, cluster->name, strlen(cluster->name));
    const char *const fields[] = {"id",      job->id,      "name",       job->name,
                                  "project", job->project, "department", "null",
                                  "user",    job->user,    "type",       job->type,
                                  "phase",   job->phase,   "raw_phase",  job->raw_phase};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i += 2) {
        text_puts(out, ",\"");
        text_puts(out, fields[i]);
        text_puts(out, "\":");
        text_puts(out, fields[i + 1]);
    }
    text_puts(out, ",\"gpus_allocated\":");
    if (job->gpus_micro == MICRO_NONE)
        text_puts(out, "null");
    else
        text_micro(out, job->gpus_micro);
    text_puts(out, ",\"gpus_requested\":null,\"gpus_idle\":null,\"created_at\":");
    text_puts(out, job->created_at);
    text_puts(out, ",\"images\":");
    text_puts(out, job->images);
    text_puts(out, ",\"nodes\":");
    text_puts(out, job->nodes);
    text_puts(out, ",\"node_pools\":null,\"preemptible\":null}\n");
}

/* A messy cluster's jobs are few and come in no order, not even that of its projects. */
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

static void sorter_add(struct sorter *sorter, const struct cluster *cluster, const struct job *job)
{
    sorter->lines = sim_grow(sorter->lines, sorter->count + 1, sizeof *sorter->lines);
    struct sortable *sortable = &sorter->lines[sorter->count++];
    *sortable = (struct sortable){
        .project = sim_dup(job->project), .name = sim_dup(job->name), .id = sim_dup(job->id)};
    put_job(&sortable->line, cluster, job);
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

/* Counts a project's jobs and writes their lines, or has them sorted. */
static struct count tell_project(FILE *file, struct sorter *sorter, const struct cluster *cluster,
                                 unsigned project, struct totals *totals, uint64_t *repaired)
{
    struct count count = {0};
    size_t jobs = data_job_count(cluster);
    struct job job = {0};
    struct text line = {0};
    for (size_t i = 0; i < jobs; i++) {
        data_job(cluster, project, i, NULL, &job);
        count_job(&count, &job);
        *repaired += job.repaired;
        const char *const keys[BY_COUNT] = {job.phase, job.type, job.project, job.user};
        for (int by = 0; by < BY_COUNT; by++)
            tally_job(&totals->by[by], keys[by], &job);
        if (cluster->is_messy) {
            sorter_add(sorter, cluster, &job);
        } else {
            line.len = 0;
            put_job(&line, cluster, &job);
            fwrite(line.data, 1, line.len, file);
        }
    }
    text_free(&line);
    job_free(&job);
    return count;
}

static void put_project(struct text *out, const struct cluster *cluster, unsigned project,
                        bool answers, const char *class, const struct count *count)
{
    text_puts(out, project == 0 ? "{\"name\":" : ",{\"name\":");
    text_json(out, cluster->projects[project], strlen(cluster->projects[project]));
    text_printf(out, ",\"status\":\"%s\",\"class\":", answers ? "ok" : "failed");
    if (answers)
        text_printf(out, "null,\"workloads\":%llu", (unsigned long long)count->workloads);
    else
        text_printf(out, "\"%s\",\"workloads\":null", class);
    text_puts(out, ",\"gpus_allocated\":");
    if (answers)
        put_gpus(out, count);
    else
        text_puts(out, "null");
    text_puts(out, ",\"gpus_quota\":");
    if (cluster->is_listed)
        text_puts(out, "null");
    else
        text_micro(out, data_quota_quarters(cluster, project) * 250000ll);
    text_puts(out, "}");
}

static void tell_cluster(FILE *clusters, FILE *workloads, const struct cluster *cluster,
                         struct totals *totals)
{
    const char *class;
    const char *status = truth_status(cluster, &class);
    struct count all = {0};
    uint64_t repaired = 0;
    struct text line = {0}, projects = {0};
    struct sorter sorter = {0};
    text_add(&projects, "", 0);
    bool has_answer = strcmp(status, "failed") != 0;
    for (unsigned i = 0; has_answer && i < cluster->project_count; i++) {
        bool answers = project_answers(cluster, status, i);
        struct count count = {0};
        if (answers)
            count = tell_project(workloads, &sorter, cluster, i, totals, &repaired);
        put_project(&projects, cluster, i, answers, class, &count);
        add_count(&all, &count);
    }
    sorter_flush(&sorter, workloads);
    text_puts(&line, "{\"cluster\":");
    text_json(&line, cluster->name, strlen(cluster->name));
    text_printf(&line, ",\"status\":\"%s\",\"class\":", status);
    text_printf(&line, class == NULL ? "null" : "\"%s\"", class);
    text_puts(&line, ",");
    if (has_answer)
        put_count(&line, &all);
    else
        text_puts(&line,
                  "\"workloads\":null,\"gpus_allocated\":null,\"workloads_without_gpus\":null");
    text_printf(&line, ",\"repaired\":%llu,\"projects\":[%s]}\n", (unsigned long long)repaired,
                projects.data);
    fwrite(line.data, 1, line.len, clusters);
    totals->clusters += has_answer ? 1 : 0;
    totals->repaired += repaired;
    add_count(&totals->all, &all);
    text_free(&line);
    text_free(&projects);
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
            free(tally->entries[i].key);
        }
        text_puts(&line, "]");
        free(tally->entries);
    }
    text_puts(&line, "}}\n");
    fwrite(line.data, 1, line.len, file);
    text_free(&line);
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
        if (fleet->clusters[i].has_truth)
            tell_cluster(file, workloads, &fleet->clusters[i], &totals);
        else
            is_whole = false;
    }
    append(file, workloads);
    if (is_whole)
        put_totals(file, &totals);
    int failed = ferror(workloads) | fclose(workloads) | ferror(file) | fclose(file);
    if (failed != 0)
        die("%s: cannot write it", path.data);
    text_free(&path);
}
