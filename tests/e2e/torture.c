/* One call of each function fails, each in one way: the contract holds. slow_torture.c does it with
 * every call. */
#include "lib/torture.h"
#include "../check.h"

static void test_setup(enum torture_setup setup)
{
    struct torture_scene *scene = torture_open(setup, NULL);
    CU_ASSERT_EQUAL(torture_all(scene, false), 0);
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
    CU_ASSERT_EQUAL(torture_allocations(TORTURE_TO_FILE, 13), 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"with -o", test_file},
                                 {"with a report directory", test_directory},
                                 {"allocations", test_allocations},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/torture", tests);
}
