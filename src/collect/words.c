#include "words.h"

#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/hide.h"

#define WORDS_MAX_BYTES 1024

void words_add(struct error *error, const struct outcome *outcome, const char *const *headers,
               const struct str *hidden, size_t hidden_count)
{
    struct buf excerpt, words;
    if (outcome->excerpt_len == 0)
        return;
    buf_init(&excerpt, 2 * WORDS_MAX_BYTES + 8 * outcome->excerpt_len);
    buf_init(&words, WORDS_MAX_BYTES);
    buf_append(&excerpt, outcome->excerpt, outcome->excerpt_len);
    for (size_t i = 0; i < hidden_count; i++)
        hide(&excerpt, hidden[i]);
    hide_headers(&excerpt, headers);
    decode_error_message(excerpt.data, excerpt.len, &words);
    for (size_t i = 0; i < hidden_count; i++)
        hide(&words, hidden[i]);
    hide_headers(&words, headers);
    if (words.len > 0) {
        const struct error plain = *error;
        error_set(error, plain.class, "%s (%s)", plain.text, words.data);
        error->http_status = plain.http_status;
    }
    buf_wipe(&excerpt);
    buf_wipe(&words);
}
