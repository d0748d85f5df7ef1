/*
 * What the fuzz targets share. A target is one file of tests/fuzz: it defines
 * LLVMFuzzerTestOneInput(), which takes any bytes, and ends the process when what must hold for
 * every input does not. libFuzzer drives it in `make fuzz`, replay.c in `make check`.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/decode.h"
#include "rollcall/str.h"

/* The target's name: its corpus is tests/fuzz/corpus/NAME. */
extern const char fuzz_name[];

/* libFuzzer's entry points, which have these names in every target. The first may be missing. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process with what did not hold, unless it does. */
#define REQUIRE(condition) fuzz_require((condition), #condition, __FILE__, __LINE__)
void fuzz_require(bool holds, const char *condition, const char *file, int line);

/* Takes input from its front; what is not there is zero. */
struct fuzz_input {
    const uint8_t *data;
    size_t len;
};
uint8_t fuzz_byte(struct fuzz_input *input);
uint64_t fuzz_number(struct fuzz_input *input); /* of 8 bytes */
/* What is in front of the next newline, without it and up to the first NUL; owned by the caller. */
char *fuzz_line(struct fuzz_input *input);

/* Requires text that may go to a terminal: valid UTF-8 of which text_printable() changes nothing.
 */
void fuzz_require_printable(const char *data, size_t len);
/* Requires an error that was filled. */
void fuzz_require_error(const struct error *error);

/* --- documents.c: the decoders --- */

struct fuzz_document {
    /* Makes the decoder; `log` is the callbacks' argument and gets what fuzz_log_*() say. */
    struct decoder *(*new_decoder)(int kind, struct buf *log);
    int kind;
    /* What else there is to say at the end of a good document; may be NULL. */
    void (*log_end)(const struct decoder *decoder, struct buf *log);
};

/*
 * Decodes the document whole, in pieces that the input chooses, and shifted by white space against
 * the pieces the reader itself makes, and requires the same outcome each time.
 */
void fuzz_decode(const struct fuzz_document *document, struct fuzz_input *input);

/* Log a value unmistakably, after requiring what holds for every one that a decoder hands out. */
void fuzz_log_text(struct buf *log, struct str text);
void fuzz_log_amount(struct buf *log, int64_t amount);
bool fuzz_log_workload(void *log, const struct workload *workload, struct error *error);
bool fuzz_log_project(void *log, const struct project_info *project, struct error *error);

/* The same bytes as the body of an error answer. */
void fuzz_error_message(const struct fuzz_input *input);

#endif
