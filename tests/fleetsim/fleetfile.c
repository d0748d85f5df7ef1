/* Reads the fleet file: lines of words "key=value", where a value may hold "quoted text". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleetfile_internal.h"
#include "known.h"

#define MAX_WORDS        64
#define CLUSTERS_PER_NET 250

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
            fleetfile_wrong(place, "too many words", p);
        words[count++] = p;
        for (; *p != '\0' && (is_quoted || strchr(" \t\r\n", *p) == NULL); p++) {
            if (*p == '\\' && p[1] != '\0')
                p++;
            else if (*p == '"')
                is_quoted = !is_quoted;
        }
        if (is_quoted)
            fleetfile_wrong(place, "a quote is not closed", words[count - 1]);
        if (*p != '\0')
            *p++ = '\0';
    }
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
    to->state = copy_text(from->state);
    to->refused_version = copy_text(from->refused_version);
    to->versions = copy_text(from->versions);
    to->control_name = copy_text(from->control_name);
    to->gone = copy_text(from->gone);
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
    free(cluster->state);
    free(cluster->refused_version);
    free(cluster->versions);
    free(cluster->control_name);
    free(cluster->gone);
    free(cluster->plant_of);
    free(cluster->known);
    text_free(&cluster->conf);
    free(cluster->faults_served);
    free(cluster->jobs_served);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names that do harm where they are printed as they are. */
static const char *const odd_names[] = {
    "quote \" back\\slash ' `id` $(id)",
    "line\nbreak\r\ttab\b\v\f",
    "\x1b]0;title\x07\x1b[2J\x1b[31m",
    "bidi \xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c evil",
    "c1 \302\23331m \302\205 del \177",
    "<script>alert('x')</script>&amp;",
    "=cmd|' /C calc'!A0",
    "label\"} 1\n# HELP x",
    "na\xc3\xafve \xf0\x9f\x9a\x80 \xe2\x80\xa8",
};
#define ODD_COUNT (sizeof odd_names / sizeof odd_names[0])

/* A messy cluster's first project has a name that is hard to put into a path, a JSON string or a
 * configuration file. */
static void name_projects(struct cluster *cluster)
{
    cluster->projects = sim_array(cluster->project_count, sizeof *cluster->projects);
    for (unsigned i = 0; i < cluster->project_count; i++) {
        struct text name = {0};
        if (cluster->has_odd_names && i < ODD_COUNT)
            text_puts(&name, odd_names[i]);
        else if (cluster->is_messy && i == 0)
            text_puts(&name, "team \"a\"/\xc3\xbc\\ 100%?&#+");
        else if (cluster->project_count <= 26)
            text_printf(&name, "team-%c", (char)('a' + i));
        else
            text_printf(&name, "proj-%04u", i);
        cluster->projects[i] = name.data;
    }
    if (cluster->project_count > 1)
        qsort(cluster->projects, cluster->project_count, sizeof *cluster->projects, compare_names);
    if (!cluster->is_listed_set)
        cluster->is_listed = cluster->is_configured && cluster->api == API_RESEARCHER;
    cluster->is_listed = cluster->is_listed && cluster->project_count > 0;
    cluster->faults_served =
        sim_array((size_t)cluster->project_count + 1, sizeof *cluster->faults_served);
    cluster->jobs_served = sim_array(((size_t)cluster->project_count + 1) * LISTED_KINDS,
                                     sizeof *cluster->jobs_served);
}

static void make_uuid(struct cluster *cluster)
{
    uint64_t a = hash_text(cluster->name, 1), b = hash_text(cluster->name, 2);
    snprintf(cluster->uuid, sizeof cluster->uuid, "%08x-%04x-4%03x-a%03x-%012llx",
             (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
             (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
}

static void check_cluster(const struct place *place, const struct cluster *cluster)
{
    unsigned found = 0;
    for (unsigned i = 0; cluster->fault_project != NULL && i < cluster->project_count; i++)
        found += fault_is_of_project(cluster, cluster->projects[i]);
    if (cluster->fault_project != NULL && found != fault_project_count(cluster))
        fleetfile_wrong(place, "no such project", cluster->fault_project);
    if (cluster->is_messy && cluster->api != API_RESEARCHER)
        fleetfile_wrong(place, "messy is for the api researcher", cluster->name);
    if (cluster->plants[PLANT_GPUS] > 0 && cluster->api != API_RESEARCHER)
        fleetfile_wrong(place, "differ_gpus is for the api researcher", cluster->name);
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
        fleetfile_set_cluster(place, cluster, word);
        free(word);
    }
    cluster->name = sim_dup(name);
    name_projects(cluster);
    make_uuid(cluster);
    check_cluster(place, cluster);
}

/* "c-{00..49}" is fifty clusters. */
static void add_clusters(const struct place *place, struct fleet *fleet,
                         const struct cluster *defaults, char *words[], size_t count)
{
    if (count < 2)
        fleetfile_wrong(place, "a cluster needs a name", words[0]);
    char *brace = strchr(words[1], '{');
    if (brace == NULL) {
        add_cluster(place, fleet, defaults, words[1], words + 2, count - 2);
        return;
    }
    *brace = '\0';
    char *first = brace + 1, *dots = strstr(first, ".."), *end = strchr(first, '}');
    if (dots == NULL || end == NULL || dots > end)
        fleetfile_wrong(place, "not of the form NAME{A..B}", first);
    *dots = *end = '\0';
    long from = fleetfile_number(place, first, 99999),
         to = fleetfile_number(place, dots + 2, 99999);
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
            fleetfile_wrong(place, "not of the form key=value", words[i]);
        text_printf(group, " %.*s = %s;", (int)(value - words[i]), words[i], value + 1);
    }
}

/* What the simulator has to know of rollcall's settings too. */
static void note_settings(struct fleet *fleet, char *const words[], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        fleet->enriches |= strcmp(words[i], "enrich=true") == 0;
        fleet->reconciles |= strcmp(words[i], "reconcile=true") == 0;
        fleet->is_optional |= strcmp(words[i], "optional=true") == 0;
        fleet->contacts_disconnected |= strcmp(words[i], "contact_disconnected=true") == 0;
    }
}

static void read_line(const struct place *place, struct fleet *fleet, struct cluster *defaults,
                      char *words[], size_t count)
{
    const char *first = words[0];
    note_settings(fleet, words, count);
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
    else if (strcmp(first, "discover") == 0)
        add_settings(place, &fleet->conf_discover, words, count);
    else if (strcmp(first, "control") == 0)
        for (size_t i = 1; i < count; i++)
            fleetfile_set_control(place, fleet, words[i]);
    else if (strcmp(first, "default") == 0)
        for (size_t i = 1; i < count; i++)
            fleetfile_set_cluster(place, defaults, words[i]);
    else
        fleetfile_wrong(
            place,
            "a line begins with control, default, cluster, run, report, discover, defaults "
            "or top",
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
                                 .http2 = http2_defaults,
                                 .fault_times = -1,
                                 .fault_kind = -1,
                                 .is_configured = true,
                                 .is_discovered = true,
                                 .has_conf_url = true,
                                 .has_control_ids = true,
                                 .page = 500,
                                 .continue_status = 410,
                                 .has_discovery = true,
                                 .pod_groups = 404};
    fault_parse("none", &defaults->fault);
    fleet->control = (struct control){.is_tls = true,
                                      .http2 = http2_defaults,
                                      .token_fault_times = -1,
                                      .expire_after = -1,
                                      .expires_in = 3600,
                                      .jwt_exp = -1,
                                      .token_life_ms = -1,
                                      .has_conf = true,
                                      .client_id = sim_dup(CLIENT_ID),
                                      .realm = sim_dup("runai")};
    fault_parse("none", &fleet->control.token_fault);
    for (int i = 0; i < LIST_KINDS; i++)
        fault_parse("none", &fleet->control.list_faults[i]);
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
    known_build(fleet);
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
    for (int i = 0; i < LIST_KINDS; i++) {
        free(fleet->control.list_faults[i].name);
        free(fleet->control.list_faults[i].arg);
    }
    free(fleet->control.bad_token);
    free(fleet->control.realm);
    free(fleet->control.token_path);
    free(fleet->control.client_id);
    free(fleet->control.message);
    text_free(&fleet->control.conf);
    text_free(&fleet->conf_run);
    text_free(&fleet->conf_report);
    text_free(&fleet->conf_defaults);
    text_free(&fleet->conf_top);
    text_free(&fleet->conf_discover);
}
