#include <stdbool.h>
#include <string.h>

#include "rollcall/decode.h"
#include "rollcall/json_read.h"
#include "rollcall/text.h"

#define MESSAGE_MAX 160

/* What is said, best first, and what may be said beside it. */
enum said {
    SAID_MESSAGE,
    SAID_DESCRIPTION,
    SAID_ERROR,
    SAID_TEXT,
    SAID_DETAILS,
    SAID_REASON,
    SAID_COUNT
};

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

/* A server's way to say that it has nothing to say. */
static bool is_null(struct str text)
{
    return str_equals(text, str_of("null"));
}

static bool on_event(void *arg, int id, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    (void)error;
    struct messages *messages = arg;
    if (event != JSON_STRING)
        return true;
    struct str text = trim(value->text);
    if (is_null(text))
        return true;
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

/* Character by character, so that no escape is cut in two; *used counts the message's bytes. */
static void append_printable(struct buf *out, size_t *used, struct str text)
{
    struct buf one;
    buf_init(&one, 64);
    size_t at = 0;
    while (at < text.len) {
        size_t len = char_len(text.data + at, text.len - at);
        buf_clear(&one);
        text_printable(text.data + at, len, &one);
        if (*used + one.len > MESSAGE_MAX)
            break;
        buf_append(out, one.data, one.len);
        *used += one.len;
        at += len;
    }
    buf_free(&one);
}

static struct str text_of(const struct messages *messages, enum said said)
{
    return (struct str){messages->said[said].data, messages->said[said].len};
}

/* Whether the text says `what` itself. */
static bool says(struct str text, struct str what)
{
    return memmem(text.data, text.len, what.data, what.len) != NULL;
}

static bool begins_with(struct str text, struct str front)
{
    return text.len >= front.len && str_equals_case((struct str){text.data, front.len}, front);
}

/* The best that was said, behind the reason in one word, if there is one that it does not begin
 * with, and before the details, if it does not hold them. */
static void append_said(struct buf *out, const struct messages *messages)
{
    size_t used = 0, best = 0;
    while (best < SAID_COUNT && messages->said[best].len == 0)
        best++;
    if (best == SAID_COUNT)
        return;
    struct str text = text_of(messages, (enum said)best);
    struct str reason = text_of(messages, SAID_REASON), details = text_of(messages, SAID_DETAILS);
    if (reason.len > 0 && !begins_with(text, reason)) {
        append_printable(out, &used, reason);
        append_printable(out, &used, str_of(": "));
    }
    append_printable(out, &used, text);
    if (details.len > 0 && !says(text, details)) {
        append_printable(out, &used, str_of("; "));
        append_printable(out, &used, details);
    }
}

static void append_json_message(const char *body, size_t len, struct buf *out)
{
    static const struct json_path rows[] = {
        {"message", SAID_MESSAGE},
        {"error.message", SAID_MESSAGE},
        {"error_description", SAID_DESCRIPTION},
        {"error", SAID_ERROR},
        {"details", SAID_DETAILS},
        {"reason", SAID_REASON},
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
    append_said(out, &messages);
}

void decode_error_message(const char *body, size_t len, struct buf *out)
{
    struct str text = {body, len};
    if (len >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0)
        text = (struct str){body + 3, len - 3};
    text = trim(text);
    if (text.len == 0 || text.data[0] == '<' || is_null(text))
        return;
    if (strchr("{[\"", text.data[0]) != NULL && text.data[0] != '\0') {
        append_json_message(text.data, text.len, out);
        return;
    }
    size_t end = 0;
    while (end < text.len && text.data[end] != '\n' && text.data[end] != '\r')
        end++;
    size_t used = 0;
    append_printable(out, &used, trim((struct str){text.data, end}));
}
