#include "attempt.h"

#include <stdlib.h>
#include <string.h>

#include "host_queue.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "rollcall/retry.h"
#include "share.h"

/* One text for every moment at which the deadline can come: reports do not depend on it. */
static const char unfinished_text[] = "not answered when the run's deadline came";

/* Gives the request back with its final outcome. Its place was released before. */
static void finish(struct engine *engine, struct request *request, const struct outcome *outcome)
{
    engine->done++;
    request->slot = NULL;
    request->ops->done(request, outcome);
}

void attempt_give_up(struct engine *engine, struct request *request)
{
    struct outcome outcome = {.excerpt = "", .was_answered = request->was_answered};
    if (engine->stopped == ERR_INTERRUPTED)
        error_set(&outcome.error, ERR_INTERRUPTED, "the run was interrupted before an answer");
    else if (engine->stopped == ERR_DEADLINE)
        error_set(&outcome.error, ERR_DEADLINE, "%s", unfinished_text);
    else
        error_set(&outcome.error, ERR_INTERNAL, "libcurl failed");
    finish(engine, request, &outcome);
}

static void count_out(struct engine *engine, const struct engine_slot *slot)
{
    const struct request *request = slot->request;
    if (request->is_urgent) {
        engine->running_urgent--;
    } else {
        engine->running--;
        host_queue_release(engine->queue, request->host, clock_mono_ms() - slot->started_ms);
    }
}

/* An attempt is over, `error` says how: tries again later, or gives the request back. */
static void settle(struct engine *engine, struct engine_slot *slot, struct error *error,
                   bool is_transient)
{
    struct request *request = slot->request;
    const struct retry_case c = {
        .is_transient = is_transient,
        .retries_done = request->retries_here,
        .retries_max = request->options->retries,
        .retry_after_ms = outcome_retry_after_ms(slot),
        .now_ms = clock_mono_ms(),
        .network_end_ms = engine->network_end_ms,
        .random = jitter_next(&engine->jitter),
    };
    request->was_answered = request->was_answered || slot->status != 0;
    request->slot = NULL;
    count_out(engine, slot);
    enum retry_verdict verdict = retry_judge(&c, &request->start_at_ms);
    if (error->class == ERR_NONE) {
        log_debug(engine->log, "%s: HTTP %d", request->url, slot->status);
    } else {
        log_debug(engine->log, "%s: attempt %u: %s: %s%s", request->url, request->attempts,
                  error_class_name(error->class), error->text,
                  verdict == RETRY_AT ? " (will be tried again)" : "");
    }
    if (error->class != ERR_NONE && verdict == RETRY_AT && engine->stopped == ERR_NONE) {
        request->retries_here++;
        request->retries++;
        request->waits_since_ms = c.now_ms;
        backoff_push(&engine->backoff, request);
        return;
    }
    /* What the deadline keeps from being tried again is unfinished, whatever its last attempt said;
     * a server that asked for a longer pause than there is has given its answer. */
    if (error->class != ERR_NONE && verdict == RETRY_TOO_LATE && c.retry_after_ms < 0) {
        error_set(error, ERR_DEADLINE, "%s", unfinished_text);
        slot->status = 0;
        slot->excerpt_len = 0;
    }
    struct outcome outcome = {
        .error = *error,
        .http_status = slot->status,
        .was_answered = request->was_answered,
        .excerpt = slot->excerpt,
        .excerpt_len = slot->excerpt_len,
    };
    finish(engine, request, &outcome);
}

static void unlink_running(struct engine *engine, struct engine_slot *slot)
{
    if (slot->prev != NULL)
        slot->prev->next = slot->next;
    else
        engine->running_first = slot->next;
    if (slot->next != NULL)
        slot->next->prev = slot->prev;
    slot->prev = slot->next = NULL;
}

/* Takes the attempt out of libcurl; the slot keeps its texts until it is given to free_slot(). */
static void detach(struct engine *engine, struct engine_slot *slot)
{
    curl_multi_remove_handle(engine->multi, slot->easy);
    transfer_note_started(slot);
    transfer_clean_up(slot);
    unlink_running(engine, slot);
}

/* No handle is used twice: libcurl leaves its buffer in some (whose name did not resolve, whose
 * connection serves other streams of HTTP/2 as well) and refuses options then. */
static void free_slot(struct engine *engine, struct engine_slot *slot)
{
    explicit_bzero(slot->excerpt, sizeof(slot->excerpt));
    curl_easy_cleanup(slot->easy);
    slot->easy = NULL;
    slot->request = NULL;
    share_leave(slot->host, host_queue_is_next(engine->queue, slot->host));
    slot->host = NULL;
    slot->next = engine->free_first;
    engine->free_first = slot;
}

void attempt_end(struct engine *engine, struct engine_slot *slot, CURLcode code)
{
    struct request *request = slot->request;
    struct error error = {0};
    if (slot->status == 0)
        transfer_note_status(slot);
    bool is_transient = outcome_judge(slot, code, &error);
    if (error.class == ERR_NONE) {
        request->is_close_delimited = transfer_is_close_delimited(slot);
        if (!request->ops->end(request, &error)) {
            error.http_status = slot->status;
            is_transient = error.class == ERR_TRUNCATED;
        }
    }
    detach(engine, slot);
    settle(engine, slot, &error, is_transient);
    free_slot(engine, slot);
}

static struct engine_slot *take_slot(struct engine *engine)
{
    struct engine_slot *slot = engine->free_first;
    if (slot == NULL)
        slot = mem_new(1, sizeof(*slot));
    else
        engine->free_first = slot->next;
    slot->next = NULL;
    slot->engine = engine;
    slot->flood = &engine->flood;
    slot->easy = curl_easy_init();
    if (slot->easy != NULL)
        return slot;
    free(slot);
    return NULL;
}

bool attempt_start(struct engine *engine, struct request *request, struct error *error)
{
    struct engine_slot *slot = take_slot(engine);
    if (slot == NULL)
        return error_set(error, ERR_INTERNAL, "libcurl cannot make an easy handle");
    *(request->is_urgent ? &engine->running_urgent : &engine->running) += 1;
    slot->request = request;
    slot->host = request->host;
    slot->host->starting++;
    engine->starting++;
    slot->is_starting = true;
    slot->is_connected = false;
    slot->started_ms = slot->last_byte_ms = clock_mono_ms();
    slot->next = engine->running_first;
    if (slot->next != NULL)
        slot->next->prev = slot;
    engine->running_first = slot;
    request->slot = slot;
    request->attempts++;
    request->ops->start(request);

    struct error refusal = {0};
    if (share_join(slot->host, &refusal) && transfer_set_up(slot, engine->trust, &refusal) &&
        (curl_multi_add_handle(engine->multi, slot->easy) == CURLM_OK ||
         error_set(&refusal, ERR_INTERNAL, "libcurl cannot start a transfer"))) {
        int64_t idle_end_ms = clock_mono_ms() + request->options->idle_timeout_ms;
        if (idle_end_ms < engine->next_idle_check_ms)
            engine->next_idle_check_ms = idle_end_ms;
        return true;
    }
    detach(engine, slot);
    settle(engine, slot, &refusal, false);
    free_slot(engine, slot);
    return true;
}

void attempt_note_started(struct engine *engine)
{
    for (struct engine_slot *s = engine->running_first; engine->starting > 0; s = s->next)
        transfer_note_started(s);
}

void attempt_abandon(struct engine *engine, struct engine_slot *slot)
{
    struct request *request = slot->request;
    detach(engine, slot);
    count_out(engine, slot);
    free_slot(engine, slot);
    attempt_give_up(engine, request);
}
