/*
 * fleetsim: a simulated Run:ai fleet on the loopback network, for tests and demonstrations. See
 * usage() and README.md beside this file.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "conf.h"
#include "listen.h"
#include "recorder.h"
#include "truth.h"

static void usage(FILE *out)
{
    fputs("usage: fleetsim -f FLEETFILE -d DIR [--port N] [--seed N] [--record]\n"
          "\n"
          "Simulates a control plane and its clusters on loopback addresses, as FLEETFILE (\"-\":\n"
          "standard input) says, until it is ended by a signal or its parent dies.\n"
          "\n"
          "  -f, --fleet FILE   the fleet, see tests/fleetsim/README.md\n"
          "  -d, --dir DIR      where ca.pem, rollcall.conf, secret, token, truth.jsonl,\n"
          "                     requests.log and, once all is set up, `ready` are written\n"
          "  -p, --port N       the port of all listeners (default: a free one)\n"
          "  -s, --seed N       chooses the random latencies, never the data\n"
          "  -r, --record       writes every answer to answers.log as well\n"
          "  -h, --help\n"
          "\n"
          "example: fleetsim -f etc/demo.fleet -d /tmp/fleet\n",
          out);
}

/* In every certificate, beside the server's own address. */
#define SHARED_NAME "shared.alias.test"

struct options {
    const char *fleet, *dir;
    unsigned long port, seed;
    bool is_recorded;
};

static unsigned long number(const char *text, unsigned long max)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value > max)
        die("not a number in range: %s", text);
    return value;
}

static struct options parse_options(int argc, char *argv[])
{
    static const struct option table[] = {{"fleet", required_argument, NULL, 'f'},
                                          {"dir", required_argument, NULL, 'd'},
                                          {"port", required_argument, NULL, 'p'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"record", no_argument, NULL, 'r'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {0};
    for (int c; (c = getopt_long(argc, argv, "f:d:p:s:rh", table, NULL)) != -1;) {
        switch (c) {
        case 'f':
            options.fleet = optarg;
            break;
        case 'd':
            options.dir = optarg;
            break;
        case 'p':
            options.port = number(optarg, 65535);
            break;
        case 's':
            options.seed = number(optarg, 0xffffffff);
            break;
        case 'r':
            options.is_recorded = true;
            break;
        case 'h':
            usage(stdout);
            exit(0);
        default:
            usage(stderr);
            exit(2);
        }
    }
    if (options.fleet == NULL || options.dir == NULL || optind != argc) {
        usage(stderr);
        exit(2);
    }
    return options;
}

/* A simulator nobody waits for any more must not stay. */
static void die_with_parent(void)
{
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        die("prctl: %s", strerror(errno));
    if (getppid() != parent)
        die("the parent is gone");
}

/* All threads are started with the signals blocked, so that only this descriptor sees them. */
static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    int fd = -1;
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR)
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        die("signals: %s", strerror(errno));
    return fd;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("getrlimit: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("setrlimit: %s", strerror(errno));
}

/* Appears whole: who waits for it may read everything else as well. */
static void say_ready(const struct sim *sim, const char *dir)
{
    struct text text = {0}, from = {0}, to = {0};
    text_printf(&text, "pid %ld\nport %u\n", (long)getpid(), sim->fleet.port);
    write_file(dir, "ready.new", 0644, &text);
    text_printf(&from, "%s/ready.new", dir);
    text_printf(&to, "%s/ready", dir);
    if (rename(from.data, to.data) != 0)
        die("%s: %s", to.data, strerror(errno));
    text_free(&text);
    text_free(&from);
    text_free(&to);
}

int main(int argc, char *argv[])
{
    struct options options = parse_options(argc, argv);
    die_with_parent();
    int signal_fd = open_signals();
    raise_file_limit();
    struct sim sim = {.stop_fd = eventfd(0, EFD_CLOEXEC)};
    if (sim.stop_fd < 0)
        die("eventfd: %s", strerror(errno));
    sim.fleet.seed = options.seed;
    sim.fleet.port = (uint16_t)options.port;
    fleet_load(&sim.fleet, options.fleet);
    tokens_init(&sim.tokens);
    sim.log = reqlog_open(options.dir);
    sim.recorder = options.is_recorded ? recorder_open(options.dir) : NULL;
    sim.token_log_fd = log_open(options.dir, "token-requests.log");
    sim.issued_log_fd = log_open(options.dir, "issued-tokens.log");
    sim.churn_log_fd = log_open(options.dir, "churn.log");
    if (pthread_mutex_init(&sim.lists_lock, NULL) != 0)
        die("cannot make a lock");

    struct listeners *listeners = listeners_open(&sim);
    struct authority *authority = authority_new();
    authority_add_name(authority, SHARED_NAME);
    struct text pem = {0};
    authority_pem(authority, &pem);
    write_file(options.dir, "ca.pem", 0644, &pem);
    text_free(&pem);
    conf_write(&sim.fleet, options.dir);
    truth_write(&sim.fleet, options.dir);
    struct server *server = server_new(&sim, authority);
    struct raw *raw = raw_new(&sim, authority);
    listeners_probe(listeners);
    say_ready(&sim, options.dir);
    listeners_run(listeners, server, raw, signal_fd);

    const uint64_t one = 1;
    if (write(sim.stop_fd, &one, sizeof one) != (ssize_t)sizeof one)
        die("eventfd: %s", strerror(errno));
    listeners_close(listeners);
    raw_free(raw);
    server_free(server);
    authority_free(authority);
    reqlog_close(sim.log);
    recorder_close(sim.recorder);
    if (close(sim.token_log_fd) != 0 || close(sim.issued_log_fd) != 0 ||
        close(sim.churn_log_fd) != 0)
        die("cannot write the logs: %s", strerror(errno));
    pthread_mutex_destroy(&sim.lists_lock);
    tokens_free(&sim.tokens);
    fleet_free(&sim.fleet);
    close(sim.stop_fd);
    close(signal_fd);
    return 0;
}
