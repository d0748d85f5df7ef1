#include "rollcall/report.h"

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
        CU_ASSERT_EQUAL(coverage->ratio, cases[i].ratio);
        CU_ASSERT_EQUAL(coverage->is_complete, cases[i].is_complete);
        CU_ASSERT_EQUAL(report->totals_clusters, cases[i].ok + cases[i].partial);
        CU_ASSERT_EQUAL(report->totals_repaired, cases[i].ok + cases[i].partial);
        CHECK_STR(report_outcome(report), cases[i].outcome);
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
        {"a new report", test_new},
        {"status names", test_status_names},
        {"workloads by cluster, then in order", test_each_workload},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/report", tests);
}
