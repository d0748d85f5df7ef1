#include "rollcall/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "rollcall/clock.h"
#include "rollcall/mem.h"

/* A random UUID (RFC 9562, version 4). */
static void make_run_id(char out[37])
{
    unsigned char bytes[16];
    ssize_t got;
    do
        got = getrandom(bytes, sizeof bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof bytes) {
        /* No other run has this moment and this process: it is an id, no secret. */
        const uint64_t moment[] = {(uint64_t)clock_real_ms(),
                                   (uint64_t)clock_mono_ms() << 32 | (uint64_t)getpid()};
        memcpy(bytes, moment, sizeof bytes);
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    size_t used = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bool has_dash = i == 4 || i == 6 || i == 8 || i == 10;
        int written = snprintf(out + used, 37 - used, "%s%02x", has_dash ? "-" : "", bytes[i]);
        used += (size_t)written;
    }
}

struct report *report_new(void)
{
    struct report *report = mem_new(1, sizeof *report);
    report->arena = arena_new();
    make_run_id(report->run_id);
    if (gethostname(report->host, sizeof report->host - 1) != 0 || report->host[0] == '\0')
        snprintf(report->host, sizeof report->host, "unknown");
    report->shard_count = 1;
    report->has_workloads = true;
    tally_init(&report->totals);
    return report;
}

void report_free(struct report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->cluster_count; i++)
        spool_set_free(report->clusters[i].workloads);
    tally_free(&report->totals);
    arena_free(report->arena);
    free(report);
}

static int compare_texts(const char *a, const char *b)
{
    return str_compare(str_of(a), str_of(b));
}

static int compare_clusters(const void *a, const void *b)
{
    const struct cluster_entry *left = a, *right = b;
    return compare_texts(left->name, right->name);
}

static int compare_projects(const void *a, const void *b)
{
    const struct project_entry *left = a, *right = b;
    int order = compare_texts(left->name, right->name);
    if (order == 0)
        order = (left->status > right->status) - (left->status < right->status);
    return order != 0 ? order : compare_texts(left->error.message, right->error.message);
}

static int compare_items(const void *a, const void *b)
{
    return compare_texts(*(const char *const *)a, *(const char *const *)b);
}

static int compare_reconciled(const void *a, const void *b)
{
    const struct reconciled_cluster *left = a, *right = b;
    return compare_texts(left->name, right->name);
}

/* Enums in the order of their names and "no value" below every figure: the report's order. */
static int compare_views(const struct workload_view *a, const struct workload_view *b)
{
    int order = str_compare(a->id, b->id);
    if (order == 0)
        order = (a->phase > b->phase) - (a->phase < b->phase);
    if (order == 0)
        order = str_compare(a->raw_phase, b->raw_phase);
    if (order == 0)
        order = (a->gpus_allocated > b->gpus_allocated) - (a->gpus_allocated < b->gpus_allocated);
    return order;
}

static int compare_places(const struct difference *a, const struct difference *b)
{
    int order = str_compare(a->project, b->project);
    return order != 0 ? order : str_compare(a->name, b->name);
}

static int compare_only_cluster(const void *a, const void *b)
{
    const struct difference *left = a, *right = b;
    int order = compare_places(left, right);
    return order != 0 ? order : compare_views(&left->cluster, &right->cluster);
}

static int compare_only_control_plane(const void *a, const void *b)
{
    const struct difference *left = a, *right = b;
    int order = compare_places(left, right);
    return order != 0 ? order : compare_views(&left->control_plane, &right->control_plane);
}

static struct str difference_id(const struct difference *difference)
{
    return difference->cluster.id.data != NULL ? difference->cluster.id
                                               : difference->control_plane.id;
}

static int compare_differing(const void *a, const void *b)
{
    const struct difference *left = a, *right = b;
    int order = compare_places(left, right);
    if (order == 0)
        order = str_compare(difference_id(left), difference_id(right));
    if (order == 0)
        order = compare_views(&left->cluster, &right->cluster);
    return order != 0 ? order : compare_views(&left->control_plane, &right->control_plane);
}

static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 1)
        qsort(items, count, size, compare);
}

static void derive_coverage(struct report *report)
{
    struct coverage coverage = {.selected = (unsigned)report->cluster_count};
    for (size_t i = 0; i < report->cluster_count; i++) {
        const struct cluster_entry *cluster = &report->clusters[i];
        bool has_answered = cluster->status == STATUS_OK || cluster->status == STATUS_PARTIAL;
        coverage.ok += cluster->status == STATUS_OK;
        coverage.partial += cluster->status == STATUS_PARTIAL;
        coverage.failed += cluster->status == STATUS_FAILED;
        coverage.skipped += cluster->status == STATUS_SKIPPED;
        coverage.optional += cluster->is_optional && !has_answered;
    }
    report->coverage = coverage;
}

static size_t count_unmatched(const struct report_selection *selection)
{
    size_t count = 0;
    while (selection != NULL && selection->unmatched != NULL && selection->unmatched[count] != NULL)
        count++;
    return count;
}

static void judge(struct report *report)
{
    const struct coverage *coverage = &report->coverage;
    const struct discovery_section *discovery = report->discovery;
    const struct judge_facts facts = {
        .ok = coverage->ok,
        .partial = coverage->partial,
        .failed = coverage->failed,
        .skipped = coverage->skipped,
        .optional = coverage->optional,
        .unmatched_projects = count_unmatched(report->selection),
        .has_lost_discovery = discovery != NULL && discovery->error.class != ERR_NONE,
        .is_interrupted = report->interrupted_by != NULL,
    };
    report->judgement = report_judge(&facts);
}

static void sort_differences(struct difference_list *list,
                             int (*compare)(const void *, const void *))
{
    sort(list->items, list->count, sizeof *list->items, compare);
}

static void sort_sections(struct report *report)
{
    struct discovery_section *discovery = report->discovery;
    if (discovery != NULL) {
        sort(discovery->appeared, discovery->appeared_count, sizeof *discovery->appeared,
             compare_items);
        sort(discovery->vanished, discovery->vanished_count, sizeof *discovery->vanished,
             compare_items);
    }
    struct reconciliation *reconciliation = report->reconciliation;
    if (reconciliation == NULL)
        return;
    sort(reconciliation->clusters, reconciliation->cluster_count, sizeof *reconciliation->clusters,
         compare_reconciled);
    for (size_t i = 0; i < reconciliation->cluster_count; i++) {
        struct reconciled_cluster *cluster = &reconciliation->clusters[i];
        sort_differences(&cluster->only_control_plane, compare_only_control_plane);
        sort_differences(&cluster->only_cluster, compare_only_cluster);
        sort_differences(&cluster->differing, compare_differing);
    }
}

void report_finish(struct report *report)
{
    sort(report->clusters, report->cluster_count, sizeof *report->clusters, compare_clusters);
    sort_sections(report);
    derive_coverage(report);
    judge(report);
    report->totals_clusters = report->coverage.ok + report->coverage.partial;
    report->totals_repaired = 0;
    for (size_t i = 0; i < report->cluster_count; i++) {
        struct cluster_entry *cluster = &report->clusters[i];
        sort(cluster->projects, cluster->project_count, sizeof *cluster->projects,
             compare_projects);
        sort(cluster->warnings, cluster->warning_count, sizeof *cluster->warnings, compare_items);
        if (cluster->status == STATUS_OK || cluster->status == STATUS_PARTIAL)
            report->totals_repaired += cluster->repaired;
    }
}

const char *entry_status_name(enum entry_status status)
{
    switch (status) {
    case STATUS_OK:
        return "ok";
    case STATUS_PARTIAL:
        return "partial";
    case STATUS_FAILED:
        return "failed";
    case STATUS_SKIPPED:
        break;
    }
    return "skipped";
}

struct each {
    const struct cluster_entry *cluster;
    report_workload_fn *fn;
    void *arg;
};

static bool each_workload(void *arg, const struct workload *workload)
{
    const struct each *each = arg;
    return each->fn(each->arg, each->cluster, workload);
}

bool report_each_workload(const struct report *report, report_workload_fn *fn, void *arg,
                          struct error *error)
{
    struct each each = {.fn = fn, .arg = arg};
    for (size_t i = 0; i < report->cluster_count; i++) {
        each.cluster = &report->clusters[i];
        if (each.cluster->workloads != NULL &&
            !spool_set_each(each.cluster->workloads, each_workload, &each, error))
            return false;
    }
    return true;
}
