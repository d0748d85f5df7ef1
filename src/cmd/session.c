#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/clock.h"
#include "rollcall/render.h"

#define WRITING_MAX_MS    30000
#define PLAN_MAX_BYTES    (256u * 1024 * 1024)
#define SECRET_TIMEOUT_MS 30000

void selection_free(struct selection_options *options)
{
    option_list_free(&options->clusters);
    option_list_free(&options->excludes);
    option_list_free(&options->labels);
    option_list_free(&options->projects);
}

static void on_config_error(void *arg, const char *message)
{
    log_error(arg, "%s", message);
}

int session_load(struct session *session, const struct global_options *global,
                 const struct selection_options *options)
{
    struct log log = *session->log; /* the callback's argument is not const */
    char *path = config_find(global->config);
    session->started_ms = clock_mono_ms();
    session->config = config_load(path, render_names(), on_config_error, &log);
    free(path);
    if (session->config == NULL)
        return EXIT_USAGE;
    const struct selection selection = {
        .clusters = options->clusters.items,
        .excludes = options->excludes.items,
        .labels = options->labels.items,
        .projects = options->projects.items,
    };
    session->plan = plan_new(session->config, &selection);
    if (session->plan->cluster_count > 0 || options->is_empty_allowed)
        return EXIT_COMPLETE;
    log_error(
        session->log,
        "the selection matches none of the %zu configured clusters (--allow-empty accepts it)",
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
    const struct control_plane_config *control = &config->control_plane;
    return control->grant == GRANT_TOKEN ? &control->token : &control->client_secret;
}

int session_check_secret(struct session *session)
{
    struct error error = {0};
    const struct secret_source *source = secret_source(session->config);
    if (secret_check(source, &error))
        return EXIT_COMPLETE;
    log_error(session->log, "%s: %s", source->where, error.text);
    return EXIT_USAGE;
}

/* A command has half a minute, and never longer than the network part of the run. */
static int secret_timeout_ms(const struct session *session)
{
    int64_t left_ms = session_network_end_ms(session) - clock_mono_ms();
    if (left_ms > SECRET_TIMEOUT_MS)
        return SECRET_TIMEOUT_MS;
    return left_ms > 1 ? (int)left_ms : 1;
}

int session_read_secret(struct session *session)
{
    struct error error = {0};
    const struct secret_source *source = secret_source(session->config);
    session->secret =
        secret_read(source, session->config->secret_env, secret_timeout_ms(session), &error);
    /* The run goes on to its report, which says that it was interrupted. The engine starts nothing
     * any more, so that this stand-in is never sent. */
    if (session->secret == NULL && error.class == ERR_INTERRUPTED)
        session->secret = secret_from("interrupted", strlen("interrupted"));
    if (session->secret != NULL)
        return EXIT_COMPLETE;
    log_error(session->log, "%s: %s", source->where, error.text);
    return EXIT_USAGE;
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

/* A trust file that cannot be used is a configuration error, found before anything is contacted. */
static bool prepare_trust(struct session *session, struct error *error)
{
    const struct control_plane_config *control = &session->config->control_plane;
    if (is_https(control->url) && !engine_prepare(session->engine, &control->endpoint, error))
        return error_prefix(error, "%s", control->where);
    for (size_t i = 0; i < session->plan->cluster_count; i++) {
        const struct cluster_config *cluster = session->plan->clusters[i];
        if (is_https(cluster->url) && !engine_prepare(session->engine, cluster->endpoint, error))
            return error_prefix(error, "%s:%d", cluster->file, cluster->line);
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
    };
    int status = EXIT_INTERNAL;
    if (!engine_global_init(&error))
        goto failed;
    session->is_engine_initialised = true;
    session->engine = engine_new(&config, &error);
    if (session->engine == NULL)
        goto failed;
    status = EXIT_USAGE;
    if (!prepare_trust(session, &error))
        goto failed;
    session->token =
        token_new(&session->config->control_plane, session->secret, session->engine, &error);
    if (session->token != NULL)
        return EXIT_COMPLETE;
failed:
    log_error(session->log, "%s", error.text);
    return status;
}

void session_close(struct session *session)
{
    token_free(session->token);
    engine_free(session->engine);
    if (session->is_engine_initialised)
        engine_global_cleanup();
    secret_free(session->secret);
    plan_free(session->plan);
    config_free(session->config);
    *session = (struct session){0};
}
