#include "fetch.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/hide.h"
#include "rollcall/mem.h"
#include "words.h"

/* A peer that takes a token and refuses it in turn may not keep the control plane busy. */
#define RENEWALS_MAX 10

/* RFC 4918, section 11.1. */
#define MULTI_STATUS 207

void fetch_init(struct fetch *fetch, struct engine *engine, struct token *token, struct peer *peer,
                const struct fetch_ops *ops, void *arg)
{
    fetch->engine = engine;
    fetch->token = token;
    fetch->peer = peer;
    fetch->ops = ops;
    fetch->arg = arg;
}

bool fetch_is_partial(const struct error *outcome)
{
    return outcome->class == ERR_NONE && outcome->http_status == MULTI_STATUS;
}

void fetch_set_partial(struct error *error)
{
    error_set(error, ERR_INCOMPLETE,
              "the server answered with a part of the data only (HTTP 207 Multi-Status)");
    error->http_status = MULTI_STATUS;
}

/* The attempt's own copy of the token: a renewal wipes the shared one while attempts are under way.
 */
static void forget_token(struct fetch *fetch)
{
    if (fetch->presented == NULL)
        return;
    explicit_bzero(fetch->presented, strlen(fetch->presented));
    free(fetch->presented);
    fetch->presented = NULL;
}

void fetch_free(struct fetch *fetch)
{
    forget_token(fetch);
    decoder_free(fetch->decoder);
    fetch->decoder = NULL;
    free(fetch->url);
    fetch->url = NULL;
}

static void on_start(struct request *request)
{
    struct fetch *fetch = request->arg;
    decoder_free(fetch->decoder);
    fetch->decoder = fetch->ops->begin(fetch->arg);
    token_renew_in_time(fetch->token);
    forget_token(fetch);
    fetch->presented = mem_strdup(token_text(fetch->token));
    request->bearer = fetch->presented;
    fetch->generation = token_generation(fetch->token);
}

static bool on_body(struct request *request, const char *data, size_t len, struct error *error)
{
    struct fetch *fetch = request->arg;
    return decoder_feed(fetch->decoder, data, len, error);
}

static bool on_end(struct request *request, struct error *error)
{
    struct fetch *fetch = request->arg;
    if (decoder_finish(fetch->decoder, error))
        return true;
    /* HTTP cannot tell a body that was cut off from one that ends here. */
    if (error->class == ERR_BAD_JSON && request->is_close_delimited)
        error_set(error, ERR_TRUNCATED, "the connection ended before the answer was whole");
    return false;
}

/* The request is over for good. */
static void conclude(struct fetch *fetch, struct error *error)
{
    fetch->is_under_way = false;
    fetch->ops->done(fetch->arg, error);
}

static void replay(struct fetch *fetch)
{
    fetch->is_replayed = true;
    engine_add(fetch->engine, &fetch->request);
}

/* A new token is there, or is not to be had. */
static void on_token(void *arg, bool is_there)
{
    struct fetch *fetch = arg;
    if (is_there) {
        replay(fetch);
        return;
    }
    const struct error *why = token_error(fetch->token);
    struct error error = fetch->refusal;
    if (why->class == ERR_DEADLINE || why->class == ERR_INTERRUPTED) {
        error = *why;
    } else {
        error_set(&error, ERR_AUTH, "%s, and no new token: %s", fetch->refusal.text, why->text);
        error.http_status = fetch->refusal.http_status;
    }
    conclude(fetch, &error);
}

/* A 401 that another token may mend: true when the request lives on. */
static bool try_renewal(struct fetch *fetch, const struct error *error)
{
    struct peer *peer = fetch->peer;
    if (fetch->is_replayed || peer->renewals >= RENEWALS_MAX)
        return false;
    fetch->refusal = *error;
    fetch->waiter = (struct token_waiter){.fn = on_token, .arg = fetch};
    switch (token_refused(fetch->token, fetch->generation, peer->accepted == fetch->generation,
                          &fetch->waiter)) {
    case TOKEN_REPLAY:
        replay(fetch);
        return true;
    case TOKEN_WAIT:
        /* However many of its requests wait, it is one renewal. */
        if (fetch->generation > peer->refused) {
            peer->refused = fetch->generation;
            peer->renewals++;
        }
        return true;
    case TOKEN_FINAL:
        break;
    }
    return false;
}

/* What the server said, without the tokens that it has seen. */
static void add_words(struct fetch *fetch, const struct outcome *outcome, struct error *error)
{
    size_t former_count, count = 0;
    const struct str *former = token_former(fetch->token, &former_count);
    struct str *hidden = mem_new(former_count + 1, sizeof(*hidden));
    if (fetch->presented != NULL)
        hidden[count++] = str_of(fetch->presented);
    for (size_t i = 0; i < former_count; i++)
        hidden[count++] = former[i];
    words_add(error, outcome, fetch->request.options->headers, hidden, count);
    free(hidden);
}

static void on_done(struct request *request, const struct outcome *outcome)
{
    struct fetch *fetch = request->arg;
    struct error error = outcome->error;
    fetch->peer->was_answered = fetch->peer->was_answered || outcome->was_answered;
    if (outcome->http_status != 0 && outcome->http_status != 401)
        fetch->peer->accepted = fetch->generation;
    add_words(fetch, outcome, &error);
    forget_token(fetch);
    if (outcome->error.http_status == 401 && try_renewal(fetch, &error))
        return;
    conclude(fetch, &error);
}

static void describe(const struct request *request, struct buf *out)
{
    const struct fetch *fetch = request->arg;
    fetch->ops->describe(fetch->arg, out);
}

static void on_redact(struct request *request, struct buf *line)
{
    const struct fetch *fetch = request->arg;
    size_t count;
    const struct str *former = token_former(fetch->token, &count);
    for (size_t i = 0; i < count; i++)
        hide(line, former[i]);
}

void fetch_start(struct fetch *fetch, char *url, const struct endpoint_options *options)
{
    static const struct request_ops ops = {on_start, on_body, on_end, on_done, describe, on_redact};
    const struct request before = fetch->request;
    free(fetch->url);
    fetch->url = url;
    fetch->is_replayed = false;
    fetch->is_under_way = true;
    fetch->request = (struct request){
        .name = fetch->name,
        .url = url,
        .options = options,
        .ops = &ops,
        .arg = fetch,
        .attempts = before.attempts,
        .retries = before.retries,
        .bytes = before.bytes,
        .certificate_expires_at = before.certificate_expires_at,
    };
    engine_add(fetch->engine, &fetch->request);
}
