/*
 * An authorised GET: one request of the engine whose answer a decoder takes as it comes, and whose
 * 401 a new token may mend (once). What is asked and what the answer means is the owner's.
 */
#ifndef ROLLCALL_FETCH_H
#define ROLLCALL_FETCH_H

#include "rollcall/decode.h"
#include "rollcall/engine.h"
#include "rollcall/token.h"

/* What is remembered of a remote side between its requests. */
struct peer {
    unsigned accepted; /* the newest token generation it took */
    unsigned refused;  /* the newest generation it refused */
    unsigned renewals; /* how many token renewals it has caused */
    bool was_answered; /* some HTTP status came from it */
};

struct fetch_ops {
    /* An attempt begins: forget what an earlier one delivered; the decoder for this one (owned by
     * the fetch). */
    struct decoder *(*begin)(void *arg);
    /* It is over: class ERR_NONE when the answer was whole, and fetch_is_partial() says whether it
     * is all there is. fetch->decoder can still be asked. The fetch may be started again from here.
     */
    void (*done)(void *arg, struct error *error);
    /* Appends what it asks for, and whom, for people. */
    void (*describe)(const void *arg, struct buf *out);
};

struct fetch {
    struct request request;
    struct engine *engine; /* borrowed */
    struct token *token;   /* borrowed */
    struct peer *peer;     /* borrowed */
    const struct fetch_ops *ops;
    void *arg;
    const char *name;        /* who is asked, for traces; borrowed, set before fetch_start() */
    char *url;               /* owned */
    struct decoder *decoder; /* owned */
    char *presented;         /* owned, wiped: the token of the attempt under way */
    unsigned generation;     /* of that token */
    bool is_replayed;
    bool is_under_way;
    struct error refusal; /* what the 401 said, while a new token is waited for */
    struct token_waiter waiter;
};

/* `fetch` is zeroed memory; all arguments are borrowed until fetch_free(). */
void fetch_init(struct fetch *fetch, struct engine *engine, struct token *token, struct peer *peer,
                const struct fetch_ops *ops, void *arg);
/* Starts a request for `url` (handed over). Its counts add up over all starts. */
void fetch_start(struct fetch *fetch, char *url, const struct endpoint_options *options);
/* Whether a whole answer was HTTP 207 (Multi-Status): the server has more, and could not say it. */
bool fetch_is_partial(const struct error *outcome);
/* The error of a list of which some answer was partial. */
void fetch_set_partial(struct error *error);
/* Frees what it owns, not the struct. It may not be under way. */
void fetch_free(struct fetch *fetch);

#endif
