#include <stdio.h>
#include <time.h>

#include "rollcall/text.h"

#define DAY_S 86400

/* The day of the proleptic Gregorian calendar that is `days` after 1970-01-01. Years begin in March
 * here, which puts the day that only some years have at their end; 400 years are a round number of
 * days (Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static void find_date(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    uint32_t from_0000 = (uint32_t)(days + 719468); /* since 0000-03-01 */
    uint32_t era = from_0000 / 146097, day_of_era = from_0000 % 146097;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t from_march = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = era * 400 + year_of_era + (*month <= 2 ? 1 : 0);
}

static char *put_two(char *out, unsigned value, char after)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    out[2] = after;
    return out + 3;
}

bool text_format_time(int64_t seconds, char out[TEXT_TIME_SIZE])
{
    if (seconds < TEXT_TIME_MIN || seconds > TEXT_TIME_MAX)
        return false;
    int64_t from_year_1 =
        seconds - TEXT_TIME_MIN; /* never negative, so that division rounds down */
    unsigned of_day = (unsigned)(from_year_1 % DAY_S);
    unsigned year, month, day;
    find_date((from_year_1 - of_day + TEXT_TIME_MIN) / DAY_S, &year, &month, &day);
    out[0] = (char)('0' + year / 1000);
    out[1] = (char)('0' + year / 100 % 10);
    char *at = put_two(out + 2, year % 100, '-');
    at = put_two(at, month, '-');
    at = put_two(at, day, 'T');
    at = put_two(at, of_day / 3600, ':');
    at = put_two(at, of_day / 60 % 60, ':');
    at = put_two(at, of_day % 60, 'Z');
    *at = '\0';
    return true;
}

struct cursor {
    const char *at;
    const char *end;
};

/* Reads exactly `count` digits with a value from `min` to `max`. */
static bool read_number(struct cursor *cursor, int count, int min, int max, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, cursor->at++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
            return false;
        *value = *value * 10 + (*cursor->at - '0');
    }
    return *value >= min && *value <= max;
}

/* Skips one character, which must be `c` or `other`. */
static bool skip_char(struct cursor *cursor, char c, char other)
{
    if (cursor->at == cursor->end || (*cursor->at != c && *cursor->at != other))
        return false;
    cursor->at++;
    return true;
}

static bool skip_fraction(struct cursor *cursor)
{
    if (!skip_char(cursor, '.', '.'))
        return true;
    const char *first = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        cursor->at++;
    return cursor->at > first;
}

static bool read_offset(struct cursor *cursor, int64_t *offset_s)
{
    *offset_s = 0;
    if (skip_char(cursor, 'Z', 'z'))
        return true;
    bool is_west = cursor->at < cursor->end && *cursor->at == '-';
    int hours, minutes;
    if (!skip_char(cursor, '+', '-') || !read_number(cursor, 2, 0, 23, &hours) ||
        !skip_char(cursor, ':', ':') || !read_number(cursor, 2, 0, 59, &minutes))
        return false;
    *offset_s = (int64_t)(hours * 60 + minutes) * (is_west ? -60 : 60);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

bool text_parse_time(const char *data, size_t len, int64_t *seconds)
{
    struct cursor cursor = {.at = data, .end = data + len};
    int year, month, day, hour, minute, second;
    int64_t offset_s;
    if (!read_number(&cursor, 4, 0, 9999, &year) || !skip_char(&cursor, '-', '-') ||
        !read_number(&cursor, 2, 1, 12, &month) || !skip_char(&cursor, '-', '-') ||
        !read_number(&cursor, 2, 1, days_in_month(year, month), &day) ||
        !skip_char(&cursor, 'T', 't') || !read_number(&cursor, 2, 0, 23, &hour) ||
        !skip_char(&cursor, ':', ':') || !read_number(&cursor, 2, 0, 59, &minute) ||
        !skip_char(&cursor, ':', ':') ||
        /* A leap second is the first second of the next minute, as POSIX counts. */
        !read_number(&cursor, 2, 0, minute == 59 ? 60 : 59, &second) || !skip_fraction(&cursor) ||
        !read_offset(&cursor, &offset_s) || cursor.at != cursor.end)
        return false;

    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    int64_t when = (int64_t)timegm(&tm) - offset_s;
    if (when < TEXT_TIME_MIN || when > TEXT_TIME_MAX)
        return false;
    *seconds = when;
    return true;
}

void text_format_duration(int64_t seconds, char out[TEXT_DURATION_SIZE])
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (i < 3 && seconds < units[i].seconds)
        i++;
    long long large = seconds / units[i].seconds;
    if (i == 3)
        snprintf(out, TEXT_DURATION_SIZE, "%lld s", large);
    else
        snprintf(out, TEXT_DURATION_SIZE, "%lld %s %lld %s", large, units[i].unit,
                 (long long)(seconds % units[i].seconds / units[i + 1].seconds), units[i + 1].unit);
}
