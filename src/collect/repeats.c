#include "repeats.h"

#include <inttypes.h>
#include <stdlib.h>

#include "id_set.h"
#include "partners.h"
#include "rollcall/mem.h"

struct repeats {
    struct cluster *cluster;
    struct id_prints prints;  /* of all ids, then those that more than one record has */
    struct id_set *seen;      /* owned; the ids behind the latter */
    struct spool_stage *kept; /* owned */
    uint64_t dropped;
    struct error *error;
};

static bool note_print(void *arg, const struct workload *workload)
{
    struct repeats *repeats = arg;
    if (workload->id.len > 0)
        id_prints_add(&repeats->prints, cluster_id_print(repeats->cluster, workload->id));
    return true;
}

/* Whether an earlier record has the workload's id. */
static bool is_repeated(struct repeats *repeats, const struct workload *workload)
{
    if (!id_prints_have(&repeats->prints, cluster_id_print(repeats->cluster, workload->id)))
        return false;
    bool is_new = id_set_add(repeats->seen, workload->id);
    id_set_commit(repeats->seen);
    return !is_new;
}

/* Where projects were asked one by one, each has the records that came for it. */
static void count_for_project(struct cluster *cluster, const struct workload *workload)
{
    if (cluster->lists_per_project == 0)
        return;
    struct project_entry *project = cluster_find_project(cluster, partners_project(workload));
    struct count one = count_of_workload(workload);
    if (project != NULL)
        count_add(&project->count, &one);
}

static bool keep(void *arg, const struct workload *workload)
{
    struct repeats *repeats = arg;
    if (is_repeated(repeats, workload)) {
        repeats->dropped++;
        return true;
    }
    tally_add(&repeats->cluster->tally, workload);
    count_for_project(repeats->cluster, workload);
    return spool_stage_add(repeats->kept, workload, repeats->error);
}

static void warn(const struct repeats *repeats)
{
    if (repeats->dropped == 0)
        return;
    char *text = repeats->dropped == 1
                     ? mem_strdup("1 record was dropped because another record has its id")
                     : mem_printf("%" PRIu64 " records were dropped because another record has "
                                  "their id",
                                  repeats->dropped);
    cluster_warn(repeats->cluster, text);
    free(text);
}

bool repeats_drop(struct cluster *cluster, struct error *error)
{
    struct spool_set *workloads = cluster->entry->workloads;
    struct repeats repeats = {.cluster = cluster, .error = error};
    for (size_t i = 0; i < cluster->entry->project_count; i++)
        cluster->entry->projects[i].count = (struct count){0};
    bool is_ok = spool_set_each(workloads, note_print, &repeats, error);
    id_prints_keep(&repeats.prints);
    id_prints_take_repeated(&repeats.prints);
    repeats.seen = id_set_new();
    repeats.kept = spool_stage_new(cluster->collector->context->spool);
    is_ok = is_ok && spool_set_each(workloads, keep, &repeats, error);
    if (is_ok) {
        spool_set_clear(workloads);
        is_ok = spool_stage_commit(repeats.kept, workloads, error);
    }
    cluster->entry->dropped += repeats.dropped;
    warn(&repeats);
    cluster_add_up(cluster);
    spool_stage_free(repeats.kept);
    id_set_free(repeats.seen);
    id_prints_free(&repeats.prints);
    return is_ok;
}
