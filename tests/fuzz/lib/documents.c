#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rollcall/mem.h"
#include "rollcall/text.h"

/* More than any document of a corpus makes; what is beyond is not compared. */
#define LOG_MAX ((size_t)1 << 22)

/* White space that puts the reader's first boundary between full pieces (64 bytes and 16 KiB) into
 * the document, whose own length is a few KiB at most. */
#define SHIFT_BYTES ((size_t)(16 << 10) + 64)

void fuzz_log_text(struct buf *log, struct str text)
{
    if (text.data == NULL) {
        buf_append_str(log, " -");
        return;
    }
    REQUIRE(text_is_utf8(text.data, text.len));
    buf_printf(log, " %zu:", text.len);
    buf_append(log, text.data, text.len);
}

void fuzz_log_amount(struct buf *log, int64_t amount)
{
    char text[AMOUNT_SIZE];
    int64_t again;
    if (amount == AMOUNT_NULL) {
        buf_append_str(log, " -");
        return;
    }
    REQUIRE(amount >= 0 && amount <= AMOUNT_MAX);
    size_t len = amount_format(amount, text);
    REQUIRE(amount_parse(text, len, &again) && again == amount);
    buf_printf(log, " %s", text);
}

static void log_number(struct buf *log, int64_t number)
{
    REQUIRE(number == INT64_MIN || number >= 0);
    buf_printf(log, " %" PRId64, number);
}

static void log_time(struct buf *log, int64_t seconds)
{
    char text[TEXT_TIME_SIZE] = "-";
    int64_t again;
    if (seconds != TIME_NULL)
        REQUIRE(text_format_time(seconds, text) && text_parse_time(text, strlen(text), &again) &&
                again == seconds);
    buf_printf(log, " %s", text);
}

static void log_list(struct buf *log, struct str_list list)
{
    REQUIRE(list.is_present || list.count == 0);
    buf_append_str(log, list.is_present ? " [" : " -");
    for (size_t i = 0; i < list.count; i++)
        fuzz_log_text(log, list.items[i]);
}

bool fuzz_log_workload(void *arg, const struct workload *workload, struct error *error)
{
    struct buf *log = arg;
    (void)error;
    REQUIRE(workload->phase < PHASE_COUNT && workload->type < TYPE_COUNT);
    /* What is being deleted is terminating, with or without a word for its phase. */
    REQUIRE(workload->phase != PHASE_NULL || workload->raw_phase.data == NULL);
    REQUIRE(workload->phase == PHASE_NULL || workload->phase == PHASE_TERMINATING ||
            workload->raw_phase.data != NULL);
    buf_append_str(log, "workload");
    const struct str texts[] = {workload->id,           workload->name,     workload->project,
                                workload->department,   workload->user,     workload->raw_type,
                                workload->raw_category, workload->raw_phase};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_log_text(log, texts[i]);
    buf_printf(log, " %d %d %d", (int)workload->type, (int)workload->phase,
               (int)workload->preemptible);
    fuzz_log_amount(log, workload->gpus_allocated);
    fuzz_log_amount(log, workload->gpus_requested);
    fuzz_log_amount(log, workload->gpus_idle);
    log_time(log, workload->created_at);
    log_number(log, workload->pending_s);
    log_number(log, workload->running_s);
    log_list(log, workload->images);
    log_list(log, workload->nodes);
    log_list(log, workload->node_pools);
    buf_append_char(log, '\n');
    return true;
}

bool fuzz_log_project(void *arg, const struct project_info *project, struct error *error)
{
    struct buf *log = arg;
    (void)error;
    REQUIRE(project->name.data != NULL && project->name.len > 0);
    REQUIRE(memchr(project->name.data, '\0', project->name.len) == NULL);
    buf_append_str(log, "project");
    fuzz_log_text(log, project->name);
    fuzz_log_amount(log, project->gpus_quota);
    buf_append_char(log, '\n');
    return true;
}

/* How a document is cut: pieces of 1 to `piece_max` bytes (0: one piece), as a generator has it. */
struct cut {
    size_t shift; /* so much white space first */
    size_t piece_max;
    uint32_t state;
};

static size_t next_piece(struct cut *cut)
{
    if (cut->piece_max == 0)
        return SIZE_MAX;
    cut->state = cut->state * 1664525U + 1013904223U;
    return 1 + (cut->state >> 16) % cut->piece_max;
}

/* Each piece in a block of its own, so that a sanitizer sees a read beyond it. */
static bool feed_piece(struct decoder *decoder, const void *data, size_t len, struct error *error)
{
    void *piece = mem_new(len, 1);
    memcpy(piece, data, len);
    bool is_ok = decoder_feed(decoder, piece, len, error);
    free(piece);
    return is_ok;
}

static bool feed_blanks(struct decoder *decoder, size_t count, struct error *error)
{
    static char blanks[SHIFT_BYTES];
    memset(blanks, ' ', sizeof blanks);
    REQUIRE(count <= sizeof blanks);
    return decoder_feed(decoder, blanks, count, error);
}

static bool feed_all(struct decoder *decoder, const struct fuzz_input *input, struct cut cut,
                     struct error *error)
{
    bool is_ok = feed_blanks(decoder, cut.shift, error);
    for (size_t at = 0; is_ok && at < input->len;) {
        size_t piece = next_piece(&cut);
        if (piece > input->len - at)
            piece = input->len - at;
        is_ok = feed_piece(decoder, input->data + at, piece, error);
        at += piece;
    }
    return is_ok && decoder_finish(decoder, error);
}

/* What the decoder made of the document: its records, and how it ended. */
static char *outcome(const struct fuzz_document *document, const struct fuzz_input *input,
                     struct cut cut)
{
    struct buf log;
    struct error error = {0};
    buf_init(&log, LOG_MAX);
    struct decoder *decoder = document->new_decoder(document->kind, &log);
    bool is_ok = feed_all(decoder, input, cut, &error);
    if (is_ok) {
        REQUIRE(error.class == ERR_NONE);
        buf_printf(&log, "ok %" PRIu64 " %" PRIu64, decoder_repaired(decoder),
                   decoder_dropped(decoder));
        if (document->log_end != NULL)
            document->log_end(decoder, &log);
    } else {
        struct error again = {0};
        fuzz_require_error(&error);
        REQUIRE(error.class == ERR_NOT_JSON || error.class == ERR_BAD_JSON ||
                error.class == ERR_BAD_SHAPE || error.class == ERR_TOO_LARGE);
        REQUIRE(!decoder_finish(decoder, &again) && again.class == error.class);
        buf_printf(&log, "%s: %s", error_class_name(error.class), error.text);
    }
    decoder_free(decoder);
    return buf_take(&log);
}

static void require_same(const struct fuzz_document *document, const struct fuzz_input *input,
                         struct cut cut, const char *expected)
{
    char *got = outcome(document, input, cut);
    if (strcmp(got, expected) != 0)
        fprintf(stderr, "whole:\n%s\ncut:\n%s\n", expected, got);
    REQUIRE(strcmp(got, expected) == 0);
    free(got);
}

void fuzz_decode(const struct fuzz_document *document, struct fuzz_input *input)
{
    uint8_t seed = fuzz_byte(input);
    const struct cut whole = {0}, small = {.piece_max = 1U + seed % 64, .state = seed};
    char *expected = outcome(document, input, whole);
    require_same(document, input, small, expected);
    /* A byte-order mark may stand at the very front only. */
    if (seed % 2 == 1 && (input->len == 0 || input->data[0] != 0xEF)) {
        const struct cut shifted = {.shift = SHIFT_BYTES - (size_t)seed * 8 % (input->len + 1)};
        require_same(document, input, shifted, expected);
    }
    free(expected);
}

void fuzz_error_message(const struct fuzz_input *input)
{
    struct buf said;
    char *body = mem_new(input->len, 1);
    if (input->len > 0)
        memcpy(body, input->data, input->len);
    buf_init(&said, 1024);
    decode_error_message(body, input->len, &said);
    REQUIRE(!said.is_over && said.len <= 160);
    fuzz_require_printable(said.data, said.len);
    buf_free(&said);
    free(body);
}
