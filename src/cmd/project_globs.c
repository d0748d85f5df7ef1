#include "project_globs.h"

#include "rollcall/text.h"
#include "session_internal.h"

static bool is_configured(const struct plan *plan, const char *glob)
{
    for (size_t i = 0; i < plan->cluster_count; i++)
        for (const char *const *project = plan->clusters[i]->projects; *project != NULL; project++)
            if (text_glob(glob, *project))
                return true;
    return false;
}

/* Whether the projects of all clusters are known before any is asked. */
static bool are_projects_known(const struct plan *plan)
{
    for (size_t i = 0; i < plan->cluster_count; i++)
        if (*plan->clusters[i]->projects == NULL)
            return false;
    return plan->cluster_count > 0;
}

int project_globs_check(const struct session *session)
{
    const struct option_list *globs = &session->selection->projects;
    int status = EXIT_COMPLETE;
    if (session->selection->is_empty_allowed || !are_projects_known(session->plan))
        return status;
    for (size_t i = 0; i < globs->count; i++) {
        if (is_configured(session->plan, globs->items[i]))
            continue;
        log_error(session->log,
                  "--project \"%s\" matches no configured project of the selected clusters "
                  "(--allow-empty accepts it)",
                  globs->items[i]);
        status = EXIT_USAGE;
    }
    return status;
}

static bool has_answered(const struct cluster_entry *cluster)
{
    return cluster->status == STATUS_OK || cluster->status == STATUS_PARTIAL;
}

/* Whether some cluster that answered has a project that the glob matches. */
static bool is_found(const struct report *report, const char *glob)
{
    for (size_t i = 0; i < report->cluster_count; i++) {
        const struct cluster_entry *cluster = &report->clusters[i];
        for (size_t j = 0; has_answered(cluster) && j < cluster->project_count; j++)
            if (text_glob(glob, cluster->projects[j].name))
                return true;
    }
    return false;
}

void project_globs_note_unmatched(const struct session *session, struct report *report)
{
    const struct option_list *globs = &session->selection->projects;
    bool is_anybody_there = false;
    size_t count = 0;
    for (size_t i = 0; i < report->cluster_count; i++)
        is_anybody_there = is_anybody_there || has_answered(&report->clusters[i]);
    if (session->selection->is_empty_allowed || !is_anybody_there || globs->count == 0)
        return;
    const char **unmatched = arena_alloc(report->arena, (globs->count + 1) * sizeof(*unmatched));
    for (size_t i = 0; i < globs->count; i++) {
        if (is_found(report, globs->items[i]))
            continue;
        log_warning(session->log,
                    "--project \"%s\" matches no project of any cluster that answered "
                    "(--allow-empty accepts it)",
                    globs->items[i]);
        unmatched[count++] = session_keep_text(globs->items[i], report->arena);
    }
    report->selection->unmatched = unmatched;
}
