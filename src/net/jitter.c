#include "jitter.h"

#include <sys/random.h>

#include "rollcall/clock.h"

void jitter_init(struct jitter *jitter)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
        seed = (uint64_t)clock_real_ms();
    jitter->state = seed | 1;
}

uint64_t jitter_next(struct jitter *jitter)
{
    uint64_t x = jitter->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    jitter->state = x;
    return (x * 2685821657736338717u) >> 16;
}
