#include "decode_internal.h"

#include <string.h>

#include "normalize.h"

#define EXPIRES_MAX INT32_MAX

enum { TOKEN_DOCUMENT, TOKEN_ACCESS, TOKEN_ID, TOKEN_REFRESH, TOKEN_EXPIRES };

/* Where a token goes. No copy is made, so that the caller can wipe it. */
struct place {
    struct buf *out; /* borrowed; NULL: it is not wanted */
    size_t start;    /* where it begins in `out` */
};

struct token_decoder {
    struct decoder decoder;
    struct place token, refresh;
    bool takes_id_token;
    bool is_access_token;  /* what is in `token` */
    int64_t *expires_in_s; /* borrowed */
};

static bool set_token(struct place *place, const struct json_value *value, struct error *error)
{
    struct buf *out = place->out;
    if (out->len > place->start) {
        explicit_bzero(out->data + place->start, out->len - place->start);
        out->len = place->start;
    }
    return buf_append(out, value->text.data, value->text.len) ||
           error_set(error, ERR_TOO_LARGE, "the token in the answer is too long");
}

/* The access token wins, wherever it stands; an empty one is none. */
static bool set_access_token(struct token_decoder *token, const struct json_value *value,
                             struct error *error)
{
    if (value->text.len == 0 && !token->is_access_token)
        return true;
    token->is_access_token = value->text.len > 0;
    return set_token(&token->token, value, error);
}

static bool on_token_event(void *arg, int id, enum json_event event, const struct json_value *value,
                           struct error *error)
{
    struct token_decoder *token = arg;
    if (id == TOKEN_DOCUMENT)
        return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END ||
               error_set(error, ERR_BAD_SHAPE, "the answer is not an object");
    if (id == TOKEN_ACCESS)
        return event != JSON_STRING || set_access_token(token, value, error);
    if (id == TOKEN_ID)
        return event != JSON_STRING || !token->takes_id_token || token->is_access_token ||
               set_token(&token->token, value, error);
    if (id == TOKEN_REFRESH)
        return event != JSON_STRING || token->refresh.out == NULL ||
               set_token(&token->refresh, value, error);
    uint64_t seconds;
    if (event == JSON_NUMBER && normalize_floor(value->text, EXPIRES_MAX, &seconds))
        *token->expires_in_s = (int64_t)seconds;
    return true;
}

static bool finish_token(struct decoder *decoder, struct error *error)
{
    const struct token_decoder *token = (const struct token_decoder *)decoder;
    /* The life that is told is the access token's; an ID token has a claim of its own. */
    if (!token->is_access_token)
        *token->expires_in_s = -1;
    return token->token.out->len > token->token.start ||
           error_set(error, ERR_BAD_SHAPE, "the answer has no access token");
}

static const struct json_path rows[] = {
    {"", TOKEN_DOCUMENT},
    {"accessToken", TOKEN_ACCESS},
    {"access_token", TOKEN_ACCESS},
    {"idToken", TOKEN_ID},
    {"id_token", TOKEN_ID},
    {"refreshToken", TOKEN_REFRESH},
    {"refresh_token", TOKEN_REFRESH},
    {"expiresIn", TOKEN_EXPIRES},
    {"expires_in", TOKEN_EXPIRES},
};

static const struct decode_kind kind = {
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
    .handler = on_token_event,
    .finish = finish_token,
};

struct decoder *decoder_new_token(struct buf *token, bool takes_id_token, struct buf *refresh,
                                  int64_t *expires_in_s)
{
    struct token_decoder *decoder = mem_new(1, sizeof *decoder);
    decoder_init(&decoder->decoder, &kind);
    decoder->token = (struct place){token, token->len};
    decoder->takes_id_token = takes_id_token;
    decoder->refresh = (struct place){refresh, refresh == NULL ? 0 : refresh->len};
    decoder->expires_in_s = expires_in_s;
    *expires_in_s = -1;
    return &decoder->decoder;
}
