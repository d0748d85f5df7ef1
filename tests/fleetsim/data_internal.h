/* Shared by the files that make workloads: what is in an ordinary one, whatever API shows it. */
#ifndef FLEETSIM_DATA_INTERNAL_H
#define FLEETSIM_DATA_INTERNAL_H

#include "data.h"

/* Texts that begin with a quote, a bracket or "null" are canonical JSON. */
struct plain {
    char id[40], name[48], user[32], images[160], nodes[96]; /* an odd user is a number */
    const char *status, *phase, *type_word, *type, *gpus;
    int64_t micro, created_ms; /* 0: null */
    bool is_image_text;
    /* what only some APIs tell */
    char department[32], pools[48];
    const char *preemptible, *requested; /* JSON; NULL: missing */
    int64_t requested_micro, idle_micro, control_micro, pending_s, running_s;
};

void plain_make(const struct cluster *cluster, unsigned project, size_t index, struct plain *plain);

/* Fills the job with what all APIs tell alike, and with nulls. */
void plain_tell(const char *project, const struct plain *plain, struct job *job);

/* Keeps a text in the job's memory, between quotes if it has none yet. */
const char *plain_keep(struct job *job, const char *value, const char *quote);

/* "2026-11-24T00:00:00Z", or "null"; with quotes. */
void plain_time(int64_t ms, char text[32]);

/* The project as records spell it. */
void record_project(const struct cluster *cluster, const char *project, struct text *out);

/* data_items.c: how a cluster's Kubernetes API shows it. */
void item_tell(const struct cluster *cluster, unsigned project, size_t index,
               const struct plain *plain, struct job *job);
int item_kind(const struct cluster *cluster, size_t index, const struct plain *plain);

#endif
