/* Random numbers for jitter, which needs spread and not secrecy: xorshift64*. */
#ifndef ROLLCALL_JITTER_H
#define ROLLCALL_JITTER_H

#include <stdint.h>

struct jitter {
    uint64_t state; /* never 0 */
};

/* Seeds it from the system, or from the clock when that has nothing yet. */
void jitter_init(struct jitter *jitter);
uint64_t jitter_next(struct jitter *jitter);

#endif
