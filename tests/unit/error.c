#include "rollcall/error.h"
#include "../check.h"
#include "rollcall/text.h"

static void test_class_names(void)
{
    CHECK_STR(error_class_name(ERR_NONE), "none");
    CHECK_STR(error_class_name(ERR_NOT_JSON), "not_json");
    CHECK_STR(error_class_name(ERR_INTERNAL), "internal");
    for (int class = 0; class < ERR_CLASS_COUNT; class ++)
        CU_ASSERT_PTR_NOT_NULL(error_class_name((enum error_class) class));
    CHECK_STR(error_class_name(ERR_CLASS_COUNT), "internal");
}

static void test_set(void)
{
    struct error error = {.class = ERR_DNS, .http_status = 500, .text = "old and longer"};
    CU_ASSERT_FALSE(error_set(&error, ERR_HTTP, "status %d from %s", 418, "a\nb\x1b[31m\xff"));
    CU_ASSERT_EQUAL(error.class, ERR_HTTP);
    CU_ASSERT_EQUAL(error.http_status, 0);
    CHECK_STR(error.text, "status 418 from a\\nb\\x1B[31m\\xFF");
    CU_ASSERT_FALSE(error_set(NULL, ERR_HTTP, "nobody %s", "listens"));
    CU_ASSERT_FALSE(error_set(&error, ERR_HTTP, "%s", ""));
    CHECK_STR(error.text, "");
}

/* Whatever the offset, the text ends with a whole character or a whole escape. */
static void test_set_cut(void)
{
    struct error error;
    for (int pad = 0; pad < 8; pad++) {
        char raw[2000];
        memset(raw, 'x', (size_t)pad);
        raw[pad] = '\0';
        while (strlen(raw) < 1900)
            strcat(raw, "\xE2\x82\xAC");
        error_set(&error, ERR_TLS, "%s", raw);
        size_t len = strlen(error.text);
        CU_ASSERT(len < sizeof error.text && len > sizeof error.text - 4);
        CU_ASSERT(text_is_utf8(error.text, len));
        CU_ASSERT_EQUAL(memcmp(error.text, raw, len), 0);

        memset(raw + pad, '\x01', 1000);
        raw[pad + 1000] = '\0';
        error_set(&error, ERR_TLS, "%s", raw);
        len = strlen(error.text);
        CU_ASSERT(len > sizeof error.text - 5);
        CU_ASSERT(strcmp(error.text + len - 4, "\\x01") == 0);
    }
}

static void test_set_from_itself(void)
{
    struct error error = {0};
    error_set(&error, ERR_DNS, "inner");
    error_set(&error, ERR_CONNECT, "outer: %s", error.text);
    CHECK_STR(error.text, "outer: inner");
}

static void test_prefix(void)
{
    struct error error = {0};
    error_set(&error, ERR_AUTH, "refused\\x01");
    error.http_status = 403;
    CU_ASSERT_FALSE(error_prefix(&error, "project %s", "a\tb"));
    CHECK_STR(error.text, "project a\\tb: refused\\x01");
    CU_ASSERT_EQUAL(error.class, ERR_AUTH);
    CU_ASSERT_EQUAL(error.http_status, 403);
    CU_ASSERT_FALSE(error_prefix(NULL, "nobody"));
}

static void test_prefix_long(void)
{
    char word[1000];
    memset(word, 'c', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    struct error error = {0};
    error_set(&error, ERR_AUTH, "the cause");
    error_prefix(&error, "%s", word);
    size_t len = strlen(error.text);
    CU_ASSERT_EQUAL(len, sizeof error.text - 1);
    CHECK_STR(error.text + len - 11, ": the cause");

    error_set(&error, ERR_AUTH, "%s", word);
    error_prefix(&error, "%s", "the context");
    CU_ASSERT_EQUAL(strlen(error.text), sizeof error.text - 1);
    CU_ASSERT_EQUAL(strncmp(error.text, "the context: cccc", 17), 0);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"class names", test_class_names},
        {"the text is printable", test_set},
        {"a long text is cut at a character", test_set_cut},
        {"a text from its own text", test_set_from_itself},
        {"context in front", test_prefix},
        {"long context, long text", test_prefix_long},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/error", tests);
}
