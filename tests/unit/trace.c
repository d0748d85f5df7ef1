/* What a trace shows of a line, and what it does not. */
#include <unistd.h>

#include "../../src/net/engine_internal.h"
#include "../../src/net/trace.h"
#include "../check.h"
#include "rollcall/hide.h"

static const char *const headers[] = {"X-Api-Key: k3y-value", "x-empty;", NULL};
static const struct endpoint_options options = {.headers = headers};

static void redact(struct request *request, struct buf *line)
{
    (void)request;
    hide(line, str_of("s3\"cret"));
}

static const struct request_ops silent = {0}, discreet = {.redact = redact};
static struct request plain = {.options = &options, .ops = &silent, .bearer = "tok.SECRET/1+"};
static struct request asking = {.options = &options, .ops = &discreet, .post_body = "{}"};

static void check_rest(struct request *request, enum trace_kind kind, bool is_rest,
                       const char *line, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    trace_redact(request, kind, is_rest, line, strlen(line), &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void check(struct request *request, enum trace_kind kind, const char *line,
                  const char *expected)
{
    check_rest(request, kind, false, line, expected);
}

static void test_shown(void)
{
    static const char *const sent[] = {"GET /api/v1/projects?a=b HTTP/1.1", "CONNECT a:1 HTTP/1.1",
                                       "Host: a.example", "Accept: application/json"};
    static const char *const received[] = {"HTTP/1.1 200 OK", "HTTP/2 503",
                                           "content-type: text/html", "X-Other:", "Server: x"};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        check(&plain, TRACE_SENT, sent[i], sent[i]);
    for (size_t i = 0; i < sizeof received / sizeof received[0]; i++)
        check(&plain, TRACE_RECEIVED, received[i], received[i]);
}

static void test_headers(void)
{
    static const char *const cases[][2] = {
        {"Authorization: Bearer tok", "Authorization: [hidden]"},
        {"AUTHORIZATION:Bearer tok", "AUTHORIZATION:[hidden]"},
        {"Proxy-Authorization: Basic dTpw", "Proxy-Authorization: [hidden]"},
        {"cookie: a=b", "cookie: [hidden]"},
        {"Set-Cookie: sid=1; Secure", "Set-Cookie: [hidden]"},
        {"x-api-key: other", "x-api-key: [hidden]"},
        {"X-Empty: now", "X-Empty: [hidden]"},
        /* Neither a header nor a first line: it may belong to one. */
        {" more of a value", "[hidden]"},
        {"no colon", "[hidden]"},
        {"a b: c", "[hidden]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(&plain, TRACE_SENT, cases[i][0], cases[i][1]);
        check(&plain, TRACE_RECEIVED, cases[i][0], cases[i][1]);
    }
    check_rest(&plain, TRACE_SENT, true, "Host: cut off from an Authorization", "[hidden]");
    check(&plain, TRACE_RECEIVED, "Location: https://idp.example/login?code=1",
          "Location: https://idp.example/login?[hidden]");
}

/* Servers send back what they were sent. */
static void test_echoes(void)
{
    check(&plain, TRACE_RECEIVED, "X-Echo: Bearer tok.SECRET/1+", "X-Echo: Bearer [hidden]");
    check(&plain, TRACE_RECEIVED, "X-Echo: tok.SECRET%2F1%2B;", "X-Echo: [hidden];");
    check(&plain, TRACE_RECEIVED, "X-Echo: k3y-value", "X-Echo: [hidden]");
    check(&plain, TRACE_EVENT, "Issue another request to 'https://x/tok.SECRET/1+'",
          "Issue another request to 'https://x/[hidden]'");
    check(&asking, TRACE_RECEIVED, "Server: s3\\\"cret", "Server: [hidden]");
}

/* Of what an issuer answers only what can hold no token. */
static void test_issuer(void)
{
    check(&asking, TRACE_RECEIVED, "X-Access-Token: new", "X-Access-Token: [hidden]");
    check(&asking, TRACE_RECEIVED, "Location: https://x/", "Location: [hidden]");
    check(&asking, TRACE_RECEIVED, "Content-Type: application/json",
          "Content-Type: application/json");
    check(&asking, TRACE_RECEIVED, "HTTP/1.1 401 Unauthorized", "HTTP/1.1 401 Unauthorized");
    check(&asking, TRACE_SENT, "Content-Length: 77", "Content-Length: 77");
}

static void test_events(void)
{
    static const char *const cases[][2] = {
        {"  Trying 127.0.0.1:443...", "  Trying 127.0.0.1:443..."},
        {"h2h3 [authorization: Bearer x]", "h2h3 [authorization: [hidden]"},
        {"[HTTP/2] [1] [Authorization: Bearer x]", "[HTTP/2] [1] [Authorization: [hidden]"},
        {"h2h3 [x-api-key: x]", "h2h3 [x-api-key: [hidden]"},
        {"h2h3 [:authority: a.example]", "h2h3 [:authority: a.example]"},
        {"Uses proxy env variable https_proxy == 'http://joe:pa/ss@word@proxy:3128'",
         "Uses proxy env variable https_proxy == 'http://[hidden]@proxy:3128'"},
        {"Proxy auth using Basic with user 'joe'", "Proxy auth using Basic with user '[hidden]'"},
        {"Server auth using Bearer with user ''", "Server auth using Bearer with user ''"},
        {"https://a.example/x", "https://a.example/x"},
        {"Connected to https://u@a and https://b", "Connected to https://[hidden]@a and https://b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&plain, TRACE_EVENT, cases[i][0], cases[i][1]);
}

static void test_long_line(void)
{
    char line[5000] = "X-Long: ";
    struct buf out;
    memset(line + 8, 'x', sizeof line - 8);
    buf_init(&out, 1 << 20);
    trace_redact(&plain, TRACE_RECEIVED, false, line, sizeof line, &out);
    CU_ASSERT(out.len < 1100);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "xxx... (3976 bytes more)"));
    buf_free(&out);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"what is shown", test_shown},
                                 {"headers", test_headers},
                                 {"what servers send back", test_echoes},
                                 {"a token's issuer", test_issuer},
                                 {"libcurl's own words", test_events},
                                 {"a long line", test_long_line},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/trace", tests);
}
