#include "rollcall/retry.h"

#include "../check.h"

/* Far enough that no case below comes too late. */
#define FAR INT64_C(1000000000)
#define NOW INT64_C(5000)

static struct retry_case make(unsigned done, unsigned max)
{
    return (struct retry_case){
        .is_transient = true,
        .retries_done = done,
        .retries_max = max,
        .retry_after_ms = -1,
        .now_ms = NOW,
        .network_end_ms = FAR,
    };
}

static void test_never(void)
{
    struct retry_case c = make(0, 3);
    c.is_transient = false;
    c.retry_after_ms = 10;
    int64_t at_ms = -7;
    CU_ASSERT_EQUAL(retry_judge(&c, &at_ms), RETRY_NEVER);
    CU_ASSERT_EQUAL(at_ms, -7);
    /* What is final by its nature is so whatever is left of retries and time. */
    c.retries_done = c.retries_max;
    c.network_end_ms = 0;
    CU_ASSERT_EQUAL(retry_judge(&c, &at_ms), RETRY_NEVER);
}

static void test_used_up(void)
{
    static const struct {
        unsigned done, max;
        enum retry_verdict verdict;
    } cases[] = {
        {0, 0, RETRY_USED_UP},     {0, 1, RETRY_AT},
        {1, 1, RETRY_USED_UP},     {2, 1, RETRY_USED_UP},
        {2, 3, RETRY_AT},          {3, 3, RETRY_USED_UP},
        {19, 20, RETRY_AT},        {20, 20, RETRY_USED_UP},
        {0, UINT32_MAX, RETRY_AT}, {UINT32_MAX, UINT32_MAX, RETRY_USED_UP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct retry_case c = make(cases[i].done, cases[i].max);
        int64_t at_ms = 0;
        CU_ASSERT_EQUAL(retry_judge(&c, &at_ms), cases[i].verdict);
        /* A pause that the server names is no further permission. */
        c.retry_after_ms = 1;
        CU_ASSERT_EQUAL(retry_judge(&c, &at_ms), cases[i].verdict);
    }
}

/* The bound of each wait: 500 ms, doubling, at most 30 s. */
static const int64_t bounds_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
enum { BOUND_COUNT = sizeof bounds_ms / sizeof bounds_ms[0] };

static int64_t wait_ms(const struct retry_case *c)
{
    int64_t at_ms = INT64_MIN;
    CU_ASSERT_EQUAL(retry_judge(c, &at_ms), RETRY_AT);
    return at_ms - c->now_ms;
}

static void test_bounds(void)
{
    for (unsigned i = 0; i < BOUND_COUNT; i++) {
        struct retry_case c = make(i, 100);
        CU_ASSERT_EQUAL(wait_ms(&c), 0);
        c.random = (uint64_t)bounds_ms[i];
        CU_ASSERT_EQUAL(wait_ms(&c), bounds_ms[i]);
        c.random = (uint64_t)bounds_ms[i] / 3;
        CU_ASSERT_EQUAL(wait_ms(&c), bounds_ms[i] / 3);
        c.random = UINT64_MAX;
        CU_ASSERT(wait_ms(&c) >= 0 && wait_ms(&c) <= bounds_ms[i]);
    }
    struct retry_case c = make(UINT32_MAX - 1, UINT32_MAX);
    c.random = 30000;
    CU_ASSERT_EQUAL(wait_ms(&c), 30000);
    c.random = 30001;
    CU_ASSERT_EQUAL(wait_ms(&c), 0);
}

/* Full jitter: all of the range comes up, and nothing outside it. */
static void test_spread(void)
{
    uint64_t random = 88172645463325252u;
    bool is_low = false, is_high = false;
    for (int i = 0; i < 10000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        struct retry_case c = make(2, 3);
        c.random = random;
        int64_t ms = wait_ms(&c);
        CU_ASSERT_FATAL(ms >= 0 && ms <= 2000);
        is_low = is_low || ms < 20;
        is_high = is_high || ms > 1980;
    }
    CU_ASSERT(is_low && is_high);
}

static void test_retry_after(void)
{
    static const struct {
        uint64_t random;
        int64_t retry_after_ms, wait_ms;
    } cases[] = {
        {300, -1, 300}, {300, 0, 300},   {300, 299, 300},   {300, 300, 300},     {300, 301, 301},
        {0, 0, 0},      {0, 2000, 2000}, {500, 2000, 2000}, {0, 120000, 120000}, {7, INT64_MIN, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct retry_case c = make(0, 1);
        c.random = cases[i].random;
        c.retry_after_ms = cases[i].retry_after_ms;
        CU_ASSERT_EQUAL(wait_ms(&c), cases[i].wait_ms);
    }
}

/* No attempt starts at or after network_end_ms. */
static void test_too_late(void)
{
    static const struct {
        int64_t now_ms, network_end_ms, retry_after_ms;
        uint64_t random;
        enum retry_verdict verdict;
    } cases[] = {
        {1000, 1001, -1, 0, RETRY_AT},
        {1000, 1000, -1, 0, RETRY_TOO_LATE},
        {1000, 999, -1, 0, RETRY_TOO_LATE},
        {1000, 1301, -1, 300, RETRY_AT},
        {1000, 1300, -1, 300, RETRY_TOO_LATE},
        {1000, 3001, 2000, 0, RETRY_AT},
        {1000, 3000, 2000, 0, RETRY_TOO_LATE},
        {1000, 2999, 2000, 0, RETRY_TOO_LATE},
        {0, INT64_MAX, INT64_MAX - 1, 0, RETRY_AT},
        {0, INT64_MAX, INT64_MAX, 0, RETRY_TOO_LATE},
        {1000, 2000, INT64_MAX, 0, RETRY_TOO_LATE},
        {INT64_MAX - 10, INT64_MAX, INT64_MAX, 0, RETRY_TOO_LATE},
        {INT64_MAX - 10, INT64_MAX, 9, 0, RETRY_AT},
        {INT64_MAX - 10, INT64_MAX, 10, 0, RETRY_TOO_LATE},
        {INT64_MAX - 10, INT64_MAX, -1, 500, RETRY_TOO_LATE},
        {INT64_MAX, INT64_MAX, -1, 0, RETRY_TOO_LATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct retry_case c = make(0, 1);
        c.now_ms = cases[i].now_ms;
        c.network_end_ms = cases[i].network_end_ms;
        c.retry_after_ms = cases[i].retry_after_ms;
        c.random = cases[i].random;
        int64_t at_ms = 0;
        enum retry_verdict verdict = retry_judge(&c, &at_ms);
        if (verdict != cases[i].verdict)
            fprintf(stderr, "    case %zu: verdict %d\n", i, (int)verdict);
        CU_ASSERT_EQUAL(verdict, cases[i].verdict);
        if (verdict == RETRY_AT)
            CU_ASSERT(at_ms >= c.now_ms && at_ms < c.network_end_ms);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what is final stays final", test_never},
                                 {"retries are counted", test_used_up},
                                 {"the bound of each wait", test_bounds},
                                 {"full jitter", test_spread},
                                 {"Retry-After is a lower bound", test_retry_after},
                                 {"too late", test_too_late},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/retry", tests);
}
