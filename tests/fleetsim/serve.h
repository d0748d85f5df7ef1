/*
 * Ordinary connections, served by libmicrohttpd: one daemon for some fifty clusters, which share a
 * certificate that names all their addresses.
 */
#ifndef FLEETSIM_SERVE_H
#define FLEETSIM_SERVE_H

#include "certs.h"
#include "sim.h"

struct server;

struct server *server_new(struct sim *sim, struct authority *authority);
void server_free(struct server *server);

/* Hands a connection over that was accepted at this cluster (NULL: the control plane). */
void server_take(struct server *server, const struct cluster *cluster, int fd,
                 const struct sockaddr_in *peer);

#endif
