/*
 * What torture.c, preloaded into a program, and the test that runs this program tell each other: a
 * file that both have mapped, so that nothing is lost however the program ends.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdint.h>

/* All variants of a call (open64, __read_chk, ...) count as the one named here. */
/* clang-format off */
#define TORTURE_FUNCTIONS(X) \
    X(open) X(openat) X(mkostemps) X(fopen) X(opendir) X(readdir) X(read) X(pread) X(write) \
    X(pwrite) X(fsync) X(rename) X(symlink) X(unlink) X(unlinkat) X(readlink) X(ftruncate) \
    X(fallocate) X(close) X(stat) X(lstat) X(fstat) X(fstatat) X(fchmod) X(flock) X(access) \
    X(faccessat) X(fcntl) X(ioctl) X(dup2) X(pipe2) X(fork) X(setpgid) X(execvpe) X(waitpid) \
    X(poll) X(getrandom) X(gethostname) X(getrlimit) X(setrlimit) X(sigaction) X(socket) \
    X(socketpair) X(connect) X(send) X(recv) X(getsockopt) X(setsockopt) X(getsockname) \
    X(getpeername) X(pthread_create) X(realtime) X(alloc)
/* clang-format on */

enum torture_function {
#define TORTURE_ENUM(name) TORTURE_##name,
    TORTURE_FUNCTIONS(TORTURE_ENUM)
#undef TORTURE_ENUM
        TORTURE_FUNCTION_COUNT
};

enum torture_mode {
    TORTURE_ONCE,  /* the Nth call fails */
    TORTURE_FROM,  /* and all that come after it */
    TORTURE_SHORT, /* the Nth moves one byte only (read, write and their like) */
    TORTURE_SHORT_FROM,
    TORTURE_JUMP, /* realtime: from the Nth call on the clock is off by `jump_s` */
};

struct torture {
    /* Set by the test. */
    int32_t function;
    uint32_t mode;
    uint32_t nth; /* from 1; 0: calls are counted only */
    int32_t error;
    int64_t jump_s;
    /* Set by the program: calls from main() on, those on descriptor 2 left out. */
    uint32_t counts[TORTURE_FUNCTION_COUNT];
    uint32_t injected;
    uint32_t is_socket; /* of the first call that was made to fail */
    char what[512];     /* the file it was about, or "" */
};

/* The environment variable that names the file. */
#define TORTURE_STATE "TORTURE_STATE"

#endif
