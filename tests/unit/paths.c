/* URLs of the researcher flavour, and of the control plane's lists. */
#include <stdlib.h>

#include "../../src/collect/collect_internal.h"
#include "../check.h"

static const struct cluster_config eu = {
    .name = "eu-1",
    .url = "https://eu-1.example:6443",
    .base_path = "/researcher",
};

static void check(char *url, const char *expected)
{
    CHECK_STR(url, expected);
    free(url);
}

static void test_projects(void)
{
    struct cluster_config bare = eu, deep = eu;
    bare.base_path = "";
    deep.url = "https://gw.example/eu/1";
    deep.base_path = "/a/b";
    check(paths_projects_url(&eu), "https://eu-1.example:6443/researcher/api/v1/projects");
    check(paths_projects_url(&bare), "https://eu-1.example:6443/api/v1/projects");
    check(paths_projects_url(&deep), "https://gw.example/eu/1/a/b/api/v1/projects");
}

/* What is new comes last, so that it shifts nothing of what was read. */
static void test_control(void)
{
    check(
        control_workloads_url("https://acme.example", NULL, 0),
        "https://acme.example/api/v1/workloads?sortBy=createdAt&sortOrder=asc&offset=0&limit=500");
    check(control_workloads_url("https://acme.example", "a/b", 499),
          "https://acme.example/api/v1/workloads?filterBy=clusterId%3D%3Da%2Fb&"
          "sortBy=createdAt&sortOrder=asc&offset=499&limit=500");
    check(control_count_url("https://acme.example", NULL),
          "https://acme.example/api/v1/workloads/count");
    check(control_count_url("https://acme.example", "a"),
          "https://acme.example/api/v1/workloads/count?filterBy=clusterId%3D%3Da");
}

static void test_generations(void)
{
    static const char *const expected[] = {
        "https://eu-1.example:6443/researcher/api/v1/jobs/team-a",
        "https://eu-1.example:6443/researcher/api/v1/job/team-a",
        "https://eu-1.example:6443/researcher/api/v1/jobs?project=team-a",
        "https://eu-1.example:6443/researcher/api/job?project=team-a",
    };
    CU_ASSERT_EQUAL_FATAL(paths_count(), 4);
    for (int i = 0; i < 4; i++)
        check(paths_jobs_url(&eu, "team-a", i), expected[i]);
}

/* A project's name is data: nothing in it can change the path, the query or the host. */
static void test_odd_names(void)
{
    static const struct {
        const char *name, *encoded;
    } cases[] = {
        {"Az09-._~", "Az09-._~"},
        {"a b", "a%20b"},
        {"a/b", "a%2Fb"},
        {"../../admin", "..%2F..%2Fadmin"},
        {".", "%2E"},
        {"..", "%2E%2E"},
        {"...", "..."},
        {"a?b#c", "a%3Fb%23c"},
        {"a&b=c", "a%26b%3Dc"},
        {"a+b", "a%2Bb"},
        {"100%", "100%25"},
        {"%2F", "%252F"},
        {"a\r\nEvil: 1", "a%0D%0AEvil%3A%201"},
        {"\"{project}\"", "%22%7Bproject%7D%22"},
        {"caf\xC3\xA9", "caf%C3%A9"},
        {"\xFF\x01", "%FF%01"},
        {"@host:1", "%40host%3A1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "https://eu-1.example:6443/researcher/api/v1/jobs/%s",
                 cases[i].encoded);
        check(paths_jobs_url(&eu, cases[i].name, 0), expected);
        snprintf(expected, sizeof expected,
                 "https://eu-1.example:6443/researcher/api/v1/jobs?project=%s", cases[i].encoded);
        check(paths_jobs_url(&eu, cases[i].name, 2), expected);
    }
}

static void test_configured(void)
{
    struct cluster_config own = eu;
    own.jobs_path = "/v9/{project}/jobs?all=1";
    check(paths_jobs_url(&own, "a b", PATH_UNKNOWN),
          "https://eu-1.example:6443/researcher/v9/a%20b/jobs?all=1");
    own.jobs_path = "/v9/jobs?p={project}";
    own.base_path = "";
    check(paths_jobs_url(&own, "{project}", PATH_UNKNOWN),
          "https://eu-1.example:6443/v9/jobs?p=%7Bproject%7D");
}

/* The longest name a cluster may show, each byte three in a URL, still fits. */
static void test_long_name(void)
{
    char name[1025];
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char *url = paths_jobs_url(&eu, name, 0);
    CU_ASSERT_EQUAL(strlen(url),
                    strlen("https://eu-1.example:6443/researcher/api/v1/jobs/") + 3072);
    CHECK_STR(url + strlen(url) - 6, "%2F%2F");
    free(url);
}

/* Nor does any path that the configuration takes cut the URL off. */
static void test_many_placeholders(void)
{
    enum { COUNT = 2047 / (sizeof "{project}" - 1) };
    struct cluster_config own = eu;
    char name[1025], path[2049] = "/";
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < COUNT; i++)
        strcat(path, "{project}");
    own.jobs_path = path;
    char *url = paths_jobs_url(&own, name, PATH_UNKNOWN);
    CU_ASSERT_EQUAL(strlen(url),
                    strlen("https://eu-1.example:6443/researcher/") + (size_t)COUNT * 3072);
    free(url);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"the list of projects", test_projects},       {"the control plane", test_control},
        {"all generations", test_generations},         {"odd names of projects", test_odd_names},
        {"a configured path", test_configured},        {"a long name", test_long_name},
        {"many placeholders", test_many_placeholders}, CU_TEST_INFO_NULL};
    return check_run("unit/paths", tests);
}
