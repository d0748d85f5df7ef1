/*
 * Private to src/config: what the parts of the loader share. config.c drives; config_text.c turns
 * files into libconfig trees; config_keys.c walks groups by tables of keys; config_values.c holds
 * the setters of single values; config_cluster.c, config_control.c, config_endpoint.c, config_run.c
 * and config_report.c hold the groups' tables; config_fleet.c judges the clusters together, and
 * config_endpoints.c those that are one endpoint; config_match.c and config_merge.c join them with
 * those that discovery found; config_problem.c collects what is wrong, so that it can be told in
 * one go.
 */
#ifndef ROLLCALL_CONFIG_INTERNAL_H
#define ROLLCALL_CONFIG_INTERNAL_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#include "rollcall/buf.h"
#include "rollcall/config.h"
#include "rollcall/mem.h"

/* What config_load() hands out: its first member, with what it owns behind it. */
struct owned_config {
    struct config config;
    struct cluster_config *clusters;
    struct arena *arena;
};

struct place {
    const char *file; /* interned: lives as long as the configuration */
    unsigned line;    /* 0: the file as a whole */
};

struct problem {
    struct place place;
    size_t rank;  /* of the file, in the order in which files were read */
    size_t order; /* in which the problems of one line were found */
    char *text;   /* owned */
    bool is_warning;
};

struct loader {
    struct arena *arena;        /* handed over to the configuration */
    struct config *config;      /* being filled */
    const char *directory;      /* of the main file, "" when its path has none */
    const char *const *formats; /* borrowed from config_load()'s caller */
    const char *current;        /* the file whose tree is being read, interned */

    const char **files; /* interned names, owned array */
    size_t file_count;
    size_t current_files; /* where the current file and its includes begin in `files` */
    struct problem *problems;
    size_t problem_count;
    struct place *overflows; /* integers that were refused, whose values are not to be trusted */
    size_t overflow_count;
    struct place unclosed; /* where a string or comment begins that has no end; no file: none */

    struct cluster_config *clusters; /* growing, owned */
    size_t cluster_count;
    size_t cluster_seen;            /* configured ones, with or without errors */
    struct cluster_config defaults; /* its base_path: NULL when not set there */
    struct endpoint_options defaults_endpoint;

    const char **secret_env; /* growing, owned */
    size_t secret_env_count;
};

/* --- config_problem.c --- */

/* Notes a problem at a setting, or at a place; the text is made printable. */
void config_problem(struct loader *l, const config_setting_t *setting, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_problem_at(struct loader *l, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes what need not be wrong. */
void config_warning_at(struct loader *l, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Where a setting stands, as the user would open the file. */
struct place config_place(struct loader *l, const config_setting_t *setting);

/* The interned name of a file that libconfig calls `included`. */
const char *config_included_file(struct loader *l, const char *included);

/* "FILE:LINE" in the arena. */
const char *config_where(struct loader *l, const config_setting_t *setting);

/* The file's interned name; `is_fresh` (may be NULL) tells whether it is new since the current main
 * file was begun. */
const char *config_intern(struct loader *l, const char *file, bool *is_fresh);

/* Whether an integer on the setting's line has been refused already. */
bool config_has_overflow(struct loader *l, const config_setting_t *setting);

/* Hands all problems over in the files' order, and frees them; returns how many of them are no
 * warnings. */
size_t config_report_problems(struct loader *l, config_report_fn *report, void *arg);

/* Appends names as `a, b, c`. */
void config_list_names(struct buf *out, const char *const *names);

/* Notes `unknown WHAT "word"WHERE`, with the nearest of `names` or all of them. */
void config_problem_unknown(struct loader *l, const config_setting_t *setting, const char *what,
                            const char *word, const char *where, const char *const *names);

/* --- config_text.c --- */

/* Reads and parses a file into `tree` (initialised here; destroy it in any case). False when there
 * is no tree to go on with; the problem is noted. */
bool config_parse_file(struct loader *l, const char *path, bool is_main, config_t *tree);

/* `path`, or `directory`/`path` when it is relative; in the arena. */
const char *config_join(struct loader *l, const char *path);

/* --- config_keys.c --- */

struct key;
typedef void config_set_fn(struct loader *l, const config_setting_t *setting, const struct key *key,
                           void *field);

struct key {
    const char *name; /* NULL ends a table */
    config_set_fn *set;
    size_t offset; /* of the field in the table's target */
    bool is_required;
    double min, max;     /* of numbers */
    const char *refusal; /* known, but may not stand in this group: why */
};

struct key_table {
    const struct key *keys;
    void *target;
    size_t used; /* set by config_read_group(): how many of its keys were there */
};

/* Reads the group by tables, in the tables' order. `what` names it in messages. */
void config_read_group(struct loader *l, const config_setting_t *group, const char *what,
                       struct key_table *tables, size_t table_count);

/* Whether the setting is a group; notes a problem when not. */
bool config_expect_group(struct loader *l, const config_setting_t *setting);

/* Notes `"NAME" must be EXPECTED, not VALUE`. */
void config_problem_value(struct loader *l, const config_setting_t *setting, const char *expected);

/* The setting's name, or its list's when it is an element. */
const char *config_name_of(const config_setting_t *setting);

/* The string, or NULL after noting that it is none. */
const char *config_get_string(struct loader *l, const config_setting_t *setting);

/* The items of an array or list of strings, NULL-terminated in the arena; NULL after noting what is
 * wrong. `check` notes what is wrong with one item and returns false. */
typedef bool config_check_item_fn(struct loader *l, const config_setting_t *item, const char *text);
const char **config_get_strings(struct loader *l, const config_setting_t *setting,
                                config_check_item_fn *check, size_t *count);

/* Finds the string among `names` of the kind `what`; false after noting what is wrong. */
bool config_get_choice(struct loader *l, const config_setting_t *setting, const char *what,
                       const char *const *names, size_t *index);

config_set_fn config_set_bool;
config_set_fn config_check_bool;  /* for keys that are looked up by another */
config_set_fn config_set_count;   /* unsigned */
config_set_fn config_set_seconds; /* int64_t, in ms */

/* --- config_values.c --- */

config_set_fn config_set_bytes;    /* int64_t: 512 or "512M" */
config_set_fn config_set_identity; /* const char *: any text, not empty */
config_set_fn config_set_name;     /* const char *: a cluster's name */
config_set_fn config_set_uuid;     /* const char * */
config_set_fn config_set_realm;    /* const char * */
config_set_fn config_set_token_path;
config_set_fn config_set_url; /* const char *: looks at allow_http beside it */
config_set_fn config_set_base_path;
config_set_fn config_set_jobs_path;
config_set_fn config_set_path;          /* const char *: joined; not empty */
config_set_fn config_set_readable_path; /* the file has to be readable; "": NULL */
config_set_fn config_set_mode;          /* mode_t */

/* --- config_lists.c --- */

config_set_fn config_set_proxy;
config_set_fn config_set_headers;
config_set_fn config_set_resolve;
config_set_fn config_set_globs;
config_set_fn config_set_labels;
config_set_fn config_set_projects;

/* Notes what of a kubernetes cluster's projects cannot be the end of a namespace's name. */
void config_check_namespaces(struct loader *l, const config_setting_t *setting,
                             const char *const *projects);

/* Whether the text is valid UTF-8 and holds nothing that text_printable() would escape. */
bool config_is_printable(const char *text);

/* --- config_url.c: pure --- */

#define CONFIG_URL_MAX 2048

/* What is wrong with an https://HOST[:PORT][/PATH] URL, or NULL. */
const char *config_url_fault(const char *url, bool is_http_allowed);
const char *config_proxy_fault(const char *url);
/* What is wrong with a path, or NULL. */
const char *config_base_path_fault(const char *path);
const char *config_jobs_path_fault(const char *path);
const char *config_token_path_fault(const char *path);
/* What is wrong with HOST:PORT:ADDRESS, or NULL. */
const char *config_resolve_fault(const char *text);

/* --- the groups --- */

extern const struct key config_endpoint_keys[]; /* struct endpoint_options */

/* What holds where nothing is configured. */
void config_endpoint_defaults(struct endpoint_options *options);
/* Notes what does not go together in the options of a group. */
void config_check_endpoint(struct loader *l, const config_setting_t *group,
                           const struct endpoint_options *options);

config_set_fn config_set_control_plane; /* struct control_plane_config */
config_set_fn config_set_secret;        /* struct secret_source */
config_set_fn config_set_run;           /* struct run_config */
config_set_fn config_set_discover;      /* struct discover_config */
config_set_fn config_set_report;        /* struct report_config */

void config_init_defaults(struct loader *l);
/* Once the defaults are known: gives the configuration what a discovered cluster starts from. */
void config_finish_defaults(struct loader *l);
config_set_fn config_set_defaults;     /* the loader's defaults */
config_set_fn config_set_clusters;     /* adds to the loader's clusters */
config_set_fn config_set_clusters_dir; /* likewise */

/* --- config_endpoints.c --- */

/* One spelling of a URL that is sound and of the path behind it: its host in small letters, its
 * port said, without slashes at the end. Owned by the caller. */
char *config_endpoint_key(const char *url, const char *base_path);
/* Whether both ask for some project; one without projects asks for all. */
bool config_projects_overlap(const struct cluster_config *a, const struct cluster_config *b);
/* Notes clusters that are one endpoint, and would be counted twice. */
void config_check_endpoints(struct loader *l);

/* --- config_fleet.c --- */

/* Sorts the clusters, notes duplicates, and gives them to the configuration. */
void config_finish_clusters(struct loader *l);
/* Notes the absence of a control plane that something needs. */
void config_check_control_plane(struct loader *l);

/* Why a cluster cannot be asked before discovery has found it. */
extern const char config_no_url_yet[], config_no_uuid_yet[];

#endif
