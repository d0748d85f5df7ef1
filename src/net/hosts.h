/*
 * The engine's queue: requests wait with their host, and hosts that may start one wait in line.
 * Those whose connections idle come first (libcurl would close them for others in the end, and each
 * costs a handshake), then those in use, so that clusters are finished one after the other, then
 * new ones.
 */
#ifndef ROLLCALL_HOSTS_H
#define ROLLCALL_HOSTS_H

#include "engine_internal.h"

struct hosts;

struct hosts *hosts_new(unsigned per_host);
void hosts_free(struct hosts *hosts); /* accepts NULL */

/* Finds or makes the host of a URL that is asked with these options (borrowed); it lives as long as
 * `hosts`. */
struct engine_host *hosts_find(struct hosts *hosts, const char *url,
                               const struct endpoint_options *options);

/* Queues a request (request->host is set); `is_front`: before those of its host that wait already.
 */
void hosts_push(struct hosts *hosts, struct request *request, bool is_front);

/* Takes the next request that may start and counts it as running; NULL when none may. */
struct request *hosts_pop(struct hosts *hosts);

/* Requests that wait. */
size_t hosts_queued(const struct hosts *hosts);

/* A running request of this host has ended. */
void hosts_release(struct hosts *hosts, struct engine_host *host);

#endif
