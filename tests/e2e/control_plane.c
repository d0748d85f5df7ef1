/* Clusters whose workloads are read from the control plane. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

#define WORKLOADS "/api/v1/workloads?"
#define COUNT     "/api/v1/workloads/count"

static const char *field(const struct e2e_report *report, const char *cluster, const char *key)
{
    return e2e_text(e2e_get(e2e_cluster(report, cluster), key, NULL));
}

static const char *error_of(const struct e2e_report *report, const char *cluster, const char *key)
{
    return e2e_text(e2e_get(e2e_cluster(report, cluster), "error", key, NULL));
}

static void test_truth(void)
{
    struct e2e_fleet *fleet = e2e_start("control page=7 latency_ms=5\n"
                                        "default api=control_plane projects=3 workloads=20\n"
                                        "cluster a\n"
                                        "cluster b projects=1 workloads=7\n"
                                        "cluster c projects=1 workloads=15\n"
                                        "cluster d duplicate=2\n"
                                        "cluster e only_control=5\n"
                                        "cluster f projects=1 odd_users=20\n"
                                        "cluster idle workloads=0\n"
                                        "cluster beside api=researcher odd_users=3\n"
                                        "cluster below api=kubernetes\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", COUNT, "200"), 14);
    /* Each page but the first repeats the last record of the one before: six new ones a page. */
    size_t pages = e2e_count(fleet, "control", WORKLOADS "filterBy=clusterId%3D%3D", "200");
    CU_ASSERT_EQUAL(pages, 10 + 1 + 3 + 15 + 11 + 4 + 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "a", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* With nothing said of pages, one of 500 holds all. */
static void test_large_pages(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a api=control_plane projects=2 workloads=700\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", WORKLOADS, "200"), 3);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Of every workload that was there all the time, and of those that came and went, which are in the
 * report? Counts the former that are missing, and checks that no record is of neither. */
static size_t count_missing(struct e2e_fleet *fleet, const struct e2e_report *report,
                            const char *cluster)
{
    char *truth = e2e_read(e2e_path(fleet, "truth.jsonl"), NULL);
    char *log = e2e_read(e2e_path(fleet, "churn.log"), NULL);
    size_t missing = 0, known = 0, distinct;
    char begin[64], *save;
    snprintf(begin, sizeof begin, "{\"cluster\":\"%s\",\"id\":", cluster);
    for (char *line = strtok_r(truth, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, begin, strlen(begin)) != 0)
            continue;
        char *id = line + strlen(begin), removed[96];
        *strstr(id, ",\"name\":") = '\0';
        snprintf(removed, sizeof removed, "%s\tremoved\t%s\n", cluster, id);
        bool is_there = e2e_has_id(report, cluster, id);
        known += is_there;
        missing += !is_there && strstr(log, removed) == NULL;
    }
    for (char *line = strtok_r(log, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        if (strncmp(line, cluster, strlen(cluster)) == 0 && strstr(line, "\tadded\t") != NULL)
            known += e2e_has_id(report, cluster, strrchr(line, '\t') + 1);
    CU_ASSERT_EQUAL(e2e_workloads_of(report, cluster, &distinct), known);
    CU_ASSERT_EQUAL(distinct, known);
    free(truth);
    free(log);
    return missing;
}

/* Workloads come and go between two pages. What was there all the time is reported, or the cluster
 * is said to be incomplete. */
static void test_churn(void)
{
    static const char *const names[] = {"add", "add-many", "both", "even", "remove", "remove-many"};
    struct e2e_fleet *fleet = e2e_start("control page=10\n"
                                        "default api=control_plane projects=2 workloads=25\n"
                                        "cluster add churn=add:3\n"
                                        "cluster add-many churn=add:40\n"
                                        "cluster both churn=add:5,remove:2\n"
                                        "cluster even churn=add:4,remove:4\n"
                                        "cluster remove churn=remove:1\n"
                                        "cluster remove-many churn=remove:9\n"
                                        "cluster still\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT(result->status == 0 || result->status == 4);
    e2e_result_free(result);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t missing = count_missing(fleet, report, names[i]);
        bool is_ok = strcmp(field(report, names[i], "status"), "ok") == 0;
        if (missing > 0 && is_ok)
            fprintf(stderr, "    %s: %zu workloads are missing and it is ok\n", names[i], missing);
        CU_ASSERT(missing == 0 || !is_ok);
        if (!is_ok) {
            CHECK_STR(field(report, names[i], "status"), "partial");
            CHECK_STR(error_of(report, names[i], "class"), "incomplete");
        }
    }
    /* What only grew is whole. */
    CHECK_STR(field(report, "add", "status"), "ok");
    CHECK_STR(field(report, "add-many", "status"), "ok");
    CHECK_STR(field(report, "still", "status"), "ok");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Pages that do not add up to the count: all that came is kept, and said to be incomplete. */
static void test_count_off(void)
{
    struct e2e_fleet *fleet = e2e_start("control page=10\n"
                                        "default api=control_plane projects=2 workloads=15\n"
                                        "cluster good\n"
                                        "cluster many count_off=-4\n"
                                        "cluster more count_off=1\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_workloads_of(report, "more", NULL), 30);
    CHECK_STR(error_of(report, "more", "class"), "incomplete");
    CHECK_STR(error_of(report, "more", "http_status"), "200");
    CHECK_STR(error_of(report, "more", "attempts"), "6"); /* two counts, four pages */
    e2e_report_free(report);
    e2e_stop(fleet);
}

static const char *warning_of(const struct e2e_report *report, const char *cluster)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, cluster), "warnings", NULL);
    return warnings->u.array.len == 1 ? e2e_text(warnings->u.array.values[0]) : "not one warning";
}

/* Records without ids cannot be met again: each page is asked once, and what it holds counts. */
static void test_no_ids(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control page=5\n"
                  "default api=control_plane projects=3 workloads=14 control_ids=no\n"
                  "cluster good\n"
                  "cluster many count_off=-1\n"
                  "cluster none workloads=0\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(error_of(report, "many", "class"), "incomplete");
    CHECK_STR(error_of(report, "many", "message"),
              "the pages held 42 workloads, the control plane counts 41");
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", WORKLOADS, NULL), 9 + 9 + 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The control plane read beside a cluster, to enrich it, is no other list. */
static void test_no_ids_beside(void)
{
    struct e2e_fleet *fleet = e2e_start("run enrich=true reconcile=true\n"
                                        "control page=5\n"
                                        "cluster a projects=3 workloads=14 control_ids=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", WORKLOADS, NULL), 9);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/org-unit/projects", NULL), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A list that changes while records without ids are read: nobody can say what was missed. */
static void test_no_ids_and_churn(void)
{
    struct e2e_fleet *fleet = e2e_start("control page=10\n"
                                        "default api=control_plane workloads=40 truth=no\n"
                                        "cluster ids churn=add:2\n"
                                        "cluster none churn=add:2 control_ids=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(field(report, "ids", "status"), "ok");
    CHECK_STR(field(report, "none", "status"), "partial");
    CHECK_STR(error_of(report, "none", "class"), "incomplete");
    CU_ASSERT_EQUAL(e2e_workloads_of(report, "none", NULL), 42);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Whatever stands in deletedAt but null. A deleted one at a page's end is met twice, and is one. */
static void test_deleted(void)
{
    struct e2e_fleet *fleet = e2e_start("control page=2\n"
                                        "cluster c api=control_plane projects=1 workloads=11 "
                                        "control_deleted=20\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(field(report, "c", "dropped"), "20");
    e2e_report_free(report);
    e2e_stop(fleet);
}

#define PARTIAL "the server answered with a part of the data only (HTTP 207 Multi-Status)"

/* HTTP 207: what came is kept, and is not all. */
static void test_multi_status(void)
{
    static const char *const faults[] = {"workloads_fault", "count_fault"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "control page=4 %s=207\ncluster c api=control_plane workloads=9\ncluster r\n",
                 faults[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
        CHECK_STR(field(report, "c", "status"), "partial");
        CHECK_STR(field(report, "c", "workloads"), "9");
        CHECK_STR(error_of(report, "c", "class"), "incomplete");
        CHECK_STR(error_of(report, "c", "message"), PARTIAL);
        CHECK_STR(error_of(report, "c", "http_status"), "207");
        CHECK_STR(field(report, "r", "status"), "ok");
        e2e_report_free(report);
        e2e_stop(fleet);
    }
}

static void test_multi_status_of_clusters(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster jobs projects=2 fault=207 fault_on=jobs truth=no\n"
                  "cluster names projects=2 listed=no fault=207 fault_on=projects truth=no\n"
                  "cluster kube api=kubernetes projects=2 fault=207 truth=no\n");
    static const char *const names[] = {"jobs", "names", "kube"};
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_STR(field(report, names[i], "status"), "partial");
        CHECK_STR(field(report, names[i], "workloads"), "20");
        CHECK_STR(error_of(report, names[i], "class"), "incomplete");
        CHECK_STR(error_of(report, names[i], "http_status"), "207");
    }
    CHECK_STR(error_of(report, "jobs", "message"), PARTIAL);
    CHECK_STR(error_of(report, "names", "message"), "its projects: " PARTIAL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Nothing is held against a part of what the control plane knows. */
static void test_multi_status_beside(void)
{
    struct e2e_fleet *fleet = e2e_start("run enrich=true reconcile=true\n"
                                        "control workloads_fault=207\n"
                                        "cluster a only_control=2 truth=no\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    yajl_val error = e2e_get(report->head, "reconciliation", "error", NULL);
    CHECK_STR(e2e_text(e2e_get(error, "class", NULL)), "incomplete");
    CHECK_STR(e2e_text(e2e_get(error, "http_status", NULL)), "207");
    CHECK_STR(warning_of(report, "a"),
              "enriched in part, the control plane could not be read in full: " PARTIAL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_next_back(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control page=10\n"
                  "cluster back api=control_plane workloads=45 next_back=yes truth=no\n"
                  "cluster good api=control_plane\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    size_t distinct, count = e2e_workloads_of(report, "back", &distinct);
    CHECK_STR(field(report, "back", "status"), "partial");
    CHECK_STR(error_of(report, "back", "class"), "incomplete");
    CHECK_STR(error_of(report, "back", "http_status"), "200");
    CHECK_STR(field(report, "good", "status"), "ok");
    CU_ASSERT(count == 19 && distinct == 19);
    CU_ASSERT(e2e_count(fleet, "control", WORKLOADS, NULL) <= 8);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A control plane that cannot be read costs only what is read from it. */
static void test_faults(void)
{
    static const char *const faults[][2] = {
        {"workloads_fault=html200", "not_json"},
        {"workloads_fault=500", "http"},
        {"workloads_fault=403", "auth"},
        {"workloads_fault=truncated_json", "bad_json"},
        {"workloads_fault=redirect", "redirect"},
        {"workloads_fault=cut_body", "truncated"},
        {"workloads_fault=wrong_shape", "bad_shape"},
        {"count_fault=html200", "not_json"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "control %s conf.retries=0\ncluster c api=control_plane\ncluster r\n",
                 faults[i][0]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
        if (strcmp(error_of(report, "c", "class"), faults[i][1]) != 0)
            fprintf(stderr, "    %s\n", faults[i][0]);
        CHECK_STR(error_of(report, "c", "class"), faults[i][1]);
        CHECK_STR(field(report, "c", "workloads"), "null");
        CHECK_STR(field(report, "r", "status"), "ok");
        e2e_report_free(report);
        e2e_stop(fleet);
    }
}

/* An old control plane that does not count: the pages are what there is. */
/* What a page holds of other clusters is not this one's. */
static void test_unfiltered(void)
{
    struct e2e_fleet *fleet = e2e_start("control page=7\n"
                                        "cluster a api=control_plane unfiltered=yes\n"
                                        "cluster b api=control_plane workloads=30\n"
                                        "cluster c odd_users=5\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* All pages are there, but nothing vouches for it: what came is kept, and not all. */
static void test_count_fails_at_the_end(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control count_fault=500 list_fault_after=1 conf.retries=0\n"
                  "cluster c api=control_plane truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(field(report, "c", "status"), "partial");
    CHECK_STR(field(report, "c", "workloads"), "10");
    CHECK_STR(error_of(report, "c", "class"), "http");
    CU_ASSERT_EQUAL(report->workload_count, 10);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_no_count(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control count_fault=404 page=4\ncluster c api=control_plane\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_get(e2e_cluster(report, "c"), "warnings", NULL)->u.array.len, 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* One token for the clusters and the control plane, also when it expires between pages and many
 * requests see that at once. */
static void test_expiry(void)
{
    struct e2e_fleet *fleet = e2e_start("run concurrency=64 per_host=32\n"
                                        "control page=3 expire_after=9 latency_ms=50\n"
                                        "cluster c-{0..9} api=control_plane workloads=30\n"
                                        "cluster r-{0..3} projects=8 latency_ms=40\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/token", "200"), 2);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What such a cluster says of the way to its endpoint is the way to the control plane for it. */
static void test_own_endpoint(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster far api=control_plane conf.proxy=\"http://127.0.0.1:1\" conf.retries=0 "
                  "expect=failed:proxy\n"
                  "cluster elsewhere api=control_plane conf.url=\"https://127.77.0.9:1\" "
                  "conf.retries=0 expect=failed:connect\n"
                  "cluster near api=control_plane\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the report is the truth", test_truth},
                                 {"pages of 500", test_large_pages},
                                 {"workloads come and go between pages", test_churn},
                                 {"pages that do not add up", test_count_off},
                                 {"records without ids", test_no_ids},
                                 {"records without ids, beside a cluster", test_no_ids_beside},
                                 {"records without ids that change", test_no_ids_and_churn},
                                 {"deleted workloads", test_deleted},
                                 {"HTTP 207 of the control plane", test_multi_status},
                                 {"HTTP 207 of clusters", test_multi_status_of_clusters},
                                 {"HTTP 207 beside a cluster", test_multi_status_beside},
                                 {"a list that goes back", test_next_back},
                                 {"the control plane fails", test_faults},
                                 {"the control plane does not count", test_no_count},
                                 {"pages with other clusters\' workloads", test_unfiltered},
                                 {"the last count fails", test_count_fails_at_the_end},
                                 {"the token expires between pages", test_expiry},
                                 {"an endpoint of its own", test_own_endpoint},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/control_plane", tests);
}
