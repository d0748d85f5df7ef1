/* One raw connection, for raw.c and raw_faults.c. */
#ifndef FLEETSIM_RAW_INTERNAL_H
#define FLEETSIM_RAW_INTERNAL_H

#include "answer.h"
#include "raw.h"

struct raw_connection {
    struct raw *raw;
    struct sim *sim;
    struct raw_connection *next;
    struct cluster *cluster; /* NULL: the control plane */
    const struct fault *fault;
    unsigned long number;
    int fd;
    SSL *ssl; /* NULL: plain */
    struct text input;
};

/* False when the other side is gone or the simulator ends. */
bool raw_write(struct raw_connection *connection, const char *data, size_t len);
/* Waits until the other side closes. */
void raw_wait_for_close(struct raw_connection *connection);
/* Ends TLS as it should be ended, and our side of the connection; waits for the other one. */
void raw_close(struct raw_connection *connection);
/* Makes the connection's end a reset. */
void raw_reset(struct raw_connection *connection);
/* False when the other side closed while we slept. */
bool raw_sleep(const struct raw_connection *connection, long ms);

/* Writes the answer in the way its fault wants; whether the connection can go on. */
bool raw_send(struct raw_connection *connection, struct answer *answer);

/* wire.c: the answer of "wire:NAME"; whether the connection can go on. */
bool wire_send(struct raw_connection *connection, const struct answer *answer);
/* wire.c: as much of the answer as its stage lets through, and the end. */
void stage_send(struct raw_connection *connection, const struct answer *answer);
void stage_end(struct raw_connection *connection);

/* raw_handshake.c: does what the fault wants to the handshake, which it takes over then; the kind
 * of certificate is what the handshake is to go on with otherwise. */
bool handshake_spoil(struct raw_connection *connection, enum cert_kind *kind);
/* raw_handshake.c: lets the connection speak the old TLS of its fault only. */
void handshake_limit(struct raw_connection *connection);

#endif
