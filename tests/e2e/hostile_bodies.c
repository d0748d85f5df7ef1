/* Bodies that are hostile: too large, hard to read, or packed in ways that make them so. */
#include <stdlib.h>

#include "../check.h"
#include "hostile_cases.h"
#include "lib/e2e.h"

#define PEAK_KIB (32 * 1024)

static void test_bodies(void)
{
    char *text = e2e_cases_text(HOSTILE "cluster good\ncluster messy messy=yes gzip=yes\n",
                                hostile_bodies, HOSTILE_COUNT(hostile_bodies));
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_check_cases(hostile_bodies, HOSTILE_COUNT(hostile_bodies), report, fleet),
                    0);
    e2e_report_free(report);
    e2e_stop(fleet);
    free(text);
}

/* One hostile cluster alone, so that the memory is what this one costs. */
static void check_alone(const char *settings, int status, unsigned retries)
{
    char text[512];
    snprintf(text, sizeof text,
             "run deadline=300.0\ndefaults timeout=250.0 retries=%u\ncluster alone %s\n", retries,
             settings);
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, status);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    printf("\n    %s: %ld ms, peak %ld KiB", settings, result->wall_ms, result->peak_kib);
    CU_ASSERT(e2e_is_sanitized() || result->peak_kib <= PEAK_KIB);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* max_body counts what is decoded, and what is not is never held. */
static void test_bombs(void)
{
    check_alone("fault=coding:gzip_bomb", 6, 0); /* with the max_body of 512 MiB that is usual */
    check_alone("fault=coding:zstd_bomb conf.max_body=\"64M\"", 6, 0);
    check_alone("fault=coding:bomb_in_bombs conf.max_body=\"64M\"", 6, 0);
    check_alone("fault=odd_json:name_10m", 6, 0);
    check_alone("fault=odd_json:key_10m", 6, 0);
    check_alone("fault=odd_json:nested_unknown", 6, 0);
}

static void test_large_lists(void)
{
    check_alone("workloads=400 padding=250000", 0, 0);
    check_alone("workloads=400 padding=250000 conf.max_body=\"64M\" expect=failed:too_large", 6, 3);
    if (!e2e_is_slow_wanted())
        return;
    check_alone("workloads=4200 padding=250000 conf.max_body=\"1G\"", 0, 0);
    check_alone("workloads=4200 padding=250000 expect=failed:too_large", 6, 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"bodies that are hostile", test_bodies},
                                 {"bombs and giants in little memory", test_bombs},
                                 {"lists of 100 MB (and 1 GB)", test_large_lists},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/hostile_bodies", tests);
}
