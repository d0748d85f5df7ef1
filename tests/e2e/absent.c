/* What does not pass for nothing: projects that answer with others' records, that nobody can see,
 * and that no cluster has. */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

static const char *text_of(const struct e2e_report *report, const char *cluster, const char *key)
{
    return e2e_text(e2e_get(e2e_cluster(report, cluster), "error", key, NULL));
}

static const char *first_warning(const struct e2e_report *report, const char *cluster)
{
    yajl_val warnings = e2e_get(e2e_cluster(report, cluster), "warnings", NULL);
    return YAJL_IS_ARRAY(warnings) && warnings->u.array.len == 1
               ? e2e_text(warnings->u.array.values[0])
               : "(not one)";
}

/* A project whose records are all another's has not answered. */
static void test_other_spelling(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster one upper_projects=1\n"
                  "cluster some upper_projects=2 projects=4 listed=no\n"
                  "cluster all upper_projects=3 projects=3\n"
                  "cluster older generation=3 upper_projects=2 projects=2\n"
                  "cluster idle projects=2 workloads=0 fault=other_project:3\n"
                  "cluster busy projects=2 fault=other_project:3\n"
                  "cluster well projects=2\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(text_of(report, "one", "message"),
              "project \"team-a\": its records name project \"TEAM-A\", not \"team-a\"");
    CHECK_STR(text_of(report, "one", "http_status"), "200");
    CHECK_STR(
        text_of(report, "some", "message"),
        "project \"team-a\": its records name project \"TEAM-A\", not \"team-a\" (and 1 more)");
    CHECK_STR(text_of(report, "idle", "class"), "bad_shape");
    yajl_val warnings = e2e_get(e2e_cluster(report, "busy"), "warnings", NULL);
    CU_ASSERT(e2e_is_list(
        warnings,
        (const char *const[]){
            "project \"team-a\": 3 records that name another project were dropped (one is "
            "\"zz-other\")",
            "project \"team-b\": 3 records that name another project were dropped (one is "
            "\"zz-other\")",
            NULL}));
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The kubernetes flavour: the label wins over the namespace that was asked for. */
static void test_other_spelling_kubernetes(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster k api=kubernetes upper_projects=1 listed=yes "
                                        "truth=no workloads=40\n"
                                        "cluster well\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    yajl_val warnings = e2e_get(e2e_cluster(report, "k"), "warnings", NULL);
    CU_ASSERT(YAJL_IS_ARRAY(warnings) && warnings->u.array.len > 0 &&
              strstr(e2e_text(warnings->u.array.values[0]), "(one is \"TEAM-A\")") != NULL);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A cluster that shows no project: the token may see none, or there is none. */
static void test_no_project(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster empty empty=yes\n"
                                        "cluster allowed empty=yes allow_empty=yes\n"
                                        "cluster idle api=kubernetes workloads=0\n"
                                        "cluster well\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(text_of(report, "empty", "class"), "not_found");
    CHECK_STR(text_of(report, "empty", "message"),
              "the cluster shows no project to this token (allow_empty = true accepts that)");
    CHECK_STR(text_of(report, "empty", "http_status"), "200");
    CHECK_STR(text_of(report, "empty", "attempts"), "1");
    CHECK_STR(first_warning(report, "allowed"), "the cluster shows no project to this token");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The report and its table say which glob it was. */
static void check_unmatched(struct e2e_fleet *fleet, int status)
{
    if (status == 2)
        return;
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    yajl_val list = e2e_get(report->head, "run", "selection", "unmatched", NULL);
    size_t count = status == 4 ? 1 : 0;
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(list) && list->u.array.len == count);
    char *table = e2e_read(e2e_path(fleet, "table.txt"), NULL);
    CU_ASSERT_EQUAL(strstr(table, "no project is matched by: --project nobody") != NULL, count > 0);
    free(table);
    e2e_report_free(report);
}

/* What is selected and nowhere: known before anything is asked, or found out. */
static void test_unmatched_globs(void)
{
    static const struct {
        const char *fleet;
        const char *args[6];
        int status;
        const char *said; /* on standard error */
    } rows[] = {
        {"cluster c projects=2\n", {"--project", "team-b"}, 0, ""},
        {"cluster c projects=2\n",
         {"--project", "nobody-*"},
         2,
         "--project \"nobody-*\" matches no configured project"},
        {"cluster c projects=2\n", {"--project", "nobody", "--allow-empty"}, 0, ""},
        {"cluster c projects=2\n",
         {"--project", "team-a", "--project", "nobody"},
         2,
         "--project \"nobody\" matches no configured project"},
        {"cluster c projects=2 listed=no\n", {"--project", "team-*"}, 0, ""},
        {"cluster c projects=2 listed=no\n",
         {"--project", "nobody"},
         4,
         "--project \"nobody\" matches no project of any cluster that answered"},
        {"cluster c projects=2 listed=no\n", {"--project", "nobody", "--allow-empty"}, 0, ""},
        {"cluster c projects=2 listed=no\ncluster d\n",
         {"--project", "team-b", "--project", "nobody"},
         4,
         "--project \"nobody\" matches no project of any cluster that answered"},
        /* In one cluster it matches, in the other not. */
        {"cluster c projects=2 listed=no\ncluster d\n", {"--project", "team-b"}, 0, ""},
        {"cluster k api=kubernetes projects=2\n", {"--project", "team-b"}, 0, ""},
        {"cluster k api=kubernetes projects=2\n", {"--project", "nobody"}, 4, "nobody"},
        {"cluster p api=control_plane projects=2\n", {"--project", "team-b"}, 0, ""},
        {"cluster p api=control_plane projects=2\n", {"--project", "nobody"}, 4, "nobody"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct e2e_fleet *fleet = e2e_start(rows[i].fleet);
        struct e2e_result *result = e2e_collect(fleet, rows[i].args);
        if (result->status != rows[i].status || strstr(result->err, rows[i].said) == NULL)
            fprintf(stderr, "    row %zu: %d, \"%s\"\n", i, result->status, result->err);
        CU_ASSERT_EQUAL(result->status, rows[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(result->err, rows[i].said));
        check_unmatched(fleet, rows[i].status);
        CU_ASSERT(rows[i].status != 2 || e2e_count(fleet, NULL, NULL, NULL) == 0);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

/* A configured project that the cluster does not know is never an empty one. */
static void test_unknown_project(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster c projects=2 listed=no conf.projects=[\"team-a\",\"nobody\"] truth=no\n"
                  "cluster only listed=no conf.projects=[\"nobody\"] truth=no\n"
                  "cluster old generation=3 listed=no conf.projects=[\"nobody\"] truth=no\n"
                  "cluster well\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "c"), "status", NULL)), "partial");
    CHECK_STR(text_of(report, "c", "class"), "not_found");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "only"), "status", NULL)), "failed");
    CHECK_STR(text_of(report, "only", "class"), "not_found");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "old"), "status", NULL)), "failed");
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"records that name another project", test_other_spelling},
        {"items that name another project", test_other_spelling_kubernetes},
        {"a cluster that shows no project", test_no_project},
        {"--project that matches nothing", test_unmatched_globs},
        {"a configured project that is not there", test_unknown_project},
        CU_TEST_INFO_NULL};
    return check_run("e2e/absent", tests);
}
