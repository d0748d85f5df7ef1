/* What is counted once: records that have an id of another's, however they come. */
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

/* Clusters of one fleet, which are called "c" and the row's index. */
struct once {
    const char *settings;
    const char *warning; /* the only one; NULL: none */
};

#define DROPPED(n) n " records were dropped because another record has their id"

static const struct once rows[] = {
    /* Three lists, each with the thirty jobs of all projects, none of which says its project. */
    {"projects=3 ignore_project=yes omit_project=yes", DROPPED("60")},
    {"projects=3 ignore_project=yes omit_project=yes listed=no gzip=yes", DROPPED("60")},
    {"projects=3 omit_project=yes", NULL},
    {"projects=2 repeat=4", DROPPED("8")},
    {"repeat=1", "1 record was dropped because another record has its id"},
    {"projects=3 shared_ids=7", DROPPED("14")},
    {"projects=2 shared_ids=7 repeat=5 latency_ms=0..20", DROPPED("17")},
    /* On one page, and on two. */
    {"api=kubernetes projects=2 workloads=40 repeat=6", DROPPED("12")},
    {"api=kubernetes projects=2 workloads=40 repeat=6 page=7", DROPPED("12")},
    {"api=kubernetes projects=2 workloads=40 repeat=6 listed=yes page=7", DROPPED("12")},
    {"api=kubernetes projects=3 workloads=40 shared_ids=9", DROPPED("18")},
    {"api=kubernetes projects=3 workloads=40 shared_ids=9 listed=yes", DROPPED("18")},
    /* An attempt that failed, and a list that began anew, had the same ids. */
    {"projects=2 workloads=200 fault=cut_body fault_times=2", NULL},
    {"projects=2 workloads=200 fault=truncated_json fault_times=0", NULL},
    {"api=kubernetes workloads=200 page=50 expire_continue=2", NULL},
    {"api=kubernetes workloads=200 page=50 fault=cut_body fault_times=2", NULL},
    {"projects=2 workloads=0", NULL},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static struct e2e_fleet *start_rows(unsigned seed)
{
    char text[8192] = "defaults retries=2\n";
    for (size_t i = 0; i < ROWS; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "cluster c%zu %s\n", i, rows[i].settings);
    }
    return e2e_start_with(text, 0, seed);
}

static void check_row(const struct e2e_report *report, size_t i, bool has_list)
{
    char name[16];
    snprintf(name, sizeof name, "c%zu", i);
    yajl_val warnings = e2e_get(e2e_cluster(report, name), "warnings", NULL);
    CU_ASSERT_FATAL(YAJL_IS_ARRAY(warnings));
    if (!e2e_is_list(warnings, (const char *const[]){rows[i].warning, NULL}))
        fprintf(stderr, "    %s: %s\n", name, rows[i].settings);
    CU_ASSERT(e2e_is_list(warnings, (const char *const[]){rows[i].warning, NULL}));
    size_t distinct, count = e2e_workloads_of(report, name, &distinct);
    CU_ASSERT_EQUAL(count, distinct);
    CU_ASSERT(!has_list || count > 0 || strstr(rows[i].settings, "workloads=0") != NULL);
}

static void test_once(void)
{
    struct e2e_fleet *fleet = start_rows(1);
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    for (size_t i = 0; i < ROWS; i++)
        check_row(report, i, true);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_without_list(void)
{
    struct e2e_fleet *fleet = start_rows(2);
    struct e2e_report *report =
        e2e_collect_report(fleet, 0, (const char *const[]){"--no-workloads", NULL});
    CU_ASSERT_EQUAL(e2e_compare_summary(report, fleet), 0);
    for (size_t i = 0; i < ROWS; i++)
        check_row(report, i, false);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Which of several remains does not depend on whose answer is the first. Records without an id are
 * all different ones. */
static void test_any_order(void)
{
    for (unsigned seed = 1; seed <= 8; seed++) {
        struct e2e_fleet *fleet =
            e2e_start_with("cluster c projects=6 workloads=30 shared_ids=20 latency_ms=0..30\n"
                           "cluster e projects=2 messy=yes shared_ids=3\n"
                           "cluster d projects=6 ignore_project=yes omit_project=yes "
                           "latency_ms=0..30\n",
                           0, seed);
        struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        e2e_report_free(report);
        e2e_stop(fleet);
    }
}

/* Totals and projects are those of what remained. */
static void test_enriched(void)
{
    struct e2e_fleet *fleet = e2e_start("control\nrun enrich=true\n"
                                        "cluster c projects=3 workloads=20 repeat=3 listed=no\n"
                                        "cluster k api=kubernetes projects=2 repeat=5\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a second record of an id is dropped and said", test_once},
        {"also where no list is written", test_without_list},
        {"the same one remains in any order", test_any_order},
        {"before what the control plane adds", test_enriched},
        CU_TEST_INFO_NULL,
    };
    return check_run("e2e/once", tests);
}
