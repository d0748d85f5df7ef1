/* What the table shows of the sections that were asked for, and what its parts share. */
#ifndef TABLE_SECTIONS_H
#define TABLE_SECTIONS_H

#include "rollcall/render.h"

static inline const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* Names are cut early on a terminal, where the message needs the room. */
static inline size_t name_columns(const struct render_options *options)
{
    return options->columns == 0 ? 100 : 32;
}

/* A line that says what the run was narrowed to; nothing for NULL. False when writing failed. */
bool table_print_selection(const struct report_selection *selection,
                           const struct render_options *options, struct outfile *out);

/* A row for each warning, cluster by cluster, and a blank line; nothing when there are none. What
 * is too much to show is counted. False when writing failed. */
bool table_print_warnings(const struct report *report, const struct render_options *options,
                          struct outfile *out);

/* Both print nothing for NULL; false when writing failed. */
bool table_print_discovery(const struct discovery_section *discovery,
                           const struct render_options *options, struct outfile *out);
bool table_print_reconciliation(const struct reconciliation *reconciliation,
                                const struct render_options *options, struct outfile *out);

#endif
