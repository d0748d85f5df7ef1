/*
 * The parts of the kubernetes flavour (API document, sections 3 and 7):
 *
 *   kubernetes.c             its lists: a kind of workload each, in pages
 *   kubernetes_discovery.c   before them: which kinds the server has, in which version
 *   kubernetes_podgroups.c   then: what the scheduler's PodGroups say of workloads
 *   pod_group_table.c        and where that is kept
 */
#ifndef ROLLCALL_KUBERNETES_H
#define ROLLCALL_KUBERNETES_H

#include "collect_internal.h"
#include "pod_group_table.h"

#define API_NAME_SIZE 64

struct served_kind {
    const struct kubernetes_kind *kind;
    char version[API_NAME_SIZE];
};

/* What is known of a cluster before its lists are asked; its flavour_state. */
struct kubernetes {
    struct served_kind kinds[KUBERNETES_KINDS];
    size_t kind_count;
    struct pod_group_table *pod_groups; /* owned; NULL: none were read */
};

struct kubernetes *kubernetes_of(const struct cluster *cluster);

/* The URL of a page of a list, of a project's namespace or (`project` NULL) of all; `group` is
 * "run.ai/v1". `cursor` NULL: the first page. Owned by the caller. */
char *kubernetes_list_url(const struct cluster_config *config, const char *group,
                          const char *project, const char *plural, int limit, const char *cursor);

/* Moves on to the page that the answer's continue token leads to: *cursor is replaced. */
enum page_verdict kubernetes_next_page(const struct decoder *decoder, char **cursor,
                                       struct error *error);
/* What a page's failure means for its list. */
enum refusal_verdict kubernetes_refused(const char *cursor, const struct error *error);

/* Finds out which kinds there are, then calls kubernetes_discovered(). */
void kubernetes_discover(struct cluster *cluster);
/* Adds a kind to those that are asked for. */
void kubernetes_add_kind(struct cluster *cluster, const struct kubernetes_kind *kind,
                         const char *version);
/* An error is the cluster's fate. Where no kinds were added, the usual ones are asked for. */
void kubernetes_discovered(struct cluster *cluster, const struct error *error, unsigned attempts);

/* Reads the PodGroups of the projects to be asked, or of the cluster, then calls
 * kubernetes_pod_groups_done(). Whatever becomes of them is no more than a warning. */
void kubernetes_read_pod_groups(struct cluster *cluster);
void kubernetes_pod_groups_done(struct cluster *cluster);

#endif
