/* Where the report goes: files, standard output, the report directory and its lock. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"

static const char small_fleet[] = "cluster a projects=2\ncluster b listed=no workloads=100\n";

static struct e2e_result *run_to(struct e2e_fleet *fleet, const char *output, int stdout_fd,
                                 const char *stdout_path)
{
    const struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o", output},
        .stdout_fd = stdout_fd,
        .stdout_path = stdout_path};
    return e2e_run(&run);
}

static void test_stdout(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = run_to(fleet, "-", 0, e2e_path(fleet, "out.json"));
    CU_ASSERT_EQUAL(result->status, 0);
    CHECK_STR(result->err, "");
    struct e2e_report *report = e2e_load(e2e_path(fleet, "out.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* Without -o and directory a pipe gets the JSON report as well. */
static void test_default_output(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf")},
                                .stdout_path = e2e_path(fleet, "out.json")};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "out.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_undeliverable(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = run_to(fleet, "-", 0, "/dev/full");
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT(strlen(result->err) > 0);
    e2e_result_free(result);
    result = run_to(fleet, "/dev/full", 0, NULL);
    CU_ASSERT_EQUAL(result->status, 8);
    e2e_result_free(result);
    result = run_to(fleet, e2e_path(fleet, "no/such/directory.json"), 0, NULL);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT(strstr(result->err, "no/such") != NULL);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_reader_gone(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    int ends[2];
    CU_ASSERT_FATAL(pipe(ends) == 0);
    close(ends[0]);
    struct e2e_result *result = run_to(fleet, "-", ends[1], NULL);
    CU_ASSERT_EQUAL(result->status, 8);
    close(ends[1]);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_no_workloads(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = e2e_collect(fleet, (const char *const[]){"--no-workloads", NULL});
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_summary(report, fleet), 0);
    CU_ASSERT_EQUAL(report->workload_count, 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* The workloads wait on disk also where no list of them is written. */
static void test_no_room_for_spool(void)
{
    if (e2e_is_under_valgrind())
        return;
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    const struct e2e_run run = {
        .args = {"run", "-q", "--no-workloads", "-c", e2e_path(fleet, "rollcall.conf"), "-o", "-"},
        .env = {"TMPDIR=/no/such/directory"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "spool file in /no/such/directory"));
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* A table beside the report: bad clusters first, and nothing a terminal would obey. */
static void test_table(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults retries=0\n"
                                        "cluster a-good workloads=7\n"
                                        "cluster z-bad fault=500 message=\"\x1b[31mred\"\n");
    const struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-f", "table"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 4);
    const char *good = strstr(result->out, "a-good"), *bad = strstr(result->out, "z-bad");
    CU_ASSERT(bad != NULL);
    CU_ASSERT(good == NULL || bad < good);
    CU_ASSERT(strchr(result->out, '\x1b') == NULL);
    CU_ASSERT(strstr(result->out, "http") != NULL);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* ---- warnings ---- */

static const char warned_fleet[] = "cluster a fault=other_project:1\n"
                                   "cluster b fault=other_project:3\n"
                                   "cluster c\n";
static const char of_a[] = "1 record that names another project was dropped";
static const char of_b[] = "3 records that name another project were dropped";

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        count++;
    return count;
}

/* Not in the report alone, also where nothing else is said and the exit status is 0. */
static void test_warnings(void)
{
    struct e2e_fleet *fleet = e2e_start(warned_fleet);
    struct e2e_result *result = e2e_collect(fleet, NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(count_of(result->err, of_a), 1);
    CU_ASSERT_EQUAL(count_of(result->err, of_b), 1);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(e2e_says_warnings_only(report, result->err));
    e2e_result_free(result);
    e2e_report_free(report);
    const struct e2e_run run = {
        .args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-f", "table"}};
    result = e2e_run(&run);
    CU_ASSERT_EQUAL(count_of(result->out, of_a), 1);
    CU_ASSERT_EQUAL(count_of(result->out, of_b), 1);
    /* Whoever keeps the table and reads the messages is told as well. */
    CU_ASSERT_EQUAL(count_of(result->err, of_a), 1);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* One cluster's do not fill the mail; how many there are is said, and the report has all. */
static void test_many_warnings(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a projects=103 workloads=1 fault=other_project:2\n"
                                        "cluster b fault=other_project:3\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_get(e2e_cluster(report, "a"), "warnings", NULL)->u.array.len, 103);
    CU_ASSERT_EQUAL(count_of(result->err, "cluster a: project"), 100);
    CU_ASSERT_EQUAL(count_of(result->err, "cluster a: and 3 more warnings"), 1);
    CU_ASSERT_EQUAL(count_of(result->err, of_b), 1);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* What a terminal shows of a run whose standard error goes there too, or is kept. */
static char *show_on_terminal(struct e2e_fleet *fleet, bool has_messages)
{
    static char text[65536];
    char command[1024];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CU_ASSERT_FATAL(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *build = getenv("BUILD");
    snprintf(command, sizeof command, "exec %s/rollcall run --progress never -c %s %s",
             build == NULL ? "build" : build, e2e_path(fleet, "rollcall.conf"),
             has_messages ? "2>&1" : "");
    const struct e2e_run run = {.program = "/bin/sh", .args = {"-c", command}, .stdout_fd = slave};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT(has_messages || strstr(result->err, of_b) != NULL);
    e2e_result_free(result);
    close(slave);
    size_t len = 0;
    for (ssize_t got; (got = read(master, text + len, sizeof text - 1 - len)) > 0;)
        len += (size_t)got;
    text[len] = '\0';
    close(master);
    return text;
}

/* The table is there already: nothing is said twice on one screen. */
static void test_terminal(void)
{
    struct e2e_fleet *fleet = e2e_start(warned_fleet);
    for (int has_messages = 0; has_messages < 2; has_messages++) {
        const char *shown = show_on_terminal(fleet, has_messages == 1);
        CU_ASSERT_EQUAL(count_of(shown, of_a), 1);
        CU_ASSERT_EQUAL(count_of(shown, of_b), 1);
    }
    e2e_stop(fleet);
}

/* ---- the report directory ---- */

/* Starts a fleet whose configuration names DIR/reports. */
static struct e2e_fleet *start_with_directory(const char *settings)
{
    char dir[] = "/tmp/rollcall-e2e-reports.XXXXXX", *text;
    if (mkdtemp(dir) == NULL ||
        asprintf(&text, "report directory=\"%s\" %s\n%s", dir, settings, small_fleet) < 0)
        e2e_die("no directory for reports");
    struct e2e_fleet *fleet = e2e_start(text);
    /* The fleet's directory lends it its name and its end. */
    if (symlink(dir, e2e_path(fleet, "reports")) != 0)
        e2e_die("no link to the reports");
    free(text);
    return fleet;
}

static size_t count_files(struct e2e_fleet *fleet, const char *prefix)
{
    DIR *dir = opendir(e2e_path(fleet, "reports"));
    size_t count = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static void stop_with_directory(struct e2e_fleet *fleet)
{
    char target[256];
    ssize_t len = readlink(e2e_path(fleet, "reports"), target, sizeof target - 1);
    DIR *dir = opendir(e2e_path(fleet, "reports"));
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    target[len < 0 ? 0 : len] = '\0';
    CU_ASSERT(rmdir(target) == 0);
    e2e_stop(fleet);
}

static struct e2e_result *run_into_directory(struct e2e_fleet *fleet)
{
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf")}};
    return e2e_run(&run);
}

static void test_directory(void)
{
    struct e2e_fleet *fleet = start_with_directory("keep=2");
    for (int i = 0; i < 4; i++) {
        struct e2e_result *result = run_into_directory(fleet);
        CU_ASSERT_EQUAL(result->status, 0);
        CHECK_STR(result->out, "");
        CHECK_STR(result->err, "");
        e2e_result_free(result);
        CU_ASSERT_EQUAL(count_files(fleet, "report-"), (size_t)(i == 0 ? 1 : 2));
        CU_ASSERT_EQUAL(count_files(fleet, "latest.json"), 1);
        char target[256];
        ssize_t len = readlink(e2e_path(fleet, "reports/latest.json"), target, sizeof target - 1);
        target[len < 0 ? 0 : len] = '\0';
        CU_ASSERT(strncmp(target, "report-", 7) == 0);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "reports/latest.json"));
        CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
        e2e_report_free(report);
    }
    CU_ASSERT_EQUAL(count_files(fleet, "."), 2); /* "." and "..": nothing temporary */
    stop_with_directory(fleet);
}

/* `mode` is for what goes to the directory; -o follows the umask, as redirections do. */
static void test_mode(void)
{
    struct e2e_fleet *fleet = start_with_directory("mode=\"0604\"");
    struct stat status;
    struct e2e_result *result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT_FATAL(stat(e2e_path(fleet, "reports/latest.json"), &status) == 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0604);
    e2e_result_free(result);
    mode_t mask = umask(027);
    result = e2e_collect(fleet, NULL);
    umask(mask);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT_FATAL(stat(e2e_path(fleet, "report.json"), &status) == 0);
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0640);
    e2e_result_free(result);
    stop_with_directory(fleet);
}

static void test_lock(void)
{
    struct e2e_fleet *fleet = start_with_directory("keep=5");
    struct e2e_result *result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    int fd = open(e2e_path(fleet, "reports/lock"), O_RDWR | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0 && flock(fd, LOCK_EX) == 0);
    size_t asked = e2e_count(fleet, NULL, "/", NULL);
    result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 75);
    CU_ASSERT(strlen(result->err) > 0);
    e2e_result_free(result);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/", NULL), asked);
    close(fd);
    result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    stop_with_directory(fleet);
}

/* No token, no report: what was there stays. */
static void test_directory_without_token(void)
{
    struct e2e_fleet *fleet = start_with_directory("keep=5");
    struct e2e_result *result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    char *before = e2e_read(e2e_path(fleet, "reports/latest.json"), NULL);
    e2e_write(e2e_path(fleet, "secret"), 0600, "wrong");
    result = run_into_directory(fleet);
    CU_ASSERT_EQUAL(result->status, 7);
    e2e_result_free(result);
    char *after = e2e_read(e2e_path(fleet, "reports/latest.json"), NULL);
    CU_ASSERT(before != NULL && after != NULL && strcmp(before, after) == 0);
    CU_ASSERT_EQUAL(count_files(fleet, "report-"), 1);
    free(before);
    free(after);
    stop_with_directory(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"standard output", test_stdout},
                                 {"the default output", test_default_output},
                                 {"a report that cannot be written", test_undeliverable},
                                 {"a reader that went away", test_reader_gone},
                                 {"totals only", test_no_workloads},
                                 {"totals only, no room for the spool", test_no_room_for_spool},
                                 {"the table", test_table},
                                 {"warnings", test_warnings},
                                 {"more warnings than a mail takes", test_many_warnings},
                                 {"warnings on a terminal", test_terminal},
                                 {"the report directory", test_directory},
                                 {"the report's mode", test_mode},
                                 {"the lock", test_lock},
                                 {"no token, with a directory", test_directory_without_token},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/output", tests);
}
