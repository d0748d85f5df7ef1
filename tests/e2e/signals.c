/* SIGUSR1 asks what is in flight; the other signals, at every phase of a run. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

/* "run -q -c DIR/rollcall.conf -o DIR/report.json" and up to five more arguments. */
static struct e2e_run usual(struct e2e_fleet *fleet, const char *const more[])
{
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")}};
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        run.args[6 + i] = more[i];
    return run;
}

static struct e2e_job *begin(struct e2e_fleet *fleet, const char *const more[])
{
    const struct e2e_run run = usual(fleet, more);
    return e2e_begin(&run);
}

/* Ends with this status and a report that names the signal (NULL: none). */
static void end_interrupted(struct e2e_fleet *fleet, struct e2e_job *job, int status,
                            const char *name)
{
    struct e2e_result *result = e2e_end(job);
    if (result->status != status)
        fprintf(stderr, "    status %d, not %d: %s\n", result->status, status, result->err);
    CU_ASSERT_EQUAL_FATAL(result->status, status);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "interrupted_by", NULL)), name);
    e2e_report_free(report);
    e2e_result_free(result);
}

/* A bit of a line of /proc/PID/status ("SigCgt:", "ShdPnd:", ...). */
static bool has_signal(pid_t pid, const char *line_name, int number)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    char *text = e2e_read(path, NULL);
    const char *line = text == NULL ? NULL : strstr(text, line_name);
    bool is_set =
        line != NULL && (strtoull(line + strlen(line_name), NULL, 16) >> (number - 1) & 1) != 0;
    free(text);
    return is_set;
}

/* Sends it, and returns when it was delivered. */
static void deliver(pid_t pid, int number)
{
    kill(pid, number);
    while (has_signal(pid, "ShdPnd:", number))
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

/* ---- what is in flight ---- */

/* Whether one and the same text has all of these. */
static bool has_all(const char *text, const char *const expected[])
{
    for (size_t i = 0; expected[i] != NULL; i++)
        if (strstr(text, expected[i]) == NULL)
            return false;
    return true;
}

/* Starts a run in which the cluster (or "control") makes it wait, asks what is in flight until the
 * answers have said all of this; the run goes on, and ends when it is told to. */
static void check_answer(const char *text, const char *cluster, const char *served,
                         const char *const expected[])
{
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_job *job = begin(fleet, NULL);
    e2e_await_count(fleet, cluster, NULL, served, 1);
    char *err = NULL;
    for (int64_t end = e2e_now_ms() + 60000; err == NULL || !has_all(err, expected);) {
        if (e2e_now_ms() > end)
            e2e_die("%s\nmisses one of \"%s\" ...", err, expected[0]);
        free(err);
        kill(e2e_pid(job), SIGUSR1);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        err = e2e_err(job);
    }
    free(err);
    kill(e2e_pid(job), SIGTERM);
    end_interrupted(fleet, job, 6, "SIGTERM");
    e2e_stop(fleet);
}

#define PATIENT "defaults idle_timeout=50.0 connect_timeout=50.0\nrun deadline=100.0\n"

static void test_phases(void)
{
    check_answer(
        PATIENT "control token_fault=no_answer\ncluster a\n", "control", "fault:no_answer",
        (const char *const[]){
            "rollcall: notice: requests: 1 in flight, 0 waiting for their next attempt, 0 "
            "queued, 0 done; clusters: 0 of 1 done, 0 of them failed; ",
            "rollcall: notice: control plane: the token: attempt 1, without an answer for ", NULL});
    check_answer(PATIENT "control discover=yes clusters_fault=no_answer\ncluster a\n", "control",
                 "fault:no_answer",
                 (const char *const[]){"0 queued, 1 done; ",
                                       "control plane: its clusters: attempt 1, without an answer",
                                       NULL});
    check_answer(
        PATIENT "cluster eu-1 listed=no fault=no_answer fault_on=projects\n", "eu-1",
        "fault:no_answer",
        (const char *const[]){"cluster eu-1: its projects: attempt 1, without an answer", NULL});
    check_answer(PATIENT "cluster eu-1 fault=no_answer\n", "eu-1", "fault:no_answer",
                 (const char *const[]){"cluster eu-1: workloads of project \"",
                                       "\": attempt 1, without an answer for ", NULL});
    check_answer(
        PATIENT "cluster k8s-1 api=kubernetes fault=no_answer\n", "k8s-1", "fault:no_answer",
        (const char *const[]){"cluster k8s-1: which kinds of workloads it has: attempt 1, ",
                              "without an answer for ", NULL});
    check_answer(PATIENT "cluster k8s-1 api=kubernetes podgroups=yes fault=no_answer "
                         "fault_kind=podgroups truth=no listed=yes\n",
                 "k8s-1", "fault:no_answer",
                 (const char *const[]){
                     "cluster k8s-1: PodGroups of project \"team-a\", page 1: attempt 1, ", NULL});
    check_answer(PATIENT "cluster k8s-1 api=kubernetes discovery=no fault=no_answer\n", "k8s-1",
                 "fault:no_answer",
                 (const char *const[]){"cluster k8s-1: trainingworkloads, page 1: attempt 1, ",
                                       "without an answer for ", NULL});
}

/* `check --connect` answers as well. */
static void test_check(void)
{
    struct e2e_fleet *fleet = e2e_start(PATIENT "cluster a listed=no fault=no_answer\n");
    const struct e2e_run run = {
        .args = {"check", "-q", "--connect", "-c", e2e_path(fleet, "rollcall.conf")}};
    struct e2e_job *job = e2e_begin(&run);
    e2e_await_count(fleet, "a", NULL, "fault:no_answer", 1);
    kill(e2e_pid(job), SIGUSR1);
    e2e_await_err(job, "rollcall: notice: cluster a: one request: attempt 1, ");
    kill(e2e_pid(job), SIGTERM);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 6);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_control_plane(void)
{
    check_answer(PATIENT "run enrich=true\ncontrol workloads_fault=no_answer\n"
                         "cluster a conf_uuid=yes fault=no_answer\n",
                 "control", "fault:no_answer",
                 (const char *const[]){"control plane: all workloads, page 1: attempt 1", NULL});
}

static void test_states(void)
{
    check_answer(PATIENT "run concurrency=1\ncluster c-{0..2} fault=no_answer\n", NULL,
                 "fault:no_answer",
                 (const char *const[]){"requests: 1 in flight, 0 waiting for their next attempt, 2 "
                                       "queued, 1 done; clusters: 0 of 3 done, ",
                                       NULL});
    check_answer(PATIENT "cluster hole fault=blackhole\ncluster mute fault=no_answer\n"
                         "cluster late fault=503:60\n"
                         "cluster half fault=stall_body workloads=200\n",
                 "late", "fault:503",
                 (const char *const[]){"cluster hole: workloads of project", ", connecting for ",
                                       "cluster late: workloads of project", "attempt 2 in ",
                                       "cluster half: workloads of project", " bytes so far",
                                       "clusters: 0 of 4 done", NULL});
}

/* Many are cut off, and each line is whole JSON if that is wanted, whatever names there are. */
static void test_many(void)
{
    struct e2e_fleet *fleet = e2e_start(PATIENT "cluster c-{00..59} fault=no_answer projects=1\n"
                                                "cluster messy messy=yes fault=no_answer\n");
    const char *const more[] = {"--log-format", "json", NULL};
    struct e2e_job *job = begin(fleet, more);
    e2e_await_count(fleet, NULL, NULL, "fault:no_answer", 61);
    kill(e2e_pid(job), SIGUSR1);
    kill(e2e_pid(job), SIGUSR1);
    e2e_await_err(job, " more\"}\n");
    char *err = e2e_err(job);
    size_t lines = 0;
    for (char *line = err, *end; (end = strchr(line, '\n')) != NULL; line = end + 1, lines++) {
        *end = '\0';
        yajl_val value = yajl_tree_parse(line, NULL, 0);
        CHECK_STR(e2e_text(e2e_get(value, "level", NULL)), "notice");
        yajl_tree_free(value);
    }
    CU_ASSERT(lines == 52 || lines == 104); /* one answer or two */
    free(err);
    kill(e2e_pid(job), SIGTERM);
    end_interrupted(fleet, job, 6, "SIGTERM");
    e2e_stop(fleet);
}

static void ask_always(void *arg, pid_t pid)
{
    size_t *asked = arg;
    if (*asked > 0 || has_signal(pid, "SigCgt:", SIGUSR1))
        *asked += kill(pid, SIGUSR1) == 0;
}

/* From the first moment to the last. */
static void test_always(void)
{
    struct e2e_fleet *fleet = e2e_start("run concurrency=8\n"
                                        "cluster c-{00..19} projects=2 workloads=500 listed=no\n");
    struct e2e_run run = usual(fleet, NULL);
    size_t asked = 0;
    run.watch = ask_always;
    run.watch_arg = &asked;
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(asked > 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* ---- signals that end a run ---- */

static void test_token(void)
{
    static const struct {
        int number;
        const char *name;
    } signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGHUP, "SIGHUP"}};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct e2e_fleet *fleet = e2e_start(PATIENT "control token_fault=no_answer\ncluster a\n");
        struct e2e_job *job = begin(fleet, NULL);
        e2e_await_count(fleet, "control", NULL, "fault:no_answer", 1);
        kill(e2e_pid(job), signals[i].number);
        end_interrupted(fleet, job, 6, signals[i].name);
        e2e_stop(fleet);
    }
}

/* The command of a secret is ended, and there is a report all the same. */
static void test_secret_command(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    e2e_replace(fleet, "rollcall.conf", "{ file = \"@/secret\"; }",
                "{ command = [ \"sh\", \"-c\", \"echo $$ >@/pid.tmp; mv @/pid.tmp @/pid; "
                "exec sleep 600\" ]; }");
    struct e2e_job *job = begin(fleet, NULL);
    while (!e2e_exists(e2e_path(fleet, "pid")))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    kill(e2e_pid(job), SIGUSR1);
    e2e_await_err(job, "notice: waiting for command \"sh\" since ");
    kill(e2e_pid(job), SIGHUP);
    end_interrupted(fleet, job, 6, "SIGHUP");
    char *text = e2e_read(e2e_path(fleet, "pid"), NULL);
    pid_t command = (pid_t)strtol(text, NULL, 10);
    CU_ASSERT(command > 1 && kill(command, 0) != 0);
    free(text);
    e2e_stop(fleet);
}

/* A run whose standard output nobody reads yet: it hangs in the middle of its report. */
static struct e2e_job *begin_writing(struct e2e_fleet *fleet, int ends[2])
{
    if (pipe(ends) != 0)
        e2e_die("no pipe");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    struct e2e_run run = usual(fleet, NULL);
    run.args[5] = "-";
    run.stdout_fd = ends[1];
    struct e2e_job *job = e2e_begin(&run);
    int waiting = 0, room = fcntl(ends[1], F_GETPIPE_SZ);
    close(ends[1]);
    while (waiting < room && ioctl(ends[0], FIONREAD, &waiting) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return job;
}

static const char large_fleet[] = "cluster large projects=1 workloads=3000\n";

/* Writing always finishes. */
static void test_while_writing(void)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    struct e2e_fleet *fleet = e2e_start(large_fleet);
    int ends[2];
    struct e2e_job *job = begin_writing(fleet, ends);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        deliver(e2e_pid(job), numbers[i]);
    deliver(e2e_pid(job), SIGUSR1);
    char block[65536];
    FILE *out = fopen(e2e_path(fleet, "report.json"), "w");
    for (ssize_t len; (len = read(ends[0], block, sizeof block)) > 0;)
        CU_ASSERT_EQUAL(fwrite(block, 1, (size_t)len, out), (size_t)len);
    fclose(out);
    close(ends[0]);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_second_interrupt_while_writing(void)
{
    struct e2e_fleet *fleet = e2e_start(large_fleet);
    int ends[2];
    struct e2e_job *job = begin_writing(fleet, ends);
    deliver(e2e_pid(job), SIGINT);
    kill(e2e_pid(job), SIGINT);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 130);
    e2e_result_free(result);
    close(ends[0]);
    e2e_stop(fleet);
}

/* A reader that goes away in the middle. */
static void test_reader_leaves(void)
{
    struct e2e_fleet *fleet = e2e_start(large_fleet);
    int ends[2];
    struct e2e_job *job = begin_writing(fleet, ends);
    close(ends[0]);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "Broken pipe"));
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* A limit on the size of files is an error like a full disk. */
static void test_file_size(void)
{
    struct e2e_fleet *fleet = e2e_start(large_fleet);
    e2e_write(e2e_path(fleet, "report.json"), 0644, "the report before\n");
    struct rlimit before, small;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 64 * 1024;
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct e2e_job *job = begin(fleet, NULL);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    struct e2e_result *result = e2e_end(job);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "File too large"));
    char *report = e2e_read(e2e_path(fleet, "report.json"), NULL);
    CHECK_STR(report, "the report before\n");
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Under nohup(1), and as a script's background job. */
static void test_ignored(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct e2e_fleet *fleet = e2e_start(PATIENT "cluster a fault=no_answer\n");
        struct e2e_run run = usual(fleet, NULL);
        run.ignored[0] = numbers[i];
        struct e2e_job *job = e2e_begin(&run);
        e2e_await_count(fleet, "a", NULL, "fault:no_answer", 1);
        deliver(e2e_pid(job), numbers[i]);
        deliver(e2e_pid(job), numbers[i]);
        kill(e2e_pid(job), SIGUSR1);
        e2e_await_err(job, "requests: 1 in flight");
        kill(e2e_pid(job), numbers[i] == SIGTERM ? SIGHUP : SIGTERM);
        end_interrupted(fleet, job, 6, numbers[i] == SIGTERM ? "SIGHUP" : "SIGTERM");
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"SIGUSR1 in every phase", test_phases},
        {"SIGUSR1 and check --connect", test_check},
        {"SIGUSR1 while the control plane is read", test_control_plane},
        {"SIGUSR1 and what requests are at", test_states},
        {"SIGUSR1 with many in flight", test_many},
        {"SIGUSR1 all the time", test_always},
        {"signals while the token is asked for", test_token},
        {"signals while a secret's command runs", test_secret_command},
        {"signals while the report is written", test_while_writing},
        {"the second SIGINT while writing", test_second_interrupt_while_writing},
        {"a reader that leaves", test_reader_leaves},
        {"a limit on file sizes", test_file_size},
        {"signals that are ignored at the start", test_ignored},
        CU_TEST_INFO_NULL};
    return check_run("e2e/signals", tests);
}
