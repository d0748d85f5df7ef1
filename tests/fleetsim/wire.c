/* Answers that bend or break HTTP/1, byte by byte; and connections that end at every stage. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "raw_internal.h"

#define FLOOD_BYTES 4096u
#define FLOOD_MS    5 /* between floods: to be endless is enough, it need not choke the machine */
#define TRICKLE_MS  1000

enum wire_body { NOTHING, WHOLE, CHUNKED };
enum wire_end { KEEP, CLOSE, FLOOD, TRICKLE };

#define OK         "HTTP/1.1 200 OK\r\n"
#define LENGTH     "Content-Length: @\r\n"
#define CHUNKS     "Transfer-Encoding: chunked\r\n"
#define CHUNK_HEAD OK CHUNKS "\r\n"
#define LAST       "\r\n0\r\n"

/* The head (in which '@' stands for the content's length, '#' for half, '&' for twice of it, '^'
 * for its hexadecimal digits, and \1 for NUL), then the body, then the tail; the connection goes on
 * or is closed, or the last text is sent for ever. */
static const struct wire {
    const char *name, *class, *head;
    enum wire_body body;
    const char *tail;
    enum wire_end end;
    const char *endless;
} wires[] = {
    {"http09", "protocol", "", WHOLE, "", CLOSE, NULL},
    {"http10", NULL, "HTTP/1.0 200 OK\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"no_reason", NULL, "HTTP/1.1 200\r\n" LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"lf_only", NULL, "HTTP/1.1 200 OK\nContent-Length: @\n\n", WHOLE, "", KEEP, NULL},
    {"status_999", "http", "HTTP/1.1 999 Odd\r\n" LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"status_000", "protocol", "HTTP/1.1 000 Odd\r\n" LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"status_20", "protocol", "HTTP/1.1 20 OK\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"status_2000", "protocol", "HTTP/1.1 2000 OK\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"status_text", "protocol", "HTTP/1.1 OK 200\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"version_9", "protocol", "HTTP/9.9 200 OK\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"1xx_flood", "protocol", "", NOTHING, "", FLOOD,
     "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"},
    {"100_flood", "protocol", "", NOTHING, "", FLOOD, "HTTP/1.1 100 Continue\r\n\r\n"},
    {"1xx_some", NULL,
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" OK LENGTH "\r\n",
     WHOLE, "", KEEP, NULL},
    {"1xx_only", "connect", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", NOTHING, "", CLOSE,
     NULL},
    {"1xx_half", "connect", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n", NOTHING, "", CLOSE, NULL},
    {"204", "http", "HTTP/1.1 204 No Content\r\n\r\n", NOTHING, "", KEEP, NULL},
    {"205", "http", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", NOTHING, "", KEEP,
     NULL},
    {"206", "http", "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/99\r\n" LENGTH "\r\n", WHOLE,
     "", KEEP, NULL},
    {"304", "http", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", NOTHING, "", KEEP, NULL},
    {"redirect_odd", "redirect",
     "HTTP/1.1 302 Found\r\nLocation: https://a\x1b[31m\xe2\x80\xae.example/\r\n"
     "Content-Length: 0\r\n\r\n",
     NOTHING, "", KEEP, NULL},
    {"length_long", "truncated", OK "Content-Length: &\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"length_short", "bad_json", OK "Content-Length: #\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"length_negative", "protocol", OK "Content-Length: -@\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"length_text", "protocol", OK "Content-Length: ten\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"length_huge", NULL, OK "Content-Length: 99999999999999999999999\r\n\r\n", WHOLE, "", CLOSE,
     NULL},
    {"length_same", NULL, OK LENGTH LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"length_two", "protocol", OK LENGTH "Content-Length: #\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"length_two_late", "protocol", OK "Content-Length: #\r\n" LENGTH "\r\n", WHOLE, "", CLOSE,
     NULL},
    {"length_chunked", NULL, OK "Content-Length: #\r\n" CHUNKS "\r\n", CHUNKED, LAST "\r\n", KEEP,
     NULL},
    {"coding_unknown", "protocol", OK "Transfer-Encoding: rot13\r\n\r\n", WHOLE, "", CLOSE, NULL},
    {"chunk_bad", "protocol", CHUNK_HEAD "zz\r\n", WHOLE, LAST "\r\n", CLOSE, NULL},
    {"chunk_negative", "protocol", CHUNK_HEAD "-5\r\n", WHOLE, LAST "\r\n", CLOSE, NULL},
    {"chunk_long", "protocol", CHUNK_HEAD "11111111111111111111\r\n", WHOLE, LAST "\r\n", CLOSE,
     NULL},
    {"chunk_short", "protocol", CHUNK_HEAD "5\r\n", WHOLE, LAST "\r\n", CLOSE, NULL},
    {"chunk_huge", "truncated", CHUNK_HEAD "7FFFFFFFFFFFFFFF\r\n", WHOLE, "", CLOSE, NULL},
    {"chunk_extension", NULL, CHUNK_HEAD "^;x=\"y\"\r\n", WHOLE, LAST "\r\n", KEEP, NULL},
    {"chunk_extension_endless", "timeout", CHUNK_HEAD "5;x=", NOTHING, "", FLOOD, "y"},
    {"trailers", NULL, CHUNK_HEAD, CHUNKED, LAST "X-One: 1\r\nX-Two: 2\r\n\r\n", KEEP, NULL},
    {"trailers_endless", "protocol", CHUNK_HEAD "^\r\n", WHOLE, LAST, FLOOD,
     "X-More: and more\r\n"},
    {"trailer_endless", "protocol", CHUNK_HEAD "^\r\n", WHOLE, LAST "X-More: ", FLOOD, "more"},
    {"header_nul", "protocol", OK "X-Odd: a\1b\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"header_cr", NULL, OK "X-Odd: a\rb\r\n" LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"header_fold", NULL, OK "X-Odd: a\r\n b\r\n\tc\r\n" LENGTH "\r\n", WHOLE, "", KEEP, NULL},
    {"header_no_colon", "protocol", OK "no colon\r\n" LENGTH "\r\n", WHOLE, "", CLOSE, NULL},
    {"header_endless", "protocol", OK "X-Endless: ", NOTHING, "", FLOOD, "more "},
    {"headers_endless", "protocol", OK, NOTHING, "", FLOOD, "X-More: and more\r\n"},
    {"headers_trickle", "timeout", OK "X-Slow: ", NOTHING, "", TRICKLE, "s"},
    {"body_trickle", "timeout", OK "Content-Length: 1000000\r\n\r\n", NOTHING, "", TRICKLE, " "},
};

bool wire_find(const char *name, struct fault *fault)
{
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++)
        if (strcmp(wires[i].name, name) == 0) {
            fault->number = (long)i;
            fault->class = wires[i].class;
            return true;
        }
    return false;
}

static void put_head(struct text *out, const char *head, size_t len)
{
    for (; *head != '\0'; head++) {
        if (*head == '@')
            text_printf(out, "%zu", len);
        else if (*head == '#')
            text_printf(out, "%zu", len / 2);
        else if (*head == '&')
            text_printf(out, "%zu", len * 2);
        else if (*head == '^')
            text_printf(out, "%zx", len);
        else
            text_add(out, *head == '\1' ? "\0" : head, 1);
    }
}

/* One part over and over, until the other side has had enough. */
static void send_for_ever(struct raw_connection *connection, const char *part, enum wire_end how)
{
    struct text block = {0};
    do
        text_puts(&block, part);
    while (how == FLOOD && block.len < FLOOD_BYTES);
    while (raw_write(connection, block.data, block.len) &&
           raw_sleep(connection, how == FLOOD ? FLOOD_MS : TRICKLE_MS))
        continue;
    text_free(&block);
}

bool wire_send(struct raw_connection *connection, const struct answer *answer)
{
    const struct wire *wire = &wires[connection->fault->number];
    const struct text *content = &answer->content;
    struct text out = {0};
    put_head(&out, wire->head, content->len);
    if (wire->body == CHUNKED)
        text_printf(&out, "%zx\r\n", content->len);
    if (wire->body != NOTHING)
        text_add(&out, content->data, content->len);
    text_puts(&out, wire->tail);
    bool is_sent = raw_write(connection, out.data, out.len);
    text_free(&out);
    if (is_sent && wire->endless != NULL)
        send_for_ever(connection, wire->endless, wire->end);
    else if (is_sent && wire->end == CLOSE)
        raw_close(connection);
    return is_sent && wire->end == KEEP;
}

static const char *const stages[] = {
    [STAGE_ACCEPT] = "accept",           [STAGE_HELLO] = "hello",   [STAGE_HANDSHAKE] = "handshake",
    [STAGE_REQUEST] = "request",         [STAGE_STATUS] = "status", [STAGE_HEADERS] = "headers",
    [STAGE_HEADERS_END] = "headers_end", [STAGE_BODY] = "body"};

bool stage_find_reset(const char *name, struct fault *fault)
{
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (strcmp(stages[i], name) == 0) {
            fault->number = (long)i;
            fault->class = i < STAGE_STATUS ? "connect" : "truncated";
            return true;
        }
    return false;
}

bool stage_find_close(const char *name, struct fault *fault)
{
    bool is_found = stage_find_reset(name, fault);
    if (is_found && fault->number < STAGE_HANDSHAKE)
        fault->class = "tls"; /* the connection did nothing wrong, the handshake did */
    return is_found;
}

void stage_send(struct raw_connection *connection, const struct answer *answer)
{
    struct text out = {0};
    long stage = connection->fault->number;
    if (stage >= STAGE_STATUS)
        text_puts(&out, OK);
    if (stage >= STAGE_HEADERS)
        text_puts(&out, "Content-Type: application/json\r\nX-Half: a hea");
    if (stage >= STAGE_HEADERS_END)
        text_printf(&out, "der\r\nContent-Length: %zu\r\n\r\n", answer->content.len);
    if (stage >= STAGE_BODY)
        text_add(&out, answer->content.data, answer->content.len / 2);
    if (raw_write(connection, out.data, out.len))
        stage_end(connection);
    text_free(&out);
}

void stage_end(struct raw_connection *connection)
{
    if (strncmp(connection->fault->name, "reset", 5) == 0)
        raw_reset(connection);
    else
        raw_close(connection);
}
