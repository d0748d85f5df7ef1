/* Reads the fleet file: lines of words "key=value", where a value may hold "quoted text". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"

#define MAX_WORDS        64
#define CLUSTERS_PER_NET 250

/* One line's place, for messages. */
struct place {
    const char *file;
    unsigned line;
};

static void wrong(const struct place *place, const char *what, const char *word)
{
    die("%s:%u: %s: %s", place->file, place->line, what, word);
}

static long number_of(const struct place *place, const char *value, long max)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < 0 || number > max)
        wrong(place, "not a number in range", value);
    return number;
}

static bool truth_of(const struct place *place, const char *value)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        wrong(place, "neither yes nor no", value);
    return value[0] == 'y';
}

static void fault_of(const struct place *place, const char *value, struct fault *fault)
{
    free(fault->name);
    free(fault->arg);
    if (!fault_parse(value, fault))
        wrong(place, "no such fault", value);
}

static void replace(char **text, const char *value)
{
    free(*text);
    *text = sim_dup(value);
}

/* Splits a line into words in place; quotes stay, and hold blanks together. */
static size_t split(const struct place *place, char *line, char *words[MAX_WORDS])
{
    size_t count = 0;
    bool is_quoted = false;
    char *p = line;
    for (;;) {
        p += strspn(p, " \t\r\n");
        if (*p == '\0' || *p == '#')
            return count;
        if (count == MAX_WORDS)
            wrong(place, "too many words", p);
        words[count++] = p;
        for (; *p != '\0' && (is_quoted || strchr(" \t\r\n", *p) == NULL); p++) {
            if (*p == '\\' && p[1] != '\0')
                p++;
            else if (*p == '"')
                is_quoted = !is_quoted;
        }
        if (is_quoted)
            wrong(place, "a quote is not closed", words[count - 1]);
        if (*p != '\0')
            *p++ = '\0';
    }
}

/* Splits "key=value" and takes the quotes off the value (not of settings, which are copied as they
 * are). */
static char *value_of(const struct place *place, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL)
        wrong(place, "not of the form key=value", word);
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
    cluster->latency_min_ms = number_of(place, value, 3600000);
    cluster->latency_max_ms =
        dots == NULL ? cluster->latency_min_ms : number_of(place, dots + 2, 3600000);
    if (cluster->latency_max_ms < cluster->latency_min_ms)
        wrong(place, "an empty range", dots + 2);
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
        wrong(place, "neither projects, jobs nor all", value);
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
        cluster->project_count = (unsigned)number_of(place, value, 9999);
    else if (strcmp(key, "workloads") == 0)
        cluster->workloads = (unsigned)number_of(place, value, 999999);
    else if (strcmp(key, "padding") == 0)
        cluster->padding = (unsigned)number_of(place, value, 1 << 24);
    else if (strcmp(key, "generation") == 0)
        cluster->generation = (int)number_of(place, value, 3);
    else if (strcmp(key, "gen_status") == 0)
        cluster->generation_status = (int)number_of(place, value, 599);
    else if (strcmp(key, "fault_times") == 0)
        cluster->fault_times = number_of(place, value, 1000000);
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

static void set_cluster(const struct place *place, struct cluster *cluster, char *word)
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
        wrong(place, "no such key for a cluster", word);
}

static void set_control(const struct place *place, struct control *control, char *word)
{
    char *value = value_of(place, word);
    if (strcmp(word, "tls") == 0)
        control->is_tls = truth_of(place, value);
    else if (strcmp(word, "grant") == 0)
        control->has_token_grant = strcmp(value, "token") == 0;
    else if (strcmp(word, "token_fault") == 0)
        fault_of(place, value, &control->token_fault);
    else if (strcmp(word, "token_fault_times") == 0)
        control->token_fault_times = number_of(place, value, 1000000);
    else if (strcmp(word, "latency_ms") == 0)
        control->latency_ms = number_of(place, value, 3600000);
    else if (strcmp(word, "expire_after") == 0)
        control->expire_after = number_of(place, value, 1000000000);
    else if (strcmp(word, "expire") == 0 && strcmp(value, "once") == 0)
        control->expire_after = control->expire_after < 0 ? 0 : control->expire_after;
    else if (strcmp(word, "expire") == 0 && strcmp(value, "always") == 0)
        control->expires_always = true;
    else if (strcmp(word, "expires_in") == 0)
        control->expires_in = number_of(place, value, 1000000000);
    else if (strcmp(word, "token_len") == 0)
        control->token_len = number_of(place, value, 60000);
    else if (strcmp(word, "bad_token") == 0)
        replace(&control->bad_token, value);
    else if (strcmp(word, "message") == 0)
        replace(&control->message, value);
    else if (strncmp(word, "conf.", 5) == 0)
        text_printf(&control->conf, " %s = %s;", word + 5, value);
    else
        wrong(place, "no such key for the control plane", word);
}

static void copy_fault(struct fault *to, const struct fault *from)
{
    *to = *from;
    to->name = sim_dup(from->name);
    to->arg = from->arg == NULL ? NULL : sim_dup(from->arg);
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : sim_dup(text);
}

static void copy_cluster(struct cluster *to, const struct cluster *from)
{
    *to = *from;
    to->name = NULL;
    to->projects = NULL;
    copy_fault(&to->fault, &from->fault);
    to->fault_project = copy_text(from->fault_project);
    to->message = copy_text(from->message);
    to->expect_status = copy_text(from->expect_status);
    to->expect_class = copy_text(from->expect_class);
    to->conf = (struct text){0};
    text_add(&to->conf, from->conf.data, from->conf.len);
}

static void free_cluster(struct cluster *cluster)
{
    free(cluster->name);
    for (unsigned i = 0; cluster->projects != NULL && i < cluster->project_count; i++)
        free(cluster->projects[i]);
    free(cluster->projects);
    free(cluster->fault.name);
    free(cluster->fault.arg);
    free(cluster->fault_project);
    free(cluster->message);
    free(cluster->expect_status);
    free(cluster->expect_class);
    text_free(&cluster->conf);
    free(cluster->faults_served);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A messy cluster's first project has a name that is hard to put into a path, a JSON string or a
 * configuration file. */
static void name_projects(struct cluster *cluster)
{
    cluster->projects = sim_array(cluster->project_count, sizeof *cluster->projects);
    for (unsigned i = 0; i < cluster->project_count; i++) {
        struct text name = {0};
        if (cluster->is_messy && i == 0)
            text_puts(&name, "team \"a\"/\xc3\xbc\\ 100%?&#+");
        else if (cluster->project_count <= 26)
            text_printf(&name, "team-%c", (char)('a' + i));
        else
            text_printf(&name, "proj-%04u", i);
        cluster->projects[i] = name.data;
    }
    if (cluster->project_count > 1)
        qsort(cluster->projects, cluster->project_count, sizeof *cluster->projects, compare_names);
    cluster->is_listed = cluster->is_listed && cluster->project_count > 0;
    cluster->faults_served =
        sim_array((size_t)cluster->project_count + 1, sizeof *cluster->faults_served);
}

static void add_cluster(const struct place *place, struct fleet *fleet,
                        const struct cluster *defaults, const char *name, char *const words[],
                        size_t count)
{
    fleet->clusters = sim_grow(fleet->clusters, fleet->count + 1, sizeof *fleet->clusters);
    struct cluster *cluster = &fleet->clusters[fleet->count++];
    copy_cluster(cluster, defaults);
    for (size_t i = 0; i < count; i++) {
        char *word = sim_dup(words[i]);
        set_cluster(place, cluster, word);
        free(word);
    }
    cluster->name = sim_dup(name);
    name_projects(cluster);
    if (cluster->fault_project != NULL && cluster_find_project(cluster, cluster->fault_project) < 0)
        wrong(place, "no such project", cluster->fault_project);
}

/* "c-{00..49}" is fifty clusters. */
static void add_clusters(const struct place *place, struct fleet *fleet,
                         const struct cluster *defaults, char *words[], size_t count)
{
    if (count < 2)
        wrong(place, "a cluster needs a name", words[0]);
    char *brace = strchr(words[1], '{');
    if (brace == NULL) {
        add_cluster(place, fleet, defaults, words[1], words + 2, count - 2);
        return;
    }
    *brace = '\0';
    char *first = brace + 1, *dots = strstr(first, ".."), *end = strchr(first, '}');
    if (dots == NULL || end == NULL || dots > end)
        wrong(place, "not of the form NAME{A..B}", first);
    *dots = *end = '\0';
    long from = number_of(place, first, 99999), to = number_of(place, dots + 2, 99999);
    for (long i = from; i <= to; i++) {
        struct text name = {0};
        text_printf(&name, "%s%0*ld%s", words[1], (int)(dots - first), i, end + 1);
        add_cluster(place, fleet, defaults, name.data, words + 2, count - 2);
        text_free(&name);
    }
}

/* "run deadline=20.0" becomes a setting of that group. */
static void add_settings(const struct place *place, struct text *group, char *const words[],
                         size_t count)
{
    for (size_t i = 1; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (value == NULL)
            wrong(place, "not of the form key=value", words[i]);
        text_printf(group, " %.*s = %s;", (int)(value - words[i]), words[i], value + 1);
    }
}

static void read_line(const struct place *place, struct fleet *fleet, struct cluster *defaults,
                      char *words[], size_t count)
{
    const char *first = words[0];
    if (strcmp(first, "cluster") == 0)
        add_clusters(place, fleet, defaults, words, count);
    else if (strcmp(first, "run") == 0)
        add_settings(place, &fleet->conf_run, words, count);
    else if (strcmp(first, "report") == 0)
        add_settings(place, &fleet->conf_report, words, count);
    else if (strcmp(first, "defaults") == 0)
        add_settings(place, &fleet->conf_defaults, words, count);
    else if (strcmp(first, "top") == 0)
        add_settings(place, &fleet->conf_top, words, count);
    else if (strcmp(first, "control") == 0)
        for (size_t i = 1; i < count; i++)
            set_control(place, &fleet->control, words[i]);
    else if (strcmp(first, "default") == 0)
        for (size_t i = 1; i < count; i++)
            set_cluster(place, defaults, words[i]);
    else
        wrong(place, "a line begins with control, default, cluster, run, report, defaults or top",
              first);
}

static int compare_clusters(const void *a, const void *b)
{
    return strcmp(((const struct cluster *)a)->name, ((const struct cluster *)b)->name);
}

static void init_defaults(struct fleet *fleet, struct cluster *defaults)
{
    *defaults = (struct cluster){.project_count = 1,
                                 .workloads = 10,
                                 .is_listed = true,
                                 .generation = 1,
                                 .generation_status = 404,
                                 .is_tls = true,
                                 .has_truth = true,
                                 .fault_times = -1};
    fault_parse("none", &defaults->fault);
    fleet->control = (struct control){
        .is_tls = true, .token_fault_times = -1, .expire_after = -1, .expires_in = 3600};
    fault_parse("none", &fleet->control.token_fault);
}

void fleet_load(struct fleet *fleet, const char *path)
{
    struct cluster defaults;
    init_defaults(fleet, &defaults);
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    struct place place = {.file = path};
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) >= 0) {
        char *words[MAX_WORDS];
        place.line++;
        size_t count = split(&place, line, words);
        if (count > 0)
            read_line(&place, fleet, &defaults, words, count);
    }
    if (ferror(file) || (file != stdin && fclose(file) != 0))
        die("%s: %s", path, strerror(errno));
    free(line);
    free_cluster(&defaults);
    if (fleet->count > 1)
        qsort(fleet->clusters, fleet->count, sizeof *fleet->clusters, compare_clusters);
    for (size_t i = 0; i < fleet->count; i++) {
        struct cluster *cluster = &fleet->clusters[i];
        if (i > 0 && strcmp(cluster->name, fleet->clusters[i - 1].name) == 0)
            die("%s: cluster %s is there twice", path, cluster->name);
        cluster->addr.s_addr =
            htonl((127u << 24) | (77u << 16) | ((uint32_t)(1 + i / CLUSTERS_PER_NET) << 8) |
                  (uint32_t)(1 + i % CLUSTERS_PER_NET));
    }
    if (fleet->count > 254u * CLUSTERS_PER_NET)
        die("%s: too many clusters", path);
}

struct in_addr fleet_control_addr(void)
{
    return (struct in_addr){htonl((127u << 24) | (77u << 16) | 1)};
}

struct cluster *fleet_find(struct fleet *fleet, struct in_addr addr)
{
    uint32_t host = ntohl(addr.s_addr);
    uint32_t net = (host >> 8) & 0xff, last = host & 0xff;
    if (host >> 16 != ((127u << 8) | 77u) || net == 0 || last == 0 || last > CLUSTERS_PER_NET)
        return NULL;
    size_t index = (size_t)(net - 1) * CLUSTERS_PER_NET + last - 1;
    return index < fleet->count ? &fleet->clusters[index] : NULL;
}

void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        free_cluster(&fleet->clusters[i]);
    free(fleet->clusters);
    free(fleet->control.token_fault.name);
    free(fleet->control.token_fault.arg);
    free(fleet->control.bad_token);
    free(fleet->control.message);
    text_free(&fleet->control.conf);
    text_free(&fleet->conf_run);
    text_free(&fleet->conf_report);
    text_free(&fleet->conf_defaults);
    text_free(&fleet->conf_top);
}
