/*
 * Sick clusters among healthy ones: they answer the first request at once, and every other one so
 * late that they would have all slots for longer than the run lasts.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

struct mix {
    const char *text; /* the fleet: a-NNN are sick, z-NNN healthy */
    int sick, healthy;
    long timeout_ms; /* of the run, for the test */
};

static const struct mix quick[] = {
    {"run deadline=6.0 concurrency=16\n"
     "cluster a-{000..003} projects=50 workloads=1 fault=slow_first_byte:3000 fault_spares=1\n"
     "cluster z-{000..059} listed=no latency_ms=20\n",
     4, 60, 60000},
    {"run deadline=6.0 concurrency=4\n"
     "cluster a-000 projects=50 workloads=1 fault=slow_first_byte:3000 fault_spares=1\n"
     "cluster z-{000..019} listed=no latency_ms=20\n",
     1, 20, 60000},
};

static const struct mix slow[] = {
    {"run deadline=40.0\n"
     "cluster a-{000..031} projects=50 workloads=1 fault=slow_first_byte:14000 fault_spares=1\n"
     "cluster z-{000..499} listed=no latency_ms=100\n",
     32, 500, 120000},
    {"run deadline=40.0 concurrency=4\n"
     "cluster a-000 projects=50 workloads=1 fault=slow_first_byte:14000 fault_spares=1\n"
     "cluster z-{000..019} listed=no latency_ms=100\n",
     1, 20, 120000},
};

static yajl_val find(const struct e2e_report *report, char kind, int number)
{
    char name[16];
    snprintf(name, sizeof name, "%c-%03d", kind, number);
    return e2e_cluster(report, name);
}

static void check_report(const struct mix *mix, const struct e2e_report *report)
{
    int missed = 0;
    for (int i = 0; i < mix->healthy; i++)
        missed += strcmp(e2e_text(e2e_get(find(report, 'z', i), "status", NULL)), "ok") != 0;
    if (missed > 0)
        fprintf(stderr, "    %d healthy clusters of %d are missing\n", missed, mix->healthy);
    CU_ASSERT_EQUAL(missed, 0);
    /* The sick ones were as sick as they should be. */
    for (int i = 0; i < mix->sick; i++)
        CHECK_STR(e2e_text(e2e_get(find(report, 'a', i), "error", "class", NULL)), "deadline");
}

static void try_mixes(const struct mix mixes[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct e2e_fleet *fleet = e2e_start(mixes[i].text);
        const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"),
                                             "-o", e2e_path(fleet, "report.json")},
                                    .timeout_ms = mixes[i].timeout_ms};
        struct e2e_result *result = e2e_run(&run);
        CU_ASSERT_EQUAL(result->status, 4);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        check_report(&mixes[i], report);
        e2e_report_free(report);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

static void test_sick(void)
{
    try_mixes(quick, sizeof quick / sizeof quick[0]);
}

static void test_sick_in_full(void)
{
    if (e2e_is_slow_wanted())
        try_mixes(slow, sizeof slow / sizeof slow[0]);
}

/* Sets *most to the most sockets that the program has had open. */
static void watch_sockets(void *most, pid_t pid)
{
    char path[64], target[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof target);
        count += len > 7 && memcmp(target, "socket:", 7) == 0;
    }
    if (dir != NULL)
        closedir(dir);
    if (count > *(size_t *)most)
        *(size_t *)most = count;
}

/* A cluster whose connections serve no other one keeps none while all others have their turn. */
static void test_idle_connections(void)
{
    enum { CLUSTERS = 36, SLOTS = 12, MORE = 8 };
    size_t most = 0;
    if (!e2e_is_slow_wanted())
        return;
    struct e2e_fleet *fleet =
        e2e_start("run concurrency=12 per_host=1\n"
                  "defaults resolve=[\"nobody.test:443:192.0.2.1\"]\n"
                  "cluster c-{00..35} projects=2 tls=no fault=slow_first_byte:3100\n");
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")},
                                .timeout_ms = 120000,
                                .watch = watch_sockets,
                                .watch_arg = &most};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    printf("\n    %zu sockets for %d slots and %d clusters\n", most, SLOTS, CLUSTERS);
    CU_ASSERT(most >= SLOTS);
    CU_ASSERT(most <= SLOTS + MORE);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"sick clusters cost healthy ones nothing", test_sick},
                                 {"the same in full", test_sick_in_full},
                                 {"connections that idle", test_idle_connections},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/fairness", tests);
}
