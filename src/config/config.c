#include "rollcall/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_internal.h"

/* In this order: defaults before what inherits from them, discover before clusters, which may leave
 * to it what they do not know; clusters_dir, which goes on to other files, last. */
static const struct key top_keys[] = {
    {.name = "control_plane",
     .set = config_set_control_plane,
     .offset = offsetof(struct config, control_plane)},
    {.name = "discover", .set = config_set_discover, .offset = offsetof(struct config, discover)},
    {.name = "run", .set = config_set_run, .offset = offsetof(struct config, run)},
    {.name = "report", .set = config_set_report, .offset = offsetof(struct config, report)},
    {.name = "defaults", .set = config_set_defaults},
    {.name = "clusters", .set = config_set_clusters},
    {.name = "clusters_dir", .set = config_set_clusters_dir},
    {.name = NULL},
};

static void init_config(struct config *config, const char *file)
{
    static const char *const everything[] = {"*", NULL}, *const nothing[] = {NULL};
    *config = (struct config){
        .file = file,
        .discover = {.includes = everything, .excludes = nothing},
        .run = {.concurrency = 128, .per_host = 4, .deadline_ms = 300000},
        .report = {.keep = 48, .has_workloads = true, .mode = 0640},
    };
}

static const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return "";
    return arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static void load_tree(struct loader *l, const config_t *tree)
{
    struct key_table table = {.keys = top_keys, .target = l->config};
    config_read_group(l, config_root_setting(tree), "the configuration", &table, 1);
    config_finish_defaults(l);
    config_check_control_plane(l);
    config_finish_clusters(l);

    const char **names = arena_alloc(l->arena, (l->secret_env_count + 1) * sizeof *names);
    for (size_t i = 0; i < l->secret_env_count; i++)
        names[i] = l->secret_env[i];
    l->config->secret_env = names;
}

struct config *config_load(const char *path, const char *const *formats, config_report_fn *report,
                           void *arg)
{
    struct owned_config *owned = mem_new(1, sizeof *owned);
    owned->arena = arena_new();
    init_config(&owned->config, arena_strdup(owned->arena, path));

    struct loader loader = {.arena = owned->arena,
                            .config = &owned->config,
                            .directory = directory_of(owned->arena, path),
                            .formats = formats};
    config_init_defaults(&loader);
    config_t tree;
    if (config_parse_file(&loader, path, true, &tree))
        load_tree(&loader, &tree);
    config_destroy(&tree);
    owned->clusters = loader.clusters;

    bool is_good = config_report_problems(&loader, report, arg) == 0;
    free(loader.files);
    free(loader.overflows);
    free(loader.secret_env);
    if (is_good)
        return &owned->config;
    config_free(&owned->config);
    return NULL;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    struct owned_config *owned = (struct owned_config *)config;
    free(owned->clusters);
    arena_free(owned->arena);
    free(owned);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

char *config_find(const char *given)
{
    if (given == NULL)
        given = variable("ROLLCALL_CONFIG");
    if (given != NULL)
        return mem_strdup(given);
    const char *base = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
    char *path = NULL;
    if (base != NULL)
        path = mem_printf("%s/rollcall/rollcall.conf", base);
    else if (home != NULL)
        path = mem_printf("%s/.config/rollcall/rollcall.conf", home);
    if (path != NULL && access(path, F_OK) == 0)
        return path;
    free(path);
    return mem_strdup("/etc/rollcall/rollcall.conf");
}
