/*
 * What keeps secrets in even if all else fails: TLS, and no core dumps.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../check.h"
#include "canary.h"
#include "wire_server.h"

/* ---- TLS ---- */

/* A proxy for one CONNECT, which keeps what passes through it. */
struct relay {
    int listener;
    unsigned port;
    pthread_t thread;
    size_t len;
    char seen[1 << 18];
};

/* Passes on what there is; false at its end. */
static bool relay_pass(struct relay *relay, int from, int to)
{
    char block[4096];
    ssize_t got = read(from, block, sizeof block);
    if (got <= 0)
        return false;
    if (relay->len + (size_t)got < sizeof relay->seen) {
        memcpy(relay->seen + relay->len, block, (size_t)got);
        relay->len += (size_t)got;
    }
    return send(to, block, (size_t)got, MSG_NOSIGNAL) == got;
}

static void *relay_serve(void *arg)
{
    static const char agreed[] = "HTTP/1.1 200 Connected\r\n\r\n";
    struct relay *relay = arg;
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[32];
    unsigned port;
    int client = accept(relay->listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (client >= 0 && strstr(relay->seen, "\r\n\r\n") == NULL) {
        ssize_t got = read(client, relay->seen + relay->len, 4096);
        if (got <= 0)
            break;
        relay->len += (size_t)got;
    }
    if (sscanf(relay->seen, "CONNECT %31[0-9.]:%u ", host, &port) == 2 &&
        inet_pton(AF_INET, host, &address.sin_addr) == 1) {
        address.sin_port = htons((uint16_t)port);
        if (connect(server, (struct sockaddr *)&address, sizeof address) == 0 &&
            send(client, agreed, sizeof agreed - 1, MSG_NOSIGNAL) > 0) {
            struct pollfd fds[] = {{.fd = client, .events = POLLIN},
                                   {.fd = server, .events = POLLIN}};
            bool goes_on = true;
            while (goes_on && poll(fds, 2, 20000) > 0)
                goes_on = (fds[0].revents == 0 || relay_pass(relay, client, server)) &&
                          (fds[1].revents == 0 || relay_pass(relay, server, client));
        }
    }
    close(server);
    if (client >= 0)
        close(client);
    return NULL;
}

static struct relay *relay_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct relay *relay = calloc(1, sizeof *relay);
    if (relay == NULL)
        e2e_die("no memory");
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(relay->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(relay->listener, 4) != 0 ||
        getsockname(relay->listener, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&relay->thread, NULL, relay_serve, relay) != 0)
        e2e_die("cannot start a proxy: %s", strerror(errno));
    relay->port = ntohs(address.sin_port);
    return relay;
}

/* Ends it, whether anybody came or not. */
static void relay_stop(struct relay *relay)
{
    shutdown(relay->listener, SHUT_RDWR);
    pthread_join(relay->thread, NULL);
    close(relay->listener);
}

/* Nothing goes to a server that cannot show who it is, nor after a redirect to plain HTTP; a proxy
 * in between sees a host name and TLS. */
static void test_tls(void)
{
    static const char *const strangers[] = {"wrong", "expired", "self", "plain"};
    char text[1024];
    struct wire *wire = wire_open(1);
    struct relay *relay = relay_start();
    snprintf(text, sizeof text,
             "defaults retries=0\ncluster good\ncluster wrong fault=wrong_cert\n"
             "cluster expired fault=expired_cert\ncluster self fault=self_signed\n"
             "cluster plain fault=not_tls\n"
             "cluster down fault=redirect:http://127.0.0.1:%u/researcher/api/v1/jobs/p\n"
             "cluster behind conf.proxy=\"http://127.0.0.1:%u\"\n",
             wire_port(wire, 0), relay->port);
    struct e2e_fleet *fleet = e2e_start(text);
    const struct e2e_run run = {.args = {"run", "-vvv", "-c", e2e_path(fleet, "rollcall.conf"),
                                         "-o", e2e_path(fleet, "report.json")}};
    wire_serve(wire);
    struct e2e_result *result = e2e_run(&run);
    wire_stop(wire);
    relay_stop(relay);
    CU_ASSERT_EQUAL(result->status, 4);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        CU_ASSERT_EQUAL(e2e_count(fleet, strangers[i], "/", NULL), 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "down", "/", NULL), 1);
    CU_ASSERT_EQUAL(wire->sites[0].accepted, 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "behind", "/", "200"), 1);

    struct canary canary = {.name = "token"};
    char *token = e2e_read(e2e_path(fleet, "issued-tokens.log"), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(token);
    token[strcspn(token, "\n")] = '\0';
    canary_add(&canary, token);
    CU_ASSERT_EQUAL(strncmp(relay->seen, "CONNECT 127.77.1.", 17), 0);
    CU_ASSERT(relay->len > 1000);
    CU_ASSERT_PTR_NULL(memmem(relay->seen, relay->len, "uthorization", 12));
    CU_ASSERT_EQUAL(canary_count(&canary, relay->seen, relay->len, "the proxy"), 0);
    CU_ASSERT_EQUAL(canary_count(&canary, result->err, strlen(result->err), "the log"), 0);
    CU_ASSERT_EQUAL(canary_count_file(&canary, e2e_path(fleet, "report.json")), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "wrong, attempt 1: * "));
    canary_free(&canary);
    free(token);
    e2e_result_free(result);
    e2e_stop(fleet);
    wire_free(wire);
    free(relay);
}

/* Only -vvv traces, and -q is stronger. */
static void test_levels(void)
{
    static const char *const flags[] = {"-v", "-vv", "-vvv", "-qvvv"};
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    for (size_t i = 0; i < 4; i++) {
        const struct e2e_run run = {.args = {"run", flags[i], "-c",
                                             e2e_path(fleet, "rollcall.conf"), "-o",
                                             e2e_path(fleet, "report.json")}};
        struct e2e_result *result = e2e_run(&run);
        CU_ASSERT_EQUAL(result->status, 0);
        CU_ASSERT_EQUAL(strstr(result->err, "rollcall: trace: ") != NULL, i == 2);
        CU_ASSERT_EQUAL(strstr(result->err, "rollcall: debug: ") != NULL, i <= 2);
        e2e_result_free(result);
    }
    e2e_stop(fleet);
}

/* ---- core dumps ---- */

struct crash {
    struct e2e_fleet *fleet;
    int signal;
    char limits[4096];
};

static void crash(void *arg, pid_t pid)
{
    struct crash *scene = arg;
    char path[64];
    if (scene->limits[0] != '\0' || e2e_count(scene->fleet, "hold", "/", NULL) == 0)
        return;
    snprintf(path, sizeof path, "/proc/%ld/limits", (long)pid);
    char *limits = e2e_read(path, NULL);
    snprintf(scene->limits, sizeof scene->limits, "%s", limits == NULL ? "none" : limits);
    free(limits);
    kill(pid, scene->signal);
}

/* The token is there, the program crashes, and no core is left even where cores are wanted. */
static void test_core(void)
{
    static const int signals[] = {SIGABRT, SIGQUIT, SIGSEGV};
    const struct rlimit wanted = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit before;
    if (getrlimit(RLIMIT_CORE, &before) != 0 || setrlimit(RLIMIT_CORE, &wanted) != 0)
        fprintf(stderr, "    core dumps cannot be asked for: %s\n", strerror(errno));
    /* A sanitizer has its own way with SIGSEGV. */
    for (size_t i = 0; i < (e2e_is_sanitized() ? 2 : 3); i++) {
        struct crash scene = {.signal = signals[i]};
        scene.fleet = e2e_start("cluster hold fault=no_answer conf.idle_timeout=50.0\n");
        const struct e2e_run run = {
            .args = {"run", "-q", "-c", e2e_path(scene.fleet, "rollcall.conf"), "-o", "-"},
            .watch = crash,
            .watch_arg = &scene};
        struct e2e_result *result = e2e_run(&run);
        CU_ASSERT_EQUAL(result->signal, signals[i]);
        CU_ASSERT(!result->has_core);
        const char *limit = strstr(scene.limits, "Max core file size");
        CU_ASSERT_PTR_NOT_NULL_FATAL(limit);
        char soft[32] = "", hard[32] = "";
        sscanf(limit, "Max core file size %31s %31s", soft, hard);
        CHECK_STR(soft, "0");
        CHECK_STR(hard, "0");
        e2e_result_free(result);
        e2e_stop(scene.fleet);
    }
    setrlimit(RLIMIT_CORE, &before);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"TLS, and what would do without it", test_tls},
                                 {"what is traced at all", test_levels},
                                 {"no core dump", test_core},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/secrets_tls", tests);
}
