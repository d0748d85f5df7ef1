/*
 * Decides what a request gets. It knows neither sockets nor libmicrohttpd: the same decisions serve
 * ordinary connections and those whose bytes are tampered with.
 */
#ifndef FLEETSIM_ANSWER_H
#define FLEETSIM_ANSWER_H

#include "body.h"
#include "sim.h"

struct question {
    const char *method;
    const char *uri;           /* as received, query included */
    const char *authorization; /* NULL: none */
    const char *content_type;  /* NULL: none */
    const char *body;
    size_t body_len;
    unsigned long connection;
};

struct header {
    const char *name;
    char *value;
};

#define MAX_HEADERS 4

struct answer {
    int status;
    struct header headers[MAX_HEADERS];
    size_t header_count;
    struct text content;
    struct body *stream; /* instead of content */
    long delay_ms;
    enum fault_kind raw; /* what is to be done to the bytes; FAULT_NONE: nothing */
};

/* `cluster` NULL: the control plane. Logs the request. */
void answer_make(struct sim *sim, struct cluster *cluster, const struct question *question,
                 struct answer *answer);
void answer_free(struct answer *answer);

/* Logs the request and what was decided, and records the answer where that is asked for. `served`
 * is as in reqlog.h; `cluster` is "control" for the control plane. */
void answer_note(const struct sim *sim, const char *cluster, const struct question *question,
                 const char *token, const char *served, const struct answer *answer);

#endif
