/* The defaults, the clusters and the files of clusters_dir. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

static const char *const api_names[] = {[API_RESEARCHER] = "researcher",
                                        [API_KUBERNETES] = "kubernetes",
                                        [API_CONTROL_PLANE] = "control_plane",
                                        NULL};

static const char *const no_texts[] = {NULL};

const char *config_api_name(enum api_flavour api)
{
    return api_names[api];
}

static void set_api(struct loader *l, const config_setting_t *setting, const struct key *key,
                    void *field)
{
    (void)key;
    size_t index;
    if (config_get_choice(l, setting, "api", api_names, &index))
        *(enum api_flavour *)field = (enum api_flavour)index;
}

static const struct key inherited_keys[] = {
    {.name = "api", .set = set_api, .offset = offsetof(struct cluster_config, api)},
    {.name = "base_path",
     .set = config_set_base_path,
     .offset = offsetof(struct cluster_config, base_path)},
    {.name = "jobs_path",
     .set = config_set_jobs_path,
     .offset = offsetof(struct cluster_config, jobs_path)},
    {.name = "projects",
     .set = config_set_projects,
     .offset = offsetof(struct cluster_config, projects)},
    {.name = "labels", .set = config_set_labels, .offset = offsetof(struct cluster_config, labels)},
    {.name = "optional",
     .set = config_set_bool,
     .offset = offsetof(struct cluster_config, is_optional)},
    {.name = "allow_empty",
     .set = config_set_bool,
     .offset = offsetof(struct cluster_config, allows_empty)},
    {.name = NULL},
};

static const struct key cluster_keys[] = {
    {.name = "name",
     .set = config_set_name,
     .offset = offsetof(struct cluster_config, name),
     .is_required = true},
    {.name = "allow_http", .set = config_check_bool},
    {.name = "url",
     .set = config_set_url,
     .offset = offsetof(struct cluster_config, url)}, /* required or not: see check_flavour() */
    {.name = "uuid", .set = config_set_uuid, .offset = offsetof(struct cluster_config, uuid)},
    {.name = "token", .set = config_set_secret, .offset = offsetof(struct cluster_config, token)},
    {.name = NULL},
};

static const struct key not_in_defaults[] = {
    {.name = "name", .refusal = "each cluster has its own"},
    {.name = "url", .refusal = "each cluster has its own"},
    {.name = "uuid", .refusal = "each cluster has its own"},
    {.name = "token",
     .refusal = "a token for all clusters is the control plane's, with grant = \"token\""},
    {.name = "allow_http", .refusal = "it stands in the very group whose url it is about"},
    {.name = NULL},
};

void config_init_defaults(struct loader *l)
{
    config_endpoint_defaults(&l->defaults_endpoint);
    l->defaults = (struct cluster_config){.projects = no_texts, .labels = no_texts};
}

/* The flavour of a group's cluster; false when it names one that does not exist. */
static bool find_api(const struct loader *l, const config_setting_t *group, enum api_flavour *api)
{
    *api = l->defaults.api;
    const config_setting_t *setting = config_setting_get_member(group, "api");
    if (setting == NULL)
        return true;
    const char *word = config_setting_get_string(setting);
    for (size_t i = 0; word != NULL && api_names[i] != NULL; i++)
        if (strcmp(api_names[i], word) == 0) {
            *api = (enum api_flavour)i;
            return true;
        }
    return false;
}

/* Options that live as long as the configuration. */
static const struct endpoint_options *keep_endpoint(struct loader *l,
                                                    const struct endpoint_options *options)
{
    struct endpoint_options *kept = arena_alloc(l->arena, sizeof *kept);
    *kept = *options;
    return kept;
}

/* What a cluster is talked to with where it says nothing: one that is asked through the control
 * plane is talked to as the control plane is. */
static const struct endpoint_options *inherited_endpoint(struct loader *l, enum api_flavour api)
{
    if (api == API_CONTROL_PLANE)
        return &l->config->control_plane.endpoint;
    if (l->defaults.endpoint == NULL)
        l->defaults.endpoint = keep_endpoint(l, &l->defaults_endpoint);
    return l->defaults.endpoint;
}

/* A base_path in defaults is one of the flavour that defaults names: what is in front of one
 * flavour's paths says nothing about another's. */
static const char *inherited_base_path(const struct loader *l, enum api_flavour api)
{
    if (l->defaults.base_path != NULL && l->defaults.api == api)
        return l->defaults.base_path;
    return api == API_RESEARCHER ? "/researcher" : "";
}

/* Notes a key that would be without effect. */
static void refuse_key(struct loader *l, const config_setting_t *group, const char *name,
                       const char *needed, enum api_flavour api)
{
    const config_setting_t *setting = config_setting_get_member(group, name);
    if (setting != NULL)
        config_problem(l, setting, "\"%s\" is for api %s, but the api is \"%s\"", name, needed,
                       api_names[api]);
}

void config_set_defaults(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    (void)key;
    (void)field;
    if (!config_expect_group(l, setting))
        return;
    struct key_table tables[] = {
        {.keys = inherited_keys, .target = &l->defaults},
        {.keys = config_endpoint_keys, .target = &l->defaults_endpoint},
        {.keys = not_in_defaults},
    };
    config_read_group(l, setting, "defaults", tables, 3);
    config_check_endpoint(l, setting, &l->defaults_endpoint);
    if (l->defaults.api == API_CONTROL_PLANE)
        refuse_key(l, setting, "base_path", "\"researcher\" or \"kubernetes\"", l->defaults.api);
    const config_setting_t *projects = config_setting_get_member(setting, "projects");
    if (l->defaults.api == API_KUBERNETES && projects != NULL)
        config_check_namespaces(l, projects, l->defaults.projects);
}

void config_finish_defaults(struct loader *l)
{
    struct cluster_config *defaults = &l->config->defaults;
    *defaults = l->defaults;
    defaults->base_path = inherited_base_path(l, l->defaults.api);
    defaults->endpoint = inherited_endpoint(l, l->defaults.api);
    if (l->defaults.api != API_RESEARCHER)
        defaults->jobs_path = NULL;
    if (l->defaults.api == API_CONTROL_PLANE)
        defaults->url = l->config->control_plane.url;
    if (defaults->file == NULL) {
        defaults->file = l->config->file;
        defaults->line = 1;
    }
}

/* What a cluster of this flavour has to say, and what it may not. */
static void check_flavour(struct loader *l, const config_setting_t *group,
                          const struct cluster_config *cluster)
{
    bool has_discovery = l->config->discover.is_enabled;
    enum api_flavour api = cluster->api;
    if (api != API_RESEARCHER)
        refuse_key(l, group, "jobs_path", "\"researcher\"", api);
    if (api == API_CONTROL_PLANE)
        refuse_key(l, group, "base_path", "\"researcher\" or \"kubernetes\"", api);
    if (api == API_CONTROL_PLANE && !has_discovery &&
        config_setting_get_member(group, "uuid") == NULL)
        config_problem(l, group,
                       "\"uuid\" is missing in a cluster: api \"control_plane\" needs it, unless "
                       "discovery is enabled to find it by its name");
    if (api != API_CONTROL_PLANE && !has_discovery &&
        config_setting_get_member(group, "url") == NULL)
        config_problem(l, group, "\"url\" is missing in a cluster");
    const config_setting_t *projects = config_setting_get_member(group, "projects");
    if (api == API_KUBERNETES && (projects != NULL || l->defaults.api != api))
        config_check_namespaces(l, projects == NULL ? group : projects, cluster->projects);
}

/* Fills in what the cluster does not say, and notes why it cannot be asked before discovery. */
static void complete_cluster(const struct loader *l, struct cluster_config *cluster)
{
    if (cluster->base_path == NULL)
        cluster->base_path = inherited_base_path(l, cluster->api);
    if (cluster->api != API_RESEARCHER)
        cluster->jobs_path = NULL;
    if (cluster->api == API_CONTROL_PLANE && cluster->url == NULL)
        cluster->url = l->config->control_plane.url;
    if (cluster->api == API_CONTROL_PLANE && cluster->uuid == NULL)
        cluster->skipped = config_no_uuid_yet;
    else if (cluster->url == NULL)
        cluster->skipped = config_no_url_yet;
}

static void add_cluster(struct loader *l, const config_setting_t *group)
{
    struct place place = config_place(l, group);
    enum api_flavour api;
    bool is_api_known = find_api(l, group, &api);
    struct cluster_config cluster = l->defaults;
    cluster.endpoint = inherited_endpoint(l, api);
    cluster.base_path = NULL;
    cluster.file = place.file;
    cluster.line = (int)place.line;
    struct endpoint_options own = *cluster.endpoint;

    l->cluster_seen++;
    struct key_table tables[] = {
        {.keys = cluster_keys, .target = &cluster},
        {.keys = inherited_keys, .target = &cluster},
        {.keys = config_endpoint_keys, .target = &own},
    };
    config_read_group(l, group, "a cluster", tables, 3);
    config_check_endpoint(l, group, &own);
    if (is_api_known)
        check_flavour(l, group, &cluster);
    if (tables[2].used > 0)
        cluster.endpoint = keep_endpoint(l, &own);
    complete_cluster(l, &cluster);
    if (cluster.name == NULL)
        return;
    if ((l->cluster_count & (l->cluster_count - 1)) == 0)
        l->clusters = mem_resize(l->clusters, l->cluster_count == 0 ? 1 : 2 * l->cluster_count,
                                 sizeof *l->clusters);
    l->clusters[l->cluster_count++] = cluster;
}

void config_set_clusters(struct loader *l, const config_setting_t *setting, const struct key *key,
                         void *field)
{
    (void)key;
    (void)field;
    if (!config_setting_is_list(setting)) {
        config_problem_value(l, setting, "a list of groups, ( { name = …; }, … )");
        l->cluster_seen++;
        return;
    }
    int count = config_setting_length(setting);
    for (int i = 0; i < count; i++) {
        const config_setting_t *group = config_setting_get_elem(setting, (unsigned)i);
        if (config_expect_group(l, group))
            add_cluster(l, group);
        else
            l->cluster_seen++;
    }
}

static int is_cluster_file(const struct dirent *entry)
{
    static const char suffix[] = ".conf";
    size_t len = strlen(entry->d_name), suffix_len = sizeof suffix - 1;
    return entry->d_name[0] != '.' && len > suffix_len &&
           strcmp(entry->d_name + len - suffix_len, suffix) == 0;
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_cluster_file(struct loader *l, const char *directory, const char *name)
{
    size_t len = strlen(directory);
    char *path =
        mem_printf("%s%s%s", directory, len > 0 && directory[len - 1] == '/' ? "" : "/", name);
    config_t tree;
    if (config_parse_file(l, path, false, &tree))
        add_cluster(l, config_root_setting(&tree));
    else
        l->cluster_seen++;
    config_destroy(&tree);
    free(path);
}

/* Changes the loader's current file, so it is to be the last setter that looks at the main file. */
void config_set_clusters_dir(struct loader *l, const config_setting_t *setting,
                             const struct key *key, void *field)
{
    (void)field;
    const char *directory = NULL;
    config_set_path(l, setting, key, &directory);
    struct dirent **entries = NULL;
    int count =
        directory == NULL ? -1 : scandir(directory, &entries, is_cluster_file, compare_entries);
    if (count < 0) {
        l->cluster_seen++;
        if (directory != NULL)
            config_problem(l, setting, "\"clusters_dir\": cannot read %s: %s", directory,
                           strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        load_cluster_file(l, directory, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}
