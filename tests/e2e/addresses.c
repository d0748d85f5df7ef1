/* Names with several addresses, some of them dead; and no configuration of the resolver. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"
#include "resolver_env.h"

#define ANSWER_ADDRESSES 64

/* A dead address may cost half of the connect_timeout, and there are no retries: what is ok was
 * reached within one. */
static const char fleet_text[] = "run deadline=40.0\n"
                                 "defaults retries=0 connect_timeout=4.0\n"
                                 "cluster good projects=2\n"
                                 "cluster good-slow projects=3 latency_ms=100..300\n"
                                 "cluster hole-1 configured=no fault=blackhole\n"
                                 "cluster hole-2 configured=no fault=blackhole\n"
                                 "cluster shut-1 configured=no fault=refuse\n"
                                 "cluster shut-2 configured=no fault=refuse\n"
                                 "default tls=no workloads=40\n";

/* A cluster of which rollcall knows a name instead of its address. */
struct named {
    const char *name;
    const char *addresses; /* clusters, "six" for a dead ::1, "own" */
    const char *class;     /* NULL: ok */
    const char *message;   /* what the error's message holds */
    const char *settings;  /* further ones in the fleet file; NULL: none */
};

static const struct named four[] = {
    {"hole-first", "hole-1 own", NULL, NULL, NULL},
    {"hole-last", "own hole-1", NULL, NULL, NULL},
    {"refused-first", "shut-1 own", NULL, NULL, NULL},
    {"refused-twice", "shut-1 shut-2 own", NULL, NULL, NULL},
    {"both-refuse", "shut-1 shut-2", "connect", "refused", NULL},
    {"both-silent", "hole-1 hole-2", "timeout",
     "no connection to both-silent.list.test within the "
     "connect_timeout of 4 s",
     NULL},
};

/* One dead address of IPv6 is tried beside those of IPv4. */
static const struct named six[] = {
    {"six-first", "six own", NULL, NULL, NULL},
    {"six-last", "own six", NULL, NULL, NULL},
    {"six-and-hole", "six hole-1 own", NULL, NULL, NULL},
    {"six-dead", "six hole-1", "timeout", "within the connect_timeout of 4 s", NULL},
};

/* ---- a listener on ::1 whose backlog is full ---- */

enum { FILLERS = 3 };

struct hole {
    int listener, fillers[FILLERS];
};

static bool hole_open(struct hole *hole, unsigned port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)port),
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    hole->listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (hole->listener < 0 ||
        bind(hole->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(hole->listener, 0) != 0) {
        fprintf(stderr, "    (no IPv6 here: %s)\n", strerror(errno));
        if (hole->listener >= 0)
            close(hole->listener);
        return false;
    }
    for (int i = 0; i < FILLERS; i++) {
        hole->fillers[i] = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (hole->fillers[i] < 0 ||
            (connect(hole->fillers[i], (struct sockaddr *)&address, sizeof address) != 0 &&
             errno != EINPROGRESS))
            e2e_die("cannot fill a backlog: %s", strerror(errno));
    }
    return true;
}

static void hole_close(struct hole *hole)
{
    close(hole->listener);
    for (int i = 0; i < FILLERS; i++)
        close(hole->fillers[i]);
}

/* ---- the configuration and the names ---- */

/* The address of a cluster: they are numbered in the order of their names. */
static void put_address(FILE *out, char *const names[], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) {
            fprintf(out, " 127.77.1.%zu", i + 1);
            return;
        }
    e2e_die("no cluster %s", name);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the fleet file's clusters, sorted; returns how many. */
static size_t find_names(const char *text, char *names[], size_t room)
{
    static const char word[] = "cluster ";
    size_t count = 0;
    for (const char *at = text; count < room && (at = strstr(at, word)) != NULL;) {
        at += sizeof word - 1;
        names[count++] = strndup(at, strcspn(at, " \n"));
    }
    qsort(names, count, sizeof *names, compare_texts);
    return count;
}

static void write_hosts(struct e2e_fleet *fleet, const char *text, const struct named named[],
                        size_t count)
{
    char *names[64] = {NULL}, *hosts = NULL;
    size_t len = 0, name_count = find_names(text, names, 64);
    FILE *out = open_memstream(&hosts, &len);
    if (out == NULL)
        e2e_die("out of memory");
    for (size_t i = 0; i < count; i++) {
        char words[1024], *save;
        snprintf(words, sizeof words, "%s", named[i].addresses);
        fprintf(out, "%s.list.test", named[i].name);
        for (char *word = strtok_r(words, " ", &save); word != NULL;
             word = strtok_r(NULL, " ", &save)) {
            if (strcmp(word, "six") == 0)
                fputs(" ::1", out);
            else
                put_address(out, names, name_count,
                            strcmp(word, "own") == 0 ? named[i].name : word);
        }
        fputc('\n', out);
    }
    if (fclose(out) != 0)
        e2e_die("out of memory");
    e2e_write(e2e_path(fleet, "hosts"), 0644, hosts);
    free(hosts);
    while (name_count > 0)
        free(names[--name_count]);
}

/* rollcall.conf with names in place of the addresses of these clusters. */
static void write_conf(struct e2e_fleet *fleet, const struct named named[], size_t count)
{
    char *conf = e2e_read(e2e_path(fleet, "rollcall.conf"), NULL);
    for (size_t i = 0; conf != NULL && i < count; i++) {
        char key[64], *changed = NULL;
        snprintf(key, sizeof key, "name = \"%s\";", named[i].name);
        char *entry = strstr(conf, key), *url = entry == NULL ? NULL : strstr(entry, "//");
        if (url == NULL || asprintf(&changed, "%.*s//%s.list.test%s", (int)(url - conf), conf,
                                    named[i].name, strchr(url, ':')) < 0)
            e2e_die("rollcall.conf does not name %s", named[i].name);
        free(conf);
        conf = changed;
    }
    if (conf == NULL)
        e2e_die("no rollcall.conf");
    e2e_write(e2e_path(fleet, "rollcall.conf"), 0644, conf);
    free(conf);
}

static char *fleet_of(const struct named named[], size_t count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        e2e_die("out of memory");
    fputs(fleet_text, out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "cluster %s %s expect=%s%s\n", named[i].name,
                named[i].settings == NULL ? "" : named[i].settings,
                named[i].class == NULL ? "ok" : "failed:",
                named[i].class == NULL ? "" : named[i].class);
    if (fclose(out) != 0)
        e2e_die("out of memory");
    return text;
}

static void check_named(const struct named *named, const struct e2e_report *report,
                        struct e2e_fleet *fleet)
{
    char host[64];
    snprintf(host, sizeof host, "%s.list.test", named->name);
    CU_ASSERT(resolver_lookups(fleet, host) >= 1);
    yajl_val message = e2e_get(e2e_cluster(report, named->name), "error", "message", NULL);
    if (named->message != NULL && strstr(e2e_text(message), named->message) == NULL) {
        fprintf(stderr, "    %s: \"%s\" lacks \"%s\"\n", named->name, e2e_text(message),
                named->message);
        CU_FAIL("a message is not as expected");
    }
}

/* `alias`: the address of names that end in ".alias.test"; `variable`: a further one of the
 * environment, or NULL. */
static struct e2e_result *collect(struct e2e_fleet *fleet, const char *alias, const char *variable)
{
    struct resolver_env env;
    resolver_env_open(&env, fleet, alias);
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")}};
    resolver_env_use(&env, &run);
    run.env[sizeof env.texts / sizeof env.texts[0]] = variable;
    struct e2e_result *result = e2e_run(&run);
    resolver_env_close(&env);
    return result;
}

static void try_named(const struct named named[], size_t count, bool has_six)
{
    struct hole hole = {.listener = -1};
    char *text = fleet_of(named, count);
    struct e2e_fleet *fleet = e2e_start(text);
    if (!has_six || hole_open(&hole, e2e_port(fleet))) {
        write_hosts(fleet, text, named, count);
        write_conf(fleet, named, count);
        struct e2e_result *result = collect(fleet, "127.0.0.1", NULL);
        bool is_complete = true;
        for (size_t i = 0; i < count; i++)
            is_complete = is_complete && named[i].class == NULL;
        CU_ASSERT_EQUAL(result->status, is_complete ? 0 : 4);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        for (size_t i = 0; i < count; i++)
            check_named(&named[i], report, fleet);
        e2e_report_free(report);
        e2e_result_free(result);
        if (has_six)
            hole_close(&hole);
    }
    e2e_stop(fleet);
    free(text);
}

static void test_four(void)
{
    try_named(four, sizeof four / sizeof four[0], false);
}

static void test_six(void)
{
    try_named(six, sizeof six / sizeof six[0], true);
}

/* The last of an answer's addresses is the one that lives. */
static void test_many(void)
{
    static char many[ANSWER_ADDRESSES * 8];
    for (int i = 1; i < ANSWER_ADDRESSES; i++)
        strcat(many, i % 2 == 0 ? "shut-1 " : "shut-2 ");
    strcat(many, "own");
    const struct named named = {"many", many, NULL, NULL, "conf.connect_timeout=25.0"};
    try_named(&named, 1, false);
}

/* Without /etc/resolv.conf there is no name server: names cannot be had, addresses can. */
static void test_no_configuration(void)
{
    static const struct named named = {"nameless", "own", "dns", "could not resolve nameless.",
                                       NULL};
    char *text = fleet_of(&named, 1);
    struct e2e_fleet *fleet = e2e_start(text);
    write_conf(fleet, &named, 1);
    /* Not one of the names that the preloaded resolver answers for. */
    char *conf = e2e_read(e2e_path(fleet, "rollcall.conf"), NULL);
    char *end = strstr(conf, ".list.test");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    memcpy(end, ".invalid..", strlen(".list.test"));
    memmove(end + strlen(".invalid"), end + strlen(".list.test"),
            strlen(end + strlen(".list.test")) + 1);
    e2e_write(e2e_path(fleet, "rollcall.conf"), 0644, conf);
    struct e2e_result *result = collect(fleet, "127.0.0.1", "RESOLVER_NO_CONF=1");
    if (resolver_lookups(fleet, "no-namespace") > 0) {
        fprintf(stderr, "    (no mount namespaces here)\n");
    } else {
        CU_ASSERT_EQUAL(result->status, 4);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        yajl_val message = e2e_get(e2e_cluster(report, "nameless"), "error", "message", NULL);
        CU_ASSERT_PTR_NOT_NULL(strstr(e2e_text(message), named.message));
        e2e_report_free(report);
    }
    e2e_result_free(result);
    e2e_stop(fleet);
    free(conf);
    free(text);
}

/* Rewrites the clusters' URLs: each gets its address from `resolve` instead, for a name of its own,
 * or for `shared` when that is not NULL. Only the cluster "looked-up" has to look it up. */
static void write_resolves(struct e2e_fleet *fleet, const char *shared)
{
    char *conf = e2e_read(e2e_path(fleet, "rollcall.conf"), NULL), *changed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&changed, &len);
    if (conf == NULL || out == NULL)
        e2e_die("no rollcall.conf");
    const char *at = strstr(conf, "clusters = (");
    fprintf(out, "%.*s", (int)(at - conf), conf);
    unsigned number = 0;
    for (const char *url; (url = strstr(at, "url = \"")) != NULL; at = strchr(url, ';') + 1) {
        char scheme[8], address[64], port[8], name[64];
        if (sscanf(url, "url = \"%7[a-z]://%63[0-9.]:%7[0-9]", scheme, address, port) != 3)
            e2e_die("rollcall.conf has no address at %.40s", url);
        if (shared != NULL)
            snprintf(name, sizeof name, "%s", shared);
        else
            snprintf(name, sizeof name, "given-%u.test", ++number);
        fprintf(out, "%.*surl = \"%s://%s:%s\"; resolve = [ ", (int)(url - at), at, scheme, name,
                port);
        const char *looked_up = strstr(at, "\"looked-up\"");
        if (looked_up == NULL || looked_up > url)
            fprintf(out, "\"%s:%s:%s\" ];", name, port, address);
        else
            fputs("];", out);
    }
    fputs(at, out);
    if (fclose(out) != 0)
        e2e_die("out of memory");
    e2e_write(e2e_path(fleet, "rollcall.conf"), 0644, changed);
    free(changed);
    free(conf);
}

/* What `resolve` says holds for each request of its cluster, though places for requests are few and
 * go from cluster to cluster. */
static void test_given(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run concurrency=5\n"
                  "cluster one-{00..29} tls=no workloads=5\n"
                  "cluster many-{00..29} tls=no projects=4 workloads=5\n"
                  "cluster late-{00..09} tls=no projects=3 fault=503 fault_times=2 "
                  "expect=ok\n");
    write_resolves(fleet, NULL);
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* One host and port, at another address for each cluster: neither an address nor a connection of
 * one serves the others, whatever of them is in flight. */
static void test_apart(void)
{
    static const char text[] = "cluster a-{00..29} tls=no projects=4 workloads=5 latency_ms=0..20\n"
                               "cluster b-{00..29} projects=4 workloads=5 latency_ms=0..20\n"
                               "cluster c-{00..29} projects=4 workloads=5 latency_ms=0..20 "
                               "http2=yes\n"
                               "cluster looked-up projects=4 workloads=5 http2=yes\n"
                               "cluster z tls=no projects=2\n";
    struct e2e_fleet *fleet = e2e_start(text);
    write_resolves(fleet, "shared.alias.test");
    struct e2e_result *result = collect(fleet, "127.77.1.91", NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    CU_ASSERT(resolver_lookups(fleet, "shared.alias.test") >= 1);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Whether the fleet's addresses can have this port: below 1024 not everybody may have one. */
static bool is_port_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    bool is_free = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return is_free;
}

/* A free port of four digits. */
static unsigned find_short_port(void)
{
    unsigned port = 2000 + (unsigned)getpid() % 7000;
    while (!is_port_free(port))
        port = port < 9999 ? port + 1 : 2000;
    return port;
}

static void set_url(struct e2e_fleet *fleet, int number, const char *url, const char *more)
{
    char place[64], text[512];
    snprintf(place, sizeof place, "url = \"https://127.77.1.%d:%u\"", number, e2e_port(fleet));
    snprintf(text, sizeof text, "%surl = \"%s\"", more, url);
    e2e_replace(fleet, "rollcall.conf", place, text);
}

/* Two clusters at one host and port, the second of which trusts somebody else. The connection of
 * the first one idles while the second is asked. */
static void try_trust(unsigned port, const char *first, const char *second)
{
    struct e2e_fleet *other = e2e_start("cluster other\n");
    struct e2e_fleet *fleet =
        e2e_start_with("run concurrency=1\n"
                       "cluster trusting projects=2 fault=503:1 fault_times=1 expect=ok\n"
                       "cluster wary projects=2 conf.retries=0 expect=failed:tls\n",
                       port, 0);
    char ca_file[256];
    snprintf(ca_file, sizeof ca_file, "ca_file = \"%s\"; ", e2e_path(other, "ca.pem"));
    set_url(fleet, 1, first, "");
    set_url(fleet, 2, second, ca_file);
    struct e2e_result *result = collect(fleet, "127.77.1.1", NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet);
    if (result->status != 4 || differences > 0)
        fprintf(stderr, "    %s was taken for another host than %s\n", second, first);
    CU_ASSERT(result->status == 4 && differences == 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
    e2e_stop(other);
}

/* Whom one cluster trusts is nothing to another one at the same address, however that is spelt. */
static void test_trust_apart(void)
{
    static const struct {
        const char *first, *second;
    } spellings[] = {
        {"127.77.1.1:", "127.77.1.1:"},
        {"127.77.1.1:", "127.77.1.1:0"},
        {"127.77.1.1:0", "127.77.1.1:"},
        {"shared.alias.test:", "SHARED.alias.Test:"},
        {"shared.alias.test:", "shared.alias.test.:"},
        {"shared.alias.test.:", "shared.alias.test:"},
    };
    unsigned port = find_short_port();
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        char first[64], second[64];
        snprintf(first, sizeof first, "https://%s%u", spellings[i].first, port);
        snprintf(second, sizeof second, "https://%s%u", spellings[i].second, port);
        try_trust(port, first, second);
    }
    if (!is_port_free(443)) {
        fprintf(stderr, "    (no port 443 here)\n");
        return;
    }
    try_trust(443, "https://127.77.1.1:443", "https://127.77.1.1");
    try_trust(443, "https://127.77.1.1", "https://127.77.1.1:443");
}

int main(void)
{
    const CU_TestInfo tests[] = {{"dead addresses of IPv4", test_four},
                                 {"dead addresses of IPv6", test_six},
                                 {"sixty-four addresses", test_many},
                                 {"no configuration of the resolver", test_no_configuration},
                                 {"addresses that the configuration gives", test_given},
                                 {"one name at many addresses", test_apart},
                                 {"one address with two kinds of trust", test_trust_apart},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/addresses", tests);
}
