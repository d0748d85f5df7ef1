#include "rollcall/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

#define LABEL_COLUMNS 18

static bool is_empty(const char *const *list)
{
    return list == NULL || list[0] == NULL;
}

static bool matches_any(const char *const *globs, const char *text)
{
    for (size_t i = 0; globs != NULL && globs[i] != NULL; i++)
        if (text_glob(globs[i], text))
            return true;
    return false;
}

static bool has_text(const char *const *list, const char *text)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool is_selected(const struct cluster_config *cluster, const struct selection *selection)
{
    if (!is_empty(selection->clusters) && !matches_any(selection->clusters, cluster->name))
        return false;
    if (matches_any(selection->excludes, cluster->name))
        return false;
    for (size_t i = 0; selection->labels != NULL && selection->labels[i] != NULL; i++)
        if (!has_text(cluster->labels, selection->labels[i]))
            return false;
    return true;
}

struct plan *plan_new(const struct config *config, const struct selection *selection)
{
    struct plan *plan = mem_new(1, sizeof *plan);
    const struct cluster_config **clusters = mem_new(config->cluster_count + 1, sizeof *clusters);
    for (size_t i = 0; i < config->cluster_count; i++)
        if (is_selected(&config->clusters[i], selection))
            clusters[plan->cluster_count++] = &config->clusters[i];
    plan->config = config;
    plan->clusters = clusters;
    plan->project_globs = selection->projects;
    return plan;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    free((void *)plan->clusters);
    free(plan);
}

bool plan_wants_project(const struct plan *plan, struct str project)
{
    if (is_empty(plan->project_globs))
        return true;
    if (project.data == NULL || memchr(project.data, '\0', project.len) != NULL)
        return project.data == NULL && matches_any(plan->project_globs, "");
    char *name = mem_copy(project.data, project.len); /* a C string, which `project` need not be */
    bool is_wanted = matches_any(plan->project_globs, name);
    free(name);
    return is_wanted;
}

/* --- the form for people --- */

static void print_label(struct buf *out, const char *indent, const char *label)
{
    buf_printf(out, "%s%-*s", indent, LABEL_COLUMNS - (int)strlen(indent), label);
}

static void print_text(struct buf *out, const char *text)
{
    text_printable(text, strlen(text), out);
}

static void print_line(struct buf *out, const char *indent, const char *label, const char *text)
{
    print_label(out, indent, label);
    print_text(out, text);
    buf_append_char(out, '\n');
}

static void print_seconds(struct buf *out, int64_t ms)
{
    buf_printf(out, "%.15g s", (double)ms / 1000);
}

static void print_duration(struct buf *out, const char *label, int64_t ms)
{
    print_label(out, "  ", label);
    print_seconds(out, ms);
    buf_append_char(out, '\n');
}

static void print_bytes(struct buf *out, int64_t bytes)
{
    static const char suffixes[] = "KMG";
    size_t used = 0;
    while (used < sizeof suffixes - 1 && bytes % 1024 == 0) {
        bytes /= 1024;
        used++;
    }
    buf_printf(out, "%" PRId64, bytes);
    if (used > 0)
        buf_append_char(out, suffixes[used - 1]);
}

/* Names only: a value may be a key. */
static void print_headers(struct buf *out, const char *const *headers)
{
    print_label(out, "  ", "headers");
    for (size_t i = 0; headers[i] != NULL; i++) {
        if (i > 0)
            buf_append_str(out, ", ");
        text_printable(headers[i], strcspn(headers[i], ":"), out);
    }
    buf_append_char(out, '\n');
}

/* One entry a line, the label in front of the first. */
static void print_list(struct buf *out, const char *label, const char *const *list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        print_line(out, "  ", i == 0 ? label : "", list[i]);
}

/* What differs from what holds where nothing is configured. */
static void print_endpoint(struct buf *out, const struct endpoint_options *options)
{
    struct endpoint_options usual;
    config_endpoint_defaults(&usual);
    if (options->ca_file != NULL)
        print_line(out, "  ", "ca file", options->ca_file);
    if (options->client_cert != NULL)
        print_line(out, "  ", "client cert", options->client_cert);
    if (options->client_key != NULL)
        print_line(out, "  ", "client key", options->client_key);
    if (options->proxy != NULL)
        print_line(out, "  ", "proxy", options->proxy[0] == '\0' ? "none" : options->proxy);
    if (!is_empty(options->headers))
        print_headers(out, options->headers);
    print_list(out, "resolve", options->resolve);
    if (options->connect_timeout_ms != usual.connect_timeout_ms)
        print_duration(out, "connect timeout", options->connect_timeout_ms);
    if (options->idle_timeout_ms != usual.idle_timeout_ms)
        print_duration(out, "idle timeout", options->idle_timeout_ms);
    if (options->timeout_ms != usual.timeout_ms)
        print_duration(out, "timeout", options->timeout_ms);
    if (options->retries != usual.retries) {
        print_label(out, "  ", "retries");
        buf_printf(out, "%u\n", options->retries);
    }
    if (options->max_body_bytes != usual.max_body_bytes) {
        print_label(out, "  ", "max body");
        print_bytes(out, options->max_body_bytes);
        buf_append_char(out, '\n');
    }
}

static void print_secret(struct buf *out, const char *label, const struct secret_source *source)
{
    if (source->kind == SECRET_NONE)
        return;
    char *text = secret_describe(source);
    print_line(out, "  ", label, text);
    free(text);
}

static void print_control_plane(struct buf *out, const struct control_plane_config *control_plane)
{
    if (!control_plane->is_set) {
        print_line(out, "", "control plane", "none: every cluster has a token of its own");
        return;
    }
    print_line(out, "", "control plane", control_plane->url);
    print_line(out, "  ", "grant", config_grant_name(control_plane->grant));
    if (control_plane->realm != NULL)
        print_line(out, "  ", "realm", control_plane->realm);
    if (control_plane->client_id != NULL)
        print_line(out, "  ", "client id", control_plane->client_id);
    print_secret(out, "client secret", &control_plane->client_secret);
    print_secret(out, "external token", &control_plane->external_token);
    print_secret(out, "refresh token", &control_plane->refresh_token);
    print_secret(out, "token", &control_plane->token);
    if (control_plane->token_path != NULL)
        print_line(out, "  ", "token path", control_plane->token_path);
    if (control_plane->token_cache != NULL)
        print_line(out, "  ", "token cache", control_plane->token_cache);
    print_endpoint(out, &control_plane->endpoint);
}

static void print_discover(struct buf *out, const struct discover_config *discover)
{
    if (!discover->is_enabled)
        return;
    print_line(out, "", "discovery", "enabled");
    print_list(out, "include", discover->includes);
    print_list(out, "exclude", discover->excludes);
    print_line(out, "  ", "disconnected",
               discover->contacts_disconnected ? "contacted" : "skipped");
}

static void print_run(struct buf *out, const struct run_config *run)
{
    print_label(out, "", "run");
    buf_printf(out, "%u at once, %u per host, deadline ", run->concurrency, run->per_host);
    print_seconds(out, run->deadline_ms);
    buf_append_char(out, '\n');
    if (run->is_enriching)
        print_line(out, "  ", "enrich", "yes");
    if (run->is_reconciling)
        print_line(out, "  ", "reconcile", "yes");
}

static void print_report(struct buf *out, const struct report_config *report)
{
    if (report->directory != NULL) {
        print_line(out, "", "report", report->directory);
        print_label(out, "  ", "keep");
        if (report->keep == 0)
            buf_append_str(out, "all reports\n");
        else
            buf_printf(out, "%u reports\n", report->keep);
        print_label(out, "  ", "mode");
        buf_printf(out, "%04o\n", (unsigned)report->mode);
    } else {
        print_line(out, "", "report",
                   report->output_count > 0 ? "these files only"
                                            : "standard output (no directory is configured)");
    }
    print_line(out, "  ", "workloads", report->has_workloads ? "listed" : "totals only");
    for (size_t i = 0; i < report->output_count; i++) {
        const struct output_config *output = &report->outputs[i];
        print_label(out, "  ", output->format);
        print_text(out, output->file);
        buf_printf(out, " (mode %04o)\n", (unsigned)output->mode);
    }
}

static void print_projects(struct buf *out, const struct plan *plan,
                           const struct cluster_config *cluster)
{
    print_label(out, "  ", "projects");
    if (is_empty(cluster->projects)) {
        buf_append_str(out, cluster->api == API_RESEARCHER ? "asked from the cluster"
                                                           : "the whole cluster");
        const char *lead =
            cluster->api == API_RESEARCHER ? ", those that match " : ", projects that match ";
        for (size_t i = 0; plan->project_globs != NULL && plan->project_globs[i] != NULL; i++) {
            buf_append_str(out, lead);
            print_text(out, plan->project_globs[i]);
            lead = " or ";
        }
        buf_append_char(out, '\n');
        return;
    }
    size_t printed = 0;
    for (size_t i = 0; cluster->projects[i] != NULL; i++) {
        if (!plan_wants_project(plan, str_of(cluster->projects[i])))
            continue;
        if (printed++ > 0)
            buf_append_str(out, ", ");
        print_text(out, cluster->projects[i]);
    }
    buf_append_str(out, printed == 0 ? "none: no configured one is selected\n" : "\n");
}

static void print_cluster(struct buf *out, const struct plan *plan,
                          const struct cluster_config *cluster)
{
    buf_append_char(out, '\n');
    print_line(out, "", "cluster", cluster->name);
    print_label(out, "  ", "endpoint");
    if (cluster->url != NULL) {
        print_text(out, cluster->url);
        print_text(out, cluster->base_path);
        buf_append_char(out, '\n');
    } else {
        buf_append_str(out, "none\n");
    }
    if (cluster->skipped != NULL)
        print_line(out, "  ", "skipped", cluster->skipped);
    print_line(out, "  ", "api", config_api_name(cluster->api));
    if (cluster->uuid != NULL)
        print_line(out, "  ", "uuid", cluster->uuid);
    print_secret(out, "token", &cluster->token);
    if (cluster->jobs_path != NULL)
        print_line(out, "  ", "jobs path", cluster->jobs_path);
    print_projects(out, plan, cluster);
    print_list(out, "labels", cluster->labels);
    if (cluster->is_optional)
        print_line(out, "  ", "optional", "yes");
    if (cluster->allows_empty)
        print_line(out, "  ", "allow empty", "yes");
    print_endpoint(out, cluster->endpoint);
}

void plan_print(const struct plan *plan, struct buf *out)
{
    const struct config *config = plan->config;
    print_line(out, "", "configuration", config->file);
    print_control_plane(out, &config->control_plane);
    print_discover(out, &config->discover);
    print_run(out, &config->run);
    print_report(out, &config->report);
    print_label(out, "", "clusters");
    buf_printf(out, "%zu of %zu\n", plan->cluster_count, config->cluster_count);
    for (size_t i = 0; i < plan->cluster_count; i++)
        print_cluster(out, plan, plan->clusters[i]);
}
