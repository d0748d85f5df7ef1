/*
 * The engine's queue: requests wait with their host, and hosts that may start one wait in line.
 * Those whose connections idle come first (libcurl would close them for others in the end, and each
 * costs a handshake), then those in use, so that clusters are finished one after the other, then
 * new ones.
 */
#ifndef ROLLCALL_HOST_QUEUE_H
#define ROLLCALL_HOST_QUEUE_H

#include "engine_internal.h"

struct host_queue;

struct host_queue *host_queue_new(unsigned per_host);
void host_queue_free(struct host_queue *queue); /* accepts NULL */

/* Queues a request (request->host is set); `is_front`: before those of its host that wait already.
 */
void host_queue_push(struct host_queue *queue, struct request *request, bool is_front);

/* Takes the next request that may start and counts it as running; NULL when none may. */
struct request *host_queue_pop(struct host_queue *queue);

/* Requests that wait. */
size_t host_queue_count(const struct host_queue *queue);

/* A running request of this host has ended. */
void host_queue_release(struct host_queue *queue, struct engine_host *host);

#endif
