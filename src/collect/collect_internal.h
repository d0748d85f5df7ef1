/*
 * What the files of the collector share, from the whole to the parts:
 *
 *   collect.c   the run: tokens, clusters, control plane, and what they add up to
 *   cluster.c   one cluster: which lists to ask, and how many at once
 *   verdict.c   what their outcomes mean for it
 *   list.c      one list: pages, staging, commit or restart
 *   repeats.c   records with an id of another's, of the clusters that seem to have some
 *   flavours    researcher.c, kubernetes.c (with more files), control_plane.c: URLs, decoders,
 *               paging rules
 *   fetch.c     one request and its token
 */
#ifndef ROLLCALL_COLLECT_INTERNAL_H
#define ROLLCALL_COLLECT_INTERNAL_H

#include "fetch.h"
#include "id_prints.h"
#include "paging.h"
#include "rollcall/collect.h"
#include "rollcall/decode.h"
#include "rollcall/hash.h"

struct collector {
    const struct collect_context *context;
    struct report *report;
    struct cluster *clusters;          /* as many as the plan has, in its order */
    struct collect_progress *progress; /* the context's */
    struct peer control_peer;          /* the control plane, as clusters of that flavour ask it */
    struct hash_key id_key;            /* of the ids' fingerprints */
};

/* The lists' limits: records a page is asked for, and pages that no list has. */
enum { PAGE_LIMIT = 500, PAGES_MAX = 100000 };

/* What is shown to people of a project's name, which may be any text. */
enum { PROJECT_SHOWN_BYTES = 200 };

enum list_state {
    LIST_WAITING,
    LIST_PARKED, /* researcher: what answered it settles no path; see researcher.c */
    LIST_OK,
    LIST_ABSENT,     /* the cluster has no such list: empty, unless all are absent */
    LIST_INCOMPLETE, /* what came is kept, but does not add up */
    LIST_FAILED,
};

struct list_result {
    enum list_state state;
    struct report_error error; /* for the last three */
};

struct cluster {
    struct collector *collector;
    const struct cluster_config *config;
    const struct flavour *flavour;
    struct cluster_entry *entry;
    struct token *token; /* borrowed: its own or the shared one */
    struct peer own_peer;
    struct list *lists; /* those under way */
    unsigned list_count_running;
    struct list_result *results; /* owned; one for each list, in the lists' order */
    size_t list_count;
    size_t next_list;           /* the first one that was not asked yet */
    bool is_by_project;         /* the lists are; its entry has the projects */
    size_t lists_per_project;   /* 0: lists are not by project */
    bool is_names_partial;      /* the list of its projects was said to be a part of it */
    bool shows_no_project;      /* that list is empty */
    uint64_t nameless_projects; /* wanted, listed without a usable name, and so not asked */
    int names_status;           /* HTTP, of the list of projects */
    unsigned names_attempts;
    int path;                  /* researcher: the path generation that works */
    size_t parked;             /* researcher: how many lists are */
    bool is_naming_parked;     /* researcher: the list of projects is asked for on their account */
    int64_t started_at_ms;     /* 0: no attempt yet */
    struct tally tally;        /* of its committed lists, until they are added up */
    struct id_prints prints;   /* likewise */
    bool may_repeat;           /* an id may have come twice: it is not added up yet */
    struct report_error fatal; /* what failed the whole cluster */
    struct unknown_words *unknown_words; /* owned; of its records */
    void *flavour_state;                 /* of the flavour's prepare() until its forget() */
};

/* researcher: no path generation has worked yet. */
enum { PATH_UNKNOWN = -1 };

/* The fingerprint of a workload's id. */
static inline uint64_t cluster_id_print(const struct cluster *cluster, struct str id)
{
    return hash_quick(&cluster->collector->id_key, id);
}

/* One list of a cluster: the jobs of a project, a kind of workload, ... It is committed as a whole.
 */
struct list {
    struct fetch fetch; /* of the page at hand */
    struct cluster *cluster;
    struct list *next;
    size_t index;
    int path;             /* researcher: the path it asks */
    bool was_empty;       /* researcher: an older path has answered, and had no record */
    int step;             /* control plane: count, pages, count */
    char *cursor;         /* owned: kubernetes: the token of the page to ask; NULL: the first */
    struct paging paging; /* control plane: the pages to ask */
    unsigned pages;       /* whole ones since the beginning or the last restart */
    unsigned restarts;
    bool is_partial;           /* some page was said to be a part of it */
    bool is_first;             /* nothing of the cluster had answered when it was started */
    bool has_begun;            /* its first attempt: it does not wait for a slot any more */
    struct spool_stage *stage; /* owned; of the attempt at hand */
    struct spool_set *kept;    /* owned; of whole pages */
    struct tally page_tally;
    struct tally tally;
    struct id_prints prints;
    struct unknown_words *page_words, *words; /* owned; likewise */
    uint64_t repaired, dropped, left_out;
    struct project_sample other_project; /* of the dropped, if that is why */
    struct id_set *ids;                  /* owned; control plane: what was seen */
    int64_t count, count_before;         /* control plane's own; -1: unknown */
};

enum page_verdict {
    PAGE_LAST,
    PAGE_DISCARD,    /* ask on, but forget what this page held */
    PAGE_MORE,       /* the list's cursor, offset or step says what to ask next */
    PAGE_PARKED,     /* nothing that counts came: the list waits for what others show */
    PAGE_INCOMPLETE, /* the last one, and it does not add up: the error says how */
    PAGE_BAD,        /* the answer makes going on impossible: the error says why */
};

enum refusal_verdict {
    REFUSAL_FAILS,
    REFUSAL_AGAIN,   /* the list's path or step was changed: ask that */
    REFUSAL_PARKS,   /* as PAGE_PARKED */
    REFUSAL_RESTART, /* begin the list again, forgetting its pages */
    REFUSAL_ABSENT,
    REFUSAL_KEEPS, /* what came before is kept as incomplete */
};

/* How a flavour of API is asked. */
struct flavour {
    bool names_projects;     /* without configured projects, the cluster is asked for them first */
    bool asks_control_plane; /* instead of the cluster */
    bool is_paged;
    size_t lists_per_project;
    size_t lists_per_cluster; /* when no projects are given and none are asked for */
    /* Finds out what has to be known before the lists are asked, then calls cluster_prepared();
     * NULL: nothing. */
    void (*prepare)(struct cluster *cluster);
    /* Frees the cluster's flavour_state; NULL: there is none. */
    void (*forget)(struct cluster *cluster);
    char *(*page_url)(const struct list *list); /* owned by the caller */
    struct decoder *(*decoder)(struct list *list);
    /* A page is whole. */
    enum page_verdict (*page)(struct list *list, struct error *error);
    /* A page has failed for good; may improve the error. */
    enum refusal_verdict (*refused)(struct list *list, struct error *error);
    /* Whether several lists may be asked at once already. */
    bool (*is_settled)(const struct cluster *cluster);
    /* For `check --connect`: one cheap authorised request that reads no workload's data into
     * anything. */
    char *(*probe_url)(const struct cluster *cluster); /* owned by the caller */
    struct decoder *(*probe_decoder)(void);
    /* A name for the list within its project or cluster ("trainingworkloads"); NULL: needs none. */
    const char *(*label)(const struct list *list);
};

/* For probe_decoder: takes and forgets. */
bool probe_ignore_workload(void *arg, const struct workload *workload, struct error *error);
bool probe_ignore_project(void *arg, const struct project_info *project, struct error *error);

extern const struct flavour flavour_researcher, flavour_kubernetes, flavour_control_plane;

/* collect.c: the clusters of the context's plan, each with its entry in the report. */
void collector_make_clusters(struct collector *collector);
/* collect.c: drops the records that have another's id, once all have answered; false when the spool
 * fails. */
bool collector_drop_repeats(struct collector *collector, struct error *error);
/* collect.c: works until no request is left, showing the progress; see engine_run(). */
bool collector_run_engine(struct collector *collector, struct error *error);

/* list.c */
void list_start(struct cluster *cluster, size_t index);
/* For the flavours' decoders: stages the record. */
bool list_add_workload(void *arg, const struct workload *workload, struct error *error);
/* The project the list is for, or NULL. */
const char *list_project(const struct list *list);

/* cluster.c */
void cluster_start(struct cluster *cluster);
/* Fills an error of its entry; the text is copied. */
void cluster_set_error(struct cluster *cluster, struct report_error *to, const struct error *error,
                       unsigned attempts);
/* Its counts, the projects that its records name where it was not asked for any, and what it adds
 * to the report's totals, from its tally, which is empty afterwards. */
void cluster_add_up(struct cluster *cluster);
/* Adds a warning to the cluster's entry (copied). */
void cluster_warn(struct cluster *cluster, const char *text);
/* A request of the cluster is over: adds what it cost to the entry. */
void cluster_account(struct cluster *cluster, const struct request *request);
/* `error` is meaningful but for LIST_OK. The list is out of the cluster's list
 * and freed afterwards. */
void cluster_list_done(struct cluster *cluster, const struct list *list, enum list_state state,
                       const struct error *error);
/* What comes before the lists is done: each project, or the cluster, has so many of them. An error
 * (with the attempts it took) is the fate of all. */
void cluster_prepared(struct cluster *cluster, size_t list_count, const struct error *error,
                      unsigned attempts);
/* Ends a cluster that was never asked. */
void cluster_fail(struct cluster *cluster, const struct error *error);
void cluster_skip(struct cluster *cluster, const char *reason);
/* Whether configuration and selection want this project ("no value" is a project like any other).
 */
bool cluster_wants_project(const struct cluster *cluster, struct str project);
/* The project's entry, which is there once the cluster is finished; NULL: it has none. */
struct project_entry *cluster_find_project(const struct cluster *cluster, struct str name);
/* Whether its lists show this project's workloads: lists by project are asked for the projects that
 * the entry has, lists of the whole cluster show all. */
bool cluster_was_asked(const struct cluster *cluster, struct str project);
/* Whom its lists are asked of: the control plane or the cluster itself. */
struct peer *cluster_peer(struct cluster *cluster);
/* Whether it presents the run's token and not one of its own. */
bool cluster_uses_shared_token(const struct cluster *cluster);

/* verdict.c: its status and error, and its projects', from the results of its lists. */
void cluster_judge(struct cluster *cluster);

/* Sorts projects by name and leaves each name once; returns how many there are then. Where one has
 * several quotas that differ, its quota is not known (AMOUNT_NULL). */
size_t cluster_unite_projects(struct project_entry *projects, size_t count);
/* names.c: the projects a researcher endpoint names. */
void names_ask(struct cluster *cluster);
/* cluster.c: the answer; the arrays are borrowed, the names live in the report's arena. */
void cluster_names_done(struct cluster *cluster, const char *const *names, const int64_t *quotas,
                        size_t count, const struct error *error, unsigned attempts);

/* paths.c: URLs of the researcher flavour (API document, section 2); owned by the caller. */
char *paths_projects_url(const struct cluster_config *config);
char *paths_jobs_url(const struct cluster_config *config, const char *project, int path);
int paths_count(void);

/* control_plane.c, shared with control.c; a NULL `uuid` asks for all clusters. The URLs are owned
 * by the caller. */
char *control_workloads_url(const char *control_url, const char *uuid, int64_t offset);
char *control_count_url(const char *control_url, const char *uuid);

#endif
