#include "rollcall/store.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/mem.h"
#include "rollcall/outfile.h"
#include "rollcall/text.h"

struct store {
    const char *directory; /* borrowed */
    struct lockfile *lock; /* owned */
};

/* '#' stands for a digit. */
static const char whole_pattern[] = "report-########T######.###Z.json";
static const char filtered_pattern[] = "report-########T######.###Z-filtered.json";

bool store_check(const char *directory, struct error *error)
{
    struct stat info;
    char *latest = mem_printf("%s/latest.json", directory);
    bool is_fine = true;
    bool is_there = stat(directory, &info) == 0;
    if (!is_there && errno != ENOENT)
        is_fine = error_set(error, ERR_INTERNAL, "cannot examine the report directory %s: %s",
                            directory, strerror(errno));
    else if (!is_there || !S_ISDIR(info.st_mode))
        is_fine = error_set(error, ERR_INTERNAL, "the report directory %s %s", directory,
                            is_there ? "is no directory" : "does not exist");
    else if (lstat(latest, &info) == 0 && S_ISDIR(info.st_mode))
        is_fine = error_set(error, ERR_INTERNAL, "%s is a directory: it is to be a link", latest);
    else
        is_fine = outfile_check(latest, error);
    free(latest);
    return is_fine;
}

enum lock_result store_open(const char *directory, const struct lock_wait *wait,
                            struct store **store, struct error *error)
{
    struct lockfile *lock = NULL;
    if (!store_check(directory, error))
        return LOCK_FAILED;
    char *lock_path = mem_printf("%s/lock", directory);
    enum lock_result result = lockfile_wait(lock_path, wait, &lock, error);
    free(lock_path);
    if (result != LOCK_TAKEN)
        return result;
    outfile_sweep(directory, ".report-");
    outfile_sweep(directory, ".latest.json.");
    *store = mem_new(1, sizeof **store);
    **store = (struct store){.directory = directory, .lock = lock};
    return LOCK_TAKEN;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    lockfile_release(store->lock);
    free(store);
}

/* "report-20261124T030009.312Z.json": sorts by time, needs no quoting anywhere. */
static char *format_name(int64_t time_ms, bool is_filtered)
{
    int64_t seconds = time_ms / 1000, millis = time_ms % 1000;
    if (millis < 0) {
        millis += 1000;
        seconds--;
    }
    char time[TEXT_TIME_SIZE];
    if (!text_format_time(seconds, time)) /* a clock that is no clock: any valid name will do */
        snprintf(time, sizeof time, "1970-01-01T00:00:00Z");
    return mem_printf("report-%.4s%.2s%.2sT%.2s%.2s%.2s.%03dZ%s.json", time, time + 5, time + 8,
                      time + 11, time + 14, time + 17, (int)millis, is_filtered ? "-filtered" : "");
}

char *store_report_path(const struct store *store, int64_t time_ms, bool is_filtered)
{
    for (;; time_ms++) {
        char *name = format_name(time_ms, is_filtered);
        char *path = mem_printf("%s/%s", store->directory, name);
        struct stat info;
        free(name);
        if (lstat(path, &info) != 0)
            return path;
        free(path);
    }
}

static bool matches(const char *pattern, const char *name)
{
    for (; *pattern != '\0' && *name != '\0'; pattern++, name++) {
        bool is_digit = *name >= '0' && *name <= '9';
        if (*pattern == '#' ? !is_digit : *pattern != *name)
            return false;
    }
    return *pattern == '\0' && *name == '\0';
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The reports in the directory whose names match, the oldest first; the caller frees the names and
 * the array. */
static char **list_reports(const char *directory, const char *pattern, size_t *count)
{
    char **names = NULL;
    size_t cap = 0;
    *count = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL)
        return NULL;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (!matches(pattern, entry->d_name))
            continue;
        if (*count == cap) {
            cap = cap == 0 ? 64 : cap * 2;
            names = mem_resize(names, cap, sizeof *names);
        }
        names[(*count)++] = mem_strdup(entry->d_name);
    }
    closedir(dir);
    if (*count > 1)
        qsort(names, *count, sizeof *names, compare_names);
    return names;
}

static bool is_latest(const char *directory, const char *name)
{
    char target[PATH_MAX];
    char *path = mem_printf("%s/latest.json", directory);
    ssize_t len = readlink(path, target, sizeof target - 1);
    free(path);
    target[len > 0 ? len : 0] = '\0';
    const char *slash = strrchr(target, '/');
    return strcmp(slash == NULL ? target : slash + 1, name) == 0;
}

/* Removes the oldest reports of the sort of `current` beyond `keep`, but neither that one nor what
 * latest.json names. What cannot be removed stays for the next run to try again: the report of this
 * one is out already. */
static void remove_old(const char *directory, const char *current, const char *pattern,
                       unsigned keep)
{
    size_t count;
    char **names = list_reports(directory, pattern, &count);
    for (size_t i = 0; i < count; i++) {
        if (count - i > keep && strcmp(names[i], current) != 0 && !is_latest(directory, names[i])) {
            char *path = mem_printf("%s/%s", directory, names[i]);
            (void)unlink(path);
            free(path);
        }
        free(names[i]);
    }
    free(names);
}

bool store_publish(struct store *store, const char *path, unsigned keep, struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    bool is_filtered = matches(filtered_pattern, name);
    char *link_path = mem_printf("%s/latest.json", store->directory);
    bool is_published = is_filtered || outfile_swap_link(link_path, name, error);
    free(link_path);
    if (is_published && keep > 0)
        remove_old(store->directory, name, is_filtered ? filtered_pattern : whole_pattern, keep);
    return is_published;
}
