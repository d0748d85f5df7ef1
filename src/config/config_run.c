/* The run and discover groups. */
#include "config_internal.h"

static const struct key run_keys[] = {
    {.name = "concurrency",
     .set = config_set_count,
     .offset = offsetof(struct run_config, concurrency),
     .min = 1,
     .max = 10000},
    {.name = "per_host",
     .set = config_set_count,
     .offset = offsetof(struct run_config, per_host),
     .min = 1,
     .max = 256},
    {.name = "deadline",
     .set = config_set_seconds,
     .offset = offsetof(struct run_config, deadline_ms),
     .min = 1,
     .max = 86400},
    {.name = "enrich", .set = config_set_bool, .offset = offsetof(struct run_config, is_enriching)},
    {.name = "reconcile",
     .set = config_set_bool,
     .offset = offsetof(struct run_config, is_reconciling)},
    {.name = NULL},
};

void config_set_run(struct loader *l, const config_setting_t *setting, const struct key *key,
                    void *field)
{
    (void)key;
    if (!config_expect_group(l, setting))
        return;
    struct key_table table = {.keys = run_keys, .target = field};
    config_read_group(l, setting, "run", &table, 1);
}

static void set_includes(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    const char *const *globs = NULL;
    config_set_globs(l, setting, key, &globs);
    if (globs == NULL)
        return;
    if (globs[0] == NULL)
        config_problem(l, setting,
                       "\"include\" is empty, so that discovery would find nothing: [ \"*\" ] "
                       "finds all, and enabled = false; turns it off");
    *(const char *const **)field = globs;
}

static const struct key discover_keys[] = {
    {.name = "enabled",
     .set = config_set_bool,
     .offset = offsetof(struct discover_config, is_enabled)},
    {.name = "include", .set = set_includes, .offset = offsetof(struct discover_config, includes)},
    {.name = "exclude",
     .set = config_set_globs,
     .offset = offsetof(struct discover_config, excludes)},
    {.name = "contact_disconnected",
     .set = config_set_bool,
     .offset = offsetof(struct discover_config, contacts_disconnected)},
    {.name = NULL},
};

void config_set_discover(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    (void)key;
    if (!config_expect_group(l, setting))
        return;
    struct discover_config *discover = field;
    struct place place = config_place(l, setting);
    discover->where = config_where(l, setting);
    /* Where a discovered cluster stands, as far as it stands anywhere. */
    l->defaults.file = place.file;
    l->defaults.line = (int)place.line;
    struct key_table table = {.keys = discover_keys, .target = discover};
    config_read_group(l, setting, "discover", &table, 1);
}
