#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collect_internal.h"
#include "rollcall/clock.h"
#include "rollcall/mem.h"
#include "words.h"

/* A cluster that takes a token and refuses it in turn may not keep the control plane busy. */
#define RENEWALS_MAX 3

static bool on_workload(void *arg, const struct workload *workload, struct error *error)
{
    struct fetch *fetch = arg;
    tally_add(&fetch->tally, workload);
    return fetch->stage == NULL || spool_stage_add(fetch->stage, workload, error);
}

static bool on_project(void *arg, const struct project_info *project, struct error *error)
{
    struct fetch *fetch = arg;
    return cluster_add_name(fetch->cluster, project, error);
}

/* No project is left to start: this request and its siblings are the last on their connections. */
static void mark_last(struct fetch *fetch)
{
    struct cluster *cluster = fetch->cluster;
    if (fetch->kind != FETCH_JOBS || cluster->next_project < cluster->entry->project_count)
        return;
    for (struct fetch *f = cluster->fetches; f != NULL; f = f->next)
        engine_mark_last(&f->request);
}

static void on_start(struct request *request)
{
    struct fetch *fetch = request->arg;
    struct cluster *cluster = fetch->cluster;
    struct token *token = cluster->collector->context->token;
    if (cluster->started_at_ms == 0)
        cluster->started_at_ms = clock_mono_ms();
    decoder_free(fetch->decoder);
    tally_clear(&fetch->tally);
    if (fetch->stage != NULL)
        spool_stage_rollback(fetch->stage);
    if (fetch->kind == FETCH_JOBS) {
        fetch->decoder = decoder_new_researcher_jobs(cluster->entry->projects[fetch->project].name,
                                                     on_workload, fetch);
    } else {
        cluster_forget_names(cluster);
        fetch->decoder = decoder_new_researcher_projects(on_project, fetch);
    }
    request->bearer = token_text(token);
    fetch->token_generation = token_generation(token);
    mark_last(fetch);
}

static bool on_body(struct request *request, const char *data, size_t len, struct error *error)
{
    struct fetch *fetch = request->arg;
    return decoder_feed(fetch->decoder, data, len, error);
}

static bool on_end(struct request *request, struct error *error)
{
    struct fetch *fetch = request->arg;
    if (decoder_finish(fetch->decoder, error))
        return true;
    /* HTTP/1 cannot tell a body that was cut off from one that ends here. */
    if (error->class == ERR_BAD_JSON && request->is_close_delimited)
        error_set(error, ERR_TRUNCATED, "the connection ended before the answer was whole");
    return false;
}

static void fetch_free(struct fetch *fetch)
{
    decoder_free(fetch->decoder);
    spool_stage_free(fetch->stage);
    tally_free(&fetch->tally);
    free(fetch->url);
    free(fetch);
}

/* Says what of a whole answer was left out. */
static void warn_of_dropped(struct fetch *fetch, uint64_t dropped)
{
    struct cluster *cluster = fetch->cluster;
    char *text =
        fetch->kind == FETCH_JOBS
            ? mem_printf("project \"%s\": %" PRIu64
                         " records that name another project were dropped",
                         cluster->entry->projects[fetch->project].name, dropped)
            : mem_printf("%" PRIu64 " projects without a usable name were dropped", dropped);
    cluster_warn(cluster, text);
    free(text);
}

/* What the answer delivered becomes part of the report. */
static bool commit(struct fetch *fetch, struct error *error)
{
    struct cluster *cluster = fetch->cluster;
    struct cluster_entry *entry = cluster->entry;
    uint64_t dropped = decoder_dropped(fetch->decoder);
    if (fetch->stage != NULL && !spool_stage_commit(fetch->stage, entry->workloads, error))
        return false;
    entry->repaired += decoder_repaired(fetch->decoder);
    if (fetch->kind == FETCH_JOBS) {
        entry->projects[fetch->project].count = fetch->tally.all;
        count_add(&entry->count, &fetch->tally.all);
        tally_merge(&cluster->collector->report->totals, &fetch->tally);
    }
    if (dropped > 0)
        warn_of_dropped(fetch, dropped);
    return true;
}

/* The request is over for good. */
static void conclude(struct fetch *fetch, struct error *error)
{
    struct cluster *cluster = fetch->cluster;
    struct cluster_entry *entry = cluster->entry;
    const struct request *request = &fetch->request;
    entry->requests += request->attempts;
    entry->retries += request->retries;
    entry->bytes += request->bytes;
    if (request->certificate_expires_at != 0 &&
        (entry->certificate_expires_at == TIME_NULL ||
         request->certificate_expires_at < entry->certificate_expires_at))
        entry->certificate_expires_at = request->certificate_expires_at;
    if (error->class == ERR_NONE)
        commit(fetch, error);
    struct fetch **link = &cluster->fetches;
    while (*link != fetch)
        link = &(*link)->next;
    *link = fetch->next;
    cluster->fetch_count--;
    cluster_fetch_done(cluster, fetch, error);
    fetch_free(fetch);
}

static void replay(struct fetch *fetch)
{
    fetch->is_replayed = true;
    engine_add(fetch->cluster->collector->context->engine, &fetch->request);
}

/* A new token is there, or is not to be had. */
static void on_token(void *arg, bool is_there)
{
    struct fetch *fetch = arg;
    if (is_there) {
        replay(fetch);
        return;
    }
    const struct error *why = token_error(fetch->cluster->collector->context->token);
    struct error error = fetch->refusal;
    if (why->class == ERR_DEADLINE || why->class == ERR_INTERRUPTED)
        error = *why;
    else
        error_set(&error, ERR_AUTH, "%s, and no new token: %s", fetch->refusal.text, why->text);
    error.http_status = fetch->refusal.http_status;
    conclude(fetch, &error);
}

/* A 401 that another token may mend: true when the request lives on. */
static bool try_renewal(struct fetch *fetch, const struct error *error)
{
    struct cluster *cluster = fetch->cluster;
    struct token *token = cluster->collector->context->token;
    unsigned presented = fetch->token_generation;
    if (fetch->is_replayed || cluster->renewals >= RENEWALS_MAX)
        return false;
    fetch->refusal = *error;
    fetch->waiter = (struct token_waiter){.fn = on_token, .arg = fetch};
    switch (token_refused(token, presented, cluster->accepted == presented, &fetch->waiter)) {
    case TOKEN_REPLAY:
        replay(fetch);
        return true;
    case TOKEN_WAIT:
        cluster->renewals++;
        return true;
    case TOKEN_FINAL:
        break;
    }
    return false;
}

static void on_done(struct request *request, const struct outcome *outcome)
{
    struct fetch *fetch = request->arg;
    struct cluster *cluster = fetch->cluster;
    struct error error = outcome->error;
    cluster->was_answered = cluster->was_answered || outcome->was_answered;
    if (outcome->http_status != 0 && outcome->http_status != 401)
        cluster->accepted = fetch->token_generation;
    const struct str bearer = str_of(request->bearer);
    words_add(&error, outcome, &bearer, bearer.data != NULL);
    if (outcome->error.http_status == 401 && try_renewal(fetch, &error))
        return;
    conclude(fetch, &error);
}

void fetch_start(struct cluster *cluster, enum fetch_kind kind, size_t project, int generation)
{
    static const struct request_ops ops = {on_start, on_body, on_end, on_done};
    const struct collect_context *context = cluster->collector->context;
    struct fetch *fetch = mem_new(1, sizeof(*fetch));
    fetch->cluster = cluster;
    fetch->kind = kind;
    fetch->project = project;
    fetch->generation = generation;
    fetch->url =
        kind == FETCH_PROJECTS
            ? paths_projects_url(cluster->config)
            : paths_jobs_url(cluster->config, cluster->entry->projects[project].name, generation);
    tally_init(&fetch->tally);
    if (kind == FETCH_JOBS && context->spool != NULL)
        fetch->stage = spool_stage_new(context->spool);
    fetch->request = (struct request){
        .url = fetch->url,
        .options = cluster->config->endpoint,
        .ops = &ops,
        .arg = fetch,
    };
    fetch->next = cluster->fetches;
    cluster->fetches = fetch;
    cluster->fetch_count++;
    engine_add(context->engine, &fetch->request);
}
