/* The control plane's answers: clusters, workloads, projects, and the count of workloads. */
#include <inttypes.h>
#include <string.h>

#include "lib/fuzz.h"

const char fuzz_name[] = "control";

enum { KIND_CLUSTERS, KIND_WORKLOADS, KIND_PROJECTS, KIND_COUNT, KINDS };

#define NO_COUNT (-7)

static int64_t count;

static bool log_cluster(void *arg, const struct discovered_cluster *cluster, struct error *error)
{
    struct buf *log = arg;
    (void)error;
    if (cluster->name.data != NULL) {
        REQUIRE(cluster->name.len > 0 && cluster->name.len <= 253);
        fuzz_require_printable(cluster->name.data, cluster->name.len);
    }
    const struct str texts[] = {cluster->uuid,  cluster->name,          cluster->domain,
                                cluster->state, cluster->last_liveness, cluster->version};
    buf_append_str(log, "cluster");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_log_text(log, texts[i]);
    buf_append_char(log, '\n');
    return true;
}

static bool log_workload(void *log, struct str cluster_id, bool is_deleted,
                         const struct workload *workload, struct error *error)
{
    buf_append_str(log, is_deleted ? "deleted " : "");
    fuzz_log_text(log, cluster_id);
    return fuzz_log_workload(log, workload, error);
}

static bool log_project(void *log, struct str cluster_id, const struct project_info *project,
                        struct error *error)
{
    fuzz_log_text(log, cluster_id);
    return fuzz_log_project(log, project, error);
}

static struct decoder *new_decoder(int kind, struct buf *log)
{
    count = NO_COUNT;
    switch (kind) {
    case KIND_CLUSTERS:
        return decoder_new_control_clusters(log_cluster, log);
    case KIND_WORKLOADS:
        return decoder_new_control_workloads(log_workload, log);
    case KIND_PROJECTS:
        return decoder_new_control_projects(log_project, log);
    default:
        return decoder_new_control_count(&count);
    }
}

static void log_offset(const struct decoder *decoder, struct buf *log)
{
    int64_t offset = decoder_next_offset(decoder);
    REQUIRE(offset == -1 || offset > 0);
    buf_printf(log, " %" PRId64, offset);
}

static void log_count(const struct decoder *decoder, struct buf *log)
{
    (void)decoder;
    REQUIRE(count >= 0);
    buf_printf(log, " %" PRId64, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct fuzz_document document = {.new_decoder = new_decoder};
    document.kind = fuzz_byte(&input) % KINDS;
    document.log_end = document.kind == KIND_COUNT ? log_count : log_offset;
    fuzz_decode(&document, &input);
    fuzz_error_message(&input);
    return 0;
}
