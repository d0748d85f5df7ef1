/*
 * One run at a time: an exclusive flock(2) on a file, which holds the owner's pid and start time
 * for people. The kernel drops the lock with its process, so a stale file never blocks. The file
 * stays. Children do not inherit the lock past their exec().
 */
#ifndef ROLLCALL_LOCKFILE_H
#define ROLLCALL_LOCKFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "rollcall/error.h"
#include "rollcall/log.h"

enum lock_result {
    LOCK_TAKEN,  /* ours now; *lock is set */
    LOCK_BUSY,   /* another process holds it; the text names its pid and age */
    LOCK_FAILED, /* the file cannot be made or locked; the text says why */
};

struct lockfile;

/* `now_s`: the clock's time, to note in it, and to tell another's age by. */
enum lock_result lockfile_take(const char *path, int64_t now_s, struct lockfile **lock,
                               struct error *error);

struct lock_wait {
    int64_t wait_ms;       /* how long at most; 0: not at all */
    const struct log *log; /* is told once whom it waits for, and answers SIGUSR1 */
};

/* Takes the lock as soon as it is free. LOCK_BUSY when the time is over, or as soon as a signal
 * (stop.h) ends the waiting; the text says which. */
enum lock_result lockfile_wait(const char *path, const struct lock_wait *wait,
                               struct lockfile **lock, struct error *error);

/* Releases and frees; accepts NULL. */
void lockfile_release(struct lockfile *lock);

#endif
