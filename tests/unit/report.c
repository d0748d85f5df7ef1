#include "rollcall/report.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"

enum { MAX_CLUSTERS = 5 };

/* 'o'k, 'p'artial, 'f'ailed, 's'kipped; a capital letter: optional. */
static struct report *make_report(const char *clusters)
{
    struct report *report = report_new();
    report->cluster_count = strlen(clusters);
    report->clusters = arena_alloc(report->arena, MAX_CLUSTERS * sizeof *report->clusters);
    for (size_t i = 0; i < report->cluster_count; i++) {
        struct cluster_entry *cluster = &report->clusters[i];
        char name[] = {(char)('e' - (int)i), '\0'};
        cluster->name = arena_strdup(report->arena, name);
        cluster->is_optional = clusters[i] < 'a';
        cluster->repaired = 1;
        switch (clusters[i] | 0x20) {
        case 'o':
            cluster->status = STATUS_OK;
            break;
        case 'p':
            cluster->status = STATUS_PARTIAL;
            break;
        case 'f':
            cluster->status = STATUS_FAILED;
            break;
        default:
            cluster->status = STATUS_SKIPPED;
        }
    }
    return report;
}

static void test_coverage(void)
{
    static const struct {
        const char *clusters;
        unsigned ok, partial, failed, skipped, optional;
        int64_t ratio;
        bool is_complete;
        const char *outcome;
    } cases[] = {
        {"", 0, 0, 0, 0, 0, 1000000, true, "complete"},
        {"ooo", 3, 0, 0, 0, 0, 1000000, true, "complete"},
        {"opf", 1, 1, 1, 0, 0, 333333, false, "partial"},
        {"oof", 2, 0, 1, 0, 0, 666667, false, "partial"},
        {"ooF", 2, 0, 1, 0, 1, 666667, true, "complete"},
        {"oSF", 1, 0, 1, 1, 2, 333333, true, "complete"},
        {"oP", 1, 1, 0, 0, 0, 500000, false, "partial"},
        {"OO", 2, 0, 0, 0, 0, 1000000, true, "complete"},
        {"os", 1, 0, 0, 1, 0, 500000, false, "partial"},
        {"ff", 0, 0, 2, 0, 0, 0, false, "failed"},
        {"fs", 0, 0, 1, 1, 0, 0, false, "failed"},
        {"p", 0, 1, 0, 0, 0, 0, false, "partial"},
        {"Fs", 0, 0, 1, 1, 1, 0, false, "failed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report *report = make_report(cases[i].clusters);
        report_finish(report);
        const struct coverage *coverage = &report->coverage;
        CU_ASSERT_EQUAL(coverage->selected, strlen(cases[i].clusters));
        CU_ASSERT_EQUAL(coverage->ok, cases[i].ok);
        CU_ASSERT_EQUAL(coverage->partial, cases[i].partial);
        CU_ASSERT_EQUAL(coverage->failed, cases[i].failed);
        CU_ASSERT_EQUAL(coverage->skipped, cases[i].skipped);
        CU_ASSERT_EQUAL(coverage->stale, 0);
        CU_ASSERT_EQUAL(coverage->optional, cases[i].optional);
        CU_ASSERT_EQUAL(report->judgement.ratio, cases[i].ratio);
        CU_ASSERT_EQUAL(report->judgement.is_complete, cases[i].is_complete);
        CU_ASSERT_EQUAL(report->totals_clusters, cases[i].ok + cases[i].partial);
        CU_ASSERT_EQUAL(report->totals_repaired, cases[i].ok + cases[i].partial);
        CHECK_STR(report_outcome_name(report->judgement.outcome), cases[i].outcome);
        report_free(report);
    }
}

static void test_order(void)
{
    struct report *report = make_report("ofo");
    const char *warnings[] = {"b", "a", "\xc3\xa9", "a"};
    struct project_entry projects[] = {
        {.name = "b"}, {.name = "B"}, {.name = "a-1"}, {.name = "a"}};
    report->clusters[0].warnings = warnings;
    report->clusters[0].warning_count = 4;
    report->clusters[0].projects = projects;
    report->clusters[0].project_count = 4;
    report_finish(report);
    report_finish(report);
    CHECK_STR(report->clusters[0].name, "c");
    CHECK_STR(report->clusters[1].name, "d");
    CHECK_STR(report->clusters[2].name, "e");
    CU_ASSERT_EQUAL(report->clusters[1].status, STATUS_FAILED);
    CHECK_STR(warnings[0], "a");
    CHECK_STR(warnings[1], "a");
    CHECK_STR(warnings[2], "b");
    CHECK_STR(projects[0].name, "B");
    CHECK_STR(projects[1].name, "a");
    CHECK_STR(projects[2].name, "a-1");
    CHECK_STR(projects[3].name, "b");
    CU_ASSERT_EQUAL(report->totals_repaired, 2);
    report_free(report);
}

/* A fleet of which not all is known is not complete, whatever those known answered. */
static void test_discovery(void)
{
    static const struct {
        const char *clusters;
        enum error_class class;
        bool is_complete;
        const char *outcome;
    } cases[] = {
        {"oo", ERR_NONE, true, "complete"},       {"oo", ERR_HTTP, false, "partial"},
        {"oF", ERR_HTTP, false, "partial"},       {"F", ERR_NONE, false, "failed"},
        {"F", ERR_CONNECT, false, "failed"},      {"ff", ERR_CONNECT, false, "failed"},
        {"", ERR_CONNECT, false, "partial"},      {"", ERR_NONE, true, "complete"},
        {"p", ERR_INTERRUPTED, false, "partial"}, {"os", ERR_NONE, false, "partial"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report *report = make_report(cases[i].clusters);
        struct discovery_section discovery = {.error = {.class = cases[i].class}};
        report->discovery = &discovery;
        report_finish(report);
        CU_ASSERT_EQUAL(report->judgement.is_complete, cases[i].is_complete);
        CHECK_STR(report_outcome_name(report->judgement.outcome), cases[i].outcome);
        report_free(report);
    }
}

/* What the report holds besides its clusters is judged as well. */
static void test_judgement(void)
{
    struct report *report = make_report("oF");
    report_finish(report);
    CU_ASSERT_EQUAL(report->judgement.status, EXIT_COMPLETE);
    report->interrupted_by = "SIGTERM";
    report_finish(report);
    CU_ASSERT_EQUAL(report->judgement.status, EXIT_INCOMPLETE);
    CU_ASSERT_FALSE(report->judgement.is_complete);
    report->interrupted_by = NULL;
    static const char *const unmatched[] = {"nobody-*", NULL};
    struct report_selection selection = {.projects = unmatched, .unmatched = unmatched};
    report->selection = &selection;
    report_finish(report);
    CU_ASSERT_EQUAL(report->judgement.status, EXIT_INCOMPLETE);
    report_free(report);
}

/* Each side's view by one letter; a blank: no id, no phase, no figure. */
static struct workload_view make_view(const char *id, enum workload_phase phase,
                                      const char *raw_phase, int64_t gpus)
{
    return (struct workload_view){str_of(id), phase, str_of(raw_phase), gpus};
}

enum { DIFFERENCES = 9 };

/* In order already, when only this side's view counts. */
static void make_differences(struct difference out[DIFFERENCES], size_t view_offset)
{
    static const struct {
        const char *project, *name, *id;
        enum workload_phase phase;
        const char *raw_phase;
        int64_t gpus;
    } rows[DIFFERENCES] = {
        {NULL, "z", "z", PHASE_UNKNOWN, "z", 9}, {"a", NULL, "z", PHASE_UNKNOWN, "z", 9},
        {"a", "b", NULL, PHASE_UNKNOWN, "z", 9}, {"a", "b", "1", PHASE_NULL, "z", 9},
        {"a", "b", "1", PHASE_RUNNING, NULL, 9}, {"a", "b", "1", PHASE_RUNNING, "r", AMOUNT_NULL},
        {"a", "b", "1", PHASE_RUNNING, "r", 0},  {"a", "b", "2", PHASE_NULL, NULL, 0},
        {"a-", "a", NULL, PHASE_NULL, NULL, 0},
    };
    for (size_t i = 0; i < DIFFERENCES; i++) {
        struct workload_view view =
            make_view(rows[i].id, rows[i].phase, rows[i].raw_phase, rows[i].gpus);
        out[i] =
            (struct difference){.project = str_of(rows[i].project), .name = str_of(rows[i].name)};
        memcpy((char *)&out[i] + view_offset, &view, sizeof view);
    }
}

static void reverse(struct difference *items)
{
    for (size_t i = 0; i < DIFFERENCES / 2; i++) {
        struct difference first = items[i];
        items[i] = items[DIFFERENCES - 1 - i];
        items[DIFFERENCES - 1 - i] = first;
    }
}

/* Whether the list holds the rows in their order; the other side's view must not matter. */
static void check_order(const struct difference *items, size_t view_offset)
{
    struct difference expected[DIFFERENCES];
    make_differences(expected, view_offset);
    for (size_t i = 0; i < DIFFERENCES; i++) {
        const struct workload_view *view =
            (const struct workload_view *)(const void *)((const char *)&items[i] + view_offset);
        const struct workload_view *wanted =
            (const struct workload_view *)(const void *)((const char *)&expected[i] + view_offset);
        CU_ASSERT(str_equals(items[i].project, expected[i].project));
        CU_ASSERT(str_equals(items[i].name, expected[i].name));
        CU_ASSERT(str_equals(view->id, wanted->id));
        CU_ASSERT_EQUAL(view->phase, wanted->phase);
        CU_ASSERT(str_equals(view->raw_phase, wanted->raw_phase));
        CU_ASSERT_EQUAL(view->gpus_allocated, wanted->gpus_allocated);
    }
}

static void test_section_order(void)
{
    const size_t cluster = offsetof(struct difference, cluster);
    const size_t control_plane = offsetof(struct difference, control_plane);
    struct difference by_cluster[DIFFERENCES], by_control_plane[DIFFERENCES];
    make_differences(by_cluster, cluster);
    make_differences(by_control_plane, control_plane);
    /* What the other side's view happens to hold would give another order. */
    for (size_t i = 0; i < DIFFERENCES; i++) {
        by_cluster[i].control_plane.gpus_allocated = -(int64_t)i;
        by_control_plane[i].cluster.gpus_allocated = -(int64_t)i;
        by_control_plane[i].cluster.id = str_of(i % 2 == 0 ? "x" : "y");
    }
    reverse(by_cluster);
    reverse(by_control_plane);
    struct difference differing[] = {
        {str_of("p"), str_of("n"), make_view("c", PHASE_NULL, NULL, 0),
         make_view("a", PHASE_RUNNING, NULL, 0)},
        {str_of("p"), str_of("n"), make_view("c", PHASE_NULL, NULL, 0),
         make_view("a", PHASE_PENDING, NULL, 0)},
        {str_of("p"), str_of("n"), make_view(NULL, PHASE_NULL, NULL, 0),
         make_view("b", PHASE_NULL, NULL, 0)},
        {str_of("p"), str_of("n"), make_view("a", PHASE_NULL, NULL, 0),
         make_view("z", PHASE_NULL, NULL, 0)},
    };
    struct reconciled_cluster clusters[] = {
        {.name = "b"},
        {.name = "a",
         .only_control_plane = {by_control_plane, DIFFERENCES, DIFFERENCES},
         .only_cluster = {by_cluster, DIFFERENCES, DIFFERENCES},
         .differing = {differing, 4, 4}},
    };
    struct reconciliation reconciliation = {.clusters = clusters, .cluster_count = 2};
    const char *appeared[] = {"b", "B", "a"}, *vanished[] = {"d", "c"};
    struct discovery_section discovery = {
        .appeared = appeared, .appeared_count = 3, .vanished = vanished, .vanished_count = 2};
    struct report *report = make_report("");
    report->reconciliation = &reconciliation;
    report->discovery = &discovery;
    report_finish(report);
    CHECK_STR(appeared[0], "B");
    CHECK_STR(appeared[1], "a");
    CHECK_STR(appeared[2], "b");
    CHECK_STR(vanished[0], "c");
    CHECK_STR(clusters[0].name, "a");
    CHECK_STR(clusters[1].name, "b");
    check_order(by_cluster, cluster);
    check_order(by_control_plane, control_plane);
    CHECK_STR(differing[0].cluster.id.data, "a");
    CHECK_STR(differing[1].control_plane.id.data, "b");
    CU_ASSERT_EQUAL(differing[2].control_plane.phase, PHASE_PENDING);
    CU_ASSERT_EQUAL(differing[3].control_plane.phase, PHASE_RUNNING);
    report_free(report);
}

static void test_new(void)
{
    struct report *a = report_new(), *b = report_new();
    CU_ASSERT_EQUAL(strlen(a->run_id), 36);
    CU_ASSERT_EQUAL(a->run_id[14], '4');
    CU_ASSERT(strchr("89ab", a->run_id[19]) != NULL);
    for (int i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        CU_ASSERT(is_dash ? a->run_id[i] == '-' : strchr("0123456789abcdef", a->run_id[i]) != NULL);
    }
    CU_ASSERT(strcmp(a->run_id, b->run_id) != 0);
    CU_ASSERT(a->host[0] != '\0');
    CU_ASSERT_EQUAL(a->shard_count, 1);
    report_free(a);
    report_free(b);
    report_free(NULL);
}

static void test_status_names(void)
{
    CHECK_STR(entry_status_name(STATUS_OK), "ok");
    CHECK_STR(entry_status_name(STATUS_PARTIAL), "partial");
    CHECK_STR(entry_status_name(STATUS_FAILED), "failed");
    CHECK_STR(entry_status_name(STATUS_SKIPPED), "skipped");
}

struct seen {
    char text[64];
    unsigned stop_after;
};

static bool see(void *arg, const struct cluster_entry *cluster, const struct workload *workload)
{
    struct seen *seen = arg;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof seen->text - used, "%s/%.*s ", cluster->name,
             (int)workload->name.len, workload->name.data);
    return seen->stop_after == 0 || --seen->stop_after > 0;
}

static void put(struct spool *spool, struct spool_set *set, const char *name)
{
    struct error error = {0};
    struct spool_stage *stage = spool_stage_new(spool);
    struct workload workload;
    workload_init(&workload);
    workload.name = str_of(name);
    CU_ASSERT(spool_stage_add(stage, &workload, &error));
    CU_ASSERT(spool_stage_commit(stage, set, &error));
    spool_stage_free(stage);
}

static void test_each_workload(void)
{
    struct error error = {0};
    struct spool *spool = spool_new("/tmp", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(spool);
    struct report *report = make_report("ofo");
    report->clusters[0].workloads = spool_set_new(spool);
    report->clusters[2].workloads = spool_set_new(spool);
    put(spool, report->clusters[0].workloads, "z");
    put(spool, report->clusters[0].workloads, "y");
    put(spool, report->clusters[2].workloads, "x");
    report_finish(report);
    struct seen seen = {.stop_after = 0};
    CU_ASSERT(report_each_workload(report, see, &seen, &error));
    CHECK_STR(seen.text, "c/x e/y e/z ");
    seen = (struct seen){.stop_after = 2};
    CU_ASSERT_FALSE(report_each_workload(report, see, &seen, &error));
    CHECK_STR(seen.text, "c/x e/y ");
    CU_ASSERT_EQUAL(error.class, ERR_NONE);
    report_free(report);
    spool_free(spool);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"coverage and outcome", test_coverage},
        {"everything is sorted", test_order},
        {"a discovery that failed", test_discovery},
        {"what is judged", test_judgement},
        {"the sections are sorted", test_section_order},
        {"a new report", test_new},
        {"status names", test_status_names},
        {"workloads by cluster, then in order", test_each_workload},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/report", tests);
}
