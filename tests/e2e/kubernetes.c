/* Clusters that are asked through their Kubernetes API. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

#define LIST       "/apis/run.ai/v2alpha1/"
#define POD_GROUPS "/apis/scheduling.run.ai/v2alpha2/"

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
                  "cluster once expire_continue=1 odd_users=30\n"
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
        e2e_start("default api=kubernetes\n"
                  "cluster good\n"
                  "default missing_kinds=trainingworkloads,interactiveworkloads,"
                  "inferenceworkloads,distributedworkloads\n"
                  "cluster none discovery=no\n"
                  "cluster told\n"
                  "cluster told-listed listed=yes projects=2\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "none"), "error", "http_status", NULL)), "404");
    CU_ASSERT(strstr(e2e_text(e2e_get(e2e_cluster(report, "told"), "error", "message", NULL)),
                     "no kind of workload that is known here") != NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "told"), "error", "http_status", NULL)), "200");
    CU_ASSERT_EQUAL(e2e_count(fleet, "told", LIST, NULL), 0);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "told-listed"), "error", "class", NULL)),
              "not_found");
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
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
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
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "whole"), "dropped", NULL)), "51");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "listed"), "dropped", NULL)), "51");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "paged"), "dropped", NULL)), "51");
    CU_ASSERT_FALSE(has_warning(report, "listed", "another project"));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Kinds and versions are those that the server says it has. */
static void test_discovery(void)
{
    struct e2e_fleet *fleet = e2e_start("default api=kubernetes projects=2 workloads=90\n"
                                        "cluster plain\n"
                                        "cluster rich rich=yes\n"
                                        "cluster rich-listed rich=yes listed=yes page=9\n"
                                        "cluster fewer rich=yes missing_kinds=inferenceworkloads,"
                                        "runaijobs,distributedinferenceworkloads\n"
                                        "cluster silent discovery=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "plain", "/apis/run.ai", "200"), 2 + 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "plain", "/apis/run.ai", NULL), 2 + 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "rich", "/apis/run.ai/v1", "200"), 1 + 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, "rich", "/apis/run.ai/v1/interactiveworkloads?", "200"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "rich", "/apis/run.ai/v1/runaijobs?", "200"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "rich", LIST, "200"), 5);
    CU_ASSERT_EQUAL(e2e_count(fleet, "rich", "/apis/run.ai", "404"), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "fewer", LIST "inferenceworkloads", NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "silent", "/apis/run.ai", "404"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "silent", LIST, "200"), 4);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "rich"), "requests", NULL)), "11");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Where discovery is refused, or is none, the usual kinds are asked for; where nothing comes of it,
 * the cluster fails as with any first request. */
static void test_discovery_faults(void)
{
    struct e2e_fleet *fleet =
        e2e_start("defaults retries=1 idle_timeout=1.0\n"
                  "default api=kubernetes\n"
                  "cluster refused fault=403 fault_on=discovery\n"
                  "cluster odd fault=405 fault_on=discovery\n"
                  "cluster html fault=html200 fault_on=discovery\n"
                  "cluster half fault=truncated_json fault_on=discovery\n"
                  "cluster no-list fault=wrong_shape:no_data fault_on=discovery\n"
                  "cluster flaky fault=503:0 fault_on=discovery fault_times=1\n"
                  "cluster broken fault=500 fault_on=discovery expect=failed:http\n"
                  "cluster broken-listed fault=500 fault_on=discovery listed=yes projects=2 "
                  "expect=failed:http\n"
                  "cluster gone fault=reset fault_on=discovery expect=failed:connect\n"
                  "cluster unknown fault=401 fault_on=discovery expect=failed:auth\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    static const char *const asked[] = {"refused", "odd", "html", "half", "no-list"};
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        CU_ASSERT(has_warning(report, asked[i], "asked for the usual ones only"));
        CU_ASSERT_EQUAL(e2e_count(fleet, asked[i], LIST, "200"), 4);
    }
    CU_ASSERT_EQUAL(e2e_count(fleet, "broken", LIST, NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "broken", "/apis/run.ai", NULL), 2);
    CU_ASSERT_FALSE(has_warning(report, "flaky", ""));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What other versions say holds where the list of one is refused; the usual kinds are asked for
 * only where none says anything. */
static void test_refused_versions(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes projects=2 rich=yes\n"
                  "cluster all refused_version=all truth=no\n"
                  "default missing_kinds=trainingworkloads,inferenceworkloads,distributedworkloads,"
                  "distributedinferenceworkloads,externalworkloads\n"
                  "cluster v1 refused_version=v2alpha1\n"
                  "default missing_kinds=trainingworkloads,inferenceworkloads,distributedworkloads,"
                  "distributedinferenceworkloads,externalworkloads,interactiveworkloads\n"
                  "cluster none-known refused_version=v1 truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "v1"), "workloads", NULL)), "20");
    CU_ASSERT_EQUAL(e2e_count(fleet, "v1", "/apis/run.ai/v1/runaijobs?", "200"), 1);
    CU_ASSERT(has_warning(report, "v1",
                          "which kinds of workloads version \"v2alpha1\" of its API "
                          "has is not known (HTTP 404"));
    CU_ASSERT_FALSE(has_warning(report, "v1", "the usual ones"));
    CU_ASSERT_EQUAL(e2e_count(fleet, "all", LIST, "200"), 4);
    CU_ASSERT(has_warning(report, "all", "version \"v1\""));
    CU_ASSERT(has_warning(report, "all", "version \"v2alpha1\""));
    CU_ASSERT(has_warning(report, "all", "asked for the usual ones only"));
    CU_ASSERT(has_warning(report, "none-known", "asked for the usual ones only"));
    CU_ASSERT_EQUAL(e2e_count(fleet, "none-known", LIST, "404"), 4);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A group whose versions have no names, or too many, is no silence. */
static void test_odd_versions(void)
{
    static const char *const silent[] = {"empty", "null", "nameless"};
    struct e2e_fleet *fleet = e2e_start("default api=kubernetes\n"
                                        "cluster empty versions=empty\n"
                                        "cluster null versions=null\n"
                                        "cluster nameless versions=nameless\n"
                                        "cluster odd versions=odd\n"
                                        "cluster many versions=many\n"
                                        "cluster twice versions=twice\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        CU_ASSERT(has_warning(report, silent[i], "asked for the usual ones only"));
        CU_ASSERT_EQUAL(e2e_count(fleet, silent[i], LIST, "200"), 4);
    }
    CU_ASSERT(has_warning(report, "nameless", "2 versions of its API"));
    CU_ASSERT(has_warning(report, "odd", "2 versions of its API"));
    CU_ASSERT_FALSE(has_warning(report, "odd", "the usual ones"));
    CU_ASSERT(has_warning(report, "many", "9 versions of its API"));
    CU_ASSERT_FALSE(has_warning(report, "twice", ""));
    CU_ASSERT_EQUAL(e2e_count(fleet, "twice", "/apis/run.ai", "200"), 2 + 4);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Kinds that look like workloads and are not known: one warning, whatever their number. */
static void test_strange_kinds(void)
{
    struct e2e_fleet *fleet = e2e_start("default api=kubernetes\n"
                                        "cluster none rich=yes\n"
                                        "cluster one rich=yes strange_kinds=1\n"
                                        "cluster three rich=yes strange_kinds=3\n"
                                        "cluster full strange_kinds=64\n"
                                        "cluster more strange_kinds=65\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_FALSE(has_warning(report, "none", ""));
    CU_ASSERT(has_warning(report, "one",
                          "it has 1 kind of workloads that is not known here, "
                          "\"strange0001workloads\": its workloads are not in the report"));
    CU_ASSERT(has_warning(report, "three",
                          "it has 3 kinds of workloads that are not known here, one is "
                          "\"strange0001workloads\": their workloads are not in the report"));
    CU_ASSERT(has_warning(report, "full", "it has 64 kinds"));
    CU_ASSERT(has_warning(report, "more", "it has more than 64 kinds"));
    CU_ASSERT(has_warning(report, "more", "\"strange0001workloads\""));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What is allocated is what the scheduler's PodGroups say, then what annotations say. */
static void test_pod_groups(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes projects=3 workloads=90 podgroups=yes\n"
                  "cluster plain\n"
                  "cluster rich rich=yes\n"
                  "cluster listed listed=yes rich=yes page=20 latency_ms=0..5\n"
                  "cluster paged rich=yes page=11 expire_continue=1\n"
                  "cluster mended rich=yes workloads=400 fault=cut_body fault_kind=podgroups "
                  "fault_times=1\n"
                  "cluster forbidden rich=yes podgroups=403\n"
                  "cluster forbidden-listed rich=yes listed=yes podgroups=403\n"
                  "cluster none podgroups=no\n"
                  "cluster none-listed podgroups=no listed=yes\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "plain", POD_GROUPS, "200"), 1);
    CU_ASSERT(e2e_count(fleet, "paged", POD_GROUPS, "410") == 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "none", POD_GROUPS, "404"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "none-listed", POD_GROUPS, NULL), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "listed", POD_GROUPS "podgroups", NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "listed", POD_GROUPS "namespaces/runai-team-c/", "200"), 4);
    CU_ASSERT_FALSE(has_warning(report, "none", ""));
    CU_ASSERT(has_warning(report, "forbidden",
                          "no allocated GPUs from the scheduler's PodGroups: "
                          "HTTP 403"));
    CU_ASSERT(has_warning(report, "forbidden-listed",
                          "PodGroups of project \"team-a\" and 2 more: HTTP 403"));
    CU_ASSERT_FALSE(has_warning(report, "rich", "PodGroups"));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A PodGroup counts once, wherever lists repeat it, and in its own project's list only. */
static void test_pod_groups_twice(void)
{
    check_truth("default api=kubernetes projects=3 workloads=60 podgroups=yes repeat=60\n"
                "cluster on-a-page\n"
                "cluster on-pages rich=yes page=7\n"
                "cluster listed rich=yes listed=yes page=11\n"
                "cluster everything listed=yes ignore_project=yes repeat=0 latency_ms=0..5\n"
                "cluster everything-paged listed=yes ignore_project=yes page=13\n",
                0);
}

/* Whatever becomes of PodGroups, the workloads are there; a part of a list gives no sums. */
static void test_pod_groups_faults(void)
{
    struct e2e_fleet *fleet =
        e2e_start("defaults retries=1 idle_timeout=1.0\n"
                  "default api=kubernetes podgroups=yes fault_kind=podgroups truth=no\n"
                  "cluster broken fault=500\n"
                  "cluster cut fault=cut_body\n"
                  "cluster gone fault=reset\n"
                  "cluster html fault=html200\n"
                  "cluster part fault=207\n"
                  "cluster silent fault=no_answer\n"
                  "cluster endless endless_continue=yes page=5 workloads=60 fault=none\n"
                  "cluster mended fault=503:0 fault_times=1\n"
                  "cluster one-of-two fault=500 fault_project=team-b projects=2 listed=yes\n");
    static const char *const failed[] = {"broken", "cut", "gone", "html", "part", "silent"};
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++) {
        yajl_val cluster = e2e_cluster(report, failed[i]);
        CHECK_STR(e2e_text(e2e_get(cluster, "status", NULL)), "ok");
        CHECK_STR(e2e_text(e2e_get(cluster, "workloads", NULL)), "10");
        CHECK_STR(e2e_text(e2e_get(cluster, "gpus_allocated", NULL)), "null");
        CU_ASSERT(has_warning(report, failed[i], "PodGroups: "));
    }
    CU_ASSERT(has_warning(report, "endless", "PodGroups: the list continues with the page"));
    CU_ASSERT_FALSE(has_warning(report, "mended", "PodGroups"));
    CU_ASSERT(YAJL_IS_NUMBER(e2e_get(e2e_cluster(report, "mended"), "gpus_allocated", NULL)));
    yajl_val projects = e2e_get(e2e_cluster(report, "one-of-two"), "projects", NULL);
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(projects) && projects->u.array.len == 2);
    CU_ASSERT(YAJL_IS_NUMBER(e2e_get(projects->u.array.values[0], "gpus_allocated", NULL)));
    CHECK_STR(e2e_text(e2e_get(projects->u.array.values[1], "gpus_allocated", NULL)), "null");
    CU_ASSERT(has_warning(report, "one-of-two", "PodGroups of project \"team-b\": "));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* There is a limit to what is held of PodGroups, and beyond it no figure. */
static void test_pod_groups_without_end(void)
{
    struct e2e_fleet *fleet = e2e_start("default api=kubernetes workloads=1400 podgroups=yes "
                                        "endless_continue=podgroups truth=no\n"
                                        "cluster k\n"
                                        "cluster listed listed=yes projects=2\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "k"), "workloads", NULL)), "1400");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "k"), "gpus_allocated", NULL)), "null");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "listed"), "workloads", NULL)), "2800");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "listed"), "gpus_allocated", NULL)), "null");
    CU_ASSERT(has_warning(report, "listed", "PodGroups: there are more than 100000"));
    CU_ASSERT(has_warning(report, "k", "PodGroups: there are more than 100000"));
    CU_ASSERT(e2e_count(fleet, "k", POD_GROUPS, "200") <= 1 + 100000 / 400);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Many lists of PodGroups are read at once, and the order of their ends changes nothing. */
static void test_same_bytes(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes rich=yes projects=20 workloads=30 latency_ms=0..9 "
                  "listed=yes\n"
                  "cluster served podgroups=yes page=20\n"
                  "cluster forbidden podgroups=403\n");
    struct e2e_report *first = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(first, fleet), 0);
    for (int i = 0; i < 3; i++) {
        struct e2e_report *again = e2e_collect_report(fleet, 0, NULL);
        CU_ASSERT(e2e_same(first, again));
        yajl_val requests = e2e_get(e2e_cluster(first, "served"), "requests", NULL);
        CHECK_STR(e2e_text(e2e_get(e2e_cluster(again, "served"), "requests", NULL)),
                  e2e_text(requests));
        e2e_report_free(again);
    }
    e2e_report_free(first);
    e2e_stop(fleet);
}

/* A kind that is gone while its pages are read is not empty: the list fails. */
static void test_gone_amid_pages(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default api=kubernetes workloads=60 page=5 truth=no continue_status=404\n"
                  "cluster kinds expire_continue=1\n"
                  "cluster groups podgroups=yes expire_continue=1\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    yajl_val cluster = e2e_cluster(report, "kinds");
    CHECK_STR(e2e_text(e2e_get(cluster, "status", NULL)), "partial");
    CHECK_STR(e2e_text(e2e_get(cluster, "error", "class", NULL)), "not_found");
    CU_ASSERT(strstr(e2e_text(e2e_get(cluster, "error", "message", NULL)), "workloads\"") != NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "groups"), "status", NULL)), "ok");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "groups"), "gpus_allocated", NULL)), "null");
    CU_ASSERT(has_warning(report, "groups", "PodGroups: HTTP 404"));
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
                                 {"which kinds there are", test_discovery},
                                 {"discovery's faults", test_discovery_faults},
                                 {"versions that are refused", test_refused_versions},
                                 {"versions without a name", test_odd_versions},
                                 {"kinds that nobody knows", test_strange_kinds},
                                 {"PodGroups", test_pod_groups},
                                 {"PodGroups that are listed twice", test_pod_groups_twice},
                                 {"PodGroups' faults", test_pod_groups_faults},
                                 {"PodGroups without end", test_pod_groups_without_end},
                                 {"the same bytes", test_same_bytes},
                                 {"a list that is gone amid its pages", test_gone_amid_pages},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/kubernetes", tests);
}
