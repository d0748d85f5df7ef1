#include <sys/stat.h>

#include "render_fixture.h"
#include "rollcall/version.h"
#include "spool_fd.h"

static const struct render_options plain = {false, 0};

static const char golden_head[] =
    "{\n"
    "  \"format\": \"rollcall.report/1\",\n"
    "  \"run\": { \"id\": \"0d9f4f0e-6f0b-4c39-9a53-0d6a3c1f9a11\", "
    "\"started_at\": \"2026-11-24T03:00:00Z\", \"finished_at\": \"2026-11-24T03:00:09Z\", "
    "\"duration_ms\": 9312, \"agent\": \"rollcall " ROLLCALL_VERSION "\", \"host\": \"ops-1\", "
    "\"shard\": { \"index\": 0, \"count\": 1 }, \"outcome\": \"partial\", "
    "\"interrupted_by\": null, \"selection\": null },\n"
    "  \"coverage\": { \"selected\": 3, \"ok\": 1, \"partial\": 1, \"failed\": 1, \"skipped\": 0, "
    "\"stale\": 0, \"optional\": 0, \"ratio\": 0.333333, \"is_complete\": false },\n"
    "  \"totals\": {\n"
    "    \"clusters\": 2,\n"
    "    \"workloads\": 3,\n"
    "    \"gpus_allocated\": 2.5,\n"
    "    \"workloads_without_gpus\": 1,\n"
    "    \"repaired\": 0,\n"
    "    \"stale\": null,\n"
    "    \"by_phase\": [\n"
    "      { \"key\": \"pending\", \"workloads\": 1, \"gpus_allocated\": null, "
    "\"workloads_without_gpus\": 1 },\n"
    "      { \"key\": \"running\", \"workloads\": 2, \"gpus_allocated\": 2.5, "
    "\"workloads_without_gpus\": 0 }\n"
    "    ],\n"
    "    \"by_type\": [\n"
    "      { \"key\": \"interactive\", \"workloads\": 1, \"gpus_allocated\": 0.5, "
    "\"workloads_without_gpus\": 0 },\n"
    "      { \"key\": \"training\", \"workloads\": 2, \"gpus_allocated\": 2, "
    "\"workloads_without_gpus\": 1 }\n"
    "    ],\n"
    "    \"by_project\": [\n"
    "      { \"key\": \"team-a\", \"workloads\": 3, \"gpus_allocated\": 2.5, "
    "\"workloads_without_gpus\": 1 }\n"
    "    ],\n"
    "    \"by_user\": [\n"
    "      { \"key\": null, \"workloads\": 1, \"gpus_allocated\": null, "
    "\"workloads_without_gpus\": 1 },\n"
    "      { \"key\": \"ann\", \"workloads\": 2, \"gpus_allocated\": 2.5, "
    "\"workloads_without_gpus\": 0 }\n"
    "    ]\n"
    "  },\n";

static const char golden_clusters[] =
    "  \"clusters\": [\n"
    "    {\n"
    "      \"name\": \"eu-1\",\n"
    "      \"url\": \"https://eu-1.acme.example\",\n"
    "      \"api\": \"researcher\",\n"
    "      \"labels\": [ \"region=eu\" ],\n"
    "      \"status\": \"ok\",\n"
    "      \"reason\": null,\n"
    "      \"error\": null,\n"
    "      \"stale\": null,\n"
    "      \"warnings\": [],\n"
    "      \"repaired\": 0,\n"
    "      \"dropped\": 0,\n"
    "      \"certificate_expires_at\": \"2027-02-01T00:00:00Z\",\n"
    "      \"anonymous_access\": null,\n"
    "      \"requests\": 2,\n"
    "      \"retries\": 0,\n"
    "      \"bytes\": 1840,\n"
    "      \"duration_ms\": 143,\n"
    "      \"workloads\": 2,\n"
    "      \"gpus_allocated\": 2.5,\n"
    "      \"workloads_without_gpus\": 0,\n"
    "      \"projects\": [\n"
    "        { \"name\": \"team-a\", \"status\": \"ok\", \"error\": null, \"workloads\": 2, "
    "\"gpus_allocated\": 2.5, \"gpus_quota\": 4 }\n"
    "      ]\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"eu-2\",\n"
    "      \"url\": \"https://eu-2.acme.example\",\n"
    "      \"api\": \"researcher\",\n"
    "      \"labels\": [ \"region=eu\" ],\n"
    "      \"status\": \"failed\",\n"
    "      \"reason\": null,\n"
    "      \"error\": { \"class\": \"connect\", \"message\": \"could not connect to "
    "eu-2.acme.example: connection refused\", \"http_status\": null, \"attempts\": 4 },\n"
    "      \"stale\": null,\n"
    "      \"warnings\": [],\n"
    "      \"repaired\": 0,\n"
    "      \"dropped\": 0,\n"
    "      \"certificate_expires_at\": null,\n"
    "      \"anonymous_access\": null,\n"
    "      \"requests\": 4,\n"
    "      \"retries\": 3,\n"
    "      \"bytes\": 0,\n"
    "      \"duration_ms\": 7110,\n"
    "      \"workloads\": null,\n"
    "      \"gpus_allocated\": null,\n"
    "      \"workloads_without_gpus\": null,\n"
    "      \"projects\": []\n"
    "    },\n"
    "    {\n"
    "      \"name\": \"us-1\",\n"
    "      \"url\": \"https://us-1.acme.example\",\n"
    "      \"api\": \"researcher\",\n"
    "      \"labels\": [],\n"
    "      \"status\": \"partial\",\n"
    "      \"reason\": null,\n"
    "      \"error\": { \"class\": \"http\", \"message\": \"project \\\"team-b\\\": HTTP 500 "
    "(boom)\", \"http_status\": 500, \"attempts\": 4 },\n"
    "      \"stale\": null,\n"
    "      \"warnings\": [],\n"
    "      \"repaired\": 0,\n"
    "      \"dropped\": 0,\n"
    "      \"certificate_expires_at\": \"2027-02-01T00:00:00Z\",\n"
    "      \"anonymous_access\": null,\n"
    "      \"requests\": 6,\n"
    "      \"retries\": 3,\n"
    "      \"bytes\": 912,\n"
    "      \"duration_ms\": 8020,\n"
    "      \"workloads\": 1,\n"
    "      \"gpus_allocated\": null,\n"
    "      \"workloads_without_gpus\": 1,\n"
    "      \"projects\": [\n"
    "        { \"name\": \"team-a\", \"status\": \"ok\", \"error\": null, \"workloads\": 1, "
    "\"gpus_allocated\": null, \"gpus_quota\": 2 },\n"
    "        { \"name\": \"team-b\", \"status\": \"failed\", \"error\": { \"class\": \"http\", "
    "\"message\": \"HTTP 500 (boom)\", \"http_status\": 500, \"attempts\": 4 }, "
    "\"workloads\": null, \"gpus_allocated\": null, \"gpus_quota\": 2 }\n"
    "      ]\n"
    "    }\n"
    "  ]";

static const char golden_workloads[] =
    ",\n"
    "  \"workloads\": [\n"
    "    { \"cluster\": \"eu-1\", \"id\": \"1b577b66-4ee4-440d-be13-9b732789c453\", "
    "\"name\": \"notebook\", \"project\": \"team-a\", \"department\": null, \"user\": \"ann\", "
    "\"type\": \"interactive\", \"raw_type\": \"Interactive\", \"raw_category\": null, \"phase\": "
    "\"running\", \"raw_phase\": \"Running\", "
    "\"gpus_allocated\": 0.5, \"gpus_requested\": null, \"gpus_idle\": null, "
    "\"created_at\": \"2026-11-20T08:00:00Z\", \"images\": [ \"jupyter/base-notebook:2026-01\" ], "
    "\"nodes\": [ \"gpu-7\" ], \"node_pools\": null, \"preemptible\": null },\n"
    "    { \"cluster\": \"eu-1\", \"id\": \"32201782-a525-4939-9dcb-df6654b0b340\", "
    "\"name\": \"train-llm\", \"project\": \"team-a\", \"department\": null, \"user\": \"ann\", "
    "\"type\": \"training\", \"raw_type\": \"Train\", \"raw_category\": \"Build\", \"phase\": "
    "\"running\", \"raw_phase\": \"Running\", "
    "\"gpus_allocated\": 2, \"gpus_requested\": null, \"gpus_idle\": null, "
    "\"created_at\": \"2026-11-23T21:14:05Z\", \"images\": [ \"registry.acme.example/llm:7\" ], "
    "\"nodes\": [ \"gpu-1\", \"gpu-2\" ], \"node_pools\": null, \"preemptible\": null },\n"
    "    { \"cluster\": \"us-1\", \"id\": \"f4606bb5-10f6-4800-9590-933ff1606eba\", "
    "\"name\": \"job-0\", \"project\": \"team-a\", \"department\": null, \"user\": null, "
    "\"type\": \"training\", \"raw_type\": null, \"raw_category\": null, \"phase\": \"pending\", "
    "\"raw_phase\": \"ImagePullBackOff\", "
    "\"gpus_allocated\": null, \"gpus_requested\": null, \"gpus_idle\": null, "
    "\"created_at\": \"2026-11-24T01:00:00Z\", \"images\": [ \"gcr.io/run-ai-demo/quickstart\" ], "
    "\"nodes\": [], \"node_pools\": null, \"preemptible\": null }\n"
    "  ]";

static void expect_text(char *actual, char *expected)
{
    CHECK_STR(actual, expected);
    free(actual);
    free(expected);
}

static void test_whole(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    expect_text(fixture_render(&fixture, "json", plain),
                mem_printf("%s%s%s\n}\n", golden_head, golden_clusters, golden_workloads));
    fixture_free(&fixture);
}

static void test_totals_only(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    fixture.report->has_workloads = false;
    expect_text(fixture_render(&fixture, "json", plain),
                mem_printf("%s%s\n}\n", golden_head, golden_clusters));
    fixture_free(&fixture);
}

static void test_empty(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.report->shard_index = 2;
    fixture.report->shard_count = 4;
    report_finish(fixture.report);
    char *text = fixture_render(&fixture, "json", plain);
    const char *expected[] = {
        "\"shard\": { \"index\": 2, \"count\": 4 }, \"outcome\": \"complete\"",
        ("\"coverage\": { \"selected\": 0, \"ok\": 0, \"partial\": 0, \"failed\": 0, "
         "\"skipped\": 0, \"stale\": 0, \"optional\": 0, \"ratio\": 1, \"is_complete\": true }"),
        "\"workloads\": 0,\n    \"gpus_allocated\": 0,\n    \"workloads_without_gpus\": 0",
        "\"by_phase\": [],\n    \"by_type\": [],\n    \"by_project\": [],\n    \"by_user\": []",
        "\"clusters\": [],\n  \"workloads\": []\n}\n",
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, expected[i]));
    free(text);
    fixture_free(&fixture);
}

/* The words of the command line, as they were given. */
static void test_selection(void)
{
    static const char *const clusters[] = {"eu-*", "a\"b", NULL}, *const labels[] = {"k=v", NULL};
    struct report_selection selection = {.clusters = clusters, .labels = labels};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.report->selection = &selection;
    report_finish(fixture.report);
    char *text = fixture_render(&fixture, "json", plain);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"selection\": { \"clusters\": [ \"eu-*\", \"a\\\"b\" ], "
                                        "\"exclude\": [], \"labels\": [ \"k=v\" ], "
                                        "\"projects\": [], \"unmatched\": [] } },\n"));
    free(text);
    fixture_free(&fixture);
}

/* What the first golden text does not show: every other null, and texts from strangers. */
static void test_corners(void)
{
    static const char *warnings[] = {"z", "shows no project"};
    static const struct str pools[] = {{"a\"b", 3}, {NULL, 0}};
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->interrupted_by = "SIGTERM";
    report->cluster_count = 2;
    report->clusters = arena_alloc(report->arena, 2 * sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){
        .name = "b",
        .url = "https://b",
        .api = "kubernetes",
        .status = STATUS_OK,
        .warnings = warnings,
        .warning_count = 2,
        .repaired = 5,
        .certificate_expires_at = TIME_NULL,
        .count = {.workloads = 1},
    };
    report->clusters[1] = (struct cluster_entry){
        .name = "a",
        .url = "https://a",
        .api = "kubernetes",
        .status = STATUS_SKIPPED,
        .reason = "disconnected",
        .certificate_expires_at = TIME_NULL,
    };
    struct workload workload;
    workload_init(&workload);
    workload.user = (struct str){"\x1b<\0\xff", 4};
    workload.gpus_allocated = 1;
    workload.gpus_idle = 0;
    workload.preemptible = TRI_FALSE;
    workload.node_pools = (struct str_list){pools, 2, true};
    fixture_add(&fixture, &report->clusters[0], &workload);
    report_finish(report);
    char *text = fixture_render(&fixture, "json", plain);
    const char *expected[] = {
        "\"outcome\": \"partial\", \"interrupted_by\": \"SIGTERM\", \"selection\": null }",
        "\"repaired\": 5,\n    \"stale\": null",
        ("\"by_phase\": [\n      { \"key\": null, \"workloads\": 1, \"gpus_allocated\": 0.000001, "
         "\"workloads_without_gpus\": 0 }\n    ]"),
        "\"status\": \"skipped\",\n      \"reason\": \"disconnected\",\n      \"error\": null",
        "\"warnings\": [ \"shows no project\", \"z\" ]",
        ("{ \"cluster\": \"b\", \"id\": null, \"name\": null, \"project\": null, "
         "\"department\": null, \"user\": \"\\u001b<\\u0000\xef\xbf\xbd\", \"type\": null, "
         "\"raw_type\": null, \"raw_category\": null, \"phase\": null, \"raw_phase\": null, "
         "\"gpus_allocated\": 0.000001, "
         "\"gpus_requested\": null, \"gpus_idle\": 0, \"created_at\": null, \"images\": null, "
         "\"nodes\": null, \"node_pools\": [ \"a\\\"b\", null ], \"preemptible\": false }"),
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, expected[i]));
    free(text);
    fixture_free(&fixture);
}

/* A cluster without address, and a project of which some kinds answered. */
static void test_partial_project(void)
{
    struct project_entry projects[] = {{
        .name = "p",
        .status = STATUS_PARTIAL,
        .error = {ERR_TIMEOUT, "too slow", 0, 2},
        .count = {.workloads = 3, .gpus_allocated = 2 * GPU},
        .gpus_quota = AMOUNT_NULL,
    }};
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->cluster_count = 2;
    report->clusters = arena_alloc(report->arena, 2 * sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){
        .name = "a",
        .api = "control_plane",
        .status = STATUS_SKIPPED,
        .reason = "the control plane has no domain for it",
    };
    report->clusters[1] = (struct cluster_entry){
        .name = "b",
        .url = "https://b",
        .api = "kubernetes",
        .status = STATUS_PARTIAL,
        .error = {ERR_TIMEOUT, "project \"p\": too slow", 0, 2},
        .projects = projects,
        .project_count = 1,
    };
    report_finish(report);
    char *text = fixture_render(&fixture, "json", plain);
    const char *expected[] = {
        "\"name\": \"a\",\n      \"url\": null,\n      \"api\": \"control_plane\",\n",
        ("{ \"name\": \"p\", \"status\": \"partial\", \"error\": { \"class\": \"timeout\", "
         "\"message\": \"too slow\", \"http_status\": null, \"attempts\": 2 }, "
         "\"workloads\": 3, \"gpus_allocated\": 2, \"gpus_quota\": null }"),
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, expected[i]));
    free(text);
    fixture_free(&fixture);
}

/* Two keys more in an enriched report, null where nothing is known. */
static void test_times(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->has_times = true;
    report->cluster_count = 1;
    report->clusters = arena_alloc(report->arena, sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){
        .name = "a", .url = "https://a", .api = "researcher", .count = {.workloads = 2}};
    struct workload workload;
    workload_init(&workload);
    workload.preemptible = TRI_TRUE;
    workload.running_s = 0;
    fixture_add(&fixture, &report->clusters[0], &workload);
    workload.pending_s = INT64_C(9000000000);
    workload.running_s = SECONDS_NULL;
    fixture_add(&fixture, &report->clusters[0], &workload);
    report_finish(report);
    char *text = fixture_render(&fixture, "json", plain);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\"preemptible\": true, \"pending_seconds\": null, \"running_seconds\": 0 }"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"preemptible\": true, \"pending_seconds\": 9000000000, "
                                        "\"running_seconds\": null }"));
    free(text);
    fixture_free(&fixture);
}

/* A spool that cannot be read costs the report, and the previous one stays. */
static void test_unreadable_spool(void)
{
    struct fixture fixture;
    struct error error = {0};
    fixture_init(&fixture);
    fixture_fill(&fixture);
    char directory[] = "/tmp/rollcall-test-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    CU_ASSERT_EQUAL(ftruncate(find_spool_fd(), 10), 0);
    char *path = mem_printf("%s/out", directory);
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("previous", file);
    fclose(file);
    CU_ASSERT_FALSE(render_to(fixture.report, render_find("json"), &plain, path, 0600, &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "cannot read the spool file"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    struct stat info;
    CU_ASSERT_EQUAL(stat(path, &info), 0);
    CU_ASSERT_EQUAL(info.st_size, 8);
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(directory), 0);
    free(path);
    fixture_free(&fixture);
}

static void test_disk_full(void)
{
    struct fixture fixture;
    struct error error = {0};
    fixture_init(&fixture);
    fixture_fill(&fixture);
    CU_ASSERT_FALSE(
        render_to(fixture.report, render_find("json"), &plain, "/dev/full", 0600, &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/dev/full"));
    CU_ASSERT_FALSE(
        render_to(fixture.report, render_find("json"), &plain, "/nonexistent/x/y", 0600, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nonexistent/x"));
    fixture_free(&fixture);
}

static void test_formats(void)
{
    size_t count = 0;
    for (const char *const *name = render_names(); *name != NULL; name++, count++) {
        const struct render_format *format = render_find(*name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(format);
        CHECK_STR(format->name, *name);
        CU_ASSERT(format->help[0] != '\0');
    }
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_PTR_NULL(render_find("yaml"));
    CU_ASSERT_PTR_NULL(render_find(""));
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"a whole report", test_whole},
        {"totals only", test_totals_only},
        {"no cluster at all", test_empty},
        {"what the run was narrowed to", test_selection},
        {"nulls and hostile texts", test_corners},
        {"a partial project, a cluster without address", test_partial_project},
        {"times in an enriched report", test_times},
        {"an unreadable spool is an error", test_unreadable_spool},
        {"a file that cannot be written is an error", test_disk_full},
        {"the formats by name", test_formats},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/render_json", tests);
}
