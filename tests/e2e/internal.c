/* What fails on rollcall's own side: libcurl, the process's limits. */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

static const char fleet_text[] = "defaults retries=1\n"
                                 "cluster a projects=2\n"
                                 "cluster b projects=1\n";

/* The usual with a libcurl in which something fails from the second call on. */
static struct e2e_result *collect(struct e2e_fleet *fleet, const char *failure)
{
    char *env[2];
    e2e_preload("curl", env);
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")},
                                .env = {env[0], env[1], failure}};
    struct e2e_result *result = e2e_run(&run);
    free(env[0]);
    free(env[1]);
    return result;
}

/* The token is there, no request can be started: that is each cluster's error, and reported. */
static void test_no_transfer(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_result *result = collect(fleet, "CURL_ADD_FAILS=2");
    CU_ASSERT_EQUAL(result->status, 6);
    if (result->status == 6) {
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        for (const char *name = "a\0b\0"; *name != '\0'; name += 2) {
            yajl_val cluster = e2e_cluster(report, name);
            CHECK_STR(e2e_text(e2e_get(cluster, "status", NULL)), "failed");
            CHECK_STR(e2e_text(e2e_get(cluster, "error", "class", NULL)), "internal");
            CHECK_STR(e2e_text(e2e_get(cluster, "workloads", NULL)), "null");
        }
        e2e_report_free(report);
    }
    CU_ASSERT_EQUAL(e2e_count(fleet, "a", "/researcher/", NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Without any handle there is nothing to go on with: 1, said in one line, and no report. */
static void test_no_handle(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_result *result = collect(fleet, "CURL_INIT_FAILS=1");
    CU_ASSERT_EQUAL(result->status, 1);
    CU_ASSERT(strstr(result->err, "libcurl") != NULL);
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "report.json")));
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* A process that may open hardly a file says which way it cannot go on. */
static void test_no_descriptors(void)
{
    const struct e2e_run run = {.args = {"--version"}, .max_files = 4};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 1);
    CU_ASSERT(strstr(result->err, "cannot install signal handlers: Too many open files") != NULL);
    CHECK_STR(result->out, "");
    e2e_result_free(result);
}

/* With few, fewer requests run at once, which is said; the report is whole all the same. */
static void test_few_descriptors(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")},
                                .max_files = 72};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(strstr(result->err, "concurrency is 2 instead of") != NULL);
    CU_ASSERT(strstr(result->err, "only 72 open files") != NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"no transfer can be started", test_no_transfer},
        {"no handle to be had", test_no_handle},
        {"no descriptors to be had", test_no_descriptors},
        {"few descriptors", test_few_descriptors},
        CU_TEST_INFO_NULL,
    };
    return check_run("e2e/internal", tests);
}
