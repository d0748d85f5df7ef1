/*
 * Makes calls fail in a program under test: preloaded, it counts the calls of each function in
 * torture.h and lets the one fail that the file $TORTURE_STATE names. It begins with main(), so
 * that neither the loader nor the libraries' constructors count, and takes itself out of the
 * environment there, so that it does not follow into what the program starts.
 */
#include "torture.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct torture *state; /* NULL: before main() */

/* dlsym() gives an object pointer; ISO C knows no cast of one to a function. */
static void find_real(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL || size != sizeof symbol)
        abort();
    memcpy(function, &symbol, size);
}

/* Declares and finds the function behind this one. */
#define REAL(name)                                                                                 \
    static __typeof__(name) *real;                                                                 \
    if (real == NULL)                                                                              \
    find_real(#name, &real, sizeof real)

/* ---- what is to be done ---- */

static void note(int fd, const char *path)
{
    if (state->what[0] != '\0' || __atomic_fetch_add(&state->injected, 1, __ATOMIC_RELAXED) > 0)
        return;
    struct stat status;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (path != NULL)
        snprintf(state->what, sizeof state->what, "%s", path);
    else if (fd >= 0)
        (void)!syscall(SYS_readlink, link, state->what, sizeof state->what - 1);
    state->is_socket = fd >= 0 && syscall(SYS_fstat, fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Counts a call; whether something is to happen to it. */
static bool is_struck(enum torture_function function, int fd, const char *path)
{
    if (state == NULL || fd == STDERR_FILENO)
        return false;
    uint32_t number = __atomic_add_fetch(&state->counts[function], 1, __ATOMIC_RELAXED);
    bool goes_on = state->mode != TORTURE_ONCE && state->mode != TORTURE_SHORT;
    if (state->nth == 0 || state->function != (int32_t)function ||
        (goes_on ? number < state->nth : number != state->nth))
        return false;
    int saved_errno = errno;
    note(fd, path);
    errno = saved_errno;
    return true;
}

/* Whether the call is to fail, with errno set. */
static bool fails(enum torture_function function, int fd, const char *path)
{
    if (!is_struck(function, fd, path))
        return false;
    errno = state->error;
    return true;
}

/* Likewise for what moves bytes, which may become fewer instead. */
static bool fails_or_shortens(enum torture_function function, int fd, size_t *len)
{
    if (!is_struck(function, fd, NULL))
        return false;
    if (state->mode == TORTURE_SHORT || state->mode == TORTURE_SHORT_FROM) {
        *len = *len > 1 ? 1 : *len;
        return false;
    }
    errno = state->error;
    return true;
}

/* ---- main() ---- */

typedef int main_fn(int, char **, char **);
static main_fn *real_main;

static int begin(int argc, char **argv, char **envp)
{
    const char *path = getenv(TORTURE_STATE);
    int fd = path == NULL ? -1 : (int)syscall(SYS_open, path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        void *memory = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        syscall(SYS_close, fd);
        unsetenv("LD_PRELOAD");
        if (memory == MAP_FAILED)
            abort();
        state = memory;
    }
    return real_main(argc, argv, envp);
}

int __libc_start_main(main_fn *main_function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(main_fn *main_function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    REAL(__libc_start_main);
    real_main = main_function;
    return real(begin, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- calls that only fail ---- */

#define FAIL(symbol, function, result, fd, path, failure, parameters, arguments)                   \
    result symbol parameters;                                                                      \
    result symbol parameters                                                                       \
    {                                                                                              \
        REAL(symbol);                                                                              \
        return fails(TORTURE_##function, fd, path) ? (failure) : real arguments;                   \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"

FAIL(fopen, fopen, FILE *, -1, p, NULL, (const char *p, const char *m), (p, m))
FAIL(fopen64, fopen, FILE *, -1, p, NULL, (const char *p, const char *m), (p, m))
FAIL(opendir, opendir, DIR *, -1, p, NULL, (const char *p), (p))
FAIL(readdir, readdir, struct dirent *, dirfd(d), NULL, NULL, (DIR * d), (d))
FAIL(fsync, fsync, int, fd, NULL, -1, (int fd), (fd))
FAIL(rename, rename, int, -1, to, -1, (const char *from, const char *to), (from, to))
FAIL(symlink, symlink, int, -1, p, -1, (const char *target, const char *p), (target, p))
FAIL(unlink, unlink, int, -1, p, -1, (const char *p), (p))
FAIL(unlinkat, unlinkat, int, fd, NULL, -1, (int fd, const char *p, int f), (fd, p, f))
FAIL(readlink, readlink, ssize_t, -1, p, -1, (const char *p, char *b, size_t n), (p, b, n))
FAIL(ftruncate, ftruncate, int, fd, NULL, -1, (int fd, off_t n), (fd, n))
FAIL(fallocate, fallocate, int, fd, NULL, -1, (int fd, int m, off_t o, off_t n), (fd, m, o, n))
FAIL(stat, stat, int, -1, p, -1, (const char *p, struct stat *s), (p, s))
FAIL(lstat, lstat, int, -1, p, -1, (const char *p, struct stat *s), (p, s))
FAIL(fstat, fstat, int, fd, NULL, -1, (int fd, struct stat *s), (fd, s))
FAIL(fstatat, fstatat, int, fd, NULL, -1, (int fd, const char *p, struct stat *s, int f),
     (fd, p, s, f))
FAIL(fchmod, fchmod, int, fd, NULL, -1, (int fd, mode_t m), (fd, m))
FAIL(flock, flock, int, fd, NULL, -1, (int fd, int o), (fd, o))
FAIL(access, access, int, -1, p, -1, (const char *p, int m), (p, m))
FAIL(faccessat, faccessat, int, -1, p, -1, (int fd, const char *p, int m, int f), (fd, p, m, f))
FAIL(dup2, dup2, int, from, NULL, -1, (int from, int to), (from, to))
FAIL(pipe2, pipe2, int, -1, NULL, -1, (int e[2], int f), (e, f))
FAIL(fork, fork, pid_t, -1, NULL, -1, (void), ())
FAIL(setpgid, setpgid, int, -1, NULL, -1, (pid_t p, pid_t g), (p, g))
FAIL(execvpe, execvpe, int, -1, p, -1, (const char *p, char *const a[], char *const e[]), (p, a, e))
FAIL(waitpid, waitpid, pid_t, -1, NULL, -1, (pid_t p, int *s, int o), (p, s, o))
FAIL(poll, poll, int, -1, NULL, -1, (struct pollfd * p, nfds_t n, int t), (p, n, t))
FAIL(__poll_chk, poll, int, -1, NULL, -1, (struct pollfd * p, nfds_t n, int t, size_t l),
     (p, n, t, l))
FAIL(getrandom, getrandom, ssize_t, -1, NULL, -1, (void *b, size_t n, unsigned f), (b, n, f))
FAIL(gethostname, gethostname, int, -1, NULL, -1, (char *b, size_t n), (b, n))
FAIL(getrlimit, getrlimit, int, -1, NULL, -1, (__rlimit_resource_t r, struct rlimit *l), (r, l))
FAIL(setrlimit, setrlimit, int, -1, NULL, -1, (__rlimit_resource_t r, const struct rlimit *l),
     (r, l))
FAIL(sigaction, sigaction, int, -1, NULL, -1,
     (int s, const struct sigaction *a, struct sigaction *o), (s, a, o))
FAIL(socket, socket, int, -1, NULL, -1, (int d, int t, int p), (d, t, p))
FAIL(socketpair, socketpair, int, -1, NULL, -1, (int d, int t, int p, int e[2]), (d, t, p, e))
FAIL(connect, connect, int, fd, NULL, -1, (int fd, __CONST_SOCKADDR_ARG a, socklen_t n), (fd, a, n))
FAIL(getsockopt, getsockopt, int, fd, NULL, -1, (int fd, int l, int o, void *v, socklen_t *n),
     (fd, l, o, v, n))
FAIL(setsockopt, setsockopt, int, fd, NULL, -1, (int fd, int l, int o, const void *v, socklen_t n),
     (fd, l, o, v, n))
FAIL(getsockname, getsockname, int, fd, NULL, -1, (int fd, __SOCKADDR_ARG a, socklen_t *n),
     (fd, a, n))
FAIL(getpeername, getpeername, int, fd, NULL, -1, (int fd, __SOCKADDR_ARG a, socklen_t *n),
     (fd, a, n))
FAIL(pthread_create, pthread_create, int, -1, NULL, errno,
     (pthread_t * t, const pthread_attr_t *a, void *(*f)(void *), void *d), (t, a, f, d))

/* ---- calls that move bytes ---- */

#define MOVE(symbol, function, parameters, arguments)                                              \
    ssize_t symbol parameters;                                                                     \
    ssize_t symbol parameters                                                                      \
    {                                                                                              \
        REAL(symbol);                                                                              \
        return fails_or_shortens(TORTURE_##function, fd, &n) ? -1 : real arguments;                \
    }

MOVE(read, read, (int fd, void *b, size_t n), (fd, b, n))
MOVE(__read_chk, read, (int fd, void *b, size_t n, size_t l), (fd, b, n, l))
MOVE(pread, pread, (int fd, void *b, size_t n, off_t o), (fd, b, n, o))
MOVE(pread64, pread, (int fd, void *b, size_t n, off64_t o), (fd, b, n, o))
MOVE(__pread_chk, pread, (int fd, void *b, size_t n, off_t o, size_t l), (fd, b, n, o, l))
MOVE(write, write, (int fd, const void *b, size_t n), (fd, b, n))
MOVE(pwrite, pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o))
MOVE(pwrite64, pwrite, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o))
MOVE(send, send, (int fd, const void *b, size_t n, int f), (fd, b, n, f))
MOVE(recv, recv, (int fd, void *b, size_t n, int f), (fd, b, n, f))
MOVE(__recv_chk, recv, (int fd, void *b, size_t n, size_t l, int f), (fd, b, n, l, f))

/* ---- calls with an argument that may be missing ---- */

static mode_t optional_mode(int flags, va_list args)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

#define OPEN(symbol)                                                                               \
    int symbol(const char *path, int flags, ...)                                                   \
    {                                                                                              \
        REAL(symbol);                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = optional_mode(flags, args);                                                  \
        va_end(args);                                                                              \
        return fails(TORTURE_open, -1, path) ? -1 : real(path, flags, mode);                       \
    }
OPEN(open)
OPEN(open64)
FAIL(__open_2, open, int, -1, p, -1, (const char *p, int f), (p, f))
FAIL(__open64_2, open, int, -1, p, -1, (const char *p, int f), (p, f))

int openat(int fd, const char *path, int flags, ...)
{
    REAL(openat);
    va_list args;
    va_start(args, flags);
    mode_t mode = optional_mode(flags, args);
    va_end(args);
    return fails(TORTURE_openat, fd, NULL) ? -1 : real(fd, path, flags, mode);
}

/* The name that would be made counts as the file. */
FAIL(mkostemps, mkostemps, int, -1, p, -1, (char *p, int l, int f), (p, l, f))

/* Only what makes a descriptor: F_SETFL of a socket, whose failure libcurl ignores, has no way to
 * fail on Linux. */
#define FCNTL(symbol)                                                                              \
    int symbol(int fd, int command, ...)                                                           \
    {                                                                                              \
        REAL(symbol);                                                                              \
        va_list args;                                                                              \
        va_start(args, command);                                                                   \
        void *argument = va_arg(args, void *);                                                     \
        va_end(args);                                                                              \
        return command == F_DUPFD_CLOEXEC && fails(TORTURE_fcntl, fd, NULL)                        \
                   ? -1                                                                            \
                   : real(fd, command, argument);                                                  \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

int ioctl(int fd, unsigned long request, ...)
{
    REAL(ioctl);
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    return fails(TORTURE_ioctl, fd, NULL) ? -1 : real(fd, request, argument);
}

/* The descriptor is gone whatever close() returns: that is what Linux does. */
int close(int fd)
{
    REAL(close);
    bool is_failing = fails(TORTURE_close, fd, NULL);
    int cause = errno, result = real(fd);
    if (!is_failing)
        return result;
    errno = cause;
    return -1;
}

/* ---- the wall clock ---- */

static int64_t offset_s(void)
{
    return is_struck(TORTURE_realtime, -1, NULL) ? state->jump_s : 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(id, now);
    if (result == 0 && id == CLOCK_REALTIME)
        now->tv_sec += offset_s();
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        abort();
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        abort();
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

#pragma GCC diagnostic pop
