#include "http2.h"

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http2_internal.h"

#define READ_BLOCK    16384
#define HEADERS_MAX   (MAX_HEADERS + 4)
#define MAX_BODY      65536
#define WAIT_ENDLESS  (-1)
#define DEFAULT_LIMIT SIZE_MAX

static const struct http2_settings *settings_of(const struct raw_connection *connection)
{
    return connection->cluster == NULL ? &connection->sim->fleet.control.http2
                                       : &connection->cluster->http2;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char known[] = "\x02h2\x08http/1.1";
    (void)arg;
    const struct raw_connection *connection = SSL_get_app_data(ssl);
    unsigned char *chosen;
    if (!settings_of(connection)->is_on ||
        SSL_select_next_proto(&chosen, out_len, known, sizeof known - 1, in, in_len) !=
            OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

void http2_offer(SSL_CTX *context)
{
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
}

void http2_expect(struct raw_connection *connection)
{
    if (SSL_set_app_data(connection->ssl, connection) != 1)
        die("OpenSSL: no application data");
}

bool http2_is_chosen(const struct raw_connection *connection)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    if (connection->ssl != NULL)
        SSL_get0_alpn_selected(connection->ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

/* nghttp2's functions give 0 or more when all is well. */
static void must(ssize_t result, const char *what)
{
    if (result < 0)
        die("nghttp2: %s: %s", what, nghttp2_strerror((int)result));
}

/* ---- requests ---- */

static struct http2_stream *find(struct http2 *http2, int32_t id)
{
    return nghttp2_session_get_stream_user_data(http2->session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    struct http2 *http2 = arg;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct http2_stream *stream = sim_alloc(sizeof *stream);
    stream->id = frame->hd.stream_id;
    stream->limit = DEFAULT_LIMIT;
    stream->next = http2->streams;
    http2->streams = stream;
    return nghttp2_session_set_stream_user_data(session, stream->id, stream);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *arg)
{
    (void)session, (void)name_len, (void)flags;
    struct http2_stream *stream = find(arg, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    const char *key = (const char *)name;
    char **place = strcmp(key, ":method") == 0         ? &stream->method
                   : strcmp(key, ":path") == 0         ? &stream->uri
                   : strcmp(key, "authorization") == 0 ? &stream->authorization
                   : strcmp(key, "content-type") == 0  ? &stream->content_type
                                                       : NULL;
    if (place == NULL)
        return 0;
    free(*place);
    *place = strndup((const char *)value, value_len);
    return *place == NULL ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *arg)
{
    (void)session, (void)flags;
    struct http2_stream *stream = find(arg, id);
    if (stream == NULL || stream->body.len + len > MAX_BODY)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    text_add(&stream->body, data, len);
    return 0;
}

/* The request is whole: its answer is decided now and sent when it is due. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)session;
    struct http2 *http2 = arg;
    struct http2_stream *stream =
        frame->hd.stream_id == 0 ? NULL : find(http2, frame->hd.stream_id);
    if (stream == NULL || stream->is_asked || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    const struct question question = {
        .method = stream->method == NULL ? "?" : stream->method,
        .uri = stream->uri == NULL ? "?" : stream->uri,
        .authorization = stream->authorization,
        .content_type = stream->content_type,
        .body = stream->body.data,
        .body_len = stream->body.len,
        .connection = http2->connection->number,
    };
    answer_make(http2->connection->sim, http2->connection->cluster, &question, &stream->answer);
    stream->is_asked = true;
    stream->due_ms = now_ms() + stream->answer.delay_ms;
    return 0;
}

static void stream_free(struct http2_stream *stream)
{
    free(stream->method);
    free(stream->uri);
    free(stream->authorization);
    free(stream->content_type);
    text_free(&stream->body);
    answer_free(&stream->answer);
    free(stream);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
    (void)session, (void)code;
    struct http2 *http2 = arg;
    for (struct http2_stream **link = &http2->streams; *link != NULL; link = &(*link)->next)
        if ((*link)->id == id) {
            struct http2_stream *stream = *link;
            *link = stream->next;
            stream_free(stream);
            break;
        }
    return 0;
}

/* ---- answers ---- */

static nghttp2_nv pair(const char *name, const char *value, size_t value_len)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)(uintptr_t)value,
                        .valuelen = value_len,
                        .flags = NGHTTP2_NV_FLAG_NONE};
}

static void end_content(struct http2 *http2, struct http2_stream *stream, uint32_t *flags)
{
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream->has_trailer)
        return;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const nghttp2_nv trailer = pair("x-checksum", "none", 4);
    must(nghttp2_submit_trailer(http2->session, stream->id, &trailer, 1), "trailer");
}

static ssize_t read_content(nghttp2_session *session, int32_t id, uint8_t *data, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session, (void)id;
    struct http2 *http2 = arg;
    struct http2_stream *stream = source->ptr;
    const struct text *content = &stream->answer.content;
    if (http2->settings->frame > 0 && room > http2->settings->frame)
        room = http2->settings->frame;
    if (stream->answer.stream != NULL && stream->limit == DEFAULT_LIMIT) {
        size_t count = body_read(stream->answer.stream, (char *)data, room);
        if (count == 0)
            end_content(http2, stream, flags);
        return (ssize_t)count;
    }
    size_t end = stream->limit < content->len ? stream->limit : content->len;
    size_t count = end - stream->sent < room ? end - stream->sent : room;
    if (count > 0)
        memcpy(data, content->data + stream->sent, count);
    stream->sent += count;
    if (stream->sent == content->len)
        end_content(http2, stream, flags);
    else if (count == 0)
        return NGHTTP2_ERR_DEFERRED;
    return (ssize_t)count;
}

bool http2_submit(struct http2 *http2, struct http2_stream *stream)
{
    static const char odd[] = "a\r\nx-injected: yes", odd_end[] = "a\0b";
    const struct answer *answer = &stream->answer;
    nghttp2_nv headers[HEADERS_MAX + 2];
    char status[8], length[32];
    size_t count = 0;
    snprintf(status, sizeof status, "%d", answer->status);
    headers[count++] = pair(":status", status, strlen(status));
    for (size_t i = 0; i < answer->header_count; i++)
        headers[count++] = pair(answer->headers[i].name, answer->headers[i].value,
                                strlen(answer->headers[i].value));
    if (answer->stream == NULL && http2->settings->has_length) {
        snprintf(length, sizeof length, "%ld", (long)answer->content.len + stream->length_off);
        headers[count++] = pair("content-length", length, strlen(length));
    }
    if (stream->has_odd_headers) {
        headers[count++] = pair("x-odd", odd, sizeof odd - 1);
        headers[count++] = pair("x odd:", odd_end, sizeof odd_end - 1);
    }
    const nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = read_content};
    must(nghttp2_submit_response(http2->session, stream->id, headers, count, &provider),
         "response");
    return nghttp2_session_send(http2->session) == 0;
}

/* What is due is answered. Gives the time until something else is, or WAIT_ENDLESS. */
static bool answer_due(struct http2 *http2, int *wait_ms)
{
    int64_t now = now_ms(), next = INT64_MAX;
    *wait_ms = WAIT_ENDLESS;
    for (struct http2_stream *stream = http2->streams; stream != NULL;) {
        if (!stream->is_asked || stream->is_answered) {
            stream = stream->next;
            continue;
        }
        if (stream->due_ms > now) {
            next = stream->due_ms < next ? stream->due_ms : next;
            stream = stream->next;
            continue;
        }
        stream->is_answered = true;
        bool is_fault = stream->answer.raw != FAULT_NONE;
        if (is_fault ? !http2_send_fault(http2, stream) : !http2_submit(http2, stream))
            return false;
        stream = http2->streams; /* an answered one may be gone */
    }
    if (next != INT64_MAX)
        *wait_ms = (int)(next - now);
    return true;
}

/* ---- the connection ---- */

static ssize_t send_bytes(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                          void *arg)
{
    (void)session, (void)flags;
    struct http2 *http2 = arg;
    return raw_write(http2->connection, (const char *)data, len) ? (ssize_t)len
                                                                 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t pad(nghttp2_session *session, const nghttp2_frame *frame, size_t max, void *arg)
{
    (void)session;
    const struct http2 *http2 = arg;
    size_t wanted = frame->hd.length + http2->settings->padding;
    return (ssize_t)(wanted < max ? wanted : max);
}

/* One block that is there already; false at the end. */
static bool read_block(struct http2 *http2)
{
    uint8_t block[READ_BLOCK];
    size_t count = 0;
    if (SSL_read_ex(http2->connection->ssl, block, sizeof block, &count) != 1)
        return false;
    return nghttp2_session_mem_recv(http2->session, block, count) >= 0;
}

/* Whether there is something to read within that time. */
static bool is_readable(const struct http2 *http2, int wait_ms)
{
    struct pollfd polled = {.fd = http2->connection->fd, .events = POLLIN};
    return SSL_pending(http2->connection->ssl) > 0 || poll(&polled, 1, wait_ms) > 0;
}

bool http2_drain(struct http2 *http2)
{
    while (is_readable(http2, 0))
        if (!read_block(http2))
            return false;
    return true;
}

static void session_open(struct http2 *http2)
{
    nghttp2_session_callbacks *callbacks;
    must(nghttp2_session_callbacks_new(&callbacks), "callbacks");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_send_callback(callbacks, send_bytes);
    if (http2->settings->padding > 0)
        nghttp2_session_callbacks_set_select_padding_callback(callbacks, pad);
    must(nghttp2_session_server_new(&http2->session, callbacks, http2), "session");
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry entries[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, http2->settings->streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2->settings->window},
    };
    must(nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, entries,
                                 sizeof entries / sizeof entries[0]),
         "settings");
}

/* Nothing is sent before the first request is due, so that a fault can spoil the first byte. */
void http2_serve(struct raw_connection *connection)
{
    struct http2 http2 = {.connection = connection, .settings = settings_of(connection)};
    session_open(&http2);
    bool has_answered = false;
    for (int wait_ms = WAIT_ENDLESS;;) {
        if (has_answered && nghttp2_session_send(http2.session) != 0)
            break;
        if (!nghttp2_session_want_read(http2.session) && http2.streams == NULL)
            break;
        if (is_readable(&http2, wait_ms) && !read_block(&http2))
            break;
        has_answered |= http2.streams != NULL;
        if (!answer_due(&http2, &wait_ms))
            break;
    }
    /* Bytes that nobody reads would turn the end into a reset, which overtakes what was sent. */
    if (shutdown(connection->fd, SHUT_WR) == 0)
        raw_wait_for_close(connection);
    nghttp2_session_del(http2.session);
    while (http2.streams != NULL) {
        struct http2_stream *stream = http2.streams;
        http2.streams = stream->next;
        stream_free(stream);
    }
    ERR_clear_error();
}
