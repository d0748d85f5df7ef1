/* Answers whose bytes are wrong on purpose. */
#include <string.h>

#include "raw_internal.h"

#define STREAM_PART       (1u << 20) /* so much of a large answer is enough to spoil it */
#define LONG_HEADER_LINES 200000

static void put_head(struct text *out, const struct answer *answer, bool is_chunked)
{
    text_printf(out, "HTTP/1.1 %d Simulated\r\n", answer->status);
    for (size_t i = 0; i < answer->header_count; i++)
        text_printf(out, "%s: %s\r\n", answer->headers[i].name, answer->headers[i].value);
    if (is_chunked)
        text_puts(out, "Transfer-Encoding: chunked\r\n\r\n");
    else
        text_printf(out, "Content-Length: %zu\r\n\r\n", answer->content.len);
}

/* The head that promises the whole, and half of the content. */
static bool send_half(struct raw_connection *connection, const struct answer *answer,
                      bool is_chunked)
{
    struct text out = {0};
    size_t half = answer->content.len / 2;
    put_head(&out, answer, is_chunked);
    if (is_chunked)
        text_printf(&out, "%zx\r\n", half);
    text_add(&out, answer->content.data, half);
    if (is_chunked)
        text_puts(&out, "\r\n");
    bool is_sent = raw_write(connection, out.data, out.len);
    text_free(&out);
    return is_sent;
}

/* "cut_body:clean" ends TLS as it should be ended, and lies only in HTTP. */
static void cut(struct raw_connection *connection)
{
    const char *how = connection->fault->arg;
    if (how != NULL && strcmp(how, "clean") == 0 && connection->ssl != NULL)
        SSL_shutdown(connection->ssl);
}

static void send_long_headers(struct raw_connection *connection)
{
    static const char begin[] = "HTTP/1.1 200 OK\r\n";
    struct text line = {0};
    bool is_sent = raw_write(connection, begin, sizeof begin - 1);
    for (int i = 0; is_sent && i < LONG_HEADER_LINES; i++) {
        line.len = 0;
        text_printf(&line, "X-Long-%06d: %0900d\r\n", i, i);
        is_sent = raw_write(connection, line.data, line.len);
    }
    text_free(&line);
}

static void send_trickle(struct raw_connection *connection, const struct answer *answer)
{
    struct text head = {0};
    put_head(&head, answer, false);
    bool is_sent = raw_write(connection, head.data, head.len);
    for (size_t i = 0; is_sent && i < answer->content.len; i++)
        is_sent = raw_write(connection, answer->content.data + i, 1) && raw_sleep(connection, 1000);
    text_free(&head);
}

static bool send_whole(struct raw_connection *connection, const struct answer *answer)
{
    struct text head = {0};
    put_head(&head, answer, false);
    bool is_sent = raw_write(connection, head.data, head.len) &&
                   raw_write(connection, answer->content.data, answer->content.len);
    text_free(&head);
    return is_sent;
}

bool raw_send(struct raw_connection *connection, struct answer *answer)
{
    static const char garbage[] = "\x16\x03garbage, and no HTTP\x01\x02\x03\r\n\r\n\xff\xfe";
    if (answer->stream != NULL) {
        char block[4096];
        size_t count;
        while (answer->content.len < STREAM_PART &&
               (count = body_read(answer->stream, block, sizeof block)) > 0)
            text_add(&answer->content, block, count);
    }
    switch (answer->raw) {
    case FAULT_NO_ANSWER:
        raw_wait_for_close(connection);
        return false;
    case FAULT_STALL_BODY:
        if (send_half(connection, answer, false))
            raw_wait_for_close(connection);
        return false;
    case FAULT_CUT_BODY:
    case FAULT_CUT_CHUNKED:
        if (send_half(connection, answer, answer->raw == FAULT_CUT_CHUNKED))
            cut(connection);
        return false;
    case FAULT_RESET:
        raw_reset(connection);
        return false;
    case FAULT_END_LATE:
        stage_send(connection, answer);
        return false;
    case FAULT_WIRE:
        return wire_send(connection, answer);
    case FAULT_LONG_HEADERS:
        send_long_headers(connection);
        return false;
    case FAULT_GARBAGE:
        raw_write(connection, garbage, sizeof garbage - 1);
        return false;
    case FAULT_TRICKLE:
        send_trickle(connection, answer);
        return false;
    default:
        return send_whole(connection, answer);
    }
}
