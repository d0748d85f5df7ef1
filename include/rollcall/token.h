/*
 * A bearer token and its renewal: the one of the run, or a given one of a cluster's own. However
 * many requests see it refused, one new token is asked for; those that wait are told when it is
 * there.
 *
 * Generations count the tokens of this run. A refused request says which generation it presented:
 *  - an older one: the new token is there already, replay at once;
 *  - the current one: one renewal for all, unless renewing cannot help. It cannot when the current
 *    token is itself fresh from a renewal and this peer never took it: the peer refuses us, not the
 *    token's age. So a thousand clusters that answer 401 cost one token request.
 */
#ifndef ROLLCALL_TOKEN_H
#define ROLLCALL_TOKEN_H

#include <stdbool.h>

#include "rollcall/config.h"
#include "rollcall/engine.h"
#include "rollcall/error.h"
#include "rollcall/secret.h"
#include "rollcall/str.h"

struct token;

/* Told once, from engine_run(), when a token is there or cannot be had. Owned by the caller until
 * then; zeroed but for `fn` and `arg`. */
struct token_waiter {
    void (*fn)(void *arg, bool is_there);
    void *arg;
    struct token_waiter *next;
};

enum token_advice {
    TOKEN_REPLAY, /* a newer token is there */
    TOKEN_WAIT,   /* a renewal is under way; the waiter will be told */
    TOKEN_FINAL,  /* no other token will help */
};

/* The run's token, asked for as the configuration says, or the given one for the grant `token`.
 * Borrows all arguments until token_free(). `secret` is the client secret or the given token. NULL
 * after filling `error` when a given token is no b64token. A token that the cache holds counts as
 * obtained. */
struct token *token_new(const struct control_plane_config *config, const struct secret *secret,
                        struct engine *engine, bool is_all, struct error *error);
/* A token that is given and never renewed; small. Borrows the secret. NULL as above. */
struct token *token_new_given(const struct secret *secret, struct error *error);
/* Wipes and frees; accepts NULL. */
void token_free(struct token *token);

/* Asks for the first token, unless it was given: tells `waiter` from engine_run(), or at once. */
void token_obtain(struct token *token, struct token_waiter *waiter);

/* The current token, NUL-terminated, borrowed until engine_run() goes on; NULL: none. */
const char *token_text(const struct token *token);
unsigned token_generation(const struct token *token);

/* The tokens that were replaced: they may still be good, and servers that saw them may quote them.
 * Borrowed until engine_run() goes on. */
const struct str *token_former(const struct token *token, size_t *count);

/* Asks for a new token when the current one is near its end (the smaller of 60 s and a fifth of its
 * life); the current one serves until the new one is there. */
void token_renew_in_time(struct token *token);

/* A peer refused `generation`; `has_accepted`: it took that very generation before. The waiter is
 * kept for TOKEN_WAIT only. */
enum token_advice token_refused(struct token *token, unsigned generation, bool has_accepted,
                                struct token_waiter *waiter);

/* Why the last attempt to get a token failed; ERR_NONE: it did not. */
const struct error *token_error(const struct token *token);

#endif
