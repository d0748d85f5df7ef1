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

enum grant {
    GRANT_APP_TOKEN,
    GRANT_CLIENT_CREDENTIALS,
    GRANT_OAUTH2,
    GRANT_KEYCLOAK,
    GRANT_EXTERNAL_TOKEN_EXCHANGE,
    GRANT_REFRESH_TOKEN,
    GRANT_TOKEN
};
enum api_flavour { API_RESEARCHER, API_KUBERNETES, API_CONTROL_PLANE };

struct control_plane_config {
    bool is_set;       /* the group is there */
    const char *where; /* "FILE:LINE" */
    const char *url;   /* without a trailing slash */
    enum grant grant;
    const char *client_id;
    const char *realm;       /* for keycloak */
    const char *token_path;  /* NULL: the grant's own */
    const char *token_cache; /* a file; NULL: no cache */
    /* One of these: what the grant presents, or is. */
    struct secret_source client_secret, external_token, refresh_token, token;
    struct endpoint_options endpoint;
};

struct cluster_config {
    const char *name;
    const char *uuid;            /* as the control plane knows it; NULL: unknown */
    const char *skipped;         /* why it is not to be contacted; NULL: it is */
    struct secret_source token;  /* its own; SECRET_NONE: the control plane's */
    const char *url;             /* without a trailing slash; NULL: unknown, then it is skipped */
    const char *base_path;       /* "" or "/researcher": begins with a slash, ends without */
    const char *jobs_path;       /* holds "{project}"; NULL: probe the generations */
    const char *const *projects; /* NULL-terminated; empty: ask the cluster */
    const char *const *labels;   /* "key=value", NULL-terminated, in byte order */
    const struct endpoint_options *endpoint; /* shared where nothing is overridden */
    const char *file;                        /* where it stands, for messages */
    int line;
    enum api_flavour api;
    bool is_optional;  /* its absence does not make the report incomplete */
    bool allows_empty; /* it may show no project at all */
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
    bool is_enriching;   /* fill what a cluster's answer lacks from the control plane */
    bool is_reconciling; /* compare the clusters' answers with the control plane's */
};

/* Clusters that the control plane knows. Globs are NULL-terminated. */
struct discover_config {
    bool is_enabled;
    bool contacts_disconnected;
    const char *const *includes; /* a name has to match one */
    const char *const *excludes; /* a name must match none */
    const char *where;           /* "FILE:LINE" */
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
    struct discover_config discover;
    struct run_config run;
    struct report_config report;
    const struct cluster_config *clusters; /* sorted by name, names unique */
    size_t cluster_count;
    struct cluster_config defaults; /* what a discovered cluster starts from */

    const char *const *secret_env; /* the variables secrets come from, NULL-terminated */
};

/* What discovery found, as config_merge() takes it. Plain data, borrowed during the call. */
struct found_cluster {
    const char *uuid, *name, *domain, *state, *last_liveness; /* NULL: not said */
};

/*
 * Makes the fleet of the configured clusters and those found: config->clusters becomes the union,
 * sorted by name. A configured cluster with the same UUID, or without one and the same name, is the
 * same one and overrides; so is, after those, one whose URL is the found one's domain. Of several
 * that the control plane puts at one endpoint, one is asked and the others are skipped: one with a
 * url of its own, else a configured one, else one that is Connected, else the first by name.
 * Configured ones that ask for different projects are all asked. Found ones that discover.includes
 * and .excludes do not select are left out (the configured never are). One that is Disconnected or
 * WaitingToConnect, or has no (usable) domain and no configured url, gets `skipped`, unless
 * discover.contact_disconnected allows the former. Duplicate names among found ones: the later gets
 * its UUID behind its name ("eu-1 (UUID)"). What was found is sorted first, so its order does not
 * matter. A cluster that is skipped may have no url. Not to be called when discovery failed: the
 * configured clusters are as they can be without it, those that only it could complete skipped.
 * Invalidates what points into the old config->clusters, a plan for one.
 */
void config_merge(struct config *config, const struct found_cluster *found, size_t count);

/*
 * All names by which a report may know the clusters that were found, whatever discover.includes and
 * .excludes say: each one's own, and the ones that config_merge() gives to those of one name.
 * Sorted and NULL-terminated; `*names_count` of them, in the configuration's arena.
 */
const char **config_found_names(struct config *config, const struct found_cluster *found,
                                size_t count, size_t *names_count);

/* Whether discover.includes and .excludes select a found cluster's name (NULL: no). */
bool config_discover_selects(const struct config *config, const char *name);

/* Called for each error or warning with one whole message, "FILE:LINE: what is wrong, and what is
 * right". */
typedef void config_report_fn(void *arg, bool is_warning, const char *message);

/*
 * Loads and validates `path`. `formats` lists the known output formats (NULL-terminated), of which
 * "json" goes to the directory and the others need a file. NULL when an error was reported. The
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
/* Where the secret comes from that the grant in use takes. */
const struct secret_source *config_grant_secret(const struct control_plane_config *control_plane);
const char *config_api_name(enum api_flavour api);

#endif
