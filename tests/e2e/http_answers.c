/* What comes of answers: those that ask for a pause, those that break the rules of HTTP, and those
 * that are only unusual. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire_scene.h"

/* A pause is never shorter than asked, in either form. */
static void test_retry_after(void)
{
    struct scene scene;
    char dated[256], date[64];
    struct tm tm;
    scene_open(&scene, 3);
    time_t until = time(NULL) + 3;
    if (gmtime_r(&until, &tm) == NULL ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        e2e_die("no date");
    snprintf(dated, sizeof dated,
             "HTTP/1.1 503 Service Unavailable\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
             date);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    wire_answer(scene.wire, 1,
                (struct wire_answer){.times = 1,
                                     .bytes = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\n"
                                              "Content-Length: 0\r\n\r\n"});
    wire_answer(scene.wire, 1, (struct wire_answer){.bytes = NO_JOBS});
    wire_answer(scene.wire, 2, (struct wire_answer){.times = 1, .bytes = dated});
    wire_answer(scene.wire, 2, (struct wire_answer){.bytes = NO_JOBS});
    scene_add(&scene, 1, "retries = 1;");
    scene_add(&scene, 2, "retries = 1;");
    scene_collect(&scene, 0);
    for (size_t site = 1; site <= 2; site++) {
        CU_ASSERT_EQUAL_FATAL(wire_count(scene.wire, site), 2);
        CHECK_STR(scene_field(&scene, site, "requests"), "2");
        CHECK_STR(scene_field(&scene, site, "retries"), "1");
    }
    CU_ASSERT(wire_get(scene.wire, 1, 1)->mono_ms - wire_get(scene.wire, 1, 0)->mono_ms >= 2000);
    /* Both sides cut off fractions of a millisecond. */
    CU_ASSERT(wire_get(scene.wire, 2, 1)->real_ms >= (int64_t)until * 1000 - 1);
    scene_close(&scene);
}

/* A pause that goes past the deadline is not begun, and the server's answer is the reason. */
static void test_retry_after_too_late(void)
{
    static const struct {
        const char *answer, *class, *status;
    } cases[] = {
        {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
         "rate_limited", "429"},
        {"HTTP/1.1 429 Too Many Requests\r\nRetry-After: Fri, 31 Dec 2099 23:59:59 GMT\r\n"
         "Content-Length: 0\r\n\r\n",
         "rate_limited", "429"},
        {"HTTP/1.1 503 Unavailable\r\nRetry-After: 99999999999999\r\nContent-Length: 0\r\n\r\n",
         "http", "503"},
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    struct scene scene;
    scene_open(&scene, COUNT + 1);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t i = 0; i < COUNT; i++) {
        wire_answer(scene.wire, i + 1, (struct wire_answer){.bytes = cases[i].answer});
        scene_add(&scene, i + 1, "retries = 3;");
    }
    scene_collect(&scene, 6);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_STR(scene_error_field(&scene, i + 1, "class"), cases[i].class);
        CHECK_STR(scene_error_field(&scene, i + 1, "http_status"), cases[i].status);
        CHECK_STR(scene_error_field(&scene, i + 1, "attempts"), "1");
        CU_ASSERT_EQUAL(wire_count(scene.wire, i + 1), 1);
    }
    scene_close(&scene);
}

static void test_attempts(void)
{
    static const char failing[] = "HTTP/1.1 500 Oops\r\nContent-Length: 18\r\n\r\n"
                                  "{\"message\":\"boom\"}";
    struct scene scene;
    scene_open(&scene, 4);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t site = 1; site <= 3; site++) {
        char setting[32];
        wire_answer(scene.wire, site, (struct wire_answer){.bytes = failing});
        snprintf(setting, sizeof setting, "retries = %zu;", site - 1);
        scene_add(&scene, site, setting);
    }
    scene_collect(&scene, 6);
    for (size_t site = 1; site <= 3; site++) {
        char attempts[8];
        snprintf(attempts, sizeof attempts, "%zu", site);
        CU_ASSERT_EQUAL(wire_count(scene.wire, site), site);
        CHECK_STR(scene_error_field(&scene, site, "attempts"), attempts);
        CHECK_STR(scene_error_field(&scene, site, "message"), "project \"p\": HTTP 500 (boom)");
        /* An answer that was read to its end leaves the connection to the next attempt. */
        CU_ASSERT_EQUAL(scene.wire->sites[site].accepted, 1);
    }
    scene_close(&scene);
}

static const char thousand[] = /* a header of 1,000 bytes */
    "X-Fill: "
#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
    HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN
        TEN TEN TEN "\r\n";

static const struct broken {
    const char *name;
    struct wire_answer answer;
    const char *class;
    const char *attempts; /* of the two allowed */
} broken[] = {
    {"nothing", {.closes = true}, "connect", "2"},
    {"Content-Length too large",
     {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\":[", .closes = true},
     "truncated",
     "2"},
    {"a whole document and Content-Length too large",
     {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"data\":[]}", .closes = true},
     "truncated",
     "2"},
    {"closed in mid-JSON",
     {.bytes = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[{", .closes = true},
     "truncated",
     "2"},
    {"HTTP/1.0 closed in mid-JSON",
     {.bytes = "HTTP/1.0 200 OK\r\n\r\n{\"data\":[{\"id\":\"1", .closes = true},
     "truncated",
     "2"},
    {"closed in mid-chunk",
     {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{\"da", .closes = true},
     "truncated",
     "2"},
    {"closed before the last chunk",
     {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"data\":[]}\r\n",
      .closes = true},
     "truncated",
     "2"},
    {"half a document in a whole body", {.bytes = OK("9", "{\"data\":[")}, "bad_json", "1"},
    {"no HTTP", {.bytes = "SSH-2.0-OpenSSH_9.2\r\n", .closes = true}, "protocol", "1"},
    {"no HTTP, but JSON", {.bytes = "{\"data\":[]}", .closes = true}, "protocol", "1"},
    {"Content-Length that is no number",
     {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", .closes = true},
     "protocol",
     "1"},
    {"broken gzip",
     {.bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n"
               "{\"data\":[]}"},
     "protocol",
     "1"},
    {"unknown encoding",
     {.bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\nContent-Length: 11\r\n\r\n"
               "{\"data\":[]}"},
     "protocol",
     "1"},
    {"1xx without end",
     {.bytes = "HTTP/1.1 102 Processing\r\n\r\n", .repeat = 30000},
     "protocol",
     "1"},
    {"headers without end",
     {.head = "HTTP/1.1 200 OK\r\n", .bytes = thousand, .repeat = 600},
     "protocol",
     "1"},
    {"a header without end",
     {.head = "HTTP/1.1 200 OK\r\nX-Fill: ", .bytes = HUNDRED, .repeat = 6000},
     "protocol",
     "1"},
    {"no content", {.bytes = "HTTP/1.1 204 No Content\r\n\r\n"}, "http", "1"},
};
enum { BROKEN = sizeof broken / sizeof broken[0] };

static void test_broken(void)
{
    struct scene scene;
    scene_open(&scene, BROKEN + 2);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t i = 0; i < BROKEN; i++) {
        wire_answer(scene.wire, i + 1, broken[i].answer);
        scene_add(&scene, i + 1, "retries = 1;");
    }
    wire_answer(scene.wire, BROKEN + 1, (struct wire_answer){.bytes = NO_JOBS});
    scene_add(&scene, BROKEN + 1, "");
    scene_collect(&scene, 4);
    for (size_t i = 0; i < BROKEN; i++) {
        const char *class = scene_error_field(&scene, i + 1, "class");
        if (strcmp(class, broken[i].class) != 0)
            fprintf(stderr, "    %s: %s: %s\n", broken[i].name, class,
                    scene_error_field(&scene, i + 1, "message"));
        CHECK_STR(class, broken[i].class);
        CHECK_STR(scene_error_field(&scene, i + 1, "attempts"), broken[i].attempts);
        CU_ASSERT_EQUAL(wire_count(scene.wire, i + 1), strtoul(broken[i].attempts, NULL, 10));
        CHECK_STR(scene_field(&scene, i + 1, "workloads"), "null");
    }
    CHECK_STR(scene_field(&scene, BROKEN + 1, "status"), "ok");
    scene_close(&scene);
}

/* What is unusual and right: many headers, 1xx before the answer, a body that ends with the
 * connection. */
static void test_unusual(void)
{
    static const struct wire_answer answers[] = {
        {.head = "HTTP/1.1 200 OK\r\n", .bytes = thousand, .repeat = 100},
        {.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" NO_JOBS},
        {.bytes = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"data\":[]}", .closes = true},
        {.bytes = "HTTP/1.0 200 OK\r\n\r\n{\"data\":[]}", .closes = true},
        {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"d\r\n8;x=y\r\n"
                  "ata\":[]}\r\n0\r\nX-Trailer: 1\r\n\r\n"},
        {.bytes = "HTTP/1.1 203 Changed\r\nContent-Length: 11\r\n\r\n{\"data\":[]}"},
        {.bytes = "HTTP/1.1 200\r\ncontent-length:11\r\n\r\n{\"data\":[]}"},
    };
    enum { COUNT = sizeof answers / sizeof answers[0] };
    struct scene scene;
    char *many = NULL;
    size_t len = 0;
    FILE *text = open_memstream(&many, &len);
    if (text == NULL)
        e2e_die("out of memory");
    fputs(answers[0].head, text);
    for (unsigned i = 0; i < answers[0].repeat; i++)
        fputs(answers[0].bytes, text);
    fputs("Content-Length: 11\r\n\r\n{\"data\":[]}", text);
    fclose(text);
    scene_open(&scene, COUNT + 1);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t i = 0; i < COUNT; i++) {
        struct wire_answer answer = answers[i];
        if (i == 0)
            answer = (struct wire_answer){.bytes = many};
        wire_answer(scene.wire, i + 1, answer);
        scene_add(&scene, i + 1, "");
    }
    scene_collect(&scene, 0);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK_STR(scene_field(&scene, i + 1, "status"), "ok");
        CHECK_STR(scene_field(&scene, i + 1, "workloads"), "0");
    }
    scene_close(&scene);
    free(many);
}

/* An answer may have as many bytes as max_body says, and not one more. */
static void test_max_body(void)
{
    static const struct {
        const char *setting, *status;
    } cases[] = {{"max_body = 11;", "ok"}, {"max_body = 10;", "failed"}, {"max_body = 12;", "ok"}};
    struct scene scene;
    scene_open(&scene, 4);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    for (size_t i = 0; i < 3; i++) {
        wire_answer(scene.wire, i + 1, (struct wire_answer){.bytes = NO_JOBS});
        scene_add(&scene, i + 1, cases[i].setting);
    }
    scene_collect(&scene, 4);
    for (size_t i = 0; i < 3; i++)
        CHECK_STR(scene_field(&scene, i + 1, "status"), cases[i].status);
    scene_close(&scene);
}

/* Clusters that are asked one after the other share one place, whatever became of those before. */
static void test_one_place(void)
{
    enum { COUNT = 3 };
    struct scene scene;
    scene_open(&scene, COUNT + 1);
    wire_answer(scene.wire, 0, (struct wire_answer){.bytes = TOKEN});
    scene.run = "concurrency = 1;";
    for (size_t site = 1; site <= COUNT; site++) {
        wire_answer(scene.wire, site, (struct wire_answer){.bytes = NO_JOBS});
        scene_add(&scene, site, "");
        /* Nobody listens there; it is asked right behind the cluster of this site. */
        size_t len = strlen(scene.clusters);
        snprintf(
            scene.clusters + len, sizeof scene.clusters - len,
            ",\n{ name = \"c%zu-refusing\"; url = \"http://127.0.0.%zu:1\"; allow_http = true; }",
            site, site);
    }
    scene_collect(&scene, 4);
    for (size_t site = 1; site <= COUNT; site++) {
        char refusing[32];
        snprintf(refusing, sizeof refusing, "c%zu-refusing", site);
        CHECK_STR(scene_field(&scene, site, "status"), "ok");
        CU_ASSERT_EQUAL(wire_count(scene.wire, site), 1);
        CHECK_STR(e2e_text(e2e_get(e2e_cluster(scene.report, refusing), "error", "class", NULL)),
                  "connect");
    }
    scene_close(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"Retry-After in both forms", test_retry_after},
                                 {"Retry-After past the deadline", test_retry_after_too_late},
                                 {"as many attempts as configured", test_attempts},
                                 {"one place for good and bad", test_one_place},
                                 {"answers that break the rules", test_broken},
                                 {"answers that are only unusual", test_unusual},
                                 {"as much as max_body", test_max_body},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/http_answers", tests);
}
