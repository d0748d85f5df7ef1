#include "config_scene.h"

#define NO_CLUSTER                                                                                 \
    "no cluster is configured: add one to \"clusters\", or a file of its own to "                  \
    "\"clusters_dir\", or enable \"discover\"\n"

static void test_bad_structure(void)
{
    static const struct bad_case cases[] = {
        {"", "rollcall.conf:1: \"control_plane\" is missing in the configuration: it issues the "
             "token that clusters are asked with\nrollcall.conf:1: " NO_CLUSTER},
        {CONTROL, "rollcall.conf:1: " NO_CLUSTER},
        {CONTROL "clusters = ();\n", "rollcall.conf:1: " NO_CLUSTER},
        {BASE "clutsers_dir = \"x\";\n", "rollcall.conf:3: unknown key \"clutsers_dir\" in the "
                                         "configuration; did you mean \"clusters_dir\"?\n"},
        {BASE "audits : { };\n",
         "rollcall.conf:3: unknown key \"audits\" in the configuration; known: control_plane, "
         "discover, run, report, defaults, clusters, clusters_dir\n"},
        {BASE "run : { concurency = 5; };\n", "rollcall.conf:3: unknown key \"concurency\" in run; "
                                              "did you mean \"concurrency\"?\n"},
        {BASE "run = 5;\n", "rollcall.conf:3: \"run\" must be a group { … }, not 5\n"},
        {BASE "report = ( );\n",
         "rollcall.conf:3: \"report\" must be a group { … }, not a list ( … "
         ")\n"},
        {BASE "defaults = [ ];\n", "rollcall.conf:3: \"defaults\" must be a group { … }, not an "
                                   "array [ … ]\n"},
        {CLUSTER "control_plane = true;\n",
         "rollcall.conf:2: \"control_plane\" must be a group { … }, not true\n"},
        {CONTROL "clusters : { };\n", "rollcall.conf:2: \"clusters\" must be a list of groups, ( { "
                                      "name = …; }, … ), not a group { … }\n"},
        {CONTROL "clusters = ( \"a\" );\n", "rollcall.conf:2: an item of \"clusters\" must be a "
                                            "group { … }, not \"a\"\n"},
        {BASE "run : {\n", "rollcall.conf:4: syntax error here or just before: a setting is NAME = "
                           "VALUE; a group { … }, a list ( … ), an array [ … ]\n"},
        {BASE "run : { per_host = 1;\nper_host = 2; };\n",
         "rollcall.conf:4: this setting stands here a second time\n"},
        {BASE "x = [ 1, \"a\" ];\n", "rollcall.conf:3: the items of an array [ … ] must all be of "
                                     "one type; a list ( … ) may mix them\n"},
        {BASE "run : { x = \"a\n\n };\n",
         "rollcall.conf:3: the string or comment that begins here never ends\n"},
        {BASE "run : { x = \"a;\n};\nreport : { mode = \"0640\";\ndirectory = \"x\"; };\n",
         "rollcall.conf:5: syntax error here or just before: a setting is NAME = VALUE; a group { "
         "… }, a list ( … ), an array [ … ]\n"},
        {BASE "/* never\n\n",
         "rollcall.conf:3: the string or comment that begins here never ends\n"},
        {BASE "report : { directory = \"/a\\x00b\"; };\n",
         "rollcall.conf:3: \\x00 may not stand in a string\n"},
    };
    CHECK_BAD_CASES(cases);
}

static void test_bad_control_plane(void)
{
    static const struct bad_case cases[] = {
        {CLUSTER "control_plane : {\n};\n", "rollcall.conf:2: \"url\" is missing in control_plane\n"
                                            "rollcall.conf:2: \"client_id\" is missing in "
                                            "control_plane: grant \"app_token\" needs it\n"
                                            "rollcall.conf:2: \"client_secret\" is missing in "
                                            "control_plane: grant \"app_token\" needs "
                                            "it\n"},
        {PLANE("grant = \"token\";"),
         "rollcall.conf:2: \"token\" is missing in control_plane: grant \"token\" needs it\n"},
        {PLANE(APP "\ntoken : { env = \"T\"; };"),
         "rollcall.conf:4: \"token\" is for grant \"token\", but the grant is \"app_token\"\n"},
        {PLANE("grant = \"token\"; token : { env = \"T\"; };\nclient_id = \"a\";"),
         "rollcall.conf:4: \"client_id\" is for the grants app_token, client_credentials, oauth2, "
         "keycloak, refresh_token, but the grant is \"token\"\n"},
        {PLANE(APP "grant = \"tokem\";"),
         "rollcall.conf:3: unknown grant \"tokem\"; did you mean \"token\"?\n"},
        {PLANE(APP "grant = \"password\";"),
         "rollcall.conf:3: unknown grant \"password\"; known: app_token, client_credentials, "
         "oauth2, keycloak, external_token_exchange, refresh_token, token\n"},
        {PLANE(APP "grant = 5;"), "rollcall.conf:3: \"grant\" must be a string, not 5\n"},
        {PLANE("client_id = \"\"; client_secret : { file = \"s\"; };"),
         "rollcall.conf:3: \"client_id\" must be valid UTF-8 of 1 to 1024 bytes\n"},
        {PLANE("client_id = \"\\xff\"; client_secret : { file = \"s\"; };"),
         "rollcall.conf:3: \"client_id\" must be valid UTF-8 of 1 to 1024 bytes\n"},
        {PLANE(APP "clientid = \"b\";"),
         "rollcall.conf:3: unknown key \"clientid\" in control_plane; did you mean "
         "\"client_id\"?\n"},
        {PLANE(APP "allow_http = 1;"),
         "rollcall.conf:3: \"allow_http\" must be true or false, not 1\n"},
    };
    CHECK_BAD_CASES(cases);
}

#define SECRET(inside) PLANE("client_id = \"a\"; client_secret " inside)

static void test_bad_secrets(void)
{
    static const struct bad_case cases[] = {
        {SECRET("= \"hunter2\";"),
         "rollcall.conf:3: \"client_secret\" must say where the secret is, not hold it: { file = "
         "\"PATH\"; }, { env = \"NAME\"; }, { credential = \"NAME\"; } or { command = [ "
         "\"PROGRAM\", … ]; }\n"},
        {SECRET(": { };"), "rollcall.conf:3: \"client_secret\" must hold exactly one of file, env, "
                           "credential, command\n"},
        {SECRET(": { file = \"a\"; env = \"B\"; };"),
         "rollcall.conf:3: \"client_secret\" must hold exactly one of file, env, credential, "
         "command\n"},
        {SECRET(": { fiel = \"a\"; };"),
         "rollcall.conf:3: unknown key \"fiel\" in client_secret; did you mean \"file\"?\n"
         "rollcall.conf:3: \"client_secret\" must hold exactly one of file, env, credential, "
         "command\n"},
        {SECRET(": { file = \"\"; };"),
         "rollcall.conf:3: \"file\" must be a path of 1 to 4095 bytes\n"},
        {SECRET(": { env = \"A=B\"; };"),
         "rollcall.conf:3: \"env\" must be the name of an environment variable\n"},
        {SECRET(": { env = \"1A\"; };"),
         "rollcall.conf:3: \"env\" must be the name of an environment variable\n"},
        {SECRET(": { credential = \"a/b\"; };"),
         "rollcall.conf:3: \"credential\" must be a credential's name, without a slash\n"},
        {SECRET(": { credential = \"..\"; };"),
         "rollcall.conf:3: \"credential\" must be a credential's name, without a slash\n"},
        {SECRET(": { command = \"pass show\"; };"),
         "rollcall.conf:3: \"command\" must be an array of strings, [ \"…\" ]\n"},
        {SECRET(": { command = []; };"),
         "rollcall.conf:3: \"command\" must name a program: [ \"PROGRAM\", \"ARGUMENT\", … ]\n"},
        {SECRET(": { command = [ \"\" ]; };"),
         "rollcall.conf:3: \"command\" must name a program: [ \"PROGRAM\", \"ARGUMENT\", … ]\n"},
        {SECRET(": { command = ( \"a\", 5 ); };"),
         "rollcall.conf:3: an item of \"command\" must be a string, not 5\n"},
    };
    CHECK_BAD_CASES(cases);
}

static void test_bad_options(void)
{
    static const struct bad_case cases[] = {
        {OPTION("retries = 21;"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not 21\n"},
        {OPTION("retries = -1;"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not -1\n"},
        {OPTION("retries = 2.0;"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not 2\n"},
        {OPTION("retries = 4294967296L;"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not 4294967296\n"},
        {OPTION("retries = \"3\";"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not \"3\"\n"},
        {OPTION("connect_timeout = 0;"), "rollcall.conf:3: \"connect_timeout\" must be a number of "
                                         "seconds from 0.01 to 86400, not 0\n"},
        {OPTION("idle_timeout = -2.5;"), "rollcall.conf:3: \"idle_timeout\" must be a number of "
                                         "seconds from 0.01 to 86400, not -2.5\n"},
        {OPTION("timeout = 1e999;"),
         "rollcall.conf:3: \"timeout\" must be a number of seconds from "
         "0.01 to 86400, not inf\n"},
        {OPTION("timeout = \"5\";"),
         "rollcall.conf:3: \"timeout\" must be a number of seconds from "
         "0.01 to 86400, not \"5\"\n"},
        {OPTION("timeout = { };"), "rollcall.conf:3: \"timeout\" must be a number of seconds from "
                                   "0.01 to 86400, not a group { … }\n"},
        {OPTION("max_body = \"512m\";"), "rollcall.conf:3: \"max_body\" must be a number of bytes "
                                         "from 1 to \"1024G\", with K, M or G in a string, not "
                                         "\"512m\"\n"},
        {OPTION("max_body = \"1025G\";"), "rollcall.conf:3: \"max_body\" must be a number of bytes "
                                          "from 1 to \"1024G\", with K, M or G in a string, not "
                                          "\"1025G\"\n"},
        {OPTION("max_body = \"34359738369G\";"),
         "rollcall.conf:3: \"max_body\" must be a number of bytes from 1 to \"1024G\", with K, M "
         "or G in a string, not \"34359738369G\"\n"},
        {OPTION("max_body = \"\";"),
         "rollcall.conf:3: \"max_body\" must be a number of bytes from 1 "
         "to \"1024G\", with K, M or G in a string, not \"\"\n"},
        {OPTION("max_body = 0;"),
         "rollcall.conf:3: \"max_body\" must be a number of bytes from 1 to "
         "\"1024G\", with K, M or G in a string, not 0\n"},
        {OPTION("ca_file = \"none.pem\";"),
         "rollcall.conf:3: \"ca_file\": cannot read none.pem: No such file or directory\n"},
        {OPTION("client_cert = \".\";"),
         "rollcall.conf:3: \"client_cert\": cannot read .: it is a directory\n"},
        {OPTION("client_key = \"rollcall.conf\";"),
         "rollcall.conf:3: \"client_key\" needs \"client_cert\" beside it\n"},
        {OPTION("proxy = \"proxy:3128\";"),
         "rollcall.conf:3: \"proxy\" must be \"\" for none, or SCHEME://HOST[:PORT]: it does not "
         "begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://\n"},
        {OPTION("proxy = \"http://me:pw@proxy\";"), "rollcall.conf:3: \"proxy\" must be \"\" for "
                                                    "none, or SCHEME://HOST[:PORT]: a user name or "
                                                    "password may not stand in it\n"},
        {OPTION("proxy = \"http://proxy/path\";"),
         "rollcall.conf:3: \"proxy\" must be \"\" for none, or SCHEME://HOST[:PORT]: nothing may "
         "follow the host and the port\n"},
        {OPTION("headers = \"X-Key: s3cret\";"),
         "rollcall.conf:3: \"headers\" must be an array of strings, [ \"…\" ]\n"},
        {OPTION("headers = [ \"X Key: s3cret\" ];"),
         "rollcall.conf:3: an item of \"headers\" must be \"Name: value\"\n"},
        {OPTION("headers = [ \"X-Key:  \" ];"),
         "rollcall.conf:3: the header \"X-Key\" must have a value, and at most 8192 bytes\n"},
        {OPTION("headers = [ \"X-Key: a\\r\\nb: c\" ];"),
         "rollcall.conf:3: the header \"X-Key\" holds a control character\n"},
        {OPTION("headers = [ \"authorization: Bearer x\" ];"),
         "rollcall.conf:3: the header \"Authorization\" cannot be set: the token goes there\n"},
        {OPTION("headers = [ \"HOST: x\", \"User-Agent: y\" ];"),
         "rollcall.conf:3: the header \"Host\" cannot be set: it comes from the url\n"
         "rollcall.conf:3: the header \"User-Agent\" cannot be set: it names rollcall and its "
         "version\n"},
    };
    CHECK_BAD_CASES(cases);
}

static void test_bad_clusters(void)
{
    static const struct bad_case cases[] = {
        {CONTROL "clusters = (\n { } );\n", "rollcall.conf:3: \"name\" is missing in a cluster\n"
                                            "rollcall.conf:3: \"url\" is missing in a cluster\n"},
        {CONTROL "clusters = ( { name = \"\"; url = \"https://a\"; } );\n",
         "rollcall.conf:2: \"name\" must be printable UTF-8 of 1 to 253 bytes, not \"\"\n"},
        {CONTROL "clusters = ( { name = \"a\\nb\"; url = \"https://a\"; } );\n",
         "rollcall.conf:2: \"name\" must be printable UTF-8 of 1 to 253 bytes, not \"a\\nb\"\n"},
        {CONTROL "clusters = ( { name = \"a\\xc3\"; url = \"https://a\"; } );\n",
         "rollcall.conf:2: \"name\" must be printable UTF-8 of 1 to 253 bytes, not \"a\\xC3\"\n"},
        {CONTROL "clusters = ( { name = \"a\"; url = \"https://a\"; },\n"
                 "  { name = \"b\"; url = \"https://b\"; },\n"
                 "  { name = \"a\"; url = \"https://c\"; },\n"
                 "  { name = \"a\"; url = \"https://d\"; } );\n",
         "rollcall.conf:4: the cluster name \"a\" is taken already, at rollcall.conf:2\n"
         "rollcall.conf:5: the cluster name \"a\" is taken already, at rollcall.conf:2\n"},
        {OPTION("api = \"k8s\";"),
         "rollcall.conf:3: unknown api \"k8s\"; known: researcher, kubernetes, control_plane\n"},
        {OPTION("optional = \"yes\";"),
         "rollcall.conf:3: \"optional\" must be true or false, not \"yes\"\n"},
        {OPTION("base_path = \"researcher\";"),
         "rollcall.conf:3: \"base_path\" must be \"\" or a path such as \"/researcher\": it does "
         "not begin with \"/\"\n"},
        {OPTION("base_path = \"/a?b\";"), "rollcall.conf:3: \"base_path\" must be \"\" or a path "
                                          "such as \"/researcher\": it holds a "
                                          "character that may not stand in a URL's path\n"},
        {OPTION("jobs_path = \"/api/jobs\";"),
         "rollcall.conf:3: \"jobs_path\" must be \"\" or a path such as "
         "\"/api/v1/jobs/{project}\": it does not hold \"{project}\"\n"},
        {OPTION("jobs_path = \"{project}\";"),
         "rollcall.conf:3: \"jobs_path\" must be \"\" or a path such as "
         "\"/api/v1/jobs/{project}\": it does not begin with \"/\"\n"},
        {OPTION("jobs_path = \"/{project}/{x}\";"),
         "rollcall.conf:3: \"jobs_path\" must be \"\" or a path such as "
         "\"/api/v1/jobs/{project}\": it holds a character that may not stand in a URL's path or "
         "query\n"},
        {OPTION("labels = [ \"=x\", \"y\" ];"),
         "rollcall.conf:3: an item of \"labels\" must be \"key=value\", printable and of at most "
         "1024 bytes, not \"=x\"\n"
         "rollcall.conf:3: an item of \"labels\" must be \"key=value\", printable and of at most "
         "1024 bytes, not \"y\"\n"},
        {OPTION("labels = [ \"a=1\", \"a.b=1\", \"a=2\" ];"),
         "rollcall.conf:3: the label \"a\" is given twice\n"},
        {OPTION("projects = [ \"p\", \"\" ];"),
         "rollcall.conf:3: an item of \"projects\" must be a project's name, printable UTF-8 of 1 "
         "to 1024 bytes, not \"\"\n"},
        {OPTION("projects = [ \"p\", \"q\", \"p\" ];"),
         "rollcall.conf:3: the project \"p\" is given twice\n"},
        {OPTION("projects = ( \"p\", 5 );"),
         "rollcall.conf:3: an item of \"projects\" must be a string, not 5\n"},
        {BASE "defaults : { allow_http = true; name = \"x\"; url = \"https://x\"; };\n",
         "rollcall.conf:3: \"allow_http\" may not stand in defaults: it stands in the very group "
         "whose url it is about\n"
         "rollcall.conf:3: \"name\" may not stand in defaults: each cluster has its own\n"
         "rollcall.conf:3: \"url\" may not stand in defaults: each cluster has its own\n"},
        {BASE "clusters_dir = \"none.d\";\n",
         "rollcall.conf:3: \"clusters_dir\": cannot read none.d: No such file or directory\n"},
    };
    CHECK_BAD_CASES(cases);
}

#define LABEL_16 "abcdefghijklmnop"
#define LABEL_64 LABEL_16 LABEL_16 LABEL_16 LABEL_16

static void test_bad_urls(void)
{
    static const struct {
        const char *url, *fault;
    } cases[] = {
        {"", "it does not begin with https://"},
        {"a.example", "it does not begin with https://"},
        {"HTTPS://a.example", "it does not begin with https://"},
        {"ftp://a.example", "it does not begin with https://"},
        {"http://a.example", "http:// sends the token unencrypted; if that is wanted, write "
                             "allow_http = true; in this very group"},
        {"https://", "the host is missing"},
        {"https:///x", "the host is missing"},
        {"https://:443", "the host is missing"},
        {"https://me:pw@a.example", "a user name or password may not stand in it"},
        {"https://a.example?x=1", "a query may not stand in it"},
        {"https://a.example/x?y", "a query may not stand in it"},
        {"https://a.example/#x", "a fragment may not stand in it"},
        {"https://a.example/x y", "it holds a blank or a control character"},
        {"https://a.example\\n", "it holds a blank or a control character"},
        {"https://\xc3\xa4.example",
         "it holds a character that is not ASCII (percent-encode it, or "
         "write the host in its xn-- form)"},
        {"https://a.example/%4", "the path holds a character that is to be percent-encoded"},
        {"https://a.example/<>", "the path holds a character that is to be percent-encoded"},
        {"https://a.example:", "the port must be a number from 1 to 65535"},
        {"https://a.example:0", "the port must be a number from 1 to 65535"},
        {"https://a.example:65536", "the port must be a number from 1 to 65535"},
        {"https://a.example:443x", "the port must be a number from 1 to 65535"},
        {"https://a_b!", "the host holds a character that no host name has"},
        {"https://a..b", "the host is no valid name"},
        {"https://-a", "the host is no valid name"},
        {"https://.a", "the host is no valid name"},
        {"https://" LABEL_64 ".example", "the host is no valid name"},
        {"https://127.1", "the host ends in a number and is no IPv4 address"},
        {"https://192.0.2.256", "the host ends in a number and is no IPv4 address"},
        {"https://010.0.0.1", "the host ends in a number and is no IPv4 address"},
        {"https://192.0.2.1.:443", "the host ends in a number and is no IPv4 address"},
        {"https://eu.0X7f/x", "the host ends in a number and is no IPv4 address"},
        {"https://2130706433", "the host ends in a number and is no IPv4 address"},
        {"https://[::1", "the IPv6 address in [ ] is not valid"},
        {"https://[]", "the IPv6 address in [ ] is not valid"},
        {"https://[1.2.3.4]", "the IPv6 address in [ ] is not valid"},
        {"https://[::1]x", "the host holds a character that no host name has"},
    };
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text =
            mem_printf(CONTROL "clusters = ( { name = \"a\";\nurl = \"%s\"; } );\n", cases[i].url);
        char *expected = mem_printf(
            "rollcall.conf:3: \"url\" must be https://HOST[:PORT][/PATH]: %s\n", cases[i].fault);
        check_bad(&scene, text, expected);
        free(text);
        free(expected);
    }
    scene_end(&scene);
}

static void test_good_urls(void)
{
    static const struct {
        const char *url, *kept;
    } cases[] = {
        {"https://a", "https://a"},
        {"https://a.example/", "https://a.example"},
        {"https://a.example:6443/x/y%20z//", "https://a.example:6443/x/y%20z"},
        {"https://[::1]:1", "https://[::1]:1"},
        {"https://[2001:db8::1]/x", "https://[2001:db8::1]/x"},
        {"https://127.0.0.1:65535", "https://127.0.0.1:65535"},
        {"http://a.example", "http://a.example"},
    };
    struct scene scene;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = mem_printf(
            CONTROL "clusters = ( { name = \"a\"; url = \"%s\"; allow_http = true; } );\n",
            cases[i].url);
        struct config *config = load_good(&scene, text);
        CHECK_STR(config->clusters[0].url, cases[i].kept);
        config_free(config);
        free(text);
    }
    /* It counts in the very group only. */
    check_bad(
        &scene,
        "control_plane : { url = \"http://cp\"; allow_http = false; " APP " };\n"
        "clusters = ( { name = \"a\"; url = \"http://a\"; allow_http = true; },\n"
        "             { name = \"b\"; url = \"http://b\"; } );\n",
        "rollcall.conf:1: \"url\" must be https://HOST[:PORT][/PATH]: http:// sends the token "
        "unencrypted; if that is wanted, write allow_http = true; in this very group\n"
        "rollcall.conf:3: \"url\" must be https://HOST[:PORT][/PATH]: http:// sends the token "
        "unencrypted; if that is wanted, write allow_http = true; in this very group\n");
    scene_end(&scene);
}

static void test_bad_run_and_report(void)
{
    static const struct bad_case cases[] = {
        {BASE "run : { concurrency = 0; per_host = 257;\n deadline = 0.5; };\n",
         "rollcall.conf:3: \"concurrency\" must be a whole number from 1 to 10000, not 0\n"
         "rollcall.conf:3: \"per_host\" must be a whole number from 1 to 256, not 257\n"
         "rollcall.conf:4: \"deadline\" must be a number of seconds from 1 to 86400, not 0.5\n"},
        {BASE "report : { keep = 1000001; workloads = 1; mode = 640; directory = \"\"; };\n",
         "rollcall.conf:3: \"directory\" must be a path of 1 to 4095 bytes\n"
         "rollcall.conf:3: \"keep\" must be a whole number from 0 to 1000000, not 1000001\n"
         "rollcall.conf:3: \"workloads\" must be true or false, not 1\n"
         "rollcall.conf:3: \"mode\" must be a string, not 640\n"},
        {BASE "report : { mode = \"0648\"; };\n",
         "rollcall.conf:3: \"mode\" must be an octal mode such as \"0640\", not \"0648\"\n"},
        {BASE "report : { mode = \"64\"; };\n",
         "rollcall.conf:3: \"mode\" must be an octal mode such as \"0640\", not \"64\"\n"},
        {BASE "report : { mode = \"0666\"; };\n", "rollcall.conf:3: \"mode\" must be a mode that "
                                                  "does not let everyone write, not \"0666\"\n"},
        {BASE "report : { mode = \"4640\"; };\n",
         "rollcall.conf:3: \"mode\" must be a mode without setuid, setgid and sticky bits, not "
         "\"4640\"\n"},
        {BASE "report : { formats = ( \"prometheus\", \"jsn\", 5 ); };\n",
         "rollcall.conf:3: format \"prometheus\" needs a file: { format = \"prometheus\"; file = "
         "\"PATH\"; }\n"
         "rollcall.conf:3: unknown format \"jsn\"; did you mean \"json\"?\n"
         "rollcall.conf:3: an item of \"formats\" must be a format's name or a group { … }, not "
         "5\n"},
        {BASE "report : { formats = ( \"html\" ); };\n",
         "rollcall.conf:3: unknown format \"html\"; known: json, prometheus, table\n"},
        {BASE "report : { formats = \"json\"; };\n",
         "rollcall.conf:3: \"formats\" must be a list of names and groups, ( \"json\", { format = "
         "…; file = …; } ), not \"json\"\n"},
        {BASE "report : { formats = [ \"json\" ]; };\n",
         "rollcall.conf:3: format \"json\" without a file goes to \"directory\", which is not "
         "set\n"},
        {BASE "report : { formats = (\n { file = \"x\"; },\n { format = \"table\"; mode = \"777\"; "
              "} ); };\n",
         "rollcall.conf:4: \"format\" is missing in an item of formats\n"
         "rollcall.conf:5: \"mode\" must be a mode that does not let everyone write, not \"777\"\n"
         "rollcall.conf:5: format \"table\" needs a file: { format = \"table\"; file = \"PATH\"; "
         "}\n"},
        {BASE "report : { formats = ( { format = \"table\"; file = \"x\"; },\n { format = "
              "\"json\"; file = \"x\"; } ); };\n",
         "rollcall.conf:4: two formats cannot be written to the same file, x\n"},
    };
    CHECK_BAD_CASES(cases);
}

/* Errors of all groups and files come in one go, in the files' order. */
static void test_all_errors(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("clusters.d");
    write_text("clusters.d/1.conf", "name = \"x\";\nurl = \"ftp://x\";\n");
    write_text("clusters.d/2.conf", "name = ;\n");
    write_text("clusters.d/3.conf", "\nnaem = \"y\"; url = \"https://y\";\n");
    write_text("inc.conf", "\nreport : { kep = 1; };\n");
    check_bad(
        &scene,
        "run : { deadline = 0; };\n"
        "@include \"inc.conf\"\n"
        "clusters_dir = \"clusters.d\";\n"
        "clusters = ( { name = \"x\"; url = \"https://x\"; } );\n"
        "control_plane : { retries = 99; };\n"
        "audit = 1;\n",
        "rollcall.conf:1: \"deadline\" must be a number of seconds from 1 to 86400, not 0\n"
        "rollcall.conf:5: \"url\" is missing in control_plane\n"
        "rollcall.conf:5: \"retries\" must be a whole number from 0 to 20, not 99\n"
        "rollcall.conf:5: \"client_id\" is missing in control_plane: grant \"app_token\" needs "
        "it\n"
        "rollcall.conf:5: \"client_secret\" is missing in control_plane: grant \"app_token\" "
        "needs it\n"
        "rollcall.conf:6: unknown key \"audit\" in the configuration; known: control_plane, "
        "discover, run, report, defaults, clusters, clusters_dir\n"
        "inc.conf:2: unknown key \"kep\" in report; did you mean \"keep\"?\n"
        "clusters.d/1.conf:1: the cluster name \"x\" is taken already, at rollcall.conf:4\n"
        "clusters.d/1.conf:2: \"url\" must be https://HOST[:PORT][/PATH]: it does not begin "
        "with https://\n"
        "clusters.d/2.conf:1: syntax error here or just before: a setting is NAME = VALUE; a "
        "group { … }, a list ( … ), an array [ … ]\n"
        "clusters.d/3.conf:1: \"name\" is missing in a cluster\n"
        "clusters.d/3.conf:2: unknown key \"naem\" in a cluster; did you mean \"name\"?\n");
    scene_end(&scene);
}

static void test_unreadable(void)
{
    struct scene scene;
    scene_begin(&scene);
    CU_ASSERT_PTR_NULL(load(&scene, "none.conf"));
    CHECK_STR(scene.messages.data, "none.conf: cannot be read: No such file or directory\n");
    CU_ASSERT_PTR_NULL(load(&scene, "."));
    CHECK_STR(scene.messages.data, ".: cannot be read: it is a directory\n");
    write_bytes("nul.conf", "a = 1;\0", 7);
    CU_ASSERT_PTR_NULL(load(&scene, "nul.conf"));
    CHECK_STR(scene.messages.data,
              "nul.conf: cannot be read: it holds a NUL byte, so it is no text file\n");
    make_directory("d");
    make_directory("d/x.conf");
    check_bad(&scene, CONTROL "clusters_dir = \"d\";\n",
              "d/x.conf: cannot be read: it is a directory\n");
    scene_end(&scene);
}

static void test_defaults(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct config *config = load_good(&scene, BASE);
    CHECK_STR(config->file, "rollcall.conf");
    CHECK_STR(config->control_plane.where, "rollcall.conf:1");
    CHECK_STR(config->control_plane.url, "https://cp.example");
    CHECK_STR(config->control_plane.client_id, "a");
    CHECK_STR(config->control_plane.client_secret.value, "s");
    CHECK_STR(config->control_plane.client_secret.where, "rollcall.conf:1");
    CHECK_STR(config_grant_name(config->control_plane.grant), "app_token");
    CU_ASSERT_TRUE(config->control_plane.is_set);
    CU_ASSERT_EQUAL(config->control_plane.client_secret.kind, SECRET_FILE);
    CU_ASSERT_EQUAL(config->control_plane.token.kind, SECRET_NONE);
    CU_ASSERT_PTR_NULL(config->secret_env[0]);
    CU_ASSERT_EQUAL(config->run.concurrency, 128);
    CU_ASSERT_EQUAL(config->run.per_host, 4);
    CU_ASSERT_EQUAL(config->run.deadline_ms, 300000);
    CU_ASSERT_PTR_NULL(config->report.directory);
    CU_ASSERT_EQUAL(config->report.keep, 48);
    CU_ASSERT_TRUE(config->report.has_workloads);
    CU_ASSERT_EQUAL(config->report.mode, 0640);
    CU_ASSERT_EQUAL(config->report.output_count, 0);
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 1);

    const struct cluster_config *cluster = &config->clusters[0];
    CHECK_STR(cluster->name, "a");
    CHECK_STR(cluster->url, "https://a.example");
    CHECK_STR(cluster->base_path, "/researcher");
    CHECK_STR(cluster->file, "rollcall.conf");
    CHECK_STR(config_api_name(cluster->api), "researcher");
    CU_ASSERT_EQUAL(cluster->line, 2);
    CU_ASSERT_PTR_NULL(cluster->jobs_path);
    CU_ASSERT_PTR_NULL(cluster->projects[0]);
    CU_ASSERT_PTR_NULL(cluster->labels[0]);
    CU_ASSERT_FALSE(cluster->is_optional);
    const struct endpoint_options *both[] = {cluster->endpoint, &config->control_plane.endpoint};
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_PTR_NULL(both[i]->ca_file);
        CU_ASSERT_PTR_NULL(both[i]->client_cert);
        CU_ASSERT_PTR_NULL(both[i]->client_key);
        CU_ASSERT_PTR_NULL(both[i]->proxy);
        CU_ASSERT_PTR_NULL(both[i]->headers);
        CU_ASSERT_PTR_NULL(both[i]->resolve);
        CU_ASSERT_EQUAL(both[i]->connect_timeout_ms, 5000);
        CU_ASSERT_EQUAL(both[i]->idle_timeout_ms, 15000);
        CU_ASSERT_EQUAL(both[i]->timeout_ms, 120000);
        CU_ASSERT_EQUAL(both[i]->retries, 3);
        CU_ASSERT_EQUAL(both[i]->max_body_bytes, 512 << 20);
    }
    config_free(config);
    scene_end(&scene);
}

static void check_options(const struct endpoint_options *options, const char *n, int number)
{
    char *ca = mem_printf("./%s.pem", n);
    CHECK_STR(options->ca_file, ca + 2);
    CHECK_STR(options->client_cert, ca + 2);
    CHECK_STR(options->client_key, ca + 2);
    char *proxy = mem_printf("http://proxy%s:3128", n);
    CHECK_STR(options->proxy, proxy);
    char *header = mem_printf("X-N: %s", n);
    check_list(options->headers, header);
    char *resolve = mem_printf("h%s:443:192.0.2.%s", n, n);
    check_list(options->resolve, resolve);
    CU_ASSERT_EQUAL(options->connect_timeout_ms, number * 1000 + 500);
    CU_ASSERT_EQUAL(options->idle_timeout_ms, number * 1000);
    CU_ASSERT_EQUAL(options->timeout_ms, number * 1000 + 1);
    CU_ASSERT_EQUAL(options->retries, (unsigned)number);
    CU_ASSERT_EQUAL(options->max_body_bytes, (int64_t)number << 20);
    free(ca);
    free(proxy);
    free(header);
    free(resolve);
}

#define ALL_OPTIONS(n)                                                                             \
    "ca_file = \"" n ".pem\"; client_cert = \"" n ".pem\"; client_key = \"" n ".pem\";"            \
    "proxy = \"http://proxy" n ":3128\"; resolve = [ \"h" n ":443:192.0.2." n "\" ];"              \
    "headers = ( \"X-N: " n "\" );"                                                                \
    "connect_timeout = " n ".5; idle_timeout = " n "; timeout = " n ".001; retries = " n ";"       \
    "max_body = \"" n "M\";"
#define ALL_KEYS(n)                                                                                \
    ALL_OPTIONS(n)                                                                                 \
    "api = \"researcher\"; base_path = \"/base" n "/\"; jobs_path = \"/j" n "?p={project}\";"      \
    "projects = [ \"q" n "\", \"p" n "\" ]; labels = [ \"z=" n "\", \"a/b.c=" n "\" ];"            \
    "optional = true; allow_empty = true;"

static void check_cluster(const struct cluster_config *cluster, const char *n, int number)
{
    char *text = mem_printf("/base%s", n);
    CHECK_STR(cluster->base_path, text);
    free(text);
    text = mem_printf("/j%s?p={project}", n);
    CHECK_STR(cluster->jobs_path, text);
    free(text);
    text = mem_printf("q%s|p%s", n, n);
    check_list(cluster->projects, text);
    free(text);
    text = mem_printf("a/b.c=%s|z=%s", n, n);
    check_list(cluster->labels, text);
    free(text);
    CU_ASSERT_TRUE(cluster->is_optional);
    CU_ASSERT_TRUE(cluster->allows_empty);
    check_options(cluster->endpoint, n, number);
}

static void test_inheritance(void)
{
    struct scene scene;
    scene_begin(&scene);
    for (const char *n = "1\0002\0003\0"; *n != '\0'; n += 2) {
        char *path = mem_printf("%s.pem", n);
        write_text(path, "");
        free(path);
    }
    struct config *config = load_good(
        &scene,
        "clusters = ( { name = \"d\"; url = \"https://d\"; },\n"
        "  { name = \"c\"; url = \"https://c\"; " ALL_KEYS(
            "2") "},\n"
                 "  { name = \"b\"; url = \"https://b\"; ca_file = \"\"; client_cert = \"\";\n"
                 "    client_key = \"\"; proxy = \"\"; headers = []; projects = (); resolve = [];\n"
                 "    labels = []; jobs_path = \"\"; base_path = \"/\"; optional = false; "
                 "allow_empty = false; },\n"
                 "  { name = \"a\"; url = \"https://a\"; base_path = \"\"; } );\n"
                 "defaults : { " ALL_KEYS(
                     "1") "};\n"
                          "control_plane : { url = \"https://cp/\"; " APP ALL_OPTIONS("3") "};\n");
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 4);
    check_options(&config->control_plane.endpoint, "3", 3);
    check_cluster(&config->clusters[3], "1", 1);
    check_cluster(&config->clusters[2], "2", 2);
    const struct cluster_config *b = &config->clusters[1], *a = &config->clusters[0];
    CHECK_STR(b->name, "b");
    CU_ASSERT_PTR_NULL(b->endpoint->ca_file);
    CU_ASSERT_PTR_NULL(b->endpoint->client_cert);
    CU_ASSERT_PTR_NULL(b->endpoint->client_key);
    CHECK_STR(b->endpoint->proxy, "");
    check_list(b->endpoint->headers, "");
    check_list(b->endpoint->resolve, "");
    CU_ASSERT_EQUAL(b->endpoint->retries, 1);
    check_list(b->projects, "");
    check_list(b->labels, "");
    CHECK_STR(b->base_path, "");
    CU_ASSERT_PTR_NULL(b->jobs_path);
    CU_ASSERT_FALSE(b->is_optional);
    CU_ASSERT_FALSE(b->allows_empty);
    CHECK_STR(a->base_path, "");
    CU_ASSERT_PTR_EQUAL(a->endpoint, config->clusters[3].endpoint);
    config_free(config);
    scene_end(&scene);
}

static void test_control_plane(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct config *config =
        load_good(&scene, CLUSTER "control_plane : { url = \"http://cp/x/\"; allow_http = true;\n"
                                  "grant = \"token\"; token : { env = \"A_TOKEN\"; }; };\n");
    CHECK_STR(config->control_plane.url, "http://cp/x");
    CU_ASSERT_EQUAL(config->control_plane.grant, GRANT_TOKEN);
    CU_ASSERT_EQUAL(config->control_plane.token.kind, SECRET_ENV);
    CHECK_STR(config->control_plane.token.value, "A_TOKEN");
    CHECK_STR(config->control_plane.token.where, "rollcall.conf:3");
    check_list(config->secret_env, "A_TOKEN");
    config_free(config);

    config = load_good(&scene, SECRET(": { command = ( \"pass\", \"show\", \"\" ); };"));
    CU_ASSERT_EQUAL(config->control_plane.client_secret.kind, SECRET_COMMAND);
    check_list(config->control_plane.client_secret.argv, "pass|show|");
    config_free(config);

    config = load_good(&scene, SECRET(": { credential = \"x\"; };"));
    CU_ASSERT_EQUAL(config->control_plane.client_secret.kind, SECRET_CREDENTIAL);
    CHECK_STR(config->control_plane.client_secret.value, "x");
    config_free(config);

    /* What a name holds is for the JSON writer to deal with. */
    config = load_good(&scene,
                       PLANE("client_id = \"a\\\"\\nb\"; client_secret : { file = \"/abs/s\"; };"));
    CHECK_STR(config->control_plane.client_id, "a\"\nb");
    CHECK_STR(config->control_plane.client_secret.value, "/abs/s");
    config_free(config);
    scene_end(&scene);
}

static void test_report(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("etc");
    write_text("etc/r.conf",
               BASE "report : { formats = ( \"json\", { format = \"prometheus\"; file = \"/p\"; "
                    "mode = \"0644\"; }, { format = \"json\"; file = \"extra.json\"; } );\n"
                    "directory = \"out\"; keep = 0; workloads = false; mode = \"600\"; };\n");
    struct config *config = load(&scene, "etc/r.conf");
    CHECK_STR(scene.messages.data, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    CHECK_STR(config->report.directory, "etc/out");
    CU_ASSERT_EQUAL(config->report.keep, 0);
    CU_ASSERT_FALSE(config->report.has_workloads);
    CU_ASSERT_EQUAL(config->report.mode, 0600);
    CU_ASSERT_EQUAL_FATAL(config->report.output_count, 2);
    CHECK_STR(config->report.outputs[0].format, "prometheus");
    CHECK_STR(config->report.outputs[0].file, "/p");
    CU_ASSERT_EQUAL(config->report.outputs[0].mode, 0644);
    CHECK_STR(config->report.outputs[1].format, "json");
    CHECK_STR(config->report.outputs[1].file, "etc/extra.json");
    CU_ASSERT_EQUAL(config->report.outputs[1].mode, 0600);
    config_free(config);
    scene_end(&scene);
}

static void test_clusters_dir(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("etc");
    make_directory("etc/d");
    write_text("etc/ca.pem", "");
    write_text("etc/d/B.conf", "name = \"two\"; url = \"https://b\"; ca_file = \"ca.pem\";\n");
    write_text("etc/d/a.conf", "# mine\nname = \"one\";\nurl = \"https://a\";\n");
    write_text("etc/d/.hidden.conf", "garbage");
    write_text("etc/d/c.conf~", "garbage");
    write_text("etc/d/README", "garbage");
    write_text("etc/rollcall.conf", CONTROL "clusters_dir = \"d\"; defaults : { retries = 7; };\n");
    struct config *config = load(&scene, "etc/rollcall.conf");
    CHECK_STR(scene.messages.data, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 2);
    CHECK_STR(config->clusters[0].name, "one");
    CHECK_STR(config->clusters[0].file, "etc/d/a.conf");
    CU_ASSERT_EQUAL(config->clusters[0].line, 1);
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->retries, 7);
    CHECK_STR(config->clusters[1].name, "two");
    CHECK_STR(config->clusters[1].endpoint->ca_file, "etc/ca.pem");
    CU_ASSERT_EQUAL(config->clusters[1].endpoint->retries, 7);
    config_free(config);

    /* In byte order: B before a. */
    write_text("etc/d/a.conf", "name = \"two\";\nurl = \"https://a\";\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/rollcall.conf"));
    CHECK_STR(scene.messages.data,
              "etc/d/a.conf:1: the cluster name \"two\" is taken already, at etc/d/B.conf:1\n");

    /* An empty directory is no fleet. */
    make_directory("etc/empty");
    write_text("etc/rollcall.conf", CONTROL "clusters_dir = \"empty\";\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/rollcall.conf"));
    CHECK_STR(scene.messages.data, "etc/rollcall.conf:1: " NO_CLUSTER);
    scene_end(&scene);
}

static void test_include(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("etc");
    make_directory("etc/inc");
    make_directory("etc/d");
    write_text("etc/inc/1.conf", "\n @include \"inc/2.conf\"\n" CLUSTER);
    write_text("etc/inc/2.conf", "\nrun : { per_host = 9; };\n");
    write_text("etc/inc/3.conf", "labels = [ \"a=b\" ];\n");
    write_text("etc/d/1.conf", "name = \"d\"; url = \"https://d\";\n@include \"inc/3.conf\"\n");
    write_text("etc/m.conf", CONTROL "/*\n@include \"none\"\n*/\n@include \"inc/1.conf\"\n"
                                     "clusters_dir = \"d\";\n");
    struct config *config = load(&scene, "etc/m.conf");
    CHECK_STR(scene.messages.data, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    CU_ASSERT_EQUAL(config->run.per_host, 9);
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 2);
    CHECK_STR(config->clusters[0].file, "etc/inc/1.conf");
    CU_ASSERT_EQUAL(config->clusters[0].line, 3);
    check_list(config->clusters[1].labels, "a=b");
    config_free(config);

    write_text("etc/inc/2.conf", "\nrun : { per_host = 9L; x = 3000000000; };\n");
    write_text("etc/inc/3.conf", "\nlabels = 5;\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/m.conf"));
    CHECK_STR(scene.messages.data,
              "etc/inc/2.conf:2: an integer beyond 31 bits, which would be read as another number; "
              "the largest is 2147483647, and a longer one ends in L\n"
              "etc/inc/2.conf:2: unknown key \"x\" in run; known: concurrency, per_host, "
              "deadline, enrich, reconcile\n"
              "etc/inc/3.conf:2: \"labels\" must be an array of strings, [ \"…\" ]\n");

    write_text("etc/inc/2.conf", "\nrun = ;\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/m.conf"));
    CHECK_STR(scene.messages.data,
              "etc/inc/2.conf:2: syntax error here or just before: a setting is NAME = VALUE; a "
              "group { … }, a list ( … ), an array [ … ]\n");

    write_text("etc/inc/2.conf", "@include \"none.conf\"\n@include \"inc\"\n@include \"/x\"\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/m.conf"));
    CHECK_STR(scene.messages.data,
              "etc/inc/2.conf:1: cannot include etc/none.conf: No such file or directory\n"
              "etc/inc/2.conf:2: cannot include etc/inc: it is a directory\n"
              "etc/inc/2.conf:3: @include takes names relative to the main file's directory, "
              "\"etc\"\n");

    write_text("etc/inc/2.conf", "@include \"inc/1.conf\"\n");
    CU_ASSERT_PTR_NULL(load(&scene, "etc/m.conf"));
    CHECK_STR(scene.messages.data,
              "etc/inc/2.conf:1: files include each other more than 10 deep\n");
    scene_end(&scene);
}

#define TOO_LONG                                                                                   \
    "an integer beyond 31 bits, which would be read as another number; the largest is "            \
    "2147483647, and a longer one ends in L\n"

static void test_integers(void)
{
    static const struct bad_case cases[] = {
        {OPTION("retries = 4294967297;"), "rollcall.conf:3: " TOO_LONG},
        {OPTION("retries = 0x100000001;"), "rollcall.conf:3: " TOO_LONG},
        {OPTION("timeout = 99999999999999999999999;"), "rollcall.conf:3: " TOO_LONG},
        {OPTION("max_body = -2147483649;"), "rollcall.conf:3: " TOO_LONG},
        {OPTION("max_body = 2147483648;\ntimeout = 0x80000000;"),
         "rollcall.conf:3: " TOO_LONG "rollcall.conf:4: " TOO_LONG},
        {OPTION("/* two\nlines */ retries = 4294967297;"), "rollcall.conf:4: " TOO_LONG},
        {OPTION("retries = 0x7FFFFFFF;"),
         "rollcall.conf:3: \"retries\" must be a whole number from "
         "0 to 20, not 2147483647\n"},
        {OPTION("retries = 99999999999999999999L;"),
         "rollcall.conf:3: \"retries\" must be a whole number from 0 to 20, not "
         "9223372036854775807\n"},
    };
    CHECK_BAD_CASES(cases);

    struct scene scene;
    scene_begin(&scene);
    struct config *config =
        load_good(&scene, OPTION("# 99999999999\n// 99999999999\n/* 99999999999\n 99999999999 */\n"
                                 "labels = [ \"a=99999999999\\\" 99999999999\" ];\n"
                                 "timeout = 99.9999999999999; idle_timeout = 1e4;\n"
                                 "retries = 0x00000000000A; max_body = 4294967296L;\n"));
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->max_body_bytes, 4294967296);
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->retries, 10);
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->timeout_ms, 100000);
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->idle_timeout_ms, 10000000);
    config_free(config);
    scene_end(&scene);
}

static void test_large_fleet(void)
{
    struct scene scene;
    scene_begin(&scene);
    struct buf text;
    buf_init(&text, 1 << 24);
    buf_append_str(&text, CONTROL "clusters = (\n");
    for (int i = 5000; i > 0; i--)
        buf_printf(
            &text,
            "  { name = \"c-%04d\"; url = \"https://c-%04d.example\"; labels = [ \"n=%d\" ]; "
            "}%s\n",
            i, i, i, i == 1 ? "" : ",");
    buf_append_str(&text, ");\n");
    struct config *config = load_good(&scene, text.data);
    CU_ASSERT_EQUAL_FATAL(config->cluster_count, 5000);
    CHECK_STR(config->clusters[0].name, "c-0001");
    CHECK_STR(config->clusters[4999].url, "https://c-5000.example");
    CU_ASSERT_EQUAL(config->clusters[4999].line, 3);
    CU_ASSERT_PTR_EQUAL(config->clusters[0].endpoint, config->clusters[4999].endpoint);
    config_free(config);
    buf_free(&text);
    scene_end(&scene);
}

static void check_find(const char *given, const char *expected)
{
    char *path = config_find(given);
    CHECK_STR(path, expected);
    free(path);
}

static void test_find(void)
{
    struct scene scene;
    scene_begin(&scene);
    make_directory("home");
    make_directory("home/.config");
    make_directory("home/.config/rollcall");
    make_directory("xdg");
    make_directory("xdg/rollcall");
    setenv("HOME", "home", 1);
    unsetenv("ROLLCALL_CONFIG");
    unsetenv("XDG_CONFIG_HOME");
    check_find(NULL, "/etc/rollcall/rollcall.conf");
    write_text("home/.config/rollcall/rollcall.conf", "");
    check_find(NULL, "home/.config/rollcall/rollcall.conf");
    setenv("XDG_CONFIG_HOME", "xdg", 1);
    check_find(NULL, "/etc/rollcall/rollcall.conf");
    write_text("xdg/rollcall/rollcall.conf", "");
    check_find(NULL, "xdg/rollcall/rollcall.conf");
    setenv("ROLLCALL_CONFIG", "none.conf", 1);
    check_find(NULL, "none.conf");
    check_find("given.conf", "given.conf");
    unsetenv("ROLLCALL_CONFIG");
    unsetenv("XDG_CONFIG_HOME");
    scene_end(&scene);
}

/* The example that is installed is one that loads, and shows the defaults. */
static void test_example(void)
{
    struct buf messages;
    buf_init(&messages, 65536);
    buf_append_str(&messages, "");
    struct config *config = config_load("etc/rollcall.conf", formats, take_message, &messages);
    CHECK_STR(messages.data, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(config);
    CU_ASSERT_EQUAL(config->cluster_count, 2);
    CU_ASSERT_EQUAL(config->run.deadline_ms, 300000);
    CU_ASSERT_EQUAL(config->clusters[0].endpoint->max_body_bytes, 512 << 20);
    CHECK_STR(config->report.directory, "/var/lib/rollcall");
    config_free(config);
    buf_free(&messages);
}

int main(void)
{
    const CU_TestInfo tests[] = {
        {"structure, bad", test_bad_structure},
        {"control_plane, bad", test_bad_control_plane},
        {"secrets, bad", test_bad_secrets},
        {"endpoint options, bad", test_bad_options},
        {"clusters, bad", test_bad_clusters},
        {"URLs, bad", test_bad_urls},
        {"URLs, good", test_good_urls},
        {"run and report, bad", test_bad_run_and_report},
        {"all errors in one go", test_all_errors},
        {"files that cannot be read", test_unreadable},
        {"built-in defaults", test_defaults},
        {"every key is inherited and overridden", test_inheritance},
        {"control_plane", test_control_plane},
        {"report", test_report},
        {"clusters_dir", test_clusters_dir},
        {"@include", test_include},
        {"integers beyond 31 bits", test_integers},
        {"5,000 clusters", test_large_fleet},
        {"which file is used", test_find},
        {"the example file", test_example},
        CU_TEST_INFO_NULL,
    };
    return check_run("unit/config", tests);
}
