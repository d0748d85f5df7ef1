#include "rollcall/decode.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"

#define NONE "bad_shape: the answer has no access token"

static const struct {
    const char *doc;
    const char *outcome; /* the token, or "class: why" */
    int64_t expires_in_s;
} cases[] = {
    {"{\"accessToken\":\"a.b.c\"}", "a.b.c", -1},
    {"{\"access_token\":\"a.b.c\",\"expires_in\":3600,\"token_type\":\"Bearer\"}", "a.b.c", 3600},
    {"{\"expiresIn\":36000,\"idToken\":\"no\",\"accessToken\":\"x\"}", "x", 36000},
    {"{\"expires_in\":3.6e3,\"access_token\":\"x\"}", "x", 3600},
    {"{\"expires_in\":0,\"access_token\":\"x\"}", "x", 0},
    {"{\"expires_in\":\"3600\",\"access_token\":\"x\"}", "x", -1},
    {"{\"expires_in\":null,\"access_token\":\"x\"}", "x", -1},
    {"{\"expires_in\":-5,\"access_token\":\"x\"}", "x", -1},
    {"{\"expires_in\":1e30,\"access_token\":\"x\"}", "x", -1},
    {"{\"expires_in\":{\"a\":1},\"access_token\":\"x\"}", "x", -1},
    {"{\"data\":{\"access_token\":\"inner\"},\"access_token\":\"outer\"}", "outer", -1},
    {"{\"access_token\":\"first, and longer\",\"access_token\":\"last\"}", "last", -1},
    {"{\"accessToken\":\"x\",\"access_token\":null}", "x", -1},
    {"{\"id_token\":\"i\",\"refresh_token\":\"r\"}", NONE, -1},
    {"{}", NONE, -1},
    {"{\"access_token\":\"\"}", NONE, -1},
    {"{\"access_token\":\"x\",\"access_token\":\"\"}", NONE, -1},
    {"{\"access_token\":null}", NONE, -1},
    {"{\"access_token\":12}", NONE, -1},
    {"{\"access_token\":true}", NONE, -1},
    {"{\"access_token\":[\"x\"]}", NONE, -1},
    {"{\"access_token\":{\"access_token\":\"x\"}}", NONE, -1},
    {"{\"Access_Token\":\"x\"}", NONE, -1},
    {"[]", "bad_shape: the answer is not an object", -1},
    {"null", "bad_shape: the answer is not an object", -1},
    {"\"token\"", "bad_shape: the answer is not an object", -1},
    {"<html>", "not_json: an HTML page instead of JSON", -1},
    {"", "not_json: the answer is empty", -1},
    {"{\"access_token\":\"a\xFF\\ud800\"}", "a\xEF\xBF\xBD\xEF\xBF\xBD", -1},
};

/* With the ID token in the place of an access token, and with the refresh token. */
static const struct {
    const char *doc, *outcome, *refresh;
    int64_t expires_in_s;
} id_cases[] = {
    {"{\"id_token\":\"i\",\"expires_in\":60}", "i", "", -1},
    {"{\"idToken\":\"i\"}", "i", "", -1},
    {"{\"id_token\":\"i\",\"access_token\":\"a\",\"expires_in\":60}", "a", "", 60},
    {"{\"access_token\":\"a\",\"id_token\":\"i\"}", "a", "", -1},
    {"{\"access_token\":\"a\",\"id_token\":\"\",\"idToken\":\"long, and more\"}", "a", "", -1},
    {"{\"id_token\":\"i\",\"access_token\":null}", "i", "", -1},
    {"{\"id_token\":\"i\",\"access_token\":\"\"}", "i", "", -1},
    {"{\"access_token\":\"\",\"id_token\":\"i\"}", "i", "", -1},
    {"{\"access_token\":{\"id_token\":\"no\"},\"id_token\":\"i\"}", "i", "", -1},
    {"{\"id_token\":\"\"}", NONE, "", -1},
    {"{\"id_token\":5}", NONE, "", -1},
    {"{\"refresh_token\":\"r\"}", NONE, "r", -1},
    {"{\"refreshToken\":\"r1\",\"access_token\":\"a\",\"refresh_token\":\"r2\"}", "a", "r2", -1},
    {"{\"refresh_token\":null,\"access_token\":\"a\"}", "a", "", -1},
};

static void test_other_tokens(void)
{
    for (size_t i = 0; i < sizeof id_cases / sizeof *id_cases; i++) {
        struct buf token, refresh;
        int64_t expires_in_s;
        struct error error = {0};
        buf_init(&token, 256);
        buf_init(&refresh, 256);
        struct decoder *decoder = decoder_new_token(&token, true, &refresh, &expires_in_s);
        const char *doc = id_cases[i].doc;
        bool is_ok =
            decoder_feed(decoder, doc, strlen(doc), &error) && decoder_finish(decoder, &error);
        if (is_ok) {
            CHECK_STR(token.data, id_cases[i].outcome);
        } else {
            CU_ASSERT_EQUAL(error.class, ERR_BAD_SHAPE);
            CHECK_STR(id_cases[i].outcome, NONE);
        }
        CHECK_STR(refresh.len == 0 ? "" : refresh.data, id_cases[i].refresh);
        CU_ASSERT_EQUAL(expires_in_s, id_cases[i].expires_in_s);
        decoder_free(decoder);
        buf_wipe(&token);
        buf_wipe(&refresh);
    }
}

/* Reads a token behind the "kept " that is in the buffer already. */
static char *read_token(const char *doc, size_t len, size_t chunk, int64_t *expires_in_s)
{
    struct buf token;
    buf_init(&token, 64);
    buf_append_str(&token, "kept ");
    struct decoder *decoder = decoder_new_token(&token, false, NULL, expires_in_s);
    struct error error = {0};
    bool is_ok = true;
    for (size_t at = 0; is_ok && at < len; at += chunk)
        is_ok = decoder_feed(decoder, doc + at, len - at < chunk ? len - at : chunk, &error);
    is_ok = is_ok && decoder_finish(decoder, &error);
    CU_ASSERT_EQUAL(decoder_repaired(decoder), 0);
    CU_ASSERT_EQUAL(decoder_dropped(decoder), 0);
    decoder_free(decoder);
    CU_ASSERT(strncmp(token.data, "kept ", 5) == 0);
    char *outcome = is_ok ? mem_strdup(token.data + 5)
                          : mem_printf("%s: %s", error_class_name(error.class), error.text);
    buf_wipe(&token);
    return outcome;
}

static void test_answers(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].doc);
        for (size_t chunk = 1; chunk <= len + 1; chunk++) {
            int64_t expires_in_s = 77;
            char *outcome = read_token(cases[i].doc, len, chunk, &expires_in_s);
            CHECK_STR(outcome, cases[i].outcome);
            CU_ASSERT_EQUAL(expires_in_s, cases[i].expires_in_s);
            free(outcome);
        }
    }
}

static void test_cut_answers(void)
{
    const char doc[] = "{\"access_token\":\"a.b.c\",\"expires_in\":3600}";
    for (size_t len = 1; len < sizeof doc - 1; len++) {
        int64_t expires_in_s;
        char *outcome = read_token(doc, len, len, &expires_in_s);
        CHECK_STR(outcome, "bad_json: the document ends early");
        free(outcome);
    }
}

static void test_long_token(void)
{
    int64_t expires_in_s;
    const char doc[] = "{\"access_token\":"
                       "\"0123456789012345678901234567890123456789012345678901234567890123\"}";
    char *outcome = read_token(doc, sizeof doc - 1, sizeof doc, &expires_in_s);
    CHECK_STR(outcome, "too_large: the token in the answer is too long");
    free(outcome);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"answers of every kind", test_answers},
        {"answers cut at every offset", test_cut_answers},
        {"a token longer than its buffer", test_long_token},
        {"other tokens", test_other_tokens},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_token", tests);
}
