/*
 * One run at a time: an exclusive flock(2) on a file, which holds the owner's pid and start time
 * for people. The kernel drops the lock with its process, so a stale file never blocks. The file
 * stays.
 */
#ifndef ROLLCALL_LOCKFILE_H
#define ROLLCALL_LOCKFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/error.h"

enum lock_result {
    LOCK_TAKEN,  /* ours now; *lock is set */
    LOCK_BUSY,   /* another process holds it; the text names its pid and age */
    LOCK_FAILED, /* the file cannot be made or locked; the text says why */
};

struct lockfile;

/* `now_s`: the time to note in it. */
enum lock_result lockfile_take(const char *path, int64_t now_s, struct lockfile **lock,
                               struct error *error);
/* Releases and frees; accepts NULL. */
void lockfile_release(struct lockfile *lock);

#endif
