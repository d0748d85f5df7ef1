/* The kubernetes flavour (API document, section 3): four kinds, each a paged list. */
#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/buf.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

#define URL_MAX_BYTES (3 * 1024 * 1024 + 8192)

/* The first of the known kinds, which every server that knows this API has. */
enum { KIND_COUNT = 4 };

static const struct kubernetes_kind *list_kind(const struct list *list)
{
    return &kubernetes_kinds[list->index % KIND_COUNT];
}

static const char *label(const struct list *list)
{
    return list_kind(list)->plural;
}

/* The beginning of a list's URL: of a project's namespace, or of the whole cluster. */
static void put_list_url(struct buf *url, const struct cluster_config *config, const char *project,
                         const struct kubernetes_kind *kind, int limit)
{
    buf_printf(url, "%s%s/apis/run.ai/v2alpha1/", config->url, config->base_path);
    if (project != NULL) {
        buf_append_str(url, "namespaces/runai-");
        text_percent_encode(project, strlen(project), url);
        buf_append_str(url, "/");
    }
    buf_printf(url, "%s?limit=%d", kind->plural, limit);
}

static char *page_url(const struct list *list)
{
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    put_list_url(&url, list->cluster->config, list_project(list), list_kind(list), PAGE_LIMIT);
    if (list->cursor != NULL) {
        buf_append_str(&url, "&continue=");
        text_percent_encode(list->cursor, strlen(list->cursor), &url);
    }
    return buf_take(&url);
}

static char *probe_url(const struct cluster *cluster)
{
    const char *const *projects = cluster->config->projects;
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    put_list_url(&url, cluster->config, projects == NULL ? NULL : projects[0], &kubernetes_kinds[0],
                 1);
    return buf_take(&url);
}

static struct decoder *probe_decoder(void)
{
    const struct kubernetes_list list = {.kind = &kubernetes_kinds[0]};
    return decoder_new_kubernetes_list(&list, probe_ignore_workload, NULL);
}

static struct decoder *decoder(struct list *list)
{
    const struct kubernetes_list what = {.kind = list_kind(list), .project = list_project(list)};
    return decoder_new_kubernetes_list(&what, list_add_workload, list);
}

static enum page_verdict page(struct list *list, struct error *error)
{
    const char *next = decoder_continue(list->fetch.decoder);
    if (*next == '\0')
        return PAGE_LAST;
    if (list->cursor != NULL && strcmp(list->cursor, next) == 0) {
        error_set(error, ERR_INCOMPLETE, "the list continues with the page that was just read");
        return PAGE_BAD;
    }
    char *cursor = mem_strdup(next);
    free(list->cursor);
    list->cursor = cursor;
    return PAGE_MORE;
}

static enum refusal_verdict refused(struct list *list, struct error *error)
{
    /* The continue token aged out: what was read belongs to a state that is gone. */
    if (error->http_status == 410 && list->cursor != NULL)
        return REFUSAL_RESTART;
    return error->http_status == 404 && list->cursor == NULL ? REFUSAL_ABSENT : REFUSAL_FAILS;
}

static bool is_settled(const struct cluster *cluster)
{
    (void)cluster;
    return true;
}

const struct flavour flavour_kubernetes = {
    .lists_per_project = KIND_COUNT,
    .lists_per_cluster = KIND_COUNT,
    .is_paged = true,
    .dropped = "records that name another project were dropped",
    .left_out = "templates were left out",
    .page_url = page_url,
    .decoder = decoder,
    .page = page,
    .refused = refused,
    .is_settled = is_settled,
    .label = label,
    .probe_url = probe_url,
    .probe_decoder = probe_decoder,
};
