/* The defaults, the clusters and the files of clusters_dir. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"

static const char *const api_names[] = {[API_RESEARCHER] = "researcher", NULL};

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
     .offset = offsetof(struct cluster_config, url),
     .is_required = true},
    {.name = NULL},
};

static const struct key not_in_defaults[] = {
    {.name = "name", .refusal = "each cluster has its own"},
    {.name = "url", .refusal = "each cluster has its own"},
    {.name = "allow_http", .refusal = "it stands in the very group whose url it is about"},
    {.name = NULL},
};

void config_init_defaults(struct loader *l)
{
    config_endpoint_defaults(&l->defaults_endpoint);
    l->defaults = (struct cluster_config){
        .base_path = "/researcher", .projects = no_texts, .labels = no_texts};
}

/* Options that live as long as the configuration. */
static const struct endpoint_options *keep_endpoint(struct loader *l,
                                                    const struct endpoint_options *options)
{
    struct endpoint_options *kept = arena_alloc(l->arena, sizeof *kept);
    *kept = *options;
    return kept;
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
}

static void add_cluster(struct loader *l, const config_setting_t *group)
{
    struct place place = config_place(l, group);
    if (l->defaults.endpoint == NULL)
        l->defaults.endpoint = keep_endpoint(l, &l->defaults_endpoint);
    struct cluster_config cluster = l->defaults;
    cluster.file = place.file;
    cluster.line = (int)place.line;
    struct endpoint_options own = l->defaults_endpoint;

    l->cluster_seen++;
    struct key_table tables[] = {
        {.keys = cluster_keys, .target = &cluster},
        {.keys = inherited_keys, .target = &cluster},
        {.keys = config_endpoint_keys, .target = &own},
    };
    config_read_group(l, group, "a cluster", tables, 3);
    config_check_endpoint(l, group, &own);
    if (tables[2].used > 0)
        cluster.endpoint = keep_endpoint(l, &own);
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

struct sorted_cluster {
    struct cluster_config cluster;
    size_t order;
};

static int compare_clusters(const void *a, const void *b)
{
    const struct sorted_cluster *x = a, *y = b;
    int order = strcmp(x->cluster.name, y->cluster.name);
    if (order != 0)
        return order;
    return x->order < y->order ? -1 : x->order > y->order;
}

void config_finish_clusters(struct loader *l)
{
    if (l->cluster_seen == 0) {
        struct place place = {l->files[0], 1};
        config_problem_at(l, place,
                          "no cluster is configured: add one to \"clusters\", or a file of its own "
                          "to \"clusters_dir\"");
    }
    struct sorted_cluster *sorted = mem_new(l->cluster_count + 1, sizeof *sorted);
    for (size_t i = 0; i < l->cluster_count; i++)
        sorted[i] = (struct sorted_cluster){l->clusters[i], i};
    qsort(sorted, l->cluster_count, sizeof *sorted, compare_clusters);
    for (size_t i = 1, first = 0; i < l->cluster_count; i++) {
        const struct cluster_config *a = &sorted[first].cluster, *b = &sorted[i].cluster;
        if (strcmp(a->name, b->name) != 0) {
            first = i;
            continue;
        }
        config_problem_at(l, (struct place){b->file, (unsigned)b->line},
                          "the cluster name \"%s\" is taken already, at %s:%d", b->name, a->file,
                          a->line);
    }
    l->clusters = mem_resize(l->clusters, l->cluster_count + 1, sizeof *l->clusters);
    for (size_t i = 0; i < l->cluster_count; i++)
        l->clusters[i] = sorted[i].cluster;
    free(sorted);
    l->config->clusters = l->clusters;
    l->config->cluster_count = l->cluster_count;
}
