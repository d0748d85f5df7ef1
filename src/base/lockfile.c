#include "rollcall/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/clock.h"
#include "rollcall/file.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

/* How often a file that somebody removed between open() and flock() is made again. */
#define OPEN_ATTEMPTS 10

#define NOTE_BYTES 128

struct lockfile {
    int fd;
};

/* What a note says of the run that holds the lock. */
struct holder {
    pid_t pid;
    const char *since; /* in the note */
    int64_t since_s;
};

/* Reads "pid N\nsince TIME\n", which is split in place; false when the note is anything else. */
static bool parse_note(char *note, struct holder *holder)
{
    char *line_end = strchr(note, '\n');
    if (line_end == NULL || strncmp(note, "pid ", 4) != 0)
        return false;
    *line_end = '\0';
    char *second = line_end + 1;
    line_end = strchr(second, '\n');
    if (line_end == NULL || line_end[1] != '\0' || strncmp(second, "since ", 6) != 0)
        return false;
    *line_end = '\0';
    holder->since = second + 6;
    uint64_t pid;
    if (!text_parse_uint(note + 4, INT32_MAX, &pid) || pid == 0)
        return false;
    holder->pid = (pid_t)pid;
    return text_parse_time(holder->since, strlen(holder->since), &holder->since_s);
}

static bool is_here(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

/* The note is a help for people, and not believed where it cannot be true: its writer may be gone
 * (a holder that has not written its own yet, or one of another host or container), and the clock
 * may have been set. The path comes last, as it may be long. */
static void describe_holder(int fd, const char *path, int64_t now_s, struct error *error)
{
    char note[NOTE_BYTES + 1], age[TEXT_DURATION_SIZE];
    struct holder holder;
    ssize_t len = pread(fd, note, NOTE_BYTES, 0);
    note[len > 0 ? len : 0] = '\0';
    if (!parse_note(note, &holder)) {
        error_set(error, ERR_INTERNAL, "another run holds %s", path);
        return;
    }
    long pid = (long)holder.pid;
    int64_t age_s = now_s - holder.since_s;
    text_format_duration(age_s, age);
    if (!is_here(holder.pid))
        error_set(error, ERR_INTERNAL,
                  "another run (by its note pid %ld since %s, but that is no process here) holds "
                  "%s",
                  pid, holder.since, path);
    else if (age_s < 0 || age_s > clock_boot_ms() / 1000)
        error_set(error, ERR_INTERNAL,
                  "another run (pid %ld, since %s by a clock that was set meanwhile) holds %s", pid,
                  holder.since, path);
    else
        error_set(error, ERR_INTERNAL, "another run (pid %ld, for %s, since %s) holds %s", pid, age,
                  holder.since, path);
}

static bool write_note(int fd, int64_t now_s)
{
    char since[TEXT_TIME_SIZE] = "unknown";
    char note[NOTE_BYTES];
    text_format_time(now_s, since);
    int len = snprintf(note, sizeof note, "pid %ld\nsince %s\n", (long)getpid(), since);
    return file_write_at(fd, note, (size_t)len, 0) && file_truncate(fd, len) == 0;
}

/* Opens and locks; false with errno set, EWOULDBLOCK when another holds it (`*fd` is open then). */
static bool open_locked(const char *path, int *fd)
{
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        struct stat st;
        /* Never through a link: in a directory that others may write it could lead anywhere. */
        *fd = file_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
        if (*fd < 0 || file_lock(*fd) != 0 || fstat(*fd, &st) != 0)
            return false;
        if (!S_ISREG(st.st_mode)) {
            errno = EINVAL;
            return false;
        }
        if (st.st_nlink > 0)
            return true;
        /* The lock of a file that is no longer there excludes nobody. */
        close(*fd);
        *fd = -1;
    }
    errno = ENOENT;
    return false;
}

enum lock_result lockfile_take(const char *path, int64_t now_s, struct lockfile **lock,
                               struct error *error)
{
    enum lock_result result = LOCK_FAILED;
    int fd = -1;
    *lock = NULL;
    if (!open_locked(path, &fd)) {
        if (fd >= 0 && errno == EWOULDBLOCK) {
            result = LOCK_BUSY;
            describe_holder(fd, path, now_s, error);
        } else {
            error_set(error, ERR_INTERNAL, "cannot lock %s: %s", path, strerror(errno));
        }
        goto out;
    }
    if (!write_note(fd, now_s)) {
        error_set(error, ERR_INTERNAL, "cannot write %s: %s", path, strerror(errno));
        goto out;
    }
    *lock = mem_new(1, sizeof **lock);
    (*lock)->fd = fd;
    return LOCK_TAKEN;

out:
    if (fd >= 0)
        close(fd);
    return result;
}

void lockfile_release(struct lockfile *lock)
{
    if (lock == NULL)
        return;
    /* A note that names nobody misleads nobody. The lock goes with the descriptor, whatever comes
     * of this. */
    if (ftruncate(lock->fd, 0) != 0)
        errno = 0;
    close(lock->fd);
    free(lock);
}
