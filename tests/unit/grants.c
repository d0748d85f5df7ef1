/* What is asked for a token, what counts as one, and what a refusal says. */
#include "../../src/collect/grants.h"

#include <stdlib.h>

#include "../../src/collect/words.h"
#include "../check.h"
#include "rollcall/engine.h"
#include "rollcall/secret.h"

static struct str text_of(const struct secret *secret)
{
    return (struct str){secret_bytes(secret), secret_len(secret)};
}

/* `id_json` and `secret_json` are what must stand between the quotes. */
static void check_body(const char *id, const char *secret_text, size_t secret_len,
                       const char *id_json, const char *secret_json)
{
    const struct control_plane_config config = {.client_id = id};
    struct secret *secret = secret_from(secret_text, secret_len);
    struct buf body;
    char expected[512];
    snprintf(expected, sizeof expected,
             "{ \"grantType\": \"app_token\", \"AppId\": \"%s\", \"AppSecret\": \"%s\" }", id_json,
             secret_json);
    buf_init(&body, 4096);
    CU_ASSERT_TRUE(grant_find(GRANT_APP_TOKEN)->make_body(&config, text_of(secret), &body));
    CHECK_STR(body.data, expected);
    CU_ASSERT_EQUAL(body.len, strlen(expected));
    buf_wipe(&body);
    secret_free(secret);
}

static void test_app_token(void)
{
    const struct grant_ops *grant = grant_find(GRANT_APP_TOKEN);
    CHECK_STR(grant->path, "/api/v1/token");
    CHECK_STR(grant->content_type, "application/json");
    static const struct {
        const char *id, *secret, *id_json, *secret_json;
    } cases[] = {
        {"fleet-reporter", "s3cret", "fleet-reporter", "s3cret"},
        {"a \"quoted\" app", "back\\slash\"", "a \\\"quoted\\\" app", "back\\\\slash\\\""},
        {"two\nlines", "tab\there\r\n", "two\\nlines", "tab\\there\\r\\n"},
        {"caf\xC3\xA9", "\xF0\x9F\x94\x91\x01", "caf\xC3\xA9", "\xF0\x9F\x94\x91\\u0001"},
        {"\",\"AppId\":\"root", "%s%n", "\\\",\\\"AppId\\\":\\\"root", "%s%n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_body(cases[i].id, cases[i].secret, strlen(cases[i].secret), cases[i].id_json,
                   cases[i].secret_json);
    /* Only what was given is the secret, whatever lies behind it in memory. */
    check_body("app", "s3cretX", 6, "app", "s3cret");
}

/* Each of the other grants: URL, type and body, with marks that have to be escaped or encoded. */
static void test_other_grants(void)
{
    static const struct {
        enum grant grant;
        const char *token_path, *url, *type, *body;
    } cases[] = {
        {GRANT_APP_TOKEN, NULL, "https://cp.example/api/v1/token", "application/json",
         "{ \"grantType\": \"app_token\", \"AppId\": \"a&b\", \"AppSecret\": \"s\\\"=+ %\" }"},
        {GRANT_CLIENT_CREDENTIALS, NULL, "https://cp.example/api/v1/token", "application/json",
         "{ \"grantType\": \"client_credentials\", \"clientId\": \"a&b\", "
         "\"clientSecret\": \"s\\\"=+ %\" }"},
        {GRANT_OAUTH2, NULL, "https://cp.example/api/v2/token", "application/x-www-form-urlencoded",
         "grant_type=client_credentials&client_id=a%26b&client_secret=s%22%3D%2B%20%25"},
        {GRANT_KEYCLOAK, NULL,
         "https://cp.example/auth/realms/acme%20corp/protocol/openid-connect/token",
         "application/x-www-form-urlencoded",
         "grant_type=client_credentials&client_id=a%26b&client_secret=s%22%3D%2B%20%25"
         "&scope=openid"},
        {GRANT_EXTERNAL_TOKEN_EXCHANGE, NULL, "https://cp.example/api/v1/token", "application/json",
         "{ \"grantType\": \"external_token_exchange\", \"externalToken\": \"s\\\"=+ %\" }"},
        {GRANT_REFRESH_TOKEN, NULL, "https://cp.example/api/v1/token", "application/json",
         "{ \"grantType\": \"refresh_token\", \"clientId\": \"a&b\", "
         "\"refreshToken\": \"s\\\"=+ %\" }"},
        {GRANT_OAUTH2, "/login/token", "https://cp.example/login/token",
         "application/x-www-form-urlencoded",
         "grant_type=client_credentials&client_id=a%26b&client_secret=s%22%3D%2B%20%25"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct control_plane_config config = {
            .url = "https://cp.example",
            .client_id = "a&b",
            .grant = cases[i].grant,
            .realm = cases[i].grant == GRANT_KEYCLOAK ? "acme corp" : NULL,
            .token_path = cases[i].token_path,
        };
        struct secret *secret = secret_from("s\"=+ %", 6);
        struct buf body;
        buf_init(&body, 4096);
        char *url = grant_url(&config);
        CHECK_STR(url, cases[i].url);
        CHECK_STR(grant_find(config.grant)->content_type, cases[i].type);
        CU_ASSERT_TRUE(grant_find(config.grant)->make_body(&config, text_of(secret), &body));
        CHECK_STR(body.data, cases[i].body);
        free(url);
        buf_wipe(&body);
        secret_free(secret);
    }
}

static void test_given_token(void)
{
    CU_ASSERT_PTR_NULL(grant_find(GRANT_TOKEN)->path);
}

/* A body that does not fit is no body. */
static void test_no_room(void)
{
    const struct control_plane_config config = {.client_id = "app"};
    struct secret *secret = secret_from("0123456789", 10);
    struct buf body;
    buf_init(&body, 40);
    CU_ASSERT_FALSE(grant_find(GRANT_APP_TOKEN)->make_body(&config, text_of(secret), &body));
    buf_wipe(&body);
    secret_free(secret);
}

static void test_b64token(void)
{
    static const char *const good[] = {"a",       "abcXYZ019", "a.b.c",
                                       "-._~+/",  "a=",        "a==",
                                       "a=====",  "/",         "eyJhbGciOiJub25lIn0.e30.",
                                       "~token+/"};
    static const char *const bad[] = {"",      "=",   "==",      "=a",          "a=b",   "a b",
                                      " a",    "a ",  "a\n",     "a\r\nX: y",   "a\t",   "a,b",
                                      "a:b",   "a;b", "\"a\"",   "caf\xC3\xA9", "a\x7F", "a@b",
                                      "a%20b", "{a}", "Bearer a"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_TRUE(engine_is_b64token(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (engine_is_b64token(bad[i], strlen(bad[i])))
            fprintf(stderr, "    accepted: \"%s\"\n", bad[i]);
        CU_ASSERT_FALSE(engine_is_b64token(bad[i], strlen(bad[i])));
    }
    /* Bytes behind a NUL do not slip through. */
    CU_ASSERT_FALSE(engine_is_b64token("a\0b", 3));
    CU_ASSERT_FALSE(engine_is_b64token("a\0", 2));
    CU_ASSERT_FALSE(engine_is_b64token("\0", 1));
    CU_ASSERT_TRUE(engine_is_b64token("a b", 1));
}

/* Every byte alone: those of the grammar and no other. */
static void test_b64token_bytes(void)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-._~+/";
    for (int c = 1; c < 256; c++) {
        char text[2] = {(char)c, '\0'};
        CU_ASSERT_EQUAL(engine_is_b64token(text, 1), strchr(allowed, c) != NULL);
    }
}

static void test_words(void)
{
    static const struct {
        const char *excerpt, *text;
    } cases[] = {
        {"", "HTTP 500"},
        {"{\"code\":500,\"message\":\"boom\"}", "HTTP 500 (boom)"},
        {"{\"status\":403,\"message\":\"no such \\\"app\\\"\",\"details\":\"x\"}",
         "HTTP 500 (no such \"app\"; x)"},
        {"{\"error\":\"invalid_client\",\"error_description\":\"unknown app\"}",
         "HTTP 500 (unknown app)"},
        {"{\"error\":\"invalid_client\"}", "HTTP 500 (invalid_client)"},
        {"{\"message\":\"cut off here\",\"det", "HTTP 500 (cut off here)"},
        {"upstream connect error\nmore", "HTTP 500 (upstream connect error)"},
        {"<html><body>login</body></html>", "HTTP 500"},
        {"{\"message\":\"a\\u001b[31mred\"}", "HTTP 500 (a\\x1B[31mred)"},
        {"{\"a\":1}", "HTTP 500"},
        {"%s%n", "HTTP 500 (%s%n)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        error_set(&error, ERR_HTTP, "HTTP 500");
        error.http_status = 500;
        const struct outcome outcome = {.excerpt = cases[i].excerpt,
                                        .excerpt_len = strlen(cases[i].excerpt)};
        words_add(&error, &outcome, NULL, NULL, 0);
        CHECK_STR(error.text, cases[i].text);
        CU_ASSERT_EQUAL(error.class, ERR_HTTP);
        CU_ASSERT_EQUAL(error.http_status, 500);
    }
}

/* A server that quotes the request does not get our secrets into the report. */
static void test_hidden(void)
{
    static const char token[] = "tok.SECRET-123456789", secret[] = "s3\"cr et/";
    static const struct {
        const char *excerpt, *text;
    } cases[] = {
        {"{\"message\":\"your token is tok.SECRET-123456789 ok\"}",
         "HTTP 403 (your token is [hidden] ok)"},
        {"got Bearer tok.SECRET-123456789", "HTTP 403 (got Bearer [hidden])"},
        {"got tok.SECRET", "HTTP 403 (got [hidden])"},
        {"got { \"AppSecret\": \"s3\\\"cr et/\" }",
         "HTTP 403 (got { \"AppSecret\": \"[hidden]\" })"},
        {"{\"message\":\"bad s3\\\"cr et/!\"}", "HTTP 403 (bad [hidden]!)"},
        {"client_secret=s3%22cr%20et%2F&x=1", "HTTP 403 (client_secret=[hidden]&x=1)"},
        {"bad key k3y value in prod", "HTTP 403 (bad key [hidden] in prod)"},
        {"nothing of the kind: to", "HTTP 403 (nothing of the kind: to)"},
    };
    const struct str hidden[] = {str_of(token), str_of(secret)};
    const char *const headers[] = {"X-Env: prod", "X-Api-Key:  k3y value", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        const struct outcome outcome = {.excerpt = cases[i].excerpt,
                                        .excerpt_len = strlen(cases[i].excerpt)};
        error_set(&error, ERR_AUTH, "HTTP 403");
        words_add(&error, &outcome, headers, hidden, 2);
        CHECK_STR(error.text, cases[i].text);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the body of app_token", test_app_token},
                                 {"the other grants", test_other_grants},
                                 {"secrets that a server quotes", test_hidden},
                                 {"a given token is not asked for", test_given_token},
                                 {"a body that does not fit", test_no_room},
                                 {"b64token", test_b64token},
                                 {"b64token, byte by byte", test_b64token_bytes},
                                 {"the server's own words", test_words},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/grants", tests);
}
