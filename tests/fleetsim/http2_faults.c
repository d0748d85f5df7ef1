/* Ways for HTTP/2 to go wrong, by name. */
#include <string.h>

#include "http2_internal.h"

#define FRAME_HEAD   9
#define FLOOD_BATCH  16384  /* bytes written at a time */
#define HEADER_BLOCK 8192   /* of one frame of headers without end */
#define STATUS_200   "\x88" /* HPACK: the static table's ":status: 200" */
#define STATUS_103                                                                                 \
    "\x08\x03"                                                                                     \
    "103" /* its ":status", with a value of its own */

typedef bool fault_fn(struct http2 *http2, struct http2_stream *stream, uint32_t code);

static void put_frame(struct text *out, uint8_t type, uint8_t flags, int32_t stream,
                      const char *payload, size_t len)
{
    const char head[FRAME_HEAD] = {(char)(len >> 16),    (char)(len >> 8),    (char)len,
                                   (char)type,           (char)flags,         (char)(stream >> 24),
                                   (char)(stream >> 16), (char)(stream >> 8), (char)stream};
    text_add(out, head, sizeof head);
    text_add(out, payload, len);
}

static bool send_text(struct http2 *http2, struct text *text)
{
    bool is_sent = raw_write(http2->connection, text->data, text->len);
    text_free(text);
    return is_sent;
}

/* A frame of nghttp2's own, which has said its SETTINGS by then. */
static bool flush(struct http2 *http2)
{
    return nghttp2_session_send(http2->session) == 0;
}

/* The headers and half of the content. */
static bool send_half(struct http2 *http2, struct http2_stream *stream)
{
    char block[4096];
    size_t count;
    while (stream->answer.stream != NULL && stream->answer.content.len < 1u << 20 &&
           (count = body_read(stream->answer.stream, block, sizeof block)) > 0)
        text_add(&stream->answer.content, block, count);
    stream->limit = stream->answer.content.len / 2;
    return http2_submit(http2, stream);
}

/* The frame over and over, until the other side has had enough of it. */
static bool flood(struct http2 *http2, const struct text *frame)
{
    struct text batch = {0};
    while (batch.len < FLOOD_BATCH)
        text_add(&batch, frame->data, frame->len);
    const char *how = http2->connection->fault->arg;
    bool is_deaf = how != NULL && strcmp(how, "deaf") == 0;
    while (raw_write(http2->connection, batch.data, batch.len) && (is_deaf || http2_drain(http2)))
        continue;
    text_free(&batch);
    return false;
}

static bool flood_frame(struct http2 *http2, uint8_t type, uint8_t flags, int32_t stream,
                        const char *payload, size_t len)
{
    struct text frame = {0};
    put_frame(&frame, type, flags, stream, payload, len);
    bool goes_on = flood(http2, &frame);
    text_free(&frame);
    return goes_on;
}

/* ---- GOAWAY ---- */

static bool goaway(struct http2 *http2, int32_t last, uint32_t code)
{
    return nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE, last, code, NULL, 0) == 0 &&
           flush(http2);
}

/* The request was not looked at and may be sent again: the last stream that was is before it. */
static bool goaway_refused(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    goaway(http2, stream->id > 1 ? stream->id - 2 : 0, code);
    return false;
}

static bool goaway_before(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    goaway(http2, stream->id, code);
    return false;
}

static bool goaway_body(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    int32_t id = stream->id;
    if (send_half(http2, stream))
        goaway(http2, id, code);
    return false;
}

/* As a server that is being shut down does it: what runs is finished, what comes is not taken. */
static bool goaway_after(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    int32_t id = stream->id;
    return http2_submit(http2, stream) && goaway(http2, id, code);
}

/* ---- the end of a stream or a connection ---- */

static bool reset(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    return nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id, code) == 0 &&
           flush(http2);
}

static bool reset_body(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    return send_half(http2, stream) && reset(http2, stream, code);
}

static bool close_before(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)stream, (void)code;
    flush(http2);
    return false;
}

/* The connection's end in the middle of the headers. */
static bool cut_headers(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    put_frame(&out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream->id, STATUS_200 "\0\x04half",
              7);
    out.len -= 2;
    if (flush(http2))
        send_text(http2, &out);
    text_free(&out);
    return false;
}

static bool cut_body(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    send_half(http2, stream);
    return false;
}

/* The connection's end in the middle of a frame of the body. */
static bool cut_frame(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    int32_t id = stream->id;
    if (!send_half(http2, stream))
        return false;
    const struct answer *answer = &stream->answer;
    size_t rest = answer->content.len - stream->sent;
    put_frame(&out, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, id, answer->content.data + stream->sent,
              rest < 8192 ? rest : 8192);
    out.len -= (out.len - FRAME_HEAD + 1) / 2;
    send_text(http2, &out);
    return false;
}

/* ---- silence ---- */

/* The connection lives on: its other streams are served. */
static bool no_answer(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)http2, (void)stream, (void)code;
    return true;
}

static bool stall_body(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    return send_half(http2, stream);
}

static bool empty_data(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    int32_t id = stream->id;
    return send_half(http2, stream) && flood_frame(http2, NGHTTP2_DATA, 0, id, "", 0);
}

/* ---- what breaks the protocol ---- */

static bool garbage(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    static const char bytes[] = "\xff\xfe\xfd\xfc garbage, and no frame at all \x01\x02\x03";
    (void)stream, (void)code;
    raw_write(http2->connection, bytes, sizeof bytes - 1);
    raw_wait_for_close(http2->connection);
    return false;
}

static bool speak_http1(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    text_printf(&out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", stream->answer.content.len);
    text_add(&out, stream->answer.content.data, stream->answer.content.len);
    if (send_text(http2, &out))
        raw_wait_for_close(http2->connection);
    return false;
}

/* A frame larger than the other side allows. */
static bool large_frame(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0}, payload = {0};
    int32_t id = stream->id;
    for (int i = 0; i < 1 << 17; i++)
        text_puts(&payload, " ");
    put_frame(&out, NGHTTP2_DATA, 0, id, payload.data, payload.len);
    text_free(&payload);
    if (send_half(http2, stream) && raw_write(http2->connection, out.data, out.len))
        raw_wait_for_close(http2->connection);
    text_free(&out);
    return false;
}

static bool push(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    put_frame(&out, NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, stream->id,
              "\0\0\0\x02\x82\x84\x87", 7);
    if (flush(http2) && send_text(http2, &out))
        raw_wait_for_close(http2->connection);
    text_free(&out);
    return false;
}

/* A window beyond 2^31-1. */
static bool window_overflow(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)stream, (void)code;
    struct text out = {0};
    put_frame(&out, NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4);
    if (flush(http2) && send_text(http2, &out))
        raw_wait_for_close(http2->connection);
    text_free(&out);
    return false;
}

/* A window that is opened by nothing. */
static bool window_zero(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    put_frame(&out, NGHTTP2_WINDOW_UPDATE, 0, stream->id, "\0\0\0\0", 4);
    if (flush(http2) && send_text(http2, &out))
        raw_wait_for_close(http2->connection);
    text_free(&out);
    return false;
}

static bool no_status(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0};
    put_frame(&out, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream->id, "\0\x01x\x01y", 5);
    return flush(http2) && send_text(http2, &out);
}

/* ---- too much of it ---- */

static bool settings_flood(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)stream, (void)code;
    return flush(http2) && flood_frame(http2, NGHTTP2_SETTINGS, 0, 0, "", 0);
}

static bool ping_flood(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)stream, (void)code;
    return flush(http2) && flood_frame(http2, NGHTTP2_PING, 0, 0, "rollcall", 8);
}

static bool early_flood(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    return flush(http2) && flood_frame(http2, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream->id,
                                       STATUS_103, sizeof STATUS_103 - 1);
}

/* One header after the other, in frames none of which is the last. */
static bool endless_headers(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    struct text out = {0}, block = {0}, frame = {0};
    while (block.len < HEADER_BLOCK)
        text_add(&block,
                 "\0\x06x-long\x20"
                 "0123456789abcdef0123456789abcdef",
                 41);
    put_frame(&out, NGHTTP2_HEADERS, 0, stream->id, STATUS_200, 1);
    put_frame(&frame, NGHTTP2_CONTINUATION, 0, stream->id, block.data, block.len);
    text_free(&block);
    bool goes_on = flush(http2) && send_text(http2, &out) && flood(http2, &frame);
    text_free(&out);
    text_free(&frame);
    return goes_on;
}

/* ---- lies about the content, and what is no fault ---- */

static bool length_more(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    stream->length_off = 10;
    return http2_submit(http2, stream);
}

static bool length_less(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    stream->length_off = -10;
    return http2_submit(http2, stream);
}

static bool trailers(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    stream->has_trailer = true;
    return http2_submit(http2, stream);
}

static bool odd_headers(struct http2 *http2, struct http2_stream *stream, uint32_t code)
{
    (void)code;
    stream->has_odd_headers = true;
    return http2_submit(http2, stream);
}

static const struct {
    const char *name;
    const char *class; /* NULL: the data is right */
    fault_fn *send;
    uint32_t code;
} faults[] = {
    {"h2_goaway_refused", "connect", goaway_refused, NGHTTP2_NO_ERROR},
    {"h2_goaway_error", "connect", goaway_before, NGHTTP2_INTERNAL_ERROR},
    {"h2_goaway_body", "truncated", goaway_body, NGHTTP2_NO_ERROR},
    {"h2_goaway_after", NULL, goaway_after, NGHTTP2_NO_ERROR},
    {"h2_refused", "connect", reset, NGHTTP2_REFUSED_STREAM},
    {"h2_refused_body", "truncated", reset_body, NGHTTP2_REFUSED_STREAM},
    {"h2_internal", "protocol", reset, NGHTTP2_INTERNAL_ERROR},
    {"h2_internal_body", "truncated", reset_body, NGHTTP2_INTERNAL_ERROR},
    {"h2_cancel", "protocol", reset, NGHTTP2_CANCEL},
    {"h2_cancel_body", "truncated", reset_body, NGHTTP2_CANCEL},
    {"h2_calm", "protocol", reset, NGHTTP2_ENHANCE_YOUR_CALM},
    {"h2_calm_body", "truncated", reset_body, NGHTTP2_ENHANCE_YOUR_CALM},
    {"h2_no_error", "protocol", reset, NGHTTP2_NO_ERROR},
    {"h2_no_error_body", "truncated", reset_body, NGHTTP2_NO_ERROR},
    {"h2_http11_required", NULL, reset, NGHTTP2_HTTP_1_1_REQUIRED},
    {"h2_close", "connect", close_before, 0},
    {"h2_cut_headers", "connect", cut_headers, 0},
    {"h2_cut_body", "truncated", cut_body, 0},
    {"h2_cut_frame", "truncated", cut_frame, 0},
    {"h2_no_answer", "timeout", no_answer, 0},
    {"h2_stall_body", "timeout", stall_body, 0},
    {"h2_empty_data", "truncated", empty_data, 0},
    {"h2_garbage", "connect", garbage, 0},
    {"h2_http1", "connect", speak_http1, 0},
    {"h2_large_frame", "truncated", large_frame, 0},
    {"h2_push", "connect", push, 0},
    {"h2_window_overflow", "connect", window_overflow, 0},
    {"h2_window_zero", "connect", window_zero, 0},
    {"h2_no_status", "protocol", no_status, 0},
    {"h2_settings_flood", "connect", settings_flood, 0},
    {"h2_ping_flood", "connect", ping_flood, 0},
    {"h2_early_flood", "connect", early_flood, 0},
    {"h2_endless_headers", "connect", endless_headers, 0},
    {"h2_length_more", "truncated", length_more, 0},
    {"h2_length_less", "truncated", length_less, 0},
    {"h2_trailers", NULL, trailers, 0},
    {"h2_odd_headers", "protocol", odd_headers, 0},
};

static size_t find_fault(const char *name)
{
    size_t i = 0;
    while (i < sizeof faults / sizeof faults[0] && strcmp(faults[i].name, name) != 0)
        i++;
    return i;
}

bool fault_parse_http2(const char *name, struct fault *fault)
{
    size_t i = find_fault(name);
    if (i == sizeof faults / sizeof faults[0])
        return false;
    fault->kind = FAULT_HTTP2;
    fault->class = faults[i].class;
    fault->name = sim_dup(name);
    return true;
}

bool http2_send_fault(struct http2 *http2, struct http2_stream *stream)
{
    const struct fault *fault = http2->connection->fault;
    size_t i = find_fault(fault->name);
    if (stream->answer.raw != FAULT_HTTP2 || i == sizeof faults / sizeof faults[0])
        die("%s is no fault of HTTP/2", fault->name);
    return faults[i].send(http2, stream, faults[i].code);
}
