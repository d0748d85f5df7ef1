/* The clusters as a whole: no two the same, and a control plane when anything needs one. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_internal.h"

const char config_no_url_yet[] = "it has no url, unless discovery finds it";
const char config_no_uuid_yet[] = "it has no uuid, unless discovery finds it";

struct sorted_cluster {
    struct cluster_config cluster;
    size_t order;
};

static int compare_orders(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_names(const void *a, const void *b)
{
    const struct sorted_cluster *x = a, *y = b;
    int order = strcmp(x->cluster.name, y->cluster.name);
    return order != 0 ? order : compare_orders(x->order, y->order);
}

/* Clusters without a UUID last. Without regard to case, as UUIDs are. */
static int compare_uuids(const void *a, const void *b)
{
    const struct sorted_cluster *x = a, *y = b;
    if (x->cluster.uuid == NULL || y->cluster.uuid == NULL)
        return (x->cluster.uuid == NULL) - (y->cluster.uuid == NULL);
    int order = strcasecmp(x->cluster.uuid, y->cluster.uuid);
    return order != 0 ? order : compare_orders(x->order, y->order);
}

static struct place place_of(const struct cluster_config *cluster)
{
    return (struct place){cluster->file, (unsigned)cluster->line};
}

static void check_names(struct loader *l, const struct sorted_cluster *sorted, size_t count)
{
    for (size_t i = 1, first = 0; i < count; i++) {
        const struct cluster_config *a = &sorted[first].cluster, *b = &sorted[i].cluster;
        if (strcmp(a->name, b->name) == 0)
            config_problem_at(l, place_of(b), "the cluster name \"%s\" is taken already, at %s:%d",
                              b->name, a->file, a->line);
        else
            first = i;
    }
}

static void check_uuids(struct loader *l, const struct sorted_cluster *sorted, size_t count)
{
    for (size_t i = 1, first = 0; i < count && sorted[i].cluster.uuid != NULL; i++) {
        const struct cluster_config *a = &sorted[first].cluster, *b = &sorted[i].cluster;
        if (strcasecmp(a->uuid, b->uuid) == 0)
            config_problem_at(l, place_of(b),
                              "the uuid \"%s\" is taken already, by the cluster \"%s\" at %s:%d",
                              b->uuid, a->name, a->file, a->line);
        else
            first = i;
    }
}

void config_finish_clusters(struct loader *l)
{
    if (l->cluster_seen == 0 && !l->config->discover.is_enabled)
        config_problem_at(l, (struct place){l->files[0], 1},
                          "no cluster is configured: add one to \"clusters\", or a file of its own "
                          "to \"clusters_dir\", or enable \"discover\"");
    struct sorted_cluster *sorted = mem_new(l->cluster_count + 1, sizeof *sorted);
    for (size_t i = 0; i < l->cluster_count; i++)
        sorted[i] = (struct sorted_cluster){l->clusters[i], i};
    qsort(sorted, l->cluster_count, sizeof *sorted, compare_uuids);
    check_uuids(l, sorted, l->cluster_count);
    qsort(sorted, l->cluster_count, sizeof *sorted, compare_names);
    check_names(l, sorted, l->cluster_count);
    l->clusters = mem_resize(l->clusters, l->cluster_count + 1, sizeof *l->clusters);
    for (size_t i = 0; i < l->cluster_count; i++)
        l->clusters[i] = sorted[i].cluster;
    free(sorted);
    config_check_endpoints(l);
    l->config->clusters = l->clusters;
    l->config->cluster_count = l->cluster_count;
}

/* The first cluster that cannot be asked without the control plane. */
static const struct cluster_config *find_dependent(const struct loader *l)
{
    for (size_t i = 0; i < l->cluster_count; i++)
        if (l->clusters[i].api == API_CONTROL_PLANE || l->clusters[i].token.kind == SECRET_NONE)
            return &l->clusters[i];
    return NULL;
}

/* Who needs the control plane and why, owned by the caller; NULL when nobody does. */
static char *describe_need(const struct loader *l)
{
    const struct config *config = l->config;
    const struct cluster_config *cluster = find_dependent(l);
    if (config->discover.is_enabled)
        return mem_printf("\"discover\" at %s asks it for the clusters", config->discover.where);
    if (config->run.is_enriching)
        return mem_strdup("\"enrich\" in run reads it");
    if (config->run.is_reconciling)
        return mem_strdup("\"reconcile\" in run reads it");
    if (cluster != NULL)
        return mem_printf(
            "the cluster \"%s\" at %s:%d %s", cluster->name, cluster->file, cluster->line,
            cluster->api == API_CONTROL_PLANE ? "is asked through it" : "has no token of its own");
    return l->cluster_seen == 0 ? mem_strdup("it issues the token that clusters are asked with")
                                : NULL;
}

void config_check_control_plane(struct loader *l)
{
    if (l->config->control_plane.is_set)
        return;
    char *need = describe_need(l);
    if (need != NULL)
        config_problem_at(l, (struct place){l->files[0], 1},
                          "\"control_plane\" is missing in the configuration: %s", need);
    free(need);
}
