#include "table_sections.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "reconciled.h"
#include "rollcall/mem.h"

enum { NAMES_SHOWN = 10, WORDS_SHOWN = 10, CLUSTERS_SHOWN = 20, LINE_BYTES = 512 };
/* A word of 100 columns, with its option. */
enum { WORD_BYTES = 1024 };
/* Of one cluster, and of all. */
enum { OWN_WARNINGS_SHOWN = 10, WARNINGS_SHOWN = 50 };

static const char failure_color[] = "31";

static bool print_text(struct outfile *out, const char *text)
{
    return outfile_write(out, text, strlen(text));
}

/* " --OPTION WORD" for each; returns how many there are, of which the first `room` are shown. */
static size_t append_words(struct buf *line, const char *option, const char *const *words,
                           size_t room, const struct render_options *options)
{
    size_t count = 0;
    for (; words != NULL && words[count] != NULL; count++)
        if (count < room) {
            char *word = grid_text(str_of(words[count]), name_columns(options));
            buf_printf(line, " %s %s", option, word);
            free(word);
        }
    return count;
}

bool table_print_selection(const struct report_selection *selection,
                           const struct render_options *options, struct outfile *out)
{
    if (selection == NULL)
        return true;
    const struct {
        const char *option;
        const char *const *words;
    } lists[] = {{"--cluster", selection->clusters},
                 {"--exclude", selection->excludes},
                 {"--label", selection->labels},
                 {"--project", selection->projects}};
    struct buf line;
    size_t count = 0;
    buf_init(&line, 2 * (WORDS_SHOWN * WORD_BYTES + LINE_BYTES));
    buf_append_str(&line, "a part of the fleet:");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        count += append_words(&line, lists[i].option, lists[i].words,
                              count < WORDS_SHOWN ? WORDS_SHOWN - count : 0, options);
    if (count > WORDS_SHOWN)
        buf_printf(&line, " and %zu more", count - WORDS_SHOWN);
    buf_append_char(&line, '\n');
    if (selection->unmatched != NULL && selection->unmatched[0] != NULL) {
        buf_append_str(&line, "no project is matched by:");
        count = append_words(&line, "--project", selection->unmatched, WORDS_SHOWN, options);
        if (count > WORDS_SHOWN)
            buf_printf(&line, " and %zu more", count - WORDS_SHOWN);
        buf_append_char(&line, '\n');
    }
    bool is_ok = outfile_write(out, line.data, line.len);
    buf_free(&line);
    return is_ok;
}

/* A cell that says how many are not shown. */
static void add_more(struct grid *grid, size_t count)
{
    char *more = mem_printf("… and %zu more", count);
    grid_add(grid, str_of(more), 0, NULL);
    free(more);
}

/* Adds the cluster's warnings, as far as there is room; returns how many of them the rows tell of.
 */
static size_t add_warnings(struct grid *grid, const struct cluster_entry *cluster, size_t *room,
                           const struct render_options *options)
{
    size_t count = cluster->warning_count, shown = 0;
    for (; shown < count && shown<OWN_WARNINGS_SHOWN && * room> 0; shown++, --*room) {
        grid_add(grid, str_of(cluster->name), name_columns(options), NULL);
        grid_add(grid, str_of(cluster->warnings[shown]), 0, NULL);
    }
    if (shown == count || shown < OWN_WARNINGS_SHOWN)
        return shown;
    grid_add(grid, str_of(cluster->name), name_columns(options), NULL);
    add_more(grid, count - shown);
    return count;
}

bool table_print_warnings(const struct report *report, const struct render_options *options,
                          struct outfile *out)
{
    struct grid *grid = grid_new(2, 0);
    size_t room = WARNINGS_SHOWN, untold = 0;
    bool has_some = false;
    grid_add(grid, str_of("CLUSTER"), 0, NULL);
    grid_add(grid, str_of("WARNING"), 0, NULL);
    for (size_t i = 0; i < report->cluster_count; i++) {
        const struct cluster_entry *cluster = &report->clusters[i];
        has_some = has_some || cluster->warning_count > 0;
        untold += cluster->warning_count - add_warnings(grid, cluster, &room, options);
    }
    if (untold > 0) {
        add_more(grid, untold);
        grid_add(grid, str_of(""), 0, NULL);
    }
    bool is_ok = !has_some || (grid_print(grid, options->columns, options->has_color, out) &&
                               print_text(out, "\n"));
    grid_free(grid);
    return is_ok;
}

/* "SECTION: failed (CLASS): MESSAGE" */
static bool print_failure(const char *section, const struct report_error *error,
                          const struct render_options *options, struct outfile *out)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "%s: ", section);
    grid_color(&line, "failed", failure_color, options->has_color);
    buf_printf(&line, " (%s)", error_class_name(error->class));
    bool is_ok = outfile_write(out, line.data, line.len);
    buf_free(&line);
    if (is_ok && error->message != NULL) {
        char *message = grid_text(str_of(error->message), 0);
        is_ok = print_text(out, ": ") && print_text(out, message);
        free(message);
    }
    return is_ok && print_text(out, "\n");
}

/* "; WORD: a, b and 3 more"; nothing when there are none. */
static bool print_names(const char *word, const char **names, size_t count,
                        const struct render_options *options, struct outfile *out)
{
    bool is_ok = true;
    for (size_t i = 0; is_ok && i < count && i < NAMES_SHOWN; i++) {
        char *name = grid_text(str_of(names[i]), name_columns(options));
        is_ok = i > 0 ? print_text(out, ", ")
                      : print_text(out, "; ") && print_text(out, word) && print_text(out, ": ");
        is_ok = is_ok && print_text(out, name);
        free(name);
    }
    if (is_ok && count > NAMES_SHOWN) {
        char more[48];
        snprintf(more, sizeof more, " and %zu more", count - NAMES_SHOWN);
        is_ok = print_text(out, more);
    }
    return is_ok;
}

bool table_print_discovery(const struct discovery_section *discovery,
                           const struct render_options *options, struct outfile *out)
{
    if (discovery == NULL)
        return true;
    if (discovery->error.class != ERR_NONE)
        return print_failure("discovery", &discovery->error, options, out);
    char counts[96];
    snprintf(counts, sizeof counts, "discovery: %u cluster%s found, %u selected", discovery->found,
             plural(discovery->found), discovery->selected);
    return print_text(out, counts) &&
           print_names("appeared", discovery->appeared, discovery->appeared_count, options, out) &&
           print_names("vanished", discovery->vanished, discovery->vanished_count, options, out) &&
           print_text(out, "\n");
}

/* Over no cluster there is nothing to count, which is not zero. */
static bool print_totals(const struct reconciled_totals *totals, struct outfile *out)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "reconciliation: %zu cluster%s compared, %zu excluded", totals->compared,
               totals->compared == 1 ? "" : "s", totals->excluded);
    if (totals->compared > 0)
        buf_printf(&line,
                   "; %" PRIu64 " matched, %" PRIu64 " only at the control plane, %" PRIu64
                   " only at the cluster, %" PRIu64 " differing",
                   totals->matched, totals->only_control_plane, totals->only_cluster,
                   totals->differing);
    if (totals->third_party > 0)
        buf_printf(&line, ", %" PRIu64 " of third parties", totals->third_party);
    if (totals->unconfirmed > 0)
        buf_printf(&line, ", %" PRIu64 " unconfirmed", totals->unconfirmed);
    buf_append_char(&line, '\n');
    bool is_ok = outfile_write(out, line.data, line.len);
    buf_free(&line);
    return is_ok;
}

static bool has_differences(const struct reconciled_cluster *cluster)
{
    return cluster->excluded == NULL && cluster->only_control_plane.count +
                                                cluster->only_cluster.count +
                                                cluster->differing.count >
                                            0;
}

static void add_number(struct grid *grid, size_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    grid_add(grid, str_of(text), 0, NULL);
}

static void add_cluster(struct grid *grid, const struct reconciled_cluster *cluster,
                        const struct render_options *options)
{
    grid_add(grid, str_of(cluster->name), name_columns(options), NULL);
    add_number(grid, cluster->only_control_plane.count);
    add_number(grid, cluster->only_cluster.count);
    add_number(grid, cluster->differing.count);
}

/* One row for each cluster that the two sides do not agree on, in the report's order. */
static bool print_disagreeing(const struct reconciliation *reconciliation,
                              const struct render_options *options, struct outfile *out)
{
    static const char *const heads[] = {"CLUSTER", "ONLY CONTROL PLANE", "ONLY CLUSTER",
                                        "DIFFERING"};
    struct grid *grid = grid_new(4, 1u << 1 | 1u << 2 | 1u << 3);
    for (size_t i = 0; i < 4; i++)
        grid_add(grid, str_of(heads[i]), 0, NULL);
    size_t count = 0;
    for (size_t i = 0; i < reconciliation->cluster_count; i++)
        if (has_differences(&reconciliation->clusters[i]) && ++count <= CLUSTERS_SHOWN)
            add_cluster(grid, &reconciliation->clusters[i], options);
    if (count > CLUSTERS_SHOWN) {
        add_more(grid, count - CLUSTERS_SHOWN);
        for (int i = 0; i < 3; i++)
            grid_add(grid, str_of(""), 0, NULL);
    }
    bool is_ok = count == 0 || (print_text(out, "\n") &&
                                grid_print(grid, options->columns, options->has_color, out));
    grid_free(grid);
    return is_ok;
}

bool table_print_reconciliation(const struct reconciliation *reconciliation,
                                const struct render_options *options, struct outfile *out)
{
    if (reconciliation == NULL)
        return true;
    if (reconciliation->error.class != ERR_NONE)
        return print_failure("reconciliation", &reconciliation->error, options, out);
    struct reconciled_totals totals = reconciled_sum(reconciliation);
    return print_totals(&totals, out) && print_disagreeing(reconciliation, options, out);
}
