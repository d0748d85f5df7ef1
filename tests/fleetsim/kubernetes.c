#include "kubernetes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "data.h"
#include "known.h"

#define GROUP_PATH "/apis/run.ai"

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
    int kind;           /* or KIND_POD_GROUPS */
    int project;        /* negative: the whole cluster */
    bool is_of_project; /* a namespace is asked for */
    bool is_continued;
    size_t start, limit;
};

static bool skip(const char **uri, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*uri, prefix, len) != 0)
        return false;
    *uri += len;
    return true;
}

/* The group and version of the path, and where it goes on. */
static bool parse_version(const char **uri, char version[16])
{
    if (skip(uri, "/apis/scheduling.run.ai/v2alpha2/")) {
        version[0] = '\0';
        return true;
    }
    if (!skip(uri, GROUP_PATH "/"))
        return false;
    size_t len = strcspn(*uri, "/?");
    if (len >= 16 || (*uri)[len] != '/')
        return false;
    snprintf(version, 16, "%.*s", (int)len, *uri);
    *uri += len + 1;
    return true;
}

/* The kind and the namespace of the path; false when there is no such path. */
static bool parse_path(const struct cluster *cluster, const char *uri, struct list *list)
{
    char version[16];
    if (!parse_version(&uri, version))
        return false;
    list->project = -1;
    list->is_of_project = skip(&uri, "namespaces/runai-");
    if (list->is_of_project) {
        struct text name = {0};
        size_t len = strcspn(uri, "/?");
        percent_decode(uri, len, false, &name);
        list->project = cluster_find_project(cluster, name.data);
        text_free(&name);
        uri += len + (uri[len] == '/');
    }
    if (cluster->ignores_project) {
        list->project = -1;
        list->is_of_project = false;
    }
    size_t len = strcspn(uri, "?");
    if (version[0] == '\0') {
        list->kind = KIND_POD_GROUPS;
        return len == 9 && strncmp(uri, "podgroups", len) == 0;
    }
    list->kind = kind_find(uri, len);
    return list->kind >= 0 && kind_is_in(cluster, list->kind, version);
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

/* The items of this list, one after the other in the order of serving: writes those that are on the
 * page, and returns how many there are in all. */
static size_t put_items(struct text *out, const struct cluster *cluster, const struct list *list,
                        size_t count)
{
    size_t jobs = data_job_count(cluster), at = 0;
    bool has_ended = atomic_load(cluster_jobs_served(cluster, list->project, list->kind)) == 0;
    unsigned first = list->project < 0 ? 0 : (unsigned)list->project;
    unsigned end = list->project < 0 ? cluster->project_count : first + 1;
    for (size_t place = 0; jobs > 0 && place < jobs + cluster->repeats; place++) {
        size_t index = data_served_index(cluster, place % jobs);
        for (unsigned project = first; project < end; project++) {
            unsigned items = item_count(cluster, project, index, list->kind);
            if (!has_ended && known_plant(cluster, project, index) == PLANT_ENDED)
                continue;
            for (unsigned i = 0; i < items; i++, at++) {
                if (at < list->start || at >= list->start + count)
                    continue;
                text_puts(out, at == list->start ? "" : ",");
                item_serve(cluster, project, index, list->kind, i, out);
            }
        }
    }
    return at;
}

static void put_list(struct answer *answer, struct cluster *cluster, const struct list *list)
{
    struct text items = {0};
    size_t count = list->limit == 0 || list->limit > cluster->page ? cluster->page : list->limit;
    text_add(&items, "", 0);
    size_t all =
        list->is_of_project && list->project < 0 ? 0 : put_items(&items, cluster, list, count);
    size_t next = list->start + count;
    if (next >= all && !cluster->is_endless)
        atomic_fetch_add(cluster_jobs_served(cluster, list->project, list->kind), 1);
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    text_printf(&answer->content,
                "{\"apiVersion\":\"x/%s\",\"kind\":\"%sList\",\"metadata\":{"
                "\"resourceVersion\":\"81\"",
                list->kind == KIND_POD_GROUPS ? "v2alpha2" : kind_version(list->kind),
                kind_word(list->kind));
    bool is_endless =
        cluster->is_endless &&
        (!cluster->is_endless_groups || (list->kind == KIND_POD_GROUPS && list->project != 0));
    if (is_endless || next < all) {
        unsigned long salt = cluster->is_endless_fresh ? atomic_load(&cluster->requests) : 0;
        text_puts(&answer->content, ",\"continue\":");
        put_continue(&answer->content, list->kind, is_endless ? count : next, salt);
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
        kubernetes_error(answer, cluster->continue_status,
                         cluster->continue_status == 410 ? "Expired" : "NotFound",
                         "The provided continue parameter is too old to display a consistent list "
                         "result.");
        return false;
    }
    put_list(answer, cluster, list);
    if (strikes)
        answer_tamper(answer, &cluster->fault);
    return strikes;
}

/* ---- which kinds there are ---- */

static bool has_versions(const struct cluster *cluster, const char *form)
{
    return cluster->versions != NULL && strcmp(cluster->versions, form) == 0;
}

static void put_version(struct text *out, const char *name)
{
    text_printf(out, "{\"groupVersion\":\"run.ai/%s\",\"version\":\"%s\"}", name, name);
}

static void put_versions(struct text *out, const struct cluster *cluster)
{
    if (has_versions(cluster, "nameless") || has_versions(cluster, "odd"))
        text_puts(out, "{\"groupVersion\":\"run.ai/v9\"},{\"version\":\"../v8\"}");
    if (has_versions(cluster, "empty") || has_versions(cluster, "nameless"))
        return;
    text_puts(out, has_versions(cluster, "odd") ? "," : "");
    put_version(out, "v2alpha1");
    if (cluster->is_rich) {
        text_puts(out, ",");
        put_version(out, "v1");
    }
    for (int i = 0; has_versions(cluster, "many") && i < 40; i++)
        text_printf(out, ",{\"version\":\"v3beta%d\"}", i);
    for (int i = 0; has_versions(cluster, "twice") && i < 9; i++) {
        text_puts(out, ",");
        put_version(out, "v2alpha1");
    }
}

static void put_group(struct text *out, const struct cluster *cluster)
{
    text_puts(out,
              "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",\"name\":\"run.ai\",\"versions\":");
    if (has_versions(cluster, "null")) {
        text_puts(out, "null");
    } else {
        text_puts(out, "[");
        put_versions(out, cluster);
        text_puts(out, "]");
    }
    text_puts(out, ",\"preferredVersion\":");
    put_version(out, cluster->is_rich ? "v1" : "v2alpha1");
    text_puts(out, "}");
}

static void put_resources(struct text *out, const struct cluster *cluster, const char *version)
{
    text_printf(
        out,
        "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"run.ai/%s\","
        "\"resources\":[{\"name\":\"projects\",\"kind\":\"Project\"}",
        version);
    for (int i = 0; i < KIND_COUNT; i++)
        if (kind_is_in(cluster, i, version))
            text_printf(
                out,
                ",{\"name\":\"%s\",\"kind\":\"%s\",\"namespaced\":true,\"verbs\":[\"list\"]},"
                "{\"name\":\"%s/status\",\"kind\":\"%s\"}",
                kind_name(i), kind_word(i), kind_name(i), kind_word(i));
    for (unsigned i = cluster->strange_kinds; i > 0; i--)
        text_printf(out,
                    ",{\"name\":\"strange%04uworkloads\"},{\"name\":\"a%u/workloads\"},"
                    "{\"name\":\"strange%ujobs\"}",
                    i, i, i);
    text_puts(out, "]}");
}

/* Whether the path is one of discovery's, and then answered; *is_fault: with the fault. */
static bool answer_discovery(struct cluster *cluster, const char *uri, struct answer *answer,
                             bool *is_fault)
{
    bool is_group = strcmp(uri, GROUP_PATH) == 0;
    const char *version =
        strncmp(uri, GROUP_PATH "/", sizeof GROUP_PATH) == 0 ? uri + sizeof GROUP_PATH : "";
    bool is_served =
        strcmp(version, "v2alpha1") == 0 || (cluster->is_rich && strcmp(version, "v1") == 0);
    bool is_refused =
        cluster->refused_version != NULL && (strcmp(cluster->refused_version, "all") == 0 ||
                                             strcmp(cluster->refused_version, version) == 0);
    if (!cluster->has_discovery || (!is_group && (!is_served || is_refused)))
        return false;
    bool is_in_scope = cluster->scope == SCOPE_ALL || cluster->scope == SCOPE_DISCOVERY;
    *is_fault = is_in_scope && fault_strikes(cluster, false, NULL, -1);
    if (*is_fault && apply_fault(answer, cluster))
        return true;
    answer->status = 200;
    answer_header(answer, "Content-Type", "application/json");
    if (is_group)
        put_group(&answer->content, cluster);
    else
        put_resources(&answer->content, cluster, version);
    if (*is_fault)
        answer_tamper(answer, &cluster->fault);
    return true;
}

bool kubernetes_answer(struct cluster *cluster, const struct question *question,
                       struct answer *answer)
{
    struct list list = {0};
    bool is_fault = false;
    if (strcmp(question->method, "GET") != 0)
        kubernetes_error(answer, 405, "MethodNotAllowed", "only GET is served here");
    else if (answer_discovery(cluster, question->uri, answer, &is_fault))
        return is_fault;
    else if (!parse_path(cluster, question->uri, &list) ||
             (list.kind == KIND_POD_GROUPS && cluster->pod_groups == 404))
        kubernetes_error(answer, 404, "NotFound",
                         "the server could not find the requested resource");
    else if (list.kind == KIND_POD_GROUPS && cluster->pod_groups != 200)
        kubernetes_error(answer, cluster->pod_groups, "Forbidden", "podgroups is forbidden");
    else if (!parse_query(question->uri, &list))
        kubernetes_error(answer, 400, "BadRequest", "the continue parameter is not one of mine");
    else
        return decide(cluster, &list, answer);
    return false;
}
