#include "rollcall/plan.h"

#include <stdlib.h>

#include "../check.h"
#include "rollcall/mem.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const none[] = {NULL};

static const struct endpoint_options usual = {.connect_timeout_ms = 5000,
                                              .idle_timeout_ms = 15000,
                                              .timeout_ms = 120000,
                                              .max_body_bytes = 512LL << 20,
                                              .retries = 3};

static void check_selection(const struct selection *selection, const char *expected)
{
    const struct cluster_config clusters[] = {
        {.name = "ap-1", .labels = none},
        {.name = "eu-1", .labels = LIST("region=eu", "tier=prod")},
        {.name = "eu-2", .labels = LIST("region=eu")},
        {.name = "us-1", .labels = LIST("region=us", "tier=prod")},
    };
    const struct config config = {.clusters = clusters, .cluster_count = 4};
    struct plan *plan = plan_new(&config, selection);
    struct buf names;
    buf_init(&names, 4096);
    buf_append_str(&names, "");
    for (size_t i = 0; i < plan->cluster_count; i++)
        buf_printf(&names, "%s%s", i == 0 ? "" : " ", plan->clusters[i]->name);
    CHECK_STR(names.data, expected);
    CU_ASSERT_PTR_EQUAL(plan->config, &config);
    buf_free(&names);
    plan_free(plan);
}

static void test_selection(void)
{
    const struct {
        struct selection selection;
        const char *expected;
    } cases[] = {
        {{NULL, NULL, NULL, NULL}, "ap-1 eu-1 eu-2 us-1"},
        {{none, none, none, none}, "ap-1 eu-1 eu-2 us-1"},
        {{.clusters = LIST("eu-*")}, "eu-1 eu-2"},
        {{.clusters = LIST("eu-2", "?p-1")}, "ap-1 eu-2"},
        {{.clusters = LIST("eu")}, ""},
        {{.excludes = LIST("eu-*", "us-1")}, "ap-1"},
        {{.clusters = LIST("*-1"), .excludes = LIST("eu-*")}, "ap-1 us-1"},
        {{.labels = LIST("tier=prod")}, "eu-1 us-1"},
        {{.labels = LIST("tier=prod", "region=eu")}, "eu-1"},
        {{.labels = LIST("tier=*")}, ""},
        {{.labels = LIST("tier")}, ""},
        {{.labels = LIST("tier=production")}, ""},
        {{.clusters = LIST("us-*"), .labels = LIST("region=eu")}, ""},
        {{.projects = LIST("x")}, "ap-1 eu-1 eu-2 us-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_selection(&cases[i].selection, cases[i].expected);
    plan_free(NULL);
}

static void test_projects(void)
{
    const struct config config = {0};
    const struct selection all = {0}, some = {.projects = LIST("team-*", "x")};
    struct plan *plan = plan_new(&config, &all);
    CU_ASSERT_TRUE(plan_wants_project(plan, str_of("anything")));
    plan_free(plan);
    plan = plan_new(&config, &some);
    CU_ASSERT_TRUE(plan_wants_project(plan, str_of("team-a")));
    CU_ASSERT_TRUE(plan_wants_project(plan, str_of("x")));
    CU_ASSERT_FALSE(plan_wants_project(plan, str_of("xy")));
    CU_ASSERT_FALSE(plan_wants_project(plan, str_of("")));
    CU_ASSERT_FALSE(plan_wants_project(plan, (struct str){0}));
    /* Cut at the NUL, it would match. */
    CU_ASSERT_FALSE(plan_wants_project(plan, (struct str){"x\0y", 3}));
    CU_ASSERT_FALSE(plan_wants_project(plan, (struct str){"team-a\0", 7}));
    plan_free(plan);
    const struct selection any = {.projects = LIST("*")};
    plan = plan_new(&config, &any);
    CU_ASSERT_TRUE(plan_wants_project(plan, (struct str){0}));
    CU_ASSERT_FALSE(plan_wants_project(plan, (struct str){"a\0", 2}));
    plan_free(plan);
}

static void check_print(const struct config *config, const struct selection *selection,
                        const char *expected)
{
    struct plan *plan = plan_new(config, selection);
    struct buf text;
    buf_init(&text, 1 << 20);
    plan_print(plan, &text);
    CHECK_STR(text.data, expected);
    buf_free(&text);
    plan_free(plan);
}

static void test_print_small(void)
{
    const struct cluster_config cluster = {.name = "a",
                                           .url = "https://a",
                                           .base_path = "",
                                           .projects = none,
                                           .labels = none,
                                           .endpoint = &usual};
    const struct config config = {
        .file = "r.conf",
        .control_plane = {.is_set = true,
                          .url = "https://cp",
                          .grant = GRANT_TOKEN,
                          .token = {.kind = SECRET_ENV, .value = "T"},
                          .endpoint = usual},
        .run = {.concurrency = 128, .per_host = 4, .deadline_ms = 300000},
        .report = {.keep = 48, .has_workloads = true, .mode = 0640},
        .clusters = &cluster,
        .cluster_count = 1,
    };
    const struct selection all = {0}, nothing = {.clusters = LIST("b")};
#define HEAD                                                                                       \
    "configuration     r.conf\n"                                                                   \
    "control plane     https://cp\n"                                                               \
    "  grant           token\n"                                                                    \
    "  token           environment variable T\n"                                                   \
    "run               128 at once, 4 per host, deadline 300 s\n"                                  \
    "report            standard output (no directory is configured)\n"                             \
    "  workloads       listed\n"
    check_print(&config, &all,
                HEAD "clusters          1 of 1\n"
                     "\n"
                     "cluster           a\n"
                     "  endpoint        https://a\n"
                     "  api             researcher\n"
                     "  projects        asked from the cluster\n");
    check_print(&config, &nothing, HEAD "clusters          0 of 1\n");
}

static void test_print_large(void)
{
    const struct endpoint_options own = {.ca_file = "/ca.pem",
                                         .client_cert = "/c.pem",
                                         .client_key = "/k.pem",
                                         .proxy = "",
                                         .headers = LIST("X-Key: s3cret", "X-B: 1"),
                                         .connect_timeout_ms = 500,
                                         .idle_timeout_ms = 20000,
                                         .timeout_ms = 60000,
                                         .max_body_bytes = 1536LL << 20,
                                         .retries = 0};
    const struct endpoint_options plane = {.proxy = "http://proxy:3128",
                                           .connect_timeout_ms = 5000,
                                           .idle_timeout_ms = 15000,
                                           .timeout_ms = 120000,
                                           .max_body_bytes = 1000,
                                           .retries = 3};
    const struct cluster_config clusters[] = {
        {.name = "a\x1b[31m",
         .url = "https://a:6443",
         .base_path = "/researcher",
         .jobs_path = "/j/{project}",
         .projects = LIST("team-b", "team-a", "x"),
         .labels = LIST("k=v", "region=eu"),
         .endpoint = &own,
         .is_optional = true,
         .allows_empty = true},
        {.name = "b",
         .url = "https://b",
         .base_path = "/researcher",
         .projects = LIST("x", "y"),
         .labels = none,
         .endpoint = &usual},
        {.name = "c",
         .url = "https://c",
         .base_path = "/researcher",
         .projects = none,
         .labels = none,
         .endpoint = &usual},
    };
    const struct output_config output = {.format = "prometheus", .file = "/p.prom", .mode = 0644};
    const char *const argv[] = {"pass", "show", NULL};
    const struct config config = {
        .file = "/etc/rollcall/rollcall.conf",
        .control_plane = {.is_set = true,
                          .url = "https://cp",
                          .grant = GRANT_APP_TOKEN,
                          .client_id = "fleet\nreporter",
                          .client_secret = {.kind = SECRET_COMMAND, .argv = argv},
                          .endpoint = plane},
        .run = {.concurrency = 1, .per_host = 2, .deadline_ms = 1500},
        .report = {.directory = "/var/lib/rollcall",
                   .keep = 0,
                   .mode = 0600,
                   .outputs = &output,
                   .output_count = 1},
        .clusters = clusters,
        .cluster_count = 3,
    };
    const struct selection selection = {.projects = LIST("team-*", "z")};
    check_print(&config, &selection,
                "configuration     /etc/rollcall/rollcall.conf\n"
                "control plane     https://cp\n"
                "  grant           app_token\n"
                "  client id       fleet\\nreporter\n"
                "  client secret   command \"pass\"\n"
                "  proxy           http://proxy:3128\n"
                "  max body        1000\n"
                "run               1 at once, 2 per host, deadline 1.5 s\n"
                "report            /var/lib/rollcall\n"
                "  keep            all reports\n"
                "  mode            0600\n"
                "  workloads       totals only\n"
                "  prometheus      /p.prom (mode 0644)\n"
                "clusters          3 of 3\n"
                "\n"
                "cluster           a\\x1B[31m\n"
                "  endpoint        https://a:6443/researcher\n"
                "  api             researcher\n"
                "  jobs path       /j/{project}\n"
                "  projects        team-b, team-a\n"
                "  labels          k=v\n"
                "                  region=eu\n"
                "  optional        yes\n"
                "  allow empty     yes\n"
                "  ca file         /ca.pem\n"
                "  client cert     /c.pem\n"
                "  client key      /k.pem\n"
                "  proxy           none\n"
                "  headers         X-Key, X-B\n"
                "  connect timeout 0.5 s\n"
                "  idle timeout    20 s\n"
                "  timeout         60 s\n"
                "  retries         0\n"
                "  max body        1536M\n"
                "\n"
                "cluster           b\n"
                "  endpoint        https://b/researcher\n"
                "  api             researcher\n"
                "  projects        none: no configured one is selected\n"
                "\n"
                "cluster           c\n"
                "  endpoint        https://c/researcher\n"
                "  api             researcher\n"
                "  projects        asked from the cluster, those that match team-* or z\n");
}

/* What other remotes than the first one add. */
static void test_print_remotes(void)
{
    const struct endpoint_options own = {.resolve = LIST("a:443:192.0.2.1", "a:80:::1"),
                                         .connect_timeout_ms = 5000,
                                         .idle_timeout_ms = 15000,
                                         .timeout_ms = 120000,
                                         .max_body_bytes = 512LL << 20,
                                         .retries = 3};
    const struct cluster_config clusters[] = {
        {.name = "a",
         .api = API_KUBERNETES,
         .uuid = "u-1",
         .token = {.kind = SECRET_FILE, .value = "/t"},
         .url = "https://a",
         .base_path = "",
         .projects = none,
         .labels = none,
         .endpoint = &own},
        {.name = "b",
         .api = API_CONTROL_PLANE,
         .uuid = "u-2",
         .url = "https://cp",
         .base_path = "",
         .projects = none,
         .labels = none,
         .endpoint = &usual},
        {.name = "c",
         .skipped = "it has no url\n",
         .base_path = "/researcher",
         .projects = LIST("x"),
         .labels = none,
         .endpoint = &usual},
    };
    struct config config = {
        .file = "r.conf",
        .control_plane = {.is_set = true,
                          .url = "https://cp",
                          .grant = GRANT_KEYCLOAK,
                          .realm = "r",
                          .client_id = "id",
                          .client_secret = {.kind = SECRET_ENV, .value = "S"},
                          .token_path = "/t",
                          .token_cache = "/var/cache/t",
                          .endpoint = own},
        .discover = {.is_enabled = true, .includes = LIST("eu-*", "us-*"), .excludes = LIST("x")},
        .run = {.concurrency = 128,
                .per_host = 4,
                .deadline_ms = 300000,
                .is_enriching = true,
                .is_reconciling = true},
        .report = {.keep = 48, .has_workloads = true, .mode = 0640},
        .clusters = clusters,
        .cluster_count = 3,
    };
    const struct selection all = {0}, some = {.projects = LIST("x"), .clusters = LIST("a")};
    check_print(&config, &all,
                "configuration     r.conf\n"
                "control plane     https://cp\n"
                "  grant           keycloak\n"
                "  realm           r\n"
                "  client id       id\n"
                "  client secret   environment variable S\n"
                "  token path      /t\n"
                "  token cache     /var/cache/t\n"
                "  resolve         a:443:192.0.2.1\n"
                "                  a:80:::1\n"
                "discovery         enabled\n"
                "  include         eu-*\n"
                "                  us-*\n"
                "  exclude         x\n"
                "  disconnected    skipped\n"
                "run               128 at once, 4 per host, deadline 300 s\n"
                "  enrich          yes\n"
                "  reconcile       yes\n"
                "report            standard output (no directory is configured)\n"
                "  workloads       listed\n"
                "clusters          3 of 3\n"
                "\n"
                "cluster           a\n"
                "  endpoint        https://a\n"
                "  api             kubernetes\n"
                "  uuid            u-1\n"
                "  token           file /t\n"
                "  projects        the whole cluster\n"
                "  resolve         a:443:192.0.2.1\n"
                "                  a:80:::1\n"
                "\n"
                "cluster           b\n"
                "  endpoint        https://cp\n"
                "  api             control_plane\n"
                "  uuid            u-2\n"
                "  projects        the whole cluster\n"
                "\n"
                "cluster           c\n"
                "  endpoint        none\n"
                "  skipped         it has no url\\n\n"
                "  api             researcher\n"
                "  projects        x\n");

    config.control_plane = (struct control_plane_config){0};
    config.discover = (struct discover_config){.is_enabled = true, .contacts_disconnected = true};
    config.run = (struct run_config){.concurrency = 1, .per_host = 1, .deadline_ms = 1000};
    check_print(&config, &some,
                "configuration     r.conf\n"
                "control plane     none: every cluster has a token of its own\n"
                "discovery         enabled\n"
                "  disconnected    contacted\n"
                "run               1 at once, 1 per host, deadline 1 s\n"
                "report            standard output (no directory is configured)\n"
                "  workloads       listed\n"
                "clusters          1 of 3\n"
                "\n"
                "cluster           a\n"
                "  endpoint        https://a\n"
                "  api             kubernetes\n"
                "  uuid            u-1\n"
                "  token           file /t\n"
                "  projects        the whole cluster, projects that match x\n"
                "  resolve         a:443:192.0.2.1\n"
                "                  a:80:::1\n");
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"which clusters are selected", test_selection},
        {"which projects are wanted", test_projects},
        {"printed, as little as there is", test_print_small},
        {"printed, with everything", test_print_large},
        {"printed, with other remotes", test_print_remotes},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/plan", tests);
}
