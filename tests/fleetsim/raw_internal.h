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
/* False when the other side closed while we slept. */
bool raw_sleep(const struct raw_connection *connection, long ms);

/* Writes the answer in the way its fault wants; whether the connection can go on. */
bool raw_send(struct raw_connection *connection, struct answer *answer);

#endif
