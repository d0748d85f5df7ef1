/* SIGKILL at random moments: what is there afterwards is the report before or a new one, whole. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

/* Of each kind, in the quick tests and in the slow ones. */
#define KILLS      25
#define SLOW_KILLS 250

#define WORKLOADS 10000
#define KEPT      2

struct killer {
    const char *dir;
    bool waits_for_temporary;
    int64_t at_ms; /* otherwise */
    int64_t started_ms;
    long extra_ms; /* after the temporary has appeared */
    int64_t seen_ms;
    bool was_killed, had_temporary;
};

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether the process has a report's temporary open, or (pid 0) any is left in the directory. */
static bool has_temporary(const char *dir_path, pid_t pid)
{
    char fds[64];
    snprintf(fds, sizeof fds, "/proc/%ld/fd", (long)pid);
    DIR *dir = opendir(pid == 0 ? dir_path : fds);
    bool is_found = false;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char target[4096];
        ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        target[len < 0 ? 0 : len] = '\0';
        if (begins(entry->d_name, ".report") || begins(entry->d_name, ".latest.json.") ||
            strstr(target, "/.report") != NULL)
            is_found = true;
    }
    if (dir != NULL)
        closedir(dir);
    return is_found;
}

static void watch(void *arg, pid_t pid)
{
    struct killer *killer = arg;
    int64_t now = e2e_now_ms();
    bool is_due;
    if (killer->waits_for_temporary) {
        if (killer->seen_ms == 0 && has_temporary(killer->dir, pid))
            killer->seen_ms = now;
        is_due = killer->seen_ms != 0 && now - killer->seen_ms >= killer->extra_ms;
    } else {
        is_due = now - killer->started_ms >= killer->at_ms;
    }
    if (!is_due || killer->was_killed)
        return;
    /* Stopped first, so that what is seen is what is killed. */
    kill(pid, SIGSTOP);
    killer->had_temporary = has_temporary(killer->dir, pid);
    kill(pid, SIGKILL);
    killer->was_killed = true;
}

/* The report is the one before, byte for byte, or a new one that is whole. */
static void check_whole(const char *path, char **before)
{
    char *now = e2e_read(path, NULL);
    CU_ASSERT_FATAL(now != NULL);
    if (strcmp(now, *before) != 0) {
        struct e2e_report *report = e2e_load(path);
        CU_ASSERT_EQUAL(report->workload_count, WORKLOADS);
        e2e_report_free(report);
    }
    free(*before);
    *before = now;
}

/* All reports in the directory are whole; how many there are. */
static size_t count_whole(const char *dir_path)
{
    DIR *dir = opendir(dir_path);
    size_t count = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (!begins(entry->d_name, "report-"))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir_path, entry->d_name);
        struct e2e_report *report = e2e_load(path);
        CU_ASSERT_EQUAL(report->workload_count, WORKLOADS);
        e2e_report_free(report);
        count++;
    }
    closedir(dir);
    return count;
}

/* Where reports go, and how a run is told. */
struct target {
    struct e2e_fleet *fleet;
    const char *dir, *path;
    bool is_directory; /* a report directory, or else -o */
};

static struct e2e_result *collect(const struct target *target, struct killer *killer)
{
    struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(target->fleet, "rollcall.conf")},
        .watch = killer == NULL ? NULL : watch,
        .watch_arg = killer,
    };
    if (!target->is_directory) {
        run.args[4] = "-o";
        run.args[5] = target->path;
    }
    return e2e_run(&run);
}

static void kill_often(const struct target *target, unsigned kills)
{
    struct e2e_result *result = collect(target, NULL);
    CU_ASSERT_EQUAL_FATAL(result->status, 0);
    long usual_ms = result->wall_ms;
    e2e_result_free(result);
    char *before = e2e_read(target->path, NULL);
    unsigned killed = 0, while_writing = 0, littered = 0;
    uint32_t random = 12345;
    for (unsigned i = 0; i < kills || (killed < kills && i < 3 * kills); i++) {
        random = random * 1664525u + 1013904223u;
        struct killer killer = {.dir = target->dir,
                                .waits_for_temporary = i % 2 == 0,
                                .at_ms = (random >> 8) % (usual_ms + 1),
                                .started_ms = e2e_now_ms(),
                                .extra_ms = (random >> 20) % 8};
        result = collect(target, &killer);
        CU_ASSERT(result->signal == SIGKILL || result->status == 0);
        if (result->signal == SIGKILL) {
            killed++;
            while_writing += killer.had_temporary;
        }
        e2e_result_free(result);
        littered += has_temporary(target->dir, 0);
        check_whole(target->path, &before);
        if (target->is_directory)
            count_whole(target->dir);
    }
    printf("\n    %u kills, %u of them between the creation of the temporary and the rename;\n"
           "    %u times a temporary lay there afterwards\n",
           killed, while_writing, littered);
    CU_ASSERT(killed >= kills);
    CU_ASSERT(while_writing >= kills / 4);
    free(before);
}

static void test_kills(const char *settings, bool is_directory)
{
    char text[256];
    snprintf(text, sizeof text, "%scluster c-{0..9} workloads=1000 projects=1\n", settings);
    struct target target = {.fleet = e2e_start(text), .is_directory = is_directory};
    target.dir = e2e_path(target.fleet, is_directory ? "out" : ".");
    target.path = e2e_path(target.fleet, is_directory ? "out/latest.json" : "report.json");
    if (is_directory) {
        CU_ASSERT_FATAL(mkdir(target.dir, 0755) == 0);
        e2e_edit(target.fleet, "rollcall.conf", "report : {", " directory = \"@/out\";");
    }
    kill_often(&target, e2e_is_slow_wanted() ? SLOW_KILLS : KILLS);
    /* A run that is left alone sweeps up. */
    struct e2e_result *result = collect(&target, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(!has_temporary(target.dir, 0));
    struct e2e_report *report = e2e_load(target.path);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, target.fleet), 0);
    if (is_directory)
        CU_ASSERT_EQUAL(count_whole(target.dir), KEPT);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(target.fleet);
}

static void test_file(void)
{
    test_kills("", false);
}

/* With few kept reports, so that the oldest are removed while runs are killed. */
static void test_directory(void)
{
    test_kills("report keep=2\n", true);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"killed at random moments", test_file},
                                 {"with a report directory", test_directory},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/kill", tests);
}
