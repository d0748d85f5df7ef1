/*
 * Data that is hostile: names and messages from servers are in the report exactly as they came, and
 * in nothing that goes to a terminal or a log do they hold what moves, hides or reorders text.
 */
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "lib/e2e.h"

#define EVIL "\x1b[31m\x1b]0;t\x07\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xc2\x9b<script>\x7f"

static const char fleet_text[] =
    "control discover=yes page=100\n"
    "defaults retries=0\n"
    "cluster good projects=2 workloads=20\n"
    "cluster messy messy=yes listed=no projects=3\n"
    "cluster names odd_names=yes listed=no projects=9 workloads=30\n"
    "cluster gz odd_names=yes messy=yes gzip=yes listed=no projects=10 workloads=5\n"
    "cluster failing odd_names=yes listed=no projects=9 fault=500 fault_on=jobs "
    "message=\"" EVIL "\"\n"
    "cluster forbidden fault=403 message=\"" EVIL "\"\n"
    "cluster elsewhere fault=wire:redirect_odd\n"
    "cluster gone state=\"" EVIL "\" domain=null conf_url=no configured=no\n";

/* The bytes at which a forbidden character begins, or NULL. */
static const char *find_forbidden(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char *at = (const unsigned char *)text + i;
        unsigned a = at[0], b = i + 1 < len ? at[1] : 0, c = i + 2 < len ? at[2] : 0;
        bool is_control = (a < 0x20 && a != '\n') || a == 0x7f;
        bool is_c1 = a == 0xc2 && b >= 0x80 && b <= 0x9f;
        bool is_bidi = (a == 0xd8 && b == 0x9c) ||
                       (a == 0xe2 && b == 0x80 && (c == 0x8e || c == 0x8f)) ||
                       (a == 0xe2 && b == 0x80 && c >= 0xaa && c <= 0xae) ||
                       (a == 0xe2 && b == 0x81 && c >= 0xa6 && c <= 0xa9);
        if (is_control || is_c1 || is_bidi)
            return text + i;
    }
    return NULL;
}

static void check_harmless(const char *what, const char *text, size_t len)
{
    const char *bad = find_forbidden(text, len);
    if (bad != NULL)
        fprintf(stderr, "    %s: byte %02x behind \"%.*s\"\n", what, (unsigned char)*bad,
                (int)(bad - text > 60 ? 60 : bad - text),
                bad - (bad - text > 60 ? 60 : bad - text));
    CU_ASSERT_PTR_NULL(bad);
}

static void test_the_search(void)
{
    static const char *const bad[] = {"\x1b",         "\r",           "\x7f",         "\xc2\x9b",
                                      "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8f", "\xd8\x9c"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(find_forbidden(bad[i], strlen(bad[i])));
    CU_ASSERT_PTR_NULL(find_forbidden("a\n\xc3\xa9\xe2\x80\xa6", 7));
    CU_ASSERT_PTR_NOT_NULL(find_forbidden("a\0b", 3));
}

/* The table on standard output, all that there is to say on standard error. */
static void check_outputs(struct e2e_fleet *fleet, const char *log_format, const char *format)
{
    struct e2e_run run = {.args = {"run", "-vv", "-c", e2e_path(fleet, "rollcall.conf"), "-o", "-",
                                   "-f", format, "--log-format", log_format, "--progress",
                                   "never"}};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 4);
    bool is_table = strcmp(format, "table") == 0;
    /* What is in the table is not said once more. */
    CU_ASSERT_PTR_NOT_NULL(strstr(is_table ? result->out : result->err, "<script>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "HTTP 403"));
    check_harmless(log_format, result->err, strlen(result->err));
    if (is_table)
        check_harmless("table", result->out, result->out_len);
    e2e_result_free(result);
}

static void test_outputs(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    check_outputs(fleet, "text", "table");
    check_outputs(fleet, "json", "table");
    check_outputs(fleet, "text", "json");
    check_outputs(fleet, "json", "json");
    e2e_stop(fleet);
}

/* Each line of --log-format json is a document of its own. */
static void test_json_log(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_run run = {.args = {"run", "-vv", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                   e2e_path(fleet, "report.json"), "--log-format", "json"}};
    struct e2e_result *result = e2e_run(&run);
    size_t lines = 0;
    char *save, text[256];
    for (char *line = strtok_r(result->err, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save), lines++) {
        yajl_val value = yajl_tree_parse(line, text, sizeof text);
        if (value == NULL)
            fprintf(stderr, "    %s: %s\n", line, text);
        CU_ASSERT_PTR_NOT_NULL(value);
        CU_ASSERT_PTR_NOT_NULL(e2e_get(value, "message", NULL));
        yajl_tree_free(value);
    }
    CU_ASSERT(lines > 20);
    e2e_result_free(result);
    e2e_stop(fleet);
}

/* The report has them as they are; messages are for people, and printable. */
static void test_round_trip(void)
{
    struct e2e_fleet *fleet = e2e_start(fleet_text);
    struct e2e_report *report = e2e_collect_report(fleet, 4, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    static const char *const failed[] = {"failing", "forbidden", "elsewhere"};
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++) {
        const char *message =
            e2e_text(e2e_get(e2e_cluster(report, failed[i]), "error", "message", NULL));
        check_harmless(failed[i], message, strlen(message));
    }
    e2e_report_free(report);
    e2e_stop(fleet);
}

/* What the control plane says when it gives no token, or no clusters. */
static void test_control_plane(void)
{
    static const char *const faults[] = {"token_fault=400", "discover=yes clusters_fault=403"};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "control %s message=\"" EVIL "\" conf.retries=0\ncluster c\n",
                 faults[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        struct e2e_run run = {.args = {"run", "-vv", "-c", e2e_path(fleet, "rollcall.conf"), "-o",
                                       e2e_path(fleet, "report.json")}};
        struct e2e_result *result = e2e_run(&run);
        CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "<script>"));
        check_harmless(faults[i], result->err, strlen(result->err));
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"the search finds what it has to", test_the_search},
                                 {"the report has them as they are", test_round_trip},
                                 {"the table and the log are harmless", test_outputs},
                                 {"a log in JSON is JSON", test_json_log},
                                 {"a control plane's words", test_control_plane},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/hostile_data", tests);
}
