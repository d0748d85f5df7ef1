/*
 * The control_plane flavour (API document, section 4): a cluster's workloads as the control plane
 * sees them. A list is asked in three steps: the count, the pages by offset, the count again.
 * Workloads come and go meanwhile, and pages shift; ids are counted once, and what was seen has to
 * lie between the two counts.
 */
#include <inttypes.h>
#include <string.h>

#include "collect_internal.h"
#include "id_set.h"
#include "rollcall/buf.h"
#include "rollcall/text.h"

#define URL_MAX_BYTES 8192

enum { STEP_COUNT_BEFORE, STEP_PAGES, STEP_COUNT_AFTER };

static void add_filter(struct buf *url, const char *uuid)
{
    struct buf filter;
    buf_init(&filter, URL_MAX_BYTES);
    buf_printf(&filter, "clusterId==%s", uuid);
    buf_append_str(url, "filterBy=");
    text_percent_encode(filter.data, filter.len, url);
    buf_free(&filter);
}

static char *workloads_url(const char *control_url, const char *uuid, int64_t offset, int limit)
{
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    buf_printf(&url, "%s/api/v1/workloads?", control_url);
    if (uuid != NULL) {
        add_filter(&url, uuid);
        buf_append_str(&url, "&");
    }
    /* What is new comes last, and so does not shift what was read. */
    buf_printf(&url, "sortBy=createdAt&sortOrder=asc&offset=%" PRId64 "&limit=%d", offset, limit);
    return buf_take(&url);
}

char *control_workloads_url(const char *control_url, const char *uuid, int64_t offset)
{
    return workloads_url(control_url, uuid, offset, PAGE_LIMIT);
}

char *control_count_url(const char *control_url, const char *uuid)
{
    struct buf url;
    buf_init(&url, URL_MAX_BYTES);
    buf_printf(&url, "%s/api/v1/workloads/count", control_url);
    if (uuid != NULL) {
        buf_append_str(&url, "?");
        add_filter(&url, uuid);
    }
    return buf_take(&url);
}

static char *page_url(const struct list *list)
{
    const char *url = list->cluster->config->url;
    const char *uuid = list->cluster->config->uuid;
    return list->step == STEP_PAGES ? control_workloads_url(url, uuid, list->paging.offset)
                                    : control_count_url(url, uuid);
}

static char *probe_url(const struct cluster *cluster)
{
    return workloads_url(cluster->config->url, cluster->config->uuid, 0, 1);
}

static bool ignore_workload(void *arg, struct str cluster_id, bool is_deleted,
                            const struct workload *workload, struct error *error)
{
    (void)cluster_id, (void)is_deleted;
    return probe_ignore_workload(arg, workload, error);
}

static struct decoder *probe_decoder(void)
{
    return decoder_new_control_workloads(ignore_workload, NULL);
}

/* The filter is the server's business, but what it lets through is ours. */
static bool on_workload(void *arg, struct str cluster_id, bool is_deleted,
                        const struct workload *workload, struct error *error)
{
    struct list *list = arg;
    bool is_ours =
        cluster_id.data == NULL || str_equals_case(cluster_id, str_of(list->cluster->config->uuid));
    bool is_new = id_set_add(list->ids, workload->id);
    paging_note(&list->paging, workload->id.data != NULL, is_new);
    if (!is_new || !is_ours) {
        decoder_disown_record(list->fetch.decoder);
        return true;
    }
    paging_count(&list->paging, is_deleted);
    return is_deleted || list_add_workload(list, workload, error);
}

static struct decoder *decoder(struct list *list)
{
    if (list->step == STEP_PAGES) {
        paging_begin(&list->paging);
        return decoder_new_control_workloads(on_workload, list);
    }
    return decoder_new_control_count(&list->count);
}

static enum page_verdict end_page(struct list *list, struct error *error)
{
    enum paging_verdict verdict =
        paging_end(&list->paging, decoder_next_offset(list->fetch.decoder), error);
    list->left_out = list->paging.deleted;
    switch (verdict) {
    case PAGING_MORE:
        return PAGE_MORE;
    case PAGING_DISCARD:
        return PAGE_DISCARD;
    case PAGING_BAD:
        return PAGE_INCOMPLETE;
    case PAGING_LAST:
        break;
    }
    if (list->count_before < 0)
        return PAGE_LAST;
    list->step = STEP_COUNT_AFTER;
    return PAGE_MORE;
}

static enum page_verdict page(struct list *list, struct error *error)
{
    switch (list->step) {
    case STEP_COUNT_BEFORE:
        list->count_before = list->count;
        list->step = STEP_PAGES;
        return PAGE_MORE;
    case STEP_PAGES:
        return end_page(list, error);
    default:
        return paging_agrees(&list->paging, list->count_before, list->count, error)
                   ? PAGE_LAST
                   : PAGE_INCOMPLETE;
    }
}

/* A control plane without a count cannot vouch for its pages, but they are what there is. */
static enum refusal_verdict refused(struct list *list, struct error *error)
{
    if (list->step == STEP_COUNT_AFTER)
        return REFUSAL_KEEPS;
    if (list->step == STEP_PAGES || error->http_status != 404)
        return REFUSAL_FAILS;
    cluster_warn(list->cluster,
                 "the control plane does not count workloads: completeness was not checked");
    list->step = STEP_PAGES;
    return REFUSAL_AGAIN;
}

static bool is_settled(const struct cluster *cluster)
{
    (void)cluster;
    return true;
}

const struct flavour flavour_control_plane = {
    .asks_control_plane = true,
    .is_paged = true,
    .lists_per_cluster = 1,
    .page_url = page_url,
    .decoder = decoder,
    .page = page,
    .refused = refused,
    .is_settled = is_settled,
    .probe_url = probe_url,
    .probe_decoder = probe_decoder,
};
