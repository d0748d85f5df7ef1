/* The table libcurl code -> class -> retried or not, against docs/errors.md; HTTP statuses; texts.
 */
#include <errno.h>
#include <stdlib.h>

#include "../../src/net/engine_internal.h"
#include "../check.h"

#define DOCUMENT "docs/errors.md"

static const struct {
    CURLcode code;
    enum error_class class;
    bool is_transient;
} expected[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_DNS, true},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_PROXY, true},
    {CURLE_PROXY, ERR_PROXY, true},
    {CURLE_COULDNT_CONNECT, ERR_CONNECT, true},
    {CURLE_GOT_NOTHING, ERR_CONNECT, true},
    {CURLE_SEND_ERROR, ERR_CONNECT, true},
    {CURLE_RECV_ERROR, ERR_CONNECT, true},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, true},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, false},
    {CURLE_SSL_CACERT_BADFILE, ERR_TLS, false},
    {CURLE_SSL_CERTPROBLEM, ERR_TLS, false},
    {CURLE_SSL_CIPHER, ERR_TLS, false},
    {CURLE_SSL_ISSUER_ERROR, ERR_TLS, false},
    {CURLE_SSL_INVALIDCERTSTATUS, ERR_TLS, false},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, true},
    {CURLE_PARTIAL_FILE, ERR_TRUNCATED, true},
    {CURLE_HTTP2, ERR_CONNECT, true},
    {CURLE_HTTP2_STREAM, ERR_PROTOCOL, true},
    {CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, false},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL, false},
    {CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, false},
    {CURLE_OUT_OF_MEMORY, ERR_PROTOCOL, false},
    /* No answer of a peer's: a fault of ours. */
    {CURLE_WRITE_ERROR, ERR_INTERNAL, false},
    {CURLE_FAILED_INIT, ERR_INTERNAL, false},
    {CURLE_FTP_ACCEPT_FAILED, ERR_INTERNAL, false},
    {CURLE_OK, ERR_INTERNAL, false},
};

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct outcome_row row = outcome_row(expected[i].code);
        if (row.class != expected[i].class || row.is_transient != expected[i].is_transient)
            fprintf(stderr, "    code %d: %s\n", (int)expected[i].code,
                    error_class_name(row.class));
        CU_ASSERT_EQUAL(row.code, expected[i].code);
        CU_ASSERT_EQUAL(row.class, expected[i].class);
        CU_ASSERT_EQUAL(row.is_transient, expected[i].is_transient);
    }
}

/* No code stands twice, and none gets what unknown codes get anyway. */
static void test_whole_table(void)
{
    size_t count;
    const struct outcome_row *rows = outcome_rows(&count);
    CU_ASSERT(count >= 20);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT(rows[i].class != ERR_INTERNAL && rows[i].class != ERR_NONE);
        for (size_t j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(rows[i].code, rows[j].code);
    }
    /* A certificate that does not verify is never tried again. */
    for (int code = 0; code < CURL_LAST; code++) {
        struct outcome_row row = outcome_row((CURLcode)code);
        CU_ASSERT_EQUAL((int)row.code, code);
        if (row.class == ERR_TLS)
            CU_ASSERT(!row.is_transient || code == CURLE_SSL_CONNECT_ERROR);
    }
}

struct documented {
    int code;
    char class[32];
    char retried[16];
};

/* "| CURLE_X (6) | dns | yes |": backquotes around the code or the class are accepted. */
static bool parse_row(const char *line, struct documented *row)
{
    char plain[512];
    size_t len = 0;
    for (; *line != '\0' && len < sizeof plain - 1; line++)
        if (*line != '`')
            plain[len++] = *line;
    plain[len] = '\0';
    return sscanf(plain, "| CURLE_%*[A-Z0-9_] (%d) | %31[a-z_] | %15[a-z]", &row->code, row->class,
                  row->retried) == 3;
}

static void test_document(void)
{
    bool is_seen[CURL_LAST] = {false};
    char line[1024];
    size_t documented = 0;
    FILE *file = fopen(DOCUMENT, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct documented row;
        if (strstr(line, "| CURLE_") == NULL && strstr(line, "| `CURLE_") == NULL)
            continue;
        bool is_row = parse_row(line, &row);
        if (!is_row)
            fprintf(stderr, "    not a row: %s", line);
        CU_ASSERT(is_row);
        if (!is_row)
            continue;
        documented++;
        /* The document knows libcurl's newest codes, which this one may not have. */
        if (row.code >= CURL_LAST)
            continue;
        struct outcome_row actual = outcome_row((CURLcode)row.code);
        CHECK_STR(row.class, error_class_name(actual.class));
        CHECK_STR(row.retried, actual.is_transient ? "yes" : "no");
        if (row.code > 0) {
            CU_ASSERT(!is_seen[row.code]);
            is_seen[row.code] = true;
        }
    }
    fclose(file);
    CU_ASSERT(documented > 0);
    size_t count;
    const struct outcome_row *rows = outcome_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_seen[rows[i].code])
            fprintf(stderr, "    %s lacks code %d\n", DOCUMENT, (int)rows[i].code);
        CU_ASSERT(is_seen[rows[i].code]);
    }
}

/* A slot as it is when an attempt has ended: the judge needs no more of it. */
struct ended {
    struct endpoint_options options;
    struct engine_host host;
    struct request request;
    struct engine_slot slot;
};

static void ended_init(struct ended *ended, int status)
{
    static char key[] = "https://eu-1.example:6443";
    memset(ended, 0, sizeof *ended);
    ended->options.connect_timeout_ms = 5000;
    ended->options.timeout_ms = 1500;
    ended->request.url = key;
    ended->host.key = key;
    ended->host.name = key + 8;
    ended->host.name_len = 12;
    ended->request.options = &ended->options;
    ended->request.host = &ended->host;
    ended->slot.request = &ended->request;
    ended->slot.status = status;
    ended->slot.is_head_whole = true;
    ended->slot.easy = curl_easy_init();
    CU_ASSERT_PTR_NOT_NULL_FATAL(ended->slot.easy);
}

static void test_statuses(void)
{
    static const struct {
        int status;
        enum error_class class;
        bool is_transient;
        const char *text;
    } cases[] = {
        {200, ERR_NONE, false, ""},
        {201, ERR_NONE, false, ""},
        {203, ERR_NONE, false, ""},
        {207, ERR_NONE, false, ""},
        {204, ERR_HTTP, false, "HTTP 204"},
        {206, ERR_HTTP, false, "HTTP 206"},
        {301, ERR_REDIRECT, false, "redirects without saying where to"},
        {302, ERR_REDIRECT, false, "redirects without saying where to"},
        {303, ERR_REDIRECT, false, "redirects without saying where to"},
        {304, ERR_HTTP, false, "HTTP 304"},
        {307, ERR_REDIRECT, false, "redirects without saying where to"},
        {308, ERR_REDIRECT, false, "redirects without saying where to"},
        {400, ERR_HTTP, false, "HTTP 400"},
        {401, ERR_AUTH, false, "HTTP 401"},
        {403, ERR_AUTH, false, "HTTP 403"},
        {404, ERR_NOT_FOUND, false, "HTTP 404"},
        {405, ERR_HTTP, false, "HTTP 405"},
        {407, ERR_PROXY, false, "HTTP 407"},
        {408, ERR_HTTP, true, "HTTP 408"},
        {410, ERR_HTTP, false, "HTTP 410"},
        {425, ERR_HTTP, true, "HTTP 425"},
        {429, ERR_RATE_LIMITED, true, "HTTP 429"},
        {500, ERR_HTTP, true, "HTTP 500"},
        {501, ERR_HTTP, false, "HTTP 501"},
        {502, ERR_HTTP, true, "HTTP 502"},
        {503, ERR_HTTP, true, "HTTP 503"},
        {504, ERR_HTTP, true, "HTTP 504"},
        {505, ERR_HTTP, false, "HTTP 505"},
        {599, ERR_HTTP, false, "HTTP 599"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ended ended;
        struct error error;
        ended_init(&ended, cases[i].status);
        CU_ASSERT_EQUAL(outcome_judge(&ended.slot, CURLE_OK, &error), cases[i].is_transient);
        CU_ASSERT_EQUAL(error.class, cases[i].class);
        CU_ASSERT_EQUAL(error.http_status, cases[i].status);
        CHECK_STR(error.text, cases[i].text);
        CU_ASSERT_EQUAL(outcome_is_success(cases[i].status), cases[i].class == ERR_NONE);
        curl_easy_cleanup(ended.slot.easy);
    }
}

static void test_failures(void)
{
    static const struct {
        CURLcode code;
        int status;
        bool is_connected;
        enum error_class class;
        bool is_transient;
        const char *text;
    } cases[] = {
        {CURLE_COULDNT_RESOLVE_HOST, 0, false, ERR_DNS, true, "could not resolve eu-1.example"},
        {CURLE_COULDNT_CONNECT, 0, false, ERR_CONNECT, true, "could not connect to eu-1.example"},
        {CURLE_OPERATION_TIMEDOUT, 0, false, ERR_TIMEOUT, true,
         "could not resolve eu-1.example within the connect_timeout of 5 s"},
        {CURLE_OPERATION_TIMEDOUT, 0, true, ERR_TIMEOUT, true,
         "the answer was not whole within the timeout of 1.5 s"},
        {CURLE_OPERATION_TIMEDOUT, 200, true, ERR_TIMEOUT, true,
         "the answer was not whole within the timeout of 1.5 s"},
        {CURLE_GOT_NOTHING, 0, true, ERR_CONNECT, true,
         "eu-1.example closed the connection without an answer"},
        {CURLE_RECV_ERROR, 0, true, ERR_CONNECT, true,
         "eu-1.example closed the connection without an answer"},
        {CURLE_RECV_ERROR, 200, true, ERR_TRUNCATED, true,
         "the connection ended before the answer was whole"},
        {CURLE_PARTIAL_FILE, 200, true, ERR_TRUNCATED, true,
         "the connection ended before the answer was whole"},
        {CURLE_HTTP2_STREAM, 200, true, ERR_TRUNCATED, true,
         "the connection ended before the answer was whole"},
        {CURLE_PARTIAL_FILE, 0, true, ERR_CONNECT, true,
         "eu-1.example closed the connection without an answer"},
        {CURLE_HTTP2, 0, true, ERR_CONNECT, true,
         "eu-1.example closed the connection without an answer"},
        {CURLE_HTTP2_STREAM, 0, true, ERR_PROTOCOL, true,
         "eu-1.example ended the HTTP/2 stream without an answer"},
        {CURLE_PEER_FAILED_VERIFICATION, 0, false, ERR_TLS, false,
         "the certificate of eu-1.example is for another name"},
        {CURLE_UNSUPPORTED_PROTOCOL, 0, true, ERR_PROTOCOL, false, NULL},
        {CURLE_FAILED_INIT, 0, false, ERR_INTERNAL, false, NULL},
        /* A status that says no is the better reason. */
        {CURLE_PARTIAL_FILE, 503, true, ERR_HTTP, true, "HTTP 503"},
        {CURLE_RECV_ERROR, 403, true, ERR_AUTH, false, "HTTP 403"},
        {CURLE_OK, 0, true, ERR_PROTOCOL, false, "the answer had no HTTP status"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ended ended;
        struct error error;
        ended_init(&ended, cases[i].status);
        ended.slot.is_connected = cases[i].is_connected;
        CU_ASSERT_EQUAL(outcome_judge(&ended.slot, cases[i].code, &error), cases[i].is_transient);
        CU_ASSERT_EQUAL(error.class, cases[i].class);
        CU_ASSERT_EQUAL(error.http_status, cases[i].status);
        if (cases[i].text != NULL)
            CHECK_STR(error.text, cases[i].text);
        CU_ASSERT(error.text[0] != '\0');
        curl_easy_cleanup(ended.slot.easy);
    }
}

/* What a callback of ours said beats what libcurl makes of it, but no status that says no. */
static void test_own_error(void)
{
    struct ended ended;
    struct error error;
    ended_init(&ended, 200);
    error_set(&ended.slot.own_error, ERR_BAD_JSON, "no JSON at all");
    CU_ASSERT_FALSE(outcome_judge(&ended.slot, CURLE_WRITE_ERROR, &error));
    CU_ASSERT_EQUAL(error.class, ERR_BAD_JSON);
    CU_ASSERT_EQUAL(error.http_status, 200);
    CHECK_STR(error.text, "no JSON at all");
    error_set(&ended.slot.own_error, ERR_TIMEOUT, "silence");
    CU_ASSERT_TRUE(outcome_judge(&ended.slot, CURLE_OPERATION_TIMEDOUT, &error));
    CHECK_STR(error.text, "silence");
    ended.slot.status = 500;
    CU_ASSERT_TRUE(outcome_judge(&ended.slot, CURLE_WRITE_ERROR, &error));
    CHECK_STR(error.text, "HTTP 500");
    curl_easy_cleanup(ended.slot.easy);
}

/* libcurl calls a head that breaks off a success, has one code for broken chunks and broken
 * connections, and two for a connection that is reset at once. */
static void test_broken_off(void)
{
    struct ended ended;
    struct error error;
    ended_init(&ended, 200);
    ended.slot.is_head_whole = false;
    CU_ASSERT_TRUE(outcome_judge(&ended.slot, CURLE_OK, &error));
    CU_ASSERT_EQUAL(error.class, ERR_TRUNCATED);
    CU_ASSERT_EQUAL(error.http_status, 200);
    ended.slot.status = 0;
    CU_ASSERT_TRUE(outcome_judge(&ended.slot, CURLE_OK, &error));
    CU_ASSERT_EQUAL(error.class, ERR_CONNECT);
    ended.slot.status = 200;
    ended.slot.is_head_whole = true;
    snprintf(ended.slot.curl_text, sizeof ended.slot.curl_text,
             "Illegal or missing hexadecimal sequence in chunked-encoding");
    CU_ASSERT_FALSE(outcome_judge(&ended.slot, CURLE_RECV_ERROR, &error));
    CU_ASSERT_EQUAL(error.class, ERR_PROTOCOL);
    CHECK_STR(error.text, "eu-1.example broke the chunked transfer coding");
    ended.slot.status = 0;
    snprintf(ended.slot.curl_text, sizeof ended.slot.curl_text,
             "OpenSSL SSL_connect: %s in connection to eu-1.example:6443 ", strerror(ECONNRESET));
    CU_ASSERT_TRUE(outcome_judge(&ended.slot, CURLE_SSL_CONNECT_ERROR, &error));
    CU_ASSERT_EQUAL(error.class, ERR_CONNECT);
    CHECK_STR(error.text, "eu-1.example closed the connection without an answer");
    curl_easy_cleanup(ended.slot.easy);
}

int main(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return 2;
    const CU_TestInfo tests[] = {
        {"every libcurl code", test_rows},           {"the table as a whole", test_whole_table},
        {"the published table", test_document},      {"HTTP statuses", test_statuses},
        {"failed transfers", test_failures},         {"errors of our own", test_own_error},
        {"answers that break off", test_broken_off}, CU_TEST_INFO_NULL};
    int status = check_run("unit/outcome", tests);
    curl_global_cleanup();
    return status;
}
