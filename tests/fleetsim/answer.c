#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coding.h"
#include "control.h"
#include "kubernetes.h"
#include "odd_json.h"
#include "recorder.h"

static const char login_page[] =
    "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=\"/login\">"
    "Sign in to continue</form></body></html>\n";

void answer_header(struct answer *answer, const char *name, const char *value)
{
    answer->headers[answer->header_count++] = (struct header){name, sim_dup(value)};
}

void answer_error(struct answer *answer, int status, const char *message)
{
    answer->status = status;
    answer_header(answer, "Content-Type", "application/json");
    text_printf(&answer->content, "{\"status\":%d,\"code\":%d,\"message\":", status, status);
    text_json(&answer->content, message, strlen(message));
    text_puts(&answer->content, "}");
}

static void html(struct answer *answer, int status)
{
    answer->status = status;
    answer_header(answer, "Content-Type", "text/html; charset=utf-8");
    text_puts(&answer->content, login_page);
}

static void retry_after(struct answer *answer, const struct fault *fault)
{
    char value[64];
    if (fault->kind == FAULT_RETRY_DATE) {
        time_t then = time(NULL) + (fault->number < 0 ? 1 : fault->number);
        struct tm utc;
        gmtime_r(&then, &utc);
        strftime(value, sizeof value, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    } else if (fault->number >= 0) {
        snprintf(value, sizeof value, "%ld", fault->number);
    } else {
        return;
    }
    answer_header(answer, "Retry-After", value);
}

static void wrong_shape(struct answer *answer, const char *which)
{
    static const char *const shapes[][2] = {
        {"no_data", "{\"records\":[]}"},
        {"data_number", "{\"data\":5}"},
        {"data_object", "{\"data\":{\"data\":[]}}"},
        {"item_number", "{\"data\":[{},5]}"},
        {"twice_data", "{\"data\":[],\"data\":[]}"},
        {"array_top", "[]"},
        {"string_top", "\"data\""},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (which == NULL || strcmp(which, shapes[i][0]) == 0) {
            text_puts(&answer->content, shapes[i][1]);
            return;
        }
    die("wrong_shape: no such shape: %s", which);
}

/* Half of the content, then something that can be no JSON, wherever the half ends. */
static void spoil(struct text *content)
{
    content->len /= 2;
    text_puts(content, "}}} this is no JSON [");
}

bool answer_apply_fault(struct answer *answer, const struct fault *fault, const char *message)
{
    switch (fault->kind) {
    case FAULT_STATUS:
    case FAULT_RETRY_DATE:
        answer_error(answer, fault->status, message == NULL ? "boom" : message);
        retry_after(answer, fault);
        return true;
    case FAULT_STATUS_HTML:
    case FAULT_HTML200:
        html(answer, fault->status);
        return true;
    case FAULT_REDIRECT:
        answer->status = 302;
        answer_header(answer, "Location",
                      fault->arg != NULL ? fault->arg : "https://idp.example/login?next=%2F");
        return true;
    case FAULT_EMPTY_BODY:
        answer->status = 200;
        return true;
    case FAULT_SLOW_FIRST_BYTE:
        answer->delay_ms += fault->number;
        return false;
    default:
        return false;
    }
}

void answer_tamper(struct answer *answer, const struct fault *fault)
{
    struct text *content = &answer->content;
    switch (fault->kind) {
    case FAULT_BAD_JSON:
        spoil(content);
        break;
    case FAULT_TRUNCATED_JSON:
        content->len /= 2;
        break;
    case FAULT_WRONG_SHAPE:
        content->len = 0;
        wrong_shape(answer, fault->arg);
        break;
    case FAULT_BOM: {
        struct text with_mark = {0};
        text_puts(&with_mark, "\xef\xbb\xbf");
        text_add(&with_mark, content->data, content->len);
        text_free(content);
        *content = with_mark;
        break;
    }
    case FAULT_MULTI_STATUS:
        answer->status = fault->status;
        break;
    case FAULT_ODD_JSON:
        odd_json_apply(content, fault);
        break;
    case FAULT_CODING:
        coding_apply(answer, fault);
        break;
    default:
        if (fault_is_raw(fault))
            answer->raw = fault->kind;
    }
}

enum ask { ASK_NOTHING, ASK_PROJECTS, ASK_JOBS };

struct target {
    enum ask ask;
    int generation;
    struct text project; /* empty: all */
};

static bool skip(const char **text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*text, prefix, len) != 0)
        return false;
    *text += len;
    return true;
}

static void parse_target(const char *uri, struct target *target)
{
    *target = (struct target){.ask = ASK_NOTHING};
    if (skip(&uri, BASE_PATH "/api/job?project=")) {
        *target = (struct target){.ask = ASK_JOBS, .generation = 4};
        percent_decode(uri, strcspn(uri, "?&/"), false, &target->project);
        return;
    }
    if (!skip(&uri, BASE_PATH "/api/v1/"))
        return;
    size_t path_len = strcspn(uri, "?");
    if (path_len == 8 && strncmp(uri, "projects", 8) == 0) {
        target->ask = ASK_PROJECTS;
        return;
    }
    if (skip(&uri, "jobs/"))
        target->generation = 1;
    else if (skip(&uri, "job/"))
        target->generation = 2;
    else if (skip(&uri, "jobs?project="))
        target->generation = 3;
    else if (strcmp(uri, "jobs") == 0)
        target->generation = 3;
    else
        return;
    target->ask = ASK_JOBS;
    if (strcmp(uri, "jobs") != 0)
        percent_decode(uri, strcspn(uri, "?&/"), false, &target->project);
}

static void deliver_jobs(struct answer *answer, const struct cluster *cluster, int project,
                         bool is_endless)
{
    struct body *body = body_new_jobs(cluster, project, is_endless);
    if (body_is_large(body)) {
        answer->stream = body;
    } else {
        body_free(body);
        body_put_jobs(cluster, project, &answer->content);
    }
    atomic_fetch_add(cluster_jobs_served(cluster, project, 0), 1);
}

static void deliver(struct answer *answer, struct cluster *cluster, const struct target *target,
                    int project, bool strikes)
{
    bool is_endless = strikes && cluster->fault.kind == FAULT_TOO_LARGE;
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    if (is_endless && cluster->project_count == 0)
        die("%s: too_large needs a project", cluster->name);
    if (target->ask == ASK_PROJECTS && !is_endless)
        body_put_projects(cluster, &answer->content);
    else
        deliver_jobs(answer, cluster, project, is_endless);
    if (strikes)
        answer_tamper(answer, &cluster->fault);
    if (cluster->is_gzip && answer->stream == NULL) {
        coding_gzip(&answer->content);
        answer_header(answer, "Content-Encoding", "gzip");
    }
}

/* A list of jobs that is there and holds none: of a project that is gone where projects are no part
 * of the path, and of paths that only seem to work. */
static bool is_empty(const struct cluster *cluster, const struct target *target, int project)
{
    if (target->ask != ASK_JOBS || target->generation < 3)
        return false;
    if (target->generation > cluster->generation)
        return cluster->has_empty_old;
    return target->generation == cluster->generation && cluster->gone != NULL && project < 0;
}

static void deliver_nothing(struct answer *answer)
{
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    text_puts(&answer->content, "{\"data\":[]}");
}

/* Decides; returns whether the cluster's fault is what was served. */
static bool decide(struct answer *answer, struct cluster *cluster, const struct question *question,
                   const struct target *target)
{
    const char *name = target->project.len == 0 ? NULL : target->project.data;
    if (strcmp(question->method, "GET") != 0) {
        answer_error(answer, 405, "only GET is served here");
        return false;
    }
    if (target->ask == ASK_NOTHING) {
        answer_error(answer, 404, "no such path");
        return false;
    }
    bool is_jobs = target->ask == ASK_JOBS;
    int project = name == NULL ? -1 : cluster_find_project(cluster, name);
    if (is_empty(cluster, target, project)) {
        deliver_nothing(answer);
        return false;
    }
    if (is_jobs && target->generation != cluster->generation) {
        answer_error(answer, cluster->generation_status, "no such path in this version");
        return false;
    }
    if (is_jobs && name != NULL && project < 0) {
        answer_error(answer, 404, "no such project");
        return false;
    }
    bool strikes = fault_strikes(cluster, is_jobs, is_jobs ? name : NULL, -1);
    if (strikes && answer_apply_fault(answer, &cluster->fault, cluster->message))
        return true;
    deliver(answer, cluster, target, cluster->ignores_project ? -1 : project, strikes);
    return strikes;
}

static bool answer_researcher(struct answer *answer, struct cluster *cluster,
                              const struct question *question)
{
    struct target target;
    parse_target(question->uri, &target);
    bool is_fault = decide(answer, cluster, question, &target);
    text_free(&target.project);
    return is_fault;
}

static void refuse_token(struct answer *answer, const struct cluster *cluster)
{
    if (cluster->api == API_KUBERNETES)
        kubernetes_error(answer, 401, "Unauthorized", "the token is not accepted");
    else
        answer_error(answer, 401, "the token is not accepted");
}

static void answer_cluster(struct sim *sim, struct cluster *cluster,
                           const struct question *question, struct answer *answer)
{
    char presented[24], served[64];
    unsigned long number = atomic_fetch_add(&cluster->requests, 1);
    uint64_t dice = hash_text(cluster->name, sim->fleet.seed * 1000003u + number);
    answer->delay_ms =
        cluster->latency_min_ms +
        (long)(dice % (uint64_t)(cluster->latency_max_ms - cluster->latency_min_ms + 1));
    bool is_fault = false;
    if (!tokens_accept(&sim->tokens, &sim->fleet.control, cluster, question->authorization,
                       presented))
        refuse_token(answer, cluster);
    else if (cluster->api == API_KUBERNETES)
        is_fault = kubernetes_answer(cluster, question, answer);
    else
        is_fault = answer_researcher(answer, cluster, question);
    if (is_fault)
        snprintf(served, sizeof served, "fault:%s", cluster->fault.name);
    else
        snprintf(served, sizeof served, "%d", answer->status);
    answer_note(sim, cluster->name, question, presented, served, answer);
}

void answer_note(const struct sim *sim, const char *cluster, const struct question *question,
                 const char *token, const char *served, const struct answer *answer)
{
    reqlog_add(sim->log, cluster, question->connection, question->method, question->uri, token,
               served);
    recorder_add(sim->recorder, cluster, question, token, served, answer);
}

void answer_make(struct sim *sim, struct cluster *cluster, const struct question *question,
                 struct answer *answer)
{
    *answer = (struct answer){0};
    if (cluster == NULL)
        control_answer(sim, question, answer);
    else
        answer_cluster(sim, cluster, question, answer);
    text_add(&answer->content, "", 0);
}

void answer_free(struct answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++)
        free(answer->headers[i].value);
    text_free(&answer->content);
    body_free(answer->stream);
    *answer = (struct answer){0};
}
