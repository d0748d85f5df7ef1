#include "reqlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

struct reqlog {
    int fd;
    int64_t started_ms;
};

int log_open(const char *dir, const char *name)
{
    struct text path = {0};
    text_printf(&path, "%s/%s", dir, name);
    int fd = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        die("%s: %s", path.data, strerror(errno));
    text_free(&path);
    return fd;
}

struct reqlog *reqlog_open(const char *dir)
{
    struct reqlog *log = sim_alloc(sizeof *log);
    log->fd = log_open(dir, "requests.log");
    log->started_ms = now_ms();
    return log;
}

void reqlog_close(struct reqlog *log)
{
    if (log == NULL)
        return;
    if (close(log->fd) != 0)
        die("requests.log: %s", strerror(errno));
    free(log);
}

/* What came from the client must not be able to break the line. */
static void add_field(struct text *line, const char *field)
{
    for (; *field != '\0'; field++) {
        unsigned char c = (unsigned char)*field;
        if (c < 0x20 || c == 0x7f)
            text_printf(line, "\\x%02x", c);
        else
            text_add(line, field, 1);
    }
}

void reqlog_add(struct reqlog *log, const char *cluster, unsigned long connection,
                const char *method, const char *path, const char *token, const char *served)
{
    struct text line = {0};
    text_printf(&line, "%lld\t%s\t%lu\t", (long long)(now_ms() - log->started_ms), cluster,
                connection);
    add_field(&line, method);
    text_puts(&line, "\t");
    add_field(&line, path);
    text_printf(&line, "\t%s\t%s\n", token, served);
    /* One write to a file opened for appending: lines of several threads do not mix. */
    if (write(log->fd, line.data, line.len) != (ssize_t)line.len)
        die("requests.log: %s", strerror(errno));
    text_free(&line);
}
