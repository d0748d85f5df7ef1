/*
 * One attempt of a request, from its slot to what its end means for the request: done, or tried
 * again later.
 */
#ifndef ROLLCALL_ATTEMPT_H
#define ROLLCALL_ATTEMPT_H

#include "engine_internal.h"

/* Starts an attempt of a request that no queue holds any more. One that is refused ends at once.
 * False after filling `error` when libcurl gives no handle: then nothing has happened. */
bool attempt_start(struct engine *engine, struct request *request, struct error *error);

/* Judges a finished or broken-off attempt: its request goes to the back-offs or is given back. */
void attempt_end(struct engine *engine, struct engine_slot *slot, CURLcode code);

/* libcurl has worked on all attempts: those that were new have found a connection or make one. */
void attempt_note_started(struct engine *engine);

/* Breaks an attempt off because the run ends, and gives its request back. */
void attempt_abandon(struct engine *engine, struct engine_slot *slot);

/* Gives back a request that does not run and will not: the run ends. */
void attempt_give_up(struct engine *engine, struct request *request);

#endif
