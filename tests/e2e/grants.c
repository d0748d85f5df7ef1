/* The grants: what each asks for, how long its token lives, and the cache. */
#include <stdlib.h>
#include <sys/stat.h>

#include "../check.h"
#include "lib/e2e.h"

static size_t tokens_issued(struct e2e_fleet *fleet)
{
    return e2e_count(fleet, "control", "/", "200");
}

static size_t refused(struct e2e_fleet *fleet)
{
    return e2e_count(fleet, NULL, "/researcher/", "401");
}

/* Runs, expects the status and, where there is a report, the truth. */
static void collect(struct e2e_fleet *fleet, int status)
{
    struct e2e_report *report = e2e_collect_report(fleet, status, NULL);
    if (report != NULL)
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
}

#define JSON "application/json\t"
#define FORM "application/x-www-form-urlencoded\t"
#define PAIR "grant_type=client_credentials&client_id="

static const struct grant_case {
    const char *name;
    const char *path;
    const char *request; /* as token-requests.log has it */
    const char *id;      /* of the client; NULL: the usual */
} cases[] = {
    {"app_token", "/api/v1/token",
     JSON
     "{ \"grantType\": \"app_token\", \"AppId\": \"fleet-reporter\", \"AppSecret\": \"SECRET\" }\n",
     NULL},
    {"client_credentials", "/api/v1/token",
     JSON "{ \"grantType\": \"client_credentials\", \"clientId\": \"fleet-reporter\", "
          "\"clientSecret\": \"SECRET\" }\n",
     NULL},
    {"oauth2", "/api/v2/token", FORM PAIR "fleet-reporter&client_secret=SECRET\n", NULL},
    {"keycloak", "/auth/realms/runai/protocol/openid-connect/token",
     FORM PAIR "fleet-reporter&client_secret=SECRET&scope=openid\n", NULL},
    {"oauth2", "/api/v2/token", FORM PAIR "me%26you%3D%25%20%2B%C3%BC&client_secret=SECRET\n",
     "me&you=% +\xc3\xbc"},
    {"external_token_exchange", "/api/v1/token",
     JSON "{ \"grantType\": \"external_token_exchange\", \"externalToken\": \"SECRET\" }\n", NULL},
    {"refresh_token", "/api/v1/token",
     JSON "{ \"grantType\": \"refresh_token\", \"clientId\": \"fleet-reporter\", "
          "\"refreshToken\": \"SECRET\" }\n",
     NULL},
    {"app_token", "/api/v1/token",
     JSON
     "{ \"grantType\": \"app_token\", \"AppId\": \"a\\\"b\\\\c\", \"AppSecret\": \"SECRET\" }\n",
     "a\\\"b\\\\c"},
};

static struct e2e_fleet *start(const struct grant_case *grant, const char *more)
{
    char text[1024];
    snprintf(text, sizeof text, "control grant=%s%s%s%s\n%s", grant->name,
             grant->id == NULL ? "" : " client_id=\"", grant->id == NULL ? "" : grant->id,
             grant->id == NULL ? "" : "\"", more);
    return e2e_start(text);
}

static void test_requests(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_fleet *fleet = start(&cases[i], "cluster a projects=2\n");
        collect(fleet, 0);
        char *log = e2e_read(e2e_path(fleet, "token-requests.log"), NULL);
        CHECK_STR(log, cases[i].request);
        free(log);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", cases[i].path, "200"), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/", NULL), 1);
        e2e_stop(fleet);
    }
}

/* Clients of keycloak's time presented the ID token: it is taken where nothing else comes. */
static void test_id_token(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control grant=keycloak only_id_token=yes jwt_exp=600\ncluster a\n");
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 1);
    e2e_stop(fleet);
}

/* A refresh token that is good once: each answer has the one for the next request. None of them,
 * and no token, is in what the run says and writes. */
static void test_rotation(void)
{
    struct e2e_fleet *fleet = e2e_start("run concurrency=1\n"
                                        "control grant=refresh_token rotate=yes expires_in=3 "
                                        "token_life_ms=3000\n"
                                        "cluster a projects=12 latency_ms=300\n");
    const struct e2e_run run = {.args = {"run", "-vvv", "-c", e2e_path(fleet, "rollcall.conf"),
                                         "-o", e2e_path(fleet, "report.json")}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    char *report = e2e_read(e2e_path(fleet, "report.json"), NULL);
    CU_ASSERT_FATAL(report != NULL);
    CU_ASSERT(tokens_issued(fleet) >= 2);
    CU_ASSERT_EQUAL(refused(fleet), 0);
    CU_ASSERT(strstr(result->err, "not.to.be.seen") == NULL);
    CU_ASSERT(strstr(report, "not.to.be.seen") == NULL);
    free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Where none comes with the answer, the configured one is presented again. */
static void test_refresh_again(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control grant=refresh_token expire=once\ncluster a projects=3\n");
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    e2e_stop(fleet);
}

/* The server quotes the external token that it refuses. */
static void test_quoted_external_token(void)
{
    struct e2e_fleet *fleet = e2e_start("control grant=external_token_exchange "
                                        "message=\"no such token: ext.tok.9\"\ncluster a\n");
    e2e_write(e2e_path(fleet, "secret"), 0600, "ext.tok.9\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 7);
    CU_ASSERT(strstr(result->err, "no such token: [hidden]") != NULL);
    CU_ASSERT(strstr(result->err, "ext.tok.9") == NULL);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_realm(void)
{
    struct e2e_fleet *fleet =
        e2e_start("control grant=keycloak realm=\"acme & co;=+\xc3\xbc\"\ncluster a\n");
    collect(fleet, 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control",
                              "/auth/realms/acme%20%26%20co%3B%3D%2B%C3%BC/protocol/"
                              "openid-connect/token",
                              "200"),
                    1);
    e2e_stop(fleet);
}

static void test_token_path(void)
{
    static const char *const grants[] = {"app_token", "client_credentials", "oauth2", "keycloak"};
    for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "control grant=%s token_path=/sso/v9/token\ncluster a\n",
                 grants[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        collect(fleet, 0);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", "/sso/v9/token", "200"), 1);
        e2e_stop(fleet);
    }
}

/* What each endpoint says reaches the user, and nothing is written. */
static void test_refusals(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct e2e_fleet *fleet =
            start(&cases[i], "control message=\"the client \\\"x\\\" is gone\"\ncluster a\n");
        e2e_write(e2e_path(fleet, "secret"), 0600, "wrong\n");
        struct e2e_result *result = e2e_collect(fleet, NULL);
        CU_ASSERT_EQUAL(result->status, 7);
        if (strstr(result->err, "the client \"x\" is gone") == NULL)
            fprintf(stderr, "    %s: %s", cases[i].name, result->err);
        CU_ASSERT(strstr(result->err, "the client \"x\" is gone") != NULL);
        CU_ASSERT(!e2e_exists(e2e_path(fleet, "report.json")));
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", cases[i].path, NULL), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, "a", NULL, NULL), 0);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

static void test_server_errors(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct e2e_fleet *fleet =
            start(&cases[i], "control token_fault=503 message=\"out to lunch\" "
                             "conf.retries=1\ncluster a\n");
        struct e2e_result *result = e2e_collect(fleet, NULL);
        CU_ASSERT_EQUAL(result->status, 7);
        CU_ASSERT(strstr(result->err, "out to lunch") != NULL);
        CU_ASSERT_EQUAL(e2e_count(fleet, "control", cases[i].path, "fault:503"), 2);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

/* The token lives three seconds and the run lasts longer: it is renewed before anybody refuses it.
 */
static void test_renewed_in_time(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct e2e_fleet *fleet =
            start(&cases[i], "run concurrency=1\ncontrol expires_in=3 token_life_ms=3000\n"
                             "cluster a projects=12 latency_ms=300\n");
        collect(fleet, 0);
        CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
        CU_ASSERT_EQUAL(refused(fleet), 0);
        e2e_stop(fleet);
    }
}

/* Nothing but the token itself says when it ends. */
static void test_claim(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run concurrency=1\n"
                  "control grant=oauth2 expires_in=-1 jwt_exp=4 token_life_ms=4000\n"
                  "cluster a projects=12 latency_ms=300\n");
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    CU_ASSERT_EQUAL(refused(fleet), 0);
    e2e_stop(fleet);
}

/* Nobody says when it ends: the refusal does. */
static void test_unknown_life(void)
{
    struct e2e_fleet *fleet = e2e_start("run concurrency=1\n"
                                        "control grant=oauth2 expires_in=-1 token_life_ms=1500\n"
                                        "cluster a projects=7 latency_ms=300\n");
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    /* What starts before the new token is there is refused as well. */
    CU_ASSERT(refused(fleet) >= 1 && refused(fleet) <= 2);
    e2e_stop(fleet);
}

/* A renewal that fails costs nothing while the old token is good. */
static void test_failed_renewal(void)
{
    struct e2e_fleet *fleet =
        e2e_start("run concurrency=1\n"
                  "control grant=oauth2 expires_in=1 token_fault=500 token_fault_after=1 "
                  "conf.retries=0\n"
                  "cluster a projects=6 latency_ms=300\n");
    collect(fleet, 0);
    CU_ASSERT(e2e_count(fleet, "control", "/api/v2/token", "fault:500") >= 1);
    CU_ASSERT_EQUAL(refused(fleet), 0);
    e2e_stop(fleet);
}

/* ---- the cache ---- */

static struct e2e_fleet *start_cached(const char *text)
{
    struct e2e_fleet *fleet = e2e_start(text);
    e2e_edit(fleet, "rollcall.conf", "control_plane : {", " token_cache = \"@/cache\";");
    return fleet;
}

static void test_cache(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct stat status;
        struct e2e_fleet *fleet = start(&cases[i], "cluster a\ncluster b\n");
        e2e_edit(fleet, "rollcall.conf", "control_plane : {", " token_cache = \"@/cache\";");
        collect(fleet, 0);
        collect(fleet, 0);
        collect(fleet, 0);
        CU_ASSERT_EQUAL(tokens_issued(fleet), 1);
        CU_ASSERT_FATAL(stat(e2e_path(fleet, "cache"), &status) == 0);
        CU_ASSERT_EQUAL(status.st_mode & 07777, 0600);
        char *cache = e2e_read(e2e_path(fleet, "cache"), NULL);
        CU_ASSERT(strstr(cache, "s3cret") == NULL);
        free(cache);
        e2e_stop(fleet);
    }
}

/* Another client's token is not ours, and it is not left there either. */
static void test_cache_of_another(void)
{
    struct e2e_fleet *fleet = start_cached("control client_id=another\ncluster a\n");
    collect(fleet, 0);
    char *cache = e2e_read(e2e_path(fleet, "cache"), NULL);
    CU_ASSERT_FATAL(cache != NULL);
    char *id = strstr(cache, "another");
    CU_ASSERT_FATAL(id != NULL);
    memcpy(id, "somebod", 7);
    e2e_write(e2e_path(fleet, "cache"), 0600, cache);
    free(cache);
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    e2e_stop(fleet);
}

/* Of another control plane: the same cache for two. */
static void test_cache_of_another_url(void)
{
    struct e2e_fleet *one = e2e_start("cluster a\n");
    struct e2e_fleet *two = e2e_start("cluster a\n");
    char setting[256];
    snprintf(setting, sizeof setting, " token_cache = \"%s\";", e2e_path(one, "cache"));
    e2e_edit(one, "rollcall.conf", "control_plane : {", setting);
    e2e_edit(two, "rollcall.conf", "control_plane : {", setting);
    collect(one, 0);
    collect(two, 0);
    CU_ASSERT_EQUAL(tokens_issued(two), 1);
    CU_ASSERT_EQUAL(refused(two), 0);
    e2e_stop(two);
    e2e_stop(one);
}

static void test_bad_caches(void)
{
    static const char *const texts[] = {
        "", "no JSON\n", "{", "[]", "{\"url\":1}", "{\"access_token\":\"a b\"}", "\x80\xff",
    };
    struct e2e_fleet *fleet = start_cached("cluster a\n");
    size_t count = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        e2e_write(e2e_path(fleet, "cache"), 0600, texts[i]);
        collect(fleet, 0);
        CU_ASSERT_EQUAL(tokens_issued(fleet), ++count);
    }
    /* It has been replaced by a good one. */
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), count);
    e2e_stop(fleet);
}

/* A cache that others can read may be anybody's. */
static void test_open_cache(void)
{
    struct e2e_fleet *fleet = start_cached("cluster a\n");
    struct stat status;
    collect(fleet, 0);
    CU_ASSERT_FATAL(chmod(e2e_path(fleet, "cache"), 0644) == 0);
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    CU_ASSERT_FATAL(stat(e2e_path(fleet, "cache"), &status) == 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0600);
    e2e_stop(fleet);
}

/* A cache that cannot be written is no error. */
static void test_no_place(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    e2e_edit(fleet, "rollcall.conf", "control_plane : {", " token_cache = \"@/nowhere/cache\";");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 1);
    e2e_stop(fleet);
}

/* When the first run ends, its token is past its time. */
static void test_expired_cache(void)
{
    struct e2e_fleet *fleet =
        start_cached("control expires_in=1 token_life_ms=1000\ncluster a latency_ms=1000\n");
    collect(fleet, 0);
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    CU_ASSERT_EQUAL(refused(fleet), 0);
    e2e_stop(fleet);
}

/* A cached token that is refused is renewed like any other. */
static void test_refused_cache(void)
{
    struct e2e_fleet *fleet = start_cached("control expire_after=1\ncluster a\n");
    collect(fleet, 0);
    collect(fleet, 0);
    collect(fleet, 0);
    CU_ASSERT_EQUAL(tokens_issued(fleet), 2);
    CU_ASSERT_EQUAL(refused(fleet), 1);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what each grant asks for", test_requests},
                                 {"an ID token where no access token comes", test_id_token},
                                 {"refresh tokens that are good once", test_rotation},
                                 {"a refresh token that stays good", test_refresh_again},
                                 {"an external token that is quoted", test_quoted_external_token},
                                 {"a realm that needs encoding", test_realm},
                                 {"a path of its own", test_token_path},
                                 {"what a refusal says", test_refusals},
                                 {"what a failure says", test_server_errors},
                                 {"a token is renewed in time", test_renewed_in_time},
                                 {"the token says when it ends", test_claim},
                                 {"nobody says when it ends", test_unknown_life},
                                 {"a renewal that fails", test_failed_renewal},
                                 {"the cache saves tokens", test_cache},
                                 {"a cache of another client", test_cache_of_another},
                                 {"a cache of another control plane", test_cache_of_another_url},
                                 {"caches that are none", test_bad_caches},
                                 {"a cache that is open to others", test_open_cache},
                                 {"no place for a cache", test_no_place},
                                 {"a cache that is too old", test_expired_cache},
                                 {"a cached token that is refused", test_refused_cache},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/grants", tests);
}
