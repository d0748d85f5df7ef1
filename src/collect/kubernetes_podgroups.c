#include <stdlib.h>
#include <string.h>

#include "kubernetes.h"
#include "rollcall/buf.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

#define GROUP "scheduling.run.ai/v2alpha2"

/* More than any cluster has: what one sends may not fill the memory. It holds for each list that is
 * being read and for those that were, so that it does not depend on which are read at once. */
#define POD_GROUPS_MAX 100000
#define READERS_MAX    4
#define RESTARTS_MAX   5

struct pod_groups;

/* Reads one list after the other. A list counts as a whole, so what it delivers waits for its end:
 * with a part of it a sum would be too small. */
struct reader {
    struct fetch fetch;
    struct pod_groups *all;
    size_t list;  /* a project's index, or 0 */
    char *cursor; /* owned; NULL: the first page */
    unsigned pages, restarts;
    struct pod_group_row *rows; /* owned */
    size_t row_count, row_room;
    size_t whole_count; /* rows of pages that are whole */
};

struct pod_groups {
    struct cluster *cluster;
    struct pod_group_table *table; /* owned */
    struct reader *readers;        /* owned */
    size_t reader_count, running;
    size_t list_count, next_list;
    struct pod_group_row *rows; /* owned; of lists that are whole, in the order of their ends */
    size_t row_count;
    bool is_over; /* there are more than POD_GROUPS_MAX */
    size_t failures;
    size_t failed_list; /* the first one that failed, in the lists' order */
    struct error error; /* and why */
};

static const char *project_of(const struct reader *reader)
{
    const struct cluster *cluster = reader->all->cluster;
    return cluster->is_by_project ? cluster->entry->projects[reader->list].name : NULL;
}

static bool on_group(void *arg, const struct pod_group *group, struct error *error)
{
    struct reader *reader = arg;
    if (reader->row_count >= POD_GROUPS_MAX) {
        reader->all->is_over = true;
        return error_set(error, ERR_TOO_LARGE, "there are more than %d", POD_GROUPS_MAX);
    }
    if (reader->row_count == reader->row_room) {
        reader->row_room = reader->row_room == 0 ? 64 : reader->row_room * 2;
        reader->rows = mem_resize(reader->rows, reader->row_room, sizeof(*reader->rows));
    }
    reader->rows[reader->row_count++] = pod_group_table_row(reader->all->table, group);
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct reader *reader = arg;
    struct cluster *cluster = reader->all->cluster;
    if (cluster->started_at_ms == 0)
        cluster->started_at_ms = clock_mono_ms();
    reader->row_count = reader->whole_count;
    return decoder_new_pod_groups(project_of(reader), on_group, reader);
}

static void ask(struct reader *reader)
{
    const struct cluster_config *config = reader->all->cluster->config;
    fetch_start(&reader->fetch,
                kubernetes_list_url(config, GROUP, project_of(reader), "podgroups", PAGE_LIMIT,
                                    reader->cursor),
                config->endpoint);
}

/* Forgets all pages. */
static void rewind_list(struct reader *reader)
{
    free(reader->cursor);
    reader->cursor = NULL;
    reader->pages = 0;
    reader->row_count = reader->whole_count = 0;
}

static bool start_next(struct reader *reader)
{
    struct pod_groups *all = reader->all;
    if (all->is_over || all->next_list >= all->list_count)
        return false;
    reader->list = all->next_list++;
    reader->restarts = 0;
    ask(reader);
    return true;
}

/* Says which lists failed, and why the first of them did. */
static void warn(struct pod_groups *all)
{
    const struct cluster *cluster = all->cluster;
    struct buf text;
    buf_init(&text, sizeof(all->error.text) + 2 * PROJECT_SHOWN_BYTES);
    buf_append_str(&text, "no allocated GPUs from the scheduler's PodGroups");
    if (all->is_over)
        error_set(&all->error, ERR_TOO_LARGE, "there are more than %d", POD_GROUPS_MAX);
    else if (cluster->is_by_project)
        buf_printf(&text, " of project \"%.*s\"", PROJECT_SHOWN_BYTES,
                   cluster->entry->projects[all->failed_list].name);
    if (all->failures > 1 && !all->is_over)
        buf_printf(&text, " and %zu more", all->failures - 1);
    buf_printf(&text, ": %s", all->error.text);
    cluster_warn(all->cluster, text.data);
    buf_free(&text);
}

/* All lists have come to their end. */
static void finish(struct pod_groups *all)
{
    struct cluster *cluster = all->cluster;
    for (size_t i = 0; i < all->reader_count; i++) {
        struct reader *reader = &all->readers[i];
        cluster_account(cluster, &reader->fetch.request);
        fetch_free(&reader->fetch);
        free(reader->rows);
        free(reader->cursor);
    }
    if (all->failures > 0 || all->is_over)
        warn(all);
    if (all->is_over) {
        pod_group_table_free(all->table);
    } else {
        cluster->entry->repaired += pod_group_table_add(all->table, all->rows, all->row_count);
        kubernetes_of(cluster)->pod_groups = all->table;
    }
    free(all->rows);
    free(all->readers);
    free(all);
    kubernetes_pod_groups_done(cluster);
}

static void keep_rows(struct pod_groups *all, const struct reader *reader)
{
    if (reader->row_count == 0)
        return;
    if (reader->row_count > POD_GROUPS_MAX - all->row_count) {
        all->is_over = true;
        return;
    }
    size_t count = all->row_count + reader->row_count;
    all->rows = mem_resize(all->rows, count, sizeof(*all->rows));
    memcpy(&all->rows[all->row_count], reader->rows, reader->row_count * sizeof(*all->rows));
    all->row_count = count;
}

/* The rows of a list that is whole count, those of another one do not. */
static void end_list(struct reader *reader, const struct error *error, bool is_absent)
{
    struct pod_groups *all = reader->all;
    if (error->class == ERR_NONE) {
        keep_rows(all, reader);
    } else if (!is_absent) {
        if (all->failures++ == 0 || reader->list < all->failed_list) {
            all->failed_list = reader->list;
            all->error = *error;
        }
    }
    rewind_list(reader);
}

/* Until the first list is over only one reader is at work: where there are no PodGroups, or nothing
 * answers, the others need not be asked. */
static void go_on(struct reader *reader, const struct error *error, bool is_absent)
{
    struct pod_groups *all = reader->all;
    bool is_hopeless = is_absent || (error->class != ERR_NONE && error->http_status == 0);
    end_list(reader, error, is_absent);
    if (reader->list == 0 && is_hopeless)
        all->next_list = all->list_count;
    size_t first = reader->list == 0 ? 0 : (size_t)(reader - all->readers);
    size_t end = reader->list == 0 ? all->reader_count : first + 1;
    all->running--;
    for (size_t i = first; i < end; i++)
        all->running += start_next(&all->readers[i]);
    if (all->running == 0)
        finish(all);
}

static void on_page(struct reader *reader, struct error *error)
{
    enum page_verdict verdict = kubernetes_next_page(reader->fetch.decoder, &reader->cursor, error);
    reader->whole_count = reader->row_count;
    if (verdict == PAGE_MORE && ++reader->pages < PAGES_MAX) {
        ask(reader);
        return;
    }
    if (verdict == PAGE_MORE)
        error_set(error, ERR_TOO_LARGE, "the list does not end after %d pages", PAGES_MAX);
    go_on(reader, error, false);
}

static void on_done(void *arg, struct error *error)
{
    struct reader *reader = arg;
    if (fetch_is_partial(error))
        fetch_set_partial(error);
    if (error->class == ERR_NONE) {
        on_page(reader, error);
        return;
    }
    enum refusal_verdict verdict = kubernetes_refused(reader->cursor, error);
    if (verdict == REFUSAL_RESTART && reader->restarts++ < RESTARTS_MAX) {
        rewind_list(reader);
        ask(reader);
        return;
    }
    go_on(reader, error, verdict == REFUSAL_ABSENT);
}

/* "cluster eu-1: PodGroups of project "team-a", page 3". */
static void describe(const void *arg, struct buf *out)
{
    const struct reader *reader = arg;
    const char *project = project_of(reader);
    buf_printf(out, "cluster %s: PodGroups", reader->all->cluster->config->name);
    if (project != NULL)
        buf_printf(out, " of project \"%.*s\"", PROJECT_SHOWN_BYTES, project);
    buf_printf(out, ", page %u", reader->pages + 1);
}

void kubernetes_read_pod_groups(struct cluster *cluster)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    const struct collect_context *context = cluster->collector->context;
    size_t per_host = context->plan->config->run.per_host;
    size_t most = per_host < READERS_MAX ? per_host : READERS_MAX;
    struct pod_groups *all = mem_new(1, sizeof(*all));
    all->cluster = cluster;
    all->table = pod_group_table_new();
    all->list_count = cluster->is_by_project ? cluster->entry->project_count : 1;
    all->reader_count = all->list_count < most ? all->list_count : most;
    all->readers = mem_new(all->reader_count, sizeof(*all->readers));
    for (size_t i = 0; i < all->reader_count; i++) {
        struct reader *reader = &all->readers[i];
        reader->all = all;
        fetch_init(&reader->fetch, context->engine, cluster->token, &cluster->own_peer, &ops,
                   reader);
        reader->fetch.name = cluster->config->name;
    }
    all->running = start_next(&all->readers[0]);
}
