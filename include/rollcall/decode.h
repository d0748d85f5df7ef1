/*
 * Decoders: the bytes of one answer in, records out as they are complete. One kind for each
 * document the remote APIs speak; each is a table of paths and setters over json_read. A decoder
 * has no effect but its callback and serves one answer: a retry makes a new one.
 *
 * Shapes are held to what the contract says: a list that is null is empty, one that is missing, is
 * there twice or holds something that is no object is ERR_BAD_SHAPE; a field of the wrong type is
 * "no value" and counted as repaired; of a repeated field the last one wins. A single record whose
 * text (what repeated fields replaced included) is over 4 MiB is ERR_TOO_LARGE.
 */
#ifndef ROLLCALL_DECODE_H
#define ROLLCALL_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollcall/buf.h"
#include "rollcall/error.h"
#include "rollcall/record.h"
#include "rollcall/str.h"

struct decoder;

/* Gets one record, borrowed until it returns; false after filling `error` ends the decoding. */
typedef bool decode_workload_fn(void *arg, const struct workload *workload, struct error *error);

struct project_info {
    struct str name;    /* never "no value" */
    int64_t gpus_quota; /* an amount, or AMOUNT_NULL */
};
typedef bool decode_project_fn(void *arg, const struct project_info *project, struct error *error);

/*
 * Researcher flavour, jobs of one project: {"data":[Job...]}. Records that name another project
 * than `project` (borrowed) are dropped and counted; NULL keeps all.
 */
struct decoder *decoder_new_researcher_jobs(const char *project, decode_workload_fn *fn, void *arg);

/* Researcher flavour: {"data":[Project...]}. A project without a usable name (none, empty, longer
 * than 1,024 bytes, holding NUL) is dropped and counted. */
struct decoder *decoder_new_researcher_projects(decode_project_fn *fn, void *arg);

/*
 * A token answer, in either spelling. The token is appended to `token`, which the caller owns,
 * should have reserved and wipes; *expires_in_s is the life in seconds, or -1. A missing or empty
 * token is ERR_BAD_SHAPE.
 */
struct decoder *decoder_new_token(struct buf *token, int64_t *expires_in_s);

void decoder_free(struct decoder *decoder);

/* As json_reader_feed() and json_reader_finish(), plus ERR_BAD_SHAPE. */
bool decoder_feed(struct decoder *decoder, const void *data, size_t len, struct error *error);
bool decoder_finish(struct decoder *decoder, struct error *error);

/* Fields of the wrong type, and pieces of text that became U+FFFD, so far. */
uint64_t decoder_repaired(const struct decoder *decoder);
/* Records that were dropped, so far. */
uint64_t decoder_dropped(const struct decoder *decoder);

/*
 * What the server said in an error answer, for people: appends the `message`, `error_description`
 * or `error` text of a JSON object (also of one that was cut off), else the first line of a text
 * that is not HTML, printable and at most 160 bytes. Appends nothing when there is nothing to say.
 */
void decode_error_message(const char *body, size_t len, struct buf *out);

#endif
