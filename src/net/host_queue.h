/*
 * The engine's queue. Requests wait with their host; a slot that is free goes to a host, for its
 * first request:
 *
 *   - to the host that holds the fewest slots, and among those to the one that waits longest; but
 *   - a host keeps its slots from one request to the next, before all others, until they have cost
 *     it HOST_TURN_MS each. Its connections would idle otherwise: libcurl closes the oldest ones,
 *     and another handshake costs more than an answer. It is also how clusters are finished one
 *     after the other.
 *
 * So a host that waits with no slot is delayed by another one for no longer than that can hold what
 * it has: HOST_TURN_MS and one request more, for each slot. Nobody gets a second slot before all
 * have had their first, so that the first wait is no longer than the sum, over the other hosts, of
 * HOST_TURN_MS and their longest request, divided by the number of slots; a later one is `per_host`
 * times that at most. tests/unit/host_fairness.c holds the queue against this.
 */
#ifndef ROLLCALL_HOST_QUEUE_H
#define ROLLCALL_HOST_QUEUE_H

#include "engine_internal.h"

/* Handshakes with far servers take tenths of a second: few of these are spent on them. */
#define HOST_TURN_MS 3000

struct host_queue;

struct host_queue *host_queue_new(unsigned per_host);
void host_queue_free(struct host_queue *queue); /* accepts NULL */

/* Queues a request (request->host is set). `was_away`: it waited elsewhere for its next attempt; it
 * comes before those of its host that wait already. */
void host_queue_push(struct host_queue *queue, struct request *request, bool was_away);

/* Takes the next request that may start and counts it as running; NULL when none may. */
struct request *host_queue_pop(struct host_queue *queue);

/* Whether this host has a request that waits and will start as soon as a slot is free. */
bool host_queue_is_next(const struct host_queue *queue, const struct engine_host *host);

/* Requests that wait. */
size_t host_queue_count(const struct host_queue *queue);

/* A running request of this host has ended, which held a slot for so long. */
void host_queue_release(struct host_queue *queue, struct engine_host *host, int64_t held_ms);

#endif
