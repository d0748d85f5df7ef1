/* As many clusters as the largest fleets have. */
#include "../check.h"
#include "lib/e2e.h"

static void test_5000_clusters(void)
{
    struct e2e_fleet *fleet = e2e_start("run concurrency=256 deadline=300.0\n"
                                        "cluster c-{0000..4999} projects=2 workloads=20\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet);
    printf("\n    %zu workloads, %zu differences, %ld ms, peak %ld KiB\n", report->workload_count,
           differences, result->wall_ms, result->peak_kib);
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT_EQUAL(report->workload_count, 200000);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/token", NULL), 1);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"5,000 clusters", test_5000_clusters}, CU_TEST_INFO_NULL};
    return check_run("e2e/slow_scale", tests);
}
