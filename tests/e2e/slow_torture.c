/* Every call that a run makes fails, in every way it can: the contract holds each time. */
#include "../check.h"
#include "lib/torture.h"

static void test_setup(enum torture_setup setup)
{
    struct torture_scene *scene = torture_open(setup, NULL);
    CU_ASSERT_EQUAL(torture_all(scene, true), 0);
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
    CU_ASSERT_EQUAL(torture_allocations(TORTURE_TO_FILE, 1), 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"with -o", test_file},
                                 {"with a report directory", test_directory},
                                 {"allocations", test_allocations},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/slow_torture", tests);
}
