/* The command line and the configuration, seen from outside: statuses, messages, and silence. */
#include <stdlib.h>

#include "../check.h"
#include "lib/e2e.h"

static const char small_fleet[] = "defaults retries=0\n"
                                  "cluster eu-1 conf.labels=[\"region=eu\"] projects=2\n"
                                  "cluster eu-2 conf.labels=[\"region=eu\"]\n"
                                  "cluster us-1 conf.labels=[\"region=us\"]\n"
                                  "cluster us-2 fault=500 conf.labels=[\"region=us\"]\n";

static struct e2e_result *run(struct e2e_fleet *fleet, const char *command,
                              const char *const more[])
{
    struct e2e_run r = {.args = {command, "-c", e2e_path(fleet, "rollcall.conf")}};
    for (size_t count = 3; more != NULL && *more != NULL; more++)
        r.args[count++] = *more;
    return e2e_run(&r);
}

/* Replaces the first occurrence in a file. */
static void edit(const char *path, const char *old, const char *new)
{
    char *text = e2e_read(path, NULL);
    char *at = text == NULL ? NULL : strstr(text, old);
    if (at == NULL)
        e2e_die("%s holds no %s", path, old);
    char *edited = NULL;
    if (asprintf(&edited, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) < 0)
        e2e_die("out of memory");
    e2e_write(path, 0644, edited);
    free(edited);
    free(text);
}

static void test_usage(void)
{
    static const struct {
        const char *args[5];
        const char *says; /* on standard error */
    } cases[] = {
        {{NULL}, "command"},
        {{"nosuch"}, "nosuch"},
        {{"run", "--nosuch"}, "--nosuch"},
        {{"run", "--deadline"}, "--deadline"},
        {{"run", "--deadline", "soon"}, "soon"},
        {{"run", "--deadline", "-1"}, "-1"},
        {{"run", "--concurrency", "0"}, "--concurrency"},
        {{"run", "--now", "yesterday"}, "yesterday"},
        {{"run", "--accept", "many"}, "many"},
        {{"run", "--progress", "maybe"}, "maybe"},
        {{"run", "operand"}, "operand"},
        {{"check", "-o", "x"}, "-o"},
        {{"run", "-c", "/nonexistent/rollcall.conf"}, "/nonexistent/rollcall.conf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_run r = {.args = {NULL}};
        for (size_t j = 0; j < 5 && cases[i].args[j] != NULL; j++)
            r.args[j] = cases[i].args[j];
        struct e2e_result *result = e2e_run(&r);
        bool is_right = result->status == 2 && strstr(result->err, cases[i].says) != NULL &&
                        result->out_len == 0;
        if (!is_right)
            fprintf(stderr, "    case %zu: status %d, stderr: %s\n", i, result->status,
                    result->err);
        CU_ASSERT(is_right);
        e2e_result_free(result);
    }
}

/* Formats are looked at once the configuration is known, and before anybody is contacted. */
static void test_unknown_format(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = run(fleet, "run", (const char *const[]){"-f", "papyrus", NULL});
    CU_ASSERT_EQUAL(result->status, 2);
    CU_ASSERT(strstr(result->err, "papyrus") != NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_help(void)
{
    static const char *const cases[][3] = {{"--help", NULL, "rollcall"},
                                           {"run", "--help", "--deadline"},
                                           {"check", "--help", "--connect"},
                                           {"--version", NULL, "rollcall"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct e2e_run r = {.args = {cases[i][0], cases[i][1]}};
        struct e2e_result *result = e2e_run(&r);
        CU_ASSERT_EQUAL(result->status, 0);
        CU_ASSERT(strstr(result->out, cases[i][2]) != NULL);
        CHECK_STR(result->err, "");
        e2e_result_free(result);
    }
}

/* The progress line is drawn and taken away again; without a terminal only when it is asked for. */
static void test_progress(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    const char *const more[] = {"-f", "json=/dev/null", "--progress", "always", NULL};
    for (size_t i = 0; i < 2; i++) {
        bool is_wanted = i == 0;
        struct e2e_result *result =
            run(fleet, "run", is_wanted ? more : (const char *const[]){NULL});
        const char *drawn = strstr(result->err, "/4 answered, ");
        const char *cleared = drawn == NULL ? NULL : strstr(drawn, "\r\033[K");
        CU_ASSERT_EQUAL(result->status, 4);
        CU_ASSERT_EQUAL(drawn != NULL, is_wanted);
        CU_ASSERT_EQUAL(cleared != NULL, is_wanted);
        e2e_result_free(result);
    }
    e2e_stop(fleet);
}

/* All mistakes in one go, each with its line; and nobody was contacted. */
static void test_config_errors(void)
{
    struct e2e_fleet *fleet = e2e_start("run conurrency=3 deadline=0\n"
                                        "defaults conect_timeout=1.0 retries=\"three\"\n"
                                        "cluster a conf.timeout=-1.0\n"
                                        "cluster b conf.nonsense=1\n");
    const char *conf = e2e_path(fleet, "rollcall.conf");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 2);
    static const char *const says[] = {"conurrency",     "concurrency",     "deadline",
                                       "conect_timeout", "connect_timeout", "retries",
                                       "timeout",        "nonsense"};
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        if (strstr(result->err, says[i]) == NULL)
            fprintf(stderr, "    no message names %s: %s\n", says[i], result->err);
        CU_ASSERT(strstr(result->err, says[i]) != NULL);
    }
    size_t messages = 0;
    for (const char *at = result->err; (at = strstr(at, conf)) != NULL; at++)
        messages++;
    CU_ASSERT_EQUAL(messages, 6);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "report.json")));
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void expect_config_error(struct e2e_fleet *fleet, const char *says)
{
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 2);
    if (strstr(result->err, says) == NULL)
        fprintf(stderr, "    no message says %s: %s\n", says, result->err);
    CU_ASSERT(strstr(result->err, says) != NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    e2e_result_free(result);
}

static void test_plain_http(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a tls=no\n");
    edit(e2e_path(fleet, "rollcall.conf"), "allow_http = true;", "");
    expect_config_error(fleet, "allow_http");
    e2e_stop(fleet);
}

static void test_secret_mode(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    char *secret = e2e_read(e2e_path(fleet, "secret"), NULL);
    e2e_write(e2e_path(fleet, "secret"), 0644, secret);
    expect_config_error(fleet, "chmod");
    expect_config_error(fleet, "0644");
    free(secret);
    e2e_stop(fleet);
}

/* The secret may come from the environment or from a command as well. */
static void test_secret_sources(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a\n");
    const char *conf = e2e_path(fleet, "rollcall.conf");
    const char *secret_path = e2e_path(fleet, "secret");
    char *secret = e2e_read(secret_path, NULL), *file, *command, *setting;
    secret[strcspn(secret, "\n")] = '\0';
    if (asprintf(&file, "{ file = \"%s\"; }", secret_path) < 0 ||
        asprintf(&command, "{ command = [ \"cat\", \"%s\" ]; }", secret_path) < 0 ||
        asprintf(&setting, "FLEET_SECRET=%s", secret) < 0)
        e2e_die("out of memory");
    edit(conf, file, "{ env = \"FLEET_SECRET\"; }");
    struct e2e_run r = {.args = {"run", "-q", "-c", conf, "-o", e2e_path(fleet, "report.json")},
                        .env = {setting}};
    struct e2e_result *result = e2e_run(&r);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    edit(conf, "{ env = \"FLEET_SECRET\"; }", command);
    result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    e2e_result_free(result);
    CU_ASSERT_EQUAL(e2e_count(fleet, "control", NULL, "200"), 2);
    free(secret);
    free(file);
    free(command);
    free(setting);
    e2e_stop(fleet);
}

static void test_selection(void)
{
    static const struct {
        const char *args[6];
        const char *selected;
        int status;
    } cases[] = {
        {{"--cluster", "eu-*"}, "2", 0}, {{"--cluster", "eu-1", "--cluster", "us-1"}, "2", 0},
        {{"--exclude", "us-2"}, "3", 0}, {{"--label", "region=us"}, "2", 4},
        {{"--cluster", "us-2"}, "1", 6}, {{"--cluster", "none", "--allow-empty"}, "0", 0},
        {{"--accept", "4"}, "4", 0},     {{NULL}, "4", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_fleet *fleet = e2e_start(small_fleet);
        struct e2e_result *result = e2e_collect(fleet, cases[i].args);
        if (result->status != cases[i].status)
            fprintf(stderr, "    case %zu: status %d: %s\n", i, result->status, result->err);
        CU_ASSERT_EQUAL(result->status, cases[i].status);
        struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
        CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "selected", NULL)), cases[i].selected);
        if (strcmp(cases[i].selected, "2") == 0 && cases[i].status == 0)
            CU_ASSERT_EQUAL(e2e_count(fleet, "us-2", NULL, NULL), 0);
        e2e_report_free(report);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

static void test_empty_selection(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result =
        e2e_collect(fleet, (const char *const[]){"--cluster", "none", NULL});
    CU_ASSERT_EQUAL(result->status, 2);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    CU_ASSERT(!e2e_exists(e2e_path(fleet, "report.json")));
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_project_selection(void)
{
    struct e2e_fleet *fleet = e2e_start("cluster a projects=4\ncluster b projects=4 listed=no\n");
    struct e2e_result *result =
        e2e_collect(fleet, (const char *const[]){"--project", "team-[bc]", NULL});
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/researcher/api/v1/jobs/", "200"), 4);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/researcher/api/v1/jobs/team-a", NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_dry_run(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = run(fleet, "run", (const char *const[]){"--dry-run", NULL});
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(strstr(result->out, "eu-1") != NULL);
    CU_ASSERT(strstr(result->out, "s3cret") == NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_optional_cluster(void)
{
    struct e2e_fleet *fleet = e2e_start("defaults retries=0\n"
                                        "cluster a\n"
                                        "cluster b fault=refuse conf.optional=true\n");
    struct e2e_result *result = e2e_collect(fleet, NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    struct e2e_report *report = e2e_load(e2e_path(fleet, "report.json"));
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "b"), "status", NULL)), "failed");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "optional", NULL)), "1");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "is_complete", NULL)), "true");
    CU_ASSERT_EQUAL(e2e_compare_truth(report, fleet), 0);
    e2e_report_free(report);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_check(void)
{
    struct e2e_fleet *fleet = e2e_start(small_fleet);
    struct e2e_result *result = run(fleet, "check", NULL);
    CU_ASSERT_EQUAL(result->status, 0);
    CU_ASSERT(strstr(result->out, "us-2") != NULL);
    CU_ASSERT(strstr(result->out, e2e_path(fleet, "secret")) != NULL);
    CU_ASSERT(strstr(result->out, "s3cret") == NULL);
    CU_ASSERT_EQUAL(e2e_count(fleet, NULL, NULL, NULL), 0);
    e2e_result_free(result);
    e2e_stop(fleet);
}

static void test_check_connect(void)
{
    static const struct {
        const char *fleet;
        int status;
        const char *says;
    } cases[] = {
        {"cluster a\ncluster b listed=no generation=3\n", 0, "a"},
        {"defaults retries=0\ncluster a\ncluster b fault=expired_cert\n", 4, "expired"},
        {"defaults retries=0\ncluster a fault=403 message=keep-out\n", 6, "keep-out"},
        {"control token_fault=401 message=no-such-app\ncluster a\n", 7, "no-such-app"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_fleet *fleet = e2e_start(cases[i].fleet);
        struct e2e_result *result = run(fleet, "check", (const char *const[]){"--connect", NULL});
        bool is_right =
            result->status == cases[i].status && (strstr(result->out, cases[i].says) != NULL ||
                                                  strstr(result->err, cases[i].says) != NULL);
        if (!is_right)
            fprintf(stderr, "    case %zu: status %d\n%s%s\n", i, result->status, result->out,
                    result->err);
        CU_ASSERT(is_right);
        /* Workloads are not read. */
        CU_ASSERT_EQUAL(e2e_count(fleet, NULL, "/researcher/api/v1/job", NULL), 0);
        e2e_result_free(result);
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"wrong usage", test_usage},
                                 {"an unknown format", test_unknown_format},
                                 {"the progress line", test_progress},
                                 {"help and version", test_help},
                                 {"all configuration errors at once", test_config_errors},
                                 {"plain HTTP without leave", test_plain_http},
                                 {"a secret that others can read", test_secret_mode},
                                 {"secrets from elsewhere", test_secret_sources},
                                 {"selections", test_selection},
                                 {"a selection without clusters", test_empty_selection},
                                 {"selected projects", test_project_selection},
                                 {"a dry run", test_dry_run},
                                 {"an optional cluster", test_optional_cluster},
                                 {"check", test_check},
                                 {"check --connect", test_check_connect},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/cli", tests);
}
