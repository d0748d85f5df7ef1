/*
 * The configured clusters and those that discovery found, made one fleet. What was found is sorted
 * first, so that the fleet does not depend on the order in which the control plane lists it. All
 * its texts are untrusted: bounded and made printable before they are kept.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_internal.h"
#include "rollcall/text.h"

#define NAME_MAX_BYTES 253
#define UUID_MAX_BYTES 64

struct candidate {
    struct found_cluster said;    /* cleaned; in the configuration's arena */
    struct cluster_config *match; /* the configured one that it is, or NULL */
    struct cluster_config *twin;  /* the configured one of its endpoint, which is another's match */
};

struct keyed_cluster {
    char *key; /* owned */
    struct cluster_config *cluster;
};

struct merge {
    struct config *config;
    struct arena *arena;
    struct candidate *candidates; /* owned */
    size_t candidate_count;
    struct cluster_config *clusters; /* the union, the configured ones first; handed over */
    size_t configured_count, count;
    struct cluster_config **by_uuid; /* owned: the configured ones that have a UUID, sorted by it */
    size_t by_uuid_count;
    struct keyed_cluster *by_endpoint; /* owned: the configured ones that have a URL, by its key */
    size_t by_endpoint_count;
    bool *is_found;   /* owned: of the configured ones */
    void *names;      /* tsearch() tree of the names in use */
    unsigned ordinal; /* the next that tells clusters of one name and no UUID apart */
};

static const char *keep_owned(struct arena *arena, char *text)
{
    const char *kept = arena_strdup(arena, text);
    free(text);
    return kept;
}

/* At most `max` bytes of valid UTF-8, cut between characters. */
static const char *keep_bounded(struct arena *arena, const char *text, size_t max)
{
    size_t len = strlen(text);
    if (len > max)
        for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
            ;
    return arena_copy(arena, text, len);
}

static bool is_said(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* --- what was found, cleaned and sorted --- */

static const char *clean_name(struct arena *arena, const char *text)
{
    struct buf printable;
    size_t len = strnlen(text, NAME_MAX_BYTES * 2);
    buf_init(&printable, 16 * len + 16);
    text_printable(text, len, &printable);
    const char *name = keep_bounded(arena, printable.data, NAME_MAX_BYTES);
    buf_free(&printable);
    return name;
}

/* A UUID is sent back and compared, so one that would have to be changed is none. */
static struct found_cluster clean(struct arena *arena, const struct found_cluster *found)
{
    struct found_cluster said = {.state = found->state, .last_liveness = found->last_liveness};
    if (is_said(found->uuid) && strlen(found->uuid) <= UUID_MAX_BYTES &&
        config_is_printable(found->uuid))
        said.uuid = arena_strdup(arena, found->uuid);
    if (is_said(found->name))
        said.name = clean_name(arena, found->name);
    else
        said.name = arena_strdup(arena, said.uuid != NULL ? said.uuid : "(unnamed)");
    if (is_said(found->domain))
        said.domain = found->domain;
    return said;
}

/* What is not said comes last. */
static int compare_texts(const char *a, const char *b, int (*compare)(const char *, const char *))
{
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    return compare(a, b);
}

static int compare_rest(const struct found_cluster *x, const struct found_cluster *y)
{
    int order = compare_texts(x->domain, y->domain, strcmp);
    if (order == 0)
        order = compare_texts(x->state, y->state, strcmp);
    return order != 0 ? order : compare_texts(x->last_liveness, y->last_liveness, strcmp);
}

static int compare_by_name(const void *a, const void *b)
{
    const struct found_cluster *x = &((const struct candidate *)a)->said;
    const struct found_cluster *y = &((const struct candidate *)b)->said;
    int order = strcmp(x->name, y->name);
    if (order == 0)
        order = compare_texts(x->uuid, y->uuid, strcmp);
    return order != 0 ? order : compare_rest(x, y);
}

static int compare_by_uuid(const void *a, const void *b)
{
    const struct found_cluster *x = &((const struct candidate *)a)->said;
    const struct found_cluster *y = &((const struct candidate *)b)->said;
    int order = compare_texts(x->uuid, y->uuid, strcasecmp);
    return order != 0 ? order : compare_by_name(a, b);
}

/* Takes the candidates over, each UUID once, in the order of their names. */
static void take_found(struct merge *m, const struct found_cluster *found, size_t count)
{
    m->candidates = mem_new(count + 1, sizeof *m->candidates);
    for (size_t i = 0; i < count; i++)
        m->candidates[i].said = clean(m->arena, &found[i]);
    qsort(m->candidates, count, sizeof *m->candidates, compare_by_uuid);
    for (size_t i = 0; i < count; i++) {
        const char *uuid = m->candidates[i].said.uuid;
        if (m->candidate_count > 0 && uuid != NULL &&
            compare_texts(m->candidates[m->candidate_count - 1].said.uuid, uuid, strcasecmp) == 0)
            continue;
        m->candidates[m->candidate_count++] = m->candidates[i];
    }
    qsort(m->candidates, m->candidate_count, sizeof *m->candidates, compare_by_name);
}

/* --- which configured cluster is which --- */

static int compare_uuids(const void *a, const void *b)
{
    const struct cluster_config *const *x = a, *const *y = b;
    return strcasecmp((*x)->uuid, (*y)->uuid);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct cluster_config *)a)->name,
                  ((const struct cluster_config *)b)->name);
}

static void take_configured(struct merge *m)
{
    m->configured_count = m->count = m->config->cluster_count;
    m->clusters = mem_new(m->count + m->candidate_count + 1, sizeof *m->clusters);
    m->by_uuid = mem_new(m->count + 1, sizeof(struct cluster_config *));
    m->is_found = mem_new(m->count + 1, sizeof *m->is_found);
    for (size_t i = 0; i < m->count; i++) {
        m->clusters[i] = m->config->clusters[i];
        if (m->clusters[i].uuid != NULL)
            m->by_uuid[m->by_uuid_count++] = &m->clusters[i];
    }
    qsort(m->by_uuid, m->by_uuid_count, sizeof(struct cluster_config *), compare_uuids);
}

static void note_match(struct merge *m, struct candidate *candidate, struct cluster_config *cluster)
{
    candidate->match = cluster;
    m->is_found[cluster - m->clusters] = true;
}

static void match_uuids(struct merge *m)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        const struct cluster_config wanted = {.uuid = m->candidates[i].said.uuid};
        const struct cluster_config *key = &wanted;
        struct cluster_config **match =
            wanted.uuid == NULL ? NULL
                                : bsearch(&key, m->by_uuid, m->by_uuid_count,
                                          sizeof(struct cluster_config *), compare_uuids);
        if (match != NULL)
            note_match(m, &m->candidates[i], *match);
    }
}

/* The state that speaks against contacting a cluster, or NULL. */
static const char *absent_state(const struct found_cluster *said)
{
    static const char *const states[] = {"Disconnected", "WaitingToConnect"};
    for (size_t i = 0; said->state != NULL && i < sizeof states / sizeof states[0]; i++)
        if (strcasecmp(said->state, states[i]) == 0)
            return states[i];
    return NULL;
}

/* A cluster that was installed anew may be listed twice, the former one as Disconnected: a name
 * alone means one that is there, if there is one. */
static void match_names(struct merge *m, bool is_absent)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        struct candidate *candidate = &m->candidates[i];
        if (candidate->match != NULL || (absent_state(&candidate->said) != NULL) != is_absent)
            continue;
        const struct cluster_config wanted = {.name = candidate->said.name};
        struct cluster_config *match =
            bsearch(&wanted, m->clusters, m->configured_count, sizeof *m->clusters, compare_names);
        if (match != NULL && !m->is_found[match - m->clusters] &&
            (match->uuid == NULL || candidate->said.uuid == NULL))
            note_match(m, candidate, match);
    }
}

/* The URL that a domain stands for; NULL after setting the reason why there is none. */
static const char *find_url(const struct merge *m, const char *domain, const char **reason)
{
    if (domain == NULL) {
        *reason = "the control plane knows no address (domain) for it";
        return NULL;
    }
    char *url =
        strstr(domain, "://") != NULL ? mem_strdup(domain) : mem_printf("https://%s", domain);
    const char *fault = strncmp(url, "http://", 7) == 0
                            ? "it is an http:// URL, over which the token would travel unencrypted"
                            : config_url_fault(url, false);
    const char *kept = NULL;
    if (fault == NULL) {
        size_t len = strlen(url);
        while (url[len - 1] == '/')
            len--;
        kept = arena_copy(m->arena, url, len);
    } else {
        *reason = keep_owned(m->arena, mem_printf("its domain is not usable: %s", fault));
    }
    free(url);
    return kept;
}

static int compare_keys(const void *a, const void *b)
{
    const struct keyed_cluster *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

static void take_endpoints(struct merge *m)
{
    m->by_endpoint = mem_new(m->configured_count + 1, sizeof *m->by_endpoint);
    for (size_t i = 0; i < m->configured_count; i++) {
        struct cluster_config *cluster = &m->clusters[i];
        if (cluster->url == NULL || cluster->api == API_CONTROL_PLANE)
            continue;
        m->by_endpoint[m->by_endpoint_count++] =
            (struct keyed_cluster){config_endpoint_key(cluster->url, ""), cluster};
    }
    qsort(m->by_endpoint, m->by_endpoint_count, sizeof *m->by_endpoint, compare_keys);
}

/* The configured cluster of this URL, and of several the first that nothing was found for yet; NULL
 * when there is none. */
static struct cluster_config *find_endpoint(const struct merge *m, const char *url)
{
    char *key = config_endpoint_key(url, "");
    struct cluster_config *match = NULL;
    size_t low = 0, high = m->by_endpoint_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->by_endpoint[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < m->by_endpoint_count && strcmp(m->by_endpoint[low].key, key) == 0; low++) {
        if (match == NULL || !m->is_found[m->by_endpoint[low].cluster - m->clusters])
            match = m->by_endpoint[low].cluster;
        if (!m->is_found[match - m->clusters])
            break;
    }
    free(key);
    return match;
}

/* A cluster under another name is still the one that its endpoint is. */
static void match_endpoints(struct merge *m, bool is_absent)
{
    for (size_t i = 0; i < m->candidate_count; i++) {
        struct candidate *candidate = &m->candidates[i];
        const char *reason;
        const char *url;
        if (candidate->match != NULL || (absent_state(&candidate->said) != NULL) != is_absent ||
            candidate->said.domain == NULL ||
            (url = find_url(m, candidate->said.domain, &reason)) == NULL)
            continue;
        struct cluster_config *match = find_endpoint(m, url);
        if (match != NULL && !m->is_found[match - m->clusters])
            note_match(m, candidate, match);
        else
            candidate->twin = match;
    }
}

/* --- what becomes of each --- */

/* Why the control plane's state says not to contact it, or NULL. */
static const char *state_reason(const struct merge *m, const struct found_cluster *said)
{
    const char *state = absent_state(said);
    if (state == NULL || m->config->discover.contacts_disconnected)
        return NULL;
    const char *liveness = said->last_liveness;
    int64_t seconds;
    char seen[TEXT_TIME_SIZE];
    const char *before = " (last seen ", *after = ")";
    if (is_said(liveness) && text_parse_time(liveness, strlen(liveness), &seconds) &&
        text_format_time(seconds, seen))
        liveness = seen;
    else if (is_said(liveness) || strcmp(state, "WaitingToConnect") != 0)
        liveness = "", before = " (last seen: unknown";
    else
        liveness = before = after = "";
    return keep_owned(m->arena, mem_printf("%s according to the control plane%s%s%s", state, before,
                                           liveness, after));
}

/* Completes a cluster, configured or fresh, by what the control plane says of it. */
static void complete(const struct merge *m, struct cluster_config *cluster,
                     const struct found_cluster *said)
{
    if (said->uuid != NULL)
        cluster->uuid = said->uuid;
    cluster->skipped = NULL;
    if (cluster->api == API_CONTROL_PLANE) {
        if (cluster->uuid == NULL)
            cluster->skipped = "the control plane gives no uuid for it";
        return;
    }
    const char *reason = NULL;
    if (cluster->url == NULL)
        cluster->url = find_url(m, said->domain, &reason);
    const char *state = state_reason(m, said);
    cluster->skipped = state != NULL ? state : reason;
}

/* A configured cluster that the control plane does not know. */
static void judge_unknown(struct cluster_config *cluster)
{
    if (cluster->api == API_CONTROL_PLANE)
        cluster->skipped = cluster->uuid == NULL
                               ? "the control plane knows no cluster of its name, and it has no "
                                 "uuid"
                               : "the control plane knows no cluster with its uuid";
    else if (cluster->url == NULL)
        cluster->skipped = "it has no url and the control plane does not know it";
}

bool config_discover_selects(const struct config *config, const char *name)
{
    const struct discover_config *discover = &config->discover;
    bool is_included = false;
    if (name == NULL)
        return false;
    for (size_t i = 0; discover->includes[i] != NULL && !is_included; i++)
        is_included = text_glob(discover->includes[i], name);
    for (size_t i = 0; discover->excludes[i] != NULL && is_included; i++)
        is_included = !text_glob(discover->excludes[i], name);
    return is_included;
}

static int compare_taken(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Whether the name was free; it is taken from then on. */
static bool take_name(struct merge *m, const char *name)
{
    const char *const *node = tsearch(name, &m->names, compare_taken);
    if (node == NULL)
        abort();
    return *node == name;
}

static const char *add_suffix(const struct merge *m, const char *name, char *suffix)
{
    const char *base = keep_bounded(m->arena, name, NAME_MAX_BYTES - strlen(suffix));
    const char *whole = keep_owned(m->arena, mem_printf("%s%s", base, suffix));
    free(suffix);
    return whole;
}

static const char *name_with_uuid(const struct merge *m, const struct found_cluster *said)
{
    return add_suffix(m, said->name, mem_printf(" (%s)", said->uuid));
}

static const char *choose_name(struct merge *m, const struct found_cluster *said)
{
    if (take_name(m, said->name))
        return said->name;
    const char *name = NULL;
    if (said->uuid != NULL)
        name = name_with_uuid(m, said);
    while (name == NULL || !take_name(m, name))
        name = add_suffix(m, said->name, mem_printf(" (%u)", m->ordinal++));
    return name;
}

static void make_union(struct merge *m)
{
    for (size_t i = 0; i < m->configured_count; i++) {
        take_name(m, m->clusters[i].name);
        if (!m->is_found[i])
            judge_unknown(&m->clusters[i]);
    }
    for (size_t i = 0; i < m->candidate_count; i++) {
        const struct found_cluster *said = &m->candidates[i].said;
        struct cluster_config *cluster = m->candidates[i].match;
        if (cluster == NULL && !config_discover_selects(m->config, said->name))
            continue;
        if (cluster == NULL) {
            cluster = &m->clusters[m->count++];
            *cluster = m->config->defaults;
            cluster->name = choose_name(m, said);
        }
        complete(m, cluster, said);
        if (m->candidates[i].twin != NULL && cluster->skipped == NULL)
            cluster->skipped =
                keep_owned(m->arena, mem_printf("its endpoint is that of the cluster \"%s\"",
                                                m->candidates[i].twin->name));
    }
    qsort(m->clusters, m->count, sizeof *m->clusters, compare_names);
}

static void forget_name(void *name)
{
    (void)name;
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **config_found_names(struct config *config, const struct found_cluster *found,
                                size_t count, size_t *names_count)
{
    struct merge merge = {
        .config = config, .arena = ((struct owned_config *)config)->arena, .ordinal = 2};
    take_found(&merge, found, count);
    const char **names = arena_alloc(merge.arena, (2 * merge.candidate_count + 1) * sizeof *names);
    *names_count = 0;
    for (size_t i = 0; i < merge.candidate_count; i++) {
        const struct found_cluster *said = &merge.candidates[i].said;
        names[(*names_count)++] = choose_name(&merge, said);
        if (said->uuid != NULL)
            names[(*names_count)++] = name_with_uuid(&merge, said);
    }
    qsort(names, *names_count, sizeof *names, compare_items);
    tdestroy(merge.names, forget_name);
    free(merge.candidates);
    return names;
}

void config_merge(struct config *config, const struct found_cluster *found, size_t count)
{
    struct owned_config *owned = (struct owned_config *)config;
    struct merge merge = {.config = config, .arena = owned->arena, .ordinal = 2};
    take_found(&merge, found, count);
    take_configured(&merge);
    match_uuids(&merge);
    match_names(&merge, false);
    match_names(&merge, true);
    take_endpoints(&merge);
    match_endpoints(&merge, false);
    match_endpoints(&merge, true);
    make_union(&merge);
    free(owned->clusters);
    owned->clusters = merge.clusters;
    config->clusters = merge.clusters;
    config->cluster_count = merge.count;
    tdestroy(merge.names, forget_name);
    free(merge.candidates);
    free((void *)merge.by_uuid);
    for (size_t i = 0; i < merge.by_endpoint_count; i++)
        free(merge.by_endpoint[i].key);
    free(merge.by_endpoint);
    free(merge.is_found);
}
