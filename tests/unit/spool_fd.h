/* Finds the file of the one spool that is open in /tmp, to do to it what a bad disk would do. */
#ifndef SPOOL_FD_H
#define SPOOL_FD_H

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"

static inline int find_spool_fd(void)
{
    DIR *dir = opendir("/proc/self/fd");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    int found = -1; /* the lowest: a tool that runs the test may have such files too, high up */
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        char target[PATH_MAX] = "";
        long fd = strtol(entry->d_name, NULL, 10);
        if (fd > 2 && (found < 0 || fd < found) &&
            readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1) > 0 &&
            strncmp(target, "/tmp/", 5) == 0 && strstr(target, "(deleted)") != NULL)
            found = (int)fd;
    }
    closedir(dir);
    CU_ASSERT_FATAL(found >= 0);
    return found;
}

#endif
