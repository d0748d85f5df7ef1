/* The control_plane group, the endpoint keys that it shares with clusters, and secrets' sources. */
#include <string.h>

#include "config_internal.h"

static const char *const grant_names[] = {
    [GRANT_APP_TOKEN] = "app_token", [GRANT_TOKEN] = "token", NULL};

/* What each grant needs: a key of control_plane that none of the grants in use names is refused. */
static const char *const grant_keys[][3] = {
    [GRANT_APP_TOKEN] = {"client_id", "client_secret", NULL}, [GRANT_TOKEN] = {"token", NULL}};

#define GRANT_COUNT (sizeof grant_keys / sizeof grant_keys[0])

const char *config_grant_name(enum grant grant)
{
    return grant_names[grant];
}

/* --- endpoint options --- */

#define SECONDS_MIN 0.01
#define SECONDS_MAX 86400

const struct key config_endpoint_keys[] = {
    {.name = "ca_file",
     .set = config_set_readable_path,
     .offset = offsetof(struct endpoint_options, ca_file)},
    {.name = "client_cert",
     .set = config_set_readable_path,
     .offset = offsetof(struct endpoint_options, client_cert)},
    {.name = "client_key",
     .set = config_set_readable_path,
     .offset = offsetof(struct endpoint_options, client_key)},
    {.name = "proxy", .set = config_set_proxy, .offset = offsetof(struct endpoint_options, proxy)},
    {.name = "headers",
     .set = config_set_headers,
     .offset = offsetof(struct endpoint_options, headers)},
    {.name = "connect_timeout",
     .set = config_set_seconds,
     .offset = offsetof(struct endpoint_options, connect_timeout_ms),
     .min = SECONDS_MIN,
     .max = SECONDS_MAX},
    {.name = "idle_timeout",
     .set = config_set_seconds,
     .offset = offsetof(struct endpoint_options, idle_timeout_ms),
     .min = SECONDS_MIN,
     .max = SECONDS_MAX},
    {.name = "timeout",
     .set = config_set_seconds,
     .offset = offsetof(struct endpoint_options, timeout_ms),
     .min = SECONDS_MIN,
     .max = SECONDS_MAX},
    {.name = "retries",
     .set = config_set_count,
     .offset = offsetof(struct endpoint_options, retries),
     .min = 0,
     .max = 20},
    {.name = "max_body",
     .set = config_set_bytes,
     .offset = offsetof(struct endpoint_options, max_body_bytes)},
    {.name = NULL},
};

void config_endpoint_defaults(struct endpoint_options *options)
{
    *options = (struct endpoint_options){.connect_timeout_ms = 5000,
                                         .idle_timeout_ms = 15000,
                                         .timeout_ms = 120000,
                                         .max_body_bytes = 512LL << 20,
                                         .retries = 3};
}

void config_check_endpoint(struct loader *l, const config_setting_t *group,
                           const struct endpoint_options *options)
{
    const config_setting_t *key = config_setting_get_member(group, "client_key");
    if (key != NULL && options->client_key != NULL && options->client_cert == NULL)
        config_problem(l, key, "\"client_key\" needs \"client_cert\" beside it");
}

/* --- secrets --- */

static bool is_variable_name(const char *name)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return name[0] != '\0' && strspn(name, bytes) == strlen(name) &&
           (name[0] < '0' || name[0] > '9');
}

static void set_secret_file(struct loader *l, const config_setting_t *setting,
                            const struct key *key, void *field)
{
    struct secret_source *source = field;
    source->kind = SECRET_FILE;
    config_set_path(l, setting, key, &source->value);
}

static void set_secret_env(struct loader *l, const config_setting_t *setting, const struct key *key,
                           void *field)
{
    (void)key;
    struct secret_source *source = field;
    source->kind = SECRET_ENV;
    const char *name = config_get_string(l, setting);
    if (name == NULL)
        return;
    if (!is_variable_name(name)) {
        config_problem(l, setting, "\"env\" must be the name of an environment variable");
        return;
    }
    source->value = arena_strdup(l->arena, name);
    if (l->secret_env_count + 1 < sizeof l->secret_env / sizeof l->secret_env[0])
        l->secret_env[l->secret_env_count++] = source->value;
}

static void set_secret_credential(struct loader *l, const config_setting_t *setting,
                                  const struct key *key, void *field)
{
    (void)key;
    struct secret_source *source = field;
    source->kind = SECRET_CREDENTIAL;
    const char *name = config_get_string(l, setting);
    if (name == NULL)
        return;
    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0)
        config_problem(l, setting, "\"credential\" must be a credential's name, without a slash");
    else
        source->value = arena_strdup(l->arena, name);
}

static void set_secret_command(struct loader *l, const config_setting_t *setting,
                               const struct key *key, void *field)
{
    (void)key;
    struct secret_source *source = field;
    source->kind = SECRET_COMMAND;
    size_t count;
    const char **argv = config_get_strings(l, setting, NULL, &count);
    if (argv == NULL)
        return;
    if (count == 0 || argv[0][0] == '\0')
        config_problem(l, setting,
                       "\"command\" must name a program: [ \"PROGRAM\", \"ARGUMENT\", … ]");
    else
        source->argv = argv;
}

static const struct key secret_keys[] = {
    {.name = "file", .set = set_secret_file},
    {.name = "env", .set = set_secret_env},
    {.name = "credential", .set = set_secret_credential},
    {.name = "command", .set = set_secret_command},
    {.name = NULL},
};

/* Repeats nothing of what it finds: people do write the secret itself here. */
void config_set_secret(struct loader *l, const config_setting_t *setting, const struct key *key,
                       void *field)
{
    (void)key;
    struct secret_source *source = field;
    const char *name = config_setting_name(setting);
    if (!config_setting_is_group(setting)) {
        config_problem(l, setting,
                       "\"%s\" must say where the secret is, not hold it: { file = \"PATH\"; }, "
                       "{ env = \"NAME\"; }, { credential = \"NAME\"; } or "
                       "{ command = [ \"PROGRAM\", … ]; }",
                       name);
        return;
    }
    source->where = config_where(l, setting);
    struct key_table table = {.keys = secret_keys, .target = source};
    config_read_group(l, setting, name, &table, 1);
    if (table.used != 1)
        config_problem(l, setting, "\"%s\" must hold exactly one of file, env, credential, command",
                       name);
}

/* --- control_plane --- */

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
    {.name = "token",
     .set = config_set_secret,
     .offset = offsetof(struct control_plane_config, token)},
    {.name = NULL},
};

static bool needs_key(enum grant grant, const char *name)
{
    for (size_t i = 0; grant_keys[grant][i] != NULL; i++)
        if (strcmp(grant_keys[grant][i], name) == 0)
            return true;
    return false;
}

/* A key that only another grant needs would be silently without effect, so it is refused. */
static void check_grant(struct loader *l, const config_setting_t *group, enum grant grant)
{
    for (size_t g = 0; g < GRANT_COUNT; g++)
        for (size_t i = 0; grant_keys[g][i] != NULL; i++) {
            const char *name = grant_keys[g][i];
            const config_setting_t *setting = config_setting_get_member(group, name);
            if (g == grant && setting == NULL)
                config_problem(l, group,
                               "\"%s\" is missing in control_plane: grant \"%s\" needs it", name,
                               grant_names[grant]);
            if (g != grant && setting != NULL && !needs_key(grant, name))
                config_problem(l, setting, "\"%s\" is for grant \"%s\", but the grant is \"%s\"",
                               name, grant_names[g], grant_names[grant]);
        }
}

/* Whether the grant is one that exists, so that what it needs can be judged. */
static bool is_grant_known(const config_setting_t *group)
{
    const config_setting_t *setting = config_setting_get_member(group, "grant");
    const char *name =
        setting == NULL ? grant_names[GRANT_APP_TOKEN] : config_setting_get_string(setting);
    for (size_t g = 0; g < GRANT_COUNT; g++)
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
