/* Reads what a token request holds: one flat object of strings, and nothing behind it. */
#include <string.h>
#include <strings.h>

#include "control_internal.h"

/* A cursor over the request's JSON. */
struct reader {
    const char *at, *end;
};

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0')
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static void add_utf8(struct text *out, unsigned code)
{
    char bytes[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(first[len] | code);
    text_add(out, bytes, len);
}

static bool take_hex(struct reader *r, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = r->at < r->end && *r->at != '\0' ? strchr(digits, *r->at | 0x20) : NULL;
        if (digit == NULL)
            return false;
        *code = *code * 16 + (unsigned)(digit - digits);
    }
    return true;
}

static bool take_escape(struct reader *r, struct text *out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end || *r->at == '\0')
        return false;
    char c = *r->at++;
    const char *name = strchr(names, c);
    if (name != NULL) {
        text_add(out, &values[name - names], 1);
        return true;
    }
    unsigned high, low;
    if (c != 'u' || !take_hex(r, &high))
        return false;
    if (high >= 0xd800 && high < 0xdc00) {
        if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
            return false;
        r->at += 2;
        if (!take_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
    add_utf8(out, high);
    return true;
}

static bool take_string(struct reader *r, struct text *out)
{
    out->len = 0;
    text_add(out, "", 0);
    if (!take(r, '"'))
        return false;
    while (r->at < r->end && *r->at != '"') {
        if ((unsigned char)*r->at < 0x20)
            return false;
        if (*r->at == '\\') {
            r->at++;
            if (!take_escape(r, out))
                return false;
        } else {
            text_add(out, r->at++, 1);
        }
    }
    return take(r, '"');
}

bool control_read_json(const char *body, size_t len, struct credentials *credentials)
{
    struct reader r = {body, body + len};
    struct text key = {0}, value = {0};
    bool is_good = take(&r, '{');
    do {
        is_good = is_good && take_string(&r, &key) && take(&r, ':');
        skip_blanks(&r);
        const char *begin = r.at;
        is_good = is_good && take_string(&r, &value);
        if (!is_good)
            break;
        struct text *field = NULL;
        if (strcasecmp(key.data, "grantType") == 0)
            field = &credentials->grant;
        else if (strcasecmp(key.data, "AppId") == 0 || strcasecmp(key.data, "clientId") == 0)
            field = &credentials->id;
        else if (strcasecmp(key.data, "AppSecret") == 0 ||
                 strcasecmp(key.data, "clientSecret") == 0 ||
                 strcasecmp(key.data, "externalToken") == 0 ||
                 strcasecmp(key.data, "refreshToken") == 0)
            field = &credentials->secret;
        if (field == NULL)
            continue;
        text_free(field);
        text_add(field, value.data, value.len);
        if (field == &credentials->secret) {
            credentials->secret_at = (size_t)(begin - body);
            credentials->secret_len = (size_t)(r.at - begin);
            credentials->secret_key = (char)(key.data[0] | 0x20);
        }
        if (field == &credentials->id)
            credentials->is_app = strcasecmp(key.data, "AppId") == 0;
    } while (take(&r, ','));
    is_good = is_good && take(&r, '}');
    skip_blanks(&r);
    text_free(&key);
    text_free(&value);
    return is_good && r.at == r.end;
}
