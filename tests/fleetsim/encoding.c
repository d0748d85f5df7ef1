/* Base64 and percent-encoding. */
#include <string.h>

#include "util.h"

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_base64(struct text *text, const char *data, size_t len, bool is_url)
{
    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = 0;
        size_t count = len - i < 3 ? len - i : 3;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < count ? (unsigned char)data[i + j] : 0);
        for (size_t j = 0; j < 4; j++) {
            char c = base64_digits[(bits >> (18 - 6 * j)) & 63];
            if (is_url)
                c = c == '+' ? '-' : c == '/' ? '_' : c;
            if (j <= count)
                text_add(text, &c, 1);
            else if (!is_url)
                text_puts(text, "=");
        }
    }
}

bool base64_decode(const char *text, size_t len, struct text *out)
{
    unsigned bits = 0, count = 0;
    text_add(out, "", 0);
    for (; len > 0 && text[len - 1] == '='; len--)
        ;
    for (size_t i = 0; i < len; i++) {
        const char *digit = text[i] == '\0' ? NULL : strchr(base64_digits, text[i]);
        if (digit == NULL)
            return false;
        bits = bits << 6 | (unsigned)(digit - base64_digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            text_add(out, &(char){(char)(bits >> count)}, 1);
        }
    }
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(const char *text, size_t len, bool has_plus, struct text *out)
{
    bool is_good = true;
    text_add(out, "", 0);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_escape =
            c == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
        is_good = is_good && (c != '%' || is_escape);
        if (is_escape) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else if (has_plus && c == '+') {
            c = ' ';
        }
        text_add(out, &c, 1);
    }
    return is_good;
}

bool form_get(const char *form, size_t len, const char *key, struct text *out)
{
    size_t key_len = strlen(key);
    out->len = 0;
    for (const char *end = form + len; form < end;) {
        const char *next = memchr(form, '&', (size_t)(end - form));
        size_t pair = next == NULL ? (size_t)(end - form) : (size_t)(next - form);
        if (pair > key_len && strncmp(form, key, key_len) == 0 && form[key_len] == '=')
            return percent_decode(form + key_len + 1, pair - key_len - 1, true, out);
        form += pair + 1;
    }
    return false;
}
