/*
 * From files to libconfig trees, minding what libconfig 1.5 does not: it ends the process when it
 * is given a directory, wraps integers beyond 31 bits silently, drops \x00 from strings, and takes
 * an unclosed comment for the end of the file. So every text is looked over before it is parsed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_internal.h"
#include "rollcall/stop.h"

#define FILE_MAX_BYTES    (64U << 20)
#define INCLUDE_MAX_DEPTH 10 /* libconfig's own */

struct scan {
    struct loader *loader;
    const char *file; /* interned */
    const char *text;
    const char *p;
    unsigned line;
    unsigned depth;
    bool is_sound; /* libconfig may be let loose on it */
};

const char *config_join(struct loader *l, const char *path)
{
    if (path[0] == '/' || l->directory[0] == '\0')
        return arena_strdup(l->arena, path);
    bool has_slash = l->directory[strlen(l->directory) - 1] == '/';
    char *joined = mem_printf("%s%s%s", l->directory, has_slash ? "" : "/", path);
    const char *kept = arena_strdup(l->arena, joined);
    free(joined);
    return kept;
}

static const char *read_descriptor(int fd, struct buf *text)
{
    char chunk[65536];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR && stop_signal() == 0)
            continue;
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            break;
        if (memchr(chunk, '\0', (size_t)got) != NULL)
            return "it holds a NUL byte, so it is no text file";
        if (!buf_append(text, chunk, (size_t)got))
            return "it is larger than 64 MiB";
    }
    if (text->data == NULL)
        buf_append_str(text, "");
    return NULL;
}

/* Returns why the file cannot be read, or NULL. Only the main file may be a pipe: libconfig opens
 * the others itself, a second time. */
static const char *read_text(const char *path, bool is_main, struct buf *text)
{
    int fd;
    /* A pipe that nobody writes to is waited for until somebody ends the program. */
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_main ? 0 : O_NONBLOCK));
    while (fd < 0 && errno == EINTR && stop_signal() == 0);
    if (fd < 0)
        return strerror(errno);
    struct stat st;
    const char *cause = NULL;
    if (fstat(fd, &st) != 0)
        cause = strerror(errno);
    else if (S_ISDIR(st.st_mode))
        cause = "it is a directory";
    else if (!S_ISREG(st.st_mode) && !(is_main && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))))
        cause = "it is no regular file";
    else
        cause = read_descriptor(fd, text);
    close(fd);
    return cause;
}

static void scan_text(struct scan *scan);

static struct place here(const struct scan *scan)
{
    return (struct place){scan->file, scan->line};
}

static void scan_string(struct scan *scan)
{
    struct place start = here(scan);
    const char *p = scan->p + 1;
    while (*p != '\0' && *p != '"') {
        if (p[0] == '\\' && (p[1] == 'x' || p[1] == 'X') && p[2] == '0' && p[3] == '0')
            config_problem_at(scan->loader, here(scan), "\\x00 may not stand in a string");
        if (*p == '\\' && p[1] != '\0')
            p++;
        if (*p == '\n')
            scan->line++;
        p++;
    }
    if (*p == '\0')
        scan->loader->unclosed = start;
    scan->p = *p == '\0' ? p : p + 1;
}

static void scan_comment(struct scan *scan)
{
    struct place start = here(scan);
    const char *end = strstr(scan->p + 2, "*/");
    if (end == NULL) {
        scan->loader->unclosed = start;
        end = scan->p + strlen(scan->p);
    }
    for (; scan->p < end; scan->p++)
        if (*scan->p == '\n')
            scan->line++;
    if (*end != '\0')
        scan->p = end + 2;
}

static void note_overflow(struct scan *scan)
{
    struct loader *l = scan->loader;
    config_problem_at(l, here(scan),
                      "an integer beyond 31 bits, which would be read as another number; the "
                      "largest is 2147483647, and a longer one ends in L");
    l->overflows = mem_resize(l->overflows, l->overflow_count + 1, sizeof *l->overflows);
    l->overflows[l->overflow_count++] = here(scan);
}

static void scan_number(struct scan *scan)
{
    const char *p = scan->p;
    char *end;
    bool is_over;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        is_over = strtoull(p + 2, &end, 16) > INT32_MAX;
    } else {
        long long value = strtoll(p, &end, 10);
        is_over = value > INT32_MAX || value < INT32_MIN;
        if (*end == '.' || *end == 'e' || *end == 'E') {
            scan->p = end + strspn(end, "0123456789.eE+-");
            return;
        }
    }
    if (*end != 'L' && is_over)
        note_overflow(scan);
    scan->p = end + strspn(end, "L");
}

/* Where the name of an `@include "NAME"` begins, or NULL; libconfig wants it at a line's start. */
static const char *find_include(const struct scan *scan)
{
    if (scan->p != scan->text && scan->p[-1] != '\n')
        return NULL;
    const char *p = scan->p + strspn(scan->p, " \t");
    if (strncmp(p, "@include", 8) != 0 || (p[8] != ' ' && p[8] != '\t'))
        return NULL;
    p += 8 + strspn(p + 8, " \t");
    return *p == '"' ? p + 1 : NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): files include each other ten deep at most */
static void scan_include(struct scan *scan, const char *name)
{
    struct loader *l = scan->loader;
    struct place place = here(scan);
    struct buf unescaped;
    buf_init(&unescaped, FILE_MAX_BYTES);
    buf_append_str(&unescaped, "");
    for (; *name != '\0' && *name != '"'; name++) {
        if (name[0] == '\\' && (name[1] == '\\' || name[1] == '"'))
            name++;
        if (*name == '\n')
            scan->line++;
        buf_append_char(&unescaped, *name);
    }
    scan->p = *name == '"' ? name + 1 : name;

    bool is_absolute = unescaped.data[0] == '/';
    bool is_fresh;
    const char *file = config_intern(l, config_join(l, unescaped.data), &is_fresh);
    buf_free(&unescaped);
    if (is_absolute) {
        scan->is_sound = false;
        config_problem_at(l, place,
                          "@include takes names relative to the main file's directory, \"%s\"",
                          l->directory[0] == '\0' ? "." : l->directory);
        return;
    }
    if (!is_fresh || scan->depth >= INCLUDE_MAX_DEPTH)
        return;
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    const char *cause = read_text(file, false, &text);
    if (cause != NULL) {
        scan->is_sound = false;
        config_problem_at(l, place, "cannot include %s: %s", file, cause);
    } else {
        struct scan inner = {l, file, text.data, text.data, 1, scan->depth + 1, true};
        scan_text(&inner);
        scan->is_sound = scan->is_sound && inner.is_sound;
    }
    buf_free(&text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

/* A lexer that knows just enough of libconfig's to tell integers from what only looks like them. */
/* NOLINTNEXTLINE(misc-no-recursion): see scan_include() */
static void scan_text(struct scan *scan)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-_*";
    const char *include;
    while (*scan->p != '\0') {
        const char *p = scan->p;
        if ((include = find_include(scan)) != NULL) {
            scan_include(scan, include);
        } else if (*p == '"') {
            scan_string(scan);
        } else if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
            scan->p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*') {
            scan_comment(scan);
        } else if (is_name_start(*p)) {
            scan->p += strspn(p, name_bytes);
        } else if (is_digit(*p) || ((*p == '-' || *p == '+') && is_digit(p[1]))) {
            scan_number(scan);
        } else if (*p == '.' && is_digit(p[1])) {
            scan->p += strspn(p, "0123456789.eE+-");
        } else {
            if (*p == '\n')
                scan->line++;
            scan->p++;
        }
    }
}

/* libconfig's few messages in words that say what to look for. */
static const char *explain(const char *message)
{
    static const struct {
        const char *theirs, *ours;
    } texts[] = {
        {"syntax error", "syntax error here or just before: a setting is NAME = VALUE; a group "
                         "{ … }, a list ( … ), an array [ … ]"},
        {"duplicate setting name", "this setting stands here a second time"},
        {"mismatched element type in array",
         "the items of an array [ … ] must all be of one type; a list ( … ) may mix them"},
        {"include file nesting too deep", "files include each other more than 10 deep"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (message != NULL && strcmp(message, texts[i].theirs) == 0)
            return texts[i].ours;
    return message == NULL ? "cannot be parsed" : message;
}

/*
 * Tells a parser's failure, or success. What is never closed swallows the rest of its file:
 * libconfig takes such a comment without a word and blames the last line for such a string. An
 * error before it is the likelier cause: a quote that is missing there turns all later ones around.
 */
static bool conclude(struct loader *l, const config_t *tree, bool is_parsed)
{
    struct place place = {l->current, (unsigned)config_error_line(tree)};
    if (!is_parsed && config_error_file(tree) != NULL)
        place.file = config_included_file(l, config_error_file(tree));
    bool is_before = place.file == l->unclosed.file && place.line < l->unclosed.line;
    bool is_open = l->unclosed.file != NULL && (is_parsed || !is_before);
    if (is_open)
        config_problem_at(l, l->unclosed, "the string or comment that begins here never ends");
    if (!is_parsed && !(is_open && place.file == l->unclosed.file))
        config_problem_at(l, place, "%s", explain(config_error_text(tree)));
    return is_parsed && !is_open;
}

bool config_parse_file(struct loader *l, const char *path, bool is_main, config_t *tree)
{
    config_init(tree);
    l->current_files = l->file_count;
    l->overflow_count = 0;
    l->unclosed = (struct place){NULL, 0};
    l->current = config_intern(l, path, NULL);

    bool is_parsed = false;
    struct buf text;
    buf_init(&text, FILE_MAX_BYTES);
    const char *cause = read_text(path, is_main, &text);
    if (cause != NULL) {
        config_problem_at(l, (struct place){l->current, 0}, "cannot be read: %s", cause);
        goto out;
    }
    struct scan scan = {l, l->current, text.data, text.data, 1, 0, true};
    scan_text(&scan);
    if (!scan.is_sound)
        goto out;

    config_set_include_dir(tree, l->directory[0] == '\0' ? "." : l->directory);
    is_parsed = conclude(l, tree, config_read_string(tree, text.data) == CONFIG_TRUE);
out:
    buf_free(&text);
    return is_parsed;
}
