#include "rollcall/amount.h"

#include <string.h>

#define PLACES  6
#define MILLION 1000000

/* Far above any length of text, far below what could overflow when a length is added. */
#define EXPONENT_LIMIT ((int64_t)1 << 50)

/* A JSON number's parts: where its digits stand in the text. */
struct number {
    const char *whole;
    const char *fraction;
    size_t whole_len;
    size_t fraction_len;
    int64_t exponent;
    bool is_negative;
};

static size_t count_digits(const char *text, const char *end)
{
    const char *p = text;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return (size_t)(p - text);
}

/* Reads the digits of an exponent, holding at a limit instead of overflowing. */
static int64_t read_exponent(const char *digits, size_t len)
{
    int64_t value = 0;
    for (size_t i = 0; i < len && value < EXPONENT_LIMIT; i++)
        value = value * 10 + (digits[i] - '0');
    return value < EXPONENT_LIMIT ? value : EXPONENT_LIMIT;
}

/* RFC 8259, section 6. */
static bool split_number(const char *text, size_t len, struct number *number)
{
    const char *p = text, *end = text + len;
    memset(number, 0, sizeof *number);
    if (p < end && *p == '-') {
        number->is_negative = true;
        p++;
    }
    number->whole = p;
    number->whole_len = count_digits(p, end);
    if (number->whole_len == 0 || (number->whole_len > 1 && *p == '0'))
        return false;
    p += number->whole_len;
    if (p < end && *p == '.') {
        number->fraction = ++p;
        number->fraction_len = count_digits(p, end);
        if (number->fraction_len == 0)
            return false;
        p += number->fraction_len;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool is_negative = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        size_t digits = count_digits(p, end);
        if (digits == 0)
            return false;
        number->exponent = read_exponent(p, digits) * (is_negative ? -1 : 1);
        p += digits;
    }
    return p == end;
}

/* Digit `i` of whole and fraction taken as one row, which goes on with zeros for ever. */
static int digit_at(const struct number *number, size_t i)
{
    if (i < number->whole_len)
        return number->whole[i] - '0';
    i -= number->whole_len;
    return i < number->fraction_len ? number->fraction[i] - '0' : 0;
}

bool amount_parse(const char *text, size_t len, int64_t *amount)
{
    struct number number;
    *amount = AMOUNT_NULL;
    if (!split_number(text, len, &number))
        return false;

    size_t count = number.whole_len + number.fraction_len, next = 0;
    while (next < count && digit_at(&number, next) == 0)
        next++;
    if (next == count) {
        *amount = 0;
        return true;
    }
    if (number.is_negative)
        return false;

    /* The value is 0.DDD * 10^magnitude, its first digit D, at `next`, not being zero. */
    int64_t magnitude = (int64_t)number.whole_len - (int64_t)next + number.exponent;
    if (magnitude > 10)
        return false;
    int64_t value = 0;
    int round_digit = 0;
    if (magnitude + PLACES >= 0) {
        for (int64_t kept = magnitude + PLACES; kept > 0; kept--)
            value = value * 10 + digit_at(&number, next++);
        if (value > AMOUNT_MAX)
            return false;
        for (size_t i = next; value == AMOUNT_MAX && i < count; i++)
            if (digit_at(&number, i) != 0)
                return false;
        round_digit = digit_at(&number, next);
    }
    *amount = value + (round_digit >= 5 ? 1 : 0);
    return true;
}

bool amount_multiply(int64_t amount, int64_t count, int64_t *product)
{
    *product = AMOUNT_NULL;
    if (count % AMOUNT_ONE != 0)
        return false;
    amount_sum exact = (amount_sum)amount * (count / AMOUNT_ONE);
    if (exact > AMOUNT_MAX)
        return false;
    *product = (int64_t)exact;
    return true;
}

size_t amount_format(amount_sum sum, char out[AMOUNT_SIZE])
{
    __extension__ unsigned __int128 rest =
        sum < 0 ? 0 - (unsigned __int128)sum : (unsigned __int128)sum;
    char digits[AMOUNT_SIZE];
    size_t at = sizeof digits;
    unsigned fraction;
    /* Most are small, and dividing 128 bits is a function of its own. */
    if (rest <= UINT64_MAX) {
        fraction = (unsigned)((uint64_t)rest % MILLION);
        rest = (uint64_t)rest / MILLION;
    } else {
        fraction = (unsigned)(rest % MILLION);
        rest /= MILLION;
    }
    if (fraction != 0) {
        int place = PLACES;
        for (; fraction % 10 == 0; place--) /* zeros at the end are not needed */
            fraction /= 10;
        for (; place > 0; place--, fraction /= 10)
            digits[--at] = (char)('0' + fraction % 10);
        digits[--at] = '.';
    }
    for (; rest > UINT64_MAX; rest /= 10)
        digits[--at] = (char)('0' + (int)(rest % 10));
    uint64_t whole = (uint64_t)rest;
    do {
        digits[--at] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole != 0);
    if (sum < 0)
        digits[--at] = '-';
    size_t len = sizeof digits - at;
    memcpy(out, digits + at, len);
    out[len] = '\0';
    return len;
}
