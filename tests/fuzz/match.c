/*
 * Matching and building: globs; what URLs and paths may look like, held against what libcurl sees
 * in them; the URLs that are built of them; and texts from strangers made harmless for a terminal,
 * an URL and a JSON document.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/collect/collect_internal.h"
#include "../../src/config/config_internal.h"
#include "../../src/net/host_table.h"
#include "lib/fuzz.h"
#include "rollcall/json_read.h"
#include "rollcall/json_write.h"
#include "rollcall/text.h"
#include "rollcall/url.h"

const char fuzz_name[] = "match";

/* --- globs --- */

/* What fnmatch(3) says of a pattern without brackets and backslashes, in another way: whether the
 * rest matches is decided for each end of the text in turn. */
static bool matches(const char *pattern, const char *text)
{
    size_t len = strlen(text);
    bool *reached = mem_new(len + 1, sizeof *reached);
    reached[0] = true;
    for (; *pattern != '\0'; pattern++) {
        bool before = false; /* reached[i - 1], as it was */
        for (size_t i = 0; i <= len; i++) {
            bool was = reached[i];
            if (*pattern == '*')
                reached[i] = was || (i > 0 && reached[i - 1]);
            else
                reached[i] = before && (*pattern == '?' || *pattern == text[i - 1]);
            before = was;
        }
    }
    bool is_match = reached[len];
    free(reached);
    return is_match;
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static void check_glob(struct fuzz_input *input)
{
    char *pattern = fuzz_line(input), *text = fuzz_line(input);
    bool is_match = text_glob(pattern, text);
    if (strpbrk(pattern, "[\\") == NULL && is_ascii(pattern) && is_ascii(text))
        REQUIRE(is_match == matches(pattern, text));
    if (strpbrk(text, "*?[\\") == NULL && text_is_utf8(text, strlen(text)))
        REQUIRE(text_glob("*", text) && text_glob(text, text));
    free(pattern);
    free(text);
}

/* --- URLs --- */

static char *part(CURLU *url, CURLUPart what)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(url, what, &text, 0);
    REQUIRE(code == CURLUE_OK || text == NULL);
    return text;
}

static void require_absent(CURLU *url, CURLUPart what)
{
    char *text = part(url, what);
    REQUIRE(text == NULL);
    curl_free(text);
}

static CURLU *parse(const char *text)
{
    CURLU *url = curl_url();
    REQUIRE(url != NULL);
    REQUIRE(curl_url_set(url, CURLUPART_URL, text, CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME) ==
            CURLUE_OK);
    return url;
}

/* The host that the URL's text shows is the one libcurl would connect to. */
static void require_host(CURLU *url, const char *text)
{
    const char *authority = strstr(text, "://") + 3;
    size_t len = *authority == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
    char *shown = mem_copy(authority, len), *host = part(url, CURLUPART_HOST);
    REQUIRE(host != NULL);
    if (*shown == '[') {
        struct in6_addr a, b; /* which has many spellings */
        host[strlen(host) - 1] = shown[len - 1] = '\0';
        REQUIRE(inet_pton(AF_INET6, shown + 1, &a) == 1 && inet_pton(AF_INET6, host + 1, &b) == 1);
        REQUIRE(memcmp(&a, &b, sizeof a) == 0);
    } else {
        REQUIRE(strcasecmp(shown, host) == 0);
    }
    curl_free(host);
    free(shown);
    require_absent(url, CURLUPART_USER);
    require_absent(url, CURLUPART_PASSWORD);
    require_absent(url, CURLUPART_OPTIONS);
    require_absent(url, CURLUPART_FRAGMENT);
}

/* One origin is what libcurl tells apart from others: its host, told by no other spelling, and its
 * port. */
static void require_origin(CURLU *url, const char *text)
{
    char *origin = url_origin(text), *again = url_origin(origin);
    char *host = part(url, CURLUPART_HOST), *scheme = part(url, CURLUPART_SCHEME), *port = NULL;
    REQUIRE(curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK);
    char *expected = mem_printf("%s://%s:%s", scheme, host, port);
    REQUIRE(strcmp(again, origin) == 0);
    if (*host == '[') {
        char *respelt = url_origin(expected);
        REQUIRE(strcmp(respelt, origin) == 0);
        free(respelt);
    } else {
        REQUIRE(strcasecmp(expected, origin) == 0);
    }
    free(expected);
    free(origin);
    free(again);
    curl_free(host);
    curl_free(scheme);
    curl_free(port);
}

static void check_url(struct fuzz_input *input)
{
    char *text = fuzz_line(input);
    if (config_url_fault(text, true) == NULL) {
        CURLU *url = parse(text);
        require_host(url, text);
        require_absent(url, CURLUPART_QUERY);
        require_origin(url, text);
        curl_url_cleanup(url);
        static const struct endpoint_options options;
        struct host_table *table = host_table_new();
        struct engine_host *host = host_table_find(table, text, &options);
        REQUIRE(host->name_len > 0 && host_table_find(table, text, &options) == host);
        host_table_free(table);
    }
    REQUIRE(config_url_fault(text, false) != NULL || config_url_fault(text, true) == NULL);
    if (config_proxy_fault(text) == NULL) {
        CURLU *url = parse(text);
        require_host(url, text);
        require_absent(url, CURLUPART_QUERY);
        curl_url_cleanup(url);
    }
    config_resolve_fault(text);
    free(text);
}

/* --- paths --- */

static void require_unescaped(const char *escaped, size_t len, const char *expected)
{
    int out_len = 0;
    char *plain = curl_easy_unescape(NULL, escaped, (int)len, &out_len);
    REQUIRE(plain != NULL && (size_t)out_len == strlen(expected));
    REQUIRE(memcmp(plain, expected, (size_t)out_len) == 0);
    curl_free(plain);
}

/* Nothing in a name leads elsewhere: the URL goes on as without it, and the name stands behind. */
static void require_jobs_url(const struct cluster_config *cluster, const char *project, int path)
{
    char *text = paths_jobs_url(cluster, project, path);
    char *bare = paths_jobs_url(cluster, "", path);
    CURLU *url = parse(text);
    require_host(url, text);
    curl_url_cleanup(url);
    for (const char *c = text; *c != '\0'; c++)
        REQUIRE(*c > ' ' && *c < 0x7f);
    if (path != PATH_UNKNOWN) {
        size_t front = strlen(bare);
        REQUIRE(strncmp(text, bare, front) == 0 && strpbrk(text + front, "/?#&") == NULL);
        REQUIRE(strcmp(text + front, ".") != 0 && strcmp(text + front, "..") != 0);
        require_unescaped(text + front, strlen(text) - front, project);
    }
    free(bare);
    free(text);
}

static void check_paths(struct fuzz_input *input)
{
    char *base_path = fuzz_line(input), *jobs_path = fuzz_line(input), *project = fuzz_line(input);
    struct cluster_config cluster = {.url = "https://eu-1.example:6443",
                                     .base_path = "/researcher"};
    if (config_base_path_fault(base_path) == NULL)
        cluster.base_path = base_path;
    if (config_jobs_path_fault(jobs_path) == NULL) {
        cluster.jobs_path = jobs_path;
        require_jobs_url(&cluster, project, PATH_UNKNOWN);
    }
    for (int i = 0; i < paths_count(); i++)
        require_jobs_url(&cluster, project, i);
    free(base_path);
    free(jobs_path);
    free(project);
}

static void check_control_url(struct fuzz_input *input)
{
    int64_t offset = (int64_t)(fuzz_number(input) >> 1);
    char *uuid = fuzz_line(input);
    char *pages = control_workloads_url("https://cp.example/x", uuid, offset);
    char *counts = control_count_url("https://cp.example/x", uuid);
    const char *filter = strchr(counts, '=') + 1;
    char *expected = mem_printf("clusterId==%s", uuid);
    REQUIRE(strncmp(pages, "https://cp.example/x/api/v1/workloads?filterBy=", 47) == 0);
    if (strlen(uuid) <= 64) {
        require_unescaped(filter, strlen(filter), expected);
        REQUIRE(strncmp(pages + 47, filter, strlen(filter)) == 0 &&
                pages[47 + strlen(filter)] == '&');
    }
    free(expected);
    free(uuid);
    free(pages);
    free(counts);
}

/* --- texts --- */

static bool take_string(void *arg, int id, enum json_event event, const struct json_value *value,
                        struct error *error)
{
    (void)id, (void)error;
    REQUIRE(event == JSON_STRING);
    return buf_append(arg, value->text.data, value->text.len);
}

/* What is written reads back as it was, repaired. */
static void require_json(struct str text, const struct buf *expected)
{
    static const struct json_path row = {"", 0};
    struct json_writer *writer = mem_new(1, sizeof *writer);
    struct buf document, back;
    buf_init(&document, 6 * text.len + 64);
    buf_init(&back, 3 * text.len + 1);
    json_writer_init(writer, json_sink_buf, &document);
    json_str(writer, text);
    REQUIRE(json_finish(writer));
    REQUIRE(text_is_utf8(document.data, document.len));
    struct json_paths *paths = json_paths_new(&row, 1);
    struct json_reader *reader = json_reader_new(paths, take_string, &back);
    REQUIRE(json_reader_feed(reader, document.data, document.len, NULL) &&
            json_reader_finish(reader, NULL));
    REQUIRE(back.len == expected->len &&
            (back.len == 0 || memcmp(back.data, expected->data, back.len) == 0));
    json_reader_free(reader);
    json_paths_free(paths);
    buf_free(&document);
    buf_free(&back);
    free(writer);
}

static void check_texts(const struct fuzz_input *input)
{
    const char *data = (const char *)input->data;
    struct buf repaired, printable;
    buf_init(&repaired, 3 * input->len + 1);
    buf_init(&printable, 16 * input->len + 16);
    size_t count = text_repair_utf8(data, input->len, &repaired);
    REQUIRE(!repaired.is_over && text_is_utf8(repaired.data, repaired.len));
    REQUIRE((count == 0) == text_is_utf8(data, input->len));
    if (count == 0)
        REQUIRE(repaired.len == input->len);
    text_printable(data, input->len, &printable);
    REQUIRE(!printable.is_over);
    fuzz_require_printable(printable.data, printable.len);
    REQUIRE(text_columns(printable.data, printable.len) <= 2 * printable.len);
    require_json((struct str){data, input->len}, &repaired);
    buf_free(&repaired);
    buf_free(&printable);
}

/* Errors hold whatever they are made of, cut at a character's end. */
static void check_error(struct fuzz_input *input)
{
    struct error error;
    char *text = fuzz_line(input), *context = fuzz_line(input);
    static const char *const names[] = {"concurrency", "per_host", "deadline", "", NULL};
    error_set(&error, ERR_HTTP, "x%s", text);
    fuzz_require_error(&error);
    error_prefix(&error, "%s", context);
    fuzz_require_error(&error);
    const char *nearest = text_nearest(text, names);
    REQUIRE(nearest == NULL || strlen(nearest) <= strlen(text) + strlen(text) / 3 + 1);
    free(text);
    free(context);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setlocale(LC_CTYPE, "C.UTF-8"); /* as the program does */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    switch (fuzz_byte(&input) % 6) {
    case 0:
        check_glob(&input);
        break;
    case 1:
        check_url(&input);
        break;
    case 2:
        check_paths(&input);
        break;
    case 3:
        check_control_url(&input);
        break;
    case 4:
        check_texts(&input);
        break;
    default:
        check_error(&input);
        break;
    }
    return 0;
}
