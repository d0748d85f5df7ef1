#include "words.h"

#include "rollcall/buf.h"
#include "rollcall/decode.h"

#define WORDS_MAX_BYTES 1024

void words_add(struct error *error, const struct outcome *outcome)
{
    if (outcome->excerpt_len == 0)
        return;
    struct buf words;
    buf_init(&words, WORDS_MAX_BYTES);
    decode_error_message(outcome->excerpt, outcome->excerpt_len, &words);
    if (words.len > 0) {
        struct error plain = *error;
        error_set(error, plain.class, "%s (%s)", plain.text, words.data);
        error->http_status = plain.http_status;
    }
    buf_free(&words);
}
