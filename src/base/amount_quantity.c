#include <string.h>

#include "rollcall/amount.h"

/* More digits than any quantity of GPUs has. */
#define DIGITS_MAX 64

/* The power of ten that a suffix stands for; false when it is none. */
static bool find_exponent(const char *suffix, size_t len, int *exponent)
{
    static const struct {
        char suffix;
        int exponent;
    } suffixes[] = {{'n', -9}, {'u', -6}, {'m', -3}, {'k', 3}, {'M', 6},
                    {'G', 9},  {'T', 12}, {'P', 15}, {'E', 18}};
    *exponent = 0;
    for (size_t i = 0; len == 1 && i < sizeof suffixes / sizeof *suffixes; i++)
        if (suffixes[i].suffix == *suffix) {
            *exponent = suffixes[i].exponent;
            return true;
        }
    return len == 0;
}

/* Puts digits as JSON has them: with one in front of the point, none behind it only if there is no
 * point, and no zeros in front. Returns the length; 0: these are no digits. */
static size_t put_digits(const char *digits, size_t len, char *out)
{
    const char *point = memchr(digits, '.', len);
    size_t whole_len = point == NULL ? len : (size_t)(point - digits), put = 0;
    for (; whole_len > 0 && *digits == '0'; whole_len--, len--)
        digits++;
    if (whole_len == 0)
        out[put++] = '0';
    if (len > 0 && digits[len - 1] == '.')
        len--;
    memcpy(out + put, digits, len);
    return put + len;
}

bool amount_parse_quantity(const char *text, size_t len, int64_t *amount)
{
    char json[DIGITS_MAX + 32];
    size_t put = 0, at = 0, digits_len = 0;
    int exponent;
    *amount = AMOUNT_NULL;
    if (len > 0 && (*text == '+' || *text == '-')) {
        if (*text == '-')
            json[put++] = '-';
        at = 1;
    }
    while (at + digits_len < len && strchr("0123456789.", text[at + digits_len]) != NULL &&
           text[at + digits_len] != '\0')
        digits_len++;
    if (digits_len == 0 || digits_len > DIGITS_MAX || (digits_len == 1 && text[at] == '.'))
        return false;
    put += put_digits(text + at, digits_len, json + put);
    at += digits_len;
    if (find_exponent(text + at, len - at, &exponent)) {
        json[put++] = 'e';
        json[put++] = exponent < 0 ? '-' : '+';
        exponent = exponent < 0 ? -exponent : exponent;
        json[put++] = (char)('0' + exponent / 10);
        json[put++] = (char)('0' + exponent % 10);
    } else if (len - at < 16) { /* "e3" is as in JSON */
        memcpy(json + put, text + at, len - at);
        put += len - at;
    } else {
        return false;
    }
    return amount_parse(json, put, amount);
}
