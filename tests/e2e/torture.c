/* Calls that a run makes fail, and the contract holds each time: one call of each function, each in
 * one way; in the slow tests every call in every way it can. */
#include "lib/torture.h"
#include "../check.h"
#include "lib/e2e.h"

/* Every so manieth allocation fails in the quick tests. */
#define SAMPLED 13

static void test_setup(enum torture_setup setup)
{
    struct torture_scene *scene = torture_open(setup, NULL);
    CU_ASSERT_EQUAL(torture_all(scene, e2e_is_slow_wanted()), 0);
    torture_close(scene);
}

static void test_file(void)
{
    test_setup(TORTURE_TO_FILE);
}

static void test_directory(void)
{
    test_setup(TORTURE_TO_DIRECTORY);
}

static void test_allocations(void)
{
    CU_ASSERT_EQUAL(torture_allocations(TORTURE_TO_FILE, e2e_is_slow_wanted() ? 1 : SAMPLED), 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"with -o", test_file},
                                 {"with a report directory", test_directory},
                                 {"allocations", test_allocations},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/torture", tests);
}
