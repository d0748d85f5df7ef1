#include "json_sections.h"

#include "json_put.h"
#include "reconciled.h"

static void put_names(struct json_writer *w, const char *key, const char **names, size_t count)
{
    put_key(w, key);
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; i < count; i++)
        json_string(w, names[i]);
    json_end(w);
}

void json_put_discovery(struct json_writer *w, const struct discovery_section *discovery)
{
    bool is_ok = discovery->error.class == ERR_NONE;
    put_key(w, "discovery");
    json_begin_object(w, JSON_LINES);
    put_string(w, "status", entry_status_name(is_ok ? STATUS_OK : STATUS_FAILED));
    put_error(w, &discovery->error);
    if (is_ok) {
        put_int(w, "found", discovery->found);
        put_int(w, "selected", discovery->selected);
    } else {
        put_null(w, "found");
        put_null(w, "selected");
    }
    put_string(w, "compared_to", discovery->compared_to);
    put_names(w, "appeared", discovery->appeared, discovery->appeared_count);
    put_names(w, "vanished", discovery->vanished, discovery->vanished_count);
    json_end(w);
}

static void put_state(struct json_writer *w, const struct workload_view *view)
{
    put_string(w, "phase", workload_phase_name(view->phase));
    put_str(w, "raw_phase", view->raw_phase);
    put_amount(w, "gpus_allocated", view->gpus_allocated);
}

static void put_view(struct json_writer *w, const char *key, const struct workload_view *view)
{
    put_key(w, key);
    json_begin_object(w, JSON_INLINE);
    put_str(w, "id", view->id);
    put_state(w, view);
    json_end(w);
}

/* A workload that one side only knows. */
static void put_lone(struct json_writer *w, const struct difference *difference,
                     const struct workload_view *view)
{
    json_begin_object(w, JSON_INLINE);
    put_str(w, "id", view->id);
    put_str(w, "project", difference->project);
    put_str(w, "name", difference->name);
    put_state(w, view);
    json_end(w);
}

static void put_differences(struct json_writer *w, const struct reconciled_cluster *cluster)
{
    bool is_compared = cluster->excluded == NULL;
    put_key(w, "only_control_plane");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; is_compared && i < cluster->only_control_plane.count; i++) {
        const struct difference *difference = &cluster->only_control_plane.items[i];
        put_lone(w, difference, &difference->control_plane);
    }
    json_end(w);
    put_key(w, "only_cluster");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; is_compared && i < cluster->only_cluster.count; i++) {
        const struct difference *difference = &cluster->only_cluster.items[i];
        put_lone(w, difference, &difference->cluster);
    }
    json_end(w);
    put_key(w, "differing");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; is_compared && i < cluster->differing.count; i++) {
        const struct difference *difference = &cluster->differing.items[i];
        json_begin_object(w, JSON_INLINE);
        put_str(w, "project", difference->project);
        put_str(w, "name", difference->name);
        put_view(w, "cluster", &difference->cluster);
        put_view(w, "control_plane", &difference->control_plane);
        json_end(w);
    }
    json_end(w);
}

static void put_reconciled(struct json_writer *w, const struct reconciled_cluster *cluster)
{
    json_begin_object(w, JSON_LINES);
    put_string(w, "cluster", cluster->name);
    put_string(w, "status", cluster->excluded == NULL ? "compared" : "excluded");
    put_string(w, "reason", cluster->excluded);
    if (cluster->excluded == NULL) {
        put_int(w, "matched", (int64_t)cluster->matched);
        put_int(w, "third_party", (int64_t)cluster->third_party);
        put_int(w, "unconfirmed", (int64_t)cluster->unconfirmed);
    } else {
        put_null(w, "matched");
        put_null(w, "third_party");
        put_null(w, "unconfirmed");
    }
    put_differences(w, cluster);
    json_end(w);
}

void json_put_reconciliation(struct json_writer *w, const struct reconciliation *reconciliation)
{
    struct reconciled_totals totals = reconciled_sum(reconciliation);
    put_key(w, "reconciliation");
    json_begin_object(w, JSON_LINES);
    put_error(w, &reconciliation->error);
    put_key(w, "totals");
    json_begin_object(w, JSON_INLINE);
    put_int(w, "clusters_compared", (int64_t)totals.compared);
    put_int(w, "clusters_excluded", (int64_t)totals.excluded);
    put_int(w, "matched", (int64_t)totals.matched);
    put_int(w, "only_control_plane", (int64_t)totals.only_control_plane);
    put_int(w, "only_cluster", (int64_t)totals.only_cluster);
    put_int(w, "differing", (int64_t)totals.differing);
    put_int(w, "third_party", (int64_t)totals.third_party);
    put_int(w, "unconfirmed", (int64_t)totals.unconfirmed);
    json_end(w);
    put_key(w, "clusters");
    json_begin_array(w, JSON_LINES);
    for (size_t i = 0; i < reconciliation->cluster_count; i++)
        put_reconciled(w, &reconciliation->clusters[i]);
    json_end(w);
    json_end(w);
}
