#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/mem.h"

/* More clusters than any fleet has; a broken control plane may not fill the memory. */
#define CLUSTERS_MAX 100000

struct discover {
    struct fetch fetch;
    struct peer peer;
    const struct config *config;
    struct arena *arena;
    struct discovery *found;
    struct error error;
    bool is_over;
};

/* What has NUL in it would be cut there, and then be another text: it says nothing. */
static const char *keep(struct arena *arena, struct str text)
{
    if (text.data == NULL || memchr(text.data, '\0', text.len) != NULL)
        return NULL;
    return arena_copy(arena, text.data, text.len);
}

static bool on_cluster(void *arg, const struct discovered_cluster *cluster, struct error *error)
{
    struct discover *discover = arg;
    struct discovery *found = discover->found;
    if (cluster->name.data == NULL) {
        found->nameless++;
        return true;
    }
    if (found->count >= CLUSTERS_MAX)
        return error_set(error, ERR_TOO_LARGE, "the control plane names more than %d clusters",
                         CLUSTERS_MAX);
    if (found->count == found->room) {
        found->room = found->room == 0 ? 64 : found->room * 2;
        found->clusters = mem_resize(found->clusters, found->room, sizeof(*found->clusters));
    }
    found->clusters[found->count++] = (struct found_cluster){
        .uuid = keep(discover->arena, cluster->uuid),
        .name = keep(discover->arena, cluster->name),
        .domain = keep(discover->arena, cluster->domain),
        .state = keep(discover->arena, cluster->state),
        .last_liveness = keep(discover->arena, cluster->last_liveness),
    };
    return true;
}

static struct decoder *on_begin(void *arg)
{
    struct discover *discover = arg;
    discover->found->count = discover->found->nameless = 0;
    return decoder_new_control_clusters(on_cluster, discover);
}

static void on_done(void *arg, struct error *error)
{
    struct discover *discover = arg;
    if (fetch_is_partial(error))
        fetch_set_partial(error);
    discover->error = *error;
    discover->is_over = true;
}

static void describe(const void *arg, struct buf *out)
{
    (void)arg;
    buf_append_str(out, "control plane: its clusters");
}

static void on_token(void *arg, bool is_there)
{
    struct discover *discover = arg;
    if (is_there)
        fetch_start(&discover->fetch,
                    mem_printf("%s/api/v1/clusters", discover->config->control_plane.url),
                    &discover->config->control_plane.endpoint);
}

bool collect_discover(const struct config *config, struct engine *engine, struct token *token,
                      struct arena *arena, struct discovery *discovery, struct error *error)
{
    static const struct fetch_ops ops = {on_begin, on_done, describe};
    struct discover discover = {.config = config, .arena = arena, .found = discovery};
    struct token_waiter waiter = {.fn = on_token, .arg = &discover};
    fetch_init(&discover.fetch, engine, token, &discover.peer, &ops, &discover);
    discover.fetch.name = "control plane";
    token_obtain(token, &waiter);
    bool is_run = engine_run(engine, NULL, NULL, error);
    discovery->attempts = discover.fetch.request.attempts;
    if (is_run && !discover.is_over) {
        *error = *token_error(token);
        error_prefix(error, "no token");
        is_run = false;
    } else if (is_run && discover.error.class != ERR_NONE) {
        *error = discover.error;
        is_run = false;
    }
    fetch_free(&discover.fetch);
    return is_run;
}
