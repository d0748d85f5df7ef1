#include "rollcall/hide.h"

#include <stdint.h>
#include <string.h>

enum form { FORM_PLAIN, FORM_JSON, FORM_PERCENT, FORM_COUNT };

/* The bytes that one character of some form stands for. */
struct piece {
    char bytes[4];
    size_t len;
    size_t taken; /* of the text; 0: the text ends in the middle of it */
};

static struct piece literal(char c)
{
    return (struct piece){.bytes = {c}, .len = 1, .taken = 1};
}

static bool parse_hex(const char *data, size_t digits, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = data[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return false;
        *value = *value * 16 + digit;
    }
    return true;
}

static struct piece utf8(uint32_t code, size_t taken)
{
    struct piece piece = {.taken = taken};
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
    piece.bytes[piece.len++] = (char)(lead[more] | code >> 6 * more);
    while (more-- > 0)
        piece.bytes[piece.len++] = (char)(0x80 | (code >> 6 * more & 0x3F));
    return piece;
}

/* \uXXXX, and the second half that belongs to it. */
static struct piece read_unicode(const char *data, size_t len)
{
    uint32_t code, low;
    if (len < 6)
        return (struct piece){0};
    if (!parse_hex(data + 2, 4, &code))
        return literal(data[0]);
    if (code < 0xD800 || code > 0xDBFF)
        return utf8(code, 6);
    if (len < 12)
        return (struct piece){0};
    if (data[6] != '\\' || data[7] != 'u' || !parse_hex(data + 8, 4, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return literal(data[0]);
    return utf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), 12);
}

static struct piece read_json(const char *data, size_t len)
{
    static const char names[] = "btnfr", values[] = "\b\t\n\f\r";
    if (data[0] != '\\')
        return literal(data[0]);
    if (len < 2)
        return (struct piece){0};
    if (data[1] == 'u')
        return read_unicode(data, len);
    const char *name = data[1] == '\0' ? NULL : strchr(names, data[1]);
    struct piece piece = literal(name == NULL ? data[1] : values[name - names]);
    piece.taken = 2;
    return piece;
}

static struct piece read_percent(const char *data, size_t len)
{
    uint32_t value;
    if (data[0] == '+')
        return literal(' ');
    if (data[0] != '%')
        return literal(data[0]);
    if (len < 3)
        return (struct piece){0};
    if (!parse_hex(data + 1, 2, &value))
        return literal(data[0]);
    struct piece piece = literal((char)value);
    piece.taken = 3;
    return piece;
}

static struct piece read_piece(enum form form, const char *data, size_t len)
{
    switch (form) {
    case FORM_JSON:
        return read_json(data, len);
    case FORM_PERCENT:
        return read_percent(data, len);
    default:
        return literal(data[0]);
    }
}

/* How many bytes at the start of `data` are the secret in this form, or the part of it that the end
 * cut off; 0: none. */
static size_t match(enum form form, const char *data, size_t len, struct str secret)
{
    size_t at = 0, known = 0;
    while (known < secret.len) {
        struct piece piece = {0};
        if (at < len)
            piece = read_piece(form, data + at, len - at);
        if (piece.taken == 0)
            return known >= HIDE_RECOGNISED_BYTES ? len : 0;
        if (piece.len > secret.len - known ||
            memcmp(piece.bytes, secret.data + known, piece.len) != 0)
            return 0;
        known += piece.len;
        at += piece.taken;
    }
    return at;
}

static size_t match_any(const char *data, size_t len, struct str secret)
{
    size_t found = 0;
    for (enum form form = 0; form < FORM_COUNT && found == 0; form++)
        found = match(form, data, len, secret);
    return found;
}

void hide(struct buf *text, struct str secret)
{
    struct buf out;
    if (secret.data == NULL || secret.len == 0 || text->len == 0)
        return;
    buf_init(&out, text->max);
    for (size_t i = 0; i < text->len;) {
        size_t found = match_any(text->data + i, text->len - i, secret);
        if (found > 0)
            buf_append_str(&out, HIDE_MARK);
        else
            buf_append_char(&out, text->data[i]);
        i += found > 0 ? found : 1;
    }
    buf_wipe(text);
    *text = out;
}

void hide_headers(struct buf *text, const char *const *headers)
{
    for (; headers != NULL && *headers != NULL; headers++) {
        const char *value = *headers + strcspn(*headers, ":;");
        value += *value != '\0';
        struct str secret = str_of(value + strspn(value, " \t"));
        if (secret.len >= HIDE_RECOGNISED_BYTES)
            hide(text, secret);
    }
}
