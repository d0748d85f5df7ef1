#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../check.h"
#include "rollcall/log.h"
#include "rollcall/text.h"

/* A socket that keeps the borders between writes, so that each message must be one. */
static int ends[2];

static struct log open_log(void)
{
    struct log log;
    log_init(&log);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        perror("socketpair");
        _exit(2);
    }
    log.fd = ends[1];
    return log;
}

static void close_log(void)
{
    close(ends[0]);
    close(ends[1]);
}

/* What the next write held; "" when there was none. */
static const char *next_message(char text[10000])
{
    ssize_t len = recv(ends[0], text, 9999, MSG_DONTWAIT);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void test_defaults(void)
{
    struct log log;
    log_init(&log);
    CU_ASSERT_EQUAL(log.level, LOG_WARNING);
    CU_ASSERT_EQUAL(log.fd, STDERR_FILENO);
    CU_ASSERT_FALSE(log.is_json);
    CU_ASSERT_FALSE(log.has_color);
    CU_ASSERT_PTR_NULL((void *)log.before_arg);
}

static void test_text(void)
{
    struct log log = open_log();
    char text[10000];
    log.level = LOG_DEBUG;
    log_error(&log, "cluster %s: %d", "eu\n1", 5);
    CHECK_STR(next_message(text), "rollcall: error: cluster eu\\n1: 5\n");
    log_warning(&log, "\x1b[2J%s", "\xff");
    CHECK_STR(next_message(text), "rollcall: warning: \\x1B[2J\\xFF\n");
    log_info(&log, "plain \\ \"text\"");
    CHECK_STR(next_message(text), "rollcall: info: plain \\ \"text\"\n");
    log_debug(&log, "%s", "");
    CHECK_STR(next_message(text), "rollcall: debug: \n");
    CHECK_STR(next_message(text), "");
    close_log();
}

static void test_color(void)
{
    struct log log = open_log();
    char text[10000];
    log.has_color = true;
    log_error(&log, "x");
    CHECK_STR(next_message(text), "rollcall: \033[1;31merror:\033[0m x\n");
    close_log();
}

static void count_call(void *arg)
{
    char text[10000];
    int *calls = arg;
    *calls += *next_message(text) == '\0' ? 1 : 100; /* before the message, not after it */
}

static void test_levels(void)
{
    const enum log_level levels[] = {LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE};
    for (int i = 0; i < 5; i++) {
        struct log log = open_log();
        char text[10000];
        int calls = 0, printed = 0;
        log.level = levels[i];
        log_error(&log, "x");
        log_warning(&log, "x");
        log_info(&log, "x");
        log_debug(&log, "x");
        while (*next_message(text) != '\0')
            printed++;
        CU_ASSERT_EQUAL(printed, i < 3 ? i + 1 : 4);
        log_notice(&log, "x");
        CHECK_STR(next_message(text), "rollcall: notice: x\n");
        log.before = count_call;
        log.before_arg = &calls;
        log_debug(&log, "x");
        CU_ASSERT_EQUAL(calls, i >= 3 ? 1 : 0);
        close_log();
    }
}

static void test_json(void)
{
    struct log log = open_log();
    char text[10000];
    int64_t when;
    log.is_json = true;
    log.has_color = true; /* does not apply */
    log_warning(&log, "a \"quoted\" \\ and\n\x01%s", "\xC3\xA9");
    const char *message = next_message(text);
    CU_ASSERT_EQUAL(strncmp(message, "{\"time\":\"", 9), 0);
    CU_ASSERT_TRUE(text_parse_time(message + 9, 20, &when));
    CU_ASSERT_FATAL(strlen(message) > 29);
    CHECK_STR(message + 29, "\",\"level\":\"warning\",\"message\":"
                            "\"a \\\"quoted\\\" \\\\ and\\\\n\\\\x01\xC3\xA9\"}\n");
    close_log();
}

static void test_long(void)
{
    struct log log = open_log();
    char text[10000], word[20000] = {0};
    for (size_t i = 0; i + 3 <= sizeof word; i += 3)
        memcpy(word + i, "\xE2\x82\xAC", 3);
    word[sizeof word - 2] = '\0';
    errno = EDOM;
    log_error(&log, "%s", word);
    CU_ASSERT_EQUAL(errno, EDOM);
    size_t len = strlen(next_message(text));
    CU_ASSERT(len > 3000 && len <= PIPE_BUF);
    CU_ASSERT_TRUE(text_is_utf8(text, len));
    CU_ASSERT_EQUAL(text[len - 1], '\n');

    log.is_json = true;
    memset(word, '"', sizeof word - 1);
    log_error(&log, "%s", word);
    len = strlen(next_message(text));
    CU_ASSERT_FATAL(len > 3000);
    CHECK_STR(text + len - 5, "\\\"\"}\n");
    close_log();
}

static void test_closed(void)
{
    struct log log;
    log_init(&log);
    log.fd = -1;
    log_error(&log, "nobody reads this");
    CU_PASS("it came back");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"defaults", test_defaults},
        {"text", test_text},
        {"colour", test_color},
        {"levels", test_levels},
        {"JSON", test_json},
        {"a long message", test_long},
        {"a closed descriptor", test_closed},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/log", tests);
}
