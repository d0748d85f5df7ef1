/*
 * What the program's memory holds of secret and token: while it runs the secret once, where the
 * next token needs it; when the report is being written, neither.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "../check.h"
#include "canary.h"

#define CLIENT_SECRET "q\"uote\\back/s1ash-\xc3\xbc-\xe2\x82\xac-s3cret"

/* What some issuers send beside the token, and nobody needs. */
static const char unused[] = "refresh.not.this";

/* A run that is looked into. */
struct look {
    struct e2e_fleet *fleet;
    struct canary secret, token, unused;
    int pipe[2];   /* its standard output */
    int64_t since; /* since when the moment has come; 0: it has not */
    long secrets, tokens, rests;
    size_t answers; /* of clusters, before the moment has come */
    bool is_over;
};

static void look_init(struct look *look, struct e2e_fleet *fleet)
{
    *look = (struct look){.fleet = fleet, .secrets = -1, .tokens = -1, .rests = -1};
    look->secret.name = "secret";
    canary_add(&look->secret, CLIENT_SECRET);
    look->token.name = "token";
    look->unused.name = "unused part of the answer";
    canary_add_form(&look->unused, unused, strlen(unused));
}

static void look_free(struct look *look)
{
    canary_free(&look->secret);
    canary_free(&look->token);
    canary_free(&look->unused);
}

/* All tokens of the fleet. */
static void learn_tokens(struct look *look)
{
    char *text = e2e_read(e2e_path(look->fleet, "issued-tokens.log"), NULL), *rest = text;
    for (char *line; text != NULL && (line = strsep(&rest, "\n")) != NULL;)
        if (*line != '\0')
            canary_add(&look->token, line);
    free(text);
    for (const char *const *name = (const char *const[]){"token", "tokens/own", NULL};
         *name != NULL; name++)
        if ((text = e2e_read(e2e_path(look->fleet, *name), NULL)) != NULL) {
            text[strcspn(text, "\n")] = '\0';
            canary_add(&look->token, text);
            free(text);
        }
}

static bool may_look(void)
{
    const struct canary none = {0};
    if (e2e_is_sanitized()) {
        fprintf(stderr, "    skipped: a sanitizer keeps memory of its own\n");
        return false;
    }
    if (geteuid() == 0 && canary_count_memory(&none, getpid(), false) >= 0)
        return true;
    fprintf(stderr, "    skipped: only root may read the memory of the program\n");
    return false;
}

/* Counts until the memory holds what it should, or ten seconds are over: answers that were served a
 * moment ago may still be on their way. */
static bool count_until(struct look *look, pid_t pid, long secrets, bool has_tokens)
{
    bool is_late = look->since != 0 && e2e_now_ms() - look->since > 10000;
    if (look->since == 0)
        look->since = e2e_now_ms();
    canary_free(&look->token);
    look->token.name = "token";
    learn_tokens(look);
    look->secrets = canary_count_memory(&look->secret, pid, is_late);
    look->tokens = canary_count_memory(&look->token, pid, is_late && !has_tokens);
    look->rests = canary_count_memory(&look->unused, pid, is_late);
    return is_late ||
           (look->secrets == secrets && (look->tokens > 0) == has_tokens && look->rests == 0);
}

/* One whole copy of the secret. */
static long one_secret(const struct look *look)
{
    return (long)canary_count(&look->secret, CLIENT_SECRET, strlen(CLIENT_SECRET), NULL);
}

/* All have answered but the one that never does: then the run is ended. */
static void watch_waiting(void *arg, pid_t pid)
{
    struct look *look = arg;
    if (look->is_over || e2e_count(look->fleet, "hold", "/", NULL) == 0 ||
        e2e_count(look->fleet, NULL, "/researcher/", "200") < look->answers)
        return;
    look->is_over = count_until(look, pid, one_secret(look), true);
    if (look->is_over)
        kill(pid, SIGTERM);
}

/* The report does not fit into the pipe: nothing goes on until it is read. */
static void watch_writing(void *arg, pid_t pid)
{
    struct look *look = arg;
    char block[65536];
    int waiting = 0;
    if (!look->is_over && ioctl(look->pipe[0], FIONREAD, &waiting) == 0 &&
        waiting == fcntl(look->pipe[0], F_GETPIPE_SZ))
        look->is_over = count_until(look, pid, 0, false);
    while (look->is_over && read(look->pipe[0], block, sizeof block) > 0)
        ;
}

/* The fleet's configuration with another source of the secret. */
static void set_source(struct e2e_fleet *fleet, const char *source)
{
    char from[256], to[256];
    snprintf(from, sizeof from, "client_secret : { file = \"%s\"; };", e2e_path(fleet, "secret"));
    snprintf(to, sizeof to, "client_secret : { %s };", source);
    char *conf = e2e_read(e2e_path(fleet, "rollcall.conf"), NULL), *place = strstr(conf, from);
    size_t len = strlen(conf) + strlen(to) + 1;
    char *changed = malloc(len);
    if (place == NULL || changed == NULL)
        e2e_die("no secret to change in the configuration");
    snprintf(changed, len, "%.*s%s%s", (int)(place - conf), conf, to, place + strlen(from));
    e2e_write(e2e_path(fleet, "rollcall.conf"), 0644, changed);
    free(changed);
    free(conf);
}

static void check_waiting(struct e2e_fleet *fleet, const char *env, size_t answers, int status)
{
    struct look look;
    look_init(&look, fleet);
    look.answers = answers;
    const struct e2e_run run = {.args = {"run", "-vvv", "-c", e2e_path(fleet, "rollcall.conf"),
                                         "-o", e2e_path(fleet, "report.json")},
                                .env = {env},
                                .watch = watch_waiting,
                                .watch_arg = &look};
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, status);
    if (look.secrets != one_secret(&look))
        fprintf(stderr, "    %ld pieces of the secret: %s", look.secrets, result->err);
    CU_ASSERT_EQUAL(look.secrets, one_secret(&look));
    CU_ASSERT(look.tokens > 0);
    CU_ASSERT_EQUAL(look.rests, 0);
    e2e_result_free(result);
    look_free(&look);
}

static void check_writing(struct e2e_fleet *fleet, int status, const char *const more[])
{
    struct look look;
    look_init(&look, fleet);
    if (pipe2(look.pipe, O_CLOEXEC) != 0 || fcntl(look.pipe[0], F_SETFL, O_NONBLOCK) != 0)
        e2e_die("pipe: %s", strerror(errno));
    struct e2e_run run = {.args = {"run", "-q", "-c", e2e_path(fleet, "rollcall.conf"), "-o", "-"},
                          .stdout_fd = look.pipe[1],
                          .watch = watch_writing,
                          .watch_arg = &look};
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        run.args[6 + i] = more[i];
    struct e2e_result *result = e2e_run(&run);
    CU_ASSERT_EQUAL(result->status, status);
    CU_ASSERT_EQUAL(look.secrets, 0);
    CU_ASSERT_EQUAL(look.tokens, 0);
    CU_ASSERT_EQUAL(look.rests, 0);
    close(look.pipe[0]);
    close(look.pipe[1]);
    e2e_result_free(result);
    look_free(&look);
}

/* However the secret comes, it is held once. */
static void test_while_waiting(void)
{
    static const char *const grants[] = {"app_token", "client_credentials", "oauth2", "keycloak"};
    char source[256], env[128];
    for (size_t i = 0; i < 4 && may_look(); i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "control grant=%s\ncluster c-{0..3} projects=2\n"
                 "cluster hold fault=no_answer conf.idle_timeout=50.0\n",
                 grants[i]);
        struct e2e_fleet *fleet = e2e_start(text);
        if (i == 1)
            set_source(fleet, "env = \"CANARY\";");
        if (i == 2)
            set_source(fleet, "credential = \"secret\";");
        snprintf(env, sizeof env, i == 1 ? "CANARY=%s" : "CREDENTIALS_DIRECTORY=%s",
                 i == 1 ? CLIENT_SECRET : e2e_path(fleet, "."));
        snprintf(source, sizeof source, "command = [ \"cat\", \"%s\" ];",
                 e2e_path(fleet, "secret"));
        if (i == 3)
            set_source(fleet, source);
        check_waiting(fleet, env, 8, 4);
        e2e_stop(fleet);
    }
}

/* Nothing came behind the token's answer, over its connection or another: it has to be wiped, and
 * is not merely overwritten. */
static void test_after_token(void)
{
    if (!may_look())
        return;
    struct e2e_fleet *fleet = e2e_start(
        "control grant=oauth2 token_len=9000 count_fault=no_answer conf.idle_timeout=50.0\n"
        "run enrich=true\ncluster hold fault=no_answer conf.idle_timeout=50.0\n");
    check_waiting(fleet, "X=", 0, 6);
    e2e_stop(fleet);
}

static void test_while_writing(void)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"cluster a workloads=1000\ncluster b listed=no\n", 0},
        {"control grant=oauth2\ncluster a workloads=1000\n", 0},
        /* Old tokens too, with refusals, errors that are tried again, and connections kept. */
        {"control expire=once\ncluster c-{0..19} workloads=100 latency_ms=0..20\n"
         "cluster d fault=500 fault_times=1\n",
         0},
        {"control grant=token\ncluster a workloads=1000\ncluster own own_token=yes\n", 0},
        {"defaults retries=0\ncontrol discover=yes\nrun reconcile=true enrich=true\n"
         "cluster a workloads=1000\ncluster b fault=500\ncluster c fault=cut_body\n"
         "cluster d fault=reset\ncluster e fault=redirect\ncluster f fault=401\n",
         4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && may_look(); i++) {
        struct e2e_fleet *fleet = e2e_start(cases[i].text);
        check_writing(fleet, cases[i].status, NULL);
        e2e_stop(fleet);
    }
}

int main(void)
{
    const CU_TestInfo tests[] = {{"while clusters are waited for", test_while_waiting},
                                 {"after the token's answer", test_after_token},
                                 {"while the report is written", test_while_writing},
                                 CU_TEST_INFO_NULL};
    return check_run("e2e/memory", tests);
}
