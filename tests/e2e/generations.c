/* The generations of the researcher's paths: which one a cluster has, and what that may rest on. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

#define NEWEST "/researcher/api/v1/jobs/"
#define OLDEST "/researcher/api/job?project="

static const char *field(const struct e2e_report *report, const char *cluster, const char *key)
{
    return e2e_text(e2e_get(e2e_cluster(report, cluster), key, NULL));
}

/* Of the cluster's project at `index`, by name. */
static yajl_val project(const struct e2e_report *report, const char *cluster, size_t index)
{
    yajl_val projects = e2e_get(e2e_cluster(report, cluster), "projects", NULL);
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(projects) && projects->u.array.len > index);
    return projects->u.array.values[index];
}

static void check_project(const struct e2e_report *report, const char *cluster, size_t index,
                          const char *status, const char *workloads)
{
    CHECK_STR(e2e_text(e2e_get(project(report, cluster, index), "status", NULL)), status);
    CHECK_STR(e2e_text(e2e_get(project(report, cluster, index), "workloads", NULL)), workloads);
}

static void test_oldest(void)
{
    struct e2e_fleet *fleet = e2e_start("default generation=4 projects=4 workloads=30\n"
                                        "cluster asked listed=no\n"
                                        "cluster listed\n"
                                        "cluster not-allowed gen_status=405\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "listed", OLDEST, "200"), 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, "listed", "/", NULL), 4 + 3);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* The first project is gone, and older paths answer [] for whatever they are asked: the others are
 * asked as the cluster's own generation wants it, and the first one is not empty but missing. */
static void test_gone_first(void)
{
    struct e2e_fleet *fleet = e2e_start("default truth=no projects=3 workloads=20 gone=aaa\n"
                                        "cluster new old_empty=yes\n"
                                        "cluster second generation=2 old_empty=yes\n");
    static const char *const names[] = {"new", "second"};
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_STR(field(report, names[i], "status"), "partial");
        CHECK_STR(field(report, names[i], "workloads"), "60");
        check_project(report, names[i], 0, "failed", "null");
        yajl_val error = e2e_get(project(report, names[i], 0), "error", NULL);
        CHECK_STR(e2e_text(e2e_get(error, "class", NULL)), "not_found");
        CHECK_STR(e2e_text(e2e_get(error, "message", NULL)), "HTTP 404 (no such project)");
        for (size_t p = 1; p < 4; p++)
            check_project(report, names[i], p, "ok", "20");
    }
    CU_ASSERT_EQUAL(e2e_count(fleet, "new", NEWEST, NULL), 3 + 2);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Projects without a job settle nothing; one that has some does, and the others are empty. */
static void test_empty_first(void)
{
    struct e2e_fleet *fleet =
        e2e_start("cluster c generation=3 projects=2 workloads=9 gone=aaa truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    check_project(report, "c", 0, "ok", "0");
    check_project(report, "c", 1, "ok", "9");
    check_project(report, "c", 2, "ok", "9");
    CU_ASSERT_EQUAL(e2e_count(fleet, "c", "/researcher/api/v1/projects", NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* No project has a job: the cluster's list of projects says which of them exist. */
static void test_nothing_settles(void)
{
    struct e2e_fleet *fleet =
        e2e_start("default generation=3 projects=2 workloads=0\n"
                  "cluster asked listed=no\n"
                  "cluster listed\n"
                  "cluster one-gone gone=aaa truth=no\n"
                  "cluster unread fault=403 fault_on=projects truth=no conf.retries=0\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(field(report, "asked", "status"), "ok");
    CHECK_STR(field(report, "listed", "status"), "ok");
    check_project(report, "asked", 0, "ok", "0");
    check_project(report, "listed", 1, "ok", "0");
    CU_ASSERT_EQUAL(e2e_count(fleet, "asked", "/researcher/api/v1/projects", NULL), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "listed", "/researcher/api/v1/projects", NULL), 1);
    CHECK_STR(field(report, "one-gone", "status"), "partial");
    CHECK_STR(field(report, "one-gone", "workloads"), "0");
    check_project(report, "one-gone", 0, "failed", "null");
    check_project(report, "one-gone", 1, "ok", "0");
    CHECK_STR(e2e_text(e2e_get(project(report, "one-gone", 0), "error", "class", NULL)),
              "not_found");
    CHECK_STR(e2e_text(e2e_get(project(report, "one-gone", 0), "error", "message", NULL)),
              "no known path lists a job of it, and the cluster does not name it among its "
              "projects (if it has the project, set jobs_path)");
    CHECK_STR(field(report, "unread", "status"), "failed");
    CHECK_STR(
        e2e_text(e2e_get(project(report, "unread", 0), "error", "message", NULL)),
        "no known path lists a job of it (if the cluster has the project, set jobs_path), and "
        "its projects could not be read: HTTP 403 (boom)");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* An older path says that its empty list is a part only: that is no empty project. */
static void test_partial(void)
{
    struct e2e_fleet *fleet = e2e_start("default generation=3 projects=1 workloads=0 truth=no\n"
                                        "cluster c fault=207 fault_on=jobs\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(field(report, "c", "status"), "partial");
    check_project(report, "c", 0, "partial", "0");
    CHECK_STR(e2e_text(e2e_get(project(report, "c", 0), "error", "http_status", NULL)), "207");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Whatever order the answers come in, the report is the same. */
static void test_same_bytes(void)
{
    static const char text[] = "run per_host=8\n"
                               "default truth=no latency_ms=0..30 projects=6 workloads=5 gone=mmm\n"
                               "cluster new old_empty=yes\n"
                               "cluster third generation=3\n"
                               "cluster idle generation=4 workloads=0\n";
    struct e2e_report *first = NULL;
    for (int i = 0; i < 4; i++) {
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
        if (first != NULL)
            for (size_t c = 0; c < 3; c++) {
                const char *name = ((const char *const[]){"new", "third", "idle"})[c];
                CHECK_STR(field(report, name, "status"), field(first, name, "status"));
                CHECK_STR(field(report, name, "workloads"), field(first, name, "workloads"));
                CHECK_STR(field(report, name, "requests"), field(first, name, "requests"));
            }
        e2e_stop(fleet);
        if (first == NULL)
            first = report;
        else
            e2e_report_free(report);
    }
    e2e_report_free(first);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the oldest paths", test_oldest},
                                 {"a project that is gone comes first", test_gone_first},
                                 {"a project without a job comes first", test_empty_first},
                                 {"no project has a job", test_nothing_settles},
                                 {"a part of an older path's list", test_partial},
                                 {"the same in any order", test_same_bytes},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/generations", tests);
}
