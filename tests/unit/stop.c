#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/stop.h"

/* Signals change the whole process: each test body runs in a child and returns 0 when all is well.
 */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "    %s:%d: %s\n", __FILE__, __LINE__, #condition);                    \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

/* Runs `body` in a child with default signal handling and returns its wait status. */
static int run_child(int (*body)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};
        sigset_t none;
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            signal(numbers[i], SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        _exit(body());
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return status;
}

static bool is_readable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN) != 0;
}

static int before(void)
{
    NEED(stop_signal() == 0);
    NEED(stop_fd() == -1);
    NEED(stop_install());
    NEED(stop_fd() >= 0);
    NEED((fcntl(stop_fd(), F_GETFD) & FD_CLOEXEC) != 0);
    NEED(!is_readable(stop_fd()));
    NEED(stop_signal() == 0);
    int fd = stop_fd();
    NEED(stop_install());
    NEED(stop_fd() == fd);
    return 0;
}

static int note(int number)
{
    NEED(stop_install());
    NEED(raise(number) == 0);
    NEED(stop_signal() == number);
    NEED(is_readable(stop_fd()));
    return 0;
}

static int note_term(void)
{
    return note(SIGTERM);
}

static int note_int(void)
{
    return note(SIGINT);
}

static int note_hup(void)
{
    return note(SIGHUP);
}

static int keep_first(void)
{
    NEED(note(SIGTERM) == 0);
    raise(SIGHUP);
    raise(SIGTERM);
    raise(SIGINT);
    NEED(stop_signal() == SIGTERM);
    return 0;
}

static int interrupt_twice(void)
{
    NEED(note(SIGINT) == 0);
    raise(SIGTERM);
    raise(SIGINT);
    return 1;
}

static int interrupt_twice_after_term(void)
{
    NEED(keep_first() == 0);
    raise(SIGINT);
    return 1;
}

/* More signals than the pipe holds: nothing blocks. */
static int many(void)
{
    NEED(stop_install());
    for (int i = 0; i < 100000; i++)
        raise(SIGTERM);
    NEED(is_readable(stop_fd()));
    return 0;
}

static int broken_pipe(void)
{
    int ends[2];
    NEED(stop_install());
    NEED(pipe(ends) == 0);
    close(ends[0]);
    NEED(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    NEED(stop_signal() == 0);
    return 0;
}

/* A blocking call ends, and its error is the call's own. */
static int wake_up(void)
{
    int ends[2];
    char byte;
    NEED(stop_install());
    NEED(pipe(ends) == 0);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        /* Over and over, since the parent may not be in read() yet. */
        while (getppid() == parent)
            kill(parent, SIGTERM);
        _exit(0);
    }
    bool is_interrupted = read(ends[0], &byte, 1) == -1 && errno == EINTR;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
        ;
    NEED(is_interrupted);
    return 0;
}

/* What was ignored at the start stays so, for children too. */
static int keep_ignored(void)
{
    const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    const size_t count = sizeof numbers / sizeof *numbers;
    for (size_t i = 0; i < count; i++)
        signal(numbers[i], SIG_IGN);
    NEED(stop_install());
    for (size_t i = 0; i < 2 * count; i++)
        raise(numbers[i % count]);
    NEED(stop_signal() == 0);
    NEED(!stop_take_inquiry());
    stop_reset_in_child();
    for (size_t i = 0; i < count; i++)
        raise(numbers[i]);
    return 0;
}

/* Questions are no stop, are taken once, and wake. */
static int ask(void)
{
    NEED(stop_install());
    NEED(!stop_take_inquiry());
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100000; i++)
            raise(SIGUSR1);
        NEED(stop_signal() == 0);
        NEED(is_readable(stop_fd()));
        NEED(stop_take_inquiry());
        NEED(!is_readable(stop_fd()));
        NEED(!stop_take_inquiry());
    }
    return 0;
}

/* A stop is not taken away with a question. */
static int ask_and_stop(void)
{
    NEED(stop_install());
    raise(SIGUSR1);
    raise(SIGTERM);
    raise(SIGUSR1);
    NEED(stop_take_inquiry());
    NEED(stop_signal() == SIGTERM);
    NEED(is_readable(stop_fd()));
    raise(SIGUSR1);
    NEED(stop_take_inquiry());
    NEED(is_readable(stop_fd()));
    return 0;
}

/* A blocking call that does not poll goes on after a question. */
static int ask_undisturbed(void)
{
    int ends[2];
    char byte;
    NEED(stop_install());
    NEED(pipe(ends) == 0);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++)
            kill(parent, SIGUSR1);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    NEED(read(ends[0], &byte, 1) == 1);
    int status = -1;
    NEED(waitpid(child, &status, 0) == child);
    NEED(status == 0);
    NEED(stop_take_inquiry());
    return 0;
}

/* After the reset the signal's default ends the child. */
static int reset(void)
{
    sigset_t all;
    NEED(stop_install());
    sigfillset(&all);
    NEED(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    stop_reset_in_child();
    struct sigaction action;
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        NEED(sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    raise(SIGTERM);
    return 1;
}

static void test_bodies(void)
{
    int (*const bodies[])(void) = {before,       note_term, note_int,     note_hup,
                                   keep_first,   many,      wake_up,      broken_pipe,
                                   keep_ignored, ask,       ask_and_stop, ask_undisturbed};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        CU_ASSERT_EQUAL(run_child(bodies[i]), 0);
}

static void test_second_interrupt(void)
{
    int (*const bodies[])(void) = {interrupt_twice, interrupt_twice_after_term};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        int status = run_child(bodies[i]);
        CU_ASSERT_TRUE(WIFEXITED(status));
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 130);
    }
}

static void test_reset(void)
{
    int status = run_child(reset);
    CU_ASSERT_TRUE(WIFSIGNALED(status));
    CU_ASSERT_EQUAL(WTERMSIG(status), SIGTERM);
}

static void test_names(void)
{
    CHECK_STR(stop_signal_name(SIGTERM), "SIGTERM");
    CHECK_STR(stop_signal_name(SIGINT), "SIGINT");
    CHECK_STR(stop_signal_name(SIGHUP), "SIGHUP");
    CU_ASSERT_PTR_NULL(stop_signal_name(0));
    CU_ASSERT_PTR_NULL(stop_signal_name(SIGKILL));
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"signals are noted", test_bodies},
        {"a second SIGINT ends the process", test_second_interrupt},
        {"a child starts afresh", test_reset},
        {"names", test_names},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/stop", tests);
}
