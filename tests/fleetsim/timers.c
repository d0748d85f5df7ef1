#include "timers.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "util.h"

struct timer {
    int64_t due_ms;
    struct MHD_Connection *connection;
};

struct timers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct timer *heap; /* the nearest first */
    size_t count, room;
    bool is_stopping;
};

static void swap(struct timer *a, struct timer *b)
{
    struct timer old = *a;
    *a = *b;
    *b = old;
}

static void push(struct timers *timers, struct timer timer)
{
    if (timers->count == timers->room) {
        timers->room = timers->room == 0 ? 64 : timers->room * 2;
        timers->heap = sim_grow(timers->heap, timers->room, sizeof *timers->heap);
    }
    size_t i = timers->count++;
    timers->heap[i] = timer;
    for (; i > 0 && timers->heap[i].due_ms < timers->heap[(i - 1) / 2].due_ms; i = (i - 1) / 2)
        swap(&timers->heap[i], &timers->heap[(i - 1) / 2]);
}

static struct timer pop(struct timers *timers)
{
    struct timer first = timers->heap[0];
    timers->heap[0] = timers->heap[--timers->count];
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1;
        for (size_t child = left; child < left + 2 && child < timers->count; child++)
            if (timers->heap[child].due_ms < timers->heap[least].due_ms)
                least = child;
        if (least == i)
            return first;
        swap(&timers->heap[i], &timers->heap[least]);
        i = least;
    }
}

static void *run(void *arg)
{
    struct timers *timers = arg;
    pthread_mutex_lock(&timers->lock);
    while (!timers->is_stopping) {
        int64_t now = now_ms();
        if (timers->count == 0) {
            pthread_cond_wait(&timers->changed, &timers->lock);
        } else if (timers->heap[0].due_ms <= now) {
            MHD_resume_connection(pop(timers).connection);
        } else {
            int64_t due = timers->heap[0].due_ms;
            struct timespec until = {.tv_sec = due / 1000, .tv_nsec = (due % 1000) * 1000000};
            pthread_cond_timedwait(&timers->changed, &timers->lock, &until);
        }
    }
    while (timers->count > 0)
        MHD_resume_connection(pop(timers).connection);
    pthread_mutex_unlock(&timers->lock);
    return NULL;
}

struct timers *timers_new(void)
{
    struct timers *timers = sim_alloc(sizeof *timers);
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&timers->changed, &attributes) != 0 ||
        pthread_mutex_init(&timers->lock, NULL) != 0 ||
        pthread_create(&timers->thread, NULL, run, timers) != 0)
        die("cannot start the timers' thread");
    pthread_condattr_destroy(&attributes);
    return timers;
}

void timers_suspend(struct timers *timers, struct MHD_Connection *connection, long delay_ms)
{
    pthread_mutex_lock(&timers->lock);
    if (!timers->is_stopping) {
        MHD_suspend_connection(connection);
        push(timers, (struct timer){now_ms() + delay_ms, connection});
        pthread_cond_signal(&timers->changed);
    }
    pthread_mutex_unlock(&timers->lock);
}

void timers_stop(struct timers *timers)
{
    pthread_mutex_lock(&timers->lock);
    timers->is_stopping = true;
    pthread_cond_signal(&timers->changed);
    pthread_mutex_unlock(&timers->lock);
    pthread_join(timers->thread, NULL);
}

void timers_free(struct timers *timers)
{
    if (timers == NULL)
        return;
    pthread_cond_destroy(&timers->changed);
    pthread_mutex_destroy(&timers->lock);
    free(timers->heap);
    free(timers);
}
