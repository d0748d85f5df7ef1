/* What a cluster's entry gathers from its requests. */
#include "../../src/collect/collect_internal.h"
#include "../check.h"

static void account(struct cluster *cluster, const struct request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cluster_account(cluster, &requests[i]);
}

static void test_sums(void)
{
    static const struct request requests[] = {
        {.attempts = 1, .retries = 0, .bytes = 10},
        {.attempts = 3, .retries = 1, .bytes = 0},
        {.attempts = 2, .retries = 2, .bytes = 7},
    };
    struct cluster_entry entry = {.certificate_expires_at = TIME_NULL};
    struct cluster cluster = {.entry = &entry};
    account(&cluster, requests, 3);
    CU_ASSERT_EQUAL(entry.requests, 6);
    CU_ASSERT_EQUAL(entry.retries, 3);
    CU_ASSERT_EQUAL(entry.bytes, 17);
    CU_ASSERT_EQUAL(entry.certificate_expires_at, TIME_NULL);
}

/* Of several certificates the first to expire is told, in whatever order they were seen. */
static void test_certificates(void)
{
    static const struct {
        int64_t seen[4];
        int64_t told;
    } cases[] = {
        {{0, 0, 0, 0}, TIME_NULL},     {{1000, 0, 0, 0}, 1000},       {{0, 0, 1000, 0}, 1000},
        {{1000, 2000, 3000, 0}, 1000}, {{3000, 2000, 1000, 0}, 1000}, {{2000, 1000, 3000, 0}, 1000},
        {{2000, 2000, 0, 2000}, 2000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cluster_entry entry = {.certificate_expires_at = TIME_NULL};
        struct cluster cluster = {.entry = &entry};
        for (size_t j = 0; j < 4; j++) {
            const struct request request = {.certificate_expires_at = cases[i].seen[j]};
            cluster_account(&cluster, &request);
        }
        CU_ASSERT_EQUAL(entry.certificate_expires_at, cases[i].told);
    }
}

/* A project that is named several times has the quota on which all agree that say one. */
static void test_projects(void)
{
    static const struct {
        int64_t quotas[3], expected;
    } cases[] = {
        {{4, 4, 4}, 4},
        {{4, 5, 6}, AMOUNT_NULL},
        {{5, 4, 4}, AMOUNT_NULL},
        {{AMOUNT_NULL, 4, 4}, 4},
        {{AMOUNT_NULL, 4, 5}, AMOUNT_NULL},
        {{AMOUNT_NULL, AMOUNT_NULL, 0}, 0},
        {{AMOUNT_NULL, AMOUNT_NULL, AMOUNT_NULL}, AMOUNT_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t turn = 0; turn < 3; turn++) {
            struct project_entry projects[5] = {{.name = "z", .gpus_quota = 9},
                                                {.name = "a", .gpus_quota = 1}};
            for (size_t j = 0; j < 3; j++) {
                projects[2 + j].name = "p";
                projects[2 + j].gpus_quota = cases[i].quotas[(turn + j) % 3];
            }
            CU_ASSERT_EQUAL_FATAL(cluster_unite_projects(projects, 5), 3);
            CHECK_STR(projects[1].name, "p");
            CU_ASSERT_EQUAL(projects[0].gpus_quota, 1);
            CU_ASSERT_EQUAL(projects[1].gpus_quota, cases[i].expected);
            CU_ASSERT_EQUAL(projects[2].gpus_quota, 9);
        }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"sums", test_sums},
                                 {"certificates", test_certificates},
                                 {"projects", test_projects},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/cluster", tests);
}
