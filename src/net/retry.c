#include "rollcall/retry.h"

#define FIRST_BOUND_MS 500
#define LAST_BOUND_MS  30000

/* The longest wait before the next attempt: doubles with each retry. */
static int64_t backoff_bound_ms(unsigned retries_done)
{
    int64_t bound_ms = FIRST_BOUND_MS;
    for (unsigned i = 0; i < retries_done && bound_ms < LAST_BOUND_MS; i++)
        bound_ms *= 2;
    return bound_ms < LAST_BOUND_MS ? bound_ms : LAST_BOUND_MS;
}

enum retry_verdict retry_judge(const struct retry_case *c, int64_t *at_ms)
{
    if (!c->is_transient)
        return RETRY_NEVER;
    if (c->retries_done >= c->retries_max)
        return RETRY_USED_UP;
    uint64_t bound_ms = (uint64_t)backoff_bound_ms(c->retries_done);
    int64_t delay_ms = (int64_t)(c->random % (bound_ms + 1));
    if (delay_ms < c->retry_after_ms)
        delay_ms = c->retry_after_ms;
    if (c->now_ms >= c->network_end_ms || delay_ms >= c->network_end_ms - c->now_ms)
        return RETRY_TOO_LATE;
    *at_ms = c->now_ms + delay_ms;
    return RETRY_AT;
}
