#include "rollcall/wipe.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "../check.h"

static char *watched;
static size_t watched_size, left_over;

#ifndef __SANITIZE_ADDRESS__ /* which has a free() of its own */
/* What free() was given last, as it was then: the program's own wins over libc's. */
extern void __libc_free(void *memory);

void free(void *memory)
{
    if (memory != NULL && memory == watched) {
        left_over = 0;
        for (size_t i = 0; i < watched_size; i++)
            left_over += watched[i] != 0;
        watched = NULL;
    }
    __libc_free(memory);
}
#endif

static void watch(char *memory, size_t size)
{
    memset(memory, 's', size);
    watched = memory;
    watched_size = size;
#ifdef __SANITIZE_ADDRESS__
    left_over = 0;
#else
    left_over = SIZE_MAX;
#endif
}

static void test_free(void)
{
    static const size_t sizes[] = {0, 1, 24, 25, 1000, 70000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *memory = wipe_malloc(sizes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
        watch(memory, sizes[i]);
        wipe_free(memory);
        CU_ASSERT_EQUAL(left_over, 0);
    }
    wipe_free(NULL);
}

static void test_growing(void)
{
    static const size_t sizes[] = {1, 100, 5000, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *memory = wipe_malloc(sizes[i]);
        watch(memory, sizes[i]);
        char *grown = wipe_realloc(memory, sizes[i] * 4 + 100);
        CU_ASSERT_PTR_NOT_NULL_FATAL(grown);
        CU_ASSERT_EQUAL(left_over, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            if (grown[j] != 's')
                CU_FAIL("bytes were lost");
        char *shrunk = wipe_realloc(grown, sizes[i]);
        CU_ASSERT_FATAL(shrunk != NULL && shrunk[0] == 's' && shrunk[sizes[i] - 1] == 's');
        wipe_free(shrunk);
    }
    char *fresh = wipe_realloc(NULL, 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fresh);
    fresh[9] = 'x';
    wipe_free(fresh);
}

static void test_others(void)
{
    char *zeroes = wipe_calloc(3, 50);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zeroes);
    for (size_t i = 0; i < 150; i++)
        CU_ASSERT_EQUAL(zeroes[i], 0);
    wipe_free(zeroes);
    char *copy = wipe_strdup("text");
    CHECK_STR(copy, "text");
#ifndef __SANITIZE_ADDRESS__ /* which ends the program instead */
    CU_ASSERT_PTR_NULL(wipe_calloc(SIZE_MAX / 2, 3));
    CU_ASSERT_PTR_NULL(wipe_malloc(SIZE_MAX / 2));
    CU_ASSERT_PTR_NULL(wipe_realloc(copy, SIZE_MAX / 2));
    CHECK_STR(copy, "text");
#endif
    wipe_free(copy);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what is freed is wiped", test_free},
                                 {"so is what growing leaves", test_growing},
                                 {"the others", test_others},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/wipe", tests);
}
