#include "rollcall/json_read.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/buf.h"
#include "rollcall/mem.h"

enum { DOC, LIST, ITEM, NAME, TAGS, TAG, DEEP, QUOTED };

static const struct json_path rows[] = {
    {"", DOC},
    {"data", LIST},
    {"data[]", ITEM},
    {"data[].name", NAME},
    {"data[].tags", TAGS},
    {"data[].tags[]", TAG},
    {"data[].spec.a.b", DEEP},
    {"data[].\"a.b/c[]\".x", QUOTED},
};

/* What a reader did with a document, as text: "name='x' list[ ... bad_json: why". */
struct run {
    struct buf log;
    int calls_left; /* the handler refuses the call after these; -1: never */
};

static void append_visible(struct buf *log, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0')
            buf_append_str(log, "<NUL>");
        else
            buf_append_char(log, text.data[i]);
    }
}

static bool record(void *arg, int id, enum json_event event, const struct json_value *value,
                   struct error *error)
{
    static const char *const names[] = {"doc",  "list", "item", "name",
                                        "tags", "tag",  "deep", "quoted"};
    static const char *const signs[] = {
        [JSON_NULL] = "=null",   [JSON_FALSE] = "=false",  [JSON_TRUE] = "=true",
        [JSON_NUMBER] = "=",     [JSON_STRING] = "='",     [JSON_OBJECT_BEGIN] = "{",
        [JSON_OBJECT_END] = "}", [JSON_ARRAY_BEGIN] = "[", [JSON_ARRAY_END] = "]",
    };
    struct run *run = arg;
    if (run->calls_left == 0)
        return error_set(error, ERR_BAD_SHAPE, "the handler's own");
    if (run->calls_left > 0)
        run->calls_left--;
    buf_printf(&run->log, "%s%s", names[id], signs[event]);
    if (value->text.len > 100)
        buf_printf(&run->log, "%zu bytes", value->text.len);
    else
        append_visible(&run->log, value->text);
    if (event == JSON_STRING)
        buf_append_char(&run->log, '\'');
    if (value->repaired > 0)
        buf_printf(&run->log, "*%u", value->repaired);
    buf_append_char(&run->log, ' ');
    return true;
}

static void conclude(struct run *run, bool is_ok, const struct error *error)
{
    if (is_ok)
        buf_append_str(&run->log, "ok");
    else
        buf_printf(&run->log, "%s: %s", error_class_name(error->class), error->text);
}

/* Reads the document in two parts, cut at `cut`, each in chunks of `chunk` bytes. The chunks are
 * copies of their own size, so that a sanitizer sees a read beyond them. */
static char *read_cut(const char *doc, size_t len, size_t cut, size_t chunk, int calls)
{
    struct run run = {.calls_left = calls};
    buf_init(&run.log, 1 << 20);
    struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof *rows);
    struct json_reader *reader = json_reader_new(paths, record, &run);
    struct error error = {0};
    bool is_ok = true;
    size_t at = 0;
    while (is_ok && at < len) {
        size_t end = at < cut ? cut : len;
        size_t part = end - at < chunk ? end - at : chunk;
        char *copy = mem_copy(doc + at, part);
        is_ok = json_reader_feed(reader, copy, part, &error);
        free(copy);
        at += part;
    }
    is_ok = is_ok && json_reader_finish(reader, &error);
    conclude(&run, is_ok, &error);
    json_reader_free(reader);
    json_paths_free(paths);
    return buf_take(&run.log);
}

static char *read_whole(const char *doc, size_t len)
{
    return read_cut(doc, len, 0, len + 1, -1);
}

struct document {
    const char *text;
    size_t len;
    const char *log;
};

#define DOCUMENT(text, log)                                                                        \
    {                                                                                              \
        text, sizeof(text) - 1, log                                                                \
    }

static const struct document good[] = {
    DOCUMENT("{}", "doc{ doc} ok"),
    DOCUMENT(" [ ] ", "doc[ doc] ok"),
    DOCUMENT("null", "doc=null ok"),
    DOCUMENT("{\"data\":[{\"a.b/c[]\":{\"x\":1},\"a\":{\"b/c[]\":{\"x\":2}},\"\\\"a.b/c[]\\\"\":{"
             "\"x\":3}}]}",
             "doc{ list[ item{ quoted=1 item} list] doc} ok"),
    DOCUMENT("12", "doc=12 ok"),
    DOCUMENT("-0.50e+10 ", "doc=-0.50e+10 ok"),
    DOCUMENT("\"\"", "doc='' ok"),
    DOCUMENT("\"a\\\"\\\\\\/\\b\\n\\u00e9\"", "doc='a\"\\/\b\n\xC3\xA9' ok"),
    DOCUMENT("{\"data\":null}", "doc{ list=null doc} ok"),
    DOCUMENT("{\"data\":[{\"name\":\"x\",\"tags\":[\"a\",1,null,{},[]]}]}",
             "doc{ list[ item{ name='x' tags[ tag='a' tag=1 tag=null tag{ tag} tag[ tag] tags] "
             "item} list] doc} ok"),
    DOCUMENT("{\"skip\":{\"data\":[{\"name\":1}]},\"data\":[{\"no\":[{\"name\":2}],\"name\":3}]}",
             "doc{ list[ item{ name=3 item} list] doc} ok"),
    DOCUMENT("{\"data\":[{\"name\":{\"name\":1},\"name\":[[1]]}]}",
             "doc{ list[ item{ name{ name} name[ name] item} list] doc} ok"),
    DOCUMENT("{\"data\":{\"name\":1,\"[]\":2},\"\":3}", "doc{ list{ list} doc} ok"),
    DOCUMENT("[{\"name\":1}]", "doc[ doc] ok"),
    DOCUMENT("{\"data\":[{\"spec\":{\"a\":{\"b\":true,\"c\":1},\"b\":2}},{\"spec.a.b\":1}]}",
             "doc{ list[ item{ deep=true item} item{ item} list] doc} ok"),
    DOCUMENT("{\"d\\u0061ta\":[{\"name\":false}]}",
             "doc{ list[ item{ name=false item} list] doc} ok"),
    DOCUMENT("{\"data\":[{\"name\":\"a\\u0000b\"}]}",
             "doc{ list[ item{ name='a<NUL>b' item} list] doc} ok"),
    DOCUMENT("\xEF\xBB\xBF{\"data\":null}", "doc{ list=null doc} ok"),
    DOCUMENT("\xEF\xBB\xBF\"\xEF\xBB\xBF\"", "doc='\xEF\xBB\xBF' ok"),
};

static const struct document repaired[] = {
    DOCUMENT("\"\\ud83d\\ude00 \\uD83D\\uDE00\"", "doc='\xF0\x9F\x98\x80 \xF0\x9F\x98\x80' ok"),
    DOCUMENT("\"\\ud800\"", "doc='\xEF\xBF\xBD'*1 ok"),
    DOCUMENT("\"\\udfff\"", "doc='\xEF\xBF\xBD'*1 ok"),
    DOCUMENT("\"a\\uDBFFb\\uDC00c\"", "doc='a\xEF\xBF\xBD"
                                      "b\xEF\xBF\xBD"
                                      "c'*2 ok"),
    DOCUMENT("\"\\ud800\\ud800\\udc00\"", "doc='\xEF\xBF\xBD\xF0\x90\x80\x80'*1 ok"),
    DOCUMENT("\"\\udc00\\ud800\"", "doc='\xEF\xBF\xBD\xEF\xBF\xBD'*2 ok"),
    DOCUMENT("\"\\ud800\\u0041\\ud800\\n\"", "doc='\xEF\xBF\xBD"
                                             "A\xEF\xBF\xBD\n'*2 ok"),
    DOCUMENT("\"\\\\ud800 \\\\\\ud800\"", "doc='\\ud800 \\\xEF\xBF\xBD'*1 ok"),
    DOCUMENT("\"\\ud7ff\\ue000\"", "doc='\xED\x9F\xBF\xEE\x80\x80' ok"),
    DOCUMENT("\"\xFF\"", "doc='\xEF\xBF\xBD'*1 ok"),
    DOCUMENT("\"\xC0\xAF\"", "doc='\xEF\xBF\xBD\xEF\xBF\xBD'*2 ok"),
    DOCUMENT("\"\xE2\x82\\ud800\xE2\x82\xAC\"", "doc='\xEF\xBF\xBD\xEF\xBF\xBD\xE2\x82\xAC'*2 ok"),
    DOCUMENT("\"\xED\xA0\x80\"", "doc='\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD'*3 ok"),
    DOCUMENT("{\"\\ud800\":1,\"skip\":\"\\ud800\xFF\",\"data\":null}", "doc{ list=null doc} ok"),
};

static const struct document bad[] = {
    DOCUMENT("", "not_json: the answer is empty"),
    DOCUMENT(" \r\n\t", "not_json: the answer is empty"),
    DOCUMENT("\xEF\xBB\xBF", "not_json: the answer is empty"),
    DOCUMENT("\xEF\xBB", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("\xEF\xBB\xBF\xEF\xBB\xBF{}", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("<!doctype html><p>\"it's\"</p>", "not_json: an HTML page instead of JSON"),
    DOCUMENT("\xEF\xBB\xBF\n <html>", "not_json: an HTML page instead of JSON"),
    DOCUMENT("upstream failed", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("not found", "not_json: not JSON: invalid string in json text"),
    DOCUMENT("\0", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("\0<html>", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("{", "doc{ bad_json: the document ends early"),
    DOCUMENT("[1", "doc[ bad_json: the document ends early"),
    DOCUMENT("[1.", "doc[ bad_json: the document ends early"),
    DOCUMENT("[tru", "doc[ bad_json: the document ends early"),
    DOCUMENT("[\"a\\", "doc[ bad_json: the document ends early"),
    DOCUMENT("[\"\\u12", "doc[ bad_json: the document ends early"),
    DOCUMENT("[\"\\ud800", "doc[ bad_json: the document ends early"),
    DOCUMENT("[\"\\ud800\\", "doc[ bad_json: the document ends early"),
    DOCUMENT("[\"\\ud800\\u", "doc[ bad_json: the document ends early"),
    DOCUMENT("\"abc", "bad_json: the document ends early"),
    DOCUMENT("{\"data\":null}}", "doc{ list=null doc} bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("{} {}", "doc{ doc} bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("{} nul", "doc{ doc} bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("{} \"", "doc{ doc} bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("1 2", "doc=1 bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("{data:1}", "doc{ bad_json: not valid JSON: invalid char in json text"),
    DOCUMENT("{1:1}", "doc{ bad_json: not valid JSON: invalid object key (must be a string)"),
    DOCUMENT("{\"data\":null,}",
             "doc{ list=null bad_json: not valid JSON: invalid object key (must be a string)"),
    DOCUMENT("[1,]", "doc[ bad_json: not valid JSON: unallowed token at this point in JSON text"),
    DOCUMENT("[\"\n\"]", "doc[ bad_json: not valid JSON: invalid character inside string"),
    DOCUMENT("[\"\\x\"]", "doc[ bad_json: not valid JSON: inside a string, '\\' occurs before a "
                          "character which it may not"),
    DOCUMENT("[\"\\ud8zz\"]", "doc[ bad_json: not valid JSON: invalid (non-hex) character occurs "
                              "after '\\u' inside string"),
    DOCUMENT("\f", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("\v{}", "not_json: not JSON: invalid char in json text"),
    DOCUMENT("\xEF\xBB\xBF \f<html>", "not_json: an HTML page instead of JSON"),
    DOCUMENT("[\v1]", "doc[ bad_json: not valid JSON: invalid char in json text"),
    DOCUMENT("[1\f,2]", "doc[ bad_json: not valid JSON: invalid char in json text"),
    DOCUMENT("{\"data\":\fnull}", "doc{ bad_json: not valid JSON: invalid char in json text"),
    DOCUMENT("{\"data\":nu\vll}", "doc{ bad_json: not valid JSON: invalid string in json text"),
    DOCUMENT("[\"\v\"]", "doc[ bad_json: not valid JSON: invalid character inside string"),
    DOCUMENT("[\"\f\"]", "doc[ bad_json: not valid JSON: invalid character inside string"),
    DOCUMENT("{} \f", "doc{ doc} bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("1\v", "doc=1 bad_json: not valid JSON: trailing garbage"),
    DOCUMENT("[1 /* */]", "doc[ bad_json: not valid JSON: probable comment found in input text, "
                          "comments are not enabled"),
};

static void check_document(const struct document *doc)
{
    char *log = read_whole(doc->text, doc->len);
    CHECK_STR(log, doc->log);
    for (size_t chunk = 1; chunk <= 7; chunk += 3) {
        char *other = read_cut(doc->text, doc->len, 0, chunk, -1);
        CHECK_STR(other, doc->log);
        free(other);
    }
    for (size_t cut = 1; cut < doc->len; cut++) {
        char *other = read_cut(doc->text, doc->len, cut, doc->len, -1);
        CHECK_STR(other, doc->log);
        free(other);
    }
    free(log);
}

/* White space in front moves the document over the places where the reader hands pieces to the
 * parser, so that one is cut at each of its bytes. */
static void check_moved(const struct document *doc)
{
    if (doc->len >= 3 && memcmp(doc->text, "\xEF\xBB\xBF", 3) == 0)
        return;
    for (size_t pad = 0; pad <= 64; pad++) {
        struct buf moved;
        buf_init(&moved, 1024);
        for (size_t i = 0; i < pad; i++)
            buf_append_char(&moved, ' ');
        buf_append(&moved, doc->text, doc->len);
        char *log = read_whole(moved.data == NULL ? "" : moved.data, moved.len);
        CHECK_STR(log, doc->log);
        free(log);
        buf_free(&moved);
    }
}

#define FOR_EACH(table, check)                                                                     \
    for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)                                   \
    check(&(table)[i])

static void test_good(void)
{
    FOR_EACH(good, check_document);
}

static void test_repaired(void)
{
    FOR_EACH(repaired, check_document);
}

static void test_bad(void)
{
    FOR_EACH(bad, check_document);
}

static void test_moved(void)
{
    FOR_EACH(good, check_moved);
    FOR_EACH(repaired, check_moved);
    FOR_EACH(bad, check_moved);
}

static void check_truncated(const struct document *doc)
{
    for (size_t len = 0; len < doc->len; len++) {
        char *whole = read_whole(doc->text, len);
        char *bytes = read_cut(doc->text, len, 0, 1, -1);
        CHECK_STR(bytes, whole);
        /* A number or white space may end anywhere. */
        bool is_named = strstr(whole, "bad_json: the document ends early") != NULL ||
                        strstr(whole, "not_json: ") != NULL;
        bool is_whole = strstr(whole, "ok") != NULL && strchr("]}\"", doc->text[0]) == NULL;
        CU_ASSERT(is_named || is_whole);
        if (!is_named && !is_whole)
            fprintf(stderr, "    %s cut at %zu: %s\n", doc->text, len, whole);
        free(whole);
        free(bytes);
    }
}

static void test_truncated(void)
{
    FOR_EACH(good, check_truncated);
    FOR_EACH(repaired, check_truncated);
}

static void test_html_is_told_early(void)
{
    struct run run = {.calls_left = -1};
    struct json_paths *paths = json_paths_new(rows, 1);
    struct json_reader *reader = json_reader_new(paths, record, &run);
    struct error error = {0};
    const char page[] = "<!doctype html><html><head><title>Sign in</title></head><body></body>";
    CU_ASSERT_FALSE(json_reader_feed(reader, page, sizeof page - 1, &error));
    CU_ASSERT_EQUAL(error.class, ERR_NOT_JSON);
    json_reader_free(reader);
    json_paths_free(paths);
}

static void test_handler_refuses(void)
{
    const char doc[] = "{\"data\":[{\"name\":\"x\"}]} garbage";
    static const char *const logs[] = {
        "bad_shape: the handler's own",
        "doc{ bad_shape: the handler's own",
        "doc{ list[ bad_shape: the handler's own",
        "doc{ list[ item{ bad_shape: the handler's own",
        "doc{ list[ item{ name='x' bad_shape: the handler's own",
        "doc{ list[ item{ name='x' item} bad_shape: the handler's own",
        "doc{ list[ item{ name='x' item} list] bad_shape: the handler's own",
    };
    for (size_t calls = 0; calls < sizeof logs / sizeof *logs; calls++) {
        for (size_t chunk = 1; chunk <= sizeof doc; chunk += sizeof doc - 1) {
            char *log = read_cut(doc, sizeof doc - 1, 0, chunk, (int)calls);
            CHECK_STR(log, logs[calls]);
            free(log);
        }
    }
}

static void test_failures_stay(void)
{
    struct run run = {.calls_left = -1};
    buf_init(&run.log, 1024);
    struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof *rows);
    struct json_reader *reader = json_reader_new(paths, record, &run);
    struct error error = {0}, again = {0};
    CU_ASSERT(json_reader_feed(reader, "[1,]", 4, &error));
    CU_ASSERT_FALSE(json_reader_finish(reader, &error));
    CU_ASSERT_FALSE(json_reader_feed(reader, "[]", 2, &again));
    CHECK_STR(again.text, error.text);
    CU_ASSERT_EQUAL(again.class, ERR_BAD_JSON);
    again = (struct error){0};
    CU_ASSERT_FALSE(json_reader_finish(reader, &again));
    CHECK_STR(again.text, error.text);
    CU_ASSERT_FALSE(json_reader_finish(reader, NULL));
    json_reader_free(reader);
    json_paths_free(paths);
    buf_free(&run.log);
    json_reader_free(NULL);
    json_paths_free(NULL);
}

/* `front`, then `unit` repeated until the token has `size` bytes, then `back`. */
static void check_size(const char *front, const char *unit, size_t size, const char *back,
                       const char *expected)
{
    struct buf doc;
    buf_init(&doc, (size_t)8 << 20);
    buf_append_str(&doc, front);
    size_t unit_len = strlen(unit);
    for (size_t done = 0; done < size; done += unit_len)
        buf_append(&doc, unit, size - done < unit_len ? size - done : unit_len);
    buf_append_str(&doc, back);
    static const size_t chunks[] = {1, 7, 4096, (size_t)8 << 20};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        char *log = read_cut(doc.data, doc.len, 0, chunks[i], -1);
        CHECK_STR(log, expected);
        free(log);
    }
    buf_free(&doc);
}

#define MIB       ((size_t)1 << 20)
#define TOO_LARGE "too_large: a single string or number is over 1 MiB"

static void test_token_limit(void)
{
    check_size("\"", "x", MIB, "\"", "doc='1048576 bytes' ok");
    check_size("\"", "x", MIB + 1, "\"", TOO_LARGE);
    check_size("\"", "x", MIB + 1, "", TOO_LARGE);
    check_size("[ \"", "x", MIB, "\"]", "doc[ doc] ok");
    check_size("[ \"", "x", MIB + 1, "\"]", "doc[ " TOO_LARGE);
    check_size("{\"", "k", MIB, "\":1}", "doc{ doc} ok");
    check_size("{\"", "k", MIB + 1, "\":1}", "doc{ " TOO_LARGE);
    check_size("", "1", MIB, "", "doc=1048576 bytes ok");
    check_size("", "1", MIB + 1, "", TOO_LARGE);
    check_size("{\"data\":", "1", MIB, "}", "doc{ list=1048576 bytes doc} ok");
    check_size("{\"data\":", "1", MIB + 1, "}", "doc{ " TOO_LARGE);
}

static void test_token_limit_is_of_the_text(void)
{
    /* 16 + 6 x 174,760 bytes are exactly one MiB. */
    check_size("\"0123456789abcdef", "\\ud800", MIB - 16, "\"", "doc='524296 bytes'*174760 ok");
    check_size("\"0123456789abcdefg", "\\ud800", MIB - 16, "\"", TOO_LARGE);
    check_size("\"", "\\\"", MIB, "\"", "doc='524288 bytes' ok");
    check_size("\"x", "\\\"", MIB, "\"", TOO_LARGE);
    check_size("\"", "\xFF", MIB, "\"", "doc='3145728 bytes'*1048576 ok");
}

static void test_what_is_no_token(void)
{
    check_size("[", " \n\t\r", 3 * MIB, "]", "doc[ doc] ok");
    check_size("[1", " , 1", 3 * MIB, "]", "doc[ doc] ok");
    check_size("[1", ",\"\"", 3 * MIB, "]", "doc[ doc] ok");
    /* The syntax error comes first in the document. */
    check_size("[} \"", "x", 2 * MIB, "\"",
               "doc[ bad_json: not valid JSON: unallowed token at this point in JSON text");
}

/* A token that never ends is told when it is too large, not at the end that never comes. */
static void test_endless_token(void)
{
    static const char *const begins[] = {"\"", "", "{\"data\":[{\"name\":\"", "{\""};
    char chunk[4096];
    memset(chunk, '1', sizeof chunk);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        struct run run = {.calls_left = -1};
        struct json_paths *paths = json_paths_new(rows, sizeof rows / sizeof *rows);
        struct json_reader *reader = json_reader_new(paths, record, &run);
        struct error error = {0};
        size_t fed = 0;
        buf_init(&run.log, 4096);
        bool is_ok = json_reader_feed(reader, begins[i], strlen(begins[i]), &error);
        for (; is_ok && fed < 2 * MIB; fed += sizeof chunk)
            is_ok = json_reader_feed(reader, chunk, sizeof chunk, &error);
        CU_ASSERT_FALSE(is_ok);
        CU_ASSERT_EQUAL(error.class, ERR_TOO_LARGE);
        CU_ASSERT(fed >= MIB && fed < 2 * MIB);
        json_reader_free(reader);
        json_paths_free(paths);
        buf_free(&run.log);
    }
}

/* U+FEFF in a text is a character of it, also where a piece happens to begin with it. */
static void test_mark_within_text(void)
{
    for (size_t at = 1; at < 200; at++) {
        struct buf doc;
        buf_init(&doc, 4096);
        buf_append_char(&doc, '"');
        for (size_t i = 1; i < at; i++)
            buf_append_char(&doc, 'x');
        buf_append_str(&doc, "\xEF\xBB\xBF\xEF\xBB\xBF");
        for (size_t i = 0; i < 200; i++)
            buf_append_char(&doc, 'y');
        buf_append_char(&doc, '"');
        char expected[40];
        snprintf(expected, sizeof expected, "doc='%zu bytes' ok", at - 1 + 6 + 200);
        char *log = read_whole(doc.data, doc.len);
        CHECK_STR(log, expected);
        free(log);
        buf_free(&doc);
    }
}

static void check_depth(size_t depth, char open, const char *expected)
{
    struct buf doc;
    buf_init(&doc, 4096);
    for (size_t i = 0; i < depth; i++)
        buf_append_str(&doc, open == '[' ? "[" : "{\"k\":");
    buf_append_str(&doc, "1");
    for (size_t i = 0; i < depth; i++)
        buf_append_char(&doc, open == '[' ? ']' : '}');
    for (size_t chunk = 1; chunk <= doc.len; chunk += doc.len - 1) {
        char *log = read_cut(doc.data, doc.len, 0, chunk, -1);
        CHECK_STR(log, expected);
        free(log);
    }
    buf_free(&doc);
}

static void test_depth(void)
{
    check_depth(64, '[', "doc[ doc] ok");
    check_depth(65, '[', "doc[ bad_json: nested deeper than 64 levels");
    check_depth(64, '{', "doc{ doc} ok");
    check_depth(65, '{', "doc{ bad_json: nested deeper than 64 levels");
    check_depth(500, '{', "doc{ bad_json: nested deeper than 64 levels");
}

/* Many pieces, with tokens and escapes across all of their ends. */
static void test_long_document(void)
{
    struct buf doc, expected;
    buf_init(&doc, 4 * MIB);
    buf_init(&expected, 4 * MIB);
    buf_append_str(&doc, "{\"data\":[");
    buf_append_str(&expected, "doc{ list[ ");
    for (int i = 0; i < 4000; i++) {
        buf_printf(&doc, "%s{\"skip\":[%d.5e3],\"name\":\"n%d\\ud83d\\ude00\\udc00\\\\\"}",
                   i == 0 ? "" : ", ", i, i);
        buf_printf(&expected, "item{ name='n%d\xF0\x9F\x98\x80\xEF\xBF\xBD\\'*1 item} ", i);
    }
    buf_append_str(&doc, "]}");
    buf_append_str(&expected, "list] doc} ok");
    for (size_t chunk = 1; chunk < 100000; chunk = chunk * 7 + 4) {
        char *log = read_cut(doc.data, doc.len, 0, chunk, -1);
        CU_ASSERT(strcmp(log, expected.data) == 0);
        free(log);
    }
    buf_free(&doc);
    buf_free(&expected);
}

/* Strings longer than a piece, one byte of them bad: what comes before it, and what comes behind,
 * may be plain for whole pieces. */
static void test_bad_byte_anywhere(void)
{
    enum { NAME_BYTES = 40000, STEP = 997 };
    char name[NAME_BYTES + 1];
    for (size_t at = 0; at < NAME_BYTES; at += STEP) {
        memset(name, 'n', NAME_BYTES);
        name[NAME_BYTES] = '\0';
        name[at] = '\xFF';
        struct buf doc;
        buf_init(&doc, MIB);
        buf_printf(&doc, "{\"data\":[{\"name\":\"first\"},{\"name\":\"%s\"},{\"name\":\"last\"}]}",
                   name);
        for (size_t chunk = 5000; chunk <= MIB; chunk += MIB - 5000) {
            char *log = read_cut(doc.data, doc.len, 0, chunk, -1);
            CHECK_STR(log, "doc{ list[ item{ name='first' item} item{ name='40002 bytes'*1 item} "
                           "item{ name='last' item} list] doc} ok");
            free(log);
        }
        buf_free(&doc);
    }
}

/* White space that is none, between tokens that are plain for whole pieces. */
static void test_bad_blank_anywhere(void)
{
    enum { ELEMENTS = 6000, STEP = 499 };
    for (size_t at = 0; at < ELEMENTS; at += STEP) {
        struct buf doc;
        buf_init(&doc, MIB);
        buf_append_char(&doc, '[');
        for (size_t i = 0; i < ELEMENTS; i++)
            buf_printf(&doc, "%s{\"skip\":%zu%c}", i == 0 ? "" : ", ", i,
                       i != at       ? ' '
                       : at % 2 == 0 ? '\v'
                                     : '\f');
        buf_append_char(&doc, ']');
        for (size_t chunk = 5000; chunk <= MIB; chunk += MIB - 5000) {
            char *log = read_cut(doc.data, doc.len, 0, chunk, -1);
            CHECK_STR(log, "doc[ bad_json: not valid JSON: invalid char in json text");
            free(log);
        }
        buf_free(&doc);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"documents that are well", test_good},
        {"text that is repaired", test_repaired},
        {"documents that are not JSON", test_bad},
        {"pieces that end at every byte", test_moved},
        {"documents cut at every offset", test_truncated},
        {"a page is told before it ends", test_html_is_told_early},
        {"a handler that refuses", test_handler_refuses},
        {"a failure stays", test_failures_stay},
        {"the size of a token", test_token_limit},
        {"the size is that of the document's text", test_token_limit_is_of_the_text},
        {"what is no token has no limit", test_what_is_no_token},
        {"a token without end", test_endless_token},
        {"a byte-order mark within a text", test_mark_within_text},
        {"nesting", test_depth},
        {"a long document", test_long_document},
        {"a bad byte in a plain text", test_bad_byte_anywhere},
        {"a bad blank in a plain text", test_bad_blank_anywhere},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/json_read", tests);
}
