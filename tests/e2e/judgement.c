/* Complete means complete: a run that was filtered or interrupted, or that nobody answered, never
 * passes for the whole fleet. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

static const char *of_run(const struct e2e_report *report, const char *key)
{
    return e2e_text(e2e_get(report->head, "run", key, NULL));
}

static const char *of_coverage(const struct e2e_report *report, const char *key)
{
    return e2e_text(e2e_get(report->head, "coverage", key, NULL));
}

static void check_judged(const struct e2e_report *report, const char *outcome,
                         const char *is_complete, const char *ratio)
{
    CHECK_STR(of_run(report, "outcome"), outcome);
    CHECK_STR(of_coverage(report, "is_complete"), is_complete);
    CHECK_STR(of_coverage(report, "ratio"), ratio);
}

/* Each may be away, but not all of them. */
static void test_all_optional(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults retries=0 optional=true\n"
                                        "cluster a fault=refuse\n"
                                        "cluster b fault=503\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 6);
    /* A mail from cron says why. */
    CU_ASSERT(strstr(result->err, "cluster a") != NULL && strstr(result->err, "cluster b") != NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    check_judged(report, "failed", "false", "0");
    CHECK_STR(of_coverage(report, "optional"), "2");
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Even if the one that is missing might have been away. */
static void test_interrupted(void)
{
    struct e2e_fleet *fleet = e2e_start("run deadline=60.0\n"
                                        "defaults idle_timeout=50.0\n"
                                        "cluster a\n"
                                        "cluster mute fault=no_answer conf.optional=true "
                                        "expect=failed:interrupted\n");
    char table[512];
    snprintf(table, sizeof table, "table=%s", e2e_path(fleet, "table.txt"));
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json"), "-f", "json", "-f",
                                         table}};
    struct e2e_job *job = e2e_begin(&run);
    e2e_await_count(fleet, "mute", NULL, "fault:no_answer", 1);
    e2e_await_count(fleet, "a", "-", "closed", 1);
    kill(e2e_pid(job), SIGTERM);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 4);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    check_judged(report, "partial", "false", "0.5");
    CHECK_STR(of_run(report, "interrupted_by"), "SIGTERM");
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_nothing_selected(void)
{
    static const char *const more[] = {"--cluster", "none", "--allow-empty", NULL};
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    check_judged(report, "complete", "true", "1");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The last second that a report can name. */
static void test_last_year(void)
{
    static const char *const more[] = {"--now", "9999-12-31T23:59:59Z", NULL};
    struct e2e_fleet *fleet = e2e_start("cluster a latency_ms=1200\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    CHECK_STR(of_run(report, "started_at"), "9999-12-31T23:59:59Z");
    CHECK_STR(of_run(report, "finished_at"), "9999-12-31T23:59:59Z");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* ---- filtered runs ---- */

static const char fleet_text[] = "report keep=2\n"
                                 "cluster eu-{1..2} projects=2 conf.labels=[\"region=eu\"]\n"
                                 "cluster us-1 projects=2 conf.labels=[\"region=us\"]\n";

static yajl_val selection_of(const struct e2e_report *report, const char *key)
{
    return e2e_get(report->head, "run", "selection", key, NULL);
}

static void test_selection(void)
{
    static const char *const none[] = {NULL};
    static const struct {
        const char *args[6];
        const char *clusters[3], *exclude[3], *labels[3], *projects[3];
    } cases[] = {
        {{"--cluster", "us-*", "--cluster", "eu-1"}, {"us-*", "eu-1"}, {NULL}, {NULL}, {NULL}},
        {{"--cluster", "*"}, {"*"}, {NULL}, {NULL}, {NULL}},
        {{"--exclude", "us-*"}, {NULL}, {"us-*"}, {NULL}, {NULL}},
        {{"--label", "region=eu"}, {NULL}, {NULL}, {"region=eu"}, {NULL}},
        {{"--project", "team-[ab]"}, {NULL}, {NULL}, {NULL}, {"team-[ab]"}},
        /* A report is UTF-8, whatever the command line was. */
        {{"--exclude", "\"\n\xff\xc3\xa9"}, {NULL}, {"\"\n\xef\xbf\xbd\xc3\xa9"}, {NULL}, {NULL}},
    };
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_report *report = e2e_collect_report(fleet, 0, cases[i].args);
        CU_ASSERT(e2e_is_list(selection_of(report, "clusters"), cases[i].clusters));
        CU_ASSERT(e2e_is_list(selection_of(report, "exclude"), cases[i].exclude));
        CU_ASSERT(e2e_is_list(selection_of(report, "labels"), cases[i].labels));
        CU_ASSERT(e2e_is_list(selection_of(report, "projects"), cases[i].projects));
        e2e_report_free(report);
    }
    struct e2e_report *report = e2e_collect_report(fleet, 0, none);
    CHECK_STR(of_run(report, "selection"), "null");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Runs into DIR/reports; returns the report's file name, which is the newest of its sort; "" if
 * there is none. */
static void run_into(struct e2e_fleet *fleet, const char *second, const char *const more[],
                     char name[256])
{
    char now[32];
    snprintf(now, sizeof now, "2026-11-24T12:00:%sZ", second);
    struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "--now", now}};
    for (size_t i = 0; more[i] != NULL; i++)
        run.args[6 + i] = more[i];
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    e2e_result_free(result);
    snprintf(name, 256, "reports/report-20261124T1200%s.000Z%s.json", second,
             more[0] == NULL ? "" : "-filtered");
    CU_ASSERT(e2e_exists(e2e_path(fleet, name)));
}

static void expect_latest(struct e2e_fleet *fleet, const char *name)
{
    char target[256];
    ssize_t len = readlink(e2e_path(fleet, "reports/latest.json"), target, sizeof target - 1);
    target[len < 0 ? 0 : len] = '\0';
    CHECK_STR(target, name + strlen("reports/"));
}

static void test_directory(void)
{
    static const char *const whole[] = {NULL}, *const filtered[] = {"--cluster", "eu-*", NULL};
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    char directory[256], first[256], second[256], name[256];
    CU_ASSERT(mkdir(e2e_path(fleet, "reports"), 0700) == 0);
    snprintf(directory, sizeof directory, " directory = \"%s\";", e2e_path(fleet, "reports"));
    e2e_edit(fleet, "rollcall.conf", "report : {", directory);
    e2e_edit(fleet, "rollcall.conf", "report : {",
             " formats = ( { format = \"table\"; file = \"@/fleet.txt\"; } );");
    run_into(fleet, "01", filtered, name);
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "reports/latest.json")));
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "fleet.txt")));
    run_into(fleet, "02", whole, first);
    CU_ASSERT(e2e_exists(e2e_path(fleet, "fleet.txt")));
    run_into(fleet, "03", whole, second);
    for (int i = 4; i < 8; i++) {
        char text[8];
        snprintf(text, sizeof text, "%02d", i);
        run_into(fleet, text, filtered, name);
        expect_latest(fleet, second);
    }
    CU_ASSERT(e2e_exists(e2e_path(fleet, first)));
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "reports/report-20261124T120005.000Z-filtered.json")));
    CU_ASSERT(e2e_exists(e2e_path(fleet, "reports/report-20261124T120006.000Z-filtered.json")));
    run_into(fleet, "08", whole, name);
    expect_latest(fleet, name);
    CU_ASSERT(!e2e_exists(e2e_path(fleet, first)) && e2e_exists(e2e_path(fleet, second)));
    CU_ASSERT(e2e_exists(e2e_path(fleet, "reports/report-20261124T120006.000Z-filtered.json")));
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"all that may be away are away", test_all_optional},
                                 {"an interrupted run", test_interrupted},
                                 {"nothing selected", test_nothing_selected},
                                 {"the end of the calendar", test_last_year},
                                 {"what was selected", test_selection},
                                 {"filtered runs and latest.json", test_directory},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/judgement", tests);
}
