#include "session_internal.h"

#include <stdlib.h>
#include <string.h>

#include "inflight.h"
#include "project_globs.h"
#include "rollcall/clock.h"
#include "rollcall/render.h"
#include "rollcall/text.h"

#define WRITING_MAX_MS    30000
#define PLAN_MAX_BYTES    (256u * 1024 * 1024)
#define SECRET_TIMEOUT_MS 30000

bool selection_is_filter(const struct selection_options *options)
{
    return options->clusters.count + options->excludes.count + options->labels.count +
               options->projects.count >
           0;
}

void selection_free(struct selection_options *options)
{
    option_list_free(&options->clusters);
    option_list_free(&options->excludes);
    option_list_free(&options->labels);
    option_list_free(&options->projects);
}

static void on_config_problem(void *arg, bool is_warning, const char *message)
{
    if (is_warning)
        log_warning(arg, "%s", message);
    else
        log_error(arg, "%s", message);
}

int session_load(struct session *session, const struct global_options *global,
                 const struct selection_options *options)
{
    struct log log = *session->log; /* the callback's argument is not const */
    char *path = config_find(global->config);
    session->started_ms = clock_mono_ms();
    session->config = config_load(path, render_names(), on_config_problem, &log);
    free(path);
    if (session->config == NULL)
        return EXIT_USAGE;
    session->selection = options;
    session_select(session);
    /* With discovery the fleet is not known yet. */
    return session->config->discover.is_enabled ? EXIT_COMPLETE : session_check_selection(session);
}

void session_select(struct session *session)
{
    const struct selection_options *options = session->selection;
    const struct selection selection = {
        .clusters = options->clusters.items,
        .excludes = options->excludes.items,
        .labels = options->labels.items,
        .projects = options->projects.items,
    };
    plan_free(session->plan);
    session->plan = plan_new(session->config, &selection);
}

const char *session_keep_text(const char *text, struct arena *arena)
{
    struct buf repaired;
    size_t len = strlen(text);
    buf_init(&repaired, 3 * len + 1);
    text_repair_utf8(text, len, &repaired);
    const char *kept = arena_copy(arena, repaired.data, repaired.len);
    buf_free(&repaired);
    return kept;
}

static const char *const *keep_words(const struct option_list *list, struct arena *arena)
{
    const char **words = arena_alloc(arena, (list->count + 1) * sizeof(*words));
    for (size_t i = 0; i < list->count; i++)
        words[i] = session_keep_text(list->items[i], arena);
    return words;
}

struct report_selection *session_describe_selection(const struct session *session,
                                                    struct arena *arena)
{
    const struct selection_options *options = session->selection;
    if (!selection_is_filter(options))
        return NULL;
    struct report_selection *selection = arena_alloc(arena, sizeof(*selection));
    *selection = (struct report_selection){
        .clusters = keep_words(&options->clusters, arena),
        .excludes = keep_words(&options->excludes, arena),
        .labels = keep_words(&options->labels, arena),
        .projects = keep_words(&options->projects, arena),
    };
    return selection;
}

int session_check_selection(const struct session *session)
{
    if (session->plan->cluster_count > 0 || session->selection->is_empty_allowed)
        return project_globs_check(session);
    log_error(session->log,
              "the selection matches none of the %zu clusters (--allow-empty accepts it)",
              session->config->cluster_count);
    return EXIT_USAGE;
}

int session_print_plan(const struct session *session)
{
    struct buf plan;
    buf_init(&plan, PLAN_MAX_BYTES);
    plan_print(session->plan, &plan);
    fwrite(plan.data, 1, plan.len, stdout);
    buf_free(&plan);
    return cmd_flush(session->log);
}

static const struct secret_source *secret_source(const struct config *config)
{
    return config_grant_secret(&config->control_plane);
}

static struct own_token *find_own(const struct session *session, const struct secret_source *source)
{
    for (size_t i = 0; source->kind != SECRET_NONE && i < session->own_count; i++)
        if (session->own[i].where == source->where)
            return &session->own[i];
    return NULL;
}

static bool check_source(const struct session *session, const struct secret_source *source)
{
    struct error error = {0};
    if (source->kind == SECRET_NONE || secret_check(source, &error))
        return true;
    log_error(session->log, "%s: %s", source->where, error.text);
    return false;
}

int session_check_secrets(struct session *session)
{
    bool is_well = check_source(session, secret_source(session->config));
    for (size_t i = 0; i < session->plan->cluster_count; i++)
        is_well = check_source(session, &session->plan->clusters[i]->token) && is_well;
    return is_well ? EXIT_COMPLETE : EXIT_USAGE;
}

/* A command has half a minute, and never longer than the network part of the run. */
static int secret_timeout_ms(const struct session *session)
{
    int64_t left_ms = session_network_end_ms(session) - clock_mono_ms();
    if (left_ms > SECRET_TIMEOUT_MS)
        return SECRET_TIMEOUT_MS;
    return left_ms > 1 ? (int)left_ms : 1;
}

static struct secret *read_source(const struct session *session, const struct secret_source *source)
{
    struct error error = {0};
    struct secret *secret = secret_read(source, session->config->secret_env,
                                        secret_timeout_ms(session), session->log, &error);
    /* The run goes on to its report, which says that it was interrupted. The engine starts nothing
     * any more, so that this stand-in is never sent. */
    if (secret == NULL && error.class == ERR_INTERRUPTED)
        secret = secret_from("interrupted", strlen("interrupted"));
    if (secret == NULL)
        log_error(session->log, "%s: %s", source->where, error.text);
    return secret;
}

/* A variable is wiped when it is read, so clusters that share one share its value. */
static struct secret *copy_earlier(const struct session *session, size_t before,
                                   const struct secret_source *source)
{
    for (size_t i = 0; source->kind == SECRET_ENV && i < before; i++) {
        const struct secret_source *other = &session->plan->clusters[i]->token;
        const struct own_token *own = find_own(session, other);
        if (own != NULL && other->kind == SECRET_ENV && strcmp(other->value, source->value) == 0)
            return secret_from(secret_bytes(own->secret), secret_len(own->secret));
    }
    const struct secret_source *shared = secret_source(session->config);
    if (source->kind == SECRET_ENV && shared->kind == SECRET_ENV &&
        strcmp(shared->value, source->value) == 0)
        return secret_from(secret_bytes(session->secret), secret_len(session->secret));
    return NULL;
}

int session_read_secrets(struct session *session)
{
    const struct plan *plan = session->plan;
    const struct secret_source *shared = secret_source(session->config);
    bool is_well = true;
    if (shared->kind != SECRET_NONE)
        is_well = (session->secret = read_source(session, shared)) != NULL;
    session->own = mem_new(plan->cluster_count, sizeof(*session->own));
    for (size_t i = 0; is_well && i < plan->cluster_count; i++) {
        const struct secret_source *source = &plan->clusters[i]->token;
        if (source->kind == SECRET_NONE || find_own(session, source) != NULL)
            continue;
        struct secret *secret = copy_earlier(session, i, source);
        if (secret == NULL)
            secret = read_source(session, source);
        is_well = secret != NULL;
        if (is_well)
            session->own[session->own_count++] =
                (struct own_token){.where = source->where, .secret = secret};
    }
    return is_well ? EXIT_COMPLETE : EXIT_USAGE;
}

int64_t session_network_end_ms(const struct session *session)
{
    int64_t deadline_ms = session->config->run.deadline_ms;
    int64_t writing_ms = deadline_ms / 8;
    if (writing_ms > WRITING_MAX_MS)
        writing_ms = WRITING_MAX_MS;
    return session->started_ms + deadline_ms - writing_ms;
}

static bool is_https(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0;
}

bool session_prepare_trust(struct session *session, struct error *error)
{
    const struct control_plane_config *control = &session->config->control_plane;
    if (control->is_set && is_https(control->url) &&
        !engine_prepare(session->engine, &control->endpoint, error))
        return error_prefix(error, "%s", control->where);
    for (size_t i = 0; i < session->plan->cluster_count; i++) {
        const struct cluster_config *cluster = session->plan->clusters[i];
        if (cluster->skipped == NULL && is_https(cluster->url) &&
            !engine_prepare(session->engine, cluster->endpoint, error))
            return error_prefix(error, "%s:%d", cluster->file, cluster->line);
    }
    return true;
}

/* Whether the control plane is asked for more than a token. */
static bool asks_more_than_token(const struct session *session)
{
    const struct config *config = session->config;
    bool asks =
        config->discover.is_enabled || config->run.is_enriching || config->run.is_reconciling;
    for (size_t i = 0; i < session->plan->cluster_count; i++)
        asks = asks || session->plan->clusters[i]->api == API_CONTROL_PLANE;
    return asks;
}

static bool make_tokens(struct session *session, struct error *error)
{
    const struct control_plane_config *control = &session->config->control_plane;
    if (control->is_set) {
        session->token = token_new(control, session->secret, session->engine,
                                   !asks_more_than_token(session), error);
        if (session->token == NULL)
            return error_prefix(error, "%s", secret_source(session->config)->where);
    }
    for (size_t i = 0; i < session->own_count; i++) {
        session->own[i].token = token_new_given(session->own[i].secret, error);
        if (session->own[i].token == NULL)
            return error_prefix(error, "%s", session->own[i].where);
    }
    return true;
}

int session_connect(struct session *session)
{
    struct error error = {0};
    const struct engine_config config = {
        .concurrency = session->config->run.concurrency,
        .per_host = session->config->run.per_host,
        .network_end_ms = session_network_end_ms(session),
        .log = session->log,
        .asked = inflight_print,
        .asked_arg = session,
    };
    int status = EXIT_INTERNAL;
    if (!engine_global_init(&error))
        goto failed;
    session->is_engine_initialised = true;
    session->engine = engine_new(&config, &error);
    if (session->engine == NULL)
        goto failed;
    status = EXIT_USAGE;
    if (session_prepare_trust(session, &error) && make_tokens(session, &error))
        return EXIT_COMPLETE;
failed:
    log_error(session->log, "%s", error.text);
    return status;
}

int session_say_no_token(const struct session *session, const struct error *error)
{
    log_error(session->log, "no token from %s: %s: %s", session->config->control_plane.url,
              error_class_name(error->class), error->text);
    return EXIT_NO_REPORT;
}

struct token *const *session_own_tokens(struct session *session)
{
    const struct plan *plan = session->plan;
    free(session->own_tokens);
    session->own_tokens = mem_new(plan->cluster_count, sizeof(*session->own_tokens));
    for (size_t i = 0; i < plan->cluster_count; i++) {
        const struct own_token *own = find_own(session, &plan->clusters[i]->token);
        session->own_tokens[i] = own == NULL ? NULL : own->token;
    }
    return session->own_tokens;
}

void session_disconnect(struct session *session)
{
    token_free(session->token);
    session->token = NULL;
    for (size_t i = 0; i < session->own_count; i++) {
        token_free(session->own[i].token);
        secret_free(session->own[i].secret);
    }
    free(session->own);
    session->own = NULL;
    session->own_count = 0;
    free(session->own_tokens);
    session->own_tokens = NULL;
    engine_free(session->engine);
    session->engine = NULL;
    if (session->is_engine_initialised)
        engine_global_cleanup();
    session->is_engine_initialised = false;
    secret_free(session->secret);
    session->secret = NULL;
}

void session_close(struct session *session)
{
    session_disconnect(session);
    plan_free(session->plan);
    config_free(session->config);
    *session = (struct session){0};
}
