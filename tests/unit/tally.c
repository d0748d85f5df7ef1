#include "rollcall/tally.h"

#include <stdlib.h>

#include "../check.h"

#define GPU INT64_C(1000000)

struct row {
    const char *project;
    const char *user;
    enum workload_type type;
    enum workload_phase phase;
    int64_t gpus;
};

static const struct row rows[] = {
    {"team-a", "ann", TYPE_TRAINING, PHASE_RUNNING, 2 * GPU},
    {"team-a", NULL, TYPE_TRAINING, PHASE_PENDING, AMOUNT_NULL},
    {"team-b", "bob", TYPE_INTERACTIVE, PHASE_RUNNING, GPU / 2},
    {NULL, "ann", TYPE_NULL, PHASE_NULL, 1},
    {"", "ann", TYPE_OTHER, PHASE_UNKNOWN, 0},
    {"team-a", "", TYPE_TRAINING, PHASE_FAILED, AMOUNT_NULL},
    {"team", "bob", TYPE_INFERENCE, PHASE_STOPPED, AMOUNT_MAX},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static void add_row(struct tally *tally, const struct row *row)
{
    struct workload workload;
    workload_init(&workload);
    workload.project = str_of(row->project);
    workload.user = str_of(row->user);
    workload.type = row->type;
    workload.phase = row->phase;
    workload.gpus_allocated = row->gpus;
    tally_add(tally, &workload);
}

static bool counts_equal(const struct count *a, const struct count *b)
{
    return a->workloads == b->workloads && a->workloads_without_gpus == b->workloads_without_gpus &&
           a->gpus_allocated == b->gpus_allocated;
}

static bool maps_equal(const struct count_map *a, const struct count_map *b)
{
    size_t a_count, b_count;
    struct key_count *left = count_map_sorted(a, &a_count), *right = count_map_sorted(b, &b_count);
    bool is_equal = a_count == b_count;
    for (size_t i = 0; is_equal && i < a_count; i++)
        is_equal =
            str_equals(left[i].key, right[i].key) && counts_equal(&left[i].count, &right[i].count);
    free(left);
    free(right);
    return is_equal;
}

static bool tallies_equal(const struct tally *a, const struct tally *b)
{
    bool is_equal = counts_equal(&a->all, &b->all);
    for (int i = 0; i < PHASE_COUNT; i++)
        is_equal = is_equal && counts_equal(&a->by_phase[i], &b->by_phase[i]);
    for (int i = 0; i < TYPE_COUNT; i++)
        is_equal = is_equal && counts_equal(&a->by_type[i], &b->by_type[i]);
    return is_equal && maps_equal(a->by_project, b->by_project) &&
           maps_equal(a->by_user, b->by_user);
}

static void check_keys(const struct count_map *map, const char *expected)
{
    char text[256] = "", *end = text;
    size_t count;
    struct key_count *keys = count_map_sorted(map, &count);
    for (size_t i = 0; i < count; i++)
        end += snprintf(end, sizeof text - (size_t)(end - text), "%.*s:%lld ",
                        keys[i].key.data == NULL ? 1 : (int)keys[i].key.len,
                        keys[i].key.data == NULL ? "~" : keys[i].key.data,
                        (long long)keys[i].count.workloads);
    CHECK_STR(text, expected);
    free(keys);
}

static void test_sums(void)
{
    struct tally tally;
    tally_init(&tally);
    for (int i = 0; i < ROW_COUNT; i++)
        add_row(&tally, &rows[i]);
    CU_ASSERT_EQUAL(tally.all.workloads, 7);
    CU_ASSERT_EQUAL(tally.all.workloads_without_gpus, 2);
    CU_ASSERT(tally.all.gpus_allocated == (amount_sum)AMOUNT_MAX + 2 * GPU + GPU / 2 + 1);
    CU_ASSERT_EQUAL(tally.by_phase[PHASE_RUNNING].workloads, 2);
    CU_ASSERT(tally.by_phase[PHASE_RUNNING].gpus_allocated == 2 * GPU + GPU / 2);
    CU_ASSERT_EQUAL(tally.by_phase[PHASE_NULL].workloads, 1);
    CU_ASSERT_EQUAL(tally.by_phase[PHASE_SUCCEEDED].workloads, 0);
    CU_ASSERT_EQUAL(tally.by_type[TYPE_TRAINING].workloads, 3);
    CU_ASSERT_EQUAL(tally.by_type[TYPE_TRAINING].workloads_without_gpus, 2);
    check_keys(tally.by_project, "~:1 :1 team:1 team-a:3 team-b:1 ");
    check_keys(tally.by_user, "~:1 :1 ann:3 bob:2 ");
    tally_free(&tally);
}

/* What is moved is there once, whatever there was before. */
static void test_move(void)
{
    for (int before = 0; before <= ROW_COUNT; before++) {
        struct tally from, into, all, empty;
        tally_init(&from);
        tally_init(&into);
        tally_init(&all);
        tally_init(&empty);
        for (int i = 0; i < ROW_COUNT; i++) {
            add_row(i < before ? &into : &from, &rows[i]);
            add_row(&all, &rows[i]);
        }
        tally_move(&from, &into);
        CU_ASSERT(tallies_equal(&into, &all));
        CU_ASSERT(tallies_equal(&from, &empty));
        add_row(&from, &rows[0]); /* and it can be used again */
        CU_ASSERT_EQUAL(from.all.workloads, 1);
        tally_free(&from);
        tally_free(&into);
        tally_free(&all);
    }
}

static void test_order(void)
{
    static const struct {
        const char *key;
        int workloads;
    } expected[] = {{NULL, 1}, {"", 1}, {"team", 1}, {"team-a", 3}, {"team-b", 1}};
    struct tally tally;
    tally_init(&tally);
    for (int i = 0; i < ROW_COUNT; i++)
        add_row(&tally, &rows[i]);
    size_t count;
    struct key_count *sorted = count_map_sorted(tally.by_project, &count);
    CU_ASSERT_EQUAL_FATAL(count, 5);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT(str_equals(sorted[i].key, str_of(expected[i].key)));
        CU_ASSERT_EQUAL(sorted[i].count.workloads, expected[i].workloads);
    }
    free(sorted);
    tally_free(&tally);
}

/* A sum beyond 64 bits of millionths. */
static void test_large_sum(void)
{
    struct tally tally;
    tally_init(&tally);
    const struct row row = {"p", "u", TYPE_OTHER, PHASE_RUNNING, AMOUNT_MAX};
    for (int i = 0; i < 20000; i++)
        add_row(&tally, &row);
    char text[AMOUNT_SIZE];
    amount_format(tally.all.gpus_allocated, text);
    CHECK_STR(text, "20000000000000");
    tally_free(&tally);
}

/* Every rotation of the rows, cut in two at every place and merged in both orders. */
static void test_merge_any_order(void)
{
    struct tally whole;
    tally_init(&whole);
    for (int i = 0; i < ROW_COUNT; i++)
        add_row(&whole, &rows[i]);
    for (int start = 0; start < ROW_COUNT; start++) {
        for (int cut = 0; cut <= ROW_COUNT; cut++) {
            struct tally parts[2], merged;
            tally_init(&parts[0]);
            tally_init(&parts[1]);
            tally_init(&merged);
            for (int i = 0; i < ROW_COUNT; i++)
                add_row(&parts[i >= cut], &rows[(start + i) % ROW_COUNT]);
            tally_merge(&merged, &parts[(start + cut) % 2]);
            tally_merge(&merged, &parts[(start + cut + 1) % 2]);
            CU_ASSERT(tallies_equal(&merged, &whole));
            tally_free(&parts[0]);
            tally_free(&parts[1]);
            tally_free(&merged);
        }
    }
    tally_free(&whole);
}

static void test_many_keys(void)
{
    enum { KEYS = 5000 };
    struct tally tally;
    tally_init(&tally);
    for (int i = 0; i < 3 * KEYS; i++) {
        char project[16];
        snprintf(project, sizeof project, "p%04d", i * 7919 % KEYS);
        const struct row row = {project, "u", TYPE_OTHER, PHASE_RUNNING, GPU};
        add_row(&tally, &row);
    }
    size_t count;
    struct key_count *sorted = count_map_sorted(tally.by_project, &count);
    CU_ASSERT_EQUAL_FATAL(count, KEYS);
    for (size_t i = 0; i < count; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "p%04zu", i);
        CU_ASSERT(str_equals(sorted[i].key, str_of(expected)));
        CU_ASSERT_EQUAL(sorted[i].count.workloads, 3);
    }
    free(sorted);
    tally_free(&tally);
}

static void test_clear_and_free(void)
{
    struct tally tally, empty, once;
    tally_init(&tally);
    tally_init(&empty);
    tally_init(&once);
    add_row(&once, &rows[2]);
    for (int i = 0; i < ROW_COUNT; i++)
        add_row(&tally, &rows[i]);
    tally_clear(&tally);
    CU_ASSERT(tallies_equal(&tally, &empty));
    add_row(&tally, &rows[2]);
    CU_ASSERT(tallies_equal(&tally, &once));
    tally_free(&tally);
    CU_ASSERT(tallies_equal(&tally, &empty));
    add_row(&tally, &rows[2]);
    CU_ASSERT(tallies_equal(&tally, &once));
    tally_free(&tally);
    tally_free(&once);
}

static void test_has_gpus(void)
{
    static const struct {
        struct count count;
        bool expected;
    } cases[] = {
        {{0, 0, 0}, true}, {{3, 3, 0}, false}, {{3, 2, 0}, true},
        {{3, 0, 5}, true}, {{1, 1, 0}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(count_has_gpus(&cases[i].count), cases[i].expected);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"sums by phase and type", test_sums},
        {"what is moved", test_move},
        {"keys are sorted, no value first", test_order},
        {"sums do not overflow", test_large_sum},
        {"merging in any order is the same", test_merge_any_order},
        {"many keys", test_many_keys},
        {"clear and free leave nothing", test_clear_and_free},
        {"a sum without figures is no sum", test_has_gpus},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/tally", tests);
}
