/* The researcher flavour's answers: jobs, of all projects and of one, and projects. */
#include "lib/fuzz.h"

const char fuzz_name[] = "researcher";

enum { KIND_JOBS, KIND_JOBS_OF_ONE, KIND_PROJECTS, KIND_COUNT };

static struct decoder *new_decoder(int kind, struct buf *log)
{
    switch (kind) {
    case KIND_JOBS:
        return decoder_new_researcher_jobs(NULL, fuzz_log_workload, log);
    case KIND_JOBS_OF_ONE:
        return decoder_new_researcher_jobs("team-a", fuzz_log_workload, log);
    default:
        return decoder_new_researcher_projects(fuzz_log_project, log);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct fuzz_document document = {.new_decoder = new_decoder};
    document.kind = fuzz_byte(&input) % KIND_COUNT;
    fuzz_decode(&document, &input);
    fuzz_error_message(&input);
    return 0;
}
