#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "data.h"

enum plant known_plant(const struct cluster *cluster, unsigned project, size_t index)
{
    if (cluster->plant_of == NULL || index >= cluster->workloads)
        return PLANT_NONE;
    return (enum plant)cluster->plant_of[(size_t)project * cluster->workloads + index];
}

bool known_hides(enum plant plant)
{
    return plant == PLANT_ONLY_CLUSTER || plant == PLANT_TWIN || plant == PLANT_ENDED;
}

bool known_hides_at_first(enum plant plant)
{
    return known_hides(plant) || plant == PLANT_FLAP_LATE;
}

/* Workloads that share their name in their project cannot be told apart without their id, so
 * nothing else is planted there. */
static void plant_all(struct cluster *cluster)
{
    size_t count = (size_t)cluster->project_count * cluster->workloads;
    unsigned wanted[PLANT_COUNT];
    memcpy(wanted, cluster->plants, sizeof wanted);
    cluster->plant_of = sim_array(count, 1);
    for (size_t place = 0; place < count; place++) {
        size_t at = (size_t)(((uint64_t)place * 2147483647u + 777u) % count);
        unsigned project = (unsigned)(at / cluster->workloads);
        size_t index = at % cluster->workloads;
        for (int plant = PLANT_ONLY_CLUSTER; plant < PLANT_ONLY_CONTROL; plant++) {
            bool fits = plant == PLANT_TWIN
                            ? data_is_first_of_twins(index) && index + 1 < cluster->workloads
                            : data_is_name_unique(index);
            fits = fits && (plant != PLANT_GPUS || data_has_gpus(cluster, project, index));
            if (wanted[plant] == 0 || !fits)
                continue;
            wanted[plant]--;
            cluster->plant_of[at] = (unsigned char)plant;
            break;
        }
    }
    for (int plant = PLANT_ONLY_CLUSTER; plant < PLANT_ONLY_CONTROL; plant++)
        if (wanted[plant] > 0)
            die("%s: too few workloads for what is to be planted", cluster->name);
}

static struct known make(const struct cluster *cluster, unsigned project, size_t index,
                         enum plant plant)
{
    struct known known = {.project = project, .index = index, .plant = plant};
    known.created_ms = data_created_ms(cluster, project, index);
    known.order = hash_mix(hash_text(cluster->name, project) + index);
    return known;
}

size_t known_extra_number(const struct cluster *cluster, enum plant plant)
{
    size_t number = 0;
    for (int other = PLANT_ONLY_CONTROL; other < (int)plant; other++)
        number += cluster->plants[other];
    return number;
}

struct known known_extra(const struct cluster *cluster, enum plant plant, size_t number)
{
    return make(cluster, (unsigned)(number % cluster->project_count), cluster->workloads + number,
                plant);
}

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void build(struct cluster *cluster)
{
    size_t count = (size_t)cluster->project_count * cluster->workloads;
    plant_all(cluster);
    size_t extra = known_extra_number(cluster, PLANT_COUNT);
    cluster->known = sim_array(count + extra, sizeof *cluster->known);
    for (unsigned project = 0; project < cluster->project_count; project++)
        for (size_t i = 0; i < cluster->workloads; i++) {
            enum plant plant = known_plant(cluster, project, i);
            if (!known_hides(plant))
                cluster->known[cluster->known_count++] = make(cluster, project, i, plant);
        }
    for (int plant = PLANT_ONLY_CONTROL; cluster->project_count > 0 && plant < PLANT_COUNT; plant++)
        for (size_t i = 0; i < cluster->plants[plant]; i++)
            cluster->known[cluster->known_count++] = known_extra(
                cluster, (enum plant)plant, known_extra_number(cluster, (enum plant)plant) + i);
    if (cluster->known_count > 1)
        qsort(cluster->known, cluster->known_count, sizeof *cluster->known, compare_known);
}

void known_build(struct fleet *fleet)
{
    bool is_wanted = fleet->discovers || fleet->enriches || fleet->reconciles;
    for (size_t i = 0; i < fleet->count && !is_wanted; i++)
        is_wanted = fleet->clusters[i].api == API_CONTROL_PLANE;
    for (size_t i = 0; i < fleet->count && is_wanted; i++)
        if (fleet->clusters[i].is_discovered)
            build(&fleet->clusters[i]);
}
