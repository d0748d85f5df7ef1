/* Answers to a token request, refusals that may quote its secret, and the claims of a JWT. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/collect/words.h"
#include "lib/fuzz.h"
#include "rollcall/engine.h"

const char fuzz_name[] = "token";

#define TOKEN_MAX  ((size_t)64 << 10)
#define EXPIRY_MAX 253402300799 /* the end of the year 9999 */

static struct buf token;
static int64_t expires_in_s;

static struct decoder *new_decoder(int kind, struct buf *log)
{
    (void)kind, (void)log;
    buf_wipe(&token);
    buf_init(&token, TOKEN_MAX);
    buf_reserve(&token, TOKEN_MAX);
    buf_append_str(&token, "x");
    return decoder_new_token(&token, true, NULL, &expires_in_s);
}

static void require_expiry(int64_t expiry_s)
{
    REQUIRE(expiry_s >= -1 && expiry_s <= EXPIRY_MAX);
}

static void log_token(const struct decoder *decoder, struct buf *log)
{
    (void)decoder;
    REQUIRE(token.len > 1 && token.data[0] == 'x');
    REQUIRE(expires_in_s >= -1 && expires_in_s <= INT32_MAX);
    const struct str text = {token.data + 1, token.len - 1};
    /* What may become a header is one that can be nothing but a token there. */
    if (engine_is_b64token(text.data, text.len))
        REQUIRE(memchr(text.data, '\n', text.len) == NULL &&
                memchr(text.data, '\r', text.len) == NULL &&
                memchr(text.data, ' ', text.len) == NULL);
    require_expiry(decode_jwt_expiry_s(text.data, text.len));
    fuzz_log_text(log, text);
    buf_printf(log, " %" PRId64, expires_in_s);
}

/* A token around the claims, in base64url without padding. */
static void put_jwt(struct buf *jwt, const struct fuzz_input *claims)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    buf_append_str(jwt, "e30.");
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < claims->len; i++) {
        bits = bits << 8 | claims->data[i];
        for (count += 8; count >= 6; count -= 6)
            buf_append_char(jwt, alphabet[bits >> (count - 6) & 63]);
    }
    if (count > 0)
        buf_append_char(jwt, alphabet[bits << (6 - count) & 63]);
    buf_append_str(jwt, ".c2ln");
}

static void check_claims(const struct fuzz_input *claims)
{
    struct buf jwt;
    buf_init(&jwt, 2 * claims->len + 64);
    put_jwt(&jwt, claims);
    int64_t expiry_s = decode_jwt_expiry_s(jwt.data, jwt.len);
    require_expiry(expiry_s);
    /* Without its signature, or with one part more, it is none. */
    REQUIRE(decode_jwt_expiry_s(jwt.data, jwt.len - strlen(".c2ln")) == -1);
    buf_append_str(&jwt, ".c2ln");
    REQUIRE(decode_jwt_expiry_s(jwt.data, jwt.len) == -1);
    buf_free(&jwt);
}

/* What is told of a refusal never holds the secret that the server quotes. */
static void check_refusal(struct fuzz_input *input)
{
    static const char usual[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    struct error error;
    char *secret = fuzz_line(input);
    size_t len = strlen(secret);
    const struct str hidden[] = {{secret, len}};
    const struct outcome outcome = {.excerpt = (const char *)input->data,
                                    .excerpt_len = input->len};
    error_set(&error, ERR_AUTH, "HTTP 401");
    words_add(&error, &outcome, NULL, hidden, 1);
    fuzz_require_error(&error);
    if (len >= 6 && strspn(secret, usual) == len && strstr("hidden", secret) == NULL)
        REQUIRE(strstr(error.text, secret) == NULL);
    free(secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct fuzz_document document = {.new_decoder = new_decoder, .log_end = log_token};
    switch (fuzz_byte(&input) % 4) {
    case 0:
        fuzz_decode(&document, &input);
        fuzz_error_message(&input);
        break;
    case 1:
        check_claims(&input);
        break;
    case 2:
        check_refusal(&input);
        break;
    default:
        require_expiry(decode_jwt_expiry_s((const char *)input.data, input.len));
        break;
    }
    buf_wipe(&token);
    return 0;
}
