#include "rollcall/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outfile_internal.h"
#include "rollcall/file.h"
#include "rollcall/mem.h"

/* How much goes to the disk at a time. */
#define WINDOW_BYTES ((off_t)8 * 1024 * 1024)

/* A new temporary is made again when a sweeper got hold of it first; more is no coincidence. */
#define TEMP_ATTEMPTS 100

struct outfile {
    struct outfile *next;         /* of all that have a temporary */
    struct outfile_target target; /* owned */
    char *temp;                   /* owned; NULL: the target is written directly */
    char *data;                   /* owned; what is not yet written */
    size_t used;
    off_t written;
    int fd;
    int failure; /* the first write's errno that failed, or 0 */
};

/* Where a lack of memory ends the program, nobody else can reach them. */
static struct outfile *with_temporary;

static void remove_temporaries(void)
{
    for (const struct outfile *file = with_temporary; file != NULL; file = file->next)
        unlink(file->temp);
}

static void keep_temporary(struct outfile *file, char *temp)
{
    file->temp = temp;
    file->next = with_temporary;
    with_temporary = file;
    mem_before_end(remove_temporaries);
}

/* The temporary is gone, by whatever name. */
static void forget_temporary(struct outfile *file)
{
    struct outfile **link = &with_temporary;
    while (*link != file)
        link = &(*link)->next;
    *link = file->next;
    free(file->temp);
    file->temp = NULL;
}

static void outfile_free(struct outfile *file)
{
    outfile_target_free(&file->target);
    free(file->data);
    free(file);
}

/*
 * Locks a new temporary. False with errno EWOULDBLOCK or ENOENT when a sweeper was faster, which
 * took it for a dead writer's between its creation and now, and removes it.
 */
static bool lock_temp(int fd, const char *path)
{
    struct stat ours, named;
    if (file_lock(fd) != 0 || fstat(fd, &ours) != 0 || lstat(path, &named) != 0)
        return false;
    errno = ENOENT;
    return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Makes and locks the temporary beside the target; false with errno set. */
static bool open_temp(struct outfile *file, mode_t mode)
{
    const struct outfile_target *target = &file->target;
    char *prefix = outfile_temp_prefix(target->path);
    int failure = EWOULDBLOCK;
    outfile_sweep(target->directory, prefix);
    for (int n = 0; n < TEMP_ATTEMPTS && (failure == EWOULDBLOCK || failure == ENOENT); n++) {
        char *temp = mem_printf("%s/%sXXXXXX.tmp", target->directory, prefix);
        int fd = file_make_temporary(temp);
        failure = fd >= 0 && lock_temp(fd, temp) ? 0 : errno;
        if (failure == 0) {
            file->fd = fd;
            keep_temporary(file, temp);
            break;
        }
        if (fd >= 0) {
            /* Not the sweeper's doing: a file system that cannot lock, for one. */
            if (failure != EWOULDBLOCK && failure != ENOENT)
                unlink(temp);
            close(fd);
        }
        free(temp);
    }
    free(prefix);
    errno = failure;
    return failure == 0 && fchmod(file->fd, mode) == 0;
}

struct outfile *outfile_open(const char *path, mode_t mode, struct error *error)
{
    struct outfile *file = mem_new(1, sizeof *file);
    file->fd = -1;
    if (!outfile_target_find(&file->target, path, error)) {
        outfile_free(file);
        return NULL;
    }
    bool is_open = true;
    switch (file->target.kind) {
    case TARGET_STDOUT:
        file->fd = STDOUT_FILENO;
        break;
    case TARGET_DIRECT:
        file->fd = file_open(file->target.path, O_WRONLY | O_NOCTTY, 0);
        is_open = file->fd >= 0;
        break;
    case TARGET_REPLACED:
        is_open = open_temp(file, mode);
        break;
    }
    if (!is_open) {
        error_set(error, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
        outfile_abort(file);
        return NULL;
    }
    file->data = mem_resize(NULL, OUTFILE_BLOCK_BYTES, 1);
    return file;
}

/* Writes all of it; a failure is kept. */
static void write_all(struct outfile *file, const char *data, size_t len)
{
    while (len > 0 && file->failure == 0) {
        ssize_t n = write(file->fd, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            /* Whoever gave us this descriptor made it non-blocking. */
            struct pollfd ready = {.fd = file->fd, .events = POLLOUT};
            if (poll(&ready, 1, -1) < 0 && errno != EINTR)
                file->failure = errno;
        } else if (n < 0 && errno != EINTR) {
            file->failure = errno;
        }
    }
}

/* Only a failure of the disk is one: not every file system can do it, and it is no more than a
 * hint. What is said here the sync at the end may not say again. */
static void sync_range(struct outfile *file, off_t offset, unsigned how)
{
    if (sync_file_range(file->fd, offset, WINDOW_BYTES, how) != 0 &&
        (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        file->failure = errno;
}

/* Has the disk begin with the last window, and what it has of the one before leave the page cache:
 * else a large report would push out what others need (or count as memory of a container), and all
 * of it would be waited for at the end. */
static void write_back(struct outfile *file)
{
    const off_t last = file->written - WINDOW_BYTES, before = last - WINDOW_BYTES;
    sync_range(file, last, SYNC_FILE_RANGE_WRITE);
    if (before < 0)
        return;
    sync_range(file, before,
               SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    (void)posix_fadvise(file->fd, before, WINDOW_BYTES, POSIX_FADV_DONTNEED);
}

/* Hands on what was gathered, or a block that needs no gathering. */
static void hand_on(struct outfile *file, const char *data, size_t len)
{
    write_all(file, data, len);
    file->written += (off_t)len;
    file->used = 0;
    if (file->temp != NULL && file->failure == 0 && file->written % WINDOW_BYTES == 0 &&
        file->written > 0)
        write_back(file);
}

bool outfile_write(struct outfile *file, const void *data, size_t len)
{
    const char *at = data;
    for (; file->used == 0 && len >= OUTFILE_BLOCK_BYTES && file->failure == 0;
         at += OUTFILE_BLOCK_BYTES, len -= OUTFILE_BLOCK_BYTES)
        hand_on(file, at, OUTFILE_BLOCK_BYTES);
    while (len > 0 && file->failure == 0) {
        size_t room = OUTFILE_BLOCK_BYTES - file->used;
        size_t part = len < room ? len : room;
        memcpy(file->data + file->used, at, part);
        file->used += part;
        at += part;
        len -= part;
        if (file->used == OUTFILE_BLOCK_BYTES)
            hand_on(file, file->data, file->used);
    }
    return file->failure == 0;
}

/* From here on there is nothing to undo: what fails is a directory that may not be on disk yet. */
static bool sync_directory(const char *directory, const char *shown, struct error *error)
{
    int fd = file_open(directory, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) {
        /* One that may be written and not read cannot be synced by anyone. */
        return errno == EACCES ||
               error_set(error, ERR_INTERNAL, "cannot open the directory of %s: %s", shown,
                         strerror(errno));
    }
    bool is_synced = file_sync(fd) == 0 || errno == EINVAL || errno == EROFS;
    if (!is_synced)
        error_set(error, ERR_INTERNAL, "cannot sync the directory of %s: %s", shown,
                  strerror(errno));
    close(fd);
    return is_synced;
}

bool outfile_commit(struct outfile *file, struct error *error)
{
    bool is_done = false;
    hand_on(file, file->data, file->used);
    if (file->failure == 0 && file->temp != NULL && file_sync(file->fd) != 0)
        file->failure = errno;
    if (file->failure == 0 && file->temp != NULL) {
        if (rename(file->temp, file->target.path) == 0) {
            forget_temporary(file);
        } else {
            file->failure = errno;
        }
    }
    if (file->failure == 0 && file->target.kind != TARGET_STDOUT) {
        /* The lock goes with the descriptor: not before the rename. */
        if (close(file->fd) != 0 && errno != EINTR)
            file->failure = errno;
        file->fd = -1;
    }
    if (file->failure != 0)
        error_set(error, ERR_INTERNAL, "cannot write %s: %s", file->target.shown,
                  strerror(file->failure));
    else
        is_done = file->target.kind != TARGET_REPLACED ||
                  sync_directory(file->target.directory, file->target.shown, error);
    outfile_abort(file);
    return is_done;
}

void outfile_abort(struct outfile *file)
{
    if (file == NULL)
        return;
    /* Unlinked while it is locked: once it is not, a sweeper may look at it. */
    if (file->temp != NULL) {
        unlink(file->temp);
        forget_temporary(file);
    }
    if (file->fd >= 0 && file->target.kind != TARGET_STDOUT)
        close(file->fd);
    outfile_free(file);
}

bool outfile_swap_link(const char *link_path, const char *target, struct error *error)
{
    char *directory = outfile_directory_of(link_path);
    char *prefix = outfile_temp_prefix(link_path);
    bool is_swapped = false;
    int failure = EEXIST;
    for (int n = 0; n < TEMP_ATTEMPTS && !is_swapped; n++) {
        char *temp = mem_printf("%s/%s%ld.%d.tmp", directory, prefix, (long)getpid(), n);
        struct stat old;
        if (lstat(temp, &old) == 0 && S_ISLNK(old.st_mode))
            unlink(temp);
        if (symlink(target, temp) == 0) {
            is_swapped = rename(temp, link_path) == 0;
            failure = errno;
            if (!is_swapped)
                unlink(temp);
        } else {
            failure = errno;
        }
        free(temp);
        /* The name is taken by what is no link, or a sweeper was faster. */
        if (!is_swapped && failure != EEXIST && failure != ENOENT)
            break;
    }
    if (is_swapped)
        is_swapped = sync_directory(directory, link_path, error);
    else
        error_set(error, ERR_INTERNAL, "cannot make the link %s: %s", link_path, strerror(failure));
    free(prefix);
    free(directory);
    return is_swapped;
}
