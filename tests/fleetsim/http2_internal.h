/* One HTTP/2 connection, for http2.c and http2_faults.c. */
#ifndef FLEETSIM_HTTP2_INTERNAL_H
#define FLEETSIM_HTTP2_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "http2.h"

/* A request and its answer. */
struct http2_stream {
    struct http2_stream *next;
    int32_t id;
    char *method, *uri, *authorization, *content_type;
    struct text body;
    bool is_asked, is_answered;
    struct answer answer;
    int64_t due_ms; /* when the answer may go */

    size_t sent;      /* of the content */
    size_t limit;     /* nothing is sent beyond it */
    long length_off;  /* how far Content-Length is off */
    bool has_trailer; /* behind the content */
    bool has_odd_headers;
};

struct http2 {
    struct raw_connection *connection;
    const struct http2_settings *settings;
    nghttp2_session *session;
    struct http2_stream *streams; /* latest first */
};

/* Hands the answer to nghttp2, as the stream's settings have it; whether the connection goes on. */
bool http2_submit(struct http2 *http2, struct http2_stream *stream);

/* Takes what the other side has sent, without waiting for more; whether it is still there. */
bool http2_drain(struct http2 *http2);

/* Answers as the connection's fault wants it; whether the connection goes on. */
bool http2_send_fault(struct http2 *http2, struct http2_stream *stream);

#endif
