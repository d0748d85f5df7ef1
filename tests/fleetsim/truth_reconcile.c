/* What the control plane and the clusters must be found to disagree on. */
#include <string.h>

#include "data.h"
#include "known.h"
#include "truth.h"

enum { ONLY_CONTROL, ONLY_CLUSTER, DIFFERING, LISTS };

struct differences {
    struct text lists[LISTS];
    size_t counts[LISTS];
    size_t matched;
};

struct sums {
    size_t compared, excluded, matched, third_party, unconfirmed;
    size_t counts[LISTS];
};

static void put_state(struct text *out, const struct job *job)
{
    text_printf(out, "\"phase\":%s,\"raw_phase\":%s,\"gpus_allocated\":", job->phase,
                job->raw_phase);
    if (job->gpus_micro == MICRO_NONE)
        text_puts(out, "null");
    else
        text_micro(out, job->gpus_micro);
    text_puts(out, "}");
}

static struct text *begin(struct differences *differences, int list)
{
    struct text *out = &differences->lists[list];
    if (differences->counts[list]++ > 0)
        text_puts(out, ",");
    return out;
}

static void add_lone(struct differences *differences, int list, const struct job *job)
{
    struct text *out = begin(differences, list);
    text_puts(out, "{\"id\":");
    text_puts(out, job->id);
    text_puts(out, ",\"project\":");
    text_puts(out, job->project);
    text_printf(out, ",\"name\":%s,", job->name);
    put_state(out, job);
}

static void add_differing(struct differences *differences, const struct job *own,
                          const struct job *control)
{
    struct text *out = begin(differences, DIFFERING);
    text_puts(out, "{\"project\":");
    text_puts(out, own->project);
    text_printf(out, ",\"name\":%s,\"cluster\":{\"id\":%s,", own->name, own->id);
    put_state(out, own);
    text_printf(out, ",\"control_plane\":{\"id\":%s,", control->id);
    put_state(out, control);
    text_puts(out, "}");
}

/* Whether the second reading finds nothing of the first one's difference. */
static bool is_settled(enum plant plant)
{
    return plant == PLANT_ENDED || plant == PLANT_FLAP_PHASE || plant == PLANT_FLAP_LATE ||
           plant == PLANT_FLAP_GONE;
}

/* The order of project and index is that of project, name and id. */
static void compare_project(struct differences *differences, const struct cluster *cluster,
                            unsigned project)
{
    struct job own = {0}, control = {0};
    for (size_t i = 0; i < cluster->workloads; i++) {
        enum plant plant = known_plant(cluster, project, i);
        differences->matched +=
            cluster->is_unconfirmed ? !known_hides_at_first(plant) : !known_hides(plant);
        if (plant == PLANT_NONE || plant == PLANT_ID || plant == PLANT_NULL_PHASE ||
            is_settled(plant))
            continue;
        data_job(cluster, project, i, NULL, &own);
        data_control_job(cluster, project, i, plant, NULL, &control);
        if (known_hides(plant))
            add_lone(differences, ONLY_CLUSTER, &own);
        else
            add_differing(differences, &own, &control);
    }
    for (unsigned i = project; i < cluster->plants[PLANT_ONLY_CONTROL];
         i += cluster->project_count) {
        data_control_job(cluster, project, cluster->workloads + i, PLANT_ONLY_CONTROL, NULL,
                         &control);
        add_lone(differences, ONLY_CONTROL, &control);
    }
    job_free(&own);
    job_free(&control);
}

/* Those of a project that the cluster was not asked for are left out; the others come last. */
static void compare_elsewhere(struct differences *differences, const struct cluster *cluster)
{
    struct job control = {0};
    size_t first = known_extra_number(cluster, PLANT_ELSEWHERE);
    bool is_asked = cluster->api == API_KUBERNETES && !cluster->is_listed;
    for (size_t i = first; is_asked && i < first + cluster->plants[PLANT_ELSEWHERE]; i++) {
        struct known known = known_extra(cluster, PLANT_ELSEWHERE, i);
        data_control_job(cluster, known.project, known.index, known.plant, NULL, &control);
        add_lone(differences, ONLY_CONTROL, &control);
    }
    job_free(&control);
}

/* Differences that were seen once are in no list, and counted. */
static size_t take_unconfirmed(struct differences *differences, const struct cluster *cluster)
{
    size_t unconfirmed = 0;
    for (int plant = 0; cluster->is_unconfirmed && plant < PLANT_COUNT; plant++)
        unconfirmed += is_settled((enum plant)plant) ? cluster->plants[plant] : 0;
    for (int i = 0; cluster->is_unconfirmed && i < LISTS; i++) {
        unconfirmed += differences->counts[i];
        differences->counts[i] = 0;
        differences->lists[i].len = 0;
    }
    return unconfirmed;
}

static void put_cluster(FILE *file, const struct fleet *fleet, const struct cluster *cluster,
                        struct sums *sums, bool is_first)
{
    static const char *const names[LISTS] = {"only_control_plane", "only_cluster", "differing"};
    const char *class;
    struct differences differences = {0};
    bool is_compared = cluster->api != API_CONTROL_PLANE && cluster->is_discovered &&
                       strcmp(truth_status(fleet, cluster, &class), "ok") == 0;
    for (unsigned i = 0; is_compared && i < cluster->project_count; i++)
        compare_project(&differences, cluster, i);
    if (is_compared)
        compare_elsewhere(&differences, cluster);
    size_t unconfirmed = is_compared ? take_unconfirmed(&differences, cluster) : 0;
    struct text line = {0};
    text_puts(&line, is_first ? "{\"cluster\":" : ",{\"cluster\":");
    text_json(&line, cluster->name, strlen(cluster->name));
    if (is_compared)
        text_printf(&line,
                    ",\"status\":\"compared\",\"matched\":%zu,\"third_party\":%u,"
                    "\"unconfirmed\":%zu",
                    differences.matched, cluster->plants[PLANT_THIRD_PARTY], unconfirmed);
    else
        text_puts(&line, ",\"status\":\"excluded\",\"matched\":null,\"third_party\":null,"
                         "\"unconfirmed\":null");
    for (int i = 0; i < LISTS; i++) {
        text_printf(&line, ",\"%s\":[", names[i]);
        text_add(&line, differences.lists[i].data, differences.lists[i].len);
        text_puts(&line, "]");
        sums->counts[i] += differences.counts[i];
        text_free(&differences.lists[i]);
    }
    text_puts(&line, "}");
    sums->matched += differences.matched;
    sums->third_party += is_compared ? cluster->plants[PLANT_THIRD_PARTY] : 0;
    sums->unconfirmed += unconfirmed;
    sums->compared += is_compared;
    sums->excluded += !is_compared;
    fwrite(line.data, 1, line.len, file);
    text_free(&line);
}

void truth_put_reconciliation(FILE *file, const struct fleet *fleet)
{
    struct sums sums = {0};
    bool is_first = true;
    fputs("{\"reconciliation\":{\"clusters\":[", file);
    for (size_t i = 0; i < fleet->count; i++) {
        if (!truth_has(fleet, &fleet->clusters[i]))
            continue;
        put_cluster(file, fleet, &fleet->clusters[i], &sums, is_first);
        is_first = false;
    }
    fprintf(file,
            "],\"totals\":{\"clusters_compared\":%zu,\"clusters_excluded\":%zu,\"matched\":%zu,"
            "\"only_control_plane\":%zu,\"only_cluster\":%zu,\"differing\":%zu,\"third_party\":%zu,"
            "\"unconfirmed\":%zu}}}\n",
            sums.compared, sums.excluded, sums.matched, sums.counts[ONLY_CONTROL],
            sums.counts[ONLY_CLUSTER], sums.counts[DIFFERING], sums.third_party, sums.unconfirmed);
}
