#include "rollcall/token.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "grants.h"
#include "rollcall/clock.h"
#include "rollcall/decode.h"
#include "rollcall/hide.h"
#include "rollcall/mem.h"
#include "rollcall/wipe.h"
#include "token_cache.h"
#include "words.h"

#define TOKEN_MAX_BYTES (64 * 1024)
#define BODY_MAX_BYTES  (512 * 1024)

/* No token lives shorter than a few minutes: one that is younger was not refused for its age. */
#define YOUNG_MS 60000
/* After a renewal that failed with all its retries, the next try waits this long. */
#define PAUSE_MS 10000
/* A token is renewed so long before its end, or at a fifth of its life if that is less. */
#define MARGIN_MS 60000

/* What asking for tokens takes; a given token has none of it. */
struct source {
    const struct control_plane_config *config;
    struct engine *engine;
    const struct grant_ops *grant;
    struct request request;
    char *url;       /* owned */
    struct buf body; /* holds the secret while a request is under way */
    struct buf current;
    struct buf arriving;
    struct buf refresh; /* what to present instead of the secret, once an answer had it */
    struct buf arriving_refresh;
    struct str *former; /* owned, as are the texts */
    size_t former_count;
    int64_t expires_in_s; /* of the arriving one */
    struct token_times times;
    int64_t obtained_at_ms;
    int64_t failed_at_ms; /* of the last renewal that failed; 0: it did not */
    bool is_renewed;      /* the current one came from a renewal */
    bool is_all;          /* the control plane is asked for nothing else */
    bool is_under_way;
    struct decoder *decoder;
    struct token_waiter *waiters;
    struct error error;
};

struct token {
    const struct secret *secret;
    unsigned generation;   /* 0: none yet */
    struct source *source; /* owned; NULL: the secret is the token */
};

static void wipe_attempt(struct source *source)
{
    decoder_free(source->decoder);
    source->decoder = NULL;
    buf_wipe(&source->arriving);
    buf_wipe(&source->arriving_refresh);
}

static void on_start(struct request *request)
{
    struct source *source = ((struct token *)request->arg)->source;
    wipe_attempt(source);
    buf_reserve(&source->arriving, TOKEN_MAX_BYTES);
    buf_reserve(&source->arriving_refresh, TOKEN_MAX_BYTES);
    source->decoder =
        decoder_new_token(&source->arriving, source->grant->takes_id_token,
                          source->grant->keeps_refresh_token ? &source->arriving_refresh : NULL,
                          &source->expires_in_s);
}

static bool on_body(struct request *request, const char *data, size_t len, struct error *error)
{
    struct source *source = ((struct token *)request->arg)->source;
    return decoder_feed(source->decoder, data, len, error);
}

static bool on_end(struct request *request, struct error *error)
{
    struct source *source = ((struct token *)request->arg)->source;
    if (!decoder_finish(source->decoder, error))
        return false;
    if (engine_is_b64token(source->arriving.data, source->arriving.len))
        return true;
    return error_set(error, ERR_BAD_SHAPE, "the token is no RFC 6750 b64token and is not used");
}

static void tell_waiters(struct source *source, bool is_there)
{
    struct token_waiter *waiter = source->waiters;
    source->waiters = NULL;
    while (waiter != NULL) {
        struct token_waiter *next = waiter->next;
        waiter->fn(waiter->arg, is_there);
        waiter = next;
    }
}

/* When the token that has arrived ends: by the answer, else by its own `exp` claim. */
static struct token_times find_times(const struct source *source)
{
    int64_t now_ms = clock_real_ms();
    int64_t life_ms = -1;
    int64_t exp_s = decode_jwt_expiry_s(source->arriving.data, source->arriving.len);
    if (source->expires_in_s >= 0)
        life_ms = source->expires_in_s * 1000;
    else if (exp_s >= 0)
        life_ms = exp_s * 1000 - now_ms;
    if (life_ms <= 0)
        return (struct token_times){0};
    int64_t margin_ms = life_ms / 5 < MARGIN_MS ? life_ms / 5 : MARGIN_MS;
    return (struct token_times){.renew_at_ms = now_ms + life_ms - margin_ms,
                                .expires_at_ms = now_ms + life_ms};
}

/* What is replaced is still hidden in what servers say. */
static void keep_former(struct source *source, const struct buf *replaced)
{
    if (replaced->len == 0)
        return;
    source->former = mem_resize(source->former, source->former_count + 1, sizeof(*source->former));
    source->former[source->former_count++] =
        (struct str){mem_copy(replaced->data, replaced->len), replaced->len};
}

/* The arrived text takes the place of the current one. */
static void replace(struct source *source, struct buf *current, struct buf *arrived)
{
    keep_former(source, current);
    buf_wipe(current);
    *current = *arrived;
    buf_init(arrived, TOKEN_MAX_BYTES);
}

/* What the next request presents. */
static struct str secret_to_present(const struct token *token)
{
    const struct buf *refresh = &token->source->refresh;
    if (refresh->len > 0)
        return (struct str){refresh->data, refresh->len};
    return (struct str){secret_bytes(token->secret), secret_len(token->secret)};
}

static void take_arrived(struct token *token)
{
    struct source *source = token->source;
    source->times = find_times(source);
    replace(source, &source->current, &source->arriving);
    if (source->arriving_refresh.len > 0)
        replace(source, &source->refresh, &source->arriving_refresh);
    source->is_renewed = token->generation > 0;
    source->obtained_at_ms = clock_mono_ms();
    source->failed_at_ms = 0;
    token->generation++;
    if (source->config->token_cache != NULL)
        token_cache_write(source->config, &source->current, &source->times);
}

static void on_done(struct request *request, const struct outcome *outcome)
{
    struct token *token = request->arg;
    struct source *source = token->source;
    source->is_under_way = false;
    buf_wipe(&source->body);
    source->error = outcome->error;
    if (outcome->error.class == ERR_NONE) {
        take_arrived(token);
    } else {
        const struct str secrets[] = {{secret_bytes(token->secret), secret_len(token->secret)},
                                      secret_to_present(token)};
        words_add(&source->error, outcome, source->config->endpoint.headers, secrets, 2);
        source->failed_at_ms = clock_mono_ms();
    }
    wipe_attempt(source);
    tell_waiters(source, outcome->error.class == ERR_NONE);
}

static void describe(const struct request *request, struct buf *out)
{
    const struct token *token = request->arg;
    buf_append_str(out, token->generation == 0 ? "control plane: the token"
                                               : "control plane: a new token");
}

static void on_redact(struct request *request, struct buf *line)
{
    const struct token *token = request->arg;
    const struct source *source = token->source;
    hide(line, (struct str){secret_bytes(token->secret), secret_len(token->secret)});
    hide(line, secret_to_present(token));
    hide(line, (struct str){source->current.data, source->current.len});
    for (size_t i = 0; i < source->former_count; i++)
        hide(line, source->former[i]);
}

static void ask(struct token *token)
{
    static const struct request_ops ops = {on_start, on_body, on_end, on_done, describe, on_redact};
    struct source *source = token->source;
    buf_reserve(&source->body, BODY_MAX_BYTES);
    /* A secret is at most 64 KiB, and escaping makes six bytes of one at most. */
    if (!source->grant->make_body(source->config, secret_to_present(token), &source->body))
        buf_clear(&source->body);
    source->request = (struct request){
        .name = "control plane",
        .url = source->url,
        .post_body = source->body.data == NULL ? "" : source->body.data,
        .post_body_len = source->body.len,
        .content_type = source->grant->content_type,
        .options = &source->config->endpoint,
        .ops = &ops,
        .arg = token,
        .is_urgent = true,
        .is_last = source->is_all,
    };
    source->is_under_way = true;
    engine_add(source->engine, &source->request);
}

struct token *token_new_given(const struct secret *secret, struct error *error)
{
    if (!engine_is_b64token(secret_bytes(secret), secret_len(secret))) {
        error_set(error, ERR_AUTH, "the given token is no RFC 6750 b64token and is not used");
        return NULL;
    }
    struct token *token = mem_new(1, sizeof(*token));
    token->secret = secret;
    token->generation = 1;
    return token;
}

struct token *token_new(const struct control_plane_config *config, const struct secret *secret,
                        struct engine *engine, bool is_all, struct error *error)
{
    if (config->grant == GRANT_TOKEN)
        return token_new_given(secret, error);
    struct token *token = mem_new(1, sizeof(*token));
    struct source *source = mem_new(1, sizeof(*source));
    token->secret = secret;
    token->source = source;
    source->config = config;
    source->engine = engine;
    source->grant = grant_find(config->grant);
    source->url = grant_url(config);
    source->is_all = is_all;
    buf_init(&source->body, BODY_MAX_BYTES);
    buf_init(&source->current, TOKEN_MAX_BYTES);
    buf_init(&source->arriving, TOKEN_MAX_BYTES);
    buf_init(&source->refresh, TOKEN_MAX_BYTES);
    buf_init(&source->arriving_refresh, TOKEN_MAX_BYTES);
    if (config->token_cache == NULL)
        return token;
    buf_reserve(&source->current, TOKEN_MAX_BYTES);
    if (token_cache_read(config, clock_real_ms(), &source->current, &source->times) &&
        engine_is_b64token(source->current.data, source->current.len)) {
        token->generation = 1;
        source->obtained_at_ms = clock_mono_ms();
    } else {
        buf_wipe(&source->current);
    }
    return token;
}

void token_free(struct token *token)
{
    if (token == NULL)
        return;
    if (token->source != NULL) {
        wipe_attempt(token->source);
        buf_wipe(&token->source->body);
        buf_wipe(&token->source->current);
        buf_wipe(&token->source->refresh);
        for (size_t i = 0; i < token->source->former_count; i++)
            wipe_free((char *)(uintptr_t)token->source->former[i].data);
        free(token->source->former);
        free(token->source->url);
        free(token->source);
    }
    free(token);
}

static void wait_for(struct source *source, struct token_waiter *waiter)
{
    waiter->next = source->waiters;
    source->waiters = waiter;
}

void token_obtain(struct token *token, struct token_waiter *waiter)
{
    if (token->generation > 0) {
        waiter->fn(waiter->arg, true);
        return;
    }
    wait_for(token->source, waiter);
    if (!token->source->is_under_way)
        ask(token);
}

const char *token_text(const struct token *token)
{
    if (token->source == NULL)
        return secret_bytes(token->secret);
    return token->generation == 0 ? NULL : token->source->current.data;
}

const struct str *token_former(const struct token *token, size_t *count)
{
    *count = token->source == NULL ? 0 : token->source->former_count;
    return token->source == NULL ? NULL : token->source->former;
}

unsigned token_generation(const struct token *token)
{
    return token->generation;
}

static bool has_just_failed(const struct source *source)
{
    return source->failed_at_ms != 0 && clock_mono_ms() - source->failed_at_ms < PAUSE_MS;
}

void token_renew_in_time(struct token *token)
{
    struct source *source = token->source;
    if (source == NULL || token->generation == 0 || source->is_under_way ||
        source->times.renew_at_ms == 0 || clock_real_ms() < source->times.renew_at_ms ||
        has_just_failed(source))
        return;
    ask(token);
}

/* Whether the current token may have been refused for its age. */
static bool may_be_old(const struct source *source)
{
    if (source->times.expires_at_ms != 0 && clock_real_ms() >= source->times.expires_at_ms)
        return true;
    return !source->is_renewed || clock_mono_ms() - source->obtained_at_ms >= YOUNG_MS;
}

enum token_advice token_refused(struct token *token, unsigned generation, bool has_accepted,
                                struct token_waiter *waiter)
{
    struct source *source = token->source;
    if (source == NULL)
        return TOKEN_FINAL;
    if (generation < token->generation)
        return TOKEN_REPLAY;
    if (!source->is_under_way) {
        if (has_just_failed(source) || (!may_be_old(source) && !has_accepted))
            return TOKEN_FINAL;
        ask(token);
    }
    wait_for(source, waiter);
    return TOKEN_WAIT;
}

const struct error *token_error(const struct token *token)
{
    static const struct error none;
    return token->source == NULL ? &none : &token->source->error;
}
