/* Name servers that hang or fail: only the clusters behind them are missing. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"
#include "lib/e2e.h"
#include "resolver_env.h"

/* A look-up hangs for a minute: what takes less than half of it did not wait for one. */
#define UNDELAYED_MS 30000

/* Every healthy cluster is still busy when the look-ups that hang are given up. */
static const char fleet_text[] = "run deadline=50.0 concurrency=100\n"
                                 "defaults retries=0 connect_timeout=1.0\n"
                                 "cluster slow-{00..11} latency_ms=700..900 projects=3\n"
                                 "cluster quick-{00..11} projects=2 latency_ms=0..20\n"
                                 "cluster plain tls=no projects=1\n";
enum { HEALTHY = 25, HANGING = 6, FAILING = 3 };

struct scene {
    struct e2e_fleet *fleet;
    char conf[256]; /* the configuration with the added clusters */
    struct resolver_env environment;
};

/* Rewrites the fleet's configuration: `added` joins the clusters, and when `control` is not NULL it
 * is the control plane's host. */
static void write_conf(struct scene *scene, const char *added, const char *control)
{
    static const char list[] = "clusters = (\n", url[] = "url = \"https://";
    char *conf = e2e_read(e2e_path(scene->fleet, "rollcall.conf"), NULL);
    char *clusters = conf == NULL ? NULL : strstr(conf, list);
    char *host = conf == NULL ? NULL : strstr(conf, url);
    if (clusters == NULL || host == NULL)
        e2e_die("rollcall.conf is not as expected");
    host += sizeof url - 1;
    clusters += sizeof list - 1;
    const char *port = strchr(host, ':');
    char *changed = NULL;
    if (asprintf(&changed, "%.*s%s%.*s%s%s", (int)(host - conf), conf,
                 control == NULL ? "" : control,
                 control == NULL ? (int)(clusters - host) : (int)(clusters - port),
                 control == NULL ? host : port, added, clusters) < 0)
        e2e_die("out of memory");
    snprintf(scene->conf, sizeof scene->conf, "%s", e2e_path(scene->fleet, "changed.conf"));
    e2e_write(scene->conf, 0644, changed);
    free(changed);
    free(conf);
}

/* The address of the cluster that speaks plain HTTP. */
static void find_plain(struct scene *scene, char address[INET_ADDRSTRLEN])
{
    static const char before[] = "url = \"http://";
    char *conf = e2e_read(e2e_path(scene->fleet, "rollcall.conf"), NULL);
    const char *url = conf == NULL ? NULL : strstr(conf, before);
    if (url == NULL || sscanf(url + sizeof before - 1, "%15[0-9.]", address) != 1)
        e2e_die("rollcall.conf names no plain cluster");
    free(conf);
}

static void scene_open(struct scene *scene)
{
    char address[INET_ADDRSTRLEN];
    memset(scene, 0, sizeof *scene);
    scene->fleet = e2e_start(fleet_text);
    find_plain(scene, address);
    resolver_env_open(&scene->environment, scene->fleet, address);
}

static void scene_close(struct scene *scene)
{
    resolver_env_close(&scene->environment);
    e2e_stop(scene->fleet);
}

static struct e2e_result *collect(struct scene *scene, const char *output)
{
    struct e2e_run run = {.args = {"run", "-q", "-c", scene->conf, "-o", output},
                          .timeout_ms = 120000};
    resolver_env_use(&scene->environment, &run);
    return e2e_run(&run);
}

/* The clusters that the resolver has a hand in. */
static void add_clusters(struct scene *scene, char *text, size_t size)
{
    size_t len = 0;
    for (int i = 0; i < HANGING; i++)
        len += (size_t)snprintf(text + len, size - len,
                                "{ name = \"hang-%d\"; url = \"https://c%d.hang.test\"; "
                                "projects = [ \"p\" ]; },\n",
                                i, i);
    for (int i = 0; i < FAILING; i++)
        len += (size_t)snprintf(text + len, size - len,
                                "{ name = \"fail-%d\"; url = \"https://c%d.fail.test\"; "
                                "retries = %d; },\n",
                                i, i, i == 0 ? 1 : 0);
    len += (size_t)snprintf(text + len, size - len,
                            "{ name = \"alias\"; url = \"http://c1.alias.test:%u\"; "
                            "allow_http = true; },\n"
                            "{ name = \"alias-tls\"; url = \"https://c2.alias.test:%u\"; },\n",
                            e2e_port(scene->fleet), e2e_port(scene->fleet));
    CU_ASSERT_FATAL(len < size);
}

static void check_failed(const struct e2e_report *report, const char *name, const char *class,
                         const char *message, const char *attempts)
{
    yajl_val error = e2e_get(e2e_cluster(report, name), "error", NULL);
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, name), "status", NULL)), "failed");
    CHECK_STR(e2e_text(e2e_get(error, "class", NULL)), class);
    CHECK_STR(e2e_text(e2e_get(error, "message", NULL)), message);
    CHECK_STR(e2e_text(e2e_get(error, "attempts", NULL)), attempts);
    CHECK_STR(e2e_text(e2e_get(error, "http_status", NULL)), "null");
}

/* Each cluster of the fleet itself: as in the run without the others, and in good time. */
static void check_healthy(const struct e2e_report *alone, const struct e2e_report *report)
{
    static const char *const fields[] = {"status", "workloads", "gpus_allocated", "repaired"};
    yajl_val clusters = e2e_get(alone->head, "clusters", NULL);
    CU_ASSERT_EQUAL_FATAL(clusters->u.array.len, HEALTHY);
    for (size_t i = 0; i < HEALTHY; i++) {
        yajl_val expected = clusters->u.array.values[i];
        const char *name = e2e_text(e2e_get(expected, "name", NULL));
        yajl_val actual = e2e_cluster(report, name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(actual);
        CHECK_STR(e2e_text(e2e_get(actual, "status", NULL)), "ok");
        for (size_t j = 0; j < sizeof fields / sizeof fields[0]; j++)
            CHECK_STR(e2e_text(e2e_get(actual, fields[j], NULL)),
                      e2e_text(e2e_get(expected, fields[j], NULL)));
        CU_ASSERT(strtol(e2e_text(e2e_get(actual, "duration_ms", NULL)), NULL, 10) < UNDELAYED_MS);
    }
}

/* The workloads of both reports, but for those of the cluster with two names. */
static void check_workloads(const struct e2e_report *alone, const struct e2e_report *report)
{
    static const char alias[] = "{\"cluster\":\"alias\"";
    char *expected = NULL, *actual = NULL;
    size_t expected_size = 0, actual_size = 0, lines = 0, different = 0, aliased = 0, plain = 0;
    rewind(alone->workloads);
    rewind(report->workloads);
    while (getline(&actual, &actual_size, report->workloads) >= 0) {
        if (strncmp(actual, alias, sizeof alias - 1) == 0) {
            aliased++;
            continue;
        }
        CU_ASSERT_FATAL(getline(&expected, &expected_size, alone->workloads) >= 0);
        different += strcmp(actual, expected) != 0;
        plain += strstr(actual, "\"cluster\":\"plain\"") != NULL;
        lines++;
    }
    CU_ASSERT_EQUAL(lines, alone->workload_count);
    CU_ASSERT_EQUAL(different, 0);
    CU_ASSERT(aliased > 0);
    CU_ASSERT_EQUAL(aliased, plain);
    free(expected);
    free(actual);
}

static void test_hanging(void)
{
    struct scene scene;
    char added[4096];
    scene_open(&scene);
    struct e2e_result *first = e2e_collect(scene.fleet, NULL);
    CU_ASSERT_EQUAL(first->status, 0);
    struct e2e_report *alone = e2e_load(e2e_path(scene.fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(alone, scene.fleet), 0);

    add_clusters(&scene, added, sizeof added);
    write_conf(&scene, added, NULL);
    const char *output = e2e_path(scene.fleet, "with.json");
    struct e2e_result *result = collect(&scene, output);
    CU_ASSERT_EQUAL(result->status, 4);
    /* The end of the process does not wait for the threads that still look up names. */
    CU_ASSERT(result->wall_ms < UNDELAYED_MS);
    CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, ".hang.test"), HANGING);
    CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, ".fail.test"), FAILING + 1);
    CU_ASSERT(resolver_lookups(scene.fleet, ".alias.test") >= 2);

    struct e2e_report *report = e2e_load(output);
    check_healthy(alone, report);
    check_workloads(alone, report);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "26");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "failed", NULL)), "10");
    for (int i = 0; i < HANGING; i++) {
        char name[16], message[128];
        snprintf(name, sizeof name, "hang-%d", i);
        snprintf(message, sizeof message,
                 "could not resolve c%d.hang.test within the connect_timeout of 1 s", i);
        check_failed(report, name, "timeout", message, "1");
    }
    for (int i = 0; i < FAILING; i++) {
        char name[16], message[64];
        snprintf(name, sizeof name, "fail-%d", i);
        snprintf(message, sizeof message, "could not resolve c%d.fail.test", i);
        check_failed(report, name, "dns", message, i == 0 ? "2" : "1");
    }
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "alias"), "status", NULL)), "ok");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "alias-tls"), "error", "class", NULL)), "tls");
    e2e_report_free(report);
    e2e_report_free(alone);
    e2e_result_free(result);
    e2e_result_free(first);
    scene_close(&scene);
}

/* With few places, a cluster whose name hangs holds one for its connect_timeout and no longer. */
static void test_few_places(void)
{
    struct scene scene;
    char added[4096];
    scene_open(&scene);
    add_clusters(&scene, added, sizeof added);
    write_conf(&scene, added, NULL);
    const char *output = e2e_path(scene.fleet, "with.json");
    struct e2e_run run = {.args = {"run", "-q", "-c", scene.conf, "-o", output, "--concurrency",
                                   "3", "--exclude", "slow-*"},
                          .timeout_ms = 120000};
    resolver_env_use(&scene.environment, &run);
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(result->wall_ms < UNDELAYED_MS);
    CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, ".hang.test"), HANGING);
    struct e2e_report *report = e2e_load(output);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "14");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "failed", NULL)), "10");
    e2e_report_free(report);
    e2e_result_free(result);
    scene_close(&scene);
}

/* More names hang at once than there are places: each costs its connect_timeout, and the memory of
 * its thread, no more. */
static void test_many_hanging(void)
{
    enum { NAMES = 200 };
    static const struct {
        const char *end, *class, *attempts;
    } others[] = {{"once", NULL, NULL},
                  {"none", "dns", "2"},
                  {"fail", "dns", "2"},
                  {"memory", "dns", "2"},
                  {"system", "dns", "2"}};
    struct scene scene;
    char *added = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&added, &len);
    scene_open(&scene);
    if (out == NULL)
        e2e_die("out of memory");
    for (int i = 0; i < NAMES; i++)
        fprintf(out, "{ name = \"hang-%03d\"; url = \"https://c%d.hang.test\"; },\n", i, i);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        fprintf(out,
                "{ name = \"%s\"; url = \"http://c.%s.test:%u\"; allow_http = true; "
                "retries = 1; },\n",
                others[i].end, others[i].end, e2e_port(scene.fleet));
    if (fclose(out) != 0)
        e2e_die("out of memory");
    struct e2e_result *first = e2e_collect(scene.fleet, NULL);
    struct e2e_report *alone = e2e_load(e2e_path(scene.fleet, "report.json"));
    CU_ASSERT_EQUAL(e2e_compare_truth(alone, scene.fleet), 0);
    write_conf(&scene, added, NULL);
    const char *output = e2e_path(scene.fleet, "with.json");
    struct e2e_result *result = collect(&scene, output);
    CU_ASSERT_EQUAL(result->status, 4);
    CU_ASSERT(result->wall_ms < UNDELAYED_MS);
    CU_ASSERT(e2e_is_sanitized() || result->peak_kib < 64 * 1024);
    CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, ".hang.test"), NAMES);
    CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, ".once.test"), 2);
    struct e2e_report *report = e2e_load(output);
    check_healthy(alone, report);
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "ok", NULL)), "26");
    CHECK_STR(e2e_text(e2e_get(report->head, "coverage", "failed", NULL)), "204");
    check_failed(report, "hang-199", "timeout",
                 "could not resolve c199.hang.test within the connect_timeout of 1 s", "1");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "once"), "status", NULL)), "ok");
    CHECK_STR(e2e_text(e2e_get(e2e_cluster(report, "once"), "workloads", NULL)),
              e2e_text(e2e_get(e2e_cluster(alone, "plain"), "workloads", NULL)));
    for (size_t i = 1; i < sizeof others / sizeof others[0]; i++) {
        char message[64];
        snprintf(message, sizeof message, "could not resolve c.%s.test", others[i].end);
        check_failed(report, others[i].end, others[i].class, message, others[i].attempts);
    }
    e2e_report_free(report);
    e2e_report_free(alone);
    e2e_result_free(result);
    e2e_result_free(first);
    free(added);
    scene_close(&scene);
}

/* No token without a name: no cluster is asked, and the program ends in time all the same. */
static void test_control_plane(void)
{
    static const struct {
        const char *host, *said;
    } cases[] = {
        {"cp.hang.test", "could not resolve cp.hang.test within the connect_timeout of 1 s"},
        {"cp.fail.test", "could not resolve cp.fail.test"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct e2e_fleet *fleet = e2e_start("control conf.connect_timeout=1.0 conf.retries=1\n"
                                            "cluster a\ncluster b tls=no\n");
        struct scene scene = {.fleet = fleet};
        resolver_env_open(&scene.environment, fleet, "127.0.0.1");
        write_conf(&scene, "", cases[i].host);
        const char *output = e2e_path(fleet, "report.json");
        struct e2e_result *result = collect(&scene, output);
        CU_ASSERT_EQUAL(result->status, 7);
        CU_ASSERT(result->wall_ms < UNDELAYED_MS);
        CU_ASSERT_PTR_NOT_NULL(strstr(result->err, cases[i].said));
        CU_ASSERT_EQUAL(resolver_lookups(scene.fleet, cases[i].host), 2);
        CU_ASSERT_EQUAL(e2e_count(fleet, "a", NULL, NULL), 0);
        CU_ASSERT_FALSE(e2e_exists(output));
        e2e_result_free(result);
        scene_close(&scene);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"names that hang delay no other cluster", test_hanging},
                                 {"names that hang with few places", test_few_places},
                                 {"hundreds of names that hang", test_many_hanging},
                                 {"the control plane's name", test_control_plane},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/resolver", tests);
}
