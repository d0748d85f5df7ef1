#include "rollcall/json_write.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/json_read.h"
#include "rollcall/mem.h"

struct out {
    struct json_writer writer;
    struct buf buf;
};

static struct out *out_new(void)
{
    struct out *out = mem_new(1, sizeof *out);
    buf_init(&out->buf, 1 << 20);
    json_writer_init(&out->writer, json_sink_buf, &out->buf);
    return out;
}

static void check_out(struct out *out, const char *expected)
{
    CU_ASSERT(json_finish(&out->writer));
    CHECK_STR(out->buf.data, expected);
    buf_free(&out->buf);
    free(out);
}

static void test_header_example(void)
{
    struct out *out = out_new();
    struct json_writer *w = &out->writer;
    json_begin_object(w, JSON_LINES);
    json_key(w, "name");
    json_string(w, "eu-1");
    json_key(w, "counts");
    json_begin_object(w, JSON_INLINE);
    json_key(w, "ok");
    json_int(w, 3);
    json_end(w);
    json_end(w);
    check_out(out, "{\n  \"name\": \"eu-1\",\n  \"counts\": { \"ok\": 3 }\n}\n");
}

static void test_layouts(void)
{
    struct out *out = out_new();
    struct json_writer *w = &out->writer;
    json_begin_array(w, JSON_LINES);
    json_begin_object(w, JSON_INLINE);
    json_key(w, "a");
    json_int(w, 1);
    json_key(w, "b");
    json_begin_array(w, JSON_LINES); /* inside an inline one: inline */
    json_int(w, 2);
    json_int(w, 3);
    json_end(w);
    json_end(w);
    json_begin_object(w, JSON_LINES);
    json_key(w, "list");
    json_begin_array(w, JSON_LINES);
    json_null(w);
    json_bool(w, true);
    json_end(w);
    json_key(w, "none");
    json_begin_array(w, JSON_LINES);
    json_end(w);
    json_end(w);
    json_end(w);
    check_out(out, "[\n"
                   "  { \"a\": 1, \"b\": [ 2, 3 ] },\n"
                   "  {\n"
                   "    \"list\": [\n"
                   "      null,\n"
                   "      true\n"
                   "    ],\n"
                   "    \"none\": []\n"
                   "  }\n"
                   "]\n");
}

static void test_empty(void)
{
    for (int is_inline = 0; is_inline < 2; is_inline++) {
        enum json_layout layout = is_inline ? JSON_INLINE : JSON_LINES;
        struct out *out = out_new();
        json_begin_object(&out->writer, layout);
        json_end(&out->writer);
        check_out(out, "{}\n");
        out = out_new();
        json_begin_array(&out->writer, layout);
        json_end(&out->writer);
        check_out(out, "[]\n");
    }
}

static void test_scalars(void)
{
    struct out *out = out_new();
    struct json_writer *w = &out->writer;
    json_begin_array(w, JSON_INLINE);
    json_null(w);
    json_bool(w, false);
    json_int(w, 0);
    json_int(w, INT64_MIN);
    json_int(w, INT64_MAX);
    json_string(w, NULL);
    json_string(w, "");
    json_str(w, (struct str){0});
    json_str(w, (struct str){"abc", 2});
    json_amount(w, AMOUNT_NULL);
    json_amount(w, 2500000);
    json_amount_sum(w, 0);
    json_amount_sum(w, (amount_sum)AMOUNT_MAX * 1000);
    json_time(w, INT64_MIN);
    json_time(w, 0);
    json_time(w, 253402300800);
    json_end(w);
    check_out(out, "[ null, false, 0, -9223372036854775808, 9223372036854775807, null, \"\", null, "
                   "\"ab\", null, 2.5, 0, 1000000000000, null, \"1970-01-01T00:00:00Z\", null ]\n");
}

static void test_one_scalar(void)
{
    struct out *out = out_new();
    json_string(&out->writer, "x");
    check_out(out, "\"x\"\n");
}

static void test_escapes(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *written;
    } cases[] = {
        {"plain /&<>'", 11, "plain /&<>'"},
        {"\"\\", 2, "\\\"\\\\"},
        {"\b\f\n\r\t", 5, "\\b\\f\\n\\r\\t"},
        {"\0\x01\x0B\x1B\x1F\x7F", 6, "\\u0000\\u0001\\u000b\\u001b\\u001f\\u007f"},
        {"\xE2\x80\xA8|\xE2\x80\xA9", 7, "\\u2028|\\u2029"},
        {"\xE2\x80\xA7\xE2\x82\xAC\xE2\x80\xAA", 9, "\xE2\x80\xA7\xE2\x82\xAC\xE2\x80\xAA"},
        {"\xC3\xA9\xF0\x9F\x98\x80", 6, "\xC3\xA9\xF0\x9F\x98\x80"},
        {"a\xFF\"", 3, "a\xEF\xBF\xBD\\\""},
        {"\xE2\x80", 2, "\xEF\xBF\xBD"},
        {"\xED\xA0\x80", 3, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"bfnrt", 5, "bfnrt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct out *out = out_new();
        json_str(&out->writer, (struct str){cases[i].text, cases[i].len});
        char *expected = mem_printf("\"%s\"\n", cases[i].written);
        check_out(out, expected);
        free(expected);
    }
    struct out *out = out_new();
    json_begin_object(&out->writer, JSON_INLINE);
    json_key(&out->writer, "a\"\n\xFF");
    json_null(&out->writer);
    json_end(&out->writer);
    check_out(out, "{ \"a\\\"\\n\xEF\xBF\xBD\": null }\n");
}

struct text {
    struct str expected;
    bool is_equal;
};

static bool compare(void *arg, int id, enum json_event event, const struct json_value *value,
                    struct error *error)
{
    (void)id;
    (void)error;
    struct text *text = arg;
    text->is_equal = event == JSON_STRING && str_equals(value->text, text->expected);
    return true;
}

/* Each character of the first planes' interesting part comes back as it was. */
static void test_round_trip(void)
{
    struct buf all;
    buf_init(&all, 1 << 18);
    for (unsigned c = 0; c < 0x80; c++)
        buf_append_char(&all, (char)c);
    for (unsigned c = 0x80; c < 0x3000; c++) {
        if (c >= 0x800)
            buf_append_char(&all, (char)(0xE0 | c >> 12));
        buf_append_char(&all, (char)(c < 0x800 ? 0xC0 | c >> 6 : 0x80 | (c >> 6 & 0x3F)));
        buf_append_char(&all, (char)(0x80 | (c & 0x3F)));
    }
    struct out *out = out_new();
    json_str(&out->writer, (struct str){all.data, all.len});
    CU_ASSERT(json_finish(&out->writer));
    const struct json_path row = {"", 0};
    struct text text = {.expected = {all.data, all.len}};
    struct json_paths *paths = json_paths_new(&row, 1);
    struct json_reader *reader = json_reader_new(paths, compare, &text);
    struct error error;
    CU_ASSERT(json_reader_feed(reader, out->buf.data, out->buf.len, &error));
    CU_ASSERT(json_reader_finish(reader, &error));
    CU_ASSERT(text.is_equal);
    json_reader_free(reader);
    json_paths_free(paths);
    buf_free(&all);
    buf_free(&out->buf);
    free(out);
}

/* More than the writer's block, in runs that end before, at and behind its end. */
static void test_long_output(void)
{
    struct out *out = out_new();
    struct buf expected;
    buf_init(&expected, 1 << 20);
    char *text = mem_new(40001, 1);
    memset(text, 'x', 40000);
    json_begin_array(&out->writer, JSON_INLINE);
    buf_append_char(&expected, '[');
    for (size_t len = 1; len <= 40000; len = len * 3 + 1) {
        json_str(&out->writer, (struct str){text, len});
        buf_printf(&expected, "%s \"%.*s\"", len == 1 ? "" : ",", (int)len, text);
    }
    json_end(&out->writer);
    buf_append_str(&expected, " ]\n");
    check_out(out, expected.data);
    buf_free(&expected);
    free(text);
}

static bool fail_after(void *arg, const void *data, size_t len)
{
    (void)data;
    (void)len;
    int *calls_left = arg;
    return (*calls_left)-- > 0;
}

static void test_failing_sink(void)
{
    for (int calls = 0; calls <= 4; calls++) {
        int calls_left = calls;
        struct json_writer *w = mem_new(1, sizeof *w);
        json_writer_init(w, fail_after, &calls_left);
        json_begin_array(w, JSON_LINES);
        for (int i = 0; i < 5000; i++)
            json_int(w, 123456);
        json_end(w);
        /* 60 KB in blocks of 16 KiB are four calls. */
        CU_ASSERT_EQUAL(json_finish(w), calls == 4);
        CU_ASSERT_EQUAL(calls_left, calls == 4 ? 0 : -1);
        free(w);
    }
    struct buf small;
    buf_init(&small, 4);
    struct json_writer *w = mem_new(1, sizeof *w);
    json_writer_init(w, json_sink_buf, &small);
    json_string(w, "does not fit");
    CU_ASSERT_FALSE(json_finish(w));
    buf_free(&small);
    free(w);
}

/* What needs an escape is found wherever it stands in a text of any length. */
static void test_every_place(void)
{
    static const struct {
        const char *text, *escaped;
    } specials[] = {
        {"\"", "\\\""},
        {"\\", "\\\\"},
        {"\n", "\\n"},
        {"\x1f", "\\u001f"},
        {"\x7f", "\\u007f"},
        {"\xE2\x80\xA8", "\\u2028"},
        {"\xC3\xA9", "\xC3\xA9"},
        {"\xFF", "\xEF\xBF\xBD"},
        {" ", " "},
        {"~", "~"},
        {"!", "!"},
    };
    char text[80], expected[128], before[64] = "";
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        for (size_t len = 0; len < 50; len++)
            for (size_t at = 0; at <= len; at++) {
                memset(before, 'a', len);
                snprintf(text, sizeof text, "%.*s%s%.*s", (int)at, before, specials[i].text,
                         (int)(len - at), before);
                snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"\n", (int)at, before,
                         specials[i].escaped, (int)(len - at), before);
                struct out *out = out_new();
                json_string(&out->writer, text);
                check_out(out, expected);
            }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the header's example", test_header_example},
        {"lines and inline", test_layouts},
        {"empty containers", test_empty},
        {"every scalar", test_scalars},
        {"a document of one scalar", test_one_scalar},
        {"escapes", test_escapes},
        {"escapes in every place", test_every_place},
        {"what is written is read back", test_round_trip},
        {"more than one block", test_long_output},
        {"a sink that fails", test_failing_sink},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/json_write", tests);
}
