/* Clusters that are asked through their Kubernetes API. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

#define LIST "/apis/run.ai/v2alpha1/"

static void check_truth(const char *text, int status)
{
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, status, NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_truth(void)
{
    check_truth("default api=kubernetes projects=3 workloads=40 latency_ms=0..20\n"
                "cluster whole\n"
                "cluster by-project listed=yes\n"
                "cluster paged page=7\n"
                "cluster paged-by-project page=3 listed=yes\n"
                "cluster ones page=1 workloads=10\n"
                "cluster gz gzip=yes page=50\n"
                "cluster idle workloads=0\n"
                "cluster idle-listed workloads=0 listed=yes\n"
                "cluster plain tls=no\n"
                "cluster flaky fault=503:0 fault_times=2\n"
                "cluster cut fault=cut_body fault_times=1 workloads=100 page=30\n"
                "cluster own own_token=yes\n"
                "cluster repaired odd_users=25 page=10\n"
                "cluster researcher api=researcher\n",
                0);
}

static void test_paging(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster k api=kubernetes projects=2 workloads=50 page=10\n"
                                        "cluster l api=kubernetes workloads=50 listed=yes\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT(e2e_count(fleet, "k", LIST "trainingworkloads?limit=500&continue=", "200") >= 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, "k", LIST "namespaces/", NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "l", LIST "namespaces/runai-team-a/", "200"), 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "l", LIST, "200"), 4);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A page that fails and is asked again, and a list that has to begin again: nothing counts twice.
 */
static void test_restart(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes projects=2 workloads=60 page=6\n"
                  "cluster once expire_continue=1\n"
                  "cluster thrice expire_continue=3 listed=yes\n"
                  "cluster also-cut expire_continue=1 fault=cut_body fault_times=2\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "once", LIST, "410"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "thrice", LIST, "410"), 3);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A list whose tokens age out for ever comes to an end. */
static void test_restart_for_ever(void)
{
    struct e2e_fleet *fleet = e2e_start(
        "cluster good api=kubernetes\n"
        "cluster old api=kubernetes page=6 workloads=60 expire_continue=100000 truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    yajl_val cluster = e2e_cluster(report, "old");
    CU_ASSERT(e2e_count(fleet, "old", LIST, "410") <= 40);
    CHECK_STR(e2e_text(e2e_get(cluster, "status", NULL)), "failed");
    CHECK_STR(e2e_text(e2e_get(cluster, "error", "http_status", NULL)), "410");
    CU_ASSERT(strstr(e2e_text(e2e_get(cluster, "error", "message", NULL)), "too old") != NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "good"), "status", NULL)), "ok");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_missing_kinds(void)
{
    check_truth("default api=kubernetes projects=2\n"
                "cluster one missing_kinds=distributedworkloads\n"
                "cluster three missing_kinds=trainingworkloads,inferenceworkloads,"
                "distributedworkloads\n"
                "cluster three-listed listed=yes missing_kinds=trainingworkloads,"
                "interactiveworkloads,inferenceworkloads\n",
                0);
}

static void test_no_kinds(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster good api=kubernetes\n"
                  "cluster none api=kubernetes missing_kinds=trainingworkloads,"
                  "interactiveworkloads,inferenceworkloads,distributedworkloads\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "class", NULL)), "not_found");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "attempts", NULL)), "1");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_one_kind_fails(void)
{
    struct e2e_fleet *fleet = e2e_start(
        "defaults retries=1\n"
        "default api=kubernetes projects=2 workloads=30\n"
        "cluster good\n"
        "cluster partly fault=500 fault_kind=inferenceworkloads message=\"etcd is gone\"\n"
        "cluster forbidden fault=403 fault_kind=trainingworkloads page=5\n"
        "cluster by-project listed=yes fault=500 fault_project=team-b\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    const char *message =
        e2e_text(e2e_get(e2e_cluster(report, "partly"), "error", "message", NULL));
    CU_ASSERT(strstr(message, "inferenceworkloads") != NULL);
    CU_ASSERT(strstr(message, "etcd is gone") != NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, "partly", LIST "inferenceworkloads", "fault:500"), 2);
    CU_ASSERT(strstr(e2e_text(e2e_get(e2e_cluster(report, "forbidden"), "error", "message", NULL)),
                     "trainingworkloads") != NULL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_whole_failures(void)
{
    struct e2e_fleet *fleet =
        e2e_start("defaults retries=0 idle_timeout=1.0 connect_timeout=1.0\n"
                  "default api=kubernetes\n"
                  "cluster good\n"
                  "cluster down fault=refuse\n"
                  "cluster forbidden fault=403 message=\"no \\\"you\\\"\"\n"
                  "cluster html fault=html200\n"
                  "cluster no-items fault=wrong_shape:no_data expect=failed:bad_shape\n"
                  "cluster always-401 fault=401\n"
                  "cluster half fault=cut_body\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    yajl_val forbidden = e2e_cluster(report, "forbidden");
    CHECK_STR(e2e_text(e2e_get(forbidden, "error", "class", NULL)), "auth");
    CU_ASSERT(strstr(e2e_text(e2e_get(forbidden, "error", "message", NULL)), "no \"you\"") != NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "html"), "error", "class", NULL)), "not_json");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "down"), "error", "class", NULL)), "connect");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "half"), "error", "class", NULL)), "truncated");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "always-401"), "error", "class", NULL)), "auth");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "good"), "status", NULL)), "ok");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The same token over and over: the lists fail, and soon. */
static void test_endless(void)
{
    struct e2e_fleet *fleet = e2e_start(
        "cluster good api=kubernetes\n"
        "cluster loop api=kubernetes workloads=40 page=5 endless_continue=yes truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    yajl_val cluster = e2e_cluster(report, "loop");
    CHECK_STR(e2e_text(e2e_get(cluster, "status", NULL)), "failed");
    CHECK_STR(e2e_text(e2e_get(cluster, "error", "class", NULL)), "incomplete");
    CHECK_STR(e2e_text(e2e_get(cluster, "error", "http_status", NULL)), "200");
    CHECK_STR(e2e_text(e2e_get(cluster, "error", "attempts", NULL)), "2");
    CU_ASSERT_EQUAL(e2e_workloads_of(report, "loop", NULL), 0);
    CU_ASSERT(e2e_count(fleet, "loop", LIST, NULL) <= 12);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "good"), "status", NULL)), "ok");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* When every cluster has a token of its own, no control plane is needed. */
static void test_own_tokens(void)
{
    struct e2e_fleet *fleet = e2e_start("control conf=no\n"
                                        "cluster k api=kubernetes own_token=yes\n"
                                        "cluster r own_token=yes\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A token that is not to be had costs only those that need it. */
static void test_own_token_survives(void)
{
    struct e2e_fleet *fleet = e2e_start("control token_fault=403\n"
                                        "cluster k api=kubernetes own_token=yes\n"
                                        "cluster r expect=failed:auth\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "r", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_selected_projects(void)
{
    static const char *const more[] = {"--project", "team-b", NULL};
    struct e2e_fleet *fleet = e2e_start(
        "default projects=3\ncluster k api=kubernetes\ncluster l api=kubernetes listed=yes\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    CU_ASSERT_EQUAL(e2e_workloads_of(report, "k", NULL), 10);
    CU_ASSERT_EQUAL(e2e_workloads_of(report, "l", NULL), 10);
    CU_ASSERT_EQUAL(e2e_count(fleet, "l", LIST "namespaces/runai-team-b/", "200"), 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "l", LIST, "200"), 4);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static bool has_warning(const struct e2e_report *report, const char *cluster, const char *text)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, cluster), "warnings", NULL);
    for (size_t i = 0; YAJL_IS_ARRAY(warnings) && i < warnings->u.array.len; i++)
        if (strstr(e2e_text(warnings->u.array.values[i]), text) != NULL)
            return true;
    return false;
}

/* Templates, deletions, conditions, annotations, several pods, other terms than GPUs. */
static void test_rich_items(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes projects=3 workloads=120 rich=yes discovery=no\n"
                  "cluster whole\n"
                  "cluster listed listed=yes\n"
                  "cluster paged page=7 expire_continue=1\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT(has_warning(report, "whole", " templates were left out"));
    CU_ASSERT(has_warning(report, "listed", "project \"team-b\": "));
    CU_ASSERT_FALSE(has_warning(report, "listed", "another project"));
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the report is the truth", test_truth},
                                 {"lists and pages", test_paging},
                                 {"a continue token that aged out", test_restart},
                                 {"tokens that age out for ever", test_restart_for_ever},
                                 {"kinds that a cluster does not have", test_missing_kinds},
                                 {"a cluster without any kind", test_no_kinds},
                                 {"one kind fails", test_one_kind_fails},
                                 {"the cluster fails", test_whole_failures},
                                 {"a list without end", test_endless},
                                 {"tokens of the clusters' own", test_own_tokens},
                                 {"a token of its own survives", test_own_token_survives},
                                 {"only some projects", test_selected_projects},
                                 {"all that items can say", test_rich_items},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/kubernetes", tests);
}
