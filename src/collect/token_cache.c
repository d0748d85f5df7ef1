#include "token_cache.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rollcall/file.h"
#include "rollcall/json_read.h"
#include "rollcall/json_write.h"
#include "rollcall/outfile.h"
#include "rollcall/text.h"

#define FILE_MAX_BYTES (128 * 1024)

enum { CACHE_URL, CACHE_CLIENT, CACHE_TOKEN, CACHE_RENEW, CACHE_EXPIRES };

struct cache_reader {
    const struct control_plane_config *config;
    struct buf *token;
    struct token_times *times;
    bool is_url_ours, is_client_ours;
};

static void take_time(const struct json_value *value, int64_t *ms)
{
    char digits[24] = "";
    uint64_t number = 0;
    if (value->text.len < sizeof(digits)) {
        memcpy(digits, value->text.data, value->text.len);
        if (text_parse_uint(digits, INT64_MAX, &number))
            *ms = (int64_t)number;
    }
}

static bool on_event(void *arg, int id, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    struct cache_reader *reader = arg;
    (void)error;
    if (event == JSON_STRING && id == CACHE_URL)
        reader->is_url_ours = str_equals(value->text, str_of(reader->config->url));
    else if (event == JSON_STRING && id == CACHE_CLIENT)
        reader->is_client_ours = str_equals(value->text, str_of(reader->config->client_id));
    else if (event == JSON_STRING && id == CACHE_TOKEN && reader->token->len == 0)
        buf_append(reader->token, value->text.data, value->text.len);
    else if (event == JSON_NUMBER && id == CACHE_RENEW)
        take_time(value, &reader->times->renew_at_ms);
    else if (event == JSON_NUMBER && id == CACHE_EXPIRES)
        take_time(value, &reader->times->expires_at_ms);
    return true;
}

/* The file's bytes, if it is a regular file of ours that nobody else may touch. */
static bool read_file(const char *path, struct buf *out)
{
    struct stat status;
    ssize_t got = -1;
    int fd = file_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
        (status.st_mode & 077) == 0 && status.st_size > 0 && status.st_size <= FILE_MAX_BYTES &&
        buf_reserve(out, (size_t)status.st_size))
        got = read(fd, out->data, (size_t)status.st_size);
    close(fd);
    if (got > 0)
        out->len = (size_t)got;
    return got > 0;
}

bool token_cache_read(const struct control_plane_config *config, int64_t now_ms, struct buf *token,
                      struct token_times *times)
{
    static const struct json_path rows[] = {{"url", CACHE_URL},
                                            {"client_id", CACHE_CLIENT},
                                            {"access_token", CACHE_TOKEN},
                                            {"renew_at_ms", CACHE_RENEW},
                                            {"expires_at_ms", CACHE_EXPIRES}};
    struct buf file;
    buf_init(&file, FILE_MAX_BYTES);
    bool is_usable = false;
    if (read_file(config->token_cache, &file)) {
        struct cache_reader state = {.config = config, .token = token, .times = times};
        struct error error = {0};
        struct json_paths *paths = json_paths_new(rows, sizeof(rows) / sizeof(rows[0]));
        struct json_reader *reader = json_reader_new(paths, on_event, &state);
        is_usable = json_reader_feed(reader, file.data, file.len, &error) &&
                    json_reader_finish(reader, &error) && state.is_url_ours &&
                    state.is_client_ours && token->len > 0 && now_ms < times->renew_at_ms;
        json_reader_free(reader);
        json_paths_free(paths);
    }
    buf_wipe(&file);
    return is_usable;
}

void token_cache_write(const struct control_plane_config *config, const struct buf *token,
                       const struct token_times *times)
{
    struct error error = {0};
    struct json_writer writer;
    struct buf text;
    if (times->renew_at_ms == 0)
        return;
    buf_init(&text, FILE_MAX_BYTES);
    buf_reserve(&text, FILE_MAX_BYTES);
    json_writer_init(&writer, json_sink_buf, &text);
    json_begin_object(&writer, JSON_LINES);
    json_key(&writer, "url");
    json_string(&writer, config->url);
    json_key(&writer, "client_id");
    json_string(&writer, config->client_id);
    json_key(&writer, "access_token");
    json_str(&writer, (struct str){token->data, token->len});
    json_key(&writer, "renew_at_ms");
    json_int(&writer, times->renew_at_ms);
    json_key(&writer, "expires_at_ms");
    json_int(&writer, times->expires_at_ms);
    json_end(&writer);
    bool is_made = json_finish(&writer);
    struct outfile *file = is_made ? outfile_open(config->token_cache, 0600, &error) : NULL;
    if (file != NULL) {
        outfile_write(file, text.data, text.len);
        outfile_commit(file, &error);
    }
    explicit_bzero(&writer, sizeof(writer));
    buf_wipe(&text);
}
