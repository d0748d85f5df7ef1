#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG      1024
#define PORT_TRIES   20
#define PROBE_MS     300
#define FILL_SOCKETS 3 /* fill a backlog of 0 for good */
#define MAX_EVENTS   64

struct listener {
    int fd;
    int fill[FILL_SOCKETS]; /* of a black hole */
};

struct listeners {
    struct sim *sim;
    struct listener *all; /* [0]: the control plane's; [1 + i]: cluster i's */
    size_t count;
};

static struct cluster *cluster_of(const struct listeners *listeners, size_t index)
{
    return index == 0 ? NULL : &listeners->sim->fleet.clusters[index - 1];
}

static enum fault_kind fault_kind_of(const struct listeners *listeners, size_t index)
{
    const struct fleet *fleet = &listeners->sim->fleet;
    return index == 0 ? fleet->control.token_fault.kind : fleet->clusters[index - 1].fault.kind;
}

static struct sockaddr_in address_of(const struct listeners *listeners, size_t index)
{
    const struct cluster *cluster = cluster_of(listeners, index);
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(listeners->sim->fleet.port),
                                .sin_addr = cluster == NULL ? fleet_control_addr() : cluster->addr};
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("cannot make a socket: %s", strerror(errno));
    return fd;
}

/* A socket that is bound but does not listen refuses, and keeps its port to itself. */
static bool bind_one(struct listeners *listeners, size_t index)
{
    struct listener *listener = &listeners->all[index];
    struct sockaddr_in address = address_of(listeners, index);
    listener->fd = new_socket();
    int on = 1;
    if (setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        die("cannot set up a socket: %s", strerror(errno));
    if (bind(listener->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EADDRINUSE)
            die("cannot bind: %s", strerror(errno));
        return false;
    }
    enum fault_kind kind = fault_kind_of(listeners, index);
    if (kind != FAULT_REFUSE && listen(listener->fd, kind == FAULT_BLACKHOLE ? 0 : BACKLOG) != 0)
        return false;
    socklen_t len = sizeof address;
    if (index == 0 && getsockname(listener->fd, (struct sockaddr *)&address, &len) == 0)
        listeners->sim->fleet.port = ntohs(address.sin_port);
    return true;
}

static int connect_to(const struct listeners *listeners, size_t index)
{
    struct sockaddr_in address = address_of(listeners, index);
    int fd = new_socket();
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS &&
        errno != ECONNREFUSED)
        die("cannot connect to our own listener: %s", strerror(errno));
    return fd;
}

static void close_all(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        for (int j = 0; j < FILL_SOCKETS; j++)
            if (listeners->all[i].fill[j] >= 0)
                close(listeners->all[i].fill[j]);
        if (listeners->all[i].fd >= 0)
            close(listeners->all[i].fd);
    }
}

static bool bind_all(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        listeners->all[i].fd = -1;
        for (int j = 0; j < FILL_SOCKETS; j++)
            listeners->all[i].fill[j] = -1;
    }
    for (size_t i = 0; i < listeners->count; i++)
        if (!bind_one(listeners, i))
            return false;
    return true;
}

struct listeners *listeners_open(struct sim *sim)
{
    struct listeners *listeners = sim_alloc(sizeof *listeners);
    listeners->sim = sim;
    listeners->count = sim->fleet.count + 1;
    listeners->all = sim_array(listeners->count, sizeof *listeners->all);
    uint16_t wanted = sim->fleet.port;
    for (int tries = 1; !bind_all(listeners); tries++) {
        close_all(listeners);
        if (wanted != 0 || tries == PORT_TRIES)
            die("port %u is taken", sim->fleet.port);
        sim->fleet.port = 0;
    }
    for (size_t i = 0; i < listeners->count; i++)
        for (int j = 0; fault_kind_of(listeners, i) == FAULT_BLACKHOLE && j < FILL_SOCKETS; j++)
            listeners->all[i].fill[j] = connect_to(listeners, i);
    return listeners;
}

void listeners_close(struct listeners *listeners)
{
    if (listeners == NULL)
        return;
    close_all(listeners);
    free(listeners->all);
    free(listeners);
}

static bool is_unreachable(enum fault_kind kind)
{
    return kind == FAULT_REFUSE || kind == FAULT_BLACKHOLE;
}

void listeners_probe(struct listeners *listeners)
{
    int *fds = sim_array(listeners->count, sizeof *fds);
    bool has_blackhole = false;
    for (size_t i = 0; i < listeners->count; i++) {
        enum fault_kind kind = fault_kind_of(listeners, i);
        fds[i] = is_unreachable(kind) ? connect_to(listeners, i) : -1;
        has_blackhole = has_blackhole || kind == FAULT_BLACKHOLE;
    }
    if (has_blackhole)
        poll(NULL, 0, PROBE_MS);
    for (size_t i = 0; i < listeners->count; i++) {
        if (fds[i] < 0)
            continue;
        struct pollfd polled = {.fd = fds[i], .events = POLLOUT};
        bool is_refused = poll(&polled, 1, 0) == 1 && (polled.revents & POLLERR) != 0;
        bool is_silent = polled.revents == 0;
        enum fault_kind kind = fault_kind_of(listeners, i);
        const struct cluster *cluster = cluster_of(listeners, i);
        const char *name = cluster == NULL ? "control" : cluster->name;
        if (kind == FAULT_REFUSE ? !is_refused : !is_silent)
            die("%s: this system does not let its fault be simulated", name);
        reqlog_add(listeners->sim->log, name, 0, "probe", "-", "none",
                   kind == FAULT_REFUSE ? "fault:refuse" : "fault:blackhole");
        close(fds[i]);
    }
    free(fds);
}

static void accept_all(struct listeners *listeners, size_t index, struct server *server,
                       struct raw *raw)
{
    struct cluster *cluster = cluster_of(listeners, index);
    bool is_raw = raw_wants(listeners->sim, cluster);
    for (;;) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        int fd = accept4(listeners->all[index].fd, (struct sockaddr *)&peer, &len,
                         SOCK_CLOEXEC | (is_raw ? 0 : SOCK_NONBLOCK));
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0 && (errno == EMFILE || errno == ENFILE))
            die("too many connections for RLIMIT_NOFILE");
        if (fd < 0)
            return;
        if (is_raw)
            raw_take(raw, cluster, fd);
        else
            server_take(server, cluster, fd, &peer);
    }
}

static void watch(int poll_fd, int fd, uint64_t index)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll: %s", strerror(errno));
}

void listeners_run(struct listeners *listeners, struct server *server, struct raw *raw,
                   int signal_fd)
{
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0)
        die("epoll: %s", strerror(errno));
    for (size_t i = 0; i < listeners->count; i++)
        if (!is_unreachable(fault_kind_of(listeners, i)))
            watch(poll_fd, listeners->all[i].fd, i);
    watch(poll_fd, signal_fd, UINT64_MAX);
    for (bool is_over = false; !is_over;) {
        struct epoll_event events[MAX_EVENTS];
        int count = epoll_wait(poll_fd, events, MAX_EVENTS, -1);
        if (count < 0 && errno != EINTR)
            die("epoll: %s", strerror(errno));
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == UINT64_MAX)
                is_over = true;
            else
                accept_all(listeners, (size_t)events[i].data.u64, server, raw);
        }
    }
    close(poll_fd);
}
