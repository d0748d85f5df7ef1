/* Certificates and handshakes, good and bad. */
#include <stdlib.h>

#include "../check.h"
#include "hostile_cases.h"
#include "lib/e2e.h"

static void test_tls(void)
{
    char *text = e2e_cases_text(HOSTILE "cluster good\n", hostile_tls, HOSTILE_COUNT(hostile_tls));
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_check_cases(hostile_tls, HOSTILE_COUNT(hostile_tls), report, fleet), 0);
    /* Who did not prove who they are never saw a request, and with it the token. */
    for (size_t i = 0; i < HOSTILE_COUNT(hostile_tls); i++)
        if (hostile_tls[i].class != NULL)
            CU_ASSERT_EQUAL(e2e_count(fleet, hostile_tls[i].name, "/", NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
    free(text);
}

/* The same of the control plane's connection: no token, so no report. */
static void test_control_plane(void)
{
    static const char *const faults[] = {"future_cert", "chain_missing", "tls11", "hello_garbage",
                                         "reset_at:hello"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "control token_fault=%s conf.retries=0\ncluster good\n",
                 faults[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_result *result = e2e_collect(fleet, NULL);
        CU_ASSERT_EQUAL(result->status, 7);
        CU_ASSERT_FALSE(e2e_exists(e2e_path(fleet, "report.json")));
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", "-", "fault:"), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, "good", "/", NULL), 0);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"certificates and handshakes", test_tls},
                                 {"those of the control plane", test_control_plane},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/hostile_tls", tests);
}
