/*
 * A name server that misbehaves, for a program under test: preloaded, it answers getaddrinfo()
 * itself for names that end in
 *
 *     .hang.test    nothing, for a minute, which blocks the thread that asks
 *     .fail.test    EAI_AGAIN, at once (.none.test: EAI_NONAME, .memory.test: EAI_MEMORY,
 *                   .system.test: EAI_SYSTEM)
 *     .alias.test   the address in $RESOLVER_ALIAS
 *     .once.test    EAI_AGAIN the first time, then as .alias.test
 *     .list.test    the addresses in the name's line of the file $RESOLVER_HOSTS, in their order:
 *                   the name and they, separated by blanks
 *
 * and leaves all others to the system. Each name it answers for is a line in the file
 * $RESOLVER_LOG. With $RESOLVER_NO_CONF the program has no /etc/resolv.conf, where the system lets
 * it be hidden in a mount namespace of its own ("no-namespace" in the log: it does not).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#define HANG_S 60

typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* A dot behind it makes a name no other one. */
static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    len -= len > 0 && name[len - 1] == '.' ? 1 : 0;
    return len >= end_len && strncasecmp(name + len - end_len, end, end_len) == 0;
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

/* Whether the name is in the log already, as a line of its own. */
static bool is_noted(const char *name)
{
    const char *path = getenv("RESOLVER_LOG");
    char line[512];
    bool is_found = false;
    FILE *log = path == NULL ? NULL : fopen(path, "re");
    while (log != NULL && !is_found && fgets(line, sizeof line, log) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        is_found = strcmp(line, name) == 0;
    }
    if (log != NULL)
        fclose(log);
    return is_found;
}

/* The addresses of one line of the hosts file, one result behind the other. */
static int resolve_list(const char *line, const char *service, const struct addrinfo *hints,
                        struct addrinfo **result)
{
    char address[64];
    int len;
    struct addrinfo **end = result;
    *result = NULL;
    for (; sscanf(line, " %63s%n", address, &len) == 1; line += len) {
        int code = find_real()(address, service, hints, end);
        if (code != 0)
            return code;
        while (*end != NULL)
            end = &(*end)->ai_next;
    }
    return *result == NULL ? EAI_NONAME : 0;
}

static int resolve_hosts(const char *name, const char *service, const struct addrinfo *hints,
                         struct addrinfo **result)
{
    const char *path = getenv("RESOLVER_HOSTS");
    FILE *hosts = path == NULL ? NULL : fopen(path, "re");
    char *line = NULL;
    size_t size = 0, len = strlen(name);
    int code = EAI_NONAME;
    while (hosts != NULL && code == EAI_NONAME && getline(&line, &size, hosts) >= 0)
        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            code = resolve_list(line + len, service, hints, result);
    free(line);
    if (hosts != NULL)
        fclose(hosts);
    return code;
}

/* An empty file is as good as none: the C library falls back to a name server on this host. */
static __attribute__((constructor)) void hide_configuration(void)
{
    if (getenv("RESOLVER_NO_CONF") == NULL)
        return;
    int flags = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
    if (unshare(flags) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("/dev/null", "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0)
        note("no-namespace");
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static const struct {
        const char *end;
        int code;
    } failing[] = {{".none.test", EAI_NONAME},
                   {".memory.test", EAI_MEMORY},
                   {".system.test", EAI_SYSTEM},
                   {".fail.test", EAI_AGAIN}};
    const char *alias = getenv("RESOLVER_ALIAS");
    if (name == NULL || !ends_with(name, ".test"))
        return find_real()(name, service, hints, result);
    bool is_again = ends_with(name, ".alias.test") || is_noted(name);
    note(name);
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++)
        if (ends_with(name, failing[i].end)) {
            errno = EIO;
            return failing[i].code;
        }
    if (ends_with(name, ".hang.test"))
        hang();
    else if (ends_with(name, ".list.test"))
        return resolve_hosts(name, service, hints, result);
    else if (is_again && alias != NULL)
        return find_real()(alias, service, hints, result);
    return EAI_AGAIN;
}
