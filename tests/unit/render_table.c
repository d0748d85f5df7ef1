#include <locale.h>

#include "render_fixture.h"

static void expect_table(const struct fixture *fixture, struct render_options options,
                         const char *expected)
{
    char *text = fixture_render(fixture, "table", options);
    CHECK_STR(text, expected);
    free(text);
}

static void test_whole(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    expect_table(&fixture, (struct render_options){false, 120},
                 "CLUSTER  STATUS   CLASS    MESSAGE\n"
                 "eu-2     failed   connect  could not connect to eu-2.acme.example: connection "
                 "refused\n"
                 "us-1     partial  http     project \"team-b\": HTTP 500 (boom)\n"
                 "\n"
                 "3 clusters: 1 ok, 1 partial, 1 failed\n"
                 "3 workloads over 2 clusters\n"
                 "2.5 GPUs allocated over 2 clusters; 1 workload without a GPU figure\n"
                 "\n"
                 "PHASE        WORKLOADS  GPUS\n"
                 "pending              1     -\n"
                 "running              2   2.5\n"
                 "\n"
                 "TYPE         WORKLOADS  GPUS\n"
                 "interactive          1   0.5\n"
                 "training             2     2\n"
                 "\n"
                 "PROJECT      WORKLOADS  GPUS\n"
                 "team-a               3   2.5\n");
    fixture_free(&fixture);
}

/* The message ends where the terminal does; without a terminal it is whole. */
static void test_width(void)
{
    static const struct {
        unsigned columns;
        const char *row;
    } cases[] = {
        {85, "could not connect to eu-2.acme.example: connection refused\n"},
        {84, "could not connect to eu-2.acme.example: connection refus…\n"},
        {80, "could not connect to eu-2.acme.example: connection r…\n"},
        {40, "could not co…\n"},
        {10, "could not c…\n"}, /* no terminal is so narrow that nothing is said */
        {0, "could not connect to eu-2.acme.example: connection refused\n"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text =
            fixture_render(&fixture, "table", (struct render_options){false, cases[i].columns});
        char *row = mem_printf("\neu-2     failed   connect  %s", cases[i].row);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, row));
        free(row);
        free(text);
    }
    fixture_free(&fixture);
}

static void test_color(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    char *text = fixture_render(&fixture, "table", (struct render_options){true, 80});
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\neu-2     \033[31mfailed\033[0m   connect  could"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nus-1     \033[33mpartial\033[0m  http     project"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n3 clusters: \033[32m1 ok\033[0m, \033[33m1 partial"
                                        "\033[0m, \033[31m1 failed\033[0m\n"));
    free(text);
    text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    free(text);
    fixture_free(&fixture);
}

static void test_nothing_answered(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->interrupted_by = "SIGINT";
    report->cluster_count = 2;
    report->clusters = arena_alloc(report->arena, 2 * sizeof *report->clusters);
    fixture_eu_2(&report->clusters[0]);
    report->clusters[1] = (struct cluster_entry){
        .name = "eu-3",
        .status = STATUS_SKIPPED,
        .reason = "disconnected, says the control plane",
        .is_optional = true,
    };
    report_finish(report);
    expect_table(&fixture, (struct render_options){false, 0},
                 "CLUSTER  STATUS   CLASS    MESSAGE\n"
                 "eu-2     failed   connect  could not connect to eu-2.acme.example: connection "
                 "refused\n"
                 "eu-3     skipped  -        disconnected, says the control plane\n"
                 "\n"
                 "interrupted by SIGINT: what had not answered by then is missing\n"
                 "2 clusters: 0 ok, 1 failed, 1 skipped (1 optional)\n"
                 "- workloads and - GPUs allocated: no cluster answered\n");
    fixture_free(&fixture);
}

/* A skipped cluster has a reason; what went wrong besides is not its message. */
static void test_skipped(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->cluster_count = 1;
    report->clusters = arena_alloc(report->arena, sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){
        .name = "eu-3",
        .status = STATUS_SKIPPED,
        .reason = "Disconnected since 2026-11-20",
        .error = {ERR_AUTH, "not this", 401, 1},
    };
    report_finish(report);
    expect_table(&fixture, (struct render_options){false, 0},
                 "CLUSTER  STATUS   CLASS  MESSAGE\n"
                 "eu-3     skipped  -      Disconnected since 2026-11-20\n"
                 "\n"
                 "1 cluster: 0 ok, 1 skipped\n"
                 "- workloads and - GPUs allocated: no cluster answered\n");
    fixture_free(&fixture);
}

/* A fleet of one cluster that is down has no workloads that anybody could count. */
static void test_single_failed(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->cluster_count = 1;
    report->clusters = arena_alloc(report->arena, sizeof *report->clusters);
    fixture_eu_2(&report->clusters[0]);
    report_finish(report);
    expect_table(&fixture, (struct render_options){false, 0},
                 "CLUSTER  STATUS  CLASS    MESSAGE\n"
                 "eu-2     failed  connect  could not connect to eu-2.acme.example: connection "
                 "refused\n"
                 "\n"
                 "1 cluster: 0 ok, 1 failed\n"
                 "- workloads and - GPUs allocated: no cluster answered\n");
    fixture_free(&fixture);
}

/* Whoever reads the table only is told that it is not of the whole fleet. */
static void test_selection(void)
{
    static const char *const clusters[] = {"eu-*", "\x1b[2J", NULL}, *const projects[] = {"a",
                                                                                          NULL};
    static const char *const many[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", NULL};
    struct report_selection selection = {.clusters = clusters, .projects = projects};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture.report->selection = &selection;
    report_finish(fixture.report);
    char *text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "a part of the fleet: --cluster eu-* --cluster \\x1B[2J --project a\n"
                     "0 clusters: 0 ok\n"));
    free(text);
    selection = (struct report_selection){.excludes = many, .labels = clusters, .projects = many};
    text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "--exclude 8 --label eu-* and 10 more\n"));
    free(text);
    fixture_free(&fixture);
}

/* Enough for `count` clusters that have so many warnings each. */
static void fill_warnings(struct report *report, size_t count, size_t warning_count)
{
    report->cluster_count = count;
    report->clusters = arena_alloc(report->arena, count * sizeof *report->clusters);
    for (size_t i = 0; i < count; i++) {
        struct cluster_entry *cluster = &report->clusters[i];
        char name[24];
        snprintf(name, sizeof name, "c%02zu", i);
        cluster->name = arena_strdup(report->arena, name);
        cluster->warnings = arena_alloc(report->arena, warning_count * sizeof *cluster->warnings);
        cluster->warning_count = warning_count;
        for (size_t j = 0; j < warning_count; j++) {
            char text[24];
            snprintf(text, sizeof text, "w%02zu", j);
            cluster->warnings[j] = arena_strdup(report->arena, text);
        }
    }
    report_finish(report);
}

/* Also of a cluster that is ok: the problems come first, then the warnings. */
static void test_warnings(void)
{
    static const char *warnings[] = {"the \x1b[2Jend", "3 records were dropped"};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture);
    for (size_t i = 0; i < fixture.report->cluster_count; i++)
        if (fixture.report->clusters[i].status == STATUS_OK) {
            fixture.report->clusters[i].warnings = warnings;
            fixture.report->clusters[i].warning_count = 2;
        }
    report_finish(fixture.report);
    char *text = fixture_render(&fixture, "table", (struct render_options){false, 24});
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n\n"
                                        "CLUSTER  WARNING\n"
                                        "eu-1     3 records were…\n"
                                        "eu-1     the \\x1B[2Jend\n"
                                        "\n"
                                        "3 clusters: 1 ok, 1 partial, 1 failed\n"));
    free(text);
    fixture_free(&fixture);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

/* No cluster takes the others' room, and all of them do not fill the screen for ever. */
static void test_many_warnings(void)
{
    static const struct {
        size_t clusters, each, shown;
        const char *more[3];
    } cases[] = {
        {1, 10, 10, {NULL}},
        {1, 12, 10, {"\nc00      … and 2 more\n"}},
        {5, 10, 50, {NULL}},
        {3, 11, 30, {"\nc00      … and 1 more\n", "\nc02      … and 1 more\n"}},
        {60, 1, 50, {"\n… and 10 more\n"}},
        {6, 9, 50, {"\nc05           w04\n", "\n… and 4 more\n"}},
        {7, 12, 50, {"\nc04            … and 2 more\n", "\n… and 24 more\n"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fill_warnings(fixture.report, cases[i].clusters, cases[i].each);
        char *text = fixture_render(&fixture, "table", (struct render_options){false, 80});
        CU_ASSERT_EQUAL(count_of(text, "   w"), cases[i].shown);
        CU_ASSERT(cases[i].more[0] != NULL || strstr(text, "more") == NULL);
        for (size_t j = 0; j < 3 && cases[i].more[j] != NULL; j++)
            CU_ASSERT_PTR_NOT_NULL(strstr(text, cases[i].more[j]));
        free(text);
        fixture_free(&fixture);
    }
}

static void test_empty(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    report_finish(fixture.report);
    expect_table(&fixture, (struct render_options){true, 80},
                 "0 clusters: 0 ok\n"
                 "0 workloads over 0 clusters\n"
                 "0 GPUs allocated over 0 clusters\n");
    fixture_free(&fixture);
}

/* A healthy cluster whose `projects` have these GPUs; the name is its letter. */
static void fill_projects(struct fixture *fixture, const int64_t *gpus, size_t count)
{
    struct report *report = fixture->report;
    report->cluster_count = 1;
    report->clusters = arena_alloc(report->arena, sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){.name = "c", .status = STATUS_OK};
    for (size_t i = 0; i < count; i++) {
        char name[] = {(char)('a' + (int)i), '\0'};
        struct workload workload;
        workload_init(&workload);
        workload.project = str_of(name);
        workload.phase = PHASE_RUNNING;
        workload.gpus_allocated = gpus[i];
        fixture_add(fixture, &report->clusters[0], &workload);
    }
    report_finish(report);
}

static void test_top_projects(void)
{
    static const int64_t gpus[] = {GPU,     AMOUNT_NULL, 3 * GPU, GPU,     0,       8 * GPU,
                                   9 * GPU, 7 * GPU,     6 * GPU, 5 * GPU, 4 * GPU, 10 * GPU};
    struct fixture fixture;
    fixture_init(&fixture);
    fill_projects(&fixture, gpus, 12);
    char *text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    const char *projects = strstr(text, "PROJECT");
    CU_ASSERT_PTR_NOT_NULL_FATAL(projects);
    CHECK_STR(projects, "PROJECT       WORKLOADS  GPUS\n"
                        "l                     1    10\n"
                        "g                     1     9\n"
                        "f                     1     8\n"
                        "h                     1     7\n"
                        "i                     1     6\n"
                        "j                     1     5\n"
                        "k                     1     4\n"
                        "c                     1     3\n"
                        "a                     1     1\n"
                        "d                     1     1\n"
                        "… and 2 more\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "TYPE          WORKLOADS  GPUS\n-                    12"));
    free(text);
    fixture_free(&fixture);
}

static void test_singular(void)
{
    static const int64_t one = GPU;
    struct fixture fixture;
    fixture_init(&fixture);
    fill_projects(&fixture, &one, 1);
    fixture.report->totals_repaired = 1;
    char *text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    CU_ASSERT_EQUAL(strncmp(text,
                            "1 cluster: 1 ok\n"
                            "1 workload over 1 cluster\n"
                            "1 GPU allocated over 1 cluster\n"
                            "1 malformed value repaired\n",
                            84 + 4),
                    0);
    free(text);
    fixture_free(&fixture);
}

/* Names from servers: escapes, wide characters, and one that is far too long. */
static void test_hostile_names(void)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct report *report = fixture.report;
    report->cluster_count = 1;
    report->clusters = arena_alloc(report->arena, sizeof *report->clusters);
    report->clusters[0] = (struct cluster_entry){
        .name = "c",
        .status = STATUS_PARTIAL,
        .error = {ERR_HTTP, "two\nlines \033[2J", 500, 1},
    };
    static const char *const names[] = {
        "\033[31mred", "日本語",
        "é",           "",
        NULL,          "日日日日日日日日日日日日日日日日日日日日" /* 40 columns */,
    };
    struct workload workload;
    workload_init(&workload);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        workload.project = str_of(names[i]);
        fixture_add(&fixture, &report->clusters[0], &workload);
    }
    char *huge = mem_new(1000001, 1);
    memset(huge, '\x01', 1000000);
    workload.project = str_of(huge);
    fixture_add(&fixture, &report->clusters[0], &workload);
    report_finish(report);
    char *text = fixture_render(&fixture, "table", (struct render_options){false, 80});
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "partial  http   two\\nlines \\x1B[2J\n"));
    const char *projects = strstr(text, "PROJECT");
    CU_ASSERT_PTR_NOT_NULL_FATAL(projects);
    CHECK_STR(projects, "PROJECT                           WORKLOADS  GPUS\n"
                        "-                                         1     -\n"
                        "                                          1     -\n"
                        "\\x01\\x01\\x01\\x01\\x01\\x01\\x01\\x0…          1     -\n"
                        "\\x1B[31mred                               1     -\n"
                        "é                                         1     -\n"
                        "日日日日日日日日日日日日日日日…           1     -\n"
                        "日本語                                    1     -\n");
    free(text);
    free(huge);
    fixture_free(&fixture);
}

static void test_write_failure(void)
{
    struct fixture fixture;
    struct error error = {0};
    struct render_options options = {false, 80};
    fixture_init(&fixture);
    fixture_fill(&fixture);
    CU_ASSERT_FALSE(
        render_to(fixture.report, render_find("table"), &options, "/dev/full", 0600, &error));
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    fixture_free(&fixture);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"a whole table", test_whole},
        {"messages end where the terminal does", test_width},
        {"colours only when wanted", test_color},
        {"nothing answered is not zero", test_nothing_answered},
        {"a skipped cluster shows its reason", test_skipped},
        {"a single cluster that is down", test_single_failed},
        {"no cluster at all", test_empty},
        {"a part of the fleet", test_selection},
        {"warnings", test_warnings},
        {"more warnings than there is room for", test_many_warnings},
        {"the projects with the most GPUs", test_top_projects},
        {"one of each", test_singular},
        {"hostile names", test_hostile_names},
        {"a file that cannot be written is an error", test_write_failure},
        CU_TEST_INFO_NULL,
    };
    /* Without it nobody knows how wide a character is. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 2;
    return check_run("unit/render_table", tests);
}
