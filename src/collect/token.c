#include "rollcall/token.h"

#include <stdlib.h>
#include <string.h>

#include "grants.h"
#include "rollcall/clock.h"
#include "rollcall/decode.h"
#include "rollcall/mem.h"
#include "words.h"

#define TOKEN_MAX_BYTES (64 * 1024)
#define BODY_MAX_BYTES  (512 * 1024)

/* No token lives shorter than a few minutes: one that is younger was not refused for its age. */
#define YOUNG_MS 60000

struct token {
    const struct control_plane_config *config;
    const struct secret *secret;
    struct engine *engine;
    const struct grant_ops *grant;
    struct request request;
    char *url;       /* owned */
    struct buf body; /* holds the secret while a request is under way */
    struct buf current;
    struct buf arriving;
    int64_t expires_in_s; /* of the arriving one */
    int64_t obtained_at_ms;
    unsigned generation; /* 0: none yet */
    bool is_renewed;     /* the current one came from a renewal */
    bool is_under_way;
    struct decoder *decoder;
    struct token_waiter *waiters;
    struct error error;
};

static void wipe_attempt(struct token *token)
{
    decoder_free(token->decoder);
    token->decoder = NULL;
    buf_wipe(&token->arriving);
}

static void on_start(struct request *request)
{
    struct token *token = request->arg;
    wipe_attempt(token);
    buf_reserve(&token->arriving, TOKEN_MAX_BYTES);
    token->decoder = decoder_new_token(&token->arriving, &token->expires_in_s);
}

static bool on_body(struct request *request, const char *data, size_t len, struct error *error)
{
    struct token *token = request->arg;
    return decoder_feed(token->decoder, data, len, error);
}

static bool on_end(struct request *request, struct error *error)
{
    struct token *token = request->arg;
    if (!decoder_finish(token->decoder, error))
        return false;
    if (engine_is_b64token(token->arriving.data, token->arriving.len))
        return true;
    return error_set(error, ERR_BAD_SHAPE, "the token is no RFC 6750 b64token and is not used");
}

static void tell_waiters(struct token *token, bool is_there)
{
    struct token_waiter *waiter = token->waiters;
    token->waiters = NULL;
    while (waiter != NULL) {
        struct token_waiter *next = waiter->next;
        waiter->fn(waiter->arg, is_there);
        waiter = next;
    }
}

static void on_done(struct request *request, const struct outcome *outcome)
{
    struct token *token = request->arg;
    token->is_under_way = false;
    buf_wipe(&token->body);
    token->error = outcome->error;
    if (outcome->error.class == ERR_NONE) {
        buf_wipe(&token->current);
        token->current = token->arriving;
        buf_init(&token->arriving, TOKEN_MAX_BYTES);
        token->is_renewed = token->generation > 0;
        token->generation++;
        token->obtained_at_ms = clock_mono_ms();
    } else {
        const struct str secret = {secret_bytes(token->secret), secret_len(token->secret)};
        words_add(&token->error, outcome, &secret, 1);
    }
    wipe_attempt(token);
    tell_waiters(token, outcome->error.class == ERR_NONE);
}

static void ask(struct token *token)
{
    static const struct request_ops ops = {on_start, on_body, on_end, on_done};
    buf_reserve(&token->body, BODY_MAX_BYTES);
    /* A secret is at most 64 KiB, and escaping makes six bytes of one at most. */
    if (!token->grant->make_body(token->config, token->secret, &token->body))
        buf_clear(&token->body);
    token->request = (struct request){
        .url = token->url,
        .post_body = token->body.data == NULL ? "" : token->body.data,
        .post_body_len = token->body.len,
        .content_type = token->grant->content_type,
        .options = &token->config->endpoint,
        .ops = &ops,
        .arg = token,
        .is_urgent = true,
        .is_last = true,
    };
    token->is_under_way = true;
    engine_add(token->engine, &token->request);
}

struct token *token_new(const struct control_plane_config *config, const struct secret *secret,
                        struct engine *engine, struct error *error)
{
    const struct grant_ops *grant = grant_find(config->grant);
    if (grant->path == NULL && !engine_is_b64token(secret_bytes(secret), secret_len(secret))) {
        error_set(error, ERR_AUTH, "the given token is no RFC 6750 b64token and is not used");
        return NULL;
    }
    struct token *token = mem_new(1, sizeof(*token));
    token->config = config;
    token->secret = secret;
    token->engine = engine;
    token->grant = grant;
    buf_init(&token->body, BODY_MAX_BYTES);
    buf_init(&token->current, TOKEN_MAX_BYTES);
    buf_init(&token->arriving, TOKEN_MAX_BYTES);
    if (grant->path != NULL)
        token->url = mem_printf("%s%s", config->url, grant->path);
    else
        token->generation = 1;
    return token;
}

void token_free(struct token *token)
{
    if (token == NULL)
        return;
    wipe_attempt(token);
    buf_wipe(&token->body);
    buf_wipe(&token->current);
    free(token->url);
    free(token);
}

void token_obtain(struct token *token, struct token_waiter *waiter)
{
    if (token->generation > 0) {
        waiter->fn(waiter->arg, true);
        return;
    }
    waiter->next = token->waiters;
    token->waiters = waiter;
    if (!token->is_under_way)
        ask(token);
}

const char *token_text(const struct token *token)
{
    if (token->grant->path == NULL)
        return secret_bytes(token->secret);
    return token->generation == 0 ? NULL : token->current.data;
}

unsigned token_generation(const struct token *token)
{
    return token->generation;
}

enum token_advice token_refused(struct token *token, unsigned generation, bool has_accepted,
                                struct token_waiter *waiter)
{
    if (token->grant->path == NULL)
        return TOKEN_FINAL;
    if (generation < token->generation)
        return TOKEN_REPLAY;
    if (!token->is_under_way) {
        bool is_young = clock_mono_ms() - token->obtained_at_ms < YOUNG_MS;
        if (token->error.class != ERR_NONE || (token->is_renewed && is_young && !has_accepted))
            return TOKEN_FINAL;
        ask(token);
    }
    waiter->next = token->waiters;
    token->waiters = waiter;
    return TOKEN_WAIT;
}

const struct error *token_error(const struct token *token)
{
    return &token->error;
}
