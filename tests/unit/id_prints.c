/* Fingerprints: whether one was kept twice, whatever attempts come and go. */
#include "../../src/collect/id_prints.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void fill(struct id_prints *prints, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        id_prints_add(prints, next_random(&seed));
}

/* One that comes twice is found among any number, wherever the two are. */
static void test_found(void)
{
    static const size_t counts[] = {2, 3, 31, 32, 33, 511, 512, 513, 1025, 5000, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct id_prints prints = {0};
        size_t count = counts[i];
        fill(&prints, count, i);
        id_prints_keep(&prints);
        CU_ASSERT_FALSE(id_prints_may_repeat(&prints));
        const size_t places[][2] = {{0, count - 1}, {count / 2, count / 2 + 1}, {count - 2, 0}};
        for (size_t j = 0; j < 3; j++) {
            if (places[j][0] == places[j][1] || places[j][1] >= count)
                continue;
            uint64_t former = prints.items[places[j][0]];
            prints.items[places[j][0]] = prints.items[places[j][1]];
            CU_ASSERT_TRUE(id_prints_may_repeat(&prints));
            prints.items[places[j][0]] = former;
        }
        id_prints_free(&prints);
    }
}

/* Also where they are anything but spread: none may be overlooked. */
static void test_uneven(void)
{
    struct id_prints prints = {0};
    for (uint64_t i = 1; i <= 3000; i++)
        id_prints_add(&prints, i << 32);
    id_prints_add(&prints, 7ULL << 32);
    id_prints_keep(&prints);
    CU_ASSERT_TRUE(id_prints_may_repeat(&prints));
    CU_ASSERT_EQUAL(id_prints_take_repeated(&prints), 1);
    CU_ASSERT_TRUE(id_prints_have(&prints, 7ULL << 32));
    id_prints_free(&prints);
    CU_ASSERT_FALSE(id_prints_may_repeat(&prints));
    id_prints_add(&prints, 0);
    id_prints_add(&prints, 0);
    id_prints_keep(&prints);
    CU_ASSERT_TRUE(id_prints_may_repeat(&prints));
    id_prints_free(&prints);
}

/* An attempt that is not kept leaves nothing, so that the next one repeats nothing. */
static void test_attempts(void)
{
    struct id_prints prints = {0};
    fill(&prints, 10, 1);
    id_prints_keep(&prints);
    for (int attempt = 0; attempt < 3; attempt++) {
        id_prints_begin(&prints);
        fill(&prints, 1000, 2);
    }
    CU_ASSERT_FALSE(id_prints_may_repeat(&prints));
    id_prints_keep(&prints);
    CU_ASSERT_EQUAL(prints.kept, 1010);
    CU_ASSERT_FALSE(id_prints_may_repeat(&prints));
    id_prints_begin(&prints);
    fill(&prints, 1, 2);
    id_prints_keep(&prints);
    CU_ASSERT_TRUE(id_prints_may_repeat(&prints));
    id_prints_free(&prints);
}

/* Lists of one cluster: what only one of them has kept twice, and what two of them have. */
static void test_move(void)
{
    struct id_prints lists[3] = {{0}}, cluster = {0};
    for (size_t i = 0; i < 3; i++) {
        fill(&lists[i], 100 * (i + 1), i);
        id_prints_keep(&lists[i]);
        id_prints_add(&lists[i], lists[i].items[0]); /* of an attempt that failed */
        id_prints_move(&lists[i], &cluster);
        CU_ASSERT_EQUAL(lists[i].kept + lists[i].count, 0);
    }
    CU_ASSERT_EQUAL(cluster.kept, 600);
    CU_ASSERT_FALSE(id_prints_may_repeat(&cluster));
    fill(&lists[0], 1, 2);
    id_prints_keep(&lists[0]);
    id_prints_move(&lists[0], &cluster);
    CU_ASSERT_TRUE(id_prints_may_repeat(&cluster));
    id_prints_move(&lists[1], &cluster); /* an empty one */
    CU_ASSERT_EQUAL(cluster.kept, 601);
    id_prints_free(&cluster);
}

static void test_repeated(void)
{
    static const uint64_t items[] = {5, 9, 5, 1, 9, 9, UINT64_MAX, 3, 0, UINT64_MAX};
    struct id_prints prints = {0};
    CU_ASSERT_FALSE(id_prints_have(&prints, 0));
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        id_prints_add(&prints, items[i]);
    id_prints_keep(&prints);
    CU_ASSERT_EQUAL(id_prints_take_repeated(&prints), 3);
    CU_ASSERT(id_prints_have(&prints, 5) && id_prints_have(&prints, 9) &&
              id_prints_have(&prints, UINT64_MAX));
    CU_ASSERT(!id_prints_have(&prints, 1) && !id_prints_have(&prints, 3) &&
              !id_prints_have(&prints, 0));
    id_prints_free(&prints);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"a repetition is found", test_found},
        {"a repetition among uneven ones is found", test_uneven},
        {"attempts that fail", test_attempts},
        {"lists of one cluster", test_move},
        {"which ones came twice", test_repeated},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/id_prints", tests);
}
