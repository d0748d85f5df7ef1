#include "conf.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

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

static void put_control(struct text *out, const struct fleet *fleet, const char *dir)
{
    const struct control *control = &fleet->control;
    text_puts(out, "control_plane : {\n  ");
    put_url(out, fleet_control_addr(), control->is_tls, fleet->port);
    text_printf(out, "\n  ca_file = \"%s/ca.pem\";", dir);
    if (control->has_token_grant)
        text_printf(out, "\n  grant = \"token\"; token : { file = \"%s/token\"; };", dir);
    else
        text_printf(out,
                    "\n  grant = \"app_token\"; client_id = \"%s\";"
                    "\n  client_secret : { file = \"%s/secret\"; };",
                    CLIENT_ID, dir);
    put_text(out, &control->conf);
    text_puts(out, "\n};\n");
}

static void put_cluster(struct text *out, const struct fleet *fleet, const struct cluster *cluster)
{
    text_puts(out, "  { name = ");
    put_string(out, cluster->name);
    text_puts(out, "; ");
    put_url(out, cluster->addr, cluster->is_tls, fleet->port);
    if (cluster->is_listed) {
        text_puts(out, " projects = [ ");
        for (unsigned i = 0; i < cluster->project_count; i++) {
            text_puts(out, i == 0 ? "" : ", ");
            put_string(out, cluster->projects[i]);
        }
        text_puts(out, " ];");
    }
    put_text(out, &cluster->conf);
    text_puts(out, " }");
}

void conf_write(const struct fleet *fleet, const char *dir)
{
    char *path = realpath(dir, NULL);
    if (path == NULL)
        die("%s: no such directory", dir);
    struct text out = {0};
    text_puts(&out, "# A simulated fleet, made by fleetsim.\n");
    put_control(&out, fleet, path);
    text_printf(&out, "defaults : { ca_file = \"%s/ca.pem\";", path);
    put_text(&out, &fleet->conf_defaults);
    text_puts(&out, " };\nrun : {");
    put_text(&out, &fleet->conf_run);
    text_puts(&out, " };\nreport : {");
    put_text(&out, &fleet->conf_report);
    text_puts(&out, " };\n");
    put_text(&out, &fleet->conf_top);
    text_puts(&out, "clusters = (\n");
    for (size_t i = 0; i < fleet->count; i++) {
        put_cluster(&out, fleet, &fleet->clusters[i]);
        text_puts(&out, i + 1 < fleet->count ? ",\n" : "\n");
    }
    text_puts(&out, ");\n");
    write_file(dir, "rollcall.conf", 0644, &out);
    text_free(&out);
    text_puts(&out, CLIENT_SECRET "\n");
    write_file(dir, "secret", 0600, &out);
    text_free(&out);
    text_puts(&out, PRESET_TOKEN "\n");
    write_file(dir, "token", 0600, &out);
    text_free(&out);
    free(path);
}
