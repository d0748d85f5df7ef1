/*
 * Secrets that a test follows: in texts, in files, and in the memory of a process. A canary is
 * found as it is, within what escaping leaves of it, and within base64 at any offset.
 */
#ifndef CANARY_H
#define CANARY_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/e2e.h"

#define CANARY_FORMS 24

struct canary {
    const char *name;
    char *forms[CANARY_FORMS];
    size_t count;
};

static inline bool canary_is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static inline void canary_add_form(struct canary *canary, const char *data, size_t len)
{
    if (canary->count == CANARY_FORMS)
        e2e_die("too many forms of a canary");
    canary->forms[canary->count++] = strndup(data, len);
}

/* The characters that bytes at this offset within base64 (0 to 2) become, without those that depend
 * on what stands around them. */
static inline void canary_add_base64(struct canary *canary, const char *text, size_t offset)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char out[1024];
    size_t len = strlen(text), out_len = 0;
    for (size_t bit = 0; bit + 6 <= 8 * (offset + len) && out_len < sizeof out; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned char c = i < 8 * offset ? 0 : (unsigned char)text[i / 8 - offset];
            value = value << 1 | (c >> (7 - i % 8) & 1);
        }
        if (bit >= 8 * offset)
            out[out_len++] = digits[value];
    }
    if (out_len >= 8)
        canary_add_form(canary, out, out_len);
}

/* Follows the text: its runs of six and more characters that no escaping changes, and its base64.
 */
static inline void canary_add(struct canary *canary, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t len = 0;
        while (canary_is_plain(at[len]))
            len++;
        if (len >= 6)
            canary_add_form(canary, at, len);
        at += len + (at[len] != '\0');
    }
    for (size_t offset = 0; offset < 3; offset++)
        canary_add_base64(canary, text, offset);
}

static inline void canary_free(struct canary *canary)
{
    for (size_t i = 0; i < canary->count; i++)
        free(canary->forms[i]);
    *canary = (struct canary){0};
}

/* How many pieces of the canary the bytes hold; says where if `place` is not NULL. */
static inline size_t canary_count(const struct canary *canary, const char *data, size_t len,
                                  const char *place)
{
    size_t count = 0;
    for (size_t i = 0; i < canary->count; i++) {
        size_t form_len = strlen(canary->forms[i]);
        const char *at = data, *end = data + len;
        while ((at = memmem(at, (size_t)(end - at), canary->forms[i], form_len)) != NULL) {
            count++;
            if (place != NULL) {
                size_t before = (size_t)(at - data) < 40 ? (size_t)(at - data) : 40;
                fprintf(stderr, "    %s in %s: ", canary->name, place);
                for (const char *c = at - before; c < at + form_len + 24 && c < end; c++)
                    fputc(*c >= ' ' && *c <= '~' ? *c : '.', stderr);
                fputc('\n', stderr);
            }
            at += form_len;
        }
    }
    return count;
}

/* The same of a file; one that is not there holds nothing. */
static inline size_t canary_count_file(const struct canary *canary, const char *path)
{
    size_t len = 0;
    char *data = e2e_read(path, &len);
    size_t count = data == NULL ? 0 : canary_count(canary, data, len, path);
    free(data);
    return count;
}

/*
 * The same of a process's memory: all that it can write to. -1: it may not be read (which takes
 * root, or CAP_SYS_PTRACE, since the program forbids it to others). Nothing that ends meanwhile is
 * a failure.
 */
static inline long canary_count_memory(const struct canary *canary, pid_t pid, bool is_verbose)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    FILE *maps = fopen(path, "re");
    long count = memory < 0 || maps == NULL ? -1 : 0;
    while (count >= 0 && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        char mode[8], place[256] = "";
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255[^\n]", &start, &end, mode, place) < 3)
            e2e_die("%s: %s", path, line);
        if (mode[0] != 'r' || mode[1] != 'w')
            continue;
        char *data = malloc(end - start);
        ssize_t got = data == NULL ? -1 : pread(memory, data, end - start, (off_t)start);
        if (got > 0)
            count += (long)canary_count(canary, data, (size_t)got,
                                        !is_verbose        ? NULL
                                        : place[0] == '\0' ? "memory"
                                                           : place);
        else if (is_verbose)
            fprintf(stderr, "    not read: %s", line);
        free(data);
    }
    if (maps != NULL)
        fclose(maps);
    if (memory >= 0)
        close(memory);
    return count;
}

#endif
