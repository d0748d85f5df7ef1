/*
 * The configuration: a main file, which may include a second one and name a directory with a third.
 * The parts are divided by lines of "=====". They are written to a directory of the process's own,
 * and nothing outside it is opened, whatever the files ask for.
 */
/* The fence below defines open() itself, which the fortified header would define as well. */
#undef _FORTIFY_SOURCE

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/config/config_internal.h"
#include "lib/fuzz.h"
#include "rollcall/plan.h"
#include "rollcall/text.h"

const char fuzz_name[] = "config";

static const char divider[] = "=====\n";
static const char *const part_names[] = {"rollcall.conf", "more.conf", "clusters.d/a.conf"};
enum { PART_COUNT = sizeof part_names / sizeof *part_names };

static char directory[PATH_MAX];
static bool is_loading;

/*
 * libconfig forgets the text of a string that stands where a syntax error is, and what it has
 * gathered of one within which the parse ends. It has no handle by which anybody else could free
 * it.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

/* --- the fence: these stand before libc's own, for libconfig as well --- */

static bool is_fenced_off(const char *path)
{
    size_t len = strlen(directory);
    bool is_inside = strncmp(path, directory, len) == 0 &&
                     (path[len] == '/' || path[len] == '\0') && strstr(path, "..") == NULL;
    if (is_loading && !is_inside)
        errno = EACCES;
    return is_loading && !is_inside;
}

/* libc's own function; a union, since ISO C has no way from an object's address to a function's. */
union libc_function {
    void *address;
    int (*open)(const char *, int, ...);
    int (*scandir)(const char *, struct dirent ***, int (*)(const struct dirent *),
                   int (*)(const struct dirent **, const struct dirent **));
    FILE *(*fopen)(const char *, const char *);
};

static union libc_function libc_function(const char *name)
{
    union libc_function function = {.address = dlsym(RTLD_NEXT, name)};
    REQUIRE(function.address != NULL);
    return function;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return is_fenced_off(path) ? -1 : libc_function("open").open(path, flags, mode);
}

/* What a fortified open() becomes. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int scandir(const char *path, struct dirent ***entries, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    return is_fenced_off(path) ? -1
                               : libc_function("scandir").scandir(path, entries, filter, compare);
}

/* Only libconfig comes here while it loads, for an @include that was looked at before. */
FILE *fopen(const char *path, const char *mode)
{
    REQUIRE(!is_fenced_off(path));
    return libc_function("fopen").fopen(path, mode);
}

/* --- the files --- */

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", directory, name);
}

static void remove_directory(void)
{
    char *clusters = path_of("clusters.d");
    rmdir(clusters);
    free(clusters);
    rmdir(directory);
}

/* A process that replay.c forks has a directory of its own. */
static void make_directory(void)
{
    static pid_t owner;
    if (owner == getpid())
        return;
    const char *where = getenv("TMPDIR");
    owner = getpid();
    int len =
        snprintf(directory, sizeof directory, "%s/rollcall-XXXXXX", where == NULL ? "/tmp" : where);
    REQUIRE(len > 0 && (size_t)len < sizeof directory && mkdtemp(directory) != NULL);
    char *clusters = path_of("clusters.d");
    REQUIRE(mkdir(clusters, 0700) == 0);
    free(clusters);
    atexit(remove_directory);
}

static void write_part(const char *name, const void *data, size_t len)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    bool is_written = fwrite(data, 1, len, file) == len;
    REQUIRE(fclose(file) == 0 && is_written);
    free(path);
}

/* They are removed each time, since file systems put much work into emptying and filling again. */
static void write_parts(struct fuzz_input input)
{
    for (int i = 0; i < PART_COUNT; i++) {
        const uint8_t *end = i + 1 == PART_COUNT || input.len == 0
                                 ? NULL
                                 : memmem(input.data, input.len, divider, strlen(divider));
        size_t len = end == NULL ? input.len : (size_t)(end - input.data);
        size_t step = end == NULL ? len : len + strlen(divider);
        if (i == 0 || len > 0)
            write_part(part_names[i], input.data, len);
        input.data += step;
        input.len -= step;
    }
}

static void remove_parts(void)
{
    for (int i = 0; i < PART_COUNT; i++) {
        char *path = path_of(part_names[i]);
        unlink(path);
        free(path);
    }
}

/* --- what must hold --- */

static void take_message(void *arg, bool is_warning, const char *message)
{
    size_t *count = arg;
    size_t len = strlen(message);
    *count += !is_warning;
    fuzz_require_printable(message, len);
    REQUIRE(strncmp(message, directory, strlen(directory)) == 0);
    REQUIRE(strstr(message, ": ") != NULL);
}

static void require_texts(const char *const *texts)
{
    REQUIRE(texts != NULL);
    for (; *texts != NULL; texts++)
        fuzz_require_printable(*texts, strlen(*texts));
}

static void require_endpoint(const struct endpoint_options *endpoint)
{
    REQUIRE(endpoint != NULL);
    REQUIRE(endpoint->connect_timeout_ms > 0 && endpoint->connect_timeout_ms <= 86400000);
    REQUIRE(endpoint->idle_timeout_ms > 0 && endpoint->idle_timeout_ms <= 86400000);
    REQUIRE(endpoint->timeout_ms > 0 && endpoint->timeout_ms <= 86400000);
    REQUIRE(endpoint->max_body_bytes > 0 && endpoint->retries <= 20);
    for (const char *const *header = endpoint->headers; header != NULL && *header != NULL; header++)
        REQUIRE(strpbrk(*header, "\r\n") == NULL && strchr(*header, ':') != NULL);
    for (const char *const *entry = endpoint->resolve; entry != NULL && *entry != NULL; entry++)
        REQUIRE(config_resolve_fault(*entry) == NULL);
    REQUIRE(endpoint->proxy == NULL || endpoint->proxy[0] == '\0' ||
            config_proxy_fault(endpoint->proxy) == NULL);
}

static void require_secret(const struct secret_source *source)
{
    REQUIRE(source->kind <= SECRET_COMMAND);
    if (source->kind == SECRET_COMMAND)
        REQUIRE(source->argv != NULL && source->argv[0] != NULL);
    else if (source->kind != SECRET_NONE)
        REQUIRE(source->value != NULL && source->value[0] != '\0');
}

static void require_cluster(const struct cluster_config *cluster)
{
    size_t name_len = strlen(cluster->name);
    REQUIRE(name_len > 0 && name_len <= 253);
    fuzz_require_printable(cluster->name, name_len);
    REQUIRE(cluster->url != NULL || cluster->skipped != NULL);
    REQUIRE(cluster->url == NULL || config_url_fault(cluster->url, true) == NULL);
    REQUIRE(config_base_path_fault(cluster->base_path) == NULL);
    REQUIRE(cluster->jobs_path == NULL || config_jobs_path_fault(cluster->jobs_path) == NULL);
    REQUIRE(cluster->api <= API_CONTROL_PLANE);
    require_texts(cluster->projects);
    require_texts(cluster->labels);
    require_endpoint(cluster->endpoint);
    require_secret(&cluster->token);
}

static void require_config(const struct config *config)
{
    const struct control_plane_config *plane = &config->control_plane;
    if (plane->is_set) {
        REQUIRE(plane->url != NULL && config_url_fault(plane->url, true) == NULL);
        require_secret(&plane->client_secret);
        require_secret(&plane->external_token);
        require_secret(&plane->refresh_token);
        require_secret(&plane->token);
        require_endpoint(&plane->endpoint);
    }
    REQUIRE(config->run.concurrency >= 1 && config->run.concurrency <= 10000);
    REQUIRE(config->run.per_host >= 1 && config->run.per_host <= 256);
    REQUIRE(config->run.deadline_ms >= 1000 && config->run.deadline_ms <= 86400000);
    for (size_t i = 0; i < config->report.output_count; i++) {
        REQUIRE(config->report.outputs[i].file != NULL);
        REQUIRE((config->report.outputs[i].mode & ~(mode_t)0775) == 0);
    }
    for (size_t i = 0; i < config->cluster_count; i++) {
        require_cluster(&config->clusters[i]);
        REQUIRE(i == 0 || strcmp(config->clusters[i - 1].name, config->clusters[i].name) < 0);
    }
    require_endpoint(config->defaults.endpoint);
}

/* The plan is for a terminal. */
static void require_plan(const struct config *config)
{
    static const char *const globs[] = {"*", NULL}, *const labels[] = {"a=b", NULL};
    const struct selection all = {.clusters = globs}, some = {.labels = labels, .projects = globs};
    struct plan *whole = plan_new(config, &all), *part = plan_new(config, &some);
    struct buf text;
    buf_init(&text, (size_t)1 << 24);
    REQUIRE(whole->cluster_count == config->cluster_count);
    REQUIRE(part->cluster_count <= whole->cluster_count);
    plan_print(whole, &text);
    for (char *line = text.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        fuzz_require_printable(line, (size_t)(end - line));
    buf_free(&text);
    plan_free(whole);
    plan_free(part);
}

static void merge(struct config *config)
{
    static const struct found_cluster found[] = {
        {"5cb4ba8d", "eu-1", "eu-1.example", "Connected", "2026-11-24T03:00:00Z"},
        {"5CB4BA8D", "again", "eu-2.example:6443", "Connected", NULL},
        {NULL, "eu-1", "https://eu-3.example/x/", "Disconnected", "yesterday"},
        {"6", "a", NULL, "WaitingToConnect", NULL},
        {"7", "us-1\x1b[0m", "http://us-1.example", "connected", ""},
        {"8", "", "two hosts", NULL, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    config_merge(config, found, sizeof found / sizeof *found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"json", "prometheus", "table", NULL};
    size_t problems = 0;
    make_directory();
    write_parts((struct fuzz_input){data, size});
    char *path = path_of(part_names[0]);
    is_loading = true;
    struct config *config = config_load(path, formats, take_message, &problems);
    is_loading = false;
    REQUIRE((config == NULL) == (problems > 0));
    if (config != NULL) {
        require_config(config);
        require_plan(config);
        merge(config);
        require_config(config);
        require_plan(config);
    }
    config_free(config);
    free(path);
    remove_parts();
    return 0;
}
