#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile_internal.h"
#include "rollcall/file.h"
#include "rollcall/mem.h"
#include "rollcall/outfile.h"

/* As many as the kernel follows. */
#define MAX_LINKS 40

/* The most that a temporary's name has beyond NAME: two dots, pid and number (or six random
 * letters), ".tmp". */
#define TEMP_EXTRA_BYTES (2 + 20 + 4)

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *outfile_directory_of(const char *path)
{
    const char *name = name_of(path);
    if (name == path)
        return mem_strdup(".");
    size_t len = (size_t)(name - path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return mem_copy(path, len);
}

char *outfile_temp_prefix(const char *path)
{
    const char *name = name_of(path);
    size_t len = strlen(name);
    if (len > NAME_MAX - TEMP_EXTRA_BYTES) {
        len = NAME_MAX - TEMP_EXTRA_BYTES;
        /* Not within a UTF-8 character: some file systems refuse that. */
        while (len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80)
            len--;
    }
    return mem_printf(".%.*s.", (int)len, name);
}

/* Follows the symbolic link at `path`, which is freed; NULL with errno set when there is no end. */
static char *resolve_links(char *path)
{
    char next[PATH_MAX];
    for (int count = 0; count <= MAX_LINKS; count++) {
        ssize_t len = readlink(path, next, sizeof next);
        if (len < 0) /* no link, or nothing there yet */
            return path;
        if ((size_t)len == sizeof next)
            break;
        char *target = mem_copy(next, (size_t)len);
        if (target[0] != '/') {
            char *directory = outfile_directory_of(path);
            char *joined = mem_printf("%s/%s", directory, target);
            free(directory);
            free(target);
            target = joined;
        }
        free(path);
        path = target;
    }
    free(path);
    errno = ELOOP;
    return NULL;
}

static bool check_directory(const struct outfile_target *target, struct error *error)
{
    struct stat st;
    if (stat(target->directory, &st) != 0 && errno == ENOENT)
        return error_set(error, ERR_INTERNAL, "cannot write %s: the directory %s does not exist",
                         target->shown, target->directory);
    if (stat(target->directory, &st) == 0 && !S_ISDIR(st.st_mode))
        return error_set(error, ERR_INTERNAL, "cannot write %s: %s is not a directory",
                         target->shown, target->directory);
    if (faccessat(AT_FDCWD, target->directory, W_OK | X_OK, AT_EACCESS) != 0)
        return error_set(error, ERR_INTERNAL,
                         "cannot write %s: no file can be made in the directory %s: %s",
                         target->shown, target->directory, strerror(errno));
    return true;
}

bool outfile_target_find(struct outfile_target *target, const char *path, struct error *error)
{
    struct stat st;
    *target = (struct outfile_target){.kind = TARGET_STDOUT};
    if (strcmp(path, "-") == 0) {
        target->shown = mem_strdup("standard output");
        return true;
    }
    target->shown = mem_strdup(path);
    bool is_there = stat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode))
        return error_set(error, ERR_INTERNAL, "cannot write %s: it is a directory", path);
    if (*path == '\0' || *name_of(path) == '\0')
        return error_set(error, ERR_INTERNAL, "cannot write \"%s\": it names no file", path);
    if (is_there && !S_ISREG(st.st_mode)) {
        /* Not resolved: what /dev/stdout leads to need not have a path. */
        target->kind = TARGET_DIRECT;
        target->path = mem_strdup(path);
        return true;
    }
    target->kind = TARGET_REPLACED;
    target->path = resolve_links(mem_strdup(path));
    if (target->path == NULL) {
        /* Two statements for -fanalyzer, which does not know that error_set() returns false. */
        error_set(error, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
        return false;
    }
    target->directory = outfile_directory_of(target->path);
    return check_directory(target, error);
}

void outfile_target_free(struct outfile_target *target)
{
    free(target->path);
    free(target->directory);
    free(target->shown);
    *target = (struct outfile_target){.kind = TARGET_STDOUT};
}

bool outfile_check(const char *path, struct error *error)
{
    struct outfile_target target;
    bool is_fine = outfile_target_find(&target, path, error);
    if (is_fine && target.kind == TARGET_DIRECT &&
        faccessat(AT_FDCWD, target.path, W_OK, AT_EACCESS) != 0)
        is_fine = error_set(error, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
    if (is_fine && target.kind == TARGET_REPLACED) {
        /* Permissions alone do not tell: the temporary is made and taken away again. */
        struct outfile *file = outfile_open(path, 0600, error);
        is_fine = file != NULL;
        outfile_abort(file);
    }
    outfile_target_free(&target);
    return is_fine;
}

static bool is_same_directory(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool outfile_is_same(const char *a, const char *b)
{
    struct outfile_target first, second;
    bool is_same = false;
    bool has_first = outfile_target_find(&first, a, NULL);
    bool has_second = outfile_target_find(&second, b, NULL);
    if (has_first && has_second && first.kind == second.kind) {
        if (first.kind == TARGET_REPLACED)
            is_same = strcmp(name_of(first.path), name_of(second.path)) == 0 &&
                      is_same_directory(first.directory, second.directory);
        else
            is_same = first.kind == TARGET_STDOUT || strcmp(first.path, second.path) == 0;
    }
    outfile_target_free(&first);
    outfile_target_free(&second);
    return is_same;
}

/* Removes one temporary unless its writer lives, which holds its lock. */
static void sweep_file(int directory_fd, const char *name)
{
    struct stat st;
    if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (S_ISLNK(st.st_mode)) {
        /* A link cannot be locked; its life is the moment between symlink() and rename(). */
        unlinkat(directory_fd, name, 0);
        return;
    }
    if (!S_ISREG(st.st_mode))
        return;
    int fd = file_open_at(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (file_lock(fd) == 0)
        unlinkat(directory_fd, name, 0);
    close(fd);
}

void outfile_sweep(const char *directory, const char *prefix)
{
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return;
    size_t prefix_len = strlen(prefix);
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len >= prefix_len + strlen(".tmp") && strncmp(entry->d_name, prefix, prefix_len) == 0 &&
            strcmp(entry->d_name + len - strlen(".tmp"), ".tmp") == 0)
            sweep_file(dirfd(entries), entry->d_name);
    }
    closedir(entries);
}
