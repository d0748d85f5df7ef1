/* What must become of each cluster. */
#include <string.h>

#include "data.h"
#include "truth.h"

static bool is_absent_state(const char *state)
{
    return state != NULL &&
           (strcmp(state, "Disconnected") == 0 || strcmp(state, "WaitingToConnect") == 0);
}

/* Whether discovery leaves no way to ask it. */
static bool is_skipped(const struct fleet *fleet, const struct cluster *cluster)
{
    if (!fleet->discovers)
        return false;
    if (cluster->api == API_CONTROL_PLANE)
        return !cluster->is_discovered;
    bool has_url = cluster->is_configured && cluster->has_conf_url;
    if (!cluster->is_discovered)
        return !has_url;
    return (is_absent_state(cluster->state) && !fleet->contacts_disconnected) ||
           (cluster->domain == DOMAIN_NULL && !has_url);
}

bool truth_has(const struct fleet *fleet, const struct cluster *cluster)
{
    if (cluster->expect_status != NULL && strcmp(cluster->expect_status, "absent") == 0)
        return false;
    return cluster->is_configured || (fleet->discovers && cluster->is_discovered);
}

/* What follows from what is no fault. */
static const char *status_of_rest(const struct cluster *cluster, const char **class)
{
    *class = NULL;
    if (cluster->api == API_KUBERNETES &&
        (cluster->missing_kinds & ((1u << KIND_BASE) - 1)) == (1u << KIND_BASE) - 1) {
        *class = "not_found";
        return "failed";
    }
    if (cluster->api == API_CONTROL_PLANE && cluster->count_off != 0) {
        *class = "incomplete";
        return "partial";
    }
    if (cluster->api == API_RESEARCHER && !cluster->is_listed && cluster->nameless > 0) {
        *class = "bad_shape";
        return cluster->project_count > 0 ? "partial" : "failed";
    }
    if (cluster->api == API_RESEARCHER && cluster->project_count == 0 && cluster->nameless == 0 &&
        !cluster->allows_empty) {
        *class = "not_found";
        return "partial";
    }
    if (cluster->upper_projects > 0 && cluster->workloads > 0) {
        *class = "bad_shape";
        return cluster->upper_projects < cluster->project_count ? "partial" : "failed";
    }
    if (cluster->fault.kind == FAULT_OTHER_PROJECT && cluster->project_count > 0 &&
        data_job_count(cluster) == 0) {
        *class = "bad_shape";
        return "failed";
    }
    return "ok";
}

static const char *status_of_fault(const struct cluster *cluster, const char **class)
{
    *class = cluster->fault.class;
    bool asks_projects = !cluster->is_listed && cluster->api == API_RESEARCHER;
    bool is_connection = cluster->fault.kind == FAULT_REFUSE ||
                         cluster->fault.kind == FAULT_BLACKHOLE ||
                         fault_is_of_handshake(&cluster->fault);
    bool has_no_target = (cluster->scope == SCOPE_PROJECTS && !asks_projects) ||
                         cluster->scope == SCOPE_DISCOVERY ||
                         (cluster->scope == SCOPE_JOBS && cluster->project_count == 0);
    if (cluster->api == API_CONTROL_PLANE || cluster->fault.class == NULL ||
        cluster->fault_times >= 0 || (has_no_target && !is_connection))
        return status_of_rest(cluster, class);
    bool is_partial =
        (cluster->fault_project != NULL && cluster->project_count > fault_project_count(cluster)) ||
        cluster->fault_kind >= 0;
    return is_partial ? "partial" : "failed";
}

const char *truth_status(const struct fleet *fleet, const struct cluster *cluster,
                         const char **class)
{
    *class = cluster->expect_class;
    if (cluster->expect_status != NULL)
        return cluster->expect_status;
    if (!is_skipped(fleet, cluster))
        return status_of_fault(cluster, class);
    *class = NULL;
    return "skipped";
}

void truth_put_coverage(FILE *file, const struct fleet *fleet)
{
    static const char *const names[] = {"ok", "partial", "failed", "skipped"};
    enum { OK, PARTIAL, FAILED, SKIPPED, STATUSES };
    unsigned long counts[STATUSES] = {0}, selected = 0, excused = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct cluster *cluster = &fleet->clusters[i];
        const char *class;
        if (!truth_has(fleet, cluster))
            continue;
        const char *status = truth_status(fleet, cluster, &class);
        bool is_away = strcmp(status, "failed") == 0 || strcmp(status, "skipped") == 0;
        for (int j = 0; j < STATUSES; j++)
            counts[j] += strcmp(status, names[j]) == 0;
        excused += is_away && (cluster->is_optional || fleet->is_optional);
        selected++;
    }
    struct text line = {0};
    text_printf(&line, "{\"coverage\":{\"selected\":%lu", selected);
    for (int j = 0; j < STATUSES; j++)
        text_printf(&line, ",\"%s\":%lu", names[j], counts[j]);
    text_printf(&line, ",\"stale\":0,\"optional\":%lu,\"ratio\":", excused);
    /* Millionths; a half is rounded up. */
    text_micro(&line, selected == 0
                          ? 1000000
                          : (int64_t)((counts[OK] * 2000000 + selected) / (2 * selected)));
    bool has_answers = counts[OK] + counts[PARTIAL] > 0;
    bool is_complete = counts[OK] + excused == selected && (has_answers || selected == 0);
    text_printf(&line, ",\"is_complete\":%s},\"run\":{\"outcome\":\"%s\"}}\n",
                is_complete ? "true" : "false",
                is_complete   ? "complete"
                : has_answers ? "partial"
                              : "failed");
    fwrite(line.data, 1, line.len, file);
    text_free(&line);
}
