/*
 * Decoders: the bytes of one answer in, records out as they are complete. One kind for each
 * document the remote APIs speak; each is a table of paths and setters over json_read. A decoder
 * has no effect but its callback and serves one answer: a retry makes a new one.
 *
 * Shapes are held to what the contract says: a list that is null is empty, one that is missing, is
 * there twice or holds something that is no object is ERR_BAD_SHAPE; a field of the wrong type is
 * "no value" and counted as repaired; of a repeated field the last one wins. A single record whose
 * text (what repeated fields replaced included) is over 4 MiB is ERR_TOO_LARGE.
 */
#ifndef ROLLCALL_DECODE_H
#define ROLLCALL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/error.h"
#include "rollcall/record.h"
#include "rollcall/str.h"

struct decoder;

/* Gets one record, borrowed until it returns; false after filling `error` ends the decoding. */
typedef bool decode_workload_fn(void *arg, const struct workload *workload, struct error *error);

struct project_info {
    struct str name;    /* never "no value" */
    int64_t gpus_quota; /* an amount, or AMOUNT_NULL */
};
typedef bool decode_project_fn(void *arg, const struct project_info *project, struct error *error);

/*
 * Researcher flavour, jobs of one project: {"data":[Job...]}. Records that name another project
 * than `project` (borrowed) are dropped and counted; NULL keeps all.
 */
struct decoder *decoder_new_researcher_jobs(const char *project, decode_workload_fn *fn, void *arg);

/* Researcher flavour: {"data":[Project...]}. A project without a usable name (none, empty, longer
 * than 1,024 bytes, holding NUL) is dropped and counted. */
struct decoder *decoder_new_researcher_projects(decode_project_fn *fn, void *arg);

/* How many pods an item of a kind stands for, each of which gets what `spec.gpu` says. */
enum kubernetes_pods {
    PODS_ONE,     /* one, or as many as parallelism, or minScale and maxScale, say */
    PODS_WORKERS, /* as many as workers says */
    PODS_UNKNOWN,
};

/* A kind of workload of the Cluster API. */
struct kubernetes_kind {
    const char *plural; /* as in URLs: "trainingworkloads" */
    const char *kind;   /* as in items: "TrainingWorkload" */
    enum workload_type type;
    enum kubernetes_pods pods;
    /* A job of its own or of a workload of another kind; its priority class says its type. */
    bool is_job;
};

#define KUBERNETES_KINDS 7
extern const struct kubernetes_kind kubernetes_kinds[KUBERNETES_KINDS];

/* What the PodGroups of one workload add up to; AMOUNT_NULL: not known. */
struct pod_group_gpus {
    int64_t allocated;
    int64_t requested;
};
/* False when the workload with this uid has none. */
typedef bool pod_group_find_fn(const void *arg, struct str uid, struct pod_group_gpus *gpus);

/* What a list is, and what is known beside it; all borrowed. */
struct kubernetes_list {
    const struct kubernetes_kind *kind;
    const char *project;                /* as above */
    pod_group_find_fn *find_pod_groups; /* NULL: there are none */
    const void *find_arg;
};

/*
 * Kubernetes flavour, one page of a list: {"metadata":{"continue":...},"items":[...]}. What is read
 * from where is in docs/report.md. Templates are left out and counted apart from the records that
 * name another project; a job that is part of a workload of another kind is that one's and not
 * counted at all. decoder_continue() is the token of the next page.
 */
struct decoder *decoder_new_kubernetes_list(const struct kubernetes_list *list,
                                            decode_workload_fn *fn, void *arg);
/*
 * Kubernetes: one page of the scheduler's PodGroups (scheduling.run.ai/v2alpha2). `owner` is the
 * uid of the controller among its owners, else of the first of them; a PodGroup that has none is
 * not handed out, nor is one that says a namespace which is not that of `project` (borrowed; NULL:
 * any will do).
 */
struct pod_group {
    struct str owner;
    struct str uid, namespace, name; /* its own; of length 0 when it does not say */
    struct pod_group_gpus gpus;
    uint64_t repaired; /* as decoder_repaired(), of this one */
};
typedef bool decode_pod_group_fn(void *arg, const struct pod_group *group, struct error *error);
struct decoder *decoder_new_pod_groups(const char *project, decode_pod_group_fn *fn, void *arg);

/*
 * Kubernetes: what an API group has: its versions, an APIGroup, and what one of them has, an
 * APIResourceList. Names come in the document's order and are fit for URLs, others are left out,
 * and of versions counted by decoder_dropped(); the preferred version comes with `is_preferred`,
 * and also without.
 */
typedef bool decode_api_name_fn(void *arg, struct str name, bool is_preferred, struct error *error);
struct decoder *decoder_new_api_versions(decode_api_name_fn *fn, void *arg);
struct decoder *decoder_new_api_resources(decode_api_name_fn *fn, void *arg);

/* Valid after decoder_finish(): "" when this was the last page; borrowed until decoder_free(). */
const char *decoder_continue(const struct decoder *decoder);

/* Control plane, one page of workloads: {"workloads":[...],"next":N}. `cluster_id` may be "no
 * value". A workload with any deletedAt but null is deleted. */
typedef bool decode_control_workload_fn(void *arg, struct str cluster_id, bool is_deleted,
                                        const struct workload *workload, struct error *error);
struct decoder *decoder_new_control_workloads(decode_control_workload_fn *fn, void *arg);

/* Control plane: {"count":N}. A missing, negative or non-integer count is ERR_BAD_SHAPE. */
struct decoder *decoder_new_control_count(int64_t *count);

/* Control plane: a bare array of clusters. Texts may be "no value"; `last_liveness` is the server's
 * text. A cluster with any deletedAt but null is dropped and counted. A name that the configuration
 * could not hold (empty, above 253 bytes, not printable) is "no value" too. */
struct discovered_cluster {
    struct str uuid, name, domain, state, last_liveness, version;
};
typedef bool decode_cluster_fn(void *arg, const struct discovered_cluster *cluster,
                               struct error *error);
struct decoder *decoder_new_control_clusters(decode_cluster_fn *fn, void *arg);

/* Control plane, one page of projects: {"projects":[...],"next":N}; the quota is the sum of what is
 * deserved over the node pools, "no value" when none says or one is not understood. Projects
 * without a usable name are dropped and counted. */
typedef bool decode_control_project_fn(void *arg, struct str cluster_id,
                                       const struct project_info *project, struct error *error);
struct decoder *decoder_new_control_projects(decode_control_project_fn *fn, void *arg);

/* The offset of the next page of a control-plane list, valid after decoder_finish(); -1 when this
 * was the last page (absent, null or zero). */
int64_t decoder_next_offset(const struct decoder *decoder);

/*
 * A token answer, in either spelling. The access token is appended to `token`, which the caller
 * owns, should have reserved and wipes; *expires_in_s is its life in seconds, or -1. With
 * `takes_id_token` the ID token takes the place of an access token that is missing. What the answer
 * has as a refresh token is appended likewise to `refresh`, which may be NULL. No token at all is
 * ERR_BAD_SHAPE.
 */
struct decoder *decoder_new_token(struct buf *token, bool takes_id_token, struct buf *refresh,
                                  int64_t *expires_in_s);

/* The `exp` claim of a JWT (RFC 7519, section 4.1.4), in seconds since 1970; -1 when the text is no
 * JWT or has none. Nothing is verified: it only says when a token is worth renewing. */
int64_t decode_jwt_expiry_s(const char *token, size_t len);

void decoder_free(struct decoder *decoder);

/* As json_reader_feed() and json_reader_finish(), plus ERR_BAD_SHAPE. */
bool decoder_feed(struct decoder *decoder, const void *data, size_t len, struct error *error);
bool decoder_finish(struct decoder *decoder, struct error *error);

/* For a callback: the record that it was given is not wanted, and its repairs do not count. Only of
 * decoders of the control plane's lists. */
void decoder_disown_record(struct decoder *decoder);

/* Fields of the wrong type, and pieces of text that became U+FFFD, so far. */
uint64_t decoder_repaired(const struct decoder *decoder);
/* Records that were dropped, so far. */
uint64_t decoder_dropped(const struct decoder *decoder);

/* The beginning of a project's name as a server spells it. */
struct project_sample {
    char name[64];
    size_t len;
    bool is_there;
};

/* Keeps the smaller one bytewise, so that it does not depend on which came first. */
void project_sample_note(struct project_sample *sample, struct str name);
/* Of the projects that records were dropped for, as they are not the one that was asked for. */
const struct project_sample *decoder_other_project(const struct decoder *decoder);
/* Records that were left out because they are no workloads (templates), so far. */
uint64_t decoder_left_out(const struct decoder *decoder);

/*
 * The source's word for which a decoded workload's phase is `unknown`, or its type `other`, because
 * the vocabulary (docs/report.md) has no meaning for it; "no value" when there is no such word.
 * Borrowed from the workload.
 */
struct str decode_unknown_phase(const struct workload *workload);
struct str decode_unknown_type(const struct workload *workload);

/*
 * Whether the control plane's word for a type is a kind of Kubernetes object for which Run:ai makes
 * no object of its own (API document, section 7): no list of the cluster's workloads has it.
 */
bool decode_is_third_party(struct str type);

/*
 * What the server said in an error answer, for people: appends the `message`, `error_description`
 * or `error` text of a JSON object (also of one that was cut off), with a `reason` in front and the
 * `details` behind where they add something, else the first line of a text that is not HTML,
 * printable and at most 160 bytes. Appends nothing when there is nothing to say.
 */
void decode_error_message(const char *body, size_t len, struct buf *out);

#endif
