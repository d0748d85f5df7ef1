/* The fleet that the control plane knows, and the one that is configured. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char *field(const struct e2e_report *report, const char *cluster, const char *key)
{
    return e2e_text(e2e_get(e2e_cluster(report, cluster), key, NULL));
}

static yajl_val section(const struct e2e_report *report, const char *key)
{
    return e2e_get(report->head, "discovery", key, NULL);
}

static struct e2e_report *check_truth(struct e2e_fleet *fleet, int status)
{
    struct e2e_report *report = e2e_collect_report(fleet, status, NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    return report;
}

static void test_union(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes\n"
                  "default projects=2\n"
                  "cluster found configured=no\n"
                  "cluster found-url configured=no domain=url\n"
                  "cluster configured discovered=no\n"
                  "cluster both conf.labels=[\"a=b\"]\n"
                  "cluster both-kubernetes api=kubernetes conf_url=no\n"
                  "cluster both-elsewhere domain=null\n"
                  "cluster by-uuid control_name=\"Another name\" conf_uuid=yes conf_url=no\n"
                  "cluster seen-by-control api=control_plane\n"
                  "cluster missing-parts configured=no state=MissingPrerequisites\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(e2e_text(section(report, "status")), "ok");
    CHECK_STR(e2e_text(section(report, "error")), "null");
    CHECK_STR(e2e_text(section(report, "found")), "8");
    CHECK_STR(e2e_text(section(report, "selected")), "8");
    CHECK_STR(e2e_text(section(report, "compared_to")), "null");
    CU_ASSERT(e2e_is_list(e2e_get(e2e_cluster(report, "both"), "labels", NULL),
                          (const char *const[]){"a=b", NULL}));
    CU_ASSERT(e2e_cluster(report, "Another name") == NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/clusters", "200"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/token", "200"), 1);
    /* What is configured says which projects; what is only found has to be asked. */
    CU_ASSERT_EQUAL(e2e_count(fleet, "both", "/researcher/api/v1/projects", NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "found", "/researcher/api/v1/projects", "200"), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Clusters without a usable name are left out, and not without a word. */
static void test_nameless(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes\n"
                  "cluster found configured=no\n"
                  "cluster empty configured=no control_name=\"\" expect=absent\n"
                  "cluster control configured=no control_name=\"a\x01"
                  "z\" expect=absent\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "rollcall: warning: discovery left out 2 clusters that the control "
                           "plane gives no usable name\n");
    e2e_result_free(result);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(section(report, "found")), "1");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* A fleet that is configured nowhere. */
static void test_only_discovery(void)
{
    struct e2e_fleet *fleet = e2e_start("control discover=yes\ncluster c-{00..19} configured=no\n");
    struct e2e_report *report = check_truth(fleet, 0);
    struct e2e_report *again = check_truth(fleet, 0);
    CU_ASSERT(e2e_same(report, again));
    e2e_report_free(report);
    e2e_report_free(again);
    e2e_stop(fleet);
}

static void test_selected(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes\n"
                  "discover include=[\"eu-*\",\"us-1\"] exclude=[\"*-test\"]\n"
                  "cluster eu-1 configured=no\n"
                  "cluster eu-test configured=no expect=absent\n"
                  "cluster us-1 configured=no\n"
                  "cluster us-2 configured=no expect=absent\n"
                  "cluster us-test\n"); /* what is configured is never left out */
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(e2e_text(section(report, "found")), "5");
    CU_ASSERT_EQUAL(e2e_count(fleet, "us-2", NULL, NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "eu-test", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

#define AWAY                                                                                       \
    "cluster good\n"                                                                               \
    "cluster away configured=no state=Disconnected\n"                                              \
    "cluster away-configured state=Disconnected\n"                                                 \
    "cluster waiting configured=no state=WaitingToConnect\n"                                       \
    "cluster issues configured=no state=ServiceIssues\n"                                           \
    "cluster odd configured=no state=\"Never heard of\"\n"

static void test_skipped(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes\n" AWAY "cluster homeless configured=no domain=null\n"
                  "cluster unknown discovered=no conf_url=no\n");
    struct e2e_report *report = check_truth(fleet, 4);
    CHECK_STR(field(report, "away", "status"), "skipped");
    CU_ASSERT(strstr(field(report, "away", "reason"), "Disconnected") != NULL);
    CU_ASSERT(strstr(field(report, "away", "reason"), "2026-11-20T06:30:00Z") != NULL);
    CU_ASSERT(strstr(field(report, "waiting", "reason"), "WaitingToConnect") != NULL);
    CU_ASSERT(strstr(field(report, "homeless", "reason"), "domain") != NULL);
    CHECK_STR(field(report, "unknown", "status"), "skipped");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "skipped", NULL)), "5");
    CU_ASSERT_EQUAL(e2e_count(fleet, "away", NULL, NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "away-configured", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What is not needed does not make the report incomplete. */
static void test_skipped_optional(void)
{
    struct e2e_fleet *fleet = e2e_start("control discover=yes\n"
                                        "cluster good\n"
                                        "cluster away state=Disconnected conf.optional=true\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(field(report, "away", "status"), "skipped");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "true");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "optional", NULL)), "1");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_contact_disconnected(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes\ndiscover contact_disconnected=true\n" AWAY);
    e2e_report_free(check_truth(fleet, 0));
    CU_ASSERT(e2e_count(fleet, "away", "/researcher/", "200") > 0);
    e2e_stop(fleet);
}

/* A domain without a port is that of HTTPS. */
static void test_domain_host(void)
{
    struct e2e_fleet *fleet = e2e_start("control discover=yes\ndefaults retries=0\n"
                                        "cluster good\n"
                                        "cluster host configured=no domain=host truth=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(field(report, "host", "url"), "https://127.77.1.2");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "host"), "error", "class", NULL)), "connect");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static const char *const faults[][2] = {
    {"clusters_fault=html200", "not_json"},
    {"clusters_fault=500", "http"},
    {"clusters_fault=403", "auth"},
    {"clusters_fault=404", "not_found"},
    {"clusters_fault=truncated_json", "bad_json"},
    {"clusters_fault=redirect", "redirect"},
    {"clusters_fault=wrong_shape:data_number", "bad_shape"},
    {"clusters_fault=cut_body", "truncated"},
    {"clusters_fault=empty_body", "not_json"},
};

/* The configured ones are in the report, which says what is missing in it. */
static void test_failed(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "control discover=yes conf.retries=1 message=\"not \\\"today\\\"\" %s\n"
                 "cluster a\n"
                 "cluster b listed=no\n"
                 "cluster hidden configured=no expect=absent\n"
                 "cluster half conf_url=no expect=skipped\n",
                 faults[i][0]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_report *report = check_truth(fleet, 4);
        CHECK_STR(e2e_text(section(report, "status")), "failed");
        CHECK_STR(e2e_text(e2e_get(section(report, "error"), "class", NULL)), faults[i][1]);
        CHECK_STR(e2e_text(section(report, "found")), "null");
        CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "false");
        if (strcmp(faults[i][0], "clusters_fault=500") == 0) {
            const char *message = e2e_text(e2e_get(section(report, "error"), "message", NULL));
            CU_ASSERT(strstr(message, "not \"today\"") != NULL);
            CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/clusters", "fault:500"), 2);
            CHECK_STR(e2e_text(e2e_get(section(report, "error"), "attempts", NULL)), "2");
        }
        e2e_report_free(report);
        e2e_stop(fleet);
    }
}

/* Even when all that is configured answers. */
static void test_failed_is_incomplete(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control discover=yes conf.retries=0 clusters_fault=500\ncluster a\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "1");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "false");
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_failed_and_nothing_configured(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "control discover=yes conf.retries=0 %s\ncluster hidden configured=no\n",
                 faults[i][0]);
        struct e2e_fleet *fleet = e2e_start(text);
        CU_ASSERT(e2e_collect_report(fleet, 7, NULL) == NULL);
        CU_ASSERT(!e2e_exists(e2e_path(fleet, "report.json")));
        CU_ASSERT_EQUAL(e2e_count(fleet, "hidden", NULL, NULL), 0);
        e2e_stop(fleet);
    }
}

/* Clusters that have tokens of their own are asked without the control plane. */
static void test_no_token(void)
{
    struct e2e_fleet *fleet = e2e_start("control discover=yes token_fault=403 conf.retries=0\n"
                                        "cluster own own_token=yes\n"
                                        "cluster shared expect=failed:auth\n"
                                        "cluster hidden configured=no expect=absent\n");
    struct e2e_report *report = check_truth(fleet, 4);
    CHECK_STR(e2e_text(section(report, "status")), "failed");
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* An empty list is an answer. */
static void test_none_found(void)
{
    struct e2e_fleet *fleet = e2e_start("control discover=yes\ncluster a discovered=no\n");
    struct e2e_report *report = check_truth(fleet, 0);
    CHECK_STR(e2e_text(section(report, "found")), "0");
    e2e_report_free(report);
    e2e_stop(fleet);
    fleet = e2e_start("control discover=yes\ncluster a discovered=no configured=no\n");
    CU_ASSERT(e2e_collect_report(fleet, 2, NULL) == NULL);
    e2e_stop(fleet);
    fleet = e2e_start("control discover=yes\ncluster a discovered=no configured=no\n");
    e2e_report_free(e2e_collect_report(fleet, 0, (const char *const[]){"--allow-empty", NULL}));
    e2e_stop(fleet);
}

static void test_cluster_option(void)
{
    static const char *const more[] = {"--cluster", "b*", NULL};
    struct e2e_fleet *fleet = e2e_start("control discover=yes\ncluster {1..3}-x\n"
                                        "cluster b-{1..2} configured=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 0, more);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "selected", NULL)), "2");
    CU_ASSERT_EQUAL(e2e_count(fleet, "1-x", NULL, NULL), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Runs into the directory of reports that belongs to `home`; returns the latest report there. */
static struct e2e_report *run_into(struct e2e_fleet *fleet, struct e2e_fleet *home)
{
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf")}};
    struct e2e_result *result = e2e_run(&run);
    if (result->status != 0)
        fprintf(stderr, "    status %d: %s\n", result->status, result->err);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    return e2e_load(e2e_path(home, "latest.json"));
}

static void test_changes(void)
{
    struct e2e_fleet *home = e2e_start("control discover=yes\n"
                                       "cluster gone-{1..2} configured=no\n"
                                       "cluster stays configured=no\n"
                                       "cluster mine discovered=no\n");
    struct e2e_fleet *later = e2e_start("control discover=yes\n"
                                        "cluster new-{1..2} configured=no\n"
                                        "cluster stays configured=no\n"
                                        "cluster mine discovered=no\n");
    char directory[256];
    snprintf(directory, sizeof directory, " directory = \"%s\";", e2e_path(home, ""));
    e2e_edit(home, "rollcall.conf", "report : {", directory);
    e2e_edit(later, "rollcall.conf", "report : {", directory);
    struct e2e_report *first = run_into(home, home);
    CHECK_STR(e2e_text(section(first, "compared_to")), "null");
    CU_ASSERT(e2e_is_list(section(first, "appeared"), (const char *const[]){NULL}));
    struct e2e_report *same = run_into(home, home);
    CU_ASSERT(strncmp(e2e_text(section(same, "compared_to")), "report-", 7) == 0);
    CU_ASSERT(e2e_is_list(section(same, "appeared"), (const char *const[]){NULL}));
    CU_ASSERT(e2e_is_list(section(same, "vanished"), (const char *const[]){NULL}));
    struct e2e_report *other = run_into(later, home);
    CU_ASSERT(
        e2e_is_list(section(other, "appeared"), (const char *const[]){"new-1", "new-2", NULL}));
    CU_ASSERT(
        e2e_is_list(section(other, "vanished"), (const char *const[]){"gone-1", "gone-2", NULL}));
    e2e_report_free(first);
    e2e_report_free(same);
    e2e_report_free(other);
    e2e_stop(later);
    e2e_stop(home);
}

/* What include, exclude, the command line or the configuration leave out now has not vanished. */
static void test_left_out(void)
{
    static const char clusters[] = "control discover=yes\n"
                                   "cluster eu-{1..2} configured=no\n"
                                   "cluster us-1 configured=no\n"
                                   "cluster us-2 configured=no control_name=us-1\n"
                                   "cluster us-3 configured=no control_name=us-1\n"
                                   "cluster mine discovered=no\n";
    struct e2e_fleet *home = e2e_start(clusters);
    char directory[256], text[1024];
    snprintf(directory, sizeof directory, " directory = \"%s\";", e2e_path(home, ""));
    e2e_edit(home, "rollcall.conf", "report : {", directory);
    struct e2e_report *report = run_into(home, home);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "selected", NULL)), "6");
    e2e_report_free(report);
    snprintf(text, sizeof text, "discover exclude=[\"us-*\"]\n%s", clusters);
    struct e2e_fleet *later = e2e_start(text);
    e2e_edit(later, "rollcall.conf", "report : {", directory);
    static const char *const more[] = {"--cluster", "eu-1", NULL};
    report = e2e_collect_report(later, 0, more);
    CU_ASSERT(strncmp(e2e_text(section(report, "compared_to")), "report-", 7) == 0);
    CU_ASSERT(e2e_is_list(section(report, "vanished"), (const char *const[]){NULL}));
    e2e_report_free(report);
    report = run_into(later, home);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "selected", NULL)), "3");
    CU_ASSERT(e2e_is_list(section(report, "vanished"), (const char *const[]){NULL}));
    e2e_report_free(report);
    e2e_stop(later);
    e2e_stop(home);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the union of both", test_union},
        {"clusters without a name", test_nameless},
        {"nothing is configured", test_only_discovery},
        {"include and exclude", test_selected},
        {"who is away is skipped", test_skipped},
        {"who is away and optional", test_skipped_optional},
        {"contact_disconnected", test_contact_disconnected},
        {"a domain without a port", test_domain_host},
        {"discovery fails", test_failed},
        {"a failed discovery is incomplete", test_failed_is_incomplete},
        {"discovery fails and nothing is configured", test_failed_and_nothing_configured},
        {"no token for the discovery", test_no_token},
        {"nothing is found", test_none_found},
        {"--cluster selects from what is found", test_cluster_option},
        {"clusters appear and vanish", test_changes},
        {"what is left out has not vanished", test_left_out},
        CU_TEST_INFO_NULL};
    return check_run("e2e/discovery", tests);
}
