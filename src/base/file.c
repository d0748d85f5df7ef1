#include "rollcall/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char temporary_end[] = "XXXXXX.tmp";

int file_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_open_at(int directory_fd, const char *path, int flags)
{
    int fd;
    do
        fd = openat(directory_fd, path, flags | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int file_make_temporary(char *path)
{
    char *end = path + strlen(path) - (sizeof temporary_end - 1);
    int fd;
    do {
        /* A call that failed leaves its last try there. */
        memcpy(end, temporary_end, sizeof temporary_end - 1);
        fd = mkostemps(path, (int)strlen(".tmp"), O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int file_lock(int fd)
{
    int result;
    do
        result = flock(fd, LOCK_EX | LOCK_NB);
    while (result < 0 && errno == EINTR);
    return result;
}

int file_sync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

bool file_write_at(int fd, const void *data, size_t len, off_t offset)
{
    const char *at = data;
    while (len > 0) {
        ssize_t written = pwrite(fd, at, len, offset);
        if (written == 0)
            errno = EIO;
        if (written == 0 || (written < 0 && errno != EINTR))
            return false;
        if (written > 0) {
            at += written;
            offset += written;
            len -= (size_t)written;
        }
    }
    return true;
}

int file_truncate(int fd, off_t len)
{
    int result;
    do
        result = ftruncate(fd, len);
    while (result < 0 && errno == EINTR);
    return result;
}
