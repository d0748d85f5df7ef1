/* The kubernetes flavour: kinds of workloads, each a paged list. */
#include "kubernetes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollcall/buf.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

#define URL_MAX_BYTES (3 * 1024 * 1024 + 8192)

/* What every server has that knows this API, and is asked for when it does not say what it has. */
enum { USUAL_KINDS = 4 };
#define USUAL_VERSION "v2alpha1"

struct kubernetes *kubernetes_of(const struct cluster *cluster)
{
    return cluster->flavour_state;
}

static const struct served_kind *list_kind(const struct list *list)
{
    const struct kubernetes *kubernetes = kubernetes_of(list->cluster);
    return &kubernetes->kinds[list->index % kubernetes->kind_count];
}

static const char *label(const struct list *list)
{
    return list_kind(list)->kind->plural;
}

char *kubernetes_list_url(const struct cluster_config *config, const char *group,
                          const char *project, const char *plural, int limit, const char *cursor)
{
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    buf_printf(&url, "%s%s/apis/%s/", config->url, config->base_path, group);
    if (project != NULL) {
        buf_append_str(&url, "namespaces/runai-");
        text_percent_encode(project, strlen(project), &url);
        buf_append_str(&url, "/");
    }
    buf_printf(&url, "%s?limit=%d", plural, limit);
    if (cursor != NULL) {
        buf_append_str(&url, "&continue=");
        text_percent_encode(cursor, strlen(cursor), &url);
    }
    return buf_take(&url);
}

static char *page_url(const struct list *list)
{
    const struct served_kind *kind = list_kind(list);
    char group[sizeof "run.ai/" + API_NAME_SIZE];
    snprintf(group, sizeof group, "run.ai/%s", kind->version);
    return kubernetes_list_url(list->cluster->config, group, list_project(list), kind->kind->plural,
                               PAGE_LIMIT, list->cursor);
}

static char *probe_url(const struct cluster *cluster)
{
    const char *const *projects = cluster->config->projects;
    return kubernetes_list_url(cluster->config, "run.ai/" USUAL_VERSION,
                               projects == NULL ? NULL : projects[0], kubernetes_kinds[0].plural, 1,
                               NULL);
}

static struct decoder *probe_decoder(void)
{
    const struct kubernetes_list list = {.kind = &kubernetes_kinds[0]};
    return decoder_new_kubernetes_list(&list, probe_ignore_workload, NULL);
}

static struct decoder *decoder(struct list *list)
{
    const struct kubernetes *kubernetes = kubernetes_of(list->cluster);
    const struct kubernetes_list what = {
        .kind = list_kind(list)->kind,
        .project = list_project(list),
        .find_pod_groups = kubernetes->pod_groups == NULL ? NULL : pod_group_table_find,
        .find_arg = kubernetes->pod_groups,
    };
    return decoder_new_kubernetes_list(&what, list_add_workload, list);
}

enum page_verdict kubernetes_next_page(const struct decoder *decoder, char **cursor,
                                       struct error *error)
{
    const char *next = decoder_continue(decoder);
    if (*next == '\0')
        return PAGE_LAST;
    if (*cursor != NULL && strcmp(*cursor, next) == 0) {
        error_set(error, ERR_INCOMPLETE, "the list continues with the page that was just read");
        return PAGE_BAD;
    }
    char *copy = mem_strdup(next);
    free(*cursor);
    *cursor = copy;
    return PAGE_MORE;
}

static enum page_verdict page(struct list *list, struct error *error)
{
    return kubernetes_next_page(list->fetch.decoder, &list->cursor, error);
}

enum refusal_verdict kubernetes_refused(const char *cursor, const struct error *error)
{
    /* The continue token aged out: what was read belongs to a state that is gone. */
    if (error->http_status == 410 && cursor != NULL)
        return REFUSAL_RESTART;
    return error->http_status == 404 && cursor == NULL ? REFUSAL_ABSENT : REFUSAL_FAILS;
}

static enum refusal_verdict refused(struct list *list, struct error *error)
{
    return kubernetes_refused(list->cursor, error);
}

static bool is_settled(const struct cluster *cluster)
{
    (void)cluster;
    return true;
}

/* --- Before the lists --- */

void kubernetes_add_kind(struct cluster *cluster, const struct kubernetes_kind *kind,
                         const char *version)
{
    struct kubernetes *kubernetes = kubernetes_of(cluster);
    struct served_kind *served = &kubernetes->kinds[kubernetes->kind_count++];
    served->kind = kind;
    snprintf(served->version, sizeof(served->version), "%s", version);
}

static void prepare(struct cluster *cluster)
{
    cluster->flavour_state = mem_new(1, sizeof(struct kubernetes));
    kubernetes_discover(cluster);
}

void kubernetes_discovered(struct cluster *cluster, const struct error *error, unsigned attempts)
{
    struct kubernetes *kubernetes = kubernetes_of(cluster);
    bool is_told = kubernetes->kind_count > 0;
    for (size_t i = 0; !is_told && i < USUAL_KINDS; i++)
        kubernetes_add_kind(cluster, &kubernetes_kinds[i], USUAL_VERSION);
    if (error->class != ERR_NONE)
        cluster_prepared(cluster, kubernetes->kind_count, error, attempts);
    else
        kubernetes_read_pod_groups(cluster);
}

void kubernetes_pod_groups_done(struct cluster *cluster)
{
    const struct error none = {0};
    cluster_prepared(cluster, kubernetes_of(cluster)->kind_count, &none, 0);
}

static void forget(struct cluster *cluster)
{
    struct kubernetes *kubernetes = kubernetes_of(cluster);
    if (kubernetes == NULL)
        return;
    pod_group_table_free(kubernetes->pod_groups);
    free(kubernetes);
    cluster->flavour_state = NULL;
}

const struct flavour flavour_kubernetes = {
    .lists_per_project = USUAL_KINDS,
    .lists_per_cluster = USUAL_KINDS,
    .is_paged = true,
    .prepare = prepare,
    .forget = forget,
    .page_url = page_url,
    .decoder = decoder,
    .page = page,
    .refused = refused,
    .is_settled = is_settled,
    .label = label,
    .probe_url = probe_url,
    .probe_decoder = probe_decoder,
};
