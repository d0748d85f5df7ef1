#include "engine_internal.h"
#include "host_queue.h"
#include "rollcall/clock.h"

struct engine_counts engine_count(const struct engine *engine)
{
    struct engine_counts counts = {
        .running = engine_running(engine),
        .waiting = engine->backoff.count,
        .queued = host_queue_count(engine->queue),
        .done = engine->done,
    };
    for (const struct request *r = engine->urgent_first; r != NULL; r = r->next)
        counts.queued++;
    return counts;
}

static struct request_view view_running(const struct engine_slot *slot, int64_t now_ms)
{
    enum request_state state = !slot->is_connected       ? REQUEST_CONNECTING
                               : slot->header_bytes == 0 ? REQUEST_SENT
                                                         : REQUEST_RECEIVING;
    return (struct request_view){
        .request = slot->request,
        .state = state,
        .attempt = slot->request->retries_here + 1,
        .for_ms = now_ms - slot->started_ms,
        .bytes = slot->body_bytes,
    };
}

void engine_each(const struct engine *engine,
                 void (*fn)(void *arg, const struct request_view *view), void *arg)
{
    int64_t now_ms = clock_mono_ms();
    for (const struct engine_slot *slot = engine->running_first; slot != NULL; slot = slot->next) {
        const struct request_view view = view_running(slot, now_ms);
        fn(arg, &view);
    }
    for (size_t i = 0; i < engine->backoff.count; i++) {
        const struct request *request = engine->backoff.items[i];
        const struct request_view view = {
            .request = request,
            .state = REQUEST_WAITING,
            .attempt = request->retries_here + 1,
            .for_ms = now_ms - request->waits_since_ms,
            .left_ms = request->start_at_ms - now_ms,
        };
        fn(arg, &view);
    }
}
