/* The keys of clusters in a fleet file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleetfile_internal.h"

void fleetfile_wrong(const struct place *place, const char *what, const char *word)
{
    die("%s:%u: %s: %s", place->file, place->line, what, word);
}

long fleetfile_number(const struct place *place, const char *value, long max)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < 0 || number > max)
        fleetfile_wrong(place, "not a number in range", value);
    return number;
}

bool fleetfile_truth(const struct place *place, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        fleetfile_wrong(place, "neither yes nor no", value);
    return value[0] == 'y';
}

void fleetfile_fault(const struct place *place, const char *value, struct fault *fault)
{
    free(fault->name);
    free(fault->arg);
    if (!fault_parse(value, fault))
        fleetfile_wrong(place, "no such fault", value);
}

void fleetfile_replace(char **text, const char *value)
{
    free(*text);
    *text = sim_dup(value);
}

char *fleetfile_value(const struct place *place, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL)
        fleetfile_wrong(place, "not of the form key=value", word);
    *value++ = '\0';
    if (strncmp(word, "conf.", 5) == 0 || value[0] != '"')
        return value;
    char *to = value;
    for (const char *from = value; *from != '\0'; from++) {
        if (*from == '"')
            continue;
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return value;
}

static void set_latency(const struct place *place, struct cluster *cluster, char *value)
{
    char *dots = strstr(value, "..");
    if (dots != NULL)
        *dots = '\0';
    cluster->latency_min_ms = fleetfile_number(place, value, 3600000);
    cluster->latency_max_ms =
        dots == NULL ? cluster->latency_min_ms : fleetfile_number(place, dots + 2, 3600000);
    if (cluster->latency_max_ms < cluster->latency_min_ms)
        fleetfile_wrong(place, "an empty range", dots + 2);
}

static void set_scope(const struct place *place, struct cluster *cluster, const char *value)
{
    if (strcmp(value, "all") == 0)
        cluster->scope = SCOPE_ALL;
    else if (strcmp(value, "projects") == 0)
        cluster->scope = SCOPE_PROJECTS;
    else if (strcmp(value, "jobs") == 0)
        cluster->scope = SCOPE_JOBS;
    else if (strcmp(value, "discovery") == 0)
        cluster->scope = SCOPE_DISCOVERY;
    else
        fleetfile_wrong(place, "neither projects, jobs, discovery nor all", value);
}

static void set_expect(struct cluster *cluster, char *value)
{
    char *colon = strchr(value, ':');
    if (colon != NULL)
        *colon++ = '\0';
    fleetfile_replace(&cluster->expect_status, value);
    free(cluster->expect_class);
    cluster->expect_class = colon == NULL ? NULL : sim_dup(colon);
}

static void set_api(const struct place *place, struct cluster *cluster, const char *value)
{
    static const char *const names[] = {"researcher", "kubernetes", "control_plane"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i]) == 0) {
            cluster->api = (enum api)i;
            return;
        }
    fleetfile_wrong(place, "no such api", value);
}

static void set_domain(const struct place *place, struct cluster *cluster, const char *value)
{
    static const char *const names[] = {"hostport", "host", "url", "null"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i]) == 0) {
            cluster->domain = (enum domain)i;
            return;
        }
    fleetfile_wrong(place, "neither host, hostport, url nor null", value);
}

/* "a,b" as bits. */
static void set_missing_kinds(const struct place *place, struct cluster *cluster, const char *value)
{
    cluster->missing_kinds = 0;
    for (size_t len; *value != '\0'; value += len + (value[len] == ',')) {
        len = strcspn(value, ",");
        int kind = kind_find(value, len);
        if (kind < 0)
            fleetfile_wrong(place, "no such kind", value);
        cluster->missing_kinds |= 1u << kind;
    }
}

/* "add:N,remove:M", either alone too. */
static void set_churn(const struct place *place, struct cluster *cluster, char *value)
{
    char *save;
    for (char *part = strtok_r(value, ",", &save); part != NULL;
         part = strtok_r(NULL, ",", &save)) {
        if (strncmp(part, "add:", 4) == 0)
            cluster->churn_add = (unsigned)fleetfile_number(place, part + 4, 9999);
        else if (strncmp(part, "remove:", 7) == 0)
            cluster->churn_remove = (unsigned)fleetfile_number(place, part + 7, 9999);
        else
            fleetfile_wrong(place, "neither add:N nor remove:N", part);
    }
}

static void set_endless(const struct place *place, struct cluster *cluster, const char *value)
{
    cluster->is_endless_groups = strcmp(value, "podgroups") == 0;
    cluster->is_endless_fresh = cluster->is_endless_groups || strcmp(value, "fresh") == 0;
    cluster->is_endless = cluster->is_endless_fresh || fleetfile_truth(place, value);
}

/* Settings that are a number, of what goes beyond one researcher endpoint. */
static bool set_remote_number(const struct place *place, struct cluster *cluster, const char *key,
                              const char *value)
{
    static const char *const plants[PLANT_COUNT] = {
        [PLANT_ONLY_CLUSTER] = "only_cluster", [PLANT_PHASE] = "differ_phase",
        [PLANT_GPUS] = "differ_gpus",          [PLANT_ID] = "renamed_ids",
        [PLANT_NULL_PHASE] = "null_phase",     [PLANT_TWIN] = "twins",
        [PLANT_ENDED] = "flap_ended",          [PLANT_FLAP_PHASE] = "flap_phase",
        [PLANT_FLAP_LATE] = "flap_late",       [PLANT_FLAP_GONE] = "flap_gone",
        [PLANT_ONLY_CONTROL] = "only_control", [PLANT_ELSEWHERE] = "elsewhere",
        [PLANT_THIRD_PARTY] = "third_party",   [PLANT_DELETED] = "control_deleted",
    };
    for (size_t i = PLANT_ONLY_CLUSTER; i < PLANT_COUNT; i++)
        if (strcmp(key, plants[i]) == 0) {
            cluster->plants[i] = (unsigned)fleetfile_number(place, value, 99999);
            return true;
        }
    if (strcmp(key, "page") == 0)
        cluster->page = (unsigned)fleetfile_number(place, value, 100000);
    else if (strcmp(key, "strange_kinds") == 0)
        cluster->strange_kinds = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "expire_continue") == 0)
        cluster->expire_continue = fleetfile_number(place, value, 1000000);
    else if (strcmp(key, "continue_status") == 0)
        cluster->continue_status = (int)fleetfile_number(place, value, 599);
    else if (strcmp(key, "podgroups") == 0)
        cluster->pod_groups = strcmp(value, "yes") == 0  ? 200
                              : strcmp(value, "no") == 0 ? 404
                                                         : (int)fleetfile_number(place, value, 599);
    else if (strcmp(key, "count_off") == 0)
        cluster->count_off = value[0] == '-' ? -fleetfile_number(place, value + 1, 1000000)
                                             : fleetfile_number(place, value, 1000000);
    else if (strcmp(key, "quota_off") == 0)
        cluster->quota_off = (unsigned)fleetfile_number(place, value, 1000);
    else if (strcmp(key, "duplicate") == 0)
        cluster->duplicates = (unsigned)fleetfile_number(place, value, 400);
    else
        return false;
    return true;
}

static bool set_remote_flag(const struct place *place, struct cluster *cluster, const char *key,
                            const char *value)
{
    if (strcmp(key, "configured") == 0)
        cluster->is_configured = fleetfile_truth(place, value);
    else if (strcmp(key, "discovered") == 0)
        cluster->is_discovered = fleetfile_truth(place, value);
    else if (strcmp(key, "conf_url") == 0)
        cluster->has_conf_url = fleetfile_truth(place, value);
    else if (strcmp(key, "conf_uuid") == 0)
        cluster->has_conf_uuid = fleetfile_truth(place, value);
    else if (strcmp(key, "unconfirmed") == 0)
        cluster->is_unconfirmed = fleetfile_truth(place, value);
    else if (strcmp(key, "own_token") == 0)
        cluster->has_own_token = fleetfile_truth(place, value);
    else if (strcmp(key, "rich") == 0)
        cluster->is_rich = fleetfile_truth(place, value);
    else if (strcmp(key, "discovery") == 0)
        cluster->has_discovery = fleetfile_truth(place, value);
    else if (strcmp(key, "control_ids") == 0)
        cluster->has_control_ids = fleetfile_truth(place, value);
    else if (strcmp(key, "unfiltered") == 0)
        cluster->is_unfiltered = fleetfile_truth(place, value);
    else if (strcmp(key, "next_back") == 0)
        cluster->goes_back = fleetfile_truth(place, value);
    else
        return false;
    cluster->has_conf_uuid_set |= strcmp(key, "conf_uuid") == 0;
    return true;
}

/* The other keys of what goes beyond one researcher endpoint. */
static bool set_remote(const struct place *place, struct cluster *cluster, const char *key,
                       char *value)
{
    if (strcmp(key, "api") == 0)
        set_api(place, cluster, value);
    else if (strcmp(key, "domain") == 0)
        set_domain(place, cluster, value);
    else if (strcmp(key, "state") == 0)
        fleetfile_replace(&cluster->state, value);
    else if (strcmp(key, "control_name") == 0)
        fleetfile_replace(&cluster->control_name, value);
    else if (strcmp(key, "missing_kinds") == 0)
        set_missing_kinds(place, cluster, value);
    else if (strcmp(key, "refused_version") == 0)
        fleetfile_replace(&cluster->refused_version, value);
    else if (strcmp(key, "versions") == 0)
        fleetfile_replace(&cluster->versions, value);
    else if (strcmp(key, "churn") == 0)
        set_churn(place, cluster, value);
    else if (strcmp(key, "endless_continue") == 0)
        set_endless(place, cluster, value);
    else if (strcmp(key, "fault_kind") == 0) {
        cluster->fault_kind =
            strcmp(value, "podgroups") == 0 ? KIND_POD_GROUPS : kind_find(value, strlen(value));
        if (cluster->fault_kind < 0)
            fleetfile_wrong(place, "no such kind", value);
    } else
        return set_remote_number(place, cluster, key, value) ||
               set_remote_flag(place, cluster, key, value);
    return true;
}

/* Settings that are a number. */
static bool set_number(const struct place *place, struct cluster *cluster, const char *key,
                       const char *value)
{
    if (strcmp(key, "projects") == 0)
        cluster->project_count = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "workloads") == 0)
        cluster->workloads = (unsigned)fleetfile_number(place, value, 999999);
    else if (strcmp(key, "padding") == 0)
        cluster->padding = (unsigned)fleetfile_number(place, value, 1 << 24);
    else if (strcmp(key, "nameless") == 0)
        cluster->nameless = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "odd_users") == 0)
        cluster->odd_users = (unsigned)fleetfile_number(place, value, 999999);
    else if (strcmp(key, "upper_projects") == 0)
        cluster->upper_projects = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "repeat") == 0)
        cluster->repeats = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "shared_ids") == 0)
        cluster->shared_ids = (unsigned)fleetfile_number(place, value, 9999);
    else if (strcmp(key, "generation") == 0)
        cluster->generation = (int)fleetfile_number(place, value, 4);
    else if (strcmp(key, "gen_status") == 0)
        cluster->generation_status = (int)fleetfile_number(place, value, 599);
    else if (strcmp(key, "fault_after") == 0)
        cluster->fault_after = fleetfile_number(place, value, 1000000);
    else if (strcmp(key, "fault_times") == 0)
        cluster->fault_times = fleetfile_number(place, value, 1000000);
    else if (strcmp(key, "fault_spares") == 0)
        cluster->fault_spares = fleetfile_number(place, value, 1000000);
    else
        return false;
    return true;
}

static bool set_flag(const struct place *place, struct cluster *cluster, const char *key,
                     const char *value)
{
    if (strcmp(key, "listed") == 0)
        cluster->is_listed = fleetfile_truth(place, value);
    else if (strcmp(key, "ignore_project") == 0)
        cluster->ignores_project = fleetfile_truth(place, value);
    else if (strcmp(key, "allow_empty") == 0)
        cluster->allows_empty = fleetfile_truth(place, value);
    else if (strcmp(key, "omit_project") == 0)
        cluster->omits_project = fleetfile_truth(place, value);
    else if (strcmp(key, "old_empty") == 0)
        cluster->has_empty_old = fleetfile_truth(place, value);
    else if (strcmp(key, "empty") == 0)
        cluster->project_count = fleetfile_truth(place, value) ? 0 : cluster->project_count;
    else if (strcmp(key, "messy") == 0)
        cluster->is_messy = fleetfile_truth(place, value);
    else if (strcmp(key, "odd_names") == 0)
        cluster->has_odd_names = fleetfile_truth(place, value);
    else if (strcmp(key, "gzip") == 0)
        cluster->is_gzip = fleetfile_truth(place, value);
    else if (strcmp(key, "tls") == 0)
        cluster->is_tls = fleetfile_truth(place, value);
    else if (strcmp(key, "truth") == 0)
        cluster->has_truth = fleetfile_truth(place, value);
    else
        return false;
    cluster->is_listed_set |= strcmp(key, "listed") == 0;
    return true;
}

void fleetfile_set_cluster(const struct place *place, struct cluster *cluster, char *word)
{
    char *value = fleetfile_value(place, word);
    if (set_number(place, cluster, word, value) || set_flag(place, cluster, word, value) ||
        set_remote(place, cluster, word, value) ||
        fleetfile_set_http2(place, &cluster->http2, word, value))
        return;
    cluster->is_optional |= strcmp(word, "conf.optional") == 0 && strcmp(value, "true") == 0;
    if (strncmp(word, "conf.", 5) == 0)
        text_printf(&cluster->conf, " %s = %s;", word + 5, value);
    else if (strcmp(word, "latency_ms") == 0)
        set_latency(place, cluster, value);
    else if (strcmp(word, "fault") == 0)
        fleetfile_fault(place, value, &cluster->fault);
    else if (strcmp(word, "fault_on") == 0)
        set_scope(place, cluster, value);
    else if (strcmp(word, "gone") == 0)
        fleetfile_replace(&cluster->gone, value);
    else if (strcmp(word, "fault_project") == 0)
        fleetfile_replace(&cluster->fault_project, value);
    else if (strcmp(word, "message") == 0)
        fleetfile_replace(&cluster->message, value);
    else if (strcmp(word, "expect") == 0)
        set_expect(cluster, value);
    else
        fleetfile_wrong(place, "no such key for a cluster", word);
}
