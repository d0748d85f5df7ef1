/*
 * A plain HTTP server for tests that look at single bytes: it listens on loopback ports ("sites"),
 * records every request as it came, and answers with the bytes it was given, right or wrong. One
 * thread serves all sites; what a test prepares is set before wire_serve(), what was recorded is
 * read after wire_stop().
 */
#ifndef WIRE_SERVER_H
#define WIRE_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/e2e.h"

#define WIRE_SITES       24
#define WIRE_ANSWERS     8
#define WIRE_CONNECTIONS 128
#define WIRE_REQUESTS    256
#define WIRE_REQUEST_MAX 16384

struct wire_answer {
    const char *path;   /* the target begins with this; NULL: any */
    unsigned times;     /* for so many requests; 0: for all */
    const char *head;   /* sent first; NULL: nothing */
    const char *bytes;  /* sent `repeat` times; NULL: nothing */
    unsigned repeat;    /* 0: once */
    bool closes;        /* the connection, after the bytes */
    unsigned hold_mask; /* wait until no connection to these sites (1 << site) is open */
};

struct wire_request {
    size_t site;
    size_t connection; /* counts from 1, over all sites */
    int64_t mono_ms;   /* when the last byte of it came */
    int64_t real_ms;
    char *text; /* head and body */
};

struct wire_connection {
    int fd;
    size_t site;
    size_t number;
    const struct wire_answer *held;
    size_t len;
    char text[WIRE_REQUEST_MAX];
};

struct wire {
    size_t site_count;
    struct {
        int fd;
        unsigned port;
        struct wire_answer answers[WIRE_ANSWERS];
        unsigned used[WIRE_ANSWERS];
        size_t answer_count;
        size_t accepted;
        size_t open;
    } sites[WIRE_SITES];
    struct wire_connection *connections[WIRE_CONNECTIONS];
    size_t connection_count;
    size_t connection_number;
    struct wire_request requests[WIRE_REQUESTS];
    size_t request_count;
    int stop[2];
    pthread_t thread;
    bool is_serving;
};

static inline int64_t wire_clock_ms(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        e2e_die("no clock: %s", strerror(errno));
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void wire_listen(struct wire *wire, size_t site)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        e2e_die("cannot listen: %s", strerror(errno));
    wire->sites[site].fd = fd;
    wire->sites[site].port = ntohs(address.sin_port);
}

static inline struct wire *wire_open(size_t site_count)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL || site_count > WIRE_SITES || pipe(wire->stop) != 0)
        e2e_die("cannot make a server: %s", strerror(errno));
    wire->site_count = site_count;
    for (size_t i = 0; i < site_count; i++)
        wire_listen(wire, i);
    return wire;
}

static inline unsigned wire_port(const struct wire *wire, size_t site)
{
    return wire->sites[site].port;
}

/* Adds an answer; the first one that fits a request is given. All texts are borrowed. */
static inline void wire_answer(struct wire *wire, size_t site, struct wire_answer answer)
{
    if (wire->sites[site].answer_count == WIRE_ANSWERS)
        e2e_die("too many answers");
    wire->sites[site].answers[wire->sites[site].answer_count++] = answer;
}

static inline void wire_accept(struct wire *wire, size_t site)
{
    struct wire_connection *connection = calloc(1, sizeof *connection);
    int fd = accept4(wire->sites[site].fd, NULL, NULL, SOCK_CLOEXEC);
    const struct timeval patience = {.tv_sec = 20};
    if (connection == NULL || fd < 0 || wire->connection_count == WIRE_CONNECTIONS ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        e2e_die("cannot accept: %s", strerror(errno));
    connection->fd = fd;
    connection->site = site;
    connection->number = ++wire->connection_number;
    wire->connections[wire->connection_count++] = connection;
    wire->sites[site].accepted++;
    wire->sites[site].open++;
}

static inline void wire_close(struct wire *wire, size_t index)
{
    struct wire_connection *connection = wire->connections[index];
    wire->sites[connection->site].open--;
    wire->connections[index] = wire->connections[--wire->connection_count];
    close(connection->fd);
    free(connection);
}

/* Bytes of the first whole request in the connection's text; 0: there is none yet. */
static inline size_t wire_whole(const struct wire_connection *connection)
{
    static const char name[] = "\r\nContent-Length:";
    const char *end = strstr(connection->text, "\r\n\r\n");
    const char *length = strcasestr(connection->text, name);
    if (end == NULL)
        return 0;
    size_t len = (size_t)(end + 4 - connection->text);
    if (length != NULL && length < end)
        len += strtoul(length + sizeof name - 1, NULL, 10);
    return connection->len >= len ? len : 0;
}

static inline void wire_record(struct wire *wire, const struct wire_connection *connection,
                               size_t len)
{
    struct wire_request *request = &wire->requests[wire->request_count];
    if (wire->request_count++ == WIRE_REQUESTS)
        e2e_die("too many requests");
    request->site = connection->site;
    request->connection = connection->number;
    request->mono_ms = wire_clock_ms(CLOCK_MONOTONIC);
    request->real_ms = wire_clock_ms(CLOCK_REALTIME);
    request->text = strndup(connection->text, len);
}

static inline const struct wire_answer *wire_choose(struct wire *wire,
                                                    const struct wire_connection *connection)
{
    static const struct wire_answer none = {
        .bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"};
    const char *target = strchr(connection->text, ' ');
    for (size_t i = 0; target != NULL && i < wire->sites[connection->site].answer_count; i++) {
        const struct wire_answer *answer = &wire->sites[connection->site].answers[i];
        unsigned *used = &wire->sites[connection->site].used[i];
        if ((answer->times != 0 && *used >= answer->times) ||
            (answer->path != NULL && strncmp(target + 1, answer->path, strlen(answer->path)) != 0))
            continue;
        ++*used;
        return answer;
    }
    return &none;
}

static inline bool wire_is_held(const struct wire *wire, const struct wire_answer *answer)
{
    for (size_t i = 0; i < wire->site_count; i++)
        if ((answer->hold_mask & 1u << i) != 0 && wire->sites[i].open > 0)
            return true;
    return false;
}

/* A peer that has gone away is its own business. */
static inline bool wire_send(int fd, const char *bytes)
{
    size_t len = bytes == NULL ? 0 : strlen(bytes);
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Gives the held answer; true when the connection is to be closed. */
static inline bool wire_give(struct wire_connection *connection)
{
    const struct wire_answer *answer = connection->held;
    connection->held = NULL;
    bool is_sent = wire_send(connection->fd, answer->head);
    for (unsigned i = 0; is_sent && i < (answer->repeat == 0 ? 1 : answer->repeat); i++)
        is_sent = wire_send(connection->fd, answer->bytes);
    return !is_sent || answer->closes;
}

/* Reads what there is; true when the connection is over. */
static inline bool wire_receive(struct wire *wire, struct wire_connection *connection)
{
    size_t room = sizeof connection->text - 1 - connection->len;
    ssize_t got = recv(connection->fd, connection->text + connection->len, room, 0);
    if (got <= 0)
        return true;
    connection->len += (size_t)got;
    connection->text[connection->len] = '\0';
    size_t whole = wire_whole(connection);
    if (whole == 0)
        return connection->len == sizeof connection->text - 1;
    wire_record(wire, connection, whole);
    connection->held = wire_choose(wire, connection);
    connection->len = 0;
    return false;
}

static inline void wire_give_all(struct wire *wire)
{
    for (size_t i = wire->connection_count; i-- > 0;) {
        struct wire_connection *connection = wire->connections[i];
        if (connection->held != NULL && !wire_is_held(wire, connection->held) &&
            wire_give(connection))
            wire_close(wire, i);
    }
}

static inline void *wire_loop(void *arg)
{
    struct wire *wire = arg;
    for (;;) {
        struct pollfd polls[1 + WIRE_SITES + WIRE_CONNECTIONS];
        size_t sites = wire->site_count, connections = wire->connection_count;
        polls[0] = (struct pollfd){.fd = wire->stop[0], .events = POLLIN};
        for (size_t i = 0; i < sites; i++)
            polls[1 + i] = (struct pollfd){.fd = wire->sites[i].fd, .events = POLLIN};
        for (size_t i = 0; i < connections; i++)
            polls[1 + sites + i] =
                (struct pollfd){.fd = wire->connections[i]->fd, .events = POLLIN};
        if (poll(polls, (nfds_t)(1 + sites + connections), -1) < 0 && errno != EINTR)
            e2e_die("poll: %s", strerror(errno));
        if (polls[0].revents != 0)
            return NULL;
        /* Backwards: closing one moves the last to its place. */
        for (size_t i = connections; i-- > 0;)
            if (polls[1 + sites + i].revents != 0 && wire_receive(wire, wire->connections[i]))
                wire_close(wire, i);
        for (size_t i = 0; i < sites; i++)
            if (polls[1 + i].revents != 0)
                wire_accept(wire, i);
        wire_give_all(wire);
    }
}

static inline void wire_serve(struct wire *wire)
{
    if (pthread_create(&wire->thread, NULL, wire_loop, wire) != 0)
        e2e_die("cannot start a thread");
    wire->is_serving = true;
}

static inline void wire_stop(struct wire *wire)
{
    if (wire->is_serving && (write(wire->stop[1], "", 1) != 1 || pthread_join(wire->thread, NULL)))
        e2e_die("cannot stop the server");
    wire->is_serving = false;
    while (wire->connection_count > 0)
        wire_close(wire, wire->connection_count - 1);
}

static inline void wire_free(struct wire *wire)
{
    wire_stop(wire);
    for (size_t i = 0; i < wire->request_count; i++)
        free(wire->requests[i].text);
    for (size_t i = 0; i < wire->site_count; i++)
        close(wire->sites[i].fd);
    close(wire->stop[0]);
    close(wire->stop[1]);
    free(wire);
}

/* How many requests a site got. */
static inline size_t wire_count(const struct wire *wire, size_t site)
{
    size_t count = 0;
    for (size_t i = 0; i < wire->request_count; i++)
        count += wire->requests[i].site == site;
    return count;
}

/* The n-th request of a site, from 0; NULL: there was none. */
static inline const struct wire_request *wire_get(const struct wire *wire, size_t site, size_t n)
{
    for (size_t i = 0; i < wire->request_count; i++)
        if (wire->requests[i].site == site && n-- == 0)
            return &wire->requests[i];
    return NULL;
}

#endif
