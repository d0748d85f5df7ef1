#include "rollcall/engine.h"

#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "engine_internal.h"
#include "host_queue.h"
#include "host_table.h"
#include "limits.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"
#include "rollcall/wipe.h"

#define TICK_MS         200
#define CONNECTING_MS   50
#define CONNECTING_PART 16 /* of the time that a connection has taken, to wait on for it */
#define KEPT_BESIDE     8  /* connections that requests beside the concurrency limit leave */

bool engine_global_init(struct error *error)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, wipe_malloc, wipe_free, wipe_realloc, wipe_strdup,
                             wipe_calloc) != CURLE_OK)
        return error_set(error, ERR_INTERNAL, "libcurl cannot be initialised");
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->version_num < 0x075700)
        return error_set(error, ERR_INTERNAL, "libcurl %s is too old: 7.87 or newer is needed",
                         info->version);
    /* The trust stores are OpenSSL's. */
    if (info->ssl_version == NULL || strstr(info->ssl_version, "OpenSSL") == NULL)
        return error_set(error, ERR_INTERNAL,
                         "this libcurl uses %s for TLS: one built with OpenSSL is needed",
                         info->ssl_version == NULL ? "nothing" : info->ssl_version);
    return true;
}

void engine_global_cleanup(void)
{
    curl_global_cleanup();
}

const struct log *engine_log(const struct engine *engine)
{
    return engine->log;
}

struct engine *engine_new(const struct engine_config *config, struct error *error)
{
    struct engine *engine = mem_new(1, sizeof(*engine));
    engine->log = config->log;
    engine->asked = config->asked;
    engine->asked_arg = config->asked_arg;
    engine->concurrency = limits_fit_concurrency(config->concurrency, config->log);
    engine->network_end_ms = config->network_end_ms;
    engine->next_idle_check_ms = INT64_MAX;
    jitter_init(&engine->jitter);
    engine->trust = trust_new();
    engine->hosts = host_table_new();
    engine->queue = host_queue_new(config->per_host);
    engine->multi = curl_multi_init();
    long kept = (long)engine->concurrency + KEPT_BESIDE;
    if (engine->multi != NULL &&
        curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, kept) == CURLM_OK)
        return engine;
    error_set(error, ERR_INTERNAL, "libcurl cannot make a multi handle");
    engine_free(engine);
    return NULL;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    while (engine->free_first != NULL) {
        struct engine_slot *slot = engine->free_first;
        engine->free_first = slot->next;
        free(slot);
    }
    curl_multi_cleanup(engine->multi);
    backoff_free(&engine->backoff);
    host_queue_free(engine->queue);
    host_table_free(engine->hosts);
    trust_free(engine->trust);
    free(engine);
}

bool engine_prepare(struct engine *engine, const struct endpoint_options *options,
                    struct error *error)
{
    return trust_get(engine->trust, options->ca_file, error) != NULL;
}

unsigned engine_running(const struct engine *engine)
{
    return engine->running + engine->running_urgent;
}

void engine_add(struct engine *engine, struct request *request)
{
    if (request->host == NULL)
        request->host = host_table_find(engine->hosts, request->url, request->options);
    request->retries_here = 0;
    if (!request->is_urgent) {
        host_queue_push(engine->queue, request, false);
        return;
    }
    request->next = NULL;
    if (engine->urgent_first == NULL)
        engine->urgent_first = request;
    else
        engine->urgent_last->next = request;
    engine->urgent_last = request;
}

void engine_mark_last(struct request *request)
{
    request->is_last = true;
    if (request->slot != NULL)
        transfer_forbid_reuse(request->slot);
}

/* Queues a request before those that wait. */
static void queue_first(struct engine *engine, struct request *request)
{
    if (!request->is_urgent) {
        host_queue_push(engine->queue, request, true);
        return;
    }
    request->next = engine->urgent_first;
    engine->urgent_first = request;
    if (request->next == NULL)
        engine->urgent_last = request;
}

/* Back-offs that are over go back to the head of the queue. */
static void wake(struct engine *engine)
{
    int64_t now_ms = clock_mono_ms();
    struct request *request;
    while ((request = backoff_first(&engine->backoff)) != NULL && request->start_at_ms <= now_ms)
        queue_first(engine, backoff_pop(&engine->backoff));
}

static struct request *pop_urgent(struct engine *engine)
{
    struct request *request = engine->urgent_first;
    if (request != NULL) {
        engine->urgent_first = request->next;
        request->next = NULL;
    }
    return request;
}

/* Starts a request that a queue gave. One that cannot be started waits again, so that it is given
 * back with the others when the run ends over this. */
static bool begin(struct engine *engine, struct request *request, struct error *error)
{
    if (attempt_start(engine, request, error))
        return true;
    if (!request->is_urgent)
        host_queue_release(engine->queue, request->host, 0);
    queue_first(engine, request);
    return false;
}

static bool refill(struct engine *engine, struct error *error)
{
    struct request *request;
    while ((request = pop_urgent(engine)) != NULL)
        if (!begin(engine, request, error))
            return false;
    while (engine->running < engine->concurrency) {
        request = host_queue_pop(engine->queue);
        if (request == NULL)
            return true;
        if (!begin(engine, request, error))
            return false;
    }
    return true;
}

static void drain_messages(struct engine *engine)
{
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(engine->multi, &left)) != NULL) {
        struct engine_slot *slot = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot) == CURLE_OK)
            attempt_end(engine, slot, message->data.result);
    }
}

/* Breaks off what has been silent for too long. Bytes only move a slot's end back, so there is
 * nothing to look for before the nearest end of the last look. */
static void check_idle(struct engine *engine)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms < engine->next_idle_check_ms)
        return;
    engine->next_idle_check_ms = INT64_MAX;
    for (struct engine_slot *slot = engine->running_first, *next; slot != NULL; slot = next) {
        next = slot->next;
        int64_t limit_ms = slot->request->options->idle_timeout_ms;
        int64_t end_ms = (slot->is_connected ? slot->last_byte_ms : now_ms) + limit_ms;
        if (end_ms > now_ms) {
            if (end_ms < engine->next_idle_check_ms)
                engine->next_idle_check_ms = end_ms;
            continue;
        }
        error_set(&slot->own_error, ERR_TIMEOUT, "no byte came within the idle_timeout of %g s",
                  (double)limit_ms / 1000.0);
        attempt_end(engine, slot, CURLE_OPERATION_TIMEDOUT);
    }
}

/* Ends everything; what the callbacks add meanwhile ends here as well. */
static void stop_all(struct engine *engine)
{
    struct request *request;
    while (engine->running_first != NULL)
        attempt_abandon(engine, engine->running_first);
    for (;;) {
        if ((request = backoff_pop(&engine->backoff)) == NULL &&
            (request = pop_urgent(engine)) == NULL) {
            if ((request = host_queue_pop(engine->queue)) == NULL)
                return;
            host_queue_release(engine->queue, request->host, 0);
        }
        attempt_give_up(engine, request);
    }
}

/* libcurl sets no timer for going on to a name's next address, nor does each failure of the one
 * before wake curl_multi_poll(): while a connection is being made, it has to be asked. The longer
 * that takes, the less a little more matters. INT64_MAX: none is being made. */
static int64_t connecting_wait_ms(const struct engine *engine, int64_t now_ms)
{
    int64_t youngest_ms = -1;
    for (const struct engine_slot *slot = engine->running_first; slot != NULL; slot = slot->next)
        if (!slot->is_connected && slot->started_ms > youngest_ms)
            youngest_ms = slot->started_ms;
    if (youngest_ms < 0)
        return INT64_MAX;
    int64_t wait_ms = (now_ms - youngest_ms) / CONNECTING_PART;
    return wait_ms > CONNECTING_MS ? wait_ms : CONNECTING_MS;
}

static int poll_timeout_ms(const struct engine *engine, bool has_tick)
{
    int64_t until_ms = engine->network_end_ms;
    const struct request *first = backoff_first(&engine->backoff);
    if (first != NULL && first->start_at_ms < until_ms)
        until_ms = first->start_at_ms;
    if (engine->running_first != NULL && engine->next_idle_check_ms < until_ms)
        until_ms = engine->next_idle_check_ms;
    int64_t now_ms = clock_mono_ms();
    int64_t wait_ms = until_ms - now_ms;
    if (has_tick && wait_ms > TICK_MS)
        wait_ms = TICK_MS;
    if (wait_ms > CONNECTING_MS) {
        int64_t connecting_ms = connecting_wait_ms(engine, now_ms);
        wait_ms = wait_ms < connecting_ms ? wait_ms : connecting_ms;
    }
    if (wait_ms < 0)
        wait_ms = 0;
    return wait_ms < INT32_MAX ? (int)wait_ms : INT32_MAX;
}

static bool has_work(const struct engine *engine)
{
    return engine->running_first != NULL || backoff_first(&engine->backoff) != NULL;
}

static bool check_multi(CURLMcode code, struct error *error)
{
    return code == CURLM_OK ||
           error_set(error, ERR_INTERNAL, "libcurl failed: %s", curl_multi_strerror(code));
}

/* One round: start what may start, let libcurl work, act on what it reports, wait. */
static bool turn(struct engine *engine, bool has_tick, bool *is_over, struct error *error)
{
    int running = 0;
    wake(engine);
    if (!refill(engine, error))
        return false;
    *is_over = !has_work(engine);
    if (*is_over)
        return true;
    flood_next_turn(&engine->flood);
    if (!check_multi(curl_multi_perform(engine->multi, &running), error))
        return false;
    attempt_note_started(engine);
    drain_messages(engine);
    check_idle(engine);
    wake(engine);
    if (!refill(engine, error))
        return false;
    *is_over = !has_work(engine);
    if (*is_over)
        return true;
    struct curl_waitfd extra = {.fd = stop_fd(), .events = CURL_WAIT_POLLIN};
    return check_multi(curl_multi_poll(engine->multi, &extra, extra.fd < 0 ? 0 : 1,
                                       poll_timeout_ms(engine, has_tick), NULL),
                       error);
}

bool engine_run(struct engine *engine, void (*tick)(void *arg), void *arg, struct error *error)
{
    bool is_over = false;
    while (!is_over && engine->stopped == ERR_NONE) {
        if (stop_signal() != 0)
            engine->stopped = ERR_INTERRUPTED;
        else if (clock_mono_ms() >= engine->network_end_ms)
            engine->stopped = ERR_DEADLINE;
        else if (!turn(engine, tick != NULL, &is_over, error))
            engine->stopped = ERR_INTERNAL;
        /* Taken in any case: it would keep the loop awake. */
        if (stop_take_inquiry() && engine->asked != NULL)
            engine->asked(engine->asked_arg);
        if (tick != NULL)
            tick(arg);
    }
    stop_all(engine);
    return engine->stopped != ERR_INTERNAL;
}

bool engine_is_b64token(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && text[i] != '\0' &&
           (strchr("-._~+/", text[i]) != NULL || (text[i] >= '0' && text[i] <= '9') ||
            (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z')))
        i++;
    size_t body = i;
    while (i < len && text[i] == '=')
        i++;
    return body > 0 && i == len;
}
