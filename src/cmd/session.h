/* What `run` and `check` share: configuration, selection, secret, engine and token, in that order.
 */
#ifndef ROLLCALL_SESSION_H
#define ROLLCALL_SESSION_H

#include "cmd.h"
#include "rollcall/config.h"
#include "rollcall/engine.h"
#include "rollcall/plan.h"
#include "rollcall/secret.h"
#include "rollcall/token.h"

/* The options that select; their rows are in SELECTION_ROWS. */
struct selection_options {
    struct option_list clusters, excludes, labels, projects;
    bool is_empty_allowed;
};

#define SELECTION_ROWS(s)                                                                            \
    {OPTION_LIST,   "cluster", '\0', "GLOB", "only clusters whose name matches (repeatable)",        \
     &(s)->clusters},                                                                                \
        {OPTION_LIST,   "exclude", '\0', "GLOB", "without clusters whose name matches (repeatable)", \
         &(s)->excludes},                                                                            \
        {OPTION_LIST, "label", '\0', "KEY=VALUE", "only clusters with this label (repeatable: all)", \
         &(s)->labels},                                                                              \
        {OPTION_LIST,   "project", '\0', "GLOB", "only projects whose name matches (repeatable)",    \
         &(s)->projects},                                                                            \
    {                                                                                                \
        OPTION_FLAG, "allow-empty", '\0', NULL, "a selection without any cluster is no error",       \
            &(s)->is_empty_allowed                                                                   \
    }

void selection_free(struct selection_options *options);

struct session {
    const struct log *log;
    int64_t started_ms; /* clock_mono_ms() at the start of the run */
    struct config *config;
    struct plan *plan;
    struct secret *secret;
    struct engine *engine;
    struct token *token;
    bool is_engine_initialised;
};

/* Loads the configuration and selects. Returns EXIT_COMPLETE, or another status after saying why.
 */
int session_load(struct session *session, const struct global_options *global,
                 const struct selection_options *options);

/* Prints the plan to stdout; an exit status. */
int session_print_plan(const struct session *session);

/* Checks that the secret could be read, without running a command. */
int session_check_secret(struct session *session);

/* Reads the secret. To be done before anything is contacted. */
int session_read_secret(struct session *session);

/* Makes the engine and the token and loads all trust stores; contacts nothing yet. */
int session_connect(struct session *session);

/* When network work ends: seven eighths of the deadline, at most 30 s before it. */
int64_t session_network_end_ms(const struct session *session);

void session_close(struct session *session);

#endif
