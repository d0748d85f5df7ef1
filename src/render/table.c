#include "render_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "rollcall/mem.h"
#include "table_sections.h"

enum { PROJECTS_SHOWN = 10, SUMMARY_BYTES = 1024 };

static const char *status_color(enum entry_status status)
{
    switch (status) {
    case STATUS_OK:
        return "32";
    case STATUS_PARTIAL:
        return "33";
    case STATUS_FAILED:
        return "31";
    case STATUS_SKIPPED:
        break;
    }
    return NULL;
}

static void add_problem(struct grid *grid, const struct cluster_entry *cluster,
                        const struct render_options *options)
{
    const struct report_error *error = &cluster->error;
    bool has_error = error->class != ERR_NONE && cluster->status != STATUS_SKIPPED;
    const char *message = has_error ? error->message : cluster->reason;
    grid_add(grid, str_of(cluster->name), name_columns(options), NULL);
    grid_add(grid, str_of(entry_status_name(cluster->status)), 0, status_color(cluster->status));
    grid_add(grid, str_of(has_error ? error_class_name(error->class) : NULL), 0, NULL);
    grid_add(grid, str_of(message), 0, NULL);
}

/* One row for each cluster that is not ok; nothing when all are. */
static bool print_problems(const struct report *report, const struct render_options *options,
                           struct outfile *out)
{
    if (report->coverage.ok == report->coverage.selected)
        return true;
    struct grid *grid = grid_new(4, 0);
    static const char *const heads[] = {"CLUSTER", "STATUS", "CLASS", "MESSAGE"};
    for (size_t i = 0; i < 4; i++)
        grid_add(grid, str_of(heads[i]), 0, NULL);
    for (size_t i = 0; i < report->cluster_count; i++)
        if (report->clusters[i].status != STATUS_OK)
            add_problem(grid, &report->clusters[i], options);
    bool is_ok =
        grid_print(grid, options->columns, options->has_color, out) && outfile_write(out, "\n", 1);
    grid_free(grid);
    return is_ok;
}

static void append_status(struct buf *line, enum entry_status status, unsigned count,
                          bool has_color)
{
    if (count == 0 && status != STATUS_OK)
        return;
    char text[48];
    snprintf(text, sizeof text, "%u %s", count, entry_status_name(status));
    buf_append_str(line, status == STATUS_OK ? ": " : ", ");
    grid_color(line, text, count > 0 ? status_color(status) : NULL, has_color);
}

static void append_clusters(struct buf *line, const struct coverage *coverage, bool has_color)
{
    buf_printf(line, "%u cluster%s", coverage->selected, plural(coverage->selected));
    append_status(line, STATUS_OK, coverage->ok, has_color);
    append_status(line, STATUS_PARTIAL, coverage->partial, has_color);
    append_status(line, STATUS_FAILED, coverage->failed, has_color);
    append_status(line, STATUS_SKIPPED, coverage->skipped, has_color);
    if (coverage->optional > 0)
        buf_printf(line, " (%u optional)", coverage->optional);
    buf_append_char(line, '\n');
}

/* "-" where there is no figure. */
static void format_gpus(const struct count *count, char out[AMOUNT_SIZE])
{
    if (count_has_gpus(count))
        amount_format(count->gpus_allocated, out);
    else
        snprintf(out, AMOUNT_SIZE, "-");
}

static void append_amounts(struct buf *line, const struct report *report)
{
    const struct count *all = &report->totals.all;
    unsigned clusters = report->totals_clusters;
    if (clusters == 0 && report->coverage.selected > 0) {
        buf_append_str(line, "- workloads and - GPUs allocated: no cluster answered\n");
        return;
    }
    char gpus[AMOUNT_SIZE];
    format_gpus(all, gpus);
    buf_printf(line, "%" PRId64 " workload%s over %u cluster%s\n", all->workloads,
               plural(all->workloads), clusters, plural(clusters));
    buf_printf(line, "%s GPU%s allocated over %u cluster%s", gpus,
               strcmp(gpus, "1") == 0 ? "" : "s", clusters, plural(clusters));
    if (all->workloads_without_gpus > 0)
        buf_printf(line, "; %" PRId64 " workload%s without a GPU figure",
                   all->workloads_without_gpus, plural(all->workloads_without_gpus));
    buf_append_char(line, '\n');
}

static bool print_summary(const struct report *report, const struct render_options *options,
                          struct outfile *out)
{
    struct buf text;
    buf_init(&text, SUMMARY_BYTES);
    if (report->interrupted_by != NULL)
        buf_printf(&text, "interrupted by %s: what had not answered by then is missing\n",
                   report->interrupted_by);
    append_clusters(&text, &report->coverage, options->has_color);
    append_amounts(&text, report);
    if (report->totals_repaired > 0)
        buf_printf(&text, "%" PRIu64 " malformed value%s repaired\n", report->totals_repaired,
                   report->totals_repaired == 1 ? "" : "s");
    bool is_ok = outfile_write(out, text.data, text.len);
    buf_free(&text);
    return is_ok;
}

static void add_heads(struct grid *grid, const char *key)
{
    for (int i = 0; i < 3; i++)
        grid_add(grid, str_of(""), 0, NULL);
    grid_add(grid, str_of(key), 0, NULL);
    grid_add(grid, str_of("WORKLOADS"), 0, NULL);
    grid_add(grid, str_of("GPUS"), 0, NULL);
}

static void add_count(struct grid *grid, struct str key, const struct count *count,
                      const struct render_options *options)
{
    char workloads[24], gpus[AMOUNT_SIZE];
    snprintf(workloads, sizeof workloads, "%" PRId64, count->workloads);
    format_gpus(count, gpus);
    grid_add(grid, key, name_columns(options), NULL);
    grid_add(grid, str_of(workloads), 0, NULL);
    grid_add(grid, str_of(gpus), 0, NULL);
}

/* The most GPUs first, those without a figure last; then by name. */
static int compare_by_gpus(const void *a, const void *b)
{
    const struct key_count *left = a, *right = b;
    bool left_has = count_has_gpus(&left->count), right_has = count_has_gpus(&right->count);
    if (left_has != right_has)
        return left_has ? -1 : 1;
    if (left_has && left->count.gpus_allocated != right->count.gpus_allocated)
        return left->count.gpus_allocated > right->count.gpus_allocated ? -1 : 1;
    return str_compare(left->key, right->key);
}

static void add_projects(struct grid *grid, const struct count_map *map,
                         const struct render_options *options)
{
    size_t count;
    struct key_count *projects = count_map_sorted(map, &count);
    if (count > 1)
        qsort(projects, count, sizeof *projects, compare_by_gpus);
    add_heads(grid, "PROJECT");
    for (size_t i = 0; i < count && i < PROJECTS_SHOWN; i++)
        add_count(grid, projects[i].key, &projects[i].count, options);
    if (count > PROJECTS_SHOWN) {
        char *more = mem_printf("… and %zu more", count - PROJECTS_SHOWN);
        grid_add(grid, str_of(more), 0, NULL);
        grid_add(grid, str_of(""), 0, NULL);
        grid_add(grid, str_of(""), 0, NULL);
        free(more);
    }
    free(projects);
}

/* One grid for all three, so that their figures stand below each other. */
static bool print_groups(const struct report *report, const struct render_options *options,
                         struct outfile *out)
{
    const struct tally *totals = &report->totals;
    if (totals->all.workloads == 0)
        return true;
    struct grid *grid = grid_new(3, 1u << 1 | 1u << 2);
    add_heads(grid, "PHASE");
    for (int i = 0; i < PHASE_COUNT; i++)
        if (totals->by_phase[i].workloads > 0)
            add_count(grid, str_of(workload_phase_name((enum workload_phase)i)),
                      &totals->by_phase[i], options);
    add_heads(grid, "TYPE");
    for (int i = 0; i < TYPE_COUNT; i++)
        if (totals->by_type[i].workloads > 0)
            add_count(grid, str_of(workload_type_name((enum workload_type)i)), &totals->by_type[i],
                      options);
    add_projects(grid, totals->by_project, options);
    bool is_ok = grid_print(grid, options->columns, options->has_color, out);
    grid_free(grid);
    return is_ok;
}

bool render_table(const struct report *report, const struct render_options *options,
                  struct outfile *out, struct error *error)
{
    (void)error;
    return print_problems(report, options, out) && table_print_warnings(report, options, out) &&
           table_print_selection(report->selection, options, out) &&
           print_summary(report, options, out) &&
           table_print_discovery(report->discovery, options, out) &&
           table_print_reconciliation(report->reconciliation, options, out) &&
           print_groups(report, options, out);
}
