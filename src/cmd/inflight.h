/* What is in flight, for whoever asks with SIGUSR1. */
#ifndef ROLLCALL_INFLIGHT_H
#define ROLLCALL_INFLIGHT_H

/* Prints it as notices: one line with the counts, and one for each request that runs or waits for
 * its next attempt, the longest first, fifty at most. For engine_config's `asked`; `arg` is the
 * struct session. */
void inflight_print(void *arg);

#endif
