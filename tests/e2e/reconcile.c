/* The clusters' answers enriched with and held against the control plane's. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char *total(const struct e2e_report *report, const char *key)
{
    return e2e_text(e2e_get(report->head, "reconciliation", "totals", key, NULL));
}

static struct e2e_report *check_truth(struct e2e_fleet *fleet, int status)
{
    struct e2e_report *report = e2e_collect_report(fleet, status, NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    return report;
}

#define CLUSTERS                                                                                   \
    "default projects=3 workloads=30\n"                                                            \
    "cluster agrees\n"                                                                             \
    "cluster all only_control=3 only_cluster=4 differ_phase=5 differ_gpus=2 renamed_ids=6\n"       \
    "cluster asked listed=no generation=3 only_control=7\n"                                        \
    "cluster gpus differ_gpus=9\n"                                                                 \
    "cluster names renamed_ids=40\n"                                                               \
    "cluster idle workloads=0 only_control=2\n"                                                    \
    "cluster k8s api=kubernetes only_control=1 only_cluster=2 differ_phase=3 renamed_ids=4 "       \
    "page=8\n"                                                                                     \
    "cluster k8s-listed api=kubernetes listed=yes differ_phase=1\n"                                \
    "cluster via api=control_plane\n"

static void test_planted(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\ncontrol page=50\n" CLUSTERS);
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "clusters_compared"), "8");
    CHECK_STR(total(report, "clusters_excluded"), "1");
    CHECK_STR(total(report, "only_control_plane"), "13");
    CHECK_STR(total(report, "only_cluster"), "6");
    CHECK_STR(total(report, "differing"), "20");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_enriched(void)
{
    struct e2e_fleet *fleet = e2e_start("run enrich=true\ncontrol page=10\n" CLUSTERS);
    struct e2e_report *report = check_truth(fleet, 0);
    CU_ASSERT(e2e_get(report->head, "reconciliation", NULL) == NULL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_both(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run enrich=true reconcile=true\ncontrol page=50 discover=yes\n" CLUSTERS
                  "cluster more configured=no differ_gpus=1\n");
    struct e2e_report *first = check_truth(fleet, 0);
    struct e2e_report *again = check_truth(fleet, 0);
    CU_ASSERT(e2e_same(first, again));
    CHECK_STR(total(first, "differing"), "21");
    e2e_report_free(first);
    e2e_report_free(again);
    e2e_stop(fleet);
}

/* Workloads of projects that were not asked for are left out, on the control plane's side too.
 * Lists of the whole cluster show all there is. */
static void test_not_asked(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true enrich=true\n"
                  "default projects=3 workloads=20 elsewhere=5 differ_phase=2\n"
                  "cluster asked listed=no\n"
                  "cluster listed\n"
                  "cluster k8s-listed api=kubernetes listed=yes only_control=1\n"
                  "cluster k8s-whole api=kubernetes\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "clusters_compared"), "4");
    CHECK_STR(total(report, "only_control_plane"), "6");
    CHECK_STR(total(report, "differing"), "8");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The same with projects that the command line selects. */
static void test_selected_projects(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "default projects=3 workloads=20 elsewhere=5\n"
                                        "cluster asked listed=no\n"
                                        "cluster k8s-whole api=kubernetes\n");
    const char *const more[] = {"--project", "team-b", NULL};
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    CHECK_STR(total(report, "clusters_compared"), "2");
    CHECK_STR(total(report, "matched"), "40");
    CHECK_STR(total(report, "only_control_plane"), "0");
    CHECK_STR(total(report, "only_cluster"), "0");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A side that does not say the phase does not contradict the other one. */
static void test_null_phase(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "cluster a workloads=40 null_phase=9 differ_phase=2\n"
                                        "cluster k api=kubernetes workloads=40 null_phase=9\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "matched"), "80");
    CHECK_STR(total(report, "differing"), "2");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Jobs that do not name their project are those of the project that was asked. Names repeat from
 * project to project, so that a name alone finds the wrong one. */
static void test_no_project(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true enrich=true\n"
                  "default workloads=30 omit_project=yes\n"
                  "cluster many projects=3 renamed_ids=60\n"
                  "cluster one renamed_ids=10 only_control=2 only_cluster=3 differ_phase=4\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "matched"), "117");
    CHECK_STR(total(report, "only_control_plane"), "2");
    CHECK_STR(total(report, "only_cluster"), "3");
    CHECK_STR(total(report, "differing"), "4");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Of two that share their name the control plane knows the second. Only its id tells, and it has to
 * be looked for before any name is. */
static void test_twins(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true enrich=true\n"
                                        "cluster a projects=2 workloads=200 twins=9\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(total(report, "matched"), "391");
    CHECK_STR(total(report, "only_cluster"), "9");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Workloads of kinds that no list of a cluster shows are counted for themselves, unless the cluster
 * shows them all the same. */
static void test_third_party(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true\n"
                  "default projects=2 workloads=30\n"
                  "cluster a third_party=9 only_control=4 differ_phase=1\n"
                  "cluster k api=kubernetes third_party=11 only_control=2 elsewhere=3\n"
                  "cluster down fault=refuse third_party=5 conf.retries=0\n");
    struct e2e_report *report = check_truth(fleet, 4);
    CHECK_STR(total(report, "third_party"), "20");
    CHECK_STR(total(report, "only_control_plane"), "9");
    CHECK_STR(total(report, "matched"), "120");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Clusters that did not answer in full are left out of it, and said to be. */
static void test_excluded(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run reconcile=true enrich=true\ncontrol discover=yes\n"
                  "defaults retries=0\n"
                  "cluster down fault=refuse differ_phase=1\n"
                  "cluster good differ_phase=1\n"
                  "cluster partly projects=3 fault=500 fault_project=team-b only_control=2\n"
                  "cluster some-kinds api=kubernetes fault=500 fault_kind=trainingworkloads\n"
                  "cluster away state=Disconnected only_control=1\n");
    struct e2e_report *report = check_truth(fleet, 4);
    CHECK_STR(total(report, "clusters_compared"), "1");
    CHECK_STR(total(report, "clusters_excluded"), "4");
    CHECK_STR(total(report, "only_control_plane"), "0");
    CHECK_STR(total(report, "differing"), "1");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The section is there whenever it was asked for, also over no cluster. */
static void test_no_cluster(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\ncluster a\n");
    const char *const more[] = {"--cluster", "none", "--allow-empty", NULL};
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    CHECK_STR(total(report, "clusters_compared"), "0");
    CHECK_STR(total(report, "clusters_excluded"), "0");
    CHECK_STR(e2e_text(e2e_get(report->head, "reconciliation", "error", NULL)), "null");
    CU_ASSERT(YAJL_IS_STRING(e2e_get(report->head, "run", "reconciled_at", "first", NULL)));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A control plane that cannot be read costs the comparison, and not one workload. */
static void test_unreadable(void)
{
    static const char *const faults[][2] = {{"workloads_fault=html200", "not_json"},
                                            {"workloads_fault=500", "http"},
                                            {"workloads_fault=no_answer", "timeout"},
                                            {"count_fault=500", "http"}};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "run reconcile=true enrich=true\n"
                 "control %s conf.retries=0 conf.idle_timeout=1.0\n"
                 "cluster a projects=2 differ_phase=1\ncluster b api=kubernetes\n",
                 faults[i][0]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_result *result = e2e_collect(fleet, NULL);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        yajl_val error = e2e_get(report->head, "reconciliation", "error", NULL);
        CHECK_STR(e2e_text(e2e_get(error, "class", NULL)), faults[i][1]);
        CHECK_STR(total(report, "clusters_compared"), "0");
        CHECK_STR(total(report, "clusters_excluded"), "2");
        CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "2");
        CU_ASSERT_EQUAL(report->workload_count, 30);
        CU_ASSERT_EQUAL(result->status, 0);
        e2e_report_free(report);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

/* Pages that do not add up were answers: their status is in the error, and how many there were. */
static void test_incomplete(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n"
                                        "cluster a\n"
                                        "cluster b api=control_plane count_off=5 truth=no\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    yajl_val error = e2e_get(report->head, "reconciliation", "error", NULL);
    CHECK_STR(e2e_text(e2e_get(error, "class", NULL)), "incomplete");
    CHECK_STR(e2e_text(e2e_get(error, "http_status", NULL)), "200");
    CHECK_STR(e2e_text(e2e_get(error, "attempts", NULL)), "4");
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Quotas are the cluster's own, else the control plane's; without them there are none. */
static void test_quotas(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run enrich=true\ncontrol projects_fault=500 conf.retries=0\n"
                  "cluster asked listed=no projects=2\n"
                  "cluster listed projects=2\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    yajl_val asked = e2e_get(e2e_cluster(report, "asked"), "projects", NULL);
    yajl_val listed = e2e_get(e2e_cluster(report, "listed"), "projects", NULL);
    CU_ASSERT(YAJL_IS_NUMBER(e2e_get(asked->u.array.values[0], "gpus_quota", NULL)));
    CHECK_STR(e2e_text(e2e_get(listed->u.array.values[0], "gpus_quota", NULL)), "null");
    CU_ASSERT(e2e_get(e2e_cluster(report, "listed"), "warnings", NULL)->u.array.len == 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The cluster's own quota goes before the control plane's, whatever comes first. */
static void test_whose_quota(void)
{
    static const char *const runs[] = {"run enrich=true\n", "run reconcile=true\n"};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "%sdefault projects=2 quota_off=3\n"
                 "cluster asked listed=no\ncluster listed\ncluster k8s api=kubernetes\n",
                 runs[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        e2e_report_free(check_truth(fleet, 0));
        e2e_stop(fleet);
    }
}

/* Quotas are read without the list of workloads too, and nothing else is. */
static void test_quotas_alone(void)
{
    static const char *const runs[] = {"", "report workloads=false\n"};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "run enrich=true\n%scluster a projects=2 quota_off=3\n"
                 "cluster b listed=no projects=2\ncluster k api=kubernetes projects=2\n",
                 runs[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        const char *const more[] = {i == 0 ? "--no-workloads" : NULL, NULL};
        struct e2e_report *report = e2e_collect_report(fleet, 0, more);
        CU_ASSERT_EQUAL(e2e_compare_summary(report, fleet), 0);
        CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/api/v1/org-unit/projects", "200"), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/api/v1/workloads", NULL), 0);
        e2e_report_free(report);
        e2e_stop(fleet);
    }
}

/* What costs the quotas is said, and costs nothing else. */
static void test_quotas_unreadable(void)
{
    struct e2e_fleet *fleet = e2e_start("run enrich=true\n"
                                        "control projects_fault=500 conf.retries=0\n"
                                        "cluster a projects=2\n");
    const char *const more[] = {"--no-workloads", NULL};
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    yajl_val warnings = e2e_get(e2e_cluster(report, "a"), "warnings", NULL);
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(warnings) && warnings->u.array.len == 1);
    CU_ASSERT(strstr(e2e_text(warnings->u.array.values[0]), "quotas could not be read") != NULL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The only warning of a cluster begins with this (NULL: it has none). */
static void check_warning(const struct e2e_report *report, const char *name, const char *begin)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, name), "warnings", NULL);
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(warnings));
    CU_ASSERT_EQUAL(warnings->u.array.len, (size_t)(begin != NULL));
    if (begin != NULL && warnings->u.array.len == 1) {
        char *text = strdup(e2e_text(warnings->u.array.values[0]));
        text[strnlen(text, strlen(begin))] = '\0';
        CHECK_STR(text, begin);
        free(text);
    }
}

/* Who was not enriched, or not wholly, is told so. */
static void test_warnings(void)
{
    static const char *const faults[][2] = {
        {"", NULL},
        {"workloads_fault=500", "not enriched, the control plane could not be read in full: "},
        {"count_fault=500", "not enriched, the control plane could not be read in full: "},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "run enrich=true\ncontrol %s conf.retries=0\n"
                 "cluster known\ncluster unknown conf_uuid=no truth=no\n",
                 faults[i][0]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
        check_warning(report, "known", faults[i][1]);
        check_warning(report, "unknown", "not enriched: its uuid is not known");
        e2e_report_free(report);
        e2e_stop(fleet);
    }
    /* All pages are there, but do not add up. */
    struct e2e_fleet *fleet = e2e_start("run enrich=true\ncluster off count_off=7\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    check_warning(report, "off", "enriched in part, the control plane could not be read in full: ");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_table(void)
{
    struct e2e_fleet *fleet = e2e_start("run reconcile=true\n" CLUSTERS);
    const struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-f", "table", "-o", "-"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(strstr(result->out, "econciliation") != NULL ||
              strstr(result->out, "reconcil") != NULL);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what is planted is found", test_planted},
                                 {"workloads are enriched", test_enriched},
                                 {"both at once", test_both},
                                 {"projects that were not asked for", test_not_asked},
                                 {"projects that are selected", test_selected_projects},
                                 {"a phase that one side does not say", test_null_phase},
                                 {"jobs that do not name their project", test_no_project},
                                 {"two of one name", test_twins},
                                 {"kinds of third parties", test_third_party},
                                 {"who did not answer is excluded", test_excluded},
                                 {"no cluster is selected", test_no_cluster},
                                 {"the control plane cannot be read", test_unreadable},
                                 {"its pages do not add up", test_incomplete},
                                 {"quotas", test_quotas},
                                 {"whose quota", test_whose_quota},
                                 {"quotas without workloads", test_quotas_alone},
                                 {"quotas that cannot be read", test_quotas_unreadable},
                                 {"who was not enriched", test_warnings},
                                 {"the table counts the differences", test_table},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/reconcile", tests);
}
