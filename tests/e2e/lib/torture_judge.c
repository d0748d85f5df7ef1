/* Torture: outcomes judged by the contract. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "e2e_internal.h"
#include "torture_internal.h"

/* The case at hand, for what ends the whole program: a report that is torn, a run that hangs. */
static const char *at_hand;

static void say_at_hand(void)
{
    if (at_hand != NULL)
        fprintf(stderr, "    torture: the case was: %s\n", at_hand);
}

void torture_note_case(const char *name)
{
    static bool is_registered;
    if (!is_registered)
        is_registered = atexit(say_at_hand) == 0;
    at_hand = name;
}

__attribute__((format(printf, 3, 4))) static bool
deviate(const struct torture_case *c, const struct e2e_result *result, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "    torture: %s: ", c->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n      status %d, signal %d, said: %s\n", result->status, result->signal,
            result->err[0] == '\0' ? "nothing" : result->err);
    va_end(args);
    return false;
}

/* ---- the report ---- */

/* The workloads of one cluster, as text to be freed; how many go to *count. */
static char *workloads_of(const struct e2e_report *report, const char *cluster, size_t *count)
{
    struct e2e_buf lines = {0};
    char *prefix = e2e_format("{\"cluster\":\"%s\",", cluster), *line = NULL;
    size_t size = 0;
    *count = 0;
    rewind(report->workloads);
    e2e_add(&lines, "", 0);
    while (getline(&line, &size, report->workloads) >= 0)
        if (strncmp(line, prefix, strlen(prefix)) == 0) {
            e2e_puts(&lines, line);
            ++*count;
        }
    free(line);
    free(prefix);
    return lines.data;
}

static bool is_number(yajl_val value, size_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    return strcmp(e2e_text(value), text) == 0;
}

/* An entry of a report with gaps: what is there must be right, and what is not must be null. */
static bool is_entry_sound(const struct torture_scene *scene, const struct e2e_report *report,
                           yajl_val entry)
{
    const char *name = e2e_text(e2e_get(entry, "name", NULL));
    const char *status = e2e_text(e2e_get(entry, "status", NULL));
    yajl_val whole = e2e_cluster(scene->expected, name);
    yajl_val workloads = e2e_get(entry, "workloads", NULL);
    const char *gpus = e2e_text(e2e_get(entry, "gpus_allocated", NULL));
    size_t count, whole_count;
    char *lines = workloads_of(report, name, &count);
    char *whole_lines = workloads_of(scene->expected, name, &whole_count);
    bool is_sound = whole != NULL;
    if (strcmp(status, "ok") == 0)
        is_sound = is_sound && strcmp(lines, whole_lines) == 0 && is_number(workloads, count) &&
                   strcmp(gpus, e2e_text(e2e_get(whole, "gpus_allocated", NULL))) == 0;
    else if (strcmp(status, "partial") == 0)
        is_sound = is_sound && is_number(workloads, count) && count < whole_count &&
                   YAJL_IS_OBJECT(e2e_get(entry, "error", NULL));
    else
        is_sound = is_sound && count == 0 && strcmp(e2e_text(workloads), "null") == 0 &&
                   YAJL_IS_OBJECT(e2e_get(entry, "error", NULL));
    free(lines);
    free(whole_lines);
    return is_sound;
}

static bool is_report_sound(const struct torture_scene *scene, const struct e2e_report *report)
{
    yajl_val clusters = e2e_get(report->head, "clusters", NULL);
    yajl_val whole = e2e_get(scene->expected->head, "clusters", NULL);
    bool is_sound = YAJL_IS_ARRAY(clusters) && clusters->u.array.len == whole->u.array.len;
    size_t answered = 0;
    for (size_t i = 0; is_sound && i < clusters->u.array.len; i++) {
        yajl_val entry = clusters->u.array.values[i];
        is_sound = is_entry_sound(scene, report, entry);
        answered += strcmp(e2e_text(e2e_get(entry, "workloads", NULL)), "null") != 0;
    }
    return is_sound && is_number(e2e_get(report->head, "totals", "clusters", NULL), answered) &&
           is_number(e2e_get(report->head, "totals", "workloads", NULL), report->workload_count);
}

/* Takes out what discovery says of the report before, which differs from run to run. */
static void forget_previous(struct e2e_report *report)
{
    char *from = strstr(report->stable, "\"compared_to\":");
    char *to = from == NULL ? NULL : strchr(from, '}');
    if (to != NULL)
        memmove(from, to, strlen(to) + 1);
}

/* The newest report: the one before, byte for byte, or a new one that the status allows. */
static bool judge_report(struct torture_scene *scene, const struct torture_case *c,
                         const struct e2e_result *result)
{
    int status = result->status;
    char *now = e2e_read(scene->report_path, NULL);
    if (now == NULL)
        return deviate(c, result, "the report is gone");
    if (strcmp(now, scene->before) == 0) {
        free(now);
        if (status == 0 || status == 4 || status == 6)
            return deviate(c, result, "there is no new report");
        return true;
    }
    free(scene->before);
    scene->before = now;
    if (status == 1 || status == 2 || status == 7)
        return deviate(c, result, "the report was touched");
    struct e2e_report *report = e2e_load(scene->report_path);
    forget_previous(report);
    forget_previous(scene->expected);
    bool is_well = is_report_sound(scene, report) || deviate(c, result, "the report is wrong");
    /* What the control plane adds may be missing from a complete report, which says so. */
    bool is_whole =
        strcmp(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "true") == 0;
    if (status == 0 && is_well && !(c->is_network && !c->must_be_survived))
        is_well = e2e_same(report, scene->expected) || deviate(c, result, "the report differs");
    if (is_well && is_whole != (status == 0) && status != 8)
        is_well = deviate(c, result, "status and coverage do not agree");
    e2e_report_free(report);
    return is_well;
}

/* ---- what lies about ---- */

static bool judge_directory(struct torture_scene *scene, const char *name,
                            const struct torture_case *c, const struct e2e_result *result)
{
    DIR *dir = opendir(e2e_path(scene->fleet, name));
    bool is_well = dir != NULL;
    for (struct dirent *entry; is_well && (entry = readdir(dir)) != NULL;) {
        bool is_report = strncmp(entry->d_name, "report-", 7) == 0;
        if (strstr(entry->d_name, ".tmp") != NULL)
            is_well = deviate(c, result, "%s/%s was left behind", name, entry->d_name);
        if (is_report) { /* ends the program if it is torn */
            char *path = e2e_format("%s/%s", e2e_path(scene->fleet, name), entry->d_name);
            e2e_report_free(e2e_load(path));
            free(path);
        }
    }
    if (dir != NULL)
        closedir(dir);
    return is_well;
}

static bool judge_litter(struct torture_scene *scene, const struct torture_case *c,
                         const struct e2e_result *result)
{
    bool is_well = true;
    if (c->may_litter) {
        memset(scene->state, 0, sizeof *scene->state);
        struct e2e_result *next = torture_run(scene);
        if (next->status != 0)
            is_well = deviate(c, next, "the next run fails");
        e2e_result_free(next);
        free(scene->before);
        scene->before = e2e_read(scene->report_path, NULL);
    }
    return judge_directory(scene, "out", c, result) && judge_directory(scene, "tmp", c, result) &&
           judge_directory(scene, "cache", c, result) && is_well;
}

/* ---- what was said ---- */

/* The file's directory: temporaries and nameless files are known by it only. */
static bool names_file(const char *said, const char *file)
{
    const char *slash = strrchr(file, '/');
    /* A command that finds no /dev/null is named itself. */
    if (file[0] != '/' || slash == file || strcmp(file, "/dev/null") == 0)
        return true;
    char *directory = e2e_format("%.*s", (int)(slash - file), file);
    bool is_named = strstr(said, directory) != NULL;
    free(directory);
    return is_named;
}

static bool judge_words(const struct torture_case *c, const struct e2e_result *result)
{
    int status = result->status;
    bool is_warning = status == 0 && c->is_network && !c->must_be_survived &&
                      strncmp(result->err, "rollcall: warning: ", 19) == 0;
    if ((status == 0) != (result->err[0] == '\0') && !is_warning)
        return deviate(c, result, "it said too little or too much");
    if (strstr(result->err, "Sanitizer") != NULL || strstr(result->err, "runtime error") != NULL)
        return deviate(c, result, "a sanitizer found something");
    if (status != 8 && status != 2)
        return true;
    if (!names_file(result->err, c->file))
        return deviate(c, result, "the file is not named");
    bool is_absence = strstr(result->err, "does not exist") != NULL && c->cause != NULL &&
                      strcmp(c->cause, strerror(ENOENT)) == 0;
    if (c->cause != NULL && strstr(result->err, c->cause) == NULL && !is_absence)
        return deviate(c, result, "the cause is not named");
    return true;
}

static bool judge_status(const struct torture_case *c, const struct e2e_result *result)
{
    int status = result->status;
    if (c->must_be_survived && status != 0)
        return deviate(c, result, "this is to be survived");
    switch (status) {
    case 0:
    case 1:
    case 2:
    case 8:
        return true;
    case 4:
    case 6:
    case 7:
        return c->is_network || deviate(c, result, "clusters are missing, and not over them");
    default:
        return deviate(c, result, "no such status");
    }
}

bool torture_judge(struct torture_scene *scene, const struct torture_case *c,
                   struct e2e_result *result)
{
    torture_note_case(c->name);
    bool is_well = judge_status(c, result);
    is_well = judge_words(c, result) && is_well;
    is_well = judge_report(scene, c, result) && is_well;
    is_well = judge_litter(scene, c, result) && is_well;
    e2e_result_free(result);
    torture_note_case(NULL);
    return is_well;
}
