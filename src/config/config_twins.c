/* Clusters of one endpoint, once discovery has said where they are: each endpoint is asked once. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_merge_internal.h"

struct twin {
    char *key; /* owned */
    unsigned rank;
    struct cluster_config *cluster;
};

/* Who of one endpoint goes before whom: 0 and up. A configured url was checked with the
 * configuration; of the others the configured go first, and of them those that are connected. */
static unsigned rank_of(const struct merge *m, const struct candidate *candidate)
{
    if (!candidate->lends_url)
        return 0;
    const char *state = candidate->said.state;
    bool is_connected = state != NULL && strcasecmp(state, "Connected") == 0;
    bool is_configured = candidate->match < m->clusters + m->configured_count;
    return (is_configured ? 1u : 3u) + (is_connected ? 0u : 1u);
}

/* Those of one rank are in the order of their names and UUIDs. */
static int compare_twins(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order == 0)
        order = (x->rank > y->rank) - (x->rank < y->rank);
    return order != 0 ? order : (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

/* The first of those that are asked before it with which it would show something twice, or NULL. A
 * found one has no say in what it shows. */
static const struct cluster_config *find_twin(const struct merge *m, const struct twin *first,
                                              const struct twin *self)
{
    bool is_found = self->cluster >= m->clusters + m->configured_count;
    for (const struct twin *other = first; self->rank > 0 && other < self; other++)
        if (other->cluster->skipped == NULL &&
            (is_found || config_projects_overlap(other->cluster, self->cluster)))
            return other->cluster;
    return NULL;
}

static size_t take_twins(const struct merge *m, struct twin *twins)
{
    unsigned *ranks = mem_new(m->count + 1, sizeof *ranks);
    size_t count = 0;
    for (size_t i = 0; i < m->candidate_count; i++)
        if (m->candidates[i].match != NULL)
            ranks[m->candidates[i].match - m->clusters] = rank_of(m, &m->candidates[i]);
    for (size_t i = 0; i < m->count; i++) {
        struct cluster_config *cluster = &m->clusters[i];
        if (cluster->url != NULL && cluster->skipped == NULL && cluster->api != API_CONTROL_PLANE)
            twins[count++] =
                (struct twin){config_endpoint_key(cluster->url, ""), ranks[i], cluster};
    }
    free(ranks);
    qsort(twins, count, sizeof *twins, compare_twins);
    return count;
}

void merge_skip_twins(const struct merge *m)
{
    struct twin *twins = mem_new(m->count + 1, sizeof *twins);
    size_t count = take_twins(m, twins), first = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(twins[i].key, twins[first].key) != 0)
            first = i;
        const struct cluster_config *twin = find_twin(m, &twins[first], &twins[i]);
        if (twin != NULL)
            twins[i].cluster->skipped = merge_keep(
                m->arena, mem_printf("its endpoint is that of the cluster \"%s\"", twin->name));
    }
    for (size_t i = 0; i < count; i++)
        free(twins[i].key);
    free(twins);
}
