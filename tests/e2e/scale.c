/* Large fleets and large answers: exact, and in little memory. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

#define LARGE_ANSWER_KIB (48 * 1024)

/* Runs, compares, and returns the peak memory. */
static long collect(const char *text, size_t workloads)
{
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet);
    printf("\n    %zu workloads, %zu differences, %ld ms, peak %ld KiB\n", report->workload_count,
           differences, result->wall_ms, result->peak_kib);
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT_EQUAL(report->workload_count, workloads);
    long peak_kib = result->peak_kib;
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
    return peak_kib;
}

static void test_many_clusters(void)
{
    long of_50 =
        collect("run concurrency=50\ncluster c-{000..049} projects=2 workloads=100\n", 10000);
    long of_500 =
        collect("run concurrency=50\ncluster c-{000..499} projects=2 workloads=100\n", 100000);
    printf("    500 clusters' peak is %.2f of 50 clusters'\n", (double)of_500 / (double)of_50);
    CU_ASSERT(e2e_is_sanitized() || of_500 * 100 <= of_50 * 125);
}

/* The same fleet with one cluster in ten bad in one way or another. */
static void test_faults_mixed_in(void)
{
    struct e2e_fleet *fleet = e2e_start(
        "run deadline=30.0 concurrency=128\n"
        "defaults connect_timeout=2.0 idle_timeout=2.0 timeout=10.0 retries=1\n"
        "default projects=2 workloads=100 latency_ms=0..20\n"
        "cluster c-{000..449}\n"
        "cluster b-{00..04}-refuse fault=refuse\ncluster b-{05..09}-mute fault=no_answer\n"
        "cluster b-{10..14}-stall fault=stall_body\ncluster b-{15..19}-cut fault=cut_body\n"
        "cluster b-{20..24}-401 fault=401\ncluster b-{25..29}-503 fault=503\n"
        "cluster b-{30..34}-html fault=html200\ncluster b-{35..39}-json fault=bad_json\n"
        "cluster b-{40..44}-hole fault=blackhole\ncluster b-{45..49}-cert fault=wrong_cert\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet);
    printf("\n    50 of 500 clusters bad: %zu differences, %ld ms of a deadline of 30 s\n",
           differences, result->wall_ms);
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms <= 30000);
    CU_ASSERT(e2e_count(fleet, NULL, NULL, "fault:") >= 50);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_large_answer(void)
{
    long peak_kib = collect("defaults timeout=300.0\n"
                            "cluster large projects=1 workloads=500000\n",
                            500000);
    CU_ASSERT(e2e_is_sanitized() || peak_kib <= LARGE_ANSWER_KIB);
}

static void test_same_bytes(void)
{
    static const char text[] = "cluster c-{000..199} projects=2 workloads=50 latency_ms=0..80\n";
    struct e2e_fleet *fleet = e2e_start_with(text, 0, 1);
    unsigned port = e2e_port(fleet);
    e2e_result_free(e2e_collect(fleet, NULL));
    struct e2e_report *first = e2e_load(e2e_path(fleet, "report.json"));
    e2e_stop(fleet);
    fleet = e2e_start_with(text, port, 2);
    e2e_result_free(e2e_collect(fleet, (const char *const[]){"--concurrency", "7", NULL}));
    struct e2e_report *second = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT(e2e_same(first, second));
    CU_ASSERT_EQUAL(second->workload_count, 20000);
    e2e_report_free(first);
    e2e_report_free(second);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"500 clusters", test_many_clusters},
                                 {"500 clusters, faults mixed in", test_faults_mixed_in},
                                 {"one answer of 140 MB", test_large_answer},
                                 {"the same bytes at another concurrency", test_same_bytes},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/scale", tests);
}
