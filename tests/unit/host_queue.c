/* The engine's queues: hosts in line, and back-offs by time. */
#include "../../src/net/host_queue.h"

#include <stdlib.h>

#include "../../src/net/backoff.h"
#include "../check.h"

/* Hosts by letters; the queue knows nothing else of them. */
struct fixture {
    struct host_queue *queue;
    struct engine_host hosts[8];
};

static void open_queue(struct fixture *f, unsigned per_host)
{
    *f = (struct fixture){.queue = host_queue_new(per_host)};
}

static void push(struct fixture *f, struct request *request, char host)
{
    request->host = &f->hosts[host - 'a'];
    host_queue_push(f->queue, request, false);
}

static void test_order(void)
{
    struct fixture f;
    open_queue(&f, 8);
    struct request r[4] = {{0}};
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    push(&f, &r[0], 'a');
    push(&f, &r[1], 'a');
    push(&f, &r[2], 'a');
    r[3].host = r[0].host;
    host_queue_push(f.queue, &r[3], true);
    CU_ASSERT_EQUAL(host_queue_count(f.queue), 4);
    static const int order[] = {3, 0, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[order[i]]);
        CU_ASSERT_PTR_NULL(r[order[i]].next);
    }
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    CU_ASSERT_EQUAL(r[0].host->running, 4);
    CU_ASSERT_EQUAL(host_queue_count(f.queue), 0);
    /* One that was empty takes more than one again. */
    for (size_t i = 0; i < 3; i++)
        push(&f, &r[i], 'a');
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[i]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_free(f.queue);
}

static void test_limit(void)
{
    struct fixture f;
    open_queue(&f, 2);
    struct request r[6] = {{0}};
    for (size_t i = 0; i < 5; i++)
        push(&f, &r[i], 'a');
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[0]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[1]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    /* A further request neither passes the limit nor is lost. */
    push(&f, &r[5], 'a');
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_release(f.queue, r[0].host, 10);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[2]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_release(f.queue, r[0].host, 10);
    host_queue_release(f.queue, r[0].host, 10);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[3]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[4]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_release(f.queue, r[0].host, 10);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &r[5]);
    host_queue_release(f.queue, r[0].host, 10);
    host_queue_release(f.queue, r[0].host, 10);
    CU_ASSERT_EQUAL(r[0].host->running, 0);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_free(f.queue);
}

/* A host is given the slot that it has left, before those that wait for one. */
static void test_kept(void)
{
    struct fixture f;
    open_queue(&f, 1);
    struct request a[2] = {{0}}, b[2] = {{0}}, c = {0};
    push(&f, &a[0], 'a');
    push(&f, &b[0], 'b');
    push(&f, &c, 'c');
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[0]);
    push(&f, &a[1], 'a');
    host_queue_release(f.queue, a[0].host, 100);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[1]);
    push(&f, &b[1], 'b');
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[0]);
    host_queue_release(f.queue, b[0].host, 100);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[1]);
    host_queue_release(f.queue, a[0].host, 100);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &c);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    /* Of those that have one left, the last one goes first: its connection is the warmest. Of those
     * that have none, the first one does. */
    host_queue_release(f.queue, c.host, 100);
    host_queue_release(f.queue, b[0].host, 100);
    push(&f, &a[0], 'd');
    push(&f, &a[1], 'e');
    push(&f, &c, 'c');
    push(&f, &b[0], 'b');
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[0]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &c);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[0]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[1]);
    /* One that comes back from a pause does not take a slot that another one had just now. */
    host_queue_release(f.queue, b[0].host, 100);
    host_queue_release(f.queue, c.host, 100);
    push(&f, &b[0], 'b');
    host_queue_push(f.queue, &c, true);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[0]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &c);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_free(f.queue);
}

/* A host keeps its slot for so long, whether one request takes it or many do. */
static void test_turn(void)
{
    static const struct {
        int64_t held_ms;
        unsigned requests; /* in a row */
    } cases[] = {
        {HOST_TURN_MS + 1, 1},   {HOST_TURN_MS, 1},           {HOST_TURN_MS - 1, 2},
        {HOST_TURN_MS / 10, 10}, {HOST_TURN_MS / 10 + 1, 10}, {0, HOST_TURN_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        unsigned count = 0;
        open_queue(&f, 4);
        struct request often = {0}, other = {0};
        push(&f, &often, 'a');
        push(&f, &other, 'b');
        for (; host_queue_pop(f.queue) == &often; count++) {
            host_queue_release(f.queue, often.host, cases[i].held_ms);
            push(&f, &often, 'a');
        }
        CU_ASSERT_EQUAL(count, cases[i].requests);
        /* Its next turn is as long. */
        host_queue_release(f.queue, other.host, HOST_TURN_MS);
        push(&f, &other, 'b');
        for (count = 0; host_queue_pop(f.queue) == &often; count++) {
            host_queue_release(f.queue, often.host, cases[i].held_ms);
            push(&f, &often, 'a');
        }
        CU_ASSERT_EQUAL(count, cases[i].requests);
        host_queue_free(f.queue);
    }
}

/* Slots go to the hosts that hold the fewest; those that were given are kept. */
static void test_fewest(void)
{
    struct fixture f;
    open_queue(&f, 3);
    struct request a[4] = {{0}}, b[4] = {{0}}, c = {0};
    for (int i = 0; i < 4; i++)
        push(&f, &b[i], 'b');
    push(&f, &a[0], 'a');
    push(&f, &a[1], 'a');
    struct request *const order[] = {&b[0], &a[0], &b[1], &a[1], &b[2]};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), order[i]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    /* Two of b's three slots were left: it takes them up again before c has one. */
    push(&f, &c, 'c');
    push(&f, &b[0], 'b');
    host_queue_release(f.queue, b[0].host, 10);
    host_queue_release(f.queue, b[0].host, 10);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[3]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[0]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &c);
    /* When b's turn is over, it goes behind those that hold as many slots and wait longer. */
    push(&f, &b[1], 'b');
    push(&f, &c, 'c');
    push(&f, &a[2], 'a');
    host_queue_release(f.queue, b[0].host, 3 * HOST_TURN_MS);
    host_queue_release(f.queue, c.host, HOST_TURN_MS);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &c);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[2]);
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b[1]);
    CU_ASSERT_PTR_NULL(host_queue_pop(f.queue));
    host_queue_free(f.queue);
}

/* Who keeps its connections while it waits: others would keep too many of them open. */
static void test_next(void)
{
    struct fixture f;
    open_queue(&f, 2);
    struct request a[3] = {{0}}, b = {0}, c = {0};
    CU_ASSERT(!host_queue_is_next(f.queue, &f.hosts[0]));
    push(&f, &a[0], 'a');
    CU_ASSERT(host_queue_is_next(f.queue, a[0].host));
    push(&f, &b, 'b');
    CU_ASSERT(!host_queue_is_next(f.queue, b.host));
    host_queue_pop(f.queue);
    CU_ASSERT(!host_queue_is_next(f.queue, a[0].host));
    CU_ASSERT(host_queue_is_next(f.queue, b.host));
    /* It has a slot left, or not any more. */
    push(&f, &a[1], 'a');
    host_queue_release(f.queue, a[0].host, HOST_TURN_MS - 1);
    CU_ASSERT(host_queue_is_next(f.queue, a[0].host));
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &a[1]);
    push(&f, &a[2], 'a');
    host_queue_release(f.queue, a[0].host, 1);
    CU_ASSERT(!host_queue_is_next(f.queue, a[0].host));
    /* With nobody before it, it is as good as if it had. */
    CU_ASSERT_PTR_EQUAL(host_queue_pop(f.queue), &b);
    CU_ASSERT(host_queue_is_next(f.queue, a[0].host));
    push(&f, &c, 'c');
    CU_ASSERT(host_queue_is_next(f.queue, a[0].host));
    host_queue_free(f.queue);
}

static void test_backoff_order(void)
{
    enum { COUNT = 500 };
    static struct request requests[COUNT];
    struct backoff backoff = {0};
    CU_ASSERT_PTR_NULL(backoff_first(&backoff));
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    /* 7919 is prime to 500: every time from 0 to 499 once, mixed. */
    for (int i = 0; i < COUNT; i++) {
        requests[i].start_at_ms = (int64_t)i * 7919 % COUNT;
        backoff_push(&backoff, &requests[i]);
    }
    size_t wrong = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        const struct request *first = backoff_first(&backoff);
        wrong += first == NULL || first->start_at_ms != i;
        wrong += backoff_pop(&backoff) != first;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    backoff_free(&backoff);
}

static void test_backoff_mixed(void)
{
    struct request r[5] = {{.start_at_ms = 30},
                           {.start_at_ms = 10},
                           {.start_at_ms = INT64_MAX},
                           {.start_at_ms = 10},
                           {.start_at_ms = -5}};
    struct backoff backoff = {0};
    backoff_push(&backoff, &r[0]);
    backoff_push(&backoff, &r[1]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[1]);
    backoff_push(&backoff, &r[2]);
    backoff_push(&backoff, &r[3]);
    backoff_push(&backoff, &r[1]);
    backoff_push(&backoff, &r[4]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[4]);
    /* The same time twice: both come, in whichever order. */
    struct request *x = backoff_pop(&backoff), *y = backoff_pop(&backoff);
    CU_ASSERT((x == &r[1] && y == &r[3]) || (x == &r[3] && y == &r[1]));
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[0]);
    CU_ASSERT_PTR_EQUAL(backoff_pop(&backoff), &r[2]);
    CU_ASSERT_PTR_NULL(backoff_pop(&backoff));
    backoff_free(&backoff);
    backoff_free(&backoff);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the order within a host", test_order},
                                 {"the limit per host", test_limit},
                                 {"a host keeps its slot", test_kept},
                                 {"until its turn is over", test_turn},
                                 {"the fewest slots go first", test_fewest},
                                 {"who is next", test_next},
                                 {"back-offs come by time", test_backoff_order},
                                 {"back-offs come and go", test_backoff_mixed},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/host_queue", tests);
}
