/* Faults: their names, the error each must cause, and when one strikes. */
#include <stdlib.h>
#include <string.h>

#include "coding.h"
#include "fleet.h"
#include "odd_json.h"

static const struct {
    const char *name;
    enum fault_kind kind;
    int status;
    const char *class;
} fault_names[] = {
    {"none", FAULT_NONE, 0, NULL},
    {"refuse", FAULT_REFUSE, 0, "connect"},
    {"blackhole", FAULT_BLACKHOLE, 0, "timeout"},
    {"stall_handshake", FAULT_STALL_HANDSHAKE, 0, "timeout"},
    {"not_tls", FAULT_NOT_TLS, 0, "tls"},
    {"wrong_cert", FAULT_WRONG_CERT, 0, "tls"},
    {"expired_cert", FAULT_EXPIRED_CERT, 0, "tls"},
    {"self_signed", FAULT_SELF_SIGNED, 0, "tls"},
    {"future_cert", FAULT_FUTURE_CERT, 0, "tls"},
    {"cn_only", FAULT_CN_ONLY, 0, NULL},
    {"chain", FAULT_CHAIN, 0, NULL},
    {"chain_disordered", FAULT_CHAIN_DISORDERED, 0, NULL},
    {"chain_missing", FAULT_CHAIN_MISSING, 0, "tls"},
    {"tls10", FAULT_OLD_TLS, 10, "tls"},
    {"tls11", FAULT_OLD_TLS, 11, "tls"},
    {"hello_stall", FAULT_HELLO_STALL, 0, "timeout"},
    {"hello_garbage", FAULT_HELLO_GARBAGE, 0, "tls"},
    {"hello_alert", FAULT_HELLO_ALERT, 0, "tls"},
    {"no_answer", FAULT_NO_ANSWER, 0, "timeout"},
    {"stall_body", FAULT_STALL_BODY, 0, "timeout"},
    {"cut_body", FAULT_CUT_BODY, 0, "truncated"},
    {"cut_chunked", FAULT_CUT_CHUNKED, 0, "truncated"},
    {"reset", FAULT_RESET, 0, "connect"},
    {"long_headers", FAULT_LONG_HEADERS, 0, "protocol"},
    {"garbage", FAULT_GARBAGE, 0, "protocol"},
    {"trickle", FAULT_TRICKLE, 0, "timeout"},
    {"401", FAULT_STATUS, 401, "auth"},
    {"403", FAULT_STATUS, 403, "auth"},
    {"404", FAULT_STATUS, 404, "not_found"},
    {"429", FAULT_STATUS, 429, "rate_limited"},
    {"429_date", FAULT_RETRY_DATE, 429, "rate_limited"},
    {"403_html", FAULT_STATUS_HTML, 403, "auth"},
    {"502_html", FAULT_STATUS_HTML, 502, "http"},
    {"html200", FAULT_HTML200, 200, "not_json"},
    {"redirect", FAULT_REDIRECT, 302, "redirect"},
    {"empty_body", FAULT_EMPTY_BODY, 200, "not_json"},
    {"bad_json", FAULT_BAD_JSON, 200, "bad_json"},
    {"truncated_json", FAULT_TRUNCATED_JSON, 200, "bad_json"},
    {"wrong_shape", FAULT_WRONG_SHAPE, 200, "bad_shape"},
    {"too_large", FAULT_TOO_LARGE, 200, "too_large"},
    {"bom", FAULT_BOM, 200, NULL},
    {"207", FAULT_MULTI_STATUS, 207, "incomplete"},
    {"slow_first_byte", FAULT_SLOW_FIRST_BYTE, 200, NULL},
    {"other_project", FAULT_OTHER_PROJECT, 200, NULL},
};

/* Any other status is a fault by its number. */
static bool parse_status(const char *name, struct fault *fault)
{
    char *end;
    long status = strtol(name, &end, 10);
    if (*end != '\0' || status < 400 || status > 599)
        return false;
    fault->kind = FAULT_STATUS;
    fault->status = (int)status;
    fault->class = "http";
    fault->name = sim_dup(name);
    return true;
}

/* Faults whose argument is one of many; their names are logged whole. */
static const struct {
    const char *name;
    enum fault_kind kind;
    bool (*find)(const char *arg, struct fault *fault);
} families[] = {
    {"wire", FAULT_WIRE, wire_find},
    {"reset_at", FAULT_END_LATE, stage_find_reset},
    {"close_at", FAULT_END_LATE, stage_find_close},
    {"odd_json", FAULT_ODD_JSON, odd_json_find},
    {"coding", FAULT_CODING, coding_find},
};

static bool parse_family(const char *text, const char *arg, struct fault *fault)
{
    for (size_t i = 0; arg != NULL && i < sizeof families / sizeof families[0]; i++) {
        size_t len = strlen(families[i].name);
        if (strncmp(text, families[i].name, len) != 0 || text[len] != ':' ||
            !families[i].find(arg, fault))
            continue;
        fault->kind = families[i].kind;
        if (fault->kind == FAULT_END_LATE && fault->number < STAGE_REQUEST)
            fault->kind = FAULT_END_EARLY;
        fault->name = sim_dup(text);
        fault->arg = sim_dup(arg);
        return true;
    }
    return false;
}

bool fault_parse(const char *text, struct fault *fault)
{
    char *name = sim_dup(text);
    char *colon = strchr(name, ':');
    if (colon != NULL)
        *colon = '\0';
    *fault = (struct fault){.number = -1};
    if (parse_family(text, colon == NULL ? NULL : colon + 1, fault)) {
        free(name);
        return true;
    }
    bool is_known = false;
    for (size_t i = 0; i < sizeof fault_names / sizeof fault_names[0] && !is_known; i++) {
        if (strcmp(fault_names[i].name, name) != 0)
            continue;
        fault->kind = fault_names[i].kind;
        fault->name = sim_dup(name);
        fault->class = fault_names[i].class;
        fault->status = fault_names[i].status;
        is_known = true;
    }
    is_known = is_known || parse_status(name, fault) || fault_parse_http2(name, fault);
    if (is_known && colon != NULL) {
        fault->arg = sim_dup(colon + 1);
        fault->number = strtol(fault->arg, NULL, 10);
    }
    free(name);
    return is_known;
}

bool fault_is_of_handshake(const struct fault *fault)
{
    return fault->kind >= FAULT_STALL_HANDSHAKE && fault->kind <= FAULT_END_EARLY;
}

bool fault_is_raw(const struct fault *fault)
{
    return fault->kind >= FAULT_STALL_HANDSHAKE && fault->kind <= FAULT_END_LATE;
}

int cluster_find_project(const struct cluster *cluster, const char *name)
{
    for (unsigned i = 0; i < cluster->project_count; i++)
        if (strcmp(cluster->projects[i], name) == 0)
            return (int)i;
    return -1;
}

unsigned fault_project_count(const struct cluster *cluster)
{
    unsigned count = 1;
    for (const char *c = cluster->fault_project; *c != '\0'; c++)
        count += *c == ',';
    return count;
}

bool fault_is_of_project(const struct cluster *cluster, const char *project)
{
    const char *at = cluster->fault_project;
    if (at == NULL)
        return true;
    for (size_t len = strlen(project); at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, project, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

bool fault_strikes(struct cluster *cluster, bool is_jobs, const char *project, int kind)
{
    if (cluster->fault.kind == FAULT_NONE)
        return false;
    if (cluster->scope == (is_jobs ? SCOPE_PROJECTS : SCOPE_JOBS) ||
        (is_jobs && cluster->scope == SCOPE_DISCOVERY))
        return false;
    if (cluster->fault_project != NULL &&
        (project == NULL || !fault_is_of_project(cluster, project)))
        return false;
    if (cluster->fault_kind >= 0 && kind != cluster->fault_kind)
        return false;
    if (cluster->fault_spares > 0 &&
        atomic_fetch_add(&cluster->faults_spared, 1) < cluster->fault_spares)
        return false;
    int index = project == NULL ? -1 : cluster_find_project(cluster, project);
    long served = atomic_fetch_add(&cluster->faults_served[index + 1], 1);
    served -= cluster->fault_after;
    return served >= 0 && (cluster->fault_times < 0 || served < cluster->fault_times);
}

atomic_long *cluster_jobs_served(const struct cluster *cluster, int project, int kind)
{
    return &cluster->jobs_served[(project + 1) * LISTED_KINDS + kind];
}
