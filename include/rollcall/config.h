/*
 * The configuration: libconfig files in, one read-only struct out. The only user of libconfig. It
 * contacts nothing and reads no secret. Every error of every file is reported in one go.
 */
#ifndef ROLLCALL_CONFIG_H
#define ROLLCALL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "rollcall/endpoint.h"
#include "rollcall/secret.h"

enum grant { GRANT_APP_TOKEN, GRANT_TOKEN };
enum api_flavour { API_RESEARCHER };

struct control_plane_config {
    bool is_set;       /* the group is there */
    const char *where; /* "FILE:LINE" */
    const char *url;   /* without a trailing slash */
    enum grant grant;
    const char *client_id;
    struct secret_source client_secret; /* for app_token */
    struct secret_source token;         /* for token */
    struct endpoint_options endpoint;
};

struct cluster_config {
    const char *name;
    const char *url;             /* as written, without a trailing slash */
    const char *base_path;       /* "" or "/researcher": begins with a slash, ends without */
    const char *jobs_path;       /* holds "{project}"; NULL: probe the generations */
    const char *const *projects; /* NULL-terminated; empty: ask the cluster */
    const char *const *labels;   /* "key=value", NULL-terminated, in byte order */
    const struct endpoint_options *endpoint; /* shared where nothing is overridden */
    const char *file;                        /* where it stands, for messages */
    int line;
    enum api_flavour api;
    bool is_optional; /* its absence does not make the report incomplete */
};

struct output_config {
    const char *format; /* a name render_find() knows */
    const char *file;
    mode_t mode;
};

struct run_config {
    unsigned concurrency;
    unsigned per_host;
    int64_t deadline_ms;
};

struct report_config {
    const char *directory; /* NULL: none */
    unsigned keep;
    bool has_workloads;
    mode_t mode;
    const struct output_config *outputs; /* the formats that go to files of their own */
    size_t output_count;
};

struct config {
    const char *file;
    struct control_plane_config control_plane;
    struct run_config run;
    struct report_config report;
    const struct cluster_config *clusters; /* sorted by name, names unique */
    size_t cluster_count;
    const char *const *secret_env; /* the variables secrets come from, NULL-terminated */
};

/* Called for each error with one whole message, "FILE:LINE: what is wrong, and what is right". */
typedef void config_report_fn(void *arg, const char *message);

/*
 * Loads and validates `path`. `formats` lists the known output formats (NULL-terminated), of which
 * "json" goes to the directory and the others need a file. NULL when anything was reported. The
 * result is owned by the caller (config_free) and never changes.
 */
struct config *config_load(const char *path, const char *const *formats, config_report_fn *report,
                           void *arg);
void config_free(struct config *config);

/* The path to use: `given`, else $ROLLCALL_CONFIG, else $XDG_CONFIG_HOME/rollcall/rollcall.conf
 * (with
 * ~/.config for an unset variable) if it exists, else /etc/rollcall/rollcall.conf. Owned by the
 * caller. */
char *config_find(const char *given);

const char *config_grant_name(enum grant grant);
const char *config_api_name(enum api_flavour api);

#endif
