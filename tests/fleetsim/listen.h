/* The listening sockets: one address per cluster, the same port on all of them. */
#ifndef FLEETSIM_LISTEN_H
#define FLEETSIM_LISTEN_H

#include "raw.h"
#include "serve.h"
#include "sim.h"

struct listeners;

/* Binds all; chooses fleet.port when it is 0. */
struct listeners *listeners_open(struct sim *sim);
void listeners_close(struct listeners *listeners);

/* Makes sure that what should refuse refuses and what should be a black hole is one, and says so in
 * the log, since no request will ever be seen there. */
void listeners_probe(struct listeners *listeners);

/* Accepts and hands out connections until a signal of the (blocked) set arrives. */
void listeners_run(struct listeners *listeners, struct server *server, struct raw *raw,
                   int signal_fd);

#endif
