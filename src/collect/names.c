#include <stdlib.h>

#include "collect_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"

/* More projects than any cluster has; a hostile one may not fill the memory with names. */
#define PROJECTS_MAX 100000

struct names {
    struct fetch fetch;
    struct cluster *cluster;
    const char **items; /* owned; the texts are in the report's arena */
    int64_t *quotas;    /* owned */
    size_t count, room;
};

static bool on_project(void *arg, const struct project_info *project, struct error *error)
{
    struct names *names = arg;
    if (names->count >= PROJECTS_MAX)
        return error_set(error, ERR_TOO_LARGE, "the cluster names more than %d projects",
                         PROJECTS_MAX);
    if (names->count == names->room) {
        names->room = names->room == 0 ? 16 : names->room * 2;
        names->items = mem_resize(names->items, names->room, sizeof(*names->items));
        names->quotas = mem_resize(names->quotas, names->room, sizeof(*names->quotas));
    }
    names->items[names->count] =
        arena_copy(names->cluster->collector->report->arena, project->name.data, project->name.len);
    names->quotas[names->count++] = project->gpus_quota;
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct names *names = arg;
    if (names->cluster->started_at_ms == 0)
        names->cluster->started_at_ms = clock_mono_ms();
    names->count = 0;
    return decoder_new_researcher_projects(on_project, names);
}

static void names_free(struct names *names)
{
    fetch_free(&names->fetch);
    free(names->items);
    free(names->quotas);
    free(names);
}

static void on_done(void *arg, struct error *error)
{
    struct names *names = arg;
    struct cluster *cluster = names->cluster;
    cluster_account(cluster, &names->fetch.request);
    if (error->class == ERR_NONE && !cluster->is_naming_parked) {
        cluster->entry->repaired += decoder_repaired(names->fetch.decoder);
        cluster->is_names_partial = fetch_is_partial(error);
        cluster->shows_no_project = names->count == 0 && decoder_dropped(names->fetch.decoder) == 0;
        /* A selection that does not want them does not miss them. */
        if (cluster_wants_project(cluster, (struct str){0}))
            cluster->nameless_projects = decoder_dropped(names->fetch.decoder);
        cluster->names_status = error->http_status;
        cluster->names_attempts = names->fetch.request.attempts;
    }
    cluster_names_done(cluster, names->items, names->quotas, names->count, error,
                       names->fetch.request.attempts);
    names_free(names);
}

static void describe(const void *arg, struct buf *out)
{
    const struct names *names = arg;
    buf_printf(out, "cluster %s: its projects", names->cluster->config->name);
}

void names_ask(struct cluster *cluster)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    struct names *names = mem_new(1, sizeof(*names));
    names->cluster = cluster;
    fetch_init(&names->fetch, cluster->collector->context->engine, cluster->token,
               &cluster->own_peer, &ops, names);
    names->fetch.name = cluster->config->name;
    fetch_start(&names->fetch, paths_projects_url(cluster->config), cluster->config->endpoint);
}
