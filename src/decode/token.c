#include "decode_internal.h"

#include <string.h>

#include "normalize.h"

#define EXPIRES_MAX INT32_MAX

enum { TOKEN_DOCUMENT, TOKEN_ACCESS, TOKEN_EXPIRES };

struct token_decoder {
    struct decoder decoder;
    struct buf *token;     /* borrowed; no copy is made, so that the caller can wipe it */
    size_t start;          /* where the token begins in it */
    int64_t *expires_in_s; /* borrowed */
};

static bool set_token(struct token_decoder *token, const struct json_value *value,
                      struct error *error)
{
    struct buf *out = token->token;
    if (out->len > token->start) {
        explicit_bzero(out->data + token->start, out->len - token->start);
        out->len = token->start;
    }
    return buf_append(out, value->text.data, value->text.len) ||
           error_set(error, ERR_TOO_LARGE, "the access token is too long");
}

static bool on_token_event(void *arg, int id, enum json_event event, const struct json_value *value,
                           struct error *error)
{
    struct token_decoder *token = arg;
    if (id == TOKEN_DOCUMENT)
        return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END ||
               error_set(error, ERR_BAD_SHAPE, "the answer is not an object");
    if (id == TOKEN_ACCESS)
        return event != JSON_STRING || set_token(token, value, error);
    uint64_t seconds;
    if (event == JSON_NUMBER && normalize_floor(value->text, EXPIRES_MAX, &seconds))
        *token->expires_in_s = (int64_t)seconds;
    return true;
}

static bool finish_token(struct decoder *decoder, struct error *error)
{
    const struct token_decoder *token = (const struct token_decoder *)decoder;
    return token->token->len > token->start ||
           error_set(error, ERR_BAD_SHAPE, "the answer has no access token");
}

static const struct json_path rows[] = {
    {"", TOKEN_DOCUMENT},         {"accessToken", TOKEN_ACCESS}, {"access_token", TOKEN_ACCESS},
    {"expiresIn", TOKEN_EXPIRES}, {"expires_in", TOKEN_EXPIRES},
};

static const struct decode_kind kind = {
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .handler = on_token_event,
    .finish = finish_token,
};

struct decoder *decoder_new_token(struct buf *token, int64_t *expires_in_s)
{
    struct token_decoder *decoder = mem_new(1, sizeof *decoder);
    decoder_init(&decoder->decoder, &kind);
    decoder->token = token;
    decoder->start = token->len;
    decoder->expires_in_s = expires_in_s;
    *expires_in_s = -1;
    return &decoder->decoder;
}
