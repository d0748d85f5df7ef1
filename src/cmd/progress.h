/* The progress line: on stderr, on one line that is rewritten, gone when done. */
#ifndef ROLLCALL_PROGRESS_H
#define ROLLCALL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/collect.h"

struct progress {
    bool is_on;
    bool is_shown;
    int64_t started_ms;
    int64_t shown_at_ms;
};

void progress_show(struct progress *progress, const struct collect_progress *state);
/* For struct log's `before`; `arg` is the struct progress. */
void progress_clear(void *arg);

#endif
