/* Every report that is written is valid against the schema that ships with the program. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

static const char fleet_text[] = "run deadline=20.0\n"
                                 "defaults retries=0 idle_timeout=1.0\n"
                                 "cluster ok-{1..2} projects=2\n"
                                 "cluster messy projects=2 messy=yes listed=no\n"
                                 "cluster hidden empty=yes\n"
                                 "cluster empty empty=yes allow_empty=yes listed=no\n"
                                 "cluster gone fault=refuse\n"
                                 "cluster half projects=2 fault=500 fault_project=team-b\n"
                                 "cluster login fault=html200\n"
                                 "cluster silent fault=no_answer\n";

/* Runs Debian's `jsonschema`; its words go to stderr. */
static bool is_valid(const char *report)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("jsonschema", "jsonschema", "-i", report, "etc/report.schema.json", (char *)NULL);
        fprintf(stderr, "    jsonschema (package python3-jsonschema) cannot be run\n");
        _exit(127);
    }
    int status = -1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static void check_valid(struct e2e_fleet *fleet, const char *const more[], int status)
{
    struct e2e_result *result = e2e_collect(fleet, more);
    CU_ASSERT_EQUAL(result->status, status);
    CU_ASSERT(is_valid(e2e_path(fleet, "report.json")));
    e2e_result_free(result);
}

static void test_reports(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    check_valid(fleet, (const char *const[]){NULL}, 4);
    check_valid(fleet, (const char *const[]){"--no-workloads", NULL}, 4);
    check_valid(fleet, (const char *const[]){"--cluster", "ok-*", NULL}, 0);
    check_valid(fleet, (const char *const[]){"--cluster", "gone", NULL}, 6);
    check_valid(fleet, (const char *const[]){"--cluster", "hidden", NULL}, 4);
    check_valid(fleet, (const char *const[]){"--project", "no-such", "--cluster", "messy", NULL},
                4);
    check_valid(fleet, (const char *const[]){"--cluster", "none", "--allow-empty", NULL}, 0);
    e2e_stop(fleet);
}

/* Every flavour and section at once. */
static void test_sections(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run deadline=20.0 enrich=true reconcile=true\n"
                  "defaults retries=0\n"
                  "control discover=yes\n"
                  "cluster res configured=no only_control=2 differ_phase=1 differ_gpus=1\n"
                  "cluster away configured=no state=Disconnected\n"
                  "cluster nowhere configured=no domain=null\n"
                  "cluster gone fault=refuse\n"
                  "default configured=yes conf_url=no\n"
                  "cluster kub api=kubernetes only_cluster=1 missing_kinds=inferenceworkloads\n"
                  "cluster con api=control_plane\n");
    check_valid(fleet, (const char *const[]){NULL}, 4);
    check_valid(fleet, (const char *const[]){"--no-workloads", NULL}, 4);
    check_valid(fleet, (const char *const[]){"--cluster", "nowhere", NULL}, 6);
    e2e_stop(fleet);
    fleet = e2e_start("run reconcile=true\n"
                      "control discover=yes clusters_fault=500 conf.retries=0\n"
                      "cluster a\n");
    check_valid(fleet, (const char *const[]){NULL}, 4);
    e2e_stop(fleet);
}

/* The test itself can tell a report that is not valid. */
static void test_invalid(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    e2e_write(e2e_path(fleet, "bad.json"), 0600, "{\"format\": \"rollcall.report/1\"}\n");
    CU_ASSERT(!is_valid(e2e_path(fleet, "bad.json")));
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"reports of every outcome", test_reports},
                                 {"every flavour and section", test_sections},
                                 {"an invalid report is told", test_invalid},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/schema", tests);
}
