/* What enriching puts into a cluster's workloads, and what it leaves as it is. */
#include "../../src/collect/join.h"

#include "../check.h"

enum { COUNT = 4 };

static const struct str pools[][2] = {{{"a100", 4}, {"h100", 4}}, {{"l40", 3}, {"t4", 2}}};

/* A workload of this name in which everything that can be filled has a figure of `seed`. */
static struct workload make_full(const char *name, int seed)
{
    static const char *const departments[] = {"dept-0", "dept-1"};
    struct workload workload;
    workload_init(&workload);
    workload.project = str_of("team");
    workload.name = str_of(name);
    workload.phase = PHASE_RUNNING;
    workload.gpus_allocated = AMOUNT_ONE;
    workload.gpus_idle = 10 + seed;
    workload.gpus_requested = 20 + seed;
    workload.pending_s = 30 + seed;
    workload.running_s = 40 + seed;
    workload.department = str_of(departments[seed % 2]);
    workload.preemptible = seed % 2 == 0 ? TRI_TRUE : TRI_FALSE;
    workload.node_pools = (struct str_list){pools[seed % 2], 2, true};
    return workload;
}

static struct workload make_bare(const char *name)
{
    struct workload workload;
    workload_init(&workload);
    workload.project = str_of("team");
    workload.name = str_of(name);
    return workload;
}

static struct spool_set *make_set(struct spool *spool, const struct workload *workloads)
{
    struct error error = {0};
    struct spool_set *set = spool_set_new(spool);
    struct spool_stage *stage = spool_stage_new(spool);
    for (size_t i = 0; i < COUNT; i++)
        CU_ASSERT(spool_stage_add(stage, &workloads[i], &error));
    CU_ASSERT(spool_stage_commit(stage, set, &error));
    spool_stage_free(stage);
    return set;
}

/* The expected ones, in order. */
struct expected {
    const struct workload *workloads;
    size_t at;
};

static bool check_one(void *arg, const struct workload *got)
{
    struct expected *expected = arg;
    const struct workload *wanted = &expected->workloads[expected->at++];
    CU_ASSERT(str_equals(got->name, wanted->name));
    CU_ASSERT(str_equals(got->department, wanted->department));
    CU_ASSERT_EQUAL(got->phase, wanted->phase);
    CU_ASSERT_EQUAL(got->preemptible, wanted->preemptible);
    CU_ASSERT_EQUAL(got->gpus_allocated, wanted->gpus_allocated);
    CU_ASSERT_EQUAL(got->gpus_idle, wanted->gpus_idle);
    CU_ASSERT_EQUAL(got->gpus_requested, wanted->gpus_requested);
    CU_ASSERT_EQUAL(got->pending_s, wanted->pending_s);
    CU_ASSERT_EQUAL(got->running_s, wanted->running_s);
    CU_ASSERT_EQUAL(got->node_pools.is_present, wanted->node_pools.is_present);
    CU_ASSERT_EQUAL_FATAL(got->node_pools.count, wanted->node_pools.count);
    for (size_t i = 0; i < got->node_pools.count; i++)
        CU_ASSERT(str_equals(got->node_pools.items[i], wanted->node_pools.items[i]));
    return true;
}

static void check_enriched(const struct workload *own, const struct workload *control,
                           const struct workload *wanted)
{
    struct error error = {0};
    struct spool *spool = spool_new("/tmp", &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(spool);
    struct join_request request = {.spool = spool, .is_enriching = true};
    request.own = make_set(spool, own);
    if (control != NULL)
        request.control = make_set(spool, control);
    CU_ASSERT(join_run(&request, &error));
    struct expected expected = {wanted, 0};
    CU_ASSERT_EQUAL(spool_set_count(request.own), COUNT);
    CU_ASSERT(spool_set_each(request.own, check_one, &expected, &error));
    CU_ASSERT_EQUAL(expected.at, COUNT);
    spool_set_free(request.own);
    spool_set_free(request.control);
    spool_free(spool);
}

static const char *const names[COUNT] = {"a", "b", "c", "d"};

/* What lacks is filled, each with its own: neighbours may share their department and pools. */
static void test_filled(void)
{
    static const int seeds[COUNT] = {0, 0, 1, 2};
    struct workload own[COUNT], control[COUNT], wanted[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        own[i] = make_bare(names[i]);
        control[i] = wanted[i] = make_full(names[i], seeds[i]);
        wanted[i].phase = PHASE_NULL;
        wanted[i].gpus_allocated = AMOUNT_NULL;
    }
    check_enriched(own, control, wanted);
    check_enriched(own, NULL, own);
    /* One without any of it between two that have it. */
    control[1] = wanted[1] = make_bare(names[1]);
    check_enriched(own, control, wanted);
}

/* What the cluster says is never replaced, an empty list and 0 included. */
static void test_kept(void)
{
    struct workload own[COUNT], control[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        own[i] = make_full(names[i], 2 + (int)i);
        control[i] = make_full(names[i], 3 + (int)i);
    }
    own[1].node_pools.count = 0;
    own[2].gpus_idle = own[2].gpus_requested = own[2].pending_s = own[2].running_s = 0;
    check_enriched(own, control, own);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what lacks is filled", test_filled},
                                 {"what is there is kept", test_kept},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/join", tests);
}
