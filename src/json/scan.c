#include "read_internal.h"

#include <string.h>

#include "rollcall/swar.h"

/* Bytes that are looked at together. */
#define BLOCK_BYTES ((size_t)256)

/* A byte that no JSON has anywhere and yajl refuses everywhere. */
#define NO_JSON '\x01'

enum {
    CLASS_SPACE = 1,
    CLASS_MARK = 2,
    CLASS_QUOTE = 4,
    CLASS_BACKSLASH = 8,
    CLASS_NO_SPACE = 16, /* yajl skips it, and JSON does not have it */
};

static const unsigned char class_of[256] = {
    ['\t'] = CLASS_SPACE,    ['\n'] = CLASS_SPACE,     ['\v'] = CLASS_NO_SPACE,
    ['\f'] = CLASS_NO_SPACE, ['\r'] = CLASS_SPACE,     [' '] = CLASS_SPACE,
    ['{'] = CLASS_MARK,      ['}'] = CLASS_MARK,       ['['] = CLASS_MARK,
    [']'] = CLASS_MARK,      [':'] = CLASS_MARK,       [','] = CLASS_MARK,
    ['"'] = CLASS_QUOTE,     ['\\'] = CLASS_BACKSLASH,
};

static unsigned class_at(const char *data, size_t at)
{
    return class_of[(unsigned char)data[at]];
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The code unit of the \uXXXX that `data` begins with, or -1. */
static int code_unit(const char *data, size_t len)
{
    if (len < 6 || data[0] != '\\' || data[1] != 'u')
        return -1;
    int unit = 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(data[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high(int unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The length of the escape that `data` begins with; what is no escape counts as two bytes. */
static size_t measure_escape(const char *data, size_t len, bool *is_lone)
{
    *is_lone = false;
    int unit = code_unit(data, len);
    if (unit < 0)
        return len < 2 ? len : 2;
    if (is_high(unit) && is_low(code_unit(data + 6, len - 6)))
        return 12;
    *is_lone = is_high(unit) || is_low(unit);
    return 6;
}

/* Where a run of bytes outside strings ends: at a quote, or where its token gets too large. What
 * only yajl takes for white space is replaced. */
static size_t scan_outside(struct json_scan *scan, char *data, size_t at, size_t len)
{
    size_t token_len = scan->token_len;
    for (; at < len; at++) {
        unsigned class = class_at(data, at);
        if (class == CLASS_QUOTE)
            break;
        if ((class & (CLASS_SPACE | CLASS_MARK)) != 0)
            token_len = 0;
        else if (token_len == JSON_TOKEN_MAX)
            break;
        else
            token_len++;
        if (class == CLASS_NO_SPACE)
            data[at] = NO_JSON;
    }
    scan->token_len = token_len;
    return at;
}

static size_t scan_plain(const char *data, size_t at, size_t len)
{
    while (at + SWAR_BYTES <= len) {
        uint64_t word = swar_load(data + at);
        if (swar_has(swar_find(word, '"') | swar_find(word, '\\')))
            break;
        at += SWAR_BYTES;
    }
    while (at < len && (class_at(data, at) & (CLASS_QUOTE | CLASS_BACKSLASH)) == 0)
        at++;
    return at;
}

static bool is_ascii(const char *data, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)data[i];
    return all < 0x80;
}

/* Keeps the bytes up to `to` as the next ones of the piece. */
static void keep(struct json_scanned *done, char *data, size_t to)
{
    size_t from = done->taken;
    if (done->out_len != from)
        memmove(data + done->out_len, data + from, to - from);
    done->out_len += to - from;
    done->taken = to;
}

/* The same for bytes that may not be ASCII. */
static void keep_any(struct json_scanned *done, char *data, size_t to)
{
    done->is_ascii = done->is_ascii && is_ascii(data + done->taken, to - done->taken);
    keep(done, data, to);
}

/* Takes string bytes from done->taken on; false when the rest of the piece must wait or is over. */
static bool scan_string(struct json_scan *scan, struct json_scanned *done, char *data, size_t len,
                        bool is_last)
{
    size_t at = done->taken;
    size_t end = scan_plain(data, at, len);
    bool is_lone = false;
    size_t escape = 0;
    if (end < len && data[end] == '\\') {
        bool is_whole = is_last || len - end >= JSON_ESCAPE_MAX;
        escape = is_whole ? measure_escape(data + end, len - end, &is_lone) : 0;
        if (!is_whole)
            len = end;
    }
    scan->token_len += end - at + escape;
    if (scan->token_len > JSON_TOKEN_MAX) {
        done->is_over = true;
        return false;
    }
    if (is_lone) {
        keep_any(done, data, end);
        data[done->out_len++] = '\xFF';
        done->is_ascii = false;
        done->taken = end + escape;
    } else if (escape > 0) {
        keep_any(done, data, end + escape);
    } else if (end < len) {
        keep_any(done, data, end + 1);
        scan->is_in_string = false;
        scan->token_len = 0;
    } else {
        keep_any(done, data, end);
        return false;
    }
    return true;
}

static void note_first(struct json_scan *scan, const char *data, size_t len)
{
    for (size_t i = 0; i < len && !scan->has_first; i++) {
        scan->has_first = (class_at(data, i) & (CLASS_SPACE | CLASS_NO_SPACE)) == 0;
        scan->first = data[i];
    }
}

/* What a block holds: `marks` has its highest bit set if there is a backslash or a byte that is no
 * ASCII, `quotes` is odd if the quotes are, `least` is below 2 if there is a vertical tab or a form
 * feed. A loop of fixed length without exits, which compilers turn into a few instructions. */
struct block_bytes {
    unsigned char marks, quotes, least;
};

static struct block_bytes look_at_block(const char *data)
{
    struct block_bytes seen = {.least = 0xff};
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        unsigned char c = (unsigned char)data[i];
        unsigned char beyond = (unsigned char)(c - '\v'); /* '\f' is the next one */
        seen.marks |= (unsigned char)(c == '\\' ? 0x80 : c);
        seen.quotes ^= (unsigned char)(c == '"' ? 1 : 0);
        seen.least = seen.least < beyond ? seen.least : beyond;
    }
    return seen;
}

/* The length of the plain blocks that `data` begins with: ASCII without escapes, vertical tabs and
 * form feeds. *is_odd says whether their quotes are odd in number. */
static size_t measure_plain(const char *data, size_t len, bool *is_odd)
{
    unsigned char quotes = 0;
    size_t at = 0;
    for (; at + BLOCK_BYTES <= len; at += BLOCK_BYTES) {
        struct block_bytes seen = look_at_block(data + at);
        if ((seen.marks & 0x80) != 0 || seen.least < 2)
            break;
        quotes ^= seen.quotes;
    }
    *is_odd = quotes != 0;
    return at;
}

/* The bytes of the token that the piece begins in the middle of. */
static size_t measure_first(const struct json_scan *scan, const char *data, size_t len)
{
    if (scan->is_in_string) {
        const char *quote = memchr(data, '"', len);
        return quote == NULL ? len : (size_t)(quote - data);
    }
    size_t at = 0;
    while (at < len && class_at(data, at) == 0)
        at++;
    return at;
}

/* The bytes of the token in whose middle the piece ends. */
static size_t measure_last(bool is_in_string, const char *data, size_t len)
{
    size_t at = len;
    while (at > 0 && (is_in_string ? data[at - 1] != '"' : class_at(data, at - 1) == 0))
        at--;
    return len - at;
}

/* The same as the walk below for the plain blocks at done->taken: there is nothing to rewrite, and
 * only the tokens at their ends can be too large, for a piece is not. */
static void skim(struct json_scan *scan, struct json_scanned *done, char *data, size_t len)
{
    bool is_odd;
    const char *plain = data + done->taken;
    size_t left = len - done->taken;
    size_t plain_len = measure_plain(plain, left < JSON_TOKEN_MAX ? left : JSON_TOKEN_MAX, &is_odd);
    if (plain_len == 0)
        return;
    size_t first = measure_first(scan, plain, plain_len);
    if (scan->token_len + first > JSON_TOKEN_MAX)
        return;
    scan->is_in_string = scan->is_in_string != is_odd;
    scan->token_len = first == plain_len ? scan->token_len + plain_len
                                         : measure_last(scan->is_in_string, plain, plain_len);
    keep(done, data, done->taken + plain_len);
}

struct json_scanned json_scan_piece(struct json_scan *scan, char *data, size_t len, bool is_last)
{
    struct json_scanned done = {.is_ascii = true};
    size_t next_skim = 0; /* a block that is not plain is looked at once */
    note_first(scan, data, len);
    for (;;) {
        if (done.taken >= next_skim) {
            skim(scan, &done, data, len);
            next_skim = done.taken + BLOCK_BYTES;
        }
        if (done.taken == len)
            break;
        if (scan->is_in_string) {
            if (!scan_string(scan, &done, data, len, is_last))
                break;
            continue;
        }
        size_t end = scan_outside(scan, data, done.taken, len);
        bool is_quote = end < len && data[end] == '"';
        keep_any(&done, data, is_quote ? end + 1 : end);
        if (is_quote) {
            scan->is_in_string = true;
            scan->token_len = 0;
        } else if (end < len) {
            done.is_over = true;
            break;
        }
    }
    return done;
}
