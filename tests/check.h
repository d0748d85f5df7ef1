/*
 * What every test program shares: one CUnit suite from a table of tests, and an exit status that is
 * taken from the failure counts (CU_basic_run_tests() returns 0 with a failed test).
 *
 *     static void test_empty(void) { CU_ASSERT_EQUAL(...); }
 *     int main(void)
 *     {
 *         const CU_TestInfo tests[] = { { "an empty list", test_empty }, CU_TEST_INFO_NULL };
 *         return check_run("unit/tally", tests);
 *     }
 *
 * Prints each test's name and, last, "NAME: N passed, M failed", counting tests.
 */
#ifndef CHECK_H
#define CHECK_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define CHECK_STR(actual, expected)                                                                \
    do {                                                                                           \
        const char *check_a = (actual), *check_e = (expected);                                     \
        if (check_a == NULL || strcmp(check_a, check_e) != 0)                                      \
            fprintf(stderr, "    %s:%d: got \"%s\", expected \"%s\"\n", __FILE__, __LINE__,        \
                    check_a == NULL ? "(null)" : check_a, check_e);                                \
        CU_ASSERT(check_a != NULL && strcmp(check_a, check_e) == 0);                               \
    } while (0)

static inline int check_run(const char *name, const CU_TestInfo *tests)
{
    /* So that whoever watches, or ends a test that hangs, sees how far it got. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    if (suite == NULL)
        return 2;
    for (const CU_TestInfo *t = tests; t->pName != NULL; t++)
        if (CU_add_test(suite, t->pName, t->pTestFunc) == NULL)
            return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_ErrorCode result = CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned run = CU_get_number_of_tests_run();
    if (result != CUE_SUCCESS || run == 0)
        failed++;
    printf("%s: %u passed, %u failed\n", name, run - CU_get_number_of_tests_failed(), failed);
    fflush(stdout);
    CU_cleanup_registry();
    return failed == 0 ? 0 : 1;
}

#endif
