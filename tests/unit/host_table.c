/* What one host is to the engine. */
#include "../../src/net/host_table.h"

#include <stdlib.h>

#include "../check.h"

static const struct endpoint_options plain;

/* Spellings of one host and port, as libcurl sees them; a NULL ends each line. */
static const char *const spellings[][8] = {
    {"https://eu-1.example/a", "https://eu-1.example", "https://eu-1.example/b?c=d",
     "HTTPS://EU-1.Example/A", "https://eu-1.example?x", "https://eu-1.example#y",
     "https://eu-1.example:443/", "https://EU-1.example:00443"},
    {"http://eu-1.example/a", "http://eu-1.example:80", "http://eu-1.example:080/x"},
    {"https://eu-1.example:80/a", "https://eu-1.example:080"},
    {"https://eu-1.example:8443/a", "https://eu-1.example:08443"},
    {"https://eu-2.example/a"},
    {"https://eu-1.example.org/"},
    /* An absolute name is not looked up in the domains that others are tried in. */
    {"https://eu-1.example./", "https://EU-1.example.:443/"},
    {"https://127.0.0.1", "https://127.0.0.1:443/x"},
    {"https://[::1]", "https://[0:0:0:0:0:0:0:1]:443/x", "https://[::0001]/", "https://[::0.0.0.1]",
     "https://[0::1]:0443"},
    {"https://[::1]:80"},
    {"https://[2001:db8::a]", "https://[2001:DB8::A]", "https://[2001:0db8:0:0::000a]"},
    {"https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]", "https://[::FFFF:7F00:0001]"},
};

static void test_identity(void)
{
    enum { COUNT = sizeof spellings / sizeof spellings[0] };
    struct host_table *table = host_table_new();
    struct engine_host *hosts[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        hosts[i] = host_table_find(table, spellings[i][0], &plain);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < 8 && spellings[i][j] != NULL; j++)
            CU_ASSERT_PTR_EQUAL(host_table_find(table, spellings[i][j], &plain), hosts[i]);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_PTR_NOT_EQUAL(hosts[j], hosts[i]);
    }
    host_table_free(table);
    host_table_free(NULL);
}

/* Who trusts somebody else is kept apart under each of the spellings. */
static void test_spellings_apart(void)
{
    static const struct endpoint_options other = {.ca_file = "x"};
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        for (size_t j = 0; j < 8 && spellings[i][j] != NULL; j++) {
            struct host_table *table = host_table_new();
            CU_ASSERT(!host_table_find(table, spellings[i][0], &plain)->is_apart);
            CU_ASSERT(host_table_find(table, spellings[i][j], &other)->is_apart);
            host_table_free(table);
        }
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
        {"https://[2001:db8:0:0::0001]", "2001:db8::1"},
        {"https://eu-1.example.:443", "eu-1.example."},
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
                                 {"who is kept apart, however spelt", test_spellings_apart},
                                 {"who is kept apart", test_apart},
                                 {"hosts' names", test_names},
                                 {"many hosts", test_many},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/host_table", tests);
}
