/*
 * What the files of the engine share: engine.c (queues, loop), attempt.c (slots, one attempt from
 * start to end), transfer.c (its set-up and callbacks), outcome.c (what its end means) and view.c
 * (what is in flight).
 */
#ifndef ROLLCALL_ENGINE_INTERNAL_H
#define ROLLCALL_ENGINE_INTERNAL_H

#include <curl/curl.h>

#include "backoff.h"
#include "flood.h"
#include "jitter.h"
#include "rollcall/engine.h"
#include "trust.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error                                                                                             \
    "rollcall needs libcurl 7.87 or newer: older ones freeze every transfer while a hanging name \
server is waited for (CURLOPT_QUICK_EXIT). Debian 12 and Ubuntu 24.04 have newer ones."
#endif

#define EXCERPT_SIZE 4096

enum sink { SINK_UNDECIDED, SINK_BODY, SINK_EXCERPT, SINK_NOTHING };

struct engine {
    CURLM *multi;
    struct trust *trust;
    struct host_table *hosts;
    struct host_queue *queue;
    struct flood flood;
    struct backoff backoff;
    struct engine_slot *running_first;
    struct engine_slot *free_first;
    struct request *urgent_first, *urgent_last;
    unsigned concurrency;
    unsigned running; /* without the urgent ones */
    unsigned running_urgent;
    unsigned starting; /* slots that are */
    int64_t network_end_ms;
    int64_t next_idle_check_ms;
    struct jitter jitter;
    enum error_class stopped; /* ERR_NONE, or why no request may start any more */
    size_t done;              /* requests that are over */
    const struct log *log;
    void (*asked)(void *arg); /* NULL: nobody answers */
    void *asked_arg;
};

/* One place for a running transfer, used by one after the other. */
struct engine_slot {
    CURL *easy; /* owned; of this transfer only, NULL while the slot is free */
    struct engine *engine;
    struct request *request;  /* NULL: the slot is free */
    struct engine_host *host; /* the request's, which may be over before the slot is free */
    struct trust_store *store;
    struct flood *flood; /* the engine's */
    struct curl_slist *headers;
    struct curl_slist *resolve;
    struct engine_slot *prev; /* in the list of running slots */
    struct engine_slot *next; /* likewise, or in the list of free ones */

    enum sink sink;
    bool is_starting;     /* libcurl has not looked for a connection yet */
    bool is_trace_cut[3]; /* by enum trace_kind: the line traced last has not ended */
    bool is_connected;    /* the request is about to be sent: the idle clock runs */
    bool is_head_whole;   /* the blank line behind the latest head has come */
    bool has_transfer_encoding;
    bool asks_endless_pause; /* Retry-After names more seconds than fit */
    int status;              /* 0: no status line yet */
    int64_t started_ms;
    int64_t last_byte_ms;
    int64_t body_bytes; /* decoded */
    size_t header_bytes;
    int64_t content_length; /* as the latest head says; negative: not at all */
    struct error own_error; /* why a callback of ours ended the transfer */
    size_t excerpt_len;
    char excerpt[EXCERPT_SIZE];
    char curl_text[CURL_ERROR_SIZE];
};

/* All requests to one scheme, host and port with the same addresses, trust and certificate. */
struct engine_host {
    char *key;        /* owned: the origin of its URLs (url.h) */
    const char *name; /* in key: the host without scheme and port, for messages */
    size_t name_len;
    const struct endpoint_options *options; /* of its first request; borrowed */
    bool is_apart;      /* its addresses and connections serve no other host (share.h) */
    CURLSH *share;      /* owned; NULL: none is needed, or none now */
    unsigned transfers; /* handles that there are */
    unsigned starting;  /* of these: they have not looked for a connection yet */
    struct request *first, *last;
    unsigned running;     /* requests, and so the slots that it holds */
    unsigned kept;        /* slots that it has, or may take up again (host_queue.h); 0: none */
    int64_t turn_left_ms; /* slot time until it may not any more */
    unsigned line;        /* where it waits */
    struct engine_host *prev_in_line, *next_in_line;
    struct engine_host *next_in_bucket;
};

/* Borrowed. */
const struct log *engine_log(const struct engine *engine);

/* Applies all options for one attempt of slot->request; false after filling `error`. */
bool transfer_set_up(struct engine_slot *slot, struct trust *trust, struct error *error);
/* Reads the status of the answer so far into the slot. */
void transfer_note_status(struct engine_slot *slot);
/* Has the connection closed after this answer if it is its cluster's last and a success (after a
 * failure the next attempt can use it), unless another transfer of the host is yet to look for one.
 */
void transfer_forbid_reuse(struct engine_slot *slot);
/* The transfer has found a connection, makes one, or is over. With the host's last one that was yet
 * to look, those of the others may be closed. */
void transfer_note_started(struct engine_slot *slot);
/* Whether the body that came may have had no other end than that of the connection: libcurl tells
 * the end of a stream of HTTP/2 from that of its connection in some versions only. */
bool transfer_is_close_delimited(const struct engine_slot *slot);
/* Frees what transfer_set_up() made beside the handle, and ends the tracing: what libcurl does with
 * the handle later is of no request. */
void transfer_clean_up(struct engine_slot *slot);

/* Judges the end of an attempt by libcurl's result and the HTTP status (the `end` callback is not
 * called here). Returns whether the failure may go away by itself. */
bool outcome_judge(struct engine_slot *slot, CURLcode code, struct error *error);

/* How long the answer asks to wait before the next attempt; -1: it does not say. */
int64_t outcome_retry_after_ms(const struct engine_slot *slot);

/* An HTTP status that carries the answer asked for. */
bool outcome_is_success(int status);

/* One row of the published table of docs/errors.md. */
struct outcome_row {
    CURLcode code;
    enum error_class class;
    bool is_transient;
};
/* The row of a libcurl code; unknown ones are ERR_INTERNAL and final. */
struct outcome_row outcome_row(CURLcode code);
/* The whole table, so that a test can hold the published one against it. */
const struct outcome_row *outcome_rows(size_t *count);

#endif
