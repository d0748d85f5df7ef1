/* What the formats show of discovery and reconciliation. */
#include <locale.h>

#include "render_fixture.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct render_options plain = {false, 0};

static const struct workload_view running = {{"id-1", 4}, PHASE_RUNNING, {"Running", 7}, 2 * GPU};
static const struct workload_view pending = {{"id-1", 4}, PHASE_PENDING, {"Pending", 7}, GPU / 2};
static const struct workload_view nothing = {.gpus_allocated = AMOUNT_NULL};

static struct difference make_difference(const char *project, const char *name,
                                         struct workload_view cluster,
                                         struct workload_view control_plane)
{
    return (struct difference){str_of(project), str_of(name), cluster, control_plane};
}

static void give(struct report *report, struct difference_list *list, struct difference item)
{
    list->items = arena_alloc(report->arena, sizeof item);
    list->items[0] = item;
    list->count = list->room = 1;
}

static void add_discovery(struct report *report)
{
    static const char *appeared[] = {"us-9", "ap-1"}, *vanished[] = {"eu-9"};
    report->discovery = arena_alloc(report->arena, sizeof *report->discovery);
    *report->discovery = (struct discovery_section){
        .found = 60,
        .selected = 58,
        .compared_to = "report-20261123T030000Z.json",
        .appeared = appeared,
        .appeared_count = COUNT_OF(appeared),
        .vanished = vanished,
        .vanished_count = COUNT_OF(vanished),
    };
}

/* One cluster with a difference of each kind, one without any, one that was not compared. */
static void add_reconciliation(struct report *report)
{
    struct reconciliation *section = arena_alloc(report->arena, sizeof *section);
    section->read_at[0] = 1795489201;
    section->read_at[1] = TIME_NULL;
    section->cluster_count = 3;
    section->clusters = arena_alloc(report->arena, 3 * sizeof *section->clusters);
    struct reconciled_cluster *excluded = &section->clusters[0];
    *excluded = (struct reconciled_cluster){.name = "eu-2",
                                            .excluded = "it did not answer (connect)",
                                            .matched = 99,
                                            .third_party = 99,
                                            .unconfirmed = 99};
    give(report, &excluded->differing, make_difference("p", "n", running, pending));
    section->clusters[1] = (struct reconciled_cluster){
        .name = "us-1", .matched = 3997, .third_party = 7, .unconfirmed = 20};
    struct reconciled_cluster *compared = &section->clusters[2];
    *compared = (struct reconciled_cluster){
        .name = "eu-1", .matched = 3, .third_party = 5, .unconfirmed = 10};
    /* The side that does not know it holds nothing to go by. */
    give(report, &compared->only_control_plane,
         make_difference("team-a", "lost", (struct workload_view){0}, pending));
    give(report, &compared->only_cluster,
         make_difference("team-a", "new", running, (struct workload_view){0}));
    give(report, &compared->differing, make_difference(NULL, NULL, nothing, running));
    report->reconciliation = section;
}

static const char golden[] =
    "\"is_complete\": true },\n"
    "  \"discovery\": {\n"
    "    \"status\": \"ok\",\n"
    "    \"error\": null,\n"
    "    \"found\": 60,\n"
    "    \"selected\": 58,\n"
    "    \"compared_to\": \"report-20261123T030000Z.json\",\n"
    "    \"appeared\": [\n"
    "      \"ap-1\",\n"
    "      \"us-9\"\n"
    "    ],\n"
    "    \"vanished\": [\n"
    "      \"eu-9\"\n"
    "    ]\n"
    "  },\n"
    "  \"reconciliation\": {\n"
    "    \"error\": null,\n"
    "    \"totals\": { \"clusters_compared\": 2, \"clusters_excluded\": 1, \"matched\": 4000, "
    "\"only_control_plane\": 1, \"only_cluster\": 1, \"differing\": 1, \"third_party\": 12, "
    "\"unconfirmed\": 30 },\n"
    "    \"clusters\": [\n"
    "      {\n"
    "        \"cluster\": \"eu-1\",\n"
    "        \"status\": \"compared\",\n"
    "        \"reason\": null,\n"
    "        \"matched\": 3,\n"
    "        \"third_party\": 5,\n"
    "        \"unconfirmed\": 10,\n"
    "        \"only_control_plane\": [\n"
    "          { \"id\": \"id-1\", \"project\": \"team-a\", \"name\": \"lost\", "
    "\"phase\": \"pending\", \"raw_phase\": \"Pending\", \"gpus_allocated\": 0.5 }\n"
    "        ],\n"
    "        \"only_cluster\": [\n"
    "          { \"id\": \"id-1\", \"project\": \"team-a\", \"name\": \"new\", "
    "\"phase\": \"running\", \"raw_phase\": \"Running\", \"gpus_allocated\": 2 }\n"
    "        ],\n"
    "        \"differing\": [\n"
    "          { \"project\": null, \"name\": null, \"cluster\": { \"id\": null, \"phase\": null, "
    "\"raw_phase\": null, \"gpus_allocated\": null }, \"control_plane\": { \"id\": \"id-1\", "
    "\"phase\": \"running\", \"raw_phase\": \"Running\", \"gpus_allocated\": 2 } }\n"
    "        ]\n"
    "      },\n"
    "      {\n"
    "        \"cluster\": \"eu-2\",\n"
    "        \"status\": \"excluded\",\n"
    "        \"reason\": \"it did not answer (connect)\",\n"
    "        \"matched\": null,\n"
    "        \"third_party\": null,\n"
    "        \"unconfirmed\": null,\n"
    "        \"only_control_plane\": [],\n"
    "        \"only_cluster\": [],\n"
    "        \"differing\": []\n"
    "      },\n"
    "      {\n"
    "        \"cluster\": \"us-1\",\n"
    "        \"status\": \"compared\",\n"
    "        \"reason\": null,\n"
    "        \"matched\": 3997,\n"
    "        \"third_party\": 7,\n"
    "        \"unconfirmed\": 20,\n"
    "        \"only_control_plane\": [],\n"
    "        \"only_cluster\": [],\n"
    "        \"differing\": []\n"
    "      }\n"
    "    ]\n"
    "  },\n"
    "  \"totals\": {\n";

static void expect_part(const struct fixture *fixture, const char *format, const char *part)
{
    char *text = fixture_render(fixture, format, plain);
    const char *found = strstr(text, part);
    CU_ASSERT_PTR_NOT_NULL(found);
    if (found == NULL)
        fprintf(stderr, "    no\n%s\n    in\n%s\n", part, text);
    free(text);
}

static void test_json(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    add_discovery(fixture.report);
    add_reconciliation(fixture.report);
    report_finish(fixture.report);
    expect_part(&fixture, "json", golden);
    expect_part(&fixture, "json",
                "\"selection\": null, \"reconciled_at\": { \"first\": \"2026-11-24T03:00:01Z\", "
                "\"second\": null } },\n");
    fixture.report->reconciliation->read_at[1] = 1795489203;
    expect_part(&fixture, "json",
                "{ \"first\": \"2026-11-24T03:00:01Z\", \"second\": \"2026-11-24T03:00:03Z\" } },");
    fixture_free(&fixture);
}

static const struct report_error refused = {ERR_HTTP, "HTTP 500 (boom)\n", 500, 4};

static void add_failures(struct report *report)
{
    report->discovery = arena_alloc(report->arena, sizeof *report->discovery);
    *report->discovery = (struct discovery_section){.error = refused, .found = 7, .selected = 7};
    report->reconciliation = arena_alloc(report->arena, sizeof *report->reconciliation);
    *report->reconciliation = (struct reconciliation){.error = {ERR_TIMEOUT, "too slow", 0, 1}};
}

static void test_json_failures(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    add_failures(fixture.report);
    report_finish(fixture.report);
    expect_part(&fixture, "json",
                "\"is_complete\": false },\n"
                "  \"discovery\": {\n"
                "    \"status\": \"failed\",\n"
                "    \"error\": { \"class\": \"http\", \"message\": \"HTTP 500 (boom)\\n\", "
                "\"http_status\": 500, \"attempts\": 4 },\n"
                "    \"found\": null,\n"
                "    \"selected\": null,\n"
                "    \"compared_to\": null,\n"
                "    \"appeared\": [],\n"
                "    \"vanished\": []\n"
                "  },\n"
                "  \"reconciliation\": {\n"
                "    \"error\": { \"class\": \"timeout\", \"message\": \"too slow\", "
                "\"http_status\": null, \"attempts\": 1 },\n"
                "    \"totals\": { \"clusters_compared\": 0, \"clusters_excluded\": 0, "
                "\"matched\": 0, \"only_control_plane\": 0, \"only_cluster\": 0, "
                "\"differing\": 0, \"third_party\": 0, \"unconfirmed\": 0 },\n"
                "    \"clusters\": []\n"
                "  },\n");
    fixture_free(&fixture);
}

/* A report that was asked for one section does not have the other. */
static void test_json_absent(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    report_finish(fixture.report);
    expect_part(&fixture, "json", "\"is_complete\": true },\n  \"totals\": {\n");
    add_reconciliation(fixture.report);
    report_finish(fixture.report);
    expect_part(&fixture, "json", "\"is_complete\": true },\n  \"reconciliation\": {\n");
    fixture_free(&fixture);
}

static void expect_table(const struct fixture *fixture, const char *expected)
{
    char *text = fixture_render(fixture, "table", plain);
    CHECK_STR(text, expected);
    free(text);
}

#define NO_CLUSTERS                                                                                \
    "0 clusters: 0 ok\n"                                                                           \
    "0 workloads over 0 clusters\n"                                                                \
    "0 GPUs allocated over 0 clusters\n"

static void test_table(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    add_discovery(fixture.report);
    add_reconciliation(fixture.report);
    report_finish(fixture.report);
    expect_table(
        &fixture, NO_CLUSTERS
        "discovery: 60 clusters found, 58 selected; appeared: ap-1, us-9; vanished: eu-9\n"
        "reconciliation: 2 clusters compared, 1 excluded; 4000 matched, 1 only at the "
        "control plane, 1 only at the cluster, 1 differing, 12 of third parties, 30 unconfirmed\n"
        "\n"
        "CLUSTER  ONLY CONTROL PLANE  ONLY CLUSTER  DIFFERING\n"
        "eu-1                      1             1          1\n");
    fixture_free(&fixture);
}

static void test_table_failures(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    add_failures(fixture.report);
    report_finish(fixture.report);
    expect_table(&fixture, NO_CLUSTERS "discovery: failed (http): HTTP 500 (boom)\\n\n"
                                       "reconciliation: failed (timeout): too slow\n");
    char *text = fixture_render(&fixture, "table", (struct render_options){true, 80});
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\ndiscovery: \033[31mfailed\033[0m (http): HTTP"));
    free(text);
    fixture_free(&fixture);
}

/* Nothing changed, nothing compared: nothing more is said. */
static void test_table_short(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    add_discovery(report);
    add_reconciliation(report);
    report->discovery->found = report->discovery->selected = 1;
    report->discovery->appeared_count = report->discovery->vanished_count = 0;
    report->reconciliation->cluster_count = 1;
    report_finish(report);
    expect_table(&fixture, NO_CLUSTERS "discovery: 1 cluster found, 1 selected\n"
                                       "reconciliation: 0 clusters compared, 1 excluded\n");
    report->reconciliation->clusters[0] = (struct reconciled_cluster){.name = "a", .matched = 1};
    expect_table(&fixture, NO_CLUSTERS
                 "discovery: 1 cluster found, 1 selected\n"
                 "reconciliation: 1 cluster compared, 0 excluded; 1 matched, 0 only at the control "
                 "plane, 0 only at the cluster, 0 differing\n");
    fixture_free(&fixture);
}

/* "NN" for each number, with a hostile name in front. */
static const char **make_names(struct report *report, size_t count)
{
    const char **names = arena_alloc(report->arena, count * sizeof *names);
    for (size_t i = 0; i < count; i++) {
        char name[] = {(char)('0' + (int)(i / 10)), (char)('0' + (int)(i % 10)), '\0'};
        names[i] = arena_strdup(report->arena, i == 0 ? "\033[2J" : name);
    }
    return names;
}

static void fill_many(struct report *report, size_t appeared, size_t vanished, size_t clusters)
{
    add_discovery(report);
    report->discovery->appeared = make_names(report, appeared);
    report->discovery->appeared_count = appeared;
    report->discovery->vanished = make_names(report, vanished);
    report->discovery->vanished_count = vanished;
    struct reconciliation *section = arena_alloc(report->arena, sizeof *section);
    const char **names = make_names(report, clusters);
    section->clusters = arena_alloc(report->arena, clusters * sizeof *section->clusters);
    section->cluster_count = clusters;
    for (size_t i = 0; i < clusters; i++) {
        section->clusters[i].name = names[i];
        give(report, &section->clusters[i].differing, make_difference("p", "n", running, pending));
    }
    report->reconciliation = section;
    report_finish(report);
}

static void test_table_many(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fill_many(fixture.report, 10, 11, 22);
    char *text = fixture_render(&fixture, "table", plain);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "; appeared: \\x1B[2J, 01, 02, 03, 04, 05, 06, 07, 08, 09; "
                     "vanished: \\x1B[2J, 01, 02, 03, 04, 05, 06, 07, 08, 09 and 1 more\n"));
    char *rows = mem_printf("\n%-12s  %18d  %12d  %9d\n", "\\x1B[2J", 0, 0, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, rows));
    free(rows);
    rows = mem_printf("\n%-12s  %18d  %12d  %9d\n… and 2 more\n", "19", 0, 0, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, rows));
    free(rows);
    CU_ASSERT_PTR_NULL(strstr(text, "\n20 "));
    free(text);
    fixture_free(&fixture);
    fixture_init(&fixture);
    fill_many(fixture.report, 1, 1, 20);
    text = fixture_render(&fixture, "table", plain);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n19 "));
    CU_ASSERT_PTR_NULL(strstr(text, "more"));
    free(text);
    fixture_free(&fixture);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"JSON: both sections", test_json},
        {"JSON: both failed", test_json_failures},
        {"JSON: absent unless asked for", test_json_absent},
        {"table: both sections", test_table},
        {"table: both failed", test_table_failures},
        {"table: little to say", test_table_short},
        {"table: too much to say", test_table_many},
        CU_TEST_INFO_NULL,
    };
    /* Without it nobody knows how wide a character is. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 2;
    return check_run("unit/render_sections", tests);
}
