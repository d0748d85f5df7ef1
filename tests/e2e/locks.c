/* Two runs at once: the lock in the report directory, and waiting for it. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

/* The first run that asks it hangs; for all others it is well. */
static const char holding_fleet[] = "defaults idle_timeout=50.0\n"
                                    "cluster good\n"
                                    "cluster mute fault=no_answer fault_times=1\n";

/* A fleet whose reports go to DIR/reports. */
static struct e2e_fleet *start(const char *text)
{
    struct e2e_fleet *fleet = e2e_start(text);
    e2e_edit(fleet, "rollcall.conf", "report : {", " directory = \"@/reports\";");
    if (mkdir(e2e_path(fleet, "reports"), 0755) != 0)
        e2e_die("no directory for reports");
    return fleet;
}

/* "run -c DIR/rollcall.conf" and up to five more arguments. */
static struct e2e_job *begin(struct e2e_fleet *fleet, const char *const more[])
{
    struct e2e_run run = {.args = {"run", "-c", e2e_path(fleet, "rollcall.conf")}};
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        run.args[3 + i] = more[i];
    return e2e_begin(&run);
}

/* A run that has the lock and keeps it, and has one answer. */
static struct e2e_job *begin_holder(struct e2e_fleet *fleet)
{
    struct e2e_job *holder = begin(fleet, NULL);
    e2e_await_count(fleet, "mute", NULL, "fault:no_answer", 1);
    e2e_await_count(fleet, "good", "-", "closed", 1);
    return holder;
}

static void end_with(struct e2e_job *job, int status)
{
    struct e2e_result *result = e2e_end(job);
    if (result->status != status)
        fprintf(stderr, "    status %d, not %d: %s\n", result->status, status, result->err);
    CU_ASSERT_EQUAL(result->status, status);
    e2e_result_free(result);
}

/* The test itself holds the lock, under a note of another hand. */
static int hold(struct e2e_fleet *fleet, const char *note)
{
    e2e_write(e2e_path(fleet, "reports/lock"), 0644, note);
    int fd = open(e2e_path(fleet, "reports/lock"), O_RDWR | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        e2e_die("the lock is not to be had");
    return fd;
}

/* Every report in the directory is whole and says the truth; returns how many there are. */
static size_t check_reports(struct e2e_fleet *fleet)
{
    const char *directory = e2e_path(fleet, "reports");
    size_t count = 0;
    DIR *dir = opendir(directory);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (strncmp(entry->d_name, "report-", 7) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        struct e2e_report *report = e2e_load(path);
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        e2e_report_free(report);
        count++;
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void test_second_run(void)
{
    struct e2e_fleet *fleet = start(holding_fleet);
    struct e2e_job *holder = begin_holder(fleet);
    size_t asked = e2e_count(fleet, NULL, "/", NULL);
    struct e2e_result *result = e2e_end(begin(fleet, (const char *const[]){"-q", NULL}));
    CU_ASSERT_EQUAL(result->status, 75);
    CHECK_STR(result->out, "");
    char begins[128];
    snprintf(begins, sizeof begins, "rollcall: error: another run (pid %ld, for ",
             (long)e2e_pid(holder));
    CU_ASSERT_EQUAL(strncmp(result->err, begins, strlen(begins)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, " s, since 20"));
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "--wait"));
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/", NULL), asked);
    e2e_result_free(result);
    kill(e2e_pid(holder), SIGTERM);
    end_with(holder, 4);
    end_with(begin(fleet, (const char *const[]){"-q", NULL}), 0);
    e2e_stop(fleet);
}

static void test_chain(void)
{
    struct e2e_fleet *fleet = start("cluster c-{0..4} projects=2 workloads=200 latency_ms=50\n");
    struct e2e_job *jobs[5];
    for (int i = 0; i < 5; i++)
        jobs[i] = begin(fleet, (const char *const[]){"-q", "--wait", "600", NULL});
    for (int i = 0; i < 5; i++) {
        struct e2e_result *result = e2e_end(jobs[i]);
        CU_ASSERT_EQUAL(result->status, 0);
        CHECK_STR(result->err, "");
        e2e_result_free(result);
    }
    CU_ASSERT_EQUAL(check_reports(fleet), 5);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api/v1/token", NULL), 5);
    e2e_stop(fleet);
}

/* A run that was killed leaves its note, and no lock: not for one that comes, not for one that
 * waits. */
static void test_killed_holder(void)
{
    struct e2e_fleet *fleet = start(holding_fleet);
    struct e2e_job *holder = begin_holder(fleet);
    struct e2e_job *waiter = begin(fleet, (const char *const[]){"--wait", "600", NULL});
    e2e_await_err(waiter, "rollcall: info: waiting for 600 s at most: another run (pid ");
    kill(e2e_pid(holder), SIGKILL);
    struct e2e_result *result = e2e_end(holder);
    CU_ASSERT_EQUAL(result->signal, SIGKILL);
    e2e_result_free(result);
    end_with(waiter, 0);
    CU_ASSERT_EQUAL(check_reports(fleet), 1);
    e2e_write(e2e_path(fleet, "reports/lock"), 0644, "pid 1\nsince 2026-11-24T03:00:00Z\n");
    end_with(begin(fleet, (const char *const[]){"-q", NULL}), 0);
    e2e_stop(fleet);
}

/* What a secret's command leaves running does not hold the lock of a run that was killed. */
static void test_killed_with_command(void)
{
    struct e2e_fleet *fleet = start("cluster good\n");
    char *whole = e2e_read(e2e_path(fleet, "rollcall.conf"), NULL);
    e2e_replace(fleet, "rollcall.conf", "{ file = \"@/secret\"; }",
                "{ command = [ \"sh\", \"-c\", \"echo $$ >@/pid.tmp; mv @/pid.tmp @/pid; "
                "exec sleep 600\" ]; }");
    struct e2e_job *holder = begin(fleet, (const char *const[]){"-q", NULL});
    while (!e2e_exists(e2e_path(fleet, "pid")))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    kill(e2e_pid(holder), SIGKILL);
    e2e_result_free(e2e_end(holder));
    char *text = e2e_read(e2e_path(fleet, "pid"), NULL);
    pid_t command = (pid_t)strtol(text, NULL, 10);
    free(text);
    CU_ASSERT_FATAL(command > 1);
    CU_ASSERT_EQUAL(kill(command, 0), 0);
    e2e_write(e2e_path(fleet, "rollcall.conf"), 0644, whole);
    end_with(begin(fleet, (const char *const[]){"-q", NULL}), 0);
    kill(command, SIGKILL);
    free(whole);
    e2e_stop(fleet);
}

static void check_waiting_ended(struct e2e_fleet *fleet, int number, const char *text)
{
    struct e2e_job *waiter = begin(fleet, (const char *const[]){"--wait", "3600", NULL});
    e2e_await_err(waiter, "waiting for 3600 s at most: another run holds ");
    kill(e2e_pid(waiter), number);
    struct e2e_result *result = e2e_end(waiter);
    CU_ASSERT_EQUAL(result->status, 75);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, text));
    e2e_result_free(result);
}

static void test_waiting_interrupted(void)
{
    struct e2e_fleet *fleet = start("cluster good\n");
    int lock = hold(fleet, "garbage");
    check_waiting_ended(fleet, SIGTERM, "error: interrupted by SIGTERM while waiting: another run");
    check_waiting_ended(fleet, SIGINT, "error: interrupted by SIGINT while waiting: another run");
    check_waiting_ended(fleet, SIGHUP, "error: interrupted by SIGHUP while waiting: another run");
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/api", NULL), 0);
    close(lock);
    end_with(begin(fleet, (const char *const[]){"-q", NULL}), 0);
    e2e_stop(fleet);
}

static void test_wait_is_over(void)
{
    struct e2e_fleet *fleet = start("cluster good\n");
    int lock = hold(fleet, "");
    struct e2e_result *result =
        e2e_end(begin(fleet, (const char *const[]){"-q", "--wait", "0.3", NULL}));
    CU_ASSERT_EQUAL(result->status, 75);
    CU_ASSERT(result->wall_ms >= 300);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "error: after waiting for 0.3 s: another run"));
    e2e_result_free(result);
    end_with(begin(fleet, (const char *const[]){"-q", "--wait", "0.1", "--accept", "75", NULL}), 0);
    end_with(begin(fleet, (const char *const[]){"-q", "--wait", "0", NULL}), 75);
    end_with(begin(fleet, (const char *const[]){"--wait", "-1", NULL}), 2);
    end_with(begin(fleet, (const char *const[]){"--wait", "86400.1", NULL}), 2);
    end_with(begin(fleet, (const char *const[]){"--wait", "soon", NULL}), 2);
    /* Where no report directory is written there is no lock. */
    const char *output = e2e_path(fleet, "report.json");
    end_with(begin(fleet, (const char *const[]){"-q", "--wait", "600", "-o", output, NULL}), 0);
    /* What is wrong with the secret is said at once. */
    chmod(e2e_path(fleet, "secret"), 0644);
    end_with(begin(fleet, (const char *const[]){"-q", "--wait", "600", NULL}), 2);
    CU_ASSERT_EQUAL(check_reports(fleet), 0);
    close(lock);
    e2e_stop(fleet);
}

/* Neither the deadline nor the report's times count the waiting. */
static void test_wait_is_no_part(void)
{
    struct e2e_fleet *fleet = start("cluster good\n");
    int lock = hold(fleet, "");
    struct e2e_job *waiter = begin(fleet, (const char *const[]){"--wait", "600", NULL});
    e2e_await_err(waiter, "waiting for 600 s at most");
    int64_t seen_ms = e2e_now_ms();
    kill(e2e_pid(waiter), SIGUSR1);
    e2e_await_err(waiter, "rollcall: notice: waiting for the lock since ");
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 500000000}, NULL);
    char now[32];
    time_t released = time(NULL);
    struct tm tm;
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&released, &tm));
    long held_ms = (long)(e2e_now_ms() - seen_ms);
    close(lock);
    struct e2e_result *result = e2e_end(waiter);
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "reports/latest.json"));
    yajl_val duration = e2e_get(report->head, "run", "duration_ms", NULL);
    CU_ASSERT(YAJL_IS_INTEGER(duration) && YAJL_GET_INTEGER(duration) <= result->wall_ms - held_ms);
    CU_ASSERT(strcmp(e2e_text(e2e_get(report->head, "run", "started_at", NULL)), now) >= 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"a second run", test_second_run},
                                 {"five that wait for each other", test_chain},
                                 {"a holder that was killed", test_killed_holder},
                                 {"a holder killed beside its command", test_killed_with_command},
                                 {"waiting is ended by signals", test_waiting_interrupted},
                                 {"waiting has an end", test_wait_is_over},
                                 {"waiting is no part of the run", test_wait_is_no_part},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/locks", tests);
}
