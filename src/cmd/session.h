/* What `run` and `check` share: configuration, selection, secret, engine and token, in that order.
 */
#ifndef ROLLCALL_SESSION_H
#define ROLLCALL_SESSION_H

#include "cmd.h"
#include "rollcall/collect.h"
#include "rollcall/config.h"
#include "rollcall/engine.h"
#include "rollcall/mem.h"
#include "rollcall/plan.h"
#include "rollcall/report.h"
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
        OPTION_FLAG, "allow-empty", '\0', NULL,                                                      \
            "a selection without any cluster or project is no error", &(s)->is_empty_allowed         \
    }

/* Whether the options narrow the run to a part of the fleet. */
bool selection_is_filter(const struct selection_options *options);
void selection_free(struct selection_options *options);

/* The token of a cluster's own. */
struct own_token {
    const char *where; /* the very pointer of its setting, which tells it from others */
    struct secret *secret;
    struct token *token;
};

struct session {
    const struct log *log;
    int64_t started_ms; /* clock_mono_ms() at the start of the run */
    const struct selection_options *selection;
    struct config *config;
    struct plan *plan;
    struct secret *secret;
    struct engine *engine;
    struct token *token;   /* NULL: there is no control plane */
    struct own_token *own; /* owned */
    size_t own_count;
    struct token **own_tokens; /* owned; by the plan's order, see session_own_tokens() */
    bool is_engine_initialised;
    struct collect_progress progress; /* of the clusters; zeroed until they are asked */
};

/* Loads the configuration and selects. Returns EXIT_COMPLETE, or another status after saying why.
 */
int session_load(struct session *session, const struct global_options *global,
                 const struct selection_options *options);

/* What the command line narrowed the run to, for the report; in `arena`. NULL: to nothing. */
struct report_selection *session_describe_selection(const struct session *session,
                                                    struct arena *arena);

/* Prints the plan to stdout; an exit status. */
int session_print_plan(const struct session *session);

/* Checks that the secrets could be read, without running a command. */
int session_check_secrets(struct session *session);

/* Reads the secrets. To be done before anything is contacted. */
int session_read_secrets(struct session *session);

/* Makes the engine and the tokens and loads all trust stores; contacts nothing yet. */
int session_connect(struct session *session);

/*
 * Asks the control plane for its clusters, if the configuration wants that, merges them and selects
 * anew. Fills *section (in `arena`) for the report; NULL when discovery was not asked for. A
 * failure with clusters left to ask is in the section and EXIT_COMPLETE; without, EXIT_NO_REPORT.
 */
int session_discover(struct session *session, struct arena *arena,
                     struct discovery_section **section);

/* Says why nobody could be asked for want of a token; EXIT_NO_REPORT. */
int session_say_no_token(const struct session *session, const struct error *error);

/* The own tokens by the plan's order, as the collector takes them; borrowed. */
struct token *const *session_own_tokens(struct session *session);

/* When network work ends: seven eighths of the deadline, at most 30 s before it. */
int64_t session_network_end_ms(const struct session *session);

/* The network part is over: ends all connections and wipes secrets and tokens. */
void session_disconnect(struct session *session);

/* Frees all of it, after session_disconnect(). */
void session_close(struct session *session);

#endif
