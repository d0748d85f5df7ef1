#include "serve.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "timers.h"

#define CLUSTERS_PER_DAEMON 50
#define MAX_REQUEST_BODY    65536
#define STREAM_BLOCK        65536

struct daemon {
    struct MHD_Daemon *plain; /* each made only when one of its clusters needs it */
    struct MHD_Daemon *tls;
};

struct server {
    struct sim *sim;
    struct timers *timers;
    struct daemon *daemons; /* [0]: the control plane's */
    size_t count;
};

/* A connection: who was called. */
struct peer {
    struct cluster *cluster;
    unsigned long number;
};

struct request {
    char *uri;
    struct text body;
    struct answer answer;
    bool is_begun, is_decided;
};

static void *note_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    (void)arg;
    (void)connection;
    struct request *request = sim_alloc(sizeof *request);
    request->uri = sim_dup(uri);
    return request;
}

static void free_request(void *arg, struct MHD_Connection *connection, void **request_arg,
                         enum MHD_RequestTerminationCode code)
{
    (void)arg;
    (void)connection;
    (void)code;
    struct request *request = *request_arg;
    if (request == NULL)
        return;
    free(request->uri);
    text_free(&request->body);
    answer_free(&request->answer);
    free(request);
    *request_arg = NULL;
}

/* Raw URIs are wanted as they are. */
static size_t keep_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

static void note_connection(void *arg, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct server *server = arg;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        const struct peer *old = *context;
        reqlog_add(server->sim->log, old->cluster == NULL ? "control" : old->cluster->name,
                   old->number, "-", "-", "none", "closed");
        free(*context);
        *context = NULL;
        return;
    }
    struct peer *peer = sim_alloc(sizeof *peer);
    peer->number = atomic_fetch_add(&server->sim->connections, 1) + 1;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr_in own;
    socklen_t len = sizeof own;
    if (info != NULL && getsockname(info->connect_fd, (struct sockaddr *)&own, &len) == 0)
        peer->cluster = fleet_find(&server->sim->fleet, own.sin_addr);
    *context = peer;
}

static ssize_t read_stream(void *arg, uint64_t position, char *data, size_t max)
{
    (void)position;
    size_t count = body_read(arg, data, max);
    return count == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)count;
}

static void free_stream(void *arg)
{
    body_free(arg);
}

/* The response takes over what the answer holds. */
static struct MHD_Response *response_of(struct answer *answer)
{
    struct MHD_Response *response;
    if (answer->stream != NULL) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream,
                                                     answer->stream, free_stream);
        answer->stream = NULL;
    } else {
        response = MHD_create_response_from_buffer(answer->content.len, answer->content.data,
                                                   MHD_RESPMEM_MUST_FREE);
        answer->content = (struct text){0};
    }
    if (response == NULL)
        die("out of memory");
    for (size_t i = 0; i < answer->header_count; i++)
        if (MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value) !=
            MHD_YES)
            die("cannot set the header %s", answer->headers[i].name);
    return response;
}

static void decide(struct server *server, struct MHD_Connection *connection, const char *method,
                   struct request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct peer *peer = info->socket_context;
    const struct question question = {
        .method = method,
        .uri = request->uri,
        .authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"),
        .content_type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"),
        .body = request->body.data,
        .body_len = request->body.len,
        .connection = peer->number,
    };
    answer_make(server->sim, peer->cluster, &question, &request->answer);
    request->is_decided = true;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **request_arg)
{
    (void)url;
    (void)version;
    struct server *server = arg;
    struct request *request = *request_arg;
    if (!request->is_begun) {
        request->is_begun = true;
        return MHD_YES;
    }
    if (*upload_len > 0) {
        if (request->body.len + *upload_len > MAX_REQUEST_BODY)
            return MHD_NO;
        text_add(&request->body, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    if (!request->is_decided) {
        decide(server, connection, method, request);
        if (request->answer.delay_ms > 0) {
            timers_suspend(server->timers, connection, request->answer.delay_ms);
            return MHD_YES;
        }
    }
    struct MHD_Response *response = response_of(&request->answer);
    enum MHD_Result result =
        MHD_queue_response(connection, (unsigned)request->answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Daemon *start_daemon(struct server *server, const struct text *cert,
                                       const struct text *key)
{
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, cert == NULL ? NULL : cert->data},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, key == NULL ? NULL : key->data},
                                   {MHD_OPTION_END, 0, NULL}};
    if (cert == NULL)
        tls[0] = tls[2];
    else
        flags |= MHD_USE_TLS;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_NOTIFY_COMPLETED, free_request, server,
        MHD_OPTION_NOTIFY_CONNECTION, note_connection, server, MHD_OPTION_URI_LOG_CALLBACK,
        note_uri, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, server,
        MHD_OPTION_CONNECTION_LIMIT, 100000u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(2 * STREAM_BLOCK), MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (daemon == NULL)
        die("libmicrohttpd does not start");
    return daemon;
}

/* The daemons of the clusters from `first` on, or of the control plane (NULL). */
static void start_group(struct server *server, struct authority *authority, struct daemon *daemon,
                        const struct cluster *first, size_t count)
{
    struct in_addr addrs[CLUSTERS_PER_DAEMON];
    size_t tls_count = 0;
    if (first == NULL && server->sim->fleet.control.is_tls)
        addrs[tls_count++] = fleet_control_addr();
    for (size_t i = 0; i < count; i++)
        if (first[i].is_tls)
            addrs[tls_count++] = first[i].addr;
    if (tls_count > 0) {
        struct text cert = {0}, key = {0};
        authority_issue(authority, CERT_GOOD, addrs, tls_count, &cert, &key);
        daemon->tls = start_daemon(server, &cert, &key);
        text_free(&cert);
        text_free(&key);
    }
    if (tls_count < (first == NULL ? 1 : count))
        daemon->plain = start_daemon(server, NULL, NULL);
}

struct server *server_new(struct sim *sim, struct authority *authority)
{
    struct server *server = sim_alloc(sizeof *server);
    server->sim = sim;
    server->timers = timers_new();
    size_t clusters = sim->fleet.count;
    server->count = 1 + (clusters + CLUSTERS_PER_DAEMON - 1) / CLUSTERS_PER_DAEMON;
    server->daemons = sim_array(server->count, sizeof *server->daemons);
    start_group(server, authority, &server->daemons[0], NULL, 0);
    for (size_t i = 1; i < server->count; i++) {
        size_t first = (i - 1) * CLUSTERS_PER_DAEMON;
        size_t count =
            clusters - first < CLUSTERS_PER_DAEMON ? clusters - first : CLUSTERS_PER_DAEMON;
        start_group(server, authority, &server->daemons[i], &sim->fleet.clusters[first], count);
    }
    return server;
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    timers_stop(server->timers);
    for (size_t i = 0; i < server->count; i++) {
        if (server->daemons[i].plain != NULL)
            MHD_stop_daemon(server->daemons[i].plain);
        if (server->daemons[i].tls != NULL)
            MHD_stop_daemon(server->daemons[i].tls);
    }
    timers_free(server->timers);
    free(server->daemons);
    free(server);
}

void server_take(struct server *server, const struct cluster *cluster, int fd,
                 const struct sockaddr_in *peer)
{
    const struct fleet *fleet = &server->sim->fleet;
    size_t index =
        cluster == NULL ? 0 : 1 + (size_t)(cluster - fleet->clusters) / CLUSTERS_PER_DAEMON;
    bool is_tls = cluster == NULL ? fleet->control.is_tls : cluster->is_tls;
    const struct daemon *daemon = &server->daemons[index];
    if (MHD_add_connection(is_tls ? daemon->tls : daemon->plain, fd, (const struct sockaddr *)peer,
                           sizeof *peer) != MHD_YES)
        fprintf(stderr, "fleetsim: a connection was not taken: %s\n", strerror(errno));
}
