/* The bodies of right answers, whole or produced piece by piece. */
#ifndef FLEETSIM_BODY_H
#define FLEETSIM_BODY_H

#include "fleet.h"

struct body;

/* The jobs of one project (or of all: -1). An endless one never stops delivering jobs. */
struct body *body_new_jobs(const struct cluster *cluster, int project, bool is_endless);
/* Whether it is too large to be held whole. */
bool body_is_large(const struct body *body);
/* Up to `max` bytes; 0 at the end. */
size_t body_read(struct body *body, char *data, size_t max);
void body_free(struct body *body);

void body_put_jobs(const struct cluster *cluster, int project, struct text *out);
void body_put_projects(const struct cluster *cluster, struct text *out);

#endif
