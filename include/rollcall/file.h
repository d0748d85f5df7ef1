/*
 * Calls on files that a signal may break off: each is made again until it was not. Everything else
 * is as with the system's functions behind them: -1 with errno set.
 */
#ifndef ROLLCALL_FILE_H
#define ROLLCALL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* open() and openat() with O_CLOEXEC; `mode` counts where the flags make a file. */
int file_open(const char *path, int flags, mode_t mode);
int file_open_at(int directory_fd, const char *path, int flags);

/* mkostemps() of a path that ends in "XXXXXX.tmp", with O_CLOEXEC. */
int file_make_temporary(char *path);

/* An exclusive flock(), without waiting. */
int file_lock(int fd);

/* fsync(). */
int file_sync(int fd);

/* Writes all of it at this offset; false with errno set. */
bool file_write_at(int fd, const void *data, size_t len, off_t offset);

/* ftruncate(). */
int file_truncate(int fd, off_t len);

#endif
