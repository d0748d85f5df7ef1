/* The control_plane group. */
#include <string.h>

#include "config_internal.h"

static const char *const grant_names[] = {[GRANT_APP_TOKEN] = "app_token",
                                          [GRANT_CLIENT_CREDENTIALS] = "client_credentials",
                                          [GRANT_OAUTH2] = "oauth2",
                                          [GRANT_KEYCLOAK] = "keycloak",
                                          [GRANT_EXTERNAL_TOKEN_EXCHANGE] =
                                              "external_token_exchange",
                                          [GRANT_REFRESH_TOKEN] = "refresh_token",
                                          [GRANT_TOKEN] = "token",
                                          NULL};

#define GRANT(grant) (1U << (grant))
/* Those that present an identity's secret, those that present an identity, and those that obtain a
 * token at all. */
#define WITH_SECRET                                                                                \
    (GRANT(GRANT_APP_TOKEN) | GRANT(GRANT_CLIENT_CREDENTIALS) | GRANT(GRANT_OAUTH2) |              \
     GRANT(GRANT_KEYCLOAK))
#define WITH_ID   (WITH_SECRET | GRANT(GRANT_REFRESH_TOKEN))
#define OBTAINING (WITH_ID | GRANT(GRANT_EXTERNAL_TOKEN_EXCHANGE))

/* The keys of control_plane that depend on the grant. */
static const struct grant_key {
    const char *name;
    unsigned grants; /* that know the key, a bit each */
    bool is_required;
} grant_keys[] = {
    {"client_id", WITH_ID, true},
    {"client_secret", WITH_SECRET, true},
    {"realm", GRANT(GRANT_KEYCLOAK), true},
    {"external_token", GRANT(GRANT_EXTERNAL_TOKEN_EXCHANGE), true},
    {"refresh_token", GRANT(GRANT_REFRESH_TOKEN), true},
    {"token_path", OBTAINING, false},
    {"token_cache", WITH_ID, false}, /* it belongs to an identity */
    {"token", GRANT(GRANT_TOKEN), true},
};

const char *config_grant_name(enum grant grant)
{
    return grant_names[grant];
}

const struct secret_source *config_grant_secret(const struct control_plane_config *control_plane)
{
    switch (control_plane->grant) {
    case GRANT_APP_TOKEN:
    case GRANT_CLIENT_CREDENTIALS:
    case GRANT_OAUTH2:
    case GRANT_KEYCLOAK:
        break;
    case GRANT_EXTERNAL_TOKEN_EXCHANGE:
        return &control_plane->external_token;
    case GRANT_REFRESH_TOKEN:
        return &control_plane->refresh_token;
    case GRANT_TOKEN:
        return &control_plane->token;
    }
    return &control_plane->client_secret;
}

static void set_grant(struct loader *l, const config_setting_t *setting, const struct key *key,
                      void *field)
{
    (void)key;
    size_t index;
    if (config_get_choice(l, setting, "grant", grant_names, &index))
        *(enum grant *)field = (enum grant)index;
}

static const struct key control_plane_keys[] = {
    {.name = "allow_http", .set = config_check_bool},
    {.name = "url",
     .set = config_set_url,
     .offset = offsetof(struct control_plane_config, url),
     .is_required = true},
    {.name = "grant", .set = set_grant, .offset = offsetof(struct control_plane_config, grant)},
    {.name = "client_id",
     .set = config_set_identity,
     .offset = offsetof(struct control_plane_config, client_id)},
    {.name = "client_secret",
     .set = config_set_secret,
     .offset = offsetof(struct control_plane_config, client_secret)},
    {.name = "external_token",
     .set = config_set_secret,
     .offset = offsetof(struct control_plane_config, external_token)},
    {.name = "refresh_token",
     .set = config_set_secret,
     .offset = offsetof(struct control_plane_config, refresh_token)},
    {.name = "realm",
     .set = config_set_realm,
     .offset = offsetof(struct control_plane_config, realm)},
    {.name = "token_path",
     .set = config_set_token_path,
     .offset = offsetof(struct control_plane_config, token_path)},
    {.name = "token_cache",
     .set = config_set_path,
     .offset = offsetof(struct control_plane_config, token_cache)},
    {.name = "token",
     .set = config_set_secret,
     .offset = offsetof(struct control_plane_config, token)},
    {.name = NULL},
};

/* Notes a key that the grant in use does not know, with the grants that do. */
static void refuse_key(struct loader *l, const config_setting_t *setting,
                       const struct grant_key *key, enum grant grant)
{
    const char *names[sizeof grant_names / sizeof grant_names[0]] = {NULL};
    size_t count = 0;
    for (size_t g = 0; grant_names[g] != NULL; g++)
        if ((key->grants & GRANT(g)) != 0)
            names[count++] = grant_names[g];
    struct buf list;
    buf_init(&list, 256);
    config_list_names(&list, names);
    config_problem(l, setting,
                   count > 1 ? "\"%s\" is for the grants %s, but the grant is \"%s\""
                             : "\"%s\" is for grant \"%s\", but the grant is \"%s\"",
                   key->name, list.data, grant_names[grant]);
    buf_free(&list);
}

/* A key that only another grant knows would be silently without effect, so it is refused. */
static void check_grant(struct loader *l, const config_setting_t *group, enum grant grant)
{
    for (size_t i = 0; i < sizeof grant_keys / sizeof grant_keys[0]; i++) {
        const struct grant_key *key = &grant_keys[i];
        const config_setting_t *setting = config_setting_get_member(group, key->name);
        bool is_known = (key->grants & GRANT(grant)) != 0;
        if (setting == NULL && is_known && key->is_required)
            config_problem(l, group, "\"%s\" is missing in control_plane: grant \"%s\" needs it",
                           key->name, grant_names[grant]);
        if (setting != NULL && !is_known)
            refuse_key(l, setting, key, grant);
    }
}

/* Whether the grant is one that exists, so that what it needs can be judged. */
static bool is_grant_known(const config_setting_t *group)
{
    const config_setting_t *setting = config_setting_get_member(group, "grant");
    const char *name =
        setting == NULL ? grant_names[GRANT_APP_TOKEN] : config_setting_get_string(setting);
    for (size_t g = 0; grant_names[g] != NULL; g++)
        if (name != NULL && strcmp(name, grant_names[g]) == 0)
            return true;
    return false;
}

void config_set_control_plane(struct loader *l, const config_setting_t *setting,
                              const struct key *key, void *field)
{
    (void)key;
    struct control_plane_config *control_plane = field;
    control_plane->is_set = true;
    control_plane->where = config_where(l, setting);
    config_endpoint_defaults(&control_plane->endpoint);
    if (!config_expect_group(l, setting))
        return;
    struct key_table tables[] = {
        {.keys = control_plane_keys, .target = control_plane},
        {.keys = config_endpoint_keys, .target = &control_plane->endpoint},
    };
    config_read_group(l, setting, "control_plane", tables, 2);
    if (is_grant_known(setting))
        check_grant(l, setting, control_plane->grant);
    config_check_endpoint(l, setting, &control_plane->endpoint);
}
