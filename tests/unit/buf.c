#include <stdint.h>
#include <stdlib.h>

#include "../check.h"
#include "rollcall/buf.h"

static void test_append(void)
{
    struct buf buf;
    buf_init(&buf, 1000);
    CU_ASSERT_PTR_NULL(buf.data);
    CU_ASSERT_TRUE(buf_append(&buf, "a\0b", 3));
    CU_ASSERT_TRUE(buf_append_str(&buf, "cd"));
    CU_ASSERT_TRUE(buf_append_char(&buf, 'e'));
    CU_ASSERT_TRUE(buf_append(&buf, NULL, 0));
    CU_ASSERT_TRUE(buf_printf(&buf, "%d-%s", 42, "x"));
    CU_ASSERT_EQUAL(buf.len, 10);
    CU_ASSERT_EQUAL(memcmp(buf.data, "a\0bcde42-x", 11), 0);
    buf_free(&buf);
    CU_ASSERT_PTR_NULL(buf.data);
    CU_ASSERT_EQUAL(buf.max, 1000);
}

static void test_grow(void)
{
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    for (int i = 0; i < 10000; i++)
        CU_ASSERT_TRUE_FATAL(buf_append_char(&buf, (char)('a' + i % 26)));
    CU_ASSERT_EQUAL(buf.len, 10000);
    for (size_t i = 0; i < buf.len; i++)
        CU_ASSERT_EQUAL_FATAL(buf.data[i], (char)('a' + i % 26));
    CU_ASSERT_EQUAL(buf.data[buf.len], '\0');
    buf_free(&buf);
}

static void test_ceiling(void)
{
    struct buf buf;
    buf_init(&buf, 5);
    CU_ASSERT_TRUE(buf_append(&buf, "abc", 3));
    CU_ASSERT_FALSE(buf_append(&buf, "def", 3));
    CU_ASSERT_TRUE(buf.is_over);
    CHECK_STR(buf.data, "abc");
    CU_ASSERT_FALSE(buf_append(&buf, "d", 1));
    CU_ASSERT_FALSE(buf_printf(&buf, "%s", ""));
    CHECK_STR(buf.data, "abc");

    buf_clear(&buf);
    CU_ASSERT_FALSE(buf.is_over);
    CHECK_STR(buf.data, "");
    CU_ASSERT_TRUE(buf_printf(&buf, "%s", "12345"));
    CU_ASSERT_FALSE(buf.is_over);
    CU_ASSERT_FALSE(buf_printf(&buf, "%s", "6"));
    CU_ASSERT_TRUE(buf.is_over);
    CHECK_STR(buf.data, "12345");
    CU_ASSERT(buf.cap <= 6);
    buf_free(&buf);
    CU_ASSERT_FALSE(buf.is_over);
    CU_ASSERT_TRUE(buf_append_str(&buf, "again"));
    buf_free(&buf);
}

static void test_nothing_allowed(void)
{
    struct buf buf = {0};
    CU_ASSERT_TRUE(buf_append(&buf, "", 0));
    CU_ASSERT_FALSE(buf_append_char(&buf, 'x'));
    buf_free(&buf);
    struct buf zeroed = {0};
    buf_free(&zeroed);
    buf_wipe(&zeroed);
}

static void test_reserve(void)
{
    struct buf buf;
    buf_init(&buf, 4096);
    CU_ASSERT_FALSE(buf_reserve(&buf, 4097));
    CU_ASSERT_TRUE(buf_reserve(&buf, 4096));
    CHECK_STR(buf.data, "");
    const char *memory = buf.data;
    for (int i = 0; i < 4096; i++)
        buf_append_char(&buf, 's');
    CU_ASSERT_PTR_EQUAL(buf.data, memory);
    CU_ASSERT_EQUAL(buf.len, 4096);
    buf_wipe(&buf);
    CU_ASSERT_PTR_NULL(buf.data);
    CU_ASSERT_EQUAL(buf.len, 0);
}

static void test_take(void)
{
    struct buf buf;
    buf_init(&buf, 3);
    char *taken = buf_take(&buf);
    CHECK_STR(taken, "");
    free(taken);
    buf_append_str(&buf, "abc");
    buf_append_str(&buf, "d");
    taken = buf_take(&buf);
    CHECK_STR(taken, "abc");
    free(taken);
    CU_ASSERT_EQUAL(buf.len, 0);
    CU_ASSERT_PTR_NULL(buf.data);
    CU_ASSERT_TRUE(buf_append_str(&buf, "new"));
    buf_free(&buf);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"appending", test_append},
        {"growing", test_grow},
        {"the ceiling", test_ceiling},
        {"a zeroed buffer takes nothing", test_nothing_allowed},
        {"reserved memory stays where it is", test_reserve},
        {"taking the memory", test_take},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/buf", tests);
}
