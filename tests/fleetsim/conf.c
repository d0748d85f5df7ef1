#include "conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tokens.h"

/* A string as libconfig reads it. */
static void put_string(struct text *out, const char *text)
{
    text_puts(out, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            text_puts(out, "\\");
        text_add(out, text, 1);
    }
    text_puts(out, "\"");
}

static void put_url(struct text *out, struct in_addr addr, bool is_tls, uint16_t port)
{
    char address[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &addr, address, sizeof address);
    text_printf(out, "url = \"%s://%s:%u\";", is_tls ? "https" : "http", address, port);
    if (!is_tls)
        text_puts(out, " allow_http = true;");
}

static void put_text(struct text *out, const struct text *text)
{
    text_add(out, text->data, text->len);
}

static void put_control(struct text *out, const struct fleet *fleet, enum grant grant,
                        const char *dir)
{
    const struct control *control = &fleet->control;
    if (!control->has_conf)
        return;
    text_puts(out, "control_plane : {\n  ");
    put_url(out, fleet_control_addr(), control->is_tls, fleet->port);
    text_printf(out, "\n  ca_file = \"%s/ca.pem\";", dir);
    text_printf(out, "\n  grant = \"%s\";", grant_names[grant]);
    if (grant != GRANT_TOKEN && grant != GRANT_EXTERNAL_TOKEN_EXCHANGE) {
        text_puts(out, " client_id = ");
        put_string(out, control->client_id);
        text_puts(out, ";\n ");
    }
    text_printf(out, " %s : { file = \"%s/%s\"; };",
                grant == GRANT_TOKEN                     ? "token"
                : grant == GRANT_EXTERNAL_TOKEN_EXCHANGE ? "external_token"
                : grant == GRANT_REFRESH_TOKEN           ? "refresh_token"
                                                         : "client_secret",
                dir, grant == GRANT_TOKEN ? "token" : "secret");
    if (grant == GRANT_KEYCLOAK) {
        text_puts(out, "\n  realm = ");
        put_string(out, control->realm);
        text_puts(out, ";");
    }
    if (control->token_path != NULL)
        text_printf(out, "\n  token_path = \"%s\";", control->token_path);
    put_text(out, &control->conf);
    text_puts(out, "\n};\n");
}

/* Whether the cluster's group has to say by which UUID the control plane knows it. */
static bool needs_uuid(const struct fleet *fleet, const struct cluster *cluster)
{
    if (cluster->has_conf_uuid_set)
        return cluster->has_conf_uuid;
    return !fleet->discovers &&
           (cluster->api == API_CONTROL_PLANE || fleet->enriches || fleet->reconciles);
}

static void put_cluster(struct text *out, const struct fleet *fleet, const struct cluster *cluster,
                        const char *dir)
{
    static const char *const apis[] = {"researcher", "kubernetes", "control_plane"};
    text_puts(out, "  { name = ");
    put_string(out, cluster->name);
    text_puts(out, "; ");
    if (cluster->api != API_RESEARCHER)
        text_printf(out, "api = \"%s\"; ", apis[cluster->api]);
    if (needs_uuid(fleet, cluster))
        text_printf(out, "uuid = \"%s\"; ", cluster->uuid);
    if (cluster->has_conf_url && cluster->api != API_CONTROL_PLANE)
        put_url(out, cluster->addr, cluster->is_tls, fleet->port);
    if (cluster->has_own_token)
        text_printf(out, " token : { file = \"%s/tokens/%s\"; };", dir, cluster->name);
    if (cluster->is_listed) {
        text_puts(out, " projects = [ ");
        for (unsigned i = 0; i < cluster->project_count; i++) {
            text_puts(out, i == 0 ? "" : ", ");
            put_string(out, cluster->projects[i]);
        }
        if (cluster->gone != NULL) {
            text_puts(out, cluster->project_count == 0 ? "" : ", ");
            put_string(out, cluster->gone);
        }
        text_puts(out, " ];");
    }
    if (cluster->allows_empty)
        text_puts(out, " allow_empty = true;");
    put_text(out, &cluster->conf);
    text_puts(out, " }");
}

static void put_clusters(struct text *out, const struct fleet *fleet, const char *dir)
{
    bool is_first = true;
    text_puts(out, "clusters = (\n");
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet->clusters[i].is_configured)
            continue;
        text_puts(out, is_first ? "" : ",\n");
        is_first = false;
        put_cluster(out, fleet, &fleet->clusters[i], dir);
    }
    text_puts(out, "\n);\n");
}

static void write_conf(const struct fleet *fleet, enum grant grant, const char *dir,
                       const char *name)
{
    struct text out = {0};
    text_puts(&out, "# A simulated fleet, made by fleetsim.\n");
    put_control(&out, fleet, grant, dir);
    text_printf(&out, "defaults : { ca_file = \"%s/ca.pem\";", dir);
    put_text(&out, &fleet->conf_defaults);
    text_puts(&out, " };\nrun : {");
    put_text(&out, &fleet->conf_run);
    text_puts(&out, " };\nreport : {");
    put_text(&out, &fleet->conf_report);
    text_puts(&out, " };\n");
    if (fleet->discovers || fleet->conf_discover.len > 0) {
        text_puts(&out, fleet->discovers ? "discover : { enabled = true;" : "discover : {");
        put_text(&out, &fleet->conf_discover);
        text_puts(&out, " };\n");
    }
    put_text(&out, &fleet->conf_top);
    put_clusters(&out, fleet, dir);
    write_file(dir, name, 0644, &out);
    text_free(&out);
}

static void write_secret(const char *dir, const char *name, const char *secret)
{
    struct text out = {0};
    text_printf(&out, "%s\n", secret);
    write_file(dir, name, 0600, &out);
    text_free(&out);
}

static void write_own_tokens(const struct fleet *fleet, const char *dir)
{
    struct text tokens = {0};
    text_printf(&tokens, "%s/tokens", dir);
    if (mkdir(tokens.data, 0700) != 0 && errno != EEXIST)
        die("%s: %s", tokens.data, strerror(errno));
    for (size_t i = 0; i < fleet->count; i++) {
        struct text token = {0};
        if (!fleet->clusters[i].has_own_token)
            continue;
        tokens_own(&fleet->clusters[i], &token);
        write_secret(tokens.data, fleet->clusters[i].name, token.data);
        text_free(&token);
    }
    text_free(&tokens);
}

void conf_write(const struct fleet *fleet, const char *dir)
{
    char *path = realpath(dir, NULL);
    if (path == NULL)
        die("%s: no such directory", dir);
    write_conf(fleet, fleet->control.grant, path, "rollcall.conf");
    for (int grant = 0; fleet->control.takes_all_grants && grant < GRANT_COUNT; grant++) {
        struct text name = {0};
        text_printf(&name, "rollcall-%s.conf", grant_names[grant]);
        write_conf(fleet, (enum grant)grant, path, name.data);
        text_free(&name);
    }
    write_secret(path, "secret", CLIENT_SECRET);
    write_secret(path, "token", PRESET_TOKEN);
    write_own_tokens(fleet, path);
    free(path);
}
