/* The one token: obtained once, refreshed once, and what happens when there is none. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static size_t token_requests(struct e2e_fleet *fleet)
{
    return e2e_count(fleet, "control", "/api/v1/token", NULL);
}

/* Runs, expects the status, and compares with the truth when there has to be a report. */
static struct e2e_fleet *collect(const char *text, int status, bool has_report)
{
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    if (result->status != status)
        fprintf(stderr, "    status %d, not %d: %s\n", result->status, status, result->err);
    CU_ASSERT_EQUAL(result->status, status);
    CU_ASSERT_EQUAL(e2e_exists(e2e_path(fleet, "report.json")), has_report);
    if (has_report && e2e_exists(e2e_path(fleet, "report.json"))) {
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        e2e_report_free(report);
    }
    e2e_result_free(result);
    return fleet;
}

static void test_storm(void)
{
    struct e2e_fleet *fleet = collect("run concurrency=200\n"
                                      "control expire=once latency_ms=50\n"
                                      "cluster c-{000..199} projects=2 latency_ms=0..20\n",
                                      0, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 2);
    /* Each project's request is refused at most once, and each cluster's first one is. */
    size_t refused = e2e_count(fleet, NULL, "/researcher/", "401");
    CU_ASSERT(refused >= 100 && refused <= 400);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/researcher/", "200"), 400);
    e2e_stop(fleet);
}

static void test_expiry_midway(void)
{
    struct e2e_fleet *fleet = collect("run concurrency=8\n"
                                      "control expire_after=77\n"
                                      "cluster c-{00..49} projects=3 latency_ms=0..10 listed=no\n",
                                      0, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/researcher/", "200"), 200);
    e2e_stop(fleet);
}

/* Some clusters refuse every token: one replay each, and not one token more for all of them. */
static void test_always_refused(void)
{
    struct e2e_fleet *fleet = collect("defaults retries=3\n"
                                      "cluster bad-{00..19} fault=401 projects=1\n"
                                      "cluster good-{0..4}\n",
                                      4, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 2);
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "bad-%02d", i);
        CU_ASSERT_EQUAL(e2e_count(fleet, name, NULL, "fault:401"), 2);
    }
    e2e_stop(fleet);
}

/* A run of token requests that is refused leaves no report, and the earlier one in place. */
static void test_wrong_secret(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control message=\"app \\\"fleet\\\" is unknown\"\ncluster a\n");
    e2e_write(e2e_path(fleet, "secret"), 0600, "wrong\n");
    e2e_write(e2e_path(fleet, "report.json"), 0644, "the report before\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 7);
    CU_ASSERT(strstr(result->err, "app \"fleet\" is unknown") != NULL);
    CU_ASSERT_EQUAL(token_requests(fleet), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "a", NULL, NULL), 0);
    char *report = e2e_read(e2e_path(fleet, "report.json"), NULL);
    CHECK_STR(report, "the report before\n");
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_hard_failures(void)
{
    static const char *const controls[] = {
        "control token_fault=refuse",    "control token_fault=500",
        "control token_fault=403",       "control token_fault=html200",
        "control token_fault=redirect",  "control token_fault=wrong_cert",
        "control token_fault=no_answer", "control token_fault=truncated_json",
        "control bad_token=\"a b\"",     "control bad_token=\"x\\\\r\\\\nEvil: 1\"",
        "control bad_token=\"\"",        "control token_fault=cut_body",
    };
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "%s conf.retries=1 conf.connect_timeout=1.0 conf.idle_timeout=1.0\ncluster a\n",
                 controls[i]);
        struct e2e_fleet *fleet = collect(text, 7, false);
        CU_ASSERT_EQUAL(e2e_count(fleet, "a", NULL, NULL), 0);
        CU_ASSERT(e2e_count(fleet, "control", NULL, NULL) > 0);
        e2e_stop(fleet);
    }
}

static void test_recovers(void)
{
    struct e2e_fleet *fleet =
        collect("control token_fault=500 token_fault_times=2 conf.retries=2\ncluster a\n", 0, true);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", NULL, "fault:500"), 2);
    CU_ASSERT_EQUAL(token_requests(fleet), 3);
    e2e_stop(fleet);
}

static void test_given_token(void)
{
    struct e2e_fleet *fleet = collect("control grant=token\ncluster a projects=2\n", 0, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 0);
    e2e_stop(fleet);
    /* One that is given cannot be refreshed. */
    fleet = collect("control grant=token\ncluster a fault=401\ncluster b\n", 4, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 0);
    e2e_stop(fleet);
}

static void test_long_token(void)
{
    struct e2e_fleet *fleet = collect("control token_len=6000\ncluster a projects=2\n", 0, true);
    CU_ASSERT_EQUAL(token_requests(fleet), 1);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"200 clusters refuse the token at once", test_storm},
                                 {"the token expires midway", test_expiry_midway},
                                 {"clusters that refuse every token", test_always_refused},
                                 {"a wrong secret", test_wrong_secret},
                                 {"no token to be had", test_hard_failures},
                                 {"the token endpoint recovers", test_recovers},
                                 {"a token that is given", test_given_token},
                                 {"a long token", test_long_token},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/token", tests);
}
