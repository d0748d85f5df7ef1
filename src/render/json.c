#include "render_internal.h"

#include <stdlib.h>

#include "json_put.h"
#include "json_sections.h"
#include "rollcall/mem.h"
#include "rollcall/tally.h"
#include "rollcall/version.h"

static bool write_bytes(void *arg, const void *data, size_t len)
{
    return outfile_write(arg, data, len);
}

/* The members that every count has. NULL: the count is not known, which is not zero. */
static void put_count(struct json_writer *w, const struct count *count, bool has_basis)
{
    put_key(w, "workloads");
    if (count != NULL)
        json_int(w, count->workloads);
    else
        json_null(w);
    put_key(w, "gpus_allocated");
    if (count != NULL && count_has_gpus(count))
        json_amount_sum(w, count->gpus_allocated);
    else
        json_null(w);
    if (!has_basis)
        return;
    put_key(w, "workloads_without_gpus");
    if (count != NULL)
        json_int(w, count->workloads_without_gpus);
    else
        json_null(w);
}

static void put_texts(struct json_writer *w, const char *key, const char *const *texts)
{
    put_key(w, key);
    json_begin_array(w, JSON_INLINE);
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        json_string(w, texts[i]);
    json_end(w);
}

static void put_selection(struct json_writer *w, const struct report_selection *selection)
{
    put_key(w, "selection");
    if (selection == NULL) {
        json_null(w);
        return;
    }
    json_begin_object(w, JSON_INLINE);
    put_texts(w, "clusters", selection->clusters);
    put_texts(w, "exclude", selection->excludes);
    put_texts(w, "labels", selection->labels);
    put_texts(w, "projects", selection->projects);
    put_texts(w, "unmatched", selection->unmatched);
    json_end(w);
}

/* The readings' times differ from run to run, and so are not with what they found. */
static void put_readings(struct json_writer *w, const struct reconciliation *reconciliation)
{
    put_key(w, "reconciled_at");
    json_begin_object(w, JSON_INLINE);
    put_time(w, "first", reconciliation->read_at[0]);
    put_time(w, "second", reconciliation->read_at[1]);
    json_end(w);
}

static void put_run(struct json_writer *w, const struct report *report)
{
    put_key(w, "run");
    json_begin_object(w, JSON_INLINE);
    put_string(w, "id", report->run_id);
    put_time(w, "started_at", report->started_at);
    put_time(w, "finished_at", report->finished_at);
    put_int(w, "duration_ms", report->duration_ms);
    put_string(w, "agent", "rollcall " ROLLCALL_VERSION);
    put_string(w, "host", report->host);
    put_key(w, "shard");
    json_begin_object(w, JSON_INLINE);
    put_int(w, "index", report->shard_index);
    put_int(w, "count", report->shard_count);
    json_end(w);
    put_string(w, "outcome", report_outcome_name(report->judgement.outcome));
    put_string(w, "interrupted_by", report->interrupted_by);
    put_selection(w, report->selection);
    if (report->reconciliation != NULL)
        put_readings(w, report->reconciliation);
    json_end(w);
}

static void put_coverage(struct json_writer *w, const struct report *report)
{
    const struct coverage *coverage = &report->coverage;
    put_key(w, "coverage");
    json_begin_object(w, JSON_INLINE);
    put_int(w, "selected", coverage->selected);
    put_int(w, "ok", coverage->ok);
    put_int(w, "partial", coverage->partial);
    put_int(w, "failed", coverage->failed);
    put_int(w, "skipped", coverage->skipped);
    put_int(w, "stale", coverage->stale);
    put_int(w, "optional", coverage->optional);
    put_amount(w, "ratio", report->judgement.ratio);
    put_key(w, "is_complete");
    json_bool(w, report->judgement.is_complete);
    json_end(w);
}

static void put_keyed_count(struct json_writer *w, struct str key, const struct count *count)
{
    json_begin_object(w, JSON_INLINE);
    put_str(w, "key", key);
    put_count(w, count, true);
    json_end(w);
}

static void put_by_map(struct json_writer *w, const char *key, const struct count_map *map)
{
    size_t count;
    struct key_count *sorted = count_map_sorted(map, &count);
    put_key(w, key);
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; i < count; i++)
        put_keyed_count(w, sorted[i].key, &sorted[i].count);
    json_end(w);
    free(sorted);
}

static void put_totals(struct json_writer *w, const struct report *report)
{
    const struct tally *totals = &report->totals;
    put_key(w, "totals");
    json_begin_object(w, JSON_LINES);
    put_int(w, "clusters", report->totals_clusters);
    put_count(w, &totals->all, true);
    put_int(w, "repaired", (int64_t)report->totals_repaired);
    put_null(w, "stale");
    put_key(w, "by_phase");
    json_begin_array(w, JSON_LINES);
    for (int i = 0; i < PHASE_COUNT; i++)
        if (totals->by_phase[i].workloads > 0)
            put_keyed_count(w, str_of(workload_phase_name((enum workload_phase)i)),
                            &totals->by_phase[i]);
    json_end(w);
    put_key(w, "by_type");
    json_begin_array(w, JSON_LINES);
    for (int i = 0; i < TYPE_COUNT; i++)
        if (totals->by_type[i].workloads > 0)
            put_keyed_count(w, str_of(workload_type_name((enum workload_type)i)),
                            &totals->by_type[i]);
    json_end(w);
    put_by_map(w, "by_project", totals->by_project);
    put_by_map(w, "by_user", totals->by_user);
    json_end(w);
}

/* A project too can be partial: some of its kinds answered. */
static bool has_counts(enum entry_status status)
{
    return status == STATUS_OK || status == STATUS_PARTIAL;
}

static void put_project(struct json_writer *w, const struct project_entry *project)
{
    json_begin_object(w, JSON_INLINE);
    put_string(w, "name", project->name);
    put_string(w, "status", entry_status_name(project->status));
    put_error(w, &project->error);
    put_count(w, has_counts(project->status) ? &project->count : NULL, false);
    put_amount(w, "gpus_quota", project->gpus_quota);
    json_end(w);
}

static void put_cluster(struct json_writer *w, const struct cluster_entry *cluster)
{
    json_begin_object(w, JSON_LINES);
    put_string(w, "name", cluster->name);
    put_string(w, "url", cluster->url);
    put_string(w, "api", cluster->api);
    put_texts(w, "labels", cluster->labels);
    put_string(w, "status", entry_status_name(cluster->status));
    put_string(w, "reason", cluster->reason);
    put_error(w, &cluster->error);
    put_null(w, "stale");
    put_key(w, "warnings");
    json_begin_array(w, JSON_INLINE);
    for (size_t i = 0; i < cluster->warning_count; i++)
        json_string(w, cluster->warnings[i]);
    json_end(w);
    put_int(w, "repaired", (int64_t)cluster->repaired);
    put_int(w, "dropped", (int64_t)cluster->dropped);
    put_time(w, "certificate_expires_at", cluster->certificate_expires_at);
    put_null(w, "anonymous_access");
    put_int(w, "requests", (int64_t)cluster->requests);
    put_int(w, "retries", (int64_t)cluster->retries);
    put_int(w, "bytes", cluster->bytes);
    put_int(w, "duration_ms", cluster->duration_ms);
    put_count(w, has_counts(cluster->status) ? &cluster->count : NULL, true);
    put_key(w, "projects");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; i < cluster->project_count; i++)
        put_project(w, &cluster->projects[i]);
    json_end(w);
    json_end(w);
}

static inline void put_list(struct json_writer *w, const char *key, const struct str_list *list)
{
    put_key(w, key);
    if (!list->is_present) {
        json_plain_null(w);
        return;
    }
    json_begin_array(w, JSON_INLINE);
    for (size_t i = 0; i < list->count; i++)
        json_str(w, list->items[i]);
    json_end(w);
}

static inline void put_seconds(struct json_writer *w, const char *key, int64_t seconds)
{
    put_key(w, key);
    if (seconds == SECONDS_NULL)
        json_null(w);
    else
        json_int(w, seconds);
}

/* Names are measured once and not for each workload. */
struct listing {
    struct json_writer *w;
    bool has_times;
    const struct cluster_entry *cluster; /* the last workload's */
    struct str cluster_name;
    struct str phases[PHASE_COUNT], types[TYPE_COUNT];
};

static void listing_init(struct listing *listing, struct json_writer *w, bool has_times)
{
    *listing = (struct listing){.w = w, .has_times = has_times};
    for (int i = 0; i < PHASE_COUNT; i++)
        listing->phases[i] = str_of(workload_phase_name((enum workload_phase)i));
    for (int i = 0; i < TYPE_COUNT; i++)
        listing->types[i] = str_of(workload_type_name((enum workload_type)i));
}

/* False once the output refuses, so that a large spool is not read for nothing. */
static bool put_workload(void *arg, const struct cluster_entry *cluster,
                         const struct workload *workload)
{
    struct listing *listing = arg;
    struct json_writer *w = listing->w;
    if (listing->cluster != cluster) {
        listing->cluster = cluster;
        listing->cluster_name = str_of(cluster->name);
    }
    json_begin_object(w, JSON_INLINE);
    put_str(w, "cluster", listing->cluster_name);
    put_str(w, "id", workload->id);
    put_str(w, "name", workload->name);
    put_str(w, "project", workload->project);
    put_str(w, "department", workload->department);
    put_str(w, "user", workload->user);
    put_str(w, "type", listing->types[workload->type]);
    put_str(w, "raw_type", workload->raw_type);
    put_str(w, "raw_category", workload->raw_category);
    put_str(w, "phase", listing->phases[workload->phase]);
    put_str(w, "raw_phase", workload->raw_phase);
    put_amount(w, "gpus_allocated", workload->gpus_allocated);
    put_amount(w, "gpus_requested", workload->gpus_requested);
    put_amount(w, "gpus_idle", workload->gpus_idle);
    put_time(w, "created_at", workload->created_at);
    put_list(w, "images", &workload->images);
    put_list(w, "nodes", &workload->nodes);
    put_list(w, "node_pools", &workload->node_pools);
    put_key(w, "preemptible");
    if (workload->preemptible == TRI_NULL)
        json_plain_null(w);
    else
        json_bool(w, workload->preemptible == TRI_TRUE);
    if (listing->has_times) {
        put_seconds(w, "pending_seconds", workload->pending_s);
        put_seconds(w, "running_seconds", workload->running_s);
    }
    json_end(w);
    return !w->has_failed;
}

static bool put_report(struct json_writer *w, const struct report *report, struct error *error)
{
    json_begin_object(w, JSON_LINES);
    put_string(w, "format", "rollcall.report/1");
    put_run(w, report);
    put_coverage(w, report);
    if (report->discovery != NULL)
        json_put_discovery(w, report->discovery);
    if (report->reconciliation != NULL)
        json_put_reconciliation(w, report->reconciliation);
    put_totals(w, report);
    put_key(w, "clusters");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; i < report->cluster_count; i++)
        put_cluster(w, &report->clusters[i]);
    json_end(w);
    if (report->has_workloads) {
        struct listing listing;
        listing_init(&listing, w, report->has_times);
        put_key(w, "workloads");
        json_begin_array(w, JSON_LINES);
        if (!report_each_workload(report, put_workload, &listing, error))
            return false;
        json_end(w);
    }
    json_end(w);
    return json_finish(w);
}

bool render_json(const struct report *report, const struct render_options *options,
                 struct outfile *out, struct error *error)
{
    (void)options;
    struct json_writer w;
    char *block = mem_new(OUTFILE_BLOCK_BYTES, 1);
    json_writer_init_block(&w, write_bytes, out, block, OUTFILE_BLOCK_BYTES);
    bool is_written = put_report(&w, report, error);
    free(block);
    return is_written;
}
