/* Which configured cluster a found one is: by its UUID, else by its name, else by its endpoint. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_merge_internal.h"

static int compare_uuids(const void *a, const void *b)
{
    const struct cluster_config *const *x = a, *const *y = b;
    return strcasecmp((*x)->uuid, (*y)->uuid);
}

int merge_compare_names(const void *a, const void *b)
{
    return strcmp(((const struct cluster_config *)a)->name,
                  ((const struct cluster_config *)b)->name);
}

static void take_configured(struct merge *m)
{
    m->configured_count = m->count = m->config->cluster_count;
    m->clusters = mem_new(m->count + m->candidate_count + 1, sizeof *m->clusters);
    m->by_uuid = mem_new(m->count + 1, sizeof(struct cluster_config *));
    m->is_found = mem_new(m->count + 1, sizeof *m->is_found);
    for (size_t i = 0; i < m->count; i++) {
        m->clusters[i] = m->config->clusters[i];
        if (m->clusters[i].uuid != NULL)
            m->by_uuid[m->by_uuid_count++] = &m->clusters[i];
    }
    qsort(m->by_uuid, m->by_uuid_count, sizeof(struct cluster_config *), compare_uuids);
}

static void note_match(struct merge *m, struct candidate *candidate, struct cluster_config *cluster)
{
    candidate->match = cluster;
    m->is_found[cluster - m->clusters] = true;
}

static void match_uuids(struct merge *m)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        const struct cluster_config wanted = {.uuid = m->candidates[i].said.uuid};
        const struct cluster_config *key = &wanted;
        struct cluster_config **match =
            wanted.uuid == NULL ? NULL
                                : bsearch(&key, m->by_uuid, m->by_uuid_count,
                                          sizeof(struct cluster_config *), compare_uuids);
        if (match != NULL)
            note_match(m, &m->candidates[i], *match);
    }
}

const char *merge_absent_state(const struct found_cluster *said)
{
    static const char *const states[] = {"Disconnected", "WaitingToConnect"};
    for (size_t i = 0; said->state != NULL && i < sizeof states / sizeof states[0]; i++)
        if (strcasecmp(said->state, states[i]) == 0)
            return states[i];
    return NULL;
}

/* A cluster that was installed anew may be listed twice, the former one as Disconnected: a name
 * alone means one that is there, if there is one. */
static void match_names(struct merge *m, bool is_absent)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        struct candidate *candidate = &m->candidates[i];
        if (candidate->match != NULL || (merge_absent_state(&candidate->said) != NULL) != is_absent)
            continue;
        const struct cluster_config wanted = {.name = candidate->said.name};
        struct cluster_config *match = bsearch(&wanted, m->clusters, m->configured_count,
                                               sizeof *m->clusters, merge_compare_names);
        if (match != NULL && !m->is_found[match - m->clusters] &&
            (match->uuid == NULL || candidate->said.uuid == NULL))
            note_match(m, candidate, match);
    }
}

const char *merge_find_url(const struct merge *m, const char *domain, const char **reason)
{
    if (domain == NULL) {
        *reason = "the control plane knows no address (domain) for it";
        return NULL;
    }
    char *url =
        strstr(domain, "://") != NULL ? mem_strdup(domain) : mem_printf("https://%s", domain);
    const char *fault = strncmp(url, "http://", 7) == 0
                            ? "it is an http:// URL, over which the token would travel unencrypted"
                            : config_url_fault(url, false);
    const char *kept = NULL;
    if (fault == NULL) {
        size_t len = strlen(url);
        while (url[len - 1] == '/')
            len--;
        kept = arena_copy(m->arena, url, len);
    } else {
        *reason = merge_keep(m->arena, mem_printf("its domain is not usable: %s", fault));
    }
    free(url);
    return kept;
}

static int compare_keys(const void *a, const void *b)
{
    const struct keyed_cluster *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

static void take_endpoints(struct merge *m)
{
    m->by_endpoint = mem_new(m->configured_count + 1, sizeof *m->by_endpoint);
    for (size_t i = 0; i < m->configured_count; i++) {
        struct cluster_config *cluster = &m->clusters[i];
        if (cluster->url == NULL || cluster->api == API_CONTROL_PLANE)
            continue;
        m->by_endpoint[m->by_endpoint_count++] =
            (struct keyed_cluster){config_endpoint_key(cluster->url, ""), cluster};
    }
    qsort(m->by_endpoint, m->by_endpoint_count, sizeof *m->by_endpoint, compare_keys);
}

/* The configured cluster of this URL, and of several the first that nothing was found for yet; NULL
 * when there is none. */
static struct cluster_config *find_endpoint(const struct merge *m, const char *url)
{
    char *key = config_endpoint_key(url, "");
    struct cluster_config *match = NULL;
    size_t low = 0, high = m->by_endpoint_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->by_endpoint[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < m->by_endpoint_count && strcmp(m->by_endpoint[low].key, key) == 0; low++) {
        if (match == NULL || !m->is_found[m->by_endpoint[low].cluster - m->clusters])
            match = m->by_endpoint[low].cluster;
        if (!m->is_found[match - m->clusters])
            break;
    }
    free(key);
    return match;
}

/* A cluster under another name is still the one that its endpoint is. */
static void match_endpoints(struct merge *m, bool is_absent)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        struct candidate *candidate = &m->candidates[i];
        const char *reason;
        const char *url;
        if (candidate->match != NULL ||
            (merge_absent_state(&candidate->said) != NULL) != is_absent ||
            candidate->said.domain == NULL ||
            (url = merge_find_url(m, candidate->said.domain, &reason)) == NULL)
            continue;
        struct cluster_config *match = find_endpoint(m, url);
        if (match != NULL && !m->is_found[match - m->clusters])
            note_match(m, candidate, match);
    }
}

void merge_match(struct merge *m)
{
    take_configured(m);
    take_endpoints(m);
    match_uuids(m);
    match_names(m, false);
    match_names(m, true);
    match_endpoints(m, false);
    match_endpoints(m, true);
    free((void *)m->by_uuid);
    for (size_t i = 0; i < m->by_endpoint_count; i++)
        free(m->by_endpoint[i].key);
    free(m->by_endpoint);
}
