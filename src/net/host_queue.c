#include "host_queue.h"

#include <stdlib.h>

#include "rollcall/mem.h"

struct host_queue {
    size_t count; /* requests that wait */
    struct line {
        struct engine_host *first, *last;
    } lines[LINE_COUNT];
    unsigned per_host;
};

struct host_queue *host_queue_new(unsigned per_host)
{
    struct host_queue *queue = mem_new(1, sizeof(*queue));
    queue->per_host = per_host;
    return queue;
}

void host_queue_free(struct host_queue *queue)
{
    free(queue);
}

static enum host_line find_line(const struct host_queue *queue, const struct engine_host *host)
{
    if (host->first == NULL || host->running >= queue->per_host)
        return LINE_NONE;
    if (host->running < host->running_max)
        return LINE_CONNECTED;
    return host->running_max > 0 ? LINE_USED : LINE_NEW;
}

static void leave_line(struct line *line, struct engine_host *host)
{
    *(host->prev_in_line != NULL ? &host->prev_in_line->next_in_line : &line->first) =
        host->next_in_line;
    *(host->next_in_line != NULL ? &host->next_in_line->prev_in_line : &line->last) =
        host->prev_in_line;
    host->prev_in_line = host->next_in_line = NULL;
}

static void join_line(struct line *line, struct engine_host *host)
{
    host->prev_in_line = line->last;
    *(line->last != NULL ? &line->last->next_in_line : &line->first) = host;
    line->last = host;
}

/* Puts the host at the end of the line where it belongs now, unless it is in it. */
static void change_line(struct host_queue *queue, struct engine_host *host)
{
    enum host_line line = find_line(queue, host);
    if (line == host->line)
        return;
    if (host->line != LINE_NONE)
        leave_line(&queue->lines[host->line], host);
    if (line != LINE_NONE)
        join_line(&queue->lines[line], host);
    host->line = line;
}

void host_queue_push(struct host_queue *queue, struct request *request, bool is_front)
{
    struct engine_host *host = request->host;
    queue->count++;
    if (is_front || host->first == NULL) {
        request->next = host->first;
        host->first = request;
        if (host->last == NULL)
            host->last = request;
    } else {
        request->next = NULL;
        host->last->next = request;
        host->last = request;
    }
    change_line(queue, host);
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
    for (int i = LINE_NONE + 1; host == NULL && i < LINE_COUNT; i++)
        host = queue->lines[i].first;
    if (host == NULL)
        return NULL;
    struct request *request = take_first(host);
    queue->count--;
    host->running++;
    if (host->running > host->running_max)
        host->running_max = host->running;
    change_line(queue, host);
    return request;
}

size_t host_queue_count(const struct host_queue *queue)
{
    return queue->count;
}

void host_queue_release(struct host_queue *queue, struct engine_host *host)
{
    host->running--;
    change_line(queue, host);
}
