/* SIGKILL at random moments: what is there afterwards is the report before or a new one, whole. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

#define KILLS               50
#define KILLS_WHILE_WRITING 15

struct killer {
    const char *dir;
    bool waits_for_temporary;
    int64_t at_ms; /* otherwise */
    int64_t started_ms;
    long extra_ms; /* after the temporary has appeared */
    int64_t seen_ms;
    bool was_killed, had_temporary;
};

/* Whether the process has a temporary of report.json open, or (pid 0) any is left in the directory.
 */
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
        if (strncmp(entry->d_name, ".report.json.", 13) == 0 ||
            strstr(target, "/.report.json.") != NULL)
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
        CU_ASSERT_EQUAL(report->workload_count, 20000);
        e2e_report_free(report);
    }
    free(*before);
    *before = now;
}

static void test_kills(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster c-{0..9} workloads=2000 projects=1\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL_FATAL(result->status, 0);
    long usual_ms = result->wall_ms;
    e2e_result_free(result);
    const char *path = e2e_path(fleet, "report.json");
    char *before = e2e_read(path, NULL);
    unsigned killed = 0, while_writing = 0;
    uint32_t random = 12345;
    for (int i = 0; i < KILLS || (killed < KILLS && i < 3 * KILLS); i++) {
        random = random * 1664525u + 1013904223u;
        struct killer killer = {.dir = e2e_path(fleet, "."),
                                .waits_for_temporary = i % 2 == 0,
                                .at_ms = (random >> 8) % (usual_ms + 1),
                                .started_ms = e2e_now_ms(),
                                .extra_ms = (random >> 20) % 8};
        struct e2e_run run = {
            .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o", path},
            .watch = watch,
            .watch_arg = &killer};
        result = e2e_run(&run);
        CU_ASSERT(result->signal == SIGKILL || result->status == 0);
        if (result->signal == SIGKILL) {
            killed++;
            while_writing += killer.had_temporary;
        }
        e2e_result_free(result);
        check_whole(path, &before);
    }
    printf("\n    %u kills, %u of them between the creation of the temporary and the rename\n",
           killed, while_writing);
    CU_ASSERT(killed >= KILLS);
    CU_ASSERT(while_writing >= KILLS_WHILE_WRITING);
    /* A run that is left alone sweeps up. */
    result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(!has_temporary(e2e_path(fleet, "."), 0));
    struct e2e_report *report = e2e_load(path);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    free(before);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"killed at random moments", test_kills}, CU_TEST_INFO_NULL};
    return check_run("e2e/kill", tests);
}
