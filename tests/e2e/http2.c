/* HTTP/2: the same data as over HTTP/1, and whatever goes wrong in it costs its own cluster only.
 */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "http2_cases.h"
#include "lib/e2e.h"

/* Settings and healthy clusters that are in every fleet of faults here. */
static const char common[] =
    "run deadline=40.0 concurrency=64\n"
    "defaults connect_timeout=2.0 idle_timeout=1.5 timeout=6.0 retries=1\n"
    "cluster a-good http2=yes projects=3 workloads=200 listed=no\n"
    "cluster z-good projects=3 workloads=100 listed=no\n"
    "cluster z-slow http2=yes projects=9 workloads=20 latency_ms=100..200 listed=no\n";

/* As much as a run of a few dozen clusters may take, whatever they send. */
#define PEAK_MAX_KIB (48 * 1024)

static FILE *open_text(char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);
    if (out == NULL)
        e2e_die("out of memory");
    fputs(common, out);
    return out;
}

static void check_bounds(const struct e2e_result *result)
{
    if (e2e_is_sanitized())
        return;
    CU_ASSERT(result->wall_ms < 41000);
    CU_ASSERT(result->peak_kib < PEAK_MAX_KIB);
}

static void test_every_fault(void)
{
    char *text = e2e_cases_text(common, http2_cases, HTTP2_CASE_COUNT);
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *reports[2];
    for (size_t i = 0; i < 2; i++) {
        struct e2e_result *result = e2e_collect(fleet, NULL);
        CU_ASSERT_EQUAL(result->status, 4);
        check_bounds(result);
        reports[i] = e2e_load(e2e_path(fleet, "report.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(reports[i], fleet), 0);
        e2e_result_free(result);
    }
    CU_ASSERT_EQUAL(e2e_check_cases(http2_cases, HTTP2_CASE_COUNT, reports[0], fleet), 0);
    CU_ASSERT(e2e_same(reports[0], reports[1]));
    e2e_report_free(reports[0]);
    e2e_report_free(reports[1]);
    e2e_stop(fleet);
    free(text);
}

/* What strikes once is made good by the retry, and nothing is there twice. */
static void test_once(void)
{
    static const char *const faults[] = {
        "goaway_refused", "goaway_error",  "goaway_body", "refused",   "internal_body",
        "cancel",         "no_error_body", "cut_headers", "cut_frame", "stall_body",
        "empty_data",     "ping_flood",    "early_flood", "push",      "length_more",
    };
    enum { COUNT = sizeof faults / sizeof faults[0] };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_text(&text, &len);
    for (size_t i = 0; i < COUNT; i++)
        fprintf(out,
                "cluster %s http2=yes projects=2 workloads=150 fault_times=1 http2_length=%s "
                "fault=h2_%s\n",
                faults[i], strcmp(faults[i], "length_more") == 0 ? "yes" : "no", faults[i]);
    if (fclose(out) != 0)
        e2e_die("out of memory");
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    for (size_t i = 0; i < COUNT; i++)
        CU_ASSERT_EQUAL(e2e_count(fleet, faults[i], NULL, "fault:"), 2);
    e2e_report_free(report);
    e2e_stop(fleet);
    free(text);
}

/* Streams that share a connection with the one that a fault strikes. */
static void test_neighbours(void)
{
    static const struct {
        const char *fault;
        const char *end; /* further settings */
    } struck[] = {
        {"internal", "expect=partial:protocol"},
        {"no_status", "expect=partial:protocol"},
        {"no_answer", "expect=partial:timeout"},
        {"stall_body", "expect=partial:timeout"},
        /* Whether something of the answer is seen before its stream ends is a matter of luck. */
        {"cancel_body", "fault_times=1"},
        {"length_less", "fault_times=1"},
        /* The connection ends for all. */
        {"goaway_refused", "fault_times=1"},
        {"garbage", "fault_times=1"},
        {"cut_frame", "fault_times=1"},
        {"ping_flood", "fault_times=1"},
    };
    enum { COUNT = sizeof struck / sizeof struck[0] };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_text(&text, &len);
    for (size_t i = 0; i < COUNT; i++)
        fprintf(out,
                "cluster %s http2=yes projects=8 listed=no latency_ms=50..150 fault=h2_%s "
                "fault_on=jobs fault_project=team-b conf.retries=3 %s\n",
                struck[i].fault, struck[i].fault, struck[i].end);
    if (fclose(out) != 0)
        e2e_die("out of memory");
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    for (size_t i = 0; i < COUNT; i++)
        CU_ASSERT(e2e_count(fleet, struck[i].fault, NULL, "fault:") > 0);
    e2e_report_free(report);
    e2e_stop(fleet);
    free(text);
}

/* ---- right answers ---- */

#define SHARED_LATENCY_MS 400

static const char right_text[] =
    "run deadline=40.0\n"
    "default http2=yes projects=12 workloads=50 listed=no latency_ms=0..60\n"
    "cluster big projects=2 workloads=6000 padding=200 listed=yes\n"
    "cluster kube api=kubernetes projects=3 workloads=120 page=20\n"
    "cluster many projects=40 workloads=30\n"
    "cluster messy messy=yes projects=3\n"
    "cluster no-length http2_length=no\n"
    "cluster no-window http2_window=0\n"
    "cluster one-stream http2_streams=1\n"
    "cluster padded http2_padding=200 http2_frame=100\n"
    "cluster shared projects=9 latency_ms=400\n"
    "cluster tiny-frames http2_frame=7\n"
    "cluster zipped gzip=yes http2_frame=50\n";

/* When the jobs of a cluster were asked for, and on which connections; returns how many. */
static size_t find_asked(struct e2e_fleet *fleet, const char *cluster, long times[], long conns[],
                         size_t room)
{
    char *log = e2e_read(e2e_path(fleet, "requests.log"), NULL), *rest = log, *line;
    size_t count = 0;
    while (count < room && rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
        char name[64], path[256];
        if (sscanf(line, "%ld\t%63s\t%ld\tGET\t%255s", &times[count], name, &conns[count], path) ==
                4 &&
            strcmp(name, cluster) == 0 && strstr(path, "/jobs/") != NULL)
            count++;
    }
    free(log);
    return count;
}

/* Requests share a connection at the same time, and are no more at a time than `per_host`. */
static void check_shared(struct e2e_fleet *fleet)
{
    enum { ASKED = 9, PER_HOST = 4 };
    long times[ASKED + 1], conns[ASKED + 1];
    size_t overlaps = 0;
    CU_ASSERT_EQUAL_FATAL(find_asked(fleet, "shared", times, conns, ASKED + 1), ASKED);
    for (size_t i = 0; i + 1 < ASKED; i++)
        overlaps += conns[i] == conns[i + 1] && times[i + 1] - times[i] < SHARED_LATENCY_MS ? 1 : 0;
    CU_ASSERT(overlaps > 0);
    for (size_t i = 0; i + PER_HOST < ASKED; i++)
        CU_ASSERT(times[i + PER_HOST] - times[i] >= SHARED_LATENCY_MS - 1);
}

static void test_right(void)
{
    struct e2e_fleet *fleet = e2e_start(right_text);
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "many", NULL, "200"), 41);
    check_shared(fleet);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* ---- the control plane ---- */

static void test_control_plane(void)
{
    static const struct {
        const char *settings;
        int status;
        size_t tokens;
    } control[] = {
        {"", 0, 1},
        {"token_fault=h2_internal token_fault_times=1", 0, 2},
        {"token_fault=h2_goaway_refused token_fault_times=1", 0, 2},
        {"token_fault=h2_ping_flood", 7, 2},
        {"token_fault=h2_stall_body conf.idle_timeout=1.0", 7, 2},
    };
    for (size_t i = 0; i < sizeof control / sizeof control[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "run deadline=30.0\n"
                 "control http2=yes conf.retries=1 %s\n"
                 "cluster one http2=yes projects=2\ncluster two\n",
                 control[i].settings);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_result *result = e2e_collect(fleet, NULL);
        CU_ASSERT_EQUAL(result->status, control[i].status);
        CU_ASSERT(e2e_is_sanitized() || result->wall_ms < 31000);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/", NULL), control[i].tokens);
        if (result->status == 0) {
            struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
            CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
            e2e_report_free(report);
        }
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"right answers", test_right},
                                 {"every fault in one fleet", test_every_fault},
                                 {"faults that strike once", test_once},
                                 {"faults beside healthy streams", test_neighbours},
                                 {"the control plane", test_control_plane},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/http2", tests);
}
