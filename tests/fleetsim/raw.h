/*
 * Connections whose bytes are tampered with: a thread each, with OpenSSL and a minimal HTTP/1.1 of
 * our own, since no HTTP library lets one break its promises.
 */
#ifndef FLEETSIM_RAW_H
#define FLEETSIM_RAW_H

#include "certs.h"
#include "sim.h"

struct raw;

struct raw *raw_new(struct sim *sim, struct authority *authority);
/* Ends all its connections and waits for their threads. */
void raw_free(struct raw *raw);

/* Whether connections to this cluster (NULL: the control plane) belong here. */
bool raw_wants(const struct sim *sim, const struct cluster *cluster);
void raw_take(struct raw *raw, struct cluster *cluster, int fd);

#endif
