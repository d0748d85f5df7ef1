/* What PodGroups add up to. */
#include "../../src/collect/pod_group_table.h"

#include <stdio.h>

#include "../check.h"

static void add(struct pod_group_table *table, const char *owner, int64_t allocated,
                int64_t requested)
{
    static unsigned long uids;
    char uid[24];
    snprintf(uid, sizeof uid, "%lu", ++uids);
    const struct pod_group group = {
        .owner = str_of(owner), .uid = str_of(uid), .gpus = {allocated, requested}};
    struct pod_group_row row = pod_group_table_row(table, &group);
    pod_group_table_add(table, &row, 1);
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
    CU_ASSERT_EQUAL(pod_group_table_add(table, NULL, 0), 0);
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

#define TEXT(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define GROUP(uid, space, name, owner, allocated, requested)                                       \
    {                                                                                              \
        TEXT(owner), TEXT(uid), TEXT(space), TEXT(name), {allocated, requested}, 0                 \
    }

/* Groups, and what "a" and "b" have of them then. */
static const struct {
    struct pod_group groups[3];
    int64_t a[2], b[2];
} repeated[] = {
    /* One uid is one PodGroup, whatever it is called. */
    {{GROUP("1", "n", "x", "a", 2, 3), GROUP("1", "n", "x", "a", 2, 3),
      GROUP("2", "n", "x", "b", 5, 6)},
     {2, 3},
     {5, 6}},
    {{GROUP("1", "n", "x", "a", 2, 3), GROUP("1", "m", "y", "a", 2, 3),
      GROUP("2", "n", "x", "b", 5, 6)},
     {2, 3},
     {5, 6}},
    /* Without one its name in its namespace says which it is. */
    {{GROUP("", "n", "x", "a", 2, 3), GROUP("", "n", "x", "a", 2, 3),
      GROUP("", "n", "y", "b", 5, 6)},
     {2, 3},
     {5, 6}},
    {{GROUP("", "n", "x", "a", 2, 3), GROUP("", "nx", "", "a", 1, 1),
      GROUP("", "m", "x", "b", 5, 6)},
     {3, 4},
     {5, 6}},
    /* And where no namespace is said, its name among its owner's. */
    {{GROUP("", "", "x", "a", 2, 3), GROUP("", "", "x", "a", 2, 3), GROUP("", "", "x", "b", 5, 6)},
     {2, 3},
     {5, 6}},
    /* One without uid and name is like any other such one of its owner. */
    {{GROUP("", "n", "", "a", 2, 3), GROUP("", "n", "", "b", 5, 6),
      GROUP("1", "n", "x", "a", 1, 1)},
     {3, 4},
     {5, 6}},
    {{GROUP("", "n", "", "a", 2, 3), GROUP("", "n", "", "a", 2, 3), GROUP("", "n", "", "b", 5, 6)},
     {AMOUNT_NULL, AMOUNT_NULL},
     {5, 6}},
    /* One that is not the same twice says nothing. */
    {{GROUP("1", "n", "x", "a", 2, 3), GROUP("1", "n", "x", "a", 4, 3),
      GROUP("2", "n", "y", "b", 5, 6)},
     {AMOUNT_NULL, AMOUNT_NULL},
     {5, 6}},
    {{GROUP("1", "n", "x", "a", 2, 3), GROUP("1", "n", "x", "a", 2, AMOUNT_NULL),
      GROUP("2", "n", "y", "b", 5, 6)},
     {AMOUNT_NULL, AMOUNT_NULL},
     {5, 6}},
    {{GROUP("1", "n", "x", "a", 2, 3), GROUP("1", "n", "x", "b", 2, 3),
      GROUP("2", "n", "y", "b", 5, 6)},
     {AMOUNT_NULL, AMOUNT_NULL},
     {AMOUNT_NULL, AMOUNT_NULL}},
    /* What has no figure has none twice. */
    {{GROUP("1", "n", "x", "a", AMOUNT_NULL, 3), GROUP("1", "n", "x", "a", AMOUNT_NULL, 3),
      GROUP("2", "n", "y", "b", 5, 6)},
     {AMOUNT_NULL, 3},
     {5, 6}},
};

/* In every order. */
static void test_repeated(void)
{
    static const size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
        for (size_t j = 0; j < sizeof orders / sizeof *orders; j++) {
            struct pod_group_table *table = pod_group_table_new();
            struct pod_group_row rows[3];
            for (size_t k = 0; k < 3; k++)
                rows[k] = pod_group_table_row(table, &repeated[i].groups[orders[j][k]]);
            pod_group_table_add(table, rows, 3);
            check(table, "a", repeated[i].a[0], repeated[i].a[1]);
            check(table, "b", repeated[i].b[0], repeated[i].b[1]);
            pod_group_table_free(table);
        }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"sums", test_sums},
        {"one without a figure", test_missing},
        {"the largest amounts", test_largest},
        {"many owners", test_many},
        {"PodGroups that come more than once", test_repeated},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/pod_group_table", tests);
}
