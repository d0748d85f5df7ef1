#include "rollcall/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/file.h"
#include "rollcall/json_read.h"

#define BLOCK_BYTES     ((size_t)64 << 10)
#define NAMES_MAX       1000000
#define NAME_MAX_BYTES  253 /* as in the configuration */
#define FORMAT_EXPECTED "rollcall.report/1"

enum { ROW_REPORT, ROW_FORMAT, ROW_CLUSTERS, ROW_CLUSTER, ROW_NAME };

struct names {
    struct arena *arena; /* borrowed */
    const char **items;  /* owned */
    size_t count, room;
    bool has_format, has_clusters;
    bool has_name; /* the cluster at hand has told its name */
};

static bool add_name(struct names *names, enum json_event event, struct str text)
{
    bool is_name = event == JSON_STRING && text.len > 0 && text.len <= NAME_MAX_BYTES &&
                   memchr(text.data, '\0', text.len) == NULL;
    if (!is_name || names->has_name || names->count == NAMES_MAX)
        return false;
    if (names->count == names->room) {
        names->room = names->room == 0 ? 64 : names->room * 2;
        names->items = mem_resize(names->items, names->room, sizeof *names->items);
    }
    names->items[names->count++] = arena_copy(names->arena, text.data, text.len);
    names->has_name = true;
    return true;
}

/* Whether a report has this here; a part that is there twice would leave two answers. */
static bool take(struct names *names, int row, enum json_event event, struct str text)
{
    switch (row) {
    case ROW_REPORT:
        return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END;
    case ROW_FORMAT:
        if (event != JSON_STRING || names->has_format || !str_equals(text, str_of(FORMAT_EXPECTED)))
            return false;
        names->has_format = true;
        return true;
    case ROW_CLUSTERS:
        if (event == JSON_ARRAY_END)
            return true;
        if (event != JSON_ARRAY_BEGIN || names->has_clusters)
            return false;
        names->has_clusters = true;
        return true;
    case ROW_CLUSTER:
        if (event == JSON_OBJECT_END)
            return names->has_name;
        names->has_name = false;
        return event == JSON_OBJECT_BEGIN;
    default:
        return add_name(names, event, text);
    }
}

static bool on_event(void *arg, int row, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    if (take(arg, row, event, value->text))
        return true;
    return error_set(error, ERR_BAD_SHAPE, "not a report");
}

/* Opens a regular file only: reading from a FIFO could wait for ever. */
static int open_regular(const char *path)
{
    struct stat status;
    int fd = file_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
    if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool feed_file(int fd, struct json_reader *reader)
{
    struct error error = {0};
    char *block = mem_new(BLOCK_BYTES, 1);
    bool is_ok = true;
    ssize_t got = 1;
    while (is_ok && got != 0) {
        got = read(fd, block, BLOCK_BYTES);
        if (got > 0)
            is_ok = json_reader_feed(reader, block, (size_t)got, &error);
        else if (got < 0)
            is_ok = errno == EINTR;
    }
    free(block);
    return is_ok && json_reader_finish(reader, &error);
}

bool report_read_names(const char *path, struct arena *arena, const char ***names, size_t *count)
{
    static const struct json_path rows[] = {{"", ROW_REPORT},
                                            {"format", ROW_FORMAT},
                                            {"clusters", ROW_CLUSTERS},
                                            {"clusters[]", ROW_CLUSTER},
                                            {"clusters[].name", ROW_NAME}};
    *names = NULL;
    *count = 0;
    int fd = open_regular(path);
    if (fd < 0)
        return false;
    struct names read = {.arena = arena};
    struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof rows[0]);
    struct json_reader *reader = json_reader_new(paths, on_event, &read);
    bool is_report = feed_file(fd, reader) && read.has_format && read.has_clusters;
    if (is_report && read.count > 0) {
        *names = arena_alloc(arena, read.count * sizeof **names);
        memcpy(*names, read.items, read.count * sizeof **names);
        *count = read.count;
    }
    json_reader_free(reader);
    json_paths_free(paths);
    free(read.items);
    close(fd);
    return is_report;
}
