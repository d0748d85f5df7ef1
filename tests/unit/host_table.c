/* What one host is to the engine. */
#include "../../src/net/host_table.h"

#include <stdlib.h>

#include "../check.h"

static const struct endpoint_options plain;

static void test_identity(void)
{
    struct host_table *table = host_table_new();
    struct engine_host *host = host_table_find(table, "https://eu-1.example/a", &plain);
    static const char *const same[] = {"https://eu-1.example", "https://eu-1.example/b?c=d",
                                       "HTTPS://EU-1.Example/A", "https://eu-1.example?x",
                                       "https://eu-1.example#y"};
    static const char *const other[] = {"http://eu-1.example/a", "https://eu-1.example:8443/a",
                                        "https://eu-2.example/a", "https://eu-1.example.org/"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        CU_ASSERT_PTR_EQUAL(host_table_find(table, same[i], &plain), host);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        CU_ASSERT_PTR_NOT_EQUAL(host_table_find(table, other[i], &plain), host);
    host_table_free(table);
    host_table_free(NULL);
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
        struct host_table *table = host_table_new();
        struct engine_host *a = host_table_find(table, "https://a/x", &cases[i].a);
        struct engine_host *b = host_table_find(table, "https://A/y", &cases[i].b);
        CU_ASSERT_EQUAL(a == b, cases[i].is_same);
        CU_ASSERT_EQUAL(b->is_apart, cases[i].is_apart);
        CU_ASSERT_EQUAL(a->is_apart, cases[i].a.resolve != NULL && cases[i].a.resolve != none);
        CU_ASSERT_PTR_EQUAL(host_table_find(table, "https://a", &cases[i].a), a);
        CU_ASSERT_PTR_EQUAL(host_table_find(table, "https://a", &cases[i].b), b);
        host_table_free(table);
    }
    /* With an address given, it is apart from the start: the next one may have none. */
    struct host_table *table = host_table_new();
    const struct endpoint_options given = {.resolve = one};
    CU_ASSERT(host_table_find(table, "https://a", &given)->is_apart);
    CU_ASSERT(!host_table_find(table, "https://a", &plain)->is_apart);
    host_table_free(table);
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
    struct host_table *table = host_table_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct engine_host *host = host_table_find(table, cases[i].url, &plain);
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)host->name_len, host->name);
        CHECK_STR(name, cases[i].name);
    }
    host_table_free(table);
}

/* More hosts than the table begins with: each is found again. */
static void test_many(void)
{
    enum { COUNT = 3000 };
    struct host_table *table = host_table_new();
    struct engine_host **found = calloc(COUNT, sizeof *found);
    CU_ASSERT_FATAL(found != NULL);
    char url[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(url, sizeof url, "https://c-%d.example/x", i);
        found[i] = host_table_find(table, url, &plain);
    }
    size_t wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(url, sizeof url, "https://c-%d.example/y", i);
        wrong += host_table_find(table, url, &plain) != found[i];
        wrong += i > 0 && found[i] == found[i - 1];
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free(found);
    host_table_free(table);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what one host is", test_identity},
                                 {"who is kept apart", test_apart},
                                 {"hosts' names", test_names},
                                 {"many hosts", test_many},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/host_table", tests);
}
