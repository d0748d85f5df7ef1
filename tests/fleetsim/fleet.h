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
    /* of the bytes of an answer */
    FAULT_NO_ANSWER,
    FAULT_STALL_BODY,
    FAULT_CUT_BODY,
    FAULT_CUT_CHUNKED,
    FAULT_RESET,
    FAULT_LONG_HEADERS,
    FAULT_GARBAGE,
    FAULT_TRICKLE,
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
    /* no faults at all: the data is right */
    FAULT_BOM,
    FAULT_SLOW_FIRST_BYTE,
    FAULT_OTHER_PROJECT
};

struct fault {
    enum fault_kind kind;
    char *name;        /* as the log spells it; "none" */
    const char *class; /* of the error it must cause; NULL: none */
    char *arg;         /* what stood behind the colon, or NULL */
    int status;
    long number;
};

enum fault_scope { SCOPE_ALL, SCOPE_PROJECTS, SCOPE_JOBS };

struct cluster {
    char *name;
    struct in_addr addr;
    unsigned project_count;
    char **projects; /* sorted bytewise */
    unsigned workloads;
    bool is_listed;
    long latency_min_ms;
    long latency_max_ms;
    int generation;
    int generation_status; /* what the paths of other generations answer */
    bool ignores_project;
    bool is_messy;
    bool is_gzip;
    bool is_tls;
    bool has_truth;
    unsigned padding;
    struct fault fault;
    enum fault_scope scope;
    char *fault_project; /* only this project's jobs fail */
    long fault_times;    /* per kind and project; negative: for ever */
    char *message;       /* what error answers say */
    char *expect_status; /* overrides the truth; NULL: derived from the fault */
    char *expect_class;
    struct text conf; /* settings of its group in rollcall.conf */

    atomic_ulong requests;
    atomic_long *faults_served; /* [0]: projects, connections; [1 + n]: project n's jobs */
};

struct control {
    bool is_tls;
    bool has_token_grant; /* rollcall is given a token instead of a secret */
    struct fault token_fault;
    long token_fault_times;
    long latency_ms;
    long expire_after; /* negative: tokens never expire */
    bool expires_always;
    long expires_in; /* negative: not said */
    long token_len;
    char *bad_token; /* what is issued instead of a token */
    char *message;
    struct text conf;
};

struct fleet {
    struct control control;
    struct cluster *clusters; /* sorted by name */
    size_t count;
    struct text conf_run, conf_report, conf_defaults, conf_top;
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
/* Faults that need control over single bytes or over the connection. */
bool fault_is_raw(const struct fault *fault);
bool fault_is_of_handshake(const struct fault *fault);

/* Whether the cluster's fault strikes this request (project NULL: the list of projects); counts it.
 */
bool fault_strikes(struct cluster *cluster, const char *project);

/* The index of a project's name, or -1. */
int cluster_find_project(const struct cluster *cluster, const char *name);

#endif
