/* The endpoint keys that the control plane and clusters share, and secrets' sources. */
#include <string.h>

#include "config_internal.h"

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
    {.name = "resolve",
     .set = config_set_resolve,
     .offset = offsetof(struct endpoint_options, resolve)},
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
    l->secret_env = mem_resize(l->secret_env, l->secret_env_count + 1, sizeof *l->secret_env);
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
