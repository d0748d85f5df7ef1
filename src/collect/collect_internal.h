/*
 * What the files of the collector share: collect.c (the run), cluster.c (what a cluster is asked
 * and what its answers mean for it) and fetch.c (one request: attempts, staging, token).
 */
#ifndef ROLLCALL_COLLECT_INTERNAL_H
#define ROLLCALL_COLLECT_INTERNAL_H

#include "rollcall/collect.h"
#include "rollcall/decode.h"

struct collector {
    const struct collect_context *context;
    struct report *report;
    struct cluster *clusters; /* as many as the plan has, in its order */
    struct collect_progress progress;
};

/* Whether a cluster's path generation is known. */
enum { GENERATION_UNKNOWN = -1 };

struct cluster {
    struct collector *collector;
    const struct cluster_config *config;
    struct cluster_entry *entry;
    struct fetch *fetches; /* those under way */
    unsigned fetch_count;
    size_t next_project;       /* the first one that was not asked yet */
    int generation;            /* index into the researcher's job paths */
    int64_t started_at_ms;     /* 0: no attempt yet */
    unsigned accepted;         /* the newest token generation it took */
    unsigned renewals;         /* how many token renewals it has caused */
    bool was_answered;         /* some HTTP status came from it */
    struct report_error fatal; /* what failed the whole cluster */
    struct name_list {
        const char **items; /* in the report's arena */
        int64_t *quotas;
        size_t count, room;
    } names; /* the projects the cluster names, while they arrive */
};

enum fetch_kind { FETCH_PROJECTS, FETCH_JOBS };

/* One request of a cluster with what its attempts deliver. */
struct fetch {
    struct request request;
    struct cluster *cluster;
    struct fetch *next;
    enum fetch_kind kind;
    size_t project; /* index into entry->projects */
    int generation; /* of the path it asks; GENERATION_UNKNOWN for a configured one */
    char *url;      /* owned */
    struct decoder *decoder;
    struct spool_stage *stage; /* NULL: totals only */
    struct tally tally;
    unsigned token_generation; /* what the attempt presented */
    bool is_replayed;
    struct error refusal; /* what the 401 said, while a new token is waited for */
    struct token_waiter waiter;
};

/* fetch.c. Starts a request; the cluster hears of its end through cluster_fetch_done(). */
void fetch_start(struct cluster *cluster, enum fetch_kind kind, size_t project, int generation);

/* cluster.c. */
void cluster_start(struct cluster *cluster);
/* Adds a warning to the cluster's entry (copied). */
void cluster_warn(struct cluster *cluster, const char *text);
/* A project the cluster names; false after filling `error` when it names too many. */
bool cluster_add_name(struct cluster *cluster, const struct project_info *project,
                      struct error *error);
void cluster_forget_names(struct cluster *cluster);
/* `error` has class ERR_NONE when the answer was whole and is committed. The fetch is out of the
 * cluster's list and freed afterwards. */
void cluster_fetch_done(struct cluster *cluster, const struct fetch *fetch,
                        const struct error *error);
/* Ends a cluster that was never asked. */
void cluster_fail(struct cluster *cluster, const struct error *error);

/* paths.c. URLs of the researcher flavour (API document, section 2); owned by the caller. */
char *paths_projects_url(const struct cluster_config *config);
char *paths_jobs_url(const struct cluster_config *config, const char *project, int generation);
int paths_generation_count(void);

#endif
