/* The fleet that configured clusters and found ones make together. */
#include "config_scene.h"

#define U1 "11111111-aaaa-4000-8000-000000000001"
#define U2 "22222222-aaaa-4000-8000-000000000002"
#define U3 "33333333-aaaa-4000-8000-000000000003"

struct merge_case {
    const char *what;
    const char *config; /* behind the control plane's and discover's beginning */
    struct found_cluster found[4];
    const char *expected; /* a line for each cluster: NAME URL UUID [skipped: REASON] */
};

static void print_fleet(const struct config *config, struct buf *out)
{
    buf_clear(out);
    buf_append_str(out, "");
    for (size_t i = 0; i < config->cluster_count; i++) {
        const struct cluster_config *cluster = &config->clusters[i];
        buf_printf(out, "%s %s %s", cluster->name, cluster->url == NULL ? "-" : cluster->url,
                   cluster->uuid == NULL ? "-" : cluster->uuid);
        if (cluster->skipped != NULL)
            buf_printf(out, " skipped: %s", cluster->skipped);
        buf_append_char(out, '\n');
    }
}

static size_t count_found(const struct merge_case *c)
{
    size_t count = 0;
    while (count < 4 && (c->found[count].name != NULL || c->found[count].uuid != NULL ||
                         c->found[count].domain != NULL))
        count++;
    return count;
}

/* What is found is merged in the order given and in the other one: the fleet is the same. */
static void check_case(struct scene *scene, const struct merge_case *c)
{
    struct buf fleet;
    buf_init(&fleet, 1 << 20);
    size_t count = count_found(c);
    for (int is_reversed = 0; is_reversed < 2; is_reversed++) {
        struct found_cluster found[4];
        for (size_t i = 0; i < count; i++)
            found[i] = c->found[is_reversed ? count - 1 - i : i];
        char *text = mem_printf(CONTROL "discover : { enabled = true;\n%s", c->config);
        struct config *config = load_good(scene, text);
        config_merge(config, found, count);
        memset(found, 0, sizeof found);
        print_fleet(config, &fleet);
        if (strcmp(fleet.data, c->expected) != 0)
            fprintf(stderr, "    %s:\n", c->what);
        CHECK_STR(fleet.data, c->expected);
        config_free(config);
        free(text);
    }
    buf_free(&fleet);
}

static void check_cases(const struct merge_case *cases, size_t count)
{
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < count; i++)
        check_case(&scene, &cases[i]);
    scene_end(&scene);
}

#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])
#define CLUSTERS(clusters) "};\nclusters = ( " clusters " );\n"
#define A(inside)          CLUSTERS("{ name = \"a\"; " inside " }")
#define SEEN               "2026-11-24T04:00:00.5+01:00"
#define GONE                                                                                       \
    "skipped: Disconnected according to the control plane (last seen 2026-11-24T03:00:00Z)\n"

static void test_matching(void)
{
    static const struct merge_case cases[] = {
        {"nothing found", A("url = \"https://a\";"), {{0}}, "a https://a -\n"},
        {"nothing at all", "};\n", {{0}}, ""},
        {"found ones only, sorted",
         "};\n",
         {{U2, "b", "b.example", "Connected", NULL}, {U1, "a", "a.example", NULL, NULL}},
         "a https://a.example " U1 "\nb https://b.example " U2 "\n"},
        {"the same name: the configured one's url",
         A("url = \"https://a\";"),
         {{U1, "a", "other.example", "Connected", NULL}},
         "a https://a " U1 "\n"},
        {"the same UUID: the configured one's name",
         A("url = \"https://a\"; uuid = \"" U1 "\";"),
         {{U1, "eu-1", "other.example", "Connected", NULL}},
         "a https://a " U1 "\n"},
        {"a UUID in another case: as the control plane spells it",
         A("uuid = \"AB-1\";"),
         {{"ab-1", "eu-1", "a.example", "Connected", NULL}},
         "a https://a.example ab-1\n"},
        {"no url: the domain",
         A(""),
         {{U1, "a", "a.example:6443", "ServiceIssues", NULL}},
         "a https://a.example:6443 " U1 "\n"},
        {"the same name and another UUID: two clusters",
         A("url = \"https://a\"; uuid = \"" U1 "\";"),
         {{U2, "a", "b.example", "Connected", NULL}},
         "a https://a " U1 "\na (" U2 ") https://b.example " U2 "\n"},
        {"the UUID comes before the name",
         CLUSTERS("{ name = \"a\"; uuid = \"" U2 "\"; }, { name = \"b\"; }"),
         {{U1, "b", "1.example", "Connected", NULL}, {U2, "b", "2.example", "Connected", NULL}},
         "a https://2.example " U2 "\nb https://1.example " U1 "\n"},
        {"found without a UUID: by name",
         A("uuid = \"" U1 "\";"),
         {{NULL, "a", "a.example", NULL, NULL}},
         "a https://a.example " U1 "\n"},
        {"installed anew: the one that is there",
         A(""),
         {{U1, "a", "old.example", "Disconnected", SEEN},
          {U2, "a", "new.example", "Connected", NULL}},
         "a https://new.example " U2 "\na (" U1 ") https://old.example " U1 " " GONE},
        {"a configured one is kept whatever include and exclude say",
         "exclude = [ \"*\" ]; " A(""),
         {{U1, "a", "a.example", NULL, NULL}, {U2, "b", "b.example", NULL, NULL}},
         "a https://a.example " U1 "\n"},
        {"include and exclude",
         "include = [ \"eu-*\", \"us-1\" ]; exclude = [ \"*-dev\" ]; };\n",
         {{U1, "eu-1", "1.example", NULL, NULL},
          {U2, "eu-dev", "2.example", NULL, NULL},
          {U3, "us-2", "3.example", NULL, NULL},
          {NULL, "us-1", "4.example", NULL, NULL}},
         "eu-1 https://1.example " U1 "\nus-1 https://4.example -\n"},
        {"neither configured url nor known",
         A(""),
         {{U1, "b", "b.example", NULL, NULL}},
         "a - - skipped: it has no url and the control plane does not know it\n"
         "b https://b.example " U1 "\n"},
    };
    CHECK_CASES(cases);
}

static void test_states(void)
{
    static const struct merge_case cases[] = {
        {"disconnected",
         "};\n",
         {{U1, "a", "a.example", "Disconnected", SEEN}},
         "a https://a.example " U1 " " GONE},
        {"last seen: not said",
         "};\n",
         {{U1, "a", "a.example", "Disconnected", NULL}},
         "a https://a.example " U1 " skipped: Disconnected according to the control plane (last "
         "seen: unknown)\n"},
        {"last seen: garbage",
         "};\n",
         {{U1, "a", "a.example", "disconnected", "\x1b[31m<script>"}},
         "a https://a.example " U1 " skipped: Disconnected according to the control plane (last "
         "seen: unknown)\n"},
        {"waiting",
         "};\n",
         {{U1, "a", NULL, "WaitingToConnect", NULL}},
         "a - " U1 " skipped: WaitingToConnect according to the control plane\n"},
        {"waiting, seen once",
         "};\n",
         {{U1, "a", NULL, "WaitingToConnect", SEEN}},
         "a - " U1 " skipped: WaitingToConnect according to the control plane (last seen "
         "2026-11-24T03:00:00Z)\n"},
        {"no domain",
         "};\n",
         {{U1, "a", NULL, "Connected", NULL}},
         "a - " U1 " skipped: the control plane knows no address (domain) for it\n"},
        {"an empty domain",
         "};\n",
         {{U1, "a", "", "Connected", NULL}},
         "a - " U1 " skipped: the control plane knows no address (domain) for it\n"},
        {"states that are no reason",
         "};\n",
         {{U1, "a", "a.example", "MissingPrerequisites", NULL},
          {U2, "b", "b.example", "Unknown", NULL},
          {U3, "c", "c.example", "", NULL}},
         "a https://a.example " U1 "\nb https://b.example " U2 "\nc https://c.example " U3 "\n"},
        {"a configured one with a url as well",
         A("url = \"https://a\";"),
         {{U1, "a", NULL, "Disconnected", SEEN}},
         "a https://a " U1 " " GONE},
        {"contacted all the same",
         "contact_disconnected = true; " A("url = \"https://a\";"),
         {{U1, "a", NULL, "Disconnected", SEEN},
          {U2, "b", "b.example", "WaitingToConnect", NULL},
          {U3, "c", NULL, "Disconnected", SEEN}},
         "a https://a " U1 "\nb https://b.example " U2 "\nc - " U3
         " skipped: the control plane knows no address (domain) for it\n"},
    };
    CHECK_CASES(cases);
}

static void test_domains(void)
{
    static const struct {
        const char *domain, *url, *fault;
    } cases[] = {
        {"a.example", "https://a.example", NULL},
        {"a.example:8443", "https://a.example:8443", NULL},
        {"192.0.2.1", "https://192.0.2.1", NULL},
        {"[2001:db8::1]:443", "https://[2001:db8::1]:443", NULL},
        {"https://a.example/x//", "https://a.example/x", NULL},
        {"a.example/", "https://a.example", NULL},
        {"http://a.example", NULL,
         "it is an http:// URL, over which the token would travel unencrypted"},
        {"ftp://a.example", NULL, "it does not begin with https://"},
        {"2001:db8::1", NULL, "the port must be a number from 1 to 65535"},
        {"me:pw@a.example", NULL, "a user name or password may not stand in it"},
        {"a.example:0", NULL, "the port must be a number from 1 to 65535"},
        {"a.example?x", NULL, "a query may not stand in it"},
        {"a.example\r\nX-Y: z", NULL, "it holds a blank or a control character"},
        {"/", NULL, "the host is missing"},
    };
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *expected =
            cases[i].fault == NULL
                ? mem_printf("a %s " U1 "\n", cases[i].url)
                : mem_printf("a - " U1 " skipped: its domain is not usable: %s\n", cases[i].fault);
        const struct merge_case c = {
            cases[i].domain, "};\n", {{U1, "a", cases[i].domain, NULL, NULL}}, expected};
        check_case(&scene, &c);
        free(expected);
    }
    scene_end(&scene);
}

static void test_control_plane_flavour(void)
{
#define ASKED "api = \"control_plane\";"
    static const struct merge_case cases[] = {
        {"the UUID by name, whatever the state",
         A(ASKED),
         {{U1, "a", NULL, "Disconnected", SEEN}},
         "a https://cp.example " U1 "\n"},
        {"unknown name",
         A(ASKED),
         {{U1, "b", "b.example", NULL, NULL}},
         "a https://cp.example - skipped: the control plane knows no cluster of its name, and it "
         "has no uuid\nb https://b.example " U1 "\n"},
        {"unknown UUID",
         A(ASKED "uuid = \"" U2 "\";"),
         {{U1, "a", "b.example", NULL, NULL}},
         "a https://cp.example " U2 " skipped: the control plane knows no cluster with its uuid\n"
         "a (" U1 ") https://b.example " U1 "\n"},
        {"no UUID said",
         A(ASKED),
         {{NULL, "a", NULL, NULL, NULL}},
         "a https://cp.example - skipped: the control plane gives no uuid for it\n"},
        {"all of them, by the defaults",
         "}; defaults : { " ASKED " };\n",
         {{U1, "a", NULL, "WaitingToConnect", NULL}, {NULL, "b", "b.example", NULL, NULL}},
         "a https://cp.example " U1 "\n"
         "b https://cp.example - skipped: the control plane gives no uuid for it\n"},
    };
    CHECK_CASES(cases);
}

#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxx"                                                                                         \
    "xxxx"

/* The characters of two bytes lie across the limits of 253 bytes, without and with a suffix. */
#define X213 X100 X100 "xxxxxxxxxxxxx"
#define LONG                                                                                       \
    X213 "\xc3\xa4"                                                                                \
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_names(void)
{
    static const struct merge_case cases[] = {
        {"the same name: the later UUID's gets it behind",
         "};\n",
         {{U2, "a", "2.example", NULL, NULL},
          {U1, "a", "1.example", NULL, NULL},
          {U3, "a", "3.example", NULL, NULL}},
         "a https://1.example " U1 "\na (" U2 ") https://2.example " U2 "\na (" U3
         ") https://3.example " U3 "\n"},
        {"the same UUID twice is one cluster",
         "};\n",
         {{U1, "a", "1.example", NULL, NULL}, {U1, "a", "1.example", NULL, NULL}},
         "a https://1.example " U1 "\n"},
        {"a name that looks like another's with its UUID",
         A("url = \"https://a\"; uuid = \"u\";"),
         {{U1, "a", "1.example", NULL, NULL}, {U2, "a (" U1 ")", "2.example", NULL, NULL}},
         "a https://a u\na (" U1 ") https://1.example " U1 "\na (" U1 ") (" U2
         ") https://2.example " U2 "\n"},
        {"the same name and no UUIDs",
         "};\n",
         {{NULL, "a", "1.example", NULL, NULL},
          {NULL, "a", "2.example", NULL, NULL},
          {NULL, "a", "3.example", NULL, NULL}},
         "a https://1.example -\na (2) https://2.example -\na (3) https://3.example -\n"},
        {"no names",
         "};\n",
         {{U1, NULL, "1.example", NULL, NULL},
          {U2, "", "2.example", NULL, NULL},
          {NULL, NULL, "3.example", NULL, NULL},
          {NULL, NULL, "4.example", NULL, NULL}},
         "(unnamed) https://3.example -\n(unnamed) (2) https://4.example -\n" U1
         " https://1.example " U1 "\n" U2 " https://2.example " U2 "\n"},
        {"unprintable names",
         "};\n",
         {{U1, "a\x1b[31m\n\xff", "1.example", NULL, NULL}},
         "a\\x1B[31m\\n\\xFF https://1.example " U1 "\n"},
        {"UUIDs that are none",
         "};\n",
         {{"a\nb", "a", "1.example", NULL, NULL}, {X100, "b", "2.example", NULL, NULL}},
         "a https://1.example -\nb https://2.example -\n"},
        {"long names are cut between characters, and keep their suffix",
         "};\n",
         {{U1, LONG "\xc3\xa4z", "1.example", NULL, NULL},
          {U2, LONG "\xc3\xa4z", "2.example", NULL, NULL}},
         X213 " (" U2 ") https://2.example " U2 "\n" LONG " https://1.example " U1 "\n"},
    };
    CHECK_CASES(cases);
}

/* A found cluster begins with the defaults, a configured one keeps all that is its own. */
static void test_inheritance(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_good(
        &scene, CONTROL "discover : { enabled = true; };\n"
                        "defaults : { api = \"kubernetes\"; base_path = \"/k8s\"; projects = [ "
                        "\"p\" ]; labels = [ \"l=1\" ]; optional = true; retries = 7; };\n"
                        "clusters = ( { name = \"b\"; api = \"researcher\"; projects = [ \"q\" ];\n"
                        "  labels = []; optional = false; retries = 1; token : { env = \"T\"; }; } "
                        ");\n");
    const struct found_cluster found[] = {{U2, "b", "b.example", NULL, NULL},
                                          {U1, "a", "a.example", NULL, NULL}};
    config_merge(config, found, 2);
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 2);
    const struct cluster_config *a = &config->clusters[0], *b = &config->clusters[1];
    CU_ASSERT_EQUAL(a->api, API_KUBERNETES);
    CHECK_STR(a->base_path, "/k8s");
    check_list(a->projects, "p");
    check_list(a->labels, "l=1");
    CU_ASSERT_TRUE(a->is_optional);
    CU_ASSERT_EQUAL(a->endpoint->retries, 7);
    CU_ASSERT_EQUAL(a->token.kind, SECRET_NONE);
    CHECK_STR(a->file, "rollcall.conf");
    CU_ASSERT_EQUAL(a->line, 2);
    CU_ASSERT_EQUAL(b->api, API_RESEARCHER);
    CHECK_STR(b->base_path, "/researcher");
    check_list(b->projects, "q");
    check_list(b->labels, "");
    CU_ASSERT_FALSE(b->is_optional);
    CU_ASSERT_EQUAL(b->endpoint->retries, 1);
    CU_ASSERT_EQUAL(b->token.kind, SECRET_ENV);
    CU_ASSERT_EQUAL(b->line, 4);
    config_free(config);
    scene_end(&scene);
}

/* As a report may know them, whatever exclude says. */
static void test_found_names(void)
{
    static const char *const expected[] = {
        "a", "a (" U1 ")", "a (" U2 ")", "a (" U2 ")", "b", "b (2)", "c", "c (" U3 ")", NULL,
    };
    const struct found_cluster found[] = {
        {U2, "a", NULL, NULL, NULL}, {NULL, "b", NULL, NULL, NULL}, {U3, "c", NULL, NULL, NULL},
        {U1, "a", NULL, NULL, NULL}, {NULL, "b", "x", NULL, NULL},  {U1, "a", NULL, NULL, NULL},
    };
    struct scene scene;
    scene_begin(&scene);
    struct config *config =
        load_good(&scene, CONTROL "discover : { enabled = true; exclude = [ \"*\" ]; };\n"
                                  "clusters = ( { name = \"a\"; url = \"https://a\"; } );\n");
    size_t count = 0;
    const char **names = config_found_names(config, found, 6, &count);
    CU_ASSERT_EQUAL_FATAL(count, 8);
    for (size_t i = 0; i < count; i++)
        CHECK_STR(names[i], expected[i]);
    CU_ASSERT_PTR_NULL(names[count]);
    CU_ASSERT_EQUAL(config->cluster_count, 1);
    config_free(config);
    scene_end(&scene);
}

/* 5,000 of one name, with UUIDs or without: nothing that takes the square of it. */
static void test_large(void)
{
    enum { COUNT = 5000 };
    static struct found_cluster found[COUNT];
    struct scene scene;
    scene_begin(&scene);
    for (int has_uuid = 0; has_uuid < 2; has_uuid++) {
        struct config *config = load_good(&scene, CONTROL "discover : { enabled = true; };\n");
        for (int i = 0; i < COUNT; i++) {
            found[i] = (struct found_cluster){.name = "a", .state = "Connected"};
            found[i].domain = mem_printf("h%d.example", i);
            found[i].uuid = has_uuid ? mem_printf("%08d", (i * 7) % COUNT) : NULL;
        }
        config_merge(config, found, COUNT);
        CU_ASSERT_EQUAL_FATAL(config->cluster_count, COUNT);
        for (size_t i = 1; i < COUNT; i++)
            CU_ASSERT_FATAL(strcmp(config->clusters[i - 1].name, config->clusters[i].name) < 0);
        CHECK_STR(config->clusters[COUNT - 1].name, has_uuid ? "a (00004999)" : "a (999)");
        config_free(config);
        for (int i = 0; i < COUNT; i++) {
            free((char *)found[i].domain);
            free((char *)found[i].uuid);
        }
    }
    scene_end(&scene);
}

static void test_endpoints(void)
{
    static const struct merge_case cases[] = {
        {"another name, the same endpoint",
         A("url = \"https://H.example:443/\"; base_path = \"/r\";"),
         {{U1, "b", "h.example.", "Connected", NULL}},
         "a https://H.example:443 " U1 "\n"},
        {"its state is the cluster's",
         A("url = \"https://h.example\";"),
         {{U1, "b", "h.example", "Disconnected", SEEN}},
         "a https://h.example " U1 " " GONE},
        {"another port is another one",
         A("url = \"https://h.example:8443\";"),
         {{U1, "b", "h.example", NULL, NULL}},
         "a https://h.example:8443 -\nb https://h.example " U1 "\n"},
        {"the name goes first, and who comes after it is no other cluster",
         A("url = \"https://h.example\";"),
         {{U1, "a", "h.example", NULL, NULL}, {U2, "b", "https://h.example/", NULL, NULL}},
         "a https://h.example " U1 "\n"
         "b https://h.example " U2 " skipped: its endpoint is that of the cluster \"a\"\n"},
        {"one that is there goes before one that is gone",
         A("url = \"https://h.example\";"),
         {{U1, "b", "h.example", "Disconnected", SEEN}, {U2, "c", "h.example", NULL, NULL}},
         "a https://h.example " U2 "\nb https://h.example " U1 " " GONE},
        {"two that divide its projects: the first by name",
         CLUSTERS("{ name = \"b\"; url = \"https://h\"; projects = [ \"p\" ]; },"
                  "{ name = \"a\"; url = \"https://h/\"; projects = [ \"q\" ]; }"),
         {{U1, "c", "h", NULL, NULL}},
         "a https://h " U1 "\nb https://h -\n"},
        {"two found ones: the first is asked",
         CLUSTERS(""),
         {{U2, "b", "https://H.EXAMPLE/", NULL, NULL}, {U1, "c", "h.example:443", NULL, NULL}},
         "b https://H.EXAMPLE " U2 "\n"
         "c https://h.example:443 " U1 " skipped: its endpoint is that of the cluster \"b\"\n"},
        {"two of one name: the one that is connected is asked",
         CLUSTERS(""),
         {{U1, "b", "h", "Failed", NULL}, {U2, "b", "h", "connected", NULL}},
         "b https://h " U1 " skipped: its endpoint is that of the cluster \"b (" U2 ")\"\n"
         "b (" U2 ") https://h " U2 "\n"},
        {"two found ones of which one is gone, and said to be so",
         CLUSTERS(""),
         {{U1, "b", "h", "Disconnected", SEEN}, {U2, "c", "h", NULL, NULL}},
         "b https://h " U1 " " GONE "c https://h " U2 "\n"},
        {"one that is gone stands in nobody's way",
         A("url = \"https://h\"; uuid = \"" U1 "\";"),
         {{U1, "a", "h", "Disconnected", SEEN}, {U2, "c", "h", "Connected", NULL}},
         "a https://h " U1 " " GONE "c https://h " U2 "\n"},
        {"configured ones that have their url from the control plane",
         CLUSTERS("{ name = \"a\"; uuid = \"" U1 "\"; }, { name = \"b\"; uuid = \"" U2 "\"; }"),
         {{U1, "x", "h", NULL, NULL},
          {U2, "y", "h", NULL, NULL},
          {U3, "0", "h", "Connected", NULL}},
         "0 https://h " U3 " skipped: its endpoint is that of the cluster \"a\"\n"
         "a https://h " U1 "\n"
         "b https://h " U2 " skipped: its endpoint is that of the cluster \"a\"\n"},
        {"which divide its projects",
         CLUSTERS("{ name = \"a\"; uuid = \"" U1 "\"; projects = [ \"p\" ]; },"
                  "{ name = \"b\"; uuid = \"" U2 "\"; projects = [ \"q\" ]; }"),
         {{U1, "x", "h", NULL, NULL}, {U2, "y", "h", NULL, NULL}},
         "a https://h " U1 "\nb https://h " U2 "\n"},
        {"asked through the control plane: it has no endpoint",
         A("api = \"control_plane\"; uuid = \"" U2 "\";"),
         {{U1, "b", "cp.example", NULL, NULL}},
         "a https://cp.example " U2 " skipped: the control plane knows no cluster with its uuid\n"
         "b https://cp.example " U1 "\n"},
    };
    CHECK_CASES(cases);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"which one is which", test_matching},
        {"states", test_states},
        {"domains", test_domains},
        {"asked through the control plane", test_control_plane_flavour},
        {"endpoints", test_endpoints},
        {"names", test_names},
        {"what a found cluster begins with", test_inheritance},
        {"names of found ones", test_found_names},
        {"5,000 found ones", test_large},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/merge", tests);
}
