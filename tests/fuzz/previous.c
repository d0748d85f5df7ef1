/* The reader of an earlier report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fuzz.h"
#include "rollcall/json_write.h"
#include "rollcall/mem.h"
#include "rollcall/report.h"
#include "rollcall/text.h"

const char fuzz_name[] = "previous";

/* A regular file that has no name, and so leaves nothing behind. */
struct file {
    int fd;
    char path[32];
};

static void open_file(struct file *file, const void *data, size_t len)
{
    file->fd = memfd_create("report", MFD_CLOEXEC);
    REQUIRE(file->fd >= 0);
    REQUIRE(write(file->fd, data, len) == (ssize_t)len);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

/* The smallest report that names these clusters. */
static void put_report(struct buf *report, const char *const *names, size_t count)
{
    struct json_writer writer;
    json_writer_init(&writer, json_sink_buf, report);
    json_begin_object(&writer, JSON_LINES);
    json_key(&writer, "format");
    json_string(&writer, "rollcall.report/1");
    json_key(&writer, "clusters");
    json_begin_array(&writer, JSON_LINES);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&writer, JSON_INLINE);
        json_key(&writer, "name");
        json_string(&writer, names[i]);
        json_end(&writer);
    }
    json_end(&writer);
    json_end(&writer);
    REQUIRE(json_finish(&writer));
}

static void require_same(struct arena *arena, const char *const *names, size_t count)
{
    struct buf report;
    struct file file;
    const char **again;
    size_t again_count;
    buf_init(&report, (size_t)1 << 24);
    put_report(&report, names, count);
    open_file(&file, report.data, report.len);
    REQUIRE(report_read_names(file.path, arena, &again, &again_count));
    REQUIRE(again_count == count);
    for (size_t i = 0; i < count; i++)
        REQUIRE(strcmp(again[i], names[i]) == 0);
    close(file.fd);
    buf_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct file file;
    const char **names = NULL;
    size_t count = SIZE_MAX;
    open_file(&file, data, size);
    if (report_read_names(file.path, arena, &names, &count)) {
        for (size_t i = 0; i < count; i++) {
            size_t len = strlen(names[i]);
            REQUIRE(len > 0 && len <= 253 && text_is_utf8(names[i], len));
        }
        require_same(arena, names, count);
    } else {
        REQUIRE(names == NULL && count == 0);
    }
    close(file.fd);
    arena_free(arena);
    return 0;
}
