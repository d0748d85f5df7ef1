/* The configuration of other remotes: grants, flavours, discovery, tokens of clusters' own. */
#include "config_scene.h"

#define KEYCLOAK "grant = \"keycloak\"; " APP
#define REALM                                                                                      \
    "rollcall.conf:3: \"realm\" must be the realm's name alone, printable, of 1 to 255 bytes, "    \
    "without / \\ ? # %, not "
#define PATH "rollcall.conf:3: \"token_path\" must be a path such as \"/api/v1/token\": "

static void test_bad_grants(void)
{
    static const struct bad_case cases[] = {
        {PLANE(KEYCLOAK),
         "rollcall.conf:2: \"realm\" is missing in control_plane: grant \"keycloak\" needs it\n"},
        {PLANE("grant = \"oauth2\";"),
         "rollcall.conf:2: \"client_id\" is missing in control_plane: grant \"oauth2\" needs it\n"
         "rollcall.conf:2: \"client_secret\" is missing in control_plane: grant \"oauth2\" needs "
         "it\n"},
        {PLANE("grant = \"client_credentials\"; client_id = \"a\";"),
         "rollcall.conf:2: \"client_secret\" is missing in control_plane: grant "
         "\"client_credentials\" needs it\n"},
        {PLANE(APP "realm = \"r\";"),
         "rollcall.conf:3: \"realm\" is for grant \"keycloak\", but the grant is \"app_token\"\n"},
        {PLANE(KEYCLOAK "realm = \"r\"; token : { file = \"t\"; };"),
         "rollcall.conf:3: \"token\" is for grant \"token\", but the grant is \"keycloak\"\n"},
        {PLANE("grant = \"token\"; token : { file = \"t\"; };\ntoken_cache = \"c\";"),
         "rollcall.conf:4: \"token_cache\" is for the grants app_token, client_credentials, "
         "oauth2, keycloak, refresh_token, but the grant is \"token\"\n"},
        {PLANE("grant = \"token\"; token : { file = \"t\"; };\ntoken_path = \"/x\";"),
         "rollcall.conf:4: \"token_path\" is for the grants app_token, client_credentials, "
         "oauth2, keycloak, external_token_exchange, refresh_token, but the grant is \"token\"\n"},
        {PLANE("grant = \"external_token_exchange\";"),
         "rollcall.conf:2: \"external_token\" is missing in control_plane: grant "
         "\"external_token_exchange\" needs it\n"},
        {PLANE("grant = \"external_token_exchange\"; external_token : { env = \"E\"; };\n"
               "client_id = \"a\";\ntoken_cache = \"c\";"),
         "rollcall.conf:4: \"client_id\" is for the grants app_token, client_credentials, oauth2, "
         "keycloak, refresh_token, but the grant is \"external_token_exchange\"\n"
         "rollcall.conf:5: \"token_cache\" is for the grants app_token, client_credentials, "
         "oauth2, "
         "keycloak, refresh_token, but the grant is \"external_token_exchange\"\n"},
        {PLANE("grant = \"refresh_token\"; client_id = \"a\";"),
         "rollcall.conf:2: \"refresh_token\" is missing in control_plane: grant \"refresh_token\" "
         "needs it\n"},
        {PLANE(APP "refresh_token : { env = \"R\"; };"),
         "rollcall.conf:3: \"refresh_token\" is for grant \"refresh_token\", but the grant is "
         "\"app_token\"\n"},
        {PLANE(KEYCLOAK "realm = \"\";"), REALM "\"\"\n"},
        {PLANE(KEYCLOAK "realm = \"a/b\";"), REALM "\"a/b\"\n"},
        {PLANE(KEYCLOAK "realm = \"a%20b\";"), REALM "\"a%20b\"\n"},
        {PLANE(KEYCLOAK "realm = \"..\";"), REALM "\"..\"\n"},
        {PLANE(KEYCLOAK "realm = \"a\\tb\";"), REALM "\"a\\tb\"\n"},
        {PLANE(KEYCLOAK "realm = 5;"), "rollcall.conf:3: \"realm\" must be a string, not 5\n"},
        {PLANE(APP "token_path = \"\";"), PATH "it does not begin with \"/\"\n"},
        {PLANE(APP "token_path = \"api\";"), PATH "it does not begin with \"/\"\n"},
        {PLANE(APP "token_path = \"/a?b=c\";"),
         PATH "it holds a character that may not stand in a URL's path\n"},
        {PLANE(APP "token_path = \"/a b\";"),
         PATH "it holds a character that may not stand in a URL's path\n"},
        {PLANE(APP "token_cache = \"\";"),
         "rollcall.conf:3: \"token_cache\" must be a path of 1 to 4095 bytes\n"},
        {PLANE(APP "token_cache = true;"),
         "rollcall.conf:3: \"token_cache\" must be a string, not true\n"},
        {PLANE(APP "ralm = \"r\";"),
         "rollcall.conf:3: unknown key \"ralm\" in control_plane; did you mean \"realm\"?\n"},
    };
    CHECK_BAD_CASES(cases);
}

static void test_good_grants(void)
{
    static const struct {
        const char *inside, *name, *realm, *token_path, *token_cache;
    } cases[] = {
        {APP, "app_token", NULL, NULL, NULL},
        {"grant = \"client_credentials\"; token_path = \"/x/%41/\"; " APP, "client_credentials",
         NULL, "/x/%41/", NULL},
        {"grant = \"oauth2\"; token_cache = \"c/t\"; " APP, "oauth2", NULL, NULL, "etc/c/t"},
        {KEYCLOAK "realm = \"R\xc3\xa4lm 1\"; token_cache = \"/c\";", "keycloak", "R\xc3\xa4lm 1",
         NULL, "/c"},
        {"grant = \"token\"; token : { file = \"/t\"; };", "token", NULL, NULL, NULL},
    };
    struct scene scene;
    scene_begin(&scene);
    make_directory("etc");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = mem_printf(PLANE("%s"), cases[i].inside);
        write_text("etc/r.conf", text);
        free(text);
        struct config *config = load(&scene, "etc/r.conf");
        CHECK_STR(scene.messages.data, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(config);
        const struct control_plane_config *plane = &config->control_plane;
        CHECK_STR(config_grant_name(plane->grant), cases[i].name);
        CHECK_STR(plane->realm == NULL ? "-" : plane->realm,
                  cases[i].realm == NULL ? "-" : cases[i].realm);
        CHECK_STR(plane->token_path == NULL ? "-" : plane->token_path,
                  cases[i].token_path == NULL ? "-" : cases[i].token_path);
        CHECK_STR(plane->token_cache == NULL ? "-" : plane->token_cache,
                  cases[i].token_cache == NULL ? "-" : cases[i].token_cache);
        config_free(config);
    }
    scene_end(&scene);
}

static void test_resolve(void)
{
    static const struct {
        const char *item, *fault; /* NULL: it is fine */
    } cases[] = {
        {"a:443:192.0.2.1", NULL},
        {"a.example:1:[2001:db8::1]", NULL},
        {"a.example.:1:[2001:db8::1]", NULL},
        {"a_b.example:65535:2001:db8::1", NULL},
        {"a:443:::1", NULL},
        {"", "it has no host, port and address"},
        {"a:443", "it has no host, port and address"},
        {":443:192.0.2.1", "the host is missing"},
        {"*:443:192.0.2.1", "\"*\" would stand for every host; name the one that is meant"},
        {"+a:443:192.0.2.1", "the host holds a character that no host name has"},
        {"-a:443:192.0.2.1", "the host is no valid name"},
        {"a b:443:192.0.2.1", "the host holds a character that no host name has"},
        {"[::1]:443:192.0.2.1", "the host is an address already"},
        {"a:0:192.0.2.1", "the port must be a number from 1 to 65535"},
        {"a::192.0.2.1", "the port must be a number from 1 to 65535"},
        {"a:0443:192.0.2.1", "the port begins with 0; leave it out"},
        {"a:65536:192.0.2.1", "the port must be a number from 1 to 65535"},
        {"a:443:", "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:b", "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:192.0.2.1,192.0.2.2",
         "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:[192.0.2.1]",
         "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:[::1", "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:[", "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
        {"a:443:192.0.2.1 ",
         "the address must be IPv4 or IPv6, such as 192.0.2.1 or [2001:db8::1]"},
    };
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = mem_printf(OPTION("resolve = [ \"%s\" ];"), cases[i].item);
        if (cases[i].fault == NULL) {
            struct config *config = load_good(&scene, text);
            check_list(config->clusters[0].endpoint->resolve, cases[i].item);
            config_free(config);
        } else {
            char *expected = mem_printf("rollcall.conf:3: an item of \"resolve\" must be "
                                        "\"HOST:PORT:ADDRESS\": %s\n",
                                        cases[i].fault);
            check_bad(&scene, text, expected);
            free(expected);
        }
        free(text);
    }
    check_bad(&scene,
              OPTION("resolve = [ \"a:443:::1\", \"a:444:::1\", \"b:443:::1\",\n"
                     "\"A:443:192.0.2.1\" ];"),
              "rollcall.conf:3: \"resolve\" gives two addresses for one host and port, "
              "A:443:192.0.2.1\n");
    check_bad(&scene, OPTION("resolve = \"a:443:::1\";"),
              "rollcall.conf:3: \"resolve\" must be an array of strings, [ \"…\" ]\n");
    scene_end(&scene);
}

#define TWO(first, second)                                                                         \
    CONTROL "clusters = ( { name = \"a\"; " first " },\n { name = \"b\"; " second " } );\n"
#define UUID_FAULT                                                                                 \
    "rollcall.conf:3: \"uuid\" must be what the control plane calls it, 1 to 64 bytes, not "
#define SIXTY "123456789012345678901234567890123456789012345678901234567890"
#define X50   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_bad_flavours(void)
{
    static const struct bad_case cases[] = {
        {OPTION("uuid = \"\";"), UUID_FAULT "\"\"\n"},
        {OPTION("uuid = \"" SIXTY "12345\";"), UUID_FAULT "\"" SIXTY "1234\"\n"},
        {OPTION("uuid = \"a\\nb\";"), UUID_FAULT "\"a\\nb\"\n"},
        {OPTION("uuid = 7;"), "rollcall.conf:3: \"uuid\" must be a string, not 7\n"},
        {TWO("url = \"https://a\"; uuid = \"AB-1\";", "url = \"https://b\"; uuid = \"ab-1\";"),
         "rollcall.conf:3: the uuid \"ab-1\" is taken already, by the cluster \"a\" at "
         "rollcall.conf:2\n"},
        {TWO("", "uuid = \"u\";"), "rollcall.conf:2: \"url\" is missing in a cluster\n"
                                   "rollcall.conf:3: \"url\" is missing in a cluster\n"},
        {TWO("api = \"kubernetes\";", "api = \"control_plane\";"),
         "rollcall.conf:2: \"url\" is missing in a cluster\n"
         "rollcall.conf:3: \"uuid\" is missing in a cluster: api \"control_plane\" needs it, "
         "unless discovery is enabled to find it by its name\n"},
        {TWO("api = \"controlplane\";", "api = 5; url = \"https://b\";"),
         "rollcall.conf:2: unknown api \"controlplane\"; did you mean \"control_plane\"?\n"
         "rollcall.conf:3: \"api\" must be a string, not 5\n"},
        {TWO("url = \"https://a\"; api = \"kubernetes\"; jobs_path = \"/{project}\";",
             "uuid = \"u\"; api = \"control_plane\"; jobs_path = \"/{project}\"; base_path = "
             "\"/b\";"),
         "rollcall.conf:2: \"jobs_path\" is for api \"researcher\", but the api is "
         "\"kubernetes\"\n"
         "rollcall.conf:3: \"jobs_path\" is for api \"researcher\", but the api is "
         "\"control_plane\"\n"
         "rollcall.conf:3: \"base_path\" is for api \"researcher\" or \"kubernetes\", but the api "
         "is \"control_plane\"\n"},
        {BASE "defaults : { api = \"control_plane\"; base_path = \"/x\"; };\n",
         "rollcall.conf:2: \"uuid\" is missing in a cluster: api \"control_plane\" needs it, "
         "unless discovery is enabled to find it by its name\n"
         "rollcall.conf:3: \"base_path\" is for api \"researcher\" or \"kubernetes\", but the api "
         "is \"control_plane\"\n"},
        {BASE "defaults : { uuid = \"u\"; token : { env = \"T\"; }; };\n",
         "rollcall.conf:3: \"uuid\" may not stand in defaults: each cluster has its own\n"
         "rollcall.conf:3: \"token\" may not stand in defaults: a token for all clusters is the "
         "control plane's, with grant = \"token\"\n"},
        {OPTION("token = \"hunter2\";"),
         "rollcall.conf:3: \"token\" must say where the secret is, not hold it: { file = "
         "\"PATH\"; }, { env = \"NAME\"; }, { credential = \"NAME\"; } or { command = [ "
         "\"PROGRAM\", … ]; }\n"},
        {OPTION("token : { };"), "rollcall.conf:3: \"token\" must hold exactly one of file, env, "
                                 "credential, command\n"},
    };
    CHECK_BAD_CASES(cases);
}

#define NAMESPACE(project)                                                                         \
    "the project \"" project "\" has no namespace: \"runai-" project "\" is no name that "         \
    "kubernetes allows (a to z, 0 to 9, \"-\")\n"
#define LONG_PROJECT X50 X50 X50 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* 247 */

static void test_namespaces(void)
{
    static const struct bad_case cases[] = {
        {OPTION("api = \"kubernetes\"; projects = [ \"a-1\", \"" LONG_PROJECT "x\",\n"
                "\"Team\", \"a_b\", \"a-\" ];"),
         "rollcall.conf:3: the project \"" X50 "xxxxxxxxxxxxxx…\" has no namespace: \"runai-\" and "
         "its name are more than 253 bytes\n"
         "rollcall.conf:3: " NAMESPACE("Team") "rollcall.conf:3: " NAMESPACE(
             "a_b") "rollcall.conf:3: " NAMESPACE("a-")},
        /* What is inherited is judged where it is used, and once. */
        {TWO("url = \"https://a\";",
             "url = \"https://b\"; api = \"kubernetes\";") "defaults : { projects = [ \"A\" ]; "
                                                           "};\n",
         "rollcall.conf:3: " NAMESPACE("A")},
        {TWO("url = \"https://a\"; api = \"researcher\";",
             "url = \"https://b\";") "defaults : { api = \"kubernetes\";\nprojects = [ \"A\" ]; "
                                     "};\n",
         "rollcall.conf:5: " NAMESPACE("A")},
    };
    CHECK_BAD_CASES(cases);
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_good(
        &scene, OPTION("api = \"kubernetes\"; projects = [ \"" LONG_PROJECT "\", \"a.1-b\" ];"));
    check_list(config->clusters[0].projects, LONG_PROJECT "|a.1-b");
    config_free(config);
    config = load_good(&scene, OPTION("projects = [ \"Team A\" ];"));
    config_free(config);
    scene_end(&scene);
}

/* What each flavour inherits, and from where. */
static void test_flavours(void)
{
    static const struct {
        const char *defaults, *inside, *url, *base_path, *jobs_path;
        unsigned retries;
    } cases[] = {
        {"", "url = \"https://a\";", "https://a", "/researcher", NULL, 3},
        {"", "url = \"https://a\"; api = \"kubernetes\";", "https://a", "", NULL, 3},
        {"", "url = \"https://a\"; api = \"kubernetes\"; base_path = \"/k/\";", "https://a", "/k",
         NULL, 3},
        {"", "uuid = \"u\"; api = \"control_plane\";", "https://cp", "", NULL, 9},
        {"", "uuid = \"u\"; api = \"control_plane\"; retries = 2;", "https://cp", "", NULL, 2},
        {"", "url = \"https://a\"; uuid = \"u\"; api = \"control_plane\";", "https://a", "", NULL,
         9},
        {"base_path = \"/d\"; jobs_path = \"/{project}\"; retries = 7;", "url = \"https://a\";",
         "https://a", "/d", "/{project}", 7},
        {"base_path = \"/d\"; jobs_path = \"/{project}\"; retries = 7;",
         "url = \"https://a\"; api = \"kubernetes\";", "https://a", "", NULL, 7},
        {"base_path = \"/d\"; jobs_path = \"/{project}\"; retries = 7;",
         "uuid = \"u\"; api = \"control_plane\";", "https://cp", "", NULL, 9},
        {"api = \"kubernetes\"; base_path = \"/d\"; jobs_path = \"/{project}\";",
         "url = \"https://a\";", "https://a", "/d", NULL, 3},
        {"api = \"kubernetes\"; base_path = \"/d\"; jobs_path = \"/{project}\";",
         "url = \"https://a\"; api = \"researcher\";", "https://a", "/researcher", "/{project}", 3},
        {"api = \"control_plane\";", "uuid = \"u\";", "https://cp", "", NULL, 9},
        {"api = \"control_plane\"; retries = 7;", "url = \"https://a\"; api = \"researcher\";",
         "https://a", "/researcher", NULL, 7},
    };
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = mem_printf("control_plane : { url = \"https://cp\"; retries = 9; " APP " };\n"
                                "defaults : { %s };\nclusters = ( { name = \"a\"; %s } );\n",
                                cases[i].defaults, cases[i].inside);
        struct config *config = load_good(&scene, text);
        const struct cluster_config *cluster = &config->clusters[0];
        CHECK_STR(cluster->url, cases[i].url);
        CHECK_STR(cluster->base_path, cases[i].base_path);
        CHECK_STR(cluster->jobs_path == NULL ? "-" : cluster->jobs_path,
                  cases[i].jobs_path == NULL ? "-" : cases[i].jobs_path);
        CU_ASSERT_EQUAL(cluster->endpoint->retries, cases[i].retries);
        CU_ASSERT_PTR_NULL(cluster->skipped);
        config_free(config);
        free(text);
    }
    for (int api = API_RESEARCHER; api <= API_CONTROL_PLANE; api++) {
        static const char *const names[] = {"researcher", "kubernetes", "control_plane"};
        CHECK_STR(config_api_name((enum api_flavour)api), names[api]);
    }
    scene_end(&scene);
}

static void test_own_tokens(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("d");
    write_text("d/c.conf", "name = \"c\"; url = \"https://c\"; token : { env = \"T_C\"; };\n");
    struct config *config = load_good(
        &scene, "clusters = ( { name = \"a\"; url = \"https://a\"; token : { env = \"T_A\"; }; },\n"
                "  { name = \"b\"; url = \"https://b\"; token : { file = \"t\"; }; } );\n"
                "clusters_dir = \"d\";\n");
    CU_ASSERT_FALSE(config->control_plane.is_set);
    CU_ASSERT_EQUAL(config->clusters[0].token.kind, SECRET_ENV);
    CHECK_STR(config->clusters[0].token.where, "rollcall.conf:1");
    CU_ASSERT_EQUAL(config->clusters[1].token.kind, SECRET_FILE);
    CHECK_STR(config->clusters[1].token.value, "t");
    CHECK_STR(config->clusters[2].token.where, "d/c.conf:1");
    check_list(config->secret_env, "T_A|T_C");
    config_free(config);

    config = load_good(&scene, "control_plane : { url = \"https://cp\"; client_id = \"a\";\n"
                               "client_secret : { env = \"CP\"; }; };\n"
                               "clusters = ( { name = \"a\"; url = \"https://a\"; },\n"
                               "  { name = \"b\"; url = \"https://b\"; token : { env = \"T\"; }; } "
                               ");\n");
    CU_ASSERT_TRUE(config->control_plane.is_set);
    CU_ASSERT_EQUAL(config->clusters[0].token.kind, SECRET_NONE);
    CU_ASSERT_EQUAL(config->clusters[1].token.kind, SECRET_ENV);
    check_list(config->secret_env, "CP|T");
    config_free(config);
    scene_end(&scene);
}

#define OWN    "clusters = ( { name = \"a\"; url = \"https://a\"; token : { env = \"T\"; }; } );\n"
#define NEEDED "rollcall.conf:1: \"control_plane\" is missing in the configuration: "

static void test_no_control_plane(void)
{
    static const struct bad_case cases[] = {
        {CLUSTER, NEEDED "the cluster \"a\" at rollcall.conf:1 has no token of its own\n"},
        {"clusters = ( { name = \"a\"; uuid = \"u\"; api = \"control_plane\"; token : { env = "
         "\"T\"; }; } );\n",
         NEEDED "the cluster \"a\" at rollcall.conf:1 is asked through it\n"},
        {OWN "run : { enrich = true; };\n", NEEDED "\"enrich\" in run reads it\n"},
        {OWN "run : { reconcile = true; };\n", NEEDED "\"reconcile\" in run reads it\n"},
        {OWN "discover : { enabled = true; };\n",
         NEEDED "\"discover\" at rollcall.conf:2 asks it for the clusters\n"},
        {OWN "run : { enrich = 1; reconcile = \"yes\"; };\n",
         "rollcall.conf:2: \"enrich\" must be true or false, not 1\n"
         "rollcall.conf:2: \"reconcile\" must be true or false, not \"yes\"\n"},
    };
    CHECK_BAD_CASES(cases);
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_good(&scene, BASE "run : { enrich = true; };\n");
    CU_ASSERT_TRUE(config->run.is_enriching);
    CU_ASSERT_FALSE(config->run.is_reconciling);
    config_free(config);
    config = load_good(&scene, BASE "run : { reconcile = true; };\n");
    CU_ASSERT_FALSE(config->run.is_enriching);
    CU_ASSERT_TRUE(config->run.is_reconciling);
    config_free(config);
    scene_end(&scene);
}

static void test_bad_discover(void)
{
    static const struct bad_case cases[] = {
        {BASE "discover = true;\n",
         "rollcall.conf:3: \"discover\" must be a group { … }, not true\n"},
        {BASE "discover : { enabled = 1; contact_disconnected = \"no\"; };\n",
         "rollcall.conf:3: \"enabled\" must be true or false, not 1\n"
         "rollcall.conf:3: \"contact_disconnected\" must be true or false, not \"no\"\n"},
        {BASE "discover : { include = \"*\"; exclude = [ \"\" ]; };\n",
         "rollcall.conf:3: \"include\" must be an array of strings, [ \"…\" ]\n"
         "rollcall.conf:3: an item of \"exclude\" must be a glob for clusters' names, printable, "
         "of 1 to 1024 bytes, not \"\"\n"},
        {BASE "discover : { include = []; };\n",
         "rollcall.conf:3: \"include\" is empty, so that discovery would find nothing: [ \"*\" ] "
         "finds all, and enabled = false; turns it off\n"},
        {BASE "discover : { includes = [ \"a\" ]; };\n",
         "rollcall.conf:3: unknown key \"includes\" in discover; did you mean \"include\"?\n"},
    };
    CHECK_BAD_CASES(cases);
}

static void test_discover(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_good(&scene, BASE);
    CU_ASSERT_FALSE(config->discover.is_enabled);
    CU_ASSERT_FALSE(config->discover.contacts_disconnected);
    check_list(config->discover.includes, "*");
    check_list(config->discover.excludes, "");
    config_free(config);

    config = load_good(&scene, CONTROL "discover : { enabled = true; include = [ \"eu-*\", \"x\" ];"
                                       "exclude = ( \"*-dev\" ); contact_disconnected = true; };\n"
                                       "defaults : { api = \"kubernetes\"; retries = 7; };\n");
    CU_ASSERT_TRUE(config->discover.is_enabled);
    CU_ASSERT_TRUE(config->discover.contacts_disconnected);
    CHECK_STR(config->discover.where, "rollcall.conf:2");
    check_list(config->discover.includes, "eu-*|x");
    check_list(config->discover.excludes, "*-dev");
    CU_ASSERT_EQUAL(config->cluster_count, 0);
    CU_ASSERT_EQUAL(config->defaults.api, API_KUBERNETES);
    CHECK_STR(config->defaults.base_path, "");
    CU_ASSERT_EQUAL(config->defaults.endpoint->retries, 7);
    config_free(config);

    /* What only discovery can complete is not contacted without it. */
    config =
        load_good(&scene, TWO("", "api = \"control_plane\";") "discover : { enabled = true; };\n");
    CU_ASSERT_PTR_NULL(config->clusters[0].url);
    CHECK_STR(config->clusters[0].skipped, "it has no url, unless discovery finds it");
    CHECK_STR(config->clusters[1].url, "https://cp.example");
    CHECK_STR(config->clusters[1].skipped, "it has no uuid, unless discovery finds it");
    config_free(config);
    scene_end(&scene);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"grants, bad", test_bad_grants},
        {"grants, good", test_good_grants},
        {"resolve", test_resolve},
        {"flavours, bad", test_bad_flavours},
        {"projects and their namespaces", test_namespaces},
        {"what each flavour inherits", test_flavours},
        {"tokens of clusters' own", test_own_tokens},
        {"who needs the control plane", test_no_control_plane},
        {"discover, bad", test_bad_discover},
        {"discover", test_discover},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/config_remote", tests);
}
