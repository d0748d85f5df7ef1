/*
 * measure OUT SECONDS COMMAND...: runs the command, and writes to OUT one line: wall seconds, user
 * and system seconds (of its children too), and the peak memory of its largest process in KiB. Ends
 * it after so many seconds. The exit status is the command's; 124 when the time was up.
 *
 * For short programs the usual `time` is too coarse (it rounds to 10 ms).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_TIME_IS_UP 124

static volatile sig_atomic_t is_time_up;
static pid_t child;

/* The command is in a group of its own, so that its children end with it. */
static void on_signal(int signal_number)
{
    is_time_up = signal_number == SIGALRM;
    kill(-child, SIGKILL);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    unsigned limit_s = argc < 4 ? 0 : (unsigned)strtoul(argv[2], NULL, 10);
    if (limit_s == 0) {
        fputs("usage: measure OUT SECONDS COMMAND...\n", stderr);
        return 2;
    }
    double started_s = now_s();
    child = fork();
    if (child == 0) {
        setpgid(0, 0);
        execvp(argv[3], argv + 3);
        fprintf(stderr, "measure: %s: %s\n", argv[3], strerror(errno));
        _exit(127);
    }
    if (child < 0) {
        perror("measure: fork");
        return 1;
    }
    setpgid(child, child);
    signal(SIGALRM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    alarm(limit_s);
    int status = 0;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0)
        if (errno != EINTR) {
            perror("measure: wait4");
            return 1;
        }
    double wall_s = now_s() - started_s;
    FILE *out = fopen(argv[1], "w");
    if (out == NULL ||
        fprintf(out, "%.6f %.6f %.6f %ld\n", wall_s, seconds(usage.ru_utime),
                seconds(usage.ru_stime), usage.ru_maxrss) < 0 ||
        fclose(out) != 0) {
        fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    if (is_time_up)
        return STATUS_TIME_IS_UP;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
