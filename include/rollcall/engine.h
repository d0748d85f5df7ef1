/*
 * The engine: many HTTP requests at once over one libcurl multi handle. It knows queues, slots,
 * limits, time and retries; it knows neither JSON nor clusters. The only users of curl.h are the
 * files of src/net.
 *
 * A request moves QUEUED -> RUNNING -> (BACKOFF -> RUNNING)* -> DONE. Callbacks are called from
 * engine_run() on the caller's thread: `body` and `start` must not add requests; `done` may.
 *
 *     start   an attempt begins: forget what an earlier attempt delivered, set `bearer`, `is_last`
 *     body    decoded bytes of a 200 answer, as they come
 *     end     the 200 answer is whole: the last chance to call the attempt a failure (one of class
 *             ERR_TRUNCATED is tried again, others are final)
 *     done    the request is over: the outcome is final, the struct is the caller's again
 *
 * The status is known before the first byte of a body chooses its sink: `body` for 200, 201 and
 * 203, a bounded excerpt for errors, nothing for redirects. Redirects are not followed.
 */
#ifndef ROLLCALL_ENGINE_H
#define ROLLCALL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/endpoint.h"
#include "rollcall/error.h"
#include "rollcall/log.h"

struct engine;
struct request;
struct engine_slot;
struct engine_host;

struct outcome {
    struct error error;  /* ERR_NONE: the answer was 200 and `end` agreed */
    int http_status;     /* of the last attempt; 0: none seen */
    bool was_answered;   /* some attempt saw an HTTP status */
    const char *excerpt; /* the beginning of an error answer's body; borrowed, may be "" */
    size_t excerpt_len;
};

struct request_ops {
    void (*start)(struct request *request);
    bool (*body)(struct request *request, const char *data, size_t len, struct error *error);
    bool (*end)(struct request *request, struct error *error);
    void (*done)(struct request *request, const struct outcome *outcome);
    /* Appends what is asked, for people: "cluster eu-1: its projects". */
    void (*describe)(const struct request *request, struct buf *out);
    /* Hides in a line of a trace what the caller keeps secret beside `bearer` and the configured
     * headers (hide.h); NULL: nothing. */
    void (*redact)(struct request *request, struct buf *line);
};

struct request {
    /* Set by the caller before engine_add(); borrowed until `done`. The rest zeroed. */
    const char *name; /* who is asked, for traces; NULL: the URL says enough */
    const char *url;
    const char *post_body; /* NULL: GET; it and its answer are taken for secret */
    size_t post_body_len;
    const char *content_type; /* of post_body */
    const struct endpoint_options *options;
    const struct request_ops *ops;
    void *arg;
    bool is_urgent; /* starts at once, beside the concurrency limit */

    /* Set by the caller in `start`. */
    const char *bearer; /* NULL: none; only ever a b64token */
    bool is_last;       /* of its cluster: the connection is closed once it succeeded */

    /* For the caller to read in `done`; they add up when the same request is added again. */
    unsigned attempts;
    unsigned retries;
    int64_t bytes; /* decoded body bytes received, over all attempts */
    int64_t
        certificate_expires_at; /* seconds since 1970 of the server's certificate; 0: not seen */

    /* For the caller to read in `end`: nothing but the end of the connection, or of HTTP/2's
     * stream, marked the end of the body, so that one that was cut off may look like a whole one.
     */
    bool is_close_delimited;

    /* The engine's own. */
    unsigned retries_here; /* since engine_add() */
    int64_t start_at_ms;
    int64_t waits_since_ms; /* for start_at_ms */
    bool was_answered;
    struct engine_host *host;
    struct engine_slot *slot;
    struct request *next;
};

struct engine_config {
    unsigned concurrency; /* clamped to what RLIMIT_NOFILE allows, with a warning */
    unsigned per_host;
    int64_t network_end_ms; /* clock_mono_ms() when network work ends */
    const struct log *log;  /* borrowed */
    /* Called from engine_run() when SIGUSR1 came (stop.h), to look at what is in flight; may be
     * NULL. */
    void (*asked)(void *arg);
    void *asked_arg;
};

/* Once per process, before any other call and before threads; false after filling `error` (a
 * libcurl at run time that is too old or has another TLS library than OpenSSL). */
bool engine_global_init(struct error *error);
void engine_global_cleanup(void);

/* NULL after filling `error`. */
struct engine *engine_new(const struct engine_config *config, struct error *error);
/* No request may be under way. Accepts NULL. */
void engine_free(struct engine *engine);

/* Loads the trust store these options need (each distinct file once); false after filling `error`,
 * which names the file. Optional: a request loads what is missing and fails with ERR_TLS. */
bool engine_prepare(struct engine *engine, const struct endpoint_options *options,
                    struct error *error);

/* Queues a request. Whatever happens, `done` is called exactly once, later, from engine_run(). */
void engine_add(struct engine *engine, struct request *request);

/* Marks a running request as its cluster's last as well: a sibling has become the last to start. */
void engine_mark_last(struct request *request);

/*
 * Works until no request is left. At network_end_ms all that are left are done with ERR_DEADLINE;
 * on a signal (stop.h) with ERR_INTERRUPTED. `tick` (may be NULL) is called at least every 200 ms
 * when set. Returns false after filling `error` only when libcurl itself fails; then every request
 * is done with ERR_INTERNAL.
 */
bool engine_run(struct engine *engine, void (*tick)(void *arg), void *arg, struct error *error);

/* Requests running at this moment. */
unsigned engine_running(const struct engine *engine);

enum request_state {
    REQUEST_CONNECTING, /* name, connection, TLS */
    REQUEST_SENT,       /* nothing of the answer is there yet */
    REQUEST_RECEIVING,
    REQUEST_WAITING, /* for its next attempt */
};

/* What a request is at. */
struct request_view {
    const struct request *request;
    enum request_state state;
    unsigned attempt; /* this one, or the next one; from 1 */
    int64_t for_ms;   /* since the attempt, or the wait, began */
    int64_t left_ms;  /* of a wait */
    int64_t bytes;    /* decoded body bytes of this attempt */
};

struct engine_counts {
    size_t running, waiting, queued, done; /* requests */
};

struct engine_counts engine_count(const struct engine *engine);

/* Shows each request that runs or waits for its next attempt, in no order. */
void engine_each(const struct engine *engine,
                 void (*fn)(void *arg, const struct request_view *view), void *arg);

/* Whether the text is an RFC 6750 b64token, and so can be nothing but a token in a header. */
bool engine_is_b64token(const char *text, size_t len);

#endif
