/*
 * Where secret and token do not go. One run after the other, over a control plane and clusters that
 * quote what they are sent, redirect, refuse, and stand behind proxies, is watched from outside:
 * its processes' arguments and environments, its open files, all it writes, and every request that
 * any host receives.
 */
#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../check.h"
#include "canary.h"
#include "wire_server.h"

#define SECRET_CORE "c4naryS3cretA1b2C3d4"
#define SECRET      SECRET_CORE "\"/\\%+&=\xc3\xbc"
#define TOKEN       "c4naryT0kenX9y8Z7w6.v5-u4_t3~s2+r1/q0=="
#define NEXT_TOKEN  "c4naryN3xtM1n2B3v4.v5-u4_t3~s2+r1/q0=="
#define OWN_TOKEN   "c4naryOwnL5k4J3h2"
#define API_KEY     "c4naryK3yQ1w2E3r4"
#define PROXY_LOGIN "c4naryUs3r:c4naryPassw0rd"
#define NO_JOBS     "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"data\":[]}"
#define CONF_MAX    16384
#define LEAKS_SHOWN 20
#define TEXTS_MAX   32

/* Who is there. Those from GUESTS on are named by no configuration. */
enum site {
    CONTROL,
    GOOD,
    STALE,  /* refuses the first token, quoting it */
    BROKEN, /* an error that quotes the token in every way */
    SHORT,  /* an error that ends in the middle of the token */
    MOVED,  /* redirects */
    KEYED,  /* has a configured header */
    OWN,    /* has a token of its own, which a command prints */
    PROXY,  /* configured for a plain cluster: the configuration says that it sees the request */
    TUNNEL, /* configured for an https cluster */
    FOUND,  /* found by discovery, with http in its domain */
    HIDDEN, /* found by discovery, and excluded */
    GUESTS,
    AROUND = GUESTS, /* named by the environment's proxy variables */
    ELSEWHERE,       /* where redirects lead */
    BEHIND,          /* what PROXY is to be asked for */
    SITE_COUNT
};

static const struct {
    const char *name, *text;
} canary_texts[] = {{"the secret", SECRET},         {"the token", TOKEN},
                    {"the next token", NEXT_TOKEN}, {"a cluster's own token", OWN_TOKEN},
                    {"an API key", API_KEY},        {"a proxy's password", PROXY_LOGIN}};
enum { IS_SECRET, IS_TOKEN, IS_NEXT, IS_OWN, IS_KEY, IS_PROXY, CANARY_COUNT };

/* One run and what was seen of it. */
struct stage {
    struct wire *wire;
    char dir[64];
    char path[160];         /* of the last stage_path() */
    char *texts[TEXTS_MAX]; /* the answers, owned */
    size_t text_count;
    struct canary canaries[CANARY_COUNT];
    size_t leaks;
    size_t processes_seen, files_seen;
};

static const char *stage_path(struct stage *stage, const char *name)
{
    snprintf(stage->path, sizeof stage->path, "%s/%s", stage->dir, name);
    return stage->path;
}

static size_t count_all(const struct stage *stage, const char *data, size_t len, const char *place,
                        unsigned allowed)
{
    size_t count = 0;
    for (size_t i = 0; i < CANARY_COUNT; i++)
        if ((allowed >> i & 1) == 0)
            count += canary_count(&stage->canaries[i], data, len,
                                  stage->leaks + count < LEAKS_SHOWN ? place : NULL);
    return count;
}

/* ---- the process tree ---- */

static size_t read_some(const char *path, char *data, size_t size)
{
    size_t len = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    while (fd >= 0 && len < size && (got = read(fd, data + len, size - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        close(fd);
    return len;
}

/* Regular files that are open, those without a name above all. */
static void look_at_files(struct stage *stage, pid_t pid, char *data, size_t size)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        struct stat status;
        snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)pid, entry->d_name);
        if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 0)
            continue;
        size_t len = read_some(path, data, size);
        stage->files_seen += len > 0;
        stage->leaks += count_all(stage, data, len, path, 0);
    }
    if (directory != NULL)
        closedir(directory);
}

static void look_at_process(struct stage *stage, pid_t pid, bool is_child)
{
    static char data[1 << 20];
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    size_t len = read_some(path, data, sizeof data);
    stage->leaks += count_all(stage, data, len, path, 0);
    /* Before exec() a child is a copy of the program. */
    bool is_command = is_child && memmem(data, len, "rollcall", 8) == NULL;
    stage->processes_seen += is_command && len > 0;
    if (is_command) {
        /* What a user exports for a proxy is inherited like any other variable. */
        snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
        len = read_some(path, data, sizeof data);
        stage->leaks += count_all(stage, data, len, path, 1u << IS_PROXY);
    } else if (!is_child) {
        look_at_files(stage, pid, data, sizeof data);
    }
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
    char children[512] = "";
    read_some(path, children, sizeof children - 1);
    char *end = children;
    for (long child; (child = strtol(end, &end, 10)) > 0;)
        look_at_process(stage, (pid_t)child, true);
}

static void watch(void *arg, pid_t pid)
{
    struct stage *stage = arg;
    look_at_process(stage, pid, false);
    if (stage->processes_seen > 0 && !e2e_exists(stage_path(stage, "credentials/seen")))
        e2e_write(stage->path, 0600, "");
}

/* ---- the fleet ---- */

static void answer(struct stage *stage, enum site site, unsigned times, const char *path,
                   const char *status, const char *headers, const char *body)
{
    char **text = &stage->texts[stage->text_count++];
    if (stage->text_count > TEXTS_MAX ||
        asprintf(text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                 strlen(body), body) < 0)
        e2e_die("no room for an answer");
    wire_answer(stage->wire, site,
                (struct wire_answer){.times = times, .path = path, .bytes = *text});
}

#define NOTHING "{\"data\":[]}"

/* Clusters can quote what they were sent, and nothing else. */
static void prepare_clusters(struct stage *stage)
{
    static const char echo[] = "X-Echo: Bearer " TOKEN "\r\nSet-Cookie: s=" TOKEN "\r\n"
                               "X-Form: c4naryT0kenX9y8Z7w6.v5-u4_t3%7Es2%2Br1%2Fq0%3D%3D\r\n";
    char location[160];
    answer(stage, GOOD, 0, NULL, "200 OK", echo, NOTHING);
    answer(stage, BROKEN, 0, NULL, "500 Oops", echo,
           "{\"message\":\"got Authorization: Bearer " TOKEN
           " c4naryT0kenX9y8Z7w6.v5-u4_t3~s2+r1\\/q0== "
           "c4naryT0kenX9y8Z7w6.v5-u4_t3%7Es2%2Br1%2Fq0%3D%3D "
           "\\u00634naryT0kenX9y8Z7w6.v5-u4_t3~s2+r1/q0==\"}");
    answer(stage, SHORT, 0, NULL, "403 No", "", "<html>c4naryT0kenX9y8Z7w6.v5-u4_");
    snprintf(location, sizeof location, "Location: http://127.0.0.1:%u/login?t=" TOKEN "\r\n",
             wire_port(stage->wire, ELSEWHERE));
    answer(stage, MOVED, 0, NULL, "307 Temporary Redirect", location, "");
    answer(stage, KEYED, 0, NULL, "400 Bad", "X-Key: " API_KEY "\r\n",
           "{\"message\":\"unknown X-Api-Key " API_KEY " of " TOKEN "\"}");
    answer(stage, OWN, 0, NULL, "500 Oops", "X-Echo: " OWN_TOKEN "\r\n",
           "{\"message\":\"" OWN_TOKEN "\"}");
    answer(stage, PROXY, 0, NULL, "200 OK", "", NOTHING);
    answer(stage, TUNNEL, 0, NULL, "502 No", "", "");
    answer(stage, AROUND, 0, NULL, "502 No", "", "");
    answer(stage, STALE, 1, NULL, "401 Unauthorized",
           "WWW-Authenticate: Bearer error=\"" TOKEN "\"\r\n",
           "{\"message\":\"the token " TOKEN " has expired\"}");
    answer(stage, STALE, 0, NULL, "500 Oops", "X-Echo: " NEXT_TOKEN " " TOKEN "\r\n",
           "{\"message\":\"who gave you " NEXT_TOKEN " for " TOKEN "?\"}");
}

/* The control plane's first answer is a failure that quotes the request. */
static void prepare_control(struct stage *stage, const char *token_path)
{
    char clusters[1024];
    answer(stage, CONTROL, 1, token_path, "503 Later", "X-Echo: " SECRET_CORE "\"/\\%+&=\r\n",
           "{\"message\":\"not now: { \\\"AppSecret\\\": \\\"" SECRET_CORE
           "\\\\\\\"/\\\\\\\\%+&=\xc3\xbc\\\" } " SECRET_CORE "%22%2F%5C%25%2B%26%3D%C3%BC\"}");
    answer(stage, CONTROL, 1, token_path, "200 OK",
           "X-Access-Token: " TOKEN "\r\nServer: " SECRET_CORE "\"/\\%+&=\xc3\xbc\r\n",
           "{\"accessToken\":\"" TOKEN "\"}");
    answer(stage, CONTROL, 0, token_path, "200 OK", "Set-Cookie: t=" NEXT_TOKEN "\r\n",
           "{\"access_token\":\"" NEXT_TOKEN "\",\"expires_in\":3600}");
    snprintf(clusters, sizeof clusters,
             "[{\"uuid\":\"11111111-1111-4111-8111-111111111111\",\"name\":\"found\",\"domain\":"
             "\"http://127.0.0.1:%u\",\"status\":{\"state\":\"Connected\"}},"
             "{\"uuid\":\"22222222-2222-4222-8222-222222222222\",\"name\":\"hidden\",\"domain\":"
             "\"127.0.0.1:%u\",\"status\":{\"state\":\"Connected\"}}]",
             wire_port(stage->wire, FOUND), wire_port(stage->wire, HIDDEN));
    answer(stage, CONTROL, 0, "/api/v1/clusters", "200 OK", "X-Echo: " TOKEN "\r\n", clusters);
}

/* How the secret comes, how the token is asked for, and what the run writes. */
struct variant {
    const char *source;
    const char *grant, *token_path, *setting;
    const char *log_format, *format;
    const char *own;      /* how a cluster's own token comes */
    const char *variable; /* what the environment has of it */
};

static void write_configuration(struct stage *stage, const struct variant *variant)
{
    static const struct {
        enum site site;
        const char *name, *settings;
    } plain[] = {
        {GOOD, "a-good", ""},
        {BROKEN, "b-broken", ""},
        {SHORT, "c-short", ""},
        {MOVED, "d-moved", ""},
        {KEYED, "e-keyed", "headers = [ \"X-Api-Key: " API_KEY "\" ];"},
        {STALE, "z-stale", ""},
    };
    char conf[CONF_MAX];
    size_t len = (size_t)snprintf(
        conf, sizeof conf,
        "control_plane : { url = \"http://127.0.0.1:%u\"; allow_http = true; client_id = \"me\";\n"
        "  grant = \"%s\"; %s retries = 1;\n  client_secret : { %s };\n};\n"
        "discover : { enabled = true; exclude = [ \"hidden\" ]; };\n"
        "run : { deadline = 50.0; concurrency = 1; };\n"
        "report : { directory = \"%s/reports\"; formats = ( { format = \"table\"; file = "
        "\"%s/table\"; } ); };\n"
        "defaults : { projects = [ \"p\" ]; retries = 0; idle_timeout = 20.0; };\nclusters = (\n",
        wire_port(stage->wire, CONTROL), variant->grant, variant->setting, variant->source,
        stage->dir, stage->dir);
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        len += (size_t)snprintf(
            conf + len, sizeof conf - len,
            "{ name = \"%s\"; url = \"http://127.0.0.1:%u\"; allow_http = true; %s },\n",
            plain[i].name, wire_port(stage->wire, plain[i].site), plain[i].settings);
    snprintf(conf + len, sizeof conf - len,
             "{ name = \"f-own\"; url = \"http://127.0.0.1:%u\"; allow_http = true;\n"
             "  token : { %s }; },\n"
             "{ name = \"g-proxy\"; url = \"http://127.0.0.1:%u\"; allow_http = true;\n"
             "  proxy = \"http://127.0.0.1:%u\"; },\n"
             "{ name = \"h-tunnel\"; url = \"https://h.example\"; proxy = \"http://127.0.0.1:%u\"; "
             "},\n"
             "{ name = \"i-around\"; url = \"https://i.example\"; },\n"
             "{ name = \"found\"; uuid = \"11111111-1111-4111-8111-111111111111\"; }\n);\n",
             wire_port(stage->wire, OWN), variant->own, wire_port(stage->wire, BEHIND),
             wire_port(stage->wire, PROXY), wire_port(stage->wire, TUNNEL));
    e2e_write(stage_path(stage, "rollcall.conf"), 0600, conf);
}

static void stage_open(struct stage *stage, const struct variant *variant)
{
    static const char *const directories[] = {"", "/tmp", "/reports", "/credentials"};
    memset(stage, 0, sizeof *stage);
    snprintf(stage->dir, sizeof stage->dir, "/tmp/canary.XXXXXX");
    if (mkdtemp(stage->dir) == NULL)
        e2e_die("%s: %s", stage->dir, strerror(errno));
    for (size_t i = 1; i < sizeof directories / sizeof directories[0]; i++)
        if (mkdir(stage_path(stage, directories[i]), 0700) != 0)
            e2e_die("%s: %s", stage->path, strerror(errno));
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        stage->canaries[i].name = canary_texts[i].name;
        canary_add(&stage->canaries[i], canary_texts[i].text);
    }
    stage->wire = wire_open(SITE_COUNT);
    prepare_clusters(stage);
    prepare_control(stage, variant->token_path);
    write_configuration(stage, variant);
    e2e_write(stage_path(stage, "secret"), 0600, SECRET "\n");
    e2e_write(stage_path(stage, "credentials/secret"), 0600, SECRET "\n");
    e2e_write(stage_path(stage, "credentials/own"), 0600, OWN_TOKEN "\n");
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static void stage_close(struct stage *stage)
{
    wire_free(stage->wire);
    for (size_t i = 0; i < stage->text_count; i++)
        free(stage->texts[i]);
    for (size_t i = 0; i < CANARY_COUNT; i++)
        canary_free(&stage->canaries[i]);
    if (nftw(stage->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "    %s: %s\n", stage->dir, strerror(errno));
}

/* ---- what was seen ---- */

static struct stage *walked;

/* What the program has written; the test's own files hold what they have to. */
static int look_at_file(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    const char *name = path + ftw->base;
    (void)status;
    if (type != FTW_F || strcmp(name, "secret") == 0 || strcmp(name, "own") == 0 ||
        strcmp(name, "rollcall.conf") == 0)
        return 0;
    size_t len = 0;
    char *data = e2e_read(path, &len);
    if (data != NULL)
        walked->leaks += count_all(walked, data, len, path, 0);
    walked->files_seen++;
    free(data);
    return 0;
}

static void check_outputs(struct stage *stage, const struct e2e_result *result)
{
    stage->leaks += count_all(stage, result->out, result->out_len, "standard output", 0);
    stage->leaks += count_all(stage, result->err, strlen(result->err), "standard error", 0);
    walked = stage;
    if (nftw(stage->dir, look_at_file, 16, FTW_PHYS) != 0)
        e2e_die("%s: %s", stage->dir, strerror(errno));
}

/* Every request that any host got. The token goes to whom the configuration names, and the secret
 * where tokens are asked for. */
static void check_requests(struct stage *stage)
{
    static const unsigned allowed[SITE_COUNT] = {
        [CONTROL] = 1u << IS_TOKEN,
        [GOOD] = 1u << IS_TOKEN,
        [STALE] = 1u << IS_TOKEN | 1u << IS_NEXT,
        [BROKEN] = 1u << IS_TOKEN,
        [SHORT] = 1u << IS_TOKEN,
        [MOVED] = 1u << IS_TOKEN,
        [KEYED] = 1u << IS_TOKEN | 1u << IS_KEY,
        [OWN] = 1u << IS_OWN,
        [PROXY] = 1u << IS_TOKEN,
        [AROUND] = 1u << IS_PROXY,
    };
    unsigned seen[SITE_COUNT] = {0};
    for (size_t i = 0; i < stage->wire->request_count; i++) {
        const struct wire_request *request = &stage->wire->requests[i];
        size_t len = strlen(request->text);
        bool asks = request->site == CONTROL && strncmp(request->text, "POST ", 5) == 0;
        unsigned may = asks ? 1u << IS_SECRET : allowed[request->site];
        stage->leaks += count_all(stage, request->text, len, "a request", may);
        for (size_t j = 0; j < CANARY_COUNT; j++)
            if (canary_count(&stage->canaries[j], request->text, len, NULL) > 0)
                seen[request->site] |= 1u << j;
    }
    /* All of it went where it has to: the test can see what it looks for. */
    for (size_t i = 0; i < SITE_COUNT; i++) {
        unsigned expected = allowed[i] | (i == CONTROL ? 1u << IS_SECRET : 0);
        if (seen[i] != expected)
            fprintf(stderr, "    site %zu saw %x, not %x\n", i, seen[i], expected);
        CU_ASSERT_EQUAL(seen[i], expected);
    }
    CU_ASSERT_EQUAL(wire_count(stage->wire, TUNNEL), 1);
    CU_ASSERT_EQUAL(stage->wire->sites[FOUND].accepted, 0);
    CU_ASSERT_EQUAL(stage->wire->sites[HIDDEN].accepted, 0);
    CU_ASSERT_EQUAL(stage->wire->sites[ELSEWHERE].accepted, 0);
    CU_ASSERT_EQUAL(stage->wire->sites[BEHIND].accepted, 0);
}

/* A command goes on once it was looked at. */
#define WAIT "until [ -e $CREDENTIALS_DIRECTORY/seen ]; do sleep 0.01; done; "

static void check_variant(const struct variant *variant)
{
    static struct stage stage;
    char tmp[96], credentials[128], proxy[128], plain_proxy[128];
    stage_open(&stage, variant);
    snprintf(tmp, sizeof tmp, "TMPDIR=%s/tmp", stage.dir);
    snprintf(credentials, sizeof credentials, "CREDENTIALS_DIRECTORY=%s/credentials", stage.dir);
    snprintf(proxy, sizeof proxy, "https_proxy=http://" PROXY_LOGIN "@127.0.0.1:%u",
             wire_port(stage.wire, AROUND));
    snprintf(plain_proxy, sizeof plain_proxy, "http_proxy=http://" PROXY_LOGIN "@127.0.0.1:%u",
             wire_port(stage.wire, AROUND));
    char *conf = strdup(stage_path(&stage, "rollcall.conf"));
    const struct e2e_run run = {
        .args = {"run", "-vvv", "--log-format", variant->log_format, "-c", conf,
                 variant->format == NULL ? NULL : "-f", variant->format},
        .env = {tmp, credentials, proxy, plain_proxy, variant->variable},
        .watch = watch,
        .watch_arg = &stage,
    };
    wire_serve(stage.wire);
    struct e2e_result *result = e2e_run(&run);
    wire_stop(stage.wire);
    CU_ASSERT_EQUAL(result->status, 4);
    check_outputs(&stage, result);
    check_requests(&stage);
    CU_ASSERT_EQUAL(stage.leaks, 0);
    CU_ASSERT(stage.processes_seen > 0);
    CU_ASSERT(stage.files_seen > 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "a-good, attempt 1: > Authorization: [hidden]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(result->err, "control plane, attempt 2: > POST "));
    if (result->status != 4 || getenv("E2E_SHOW") != NULL)
        fprintf(stderr, "%s", result->err);
    e2e_result_free(result);
    free(conf);
    stage_close(&stage);
}

static void test_everywhere(void)
{
    static const char command[] =
        "command = [ \"sh\", \"-c\", \"" WAIT "cat $CREDENTIALS_DIRECTORY/own\" ];";
    static const struct variant variants[] = {
        {"file = \"secret\";", "app_token", "/api/v1/token", "", "text", NULL, command, NULL},
        {"env = \"CANARY\";", "oauth2", "/api/v2/token", "", "json", "table", command,
         "CANARY=" SECRET},
        /* The variable is there while the command runs. */
        {"command = [ \"sh\", \"-c\", \"" WAIT "cat $CREDENTIALS_DIRECTORY/secret\" ];",
         "client_credentials", "/sso/token", "token_path = \"/sso/token\";", "text", "json",
         "env = \"CANARY\";", "CANARY=" OWN_TOKEN},
        {"credential = \"secret\";", "keycloak", "/auth/realms/r/", "realm = \"r\";", "json", NULL,
         command, NULL},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        check_variant(&variants[i]);
}

int main(void)
{
    const CU_TestInfo tests[] = {{"one run, seen from everywhere", test_everywhere},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/secrets", tests);
}
