#include <stdbool.h>
#include <string.h>

#include "rollcall/decode.h"
#include "rollcall/json_read.h"
#include "rollcall/text.h"

#define MESSAGE_MAX 160

/* Best first. */
enum said { SAID_MESSAGE, SAID_DESCRIPTION, SAID_ERROR, SAID_TEXT, SAID_COUNT };

struct messages {
    /* The front of each; printing makes no text shorter, so more is never shown. */
    struct {
        char data[MESSAGE_MAX + 4];
        size_t len;
    } said[SAID_COUNT];
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool on_event(void *arg, int id, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    (void)error;
    struct messages *messages = arg;
    if (event != JSON_STRING)
        return true;
    struct str text = trim(value->text);
    if (text.len > sizeof messages->said[id].data)
        text.len = sizeof messages->said[id].data;
    memcpy(messages->said[id].data, text.data, text.len);
    messages->said[id].len = text.len;
    return true;
}

/* The bytes of the character that `data` begins with; 1 when it is none. */
static size_t char_len(const char *data, size_t len)
{
    for (size_t n = 1; n <= 4 && n <= len; n++)
        if (text_is_utf8(data, n))
            return n;
    return 1;
}

/* Character by character, so that no escape is cut in two. */
static void append_printable(struct buf *out, struct str text)
{
    struct buf one;
    buf_init(&one, 64);
    size_t used = 0, at = 0;
    while (at < text.len) {
        size_t len = char_len(text.data + at, text.len - at);
        buf_clear(&one);
        text_printable(text.data + at, len, &one);
        if (used + one.len > MESSAGE_MAX)
            break;
        buf_append(out, one.data, one.len);
        used += one.len;
        at += len;
    }
    buf_free(&one);
}

static void append_json_message(const char *body, size_t len, struct buf *out)
{
    static const struct json_path rows[] = {
        {"message", SAID_MESSAGE},
        {"error.message", SAID_MESSAGE},
        {"error_description", SAID_DESCRIPTION},
        {"error", SAID_ERROR},
        {"", SAID_TEXT},
    };
    struct messages messages = {0};
    struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof *rows);
    struct json_reader *reader = json_reader_new(paths, on_event, &messages);
    /* An excerpt may end anywhere: what was seen until then counts, not how it ended. */
    if (json_reader_feed(reader, body, len, NULL))
        json_reader_finish(reader, NULL);
    json_reader_free(reader);
    json_paths_free(paths);
    for (size_t i = 0; i < SAID_COUNT; i++) {
        if (messages.said[i].len > 0) {
            append_printable(out, (struct str){messages.said[i].data, messages.said[i].len});
            return;
        }
    }
}

void decode_error_message(const char *body, size_t len, struct buf *out)
{
    struct str text = {body, len};
    if (len >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0)
        text = (struct str){body + 3, len - 3};
    text = trim(text);
    if (text.len == 0 || text.data[0] == '<')
        return;
    if (strchr("{[\"", text.data[0]) != NULL && text.data[0] != '\0') {
        append_json_message(text.data, text.len, out);
        return;
    }
    size_t end = 0;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
        end++;
    append_printable(out, trim((struct str){text.data, end}));
}
