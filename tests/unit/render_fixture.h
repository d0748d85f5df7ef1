/*
 * A small report as a collector would fill it (three clusters: ok, failed, partial), and what a
 * format makes of a report, as text. For the tests of the formats.
 */
#ifndef RENDER_FIXTURE_H
#define RENDER_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/render.h"

#define GPU INT64_C(1000000)

struct fixture {
    struct spool *spool;
    struct report *report;
};

static inline void fixture_add(struct fixture *fixture, struct cluster_entry *cluster,
                               const struct workload *workload)
{
    struct error error = {0};
    if (cluster->workloads == NULL)
        cluster->workloads = spool_set_new(fixture->spool);
    struct spool_stage *stage = spool_stage_new(fixture->spool);
    CU_ASSERT(spool_stage_add(stage, workload, &error));
    CU_ASSERT(spool_stage_commit(stage, cluster->workloads, &error));
    spool_stage_free(stage);
    tally_add(&fixture->report->totals, workload);
}

static inline void fixture_eu_1(struct fixture *fixture, struct cluster_entry *cluster)
{
    static const char *const labels[] = {"region=eu", NULL};
    static const struct str notebook[] = {{"jupyter/base-notebook:2026-01", 29}},
                            llm[] = {{"registry.acme.example/llm:7", 27}}, gpu_7[] = {{"gpu-7", 5}},
                            gpus[] = {{"gpu-1", 5}, {"gpu-2", 5}};
    struct project_entry *projects = arena_alloc(fixture->report->arena, sizeof *projects);
    projects[0] = (struct project_entry){
        .name = "team-a",
        .status = STATUS_OK,
        .count = {.workloads = 2, .gpus_allocated = 2 * GPU + GPU / 2},
        .gpus_quota = 4 * GPU,
    };
    *cluster = (struct cluster_entry){
        .name = "eu-1",
        .url = "https://eu-1.acme.example",
        .api = "researcher",
        .labels = labels,
        .status = STATUS_OK,
        .certificate_expires_at = 1801440000,
        .requests = 2,
        .bytes = 1840,
        .duration_ms = 143,
        .count = projects[0].count,
        .projects = projects,
        .project_count = 1,
    };
    struct workload workload;
    workload_init(&workload);
    workload.id = str_of("32201782-a525-4939-9dcb-df6654b0b340");
    workload.name = str_of("train-llm");
    workload.project = str_of("team-a");
    workload.user = str_of("ann");
    workload.type = TYPE_TRAINING;
    workload.raw_type = str_of("Train");
    workload.raw_category = str_of("Build");
    workload.phase = PHASE_RUNNING;
    workload.raw_phase = str_of("Running");
    workload.gpus_allocated = 2 * GPU;
    workload.created_at = 1795468445;
    workload.images = (struct str_list){llm, 1, true};
    workload.nodes = (struct str_list){gpus, 2, true};
    fixture_add(fixture, cluster, &workload);
    workload.id = str_of("1b577b66-4ee4-440d-be13-9b732789c453");
    workload.name = str_of("notebook");
    workload.type = TYPE_INTERACTIVE;
    workload.raw_type = str_of("Interactive");
    workload.raw_category = (struct str){0};
    workload.gpus_allocated = GPU / 2;
    workload.created_at = 1795161600;
    workload.images = (struct str_list){notebook, 1, true};
    workload.nodes = (struct str_list){gpu_7, 1, true};
    fixture_add(fixture, cluster, &workload);
}

static inline void fixture_eu_2(struct cluster_entry *cluster)
{
    static const char *const labels[] = {"region=eu", NULL};
    *cluster = (struct cluster_entry){
        .name = "eu-2",
        .url = "https://eu-2.acme.example",
        .api = "researcher",
        .labels = labels,
        .status = STATUS_FAILED,
        .error = {ERR_CONNECT, "could not connect to eu-2.acme.example: connection refused", 0, 4},
        .certificate_expires_at = TIME_NULL,
        .requests = 4,
        .retries = 3,
        .duration_ms = 7110,
        .count = {.workloads = 99, .gpus_allocated = GPU}, /* which no format may show */
    };
}

static inline void fixture_us_1(struct fixture *fixture, struct cluster_entry *cluster)
{
    static const struct str quickstart[] = {{"gcr.io/run-ai-demo/quickstart", 29}};
    struct project_entry *projects = arena_alloc(fixture->report->arena, 2 * sizeof *projects);
    projects[0] = (struct project_entry){
        .name = "team-b",
        .status = STATUS_FAILED,
        .error = {ERR_HTTP, "HTTP 500 (boom)", 500, 4},
        .count = {.workloads = 99, .gpus_allocated = GPU},
        .gpus_quota = 2 * GPU,
    };
    projects[1] = (struct project_entry){
        .name = "team-a",
        .status = STATUS_OK,
        .count = {.workloads = 1, .workloads_without_gpus = 1},
        .gpus_quota = 2 * GPU,
    };
    *cluster = (struct cluster_entry){
        .name = "us-1",
        .url = "https://us-1.acme.example",
        .api = "researcher",
        .status = STATUS_PARTIAL,
        .error = {ERR_HTTP, "project \"team-b\": HTTP 500 (boom)", 500, 4},
        .certificate_expires_at = 1801440000,
        .requests = 6,
        .retries = 3,
        .bytes = 912,
        .duration_ms = 8020,
        .count = projects[1].count,
        .projects = projects,
        .project_count = 2,
    };
    struct workload workload;
    workload_init(&workload);
    workload.id = str_of("f4606bb5-10f6-4800-9590-933ff1606eba");
    workload.name = str_of("job-0");
    workload.project = str_of("team-a");
    workload.type = TYPE_TRAINING;
    workload.phase = PHASE_PENDING;
    workload.raw_phase = str_of("ImagePullBackOff");
    workload.created_at = 1795482000;
    workload.images = (struct str_list){quickstart, 1, true};
    workload.nodes = (struct str_list){NULL, 0, true};
    fixture_add(fixture, cluster, &workload);
}

/* An empty report with everything that differs between runs set to something that does not. */
static inline void fixture_init(struct fixture *fixture)
{
    struct error error = {0};
    fixture->spool = spool_new("/tmp", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture->spool);
    struct report *report = fixture->report = report_new();
    snprintf(report->run_id, sizeof report->run_id, "0d9f4f0e-6f0b-4c39-9a53-0d6a3c1f9a11");
    snprintf(report->host, sizeof report->host, "ops-1");
    report->started_at = 1795489200;
    report->finished_at = 1795489209;
    report->duration_ms = 9312;
}

/* The three clusters, not in order. */
static inline void fixture_fill(struct fixture *fixture)
{
    struct report *report = fixture->report;
    report->cluster_count = 3;
    report->clusters = arena_alloc(report->arena, 3 * sizeof *report->clusters);
    fixture_us_1(fixture, &report->clusters[0]);
    fixture_eu_1(fixture, &report->clusters[1]);
    fixture_eu_2(&report->clusters[2]);
    report_finish(report);
}

static inline void fixture_free(struct fixture *fixture)
{
    report_free(fixture->report);
    spool_free(fixture->spool);
}

/* What the format writes; free() it. */
static inline char *fixture_render(const struct fixture *fixture, const char *format,
                                   struct render_options options)
{
    struct error error = {0};
    char directory[] = "/tmp/rollcall-test-XXXXXX";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    char *path = mem_printf("%s/out", directory);
    CU_ASSERT_FATAL(render_to(fixture->report, render_find(format), &options, path, 0600, &error));
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char *text = mem_new(1 << 20, 1);
    size_t len = fread(text, 1, (1 << 20) - 1, file);
    CU_ASSERT_EQUAL(len, strlen(text));
    fclose(file);
    unlink(path);
    rmdir(directory);
    free(path);
    return text;
}

#endif
