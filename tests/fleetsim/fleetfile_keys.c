/* The keys of clusters and of the control plane in a fleet file. */
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

static bool truth_of(const struct place *place, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        fleetfile_wrong(place, "neither yes nor no", value);
    return value[0] == 'y';
}

static void fault_of(const struct place *place, const char *value, struct fault *fault)
{
    free(fault->name);
    free(fault->arg);
    if (!fault_parse(value, fault))
        fleetfile_wrong(place, "no such fault", value);
}

static void replace(char **text, const char *value)
{
    free(*text);
    *text = sim_dup(value);
}

/* Splits "key=value" and takes the quotes off the value (not of settings, which are copied as they
 * are). */
static char *value_of(const struct place *place, char *word)
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
    else
        fleetfile_wrong(place, "neither projects, jobs nor all", value);
}

static void set_expect(struct cluster *cluster, char *value)
{
    char *colon = strchr(value, ':');
    if (colon != NULL)
        *colon++ = '\0';
    replace(&cluster->expect_status, value);
    free(cluster->expect_class);
    cluster->expect_class = colon == NULL ? NULL : sim_dup(colon);
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
    else if (strcmp(key, "generation") == 0)
        cluster->generation = (int)fleetfile_number(place, value, 3);
    else if (strcmp(key, "gen_status") == 0)
        cluster->generation_status = (int)fleetfile_number(place, value, 599);
    else if (strcmp(key, "fault_times") == 0)
        cluster->fault_times = fleetfile_number(place, value, 1000000);
    else
        return false;
    return true;
}

static bool set_flag(const struct place *place, struct cluster *cluster, const char *key,
                     const char *value)
{
    if (strcmp(key, "listed") == 0)
        cluster->is_listed = truth_of(place, value);
    else if (strcmp(key, "ignore_project") == 0)
        cluster->ignores_project = truth_of(place, value);
    else if (strcmp(key, "empty") == 0)
        cluster->project_count = truth_of(place, value) ? 0 : cluster->project_count;
    else if (strcmp(key, "messy") == 0)
        cluster->is_messy = truth_of(place, value);
    else if (strcmp(key, "gzip") == 0)
        cluster->is_gzip = truth_of(place, value);
    else if (strcmp(key, "tls") == 0)
        cluster->is_tls = truth_of(place, value);
    else if (strcmp(key, "truth") == 0)
        cluster->has_truth = truth_of(place, value);
    else
        return false;
    return true;
}

void fleetfile_set_cluster(const struct place *place, struct cluster *cluster, char *word)
{
    char *value = value_of(place, word);
    if (set_number(place, cluster, word, value) || set_flag(place, cluster, word, value))
        return;
    if (strncmp(word, "conf.", 5) == 0)
        text_printf(&cluster->conf, " %s = %s;", word + 5, value);
    else if (strcmp(word, "latency_ms") == 0)
        set_latency(place, cluster, value);
    else if (strcmp(word, "fault") == 0)
        fault_of(place, value, &cluster->fault);
    else if (strcmp(word, "fault_on") == 0)
        set_scope(place, cluster, value);
    else if (strcmp(word, "fault_project") == 0)
        replace(&cluster->fault_project, value);
    else if (strcmp(word, "message") == 0)
        replace(&cluster->message, value);
    else if (strcmp(word, "expect") == 0)
        set_expect(cluster, value);
    else
        fleetfile_wrong(place, "no such key for a cluster", word);
}

void fleetfile_set_control(const struct place *place, struct control *control, char *word)
{
    char *value = value_of(place, word);
    if (strcmp(word, "tls") == 0)
        control->is_tls = truth_of(place, value);
    else if (strcmp(word, "grant") == 0)
        control->has_token_grant = strcmp(value, "token") == 0;
    else if (strcmp(word, "token_fault") == 0)
        fault_of(place, value, &control->token_fault);
    else if (strcmp(word, "token_fault_times") == 0)
        control->token_fault_times = fleetfile_number(place, value, 1000000);
    else if (strcmp(word, "latency_ms") == 0)
        control->latency_ms = fleetfile_number(place, value, 3600000);
    else if (strcmp(word, "expire_after") == 0)
        control->expire_after = fleetfile_number(place, value, 1000000000);
    else if (strcmp(word, "expire") == 0 && strcmp(value, "once") == 0)
        control->expire_after = control->expire_after < 0 ? 0 : control->expire_after;
    else if (strcmp(word, "expire") == 0 && strcmp(value, "always") == 0)
        control->expires_always = true;
    else if (strcmp(word, "expires_in") == 0)
        control->expires_in = fleetfile_number(place, value, 1000000000);
    else if (strcmp(word, "token_len") == 0)
        control->token_len = fleetfile_number(place, value, 60000);
    else if (strcmp(word, "bad_token") == 0)
        replace(&control->bad_token, value);
    else if (strcmp(word, "message") == 0)
        replace(&control->message, value);
    else if (strncmp(word, "conf.", 5) == 0)
        text_printf(&control->conf, " %s = %s;", word + 5, value);
    else
        fleetfile_wrong(place, "no such key for the control plane", word);
}
