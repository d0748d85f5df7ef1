/* HTTP/2 on a raw connection, with nghttp2: what is right comes from the library, what is wrong
 * from frames of our own (http2_faults.c). */
#ifndef FLEETSIM_HTTP2_H
#define FLEETSIM_HTTP2_H

#include <openssl/ssl.h>

#include "raw_internal.h"

/* Has the connections of a context choose "h2" by ALPN where it is wanted. Each connection must be
 * known to http2_expect() before its handshake. */
void http2_offer(SSL_CTX *context);
void http2_expect(struct raw_connection *connection);

/* Whether the handshake chose HTTP/2. */
bool http2_is_chosen(const struct raw_connection *connection);

/* Serves until the connection ends. */
void http2_serve(struct raw_connection *connection);

#endif
