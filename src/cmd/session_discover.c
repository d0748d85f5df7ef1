#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rollcall/collect.h"
#include "session_internal.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names that only the first list has; both are sorted. */
static const char **subtract(struct arena *arena, const char *const *names, size_t count,
                             const char *const *without, size_t without_count, size_t *left)
{
    const char **out = arena_alloc(arena, count * sizeof(*out));
    *left = 0;
    for (size_t i = 0, j = 0; i < count; i++) {
        while (j < without_count && strcmp(without[j], names[i]) < 0)
            j++;
        if (j == without_count || strcmp(without[j], names[i]) != 0)
            out[(*left)++] = arena_strdup(arena, names[i]);
    }
    return out;
}

/* The base name of the report that latest.json stands for; NULL: there is none. */
static const char *find_previous(const char *directory, struct arena *arena, char **path)
{
    char target[PATH_MAX];
    *path = mem_printf("%s/latest.json", directory);
    ssize_t len = readlink(*path, target, sizeof(target) - 1);
    if (len <= 0)
        return NULL;
    target[len] = '\0';
    const char *slash = strrchr(target, '/');
    return session_keep_text(slash == NULL ? target : slash + 1, arena);
}

/* Every name that the configuration or the control plane knows, sorted; free() the array. */
static const char **list_known(struct config *config, const struct discovery *discovery,
                               size_t *count)
{
    size_t found_count;
    const char **found =
        config_found_names(config, discovery->clusters, discovery->count, &found_count);
    const char **known = mem_new(config->cluster_count + found_count, sizeof(*known));
    for (size_t i = 0; i < config->cluster_count; i++)
        known[i] = config->clusters[i].name;
    for (size_t i = 0; i < found_count; i++)
        known[config->cluster_count + i] = found[i];
    *count = config->cluster_count + found_count;
    qsort(known, *count, sizeof(*known), compare_names);
    return known;
}

/* What is new and what is gone since the report before. What is left out now has not gone. */
static void compare_with_previous(const struct session *session, const struct discovery *discovery,
                                  struct arena *arena, struct discovery_section *section)
{
    struct config *config = session->config;
    const struct plan *plan = session->plan;
    const char **before = NULL;
    size_t before_count = 0;
    char *path = NULL;
    if (config->report.directory == NULL)
        return;
    const char *previous = find_previous(config->report.directory, arena, &path);
    if (previous != NULL && report_read_names(path, arena, &before, &before_count)) {
        size_t known_count;
        const char **known = list_known(config, discovery, &known_count);
        const char **asked = mem_new(plan->cluster_count, sizeof(*asked));
        for (size_t i = 0; i < plan->cluster_count; i++)
            asked[i] = plan->clusters[i]->name;
        qsort(before, before_count, sizeof(*before), compare_names);
        section->compared_to = previous;
        section->appeared = subtract(arena, asked, plan->cluster_count, before, before_count,
                                     &section->appeared_count);
        section->vanished =
            subtract(arena, before, before_count, known, known_count, &section->vanished_count);
        free(known);
        free(asked);
    }
    free(path);
}

/* Found clusters that include and exclude select. */
static unsigned count_selected(const struct session *session, const struct discovery *discovery)
{
    unsigned selected = 0;
    for (size_t i = 0; i < discovery->count; i++)
        selected += config_discover_selects(session->config, discovery->clusters[i].name);
    return selected;
}

/* Discovery has failed: the configured clusters are asked all the same, if there is one. */
static int go_on_without(struct session *session, struct arena *arena,
                         struct discovery_section *section, unsigned attempts,
                         const struct error *error)
{
    section->error = (struct report_error){error->class, arena_strdup(arena, error->text),
                                           error->http_status, attempts};
    log_warning(session->log, "discovery failed: %s: %s", error_class_name(error->class),
                error->text);
    for (size_t i = 0; i < session->plan->cluster_count; i++)
        if (session->plan->clusters[i]->skipped == NULL)
            return EXIT_COMPLETE;
    if (error->class == ERR_INTERRUPTED && session->plan->cluster_count > 0)
        return EXIT_COMPLETE;
    log_error(session->log, "no report: there is no other cluster to ask");
    return EXIT_NO_REPORT;
}

int session_discover(struct session *session, struct arena *arena,
                     struct discovery_section **section)
{
    struct config *config = session->config;
    struct error error = {0};
    struct discovery discovery = {0};
    *section = NULL;
    if (!config->discover.is_enabled)
        return EXIT_COMPLETE;
    *section = arena_alloc(arena, sizeof(**section));
    int status;
    if (collect_discover(config, session->engine, session->token, arena, &discovery, &error)) {
        if (discovery.nameless > 0)
            log_warning(session->log,
                        "discovery left out %zu cluster%s that the control plane gives no usable "
                        "name",
                        discovery.nameless, discovery.nameless == 1 ? "" : "s");
        (*section)->found = (unsigned)discovery.count;
        (*section)->selected = count_selected(session, &discovery);
        config_merge(config, discovery.clusters, discovery.count);
        session_select(session);
        status = session_check_selection(session);
        if (status == EXIT_COMPLETE && !session_prepare_trust(session, &error)) {
            log_error(session->log, "%s", error.text);
            status = EXIT_USAGE;
        }
        compare_with_previous(session, &discovery, arena, *section);
    } else {
        status = go_on_without(session, arena, *section, discovery.attempts, &error);
    }
    free(discovery.clusters);
    return status;
}
