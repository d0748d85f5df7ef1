#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "e2e_internal.h"

void e2e_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("e2e: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(3);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && strcmp(value, "1") == 0;
}

bool e2e_is_sanitized(void)
{
    return is_set("E2E_SANITIZED") || e2e_is_under_valgrind();
}

bool e2e_is_under_valgrind(void)
{
    return is_set("E2E_VALGRIND");
}

void e2e_reached(const char *what, const char *which)
{
    const char *path = getenv("E2E_REACHED");
    FILE *file = path == NULL ? NULL : fopen(path, "ae");
    if (path != NULL && (file == NULL || fprintf(file, "%s %s\n", what, which) < 0))
        e2e_die("%s: %s", path, strerror(errno));
    if (file != NULL && fclose(file) != 0)
        e2e_die("%s: %s", path, strerror(errno));
}

bool e2e_is_slow_wanted(void)
{
    return is_set("E2E_SLOW");
}

int64_t e2e_now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        e2e_die("no monotonic clock: %s", strerror(errno));
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *e2e_build_dir(void)
{
    const char *build = getenv("BUILD");
    return build == NULL || build[0] == '\0' ? "build" : build;
}

void *e2e_alloc(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        e2e_die("out of memory");
    return memory;
}

char *e2e_format(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        e2e_die("out of memory");
    return text;
}

void e2e_add(struct e2e_buf *buf, const void *data, size_t len)
{
    if (buf->len + len + 1 > buf->cap) {
        buf->cap = (buf->len + len + 1) * 2;
        buf->data = realloc(buf->data, buf->cap);
        if (buf->data == NULL)
            e2e_die("out of memory");
    }
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void e2e_puts(struct e2e_buf *buf, const char *text)
{
    e2e_add(buf, text, strlen(text));
}

void e2e_quote(struct e2e_buf *buf, const char *data, size_t len)
{
    e2e_puts(buf, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        char escaped[8];
        if (c == '"' || c == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", c);
        else if (c < 0x20)
            snprintf(escaped, sizeof escaped, "\\u%04x", c);
        else
            snprintf(escaped, sizeof escaped, "%c", c);
        e2e_puts(buf, escaped);
    }
    e2e_puts(buf, "\"");
}

char *e2e_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    struct e2e_buf buf = {0};
    char block[65536];
    size_t count;
    e2e_add(&buf, "", 0);
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        e2e_add(&buf, block, count);
    if (ferror(file) || fclose(file) != 0)
        e2e_die("%s: %s", path, strerror(errno));
    if (len != NULL)
        *len = buf.len;
    return buf.data;
}

void e2e_write(const char *path, mode_t mode, const char *text)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs(text, file) < 0 || fchmod(fileno(file), mode) != 0 ||
        fclose(file) != 0)
        e2e_die("%s: %s", path, strerror(errno));
}

bool e2e_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}
