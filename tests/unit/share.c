/* What keeps a host apart lives as long as a transfer needs it. */
#include "../../src/net/share.h"

#include "../check.h"

static void test_life(void)
{
    struct engine_host host = {.is_apart = true};
    struct error error = {0};
    CU_ASSERT_FATAL(share_join(&host, &error));
    CURLSH *share = host.share;
    CU_ASSERT_PTR_NOT_NULL(share);
    CU_ASSERT(share_join(&host, &error));
    CU_ASSERT_PTR_EQUAL(host.share, share);
    share_leave(&host, false);
    CU_ASSERT_PTR_EQUAL(host.share, share);
    /* Its last transfer is over: another one is next, or waits for long, or there is none. */
    share_leave(&host, true);
    CU_ASSERT_PTR_EQUAL(host.share, share);
    CU_ASSERT(share_join(&host, &error));
    CU_ASSERT_PTR_EQUAL(host.share, share);
    share_leave(&host, false);
    CU_ASSERT_PTR_NULL(host.share);
    CU_ASSERT(share_join(&host, &error));
    CU_ASSERT_PTR_NOT_NULL(host.share);
    share_leave(&host, false);
    CU_ASSERT_PTR_NULL(host.share);
    CU_ASSERT_EQUAL(host.transfers, 0);
}

static void test_together(void)
{
    struct engine_host host = {.is_apart = false};
    struct error error = {0};
    CU_ASSERT(share_join(&host, &error));
    CU_ASSERT_PTR_NULL(host.share);
    share_leave(&host, true);
    CU_ASSERT_PTR_NULL(host.share);
    CU_ASSERT_EQUAL(host.transfers, 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"a host that is kept apart", test_life},
                                 {"a host that is not", test_together},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/share", tests);
}
