#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/str.h"

struct hosts {
    struct engine_host **buckets;
    size_t bucket_count; /* a power of two */
    size_t host_count;
    size_t queued; /* requests that wait */
    struct line {
        struct engine_host *first, *last;
    } lines[LINE_COUNT];
    unsigned per_host;
};

struct hosts *hosts_new(unsigned per_host)
{
    struct hosts *hosts = mem_new(1, sizeof(*hosts));
    hosts->per_host = per_host;
    hosts->bucket_count = 64;
    hosts->buckets = mem_new(hosts->bucket_count, sizeof(*hosts->buckets));
    return hosts;
}

void hosts_free(struct hosts *hosts)
{
    if (hosts == NULL)
        return;
    for (size_t i = 0; i < hosts->bucket_count; i++)
        while (hosts->buckets[i] != NULL) {
            struct engine_host *host = hosts->buckets[i];
            hosts->buckets[i] = host->next_in_bucket;
            curl_share_cleanup(host->share);
            free(host->key);
            free(host);
        }
    free(hosts->buckets);
    free(hosts);
}

/* FNV-1a, goes on from `h`. The texts come from the configuration, not from strangers. */
static uint64_t hash_text(uint64_t h, const char *text)
{
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h;
}

static bool is_empty(const char *const *list)
{
    return list == NULL || *list == NULL;
}

/* One host may have many addresses, but each of them most often has a list of its own. */
static size_t hash(const char *key, const struct endpoint_options *options)
{
    uint64_t h = hash_text(14695981039346656037u, key);
    return (size_t)(is_empty(options->resolve) ? h : hash_text(h, options->resolve[0]));
}

static bool is_same_list(const char *const *a, const char *const *b)
{
    if (is_empty(a) || is_empty(b) || a == b)
        return is_empty(a) == is_empty(b);
    for (; *a != NULL && *b != NULL; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return *a == *b;
}

/* Whether a connection that was made by the one is what the other asks for. */
static bool is_same_peer(const struct endpoint_options *a, const struct endpoint_options *b)
{
    return str_equals(str_of(a->ca_file), str_of(b->ca_file)) &&
           str_equals(str_of(a->client_cert), str_of(b->client_cert)) &&
           str_equals(str_of(a->client_key), str_of(b->client_key)) &&
           is_same_list(a->resolve, b->resolve);
}

/* "https://host:port" of a URL, in lower case; owned by the caller. */
static char *make_key(const char *url)
{
    const char *authority = strstr(url, "://");
    authority = authority == NULL ? url : authority + 3;
    char *key = mem_copy(url, (size_t)(authority - url) + strcspn(authority, "/?#"));
    for (char *c = key; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return key;
}

/* Points host->name at the host in the key, without port and brackets. */
static void find_name(struct engine_host *host)
{
    const char *authority = strstr(host->key, "://");
    host->name = authority == NULL ? host->key : authority + 3;
    if (*host->name == '[') {
        host->name++;
        host->name_len = strcspn(host->name, "]");
    } else {
        host->name_len = strcspn(host->name, ":");
    }
}

static void grow(struct hosts *hosts)
{
    size_t count = hosts->bucket_count * 2;
    struct engine_host **buckets = mem_new(count, sizeof(*buckets));
    for (size_t i = 0; i < hosts->bucket_count; i++)
        while (hosts->buckets[i] != NULL) {
            struct engine_host *host = hosts->buckets[i];
            hosts->buckets[i] = host->next_in_bucket;
            struct engine_host **bucket = &buckets[hash(host->key, host->options) & (count - 1)];
            host->next_in_bucket = *bucket;
            *bucket = host;
        }
    free(hosts->buckets);
    hosts->buckets = buckets;
    hosts->bucket_count = count;
}

struct engine_host *hosts_find(struct hosts *hosts, const char *url,
                               const struct endpoint_options *options)
{
    char *key = make_key(url);
    size_t index = hash(key, options) & (hosts->bucket_count - 1);
    bool has_namesake = false;
    for (struct engine_host *h = hosts->buckets[index]; h != NULL; h = h->next_in_bucket) {
        bool is_namesake = strcmp(h->key, key) == 0;
        if (is_namesake && is_same_peer(h->options, options)) {
            free(key);
            return h;
        }
        has_namesake = has_namesake || is_namesake;
    }
    struct engine_host *host = mem_new(1, sizeof(*host));
    host->key = key;
    host->options = options;
    host->is_apart = has_namesake || !is_empty(options->resolve);
    find_name(host);
    host->next_in_bucket = hosts->buckets[index];
    hosts->buckets[index] = host;
    if (++hosts->host_count > hosts->bucket_count)
        grow(hosts);
    return host;
}

static enum host_line find_line(const struct hosts *hosts, const struct engine_host *host)
{
    if (host->first == NULL || host->running >= hosts->per_host)
        return LINE_NONE;
    if (host->running < host->running_max)
        return LINE_CONNECTED;
    return host->running_max > 0 ? LINE_USED : LINE_NEW;
}

static void leave_line(struct line *line, struct engine_host *host)
{
    *(host->prev_in_line != NULL ? &host->prev_in_line->next_in_line : &line->first) =
        host->next_in_line;
    *(host->next_in_line != NULL ? &host->next_in_line->prev_in_line : &line->last) =
        host->prev_in_line;
    host->prev_in_line = host->next_in_line = NULL;
}

static void join_line(struct line *line, struct engine_host *host)
{
    host->prev_in_line = line->last;
    *(line->last != NULL ? &line->last->next_in_line : &line->first) = host;
    line->last = host;
}

/* Puts the host at the end of the line where it belongs now, unless it is in it. */
static void change_line(struct hosts *hosts, struct engine_host *host)
{
    enum host_line line = find_line(hosts, host);
    if (line == host->line)
        return;
    if (host->line != LINE_NONE)
        leave_line(&hosts->lines[host->line], host);
    if (line != LINE_NONE)
        join_line(&hosts->lines[line], host);
    host->line = line;
}

void hosts_push(struct hosts *hosts, struct request *request, bool is_front)
{
    struct engine_host *host = request->host;
    hosts->queued++;
    if (is_front || host->first == NULL) {
        request->next = host->first;
        host->first = request;
        if (host->last == NULL)
            host->last = request;
    } else {
        request->next = NULL;
        host->last->next = request;
        host->last = request;
    }
    change_line(hosts, host);
}

static struct request *take_first(struct engine_host *host)
{
    struct request *request = host->first;
    host->first = request->next;
    if (host->first == NULL)
        host->last = NULL;
    request->next = NULL;
    return request;
}

struct request *hosts_pop(struct hosts *hosts)
{
    struct engine_host *host = NULL;
    for (int i = LINE_NONE + 1; host == NULL && i < LINE_COUNT; i++)
        host = hosts->lines[i].first;
    if (host == NULL)
        return NULL;
    struct request *request = take_first(host);
    hosts->queued--;
    host->running++;
    if (host->running > host->running_max)
        host->running_max = host->running;
    change_line(hosts, host);
    return request;
}

size_t hosts_queued(const struct hosts *hosts)
{
    return hosts->queued;
}

void hosts_release(struct hosts *hosts, struct engine_host *host)
{
    host->running--;
    change_line(hosts, host);
}
