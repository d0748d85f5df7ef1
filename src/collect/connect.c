#include <stdlib.h>

#include "collect_internal.h"
#include "rollcall/mem.h"
#include "words.h"

/* One cluster's try: the list of projects, which has to be one, and is forgotten. */
struct probe {
    struct request request;
    const struct collect_context *context;
    struct connect_result *result;
    char *url; /* owned */
    struct decoder *decoder;
};

static bool on_project(void *arg, const struct project_info *project, struct error *error)
{
    (void)arg, (void)project, (void)error;
    return true;
}

static void on_start(struct request *request)
{
    struct probe *probe = request->arg;
    decoder_free(probe->decoder);
    probe->decoder = decoder_new_researcher_projects(on_project, NULL);
    request->bearer = token_text(probe->context->token);
}

static bool on_body(struct request *request, const char *data, size_t len, struct error *error)
{
    struct probe *probe = request->arg;
    return decoder_feed(probe->decoder, data, len, error);
}

static bool on_end(struct request *request, struct error *error)
{
    struct probe *probe = request->arg;
    return decoder_finish(probe->decoder, error);
}

static void on_done(struct request *request, const struct outcome *outcome)
{
    struct probe *probe = request->arg;
    decoder_free(probe->decoder);
    probe->decoder = NULL;
    probe->result->error = outcome->error;
    const struct str bearer = str_of(request->bearer);
    words_add(&probe->result->error, outcome, &bearer, bearer.data != NULL);
}

struct connect_run {
    const struct collect_context *context;
    struct probe *probes;
};

static void on_token(void *arg, bool is_there)
{
    struct connect_run *run = arg;
    for (size_t i = 0; is_there && i < run->context->plan->cluster_count; i++)
        engine_add(run->context->engine, &run->probes[i].request);
}

enum collect_result collect_connect(const struct collect_context *context,
                                    struct connect_result *results, struct error *error)
{
    static const struct request_ops ops = {on_start, on_body, on_end, on_done};
    size_t count = context->plan->cluster_count;
    struct connect_run run = {context, mem_new(count, sizeof(*run.probes))};
    for (size_t i = 0; i < count; i++) {
        const struct cluster_config *config = context->plan->clusters[i];
        struct probe *probe = &run.probes[i];
        results[i] = (struct connect_result){.cluster = config};
        probe->context = context;
        probe->result = &results[i];
        probe->url = paths_projects_url(config);
        probe->request = (struct request){
            .url = probe->url,
            .options = config->endpoint,
            .ops = &ops,
            .arg = probe,
            .is_last = true,
        };
    }
    struct token_waiter waiter = {.fn = on_token, .arg = &run};
    token_obtain(context->token, &waiter);
    enum collect_result result = COLLECT_DONE;
    if (!engine_run(context->engine, NULL, NULL, error)) {
        result = COLLECT_BROKEN;
    } else if (token_generation(context->token) == 0) {
        *error = *token_error(context->token);
        result = COLLECT_NO_TOKEN;
    }
    for (size_t i = 0; i < count; i++)
        free(run.probes[i].url);
    free(run.probes);
    return result;
}
