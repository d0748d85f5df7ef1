/*
 * A name server that misbehaves, for a program under test: preloaded, it answers getaddrinfo()
 * itself for names that end in
 *
 *     .hang.test    nothing, for a minute, which blocks the thread that asks
 *     .fail.test    EAI_AGAIN, at once
 *     .alias.test   the address in $RESOLVER_ALIAS
 *
 * and leaves all others to the system. Each name it answers for is a line in the file
 * $RESOLVER_LOG.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HANG_S 60

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcasecmp(name + len - end_len, end) == 0;
}

/* One write to a file opened for appending: lines of several threads do not mix. */
static void note(const char *name)
{
    char line[512];
    const char *path = getenv("RESOLVER_LOG");
    int len = snprintf(line, sizeof line, "%s\n", name);
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    if (len <= 0 || (size_t)len >= sizeof line || write(fd, line, (size_t)len) != len)
        abort();
    close(fd);
}

static void hang(void)
{
    struct timespec left = {.tv_sec = HANG_S};
    while (nanosleep(&left, &left) != 0)
        continue;
}

/* dlsym() gives an object pointer; ISO C knows no cast of one to a function. */
static getaddrinfo_fn *find_real(void)
{
    getaddrinfo_fn *function;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    if (symbol == NULL)
        abort();
    memcpy(&function, &symbol, sizeof function);
    return function;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    const char *alias = getenv("RESOLVER_ALIAS");
    if (name == NULL || !ends_with(name, ".test"))
        return find_real()(name, service, hints, result);
    note(name);
    if (ends_with(name, ".hang.test"))
        hang();
    else if (ends_with(name, ".alias.test") && alias != NULL)
        return find_real()(alias, service, hints, result);
    return EAI_AGAIN;
}
