/* Fleets: one simulator process and its directory. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e_internal.h"

#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS  30000
#define MAX_PATHS        256

struct e2e_fleet {
    char *dir;
    pid_t pid;
    unsigned port;
    char *paths[MAX_PATHS];
    size_t path_count;
};

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

const char *e2e_path(struct e2e_fleet *fleet, const char *name)
{
    char *path = e2e_format("%s/%s", fleet->dir, name);
    for (size_t i = 0; i < fleet->path_count; i++)
        if (strcmp(fleet->paths[i], path) == 0) {
            free(path);
            return fleet->paths[i];
        }
    if (fleet->path_count == MAX_PATHS)
        e2e_die("too many paths in one fleet");
    return fleet->paths[fleet->path_count++] = path;
}

unsigned e2e_port(const struct e2e_fleet *fleet)
{
    return fleet->port;
}

static void spawn(struct e2e_fleet *fleet, unsigned port, unsigned seed)
{
    char *program = e2e_format("%s/fleetsim", e2e_build_dir());
    char *file = e2e_format("%s/fleet", fleet->dir);
    char *port_text = e2e_format("%u", port), *seed_text = e2e_format("%u", seed);
    const char *argv[] = {program,  "-f",      file,     "-d",      fleet->dir,
                          "--port", port_text, "--seed", seed_text, NULL};
    fflush(NULL);
    fleet->pid = fork();
    if (fleet->pid < 0)
        e2e_die("fork: %s", strerror(errno));
    if (fleet->pid == 0) {
        execv(program, (char **)(uintptr_t)argv);
        fprintf(stderr, "e2e: %s: %s\n", program, strerror(errno));
        _exit(127);
    }
    free(program);
    free(file);
    free(port_text);
    free(seed_text);
}

static void wait_until_ready(struct e2e_fleet *fleet)
{
    const char *ready = e2e_path(fleet, "ready");
    for (int64_t end = e2e_now_ms() + START_TIMEOUT_MS; !e2e_exists(ready); pause_ms(5)) {
        if (waitpid(fleet->pid, NULL, WNOHANG) != 0)
            e2e_die("the simulator did not start");
        if (e2e_now_ms() > end) {
            kill(fleet->pid, SIGKILL);
            e2e_die("the simulator takes too long to start");
        }
    }
    char *text = e2e_read(ready, NULL);
    char *line = strstr(text, "port ");
    if (line == NULL)
        e2e_die("%s names no port", ready);
    fleet->port = (unsigned)strtoul(line + 5, NULL, 10);
    free(text);
}

struct e2e_fleet *e2e_start_with(const char *text, unsigned port, unsigned seed)
{
    struct e2e_fleet *fleet = e2e_alloc(sizeof *fleet);
    const char *tmp = getenv("TMPDIR");
    fleet->dir = e2e_format("%s/rollcall-e2e.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(fleet->dir) == NULL)
        e2e_die("%s: %s", fleet->dir, strerror(errno));
    e2e_write(e2e_path(fleet, "fleet"), 0644, text);
    spawn(fleet, port, seed);
    wait_until_ready(fleet);
    return fleet;
}

struct e2e_fleet *e2e_start(const char *text)
{
    return e2e_start_with(text, 0, 1);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    if (remove(path) != 0)
        fprintf(stderr, "e2e: %s: %s\n", path, strerror(errno));
    return 0;
}

void e2e_stop(struct e2e_fleet *fleet)
{
    if (fleet == NULL)
        return;
    int status = 0;
    kill(fleet->pid, SIGTERM);
    int64_t end = e2e_now_ms() + STOP_TIMEOUT_MS;
    while (waitpid(fleet->pid, &status, WNOHANG) == 0) {
        if (e2e_now_ms() > end) {
            kill(fleet->pid, SIGKILL);
            e2e_die("the simulator does not end");
        }
        pause_ms(2);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        e2e_die("the simulator failed (wait status %d)", status);
    const char *keep = getenv("E2E_KEEP");
    if (keep != NULL && strcmp(keep, "1") == 0)
        fprintf(stderr, "e2e: kept %s\n", fleet->dir);
    else
        nftw(fleet->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < fleet->path_count; i++)
        free(fleet->paths[i]);
    free(fleet->dir);
    free(fleet);
}

/* Text in which "@" stands for the fleet's directory; to be freed. */
static char *with_directory(const struct e2e_fleet *fleet, const char *text)
{
    struct e2e_buf out = {0};
    e2e_puts(&out, "");
    for (; *text != '\0'; text++) {
        if (*text == '@')
            e2e_puts(&out, fleet->dir);
        else
            e2e_add(&out, text, 1);
    }
    return out.data;
}

void e2e_replace(struct e2e_fleet *fleet, const char *name, const char *place, const char *text)
{
    const char *path = e2e_path(fleet, name);
    char *before = e2e_read(path, NULL);
    char *old = with_directory(fleet, place), *new = with_directory(fleet, text);
    char *at = before == NULL ? NULL : strstr(before, old);
    if (at == NULL)
        e2e_die("%s does not hold \"%s\"", path, old);
    struct e2e_buf after = {0};
    e2e_add(&after, before, (size_t)(at - before));
    e2e_puts(&after, new);
    e2e_puts(&after, at + strlen(old));
    e2e_write(path, 0644, after.data);
    free(before);
    free(old);
    free(new);
    free(after.data);
}

void e2e_edit(struct e2e_fleet *fleet, const char *name, const char *place, const char *text)
{
    char *whole = e2e_format("%s%s", place, text);
    e2e_replace(fleet, name, place, whole);
    free(whole);
}

static bool begins(const char *text, const char *prefix)
{
    return prefix == NULL || strncmp(text, prefix, strlen(prefix)) == 0;
}

size_t e2e_count(struct e2e_fleet *fleet, const char *cluster, const char *path, const char *served)
{
    enum { TIME, CLUSTER, CONNECTION, METHOD, PATH, TOKEN, SERVED, FIELDS };
    const char *log = e2e_path(fleet, "requests.log");
    FILE *file = fopen(log, "re");
    if (file == NULL)
        e2e_die("%s: %s", log, strerror(errno));
    char *line = NULL;
    size_t size = 0, count = 0;
    while (getline(&line, &size, file) >= 0) {
        char *fields[FIELDS], *rest = line;
        line[strcspn(line, "\n")] = '\0';
        int i = 0;
        while (i < FIELDS && rest != NULL)
            fields[i++] = strsep(&rest, "\t");
        if (i < FIELDS)
            e2e_die("%s: a torn line", log);
        if ((cluster == NULL || strcmp(fields[CLUSTER], cluster) == 0) &&
            begins(fields[PATH], path) && begins(fields[SERVED], served))
            count++;
    }
    free(line);
    fclose(file);
    return count;
}
