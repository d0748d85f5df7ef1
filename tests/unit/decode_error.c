#include "rollcall/decode.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/text.h"

static const struct {
    const char *body;
    const char *message;
} cases[] = {
    {"{\"code\":401,\"message\":\"invalid application secret\"}", "invalid application secret"},
    {"{\"status\":403,\"message\":\"no\",\"details\":\"d\",\"error\":\"e\"}", "no; d"},
    {"{\"message\":\"no such project\",\"details\":\"project\"}", "no such project"},
    {"{\"message\":\"\",\"details\":\"only details\"}", "only details"},
    {"{\"message\":\"no\",\"details\":{\"message\":\"x\"},\"reason\":7}", "no"},
    {"{\"message\":\"m\",\"details\":\" \\u001b[2J\\n \"}", "m; \\x1B[2J"},
    {"{\"message\":\"m\",\"reason\":\"\"}", "m"},
    {"{\"message\":\"user x cannot list\",\"reason\":\"Forbidden\"}",
     "Forbidden: user x cannot list"},
    {"{\"reason\":\"Forbidden\",\"message\":\"forbidden: user x cannot list\"}",
     "forbidden: user x cannot list"},
    {"{\"reason\":\"Forbidden\",\"message\":\"m\",\"details\":\"d\"}", "Forbidden: m; d"},
    {"{\"reason\":\"invalid\",\"error\":\"e\"}", "invalid: e"},
    {"null", ""},
    {" null\n", ""},
    {"\"null\"", ""},
    {"{\"message\":null}", ""},
    {"{\"message\":\"null\"}", ""},
    {"{\"message\":\"null\",\"error\":\"e\",\"reason\":\" null\"}", "e"},
    {"nullify", "nullify"},
    {"{\"error\":\"invalid_client\"}", "invalid_client"},
    {"{\"error\":\"invalid_client\",\"error_description\":\"wrong secret\"}", "wrong secret"},
    {"{\"error\":{\"code\":1,\"message\":\"nested\"}}", "nested"},
    {"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"forbidden\",\"code\":403}",
     "forbidden"},
    {"{\"error\":\"unauthorized_client\",\"error_description\":\"Invalid client or "
     "\\\"secret\\\"\","
     "\"error_uri\":\"https://acme.example/e\"}",
     "Invalid client or \"secret\""},
    {"{\"error_description\":null,\"error\":\"invalid_request\"}", "invalid_request"},
    {"{\"error_description\":\"\",\"error\":\"invalid_scope\"}", "invalid_scope"},
    {"{\"error\":\"invalid_grant\",\"error_description\":\"cut o", "invalid_grant"},
    {"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{\"message\":\"no\"},\"status\":"
     "\"Failure\",\"message\":\"The provided continue parameter is too "
     "old\",\"reason\":\"Expired\","
     "\"details\":{\"name\":\"x\",\"causes\":[{\"message\":\"no\"}]},\"code\":410}",
     "Expired: The provided continue parameter is too old"},
    {"{\"kind\":\"Status\",\"message\":null,\"reason\":\"Forbidden\",\"code\":403}", "Forbidden"},
    {"\"just a text\"", "just a text"},
    {"{\"message\":\"\",\"error\":\"e\"}", "e"},
    {"{\"message\":\" \\n\",\"error\":\"e\"}", "e"},
    {"{\"message\":12,\"error\":\"e\"}", "e"},
    {"{\"message\":\"  two\\nlines \\u001b[31m\"}", "two\\nlines \\x1B[31m"},
    {"{\"message\":\"seen\",\"details\":\"cut o", "seen"},
    {"{\"message\":\"seen\"", "seen"},
    {"{\"message\":\"seen\",}", "seen"},
    {"\xEF\xBB\xBF {\"message\":\"marked\"}", "marked"},
    {"{\"message\":\"not see", ""},
    {"{\"data\":{\"message\":\"elsewhere\"}}", ""},
    {"{}", ""},
    {"[\"x\"]", ""},
    {"", ""},
    {" \n", ""},
    {"<html><body>502</body></html>", ""},
    {"\xEF\xBB\xBF\n  <!DOCTYPE html>", ""},
    {"upstream connect error", "upstream connect error"},
    {"\r\n  no healthy upstream \r\nsecond line", "no healthy upstream"},
    {"first\rsecond", "first"},
    {"bell\x07 and \xFF", "bell\\x07 and \\xFF"},
};

static void test_messages(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 1024);
        buf_append_char(&out, '>');
        decode_error_message(cases[i].body, strlen(cases[i].body), &out);
        CHECK_STR(out.data + 1, cases[i].message);
        buf_free(&out);
    }
}

static void test_nul(void)
{
    struct buf out;
    buf_init(&out, 1024);
    decode_error_message("\0x", 2, &out);
    CHECK_STR(out.data, "\\x00x");
    buf_free(&out);
}

/* `unit` repeated, as a text and as a JSON message; it is shown `shown` times. */
static void check_length(const char *lead, const char *unit, const char *printed, size_t shown)
{
    for (int is_json = 0; is_json < 2; is_json++) {
        struct buf body, expected, out;
        buf_init(&body, 4096);
        buf_init(&expected, 4096);
        buf_init(&out, 4096);
        buf_append_str(&body, is_json ? "{\"message\":\"" : "");
        buf_append_str(&body, lead);
        for (size_t i = 0; i < 300; i++)
            buf_append_str(&body, unit);
        buf_append_str(&body, is_json ? "\"}" : "");
        for (size_t i = 0; i < shown; i++)
            buf_append_str(&expected, printed);
        decode_error_message(body.data, body.len, &out);
        CHECK_STR(out.data, expected.data);
        CU_ASSERT(out.len <= 160 && text_is_utf8(out.data, out.len));
        buf_free(&body);
        buf_free(&expected);
        buf_free(&out);
    }
}

/* All of it together is bounded, however much of it there is. */
static void test_length_of_all(void)
{
    char xs[200] = "", body[1024], expected[200];
    memset(xs, 'x', 150);
    snprintf(body, sizeof body,
             "{\"reason\":\"Invalid\",\"message\":\"%s\",\"details\":\"\xE2\x82\xAC\"}", xs);
    snprintf(expected, sizeof expected, "Invalid: %s", xs);
    expected[160] = '\0';
    struct buf out;
    buf_init(&out, 1024);
    decode_error_message(body, strlen(body), &out);
    CU_ASSERT(out.len <= 160 && strncmp(out.data, expected, 159) == 0);
    buf_free(&out);
}

static void test_length(void)
{
    check_length("", "x", "x", 160);
    check_length("                                        ", "x", "x", 160);
    check_length("", "\xC3\xA9", "\xC3\xA9", 80);
    check_length("", "\xE2\x82\xAC", "\xE2\x82\xAC", 53);
    check_length("", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", 40);
    check_length("", "\xE2\x80\xAE", "\\u{202E}", 20);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"what servers say", test_messages},
        {"a text with NUL", test_nul},
        {"at most 160 bytes of all", test_length_of_all},
        {"at most 160 bytes, cut between characters", test_length},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_error", tests);
}
