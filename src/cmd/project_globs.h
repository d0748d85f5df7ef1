/* --project globs that select nothing, which is a typo more often than a wish. */
#ifndef ROLLCALL_PROJECT_GLOBS_H
#define ROLLCALL_PROJECT_GLOBS_H

#include "session.h"

/* Where every selected cluster names its projects: EXIT_USAGE, after saying which, if a glob
 * matches none of them and --allow-empty is not given. */
int project_globs_check(const struct session *session);

/* After a run: how many globs match no project of any cluster that answered, after warning of each.
 * 0 with --allow-empty, or if no cluster answered. */
size_t project_globs_count_unmatched(const struct session *session, const struct report *report);

#endif
