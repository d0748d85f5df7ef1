/*
 * Whether to try again, and when: a pure function without clock, curl or random source, so that it
 * can be tested by table. Exponential back-off with full jitter (first bound 500 ms, doubling, at
 * most 30 s); Retry-After is obeyed as a lower bound.
 */
#ifndef ROLLCALL_RETRY_H
#define ROLLCALL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry_case {
    bool is_transient; /* the failure may go away by itself */
    unsigned retries_done;
    unsigned retries_max;
    int64_t retry_after_ms; /* from now; negative: the server named none */
    int64_t now_ms;
    int64_t network_end_ms; /* no attempt starts at or after this time */
    uint64_t random;        /* any 64 random bits */
};

enum retry_verdict {
    RETRY_NEVER,    /* the failure is final by its nature */
    RETRY_USED_UP,  /* all retries are spent */
    RETRY_TOO_LATE, /* the next attempt would start after the network part ends */
    RETRY_AT,       /* try again at *at_ms */
};

enum retry_verdict retry_judge(const struct retry_case *c, int64_t *at_ms);

#endif
