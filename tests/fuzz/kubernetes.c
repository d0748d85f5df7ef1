/* The kubernetes flavour's answers: pages of lists of each kind, of all projects and of one,
 * PodGroups, which kinds there are, and Status errors. */
#include <string.h>

#include "lib/fuzz.h"
#include "rollcall/text.h"

const char fuzz_name[] = "kubernetes";

static bool on_pod_group(void *arg, const struct pod_group *group, struct error *error)
{
    (void)error;
    REQUIRE(group->owner.data != NULL);
    fuzz_log_text(arg, group->owner);
    fuzz_log_text(arg, group->uid);
    fuzz_log_text(arg, group->namespace);
    fuzz_log_text(arg, group->name);
    buf_printf(arg, "%lld %lld %llu\n", (long long)group->gpus.allocated,
               (long long)group->gpus.requested, (unsigned long long)group->repaired);
    return true;
}

/* These go into URLs. */
static bool on_name(void *arg, struct str name, bool is_preferred, struct error *error)
{
    (void)error;
    for (size_t i = 0; i < name.len; i++)
        REQUIRE(name.data[i] != '/' && name.data[i] != '.' && name.data[i] > ' ');
    fuzz_log_text(arg, name);
    buf_append_str(arg, is_preferred ? "!\n" : "\n");
    return true;
}

enum { LISTS = 2 * KUBERNETES_KINDS, POD_GROUPS = LISTS, VERSIONS, RESOURCES, DOCUMENTS };

static struct decoder *new_decoder(int kind, struct buf *log)
{
    if (kind == POD_GROUPS)
        return decoder_new_pod_groups("team-a", on_pod_group, log);
    if (kind == VERSIONS)
        return decoder_new_api_versions(on_name, log);
    if (kind == RESOURCES)
        return decoder_new_api_resources(on_name, log);
    const struct kubernetes_list list = {.kind = &kubernetes_kinds[kind / 2],
                                         .project = kind % 2 == 0 ? NULL : "team-a"};
    return decoder_new_kubernetes_list(&list, fuzz_log_workload, log);
}

/* The token goes into the next URL. */
static void log_continue(const struct decoder *decoder, struct buf *log)
{
    struct str token = str_of(decoder_continue(decoder));
    fuzz_log_text(log, token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct fuzz_document document = {.new_decoder = new_decoder, .log_end = log_continue};
    uint8_t kind = fuzz_byte(&input);
    document.kind = kind < DOCUMENTS ? kind : kind % 2;
    fuzz_decode(&document, &input);
    fuzz_error_message(&input);
    return 0;
}
