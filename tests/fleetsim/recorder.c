#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recorder {
    int fd;
};

struct recorder *recorder_open(const char *dir)
{
    struct recorder *recorder = sim_alloc(sizeof *recorder);
    recorder->fd = log_open(dir, "answers.log");
    return recorder;
}

void recorder_close(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    if (close(recorder->fd) != 0)
        die("answers.log: %s", strerror(errno));
    free(recorder);
}

static void put_member(struct text *out, const char *key, const char *value)
{
    text_printf(out, ",\"%s\":", key);
    text_json(out, value, strlen(value));
}

static void put_headers(struct text *out, const struct answer *answer)
{
    text_puts(out, ",\"headers\":[");
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct header *header = &answer->headers[i];
        text_puts(out, i == 0 ? "[" : ",[");
        text_json(out, header->name, strlen(header->name));
        text_puts(out, ",");
        text_json(out, header->value, strlen(header->value));
        text_puts(out, "]");
    }
    text_puts(out, "]");
}

void recorder_add(struct recorder *recorder, const char *cluster, const struct question *question,
                  const char *token, const char *served, const struct answer *answer)
{
    if (recorder == NULL)
        return;
    struct text out = {0};
    text_puts(&out, "{\"cluster\":");
    text_json(&out, cluster, strlen(cluster));
    text_printf(&out, ",\"connection\":%lu", question->connection);
    put_member(&out, "method", question->method);
    put_member(&out, "path", question->uri);
    put_member(&out, "token", token);
    put_member(&out, "served", served);
    text_printf(&out, ",\"status\":%d", answer->status);
    put_headers(&out, answer);
    if (answer->stream == NULL) {
        text_printf(&out, ",\"length\":%zu}\n", answer->content.len);
        text_add(&out, answer->content.data, answer->content.len);
    } else {
        text_puts(&out, ",\"length\":null}\n");
    }
    text_puts(&out, "\n");
    /* One write to a file opened for appending: answers of several threads do not mix. */
    if (write(recorder->fd, out.data, out.len) != (ssize_t)out.len)
        die("answers.log: %s", strerror(errno));
    text_free(&out);
}
