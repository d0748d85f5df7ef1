/*
 * The same fleet in any order of answers: every request is answered after a time of its own, and
 * what the report says may not depend on it. Whatever fails here fails by the order of lists, not
 * by whose answer came first.
 */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

/* Faults that strike one project or kind among others that are well, and such as strike all. */
static const char fleet_text[] =
    "defaults retries=0 idle_timeout=5.0\n"
    "default projects=5 workloads=6 latency_ms=0..12 tls=no\n"
    "cluster good\n"
    "cluster good-asked listed=no tls=yes\n"
    "cluster gone fault=refuse\n"
    /* A connection that ends where the answer should be. */
    "cluster reset-b fault=reset fault_project=team-b tls=yes\n"
    "cluster reset-d fault=reset fault_project=team-d listed=no\n"
    "cluster closed-c fault=close_at:request fault_project=team-c\n"
    "cluster closed-path fault=close_at:request fault_project=team-c "
    "conf.jobs_path=\"/api/v1/jobs/{project}\"\n"
    "cluster headers-e fault=close_at:headers fault_project=team-e\n"
    "cluster cut-b fault=cut_body fault_project=team-b listed=no\n"
    "cluster garbage-b fault=garbage fault_project=team-b\n"
    "cluster first-reset fault=reset fault_project=team-a\n"
    "cluster first-path fault=reset fault_project=team-a "
    "conf.jobs_path=\"/api/v1/jobs/{project}\"\n"
    "cluster all-reset fault=reset\n"
    "cluster all-path fault=reset conf.jobs_path=\"/api/v1/jobs/{project}\"\n"
    "cluster jobs-reset fault=reset fault_on=jobs listed=no\n"
    "cluster names-reset fault=reset fault_on=projects listed=no\n"
    /* Answers that say no. */
    "cluster denied-b fault=401 fault_project=team-b\n"
    "cluster denied-a fault=401 fault_project=team-a\n"
    "cluster denied-path fault=401 fault_project=team-d "
    "conf.jobs_path=\"/api/v1/jobs/{project}\"\n"
    "cluster denied fault=401\n"
    "cluster denied-jobs fault=401 fault_on=jobs listed=no\n"
    "cluster forbidden-c fault=403 fault_project=team-c listed=no\n"
    "cluster broken-c fault=500 fault_project=team-c\n"
    "cluster missing-c fault=404 fault_project=team-c\n"
    "cluster moved-c fault=redirect fault_project=team-c\n"
    "cluster shape-c fault=wrong_shape:no_data fault_project=team-c\n"
    "cluster page-c fault=html200 fault_project=team-c\n"
    /* Of two errors in one cluster, which one is shown. */
    "cluster flaky fault=503 fault_times=1 conf.retries=1\n"
    "cluster oldest generation=3\n"
    "cluster older generation=2 fault=reset fault_project=team-c\n"
    "cluster none generation=2 gen_status=500\n"
    /* Ids that come twice. */
    "cluster shared shared_ids=4\n"
    "cluster ignoring ignore_project=yes\n"
    "cluster silent ignore_project=yes omit_project=yes\n"
    "cluster others fault=other_project:3 listed=no\n"
    "cluster messy messy=yes projects=2\n"
    /* Other flavours. */
    "default api=kubernetes projects=3 workloads=20 page=7\n"
    "cluster k\n"
    "cluster k-listed listed=yes\n"
    "cluster k-reset fault=reset fault_kind=inferenceworkloads\n"
    "cluster k-reset-listed fault=reset fault_kind=interactiveworkloads listed=yes\n"
    "cluster k-project fault=reset fault_project=team-b listed=yes\n"
    "cluster k-denied fault=401 fault_kind=distributedworkloads\n"
    "cluster k-broken fault=500 fault_kind=trainingworkloads listed=yes\n"
    "cluster k-missing missing_kinds=inferenceworkloads\n"
    "cluster k-expire expire_continue=1\n"
    "cluster k-repeat repeat=5\n"
    "cluster k-gone fault=refuse\n"
    "default api=control_plane projects=2 workloads=30\n"
    "cluster p\n"
    "cluster p-duplicate duplicate=3\n"
    "cluster p-count count_off=3\n";

static struct e2e_report *run_once(struct e2e_fleet *fleet)
{
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    e2e_result_free(result);
    return e2e_load(e2e_path(fleet, "report.json"));
}

/* A fleet's requests go on being numbered, and the times go by their numbers: each run of the same
 * fleet sees other ones. */
static void shuffle(unsigned fleets, unsigned runs)
{
    struct e2e_report *first = NULL;
    unsigned port = 0, differing = 0;
    for (unsigned seed = 1; seed <= fleets; seed++) {
        struct e2e_fleet *fleet = e2e_start_with(fleet_text, port, seed);
        port = e2e_port(fleet);
        for (unsigned i = 0; i < runs; i++) {
            struct e2e_report *report = run_once(fleet);
            if (first == NULL) {
                first = report;
                continue;
            }
            if (!e2e_same(first, report)) {
                fprintf(stderr, "    seed %u, run %u\n", seed, i);
                differing++;
            }
            e2e_report_free(report);
        }
        e2e_stop(fleet);
    }
    CU_ASSERT_EQUAL(differing, 0);
    e2e_report_free(first);
}

static void test_shuffle(void)
{
    if (e2e_is_slow_wanted())
        shuffle(8, 50);
    else
        shuffle(2, 20);
}

/* What one list's failure costs: itself, unless nothing has answered before. */
static void test_cost(void)
{
    struct e2e_fleet *fleet = e2e_start(
        "defaults retries=0\n"
        "default projects=5 workloads=6 latency_ms=0..12\n"
        "cluster reset-c fault=reset fault_project=team-c\n"
        "cluster reset-e fault=reset fault_project=team-e listed=no\n"
        "cluster asked-a fault=reset fault_project=team-a listed=no\n"
        "cluster path-b fault=close_at:request fault_project=team-b "
        "conf.jobs_path=\"/api/v1/jobs/{project}\"\n"
        "cluster denied-d fault=401 fault_project=team-d\n"
        "cluster denied-a fault=401 fault_project=team-a listed=no\n"
        "cluster first fault=reset fault_project=team-a expect=failed:connect\n"
        "cluster first-denied fault=401 fault_project=team-a expect=failed:auth\n"
        "cluster kind api=kubernetes fault=reset fault_kind=interactiveworkloads workloads=30\n"
        "cluster all fault=reset\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "first", NULL, "fault:reset"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "first", NULL, "200"), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "first-denied", NULL, "200"), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "all", NULL, NULL), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "path-b", NULL, "200"), 4);
    e2e_report_free(report);
    e2e_stop(fleet);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"what the failure of one list costs", test_cost},
                                        {"the order of answers shows nowhere", test_shuffle},
                                        CU_TEST_INFO_NULL};
    return check_run("e2e/shuffle", tests);
}
