#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outfile_scene.h"

static void test_replace(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    put("report", "old");
    struct outfile *file = outfile_open("report", 0644, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_TRUE(outfile_write(file, "new", 3));
    CHECK_STR(get("report", content), "old");
    CU_ASSERT_EQUAL(count_entries("."), 2);
    CU_ASSERT_TRUE(outfile_commit(file, &error));
    CHECK_STR(get("report", content), "new");
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_create_absolute(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    char *path = mem_printf("%s/new", directory);
    CU_ASSERT_TRUE(write_file(path, "content", &error));
    CHECK_STR(get("new", content), "content");
    CU_ASSERT_TRUE(write_file("./empty", "", &error));
    CHECK_STR(get("empty", content), "");
    free(path);
    leave_directory(directory);
}

static void test_mode(void)
{
    const mode_t modes[] = {0640, 0644, 0600, 0666};
    char *directory = enter_directory();
    mode_t umask_before = umask(077);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct error error = {0};
        struct stat st = {0};
        struct outfile *file = outfile_open("report", modes[i], &error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        CU_ASSERT_TRUE(outfile_commit(file, &error));
        CU_ASSERT_EQUAL(stat("report", &st), 0);
        CU_ASSERT_EQUAL(st.st_mode & 07777, modes[i]);
    }
    umask(umask_before);
    leave_directory(directory);
}

static void test_abort(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    put("report", "old");
    struct outfile *file = outfile_open("report", 0644, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    outfile_write(file, "new", 3);
    outfile_abort(file);
    outfile_abort(NULL);
    CHECK_STR(get("report", content), "old");
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

/* Pieces around the buffer's size come out in order, also where the file is so large that it is
 * handed to the disk in between. */
static void test_large(void)
{
    const size_t sizes[] = {1, 262143, 262144, 262145, 3, 600000, 7};
    enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 25, LARGEST = 600000 };
    char *directory = enter_directory();
    struct error error = {0};
    char *piece = mem_new(1, LARGEST), *read_back = mem_new(1, LARGEST);
    struct outfile *file = outfile_open("large", 0644, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (int i = 0; i < ROUNDS * SIZES; i++) {
        memset(piece, 'a' + i % 26, LARGEST);
        CU_ASSERT_TRUE(outfile_write(file, piece, sizes[i % SIZES]));
    }
    CU_ASSERT_TRUE(outfile_commit(file, &error));
    FILE *in = fopen("large", "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    for (int i = 0; i < ROUNDS * SIZES; i++) {
        memset(piece, 'a' + i % 26, LARGEST);
        CU_ASSERT_EQUAL_FATAL(fread(read_back, 1, sizes[i % SIZES], in), sizes[i % SIZES]);
        CU_ASSERT_EQUAL(memcmp(read_back, piece, sizes[i % SIZES]), 0);
    }
    CU_ASSERT_EQUAL(getc(in), EOF);
    fclose(in);
    free(piece);
    free(read_back);
    leave_directory(directory);
}

/* Whole blocks, of which several come at once, behind nothing and behind a few bytes. */
static void test_whole_blocks(void)
{
    enum { BLOCKS = 3 };
    const size_t len = BLOCKS * OUTFILE_BLOCK_BYTES;
    char *directory = enter_directory();
    char *data = mem_new(1, len), *read = mem_new(1, len + 4);
    for (size_t i = 0; i < len; i++)
        data[i] = (char)('a' + (i / 1000 + i / OUTFILE_BLOCK_BYTES) % 26);
    for (size_t before = 0; before < 4; before += 3) {
        struct error error = {0};
        struct outfile *file = outfile_open("blocks", 0644, &error);
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        CU_ASSERT(outfile_write(file, "abc", before) && outfile_write(file, data, len));
        CU_ASSERT(outfile_commit(file, &error));
        FILE *in = fopen("blocks", "re");
        CU_ASSERT_PTR_NOT_NULL_FATAL(in);
        CU_ASSERT_EQUAL(fread(read, 1, len + 4, in), before + len);
        CU_ASSERT(memcmp(read, "abc", before) == 0 && memcmp(read + before, data, len) == 0);
        fclose(in);
    }
    free(data);
    free(read);
    leave_directory(directory);
}

static void test_write_error(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    put("report", "old");
    struct rlimit before, small;
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct outfile *file = outfile_open("report", 0644, &error);
    bool is_written = true;
    char kilobyte[1024] = {0};
    for (int i = 0; file != NULL && i < 300; i++)
        is_written = outfile_write(file, kilobyte, sizeof kilobyte);
    bool is_committed = outfile_commit(file, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT_FALSE(is_written);
    CU_ASSERT_FALSE(is_committed);
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text, "cannot write report: File too large");
    CHECK_STR(get("report", content), "old");
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_devices(void)
{
    struct error error = {0};
    struct stat st;
    CU_ASSERT_FALSE(write_file("/dev/full", "x", &error));
    CHECK_STR(error.text, "cannot write /dev/full: No space left on device");
    CU_ASSERT_TRUE(write_file("/dev/null", "x", &error));
    CU_ASSERT_TRUE(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
}

static void test_fifo(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    struct stat st;
    CU_ASSERT_EQUAL_FATAL(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CU_ASSERT_FATAL(reader >= 0);
    CU_ASSERT_TRUE(write_file("fifo", "through", &error));
    CU_ASSERT_EQUAL(read(reader, content, sizeof content), 7);
    CU_ASSERT_EQUAL(memcmp(content, "through", 7), 0);
    close(reader);
    CU_ASSERT_TRUE(stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
    leave_directory(directory);
}

/* Runs in a child, whose standard output is the pipe: 0 when writing went as expected. */
static int write_stdout(const char *expected_error)
{
    struct error error = {0};
    struct outfile *file = outfile_open("-", 0644, &error);
    if (file == NULL)
        return 2;
    outfile_write(file, "data", 4);
    if (outfile_commit(file, &error))
        return *expected_error == '\0' ? 0 : 3;
    return strcmp(error.text, expected_error) == 0 ? 0 : 4;
}

static void check_stdout(bool is_read, const char *expected_error)
{
    int ends[2], status = -1;
    char content[100];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    if (!is_read)
        close(ends[0]);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        dup2(ends[1], STDOUT_FILENO);
        _exit(write_stdout(expected_error));
    }
    close(ends[1]);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    if (is_read) {
        CU_ASSERT_EQUAL(read(ends[0], content, sizeof content), 4);
        CU_ASSERT_EQUAL(memcmp(content, "data", 4), 0);
        close(ends[0]);
    }
}

static void test_stdout(void)
{
    check_stdout(true, "");
    check_stdout(false, "cannot write standard output: Broken pipe");
}

static void test_symlink(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    struct stat st;
    CU_ASSERT_EQUAL(mkdir("real", 0755), 0);
    put("real/file", "old");
    CU_ASSERT_EQUAL(symlink("real/file", "link"), 0);
    CU_ASSERT_EQUAL(symlink("link", "link-to-link"), 0);
    CU_ASSERT_EQUAL(symlink("real/none", "dangling"), 0);
    CU_ASSERT_EQUAL(symlink("loop", "loop"), 0);

    CU_ASSERT_TRUE(write_file("link-to-link", "new", &error));
    CHECK_STR(get("real/file", content), "new");
    CU_ASSERT_TRUE(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
    CU_ASSERT_TRUE(lstat("link-to-link", &st) == 0 && S_ISLNK(st.st_mode));

    CU_ASSERT_TRUE(write_file("dangling", "made", &error));
    CHECK_STR(get("real/none", content), "made");
    CU_ASSERT_TRUE(lstat("dangling", &st) == 0 && S_ISLNK(st.st_mode));

    /* A relative target is beside its link, wherever the program runs. */
    CU_ASSERT_EQUAL(symlink("file", "real/beside"), 0);
    CU_ASSERT_TRUE(write_file("real/beside", "newer", &error));
    CHECK_STR(get("real/file", content), "newer");
    CHECK_STR(get("file", content), "(none)");

    CU_ASSERT_FALSE(write_file("loop", "x", &error));
    CHECK_STR(error.text, "cannot write loop: Too many levels of symbolic links");
    leave_directory(directory);
}

static void test_long_name(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    char name[NAME_MAX + 1];
    for (int width = 1; width <= 3; width += 2) {
        memset(name, 'n', NAME_MAX);
        name[NAME_MAX] = '\0';
        for (int at = 0; width == 3 && at + 3 <= NAME_MAX; at += 3)
            memcpy(name + at, "\xE2\x82\xAC", 3);
        CU_ASSERT_TRUE(write_file(name, "long", &error));
        CHECK_STR(get(name, content), "long");
        CU_ASSERT_TRUE(outfile_swap_link(name, "target", &error));
    }
    CU_ASSERT_EQUAL(count_entries("."), 2);
    leave_directory(directory);
}

static void test_refused(void)
{
    char *directory = enter_directory();
    put("file", "");
    const struct {
        const char *path;
        const char *text;
    } cases[] = {
        {"none/report", "cannot write none/report: the directory none does not exist"},
        {"file/report", "cannot write file/report: file is not a directory"},
        {".", "cannot write .: it is a directory"},
        {"none/", "cannot write \"none/\": it names no file"},
        {"", "cannot write \"\": it names no file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        CU_ASSERT_FALSE(outfile_check(cases[i].path, &error));
        CHECK_STR(error.text, cases[i].text);
        CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
        error.text[0] = '\0';
        CU_ASSERT_PTR_NULL(outfile_open(cases[i].path, 0644, &error));
        CHECK_STR(error.text, cases[i].text);
    }
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_check(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    put("file", "kept");
    CU_ASSERT_TRUE(outfile_check("file", &error));
    CU_ASSERT_TRUE(outfile_check("new", &error));
    CU_ASSERT_TRUE(outfile_check("/dev/null", &error));
    CU_ASSERT_TRUE(outfile_check("-", &error));
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_same(void)
{
    char *directory = enter_directory();
    char *absolute = mem_printf("%s/report", directory);
    CU_ASSERT_EQUAL(mkdir("a", 0755), 0);
    CU_ASSERT_EQUAL(mkdir("b", 0755), 0);
    CU_ASSERT_EQUAL(symlink("a", "c"), 0);
    CU_ASSERT_EQUAL(symlink("../report", "b/link"), 0);
    const struct {
        const char *one, *other;
        bool is_same;
    } cases[] = {
        {"report", "report", true},
        {"report", "./report", true},
        {"report", absolute, true},
        {"report", "b/link", true},
        {"a/report", "c/report", true},
        {"a/report", "b/report", false},
        {"report", "other", false},
        {"-", "-", true},
        {"-", "report", false},
        {"/dev/null", "/dev/null", true},
        {"/dev/null", "/dev/full", false},
        {"/dev/null", "report", false},
        {"none/report", "report", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_EQUAL(outfile_is_same(cases[i].one, cases[i].other), cases[i].is_same);
        CU_ASSERT_EQUAL(outfile_is_same(cases[i].other, cases[i].one), cases[i].is_same);
    }
    free(absolute);
    leave_directory(directory);
}

/* A directory that may not be written; root may write any. */
static void test_read_only(void)
{
    if (geteuid() == 0) {
        int status = -1;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            struct error error = {0};
            /* cppcheck-suppress invalidFunctionArgBool ; 0 or 1 is what is meant */
            _exit(setuid(65534) != 0 || outfile_check("/usr/report", &error) ||
                  strstr(error.text, "no file can be made in the directory /usr") == NULL);
        }
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        CU_ASSERT_EQUAL(status, 0);
    } else {
        struct error error = {0};
        CU_ASSERT_FALSE(outfile_check("/usr/report", &error));
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no file can be made in the directory /usr"));
    }
}

static void test_sweep(void)
{
    char *directory = enter_directory();
    struct error error = {0};
    put(".report.dead01.tmp", "left");
    put(".report.dead02.tmp", "left");
    put(".report.kept", "no temporary");
    put(".other.dead01.tmp", "another's");
    put("report.dead01.tmp", "visible");
    CU_ASSERT_EQUAL(symlink("nowhere", ".report.99.0.tmp"), 0);
    CU_ASSERT_EQUAL(mkdir(".report.folder.tmp", 0755), 0);
    CU_ASSERT_EQUAL(mkfifo(".report.fifo.tmp", 0600), 0);
    int held = open(".report.dead02.tmp", O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(flock(held, LOCK_EX | LOCK_NB), 0);

    CU_ASSERT_TRUE(write_file("report", "new", &error));
    CU_ASSERT_NOT_EQUAL(access(".report.dead01.tmp", F_OK), 0);
    CU_ASSERT_EQUAL(access(".report.dead02.tmp", F_OK), 0);
    CU_ASSERT_EQUAL(count_entries("."), 7);

    close(held);
    outfile_sweep(".", ".report.");
    CU_ASSERT_EQUAL(count_entries("."), 6);
    outfile_sweep("none", ".report.");
    leave_directory(directory);
}

/* Two writers of one target at a time: the other's temporary stays while it lives, and no longer.
 */
static void test_sweep_killed_writer(void)
{
    char *directory = enter_directory(), content[100];
    struct error error = {0};
    int ready[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct outfile *file = outfile_open("report", 0644, &error);
        if (file == NULL || !outfile_write(file, "half", 4) || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    CU_ASSERT_EQUAL_FATAL(read(ready[0], content, 1), 1);
    close(ready[0]);
    CU_ASSERT_TRUE(write_file("report", "first", &error));
    CU_ASSERT_EQUAL(count_entries("."), 2);
    kill(child, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT_EQUAL(count_entries("."), 2);
    CU_ASSERT_TRUE(write_file("report", "second", &error));
    CU_ASSERT_EQUAL(count_entries("."), 1);
    CHECK_STR(get("report", content), "second");
    leave_directory(directory);
}

/* Sweepers and writers of one target in parallel: no writer ever loses its temporary. */
static void test_sweep_race(void)
{
    char *directory = enter_directory();
    fflush(stdout);
    pid_t sweeper = fork();
    if (sweeper == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            outfile_sweep(".", ".report.");
    }
    int failed = 0;
    for (int i = 0; i < 200; i++) {
        struct error error = {0};
        if (!write_file("report", "x", &error)) {
            fprintf(stderr, "    %s\n", error.text);
            failed++;
        }
    }
    kill(sweeper, SIGKILL);
    CU_ASSERT_EQUAL(waitpid(sweeper, NULL, 0), sweeper);
    CU_ASSERT_EQUAL(failed, 0);
    CU_ASSERT_EQUAL(count_entries("."), 1);
    leave_directory(directory);
}

static void test_swap_link(void)
{
    char *directory = enter_directory(), target[100];
    struct error error = {0};
    CU_ASSERT_TRUE(outfile_swap_link("latest", "one", &error));
    CU_ASSERT_EQUAL(readlink("latest", target, sizeof target), 3);
    char *leftover = mem_printf(".latest.%ld.0.tmp", (long)getpid());
    CU_ASSERT_EQUAL(symlink("leftover", leftover), 0);
    char *absolute = mem_printf("%s/latest", directory);
    CU_ASSERT_TRUE(outfile_swap_link(absolute, "three", &error));
    CU_ASSERT_EQUAL(readlink("latest", target, sizeof target), 5);
    CU_ASSERT_EQUAL(memcmp(target, "three", 5), 0);
    put("file", "replaced");
    CU_ASSERT_TRUE(outfile_swap_link("file", "four", &error));
    CU_ASSERT_EQUAL(readlink("file", target, sizeof target), 4);
    CU_ASSERT_EQUAL(count_entries("."), 2);

    CU_ASSERT_EQUAL(mkdir("folder", 0755), 0);
    CU_ASSERT_FALSE(outfile_swap_link("folder", "five", &error));
    CHECK_STR(error.text, "cannot make the link folder: Is a directory");
    CU_ASSERT_FALSE(outfile_swap_link("none/latest", "six", &error));
    CHECK_STR(error.text, "cannot make the link none/latest: No such file or directory");
    CU_ASSERT_EQUAL(count_entries("."), 3);
    free(absolute);
    free(leftover);
    leave_directory(directory);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the previous file stays until the commit", test_replace},
        {"a new file, an empty one", test_create_absolute},
        {"the mode is exact", test_mode},
        {"aborting leaves nothing", test_abort},
        {"large pieces", test_large},
        {"whole blocks", test_whole_blocks},
        {"a write that fails", test_write_error},
        {"devices are written directly", test_devices},
        {"a FIFO is written directly", test_fifo},
        {"standard output", test_stdout},
        {"symbolic links stay", test_symlink},
        {"names of 255 bytes", test_long_name},
        {"what cannot be written", test_refused},
        {"checking changes nothing", test_check},
        {"two names of one file", test_same},
        {"a read-only directory", test_read_only},
        {"sweeping", test_sweep},
        {"sweeping what a killed writer left", test_sweep_killed_writer},
        {"sweeping beside writers", test_sweep_race},
        {"swapping a link", test_swap_link},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/outfile", tests);
}
