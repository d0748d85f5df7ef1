/* A report against the simulator's truth. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "e2e_internal.h"

#define SHOWN 10

struct comparison {
    const struct e2e_report *report;
    size_t differences;
    size_t next_cluster; /* of the report */
    bool is_summary;
};

static void differ(struct comparison *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(struct comparison *c, const char *format, ...)
{
    if (c->differences++ >= SHOWN)
        return;
    va_list args;
    va_start(args, format);
    fputs("    differs: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

static void expect(struct comparison *c, const char *where, const char *what, yajl_val got,
                   yajl_val wanted)
{
    /* Texts and nulls must not be taken for each other. */
    bool is_same_type = got != NULL && wanted != NULL && got->type == wanted->type;
    if (!is_same_type || strcmp(e2e_text(got), e2e_text(wanted)) != 0)
        differ(c, "%s: %s is %s, not %s", where, what, e2e_text(got), e2e_text(wanted));
}

static void expect_text(struct comparison *c, const char *what, yajl_val got, const char *wanted)
{
    if (strcmp(e2e_text(got), wanted) != 0)
        differ(c, "%s is %s, not %s", what, e2e_text(got), wanted);
}

/* The class of an error object, or null itself. */
static yajl_val class_of(yajl_val entry)
{
    yajl_val error = e2e_get(entry, "error", NULL);
    return YAJL_IS_OBJECT(error) ? e2e_get(error, "class", NULL) : error;
}

static void compare_project(struct comparison *c, const char *cluster, yajl_val got,
                            yajl_val wanted)
{
    static const char *const fields[] = {"name", "status", "workloads", "gpus_allocated",
                                         "gpus_quota"};
    char *where =
        e2e_format("cluster %s, project %s", cluster, e2e_text(e2e_get(wanted, "name", NULL)));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect(c, where, fields[i], e2e_get(got, fields[i], NULL),
               e2e_get(wanted, fields[i], NULL));
    expect(c, where, "error.class", class_of(got), e2e_get(wanted, "class", NULL));
    free(where);
}

static void compare_cluster(struct comparison *c, yajl_val got, yajl_val wanted)
{
    static const char *const fields[] = {"status", "workloads", "gpus_allocated",
                                         "workloads_without_gpus", "repaired"};
    const char *name = e2e_text(e2e_get(wanted, "cluster", NULL));
    const char *status = e2e_text(e2e_get(wanted, "status", NULL));
    char *where = e2e_format("cluster %s", name);
    expect(c, where, "name", e2e_get(got, "name", NULL), e2e_get(wanted, "cluster", NULL));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect(c, where, fields[i], e2e_get(got, fields[i], NULL),
               e2e_get(wanted, fields[i], NULL));
    expect(c, where, "error.class", class_of(got), e2e_get(wanted, "class", NULL));
    free(where);
    if (YAJL_IS_STRING(e2e_get(got, "reason", NULL)) != (strcmp(status, "skipped") == 0))
        differ(c, "cluster %s: reason is %s", name, e2e_text(e2e_get(got, "reason", NULL)));
    yajl_val projects = e2e_get(got, "projects", NULL);
    yajl_val expected = e2e_get(wanted, "projects", NULL);
    if (strcmp(status, "failed") == 0 || !YAJL_IS_ARRAY(expected))
        return;
    if (!YAJL_IS_ARRAY(projects) || projects->u.array.len != expected->u.array.len) {
        differ(c, "cluster %s: %zu projects, not %zu", name,
               YAJL_IS_ARRAY(projects) ? projects->u.array.len : 0, expected->u.array.len);
        return;
    }
    for (size_t i = 0; i < projects->u.array.len; i++)
        compare_project(c, name, projects->u.array.values[i], expected->u.array.values[i]);
}

static void compare_totals(struct comparison *c, yajl_val wanted)
{
    yajl_val got = e2e_get(c->report->head, "totals", NULL);
    wanted = e2e_get(wanted, "totals", NULL);
    static const char *const fields[] = {
        "clusters", "workloads", "gpus_allocated", "workloads_without_gpus", "repaired", "stale"};
    static const char *const lists[] = {"by_phase", "by_type", "by_project", "by_user"};
    static const char *const keyed[] = {"key", "workloads", "gpus_allocated",
                                        "workloads_without_gpus"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect(c, "totals", fields[i], e2e_get(got, fields[i], NULL),
               e2e_get(wanted, fields[i], NULL));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        yajl_val list = e2e_get(got, lists[i], NULL), other = e2e_get(wanted, lists[i], NULL);
        if (!YAJL_IS_ARRAY(list) || list->u.array.len != other->u.array.len) {
            differ(c, "totals: %s has %zu entries, not %zu", lists[i],
                   YAJL_IS_ARRAY(list) ? list->u.array.len : 0, other->u.array.len);
            continue;
        }
        for (size_t j = 0; j < list->u.array.len; j++)
            for (size_t k = 0; k < sizeof keyed / sizeof keyed[0]; k++)
                expect(c, lists[i], keyed[k], e2e_get(list->u.array.values[j], keyed[k], NULL),
                       e2e_get(other->u.array.values[j], keyed[k], NULL));
    }
}

/* One list of differences; each is an object of texts and numbers, or of such objects. */
static void compare_differences(struct comparison *c, const char *where, const char *list,
                                yajl_val got, yajl_val wanted)
{
    got = e2e_get(got, list, NULL);
    wanted = e2e_get(wanted, list, NULL);
    if (!YAJL_IS_ARRAY(got) || got->u.array.len != wanted->u.array.len) {
        differ(c, "reconciliation, %s: %s has %zu entries, not %zu", where, list,
               YAJL_IS_ARRAY(got) ? got->u.array.len : 0, wanted->u.array.len);
        return;
    }
    for (size_t i = 0; i < got->u.array.len; i++) {
        yajl_val entry = wanted->u.array.values[i], other = got->u.array.values[i];
        for (size_t j = 0; j < entry->u.object.len; j++) {
            const char *key = entry->u.object.keys[j];
            yajl_val value = entry->u.object.values[j];
            for (size_t k = 0; YAJL_IS_OBJECT(value) && k < value->u.object.len; k++)
                expect(c, where, value->u.object.keys[k],
                       e2e_get(other, key, value->u.object.keys[k], NULL),
                       value->u.object.values[k]);
            if (!YAJL_IS_OBJECT(value))
                expect(c, where, key, e2e_get(other, key, NULL), value);
        }
    }
}

static void compare_reconciled(struct comparison *c, yajl_val got, yajl_val wanted)
{
    static const char *const fields[] = {"cluster", "status", "matched", "third_party",
                                         "unconfirmed"};
    static const char *const lists[] = {"only_control_plane", "only_cluster", "differing"};
    const char *name = e2e_text(e2e_get(wanted, "cluster", NULL));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect(c, name, fields[i], e2e_get(got, fields[i], NULL), e2e_get(wanted, fields[i], NULL));
    bool is_excluded = strcmp(e2e_text(e2e_get(wanted, "status", NULL)), "excluded") == 0;
    if (YAJL_IS_STRING(e2e_get(got, "reason", NULL)) != is_excluded)
        differ(c, "reconciliation, %s: reason is %s", name, e2e_text(e2e_get(got, "reason", NULL)));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        compare_differences(c, name, lists[i], got, wanted);
}

static void compare_reconciliation(struct comparison *c, yajl_val wanted)
{
    yajl_val got = e2e_get(c->report->head, "reconciliation", NULL);
    wanted = e2e_get(wanted, "reconciliation", NULL);
    yajl_val totals = e2e_get(wanted, "totals", NULL);
    for (size_t i = 0; i < totals->u.object.len; i++)
        expect(c, "reconciliation.totals", totals->u.object.keys[i],
               e2e_get(got, "totals", totals->u.object.keys[i], NULL), totals->u.object.values[i]);
    if (e2e_get(got, "error", NULL) == NULL || e2e_get(got, "error", NULL)->type != yajl_t_null)
        differ(c, "reconciliation.error is %s", e2e_text(e2e_get(got, "error", NULL)));
    yajl_val list = e2e_get(got, "clusters", NULL), others = e2e_get(wanted, "clusters", NULL);
    if (!YAJL_IS_ARRAY(list) || list->u.array.len != others->u.array.len) {
        differ(c, "reconciliation: not %zu clusters", others->u.array.len);
        return;
    }
    for (size_t i = 0; i < list->u.array.len; i++)
        compare_reconciled(c, list->u.array.values[i], others->u.array.values[i]);
}

/* Whether the run could not see all it wanted to, which no truth of the fleet knows of. */
static bool is_cut_short(const struct comparison *c)
{
    return YAJL_IS_STRING(e2e_get(c->report->head, "run", "interrupted_by", NULL)) ||
           YAJL_IS_OBJECT(e2e_get(c->report->head, "discovery", "error", NULL));
}

/* The line has the whole coverage, and the run's outcome beside it. */
static void compare_coverage(struct comparison *c, yajl_val wanted)
{
    yajl_val coverage = e2e_get(c->report->head, "coverage", NULL);
    yajl_val fields = e2e_get(wanted, "coverage", NULL);
    const char *is_complete = e2e_text(e2e_get(fields, "is_complete", NULL));
    const char *outcome = e2e_text(e2e_get(wanted, "run", "outcome", NULL));
    for (size_t i = 0; i < fields->u.object.len; i++) {
        const char *key = fields->u.object.keys[i];
        if (strcmp(key, "is_complete") != 0)
            expect(c, "coverage", key, e2e_get(coverage, key, NULL), fields->u.object.values[i]);
    }
    if (is_cut_short(c) && strcmp(outcome, "complete") == 0) {
        outcome = "partial";
        is_complete = "false";
    }
    expect_text(c, "coverage.is_complete", e2e_get(coverage, "is_complete", NULL), is_complete);
    expect_text(c, "run.outcome", e2e_get(c->report->head, "run", "outcome", NULL), outcome);
    expect_text(c, "format", e2e_get(c->report->head, "format", NULL), "rollcall.report/1");
}

/* Lines that share cluster, id, name and project: their order among themselves is not fixed. */
struct group {
    char **lines;
    size_t count, room;
    char *ahead; /* the first line of the next group; NULL: none read */
    FILE *file;
};

static size_t key_len(const char *line)
{
    const char *end = strstr(line, ",\"department\":");
    return end == NULL ? strlen(line) : (size_t)(end - line);
}

static char *read_line(FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len = getline(&line, &size, file);
    if (len >= 0)
        return line;
    free(line);
    return NULL;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_group(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        free(group->lines[i]);
    group->count = 0;
    char *line = group->ahead != NULL ? group->ahead : read_line(group->file);
    group->ahead = NULL;
    while (line != NULL) {
        size_t len = key_len(line);
        if (group->count > 0 &&
            (len != key_len(group->lines[0]) || strncmp(line, group->lines[0], len) != 0)) {
            group->ahead = line;
            break;
        }
        if (group->count == group->room) {
            group->room = group->room == 0 ? 16 : group->room * 2;
            group->lines = realloc(group->lines, group->room * sizeof *group->lines);
            if (group->lines == NULL)
                e2e_die("out of memory");
        }
        group->lines[group->count++] = line;
        line = read_line(group->file);
    }
    if (group->count > 1)
        qsort(group->lines, group->count, sizeof *group->lines, compare_lines);
    return group->count > 0;
}

static void free_group(struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        free(group->lines[i]);
    free(group->lines);
    free(group->ahead);
}

static void compare_workloads(struct comparison *c, struct group *wanted)
{
    struct group got = {.file = c->report->workloads};
    rewind(got.file);
    for (;;) {
        bool has_wanted = read_group(wanted), has_got = read_group(&got);
        if (!has_wanted && !has_got)
            break;
        for (size_t i = 0; i < wanted->count || i < got.count; i++) {
            const char *a = i < got.count ? got.lines[i] : "(none)\n";
            const char *b = i < wanted->count ? wanted->lines[i] : "(none)\n";
            if (strcmp(a, b) != 0)
                differ(c, "workload\n      got      %s      expected %s", a, b);
        }
    }
    free_group(&got);
}

static yajl_val parse(const char *line)
{
    char why[256];
    yajl_val value = yajl_tree_parse(line, why, sizeof why);
    if (value == NULL)
        e2e_die("truth.jsonl: %s", why);
    return value;
}

/* The truth's clusters come first, so that what follows can be left in the file. */
static void compare_clusters(struct comparison *c, struct group *truth)
{
    yajl_val clusters = e2e_get(c->report->head, "clusters", NULL);
    size_t count = YAJL_IS_ARRAY(clusters) ? clusters->u.array.len : 0;
    char *line;
    while ((line = read_line(truth->file)) != NULL && strstr(line, ",\"status\":") != NULL) {
        yajl_val wanted = parse(line);
        if (c->next_cluster < count)
            compare_cluster(c, clusters->u.array.values[c->next_cluster++], wanted);
        else
            differ(c, "no cluster %s", e2e_text(e2e_get(wanted, "cluster", NULL)));
        yajl_tree_free(wanted);
        free(line);
    }
    if (c->next_cluster < count)
        differ(c, "%zu clusters too many", count - c->next_cluster);
    truth->ahead = line;
}

/* Compares what the line says of the whole report; false when it is a workload. */
static bool compare_whole(struct comparison *c, const char *line)
{
    static const struct {
        const char *key;
        void (*compare)(struct comparison *c, yajl_val wanted);
    } parts[] = {
        {"totals", compare_totals},
        {"reconciliation", compare_reconciliation},
        {"coverage", compare_coverage},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = strlen(parts[i].key);
        if (strncmp(line + 2, parts[i].key, len) != 0 || line[2 + len] != '"')
            continue;
        yajl_val wanted = parse(line);
        parts[i].compare(c, wanted);
        yajl_tree_free(wanted);
        return true;
    }
    return false;
}

/* What is said of the whole comes last; it is taken off the truth into a file of the rest. */
static void split_whole(struct comparison *c, struct group *truth)
{
    FILE *rest = tmpfile();
    if (rest == NULL)
        e2e_die("cannot make a temporary file: %s", strerror(errno));
    char *line = truth->ahead;
    truth->ahead = NULL;
    for (; line != NULL; line = read_line(truth->file)) {
        if (!compare_whole(c, line) && fputs(line, rest) < 0)
            e2e_die("cannot write a temporary file: %s", strerror(errno));
        free(line);
    }
    fclose(truth->file);
    truth->file = rest;
    rewind(rest);
}

static size_t compare(const struct e2e_report *report, struct e2e_fleet *fleet, bool is_summary)
{
    const char *path = e2e_path(fleet, "truth.jsonl");
    struct comparison c = {.report = report, .is_summary = is_summary};
    struct group truth = {.file = fopen(path, "re")};
    if (truth.file == NULL)
        e2e_die("%s: %s", path, strerror(errno));
    compare_clusters(&c, &truth);
    split_whole(&c, &truth);
    if (!is_summary)
        compare_workloads(&c, &truth);
    free_group(&truth);
    fclose(truth.file);
    if (e2e_exists(e2e_path(fleet, "table.txt")))
        c.differences += e2e_compare_table(report, e2e_path(fleet, "table.txt"));
    if (c.differences > SHOWN)
        fprintf(stderr, "    ... %zu differences in all\n", c.differences);
    return c.differences;
}

size_t e2e_compare_truth(const struct e2e_report *report, struct e2e_fleet *fleet)
{
    return compare(report, fleet, false);
}

size_t e2e_compare_summary(const struct e2e_report *report, struct e2e_fleet *fleet)
{
    return compare(report, fleet, true);
}
