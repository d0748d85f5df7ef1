/* What a run costs that can be counted: connections, requests, system calls, allocations. */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

/* Calls for each MiB of answers, sorting on disk and writing the report included. */
#define CALLS_PER_MIB_MAX 110

struct counts {
    unsigned long long allocations;
    unsigned long long calls;
    double mib; /* of answers */
};

/* Runs against one cluster with so many workloads under the counting library. Without TLS, which
 * allocates and receives by records of its own. */
static struct counts count(unsigned workloads)
{
    char text[128], log[512];
    struct counts counts = {0};
    snprintf(text, sizeof text, "cluster c workloads=%u tls=no\n", workloads);
    struct e2e_fleet *fleet = e2e_start(text);
    char *preload[E2E_PRELOAD_COUNT];
    e2e_preload("count", preload);
    char *count_log = strdup(e2e_path(fleet, "counts"));
    char *conf = strdup(e2e_path(fleet, "rollcall.conf"));
    snprintf(log, sizeof log, "COUNT_LOG=%s", count_log);
    struct e2e_run run = {
        .args = {"run", "-q", "-c", conf, "-o", e2e_path(fleet, "report.json")},
        .env = {preload[0], preload[1], log},
    };
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    e2e_result_free(result);

    char *line = e2e_read(count_log, NULL);
    CU_ASSERT(line != NULL &&
              sscanf(line, "allocations %llu calls %llu", &counts.allocations, &counts.calls) == 2);
    free(line);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(report->workload_count, workloads);
    const char *bytes = e2e_text(e2e_get(e2e_cluster(report, "c"), "bytes", NULL));
    counts.mib = strtod(bytes, NULL) / (1 << 20);
    e2e_report_free(report);
    free(count_log);
    free(conf);
    free(preload[0]);
    free(preload[1]);
    e2e_stop(fleet);
    return counts;
}

/* What a small answer costs is taken off: the start, the handshake, buffers that reach their size.
 */
static void test_steady_state(void)
{
    enum { SMALL = 20000, LARGE = 120000 };
    if (e2e_is_sanitized())
        return; /* its allocator is another one */
    struct counts small = count(SMALL), large = count(LARGE);
    double allocations = (double)large.allocations - (double)small.allocations;
    double calls_per_mib = ((double)large.calls - (double)small.calls) / (large.mib - small.mib);
    printf("\n    %.0f allocations for %d workloads more, %.0f system calls a MiB\n", allocations,
           LARGE - SMALL, calls_per_mib);
    /* The list of sorted runs grows, and so do the readers that merge them. */
    CU_ASSERT(allocations < (LARGE - SMALL) / 200.0);
    CU_ASSERT(calls_per_mib < CALLS_PER_MIB_MAX);
}

/* Connections on which some request of this cluster was served, from requests.log. */
static size_t count_connections(struct e2e_fleet *fleet, const char *cluster)
{
    char *log = e2e_read(e2e_path(fleet, "requests.log"), NULL);
    char seen[64][16];
    size_t count = 0;
    if (log == NULL)
        e2e_die("requests.log is missing");
    for (char *line = log, *next; line != NULL && *line != '\0'; line = next) {
        char name[64], connection[16], method[16];
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (sscanf(line, "%*s %63s %15s %15s", name, connection, method) != 3 ||
            strcmp(name, cluster) != 0 || strcmp(method, "GET") != 0)
            continue;
        size_t i = 0;
        while (i < count && strcmp(seen[i], connection) != 0)
            i++;
        if (i == count && count < sizeof seen / sizeof *seen)
            snprintf(seen[count++], sizeof *seen, "%s", connection);
    }
    free(log);
    return count;
}

static void check_connections_and_requests(const char *run)
{
    enum { CLUSTERS = 50 };
    char text[512];
    snprintf(text, sizeof text,
             "%s"
             "cluster one-{00..49} workloads=5\n"
             "cluster asked-{00..49} workloads=5 listed=no\n"
             "cluster four-{00..49} workloads=5 projects=4\n"
             "cluster stream-{00..49} workloads=5 projects=12 listed=no http2=yes\n",
             run);
    struct e2e_fleet *fleet = e2e_start(text);
    struct e2e_report *report = e2e_collect_report(fleet, 0, NULL);
    for (int i = 0; i < CLUSTERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "one-%02d", i);
        CU_ASSERT_EQUAL(count_connections(fleet, name), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, name, "/", NULL), 1);
        snprintf(name, sizeof name, "asked-%02d", i);
        CU_ASSERT_EQUAL(count_connections(fleet, name), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, name, "/", NULL), 2);
        /* The first project shows how to ask; the other three share at most per_host more. */
        snprintf(name, sizeof name, "four-%02d", i);
        CU_ASSERT(count_connections(fleet, name) <= 3);
        CU_ASSERT_EQUAL(e2e_count(fleet, name, "/", NULL), 4);
        /* HTTP/2 carries them all beside each other. */
        snprintf(name, sizeof name, "stream-%02d", i);
        CU_ASSERT_EQUAL(count_connections(fleet, name), 1);
        CU_ASSERT_EQUAL(e2e_count(fleet, name, "/", NULL), 13);
    }
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/api/v1/token", NULL), 1);
    e2e_report_free(report);
    e2e_stop(fleet);
}

static void test_connections_and_requests(void)
{
    check_connections_and_requests("");
}

/* Many more clusters than slots, all of which are wanted by clusters in use as well. */
static void test_few_slots(void)
{
    check_connections_and_requests("run concurrency=8\n");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"connections and requests", test_connections_and_requests},
        {"the same with few slots", test_few_slots},
        {"allocations and system calls in steady state", test_steady_state},
        CU_TEST_INFO_NULL,
    };
    return check_run("e2e/costs", tests);
}
