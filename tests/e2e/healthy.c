/* A fleet in which every cluster is well, in all the ways a cluster can be. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char fleet_text[] = "run deadline=60.0 concurrency=16\n"
                                 "defaults retries=2\n"
                                 "control latency_ms=30\n"
                                 "default latency_ms=0..60 projects=3 workloads=40\n"
                                 "cluster gen1\n"
                                 "cluster gen2 generation=2\n"
                                 "cluster gen2-405 generation=2 gen_status=405\n"
                                 "cluster gen3 generation=3\n"
                                 "cluster gen3-asked generation=3 listed=no\n"
                                 "cluster ignores generation=3 ignore_project=yes\n"
                                 "cluster asked listed=no\n"
                                 "cluster messy messy=yes\n"
                                 "cluster messy-asked messy=yes listed=no\n"
                                 "cluster gz gzip=yes\n"
                                 "cluster gz-messy gzip=yes messy=yes listed=no\n"
                                 "cluster bom fault=bom\n"
                                 "cluster empty empty=yes allow_empty=yes\n"
                                 "cluster idle workloads=0\n"
                                 "cluster idle-asked workloads=0 listed=no\n"
                                 "cluster other fault=other_project:5\n"
                                 "cluster plain tls=no\n"
                                 "cluster large workloads=5000 projects=1\n"
                                 "cluster wide workloads=3 projects=60 listed=no\n"
                                 "cluster flaky fault=503:0 fault_times=1\n"
                                 "cluster cut fault=cut_body fault_times=1 workloads=200\n"
                                 "cluster many-{00..19} workloads=10 projects=2\n";

static struct e2e_report *collect(struct e2e_fleet *fleet)
{
    return e2e_collect_report(fleet, 0, NULL);
}

static void test_truth(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_report *report = collect(fleet);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "outcome", NULL)), "complete");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "true");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ratio", NULL)), "1");
    CU_ASSERT(report->workload_count > 8000);
    CU_ASSERT(e2e_count(fleet, "cut", NULL, "fault:cut_body") == 3);
    CU_ASSERT(e2e_count(fleet, "flaky", NULL, "fault:503") == 3);
    CU_ASSERT(e2e_count(fleet, "control", "/api/v1/token", "200") == 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The whole fleet is started anew on the same port, with other latencies. */
static void test_same_bytes(void)
{
    struct e2e_fleet *fleet = e2e_start_with(fleet_text, 0, 1);
    unsigned port = e2e_port(fleet);
    struct e2e_report *first = collect(fleet);
    struct e2e_report *again = collect(fleet);
    e2e_stop(fleet);
    fleet = e2e_start_with(fleet_text, port, 2);
    struct e2e_report *other = collect(fleet);
    CU_ASSERT(first->workload_count > 8000);
    CU_ASSERT(e2e_same(first, again));
    CU_ASSERT(e2e_same(first, other));
    e2e_report_free(first);
    e2e_report_free(again);
    e2e_report_free(other);
    e2e_stop(fleet);
}

static size_t warnings_of(const struct e2e_report *report, const char *name)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, name), "warnings", NULL);
    return YAJL_IS_ARRAY(warnings) ? warnings->u.array.len : SIZE_MAX;
}

/* Words that no vocabulary has, in each of its three projects; all others are known. */
static void check_unknown_words(const struct e2e_report *report, const char *name)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, name), "warnings", NULL);
    CU_ASSERT_EQUAL_FATAL(warnings_of(report, name), 2);
    CHECK_STR(e2e_text(warnings->u.array.values[0]),
              "unknown phase \"Something new\" (seen in 3 workloads, for one \"words\"); it is "
              "reported as unknown");
    CHECK_STR(e2e_text(warnings->u.array.values[1]),
              "unknown type \"Cron\" (seen in 3 workloads, for one \"words\"); it is reported as "
              "other");
}

static void test_warnings(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_report *report = collect(fleet);
    CU_ASSERT_EQUAL(warnings_of(report, "gen1"), 0);
    CU_ASSERT_EQUAL(warnings_of(report, "flaky"), 0);
    CU_ASSERT(warnings_of(report, "empty") == 1);
    CU_ASSERT(warnings_of(report, "other") >= 1);
    CU_ASSERT(warnings_of(report, "ignores") >= 1);
    check_unknown_words(report, "messy");
    check_unknown_words(report, "messy-asked");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* One project finds out which path works while the others wait. */
static void test_probing(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster gen3 generation=3 projects=8 latency_ms=20\n"
                                        "cluster gen2 generation=2 projects=8 listed=no\n");
    struct e2e_report *report = collect(fleet);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen3", "/researcher/api/v1/jobs/", "404"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen3", "/researcher/api/v1/job/", "404"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen3", "/researcher/api/v1/jobs?project=", "200"), 8);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen3", "/", NULL), 10);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen2", "/researcher/api/v1/jobs/", "404"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen2", "/researcher/api/v1/job/", "200"), 8);
    CU_ASSERT_EQUAL(e2e_count(fleet, "gen2", "/researcher/api/v1/projects", "200"), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A project without a name cannot be asked: what it has is missing, and the report says so. */
static void test_nameless_projects(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster asked listed=no projects=2 nameless=3\n"
                                        "cluster good listed=no\n"
                                        "cluster listed nameless=3\n"
                                        "cluster none listed=no empty=yes nameless=1\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "asked"), "error", "message", NULL)),
              "3 of its projects have no usable name and were not asked");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "message", NULL)),
              "1 of its projects has no usable name and was not asked");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "http_status", NULL)), "200");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "attempts", NULL)), "1");
    CU_ASSERT_EQUAL(warnings_of(report, "asked"), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Who asks for projects by name does not miss those that have none. */
static void test_nameless_unwanted(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster asked listed=no projects=2 nameless=3\n");
    static const char *const by_name[] = {"--project", "team-[ab]", NULL};
    static const char *const all[] = {"--project", "*", NULL};
    struct e2e_report *report = e2e_collect_report(fleet, 0, by_name);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "asked"), "status", NULL)), "ok");
    e2e_report_free(report);
    report = e2e_collect_report(fleet, 4, all);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "asked"), "status", NULL)), "partial");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_nothing_secret(void)
{
    static const char *const secrets[] = {"NEVER-REPORT", "s3cret", "gen-1", "eyJhbGci"};
    struct e2e_fleet *fleet = e2e_start("cluster a projects=2 workloads=100\n"
                                        "cluster b fault=403 message=\"no\"\n");
    const struct e2e_run run = {.args = {"run", "-vvv", "-c", e2e_path(fleet, "rollcall.conf"),
                                         "-o", e2e_path(fleet, "report.json")}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 4);
    size_t len;
    char *report = e2e_read(e2e_path(fleet, "report.json"), &len);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(strlen(report), len);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CU_ASSERT(strstr(report, secrets[i]) == NULL);
        CU_ASSERT(strstr(result->err, secrets[i]) == NULL);
        CU_ASSERT(strstr(result->out, secrets[i]) == NULL);
    }
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the report is the truth", test_truth},
                                 {"the same fleet gives the same bytes", test_same_bytes},
                                 {"warnings", test_warnings},
                                 {"one project probes for the path", test_probing},
                                 {"projects without a name", test_nameless_projects},
                                 {"... that nobody asked for", test_nameless_unwanted},
                                 {"nothing secret comes out", test_nothing_secret},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/healthy", tests);
}
