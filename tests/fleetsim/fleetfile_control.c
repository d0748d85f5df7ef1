/* The keys of the control plane in a fleet file. */
#include <stdlib.h>
#include <string.h>

#include "fleetfile_internal.h"

const char *const grant_names[GRANT_COUNT] = {[GRANT_APP_TOKEN] = "app_token",
                                              [GRANT_CLIENT_CREDENTIALS] = "client_credentials",
                                              [GRANT_OAUTH2] = "oauth2",
                                              [GRANT_KEYCLOAK] = "keycloak",
                                              [GRANT_EXTERNAL_TOKEN_EXCHANGE] =
                                                  "external_token_exchange",
                                              [GRANT_REFRESH_TOKEN] = "refresh_token",
                                              [GRANT_TOKEN] = "token"};

static void set_grant(const struct place *place, struct control *control, const char *value)
{
    for (size_t i = 0; i < GRANT_COUNT; i++)
        if (strcmp(value, grant_names[i]) == 0) {
            control->grant = (enum grant)i;
            return;
        }
    fleetfile_wrong(place, "no such grant", value);
}

static void set_grants(const struct place *place, struct control *control, const char *value)
{
    if (strcmp(value, "any") != 0)
        fleetfile_wrong(place, "not any", value);
    control->takes_all_grants = true;
}

static void set_expire(const struct place *place, struct control *control, const char *value)
{
    if (strcmp(value, "once") == 0)
        control->expire_after = control->expire_after < 0 ? 0 : control->expire_after;
    else if (strcmp(value, "always") == 0)
        control->expires_always = true;
    else
        fleetfile_wrong(place, "neither once nor always", value);
}

static bool set_number(const struct place *place, struct control *control, const char *key,
                       const char *value)
{
    const struct {
        const char *key;
        long *number;
        long max;
    } numbers[] = {
        {"token_fault_times", &control->token_fault_times, 1000000},
        {"token_fault_after", &control->token_fault_after, 1000000},
        {"list_fault_after", &control->list_fault_after, 1000000},
        {"latency_ms", &control->latency_ms, 3600000},
        {"expire_after", &control->expire_after, 1000000000},
        {"expires_in", &control->expires_in, 1000000000},
        {"jwt_exp", &control->jwt_exp, 1000000000},
        {"token_life_ms", &control->token_life_ms, 1000000000},
        {"token_len", &control->token_len, 60000},
        {"page", &control->page, 500},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].key) != 0)
            continue;
        bool is_negative = value[0] == '-';
        long number = fleetfile_number(place, value + (is_negative ? 1 : 0), numbers[i].max);
        *numbers[i].number = is_negative ? -number : number;
        return true;
    }
    return false;
}

static bool set_fault(const struct place *place, struct control *control, const char *key,
                      const char *value)
{
    static const char *const names[LIST_KINDS] = {[LIST_CLUSTERS] = "clusters_fault",
                                                  [LIST_WORKLOADS] = "workloads_fault",
                                                  [LIST_COUNT] = "count_fault",
                                                  [LIST_PROJECTS] = "projects_fault"};
    struct fault *fault = strcmp(key, "token_fault") == 0 ? &control->token_fault : NULL;
    for (int i = 0; i < LIST_KINDS; i++)
        if (strcmp(key, names[i]) == 0)
            fault = &control->list_faults[i];
    if (fault != NULL)
        fleetfile_fault(place, value, fault);
    return fault != NULL;
}

static bool set_text(struct control *control, const char *key, const char *value)
{
    char **text = strcmp(key, "bad_token") == 0    ? &control->bad_token
                  : strcmp(key, "message") == 0    ? &control->message
                  : strcmp(key, "realm") == 0      ? &control->realm
                  : strcmp(key, "token_path") == 0 ? &control->token_path
                  : strcmp(key, "client_id") == 0  ? &control->client_id
                                                   : NULL;
    if (text != NULL)
        fleetfile_replace(text, value);
    return text != NULL;
}

void fleetfile_set_control(const struct place *place, struct fleet *fleet, char *word)
{
    struct control *control = &fleet->control;
    char *value = fleetfile_value(place, word);
    if (set_number(place, control, word, value) || set_fault(place, control, word, value) ||
        set_text(control, word, value) || fleetfile_set_http2(place, &control->http2, word, value))
        return;
    if (strcmp(word, "tls") == 0)
        control->is_tls = fleetfile_truth(place, value);
    else if (strcmp(word, "grant") == 0)
        set_grant(place, control, value);
    else if (strcmp(word, "grants") == 0)
        set_grants(place, control, value);
    else if (strcmp(word, "expire") == 0)
        set_expire(place, control, value);
    else if (strcmp(word, "only_id_token") == 0)
        control->has_id_token_only = fleetfile_truth(place, value);
    else if (strcmp(word, "rotate") == 0)
        control->rotates = fleetfile_truth(place, value);
    else if (strcmp(word, "conf") == 0)
        control->has_conf = fleetfile_truth(place, value);
    else if (strcmp(word, "discover") == 0)
        fleet->discovers = fleetfile_truth(place, value);
    else if (strncmp(word, "conf.", 5) == 0)
        text_printf(&control->conf, " %s = %s;", word + 5, value);
    else
        fleetfile_wrong(place, "no such key for the control plane", word);
}
