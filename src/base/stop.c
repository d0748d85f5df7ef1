#include "rollcall/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGHUP, "SIGHUP"}};

#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

/* A handler can reach nothing else. The program's only other mutable statics are what the end for
 * lack of memory has to reach (mem.c, outfile.c). */
static volatile sig_atomic_t first_signal;
static volatile sig_atomic_t is_interrupted;
static volatile sig_atomic_t is_asked;
static int wake_pipe[2] = {-1, -1};

static void wake(void)
{
    int saved_errno = errno;
    /* A full pipe is readable already. */
    ssize_t written = write(wake_pipe[1], "", 1);
    (void)written;
    errno = saved_errno;
}

static void note_signal(int number)
{
    if (number == SIGINT) {
        if (is_interrupted)
            _exit(130);
        is_interrupted = 1;
    }
    if (first_signal == 0)
        first_signal = number;
    wake();
}

/* The byte comes before the flag: whoever sees the flag can take the byte away. */
static void note_inquiry(int number)
{
    (void)number;
    wake();
    is_asked = 1;
}

/* Whether it was ignored from the start: what nohup(1) does to SIGHUP, and a shell to the SIGINT of
 * its background jobs. */
static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool stop_install(void)
{
    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    /* Without SA_RESTART: a blocking call must return to the loop that looks at stop_signal(). */
    struct sigaction action = {.sa_handler = note_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&action.sa_mask, signals[i].number);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (!is_ignored(signals[i].number) && sigaction(signals[i].number, &action, NULL) != 0)
            return false;
    /* A question disturbs no call that does not look for it. */
    struct sigaction inquiry = {.sa_handler = note_inquiry, .sa_flags = SA_RESTART};
    sigemptyset(&inquiry.sa_mask);
    if (!is_ignored(SIGUSR1) && sigaction(SIGUSR1, &inquiry, NULL) != 0)
        return false;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    /* A reader that went away and a limit on file sizes are errors of write(), not ends of the run.
     */
    return sigaction(SIGPIPE, &ignore, NULL) == 0 && sigaction(SIGXFSZ, &ignore, NULL) == 0;
}

int stop_signal(void)
{
    return (int)first_signal;
}

const char *stop_signal_name(int number)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return NULL;
}

bool stop_take_inquiry(void)
{
    bool was_asked = false;
    char bytes[64];
    while (is_asked) {
        is_asked = 0;
        was_asked = true;
        while (read(wake_pipe[0], bytes, sizeof bytes) > 0)
            ;
    }
    /* One of those bytes may have been a stop's, which stays. */
    if (was_asked && first_signal != 0)
        wake();
    return was_asked;
}

int stop_fd(void)
{
    return wake_pipe[0];
}

void stop_reset_in_child(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (!is_ignored(signals[i].number))
            sigaction(signals[i].number, &action, NULL);
    if (!is_ignored(SIGUSR1))
        sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
