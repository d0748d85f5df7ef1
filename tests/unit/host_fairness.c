/*
 * The engine's queue against what it promises (host_queue.h), on a clock of its own: fleets of all
 * shapes, in which each wait for a slot is held against the most that the others may cost.
 */
#include <stdlib.h>

#include "../../src/net/host_queue.h"
#include "../check.h"

enum { CASES = 10000, VISITORS_MAX = 600, JOBS_MAX = 50, SLOTS_MAX = 256 };

struct visitor;

struct job {
    struct request request; /* first, so that one is the other */
    struct visitor *visitor;
    int64_t duration_ms;
    int64_t pause_ms; /* between the end of the one before and this one's coming */
    int64_t at_ms;    /* of its coming, then of its end */
};

/* A host, and what it is asked for. */
struct visitor {
    struct engine_host host;
    struct job jobs[JOBS_MAX];
    size_t job_count, begun, ended;
    size_t width;      /* jobs that come at once */
    bool begins_alone; /* but the first one comes before them */
    bool was_served;
    int64_t waits_since_ms; /* with no slot; -1: it does not */
    int64_t work_ms;        /* of all its jobs */
    int64_t longest_ms;     /* of its jobs */
    int64_t ended_ms;
    int64_t freed_ms;   /* when it gave back a slot, and took none since; -1: it did not */
    size_t slots_given; /* others than that one: each may cost a handshake */
    bool has_pauses;
};

/* A fleet and a clock. */
struct sim {
    struct host_queue *queue;
    unsigned slots, per_host;
    struct visitor *visitors;
    size_t visitor_count;
    struct job *running[SLOTS_MAX];
    size_t running_count;
    struct job *coming[VISITORS_MAX * 8];
    size_t coming_count;
    int64_t now_ms;
    size_t late;   /* waits that were longer than promised */
    size_t movers; /* hosts whose slots were taken too soon */
};

static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static int64_t random_ms(int64_t from, int64_t to)
{
    return from + (int64_t)random_below((uint64_t)(to - from + 1));
}

/* The most slot time that a host can take while another one waits for a slot: what its slots keep,
 * and what runs in them then. `slots`: how many it can have had when the other one came. */
static int64_t cost_ms(const struct visitor *v, unsigned slots)
{
    int64_t most_ms = slots * (HOST_TURN_MS + v->longest_ms);
    return v->work_ms < most_ms ? v->work_ms : most_ms;
}

/* How long this visitor may wait for a slot. */
static int64_t longest_wait_ms(const struct sim *sim, const struct visitor *waits)
{
    int64_t sum_ms = 0;
    for (size_t i = 0; i < sim->visitor_count; i++)
        if (&sim->visitors[i] != waits)
            sum_ms += cost_ms(&sim->visitors[i], waits->was_served ? sim->per_host : 1);
    return sum_ms / sim->slots;
}

static void note_wait(const struct sim *sim, struct visitor *v)
{
    if (v->host.first != NULL && v->host.running == 0 && v->waits_since_ms < 0)
        v->waits_since_ms = sim->now_ms;
}

static void come(struct sim *sim, struct job *job)
{
    job->request.host = &job->visitor->host;
    host_queue_push(sim->queue, &job->request, job->pause_ms > 0);
    note_wait(sim, job->visitor);
}

/* Lets come what may: now, or after its pause. */
static void invite(struct sim *sim, struct visitor *v)
{
    size_t width = v->begins_alone && v->ended == 0 ? 1 : v->width;
    while (v->begun < v->job_count && v->begun - v->ended < width) {
        struct job *job = &v->jobs[v->begun++];
        job->at_ms = sim->now_ms + job->pause_ms;
        if (job->pause_ms == 0)
            come(sim, job);
        else
            sim->coming[sim->coming_count++] = job;
    }
}

static void start_all(struct sim *sim)
{
    struct request *request;
    while (sim->running_count < sim->slots && (request = host_queue_pop(sim->queue)) != NULL) {
        struct job *job = (struct job *)request;
        struct visitor *v = job->visitor;
        v->slots_given += v->freed_ms != sim->now_ms;
        v->freed_ms = -1;
        if (v->waits_since_ms >= 0 && sim->now_ms - v->waits_since_ms > longest_wait_ms(sim, v))
            sim->late++;
        v->waits_since_ms = -1;
        v->was_served = true;
        job->at_ms = sim->now_ms + job->duration_ms;
        sim->running[sim->running_count++] = job;
    }
}

static void end(struct sim *sim, struct job *job)
{
    struct visitor *v = job->visitor;
    host_queue_release(sim->queue, &v->host, job->duration_ms);
    v->freed_ms = sim->now_ms;
    v->ended++;
    v->ended_ms = sim->now_ms;
    invite(sim, v);
    note_wait(sim, v);
}

/* Takes out of a list what is due; NULL when nothing is. */
static struct job *take_due(const struct sim *sim, struct job **list, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i]->at_ms <= sim->now_ms) {
            struct job *job = list[i];
            list[i] = list[--*count];
            return job;
        }
    return NULL;
}

static int64_t next_event_ms(const struct sim *sim)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < sim->running_count; i++)
        if (sim->running[i]->at_ms < next_ms)
            next_ms = sim->running[i]->at_ms;
    for (size_t i = 0; i < sim->coming_count; i++)
        if (sim->coming[i]->at_ms < next_ms)
            next_ms = sim->coming[i]->at_ms;
    return next_ms;
}

static void sim_open(struct sim *sim, unsigned slots, unsigned per_host, size_t visitors)
{
    *sim = (struct sim){.queue = host_queue_new(per_host),
                        .slots = slots,
                        .per_host = per_host,
                        .visitors = calloc(visitors, sizeof *sim->visitors)};
    CU_ASSERT_FATAL(sim->visitors != NULL);
}

static void sim_close(struct sim *sim)
{
    host_queue_free(sim->queue);
    free(sim->visitors);
}

static struct visitor *add_visitor(struct sim *sim, size_t width)
{
    struct visitor *v = &sim->visitors[sim->visitor_count++];
    v->width = width;
    v->waits_since_ms = v->freed_ms = -1;
    return v;
}

static void add_job(struct visitor *v, int64_t duration_ms, int64_t pause_ms)
{
    v->jobs[v->job_count++] =
        (struct job){.visitor = v, .duration_ms = duration_ms, .pause_ms = pause_ms};
    v->has_pauses = v->has_pauses || pause_ms > 0;
    v->work_ms += duration_ms;
    if (duration_ms > v->longest_ms)
        v->longest_ms = duration_ms;
}

/* Whether a host that wants one slot all the time was given another one too soon: it keeps it for
 * HOST_TURN_MS, in which no job takes less than 1 ms. */
static bool has_moved(const struct visitor *v)
{
    int64_t turns = (v->work_ms + (int64_t)v->job_count) / HOST_TURN_MS;
    return v->width == 1 && !v->has_pauses && (int64_t)v->slots_given > turns + 1;
}

/* Until nothing is left; returns how many jobs ended. */
static size_t sim_run(struct sim *sim)
{
    size_t ended = 0;
    struct job *job;
    for (size_t i = 0; i < sim->visitor_count; i++)
        invite(sim, &sim->visitors[i]);
    for (start_all(sim); sim->running_count + sim->coming_count > 0; start_all(sim)) {
        sim->now_ms = next_event_ms(sim);
        for (; (job = take_due(sim, sim->running, &sim->running_count)) != NULL; ended++)
            end(sim, job);
        while ((job = take_due(sim, sim->coming, &sim->coming_count)) != NULL)
            come(sim, job);
    }
    for (size_t i = 0; i < sim->visitor_count; i++)
        sim->movers += has_moved(&sim->visitors[i]);
    return ended;
}

/* Quick ones, slow ones, slow ones that seem quick at first, and all sorts. */
static void add_random_visitor(struct sim *sim, bool has_pauses)
{
    static const struct {
        int64_t from_ms, to_ms;
    } speeds[] = {{0, 5}, {20, 300}, {1000, 20000}, {0, 4000}};
    struct visitor *v = add_visitor(sim, 1 + random_below(sim->per_host + 1));
    size_t speed = random_below(4), count = 1 + random_below(speed == 0 ? JOBS_MAX : 12);
    v->begins_alone = random_below(2) == 0;
    bool seems_quick = random_below(2) == 0;
    for (size_t i = 0; i < count; i++) {
        bool is_paused = has_pauses && i > 0 && random_below(4) == 0;
        add_job(v,
                i == 0 && seems_quick ? random_ms(0, 20)
                                      : random_ms(speeds[speed].from_ms, speeds[speed].to_ms),
                is_paused ? random_ms(1, 8000) : 0);
    }
}

static void test_bound(void)
{
    size_t late = 0, lost = 0, movers = 0;
    for (uint64_t i = 1; i <= CASES; i++) {
        struct sim sim;
        random_state = i * 0x9E3779B97F4A7C15u;
        size_t count = 2 + random_below(30), jobs = 0;
        sim_open(&sim, (unsigned)(1 + random_below(16)), (unsigned)(1 + random_below(6)), count);
        bool has_pauses = random_below(2) == 0;
        while (sim.visitor_count < count)
            add_random_visitor(&sim, has_pauses);
        for (size_t v = 0; v < count; v++)
            jobs += sim.visitors[v].job_count;
        lost += sim_run(&sim) != jobs || host_queue_count(sim.queue) != 0;
        movers += sim.movers;
        if (sim.late > 0 && late++ == 0)
            fprintf(stderr, "    case %llu: %zu waits are too long\n", (unsigned long long)i,
                    sim.late);
        sim_close(&sim);
    }
    if (late > 0)
        fprintf(stderr, "    %zu cases of %d have such waits\n", late, CASES);
    CU_ASSERT_EQUAL(late, 0);
    CU_ASSERT_EQUAL(lost, 0);
    CU_ASSERT_EQUAL(movers, 0);
}

/* Sick hosts that answer the first request at once and every other in 14 s cost the healthy ones a
 * small part of the run. */
static void test_sick_hosts(void)
{
    static const struct {
        unsigned slots;
        size_t sick, healthy;
        int64_t end_ms; /* of the network part */
    } fleets[] = {{128, 32, 500, 35000}, {4, 1, 20, 35000}, {16, 64, 100, 90000}};
    for (size_t f = 0; f < sizeof fleets / sizeof fleets[0]; f++) {
        struct sim sim;
        size_t missed = 0;
        sim_open(&sim, fleets[f].slots, 4, fleets[f].sick + fleets[f].healthy);
        for (size_t i = 0; i < fleets[f].sick + fleets[f].healthy; i++) {
            bool is_sick = i < fleets[f].sick;
            struct visitor *v = add_visitor(&sim, 4);
            v->begins_alone = true;
            add_job(v, is_sick ? 0 : 100, 0);
            for (int more = is_sick ? 49 : 1; more > 0; more--)
                add_job(v, is_sick ? 14000 : 100, 0);
        }
        sim_run(&sim);
        for (size_t i = fleets[f].sick; i < sim.visitor_count; i++)
            missed += sim.visitors[i].ended_ms > fleets[f].end_ms;
        CU_ASSERT_EQUAL(missed, 0);
        CU_ASSERT_EQUAL(sim.late, 0);
        sim_close(&sim);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"no wait is longer, no slot kept shorter than promised", test_bound},
        {"sick hosts cost healthy ones little", test_sick_hosts},
        CU_TEST_INFO_NULL};
    return check_run("unit/host_fairness", tests);
}
