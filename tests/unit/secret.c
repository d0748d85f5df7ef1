#include "rollcall/secret.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"

#define LONG_MS 30000

static const struct log quiet = {.level = LOG_ERROR, .fd = 2};

struct scene {
    int old_directory;
    char path[32];
};

static void scene_begin(struct scene *scene)
{
    scene->old_directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strcpy(scene->path, "/tmp/rollcall-XXXXXX");
    if (scene->old_directory < 0 || mkdtemp(scene->path) == NULL || chdir(scene->path) != 0)
        abort();
}

static void scene_end(struct scene *scene)
{
    char *command = mem_printf("rm -rf %s", scene->path);
    if (fchdir(scene->old_directory) != 0 || system(command) != 0)
        abort();
    close(scene->old_directory);
    free(command);
}

static void write_file(const char *path, const char *data, size_t len, mode_t mode)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0 ||
        chmod(path, mode) != 0)
        abort();
}

static void check_value(const struct secret_source *source, const char *expected)
{
    struct error error = {0};
    struct secret *secret = secret_read(source, NULL, LONG_MS, &quiet, &error);
    CHECK_STR(error.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
    CHECK_STR(secret_bytes(secret), expected);
    CU_ASSERT_EQUAL(secret_len(secret), strlen(expected));
    secret_free(secret);
}

static void check_refused(const struct secret_source *source, int timeout_ms, const char *expected)
{
    struct error error = {0};
    struct secret *secret = secret_read(source, NULL, timeout_ms, &quiet, &error);
    CU_ASSERT_PTR_NULL(secret);
    CU_ASSERT_EQUAL(error.class, ERR_INTERNAL);
    CHECK_STR(error.text, expected);
    secret_free(secret);
}

static void check_verdict(const struct secret_source *source, const char *expected)
{
    struct error error = {0};
    CU_ASSERT_EQUAL(secret_check(source, &error), expected[0] == '\0');
    CHECK_STR(error.text, expected);
}

static struct secret_source from_file(const char *path)
{
    return (struct secret_source){.kind = SECRET_FILE, .value = path};
}

static void test_newlines(void)
{
    static const struct {
        const char *raw, *value;
    } cases[] = {
        {"s3cret", "s3cret"},       {"s3cret\n", "s3cret"},   {"s3cret\r\n", "s3cret"},
        {"s3cret\n\n", "s3cret\n"}, {"s3cret\r", "s3cret\r"}, {" a b \n", " a b "},
    };
    struct scene scene;
    scene_begin(&scene);
    const struct secret_source source = from_file("s");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file("s", cases[i].raw, strlen(cases[i].raw), 0600);
        check_value(&source, cases[i].value);
    }
    scene_end(&scene);
}

static void test_bad_values(void)
{
    struct scene scene;
    scene_begin(&scene);
    const struct secret_source source = from_file("s");
    write_file("s", "", 0, 0600);
    check_refused(&source, 0, "the secret from file s is empty");
    write_file("s", "\r\n", 2, 0600);
    check_refused(&source, 0, "the secret from file s is empty");
    write_file("s", "a\0b\n", 4, 0600);
    check_refused(&source, 0, "the secret from file s holds a NUL byte");

    char *large = mem_new(65538, 1);
    memset(large, 'x', 65538);
    large[65536] = '\n';
    write_file("s", large, 65537, 0600);
    struct error error = {0};
    struct secret *secret = secret_read(&source, NULL, 0, &quiet, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
    CU_ASSERT_EQUAL(secret_len(secret), 65536);
    secret_free(secret);
    large[65536] = 'x';
    for (size_t len = 65537; len <= 65538; len++) {
        write_file("s", large, len, 0600);
        check_refused(&source, 0, "the secret from file s holds more than 64 KiB");
    }
    CU_ASSERT_EQUAL(truncate("s", 200000), 0);
    check_refused(&source, 0, "the secret from file s holds more than 64 KiB");
    free(large);
    scene_end(&scene);
}

static void test_modes(void)
{
    static const struct {
        mode_t mode;
        const char *refusal; /* "": fine */
    } cases[] = {
        {0400, ""},
        {0600, ""},
        {0640, ""},
        {0440, ""},
        {0601, ""},
        {0644, "s can be read by others (mode 0644): chmod o-rwx,g-w s"},
        {0604, "s can be read by others (mode 0604): chmod o-rwx,g-w s"},
        {0666, "s can be read by others (mode 0666): chmod o-rwx,g-w s"},
        {0602, "s can be written by others (mode 0602): chmod o-rwx,g-w s"},
        {0660, "s can be written by its group (mode 0660): chmod o-rwx,g-w s"},
        {04644, "s can be read by others (mode 4644): chmod o-rwx,g-w s"},
    };
    struct scene scene;
    scene_begin(&scene);
    const struct secret_source source = from_file("s");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file("s", "x", 1, cases[i].mode);
        if (cases[i].refusal[0] == '\0')
            check_value(&source, "x");
        else
            check_refused(&source, 0, cases[i].refusal);
        check_verdict(&source, cases[i].refusal);
    }
    write_file("it's here", "x", 1, 0644);
    const struct secret_source spaced = from_file("it's here");
    check_refused(&spaced, 0,
                  "it's here can be read by others (mode 0644): chmod o-rwx,g-w 'it'\\''s here'");
    scene_end(&scene);
}

static void test_kinds_of_file(void)
{
    struct scene scene;
    scene_begin(&scene);
    const struct secret_source none = from_file("none"), directory = from_file("."),
                               fifo = from_file("fifo"), linked = from_file("link");
    check_refused(&none, 0, "cannot open none: No such file or directory");
    check_verdict(&none, "cannot open none: No such file or directory");
    check_refused(&directory, 0, ". is no regular file");
    CU_ASSERT_EQUAL(mkfifo("fifo", 0600), 0);
    check_refused(&fifo, 0, "fifo is no regular file");
    /* A link's own mode says nothing: it is the file behind it that counts. */
    write_file("s", "x", 1, 0600);
    CU_ASSERT_EQUAL(symlink("s", "link"), 0);
    check_value(&linked, "x");
    CU_ASSERT_EQUAL(chmod("s", 0644), 0);
    check_refused(&linked, 0, "link can be read by others (mode 0644): chmod o-rwx,g-w link");
    scene_end(&scene);
}

static void test_credential(void)
{
    struct scene scene;
    scene_begin(&scene);
    const struct secret_source source = {.kind = SECRET_CREDENTIAL, .value = "c"};
    const struct secret_source slash = {.kind = SECRET_CREDENTIAL, .value = "../c"};
    static const char unset[] = "credential \"c\": $CREDENTIALS_DIRECTORY is not set; systemd sets "
                                "it for a service with LoadCredential= or SetCredential=";
    unsetenv("CREDENTIALS_DIRECTORY");
    check_refused(&source, 0, unset);
    check_verdict(&source, unset);
    setenv("CREDENTIALS_DIRECTORY", "creds", 1);
    check_refused(&source, 0, "cannot open creds/c: No such file or directory");
    check_refused(&slash, 0, "credential \"../c\": a credential's name has no slash");
    CU_ASSERT_EQUAL(mkdir("creds", 0700), 0);
    write_file("creds/c", "x\n", 2, 0440);
    check_value(&source, "x");
    check_verdict(&source, "");
    CU_ASSERT_EQUAL(chmod("creds/c", 0444), 0);
    check_refused(&source, 0, "creds/c can be read by others (mode 0444): chmod o-rwx,g-w creds/c");
    unsetenv("CREDENTIALS_DIRECTORY");
    scene_end(&scene);
}

static void test_env(void)
{
    const struct secret_source source = {.kind = SECRET_ENV, .value = "ROLLCALL_TEST"};
    /* Memory of our own, to look at after the variable is gone. */
    char entry[] = "ROLLCALL_TEST=s3cret\n";
    unsetenv("ROLLCALL_TEST");
    check_refused(&source, 0, "environment variable ROLLCALL_TEST is not set");
    check_verdict(&source, "environment variable ROLLCALL_TEST is not set");
    CU_ASSERT_EQUAL(putenv(entry), 0);
    check_verdict(&source, "");
    CHECK_STR(getenv("ROLLCALL_TEST"), "s3cret\n");
    check_value(&source, "s3cret");
    CU_ASSERT_PTR_NULL(getenv("ROLLCALL_TEST"));
    static const char zeros[8];
    CU_ASSERT_EQUAL(memcmp(entry + strlen("ROLLCALL_TEST="), zeros, 7), 0);
    setenv("ROLLCALL_TEST", "", 1);
    check_verdict(&source, "the secret from environment variable ROLLCALL_TEST is empty");
    check_refused(&source, 0, "the secret from environment variable ROLLCALL_TEST is empty");
}

static struct secret_source from_command(const char *const *argv)
{
    return (struct secret_source){.kind = SECRET_COMMAND, .argv = argv};
}

static struct secret_source from_shell(const char *argv[4], const char *script)
{
    argv[0] = "sh";
    argv[1] = "-c";
    argv[2] = script;
    argv[3] = NULL;
    return from_command(argv);
}

static void test_command(void)
{
    static const struct {
        const char *script, *value;
    } good[] = {
        {"echo s3cret", "s3cret"},
        {"printf 'a b\\r\\n'", "a b"},
        {"cat; echo x", "x"}, /* there is nothing on its standard input */
    };
    static const struct {
        const char *script, *refusal;
    } bad[] = {
        {"exit 1", "command \"sh\": exited with status 1"},
        {"echo x; exit 3", "command \"sh\": exited with status 3"},
        {"kill -9 $$", "command \"sh\": killed by signal 9"},
        {"exec 1>&-; exit 4", "command \"sh\": exited with status 4"},
        {"true", "the secret from command \"sh\" is empty"},
        {"head -c 70000 /dev/zero | tr '\\0' x", "command \"sh\": printed more than 64 KiB"},
        {"head -c 65537 /dev/zero | tr '\\0' x",
         "the secret from command \"sh\" holds more than 64 KiB"},
        {"printf 'a\\000b'", "the secret from command \"sh\" holds a NUL byte"},
    };
    const char *argv[4];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const struct secret_source source = from_shell(argv, good[i].script);
        check_value(&source, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct secret_source source = from_shell(argv, bad[i].script);
        check_refused(&source, LONG_MS, bad[i].refusal);
    }
    static const char *const missing[] = {"rollcall-no-such-program", NULL};
    const struct secret_source none = from_command(missing);
    check_refused(&none, LONG_MS,
                  "command \"rollcall-no-such-program\": cannot be run: No such file or "
                  "directory");
    check_verdict(&none, "");
    static const char *const literal[] = {"printf", "%s", "$HOME; echo `x`", NULL};
    const struct secret_source no_shell = from_command(literal);
    check_value(&no_shell, "$HOME; echo `x`");
    static const char *const nothing[] = {NULL};
    const struct secret_source empty = from_command(nothing);
    check_verdict(&empty, "the command is empty");
}

static void test_command_timeout(void)
{
    static const char *const argv[] = {"sleep", "60", NULL};
    const struct secret_source source = from_command(argv);
    check_refused(&source, 50, "command \"sleep\": took longer than 0.05 s");

    /* One that has closed its output, and one whose grandchild holds it. */
    const char *shell[4];
    struct secret_source silent = from_shell(shell, "exec 1>&-; sleep 60");
    check_refused(&silent, 50, "command \"sh\": took longer than 0.05 s");
    silent = from_shell(shell, "sleep 60 & echo x");
    check_refused(&silent, 50, "command \"sh\": took longer than 0.05 s");
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to reap */
}

static void test_command_environment(void)
{
    static const char *const hidden[] = {"ROLLCALL_HIDDEN", "ROLLCALL_UNSET", NULL};
    const char *argv[4];
    const struct secret_source source =
        from_shell(argv, "echo \"${ROLLCALL_HIDDEN-gone} $ROLLCALL_HIDDEN_NOT\"");
    setenv("ROLLCALL_HIDDEN", "s3cret", 1);
    setenv("ROLLCALL_HIDDEN_NOT", "kept", 1);
    struct error error = {0};
    struct secret *secret = secret_read(&source, hidden, LONG_MS, &quiet, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
    CHECK_STR(secret_bytes(secret), "gone kept");
    CHECK_STR(getenv("ROLLCALL_HIDDEN"), "s3cret");
    secret_free(secret);
    unsetenv("ROLLCALL_HIDDEN");
    unsetenv("ROLLCALL_HIDDEN_NOT");
}

/* The command has a process group of its own, and no descriptor but the three usual ones. */
static void test_command_surroundings(void)
{
    const char *argv[4];
    struct secret_source source =
        from_shell(argv, "test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo own");
    check_value(&source, "own");
    for (int fd = 3; fd < 1024; fd++) /* whatever this program was started with */
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    static const char *const list[] = {"ls", "/proc/self/fd", NULL};
    source = from_command(list); /* 3 is the directory that ls reads */
    check_value(&source, "0\n1\n2\n3");
}

/* What a command says is shown when it fails: bounded, printable, and without what it printed. */
static void test_command_stderr(void)
{
    static const struct {
        const char *script, *refusal;
    } cases[] = {
        {"echo no key >&2; exit 1", "command \"sh\": exited with status 1 (no key)"},
        {"echo s3cret; echo got s3cret >&2; exit 1",
         "command \"sh\": exited with status 1 (got [hidden])"},
        {"printf 'a\\033[31m\\nb\\n\\n' >&2; exit 1",
         "command \"sh\": exited with status 1 (a\\x1B[31m\\nb)"},
        {"exec 1>&-; echo late >&2; exit 1", "command \"sh\": exited with status 1 (late)"},
        {"echo why >&2; kill -9 $$", "command \"sh\": killed by signal 9 (why)"},
    };
    const char *argv[4];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct secret_source source = from_shell(argv, cases[i].script);
        check_refused(&source, LONG_MS, cases[i].refusal);
    }
    /* More than a pipe holds, before and after its output's end, keeps none from ending. */
    struct secret_source source =
        from_shell(argv, "head -c 200000 /dev/zero >&2; echo x; exec 1>&-; "
                         "head -c 200000 /dev/zero >&2");
    check_value(&source, "x");
    source = from_shell(argv, "head -c 200000 /dev/zero | tr '\\0' x >&2; exit 1");
    struct error error = {0};
    CU_ASSERT_PTR_NULL(secret_read(&source, NULL, LONG_MS, NULL, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "exited with status 1 (xxx"));
    /* Neither does one that stays behind with it. */
    source = from_shell(argv, "sleep 60 >&- & echo $!");
    struct secret *sleeper = secret_read(&source, NULL, LONG_MS, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sleeper);
    kill((pid_t)strtol(secret_bytes(sleeper), NULL, 10), SIGKILL);
    secret_free(sleeper);
}

/* What it says is not for our own standard error. */
static void test_command_silence(void)
{
    struct scene scene;
    scene_begin(&scene);
    const char *argv[4];
    const struct secret_source source = from_shell(argv, "echo noise >&2; echo x");
    int kept = dup(2);
    int file = open("stderr", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(kept >= 0 && file >= 0 && dup2(file, 2) == 2);
    check_value(&source, "x");
    CU_ASSERT_EQUAL_FATAL(dup2(kept, 2), 2);
    char byte;
    CU_ASSERT_EQUAL(pread(file, &byte, 1, 0), 0);
    close(kept);
    close(file);
    scene_end(&scene);
}

/* Standard input and output may be closed in a program that cron or a daemon starts. */
static void test_command_closed_descriptors(void)
{
    pid_t child = fork();
    if (child == 0) {
        close(0);
        close(1);
        const char *argv[4];
        const struct secret_source source = from_shell(argv, "cat; echo x");
        struct secret *secret = secret_read(&source, NULL, LONG_MS, &quiet, NULL);
        bool is_good = secret != NULL && strcmp(secret_bytes(secret), "x") == 0;
        secret_free(secret);
        _exit(is_good ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

/* In a child of its own, since a signal that came is remembered for good. */
static void test_command_interrupted(void)
{
    pid_t child = fork();
    if (child == 0) {
        const char *argv[4];
        const struct secret_source source = from_shell(argv, "kill -TERM $PPID; sleep 60");
        struct error error = {0};
        if (!stop_install())
            _exit(2);
        struct secret *secret = secret_read(&source, NULL, LONG_MS, &quiet, &error);
        bool is_good = secret == NULL && error.class == ERR_INTERRUPTED &&
                       strcmp(error.text, "command \"sh\": interrupted by SIGTERM") == 0 &&
                       waitpid(-1, NULL, WNOHANG) == -1;
        _exit(is_good ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

/* SIGUSR1 is answered while the command runs, and disturbs nothing. */
static void test_command_inquiry(void)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        const char *argv[4];
        const struct secret_source source =
            from_shell(argv, "kill -USR1 $PPID; kill -USR1 $PPID; echo value");
        const struct log log = {.level = LOG_ERROR, .fd = ends[1]};
        struct error error = {0};
        if (!stop_install())
            _exit(2);
        struct secret *secret = secret_read(&source, NULL, LONG_MS, &log, &error);
        _exit(secret != NULL && strcmp(secret_bytes(secret), "value") == 0 ? 0 : 1);
    }
    close(ends[1]);
    char text[512] = "";
    ssize_t len = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    CU_ASSERT(len > 0);
    static const char begin[] = "rollcall: notice: waiting for command \"sh\" since ";
    CU_ASSERT_EQUAL(strncmp(text, begin, strlen(begin)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " s, of 30 s at most\n"));
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

static void test_describe(void)
{
    static const char *const argv[] = {"pass", "show", "x", NULL};
    const struct {
        struct secret_source source;
        const char *expected;
    } cases[] = {
        {{.kind = SECRET_FILE, .value = "/etc/s"}, "file /etc/s"},
        {{.kind = SECRET_ENV, .value = "S"}, "environment variable S"},
        {{.kind = SECRET_CREDENTIAL, .value = "c"}, "credential \"c\""},
        {{.kind = SECRET_COMMAND, .argv = argv}, "command \"pass\""},
        {{.kind = SECRET_NONE}, "nowhere"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = secret_describe(&cases[i].source);
        CHECK_STR(text, cases[i].expected);
        free(text);
    }
    const struct secret_source none = {.kind = SECRET_NONE};
    check_refused(&none, 0, "no source is configured");
}

static void test_from(void)
{
    struct secret *secret = secret_from("abcdef", 3);
    CHECK_STR(secret_bytes(secret), "abc");
    CU_ASSERT_EQUAL(secret_len(secret), 3);
    secret_free(secret);
    secret = secret_from(NULL, 0);
    CHECK_STR(secret_bytes(secret), "");
    secret_free(secret);
    secret_free(NULL);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"one trailing newline is stripped", test_newlines},
        {"values that are refused", test_bad_values},
        {"modes of files", test_modes},
        {"kinds of files", test_kinds_of_file},
        {"credentials", test_credential},
        {"environment variables are wiped", test_env},
        {"commands", test_command},
        {"commands that take too long", test_command_timeout},
        {"a command's environment", test_command_environment},
        {"a command's surroundings", test_command_surroundings},
        {"a command's stderr is shown if it fails", test_command_stderr},
        {"and only then", test_command_silence},
        {"a command with closed descriptors", test_command_closed_descriptors},
        {"a command is interrupted", test_command_interrupted},
        {"a command and SIGUSR1", test_command_inquiry},
        {"sources in words", test_describe},
        {"secrets from bytes", test_from},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/secret", tests);
}
