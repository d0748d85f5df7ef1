/* What session.c and session_discover.c share. */
#ifndef ROLLCALL_SESSION_INTERNAL_H
#define ROLLCALL_SESSION_INTERNAL_H

#include "session.h"

/* Makes the plan of what the selection takes of the configuration as it is now. */
void session_select(struct session *session);

/* A copy for the report in `arena`; what is no UTF-8, and so no JSON, becomes U+FFFD. */
const char *session_keep_text(const char *text, struct arena *arena);

/* EXIT_USAGE, after saying so, when the selection takes no cluster, or a --project glob none of the
 * configured projects, and that is not allowed. */
int session_check_selection(const struct session *session);

/* A trust file that cannot be used is a configuration error, found before it is needed. False after
 * filling `error`. */
bool session_prepare_trust(struct session *session, struct error *error);

#endif
