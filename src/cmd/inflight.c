#include "inflight.h"

#include <stdlib.h>

#include "rollcall/clock.h"
#include "session.h"

#define SHOWN_MAX      50
#define WHAT_MAX_BYTES 2048

struct views {
    struct request_view *items; /* owned; the requests are not */
    size_t count, room;
};

static void take_view(void *arg, const struct request_view *view)
{
    struct views *views = arg;
    if (views->count == views->room) {
        views->room = views->room == 0 ? 64 : views->room * 2;
        views->items = mem_resize(views->items, views->room, sizeof(*views->items));
    }
    views->items[views->count++] = *view;
}

static int compare_longest(const void *a, const void *b)
{
    int64_t first_ms = ((const struct request_view *)a)->for_ms;
    int64_t second_ms = ((const struct request_view *)b)->for_ms;
    return (first_ms < second_ms) - (first_ms > second_ms);
}

static double seconds(int64_t ms)
{
    return (double)ms / 1000.0;
}

static void print_counts(const struct session *session)
{
    const struct engine_counts counts = engine_count(session->engine);
    const struct collect_progress *progress = &session->progress;
    struct buf clusters;
    buf_init(&clusters, 256);
    if (progress->total > 0)
        buf_printf(&clusters, "clusters: %zu of %zu done, %zu of them failed; ",
                   progress->answered + progress->failed, progress->total, progress->failed);
    log_notice(session->log,
               "requests: %zu in flight, %zu waiting for their next attempt, %zu queued, %zu done; "
               "%s%.1f s until the network part ends",
               counts.running, counts.waiting, counts.queued, counts.done,
               clusters.data == NULL ? "" : clusters.data,
               seconds(session_network_end_ms(session) - clock_mono_ms()));
    buf_free(&clusters);
}

static void print_request(const struct log *log, const struct request_view *view)
{
    struct buf buf;
    buf_init(&buf, WHAT_MAX_BYTES);
    view->request->ops->describe(view->request, &buf);
    const char *what = buf.data == NULL ? "" : buf.data;
    double for_s = seconds(view->for_ms);
    switch (view->state) {
    case REQUEST_CONNECTING:
        log_notice(log, "%s: attempt %u, connecting for %.1f s", what, view->attempt, for_s);
        break;
    case REQUEST_SENT:
        log_notice(log, "%s: attempt %u, without an answer for %.1f s", what, view->attempt, for_s);
        break;
    case REQUEST_RECEIVING:
        log_notice(log, "%s: attempt %u, under way for %.1f s, %lld bytes so far", what,
                   view->attempt, for_s, (long long)view->bytes);
        break;
    case REQUEST_WAITING:
        log_notice(log, "%s: waiting for %.1f s, attempt %u in %.1f s", what, for_s, view->attempt,
                   seconds(view->left_ms < 0 ? 0 : view->left_ms));
        break;
    }
    buf_free(&buf);
}

void inflight_print(void *arg)
{
    const struct session *session = arg;
    struct views views = {0};
    print_counts(session);
    engine_each(session->engine, take_view, &views);
    if (views.count > 0)
        qsort(views.items, views.count, sizeof(*views.items), compare_longest);
    for (size_t i = 0; i < views.count && i < SHOWN_MAX; i++)
        print_request(session->log, &views.items[i]);
    if (views.count > SHOWN_MAX)
        log_notice(session->log, "and %zu more", views.count - SHOWN_MAX);
    free(views.items);
}
