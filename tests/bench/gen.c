/*
 * What the benchmarks' fleet serves:
 *
 *     gen certs DIR CLUSTERS
 *         an authority (DIR/ca.pem), and for the control plane and each cluster ADDRESS.pem with
 * its certificate and key gen set DIR CLUSTERS WORKLOADS the list of jobs of each cluster
 * (DIR/ADDRESS/research.json), its delay (DIR/delays.txt: address, milliseconds), and what a right
 * report adds up to (DIR/expected.json)
 *
 * All but the keys depends on the arguments only, so every machine serves the same bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../fleetsim/certs.h"

#define PROJECT          "research"
#define CONTROL_ADDRESS  "127.79.0.1"
#define ANY_NAME         "*.bench.example" /* for more clusters than there are servers */
#define MAX_CLUSTERS     10000
#define SLOW_MS          2000
#define USUAL_MS         100
#define CLUSTERS_A_SLOW  100 /* one in so many is slow */
#define SEED_OF_DELAYS   29  /* 1,000 clusters: ideally 2.4 s with 256 at a time, 4.8 s with 32 */
#define COUNT_OF(things) (sizeof(things) / sizeof(things)[0])

struct choice {
    const char *name;
    unsigned percent;
};

static const struct choice statuses[] = {{"Running", 52}, {"Pending", 16}, {"Succeeded", 14},
                                         {"Failed", 8},   {"Stopped", 6},  {"Preempted", 3},
                                         {"Unknown", 1}};
static const struct choice types[] = {{"Train", 60}, {"Interactive", 25}, {"Inference", 15}};

static struct {
    uint64_t workloads, quarter_gpus;
    uint64_t statuses[COUNT_OF(statuses)], types[COUNT_OF(types)], users[500];
} totals;

/* splitmix64. */
static uint32_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static unsigned below(uint64_t *state, unsigned limit)
{
    return next_random(state) % limit;
}

static size_t choose(uint64_t *state, const struct choice *choices)
{
    unsigned left = below(state, 100);
    size_t i = 0;
    while (left >= choices[i].percent)
        left -= choices[i++].percent;
    return i;
}

/* Every cluster has an address of its own, so that none can share another's connection. */
static void address_of(unsigned cluster, char out[INET_ADDRSTRLEN])
{
    snprintf(out, INET_ADDRSTRLEN, "127.78.%u.%u", cluster / 250, 1 + cluster % 250);
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        die("%s: %s", path, strerror(errno));
}

static FILE *open_in(const char *dir, const char *name)
{
    struct text path = {0};
    text_printf(&path, "%s/%s", dir, name);
    FILE *file = fopen(path.data, "w");
    if (file == NULL)
        die("%s: %s", path.data, strerror(errno));
    text_free(&path);
    return file;
}

static void close_file(FILE *file)
{
    bool has_failed = ferror(file) != 0;
    if (fclose(file) != 0 || has_failed)
        die("cannot write: %s", strerror(errno));
}

static void write_nodes_and_gpus(FILE *file, uint64_t *state, bool is_running)
{
    static const unsigned quarters[] = {1, 2, 4, 4, 8, 16, 32};
    static const char *const fractions[] = {"", ".25", ".5", ".75"};
    unsigned nodes = !is_running ? 0 : below(state, 10) == 0 ? 2 + below(state, 3) : 1;
    fputs("\"nodes\":[", file);
    for (unsigned i = 0; i < nodes; i++)
        fprintf(file, "%s\"gpu-node-%03u\"", i == 0 ? "" : ",", below(state, 200));
    unsigned gpus = nodes * quarters[below(state, COUNT_OF(quarters))];
    totals.quarter_gpus += gpus;
    fprintf(file, "],\"currentAllocatedGPUs\":%u%s,", gpus / 4, fractions[gpus % 4]);
}

/* About 300 bytes, as the researcher API's are. */
static void write_workload(FILE *file, uint64_t *state)
{
    size_t status = choose(state, statuses), type = choose(state, types);
    unsigned user = below(state, COUNT_OF(totals.users));
    totals.workloads++;
    totals.statuses[status]++;
    totals.types[type]++;
    totals.users[user]++;

    fprintf(file, "{\"id\":\"%08x-%04x-4%03x-a%03x-%06x%06x\",\"project\":\"" PROJECT "\",",
            next_random(state), below(state, 1u << 16), below(state, 1u << 12),
            below(state, 1u << 12), below(state, 1u << 24), below(state, 1u << 24));
    /* Now and then a name with escapes. */
    const char *prefix = below(state, 100) == 0 ? "r\\u00e9sum\\u00e9 \\\"v2\\\" " : "";
    fprintf(file, "\"name\":\"%s%s-bert-%05u\",\"status\":\"%s\",\"type\":\"%s\",", prefix,
            types[type].name, below(state, 100000), statuses[status].name, types[type].name);
    write_nodes_and_gpus(file, state, status == 0);
    fprintf(file,
            "\"createdAt\":%" PRIu64 ",\"images\":\"registry.example.com/ml/pytorch:%u.%u-cuda11\","
            "\"user\":\"user%03u@example.com\"}",
            UINT64_C(1700000000000) + next_random(state), 1 + below(state, 2), below(state, 14),
            user);
}

static void write_jobs(const char *dir, unsigned cluster, unsigned workloads)
{
    char address[INET_ADDRSTRLEN];
    struct text path = {0};
    uint64_t state = cluster + 1;
    address_of(cluster, address);
    text_printf(&path, "%s/%s", dir, address);
    make_directory(path.data);
    FILE *file = open_in(path.data, PROJECT ".json");
    fputs("{\"data\":[", file);
    for (unsigned i = 0; i < workloads; i++) {
        if (i > 0)
            putc(',', file);
        write_workload(file, &state);
    }
    fputs("]}\n", file);
    close_file(file);
    text_free(&path);
}

/* Exactly that share of the clusters is slow, in places that are always the same. */
static void write_delays(const char *dir, unsigned clusters)
{
    unsigned *delays = sim_array(clusters, sizeof *delays);
    uint64_t state = SEED_OF_DELAYS;
    for (unsigned i = 0; i < clusters; i++)
        delays[i] = i < clusters / CLUSTERS_A_SLOW ? SLOW_MS : USUAL_MS;
    for (unsigned i = clusters - 1; i > 0; i--) {
        unsigned other = below(&state, i + 1), delay = delays[i];
        delays[i] = delays[other];
        delays[other] = delay;
    }
    FILE *file = open_in(dir, "delays.txt");
    for (unsigned i = 0; i < clusters; i++) {
        char address[INET_ADDRSTRLEN];
        address_of(i, address);
        fprintf(file, "%s %u\n", address, delays[i]);
    }
    close_file(file);
    free(delays);
}

/* Keys are the choices' names, or users where there are no choices. */
static void write_counts(FILE *file, const char *key, const struct choice *choices,
                         const uint64_t *counts, size_t count)
{
    const char *separator = "";
    fprintf(file, ",\n \"%s\": {", key);
    for (size_t i = 0; i < count; i++) {
        if (counts[i] == 0)
            continue;
        if (choices != NULL)
            fprintf(file, "%s\"%s\": %" PRIu64, separator, choices[i].name, counts[i]);
        else
            fprintf(file, "%s\"user%03zu@example.com\": %" PRIu64, separator, i, counts[i]);
        separator = ", ";
    }
    putc('}', file);
}

static void write_expected(const char *dir, unsigned clusters, unsigned workloads)
{
    FILE *file = open_in(dir, "expected.json");
    fprintf(file, "{\"clusters\": %u, \"workloads_each\": %u, \"gpus\": %.2f, \"totals\": {",
            clusters, workloads, (double)totals.quarter_gpus / 4);
    fprintf(file, "\"workloads\": %" PRIu64, totals.workloads);
    fprintf(file, ",\n \"byProject\": {\"" PROJECT "\": %" PRIu64 "}", totals.workloads);
    write_counts(file, "byStatus", statuses, totals.statuses, COUNT_OF(totals.statuses));
    write_counts(file, "byType", types, totals.types, COUNT_OF(totals.types));
    write_counts(file, "byUser", NULL, totals.users, COUNT_OF(totals.users));
    fputs("}}\n", file);
    close_file(file);
}

static void write_certificate(const char *dir, struct authority *authority, const char *address)
{
    struct in_addr in;
    struct text pem = {0}, name = {0};
    if (inet_pton(AF_INET, address, &in) != 1)
        die("%s is no address", address);
    authority_issue(authority, CERT_GOOD, &in, 1, &pem, &pem);
    text_printf(&name, "%s.pem", address);
    FILE *file = open_in(dir, name.data);
    fwrite(pem.data, 1, pem.len, file);
    close_file(file);
    text_free(&pem);
    text_free(&name);
}

static void make_certificates(const char *dir, unsigned clusters)
{
    struct authority *authority = authority_new();
    struct text pem = {0};
    authority_add_name(authority, ANY_NAME);
    make_directory(dir);
    write_certificate(dir, authority, CONTROL_ADDRESS);
    for (unsigned i = 0; i < clusters; i++) {
        char address[INET_ADDRSTRLEN];
        address_of(i, address);
        write_certificate(dir, authority, address);
    }
    /* Last: who sees it has all. */
    authority_pem(authority, &pem);
    FILE *file = open_in(dir, "ca.pem");
    fwrite(pem.data, 1, pem.len, file);
    close_file(file);
    text_free(&pem);
    authority_free(authority);
}

static unsigned number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != '\0' || value == 0 || value > 100000000)
        die("%s: a number from 1 on is needed", text);
    return (unsigned)value;
}

int main(int argc, char **argv)
{
    bool is_set = argc == 5 && strcmp(argv[1], "set") == 0;
    if (!is_set && !(argc == 4 && strcmp(argv[1], "certs") == 0))
        die("usage: gen certs DIR CLUSTERS | gen set DIR CLUSTERS WORKLOADS");
    unsigned clusters = number(argv[3]);
    if (clusters > MAX_CLUSTERS)
        die("at most %d clusters", MAX_CLUSTERS);
    if (!is_set) {
        make_certificates(argv[2], clusters);
        return 0;
    }
    make_directory(argv[2]);
    for (unsigned i = 0; i < clusters; i++)
        write_jobs(argv[2], i, number(argv[4]));
    write_delays(argv[2], clusters);
    write_expected(argv[2], clusters, number(argv[4]));
    return 0;
}
