/* What the tests of outfile share: a directory of each test's own, and what is in it. */
#ifndef OUTFILE_SCENE_H
#define OUTFILE_SCENE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/outfile.h"

/* Every test runs in an empty directory of its own, which is the current one. */
static inline char *enter_directory(void)
{
    char *path = mem_printf("%s/outfile.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(path) == NULL || chdir(path) != 0) {
        perror(path);
        exit(2);
    }
    return path;
}

static inline void remove_tree(const char *path)
{
    DIR *entries = opendir(path);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *inner = mem_printf("%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            remove_tree(inner);
        free(inner);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(path);
}

static inline void leave_directory(char *path)
{
    CU_ASSERT_EQUAL(chdir("/"), 0);
    remove_tree(path);
    free(path);
}

static inline void put(const char *path, const char *content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

/* The file's content ("(none)" without one) in memory of the caller's. */
static inline char *get(const char *path, char content[100])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, content, 99);
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return strcpy(content, "(none)");
    content[len] = '\0';
    return content;
}

/* How many entries the directory has, those that begin with a dot included. */
static inline int count_entries(const char *path)
{
    int count = 0;
    DIR *entries = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(entries);
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count - 2;
}

static inline bool write_file(const char *path, const char *content, struct error *error)
{
    struct outfile *file = outfile_open(path, 0644, error);
    if (file == NULL)
        return false;
    outfile_write(file, content, strlen(content));
    return outfile_commit(file, error);
}

#endif
