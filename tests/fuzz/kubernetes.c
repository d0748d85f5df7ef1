/* The kubernetes flavour's answers: pages of a list, of all projects and of one, and Status errors.
 */
#include <string.h>

#include "lib/fuzz.h"
#include "rollcall/text.h"

const char fuzz_name[] = "kubernetes";

static struct decoder *new_decoder(int kind, struct buf *log)
{
    struct kubernetes_list list = {.kind = &kubernetes_kinds[kind / 2 % KUBERNETES_KINDS],
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
    document.kind = fuzz_byte(&input);
    fuzz_decode(&document, &input);
    fuzz_error_message(&input);
    return 0;
}
