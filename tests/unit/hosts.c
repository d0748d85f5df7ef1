/* The engine's queues: hosts in line, and back-offs by time. */
#include "../../src/net/hosts.h"

#include <stdlib.h>

#include "../../src/net/backoff.h"
#include "../check.h"

static const struct endpoint_options plain;

static void push(struct hosts *hosts, struct request *request, const char *url)
{
    request->url = url;
    request->host = hosts_find(hosts, url, &plain);
    hosts_push(hosts, request, false);
}

static void test_identity(void)
{
    struct hosts *hosts = hosts_new(1);
    struct engine_host *host = hosts_find(hosts, "https://eu-1.example/a", &plain);
    static const char *const same[] = {"https://eu-1.example", "https://eu-1.example/b?c=d",
                                       "HTTPS://EU-1.Example/A", "https://eu-1.example?x",
                                       "https://eu-1.example#y"};
    static const char *const other[] = {"http://eu-1.example/a", "https://eu-1.example:8443/a",
                                        "https://eu-2.example/a", "https://eu-1.example.org/"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        CU_ASSERT_PTR_EQUAL(hosts_find(hosts, same[i], &plain), host);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        CU_ASSERT_PTR_NOT_EQUAL(hosts_find(hosts, other[i], &plain), host);
    hosts_free(hosts);
    hosts_free(NULL);
}

/* Connections are for those who would have made the same ones. */
static void test_apart(void)
{
    static const char *const one[] = {"a:443:192.0.2.1", "b:443:192.0.2.2", NULL};
    static const char *const same[] = {"a:443:192.0.2.1", "b:443:192.0.2.2", NULL};
    static const char *const shorter[] = {"a:443:192.0.2.1", NULL};
    static const char *const other[] = {"a:443:192.0.2.1", "b:443:192.0.2.3", NULL};
    static const char *const none[] = {NULL};
    static const struct {
        struct endpoint_options a, b;
        bool is_same, is_apart; /* one host; the second one kept apart */
    } cases[] = {
        {{0}, {.retries = 3, .proxy = "http://p:1", .resolve = none}, true, false},
        {{.ca_file = "x"}, {.ca_file = "x"}, true, false},
        {{0}, {.ca_file = "x"}, false, true},
        {{.ca_file = "x"}, {.ca_file = "y"}, false, true},
        {{.client_cert = "x"}, {.client_cert = "y"}, false, true},
        {{.client_cert = "x", .client_key = "k"}, {.client_cert = "x"}, false, true},
        {{.resolve = one}, {.resolve = same}, true, true},
        {{.resolve = one}, {.resolve = shorter}, false, true},
        {{.resolve = shorter}, {.resolve = one}, false, true},
        {{.resolve = one}, {.resolve = other}, false, true},
        {{.resolve = none}, {.resolve = one}, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hosts *hosts = hosts_new(1);
        struct engine_host *a = hosts_find(hosts, "https://a/x", &cases[i].a);
        struct engine_host *b = hosts_find(hosts, "https://A/y", &cases[i].b);
        CU_ASSERT_EQUAL(a == b, cases[i].is_same);
        CU_ASSERT_EQUAL(b->is_apart, cases[i].is_apart);
        CU_ASSERT_EQUAL(a->is_apart, cases[i].a.resolve != NULL && cases[i].a.resolve != none);
        CU_ASSERT_PTR_EQUAL(hosts_find(hosts, "https://a", &cases[i].a), a);
        CU_ASSERT_PTR_EQUAL(hosts_find(hosts, "https://a", &cases[i].b), b);
        hosts_free(hosts);
    }
    /* With an address given, it is apart from the start: the next one may have none. */
    struct hosts *hosts = hosts_new(1);
    const struct endpoint_options given = {.resolve = one};
    CU_ASSERT(hosts_find(hosts, "https://a", &given)->is_apart);
    CU_ASSERT(!hosts_find(hosts, "https://a", &plain)->is_apart);
    hosts_free(hosts);
}

static void test_names(void)
{
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"https://eu-1.example/x", "eu-1.example"},
        {"https://EU-1.example:6443/x", "eu-1.example"},
        {"https://eu-1.example", "eu-1.example"},
        {"https://127.0.0.1:8443", "127.0.0.1"},
        {"https://[::1]/x", "::1"},
        {"https://[2001:DB8::1]:6443/x", "2001:db8::1"},
        {"http://h?q=a:b", "h"},
    };
    struct hosts *hosts = hosts_new(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct engine_host *host = hosts_find(hosts, cases[i].url, &plain);
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)host->name_len, host->name);
        CHECK_STR(name, cases[i].name);
    }
    hosts_free(hosts);
}

static void test_order(void)
{
    struct hosts *hosts = hosts_new(8);
    struct request r[4] = {{0}};
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    push(hosts, &r[0], "https://a");
    push(hosts, &r[1], "https://a");
    push(hosts, &r[2], "https://a");
    r[3].host = r[0].host;
    hosts_push(hosts, &r[3], true);
    static const int order[] = {3, 0, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[order[i]]);
        CU_ASSERT_PTR_NULL(r[order[i]].next);
    }
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    CU_ASSERT_EQUAL(r[0].host->running, 4);
    hosts_free(hosts);
}

static void test_limit(void)
{
    struct hosts *hosts = hosts_new(2);
    struct request r[6] = {{0}};
    for (size_t i = 0; i < 5; i++)
        push(hosts, &r[i], "https://a");
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[0]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[1]);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    /* A further request neither passes the limit nor is lost. */
    push(hosts, &r[5], "https://a");
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_release(hosts, r[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[2]);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_release(hosts, r[0].host);
    hosts_release(hosts, r[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[3]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[4]);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_release(hosts, r[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &r[5]);
    hosts_release(hosts, r[0].host);
    hosts_release(hosts, r[0].host);
    CU_ASSERT_EQUAL(r[0].host->running, 0);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_free(hosts);
}

/* New hosts wait their turn; one that was used is finished first. */
static void test_used_first(void)
{
    struct hosts *hosts = hosts_new(1);
    struct request a[2] = {{0}}, b[2] = {{0}}, c = {0};
    push(hosts, &a[0], "https://a");
    push(hosts, &b[0], "https://b");
    push(hosts, &c, "https://c");
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[0]);
    push(hosts, &a[1], "https://a");
    hosts_release(hosts, a[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[1]);
    push(hosts, &b[1], "https://b");
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[0]);
    hosts_release(hosts, b[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[1]);
    hosts_release(hosts, a[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &c);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    /* Lines that were empty serve again; the hosts that wait longest come first. */
    hosts_release(hosts, c.host);
    hosts_release(hosts, b[0].host);
    push(hosts, &c, "https://c");
    push(hosts, &b[0], "https://b");
    push(hosts, &a[0], "https://d");
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &c);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[0]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[0]);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_free(hosts);
}

/* Connections that idle are used before others are made. */
static void test_connected_first(void)
{
    struct hosts *hosts = hosts_new(3);
    struct request a[4] = {{0}}, b[4] = {{0}}, c = {0};
    push(hosts, &b[0], "https://b");
    push(hosts, &a[0], "https://a");
    push(hosts, &c, "https://c");
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[0]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[0]);
    for (int i = 1; i < 4; i++)
        push(hosts, &b[i], "https://b");
    push(hosts, &a[1], "https://a");
    hosts_release(hosts, b[0].host);
    hosts_release(hosts, a[0].host);
    /* One connection each, then b's further ones. */
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[1]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[1]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[2]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[3]);
    /* Two of b's three connections idle: they come before a second one to a. */
    push(hosts, &a[2], "https://a");
    push(hosts, &b[0], "https://b");
    push(hosts, &b[1], "https://b");
    hosts_release(hosts, b[0].host);
    hosts_release(hosts, b[0].host);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[0]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &b[1]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &a[2]);
    CU_ASSERT_PTR_EQUAL(hosts_pop(hosts), &c);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    hosts_free(hosts);
}

/* More hosts than the table begins with: each is found again, and each is served once. */
static void test_many(void)
{
    enum { COUNT = 3000 };
    struct hosts *hosts = hosts_new(1);
    struct request *requests = calloc(COUNT, sizeof *requests);
    struct engine_host **found = calloc(COUNT, sizeof *found);
    CU_ASSERT_FATAL(requests != NULL && found != NULL);
    char url[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(url, sizeof url, "https://c-%d.example/x", i);
        push(hosts, &requests[i], url);
        found[i] = requests[i].host;
    }
    size_t wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(url, sizeof url, "https://c-%d.example/y", i);
        wrong += hosts_find(hosts, url, &plain) != found[i];
        wrong += i > 0 && found[i] == found[i - 1];
    }
    CU_ASSERT_EQUAL(hosts_queued(hosts), COUNT);
    for (int i = 0; i < COUNT; i++)
        wrong += hosts_pop(hosts) != &requests[i];
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(hosts_queued(hosts), 0);
    CU_ASSERT_PTR_NULL(hosts_pop(hosts));
    free(requests);
    free(found);
    hosts_free(hosts);
}

static void test_backoff_order(void)
{
    enum { COUNT = 500 };
    static struct request requests[COUNT];
    struct backoff backoff = {0};
    CU_ASSERT_PTR_NULL(backoff_first(&backoff));
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    /* 7919 is prime to 500: every time from 0 to 499 once, mixed. */
    for (int i = 0; i < COUNT; i++) {
        requests[i].start_at_ms = (int64_t)i * 7919 % COUNT;
        backoff_push(&backoff, &requests[i]);
    }
    size_t wrong = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        const struct request *first = backoff_first(&backoff);
        wrong += first == NULL || first->start_at_ms != i;
        wrong += backoff_pop(&backoff) != first;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    backoff_free(&backoff);
}

static void test_backoff_mixed(void)
{
    struct request r[5] = {{.start_at_ms = 30},
                           {.start_at_ms = 10},
                           {.start_at_ms = INT64_MAX},
                           {.start_at_ms = 10},
                           {.start_at_ms = -5}};
    struct backoff backoff = {0};
    backoff_push(&backoff, &r[0]);
    backoff_push(&backoff, &r[1]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[1]);
    backoff_push(&backoff, &r[2]);
    backoff_push(&backoff, &r[3]);
    backoff_push(&backoff, &r[1]);
    backoff_push(&backoff, &r[4]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[4]);
    /* The same time twice: both come, in whichever order. */
    struct request *x = backoff_pop(&backoff), *y = backoff_pop(&backoff);
    CU_ASSERT((x == &r[1] && y == &r[3]) || (x == &r[3] && y == &r[1]));
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[0]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[2]);
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    backoff_free(&backoff);
    backoff_free(&backoff);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what one host is", test_identity},
                                 {"who is kept apart", test_apart},
                                 {"hosts' names", test_names},
                                 {"the order within a host", test_order},
                                 {"the limit per host", test_limit},
                                 {"a used host goes first", test_used_first},
                                 {"connections that idle go first", test_connected_first},
                                 {"many hosts", test_many},
                                 {"back-offs come by time", test_backoff_order},
                                 {"back-offs come and go", test_backoff_mixed},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/hosts", tests);
}
