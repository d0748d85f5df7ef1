/*
 * Counts what a program under test asks of the allocator and of the system: preloaded, it writes
 * one line to the file $COUNT_LOG when the program ends,
 *
 *     allocations N calls N
 *
 * where calls are those that move bytes or wait for them: read, write, send, receive, poll.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* The C library's own allocator, by the names that it exports for replacements. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);

static atomic_ullong allocations;
static atomic_ullong calls;

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(memory, size);
}

/* Defines `name` as a count in front of the real one. dlsym() gives an object pointer; ISO C knows
 * no cast of one to a function. */
#define COUNTED(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (real == NULL) {                                                                        \
            void *symbol = dlsym(RTLD_NEXT, #name);                                                \
            if (symbol == NULL)                                                                    \
                abort();                                                                           \
            memcpy(&real, &symbol, sizeof real);                                                   \
        }                                                                                          \
        atomic_fetch_add(&calls, 1);                                                               \
        return real arguments;                                                                     \
    }

COUNTED(ssize_t, read, (int fd, void *data, size_t len), (fd, data, len))
COUNTED(ssize_t, write, (int fd, const void *data, size_t len), (fd, data, len))
COUNTED(ssize_t, pread64, (int fd, void *data, size_t len, off64_t at), (fd, data, len, at))
COUNTED(ssize_t, pwrite64, (int fd, const void *data, size_t len, off64_t at), (fd, data, len, at))
COUNTED(ssize_t, pread, (int fd, void *data, size_t len, off_t at), (fd, data, len, at))
COUNTED(ssize_t, pwrite, (int fd, const void *data, size_t len, off_t at), (fd, data, len, at))
COUNTED(ssize_t, send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags))
COUNTED(ssize_t, recv, (int fd, void *data, size_t len, int flags), (fd, data, len, flags))
COUNTED(int, poll, (struct pollfd * fds, nfds_t count, int timeout_ms), (fds, count, timeout_ms))

static void write_counts(void) __attribute__((destructor));
static void write_counts(void)
{
    char line[128];
    unsigned long long allocation_count = allocations, call_count = calls;
    const char *path = getenv("COUNT_LOG");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    int len =
        snprintf(line, sizeof line, "allocations %llu calls %llu\n", allocation_count, call_count);
    if (write(fd, line, (size_t)len) != len)
        abort();
    close(fd);
}
