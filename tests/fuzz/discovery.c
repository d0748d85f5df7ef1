/* The control plane's clusters made a fleet with the configured ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/config/config_internal.h"
#include "lib/fuzz.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

const char fuzz_name[] = "discovery";

#define CONTROL                                                                                    \
    "control_plane : { url = \"https://cp.example\"; client_id = \"a\"; "                          \
    "client_secret : { env = \"S\"; }; };\n"
#define FOUND_MAX 64

static const char *const configurations[] = {
    CONTROL "discover : { enabled = true; };\n",
    CONTROL "discover : { enabled = true; include = [ \"eu-*\", \"?\" ]; exclude = [ \"*x\" ]; };\n"
            "clusters = ( { name = \"eu-1\"; }, { name = \"b\"; uuid = \"5cb4ba8d\"; }, "
            "{ name = \"c\"; url = \"https://c.example\"; optional = true; } );\n",
    CONTROL "discover : { enabled = true; contact_disconnected = true; };\n"
            "defaults : { api = \"control_plane\"; };\n"
            "clusters = ( { name = \"eu-1\"; }, { name = \"k\"; api = \"kubernetes\"; "
            "url = \"https://k.example:6443\"; uuid = \"6\"; } );\n",
};
enum { CONFIGURATIONS = sizeof configurations / sizeof *configurations };

struct found {
    struct arena *arena;
    struct found_cluster items[FOUND_MAX];
    size_t count;
};

static const char *keep(struct arena *arena, struct str text)
{
    return text.data == NULL ? NULL : arena_copy(arena, text.data, text.len);
}

static bool take_cluster(void *arg, const struct discovered_cluster *cluster, struct error *error)
{
    struct found *found = arg;
    (void)error;
    if (found->count == FOUND_MAX)
        return true;
    found->items[found->count++] = (struct found_cluster){
        .uuid = keep(found->arena, cluster->uuid),
        .name = keep(found->arena, cluster->name),
        .domain = keep(found->arena, cluster->domain),
        .state = keep(found->arena, cluster->state),
        .last_liveness = keep(found->arena, cluster->last_liveness),
    };
    return true;
}

static void read_clusters(const struct fuzz_input *input, struct found *found)
{
    struct error error;
    struct decoder *decoder = decoder_new_control_clusters(take_cluster, found);
    /* What came before an error is as good as any. */
    if (decoder_feed(decoder, input->data, input->len, &error))
        decoder_finish(decoder, &error);
    decoder_free(decoder);
}

static void no_message(void *arg, bool is_warning, const char *message)
{
    (void)arg;
    REQUIRE(is_warning && message != NULL); /* the configurations are good */
}

static struct config *load(const char *text)
{
    static const char *const formats[] = {"json", NULL};
    char path[32];
    int fd = memfd_create("rollcall.conf", MFD_CLOEXEC);
    REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct config *config = config_load(path, formats, no_message, NULL);
    close(fd);
    REQUIRE(config != NULL);
    return config;
}

static void require_cluster(const struct config *config, const struct cluster_config *cluster)
{
    size_t len = strlen(cluster->name);
    REQUIRE(len > 0 && len <= 253);
    fuzz_require_printable(cluster->name, len);
    REQUIRE(cluster->url != NULL || cluster->skipped != NULL);
    /* Whatever the control plane says: the token never travels unencrypted. */
    REQUIRE(cluster->url == NULL || config_url_fault(cluster->url, false) == NULL);
    REQUIRE(cluster->url == NULL || cluster->url[strlen(cluster->url) - 1] != '/');
    REQUIRE(cluster->api != API_CONTROL_PLANE || cluster->uuid != NULL || cluster->skipped != NULL);
    if (cluster->uuid != NULL)
        fuzz_require_printable(cluster->uuid, strlen(cluster->uuid));
    if (cluster->skipped != NULL)
        fuzz_require_printable(cluster->skipped, strlen(cluster->skipped));
    REQUIRE(cluster->endpoint != NULL && cluster->projects != NULL);
    REQUIRE(cluster == config->clusters || strcmp(cluster[-1].name, cluster->name) < 0);
}

static void log_fleet(struct buf *log, const struct config *config)
{
    for (size_t i = 0; i < config->cluster_count; i++) {
        const struct cluster_config *cluster = &config->clusters[i];
        require_cluster(config, cluster);
        const char *const texts[] = {cluster->name, cluster->uuid, cluster->url, cluster->skipped};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            fuzz_log_text(log, str_of(texts[j]));
        buf_append_char(log, '\n');
    }
}

static char *merge(const char *configuration, const struct found *found)
{
    struct buf log;
    struct config *config = load(configuration);
    buf_init(&log, (size_t)1 << 20);
    buf_append_str(&log, "");
    size_t configured = config->cluster_count;
    config_merge(config, found->items, found->count);
    REQUIRE(config->cluster_count >= configured);
    REQUIRE(config->cluster_count <= configured + found->count);
    log_fleet(&log, config);
    config_free(config);
    return buf_take(&log);
}

static void shuffle(struct found *found, uint8_t seed)
{
    uint32_t state = seed;
    for (size_t i = found->count; i > 1; i--) {
        state = state * 1664525U + 1013904223U;
        size_t other = (state >> 16) % i;
        struct found_cluster kept = found->items[other];
        found->items[other] = found->items[i - 1];
        found->items[i - 1] = kept;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const char *configuration = configurations[fuzz_byte(&input) % CONFIGURATIONS];
    uint8_t seed = fuzz_byte(&input);
    struct found *found = mem_new(1, sizeof *found);
    found->arena = arena_new();
    read_clusters(&input, found);
    char *fleet = merge(configuration, found);
    /* The order in which the control plane lists them does not matter. */
    shuffle(found, seed);
    char *again = merge(configuration, found);
    if (strcmp(fleet, again) != 0)
        fprintf(stderr, "one order:\n%sanother:\n%s", fleet, again);
    REQUIRE(strcmp(fleet, again) == 0);
    free(fleet);
    free(again);
    arena_free(found->arena);
    free(found);
    return 0;
}
