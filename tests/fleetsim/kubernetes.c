#include "kubernetes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "data.h"

#define API_PATH "/apis/run.ai/v2alpha1/"

void kubernetes_error(struct answer *answer, int status, const char *reason, const char *message)
{
    answer->status = status;
    answer_header(answer, "Content-Type", "application/json");
    text_puts(&answer->content, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                                "\"status\":\"Failure\",\"message\":");
    text_json(&answer->content, message, strlen(message));
    text_printf(&answer->content, ",\"reason\":\"%s\",\"code\":%d}", reason, status);
}

struct list {
    int kind;
    int project;        /* negative: the whole cluster */
    bool is_of_project; /* a namespace is asked for */
    bool is_continued;
    size_t start, limit;
};

/* The kind and the namespace of the path; false when there is no such path. */
static bool parse_path(const struct cluster *cluster, const char *uri, struct list *list)
{
    static const char prefix[] = API_PATH, namespaces[] = "namespaces/runai-";
    if (strncmp(uri, prefix, strlen(prefix)) != 0)
        return false;
    uri += strlen(prefix);
    list->project = -1;
    list->is_of_project = strncmp(uri, namespaces, strlen(namespaces)) == 0;
    if (list->is_of_project) {
        struct text name = {0};
        uri += strlen(namespaces);
        size_t len = strcspn(uri, "/?");
        percent_decode(uri, len, false, &name);
        list->project = cluster_find_project(cluster, name.data);
        text_free(&name);
        uri += len + (uri[len] == '/');
    }
    list->kind = kind_find(uri, strcspn(uri, "?"));
    return list->kind >= 0;
}

/* A continue token holds the place to go on at. */
static bool parse_continue(const struct text *token, struct list *list)
{
    struct text place = {0};
    int kind;
    unsigned long start;
    bool is_good =
        base64_decode(token->data, token->len, &place) &&
        sscanf(place.data, "{\"v\":\"~?>\",\"kind\":%d,\"start\":%lu", &kind, &start) == 2 &&
        kind == list->kind;
    text_free(&place);
    if (is_good)
        list->start = start;
    return is_good;
}

static void put_continue(struct text *out, int kind, size_t start, unsigned long salt)
{
    struct text place = {0}, token = {0};
    text_printf(&place, "{\"v\":\"~?>\",\"kind\":%d,\"start\":%zu,\"salt\":%lu}", kind, start,
                salt);
    text_base64(&token, place.data, place.len, false);
    text_json(out, token.data, token.len);
    text_free(&place);
    text_free(&token);
}

static bool parse_query(const char *uri, struct list *list)
{
    struct text value = {0};
    const char *query = strchr(uri, '?');
    query = query == NULL ? "" : query + 1;
    bool is_good = true;
    if (form_get(query, strlen(query), "limit", &value))
        list->limit = strtoul(value.data, NULL, 10);
    list->is_continued = form_get(query, strlen(query), "continue", &value) && value.len > 0;
    if (list->is_continued)
        is_good = parse_continue(&value, list);
    text_free(&value);
    return is_good;
}

/* The jobs of this list, one after the other in the order of serving: calls for each that is on the
 * page, and returns how many there are in all. */
static size_t put_items(struct text *out, const struct cluster *cluster, const struct list *list,
                        size_t count)
{
    size_t jobs = data_job_count(cluster), at = 0;
    unsigned first = list->project < 0 ? 0 : (unsigned)list->project;
    unsigned end = list->project < 0 ? cluster->project_count : first + 1;
    for (size_t place = 0; place < jobs; place++) {
        size_t index = data_served_index(cluster, place);
        for (unsigned project = first; project < end; project++) {
            if (data_kind(cluster, project, index) != list->kind)
                continue;
            if (at >= list->start && at < list->start + count) {
                text_puts(out, at == list->start ? "" : ",");
                data_job(cluster, project, index, out, NULL);
            }
            at++;
        }
    }
    return at;
}

static void put_list(struct answer *answer, struct cluster *cluster, const struct list *list)
{
    static const char *const names[KIND_COUNT] = {"TrainingWorkloadList", "InteractiveWorkloadList",
                                                  "InferenceWorkloadList",
                                                  "DistributedWorkloadList"};
    struct text items = {0};
    size_t count = list->limit == 0 || list->limit > cluster->page ? cluster->page : list->limit;
    text_add(&items, "", 0);
    size_t all =
        list->is_of_project && list->project < 0 ? 0 : put_items(&items, cluster, list, count);
    size_t next = list->start + count;
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    text_printf(&answer->content,
                "{\"apiVersion\":\"run.ai/v2alpha1\",\"kind\":\"%s\",\"metadata\":{"
                "\"resourceVersion\":\"81\"",
                names[list->kind]);
    if (cluster->is_endless || next < all) {
        unsigned long salt = cluster->is_endless_fresh ? atomic_load(&cluster->requests) : 0;
        text_puts(&answer->content, ",\"continue\":");
        put_continue(&answer->content, list->kind, cluster->is_endless ? count : next, salt);
        text_printf(&answer->content, ",\"remainingItemCount\":%zu", next < all ? all - next : 1);
    } else if (list->kind % 2 == 0) {
        text_puts(&answer->content, ",\"continue\":\"\"");
    }
    text_puts(&answer->content, "},\"items\":[");
    text_add(&answer->content, items.data, items.len);
    text_puts(&answer->content, "]}");
    text_free(&items);
}

/* A fault's error in the form of this API. */
static bool apply_fault(struct answer *answer, const struct cluster *cluster)
{
    const struct fault *fault = &cluster->fault;
    if (fault->kind != FAULT_STATUS || fault->number >= 0)
        return answer_apply_fault(answer, fault, cluster->message);
    const char *reason = fault->status == 403   ? "Forbidden"
                         : fault->status == 404 ? "NotFound"
                         : fault->status == 410 ? "Expired"
                                                : "InternalError";
    kubernetes_error(answer, fault->status, reason,
                     cluster->message == NULL ? "boom" : cluster->message);
    return true;
}

static bool decide(struct cluster *cluster, const struct list *list, struct answer *answer)
{
    const char *project = list->project < 0 ? NULL : cluster->projects[(unsigned)list->project];
    bool strikes = fault_strikes(cluster, true, project, list->kind);
    if (strikes && apply_fault(answer, cluster))
        return true;
    if (list->is_continued && atomic_fetch_add(&cluster->continued, 1) < cluster->expire_continue) {
        kubernetes_error(answer, 410, "Expired",
                         "The provided continue parameter is too old to display a consistent list "
                         "result.");
        return false;
    }
    put_list(answer, cluster, list);
    if (strikes)
        answer_tamper(answer, &cluster->fault);
    return strikes;
}

bool kubernetes_answer(struct cluster *cluster, const struct question *question,
                       struct answer *answer)
{
    struct list list = {0};
    if (strcmp(question->method, "GET") != 0)
        kubernetes_error(answer, 405, "MethodNotAllowed", "only GET is served here");
    else if (!parse_path(cluster, question->uri, &list) ||
             (cluster->missing_kinds & (1u << list.kind)) != 0)
        kubernetes_error(answer, 404, "NotFound",
                         "the server could not find the requested resource");
    else if (!parse_query(question->uri, &list))
        kubernetes_error(answer, 400, "BadRequest", "the continue parameter is not one of mine");
    else
        return decide(cluster, &list, answer);
    return false;
}
