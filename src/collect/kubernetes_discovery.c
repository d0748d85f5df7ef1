#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kubernetes.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

/* More than any API group has at a time. */
#define VERSIONS_MAX 32

/* Of kinds that are not known this many are told apart. */
#define UNKNOWN_MAX 64

/* The discovery of Kubernetes' API, as clients map kinds to versions: what the preferred version
 * has is asked for in it, the rest in the first version that has it. */
struct kinds_discovery {
    struct fetch fetch;
    struct cluster *cluster;
    char versions[VERSIONS_MAX][API_NAME_SIZE]; /* to ask, in this order */
    size_t version_count;
    char preferred[API_NAME_SIZE];
    uint64_t unusable;                        /* versions that cannot be asked */
    bool has_group;                           /* the versions are known */
    size_t at;                                /* of them, the one that is asked */
    bool is_seen[KUBERNETES_KINDS];           /* in the answer at hand */
    const char *served[KUBERNETES_KINDS];     /* by which version; NULL: by none */
    struct error refusal;                     /* the first one, of the group or a version */
    char unknown[UNKNOWN_MAX][API_NAME_SIZE]; /* kinds of workloads; in order, the first ones */
    size_t unknown_count;
    bool has_more_unknown;
};

/* The version's place, or their number. */
static size_t find_version(const struct kinds_discovery *discovery, struct str name)
{
    size_t at = 0;
    while (at < discovery->version_count && !str_equals(name, str_of(discovery->versions[at])))
        at++;
    return at;
}

static bool on_version(void *arg, struct str name, bool is_preferred, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    char *place = NULL;
    (void)error;
    if (is_preferred)
        place = discovery->preferred;
    else if (find_version(discovery, name) < discovery->version_count)
        return true;
    else if (discovery->version_count < VERSIONS_MAX)
        place = discovery->versions[discovery->version_count++];
    else
        discovery->unusable++;
    if (place != NULL)
        snprintf(place, API_NAME_SIZE, "%.*s", (int)name.len, name.data);
    return true;
}

/* Keeps the first ones in bytewise order, each once, whatever order they come in. */
static void add_unknown(struct kinds_discovery *discovery, struct str name)
{
    char(*unknown)[API_NAME_SIZE] = discovery->unknown;
    char text[API_NAME_SIZE];
    snprintf(text, sizeof(text), "%.*s", (int)name.len, name.data);
    size_t at = 0;
    while (at < discovery->unknown_count && strcmp(unknown[at], text) < 0)
        at++;
    if (at < discovery->unknown_count && strcmp(unknown[at], text) == 0)
        return;
    if (discovery->unknown_count == UNKNOWN_MAX)
        discovery->has_more_unknown = true;
    else
        discovery->unknown_count++;
    if (at == UNKNOWN_MAX)
        return;
    memmove(unknown[at + 1], unknown[at],
            (discovery->unknown_count - 1 - at) * sizeof(unknown[at]));
    memcpy(unknown[at], text, sizeof(text));
}

static bool is_of_workloads(struct str name)
{
    static const struct str end = {"workloads", sizeof "workloads" - 1};
    return name.len >= end.len &&
           str_equals((struct str){name.data + name.len - end.len, end.len}, end);
}

static bool on_resource(void *arg, struct str name, bool is_preferred, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    (void)is_preferred, (void)error;
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (str_equals(name, str_of(kubernetes_kinds[i].plural))) {
            discovery->is_seen[i] = true;
            return true;
        }
    if (is_of_workloads(name))
        add_unknown(discovery, name);
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct kinds_discovery *discovery = arg;
    if (discovery->cluster->started_at_ms == 0)
        discovery->cluster->started_at_ms = clock_mono_ms();
    if (!discovery->has_group) {
        discovery->version_count = 0;
        discovery->unusable = 0;
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
    size_t at = find_version(discovery, str_of(discovery->preferred));
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

static void warn_of_versions(struct kinds_discovery *discovery)
{
    bool is_one = discovery->unusable == 1;
    if (discovery->unusable == 0)
        return;
    char *text = mem_printf("%" PRIu64 " version%s of its API group run.ai %s no usable name or %s "
                            "too many, and %s not asked which kinds of workloads there are",
                            discovery->unusable, is_one ? "" : "s", is_one ? "has" : "have",
                            is_one ? "is" : "are", is_one ? "was" : "were");
    cluster_warn(discovery->cluster, text);
    free(text);
}

static void warn_of_unknown(struct kinds_discovery *discovery)
{
    size_t count = discovery->unknown_count;
    bool is_one = count == 1;
    if (count == 0)
        return;
    char *text = mem_printf("it has %s%zu kind%s of workloads that %s not known here, %s\"%s\": %s "
                            "workloads are not in the report",
                            discovery->has_more_unknown ? "more than " : "", count,
                            is_one ? "" : "s", is_one ? "is" : "are", is_one ? "" : "one is ",
                            discovery->unknown[0], is_one ? "its" : "their");
    cluster_warn(discovery->cluster, text);
    free(text);
}

/* A server that knows nothing of the group has nothing else to be missed. */
static void warn_of_silence(struct kinds_discovery *discovery)
{
    const struct error *why = &discovery->refusal;
    if (why->http_status == 404 && !discovery->has_group)
        return;
    char *text =
        mem_printf("it does not say which kinds of workloads it has (%s), and was asked "
                   "for the usual ones only",
                   why->class == ERR_NONE ? "its API group run.ai names no version" : why->text);
    cluster_warn(discovery->cluster, text);
    free(text);
}

static void refuse_version(struct kinds_discovery *discovery, const struct error *error)
{
    char *text = mem_printf("which kinds of workloads version \"%s\" of its API has is not known "
                            "(%s): those that only it has are not in the report",
                            discovery->versions[discovery->at], error->text);
    cluster_warn(discovery->cluster, text);
    free(text);
}

/* Nothing is left to ask: the kinds, in the order of those that are known. */
static void add_kinds(struct kinds_discovery *discovery, struct error *error)
{
    bool has_some = false;
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (discovery->served[i] != NULL) {
            kubernetes_add_kind(discovery->cluster, &kubernetes_kinds[i], discovery->served[i]);
            has_some = true;
        }
    warn_of_versions(discovery);
    warn_of_unknown(discovery);
    if (has_some)
        return;
    if (discovery->version_count == 0 || discovery->refusal.class != ERR_NONE) {
        warn_of_silence(discovery);
        return;
    }
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

static void take_group(struct kinds_discovery *discovery)
{
    discovery->unusable += decoder_dropped(discovery->fetch.decoder);
    discovery->has_group = true;
    prefer(discovery);
}

static void take_version(struct kinds_discovery *discovery)
{
    for (size_t i = 0; i < KUBERNETES_KINDS; i++)
        if (discovery->is_seen[i] && discovery->served[i] == NULL)
            discovery->served[i] = discovery->versions[discovery->at];
}

/* What is refused says nothing; what others say holds all the same. */
static void refuse(struct kinds_discovery *discovery, const struct error *error)
{
    if (discovery->refusal.class == ERR_NONE)
        discovery->refusal = *error;
    if (discovery->has_group)
        refuse_version(discovery, error);
    else
        discovery->version_count = 0;
}

static void on_done(void *arg, struct error *error)
{
    struct kinds_discovery *discovery = arg;
    if (fetch_is_partial(error))
        fetch_set_partial(error);
    bool is_of_version = discovery->has_group;
    if (error->class != ERR_NONE && !is_refusal(error)) {
        conclude(discovery, error);
        return;
    }
    if (error->class != ERR_NONE)
        refuse(discovery, error);
    else if (is_of_version)
        take_version(discovery);
    else
        take_group(discovery);
    discovery->at += is_of_version;
    if (discovery->at < discovery->version_count) {
        ask(discovery);
        return;
    }
    *error = (struct error){0};
    add_kinds(discovery, error);
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
