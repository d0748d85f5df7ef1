/*
 * How to talk to one remote side: what `control_plane`, `defaults` and each cluster may set. Plain
 * data, filled by the configuration and read by the engine, shared by all clusters that do not
 * override it. All pointers are owned by the configuration.
 */
#ifndef ROLLCALL_ENDPOINT_H
#define ROLLCALL_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

struct endpoint_options {
    const char *ca_file;        /* replaces the system's trust store; NULL: the system's */
    const char *client_cert;    /* PEM; NULL: none */
    const char *client_key;     /* PEM; NULL: none, or in client_cert */
    const char *proxy;          /* URL; NULL: the environment's, "": none */
    const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
    const char *const *resolve; /* "host:port:address", NULL-terminated; NULL: none */
    int64_t connect_timeout_ms; /* DNS, TCP and TLS of one attempt */
    int64_t idle_timeout_ms;    /* no byte for so long, the wait for the first one included */
    int64_t timeout_ms;         /* one attempt */
    int64_t max_body_bytes;     /* after decompression */
    unsigned retries;           /* attempts after the first one */
};

#endif
