#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kubernetes.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

/* More than any API group has at a time. */
#define VERSIONS_MAX 8

/* The discovery of Kubernetes' API, as clients map kinds to versions: what the preferred version
 * has is asked for in it, the rest in the first version that has it. */
struct kinds_discovery {
    struct fetch fetch;
    struct cluster *cluster;
    char versions[VERSIONS_MAX][API_NAME_SIZE]; /* to ask, in this order */
    size_t version_count;
    char preferred[API_NAME_SIZE];
    bool has_group;                       /* the versions are known */
    size_t at;                            /* of them, the one that is asked */
    bool is_seen[KUBERNETES_KINDS];       /* in the answer at hand */
    const char *served[KUBERNETES_KINDS]; /* by which version; NULL: by none */
};

static bool on_version(void *arg, struct str name, bool is_preferred, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    char *place = NULL;
    (void)error;
    if (is_preferred)
        place = discovery->preferred;
    else if (discovery->version_count < VERSIONS_MAX)
        place = discovery->versions[discovery->version_count++];
    if (place != NULL)
        snprintf(place, API_NAME_SIZE, "%.*s", (int)name.len, name.data);
    return true;
}

static bool on_resource(void *arg, struct str name, bool is_preferred, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    (void)is_preferred, (void)error;
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (str_equals(name, str_of(kubernetes_kinds[i].plural)))
            discovery->is_seen[i] = true;
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct kinds_discovery *discovery = arg;
    if (discovery->cluster->started_at_ms == 0)
        discovery->cluster->started_at_ms = clock_mono_ms();
    if (!discovery->has_group) {
        discovery->version_count = 0;
        discovery->preferred[0] = '\0';
        return decoder_new_api_versions(on_version, discovery);
    }
    memset(discovery->is_seen, 0, sizeof(discovery->is_seen));
    return decoder_new_api_resources(on_resource, discovery);
}

static void ask(struct kinds_discovery *discovery)
{
    const struct cluster_config *config = discovery->cluster->config;
    const char *version = discovery->has_group ? discovery->versions[discovery->at] : "";
    fetch_start(&discovery->fetch,
                mem_printf("%s%s/apis/run.ai%s%s", config->url, config->base_path,
                           *version == '\0' ? "" : "/", version),
                config->endpoint);
}

/* Puts the preferred version in front; a list without it is taken as it is. */
static void prefer(struct kinds_discovery *discovery)
{
    char(*versions)[API_NAME_SIZE] = discovery->versions;
    size_t at = 0;
    while (at < discovery->version_count && strcmp(versions[at], discovery->preferred) != 0)
        at++;
    if (at == discovery->version_count)
        return;
    memmove(versions[1], versions[0], at * sizeof(versions[0]));
    memcpy(versions[0], discovery->preferred, sizeof(versions[0]));
}

/* The server does not say what it has: it is asked for what is usual. */
static bool is_refusal(const struct error *error)
{
    int status = error->http_status;
    return status == 403 || status == 404 || status == 405 || error->class == ERR_NOT_JSON ||
           error->class == ERR_BAD_JSON || error->class == ERR_BAD_SHAPE ||
           error->class == ERR_INCOMPLETE;
}

/* All versions are read: the kinds, in the order of those that are known. */
static void add_kinds(struct kinds_discovery *discovery, struct error *error)
{
    bool has_some = false;
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (discovery->served[i] != NULL) {
            kubernetes_add_kind(discovery->cluster, &kubernetes_kinds[i], discovery->served[i]);
            has_some = true;
        }
    if (has_some)
        return;
    error_set(error, ERR_NOT_FOUND,
              "its API group run.ai has no kind of workload that is known here");
    error->http_status = 200;
}

static void conclude(struct kinds_discovery *discovery, const struct error *error)
{
    struct cluster *cluster = discovery->cluster;
    unsigned attempts = discovery->fetch.request.attempts;
    cluster_account(cluster, &discovery->fetch.request);
    fetch_free(&discovery->fetch);
    free(discovery);
    kubernetes_discovered(cluster, error, attempts);
}

/* The group's versions, or what one of them has, are known; false: there is more to ask. */
static bool step_on(struct kinds_discovery *discovery, struct error *error)
{
    if (!discovery->has_group) {
        prefer(discovery);
        discovery->has_group = true;
        return discovery->version_count == 0;
    }
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (discovery->is_seen[i] && discovery->served[i] == NULL)
            discovery->served[i] = discovery->versions[discovery->at];
    if (++discovery->at < discovery->version_count)
        return false;
    add_kinds(discovery, error);
    return true;
}

/* A server that knows nothing of the group has nothing else to be missed. */
static void warn_of_refusal(struct kinds_discovery *discovery, const struct error *error)
{
    if (error->http_status == 404 && !discovery->has_group)
        return;
    char *text = mem_printf("it does not say which kinds of workloads it has (%s), and was asked "
                            "for the usual ones only",
                            error->text);
    cluster_warn(discovery->cluster, text);
    free(text);
}

static void on_done(void *arg, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    if (fetch_is_partial(error))
        fetch_set_partial(error);
    if (error->class != ERR_NONE && is_refusal(error)) {
        warn_of_refusal(discovery, error);
        *error = (struct error){0};
    } else if (error->class == ERR_NONE && !step_on(discovery, error)) {
        ask(discovery);
        return;
    }
    conclude(discovery, error);
}

static void describe(const void *arg, struct buf *out)
{
    const struct kinds_discovery *discovery = arg;
    buf_printf(out, "cluster %s: which kinds of workloads it has",
               discovery->cluster->config->name);
}

void kubernetes_discover(struct cluster *cluster)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    struct kinds_discovery *discovery = mem_new(1, sizeof(*discovery));
    discovery->cluster = cluster;
    fetch_init(&discovery->fetch, cluster->collector->context->engine, cluster->token,
               &cluster->own_peer, &ops, discovery);
    discovery->fetch.name = cluster->config->name;
    ask(discovery);
}
