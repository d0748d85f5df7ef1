/*
 * The fleet: what the fleet file says, one struct per cluster and one for the control plane. Plain
 * data, read-only once loaded but for the counters at the end.
 */
#ifndef FLEETSIM_FLEET_H
#define FLEETSIM_FLEET_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

#define BASE_PATH "/researcher"
#define CLIENT_ID "fleet-reporter"

enum fault_kind {
    FAULT_NONE,
    /* of the listening socket */
    FAULT_REFUSE,
    FAULT_BLACKHOLE,
    /* of the handshake */
    FAULT_STALL_HANDSHAKE,
    FAULT_NOT_TLS,
    FAULT_WRONG_CERT,
    FAULT_EXPIRED_CERT,
    FAULT_SELF_SIGNED,
    FAULT_FUTURE_CERT,
    FAULT_CN_ONLY,
    FAULT_CHAIN,
    FAULT_CHAIN_DISORDERED,
    FAULT_CHAIN_MISSING,
    FAULT_OLD_TLS, /* `status` 10 or 11: its version */
    FAULT_HELLO_STALL,
    FAULT_HELLO_GARBAGE,
    FAULT_HELLO_ALERT,
    FAULT_END_EARLY, /* `number`: an enum stage before the request */
    /* of the bytes of an answer */
    FAULT_NO_ANSWER,
    FAULT_STALL_BODY,
    FAULT_CUT_BODY,
    FAULT_CUT_CHUNKED,
    FAULT_RESET,
    FAULT_LONG_HEADERS,
    FAULT_GARBAGE,
    FAULT_HTTP2, /* by its name */
    FAULT_TRICKLE,
    FAULT_WIRE,     /* `number`: an index of wire.c */
    FAULT_END_LATE, /* `number`: an enum stage from the request on */
    /* of what a well-formed answer says */
    FAULT_STATUS, /* any HTTP status; `number` is Retry-After, negative for none */
    FAULT_STATUS_HTML,
    FAULT_RETRY_DATE, /* 429 with Retry-After as a date `number` seconds ahead */
    FAULT_HTML200,
    FAULT_REDIRECT,
    FAULT_EMPTY_BODY,
    FAULT_BAD_JSON,
    FAULT_TRUNCATED_JSON,
    FAULT_WRONG_SHAPE,
    FAULT_TOO_LARGE,
    FAULT_ODD_JSON, /* `number`: an index of odd_json.c */
    FAULT_CODING,   /* `number`: an index of coding.c */
    /* no faults at all: the data is right */
    FAULT_BOM,
    FAULT_SLOW_FIRST_BYTE,
    FAULT_OTHER_PROJECT,
    FAULT_MULTI_STATUS /* 207 instead of 200 */
};

/* How far a connection gets before it ends. */
enum stage {
    STAGE_ACCEPT,
    STAGE_HELLO,
    STAGE_HANDSHAKE,
    STAGE_REQUEST,
    STAGE_STATUS,
    STAGE_HEADERS,
    STAGE_HEADERS_END,
    STAGE_BODY
};

struct fault {
    enum fault_kind kind;
    char *name;        /* as the log spells it; "none" */
    const char *class; /* of the error it must cause; NULL: none */
    char *arg;         /* what stood behind the colon, or NULL */
    int status;
    long number;
};

enum fault_scope { SCOPE_ALL, SCOPE_PROJECTS, SCOPE_JOBS, SCOPE_DISCOVERY };

enum api { API_RESEARCHER, API_KUBERNETES, API_CONTROL_PLANE };

/* The kinds of a kubernetes cluster; bits and indexes go by this order. */
#define KIND_COUNT      7
#define KIND_BASE       4                /* that every cluster has */
#define KIND_POD_GROUPS KIND_COUNT       /* not of workloads */
#define LISTED_KINDS    (KIND_COUNT + 1) /* with that one */
struct cluster;
int kind_find(const char *name, size_t len); /* -1: no such kind */
const char *kind_name(int kind);
const char *kind_word(int kind); /* of its items */
const char *kind_version(int kind);
bool kind_is_served(const struct cluster *cluster, int kind);
bool kind_is_in(const struct cluster *cluster, int kind, const char *version);

/* In what the control plane's view of a workload departs from the cluster's. The first ones are
 * planted in workloads of the cluster, those from PLANT_ONLY_CONTROL on are further workloads. */
enum plant {
    PLANT_NONE,
    PLANT_ONLY_CLUSTER,
    PLANT_PHASE,
    PLANT_GPUS,
    PLANT_ID,
    PLANT_NULL_PHASE,
    PLANT_TWIN,       /* the first of two that share their name is not known */
    PLANT_ENDED,      /* not known; the cluster shows it only in the first reading */
    PLANT_FLAP_PHASE, /* in another phase in the first reading only */
    PLANT_FLAP_LATE,  /* not known in the first reading only */
    PLANT_ONLY_CONTROL,
    PLANT_ELSEWHERE,   /* of a project that the cluster does not show */
    PLANT_THIRD_PARTY, /* of a kind that the cluster has no list of */
    PLANT_FLAP_GONE,   /* known in the first reading only */
    PLANT_DELETED,     /* the control plane has it still, as deleted */
    PLANT_COUNT
};
#define ELSEWHERE "zz-elsewhere"

/* A workload that the control plane knows. */
struct known {
    int64_t created_ms;
    uint64_t order; /* when nothing is sorted */
    size_t index;
    unsigned project;
    enum plant plant;
};

/* How a cluster or the control plane speaks HTTP/2, if it does. */
struct http2_settings {
    bool is_on;
    bool has_length;  /* whether answers say how long they are */
    unsigned frame;   /* the most in a DATA frame; 0: as much as fits */
    unsigned padding; /* bytes added to each frame that may have some */
    unsigned streams; /* the most at a time */
    unsigned window;  /* what may be sent to it before it says more */
};
extern const struct http2_settings http2_defaults;

enum domain { DOMAIN_HOST_PORT, DOMAIN_HOST, DOMAIN_URL, DOMAIN_NULL };

struct cluster {
    char *name;
    char uuid[37];
    struct in_addr addr;
    enum api api;
    unsigned project_count;
    char **projects; /* sorted bytewise */
    unsigned workloads;
    bool is_listed, is_listed_set;
    long latency_min_ms;
    long latency_max_ms;
    int generation;
    int generation_status; /* what the paths of other generations answer */
    bool has_empty_old;    /* the paths of older generations answer that there is nothing */
    char *gone;        /* a project that rollcall.conf has and the cluster has not; NULL: none */
    bool allows_empty; /* rollcall.conf says that it may show no project */
    bool ignores_project;
    unsigned upper_projects; /* projects whose records spell them in capitals */
    bool omits_project;      /* its records do not say which project they are of */
    unsigned repeats;        /* of each project, jobs that are in its list twice */
    unsigned shared_ids;     /* jobs of each other project that have the ids of the first one's */
    bool is_messy;
    bool has_odd_names; /* its projects' */
    bool is_gzip;
    bool is_tls;
    bool has_truth;
    struct http2_settings http2;
    unsigned padding;
    unsigned nameless;  /* entries without a usable name in the list of projects */
    unsigned odd_users; /* workloads of each project, the first ones, whose user is no text */
    struct fault fault;
    enum fault_scope scope;
    char *fault_project; /* only this project's jobs fail, or those of several: "a,b" */
    int fault_kind;      /* only this kind fails; negative: all */
    long fault_times;    /* per kind and project; negative: for ever */
    long fault_after;    /* so many requests go well before, likewise */
    long fault_spares;   /* so many requests to the cluster go well before */
    char *message;       /* what error answers say */
    char *expect_status; /* overrides the truth; NULL: derived from the fault */
    char *expect_class;
    struct text conf; /* settings of its group in rollcall.conf */

    /* what rollcall.conf and the control plane say of it */
    bool is_configured, is_discovered;
    bool has_conf_url;
    bool has_conf_uuid, has_conf_uuid_set;
    bool has_own_token;
    bool is_optional;
    enum domain domain;
    char *state;
    char *control_name; /* what the control plane calls it; NULL: its name */

    /* flavour kubernetes */
    unsigned page;
    long expire_continue; /* how many uses of a continue token fail */
    int continue_status;  /* what they answer */
    bool is_rich;         /* uses all that the API has */
    bool has_discovery;
    int pod_groups; /* what their list answers */
    unsigned missing_kinds;
    bool is_endless, is_endless_fresh, is_endless_groups;
    char *refused_version;  /* whose list of kinds is 404; or "all", or NULL */
    char *versions;         /* what is odd about the versions, or NULL: see README.md */
    unsigned strange_kinds; /* that nobody knows */

    /* the control plane's view */
    unsigned plants[PLANT_COUNT];
    unsigned churn_add, churn_remove;
    long count_off;
    unsigned quota_off; /* GPUs by which the quotas that the control plane says are higher */
    bool goes_back;
    bool is_unfiltered; /* pages hold the other clusters' workloads too */
    unsigned duplicates;
    bool has_control_ids;    /* whether the control plane's records have ids */
    unsigned char *plant_of; /* by project and index; NULL: nothing is planted */
    struct known *known;     /* oldest first; guarded by lists_lock once served */
    size_t known_count;
    bool has_churned;
    unsigned readings;   /* of its list, to the end; guarded likewise */
    bool is_unconfirmed; /* what differs in it cannot be read a second time */

    atomic_ulong requests;
    atomic_long continued; /* uses of continue tokens */
    atomic_long faults_spared;
    atomic_long *faults_served; /* [0]: projects, connections; [1 + n]: project n's jobs */
    atomic_long *jobs_served;   /* lists of jobs to their end, by cluster_jobs_served() */
};

enum grant {
    GRANT_APP_TOKEN,
    GRANT_CLIENT_CREDENTIALS,
    GRANT_OAUTH2,
    GRANT_KEYCLOAK,
    GRANT_EXTERNAL_TOKEN_EXCHANGE,
    GRANT_REFRESH_TOKEN,
    GRANT_TOKEN, /* rollcall is given a token instead of a secret */
    GRANT_COUNT
};
extern const char *const grant_names[GRANT_COUNT];

/* What the control plane is asked for besides tokens. */
enum { LIST_CLUSTERS, LIST_WORKLOADS, LIST_COUNT, LIST_PROJECTS, LIST_KINDS };

struct control {
    bool is_tls;
    struct http2_settings http2;
    enum grant grant;
    bool takes_all_grants;
    bool has_conf; /* whether rollcall.conf has the group control_plane */
    char *realm;
    char *token_path; /* NULL: each grant's own */
    char *client_id;
    struct fault list_faults[LIST_KINDS];
    long list_fault_after;  /* requests for each list that go well first */
    long page;              /* the most that one page holds; 0: no limit of its own */
    long jwt_exp;           /* seconds; negative: tokens hold no such claim */
    long token_life_ms;     /* negative: for ever */
    long token_fault_after; /* token requests that go well first */
    struct fault token_fault;
    long token_fault_times;
    long latency_ms;
    long expire_after; /* negative: tokens never expire */
    bool expires_always;
    long expires_in; /* negative: not said */
    long token_len;
    bool has_id_token_only; /* keycloak's answers have no access token */
    bool rotates;           /* each refresh token is good once, and its answer has the next one */
    char *bad_token;        /* what is issued instead of a token */
    char *message;
    struct text conf;
};

struct fleet {
    struct control control;
    struct cluster *clusters; /* sorted by name */
    size_t count;
    struct text conf_run, conf_report, conf_defaults, conf_top, conf_discover;
    bool discovers, contacts_disconnected, enriches, reconciles;
    bool is_optional; /* all its clusters are */
    uint64_t seed;
    uint16_t port;
};

/* Dies with "FILE:LINE: ..." when the file is wrong. */
void fleet_load(struct fleet *fleet, const char *path);
void fleet_free(struct fleet *fleet);

/* NULL when there is none at this address. */
struct cluster *fleet_find(struct fleet *fleet, struct in_addr addr);
struct in_addr fleet_control_addr(void);

/* Parses "NAME" or "NAME:ARG"; false when there is no such fault. */
bool fault_parse(const char *text, struct fault *fault);
/* The same for the names of HTTP/2's own faults, without the argument. */
bool fault_parse_http2(const char *name, struct fault *fault);
/* wire.c: these fill in what follows from a fault's argument; false: there is no such one. */
bool wire_find(const char *name, struct fault *fault);
bool stage_find_reset(const char *name, struct fault *fault);
bool stage_find_close(const char *name, struct fault *fault);
/* Faults that need control over single bytes or over the connection. */
bool fault_is_raw(const struct fault *fault);
bool fault_is_of_handshake(const struct fault *fault);

/* Whether the cluster's fault strikes this request (`project` NULL: of no project; `kind` negative:
 * of no kind); counts it. */
bool fault_strikes(struct cluster *cluster, bool is_jobs, const char *project, int kind);
/* Whether the fault is of this project, if of any in particular; of how many it is, if of some. */
bool fault_is_of_project(const struct cluster *cluster, const char *project);
unsigned fault_project_count(const struct cluster *cluster);

/* How often a list of its jobs was served to its end: of a project (negative: of all) and a kind (0
 * where there are none). */
atomic_long *cluster_jobs_served(const struct cluster *cluster, int project, int kind);

/* The index of a project's name, or -1. */
int cluster_find_project(const struct cluster *cluster, const char *name);

#endif
