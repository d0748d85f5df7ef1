/* What config_merge.c and config_match.c share: the merging of found clusters with configured ones.
 */
#ifndef CONFIG_MERGE_INTERNAL_H
#define CONFIG_MERGE_INTERNAL_H

#include "config_internal.h"

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

#endif
