#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http2.h"
#include "raw_internal.h"

#define MAX_HEAD 65536

struct raw {
    struct sim *sim;
    struct authority *authority; /* borrowed */
    SSL_CTX *contexts[CERT_KINDS];
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct raw_connection *connections;
    bool is_stopping;
};

static const struct fault *fault_of(const struct sim *sim, const struct cluster *cluster)
{
    return cluster == NULL ? &sim->fleet.control.token_fault : &cluster->fault;
}

bool raw_wants(const struct sim *sim, const struct cluster *cluster)
{
    for (int i = 0; cluster == NULL && i < LIST_KINDS; i++)
        if (fault_is_raw(&sim->fleet.control.list_faults[i]))
            return true;
    bool is_http2 = cluster == NULL ? sim->fleet.control.http2.is_on : cluster->http2.is_on;
    return is_http2 || fault_is_raw(fault_of(sim, cluster));
}

bool raw_write(struct raw_connection *connection, const char *data, size_t len)
{
    while (len > 0) {
        size_t done = 0;
        if (connection->ssl != NULL) {
            if (SSL_write_ex(connection->ssl, data, len, &done) != 1)
                return false;
        } else {
            ssize_t count = send(connection->fd, data, len, MSG_NOSIGNAL);
            if (count < 0 && errno == EINTR)
                continue;
            if (count <= 0)
                return false;
            done = (size_t)count;
        }
        data += done;
        len -= done;
    }
    return true;
}

static bool read_some(struct raw_connection *connection)
{
    char block[4096];
    size_t done = 0;
    if (connection->ssl != NULL) {
        if (SSL_read_ex(connection->ssl, block, sizeof block, &done) != 1)
            return false;
    } else {
        ssize_t count = recv(connection->fd, block, sizeof block, 0);
        if (count <= 0)
            return count < 0 && errno == EINTR;
        done = (size_t)count;
    }
    text_add(&connection->input, block, done);
    return connection->input.len <= MAX_HEAD;
}

void raw_wait_for_close(struct raw_connection *connection)
{
    char block[4096];
    for (;;) {
        ssize_t count = recv(connection->fd, block, sizeof block, 0);
        if (count == 0 || (count < 0 && errno != EINTR))
            return;
    }
}

void raw_close(struct raw_connection *connection)
{
    if (connection->ssl != NULL)
        SSL_shutdown(connection->ssl);
    shutdown(connection->fd, SHUT_WR);
    raw_wait_for_close(connection);
}

/* What has not arrived yet would be lost by a reset. */
static void wait_until_sent(const struct raw_connection *connection)
{
    int left = 0;
    while (ioctl(connection->fd, SIOCOUTQ, &left) == 0 && left > 0 && raw_sleep(connection, 1))
        continue;
}

void raw_reset(struct raw_connection *connection)
{
    wait_until_sent(connection);
    /* With no time to linger, close() resets the connection. */
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) != 0)
        die("cannot make a connection reset");
    if (connection->ssl != NULL)
        SSL_set_quiet_shutdown(connection->ssl, 1);
}

bool raw_sleep(const struct raw_connection *connection, long ms)
{
    struct pollfd polled[2] = {{.fd = connection->fd, .events = POLLRDHUP},
                               {.fd = connection->raw->sim->stop_fd, .events = POLLIN}};
    int64_t end = now_ms() + ms;
    for (int64_t left = ms; left > 0; left = end - now_ms()) {
        int count = poll(polled, 2, (int)left);
        if (count > 0 || (count < 0 && errno != EINTR))
            return false;
    }
    return true;
}

/* The value of a header in the request's head, or NULL; written over the head. */
static char *find_header(char *head, const char *name)
{
    size_t len = strlen(name);
    for (char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        char *value = line + len + 1 + strspn(line + len + 1, " ");
        char *end = strstr(value, "\r\n");
        return strndup(value, end == NULL ? strlen(value) : (size_t)(end - value));
    }
    return NULL;
}

/* Reads one request and answers it; whether the connection can go on. */
static bool serve_request(struct raw_connection *connection)
{
    struct text *input = &connection->input;
    char *end = NULL;
    while (input->len == 0 || (end = strstr(input->data, "\r\n\r\n")) == NULL)
        if (!read_some(connection))
            return false;
    end[2] = '\0';
    char *length = find_header(input->data, "Content-Length");
    size_t head_len = (size_t)(end + 4 - input->data);
    size_t body_len = length == NULL ? 0 : strtoul(length, NULL, 10);
    free(length);
    while (input->len < head_len + body_len)
        if (!read_some(connection))
            return false;
    char *authorization = find_header(input->data, "Authorization");
    char *content_type = find_header(input->data, "Content-Type");
    char *save, *method = strtok_r(input->data, " ", &save);
    char *uri = strtok_r(NULL, " ", &save);
    const struct question question = {.method = method == NULL ? "?" : method,
                                      .uri = uri == NULL ? "?" : uri,
                                      .authorization = authorization,
                                      .content_type = content_type,
                                      .body = input->data + head_len,
                                      .body_len = body_len,
                                      .connection = connection->number};
    struct answer answer;
    answer_make(connection->raw->sim, connection->cluster, &question, &answer);
    free(authorization);
    free(content_type);
    memmove(input->data, input->data + head_len + body_len, input->len - head_len - body_len);
    input->len -= head_len + body_len;
    input->data[input->len] = '\0';
    bool goes_on = raw_sleep(connection, answer.delay_ms) && raw_send(connection, &answer);
    answer_free(&answer);
    return goes_on;
}

/* Whether this connection's handshake is to be spoiled; logs it. */
static bool handshake_strikes(struct raw_connection *connection)
{
    struct cluster *cluster = connection->cluster;
    if (!fault_is_of_handshake(connection->fault))
        return false;
    if (cluster != NULL && cluster->fault_times >= 0 &&
        atomic_fetch_add(&cluster->faults_served[0], 1) >= cluster->fault_times)
        return false;
    char served[64];
    snprintf(served, sizeof served, "fault:%s", connection->fault->name);
    reqlog_add(connection->raw->sim->log, cluster == NULL ? "control" : cluster->name,
               connection->number, "-", "-", "none", served);
    return true;
}

/* A name in the subject alone is that of one address, so such a certificate is made for each. */
static SSL_CTX *context_of(struct raw_connection *connection, enum cert_kind kind)
{
    struct raw *raw = connection->raw;
    if (kind != CERT_CN_ONLY || connection->cluster == NULL)
        return SSL_CTX_up_ref(raw->contexts[kind]) == 1 ? raw->contexts[kind] : NULL;
    struct text cert = {0}, key = {0};
    pthread_mutex_lock(&raw->lock);
    authority_issue(raw->authority, kind, &connection->cluster->addr, 1, &cert, &key);
    pthread_mutex_unlock(&raw->lock);
    SSL_CTX *context = certs_context(&cert, &key);
    text_free(&cert);
    text_free(&key);
    return context;
}

static bool shake_hands(struct raw_connection *connection, enum cert_kind kind)
{
    SSL_CTX *context = context_of(connection, kind);
    connection->ssl = context == NULL ? NULL : SSL_new(context);
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->fd) != 1)
        die("OpenSSL: no connection: %s", ERR_reason_error_string(ERR_get_error()));
    SSL_CTX_free(context);
    http2_expect(connection);
    if (connection->fault->kind == FAULT_OLD_TLS)
        handshake_limit(connection);
    return SSL_accept(connection->ssl) == 1;
}

static void serve(struct raw_connection *connection)
{
    enum cert_kind kind = CERT_GOOD;
    const struct sim *sim = connection->raw->sim;
    bool strikes = handshake_strikes(connection);
    if (strikes && handshake_spoil(connection, &kind))
        return;
    bool is_tls =
        connection->cluster == NULL ? sim->fleet.control.is_tls : connection->cluster->is_tls;
    if (is_tls && !shake_hands(connection, kind))
        return;
    if (http2_is_chosen(connection)) {
        http2_serve(connection);
        return;
    }
    if (strikes && connection->fault->kind == FAULT_END_EARLY) {
        stage_end(connection);
        return;
    }
    while (serve_request(connection))
        continue;
}

static void *run(void *arg)
{
    struct raw_connection *connection = arg;
    struct raw *raw = connection->raw;
    serve(connection);
    /* The simulator ends as soon as no connection is left: whatever is freed later may be too late,
     * and then looks like a leak. */
    SSL_free(connection->ssl);
    text_free(&connection->input);
    ERR_clear_error();
    OPENSSL_thread_stop();
    pthread_mutex_lock(&raw->lock);
    for (struct raw_connection **link = &raw->connections; *link != NULL; link = &(*link)->next)
        if (*link == connection) {
            *link = connection->next;
            break;
        }
    close(connection->fd);
    free(connection);
    pthread_cond_signal(&raw->ended);
    pthread_mutex_unlock(&raw->lock);
    return NULL;
}

void raw_take(struct raw *raw, struct cluster *cluster, int fd)
{
    struct raw_connection *connection = sim_alloc(sizeof *connection);
    connection->raw = raw;
    connection->sim = raw->sim;
    connection->cluster = cluster;
    connection->fault = fault_of(raw->sim, cluster);
    connection->number = atomic_fetch_add(&raw->sim->connections, 1) + 1;
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    pthread_mutex_lock(&raw->lock);
    connection->next = raw->connections;
    raw->connections = connection;
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) != 0 ||
        pthread_create(&thread, &attributes, run, connection) != 0)
        die("cannot start a thread");
    pthread_attr_destroy(&attributes);
    pthread_mutex_unlock(&raw->lock);
}

struct raw *raw_new(struct sim *sim, struct authority *authority)
{
    struct raw *raw = sim_alloc(sizeof *raw);
    raw->sim = sim;
    raw->authority = authority;
    if (pthread_mutex_init(&raw->lock, NULL) != 0 || pthread_cond_init(&raw->ended, NULL) != 0)
        die("cannot make a lock");
    struct in_addr *addrs = sim_array(sim->fleet.count + 1, sizeof *addrs);
    size_t count = 0;
    if (raw_wants(sim, NULL))
        addrs[count++] = fleet_control_addr();
    for (size_t i = 0; i < sim->fleet.count; i++)
        if (raw_wants(sim, &sim->fleet.clusters[i]))
            addrs[count++] = sim->fleet.clusters[i].addr;
    for (enum cert_kind kind = CERT_GOOD; count > 0 && kind < CERT_KINDS; kind++) {
        struct text cert = {0}, key = {0};
        authority_issue(authority, kind, addrs, count, &cert, &key);
        raw->contexts[kind] = certs_context(&cert, &key);
        http2_offer(raw->contexts[kind]);
        text_free(&cert);
        text_free(&key);
    }
    free(addrs);
    return raw;
}

void raw_free(struct raw *raw)
{
    if (raw == NULL)
        return;
    pthread_mutex_lock(&raw->lock);
    for (struct raw_connection *c = raw->connections; c != NULL; c = c->next)
        shutdown(c->fd, SHUT_RDWR);
    while (raw->connections != NULL)
        pthread_cond_wait(&raw->ended, &raw->lock);
    pthread_mutex_unlock(&raw->lock);
    for (int kind = 0; kind < CERT_KINDS; kind++)
        SSL_CTX_free(raw->contexts[kind]);
    pthread_cond_destroy(&raw->ended);
    pthread_mutex_destroy(&raw->lock);
    free(raw);
}
