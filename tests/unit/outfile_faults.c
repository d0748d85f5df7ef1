/*
 * outfile when the system refuses what it is asked. The calls below take the C library's place in
 * this program: they do the same, but for the one that a test has made fail.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "outfile_scene.h"

enum call { NO_CALL, CALL_FCHMOD, CALL_SYNC_FILE, CALL_SYNC_DIRECTORY, CALL_SYNC_RANGE };

static enum call failing;
static int failing_errno;
static unsigned failing_how; /* of CALL_SYNC_RANGE: only calls with these flags */

static bool fails(enum call call)
{
    if (failing != call)
        return false;
    errno = failing_errno;
    return true;
}

int fchmod(int fd, mode_t mode)
{
    return fails(CALL_FCHMOD) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int fsync(int fd)
{
    struct stat st;
    bool is_directory = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    return fails(is_directory ? CALL_SYNC_DIRECTORY : CALL_SYNC_FILE) ? -1
                                                                      : (int)syscall(SYS_fsync, fd);
}

int sync_file_range(int fd, off64_t offset, off64_t count, unsigned how)
{
    return how == failing_how && fails(CALL_SYNC_RANGE)
               ? -1
               : (int)syscall(SYS_sync_file_range, fd, offset, count, how);
}

/* Another file takes the name of the one that is being locked, once. */
static bool lock_takes_name;

int flock(int fd, int how)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = lock_takes_name ? readlink(link, path, sizeof path - 1) : -1;
    if (len > 0) {
        path[len] = '\0';
        lock_takes_name = unlink(path) != 0;
        put(path, "another's");
    }
    return (int)syscall(SYS_flock, fd, how);
}

/* Instead of waiting until a pipe has room, poll() empties it, and is interrupted first. */
static int drained_fd = -1;
static size_t drained_bytes;
static unsigned polls;

static void drain(void)
{
    static char block[4096];
    for (ssize_t len; (len = read(drained_fd, block, sizeof block)) > 0;)
        drained_bytes += (size_t)len;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    if (drained_fd < 0)
        return (int)syscall(SYS_poll, fds, count, timeout_ms);
    if (polls++ == 0) {
        errno = EINTR;
        return -1;
    }
    drain();
    return 1;
}

static void fail(enum call call, int cause)
{
    failing = call;
    failing_errno = cause;
}

/* The file cannot have its mode: what must not be read by others is not written at all. */
static void test_mode_refused(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    put("report", "old");
    fail(CALL_FCHMOD, EPERM);
    struct outfile *file = outfile_open("report", 0600, &error);
    fail(NO_CALL, 0);
    CU_ASSERT_PTR_NULL(file);
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text, "cannot write report: Operation not permitted");
    CHECK_STR(get("report", content), "old");
    CU_ASSERT_EQUAL(count_entries("."), 1);
    outfile_abort(file);
    leave_directory(directory);
}

static void test_sync_fails(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    put("report", "old");
    fail(CALL_SYNC_FILE, EIO);
    CU_ASSERT_FALSE(write_file("report", "new", &error));
    CHECK_STR(error.text, "cannot write report: Input/output error");
    CHECK_STR(get("report", content), "old");
    CU_ASSERT_EQUAL(count_entries("."), 1);

    /* The file is in place then, but a power cut might take it away again. */
    fail(CALL_SYNC_DIRECTORY, EIO);
    CU_ASSERT_FALSE(write_file("report", "new", &error));
    CHECK_STR(error.text, "cannot sync the directory of report: Input/output error");
    CHECK_STR(get("report", content), "new");

    /* Not every file system can sync a directory. */
    fail(CALL_SYNC_DIRECTORY, EINVAL);
    CU_ASSERT_TRUE(write_file("report", "newer", &error));
    fail(CALL_SYNC_DIRECTORY, EROFS);
    CU_ASSERT_TRUE(write_file("report", "newest", &error));
    fail(NO_CALL, 0);
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_link_not_synced(void)
{
    char *directory = enter_directory(), target[100];
    struct error error = {0};
    fail(CALL_SYNC_DIRECTORY, EIO);
    CU_ASSERT_FALSE(outfile_swap_link("latest", "one", &error));
    fail(NO_CALL, 0);
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text, "cannot sync the directory of latest: Input/output error");
    CU_ASSERT_EQUAL(readlink("latest", target, sizeof target), 3);
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

/* Writes 24 MiB, so that both halves of the write-back happen; whether that goes well. */
static bool write_large(struct error *error)
{
    static char block[256 * 1024];
    struct outfile *file = outfile_open("report", 0644, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int i = 0; i < 96; i++)
        outfile_write(file, block, sizeof block);
    return outfile_commit(file, error);
}

/* What the disk says while it is written may be said only once: it is not forgotten. */
static void test_write_back_fails(void)
{
    static const struct {
        int cause;
        bool is_failure;
    } cases[] = {{EIO, true},     {ENOSPC, true},  {EDQUOT, true},
                 {ENOSYS, false}, {EINVAL, false}, {ESPIPE, false}};
    static const unsigned how[] = {SYNC_FILE_RANGE_WRITE, SYNC_FILE_RANGE_WAIT_BEFORE |
                                                              SYNC_FILE_RANGE_WRITE |
                                                              SYNC_FILE_RANGE_WAIT_AFTER};
    char *directory = enter_directory(), content[100];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t j = 0; j < 2; j++) {
            struct error error = {0};
            put("report", "old");
            failing_how = how[j];
            fail(CALL_SYNC_RANGE, cases[i].cause);
            CU_ASSERT_EQUAL(write_large(&error), !cases[i].is_failure);
            fail(NO_CALL, 0);
            CU_ASSERT_EQUAL(error.class == ERR_INTERNAL, cases[i].is_failure);
            CU_ASSERT_EQUAL(strcmp(get("report", content), "old") == 0, cases[i].is_failure);
            CU_ASSERT_EQUAL(count_entries("."), 1);
        }
    leave_directory(directory);
}

/* Runs in a child: standard output is a full pipe that does not block, and waiting for it empties
 * it. Returns a step's number when that went wrong. */
static int write_to_full_pipe(void)
{
    static char block[64 * 1024];
    struct error error = {0};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0 || dup2(ends[1], STDOUT_FILENO) < 0)
        return 1;
    size_t expected = 32 * sizeof block;
    for (ssize_t len; (len = write(ends[1], block, sizeof block)) > 0;)
        expected += (size_t)len;
    drained_fd = ends[0];
    struct outfile *file = outfile_open("-", 0644, &error);
    for (int i = 0; file != NULL && i < 32; i++)
        if (!outfile_write(file, block, sizeof block))
            return 2;
    if (file == NULL || !outfile_commit(file, &error))
        return 3;
    drain();
    return drained_bytes == expected && polls > 1 ? 0 : 4;
}

static void test_stdout_not_blocking(void)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(write_to_full_pipe());
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* A sweeper took the new temporary for a dead writer's before it was locked, and its name is
 * another writer's now. */
static void test_sweeper_was_faster(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    lock_takes_name = true;
    CU_ASSERT_TRUE(write_file("report", "new", &error));
    CU_ASSERT_FALSE(lock_takes_name);
    CHECK_STR(get("report", content), "new");
    CU_ASSERT_EQUAL(count_entries("."), 2);
    leave_directory(directory);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the mode is refused", test_mode_refused},
        {"a sync that fails", test_sync_fails},
        {"a link whose directory cannot be synced", test_link_not_synced},
        {"a disk that fails while it is written", test_write_back_fails},
        {"a standard output that does not block", test_stdout_not_blocking},
        {"a sweeper that was faster", test_sweeper_was_faster},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/outfile_faults", tests);
}
