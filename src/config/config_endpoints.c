/*
 * Clusters that are one endpoint: asked twice, its workloads would be counted twice. What decides
 * is the URL in one spelling. Where clusters ask for different projects, nothing is counted twice;
 * where they are talked to in different ways, the same URL may lead to different servers.
 */
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "rollcall/url.h"

/* --- one spelling --- */

static size_t without_slashes(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] == '/')
        len--;
    return len;
}

char *config_endpoint_key(const char *url, const char *base_path)
{
    struct buf key;
    char *origin = url_origin(url);
    const char *port = strrchr(origin, ':');
    size_t host_len = (size_t)(port - origin);
    buf_init(&key, 4 * CONFIG_URL_MAX);
    /* A host name may end with a dot. */
    buf_append(&key, origin, origin[host_len - 1] == '.' ? host_len - 1 : host_len);
    buf_append_str(&key, port);
    free(origin);
    const char *path = strstr(url, "://") + 3;
    path += strcspn(path, "/");
    buf_append(&key, path, without_slashes(path, strlen(path)));
    buf_append(&key, base_path, without_slashes(base_path, strlen(base_path)));
    return buf_take(&key);
}

/* --- which are one --- */

struct endpoint {
    const struct cluster_config *cluster;
    char *key;    /* owned */
    size_t order; /* of the clusters, as they were read */
};

static int compare_endpoints(const void *a, const void *b)
{
    const struct endpoint *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order == 0)
        order = (x->cluster->api > y->cluster->api) - (x->cluster->api < y->cluster->api);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_list(const char *const *a, const char *const *b)
{
    static const char *const none[] = {NULL};
    a = a == NULL ? none : a;
    b = b == NULL ? none : b;
    while (*a != NULL && is_same_text(*a, *b))
        a++, b++;
    return *a == NULL && *b == NULL;
}

/* Whether both are talked to in the same way, by the same one. */
static bool is_same_way(const struct cluster_config *a, const struct cluster_config *b)
{
    const struct endpoint_options *x = a->endpoint, *y = b->endpoint;
    return is_same_text(x->ca_file, y->ca_file) && is_same_list(x->resolve, y->resolve) &&
           is_same_text(x->proxy, y->proxy) && is_same_list(x->headers, y->headers) &&
           is_same_text(x->client_cert, y->client_cert) && a->token.kind == b->token.kind &&
           is_same_text(a->token.value, b->token.value) &&
           is_same_list(a->token.argv, b->token.argv);
}

static void note_same(struct loader *l, const struct cluster_config *a,
                      const struct cluster_config *b, const char *project)
{
    const struct place place = {b->file, (unsigned)b->line};
    char *both =
        project == NULL ? mem_strdup("") : mem_printf(" with its project \"%.64s\"", project);
    if (a->api != b->api)
        config_warning_at(l, place,
                          "the url of the cluster \"%s\" is that of \"%s\" at %s:%d, with another "
                          "api: what both show is counted twice",
                          b->name, a->name, a->file, a->line);
    else if (!is_same_way(a, b))
        config_warning_at(l, place,
                          "the endpoint of the cluster \"%s\" is that of \"%s\" at %s:%d%s, asked "
                          "in another way: if it is the same server, it is counted twice",
                          b->name, a->name, a->file, a->line, both);
    else
        config_problem_at(l, place,
                          "the endpoint of the cluster \"%s\" is that of \"%s\" at %s:%d%s, and "
                          "would be counted twice: give them different \"projects\"",
                          b->name, a->name, a->file, a->line, both);
    free(both);
}

struct asked_project {
    const char *name;
    size_t at; /* in the group */
};

static int compare_asked(const void *a, const void *b)
{
    const struct asked_project *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static bool asks_for_all(const struct cluster_config *cluster)
{
    return *cluster->projects == NULL;
}

/* The first cluster before each with which it has a project in common, in their order: where it is
 * in the group, and what project. Linear but for sorting. */
static void find_common(const struct endpoint *group, size_t count, size_t *with,
                        const char **common)
{
    size_t room = 0, used = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; group[i].cluster->projects[j] != NULL; j++)
            room++;
    struct asked_project *asked = mem_new(room + 1, sizeof *asked);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; group[i].cluster->projects[j] != NULL; j++)
            asked[used++] = (struct asked_project){group[i].cluster->projects[j], i};
    qsort(asked, used, sizeof *asked, compare_asked);
    for (size_t i = 1, first = 0; i < used; i++) {
        size_t at = asked[i].at;
        if (strcmp(asked[i].name, asked[first].name) != 0)
            first = i;
        else if (at != asked[first].at && common[at] == NULL) {
            common[at] = asked[i].name;
            with[at] = asked[first].at;
        }
    }
    free(asked);
}

/* Clusters of one endpoint and api. */
static void check_group(struct loader *l, const struct endpoint *group, size_t count)
{
    size_t *with = mem_new(count, sizeof *with);
    const char **common = mem_new(count, sizeof *common);
    size_t all = count; /* the first that asks for all projects */
    find_common(group, count, with, common);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (asks_for_all(group[i].cluster) || all < i))
            note_same(l, group[all < i ? all : 0].cluster, group[i].cluster, NULL);
        else if (common[i] != NULL)
            note_same(l, group[with[i]].cluster, group[i].cluster, common[i]);
        if (all == count && asks_for_all(group[i].cluster))
            all = i;
    }
    free(with);
    free((void *)common);
}

static bool is_one_in(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

bool config_projects_overlap(const struct cluster_config *a, const struct cluster_config *b)
{
    bool has_common = asks_for_all(a) || asks_for_all(b);
    for (size_t i = 0; !has_common && a->projects[i] != NULL; i++)
        has_common = is_one_in(a->projects[i], b->projects);
    return has_common;
}

static size_t end_of_group(const struct endpoint *endpoints, size_t begin, size_t count,
                           bool of_one_api)
{
    size_t end = begin + 1;
    while (end < count && strcmp(endpoints[end].key, endpoints[begin].key) == 0 &&
           (!of_one_api || endpoints[end].cluster->api == endpoints[begin].cluster->api))
        end++;
    return end;
}

/* By URL and base_path for each api; then by URL alone, where another api has another base_path. */
static void check_endpoints(struct loader *l, struct endpoint *endpoints, size_t count,
                            bool of_one_api)
{
    for (size_t i = 0; i < count; i++) {
        const struct cluster_config *cluster = endpoints[i].cluster;
        endpoints[i].key = config_endpoint_key(cluster->url, of_one_api ? cluster->base_path : "");
    }
    if (count > 1)
        qsort(endpoints, count, sizeof *endpoints, compare_endpoints);
    for (size_t begin = 0, end; begin < count; begin = end) {
        const struct cluster_config *first = endpoints[begin].cluster;
        end = end_of_group(endpoints, begin, count, of_one_api);
        if (of_one_api && end - begin > 1)
            check_group(l, endpoints + begin, end - begin);
        for (size_t i = begin; !of_one_api && i < end; i++)
            if (endpoints[i].cluster->api != first->api &&
                config_projects_overlap(first, endpoints[i].cluster))
                note_same(l, first, endpoints[i].cluster, NULL);
    }
    for (size_t i = 0; i < count; i++)
        free(endpoints[i].key);
}

void config_check_endpoints(struct loader *l)
{
    struct endpoint *endpoints = mem_new(l->cluster_count + 1, sizeof *endpoints);
    size_t count = 0;
    for (size_t i = 0; i < l->cluster_count; i++)
        if (l->clusters[i].url != NULL && l->clusters[i].api != API_CONTROL_PLANE)
            endpoints[count++] = (struct endpoint){.cluster = &l->clusters[i], .order = i};
    check_endpoints(l, endpoints, count, true);
    check_endpoints(l, endpoints, count, false);
    free(endpoints);
}
