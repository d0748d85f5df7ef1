/* Requests that wait for their time, the nearest one first: a binary heap over start_at_ms. */
#ifndef ROLLCALL_BACKOFF_H
#define ROLLCALL_BACKOFF_H

#include <stddef.h>

#include "rollcall/engine.h"

struct backoff {
    struct request **items; /* owned; the requests are not */
    size_t count;
    size_t room;
};

void backoff_push(struct backoff *backoff, struct request *request);
/* NULL when none waits. */
struct request *backoff_first(const struct backoff *backoff);
struct request *backoff_pop(struct backoff *backoff);
void backoff_free(struct backoff *backoff);

#endif
