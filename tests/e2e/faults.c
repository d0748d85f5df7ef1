/* Every fault the simulator has, each in one cluster among healthy ones. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

/* Settings and healthy clusters that are in every fleet here. */
static const char common[] =
    "run deadline=60.0 concurrency=64\n"
    "defaults connect_timeout=1.0 idle_timeout=1.5 timeout=4.0 retries=1 max_body=\"8M\"\n"
    "cluster a-good projects=2 workloads=200\n"
    "cluster z-good projects=3 workloads=100 listed=no\n"
    "cluster z-messy messy=yes projects=2 latency_ms=0..50\n";

static const struct e2e_case cases[] = {
    {"refuse", "fault=refuse", "failed", "connect", 0, "refused", "fault:refuse", 1},
    {"blackhole", "fault=blackhole", "failed", "timeout", 0, NULL, "fault:blackhole", 1},
    {"handshake", "fault=stall_handshake", "failed", "timeout", 0, NULL, "fault:stall_handshake",
     2},
    {"not-tls", "fault=not_tls", "failed", "tls", 0, NULL, "fault:not_tls", 1},
    {"wrong-cert", "fault=wrong_cert", "failed", "tls", 0, NULL, "fault:wrong_cert", 1},
    {"expired", "fault=expired_cert", "failed", "tls", 0, "expired", "fault:expired_cert", 1},
    {"self-signed", "fault=self_signed", "failed", "tls", 0, NULL, "fault:self_signed", 1},
    {"no-answer", "fault=no_answer", "failed", "timeout", 0,
     "no byte came within the idle_timeout of 1.5 s", "fault:no_answer", 2},
    {"stall-body", "fault=stall_body", "failed", "timeout", 200,
     "no byte came within the idle_timeout of 1.5 s", "fault:stall_body", 2},
    {"trickle", "fault=trickle", "failed", "timeout", 200,
     "the answer was not whole within the timeout of 4 s", "fault:trickle", 2},
    {"cut-body", "fault=cut_body", "failed", "truncated", 200, NULL, "fault:cut_body", 2},
    {"cut-clean", "fault=cut_body:clean", "failed", "truncated", 200, NULL, "fault:cut_body", 2},
    {"cut-chunked", "fault=cut_chunked", "failed", "truncated", 200, NULL, "fault:cut_chunked", 2},
    {"cut-chunked-clean", "fault=cut_chunked:clean", "failed", "truncated", 200, NULL,
     "fault:cut_chunked", 2},
    {"cut-plain", "fault=cut_body tls=no", "failed", "truncated", 200, NULL, "fault:cut_body", 2},
    {"reset", "fault=reset", "failed", "connect", 0, NULL, "fault:reset", 2},
    {"long-headers", "fault=long_headers", "failed", "protocol", 200, NULL, "fault:long_headers",
     1},
    {"garbage", "fault=garbage", "failed", "protocol", 0, NULL, "fault:garbage", 1},
    {"always-401", "fault=401", "failed", "auth", 401, NULL, "fault:401", 2},
    {"forbidden", "fault=403 message=\"not \\\"you\\\"\"", "failed", "auth", 403, "not \"you\"",
     "fault:403", 1},
    {"forbidden-html", "fault=403_html", "failed", "auth", 403, NULL, "fault:403_html", 1},
    {"absent", "fault=404", "failed", "not_found", 404, NULL, "fault:404", 1},
    {"busy", "fault=429:0", "failed", "rate_limited", 429, NULL, "fault:429", 2},
    {"busy-date", "fault=429_date:1", "failed", "rate_limited", 429, NULL, "fault:429_date", 2},
    {"broken", "fault=500 message=boom", "failed", "http", 500, "boom", "fault:500", 2},
    {"bad-gateway", "fault=502_html", "failed", "http", 502, NULL, "fault:502_html", 2},
    {"unavailable", "fault=503", "failed", "http", 503, NULL, "fault:503", 2},
    {"teapot", "fault=418", "failed", "http", 418, NULL, "fault:418", 1},
    {"login", "fault=html200", "failed", "not_json", 200, NULL, "fault:html200", 1},
    {"nothing", "fault=empty_body", "failed", "not_json", 200, NULL, "fault:empty_body", 1},
    {"elsewhere", "fault=redirect", "failed", "redirect", 302, "idp.example", "fault:redirect", 1},
    {"bad-json", "fault=bad_json", "failed", "bad_json", 200, NULL, "fault:bad_json", 1},
    {"half-json", "fault=truncated_json", "failed", "bad_json", 200, NULL, "fault:truncated_json",
     1},
    {"no-data", "fault=wrong_shape:no_data", "failed", "bad_shape", 200, NULL, "fault:wrong_shape",
     1},
    {"data-number", "fault=wrong_shape:data_number", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"data-object", "fault=wrong_shape:data_object", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"item-number", "fault=wrong_shape:item_number", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"twice-data", "fault=wrong_shape:twice_data", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"array-top", "fault=wrong_shape:array_top", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"string-top", "fault=wrong_shape:string_top", "failed", "bad_shape", 200, NULL,
     "fault:wrong_shape", 1},
    {"too-large", "fault=too_large", "failed", "too_large", 200, NULL, "fault:too_large", 1},
    {"asked-500", "fault=500 listed=no fault_on=projects projects=2", "failed", "http", 500, NULL,
     "fault:500", 2},
    {"asked-jobs-500", "fault=500 listed=no fault_on=jobs projects=2", "failed", "http", 500, NULL,
     "fault:500", 4},
    {"partly-500", "fault=500 fault_project=team-b projects=3", "partial", "http", 500, "team-b",
     "fault:500", 2},
    {"partly-first", "fault=500 fault_project=team-a projects=3", "partial", "http", 500,
     "project \"team-a\": HTTP 500 (boom)", "fault:500", 2},
    {"refuse-all", "fault=refuse projects=3", "failed", "connect", 0, "refused", "fault:refuse", 1},
    {"partly-two", "fault=500 fault_project=team-c,team-b projects=3", "partial", "http", 500,
     "project \"team-b\": HTTP 500 (boom) (and 1 more)", "fault:500", 4},
    {"partly-cut", "fault=cut_body fault_project=team-a projects=2 listed=no", "partial",
     "truncated", 200, "team-a", "fault:cut_body", 2},
    {"partly-404", "fault=404 fault_project=team-c projects=3", "partial", "not_found", 404,
     "team-c", "fault:404", 1},
    {"bom", "fault=bom", "ok", NULL, 0, NULL, "fault:bom", 1},
    {"slow", "fault=slow_first_byte:700", "ok", NULL, 0, NULL, "fault:slow_first_byte", 1},
    {"others", "fault=other_project:3 projects=2", "ok", NULL, 0, NULL, "fault:other_project", 2},
    {"once-500", "fault=500 fault_times=1", "ok", NULL, 0, NULL, "fault:500", 1},
    {"once-reset", "fault=reset fault_times=1", "ok", NULL, 0, NULL, "fault:reset", 1},
    {"once-stalled", "fault=stall_body fault_times=1 workloads=50", "ok", NULL, 0, NULL,
     "fault:stall_body", 1},
    {"once-cut", "fault=cut_chunked fault_times=1 workloads=500", "ok", NULL, 0, NULL,
     "fault:cut_chunked", 1},
    {"once-busy", "fault=429:1 fault_times=1", "ok", NULL, 0, NULL, "fault:429", 1},
    {"once-handshake", "fault=stall_handshake fault_times=1", "ok", NULL, 0, NULL,
     "fault:stall_handshake", 1},
};

#define CASE_COUNT (sizeof cases / sizeof cases[0])

static void test_every_fault(void)
{
    char *text = e2e_cases_text(common, cases, CASE_COUNT);
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(e2e_is_sanitized() || result->wall_ms < 61000);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT_EQUAL(e2e_check_cases(cases, CASE_COUNT, report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
    free(text);
}

/* Messages hold nothing that differs between two runs. */
static void test_same_bytes(void)
{
    char *text = e2e_cases_text(common, cases, CASE_COUNT);
    struct e2e_fleet *fleet = e2e_start_with(text, 0, 1);
    unsigned port = e2e_port(fleet);
    e2e_result_free(e2e_collect(fleet, NULL));
    struct e2e_report *first = e2e_load(e2e_path(fleet, "report.json"));
    e2e_stop(fleet);
    fleet = e2e_start_with(text, port, 2);
    e2e_result_free(e2e_collect(fleet, NULL));
    struct e2e_report *second = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT(e2e_same(first, second));
    e2e_report_free(first);
    e2e_report_free(second);
    e2e_stop(fleet);
    free(text);
}

/* A certificate that does not verify is final, and nothing is sent over such a connection. */
static void test_nothing_sent(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults retries=3\n"
                                        "cluster wrong fault=wrong_cert\n"
                                        "cluster expired fault=expired_cert\n"
                                        "cluster own fault=self_signed\n"
                                        "cluster good\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 4);
    static const char *const names[] = {"wrong", "expired", "own"};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(e2e_count(fleet, names[i], "-", "fault:"), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, names[i], "/", NULL), 0);
    }
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_none_answered(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults retries=0\n"
                                        "cluster a fault=refuse\n"
                                        "cluster b fault=500\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 6);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CHECK_STR(e2e_text(e2e_get(report->head, "run", "outcome", NULL)), "failed");
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"every fault in one fleet", test_every_fault},
                                 {"the same bytes with faults", test_same_bytes},
                                 {"nothing is sent to a wrong certificate", test_nothing_sent},
                                 {"no cluster answers", test_none_answered},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/faults", tests);
}
