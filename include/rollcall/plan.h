/*
 * The plan: the configuration narrowed by what the command line selects. What a run will ask,
 * before anything is asked. Also its form for people, which `check` and `run --dry-run` print.
 */
#ifndef ROLLCALL_PLAN_H
#define ROLLCALL_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/buf.h"
#include "rollcall/config.h"
#include "rollcall/str.h"

/* All lists are NULL-terminated or NULL; a list with no entry selects everything. */
struct selection {
    const char *const *clusters; /* globs: a name has to match one */
    const char *const *excludes; /* globs: a name must match none */
    const char *const *labels;   /* "key=value": a cluster has to have every one */
    const char *const *projects; /* globs: only the projects that match one are asked */
};

struct plan {
    const struct config *config;                  /* borrowed */
    const struct cluster_config *const *clusters; /* borrowed entries, sorted by name */
    size_t cluster_count;
    const char *const *project_globs; /* borrowed from the selection; may be NULL */
};

/* Owned by the caller; borrows both arguments. Never NULL; may hold no cluster. */
struct plan *plan_new(const struct config *config, const struct selection *selection);
void plan_free(struct plan *plan);

/* Whether the selection wants this project. "No value" is a project without a name; a name with NUL
 * in it matches no glob. */
bool plan_wants_project(const struct plan *plan, struct str project);

/* Appends the plan for people: the control plane and where its secret comes from, limits, where the
 * report goes, one block per cluster. Never a secret's value. */
void plan_print(const struct plan *plan, struct buf *out);

#endif
