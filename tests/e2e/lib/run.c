/* Runs of the real binary. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "e2e_internal.h"

#define DEFAULT_TIMEOUT_MS 60000
#define SANITIZED_FACTOR   5
#define VALGRIND_ARGS      8

static void set_environment(const struct e2e_run *run)
{
    static const char *const unwanted[] = {
        "ROLLCALL_CONFIG", "http_proxy", "https_proxy", "HTTPS_PROXY",
        "all_proxy",       "ALL_PROXY",  "NO_COLOR",    "CREDENTIALS_DIRECTORY"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        unsetenv(unwanted[i]);
    for (size_t i = 0; run->env[i] != NULL; i++) {
        char *setting = strdup(run->env[i]);
        char *value = setting == NULL ? NULL : strchr(setting, '=');
        if (value == NULL) {
            unsetenv(run->env[i]);
        } else {
            *value = '\0';
            setenv(setting, value + 1, 1);
        }
        free(setting);
    }
}

/* Signals as a shell's foreground job has them, whatever the tests were started by. */
static void set_signals(const struct e2e_run *run)
{
    static const int usual[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        signal(usual[i], SIG_DFL);
    for (size_t i = 0; run->ignored[i] != 0; i++)
        signal(run->ignored[i], SIG_IGN);
    /* A test that dies takes its runs along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void limit_files(unsigned max)
{
    const struct rlimit limit = {max, max};
    if (max == 0)
        return;
    closefrom(STDERR_FILENO + 1);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        _exit(126);
}

/* `findings`: where valgrind says what it finds; NULL: the program runs by itself. */
static void be_child(const struct e2e_run *run, const char *program, const char *findings, int out,
                     int err)
{
    const char *argv[VALGRIND_ARGS + E2E_MAX_ARGS + 2] = {NULL};
    size_t count = 0;
    if (findings != NULL) {
        argv[count++] = "valgrind";
        argv[count++] = "--quiet";
        argv[count++] = "--vgdb=no";
        argv[count++] = "--child-silent-after-fork=yes";
        argv[count++] = "--leak-check=full";
        argv[count++] = "--show-leak-kinds=definite,indirect";
        argv[count++] = "--suppressions=tests/valgrind.supp";
        argv[count++] = findings;
    }
    argv[count++] = program;
    for (size_t i = 0; i < E2E_MAX_ARGS && run->args[i] != NULL; i++)
        argv[count++] = run->args[i];
    if (run->stdout_path != NULL)
        out = open(run->stdout_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (run->stdout_fd != 0)
        out = run->stdout_fd;
    int in = open("/dev/null", O_RDONLY);
    if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(126);
    set_environment(run);
    set_signals(run);
    limit_files(run->max_files);
    execvp(argv[0], (char **)(uintptr_t)argv);
    fprintf(stderr, "e2e: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void e2e_preload(const char *name, char *env[E2E_PRELOAD_COUNT])
{
    const char *asan = getenv("ASAN_OPTIONS");
    char *relative = e2e_format("%s/tests/interpose_%s.so", e2e_build_dir(), name);
    char *library = realpath(relative, NULL);
    if (library == NULL)
        e2e_die("%s is missing", relative);
    env[0] = e2e_format("LD_PRELOAD=%s", library);
    /* A sanitized program wants its runtime to come first; such a library in front does no harm. */
    env[1] = e2e_format("ASAN_OPTIONS=%s%sverify_asan_link_order=0", asan == NULL ? "" : asan,
                        asan == NULL || *asan == '\0' ? "" : ":");
    free(library);
    free(relative);
}

static char *take(FILE *file, size_t *len)
{
    struct e2e_buf buf = {0};
    char block[65536];
    size_t count;
    e2e_add(&buf, "", 0);
    rewind(file);
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        e2e_add(&buf, block, count);
    if (ferror(file))
        e2e_die("cannot read back what the program printed");
    fclose(file);
    if (len != NULL)
        *len = buf.len;
    return buf.data;
}

static int wait_for(const struct e2e_run *run, pid_t pid, struct rusage *usage)
{
    long timeout_ms = run->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : run->timeout_ms;
    int64_t end = e2e_now_ms() + timeout_ms * (e2e_is_sanitized() ? SANITIZED_FACTOR : 1);
    for (int status;;) {
        pid_t ended = wait4(pid, &status, WNOHANG, usage);
        if (ended == pid)
            return status;
        if (ended < 0 && errno != EINTR)
            e2e_die("wait4: %s", strerror(errno));
        if (e2e_now_ms() > end) {
            kill(pid, SIGKILL);
            e2e_die("the program did not end in time: %s %s ...", run->args[0],
                    run->args[0] == NULL || run->args[1] == NULL ? "" : run->args[1]);
        }
        if (run->watch != NULL)
            run->watch(run->watch_arg, pid);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* What valgrind found ends the test program, whatever status the test expects. */
static void check_findings(const char *findings)
{
    const char *path = strchr(findings, '=') + 1;
    char *said = e2e_read(path, NULL);
    unlink(path);
    if (said == NULL || said[0] != '\0')
        e2e_die("valgrind: %s", said == NULL ? "did not run" : said);
    free(said);
}

/* An option that names a file of valgrind's; NULL when it is not wanted. */
static char *findings_option(void)
{
    static unsigned runs;
    const char *tmp = getenv("TMPDIR");
    return !e2e_is_under_valgrind()
               ? NULL
               : e2e_format("--log-file=%s/rollcall-e2e.%ld.%u.valgrind",
                            tmp == NULL ? "/tmp" : tmp, (long)getpid(), runs++);
}

static void note_status(int status)
{
    char *text = e2e_format("%d", status);
    if (status >= 0)
        e2e_reached("status", text);
    free(text);
}

struct e2e_job {
    struct e2e_run run;
    pid_t pid;
    FILE *out, *err;
    char *findings; /* owned; NULL: not under valgrind */
    int64_t started_ms;
};

struct e2e_job *e2e_begin(const struct e2e_run *run)
{
    struct e2e_job *job = e2e_alloc(sizeof *job);
    char *program = run->program == NULL ? e2e_format("%s/rollcall", e2e_build_dir())
                                         : e2e_format("%s", run->program);
    *job = (struct e2e_job){
        .run = *run, .out = tmpfile(), .err = tmpfile(), .findings = findings_option()};
    if (job->out == NULL || job->err == NULL)
        e2e_die("cannot make a temporary file: %s", strerror(errno));
    fflush(NULL);
    job->started_ms = e2e_now_ms();
    job->pid = fork();
    if (job->pid < 0)
        e2e_die("fork: %s", strerror(errno));
    if (job->pid == 0)
        be_child(run, program, job->findings, fileno(job->out), fileno(job->err));
    free(program);
    return job;
}

pid_t e2e_pid(const struct e2e_job *job)
{
    return job->pid;
}

char *e2e_err(const struct e2e_job *job)
{
    struct e2e_buf buf = {0};
    char block[4096];
    ssize_t len;
    e2e_add(&buf, "", 0);
    /* The offset of the descriptor is the program's. */
    while ((len = pread(fileno(job->err), block, sizeof block, (off_t)buf.len)) > 0)
        e2e_add(&buf, block, (size_t)len);
    return buf.data;
}

static int64_t patience_end(void)
{
    return e2e_now_ms() + DEFAULT_TIMEOUT_MS * (e2e_is_sanitized() ? SANITIZED_FACTOR : 1);
}

static void pause_until(int64_t end, const char *what)
{
    if (e2e_now_ms() > end)
        e2e_die("this did not happen in time: %s", what);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

void e2e_await_err(const struct e2e_job *job, const char *text)
{
    int64_t end = patience_end();
    for (;;) {
        char *err = e2e_err(job);
        bool is_there = strstr(err, text) != NULL;
        if (!is_there && e2e_now_ms() > end)
            fprintf(stderr, "%s", err);
        free(err);
        if (is_there)
            return;
        pause_until(end, text);
    }
}

void e2e_await_count(struct e2e_fleet *fleet, const char *cluster, const char *path,
                     const char *served, size_t count)
{
    int64_t end = patience_end();
    while (e2e_count(fleet, cluster, path, served) < count)
        pause_until(end, served == NULL ? "a request" : served);
}

struct e2e_result *e2e_end(struct e2e_job *job)
{
    struct e2e_result *result = e2e_alloc(sizeof *result);
    struct rusage usage;
    int status = wait_for(&job->run, job->pid, &usage);
    result->wall_ms = (long)(e2e_now_ms() - job->started_ms);
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->has_core = WIFSIGNALED(status) && WCOREDUMP(status);
    result->peak_kib = usage.ru_maxrss;
    result->out = take(job->out, &result->out_len);
    result->err = take(job->err, NULL);
    if (result->status == 126 || result->status == 127)
        e2e_die("the program did not start: %s", result->err);
    if (job->findings != NULL)
        check_findings(job->findings);
    note_status(result->status);
    free(job->findings);
    free(job);
    return result;
}

struct e2e_result *e2e_run(const struct e2e_run *run)
{
    return e2e_end(e2e_begin(run));
}

void e2e_result_free(struct e2e_result *result)
{
    if (result == NULL)
        return;
    free(result->out);
    free(result->err);
    free(result);
}

struct e2e_result *e2e_collect(struct e2e_fleet *fleet, const char *const more[])
{
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json")}};
    char *table = e2e_format("table=%s", e2e_path(fleet, "table.txt"));
    const char *const formats[] = {"-f", "json", "-f", table};
    bool has_formats = false;
    size_t count = 6;
    unlink(e2e_path(fleet, "table.txt"));
    for (; more != NULL && *more != NULL; more++) {
        has_formats |= strcmp(*more, "-f") == 0;
        run.args[count++] = *more;
    }
    for (size_t i = 0; i < 4 && !has_formats; i++)
        run.args[count++] = formats[i];
    struct e2e_result *result = e2e_run(&run);
    free(table);
    return result;
}

bool e2e_says_warnings_only(const struct e2e_report *report, const char *err)
{
    yajl_val clusters = e2e_get(report->head, "clusters", NULL);
    for (size_t i = 0; i < clusters->u.array.len; i++) {
        yajl_val cluster = clusters->u.array.values[i];
        yajl_val warnings = e2e_get(cluster, "warnings", NULL);
        char begin[512];
        snprintf(begin, sizeof begin,
                 "rollcall: warning: cluster %s: ", e2e_text(e2e_get(cluster, "name", NULL)));
        for (size_t j = 0; j < warnings->u.array.len; j++) {
            const char *end = strchr(err, '\n');
            if (end == NULL || strncmp(err, begin, strlen(begin)) != 0)
                return false;
            err = end + 1;
        }
    }
    return *err == '\0';
}

struct e2e_report *e2e_collect_report(struct e2e_fleet *fleet, int status, const char *const more[])
{
    struct e2e_result *result = e2e_collect(fleet, more);
    bool has_report = result->status == 0 || (result->status >= 3 && result->status <= 6);
    struct e2e_report *report = has_report ? e2e_load(e2e_path(fleet, "report.json")) : NULL;
    bool is_expected =
        result->status == status &&
        (status != 0 || (e2e_says_warnings_only(report, result->err) && result->out_len == 0));
    if (!is_expected)
        fprintf(stderr, "    status %d, not %d: %s\n", result->status, status, result->err);
    CU_ASSERT(is_expected);
    e2e_result_free(result);
    return report;
}
