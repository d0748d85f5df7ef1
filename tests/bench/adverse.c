/*
 * adverse DIR: the benchmarks of fleets of which a part is dead, on the simulated fleet.
 *
 * E: 5,000 clusters, a fifth of them dead in every way the simulator knows; how long the run takes,
 * and in how much its report differs from the fleet's truth. E-waiting: only clusters that say
 * nothing; how much CPU time the program uses while it waits for them.
 *
 * Writes DIR/E/results and DIR/E-waiting/results in the form that table.py reads.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../e2e/lib/e2e.h"

#define LIVE          4000
#define DEAD          1000
#define DEADLINE_S    300
#define WINDOW_FROM_S 3
#define WINDOW_TO_S   13

static const char *const faults[] = {
    "refuse",       "blackhole",   "stall_handshake", "not_tls",    "wrong_cert",
    "expired_cert", "self_signed", "no_answer",       "stall_body", "trickle",
    "cut_body",     "cut_chunked", "reset",           "garbage",    "long_headers",
    "401",          "503",         "403_html",        "html200",    "redirect",
    "bad_json",     "empty_body",  "truncated_json",  "too_large",  "wrong_shape:no_data",
};
#define FAULTS (sizeof faults / sizeof faults[0])

static FILE *open_results(const char *dir, const char *scenario)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/results", dir, scenario);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        e2e_die("%s: %s", path, strerror(errno));
    return file;
}

static void write_dead(char *text, size_t size)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < FAULTS; i++)
        len += (size_t)snprintf(text + len, size - len, "cluster d-%02zu-{00..%02zu} fault=%s\n", i,
                                DEAD / FAULTS - 1, faults[i]);
    if (len >= size)
        e2e_die("the fleet file is too long");
}

static void measure_dead(const char *dir)
{
    char text[4096];
    snprintf(
        text, sizeof text,
        "run deadline=%d.0 concurrency=256\n"
        "defaults connect_timeout=10.0 idle_timeout=10.0 timeout=30.0 retries=1 max_body=\"4M\"\n"
        "default projects=2 workloads=20\n"
        "cluster c-{0000..%04d}\n",
        DEADLINE_S, LIVE - 1);
    write_dead(text, sizeof text);
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .timeout_ms = 2 * DEADLINE_S * 1000};
    struct e2e_result *result = e2e_run(&run);
    if (result->status != 4)
        e2e_die("E: exit status %d instead of 4: %s", result->status, result->err);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    size_t differences = e2e_compare_truth(report, fleet);
    FILE *out = open_results(dir, "E");
    fprintf(out, "1 rollcall %.3f 0 0 %ld 0\n1 deadline %d 0 0 0 0\n1 differences %zu 0 0 0 0\n",
            (double)result->wall_ms / 1000, result->peak_kib, DEADLINE_S, differences);
    fclose(out);
    printf("E: %.1f s of a deadline of %d s, peak %.1f MiB, %s clusters ok, %zu differences\n",
           (double)result->wall_ms / 1000, DEADLINE_S, (double)result->peak_kib / 1024,
           e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), differences);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* CPU time of another process, at two moments. */
struct window {
    int64_t started_ms;
    double cpu_s[2];
    double at_s[2];
    unsigned taken;
};

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
        e2e_die("E-waiting: the program ended before it was to");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void watch(void *arg, pid_t pid)
{
    static const int moments_s[] = {WINDOW_FROM_S, WINDOW_TO_S};
    struct window *window = arg;
    double now_s = (double)(e2e_now_ms() - window->started_ms) / 1000;
    if (window->taken == 2 || now_s < moments_s[window->taken])
        return;
    window->at_s[window->taken] = now_s;
    window->cpu_s[window->taken] = cpu_of(pid);
    if (++window->taken == 2)
        kill(pid, SIGTERM);
}

static void measure_waiting(const char *dir)
{
    struct e2e_fleet *fleet =
        e2e_start("run deadline=60.0 concurrency=256\n"
                  "defaults connect_timeout=30.0 idle_timeout=30.0 timeout=40.0 retries=0\n"
                  "cluster a-{00..63} fault=no_answer\ncluster b-{00..63} fault=stall_body\n"
                  "cluster h-{00..63} fault=stall_handshake\ncluster r-{00..63} fault=blackhole\n");
    struct window window = {.started_ms = e2e_now_ms()};
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .watch = watch,
                          .watch_arg = &window};
    struct e2e_result *result = e2e_run(&run);
    if (result->status != 6 || window.taken != 2)
        e2e_die("E-waiting: exit status %d instead of 6: %s", result->status, result->err);
    double wall_s = window.at_s[1] - window.at_s[0], cpu_s = window.cpu_s[1] - window.cpu_s[0];
    FILE *out = open_results(dir, "E-waiting");
    fprintf(out, "1 rollcall %.3f %.6f 0 0 0\n1 waiting %.3f %.6f 0 0 0\n", wall_s, cpu_s, wall_s,
            wall_s);
    fclose(out);
    printf("E-waiting: %.4f s of CPU time in %.1f s of waiting for 256 clusters, after %.4f s "
           "before\n",
           cpu_s, wall_s, window.cpu_s[0]);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        e2e_die("usage: adverse DIR");
    measure_dead(argv[1]);
    measure_waiting(argv[1]);
    return 0;
}
