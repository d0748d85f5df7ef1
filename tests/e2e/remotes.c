/* One configuration, sixty clusters that discovery finds, every flavour, every grant. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char fleet_text[] =
    "run deadline=120.0 concurrency=32 enrich=true reconcile=true\n"
    "defaults retries=2\n"
    "control discover=yes grants=any realm=\"acme & co\" page=40 latency_ms=5\n"
    "default projects=2 workloads=16 latency_ms=0..30 configured=no\n"
    /* Twenty that only discovery knows, of three generations of paths. */
    "default only_control=2 only_cluster=1 differ_phase=2 differ_gpus=1 renamed_ids=2\n"
    "cluster res-1-{0..6} generation=1\n"
    "default only_control=0 only_cluster=0 differ_phase=0 differ_gpus=0 renamed_ids=0\n"
    "cluster res-2-{0..6} generation=2 domain=url\n"
    "cluster res-3-{0..4} generation=3 renamed_ids=3 gzip=yes\n"
    "cluster res-3-5 generation=3 only_control=40 workloads=40\n"
    /* Twenty of which the configuration says the flavour, and discovery all the rest. */
    "default api=kubernetes configured=yes conf_url=no page=7\n"
    "cluster kub-{00..12}\n"
    "cluster kub-13 missing_kinds=inferenceworkloads,distributedworkloads\n"
    "cluster kub-14 expire_continue=1 workloads=60\n"
    "cluster kub-15 only_cluster=3 only_control=2 differ_phase=2 renamed_ids=1\n"
    "cluster kub-16 listed=yes\n"
    "cluster kub-{17..19} only_cluster=1\n"
    /* Twenty that the control plane answers for. */
    "default api=control_plane page=500\n"
    "cluster con-{00..17}\n"
    "cluster con-18 workloads=300 duplicate=3\n"
    "cluster con-19 only_control=9\n";

static void run_once(struct e2e_fleet *fleet, const char *conf)
{
    const char *output = e2e_path(fleet, "report.json");
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, conf), "-o", output}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    e2e_result_free(result);
}

/* Everything but the tokens' requests is the same, so the reports are. */
static void test_all(void)
{
    static const char *const confs[][2] = {
        {"rollcall-app_token.conf", "/api/v1/token"},
        {"rollcall-client_credentials.conf", "/api/v1/token"},
        {"rollcall-oauth2.conf", "/api/v2/token"},
        {"rollcall-keycloak.conf", "/auth/realms/acme%20%26%20co/"},
        {"rollcall-external_token_exchange.conf", "/api/v1/token"},
        {"rollcall-refresh_token.conf", "/api/v1/token"},
    };
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_report *first = NULL;
    for (size_t i = 0; i < sizeof confs / sizeof confs[0]; i++) {
        size_t before = e2e_count(fleet, "control", confs[i][1], "200");
        run_once(fleet, confs[i][0]);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", confs[i][1], "200"), before + 1);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        CHECK_STR(e2e_text(e2e_get(report->head, "discovery", "status", NULL)), "ok");
        CHECK_STR(e2e_text(e2e_get(report->head, "discovery", "found", NULL)), "60");
        CHECK_STR(e2e_text(e2e_get(report->head, "discovery", "selected", NULL)), "60");
        CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "60");
        CU_ASSERT(report->workload_count > 2500);
        if (first == NULL) {
            first = report;
            continue;
        }
        CU_ASSERT(e2e_same(first, report));
        e2e_report_free(report);
    }
    e2e_report_free(first);
    e2e_stop(fleet);
}

static void test_nothing_secret(void)
{
    static const char *const secrets[] = {"NEVER-REPORT", "s3cret", "eyJhbGci", "own."};
    struct e2e_fleet *fleet = e2e_start("run enrich=true reconcile=true\n"
                                        "control discover=yes grant=keycloak\n"
                                        "cluster a configured=no\n"
                                        "cluster b api=kubernetes conf_url=no own_token=yes\n"
                                        "cluster c api=control_plane\n");
    const struct e2e_run run = {.args = {"run", "-vvv", "-c", e2e_path(fleet, "rollcall.conf"),
                                         "-o", e2e_path(fleet, "report.json")}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    char *report = e2e_read(e2e_path(fleet, "report.json"), NULL);
    CU_ASSERT_FATAL(report != NULL);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CU_ASSERT(strstr(report, secrets[i]) == NULL);
        CU_ASSERT(strstr(result->err, secrets[i]) == NULL);
    }
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"sixty clusters, four grants", test_all},
                                 {"nothing secret comes out", test_nothing_secret},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/remotes", tests);
}
