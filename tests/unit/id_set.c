/* Ids over pages: counted once, whatever attempts come and go. */
#include "../../src/collect/id_set.h"

#include <stdio.h>

#include "../check.h"

static void test_repetition(void)
{
    struct id_set *set = id_set_new();
    id_set_begin(set);
    CU_ASSERT_TRUE(id_set_add(set, str_of("a")));
    CU_ASSERT_TRUE(id_set_add(set, str_of("b")));
    CU_ASSERT_FALSE(id_set_add(set, str_of("a")));
    id_set_commit(set);
    CU_ASSERT_EQUAL(id_set_count(set), 2);
    id_set_begin(set);
    CU_ASSERT_FALSE(id_set_add(set, str_of("b")));
    CU_ASSERT_TRUE(id_set_add(set, str_of("c")));
    id_set_commit(set);
    CU_ASSERT_EQUAL(id_set_count(set), 3);
    id_set_free(set);
}

/* A page that is asked again is not taken for a repetition of itself. */
static void test_retry(void)
{
    struct id_set *set = id_set_new();
    id_set_begin(set);
    CU_ASSERT_TRUE(id_set_add(set, str_of("a")));
    id_set_commit(set);
    for (int attempt = 0; attempt < 3; attempt++) {
        id_set_begin(set);
        CU_ASSERT_FALSE(id_set_add(set, str_of("a")));
        CU_ASSERT_TRUE(id_set_add(set, str_of("b")));
        CU_ASSERT_FALSE(id_set_add(set, str_of("b")));
    }
    CU_ASSERT_EQUAL(id_set_count(set), 1);
    id_set_commit(set);
    CU_ASSERT_EQUAL(id_set_count(set), 2);
    id_set_free(set);
}

static void test_no_value(void)
{
    struct id_set *set = id_set_new();
    id_set_begin(set);
    CU_ASSERT_TRUE(id_set_add(set, str_of(NULL)));
    CU_ASSERT_TRUE(id_set_add(set, str_of(NULL)));
    CU_ASSERT_TRUE(id_set_add(set, str_of("")));
    CU_ASSERT_FALSE(id_set_add(set, str_of("")));
    id_set_commit(set);
    CU_ASSERT_EQUAL(id_set_count(set), 3);
    id_set_free(set);
}

/* Growing in the middle of attempts that fail. */
static void test_many(void)
{
    struct id_set *set = id_set_new();
    char id[32];
    for (int page = 0; page < 100; page++)
        for (int attempt = 0; attempt < 2; attempt++) {
            id_set_begin(set);
            for (int i = 0; i < 500; i++) {
                snprintf(id, sizeof id, "id-%d-%d", page, i);
                CU_ASSERT_TRUE(id_set_add(set, str_of(id)));
            }
            if (attempt == 1)
                id_set_commit(set);
        }
    CU_ASSERT_EQUAL(id_set_count(set), 50000);
    id_set_begin(set);
    CU_ASSERT_FALSE(id_set_add(set, str_of("id-42-17")));
    id_set_clear(set);
    CU_ASSERT_EQUAL(id_set_count(set), 0);
    id_set_begin(set);
    CU_ASSERT_TRUE(id_set_add(set, str_of("id-42-17")));
    id_set_free(set);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"a repetition", test_repetition},
                                 {"an attempt that is made again", test_retry},
                                 {"no value is never a repetition", test_no_value},
                                 {"many, with attempts that fail", test_many},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/id_set", tests);
}
