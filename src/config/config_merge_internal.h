/* What config_merge.c, config_match.c and config_twins.c share: the merging of found clusters with
 * configured ones.
 */
#ifndef CONFIG_MERGE_INTERNAL_H
#define CONFIG_MERGE_INTERNAL_H

#include "config_internal.h"

struct candidate {
    struct found_cluster said;    /* cleaned; in the configuration's arena */
    struct cluster_config *match; /* the configured one that it is, later its own, or NULL */
    bool lends_url;               /* its cluster has its URL from it */
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
    struct cluster_config **by_uuid; /* those that have a UUID, sorted by it; while matching */
    size_t by_uuid_count;
    struct keyed_cluster *by_endpoint; /* those that have a URL, by its key; likewise */
    size_t by_endpoint_count;
    bool *is_found;   /* owned: of the configured ones */
    void *names;      /* tsearch() tree of the names in use */
    unsigned ordinal; /* the next that tells clusters of one name and no UUID apart */
};

/* --- config_merge.c --- */

/* A copy in the arena of a text that is freed. */
const char *merge_keep(struct arena *arena, char *text);

/* --- config_match.c --- */

/* Takes the configured clusters, and finds out which of them each candidate is, if it is one. */
void merge_match(struct merge *m);

/* The state that speaks against contacting a cluster, or NULL. */
const char *merge_absent_state(const struct found_cluster *said);
/* The URL that a domain stands for; NULL after setting the reason why there is none. */
const char *merge_find_url(const struct merge *m, const char *domain, const char **reason);
/* For the order of clusters. */
int merge_compare_names(const void *a, const void *b);

/* --- config_twins.c --- */

/* Skips those of one endpoint that would be counted twice, of the union while it still is in the
 * order of take-over: a configured url goes first, then the configured, then the connected, then
 * the first by name. A cluster that is skipped already stands in nobody's way. */
void merge_skip_twins(const struct merge *m);

#endif
