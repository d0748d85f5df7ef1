/* What the control plane knows: clusters, workloads, their number, projects. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "control_internal.h"
#include "data.h"
#include "known.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     500

struct query {
    const struct cluster *cluster; /* NULL: all */
    bool has_cluster;              /* one is asked for, known or not */
    struct text phase;
    size_t offset, limit;
    int order; /* 0: none; 1: oldest first; -1: youngest first */
};

/* One workload of one cluster. */
struct place {
    const struct cluster *cluster;
    struct known known;
    int order;
};

static const struct cluster *find_uuid(const struct fleet *fleet, const char *uuid)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->clusters[i].is_discovered && strcasecmp(fleet->clusters[i].uuid, uuid) == 0)
            return &fleet->clusters[i];
    return NULL;
}

/* "phase==Running,clusterId==UUID" */
static bool parse_filter(const struct fleet *fleet, char *filter, struct query *query)
{
    char *save;
    for (char *part = strtok_r(filter, ",", &save); part != NULL;
         part = strtok_r(NULL, ",", &save)) {
        if (strncmp(part, "clusterId==", 11) == 0) {
            query->has_cluster = true;
            query->cluster = find_uuid(fleet, part + 11);
        } else if (strncmp(part, "phase==", 7) == 0) {
            text_puts(&query->phase, part + 7);
        } else {
            return false;
        }
    }
    return true;
}

static bool parse_number(const char *text, size_t max, size_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = value;
    return errno == 0 && end != text && *end == '\0' && text[0] != '-' && value <= max;
}

/* False when a parameter is not what the specification allows. */
static bool parse_query(const struct fleet *fleet, const char *uri, struct query *query)
{
    struct text value = {0};
    const char *form = strchr(uri, '?');
    form = form == NULL ? "" : form + 1;
    size_t len = strlen(form);
    bool is_good = true;
    query->limit = PAGE_DEFAULT;
    if (form_get(form, len, "offset", &value))
        is_good = parse_number(value.data, SIZE_MAX / 4, &query->offset);
    if (form_get(form, len, "limit", &value))
        is_good = is_good && parse_number(value.data, PAGE_MAX, &query->limit) && query->limit > 0;
    if (form_get(form, len, "sortBy", &value)) {
        is_good = is_good && strcmp(value.data, "createdAt") == 0;
        query->order = 1;
    }
    if (form_get(form, len, "sortOrder", &value)) {
        is_good = is_good && (strcmp(value.data, "asc") == 0 || strcmp(value.data, "desc") == 0);
        query->order = strcmp(value.data, "desc") == 0 ? -query->order : query->order;
    }
    if (form_get(form, len, "filterBy", &value))
        is_good = is_good && parse_filter(fleet, value.data, query);
    if (fleet->control.page > 0 && query->limit > (size_t)fleet->control.page)
        query->limit = (size_t)fleet->control.page;
    text_free(&value);
    return is_good;
}

static bool fits(const struct query *query, const struct cluster *cluster)
{
    return cluster->is_discovered && (!query->has_cluster || query->cluster == cluster);
}

static bool has_phase(const struct query *query, const struct cluster *cluster,
                      const struct known *known)
{
    if (query->phase.len == 0)
        return true;
    struct job job = {0};
    struct text phase = {0};
    data_control_job(cluster, known->project, known->index, known->plant, NULL, &job);
    json_decode(job.raw_phase, &phase);
    bool is_same = strcmp(phase.data, query->phase.data) == 0;
    text_free(&phase);
    job_free(&job);
    return is_same;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    const struct known *p = &x->known, *q = &y->known;
    if (x->order != 0 && p->created_ms != q->created_ms)
        return (p->created_ms < q->created_ms) == (x->order > 0) ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

/* The workload as it is now: some are another until the list has been read once. False when it is
 * not there. */
static bool is_there(const struct cluster *cluster, struct known *known)
{
    bool is_first = cluster->readings == 0;
    if (known->plant == PLANT_FLAP_LATE)
        return !is_first;
    if (known->plant == PLANT_FLAP_GONE)
        return is_first;
    if (known->plant == PLANT_FLAP_PHASE)
        known->plant = is_first ? PLANT_PHASE : PLANT_NONE;
    return true;
}

/* All that the query means, in its order; owned by the caller. */
static struct place *collect(const struct fleet *fleet, const struct query *query, size_t *count)
{
    struct place *places = NULL;
    size_t room = 0;
    *count = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct cluster *cluster = &fleet->clusters[i];
        if (!fits(query, cluster))
            continue;
        room += cluster->known_count;
        places = sim_grow(places, room + 1, sizeof *places);
        for (size_t j = 0; j < cluster->known_count; j++) {
            struct known known = cluster->known[j];
            if (is_there(cluster, &known) && has_phase(query, cluster, &known))
                places[(*count)++] = (struct place){cluster, known, query->order};
        }
    }
    if (*count > 1)
        qsort(places, *count, sizeof *places, compare_places);
    return places;
}

static void log_churn(const struct sim *sim, const struct cluster *cluster, const char *what,
                      const struct known *known)
{
    struct text line = {0};
    struct job job = {0};
    data_control_job(cluster, known->project, known->index, known->plant, NULL, &job);
    text_printf(&line, "%s\t%s\t%s\n", cluster->name, what, job.id);
    if (write(sim->churn_log_fd, line.data, line.len) != (ssize_t)line.len)
        die("churn.log: %s", strerror(errno));
    job_free(&job);
    text_free(&line);
}

/* Once, when the second page is asked for: some of what was read goes, and the youngest come. */
static void churn(const struct sim *sim, struct cluster *cluster, size_t offset)
{
    if (cluster->has_churned || offset == 0 || cluster->churn_add + cluster->churn_remove == 0)
        return;
    cluster->has_churned = true;
    size_t removed = cluster->churn_remove < offset ? cluster->churn_remove : offset;
    removed = removed < cluster->known_count ? removed : cluster->known_count;
    for (size_t i = 0; i < removed; i++)
        log_churn(sim, cluster, "removed", &cluster->known[i]);
    memmove(cluster->known, cluster->known + removed,
            (cluster->known_count - removed) * sizeof *cluster->known);
    cluster->known_count -= removed;
    cluster->known = sim_grow(cluster->known, cluster->known_count + cluster->churn_add + 1,
                              sizeof *cluster->known);
    for (unsigned i = 0; i < cluster->churn_add; i++) {
        struct known added =
            known_extra(cluster, PLANT_ONLY_CONTROL, known_extra_number(cluster, PLANT_COUNT) + i);
        added.created_ms = 0x7fffffffll * 1000 + i;
        cluster->known[cluster->known_count++] = added;
        log_churn(sim, cluster, "added", &added);
    }
}

/* The three ways of saying that there is no next page. */
static void put_next(struct text *out, const struct query *query, size_t next, size_t count)
{
    if (next < count && query->cluster != NULL && query->cluster->goes_back && query->offset > 0)
        text_printf(out, "\"next\":%zu,", query->offset - (query->offset > 1 ? 1 : 0));
    else if (next < count)
        text_printf(out, "\"next\":%zu,", next);
    else if (count % 3 == 1)
        text_puts(out, "\"next\":null,");
    else if (count % 3 == 2)
        text_puts(out, "\"next\":0,");
}

static void put_workloads(struct sim *sim, const struct query *query, struct text *out)
{
    struct fleet *fleet = &sim->fleet;
    for (size_t i = 0; i < fleet->count && query->cluster != NULL; i++)
        if (&fleet->clusters[i] == query->cluster)
            churn(sim, &fleet->clusters[i], query->offset);
    size_t count, back = 0;
    struct query wide = *query;
    wide.has_cluster &= query->cluster == NULL || !query->cluster->is_unfiltered;
    struct place *places = collect(fleet, &wide, &count);
    if (query->cluster != NULL && query->offset > 0 && query->cluster->duplicates < query->limit)
        back =
            query->cluster->duplicates < query->offset ? query->cluster->duplicates : query->offset;
    size_t from = query->offset - back, end = from + query->limit;
    text_puts(out, "{");
    put_next(out, query, end, count);
    text_puts(out, "\"workloads\":[");
    for (size_t i = from; i < end && i < count; i++) {
        const struct known *known = &places[i].known;
        text_puts(out, i == from ? "" : ",");
        data_control_job(places[i].cluster, known->project, known->index, known->plant, out, NULL);
    }
    text_puts(out, "]}");
    free(places);
    for (size_t i = 0; i < fleet->count && end >= count; i++)
        fleet->clusters[i].readings += fits(query, &fleet->clusters[i]);
}

static void put_count(struct sim *sim, const struct query *query, struct text *out)
{
    size_t count;
    long off = 0;
    free(collect(&sim->fleet, query, &count));
    for (size_t i = 0; i < sim->fleet.count; i++)
        if (fits(query, &sim->fleet.clusters[i]))
            off += sim->fleet.clusters[i].count_off;
    text_printf(out, "{\"count\":%ld}", (long)count + off);
}

static void put_projects(struct sim *sim, const struct query *query, struct text *out)
{
    size_t at = 0, end = query->offset + query->limit;
    struct text list = {0};
    text_add(&list, "", 0);
    for (size_t i = 0; i < sim->fleet.count; i++) {
        const struct cluster *cluster = &sim->fleet.clusters[i];
        for (unsigned project = 0; fits(query, cluster) && project < cluster->project_count;
             project++, at++) {
            if (at < query->offset || at >= end)
                continue;
            text_puts(&list, at == query->offset ? "" : ",");
            data_control_project(cluster, project, &list);
        }
    }
    text_puts(out, "{\"projects\":[");
    text_add(out, list.data, list.len);
    if (end < at)
        text_printf(out, "],\"next\":%zu}", end);
    else
        text_puts(out, at % 2 == 0 ? "],\"next\":null}" : "]}");
    text_free(&list);
}

static void put_domain(struct text *out, const struct fleet *fleet, const struct cluster *cluster)
{
    char address[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &cluster->addr, address, sizeof address);
    if (cluster->domain == DOMAIN_NULL)
        text_puts(out, "null");
    else if (cluster->domain == DOMAIN_HOST)
        text_printf(out, "\"%s\"", address);
    else if (cluster->domain == DOMAIN_URL)
        text_printf(out, "\"%s://%s:%u/\"", cluster->is_tls ? "https" : "http", address,
                    fleet->port);
    else
        text_printf(out, "\"%s:%u\"", address, fleet->port);
}

static void put_clusters(const struct fleet *fleet, struct text *out)
{
    bool is_first = true;
    text_puts(out, "[");
    for (size_t i = fleet->count; i-- > 0;) {
        const struct cluster *cluster = &fleet->clusters[i];
        if (!cluster->is_discovered)
            continue;
        text_puts(out, is_first ? "{\"tenantId\":1001,\"uuid\":" : ",{\"tenantId\":1001,\"uuid\":");
        is_first = false;
        text_json(out, cluster->uuid, strlen(cluster->uuid));
        text_puts(out, ",\"name\":");
        const char *name = cluster->control_name == NULL ? cluster->name : cluster->control_name;
        text_json(out, name, strlen(name));
        text_puts(out, ",\"createdAt\":\"2024-02-01T08:00:00Z\",\"domain\":");
        put_domain(out, fleet, cluster);
        text_puts(out, ",\"version\":\"2.20.14\",\"status\":{\"conditions\":[],\"state\":");
        const char *state = cluster->state == NULL ? "Connected" : cluster->state;
        text_json(out, state, strlen(state));
        text_puts(out, "},\"lastLiveness\":\"2026-11-20T06:30:00.123Z\",\"deletedAt\":null}");
    }
    text_puts(out, "]");
}

static int find_list(const char *uri)
{
    static const char *const paths[LIST_KINDS] = {[LIST_CLUSTERS] = "/api/v1/clusters",
                                                  [LIST_WORKLOADS] = "/api/v1/workloads",
                                                  [LIST_COUNT] = "/api/v1/workloads/count",
                                                  [LIST_PROJECTS] = "/api/v1/org-unit/projects"};
    size_t len = strcspn(uri, "?");
    for (int i = 0; i < LIST_KINDS; i++)
        if (strlen(paths[i]) == len && strncmp(uri, paths[i], len) == 0)
            return i;
    return -1;
}

static void put_list(struct sim *sim, int list, const struct query *query, struct text *out)
{
    pthread_mutex_lock(&sim->lists_lock);
    if (list == LIST_CLUSTERS)
        put_clusters(&sim->fleet, out);
    else if (list == LIST_WORKLOADS)
        put_workloads(sim, query, out);
    else if (list == LIST_COUNT)
        put_count(sim, query, out);
    else
        put_projects(sim, query, out);
    pthread_mutex_unlock(&sim->lists_lock);
}

bool control_answer_list(struct sim *sim, const struct question *question, struct answer *answer,
                         bool *is_fault, const struct fault **fault)
{
    int list = find_list(question->uri);
    if (list < 0)
        return false;
    struct query query = {0};
    *fault = &sim->fleet.control.list_faults[list];
    *is_fault =
        (*fault)->kind != FAULT_NONE &&
        atomic_fetch_add(&sim->list_faults_served[list], 1) >= sim->fleet.control.list_fault_after;
    if (strcmp(question->method, "GET") != 0) {
        control_error(answer, 405, "only GET is served here");
    } else if (!parse_query(&sim->fleet, question->uri, &query)) {
        control_error(answer, 400, "a parameter is not allowed");
    } else if (!*is_fault || !answer_apply_fault(answer, *fault, sim->fleet.control.message)) {
        answer->status = 200;
        answer_header(answer, "Content-Type", "application/json");
        put_list(sim, list, &query, &answer->content);
        if (*is_fault)
            answer_tamper(answer, *fault);
    }
    text_free(&query.phase);
    return true;
}
