#include "rollcall/hide.h"

#include "../check.h"

static void check(const char *secret, const char *text, const char *expected)
{
    struct buf buf;
    buf_init(&buf, 4096);
    buf_append_str(&buf, text);
    hide(&buf, str_of(secret));
    CHECK_STR(buf.data, expected);
    buf_free(&buf);
}

static void test_plain(void)
{
    check("s3cret", "s3cret", "[hidden]");
    check("s3cret", "a s3cret, s3crets3cret!", "a [hidden], [hidden][hidden]!");
    check("s3cret", "s3cre s3cre7 S3CRET", "s3cre s3cre7 S3CRET");
    check("x", "axb", "a[hidden]b");
    check("aab", "aaab", "a[hidden]");
    check(NULL, "text", "text");
    check("", "text", "text");
}

/* As some JSON writer or other escapes it. */
static void test_json(void)
{
    static const char secret[] = "a\"b\\c/d\n\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80";
    check(secret, "<a\\\"b\\\\c/d\\n\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80>", "<[hidden]>");
    check(secret, "<a\\\"b\\\\c\\/d\\n\\u00fc\\u20AC\\ud83d\\ude00>", "<[hidden]>");
    check(secret, "<\\u0061\\u0022b\\u005cc\\u002fd\\u000a\\u00fc\\u20ac\\uD83D\\uDE00>",
          "<[hidden]>");
    check("abc", "\\u0061bx \\ud83d \\udead \\u00", "\\u0061bx \\ud83d \\udead \\u00");
}

static void test_percent(void)
{
    check("s3\"cr et/", "x=s3%22cr%20et%2F&y", "x=[hidden]&y");
    check("s3\"cr et/", "x=s3%22cr+et%2f&y", "x=[hidden]&y");
    check("a+b%", "a%2Bb%25 a+b%", "[hidden] [hidden]");
    check("abcdef", "%zz %6 abcde%", "%zz %6 abcde%");
}

/* What the end cuts off is hidden if enough of it is there. */
static void test_cut(void)
{
    check("0123456789", "at 012345", "at [hidden]");
    check("0123456789", "at 01234", "at 01234");
    check("012345\"789", "at 012345\\", "at [hidden]");
    check("012345 789", "at 012345%2", "at [hidden]");
    check("012345\xf0\x9f\x98\x80", "at 012345\\ud83d", "at [hidden]");
    check("012345\xf0\x9f\x98\x80", "at 012345\\ud83d\\ude0", "at [hidden]");
}

/* A ceiling that the marks do not fit below leaves the rest out, never a piece of the secret. */
static void test_ceiling(void)
{
    struct buf buf;
    buf_init(&buf, 12);
    buf_append_str(&buf, "x s3cret");
    hide(&buf, str_of("s3cret"));
    CHECK_STR(buf.data, "x [hidden]");
    buf_clear(&buf);
    buf_append_str(&buf, "x s3cret yz");
    hide(&buf, str_of("s3cret"));
    CHECK_STR(buf.data, "x [hidden] y");
    buf_free(&buf);
    hide(&buf, str_of("s3cret"));
    CU_ASSERT_EQUAL(buf.len, 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"as it is", test_plain},
                                 {"in JSON", test_json},
                                 {"in forms and URLs", test_percent},
                                 {"cut off at the end", test_cut},
                                 {"below a ceiling", test_ceiling},
                                 CU_TEST_INFO_NULL};
    return check_run("unit/hide", tests);
}
