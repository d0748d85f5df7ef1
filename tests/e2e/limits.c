/* The deadline, and signals: a run ends in time, and what it has by then is a whole report. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

/* A third of the fleet is dead in the slow ways; only the deadline can end this run. */
static void test_deadline(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run deadline=8.0 concurrency=64\n"
                  "defaults connect_timeout=300.0 idle_timeout=300.0 timeout=300.0\n"
                  "default projects=2 workloads=50 latency_ms=0..100\n"
                  "cluster good-{00..39}\n"
                  "default expect=failed:deadline\n"
                  "cluster hole-{0..4} fault=blackhole\n"
                  "cluster mute-{0..4} fault=no_answer\n"
                  "cluster shake-{0..4} fault=stall_handshake\n"
                  "cluster stall-{0..4} fault=stall_body\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    printf("\n    deadline 8 s: ended after %ld ms\n", result->wall_ms);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms <= 9000);
    CU_ASSERT(result->wall_ms >= 6900); /* network work ends at seven eighths of it */
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT(e2e_count(fleet, NULL, NULL, "fault:blackhole") >= 5);
    CU_ASSERT(e2e_count(fleet, NULL, NULL, "fault:no_answer") >= 5);
    CU_ASSERT(e2e_count(fleet, NULL, NULL, "fault:stall_handshake") >= 5);
    CU_ASSERT(e2e_count(fleet, NULL, NULL, "fault:stall_body") >= 5);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* A Retry-After beyond the deadline is not waited for. */
static void test_retry_after_too_late(void)
{
    struct e2e_fleet *fleet = e2e_start("run deadline=20.0\n"
                                        "cluster late fault=429:3600\n"
                                        "cluster later fault=503:3600\n"
                                        "cluster good\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms < 10000);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "late", NULL, "fault:429"), 1);
    CU_ASSERT_EQUAL(e2e_count(fleet, "later", NULL, "fault:503"), 1);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* What would have been tried again if there were time is unfinished, whatever it said last. */
static void test_unfinished(void)
{
    struct e2e_fleet *fleet = e2e_start("run deadline=4.0\n"
                                        "defaults retries=20\n"
                                        "cluster busy fault=503 expect=failed:deadline\n"
                                        "cluster cut fault=reset expect=failed:deadline\n"
                                        "cluster good\n");
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    yajl_val error = e2e_get(e2e_cluster(report, "busy"), "error", NULL);
    CHECK_STR(e2e_text(e2e_get(error, "http_status", NULL)), "null");
    /* It had answered before, if only to say no: what is unfinished is the project. */
    CHECK_STR(e2e_text(e2e_get(error, "message", NULL)),
              "project \"team-a\": not answered when the run's deadline came");
    CU_ASSERT(e2e_count(fleet, "busy", NULL, "fault:503") >= 2);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* So many requests at a time and no more: the others are not even begun. */
static void test_concurrency(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run deadline=4.0 concurrency=3\n"
                  "defaults connect_timeout=300.0 idle_timeout=300.0 timeout=300.0\n"
                  "default expect=failed:deadline\n"
                  "cluster mute-{0..9} fault=no_answer tls=no\n");
    struct e2e_report *report = e2e_collect_report(fleet, 6, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, "fault:no_answer"), 3);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* Sends a signal once the healthy clusters' answers are there for certain: a connection is closed
 * by rollcall after its last answer, while a log's "200" only says that the answer was begun. */
struct sender {
    struct e2e_fleet *fleet;
    int signal;
    size_t ended; /* so many connections must have ended before the first one is sent */
    size_t sent;
    int64_t last_ms;
};

static void watch(void *arg, pid_t pid)
{
    struct sender *sender = arg;
    struct e2e_fleet *fleet = sender->fleet;
    int64_t now = e2e_now_ms();
    /* Counting reads the whole log, so not every millisecond. */
    if (sender->sent > 0 || now - sender->last_ms < 20)
        return;
    sender->last_ms = now;
    size_t ended =
        e2e_count(fleet, NULL, "-", "closed") - e2e_count(fleet, "control", "-", "closed");
    if (ended < sender->ended || e2e_count(fleet, NULL, NULL, "fault:no_answer") < 10)
        return;
    kill(pid, sender->signal);
    sender->sent = 1;
}

static const char interrupted_fleet[] = "run deadline=60.0 concurrency=64\n"
                                        "defaults idle_timeout=50.0\n"
                                        "cluster good-{00..19} workloads=50\n"
                                        "cluster mute-{0..9} fault=no_answer "
                                        "expect=failed:interrupted\n";

static void check_interrupted(int number, const char *name)
{
    struct e2e_fleet *fleet = e2e_start(interrupted_fleet);
    struct sender sender = {.fleet = fleet, .signal = number, .ended = 20};
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .watch = watch,
                          .watch_arg = &sender};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(sender.sent, 1);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms < 20000);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "interrupted_by", NULL)), name);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_signals(void)
{
    check_interrupted(SIGTERM, "SIGTERM");
    check_interrupted(SIGINT, "SIGINT");
    check_interrupted(SIGHUP, "SIGHUP");
}

/* Nothing had answered yet. */
static void test_interrupted_at_once(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults idle_timeout=50.0\n"
                                        "cluster mute-{0..9} fault=no_answer "
                                        "expect=failed:interrupted\n");
    struct sender sender = {.fleet = fleet, .signal = SIGTERM};
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .watch = watch,
                          .watch_arg = &sender};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 6);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "interrupted_by", NULL)), "SIGTERM");
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Two in a row, the first one surely delivered before the second is sent. */
static void watch_twice(void *arg, pid_t pid)
{
    struct sender *sender = arg;
    if (sender->sent > 0 || e2e_count(sender->fleet, NULL, NULL, "fault:no_answer") < 10)
        return;
    kill(pid, SIGINT);
    char status[64];
    snprintf(status, sizeof status, "/proc/%ld/status", (long)pid);
    for (bool is_pending = true; is_pending;) {
        char *text = e2e_read(status, NULL);
        const char *line = text == NULL ? NULL : strstr(text, "ShdPnd:");
        is_pending = line != NULL && (strtoull(line + 7, NULL, 16) & 2u) != 0;
        free(text);
    }
    kill(pid, SIGINT);
    sender->sent = 2;
}

static void test_second_interrupt(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults idle_timeout=50.0\n"
                                        "cluster large projects=1 workloads=100000\n"
                                        "cluster mute-{0..9} fault=no_answer "
                                        "expect=failed:interrupted\n");
    e2e_write(e2e_path(fleet, "report.json"), 0644, "the report before\n");
    struct sender sender = {.fleet = fleet};
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .watch = watch_twice,
                          .watch_arg = &sender};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 130);
    char *report = e2e_read(e2e_path(fleet, "report.json"), NULL);
    CHECK_STR(report, "the report before\n");
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the deadline is kept", test_deadline},
                                 {"a Retry-After that is too late", test_retry_after_too_late},
                                 {"no time to try again", test_unfinished},
                                 {"so many at a time", test_concurrency},
                                 {"signals end a run with a report", test_signals},
                                 {"interrupted before any answer", test_interrupted_at_once},
                                 {"the second SIGINT", test_second_interrupt},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/limits", tests);
}
