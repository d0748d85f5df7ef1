/* Configured clusters that are one endpoint. */
#include "config_scene.h"

static const struct endpoint_case {
    const char *what;
    const char *a, *b; /* behind the names "a" and "b", on lines 3 and 4 */
    const char *expected;
} cases[] = {
#define URL(url) "url = \"" url "\";"
#define SAME(more)                                                                                 \
    "rollcall.conf:4: the endpoint of the cluster \"b\" is that of \"a\" at rollcall.conf:3" more  \
    ", and would be counted twice: give them different \"projects\"\n"
#define OTHER_WAY                                                                                  \
    "warning: rollcall.conf:4: the endpoint of the cluster \"b\" is that of \"a\" at "             \
    "rollcall.conf:3, asked in another way: if it is the same server, it is counted twice\n"
#define OTHER_API                                                                                  \
    "warning: rollcall.conf:4: the url of the cluster \"b\" is that of \"a\" at rollcall.conf:3, " \
    "with another api: what both show is counted twice\n"
    {"different hosts", URL("https://h"), URL("https://i"), ""},
    {"the same text", URL("https://h"), URL("https://h"), SAME("")},
    {"case", URL("https://H.Example"), URL("https://h.example"), SAME("")},
    {"the default port", URL("https://h:443"), URL("https://h"), SAME("")},
    {"a port with zeros", URL("https://h:8443"), URL("https://h:08443"), SAME("")},
    {"another port", URL("https://h:8443"), URL("https://h"), ""},
    {"slashes at the end", URL("https://h///"), URL("https://h"), SAME("")},
    {"a dot behind the host", URL("https://h.example."), URL("https://h.example"), SAME("")},
    {"another path", URL("https://h/x"), URL("https://h/y"), ""},
    {"another spelling of a path", URL("https://h/X"), URL("https://h/x"), ""},
    {"an address", URL("https://[2001:DB8::1]"), URL("https://[2001:db8:0:0:0:0:0:1]:443"),
     SAME("")},
    {"http and https", URL("http://h:443") "allow_http = true;", URL("https://h"), ""},
    {"http's default port", URL("http://h") "allow_http = true;",
     URL("http://h:80") "allow_http = true;", SAME("")},
    {"another base path", URL("https://h") "base_path = \"/x\";", URL("https://h"), ""},
    {"the path in the url", URL("https://h/x") "base_path = \"/y\";",
     URL("https://h") "base_path = \"/x/y/\";", SAME("")},
    {"different projects", URL("https://h") "projects = [ \"p\", \"q\" ];",
     URL("https://h") "projects = [ \"r\", \"P\" ];", ""},
    {"one project in common", URL("https://h") "projects = [ \"p\", \"q\" ];",
     URL("https://h") "projects = [ \"r\", \"q\" ];", SAME(" with its project \"q\"")},
    {"one asks for all", URL("https://h") "projects = [ \"p\" ];", URL("https://h"), SAME("")},
    {"the other asks for all", URL("https://h"), URL("https://h") "projects = [ \"p\" ];",
     SAME("")},
    {"another address", URL("https://h") "resolve = [ \"h:443:192.0.2.1\" ];", URL("https://h"),
     OTHER_WAY},
    {"another proxy", URL("https://h") "proxy = \"http://p:1\";", URL("https://h"), OTHER_WAY},
    {"another trust", URL("https://h") "ca_file = \"rollcall.conf\";", URL("https://h"), OTHER_WAY},
    {"another header", URL("https://h"), URL("https://h") "headers = [ \"X-Tenant: a\" ];",
     OTHER_WAY},
    {"another token", URL("https://h") "token : { env = \"A\"; };",
     URL("https://h") "token : { env = \"B\"; };", OTHER_WAY},
    {"the same token", URL("https://h") "token : { env = \"A\"; };",
     URL("https://h") "token : { env = \"A\"; };", SAME("")},
    {"other limits are no other way", URL("https://h") "timeout = 5; retries = 1;",
     URL("https://h"), SAME("")},
    {"another api", URL("https://h"), URL("https://h") "api = \"kubernetes\";", OTHER_API},
    {"another api, different projects", URL("https://h") "projects = [ \"p\" ];",
     URL("https://h") "api = \"kubernetes\"; projects = [ \"q\" ];", ""},
    {"kubernetes twice", URL("https://h") "api = \"kubernetes\";",
     URL("https://h") "api = \"kubernetes\";", SAME("")},
    {"the control plane's, of which each has its uuid", "api = \"control_plane\"; uuid = \"1\";",
     "api = \"control_plane\"; uuid = \"2\";", ""},
    {"the control plane's, of one uuid", "api = \"control_plane\"; uuid = \"a-1\";",
     "api = \"control_plane\"; uuid = \"A-1\";",
     "rollcall.conf:4: the uuid \"A-1\" is taken already, by the cluster \"a\" at "
     "rollcall.conf:3\n"},
};

static void test_pairs(void)
{
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct endpoint_case *c = &cases[i];
        char *text = mem_printf(
            CONTROL "clusters = (\n{ name = \"a\"; %s },\n{ name = \"b\"; %s });\n", c->a, c->b);
        struct config *config = load_text(&scene, text);
        bool is_error = c->expected[0] != '\0' && strncmp(c->expected, "warning", 7) != 0;
        if (strcmp(scene.messages.data, c->expected) != 0)
            fprintf(stderr, "    %s:\n", c->what);
        CHECK_STR(scene.messages.data, c->expected);
        CU_ASSERT_EQUAL(config == NULL, is_error);
        config_free(config);
        free(text);
    }
    scene_end(&scene);
}

/* Each is told once, with one it shares something with. */
static void test_many(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_text(
        &scene, CONTROL "clusters = (\n"
                        "{ name = \"a\"; url = \"https://h\"; projects = [ \"p\", \"q\" ]; },\n"
                        "{ name = \"b\"; url = \"https://h\"; projects = [ \"r\" ]; },\n"
                        "{ name = \"c\"; url = \"https://h\"; projects = [ \"q\", \"r\" ]; },\n"
                        "{ name = \"d\"; url = \"https://h\"; },\n"
                        "{ name = \"e\"; url = \"https://h\"; projects = [ \"s\" ]; });\n");
    CU_ASSERT_PTR_NULL(config);
    CHECK_STR(scene.messages.data,
              "rollcall.conf:5: the endpoint of the cluster \"c\" is that of \"a\" at "
              "rollcall.conf:3 with its project \"q\", and would be counted twice: give them "
              "different \"projects\"\n"
              "rollcall.conf:6: the endpoint of the cluster \"d\" is that of \"a\" at "
              "rollcall.conf:3, and would be counted twice: give them different \"projects\"\n"
              "rollcall.conf:7: the endpoint of the cluster \"e\" is that of \"d\" at "
              "rollcall.conf:6, and would be counted twice: give them different \"projects\"\n");
    scene_end(&scene);
}

/* Clusters that divide the projects of one endpoint among them are compared by sorting. */
static void test_divided(void)
{
    enum { CLUSTERS = 20000 };
    struct scene scene;
    struct buf text;
    scene_begin(&scene);
    buf_init(&text, 1 << 24);
    buf_append_str(&text, CONTROL "clusters = (\n");
    for (int i = 0; i < CLUSTERS; i++)
        buf_printf(&text, "%s{ name = \"c%d\"; url = \"https://h\"; projects = [ \"p%d\" ]; }",
                   i == 0 ? "" : ",\n", i, i);
    buf_append_str(&text, ");\n");
    struct config *config = load_text(&scene, text.data);
    CU_ASSERT_PTR_NOT_NULL(config);
    CHECK_STR(scene.messages.data, "");
    config_free(config);
    buf_free(&text);
    scene_end(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"two of one endpoint", test_pairs},
        {"several of one endpoint", test_many},
        {"20,000 that divide one endpoint", test_divided},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/config_endpoints", tests);
}
