#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("fleetsim: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    /* Not exit(): servers' threads may still be running. */
    fflush(stderr);
    _exit(1);
}

void *sim_array(size_t count, size_t size)
{
    void *memory = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

void *sim_alloc(size_t size)
{
    return sim_array(1, size);
}

void *sim_grow(void *array, size_t count, size_t size)
{
    void *memory = reallocarray(array, count, size);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

char *sim_dup(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        die("out of memory");
    return copy;
}

static void text_reserve(struct text *text, size_t more)
{
    if (text->len + more + 1 <= text->cap)
        return;
    size_t cap = text->cap < 256 ? 256 : text->cap * 2;
    while (cap < text->len + more + 1)
        cap *= 2;
    text->data = sim_grow(text->data, cap, 1);
    text->cap = cap;
}

void text_add(struct text *text, const void *data, size_t len)
{
    text_reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_puts(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_printf(struct text *text, const char *format, ...)
{
    for (size_t room = 128;;) {
        text_reserve(text, room);
        va_list args;
        va_start(args, format);
        int len = vsnprintf(text->data + text->len, room, format, args);
        va_end(args);
        if (len < 0)
            die("cannot format a text");
        if ((size_t)len < room) {
            text->len += (size_t)len;
            return;
        }
        room = (size_t)len + 1;
    }
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_json(struct text *text, const char *data, size_t len)
{
    text_add(text, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\')
            text_printf(text, "\\%c", c);
        else if (c < 0x20)
            text_printf(text, "\\u%04x", c);
        else
            text_add(text, &data[i], 1);
    }
    text_add(text, "\"", 1);
}

bool json_decode(const char *json, struct text *out)
{
    size_t len = strlen(json);
    if (len < 2 || json[0] != '"')
        return false;
    text_add(out, "", 0);
    for (size_t i = 1; i + 1 < len; i++) {
        char c = json[i];
        if (c == '\\' && json[i + 1] == 'u') {
            char hex[5] = {0};
            memcpy(hex, json + i + 2, 4);
            c = (char)strtol(hex, NULL, 16);
            i += 5;
        } else if (c == '\\') {
            c = json[++i];
        }
        text_add(out, &c, 1);
    }
    return true;
}

int json_compare(const char *a, const char *b)
{
    struct text x = {0}, y = {0};
    bool has_x = json_decode(a, &x), has_y = json_decode(b, &y);
    int order = (has_x ? 1 : 0) - (has_y ? 1 : 0);
    if (has_x && has_y) {
        order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
        if (order == 0)
            order = (x.len > y.len) - (x.len < y.len);
    }
    text_free(&x);
    text_free(&y);
    return order;
}

void text_micro(struct text *text, int64_t micro)
{
    text_printf(text, "%lld", (long long)(micro / 1000000));
    int fraction = (int)(micro % 1000000);
    if (fraction == 0)
        return;
    int digits = 6;
    for (; fraction % 10 == 0; digits--)
        fraction /= 10;
    text_printf(text, ".%0*d", digits, fraction);
}

uint64_t hash_mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

uint64_t hash_text(const char *text, uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325u ^ seed;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash_mix(hash);
}

int64_t now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        die("no monotonic clock: %s", strerror(errno));
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void write_file(const char *dir, const char *name, unsigned mode, const struct text *text)
{
    struct text path = {0};
    text_printf(&path, "%s/%s", dir, name);
    int fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0 || fchmod(fd, mode) != 0)
        die("%s: %s", path.data, strerror(errno));
    for (size_t done = 0; done < text->len;) {
        ssize_t count = write(fd, text->data + done, text->len - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            die("%s: %s", path.data, strerror(errno));
        done += (size_t)count;
    }
    if (close(fd) != 0)
        die("%s: %s", path.data, strerror(errno));
    text_free(&path);
}
