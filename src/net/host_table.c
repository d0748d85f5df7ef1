#include "host_table.h"

#include <stdlib.h>
#include <string.h>

#include "rollcall/mem.h"
#include "rollcall/str.h"
#include "rollcall/url.h"

struct host_table {
    struct engine_host **buckets;
    size_t bucket_count; /* a power of two */
    size_t host_count;
};

struct host_table *host_table_new(void)
{
    struct host_table *table = mem_new(1, sizeof(*table));
    table->bucket_count = 64;
    table->buckets = mem_new(table->bucket_count, sizeof(*table->buckets));
    return table;
}

void host_table_free(struct host_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->bucket_count; i++)
        while (table->buckets[i] != NULL) {
            struct engine_host *host = table->buckets[i];
            table->buckets[i] = host->next_in_bucket;
            curl_share_cleanup(host->share);
            free(host->key);
            free(host);
        }
    free(table->buckets);
    free(table);
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

static void grow(struct host_table *table)
{
    size_t count = table->bucket_count * 2;
    struct engine_host **buckets = mem_new(count, sizeof(*buckets));
    for (size_t i = 0; i < table->bucket_count; i++)
        while (table->buckets[i] != NULL) {
            struct engine_host *host = table->buckets[i];
            table->buckets[i] = host->next_in_bucket;
            struct engine_host **bucket = &buckets[hash(host->key, host->options) & (count - 1)];
            host->next_in_bucket = *bucket;
            *bucket = host;
        }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
}

struct engine_host *host_table_find(struct host_table *table, const char *url,
                                    const struct endpoint_options *options)
{
    char *key = url_origin(url);
    size_t index = hash(key, options) & (table->bucket_count - 1);
    bool has_namesake = false;
    for (struct engine_host *h = table->buckets[index]; h != NULL; h = h->next_in_bucket) {
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
    host->next_in_bucket = table->buckets[index];
    table->buckets[index] = host;
    if (++table->host_count > table->bucket_count)
        grow(table);
    return host;
}
