/* Everything hostile at once, mixed into a healthy fleet: each costs itself and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "hostile_cases.h"
#include "http2_cases.h"
#include "lib/e2e.h"

#define HEALTHY     300
#define PEAK_KIB    (80 * 1024)
#define DEADLINE_MS 120000

/* The faults that have a suite of their own (e2e/faults), one of each kind. */
static const struct e2e_case others[] = {
    {"m-refuse", "fault=refuse", "failed", "connect", 0, NULL, "fault:refuse", 1},
    {"m-blackhole", "fault=blackhole conf.connect_timeout=1.0", "failed", "timeout", 0, NULL,
     "fault:blackhole", 1},
    {"m-no-answer", "fault=no_answer conf.idle_timeout=1.5", "failed", "timeout", 0, NULL,
     "fault:no_answer", 2},
    {"m-stall-body", "fault=stall_body conf.idle_timeout=1.5", "failed", "timeout", 200, NULL,
     "fault:stall_body", 2},
    {"m-garbage", "fault=garbage", "failed", "protocol", 0, NULL, "fault:garbage", 1},
    {"m-too-large", "fault=too_large", "failed", "too_large", 200, NULL, "fault:too_large", 1},
    {"m-401", "fault=401", "failed", "auth", 401, NULL, "fault:401", 1},
    {"m-429", "fault=429:0", "failed", "rate_limited", 429, NULL, "fault:429", 2},
    {"m-500", "fault=500 message=\"\x1b[31m\xe2\x80\xae<script>\"", "failed", "http", 500,
     "<script>", "fault:500", 2},
    {"m-html", "fault=html200", "failed", "not_json", 200, NULL, "fault:html200", 1},
    {"m-shape", "fault=wrong_shape:twice_data", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"m-bom", "fault=bom", "ok", NULL, 0, NULL, "fault:bom", 1},
};

static const struct {
    const struct e2e_case *cases;
    size_t count;
} sets[] = {
    {hostile_bodies, HOSTILE_COUNT(hostile_bodies)},
    {hostile_wire, HOSTILE_COUNT(hostile_wire)},
    {hostile_tls, HOSTILE_COUNT(hostile_tls)},
    {http2_cases, HTTP2_CASE_COUNT},
    {others, HOSTILE_COUNT(others)},
};
#define SET_COUNT (sizeof sets / sizeof sets[0])

/* Healthy ones stand between the hostile ones: "h-" and "z-" among and behind the letters of
 * faults.
 */
static char *fleet_text(void)
{
    char *text = NULL;
    for (size_t i = 0; i < SET_COUNT; i++) {
        char *more =
            e2e_cases_text(i == 0 ? HOSTILE "cluster h-{000..199} projects=2 workloads=60\n"
                                            "cluster z-{000..099} listed=no workloads=99\n"
                                  : text,
                           sets[i].cases, sets[i].count);
        free(text);
        text = more;
    }
    return text;
}

static size_t count_healthy(const struct e2e_report *report)
{
    size_t healthy = 0;
    for (size_t i = 0; i < HEALTHY; i++) {
        char name[16];
        snprintf(name, sizeof name, i < 200 ? "h-%03zu" : "z-%03zu", i < 200 ? i : i - 200);
        yajl_val entry = e2e_cluster(report, name);
        healthy += strcmp(e2e_text(e2e_get(entry, "status", NULL)), "ok") == 0 &&
                   strcmp(e2e_text(e2e_get(entry, "error", NULL)), "null") == 0;
    }
    return healthy;
}

static void test_mixed(void)
{
    char *text = fleet_text();
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms < DEADLINE_MS);
    CU_ASSERT(e2e_is_sanitized() || result->peak_kib <= PEAK_KIB);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet), hostile = 0;
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT_EQUAL(count_healthy(report), HEALTHY);
    for (size_t i = 0; i < SET_COUNT; i++) {
        CU_ASSERT_EQUAL(e2e_check_cases(sets[i].cases, sets[i].count, report, fleet), 0);
        hostile += sets[i].count;
    }
    printf("\n    %zu hostile among %d healthy: %zu differences, %ld ms, peak %ld KiB\n", hostile,
           HEALTHY, differences, result->wall_ms, result->peak_kib);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
    free(text);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"all faults among 300 healthy clusters", test_mixed},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/hostile_mixed", tests);
}
