/* --project globs that select nothing, which is a typo more often than a wish. */
#ifndef ROLLCALL_PROJECT_GLOBS_H
#define ROLLCALL_PROJECT_GLOBS_H

#include "session.h"

/* Where every selected cluster names its projects: EXIT_USAGE, after saying which, if a glob
 * matches none of them and --allow-empty is not given. */
int project_globs_check(const struct session *session);

/* After a run: notes in report->selection which globs match no project of any cluster that
 * answered, after warning of each. None with --allow-empty, or if no cluster answered. */
void project_globs_note_unmatched(const struct session *session, struct report *report);

#endif
