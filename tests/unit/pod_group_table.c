/* What PodGroups add up to. */
#include "../../src/collect/pod_group_table.h"

#include <stdio.h>

#include "../check.h"

static void add(struct pod_group_table *table, const char *owner, int64_t allocated,
                int64_t requested)
{
    const struct pod_group group = {str_of(owner), {allocated, requested}};
    const struct pod_group_row row = pod_group_table_row(table, &group);
    pod_group_table_add(table, &row);
}

static void check(const struct pod_group_table *table, const char *owner, int64_t allocated,
                  int64_t requested)
{
    struct pod_group_gpus gpus = {7, 7};
    CU_ASSERT(pod_group_table_find(table, str_of(owner), &gpus));
    CU_ASSERT_EQUAL(gpus.allocated, allocated);
    CU_ASSERT_EQUAL(gpus.requested, requested);
}

static void test_sums(void)
{
    struct pod_group_table *table = pod_group_table_new();
    struct pod_group_gpus gpus = {7, 8};
    CU_ASSERT_FALSE(pod_group_table_find(table, str_of("a"), &gpus));
    add(table, "a", 1, 10);
    add(table, "b", 0, AMOUNT_NULL);
    add(table, "a", 2, 20);
    add(table, "b", 0, 5);
    check(table, "a", 3, 30);
    check(table, "b", 0, AMOUNT_NULL);
    CU_ASSERT_FALSE(pod_group_table_find(table, str_of("c"), &gpus));
    CU_ASSERT(gpus.allocated == 7 && gpus.requested == 8);
    pod_group_table_free(table);
}

/* Whatever order they come in: one without a figure leaves none. */
static void test_missing(void)
{
    static const int64_t amounts[][3] = {
        {AMOUNT_NULL, 1, 2}, {1, AMOUNT_NULL, 2}, {1, 2, AMOUNT_NULL}};
    for (size_t i = 0; i < 3; i++) {
        struct pod_group_table *table = pod_group_table_new();
        for (size_t j = 0; j < 3; j++)
            add(table, "a", amounts[i][j], 1);
        check(table, "a", AMOUNT_NULL, 3);
        pod_group_table_free(table);
    }
}

static void test_largest(void)
{
    struct pod_group_table *table = pod_group_table_new();
    add(table, "a", AMOUNT_MAX - 1, AMOUNT_MAX);
    add(table, "a", 1, 1);
    check(table, "a", AMOUNT_MAX, AMOUNT_NULL);
    add(table, "a", 0, 0);
    check(table, "a", AMOUNT_MAX, AMOUNT_NULL);
    pod_group_table_free(table);
}

static void test_many(void)
{
    enum { COUNT = 20000 };
    struct pod_group_table *table = pod_group_table_new();
    char owner[16];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            snprintf(owner, sizeof owner, "uid-%d", i);
            add(table, owner, i, 2);
        }
    for (int i = 0; i < COUNT; i++) {
        snprintf(owner, sizeof owner, "uid-%d", i);
        check(table, owner, 2 * i, 4);
    }
    pod_group_table_free(table);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"sums", test_sums},
        {"one without a figure", test_missing},
        {"the largest amounts", test_largest},
        {"many owners", test_many},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/pod_group_table", tests);
}
