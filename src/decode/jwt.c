#include <string.h>

#include "normalize.h"
#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/json_read.h"

#define TOKEN_MAX ((size_t)64 << 10)
#define EXP_MAX   253402300799 /* the end of the year 9999 */

enum { CLAIMS, CLAIM_EXP };

/* The six bits of a character of base64url (RFC 4648, section 5), or -1. */
static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

/* Without padding, as JWTs have it. */
static bool decode_base64url(struct str text, struct buf *out)
{
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = sextet(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_append_char(out, (char)(bits >> count & 0xFF));
        }
    }
    return text.len % 4 != 1;
}

/* The part between the two dots of a signed token; an encrypted one has more. */
static struct str payload_of(const char *token, size_t len)
{
    const char *end = token + len;
    const char *first = memchr(token, '.', len);
    if (first == NULL)
        return (struct str){0};
    first++;
    const char *second = memchr(first, '.', (size_t)(end - first));
    if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
        return (struct str){0};
    return (struct str){first, (size_t)(second - first)};
}

static bool on_claim(void *arg, int id, enum json_event event, const struct json_value *value,
                     struct error *error)
{
    int64_t *expiry_s = arg;
    if (id == CLAIMS)
        return event == JSON_OBJECT_BEGIN || event == JSON_OBJECT_END ||
               error_set(error, ERR_BAD_SHAPE, "the claims are not an object");
    uint64_t seconds;
    *expiry_s = -1;
    if (event == JSON_NUMBER && normalize_floor(value->text, EXP_MAX, &seconds))
        *expiry_s = (int64_t)seconds;
    return true;
}

static int64_t read_expiry_s(const struct buf *claims)
{
    static const struct json_path rows[] = {{"", CLAIMS}, {"exp", CLAIM_EXP}};
    int64_t expiry_s = -1;
    struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof *rows);
    struct json_reader *reader = json_reader_new(paths, on_claim, &expiry_s);
    bool is_ok = json_reader_feed(reader, claims->data, claims->len, NULL) &&
                 json_reader_finish(reader, NULL);
    json_reader_free(reader);
    json_paths_free(paths);
    return is_ok ? expiry_s : -1;
}

int64_t decode_jwt_expiry_s(const char *token, size_t len)
{
    struct str payload = {0};
    if (len <= TOKEN_MAX)
        payload = payload_of(token, len);
    if (payload.len == 0)
        return -1;
    struct buf claims;
    buf_init(&claims, TOKEN_MAX);
    buf_reserve(&claims, payload.len);
    int64_t expiry_s = decode_base64url(payload, &claims) ? read_expiry_s(&claims) : -1;
    buf_wipe(&claims);
    return expiry_s;
}
