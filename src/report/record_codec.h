/*
 * A record as bytes: their number in four bytes, then the texts that decide the record's place, in
 * a form whose bytewise order is theirs, then every other field. What was encoded is compared
 * without decoding, by one memcmp().
 */
#ifndef RECORD_CODEC_H
#define RECORD_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "rollcall/record.h"

#define RECORD_PREFIX_BYTES 4
#define RECORD_MAX_BYTES    ((size_t)1 << 30)

/* The length that the encoding has at most; above RECORD_MAX_BYTES the record cannot be encoded. */
size_t record_encoded_max(const struct workload *workload);

/* Writes the encoding and returns its length. */
size_t record_encode(const struct workload *workload, unsigned char *out);

/* The whole length of the encoding whose first RECORD_PREFIX_BYTES stand at `data`. */
size_t record_bytes_at(const unsigned char *data);

/* Project, name, id, then all the rest bytewise; no value first, shorter first: below, at or above
 * 0. The first `equal` bytes behind the prefix are known to be the same. */
int record_compare(const unsigned char *a, const unsigned char *b, size_t equal);

/* Room for the record that was decoded last. */
struct record_decoder {
    struct str *items; /* of its lists; owned */
    size_t cap;
    char *texts; /* those that do not stand in the bytes as they are; owned */
};

void record_decoder_free(struct record_decoder *decoder);

/* The record borrows `data` and the decoder. False when the bytes are no record. */
bool record_decode(struct record_decoder *decoder, const unsigned char *data, size_t len,
                   struct workload *workload);

#endif
