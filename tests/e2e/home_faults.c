/* Faults at home, made by hand: limits, full and read-only disks, directories that go away, streams
 * that are closed, a clock that jumps, trust stores that cannot be read. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "lib/torture.h"

/* One run in a shell that prepares it, judged. */
static int strike(struct torture_scene *scene, const char *shell, const char *redirections,
                  struct torture_case c)
{
    c.name = shell != NULL ? shell : redirections;
    struct e2e_result *result = torture_run_in(scene, shell, redirections);
    int status = result->status;
    CU_ASSERT(torture_judge(scene, &c, result));
    return status;
}

static void test_limits_in(enum torture_setup setup)
{
    struct torture_scene *scene = torture_open(setup, NULL);
    struct torture_case any = {.file = "", .is_network = true};
    /* From so few that the program can just be loaded to enough. */
    for (int files = 10; files <= 40; files += 2) {
        char shell[32];
        snprintf(shell, sizeof shell, "ulimit -n %d;", files);
        strike(scene, shell, NULL, any);
    }
    struct torture_case large = {.file = "", .cause = "File too large"};
    CU_ASSERT_EQUAL(strike(scene, "ulimit -f 4;", NULL, large), 8);
    struct torture_case none = {.file = "", .must_be_survived = true};
    CU_ASSERT_EQUAL(strike(scene, NULL, "", none), 0);
    torture_close(scene);
}

static void test_limits(void)
{
    test_limits_in(TORTURE_TO_FILE);
    test_limits_in(TORTURE_TO_DIRECTORY);
}

/* Whether the program can be loaded at all within so much address space. */
static bool can_be_loaded(long kib)
{
    const char *build = getenv("BUILD");
    char command[512];
    snprintf(command, sizeof command, "ulimit -v %ld; %s/rollcall --version >/dev/null 2>&1", kib,
             build == NULL || *build == '\0' ? "build" : build);
    return system(command) == 0;
}

/* Little memory: whoever asks for it first is told that there is none. */
static void test_memory(void)
{
    const struct torture_case any = {.file = "", .is_network = true};
    if (e2e_is_sanitized()) /* it reserves terabytes */
        return;
    long first_kib = 8192;
    while (!can_be_loaded(first_kib) && first_kib < (1 << 20))
        first_kib += 256;
    struct torture_scene *scene = torture_open(TORTURE_TO_FILE, NULL);
    unsigned failures = 0;
    for (long kib = first_kib; kib < first_kib + 24 * 1024; kib += 256) {
        char shell[32];
        snprintf(shell, sizeof shell, "ulimit -v %ld;", kib);
        failures += strike(scene, shell, NULL, any) != 0;
    }
    CU_ASSERT(failures > 0);
    torture_close(scene);
}

static void test_streams(void)
{
    struct torture_scene *scene = torture_open(TORTURE_TO_DIRECTORY, NULL);
    struct torture_case fine = {.file = "", .must_be_survived = true};
    CU_ASSERT_EQUAL(strike(scene, NULL, "<&-", fine), 0);
    CU_ASSERT_EQUAL(strike(scene, NULL, ">&-", fine), 0);
    CU_ASSERT_EQUAL(strike(scene, NULL, "2>&-", fine), 0);
    CU_ASSERT_EQUAL(strike(scene, NULL, "<&- >&- 2>&-", fine), 0);
    CU_ASSERT_EQUAL(strike(scene, NULL, "2>/dev/full", fine), 0);
    torture_close(scene);
}

/* The report itself to a standard output that is closed or full. */
static void test_report_to_stream(void)
{
    static const char *const ends[] = {">&-", ">/dev/full"};
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    const char *build = getenv("BUILD");
    char program[512], script[64];
    snprintf(program, sizeof program, "%s/rollcall",
             build == NULL || *build == '\0' ? "build" : build);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(script, sizeof script, "exec \"$0\" \"$@\" %s", ends[i]);
        const struct e2e_run run = {.program = "/bin/sh",
                                    .args = {"-c", script, program, "run", "-q", "-c",
                                             e2e_path(fleet, "rollcall.conf"), "-o", "-"}};
        struct e2e_result *result = e2e_run(&run);
        CU_ASSERT_EQUAL(result->status, 8);
        CU_ASSERT(strstr(result->err, "standard output") != NULL);
        e2e_result_free(result);
    }
    e2e_stop(fleet);
}

static void fill(const char *path, size_t bytes)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        e2e_die("cannot fill %s", path);
    while (bytes-- > 0)
        if (fputc('x', file) == EOF)
            break;
    fclose(file);
}

/* A disk of its own below DIR/out, which needs the right to mount. */
static bool mount_disk(struct torture_scene *scene)
{
    return unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", torture_output_directory(scene), "tmpfs", 0, "size=256k") == 0;
}

static void test_disk_in(enum torture_setup setup)
{
    struct torture_scene *scene = torture_open(setup, NULL);
    const char *out = torture_output_directory(scene);
    const char *filler = e2e_path(torture_fleet(scene), "out/filler");
    struct torture_case fine = {.file = "", .must_be_survived = true};
    struct torture_case full = {.file = filler, .cause = "No space left on device"};
    struct torture_case read_only = {.file = filler, .cause = "Read-only file system"};
    if (!mount_disk(scene)) {
        printf("\n    skipped: no right to mount a small disk (the interposer's ENOSPC and EROFS "
               "in e2e/torture stand for it)\n");
        torture_close(scene);
        return;
    }
    CU_ASSERT_EQUAL(strike(scene, "true;", NULL, fine), 0);
    unsigned failures = 0;
    for (size_t kib = 256; kib > 200; kib -= 4) {
        fill(filler, kib * 1024);
        int status = strike(scene, "true;", NULL, full);
        failures += status == 8;
        CU_ASSERT(status == 8 || status == 0);
        unlink(filler);
    }
    CU_ASSERT(failures > 0);
    CU_ASSERT_EQUAL(strike(scene, "true;", NULL, fine), 0);
    CU_ASSERT_FATAL(mount("none", out, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
    CU_ASSERT_EQUAL(strike(scene, "true;", NULL, read_only), 8);
    CU_ASSERT_FATAL(umount(out) == 0);
    torture_close(scene);
}

static void test_disk(void)
{
    test_disk_in(TORTURE_TO_FILE);
    test_disk_in(TORTURE_TO_DIRECTORY);
}

/* ---- a directory that goes away ---- */

struct thief {
    struct e2e_fleet *fleet;
    bool is_done;
};

static void steal(void *arg, pid_t pid)
{
    struct thief *thief = arg;
    (void)pid;
    if (thief->is_done || e2e_count(thief->fleet, "a", "/", NULL) < 2)
        return;
    thief->is_done = rename(e2e_path(thief->fleet, "out"), e2e_path(thief->fleet, "gone")) == 0;
}

static void test_vanished(void)
{
    /* The first answer shows that the run is in its midst; the next one takes a while. */
    struct e2e_fleet *fleet = e2e_start("cluster a projects=4 latency_ms=300\n");
    const char *out = e2e_path(fleet, "out"), *gone = e2e_path(fleet, "gone");
    CU_ASSERT_FATAL(mkdir(out, 0755) == 0);
    e2e_edit(fleet, "rollcall.conf", "report : {", " directory = \"@/out\";");
    e2e_edit(fleet, "rollcall.conf", "run : {", " per_host = 1;");
    struct thief thief = {.fleet = fleet, .is_done = true};
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf")},
                          .watch = steal,
                          .watch_arg = &thief};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    char *before = e2e_read(e2e_path(fleet, "out/latest.json"), NULL);
    e2e_write(e2e_path(fleet, "requests.log"), 0644, "");
    thief.is_done = false;
    result = e2e_run(&run);
    CU_ASSERT(thief.is_done);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT(strstr(result->err, out) != NULL);
    CU_ASSERT(strstr(result->err, "does not exist") != NULL);
    e2e_result_free(result);
    CU_ASSERT_FALSE(e2e_exists(out));
    CU_ASSERT_FATAL(rename(gone, out) == 0);
    char *after = e2e_read(e2e_path(fleet, "out/latest.json"), NULL);
    CU_ASSERT(before != NULL && after != NULL && strcmp(before, after) == 0);
    free(before);
    free(after);
    e2e_stop(fleet);
}

static void test_no_temporary_space(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")},
                          .env = {"TMPDIR=/no/such/directory"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 8);
    CU_ASSERT(strstr(result->err, "/no/such/directory") != NULL);
    CU_ASSERT(strstr(result->err, "No such file or directory") != NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/", NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* ---- the clock ---- */

/* Deadlines and pauses are the monotonic clock's: the wall clock may do what it likes. */
static void test_clock(void)
{
    static const int64_t jumps_s[] = {5 * 3600, -5 * 3600, 400 * 86400};
    struct torture_scene *scene = torture_open(TORTURE_TO_DIRECTORY, NULL);
    uint32_t calls = torture_calls(scene, TORTURE_realtime);
    CU_ASSERT_FATAL(calls > 0);
    for (size_t i = 0; i < sizeof jumps_s / sizeof jumps_s[0]; i++)
        for (uint32_t nth = 1; nth <= calls; nth += 1 + calls / 6) {
            const struct torture_fault fault = {.function = TORTURE_realtime,
                                                .mode = TORTURE_JUMP,
                                                .nth = nth,
                                                .jump_s = jumps_s[i]};
            CU_ASSERT(torture_strike(scene, &fault));
        }
    torture_close(scene);
}

/* ---- threads ---- */

static void write_state(const char *path, const struct torture *state)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(state, sizeof *state, 1, file) != 1 || fclose(file) != 0)
        e2e_die("cannot write %s", path);
}

/* Names are looked up by threads: without any, only clusters that have a name are missing. */
static void test_threads(void)
{
    static const struct torture no_threads = {
        .function = TORTURE_pthread_create, .mode = TORTURE_FROM, .nth = 1, .error = EAGAIN};
    struct e2e_fleet *fleet = e2e_start("defaults retries=0\ncluster a\ncluster b tls=no\n");
    char *torture[E2E_PRELOAD_COUNT], *resolver[E2E_PRELOAD_COUNT], preload[1024], state[512];
    e2e_edit(fleet, "rollcall.conf", "clusters = (",
             " { name = \"named\"; url = \"http://n.alias.test\"; allow_http = true; },");
    e2e_preload("torture", torture);
    e2e_preload("resolver", resolver);
    snprintf(preload, sizeof preload, "%s:%s", torture[0], strchr(resolver[0], '=') + 1);
    snprintf(state, sizeof state, "%s=%s", TORTURE_STATE, e2e_path(fleet, "state"));
    write_state(e2e_path(fleet, "state"), &no_threads);
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")},
                                .env = {preload, torture[1], state, "RESOLVER_ALIAS=127.0.0.1"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 4);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "2");
    yajl_val error = e2e_get(e2e_cluster(report, "named"), "error", NULL);
    CHECK_STR(e2e_text(e2e_get(error, "message", NULL)), "could not resolve n.alias.test");
    e2e_report_free(report);
    e2e_result_free(result);
    for (size_t i = 0; i < E2E_PRELOAD_COUNT; i++) {
        free(torture[i]);
        free(resolver[i]);
    }
    e2e_stop(fleet);
}

/* ---- trust stores ---- */

static void expect_no_trust(struct e2e_fleet *fleet, const char *file, const char *cause,
                            const char *setting)
{
    const struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                         e2e_path(fleet, "report.json")},
                                .env = {setting}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 2);
    CU_ASSERT(strstr(result->err, file) != NULL);
    CU_ASSERT(strstr(result->err, cause) != NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/", NULL), 0);
    CU_ASSERT_FALSE(e2e_exists(e2e_path(fleet, "report.json")));
    e2e_result_free(result);
}

static void test_trust(void)
{
    static const char no_pem[] = "no readable PEM certificate";
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    const char *ca = e2e_path(fleet, "ca.pem");
    e2e_write(ca, 0644, "");
    expect_no_trust(fleet, ca, no_pem, NULL);
    e2e_write(ca, 0644, "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n");
    expect_no_trust(fleet, ca, no_pem, NULL);
    CU_ASSERT_FATAL(unlink(ca) == 0);
    expect_no_trust(fleet, ca, "No such file or directory", NULL);
    CU_ASSERT_FATAL(mkdir(ca, 0755) == 0);
    expect_no_trust(fleet, ca, "it is a directory", NULL);
    e2e_write(
        e2e_path(fleet, "rollcall.conf"), 0644,
        "clusters = ( { name = \"a\"; url = \"https://127.77.1.1:1\"; token : { env = \"T\"; }; } "
        ");\n");
    CU_ASSERT_FATAL(setenv("T", "token", 1) == 0);
    expect_no_trust(fleet, "/no/such/bundle.pem", "No such file or directory",
                    "SSL_CERT_FILE=/no/such/bundle.pem");
    e2e_stop(fleet);
}

/* ---- a configuration that never comes ---- */

static void terminate(void *arg, pid_t pid)
{
    (void)arg;
    kill(pid, SIGTERM);
}

/* Waiting for a pipe's writer is waiting all the same: SIGTERM ends it. */
static void test_endless_configuration(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    const char *path = e2e_path(fleet, "pipe");
    CU_ASSERT_FATAL(mkfifo(path, 0600) == 0);
    const struct e2e_run run = {.args = {"run", "-q", "-c", path}, .watch = terminate};
    struct e2e_result *result = e2e_run(&run);
    /* Before the handler stands, the signal itself does it. */
    CU_ASSERT(result->status == 2 || result->signal == SIGTERM);
    e2e_result_free(result);
    e2e_stop(fleet);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"few files, and small ones", test_limits},
                                 {"little memory", test_memory},
                                 {"streams that are closed or full", test_streams},
                                 {"a report to such a stream", test_report_to_stream},
                                 {"a disk that is full or read-only", test_disk},
                                 {"a directory that goes away", test_vanished},
                                 {"no temporary space", test_no_temporary_space},
                                 {"a clock that jumps", test_clock},
                                 {"no threads", test_threads},
                                 {"trust stores that cannot be read", test_trust},
                                 {"a configuration that never comes", test_endless_configuration},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/home_faults", tests);
}
