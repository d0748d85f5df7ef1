/* When a JWT says that it ends. */
#include "rollcall/decode.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/buf.h"
#include "rollcall/mem.h"

/* base64url without padding, independent of the decoder. */
static void append_base64url(struct buf *out, const char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned byte = i < len * 8 ? (unsigned char)data[i / 8] : 0;
            value = value << 1 | (byte >> (7 - i % 8) & 1);
        }
        buf_append_char(out, digits[value]);
    }
}

static int64_t expiry_of(const char *claims, size_t len)
{
    struct buf token;
    buf_init(&token, (size_t)1 << 20);
    buf_append_str(&token, "eyJhbGciOiJSUzI1NiJ9.");
    append_base64url(&token, claims, len);
    buf_append_str(&token, ".c2lnbmF0dXJl");
    /* Of exactly its size, so that reading beyond it is noticed. */
    char *exact = mem_new(token.len, 1);
    memcpy(exact, token.data, token.len);
    int64_t expiry_s = decode_jwt_expiry_s(exact, token.len);
    free(exact);
    buf_free(&token);
    return expiry_s;
}

static const struct {
    const char *claims;
    int64_t expiry_s;
} cases[] = {
    {"{\"exp\":1767323045}", 1767323045},
    {"{\"iss\":\"https://acme.run.ai\",\"exp\":1767323045,\"iat\":1}", 1767323045},
    {" {\"exp\" : 1767323045 } ", 1767323045},
    {"{\"exp\":1767323045.999}", 1767323045},
    {"{\"exp\":1.767323045e9}", 1767323045},
    {"{\"sub\":\"\xC3\xBF\xC3\xBE>?\",\"exp\":1767323045}", 1767323045},
    {"{\"exp\":0}", 0},
    {"{\"exp\":253402300799}", 253402300799},
    {"{\"exp\":1,\"exp\":2}", 2},
    {"{\"exp\":1,\"exp\":null}", -1},
    {"{\"exp\":253402300800}", -1},
    {"{\"exp\":1e400}", -1},
    {"{\"exp\":-1}", -1},
    {"{\"exp\":\"1767323045\"}", -1},
    {"{\"exp\":null}", -1},
    {"{\"exp\":true}", -1},
    {"{\"exp\":[1767323045]}", -1},
    {"{\"exp\":{\"exp\":1767323045}}", -1},
    {"{\"x\":{\"exp\":1767323045}}", -1},
    {"{\"Exp\":1767323045}", -1},
    {"{}", -1},
    {"[{\"exp\":1767323045}]", -1},
    {"1767323045", -1},
    {"\"exp\"", -1},
    {"null", -1},
    {"{\"exp\":1767323045", -1},
    {"{\"exp\":1767323045} x", -1},
    {"exp=1767323045", -1},
    {"<html>", -1},
    {"", -1},
    {" ", -1},
};

static void test_claims(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t expiry_s = expiry_of(cases[i].claims, strlen(cases[i].claims));
        if (expiry_s != cases[i].expiry_s)
            fprintf(stderr, "    %s: %lld\n", cases[i].claims, (long long)expiry_s);
        CU_ASSERT_EQUAL(expiry_s, cases[i].expiry_s);
    }
}

/* {"exp":5}, by hand. */
#define FIVE "eyJleHAiOjV9"

static const struct {
    const char *token;
    int64_t expiry_s;
} tokens[] = {
    {"h." FIVE ".s", 5},
    {"h." FIVE ".", 5}, /* unsigned */
    {"." FIVE ".", 5},
    {"h." FIVE, -1},
    {FIVE, -1},
    {FIVE "." FIVE, -1},
    {"h.." FIVE, -1},
    {"h." FIVE ".s.x", -1},
    {"h." FIVE ".x.y.z", -1}, /* encrypted: another has the claims */
    {"h." FIVE "=.s", -1},
    {"h." FIVE "=A.s", -1},
    {"h. " FIVE ".s", -1},
    {"h." FIVE "\n.s", -1},
    {"h." FIVE "A.s", -1},
    {"h.eyJleHAi+jV9.s", -1},
    {"h.eyJleHAi/jV9.s", -1},
    {"h.eyJle\xC3\xA9V9.s", -1},
    {"h.A.s", -1},
    {"h.AA.s", -1},
    {"..", -1},
    {".", -1},
    {"", -1},
    {"opaque-token", -1},
};

static void test_tokens(void)
{
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        int64_t expiry_s = decode_jwt_expiry_s(tokens[i].token, strlen(tokens[i].token));
        if (expiry_s != tokens[i].expiry_s)
            fprintf(stderr, "    %s: %lld\n", tokens[i].token, (long long)expiry_s);
        CU_ASSERT_EQUAL(expiry_s, tokens[i].expiry_s);
    }
    CU_ASSERT_EQUAL(decode_jwt_expiry_s("h." FIVE "\0.s", sizeof "h." FIVE "\0.s" - 1), -1);
    CU_ASSERT_EQUAL(decode_jwt_expiry_s("h.\0.s", 5), -1);
}

/* Padding that is not there has every length. */
static void test_lengths(void)
{
    for (size_t len = 0; len < 12; len++) {
        char *claims = mem_printf("{\"exp\":5%.*s}", (int)len, "             ");
        CU_ASSERT_EQUAL(expiry_of(claims, strlen(claims)), 5);
        free(claims);
    }
}

static void test_cut(void)
{
    const char token[] = "eyJhbGciOiJub25lIn0." FIVE ".";
    for (size_t len = 0; len < sizeof token - 2; len++)
        CU_ASSERT_EQUAL(decode_jwt_expiry_s(token, len), -1);
    CU_ASSERT_EQUAL(decode_jwt_expiry_s(token, sizeof token - 1), 5);
}

static void test_every_byte(void)
{
    for (int c = 0; c < 256; c++) {
        char token[] = "h." FIVE ".s";
        for (size_t at = 0; at < sizeof token - 1; at++) {
            char kept = token[at];
            token[at] = (char)c;
            int64_t expiry_s = decode_jwt_expiry_s(token, sizeof token - 1);
            CU_ASSERT(expiry_s >= -1 && expiry_s <= 9);
            token[at] = kept;
        }
    }
}

static void check_size(size_t total, int64_t expected)
{
    const char front[] = "h." FIVE ".";
    char *token = mem_new(total, 1);
    memset(token, 's', total);
    memcpy(token, front, sizeof front - 1);
    CU_ASSERT_EQUAL(decode_jwt_expiry_s(token, total), expected);
    free(token);
}

static void test_size(void)
{
    check_size(64 << 10, 5);
    check_size((64 << 10) + 1, -1);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"claims", test_claims},
        {"tokens", test_tokens},
        {"lengths of the claims", test_lengths},
        {"tokens cut at every offset", test_cut},
        {"every byte in every place", test_every_byte},
        {"the size of a token", test_size},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/decode_jwt", tests);
}
