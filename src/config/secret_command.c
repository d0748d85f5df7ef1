#include "secret_internal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rollcall/clock.h"
#include "rollcall/file.h"
#include "rollcall/hide.h"
#include "rollcall/mem.h"
#include "rollcall/stop.h"

#define EXIT_POLL_MS 10

/* Of what it says on its standard error so much is kept, and shown if it fails. */
#define WORDS_MAX_BYTES 1024
#define READS_AT_ONCE   64

struct command {
    const char *const *argv;
    const struct log *log;
    int timeout_ms;
    int64_t end_ms;
    pid_t pid;   /* also its process group's; 0: none to wait for */
    int output;  /* what it prints; -1: closed */
    int talk;    /* its standard error, likewise; never waited for */
    int trouble; /* the errno of a failed exec(); ends without a byte when it worked */
    int exec_errno;
    struct buf words; /* what it said there */
};

static bool fail(const struct command *command, struct error *error, const char *what)
{
    return error_set(error, ERR_INTERNAL, "command \"%s\": %s", command->argv[0], what);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A pipe clear of the descriptors 0 to 2, which the child replaces; {-1, -1} when there is none. */
static bool make_pipe(int ends[2])
{
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
    int saved_errno = errno;
    close(raw[0]);
    close(raw[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    errno = saved_errno;
    return false;
}

static bool is_hidden(const char *entry, const char *const *hidden_env)
{
    for (size_t i = 0; hidden_env != NULL && hidden_env[i] != NULL; i++) {
        size_t len = strlen(hidden_env[i]);
        if (strncmp(entry, hidden_env[i], len) == 0 && entry[len] == '=')
            return true;
    }
    return false;
}

/* The environment without the hidden variables: an array the caller frees, entries borrowed. */
static char **make_environment(const char *const *hidden_env)
{
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **kept = mem_new(count + 1, sizeof *kept);
    size_t kept_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_hidden(environ[i], hidden_env))
            kept[kept_count++] = environ[i];
    return kept;
}

/* Between fork() and exec(): nothing here allocates or locks. */
static _Noreturn void become_command(const char *const *argv, char *const *envp, int output,
                                     int talk, int trouble)
{
    int null_fd = file_open("/dev/null", O_RDONLY, 0);
    if (setpgid(0, 0) == 0 && null_fd >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(talk, STDERR_FILENO) >= 0) {
        bool has_input = null_fd == STDIN_FILENO ? fcntl(null_fd, F_SETFD, 0) == 0
                                                 : dup2(null_fd, STDIN_FILENO) >= 0;
        stop_reset_in_child();
        if (has_input)
            execvpe(argv[0], (char *const *)argv, envp);
    }
    int cause = errno;
    ssize_t written = write(trouble, &cause, sizeof cause);
    _exit(written == (ssize_t)sizeof cause ? 127 : 126);
}

static void close_pipe(int ends[2])
{
    close_fd(&ends[0]);
    close_fd(&ends[1]);
}

static bool make_pipes(int output[2], int talk[2], int trouble[2])
{
    if (make_pipe(output) && make_pipe(talk) && make_pipe(trouble) &&
        fcntl(talk[0], F_SETFL, O_NONBLOCK) == 0)
        return true;
    int saved_errno = errno;
    close_pipe(output);
    close_pipe(talk);
    close_pipe(trouble);
    errno = saved_errno;
    return false;
}

static bool start(struct command *command, const char *const *hidden_env, struct error *error)
{
    int output[2] = {-1, -1}, talk[2] = {-1, -1}, trouble[2] = {-1, -1};
    if (!make_pipes(output, talk, trouble))
        return fail(command, error, strerror(errno));
    char **envp = make_environment(hidden_env);
    pid_t pid = fork();
    if (pid == 0)
        become_command(command->argv, envp, output[1], talk[1], trouble[1]);
    int fork_errno = errno;
    free(envp);
    close(output[1]);
    close(talk[1]);
    close(trouble[1]);
    command->output = output[0];
    command->talk = talk[0];
    command->trouble = trouble[0];
    if (pid < 0)
        return fail(command, error, strerror(fork_errno));
    command->pid = pid;
    /* The child does the same; whoever comes first, the group exists before it is needed. The one
     * error there can be is that the child has gone on to exec(), having done it. */
    (void)setpgid(pid, pid);
    return true;
}

/* False when something ends the waiting early. Answers a question meanwhile. */
static bool may_go_on(const struct command *command, int *wait_ms, struct error *error)
{
    if (stop_signal() != 0)
        return error_set(error, ERR_INTERRUPTED, "command \"%s\": interrupted by %s",
                         command->argv[0], stop_signal_name(stop_signal()));
    int64_t left = command->end_ms - clock_mono_ms();
    if (left <= 0)
        return error_set(error, ERR_INTERNAL, "command \"%s\": took longer than %g s",
                         command->argv[0], command->timeout_ms / 1000.0);
    *wait_ms = (int)left;
    if (stop_take_inquiry())
        log_notice(command->log, "waiting for command \"%s\" since %.1f s, of %g s at most",
                   command->argv[0], (double)(command->timeout_ms - left) / 1000.0,
                   command->timeout_ms / 1000.0);
    return true;
}

/* Reads what is there; closes the descriptor at its end. */
static bool read_output(struct command *command, struct buf *out, struct error *error)
{
    char chunk[4096];
    bool is_good = true;
    ssize_t got = read(command->output, chunk, sizeof chunk);
    if (got > 0 && !buf_append(out, chunk, (size_t)got))
        is_good = fail(command, error, "printed more than 64 KiB");
    else if (got < 0 && errno != EINTR)
        is_good = fail(command, error, strerror(errno));
    else if (got == 0)
        close_fd(&command->output);
    explicit_bzero(chunk, sizeof chunk);
    return is_good;
}

static void read_trouble(struct command *command)
{
    int cause = 0;
    ssize_t got = read(command->trouble, &cause, sizeof cause);
    if (got < 0 && errno == EINTR)
        return;
    if (got == (ssize_t)sizeof cause)
        command->exec_errno = cause;
    close_fd(&command->trouble);
}

/* Takes what the command has said by now, more than is kept too, so that it is never blocked. One
 * that never stops talking is left at it until the next look. */
static void read_talk(struct command *command)
{
    char chunk[1024];
    ssize_t got = 1;
    for (int i = 0; command->talk >= 0 && got > 0 && i < READS_AT_ONCE; i++) {
        got = read(command->talk, chunk, sizeof chunk);
        size_t room = command->words.max - command->words.len;
        if (got > 0)
            buf_append(&command->words, chunk, (size_t)got < room ? (size_t)got : room);
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            close_fd(&command->talk);
    }
    explicit_bzero(chunk, sizeof chunk);
}

static bool collect(struct command *command, struct buf *out, struct error *error)
{
    int wait_ms = 0;
    while (command->output >= 0 || command->trouble >= 0) {
        if (!may_go_on(command, &wait_ms, error))
            return false;
        struct pollfd fds[] = {{.fd = command->output, .events = POLLIN},
                               {.fd = command->trouble, .events = POLLIN},
                               {.fd = command->talk, .events = POLLIN},
                               {.fd = stop_fd(), .events = POLLIN}};
        if (poll(fds, 4, wait_ms) < 0 && errno != EINTR)
            return fail(command, error, strerror(errno));
        read_talk(command);
        if (command->trouble >= 0 && fds[1].revents != 0)
            read_trouble(command);
        if (command->output >= 0 && fds[0].revents != 0 && !read_output(command, out, error))
            return false;
    }
    return true;
}

/* Waits for the end of a command that has closed its output, which need not be its end. */
static bool finish(struct command *command, struct error *error)
{
    int status = 0, wait_ms = 0;
    for (;;) {
        pid_t done = waitpid(command->pid, &status, WNOHANG);
        if (done == command->pid)
            break;
        if (done < 0 && errno != EINTR)
            return fail(command, error, strerror(errno));
        if (!may_go_on(command, &wait_ms, error))
            return false;
        struct pollfd fds[] = {{.fd = command->talk, .events = POLLIN},
                               {.fd = stop_fd(), .events = POLLIN}};
        (void)poll(fds, 2, wait_ms < EXIT_POLL_MS ? wait_ms : EXIT_POLL_MS);
        read_talk(command);
    }
    command->pid = 0;
    if (command->exec_errno != 0)
        return error_set(error, ERR_INTERNAL, "command \"%s\": cannot be run: %s", command->argv[0],
                         strerror(command->exec_errno));
    if (WIFSIGNALED(status))
        return error_set(error, ERR_INTERNAL, "command \"%s\": killed by signal %d",
                         command->argv[0], WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return error_set(error, ERR_INTERNAL, "command \"%s\": exited with status %d",
                         command->argv[0], WEXITSTATUS(status));
    return true;
}

static void end_group(const struct command *command)
{
    kill(-command->pid, SIGKILL);
    while (waitpid(command->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Adds what the command said to what is wrong with it, without the secret it had printed. */
static void add_words(struct command *command, const struct buf *out, struct error *error)
{
    struct buf *words = &command->words;
    struct str secret = {out->data, out->len};
    while (secret.len > 0 && strchr("\r\n", secret.data[secret.len - 1]) != NULL)
        secret.len--;
    read_talk(command);
    hide(words, secret);
    while (words->len > 0 && isspace((unsigned char)words->data[words->len - 1]))
        words->data[--words->len] = '\0';
    if (words->len == 0 || error == NULL)
        return;
    const struct error plain = *error;
    error_set(error, plain.class, "%s (%s)", plain.text, words->data);
}

bool secret_run_command(const char *const *argv, const char *const *hidden_env, int timeout_ms,
                        const struct log *log, struct buf *out, struct error *error)
{
    struct command command = {.argv = argv,
                              .log = log,
                              .timeout_ms = timeout_ms,
                              .end_ms = clock_mono_ms() + timeout_ms,
                              .output = -1,
                              .talk = -1,
                              .trouble = -1};
    buf_init(&command.words, WORDS_MAX_BYTES);
    bool is_good = start(&command, hidden_env, error) && collect(&command, out, error) &&
                   finish(&command, error);
    if (command.pid > 0)
        end_group(&command);
    if (!is_good)
        add_words(&command, out, error);
    buf_wipe(&command.words);
    close_fd(&command.output);
    close_fd(&command.talk);
    close_fd(&command.trouble);
    return is_good;
}
