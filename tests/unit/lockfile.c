#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/lockfile.h"
#include "rollcall/mem.h"

#define NOW_S 1795489200 /* 2026-11-24T03:00:00Z */

/* Takes the C library's place: what is locked may lose its name at that very moment, once. */
static bool lock_removes;

int flock(int fd, int how)
{
    if (lock_removes)
        lock_removes = unlink("lock") != 0;
    return (int)syscall(SYS_flock, fd, how);
}

static char *enter_directory(void)
{
    char *path = mem_printf("%s/lockfile.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(path) == NULL || chdir(path) != 0) {
        perror(path);
        exit(2);
    }
    return path;
}

static void leave_directory(char *path)
{
    unlink("lock");
    CU_ASSERT_EQUAL(chdir("/"), 0);
    CU_ASSERT_EQUAL(rmdir(path), 0);
    free(path);
}

static void put(const char *content, size_t len)
{
    int fd = open("lock", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, content, len), (ssize_t)len);
    close(fd);
}

static void test_take(void)
{
    char *directory = enter_directory(), content[200];
    struct error error = {0};
    struct lockfile *lock = NULL;
    put("what was there before, and is much longer than the note that replaces it", 72);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lock);
    int fd = open("lock", O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, content, sizeof content - 1);
    content[len > 0 ? len : 0] = '\0';
    char *expected = mem_printf("pid %ld\nsince 2026-11-24T03:00:00Z\n", (long)getpid());
    CHECK_STR(content, expected);
    free(expected);
    close(fd);
    lockfile_release(lock);
    lockfile_release(NULL);
    CU_ASSERT_EQUAL(access("lock", F_OK), 0);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    lockfile_release(lock);
    leave_directory(directory);
}

static void test_mode(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    struct lockfile *lock = NULL;
    struct stat st = {0};
    mode_t umask_before = umask(022);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    umask(umask_before);
    CU_ASSERT_EQUAL(stat("lock", &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0644);
    lockfile_release(lock);
    leave_directory(directory);
}

/* A child that holds the lock until it is killed. */
static pid_t start_holder(void)
{
    struct error error = {0};
    struct lockfile *lock = NULL;
    int ready[2];
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (lockfile_take("lock", NOW_S, &lock, &error) != LOCK_TAKEN ||
            write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
}

/* A second one, at this time, is told this of the first: "PID" stands for the pid. */
static void expect_busy(int64_t now_s, const char *who, pid_t pid)
{
    struct error error = {0};
    struct lockfile *lock = NULL;
    char *pid_text = mem_printf("%ld", (long)pid);
    const char *place = strstr(who, "PID");
    char *expected = mem_printf("another run (%.*s%s%s) holds lock", (int)(place - who), who,
                                pid_text, place + 3);
    CU_ASSERT_EQUAL(lockfile_take("lock", now_s, &lock, &error), LOCK_BUSY);
    CU_ASSERT_PTR_NULL(lock);
    CHECK_STR(error.text, expected);
    free(expected);
    free(pid_text);
}

/* A child takes the lock: busy while it lives, free as soon as it was killed. */
static void test_busy(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    struct lockfile *lock = NULL;
    pid_t child = start_holder();
    expect_busy(NOW_S, "pid PID, for 0 s, since 2026-11-24T03:00:00Z", child);
    expect_busy(NOW_S + 12, "pid PID, for 12 s, since 2026-11-24T03:00:00Z", child);
    end_child(child);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    lockfile_release(lock);
    leave_directory(directory);
}

/* Nothing is older than the machine's last start, or younger than now. */
static void test_clock_was_set(void)
{
    char *directory = enter_directory();
    pid_t child = start_holder();
    static const char who[] =
        "pid PID, since 2026-11-24T03:00:00Z by a clock that was set meanwhile";
    expect_busy(NOW_S - 1, who, child);
    expect_busy(NOW_S + 100 * INT64_C(366) * 86400, who, child);
    expect_busy(0, who, child);
    end_child(child);
    leave_directory(directory);
}

/* The note of a run that was killed, under the lock of one that has not written its own yet. */
static void test_note_of_the_dead(void)
{
    char *directory = enter_directory();
    pid_t child = start_holder();
    end_child(child);
    int held = open("lock", O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(flock(held, LOCK_EX | LOCK_NB), 0);
    expect_busy(NOW_S + 5,
                "by its note pid PID since 2026-11-24T03:00:00Z, but that is no process here",
                child);
    close(held);
    leave_directory(directory);
}

/* What a run that ended leaves names nobody. */
static void test_release(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    struct lockfile *lock = NULL;
    struct stat st = {.st_size = 1};
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    lockfile_release(lock);
    CU_ASSERT_EQUAL(stat("lock", &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 0);
    leave_directory(directory);
}

/* A child that exec()s while the lock is held does not keep it. */
static void test_not_inherited(void)
{
    char *directory = enter_directory(), byte;
    struct error error = {0};
    struct lockfile *lock = NULL;
    int executed[2], stay[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(executed, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(stay), 0);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(stay[0], STDIN_FILENO);
        execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    close(executed[1]);
    CU_ASSERT_EQUAL(read(executed[0], &byte, 1), 0); /* its end: exec() closed it */
    close(executed[0]);
    lockfile_release(lock);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    lockfile_release(lock);
    end_child(child);
    close(stay[0]);
    close(stay[1]);
    leave_directory(directory);
}

static void test_strange_note(void)
{
    char long_note[5000];
    memset(long_note, '7', sizeof long_note);
    memcpy(long_note, "pid ", 4);
    const struct {
        const char *note;
        size_t len;
    } cases[] = {
        {"", 0},
        {"pid ", 4},
        {"pid 12", 6},
        {"pid 0\nsince 2026-11-24T03:00:00Z\n", 33},
        {"pid 4294967295\nsince 2026-11-24T03:00:00Z\n", 42},
        {"pid x\nsince 2026-11-24T03:00:00Z\n", 33},
        {"pid 12\nsince \x1b[31mnow\n", 22},
        {"pid 12\nsince 2026-11-24T03:00:00Z\nmore\n", 39},
        {"\0pid 12\nsince 2026-11-24T03:00:00Z\n", 35},
        {long_note, sizeof long_note},
    };
    char *directory = enter_directory();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        struct lockfile *lock = NULL;
        put(cases[i].note, cases[i].len);
        int held = open("lock", O_RDONLY | O_CLOEXEC);
        CU_ASSERT_EQUAL(flock(held, LOCK_EX | LOCK_NB), 0);
        CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_BUSY);
        CHECK_STR(error.text, "another run holds lock");
        close(held);
    }
    leave_directory(directory);
}

/* The lock of a file that has no name any more excludes nobody. */
static void test_removed_meanwhile(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    struct lockfile *lock = NULL, *other = NULL;
    lock_removes = true;
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_TAKEN);
    CU_ASSERT_FALSE(lock_removes);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &other, &error), LOCK_BUSY);
    lockfile_release(lock);
    leave_directory(directory);
}

static void test_failed(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    struct lockfile *lock = NULL;
    CU_ASSERT_EQUAL(lockfile_take("none/lock", NOW_S, &lock, &error), LOCK_FAILED);
    CHECK_STR(error.text, "cannot lock none/lock: No such file or directory");
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CU_ASSERT_EQUAL(lockfile_take(".", NOW_S, &lock, &error), LOCK_FAILED);
    CHECK_STR(error.text, "cannot lock .: Is a directory");
    CU_ASSERT_EQUAL(symlink("elsewhere", "lock"), 0);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_FAILED);
    CU_ASSERT_NOT_EQUAL(access("elsewhere", F_OK), 0);
    unlink("lock");
    CU_ASSERT_EQUAL(mkfifo("lock", 0600), 0);
    CU_ASSERT_EQUAL(lockfile_take("lock", NOW_S, &lock, &error), LOCK_FAILED);
    CU_ASSERT_PTR_NULL(lock);
    leave_directory(directory);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"taking, releasing", test_take},
        {"the mode", test_mode},
        {"another holds it", test_busy},
        {"a note of another hand", test_strange_note},
        {"the clock was set", test_clock_was_set},
        {"the note of a dead run", test_note_of_the_dead},
        {"a note goes with its lock", test_release},
        {"not inherited", test_not_inherited},
        {"a file that is removed meanwhile", test_removed_meanwhile},
        {"what cannot be locked", test_failed},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/lockfile", tests);
}
