#include "rollcall/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/buf.h"
#include "rollcall/file.h"
#include "rollcall/mem.h"
#include "secret_internal.h"

#define SECRET_MAX_BYTES ((size_t)65536)
#define RAW_MAX_BYTES    (SECRET_MAX_BYTES + 2) /* with its newline */

struct secret {
    size_t len;
    char bytes[];
};

struct secret *secret_from(const void *data, size_t len)
{
    struct secret *secret = mem_new(1, sizeof *secret + len + 1);
    secret->len = len;
    if (len > 0)
        memcpy(secret->bytes, data, len);
    return secret;
}

const char *secret_bytes(const struct secret *secret)
{
    return secret->bytes;
}

size_t secret_len(const struct secret *secret)
{
    return secret->len;
}

void secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret->bytes, secret->len);
    free(secret);
}

char *secret_describe(const struct secret_source *source)
{
    switch (source->kind) {
    case SECRET_FILE:
        return mem_printf("file %s", source->value);
    case SECRET_ENV:
        return mem_printf("environment variable %s", source->value);
    case SECRET_CREDENTIAL:
        return mem_printf("credential \"%s\"", source->value);
    case SECRET_COMMAND:
        return mem_printf("command \"%s\"", source->argv[0]);
    case SECRET_NONE:
        break;
    }
    return mem_strdup("nowhere");
}

/* The path as a shell takes it. */
static char *quote_path(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,:@%";
    if (path[0] != '-' && strspn(path, plain) == strlen(path))
        return mem_strdup(path);
    struct buf quoted;
    buf_init(&quoted, 4 * strlen(path) + 8);
    buf_append_str(&quoted, path[0] == '-' ? "-- '" : "'");
    for (const char *p = path; *p != '\0'; p++)
        if (*p == '\'')
            buf_append_str(&quoted, "'\\''");
        else
            buf_append_char(&quoted, *p);
    buf_append_char(&quoted, '\'');
    return buf_take(&quoted);
}

static bool judge_mode(const char *path, const struct stat *st, struct error *error)
{
    const char *who = (st->st_mode & S_IROTH) != 0   ? "read by others"
                      : (st->st_mode & S_IWOTH) != 0 ? "written by others"
                      : (st->st_mode & S_IWGRP) != 0 ? "written by its group"
                                                     : NULL;
    if (who == NULL)
        return true;
    char *quoted = quote_path(path);
    error_set(error, ERR_INTERNAL, "%s can be %s (mode %04o): chmod o-rwx,g-w %s", path, who,
              (unsigned)(st->st_mode & 07777), quoted);
    free(quoted);
    return false;
}

/* Opens the file and judges the very file that was opened; -1 after filling `error`. */
static int open_file(const char *path, struct error *error)
{
    int fd = file_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    if (fd < 0) {
        error_set(error, ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) != 0)
        error_set(error, ERR_INTERNAL, "cannot examine %s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        error_set(error, ERR_INTERNAL, "%s is no regular file", path);
    else if (judge_mode(path, &st, error))
        return fd;
    close(fd);
    return -1;
}

static bool read_all(int fd, const char *path, struct buf *out, struct error *error)
{
    char chunk[4096];
    bool is_done = false, is_good = true;
    while (!is_done) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            is_good = error_set(error, ERR_INTERNAL, "cannot read %s: %s", path, strerror(errno));
        is_done = got <= 0 || !buf_append(out, chunk, (size_t)got);
    }
    explicit_bzero(chunk, sizeof chunk);
    return is_good;
}

/* The file behind a source of kind SECRET_FILE or SECRET_CREDENTIAL; owned by the caller, or NULL
 * after filling `error`. */
static char *find_file(const struct secret_source *source, struct error *error)
{
    if (source->kind == SECRET_FILE)
        return mem_strdup(source->value);
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (strchr(source->value, '/') != NULL) {
        error_set(error, ERR_INTERNAL, "credential \"%s\": a credential's name has no slash",
                  source->value);
        return NULL;
    }
    if (directory == NULL || directory[0] == '\0') {
        error_set(error, ERR_INTERNAL,
                  "credential \"%s\": $CREDENTIALS_DIRECTORY is not set; systemd sets it for a "
                  "service with LoadCredential= or SetCredential=",
                  source->value);
        return NULL;
    }
    return mem_printf("%s/%s", directory, source->value);
}

static bool read_file(const struct secret_source *source, struct buf *out, struct error *error)
{
    char *path = find_file(source, error);
    if (path == NULL)
        return false;
    int fd = open_file(path, error);
    bool is_good = fd >= 0 && read_all(fd, path, out, error);
    if (fd >= 0)
        close(fd);
    free(path);
    return is_good;
}

static bool read_variable(const struct secret_source *source, struct buf *out, struct error *error)
{
    char *value = getenv(source->value);
    if (value == NULL)
        return error_set(error, ERR_INTERNAL, "environment variable %s is not set", source->value);
    size_t len = strlen(value);
    buf_append(out, value, len);
    /* The bytes in the process's environment outlive unsetenv(), for /proc/PID/environ to show. */
    explicit_bzero(value, len);
    if (unsetenv(source->value) != 0)
        return error_set(error, ERR_INTERNAL, "cannot remove environment variable %s: %s",
                         source->value, strerror(errno));
    return true;
}

static bool read_raw(const struct secret_source *source, const char *const *hidden_env,
                     int timeout_ms, const struct log *log, struct buf *out, struct error *error)
{
    switch (source->kind) {
    case SECRET_FILE:
    case SECRET_CREDENTIAL:
        return read_file(source, out, error);
    case SECRET_ENV:
        return read_variable(source, out, error);
    case SECRET_COMMAND:
        return secret_run_command(source->argv, hidden_env, timeout_ms, log, out, error);
    case SECRET_NONE:
        break;
    }
    return error_set(error, ERR_INTERNAL, "no source is configured");
}

static size_t strip_newline(const char *data, size_t len)
{
    if (len > 0 && data[len - 1] == '\n')
        len--;
    else
        return len;
    return len > 0 && data[len - 1] == '\r' ? len - 1 : len;
}

/* What is wrong with the value, or NULL. */
static const char *value_fault(const struct buf *raw, size_t len)
{
    if (raw->is_over || len > SECRET_MAX_BYTES)
        return "holds more than 64 KiB";
    if (len == 0)
        return "is empty";
    return memchr(raw->data, '\0', len) != NULL ? "holds a NUL byte" : NULL;
}

struct secret *secret_read(const struct secret_source *source, const char *const *hidden_env,
                           int timeout_ms, const struct log *log, struct error *error)
{
    struct buf raw;
    buf_init(&raw, RAW_MAX_BYTES);
    buf_reserve(&raw, RAW_MAX_BYTES);
    struct secret *secret = NULL;
    if (!read_raw(source, hidden_env, timeout_ms, log, &raw, error))
        goto out;
    size_t len = strip_newline(raw.data, raw.len);
    const char *fault = value_fault(&raw, len);
    if (fault == NULL) {
        secret = secret_from(raw.data, len);
    } else {
        char *name = secret_describe(source);
        error_set(error, ERR_INTERNAL, "the secret from %s %s", name, fault);
        free(name);
    }
out:
    buf_wipe(&raw);
    return secret;
}

bool secret_check(const struct secret_source *source, struct error *error)
{
    switch (source->kind) {
    case SECRET_COMMAND:
        if (source->argv == NULL || source->argv[0] == NULL || source->argv[0][0] == '\0')
            return error_set(error, ERR_INTERNAL, "the command is empty");
        return true;
    case SECRET_ENV: {
        const char *value = getenv(source->value);
        if (value == NULL)
            return error_set(error, ERR_INTERNAL, "environment variable %s is not set",
                             source->value);
        if (value[0] == '\0')
            return error_set(error, ERR_INTERNAL,
                             "the secret from environment variable %s is empty", source->value);
        return true;
    }
    default: {
        struct secret *secret = secret_read(source, NULL, 0, NULL, error);
        secret_free(secret);
        return secret != NULL;
    }
    }
}
