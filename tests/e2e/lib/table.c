/* The figures in a table against the report they were made of. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "e2e_internal.h"

enum { PROJECTS_SHOWN = 10, NAME_COMPARED = 30 };

struct table {
    const struct e2e_report *report;
    const char *text;
    size_t differences;
};

static void differ(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(struct table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("    table: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    table->differences++;
}

static yajl_val get(const struct table *table, const char *part, const char *key)
{
    return e2e_get(table->report->head, part, key, NULL);
}

static long number(const struct table *table, const char *part, const char *key)
{
    return strtol(e2e_text(get(table, part, key)), NULL, 10);
}

/* "-" for null. */
static const char *figure(yajl_val value)
{
    return YAJL_IS_NUMBER(value) ? e2e_text(value) : "-";
}

static const char *plural(long count)
{
    return count == 1 ? "" : "s";
}

/* Some line begins with this; with `is_whole` it ends there too. */
static void need_line(struct table *table, const struct e2e_buf *line, bool is_whole)
{
    for (const char *at = table->text; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (*at == '\0')
            break;
        if (strncmp(at, line->data, line->len) == 0 && (!is_whole || at[line->len] == '\n'))
            return;
    }
    differ(table, "no line \"%s\"", line->data);
}

static void put(struct e2e_buf *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct e2e_buf *line, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e2e_puts(line, text);
}

static void check_clusters(struct table *table)
{
    static const char *const statuses[] = {"partial", "failed", "skipped"};
    struct e2e_buf line = {0};
    long selected = number(table, "coverage", "selected");
    long optional = number(table, "coverage", "optional");
    put(&line, "%ld cluster%s: %ld ok", selected, plural(selected),
        number(table, "coverage", "ok"));
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (number(table, "coverage", statuses[i]) > 0)
            put(&line, ", %ld %s", number(table, "coverage", statuses[i]), statuses[i]);
    if (optional > 0)
        put(&line, " (%ld optional)", optional);
    need_line(table, &line, true);
    free(line.data);
}

static void check_amounts(struct table *table)
{
    struct e2e_buf first = {0}, second = {0};
    long clusters = number(table, "totals", "clusters");
    long workloads = number(table, "totals", "workloads");
    long without = number(table, "totals", "workloads_without_gpus");
    const char *gpus = figure(get(table, "totals", "gpus_allocated"));
    if (clusters == 0 && number(table, "coverage", "selected") > 0) {
        put(&first, "- workloads and - GPUs allocated: no cluster answered");
    } else {
        put(&first, "%ld workload%s over %ld cluster%s", workloads, plural(workloads), clusters,
            plural(clusters));
        put(&second, "%s GPU%s allocated over %ld cluster%s", gpus,
            strcmp(gpus, "1") == 0 ? "" : "s", clusters, plural(clusters));
        if (without > 0)
            put(&second, "; %ld workload%s without a GPU figure", without, plural(without));
        need_line(table, &second, true);
    }
    need_line(table, &first, true);
    free(first.data);
    free(second.data);
}

static void check_repaired(struct table *table)
{
    struct e2e_buf line = {0};
    long repaired = number(table, "totals", "repaired");
    put(&line, "%ld malformed value%s repaired", repaired, plural(repaired));
    if (repaired > 0)
        need_line(table, &line, true);
    else if (strstr(table->text, " repaired\n") != NULL)
        differ(table, "something was repaired");
    free(line.data);
}

static void check_sections(struct table *table)
{
    struct e2e_buf line = {0};
    yajl_val discovery = e2e_get(table->report->head, "discovery", NULL);
    yajl_val totals = get(table, "reconciliation", "totals");
    bool has_reconciled = totals != NULL && !YAJL_IS_OBJECT(get(table, "reconciliation", "error"));
    if (discovery != NULL && !YAJL_IS_OBJECT(e2e_get(discovery, "error", NULL))) {
        long found = number(table, "discovery", "found");
        put(&line, "discovery: %ld cluster%s found, %ld selected", found, plural(found),
            number(table, "discovery", "selected"));
        need_line(table, &line, false);
        line.len = 0;
    }
    if (has_reconciled) {
        long compared = strtol(e2e_text(e2e_get(totals, "clusters_compared", NULL)), NULL, 10);
        put(&line, "reconciliation: %ld cluster%s compared, %s excluded", compared,
            plural(compared), figure(e2e_get(totals, "clusters_excluded", NULL)));
        if (compared > 0)
            put(&line,
                "; %s matched, %s only at the control plane, %s only at the cluster, %s differing",
                figure(e2e_get(totals, "matched", NULL)),
                figure(e2e_get(totals, "only_control_plane", NULL)),
                figure(e2e_get(totals, "only_cluster", NULL)),
                figure(e2e_get(totals, "differing", NULL)));
        need_line(table, &line, false);
    }
    free(line.data);
}

/* The row behind the line that begins with this word, or NULL. */
static const char *find_rows(const struct table *table, const char *head)
{
    char *pattern = e2e_format("\n%s ", head);
    const char *at = strncmp(table->text, pattern + 1, strlen(pattern + 1)) == 0
                         ? table->text
                         : strstr(table->text, pattern);
    free(pattern);
    at = at == NULL ? NULL : strchr(*at == '\n' ? at + 1 : at, '\n');
    return at == NULL ? NULL : at + 1;
}

/* A name that is shown as it is; others are escaped or cut. */
static bool is_plain(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (name[i] < ' ' || name[i] > '~' || name[i] == '\\')
            return false;
    return len <= NAME_COMPARED;
}

/* Whether the row is this name, and these words behind it. */
static bool is_row(const char *row, size_t len, const char *name, const char *first,
                   const char *second)
{
    char *words = e2e_format(" %s ", first), *end = e2e_format(" %s", second);
    size_t name_len = strlen(name), end_len = strlen(end);
    bool is_fine = len > end_len && strncmp(row + len - end_len, end, end_len) == 0;
    if (is_fine && is_plain(name))
        is_fine = len > name_len && strncmp(row, name, name_len) == 0 && row[name_len] == ' ';
    char *line = e2e_format("%.*s", (int)len, row);
    is_fine = is_fine && strstr(line, words) != NULL;
    free(line);
    free(words);
    free(end);
    return is_fine;
}

static void check_rows(struct table *table, const char *head, yajl_val *entries, size_t count,
                       size_t shown)
{
    const char *row = find_rows(table, head);
    for (size_t i = 0; i < count && i < shown; i++) {
        yajl_val key = e2e_get(entries[i], "key", NULL);
        const char *name = YAJL_IS_STRING(key) ? e2e_text(key) : "-";
        size_t len = row == NULL ? 0 : strcspn(row, "\n");
        if (row == NULL || !is_row(row, len, name, figure(e2e_get(entries[i], "workloads", NULL)),
                                   figure(e2e_get(entries[i], "gpus_allocated", NULL)))) {
            differ(table, "%s %s: not the report's figures: %.*s", head, name, (int)len,
                   row == NULL ? "" : row);
            return;
        }
        row += len + 1;
    }
    struct e2e_buf more = {0};
    put(&more, "\xE2\x80\xA6 and %zu more", count - shown);
    if (count > shown)
        need_line(table, &more, false);
    else if (row != NULL && *row != '\0' && *row != '\n')
        differ(table, "%s: too many rows", head);
    free(more.data);
}

/* The most GPUs first, those without a figure last; then by name. */
static int compare_projects(const void *a, const void *b)
{
    yajl_val left = *(const yajl_val *)a, right = *(const yajl_val *)b;
    yajl_val left_gpus = e2e_get(left, "gpus_allocated", NULL);
    yajl_val right_gpus = e2e_get(right, "gpus_allocated", NULL);
    if (YAJL_IS_NUMBER(left_gpus) != YAJL_IS_NUMBER(right_gpus))
        return YAJL_IS_NUMBER(left_gpus) ? -1 : 1;
    long double x = strtold(e2e_text(left_gpus), NULL), y = strtold(e2e_text(right_gpus), NULL);
    if (YAJL_IS_NUMBER(left_gpus) && (x > y || x < y))
        return x > y ? -1 : 1;
    yajl_val left_key = e2e_get(left, "key", NULL), right_key = e2e_get(right, "key", NULL);
    if (!YAJL_IS_STRING(left_key) || !YAJL_IS_STRING(right_key))
        return YAJL_IS_STRING(left_key) - YAJL_IS_STRING(right_key);
    return strcmp(e2e_text(left_key), e2e_text(right_key));
}

static void check_groups(struct table *table)
{
    static const struct {
        const char *list, *head;
        size_t shown;
    } groups[] = {{"by_phase", "PHASE", SIZE_MAX},
                  {"by_type", "TYPE", SIZE_MAX},
                  {"by_project", "PROJECT", PROJECTS_SHOWN}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        yajl_val list = get(table, "totals", groups[i].list);
        size_t count = list->u.array.len;
        yajl_val *entries = e2e_alloc((count + 1) * sizeof(*entries));
        for (size_t j = 0; j < count; j++)
            entries[j] = list->u.array.values[j];
        if (groups[i].shown < SIZE_MAX && count > 1)
            qsort(entries, count, sizeof(*entries), compare_projects);
        check_rows(table, groups[i].head, entries, count, groups[i].shown);
        free(entries);
    }
}

/* The first row below a head that begins with CLUSTER and ends with this word; NULL: there is none.
 */
static const char *find_cluster_rows(const struct table *table, const char *last_word)
{
    size_t word_len = strlen(last_word);
    for (const char *line = table->text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        if (len > word_len && strncmp(line, "CLUSTER ", 8) == 0 &&
            strncmp(line + len - word_len, last_word, word_len) == 0)
            return line + len + 1;
        line += len + (line[len] == '\n');
    }
    return NULL;
}

/* The first warnings have a row each, in the report's order; no cluster has more than ten. */
static void check_warnings(struct table *table)
{
    yajl_val clusters = e2e_get(table->report->head, "clusters", NULL);
    const char *row = find_cluster_rows(table, " WARNING");
    size_t shown = 0;
    for (size_t i = 0; i < clusters->u.array.len; i++) {
        yajl_val cluster = clusters->u.array.values[i];
        yajl_val warnings = e2e_get(cluster, "warnings", NULL);
        const char *name = e2e_text(e2e_get(cluster, "name", NULL));
        size_t count = warnings->u.array.len;
        for (size_t j = 0; j < count && j < 10 && shown < 50; j++, shown++) {
            const char *text = e2e_text(warnings->u.array.values[j]);
            size_t len = row == NULL ? 0 : strcspn(row, "\n"), text_len = strlen(text);
            if (row == NULL || (is_plain(name) && strncmp(row, name, strlen(name)) != 0) ||
                (is_plain(text) &&
                 (len < text_len || strncmp(row + len - text_len, text, text_len) != 0)))
                differ(table, "cluster %s: no row has the warning: %s", name, text);
            row = row == NULL ? NULL : row + len + 1;
        }
        if (count > 10 && shown < 50 && row != NULL) /* how many more */
            row += strcspn(row, "\n") + 1;
    }
    if (shown == 0 && row != NULL)
        differ(table, "warnings that the report does not have");
}

/* Each cluster that is not ok has a row, in the report's order. */
static void check_problems(struct table *table)
{
    yajl_val clusters = e2e_get(table->report->head, "clusters", NULL);
    const char *row = find_cluster_rows(table, " MESSAGE");
    for (size_t i = 0; i < clusters->u.array.len; i++) {
        yajl_val cluster = clusters->u.array.values[i];
        const char *name = e2e_text(e2e_get(cluster, "name", NULL));
        const char *status = e2e_text(e2e_get(cluster, "status", NULL));
        if (strcmp(status, "ok") == 0)
            continue;
        size_t len = row == NULL ? 0 : strcspn(row, "\n"), name_len = strlen(name);
        char *line = e2e_format("%.*s", (int)len, row == NULL ? "" : row);
        if (row == NULL || strstr(line, status) == NULL ||
            (is_plain(name) && (strncmp(line, name, name_len) != 0 || line[name_len] != ' ')))
            differ(table, "cluster %s is %s: %s", name, status, line);
        free(line);
        row = row == NULL ? NULL : row + len + 1;
    }
    if (row != NULL && *row != '\n')
        differ(table, "too many clusters that are not ok");
}

size_t e2e_compare_table(const struct e2e_report *report, const char *path)
{
    char *text = e2e_read(path, NULL);
    if (text == NULL)
        e2e_die("%s: there is no table", path);
    struct table table = {.report = report, .text = text};
    check_problems(&table);
    check_warnings(&table);
    check_clusters(&table);
    check_amounts(&table);
    check_repaired(&table);
    check_sections(&table);
    check_groups(&table);
    free(text);
    return table.differences;
}
