#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../check.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

#define FFFD "\xEF\xBF\xBD"

static void test_utf8(void)
{
    const struct {
        const char *text;
        const char *repaired;
        size_t replaced;
    } cases[] = {
        {"", "", 0},
        {"plain", "plain", 0},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 0},
        {"\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80"
         "\xF4\x8F\xBF\xBF",
         "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80"
         "\xF4\x8F\xBF\xBF",
         0},
        {"a\xFFz", "a" FFFD "z", 1},
        {"\x80", FFFD, 1},
        {"\xC0\xAF", FFFD FFFD, 2},                   /* overlong "/" */
        {"\xC1\xBF", FFFD FFFD, 2},                   /* overlong */
        {"\xE0\x80\xAF", FFFD FFFD FFFD, 3},          /* overlong */
        {"\xE0\x9F\xBF", FFFD FFFD FFFD, 3},          /* overlong */
        {"\xF0\x8F\xBF\xBF", FFFD FFFD FFFD FFFD, 4}, /* overlong */
        {"\xED\xA0\x80", FFFD FFFD FFFD, 3},          /* a surrogate */
        {"\xED\xBF\xBF", FFFD FFFD FFFD, 3},
        {"\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD, 4}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", FFFD FFFD FFFD FFFD, 4},
        {"\xE2\x82", FFFD, 1}, /* cut off: one subpart */
        {"\xE2\x82z", FFFD "z", 1},
        {"\xF0\x9F\x98", FFFD, 1},
        {"\xF0\x9F\x98\xC3\xA9", FFFD "\xC3\xA9", 1},
        /* the Unicode Standard's own examples, tables 3-8 to 3-11 */
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41", 8},
        {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41", 8},
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", FFFD FFFD FFFD FFFD FFFD "\x41" FFFD FFFD "\x42",
         7},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", FFFD FFFD FFFD FFFD "\x41", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 1000);
        size_t len = strlen(cases[i].text);
        CU_ASSERT_EQUAL(text_is_utf8(cases[i].text, len), cases[i].replaced == 0);
        CU_ASSERT_EQUAL(text_repair_utf8(cases[i].text, len, &out), cases[i].replaced);
        buf_append(&out, "", 0);
        CHECK_STR(out.data, cases[i].repaired);
        CU_ASSERT_TRUE(text_is_utf8(out.data, out.len));
        buf_free(&out);
    }
    CU_ASSERT_TRUE(text_is_utf8("a\0b", 3));
    /* What stands behind its end is none of a text's. */
    CU_ASSERT_FALSE(text_is_utf8("a\xC3\xA9", 2));
    CU_ASSERT_FALSE(text_is_utf8("\xF0\x9F\x98\x80", 3));
}

static void test_printable(void)
{
    const struct {
        const char *text;
        const char *printable;
    } cases[] = {
        {"plain \\n text", "plain \\n text"},
        {"\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80", "\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80"},
        {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
        {"\x1b[31mred\x07\x7F", "\\x1B[31mred\\x07\\x7F"},
        {"\xC2\x9B"
         "31m",
         "\\u{009B}31m"},
        {"\x9B\xFF\xE2\x82", "\\x9B\\xFF\\xE2\\x82"},
        {"\xE2\x80\xA8\xE2\x80\xA9", "\\u{2028}\\u{2029}"},
        {"\xD8\x9C\xE2\x80\x8E\xE2\x80\x8F", "\\u{061C}\\u{200E}\\u{200F}"},
        {"\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9",
         "\\u{202A}\\u{202E}\\u{2066}\\u{2069}"},
        {"\xE2\x80\x8B\xE2\x80\x8D\xE2\x81\xA0\xEF\xBB\xBF",
         "\\u{200B}\\u{200D}\\u{2060}\\u{FEFF}"},
        {"\xEF\xBF\xB9\xEF\xBF\xBB\xC2\xAD", "\\u{FFF9}\\u{FFFB}\\u{00AD}"},
        {"\xF3\xA0\x80\x81\xF3\xA0\x81\xBF", "\\u{E0001}\\u{E007F}"},
        /* neighbours of the ranges are kept */
        {" ~\xC2\xA0\xC2\xAC\xC2\xAE\xE2\x80\x8A\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF" FFFD,
         " ~\xC2\xA0\xC2\xAC\xC2\xAE\xE2\x80\x8A\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF" FFFD},
    };
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        text_printable(cases[i].text, strlen(cases[i].text), &out);
        CHECK_STR(out.data, cases[i].printable);
    }
    buf_clear(&out);
    text_printable("a\0b", 3, &out);
    CHECK_STR(out.data, "a\\x00b");
    buf_free(&out);
}

/* Every character below U+0100 and every single byte: nothing raw is left. */
static void test_printable_all(void)
{
    for (int byte = 0; byte < 256; byte++) {
        char raw = (char)byte;
        struct buf out;
        buf_init(&out, 100);
        text_printable(&raw, 1, &out);
        CU_ASSERT_TRUE(text_is_utf8(out.data, out.len));
        for (size_t i = 0; i < out.len; i++)
            CU_ASSERT(out.data[i] >= ' ' && out.data[i] <= '~');
        buf_free(&out);
    }
}

static void test_columns(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_CTYPE, "C"));
    CU_ASSERT_EQUAL(text_columns("abc", 3), 3);
    CU_ASSERT_EQUAL(text_columns("\xE4\xB8\xAD\xC3\xA9", 5), 2);
    CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_CTYPE, "C.UTF-8"));
    CU_ASSERT_EQUAL(text_columns("", 0), 0);
    CU_ASSERT_EQUAL(text_columns("abc", 3), 3);
    CU_ASSERT_EQUAL(text_columns("\xE4\xB8\xAD\xC3\xA9", 5), 3);
    CU_ASSERT_EQUAL(text_columns("e\xCC\x81", 3), 1); /* a combining accent */
    CU_ASSERT_EQUAL(text_columns("\xFFx", 2), 2);
}

static void test_percent_encode(void)
{
    const struct {
        const char *text;
        const char *encoded;
    } cases[] = {
        {"team-a_b.c~9", "team-a_b.c~9"},
        {"a/b?c#d e%", "a%2Fb%3Fc%23d%20e%25"},
        {"\xC3\xA9+&=", "%C3%A9%2B%26%3D"},
        {".", "%2E"},
        {"..", "%2E%2E"},
        {"...", "..."},
        {".a", ".a"},
    };
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        text_percent_encode(cases[i].text, strlen(cases[i].text), &out);
        CHECK_STR(out.data, cases[i].encoded);
    }
    buf_free(&out);
}

static void test_glob(void)
{
    CU_ASSERT_TRUE(text_glob("eu-*", "eu-1"));
    CU_ASSERT_TRUE(text_glob("*", ""));
    CU_ASSERT_TRUE(text_glob("[a-c]?", "b7"));
    CU_ASSERT_TRUE(text_glob("*", "a/b"));
    CU_ASSERT_FALSE(text_glob("eu-*", "us-1"));
    CU_ASSERT_FALSE(text_glob("eu", "eu-1"));
}

static void test_nearest(void)
{
    const char *const names[] = {"timeout", "retries", "connect_timeout", "url", NULL};
    const struct {
        const char *word;
        const char *nearest;
    } cases[] = {
        {"timeuot", "timeout"},  /* swapped */
        {"timeot", "timeout"},   /* missing */
        {"timeoutt", "timeout"}, /* doubled */
        {"retry", "none"},       /* distance 3 of at most 1 */
        {"retires", "retries"},  /* swapped */
        {"conect_timeuot", "connect_timeout"},
        {"ulr", "url"},
        {"uri", "url"},
        {"xyz", "none"},
        {"", "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *nearest = text_nearest(cases[i].word, names);
        CHECK_STR(nearest == NULL ? "none" : nearest, cases[i].nearest);
    }
    char word[200];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *const longer[] = {word, "near", NULL};
    CU_ASSERT_PTR_NULL(text_nearest(word, longer));
    CHECK_STR(text_nearest("nera", longer), "near");
}

static void test_format_time(void)
{
    char out[TEXT_TIME_SIZE];
    CU_ASSERT_TRUE(text_format_time(0, out));
    CHECK_STR(out, "1970-01-01T00:00:00Z");
    CU_ASSERT_TRUE(text_format_time(1795489200, out));
    CHECK_STR(out, "2026-11-24T03:00:00Z");
    CU_ASSERT_TRUE(text_format_time(-1, out));
    CHECK_STR(out, "1969-12-31T23:59:59Z");
    CU_ASSERT_TRUE(text_format_time(253402300799, out));
    CHECK_STR(out, "9999-12-31T23:59:59Z");
    CU_ASSERT_TRUE(text_format_time(-62135596800, out));
    CHECK_STR(out, "0001-01-01T00:00:00Z");
    CU_ASSERT_FALSE(text_format_time(253402300800, out));
    CU_ASSERT_FALSE(text_format_time(-62135596801, out));
    CU_ASSERT_FALSE(text_format_time(INT64_MAX, out));
    CU_ASSERT_FALSE(text_format_time(INT64_MIN, out));
}

/* Each day of the calendar, as the C library has it. */
static void test_format_days(void)
{
    enum { FIRST = -719162, LAST = 2932896 }; /* 0001-01-01 and 9999-12-31, since 1970-01-01 */
    size_t wrong = 0;
    for (int64_t day = FIRST; day <= LAST; day++) {
        char out[TEXT_TIME_SIZE], expected[96];
        time_t when = (time_t)(day * 86400 + (day - FIRST) * 7919 % 86400);
        struct tm tm;
        gmtime_r(&when, &tm);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        wrong += !text_format_time(when, out) || strcmp(out, expected) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_format_duration(void)
{
    static const struct {
        int64_t seconds;
        const char *expected;
    } cases[] = {
        {0, "0 s"},
        {59, "59 s"},
        {60, "1 min 0 s"},
        {192, "3 min 12 s"},
        {3599, "59 min 59 s"},
        {3600, "1 h 0 min"},
        {86399, "23 h 59 min"},
        {86400, "1 d 0 h"},
        {1000000, "11 d 13 h"},
        {INT64_MAX, "106751991167300 d 15 h"},
        {-3, "-3 s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[TEXT_DURATION_SIZE];
        text_format_duration(cases[i].seconds, out);
        CHECK_STR(out, cases[i].expected);
    }
}

static void test_parse_time(void)
{
    const struct {
        const char *text;
        int64_t seconds; /* INT64_MIN: refused */
    } cases[] = {
        {"2026-11-24T03:00:00Z", 1795489200},
        {"2026-11-24t03:00:00z", 1795489200},
        {"2026-11-24T03:00:00.999999999Z", 1795489200},
        {"2026-11-24T05:30:00+02:30", 1795489200},
        {"2026-11-23T22:00:00-05:00", 1795489200},
        {"2026-11-24T03:00:00-00:00", 1795489200},
        {"1969-12-31T23:59:59Z", -1},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"0001-01-01T00:00:00Z", -62135596800},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"9999-12-31T23:59:59-01:00", INT64_MIN},
        {"0001-01-01T00:00:00+01:00", INT64_MIN},
        {"2023-02-29T00:00:00Z", INT64_MIN},
        {"2100-02-29T00:00:00Z", INT64_MIN},
        {"2026-13-01T00:00:00Z", INT64_MIN},
        {"2026-00-01T00:00:00Z", INT64_MIN},
        {"2026-04-31T00:00:00Z", INT64_MIN},
        {"2026-11-24T24:00:00Z", INT64_MIN},
        {"2026-11-24T03:60:00Z", INT64_MIN},
        {"2026-11-24T03:00:60Z", INT64_MIN},
        {"2026-11-24T03:00:00", INT64_MIN},
        {"2026-11-24T03:00:00.Z", INT64_MIN},
        {"2026-11-24T03:00:00+0200", INT64_MIN},
        {"2026-11-24T03:00:00+24:00", INT64_MIN},
        {"2026-11-24T03:00Z", INT64_MIN},
        {"2026-11-24 03:00:00Z", INT64_MIN},
        {"2026-11-24T03:00:00Z ", INT64_MIN},
        {"26-11-24T03:00:00Z", INT64_MIN},
        {"2026-1-24T03:00:00Z", INT64_MIN},
        {"1795489200", INT64_MIN},
        {"", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t seconds = INT64_MIN;
        bool is_read = text_parse_time(cases[i].text, strlen(cases[i].text), &seconds);
        bool is_right = seconds == cases[i].seconds && is_read == (seconds != INT64_MIN);
        if (!is_right)
            fprintf(stderr, "    \"%s\": got %lld\n", cases[i].text, (long long)seconds);
        CU_ASSERT_TRUE(is_right);
    }
}

static void test_parse_uint(void)
{
    uint64_t value = 7;
    CU_ASSERT_TRUE(text_parse_uint("0", 0, &value));
    CU_ASSERT_EQUAL(value, 0);
    CU_ASSERT_TRUE(text_parse_uint("007", 7, &value));
    CU_ASSERT_EQUAL(value, 7);
    CU_ASSERT_TRUE(text_parse_uint("18446744073709551615", UINT64_MAX, &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
    const char *const bad[] = {
        "",   "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999",
        "101"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(text_parse_uint(bad[i], i == 9 ? 100 : UINT64_MAX, &value));
    CU_ASSERT_EQUAL(value, UINT64_MAX);
}

static void test_str(void)
{
    const struct str none = {0}, empty = {"", 0};
    /* in order, each smaller than the next */
    const struct str sorted[] = {none,        empty,           {"\0", 1},  {"a", 1},
                                 {"a\0", 2},  {"a\0b", 3},     {"ab", 2},  {"b", 1},
                                 {"\x7F", 1}, {"\xC3\xA9", 2}, {"\xFF", 1}};
    const int count = sizeof sorted / sizeof *sorted;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            CU_ASSERT_EQUAL(str_compare(sorted[i], sorted[j]), (i > j) - (i < j));
            CU_ASSERT_EQUAL(str_equals(sorted[i], sorted[j]), i == j);
        }
    CU_ASSERT_PTR_NULL(str_of(NULL).data);
    CU_ASSERT_EQUAL(str_of("abc").len, 3);
    CU_ASSERT_TRUE(str_equals(str_of("x"), (struct str){"xy", 1}));
}

static void test_mem(void)
{
    char *zero = mem_new(10, 10);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(zero[i], 0);
    zero = mem_resize(zero, 0, 8);
    CU_ASSERT_PTR_NOT_NULL(zero);
    free(zero);
    void *nothing = mem_new(0, 8);
    CU_ASSERT_PTR_NOT_NULL(nothing);
    free(nothing);
    char *copy = mem_copy("a\0bcd", 3);
    CU_ASSERT_EQUAL(memcmp(copy, "a\0b", 4), 0);
    free(copy);
    copy = mem_copy(NULL, 0);
    CHECK_STR(copy, "");
    free(copy);
    copy = mem_printf("%s-%d", "x", 5);
    CHECK_STR(copy, "x-5");
    free(copy);
    copy = mem_strdup("dup");
    CHECK_STR(copy, "dup");
    free(copy);
}

static void test_arena(void)
{
    struct arena *arena = arena_new();
    for (int round = 0; round < 3; round++) {
        char *pieces[2000];
        for (size_t i = 0; i < 2000; i++) {
            size_t size = i % 500 == 499 ? 40000 : i % 100;
            pieces[i] = arena_alloc(arena, size);
            CU_ASSERT_EQUAL((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
            for (size_t at = 0; at < size; at++)
                CU_ASSERT_EQUAL_FATAL(pieces[i][at], 0);
            memset(pieces[i], (int)(i % 251 + 1), size);
        }
        for (size_t i = 0; i < 2000; i++) {
            size_t size = i % 500 == 499 ? 40000 : i % 100;
            for (size_t at = 0; at < size; at++)
                CU_ASSERT_EQUAL_FATAL((unsigned char)pieces[i][at], i % 251 + 1);
        }
        arena_reset(arena);
    }
    CHECK_STR(arena_strdup(arena, "text"), "text");
    CU_ASSERT_EQUAL(memcmp(arena_copy(arena, "a\0b", 3), "a\0b", 4), 0);
    CHECK_STR(arena_copy(arena, NULL, 0), "");
    arena_free(arena);
    arena_free(NULL);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"UTF-8: valid or repaired", test_utf8},
        {"printable", test_printable},
        {"printable: every byte", test_printable_all},
        {"columns", test_columns},
        {"percent-encoding", test_percent_encode},
        {"globs", test_glob},
        {"the nearest name", test_nearest},
        {"writing times", test_format_time},
        {"writing times: every day", test_format_days},
        {"writing durations", test_format_duration},
        {"reading times", test_parse_time},
        {"reading integers", test_parse_uint},
        {"str: order", test_str},
        {"mem", test_mem},
        {"mem: arenas", test_arena},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/text", tests);
}
