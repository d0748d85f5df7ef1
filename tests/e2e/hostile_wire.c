/* HTTP/1 that breaks its rules, and connections that end at every stage. */
#include <stdlib.h>

#include "../check.h"
#include "hostile_cases.h"
#include "lib/e2e.h"

#define PEAK_KIB (48 * 1024)

static void test_wire(void)
{
    char *text =
        e2e_cases_text(HOSTILE "cluster good\n", hostile_wire, HOSTILE_COUNT(hostile_wire));
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(e2e_is_sanitized() || result->peak_kib <= PEAK_KIB);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_check_cases(hostile_wire, HOSTILE_COUNT(hostile_wire), report, fleet), 0);
    /* How far a connection got is a matter of microseconds; what the report says is not. */
    e2e_result_free(result);
    result = e2e_collect(fleet, NULL);
    struct e2e_report *again = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT(e2e_same(report, again));
    e2e_report_free(again);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
    free(text);
}

/* A message names the host that a redirect points to, but not what would move the terminal. */
static void test_redirect_target(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster odd fault=wire:redirect_odd\ncluster good\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    const char *message = e2e_text(e2e_get(e2e_cluster(report, "odd"), "error", "message", NULL));
    CU_ASSERT_PTR_NULL(strchr(message, '\033'));
    CU_ASSERT_PTR_NULL(strstr(message, "\xe2\x80\xae"));
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"bytes on the wire", test_wire},
                                 {"where a redirect points", test_redirect_target},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/hostile_wire", tests);
}
