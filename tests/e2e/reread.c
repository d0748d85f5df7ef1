/* The second reading: only what differs twice is reported. */
#include <signal.h>
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char *total(const struct e2e_report *report, const char *key)
{
    return e2e_text(e2e_get(report->head, "reconciliation", "totals", key, NULL));
}

static struct e2e_report *check_truth(struct e2e_fleet *fleet, int status)
{
    struct e2e_report *report = e2e_collect_report(fleet, status, NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    return report;
}

/* Differences of a moment, on either side, beside ones that last. */
#define FLAPPING                                                                                   \
    "default projects=3 workloads=60\n"                                                            \
    "cluster ended flap_ended=9 only_cluster=2\n"                                                  \
    "cluster gone flap_gone=9 only_control=2\n"                                                    \
    "cluster late flap_late=9 listed=no generation=2\n"                                            \
    "cluster phase flap_phase=9 differ_phase=3 differ_gpus=2\n"                                    \
    "cluster k8s api=kubernetes flap_ended=5 flap_gone=5 flap_late=5 flap_phase=5 page=8 "         \
    "only_control=1 only_cluster=2 differ_phase=3 renamed_ids=4\n"                                 \
    "cluster k8s-listed api=kubernetes listed=yes flap_ended=5 flap_late=5 flap_phase=5 "          \
    "differ_phase=1 only_control=2\n"                                                              \
    "cluster repeats repeat=8 flap_ended=3 flap_late=2 only_cluster=2 only_control=1\n"            \
    "cluster nameless omit_project=yes projects=1 flap_ended=3 only_cluster=2 differ_phase=1\n"    \
    "cluster all flap_ended=1 flap_gone=2 flap_late=3 flap_phase=4 only_control=5 "                \
    "only_cluster=6 differ_phase=7 renamed_ids=8 twins=4 third_party=3 elsewhere=2\n"

/* What changes between the readings is no difference; what is reported was seen twice. */
static void test_second_reading(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\ncontrol page=50\n" FLAPPING);
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "only_control_plane"), "11");
    CHECK_STR(total(report, "only_cluster"), "18");
    CHECK_STR(total(report, "differing"), "17");
    CHECK_STR(total(report, "unconfirmed"), "0");
    yajl_val times = e2e_get(report->head, "run", "reconciled_at", NULL);
    const char *first = e2e_text(e2e_get(times, "first", NULL));
    const char *second = e2e_text(e2e_get(times, "second", NULL));
    const char *started = e2e_text(e2e_get(report->head, "run", "started_at", NULL));
    const char *finished = e2e_text(e2e_get(report->head, "run", "finished_at", NULL));
    CU_ASSERT(YAJL_IS_STRING(e2e_get(times, "second", NULL)));
    CU_ASSERT(strcmp(started, first) <= 0 && strcmp(first, second) <= 0 &&
              strcmp(second, finished) <= 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Enriching is of the first reading, like the workloads. */
static void test_second_reading_enriched(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true enrich=true\ncontrol discover=yes\n" FLAPPING);
    e2e_report_free(check_truth(fleet, 0));
    e2e_stop(fleet);
}

/* Nobody is asked twice for what agrees: neither clusters nor their projects. */
static void test_reread_little(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "cluster agrees projects=3 workloads=20\n"
                                        "cluster differs projects=3 workloads=20 only_control=1\n"
                                        "cluster third third_party=4\n"
                                        "cluster phase projects=3 differ_phase=1\n"
                                        "cluster nameless projects=3 omit_project=yes "
                                        "only_cluster=1\n"
                                        "cluster old generation=2 only_control=1\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "agrees", "/researcher/", NULL), 3);
    CU_ASSERT_EQUAL(e2e_count(fleet, "third", "/researcher/", NULL), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "differs", "/researcher/", NULL), 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "differs", "/researcher/api/v1/jobs/team-a", "200"), 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, "phase", "/researcher/", NULL), 4);
    /* A row that names no project may be of any. */
    CU_ASSERT_EQUAL(e2e_count(fleet, "nameless", "/researcher/", "200"), 6);
    CU_ASSERT_EQUAL(e2e_count(fleet, "nameless", "/researcher/", NULL), 6);
    /* The path that works is known. */
    CU_ASSERT_EQUAL(e2e_count(fleet, "old", "/researcher/", NULL), 3);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "differs"), "requests", NULL)), "4");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "agrees"), "requests", NULL)), "3");
    CHECK_STR(e2e_text(e2e_get(report->head, "totals", "workloads", NULL)), "200");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Without a difference nothing is read again, and the report says so. */
static void test_no_second_reading(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\ncluster a\ncluster b\n");
    struct e2e_report *report = check_truth(fleet, 0);
    yajl_val times = e2e_get(report->head, "run", "reconciled_at", NULL);
    CU_ASSERT(YAJL_IS_STRING(e2e_get(times, "first", NULL)));
    CHECK_STR(e2e_text(e2e_get(times, "second", NULL)), "null");
    CU_ASSERT_EQUAL(e2e_count(fleet, "a", "/researcher/", NULL), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Both readings have times by the clock that --now sets. */
static void test_reading_times(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\ncluster a only_control=1\n");
    const char *const more[] = {"--now", "2001-02-03T04:05:06Z", NULL};
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    yajl_val times = e2e_get(report->head, "run", "reconciled_at", NULL);
    CU_ASSERT_EQUAL(strncmp(e2e_text(e2e_get(times, "first", NULL)), "2001-02-03T04:05:", 17), 0);
    CU_ASSERT_EQUAL(strncmp(e2e_text(e2e_get(times, "second", NULL)), "2001-02-03T04:05:", 17), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What cannot be read a second time is not known to last: it is counted, and in no list. */
static void test_unconfirmed(void)
{
    static const char *const fleets[] = {
        /* a cluster's second answer fails */
        "cluster a projects=2 workloads=40 fault=500 fault_on=jobs fault_after=1 expect=ok "
        "unconfirmed=yes only_control=3 only_cluster=2 flap_phase=4 flap_late=1\n"
        "cluster b projects=2 workloads=40 only_control=3 flap_late=2\n",
        /* the control plane's does: of its pages, or of its counts */
        "control workloads_fault=500 list_fault_after=1\n"
        "cluster a projects=2 workloads=40 unconfirmed=yes only_cluster=3 flap_late=2\n",
        "control count_fault=503 list_fault_after=2 conf.retries=0\n"
        "cluster a projects=2 workloads=40 unconfirmed=yes only_cluster=3 flap_gone=2\n",
        /* one of its projects does */
        "cluster a projects=3 workloads=40 fault=403 fault_project=team-b fault_after=1 expect=ok "
        "unconfirmed=yes only_cluster=9\n",
    };
    for (size_t i = 0; i < sizeof fleets / sizeof fleets[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "run reconcile=true\ndefaults retries=0\n%s", fleets[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        e2e_report_free(check_truth(fleet, 0));
        e2e_stop(fleet);
    }
}

/* The second reading ends with the network's time. */
static void test_second_deadline(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true deadline=4.0\n"
                  "cluster quick only_cluster=1 workloads=40\n"
                  "cluster slow fault=slow_first_byte:60000 fault_after=1 unconfirmed=yes "
                  "only_cluster=2 flap_late=1 workloads=40\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(result->wall_ms < 8000 || e2e_is_sanitized());
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_result_free(result);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A signal ends the second reading like the first: the report has what is known. */
static void test_second_interrupted(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "cluster a fault=slow_first_byte:60000 fault_after=1 "
                                        "unconfirmed=yes only_cluster=2 flap_late=1 workloads=40\n"
                                        "cluster b workloads=40\n");
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")}};
    struct e2e_job *job = e2e_begin(&run);
    e2e_await_count(fleet, "a", "/researcher/", NULL, 2);
    CU_ASSERT_EQUAL(kill(e2e_pid(job), SIGTERM), 0);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 4);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "interrupted_by", NULL)), "SIGTERM");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "2");
    CHECK_STR(total(report, "clusters_compared"), "2");
    CHECK_STR(total(report, "unconfirmed"), "3");
    CHECK_STR(total(report, "only_cluster"), "0");
    e2e_result_free(result);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Sides that have next to nothing in common are not read twice. */
static void test_too_many_differences(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "cluster few only_control=10000\n"
                                        "cluster many only_control=10001 unconfirmed=yes\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "unconfirmed"), "10001");
    CU_ASSERT_EQUAL(e2e_count(fleet, "few", "/researcher/", NULL), 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, "many", "/researcher/", NULL), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"only what differs twice", test_second_reading},
                                 {"twice, and enriched", test_second_reading_enriched},
                                 {"only what differs is read again", test_reread_little},
                                 {"nothing is read again", test_no_second_reading},
                                 {"the readings' times", test_reading_times},
                                 {"what was seen once", test_unconfirmed},
                                 {"the second reading and the deadline", test_second_deadline},
                                 {"the second reading and a signal", test_second_interrupted},
                                 {"too many differences", test_too_many_differences},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/reread", tests);
}
