/*
 * A limit on what a server may send beside answers. libcurl reads a connection of HTTP/2 until it
 * has bytes for the transfer or nothing more is there, within one curl_multi_perform(): a server
 * that sends PINGs, or empty frames, as fast as they are read would hold up all other transfers and
 * the deadline for as long as it likes. So what is received of a connection is weighed against the
 * pieces of answers that it brings, and one that received too much for nothing in one turn of the
 * engine's loop is ended.
 */
#ifndef ROLLCALL_FLOOD_H
#define ROLLCALL_FLOOD_H

#include <stddef.h>

/* Zeroed is a turn in which nothing was received. */
struct flood {
    const void *ssl;     /* the connection read last */
    size_t futile_bytes; /* what it brought in this turn and no answer made up for */
};

/* Watches all connections of this SSL_CTX; `flood` has to outlive them. */
void flood_watch(struct flood *flood, void *ssl_ctx);

/* The engine's loop goes round again. */
void flood_next_turn(struct flood *flood);

/* A piece of an answer came. */
void flood_note_answer(struct flood *flood);

#endif
