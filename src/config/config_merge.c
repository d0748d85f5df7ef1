/*
 * The configured clusters and those that discovery found, made one fleet. What was found is sorted
 * first, so that the fleet does not depend on the order in which the control plane lists it. All
 * its texts are untrusted: bounded and made printable before they are kept.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_merge_internal.h"
#include "rollcall/text.h"

#define NAME_MAX_BYTES 253
#define UUID_MAX_BYTES 64

const char *merge_keep(struct arena *arena, char *text)
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

/* --- what becomes of each --- */

/* Why the control plane's state says not to contact it, or NULL. */
static const char *state_reason(const struct merge *m, const struct found_cluster *said)
{
    const char *state = merge_absent_state(said);
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
    return merge_keep(m->arena, mem_printf("%s according to the control plane%s%s%s", state, before,
                                           liveness, after));
}

/* Completes a cluster, configured or fresh, by what the control plane says of it. */
static void complete(const struct merge *m, struct candidate *candidate)
{
    struct cluster_config *cluster = candidate->match;
    const struct found_cluster *said = &candidate->said;
    if (said->uuid != NULL)
        cluster->uuid = said->uuid;
    cluster->skipped = NULL;
    if (cluster->api == API_CONTROL_PLANE) {
        if (cluster->uuid == NULL)
            cluster->skipped = "the control plane gives no uuid for it";
        return;
    }
    const char *reason = NULL;
    candidate->lends_url = cluster->url == NULL;
    if (candidate->lends_url)
        cluster->url = merge_find_url(m, said->domain, &reason);
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
    const char *whole = merge_keep(m->arena, mem_printf("%s%s", base, suffix));
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
        struct candidate *candidate = &m->candidates[i];
        if (candidate->match == NULL && !config_discover_selects(m->config, candidate->said.name))
            continue;
        if (candidate->match == NULL) {
            candidate->match = &m->clusters[m->count++];
            *candidate->match = m->config->defaults;
            candidate->match->name = choose_name(m, &candidate->said);
        }
        complete(m, candidate);
    }
    merge_skip_twins(m);
    qsort(m->clusters, m->count, sizeof *m->clusters, merge_compare_names);
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
    merge_match(&merge);
    make_union(&merge);
    free(owned->clusters);
    owned->clusters = merge.clusters;
    config->clusters = merge.clusters;
    config->cluster_count = merge.count;
    tdestroy(merge.names, forget_name);
    free(merge.candidates);
    free(merge.is_found);
}
