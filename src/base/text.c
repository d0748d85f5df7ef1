#include "rollcall/text.h"

#include <fnmatch.h>
#include <langinfo.h>
#include <string.h>
#include <wchar.h>

#include "rollcall/swar.h"

#define INVALID UINT32_MAX

/* Longer words are no slips of the finger, and the table of distances stays on the stack. */
#define NEAREST_MAX_LEN 64

/*
 * Decodes one character and returns how many bytes it has. For bytes that are none, `*code` becomes
 * INVALID and the maximal ill-formed subpart's length is returned (the ranges are those of the
 * Unicode Standard's table 3-7). `len` is at least 1.
 */
static size_t decode_utf8(const unsigned char *bytes, size_t len, uint32_t *code)
{
    unsigned char first = bytes[0], low = 0x80, high = 0xBF;
    size_t want;
    *code = first;
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF) {
        want = 2;
        *code &= 0x1F;
    } else if (first >= 0xE0 && first <= 0xEF) {
        want = 3;
        *code &= 0x0F;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    } else if (first >= 0xF0 && first <= 0xF4) {
        want = 4;
        *code &= 0x07;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else {
        *code = INVALID;
        return 1;
    }
    for (size_t i = 1; i < want; i++) {
        if (i == len || bytes[i] < low || bytes[i] > high) {
            *code = INVALID;
            return i;
        }
        *code = *code << 6 | (bytes[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return want;
}

/* How many bytes from the first on are ASCII, in whole words. */
static size_t skip_ascii(const char *data, size_t len)
{
    size_t at = 0;
    while (at + SWAR_BYTES <= len && !swar_has(swar_load(data + at)))
        at += SWAR_BYTES;
    return at;
}

bool text_is_utf8(const char *data, size_t len)
{
    uint32_t code;
    for (size_t at = skip_ascii(data, len); at < len;) {
        at += decode_utf8((const unsigned char *)data + at, len - at, &code);
        if (code == INVALID)
            return false;
    }
    return true;
}

size_t text_repair_utf8(const char *data, size_t len, struct buf *out)
{
    size_t replaced = 0, clean = 0; /* where what is good and not yet appended begins */
    for (size_t at = 0; at < len;) {
        uint32_t code;
        size_t step = decode_utf8((const unsigned char *)data + at, len - at, &code);
        if (code == INVALID) {
            buf_append(out, data + clean, at - clean);
            buf_append_str(out, "\xEF\xBF\xBD");
            replaced++;
            clean = at + step;
        }
        at += step;
    }
    if (clean < len)
        buf_append(out, data + clean, len - clean);
    return replaced;
}

/* Characters that move, hide, reorder or break text instead of showing something. */
static bool is_invisible(uint32_t code)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},   {0x061C, 0x061C},
        {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
        {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static void append_escape(struct buf *out, uint32_t code)
{
    if (code == '\n')
        buf_append_str(out, "\\n");
    else if (code == '\r')
        buf_append_str(out, "\\r");
    else if (code == '\t')
        buf_append_str(out, "\\t");
    else if (code < 0x80)
        buf_printf(out, "\\x%02X", (unsigned)code);
    else
        buf_printf(out, "\\u{%04X}", (unsigned)code);
}

void text_printable(const char *data, size_t len, struct buf *out)
{
    /* Piece by piece, so that a buffer that becomes full ends with a whole character or escape. */
    for (size_t at = 0; at < len && !out->is_over;) {
        uint32_t code;
        size_t step = decode_utf8((const unsigned char *)data + at, len - at, &code);
        if (code == INVALID) {
            for (size_t i = 0; i < step; i++)
                buf_printf(out, "\\x%02X", (unsigned)(unsigned char)data[at + i]);
        } else if (is_invisible(code)) {
            append_escape(out, code);
        } else {
            buf_append(out, data + at, step);
        }
        at += step;
    }
}

size_t text_columns(const char *data, size_t len)
{
    /* wcwidth() knows characters beyond ASCII only in a UTF-8 locale. */
    bool has_widths = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    size_t columns = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code;
        at += decode_utf8((const unsigned char *)data + at, len - at, &code);
        int width = has_widths && code != INVALID ? wcwidth((wchar_t)code) : 1;
        columns += width < 0 ? 1 : (size_t)width;
    }
    return columns;
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void text_percent_encode(const char *data, size_t len, struct buf *out)
{
    /* Left bare they would be taken for "this" and "the parent" folder. */
    bool is_dots = (len == 1 && data[0] == '.') || (len == 2 && data[0] == '.' && data[1] == '.');
    for (size_t i = 0; i < len; i++) {
        if (is_unreserved(data[i]) && !is_dots)
            buf_append_char(out, data[i]);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)data[i]);
    }
}

bool text_glob(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, 0) == 0;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance: insert, delete, replace, swap two neighbours. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned char table[NEAREST_MAX_LEN + 1][NEAREST_MAX_LEN + 1];
    for (size_t i = 0; i <= a_len; i++)
        table[i][0] = (unsigned char)i;
    for (size_t j = 0; j <= b_len; j++)
        table[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            best = min_of(best, table[i - 1][j] + 1U);
            best = min_of(best, table[i][j - 1] + 1U);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = min_of(best, table[i - 2][j - 2] + 1U);
            table[i][j] = (unsigned char)best;
        }
    }
    return table[a_len][b_len];
}

const char *text_nearest(const char *word, const char *const *names)
{
    size_t len = strlen(word);
    if (len == 0 || len > NEAREST_MAX_LEN)
        return NULL;
    size_t best = len / 3 > 1 ? len / 3 : 1;
    const char *nearest = NULL;
    for (; *names != NULL; names++) {
        size_t name_len = strlen(*names);
        if (name_len > NEAREST_MAX_LEN)
            continue;
        size_t d = distance(word, len, *names, name_len);
        if (d < best || (d == best && nearest == NULL)) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}

bool text_parse_uint(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    if (sum > max)
        return false;
    *value = sum;
    return true;
}

size_t text_format_int(int64_t value, char out[TEXT_INT_SIZE])
{
    char digits[TEXT_INT_SIZE];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at - 1;
}
