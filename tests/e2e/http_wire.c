/* What goes over the wire: requests, connections, and what is not sent. */
#include <stdlib.h>
#include <string.h>

#include "rollcall/version.h"
#include "wire_scene.h"

/* Whether the head of the request has the line, and how often. */
static size_t count_lines(const char *text, const char *line)
{
    size_t count = 0, len = strlen(line);
    const char *end = strstr(text, "\r\n\r\n");
    for (const char *at = text; at != NULL && at < end; at = strstr(at, "\r\n")) {
        at += *at == '\r' ? 2 : 0;
        count += strncmp(at, line, len) == 0 && strncmp(at + len, "\r\n", 2) == 0;
    }
    return count;
}

/* The request has this first line, exactly these headers beside Accept-Encoding (NULL-terminated,
 * in any order), and this body. */
static void check_request(const struct wire_request *request, const char *line,
                          const char *const *headers, const char *body)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(request);
    size_t expected = 0, actual = 0;
    const char *end = strstr(request->text, "\r\n\r\n");
    const char *encodings = strstr(request->text, "\r\nAccept-Encoding: ");
    CU_ASSERT_EQUAL(count_lines(request->text, line), 1);
    CU_ASSERT_EQUAL(strncmp(request->text, line, strlen(line)), 0);
    for (; headers[expected] != NULL; expected++) {
        if (count_lines(request->text, headers[expected]) != 1)
            fprintf(stderr, "    no \"%s\" in:\n%s\n", headers[expected], request->text);
        CU_ASSERT_EQUAL(count_lines(request->text, headers[expected]), 1);
    }
    for (const char *at = request->text; (at = strstr(at, "\r\n")) != end; at += 2)
        actual++;
    if (actual != expected + 1)
        fprintf(stderr, "    not these headers:\n%s\n", request->text);
    CU_ASSERT_EQUAL(actual, expected + 1);
    CU_ASSERT_FATAL(encodings != NULL && encodings < end);
    CU_ASSERT_PTR_NOT_NULL(strstr(encodings, "gzip"));
    CHECK_STR(end + 4, body);
}

static void test_requests(void)
{
    struct scene scene;
    char control[32], cluster[32];
    scene_open(&scene, 2);
    snprintf(control, sizeof control, "Host: 127.0.0.1:%u", wire_port(scene.wire, 0));
    snprintf(cluster, sizeof cluster, "Host: 127.0.0.1:%u", wire_port(scene.wire, 1));
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(
        scene.wire, 1,
        (struct wire_answer){.path = "/base/api/v1/projects",
                             .bytes = OK("35", "{\"data\":[{\"name\":\"a b/\\u00e9?&#\"}]}")});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    scene.control = "headers = [ \"X-Tenant: acme\" ];";
    scene_add(&scene, 1,
              "projects = []; base_path = \"/base\"; headers = [ \"X-A: 1\", \"X-B: 2\" ];");
    scene_collect(&scene, 0);

    const char *const of_token[] = {control,
                                    "User-Agent: rollcall/" ROLLCALL_VERSION,
                                    "Accept: application/json",
                                    "Content-Type: application/json",
                                    "Content-Length: 77",
                                    "X-Tenant: acme",
                                    NULL};
    const char *const of_cluster[] = {cluster,
                                      "Authorization: Bearer abc.DEF-1=",
                                      "User-Agent: rollcall/" ROLLCALL_VERSION,
                                      "Accept: application/json",
                                      "X-A: 1",
                                      "X-B: 2",
                                      NULL};
    CU_ASSERT_EQUAL(wire_count(scene.wire, 0), 1);
    check_request(wire_get(scene.wire, 0, 0), "POST /api/v1/token HTTP/1.1", of_token,
                  "{ \"grantType\": \"app_token\", \"AppId\": \"fleet \\\"x\\\"\", "
                  "\"AppSecret\": \"s3\\\"cret\" }");
    CU_ASSERT_EQUAL(wire_count(scene.wire, 1), 2);
    check_request(wire_get(scene.wire, 1, 0), "GET /base/api/v1/projects HTTP/1.1", of_cluster, "");
    check_request(wire_get(scene.wire, 1, 1),
                  "GET /base/api/v1/jobs/a%20b%2F%C3%A9%3F%26%23 HTTP/1.1", of_cluster, "");
    scene_close(&scene);
}

/* Neither the token nor the secret goes where a redirect points to. */
static void test_redirect(void)
{
    static const char *const lines[] = {"301 Moved Permanently", "302 Found", "303 See Other",
                                        "307 Temporary Redirect", "308 Permanent Redirect"};
    enum { COUNT = 5, OTHER = COUNT + 1 };
    struct scene scene;
    char answers[COUNT][256];
    scene_open(&scene, COUNT + 2);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(answers[i], sizeof answers[i],
                 "HTTP/1.1 %s\r\nLocation: http://127.0.0.1:%u/researcher\r\nContent-Length: "
                 "0\r\n\r\n",
                 lines[i], wire_port(scene.wire, OTHER));
        wire_answer(scene.wire, i + 1, (struct wire_answer){.bytes = answers[i]});
        scene_add(&scene, i + 1, "retries = 1;");
    }
    scene_collect(&scene, 6);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_STR(scene_error_field(&scene, i + 1, "class"), "redirect");
        CHECK_STR(scene_error_field(&scene, i + 1, "message"),
                  "project \"p\": redirects to 127.0.0.1 (redirects are not followed)");
        CU_ASSERT_EQUAL(strncmp(scene_error_field(&scene, i + 1, "http_status"), lines[i], 3), 0);
        CHECK_STR(scene_error_field(&scene, i + 1, "attempts"), "1");
        CU_ASSERT_EQUAL(wire_count(scene.wire, i + 1), 1);
    }
    CU_ASSERT_EQUAL(scene.wire->sites[OTHER].accepted, 0);
    scene_close(&scene);

    scene_open(&scene, 3);
    snprintf(answers[0], sizeof answers[0],
             "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:%u/api/v1/token\r\n"
             "Content-Length: 0\r\n\r\n",
             wire_port(scene.wire, 2));
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = answers[0]});
    scene_add(&scene, 1, "");
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.result->status, 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(scene.result->err, "redirects to 127.0.0.1"));
    CU_ASSERT_EQUAL(scene.wire->sites[1].accepted, 0);
    CU_ASSERT_EQUAL(scene.wire->sites[2].accepted, 0);
    scene_close(&scene);
}

/* What the environment names sees no request for an http URL; what the configuration names does. */
static void test_proxy(void)
{
    struct scene scene;
    char lower[64], all[64], upper[64], setting[96], line[128];
    scene_open(&scene, 4);
    unsigned environment = wire_port(scene.wire, 2), configured = wire_port(scene.wire, 3);
    snprintf(lower, sizeof lower, "http_proxy=http://127.0.0.1:%u", environment);
    snprintf(all, sizeof all, "all_proxy=http://127.0.0.1:%u", environment);
    snprintf(upper, sizeof upper, "ALL_PROXY=http://127.0.0.1:%u", environment);
    memcpy(scene.env, (const char *[]){lower, all, upper}, 3 * sizeof(char *));
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    wire_answer(scene.wire, 3, (struct wire_answer){.bytes = NO_JOBS});
    scene_add(&scene, 1, "");
    snprintf(setting, sizeof setting, "base_path = \"/other\"; proxy = \"http://127.0.0.1:%u\";",
             configured);
    size_t len = strlen(scene.clusters);
    snprintf(scene.clusters + len, sizeof scene.clusters - len,
             ", { name = \"behind\"; url = \"http://127.0.0.1:%u\"; allow_http = true; %s }",
             wire_port(scene.wire, 1), setting);
    scene_collect(&scene, 0);
    CU_ASSERT_EQUAL(scene.wire->sites[2].accepted, 0);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 1), 1);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 3), 1);
    snprintf(line, sizeof line, "GET http://127.0.0.1:%u/other/api/v1/jobs/p HTTP/1.1",
             wire_port(scene.wire, 1));
    CU_ASSERT_PTR_NOT_NULL_FATAL(wire_get(scene.wire, 3, 0));
    CU_ASSERT_EQUAL(count_lines(wire_get(scene.wire, 3, 0)->text, line), 1);
    scene_close(&scene);
}

/* A proxy that cannot be reached is not taken for the cluster behind it, whoever named the proxy.
 */
static void test_refusing_proxy(void)
{
    struct scene scene;
    scene_open(&scene, 1);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    scene.env[0] = "https_proxy=http://127.0.0.1:1";
    snprintf(scene.clusters, sizeof scene.clusters,
             "{ name = \"c1\"; url = \"https://c1.example\"; },\n"
             "{ name = \"c2\"; url = \"https://c2.example\"; proxy = \"http://127.0.0.1:1\"; }");
    scene_collect(&scene, 6);
    CHECK_STR(scene_error_field(&scene, 1, "class"), "proxy");
    CHECK_STR(scene_error_field(&scene, 2, "class"), "proxy");
    scene_close(&scene);
}

/* One refused token, one new one, and each request carries the one it was given. */
static void test_renewal(void)
{
    struct scene scene;
    scene_open(&scene, 2);
    wire_answer(scene.wire, 0,
                (struct wire_answer){.times = 1, .bytes = OK("23", "{\"accessToken\":\"old\"}  ")});
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(scene.wire, 1,
                (struct wire_answer){
                    .times = 1, .bytes = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    scene_add(&scene, 1, "");
    scene_collect(&scene, 0);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 0), 2);
    CU_ASSERT_EQUAL_FATAL(wire_count(scene.wire, 1), 2);
    CU_ASSERT_EQUAL(count_lines(wire_get(scene.wire, 1, 0)->text, "Authorization: Bearer old"), 1);
    CU_ASSERT_EQUAL(
        count_lines(wire_get(scene.wire, 1, 1)->text, "Authorization: Bearer abc.DEF-1="), 1);
    CU_ASSERT_PTR_NULL(strstr(wire_get(scene.wire, 0, 1)->text, "Authorization"));
    scene_close(&scene);
}

/* One connection serves all of a cluster's requests. */
static void test_reuse(void)
{
    struct scene scene;
    scene_open(&scene, 3);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(
        scene.wire, 2,
        (struct wire_answer){.path = "/researcher/api/v1/projects",
                             .bytes = OK("49", "{\"data\":[{\"name\":\"a\"},{\"name\":\"b\"},"
                                               "{\"name\":\"c\"}]}")});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    wire_answer(scene.wire, 2, (struct wire_answer){.bytes = NO_JOBS});
    scene.run = "per_host = 1;";
    scene_add(&scene, 1, "projects = [ \"a\", \"b\", \"c\" ];");
    scene_add(&scene, 2, "projects = [];");
    scene_collect(&scene, 0);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 1), 3);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 2), 4);
    CU_ASSERT_EQUAL(scene.wire->sites[1].accepted, 1);
    CU_ASSERT_EQUAL(scene.wire->sites[2].accepted, 1);
    scene_close(&scene);
}

/* The second cluster is answered only once the control plane's and the first one's connections are
 * closed: the run would fail if it kept them until its end. */
static void test_closed_after_last(void)
{
    struct scene scene;
    scene_open(&scene, 3);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    wire_answer(scene.wire, 2,
                (struct wire_answer){.bytes = NO_JOBS, .hold_mask = 1u << 0 | 1u << 1});
    scene_add(&scene, 1, "projects = [ \"a\", \"b\", \"c\", \"d\" ];");
    scene_add(&scene, 2, "");
    scene_collect(&scene, 0);
    CHECK_STR(scene_field(&scene, 1, "status"), "ok");
    CHECK_STR(scene_field(&scene, 2, "status"), "ok");
    CU_ASSERT_EQUAL(wire_count(scene.wire, 1), 4);
    CU_ASSERT_EQUAL(wire_count(scene.wire, 2), 1);
    scene_close(&scene);
}

static void test_refused_tokens(void)
{
    static const char *const tokens[] = {
        "a b",       "a\\nb",     "a\\r\\nX-Evil: 1", "ab\\n", " ab",
        "ab\\u0000", "\\u0000ab", "caf\\u00e9",       "",      "=",
        "a,b",       "a\\\"b",    "Bearer ab",
    };
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct scene scene;
        char answer[256], body[128];
        scene_open(&scene, 2);
        snprintf(body, sizeof body, "{\"accessToken\":\"%s\"}", tokens[i]);
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        wire_answer(scene.wire, 0, (struct wire_answer){.bytes = answer});
        wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
        scene_add(&scene, 1, "");
        scene_run(&scene);
        if (scene.result->status != 7)
            fprintf(stderr, "    \"%s\": status %d\n", tokens[i], scene.result->status);
        CU_ASSERT_EQUAL(scene.result->status, 7);
        CU_ASSERT_PTR_NULL(scene.report);
        CU_ASSERT_EQUAL(wire_count(scene.wire, 0), 1);
        CU_ASSERT_EQUAL(scene.wire->sites[1].accepted, 0);
        scene_close(&scene);
    }
}

/* A token that is given and is none: a mistake in the configuration, before anything is contacted.
 */
static void test_refused_given_token(void)
{
    struct scene scene;
    scene_open(&scene, 2);
    e2e_write(scene_path(&scene, "token"), 0600, "abc def\n");
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    char setting[256];
    snprintf(setting, sizeof setting, "token : { file = \"%s\"; }; grant = \"token\";",
             scene_path(&scene, "token"));
    scene.control = setting;
    scene_add(&scene, 1, "");
    scene_run(&scene);
    CU_ASSERT_EQUAL(scene.result->status, 2);
    CU_ASSERT_PTR_NULL(scene.report);
    CU_ASSERT_PTR_NULL(strstr(scene.result->err, "abc def"));
    CU_ASSERT_EQUAL(scene.wire->sites[0].accepted, 0);
    CU_ASSERT_EQUAL(scene.wire->sites[1].accepted, 0);
    scene_close(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the requests", test_requests},
                                 {"redirects are not followed", test_redirect},
                                 {"proxies", test_proxy},
                                 {"a proxy that refuses", test_refusing_proxy},
                                 {"a renewed token", test_renewal},
                                 {"connections are kept", test_reuse},
                                 {"and closed after the last request", test_closed_after_last},
                                 {"tokens that are none", test_refused_tokens},
                                 {"a given token that is none", test_refused_given_token},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/http_wire", tests);
}
