#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "id_set.h"
#include "rollcall/buf.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"
#include "unknown_words.h"

/* A list that keeps on being restarted is a server that cannot hold still. */
#define RESTARTS_MAX 5

/* A sentence around two samples of names, of which each byte may be printed as four. */
#define SAMPLE_MAX_BYTES 1024

const char *list_project(const struct list *list)
{
    const struct cluster *cluster = list->cluster;
    if (cluster->lists_per_project == 0)
        return NULL;
    return cluster->entry->projects[list->index / cluster->lists_per_project].name;
}

/* A record that does not say its project: it is of the one that was asked for. */
static __attribute__((noinline)) bool add_asked(struct list *list, const struct workload *workload,
                                                struct error *error)
{
    struct workload asked = *workload;
    asked.project_asked = str_of(list_project(list));
    return spool_stage_add(list->stage, &asked, error);
}

bool list_add_workload(void *arg, const struct workload *workload, struct error *error)
{
    struct list *list = arg;
    /* The project of a list by project was chosen when the list was asked for. */
    if (list->cluster->lists_per_project == 0 &&
        !cluster_wants_project(list->cluster, workload->project))
        return true;
    tally_add(&list->page_tally, workload);
    if (workload->phase == PHASE_UNKNOWN || workload->type == TYPE_OTHER)
        unknown_words_note(&list->page_words, workload);
    /* What has a set of ids counts each once as it comes. */
    if (workload->id.len > 0 && list->ids == NULL)
        id_prints_add(&list->prints, cluster_id_print(list->cluster, workload->id));
    return workload->project.data != NULL || list->cluster->lists_per_project == 0
               ? spool_stage_add(list->stage, workload, error)
               : add_asked(list, workload, error);
}

/* No list is left to start or waits for a slot: this page and its siblings' are the last on their
 * connections. Which page of a paged list is the last one shows too late. */
static void mark_last(struct cluster *cluster)
{
    if (cluster->next_list < cluster->list_count || cluster->parked > 0 ||
        cluster->flavour->is_paged)
        return;
    for (const struct list *list = cluster->lists; list != NULL; list = list->next)
        if (!list->has_begun)
            return;
    for (struct list *list = cluster->lists; list != NULL; list = list->next)
        engine_mark_last(&list->fetch.request);
}

static struct decoder *on_begin(void *arg)
{
    struct list *list = arg;
    struct cluster *cluster = list->cluster;
    if (cluster->started_at_ms == 0)
        cluster->started_at_ms = clock_mono_ms();
    tally_clear(&list->page_tally);
    unknown_words_clear(&list->page_words);
    id_prints_begin(&list->prints);
    spool_stage_rollback(list->stage);
    if (list->ids != NULL)
        id_set_begin(list->ids);
    list->has_begun = true;
    mark_last(cluster);
    return cluster->flavour->decoder(list);
}

/* What the page delivered is kept with its list. */
static bool keep_page(struct list *list, struct error *error)
{
    if (!spool_stage_commit(list->stage, list->kept, error))
        return false;
    if (list->ids != NULL)
        id_set_commit(list->ids);
    id_prints_keep(&list->prints);
    tally_move(&list->page_tally, &list->tally);
    unknown_words_move(&list->page_words, &list->words);
    list->repaired += decoder_repaired(list->fetch.decoder);
    list->dropped += decoder_dropped(list->fetch.decoder);
    const struct project_sample *other = decoder_other_project(list->fetch.decoder);
    if (other->is_there)
        project_sample_note(&list->other_project, (struct str){other->name, other->len});
    list->left_out += decoder_left_out(list->fetch.decoder);
    return true;
}

/* Forgets all pages. */
static void restart(struct list *list)
{
    free(list->cursor);
    list->cursor = NULL;
    list->paging = (struct paging){0};
    list->pages = 0;
    list->is_partial = false;
    list->repaired = list->dropped = list->left_out = 0;
    list->other_project = (struct project_sample){0};
    tally_clear(&list->tally);
    unknown_words_clear(&list->words);
    id_prints_free(&list->prints);
    spool_set_clear(list->kept);
    if (list->ids != NULL)
        id_set_clear(list->ids);
}

static void ask(struct list *list)
{
    fetch_start(&list->fetch, list->cluster->flavour->page_url(list),
                list->cluster->config->endpoint);
}

static void list_free(struct list *list)
{
    fetch_free(&list->fetch);
    spool_stage_free(list->stage);
    spool_set_free(list->kept);
    tally_free(&list->page_tally);
    tally_free(&list->tally);
    unknown_words_clear(&list->page_words);
    unknown_words_clear(&list->words);
    id_prints_free(&list->prints);
    id_set_free(list->ids);
    free(list->cursor);
    free(list);
}

/* Says how many records of the list are not in the report, and why. */
static void warn_of(const struct list *list, unsigned long long count, const char *what)
{
    const char *project = list_project(list);
    if (count == 0)
        return;
    char *text = project != NULL ? mem_printf("project \"%s\": %llu %s", project, count, what)
                                 : mem_printf("%llu %s", count, what);
    cluster_warn(list->cluster, text);
    free(text);
}

static void warn_of_dropped(const struct list *list)
{
    const struct project_sample *other = &list->other_project;
    const char *what = list->dropped == 1 ? "record that names another project was dropped"
                                          : "records that name another project were dropped";
    if (!other->is_there) {
        warn_of(list, list->dropped, what);
        return;
    }
    struct buf text;
    buf_init(&text, SAMPLE_MAX_BYTES);
    buf_printf(&text, "%s (one is \"", what);
    text_printable(other->name, other->len, &text);
    buf_append_str(&text, "\")");
    warn_of(list, list->dropped, text.data);
    buf_free(&text);
}

/* Records came, and none is of the project that was asked for: that is no project without
 * workloads, but one that the server spells in another way, or does not know. */
static bool has_only_others(const struct list *list)
{
    return list->other_project.is_there && list->tally.all.workloads == 0;
}

static void set_only_others(const struct list *list, const char *project, struct error *error)
{
    const struct project_sample *other = &list->other_project;
    struct buf text;
    buf_init(&text, SAMPLE_MAX_BYTES);
    buf_append_str(&text, "its records name project \"");
    text_printable(other->name, other->len, &text);
    buf_append_str(&text, "\", not \"");
    text_printable(project, strnlen(project, sizeof(other->name)), &text);
    buf_append_str(&text, "\"");
    error_set(error, ERR_BAD_SHAPE, "%s", text.data);
    buf_free(&text);
}

/* What the list delivered becomes part of the report. */
static void commit(struct list *list)
{
    struct cluster *cluster = list->cluster;
    struct cluster_entry *entry = cluster->entry;
    spool_set_move(list->kept, entry->workloads);
    entry->repaired += list->repaired;
    entry->dropped += list->dropped + list->left_out;
    if (cluster->lists_per_project > 0)
        count_add(&entry->projects[list->index / cluster->lists_per_project].count,
                  &list->tally.all);
    tally_move(&list->tally, &cluster->tally);
    id_prints_move(&list->prints, &cluster->prints);
    unknown_words_move(&list->words, &cluster->unknown_words);
    warn_of_dropped(list);
}

static void conclude(struct list *list, enum list_state state, const struct error *error)
{
    struct cluster *cluster = list->cluster;
    struct list **link = &cluster->lists;
    while (*link != list)
        link = &(*link)->next;
    *link = list->next;
    cluster->list_count_running--;
    cluster_account(cluster, &list->fetch.request);
    if (state == LIST_OK || state == LIST_INCOMPLETE)
        commit(list);
    cluster_list_done(cluster, list, state, error);
    list_free(list);
}

/* `error` is of class ERR_NONE and has the answer's status. */
static void page_done(struct list *list, struct error *error)
{
    const int http_status = error->http_status;
    bool is_partial = fetch_is_partial(error);
    enum page_verdict verdict = list->cluster->flavour->page(list, error);
    list->pages++;
    if (verdict != PAGE_DISCARD && verdict != PAGE_PARKED && verdict != PAGE_BAD &&
        !keep_page(list, error))
        verdict = PAGE_BAD;
    list->is_partial = list->is_partial || (is_partial && verdict != PAGE_DISCARD);
    if (verdict == PAGE_LAST && list->is_partial) {
        fetch_set_partial(error);
        verdict = PAGE_INCOMPLETE;
    }
    const char *project = list_project(list);
    if (verdict == PAGE_LAST && project != NULL && has_only_others(list)) {
        set_only_others(list, project, error);
        verdict = PAGE_BAD;
    }
    if ((verdict == PAGE_MORE || verdict == PAGE_DISCARD) && list->pages >= PAGES_MAX) {
        error_set(error, ERR_TOO_LARGE, "the list does not end after %d pages", PAGES_MAX);
        verdict = PAGE_BAD;
    }
    /* What is wrong with the list showed in an answer that was seen. */
    if (error->http_status == 0)
        error->http_status = http_status;
    switch (verdict) {
    case PAGE_DISCARD:
    case PAGE_MORE:
        ask(list);
        return;
    case PAGE_LAST:
        conclude(list, LIST_OK, error);
        return;
    case PAGE_PARKED:
        conclude(list, LIST_PARKED, error);
        return;
    case PAGE_INCOMPLETE:
        conclude(list, LIST_INCOMPLETE, error);
        return;
    case PAGE_BAD:
        conclude(list, LIST_FAILED, error);
        return;
    }
}

static void on_done(void *arg, struct error *error)
{
    struct list *list = arg;
    if (error->class == ERR_NONE) {
        page_done(list, error);
        return;
    }
    switch (list->cluster->flavour->refused(list, error)) {
    case REFUSAL_RESTART:
        if (list->restarts++ < RESTARTS_MAX) {
            restart(list);
            ask(list);
            return;
        }
        break;
    case REFUSAL_AGAIN:
        ask(list);
        return;
    case REFUSAL_PARKS:
        conclude(list, LIST_PARKED, error);
        return;
    case REFUSAL_ABSENT:
        conclude(list, LIST_ABSENT, error);
        return;
    case REFUSAL_KEEPS:
        conclude(list, LIST_INCOMPLETE, error);
        return;
    case REFUSAL_FAILS:
        break;
    }
    conclude(list, LIST_FAILED, error);
}

/* "cluster eu-1: workloads of project "team-a", page 3". */
static void describe(const void *arg, struct buf *out)
{
    const struct list *list = arg;
    const struct cluster *cluster = list->cluster;
    const char *project = list_project(list);
    buf_printf(out, "cluster %s: %s", cluster->config->name,
               cluster->flavour->label == NULL ? "workloads" : cluster->flavour->label(list));
    if (project != NULL)
        buf_printf(out, " of project \"%.*s\"", PROJECT_SHOWN_BYTES, project);
    if (cluster->flavour->is_paged)
        buf_printf(out, ", page %u", list->pages + 1);
}

void list_start(struct cluster *cluster, size_t index)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    const struct collect_context *context = cluster->collector->context;
    struct list *list = mem_new(1, sizeof(*list));
    fetch_init(&list->fetch, context->engine, cluster->token, cluster_peer(cluster), &ops, list);
    list->fetch.name = cluster->config->name;
    list->cluster = cluster;
    list->index = index;
    list->is_first = !cluster_peer(cluster)->was_answered;
    list->path = cluster->path;
    list->count = list->count_before = -1;
    tally_init(&list->page_tally);
    tally_init(&list->tally);
    list->stage = spool_stage_new(context->spool);
    list->kept = spool_set_new(context->spool);
    if (cluster->flavour->asks_control_plane)
        list->ids = id_set_new();
    list->next = cluster->lists;
    cluster->lists = list;
    cluster->list_count_running++;
    ask(list);
}
