#include "host_queue.h"

#include <stdlib.h>

#include "rollcall/mem.h"

/* A host in no line; the line of hosts that take up a slot of theirs again; and behind that a line
 * for each number of slots that a host may hold and want another one. */
enum { LINE_NONE, LINE_KEPT, LINE_HOLDS_NONE };

struct line {
    struct engine_host *first, *last;
};

struct host_queue {
    size_t count; /* requests that wait */
    unsigned per_host;
    struct line *lines; /* owned */
    unsigned line_count;
};

struct host_queue *host_queue_new(unsigned per_host)
{
    struct host_queue *queue = mem_new(1, sizeof(*queue));
    queue->per_host = per_host;
    queue->line_count = LINE_HOLDS_NONE + per_host;
    queue->lines = mem_new(queue->line_count, sizeof(*queue->lines));
    return queue;
}

void host_queue_free(struct host_queue *queue)
{
    if (queue == NULL)
        return;
    free(queue->lines);
    free(queue);
}

static unsigned find_line(const struct host_queue *queue, const struct engine_host *host)
{
    if (host->first == NULL || host->running >= queue->per_host)
        return LINE_NONE;
    if (host->running < host->kept)
        return LINE_KEPT;
    return LINE_HOLDS_NONE + host->running;
}

static void leave_line(struct line *line, struct engine_host *host)
{
    *(host->prev_in_line != NULL ? &host->prev_in_line->next_in_line : &line->first) =
        host->next_in_line;
    *(host->next_in_line != NULL ? &host->next_in_line->prev_in_line : &line->last) =
        host->prev_in_line;
    host->prev_in_line = host->next_in_line = NULL;
}

static void join_end(struct line *line, struct engine_host *host)
{
    host->prev_in_line = line->last;
    *(line->last != NULL ? &line->last->next_in_line : &line->first) = host;
    line->last = host;
}

static void join_front(struct line *line, struct engine_host *host)
{
    host->next_in_line = line->first;
    *(line->first != NULL ? &line->first->prev_in_line : &line->last) = host;
    line->first = host;
}

/* Puts the host into the line where it belongs now, unless it is in it: at the end, or at the front
 * where a slot that was free for a moment goes back to its host. */
static void change_line(struct host_queue *queue, struct engine_host *host, bool was_away)
{
    unsigned line = find_line(queue, host);
    if (line == host->line)
        return;
    if (host->line != LINE_NONE)
        leave_line(&queue->lines[host->line], host);
    if (line == LINE_KEPT && !was_away)
        join_front(&queue->lines[line], host);
    else if (line != LINE_NONE)
        join_end(&queue->lines[line], host);
    host->line = line;
}

void host_queue_push(struct host_queue *queue, struct request *request, bool was_away)
{
    struct engine_host *host = request->host;
    queue->count++;
    if (was_away || host->first == NULL) {
        request->next = host->first;
        host->first = request;
        if (host->last == NULL)
            host->last = request;
    } else {
        request->next = NULL;
        host->last->next = request;
        host->last = request;
    }
    change_line(queue, host, was_away);
}

static struct request *take_first(struct engine_host *host)
{
    struct request *request = host->first;
    host->first = request->next;
    if (host->first == NULL)
        host->last = NULL;
    request->next = NULL;
    return request;
}

struct request *host_queue_pop(struct host_queue *queue)
{
    struct engine_host *host = NULL;
    for (unsigned i = LINE_KEPT; host == NULL && i < queue->line_count; i++)
        host = queue->lines[i].first;
    if (host == NULL)
        return NULL;
    struct request *request = take_first(host);
    queue->count--;
    host->running++;
    if (host->running > host->kept) {
        host->kept = host->running;
        host->turn_left_ms += HOST_TURN_MS;
    }
    change_line(queue, host, false);
    return request;
}

bool host_queue_is_next(const struct host_queue *queue, const struct engine_host *host)
{
    return host->line == LINE_KEPT || host == queue->lines[LINE_HOLDS_NONE].first;
}

size_t host_queue_count(const struct host_queue *queue)
{
    return queue->count;
}

void host_queue_release(struct host_queue *queue, struct engine_host *host, int64_t held_ms)
{
    host->running--;
    /* What takes no time at all would be kept for ever. */
    host->turn_left_ms -= held_ms > 0 ? held_ms : 1;
    if (host->turn_left_ms <= 0) {
        host->turn_left_ms = 0;
        host->kept = 0;
    }
    change_line(queue, host, false);
}
