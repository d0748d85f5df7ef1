#include "words.h"

#include <string.h>

#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/json_write.h"
#include "rollcall/text.h"

#define WORDS_MAX_BYTES  1024
#define HIDDEN_MAX_BYTES (512 * 1024)

/* So much of a secret is told apart from chance. */
#define RECOGNISED_BYTES 6

/* How many bytes at the start of `data` are the secret, or the part of it that the end cut off. */
static size_t match(const char *data, size_t len, struct str secret)
{
    size_t part = len < secret.len ? len : secret.len;
    if (part < secret.len && part < RECOGNISED_BYTES)
        return 0;
    return memcmp(data, secret.data, part) == 0 ? part : 0;
}

/* Replaces one form of a secret in `text`. */
static void hide_form(struct buf *text, struct str secret)
{
    struct buf out;
    if (secret.len == 0 || text->len == 0)
        return;
    buf_init(&out, text->max);
    for (size_t i = 0; i < text->len;) {
        size_t found = match(text->data + i, text->len - i, secret);
        if (found > 0)
            buf_append_str(&out, "[hidden]");
        else
            buf_append_char(&out, text->data[i]);
        i += found > 0 ? found : 1;
    }
    buf_wipe(text);
    *text = out;
}

/* Replaces a secret as it is, as JSON writes it, and as a form or URL carries it. */
static void hide(struct buf *text, struct str secret)
{
    struct json_writer writer;
    struct buf form;
    /* JSON makes six bytes of one at most; reserved, so that growing leaves no copy behind. */
    buf_init(&form, HIDDEN_MAX_BYTES);
    buf_reserve(&form, 6 * secret.len + 16);
    hide_form(text, secret);
    json_writer_init(&writer, json_sink_buf, &form);
    json_str(&writer, secret);
    if (json_finish(&writer) && form.len > 3) /* without the quotes and the line's end */
        hide_form(text, (struct str){form.data + 1, form.len - 3});
    buf_clear(&form);
    text_percent_encode(secret.data, secret.len, &form);
    hide_form(text, (struct str){form.data, form.len});
    buf_wipe(&form);
    explicit_bzero(&writer, sizeof(writer));
}

void words_add(struct error *error, const struct outcome *outcome, const struct str *hidden,
               size_t hidden_count)
{
    struct buf excerpt, words;
    if (outcome->excerpt_len == 0)
        return;
    buf_init(&excerpt, 2 * WORDS_MAX_BYTES + 8 * outcome->excerpt_len);
    buf_init(&words, WORDS_MAX_BYTES);
    buf_append(&excerpt, outcome->excerpt, outcome->excerpt_len);
    for (size_t i = 0; i < hidden_count; i++)
        hide(&excerpt, hidden[i]);
    decode_error_message(excerpt.data, excerpt.len, &words);
    for (size_t i = 0; i < hidden_count; i++)
        hide(&words, hidden[i]);
    if (words.len > 0) {
        const struct error plain = *error;
        error_set(error, plain.class, "%s (%s)", plain.text, words.data);
        error->http_status = plain.http_status;
    }
    buf_wipe(&excerpt);
    buf_wipe(&words);
}
